"""One feature map, large, with its own scale and how its values are spread."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from cnnviz.atlas import Levels, Measures, encode, levels, measure
from cnnviz.colormaps import STEPS, ColourMap
from cnnviz.overlay import Alignment, blend
from cnnviz.requests import Picture
from cnnviz.tiling import Cell
from ui.panels.labels import ElidedLabel, plain_label
from ui.panels.map_views import MapView
from ui.panels.scale_bar import ScaleBar, number
from ui.panels.sheets import MapSheet, PixelSheet
from ui.theme import SNUG, TIGHT, scaled_font


@dataclass(frozen=True)
class Ground:
    """The photo under a map.

    Attributes:
        picture: Shape (H, W, 3) or (H, W).
        alignment: Where the cells of the map lie on it.
        opacity: Of the map, 0..1.
    """

    picture: Picture
    alignment: Alignment
    opacity: float


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
        self._ground: Ground | None = None
        self._scale: Levels | None = None
        self.title = ElidedLabel("Which map this is")
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
        self._top = QHBoxLayout()
        self._top.addWidget(self.title, 1)
        column.addLayout(self._top)
        column.addWidget(self.facts)
        column.addWidget(self.map, 1)
        column.addSpacing(TIGHT)
        column.addWidget(self.bar)
        self.map.hovered.connect(self._hovered)
        self.map.clicked.connect(self._clicked)

    def add_corner(self, button: QWidget) -> None:
        """Put a button behind the title."""
        self._top.addWidget(button)

    @property
    def channel(self) -> int:
        """The channel that is shown."""
        return self._channel

    @property
    def scale(self) -> Levels | None:
        """What the ends of the colour map stand for."""
        return self._scale

    def show_channel(
        self,
        measures: Measures,
        channel: int,
        colour_map: ColourMap,
        title: str = "",
        ground: Ground | None = None,
        note: str = "",
    ) -> None:
        """Show one channel of an activation.

        Args:
            measures: Of the whole activation.
            channel: Which of its channels.
            colour_map: The colours; a diverging one is centred on zero.
            title: What it is; "Channel 17" where empty.
            ground: The photo to lay it on; None for the map alone.
            note: What else there is to say of it.
        """
        values = np.ascontiguousarray(measures.values[..., channel : channel + 1])
        own = measure(values)
        scale = levels(own, "layer", diverging=colour_map.diverging)
        self._measures, self._channel = own, channel
        self._ground, self._scale = ground, scale
        codes = encode(values, scale, finite=own.finite)
        if ground is None:
            self.map.show_sheet(MapSheet(own, scale, colour_map))
        else:
            mixed = blend(ground.picture, codes[0], ground.alignment, colour_map, ground.opacity)
            self.map.show_sheet(PixelSheet(mixed))
        counts = np.bincount(codes.ravel(), minlength=256)[:STEPS]
        self.bar.show_range(colour_map, *scale.of(0), counts)
        self.title.show_text(title or f"Channel {channel:,}")
        self.facts.setText(", ".join(filter(None, (_facts(own), note))))
        if self._cell is not None:
            self.select(self._cell)

    def show_nothing(self, colour_map: ColourMap) -> None:
        """Show no channel: the next activation is not here yet.

        Args:
            colour_map: What it will be shown in.
        """
        self._measures = self._ground = self._scale = None
        self.map.show_sheet(None)
        self.title.show_text("")
        self.facts.clear()
        self.bar.show_names(colour_map, "", "", "")

    def select(self, cell: Cell | None) -> None:
        """Mark a cell of the channel that is shown."""
        self._cell = cell
        self.map.select(None if cell is None else self._shown(cell))
        self._point(cell)

    def _shown(self, cell: Cell) -> Cell | None:
        """Where a cell of the map is drawn."""
        if self._ground is None:
            return Cell(0, cell.row, cell.column)
        pixel = self._ground.alignment.pixel(cell.row, cell.column)
        return None if pixel is None else Cell(0, *pixel)

    def _real(self, shown: Cell) -> Cell | None:
        """The cell of the map that is drawn there; None beside the map."""
        if self._ground is None:
            return Cell(self._channel, shown.row, shown.column)
        cell = self._ground.alignment.cell(shown.row, shown.column)
        return None if cell is None else Cell(self._channel, *cell)

    def _clicked(self, shown: Cell) -> None:
        cell = self._real(shown)
        if cell is not None:
            self.clicked.emit(cell)

    def _hovered(self, shown: Cell | None) -> None:
        cell = None if shown is None else self._real(shown)
        self._point(cell if cell is not None else self._cell)
        self.hovered.emit(cell)

    def _point(self, cell: Cell | None) -> None:
        height, width = (0, 0) if self._measures is None else self._measures.values.shape[:2]
        if cell is None or self._measures is None or cell.row >= height or cell.column >= width:
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
