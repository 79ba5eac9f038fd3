"""One feature map, large, with its own scale and how its values are spread."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from cnnviz.atlas import Measures, encode, levels, measure
from cnnviz.colormaps import STEPS, ColourMap
from cnnviz.tiling import Cell
from ui.panels.labels import plain_label
from ui.panels.map_views import MapView
from ui.panels.scale_bar import ScaleBar, number
from ui.panels.sheets import MapSheet
from ui.theme import SNUG, TIGHT, scaled_font


class MapDetail(QWidget):
    """A single channel over its actual range.

    Signals:
        hovered: The `Cell` under the mouse (its channel is the one shown), or None.
        clicked: The `Cell` that was clicked or reached by keys.
    """

    hovered = Signal(object)
    clicked = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self._measures: Measures | None = None
        self._channel = 0
        self._cell: Cell | None = None
        self.title = plain_label()
        self.title.setFont(scaled_font(bold=True))
        self.facts = plain_label(wrapped=True)
        self.facts.setMinimumHeight(2 * self.facts.fontMetrics().lineSpacing())
        self.map = MapView()
        self.map.setAccessibleName("Single feature map")
        self.map.setToolTip("Click a cell to select it; arrow keys move it, Ctrl+wheel zooms")
        self.bar = ScaleBar()
        self.bar.setToolTip(
            "The range of this map; above it, how many cells have each value (logarithmic)"
        )
        column = QVBoxLayout(self)
        column.setContentsMargins(SNUG, TIGHT, 0, 0)
        column.setSpacing(TIGHT)
        for widget in (self.title, self.facts):
            column.addWidget(widget)
        column.addWidget(self.map, 1)
        column.addSpacing(TIGHT)
        column.addWidget(self.bar)
        self.map.hovered.connect(self._hovered)
        self.map.clicked.connect(lambda cell: self.clicked.emit(self._real(cell)))

    @property
    def channel(self) -> int:
        """The channel that is shown."""
        return self._channel

    def show_channel(
        self, measures: Measures, channel: int, colour_map: ColourMap, title: str = ""
    ) -> None:
        """Show one channel of an activation.

        Args:
            measures: Of the whole activation.
            channel: Which of its channels.
            colour_map: The colours; a diverging one is centred on zero.
            title: What it is; "Channel 17" where empty.
        """
        values = np.ascontiguousarray(measures.values[..., channel : channel + 1])
        own = measure(values)
        scale = levels(own, "layer", diverging=colour_map.diverging)
        self._measures, self._channel = own, channel
        self.map.show_sheet(MapSheet(own, scale, colour_map))
        codes = encode(values, scale, finite=own.finite)
        counts = np.bincount(codes.ravel(), minlength=256)[:STEPS]
        self.bar.show_range(colour_map, *scale.of(0), counts)
        self.title.setText(title or f"Channel {channel:,}")
        self.facts.setText(_facts(own))
        if self._cell is not None:
            self.select(self._cell)

    def select(self, cell: Cell | None) -> None:
        """Mark a cell of the channel that is shown."""
        self._cell = cell
        self.map.select(None if cell is None else Cell(0, cell.row, cell.column))
        self._point(self.map.selection)

    def _real(self, cell: Cell) -> Cell:
        return Cell(self._channel, cell.row, cell.column)

    def _hovered(self, cell: Cell | None) -> None:
        self._point(cell if cell is not None else self.map.selection)
        self.hovered.emit(None if cell is None else self._real(cell))

    def _point(self, cell: Cell | None) -> None:
        if cell is None or self._measures is None:
            self.bar.mark(None)
        else:
            self.bar.mark(float(self._measures.values[cell.row, cell.column, 0]))


def _facts(own: Measures) -> str:
    """What there is to say of one channel."""
    low, high = own.layer_range
    bad = int(own.nan_count[0] + own.infinite_count[0])
    if own.dead[0]:
        return "Dead: zero everywhere for this image"
    if own.constant[0]:
        return f"Constant: {number(low)} everywhere for this image"
    if bad == own.values.size:
        return "No finite value"
    facts = f"min {number(low)}, max {number(high)}, mean {number(float(own.mean[0]))}"
    zeros = float(own.zero_share[0])
    if zeros:
        facts += f", {zeros:.1%} zeros" if zeros >= 0.001 else ", a few zeros"
    return facts + (f", {bad:,} cells not finite" if bad else "")
