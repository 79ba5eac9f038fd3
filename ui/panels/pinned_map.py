"""A feature map that was kept, to be compared with what is shown later."""

from __future__ import annotations

from PySide6.QtCore import QEvent
from PySide6.QtWidgets import QToolButton, QVBoxLayout, QWidget

from cnnviz.atlas import Measures, measure
from cnnviz.colormaps import ColourMap
from ui.panels.map_detail import Ground, MapDetail
from ui.theme import theme_of, tinted_icon


class PinnedMap(QWidget):
    """One map of any layer and image; it stays until it is closed or another one is pinned."""

    def __init__(self) -> None:
        super().__init__()
        self.detail = MapDetail()
        self.detail.map.setAccessibleName("Pinned feature map")
        self.unpin = QToolButton(self)
        self.unpin.setAutoRaise(True)
        self.unpin.setToolTip("Let the pinned map go")
        self.unpin.setAccessibleName("Let the pinned map go")
        self.unpin.clicked.connect(self.hide)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.detail)
        self.detail.add_corner(self.unpin)
        self._tint()
        self.hide()

    def pin(
        self,
        measures: Measures,
        channel: int,
        colour_map: ColourMap,
        title: str,
        ground: Ground | None,
    ) -> None:
        """Keep one channel of an activation, and nothing of the others."""
        own = measure(measures.values[..., channel : channel + 1].copy())
        self.detail.show_channel(own, 0, colour_map, title, ground)
        self.show()

    def changeEvent(self, event: QEvent) -> None:
        """Take the colours of a new palette."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and hasattr(self, "unpin"):
            self._tint()

    def _tint(self) -> None:
        self.unpin.setIcon(tinted_icon("close", theme_of(self.palette())))
