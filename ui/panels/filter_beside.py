"""One filter opened: every input map beside the slice that reads it, and the map that comes out."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtWidgets import QSplitter, QVBoxLayout, QWidget

from cnnviz.atlas import Floats, as_maps, measure
from cnnviz.colormaps import COLOUR_MAPS, automatic_map
from cnnviz.opened_filter import OpenedFilter
from cnnviz.tiling import Cell
from ui.panels.labels import plain_label, set_ink
from ui.panels.map_detail import MapDetail
from ui.panels.map_views import AtlasView
from ui.panels.pair_sheet import PairSheet
from ui.panels.scale_bar import exact, number
from ui.theme import SNUG, TIGHT, theme_of

_NO_MAPS = "Run an image to see the maps that this filter reads and makes."
_ON_THEIR_WAY = "The maps are on their way."


class BesideView(QWidget):
    """A filter between its input maps and its output map.

    Signals:
        told: What is under the mouse; "" for nothing.
    """

    told = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self._filter: OpenedFilter | None = None
        self._read: Floats | None = None
        self._made: Floats | None = None
        self._waits = False
        self._order: np.ndarray = np.arange(0)
        self._bias = ""
        self.pairs = AtlasView(gutter=6)
        self.pairs.setAccessibleName("Input maps and the slices that read them")
        self.caption = plain_label("What is shown", wrapped=True)
        self.made = MapDetail()
        left = QWidget()
        column = QVBoxLayout(left)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(TIGHT)
        column.addWidget(self.caption)
        column.addWidget(self.pairs, 1)
        splitter = QSplitter(Qt.Orientation.Horizontal)
        splitter.setChildrenCollapsible(False)
        splitter.addWidget(left)
        splitter.addWidget(self.made)
        splitter.setStretchFactor(0, 5)
        splitter.setStretchFactor(1, 3)
        splitter.setSizes([520, 300])
        row = QVBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(SNUG)
        row.addWidget(splitter)
        self.pairs.hovered.connect(lambda cell: self.told.emit(self._words(cell)))
        self.made.hovered.connect(lambda cell: self.told.emit(self._made_words(cell)))
        self._tint()

    def show_maps(
        self, read: Floats | None, made: Floats | None, *, on_their_way: bool = False
    ) -> None:
        """Take the activations of the layer's input and output.

        Args:
            read: None while it is not there.
            made: Likewise.
            on_their_way: What is not there yet will come.
        """
        self._read, self._made = _as_maps(read), _as_maps(made)
        self._waits = on_their_way
        self._draw()

    def show_filter(
        self, opened: OpenedFilter, bias: float | None, *, strongest_first: bool = False
    ) -> None:
        """Open a filter.

        Args:
            opened: Its slices.
            bias: What is added at the end; None where there is none.
            strongest_first: Sort the pairs by the norm of their slice; else by input channel.
        """
        self._filter = opened
        norms = np.sqrt(np.square(opened.slices).sum(axis=(0, 1)))
        plain = np.arange(len(opened.inputs))
        self._order = np.argsort(-norms, kind="stable") if strongest_first else plain
        self._bias = "" if bias is None else f", plus a bias of {number(bias)}"
        self._draw()

    def _draw(self) -> None:
        opened = self._filter
        if opened is None:
            return
        read = self._read
        if read is None or max(opened.inputs) >= read.shape[-1]:
            self.caption.setText(_ON_THEIR_WAY if self._waits else _NO_MAPS)
            self.pairs.show_sheet(None)
            self.made.hide()
            return
        dark = theme_of(self.palette()).scheme == "dark"
        inputs = np.array(opened.inputs)[self._order]
        chosen = np.ascontiguousarray(read[..., inputs])
        low, high = measure(chosen).layer_range
        self.pairs.show_sheet(
            PairSheet(
                chosen,
                opened.slices[..., self._order],
                automatic_map(low, high, dark=dark),
                COLOUR_MAPS["black" if dark else "white"],
                theme_of(self.palette()).canvas.rgba(),
            )
        )
        count = len(opened.inputs)
        maps = "1 map" if count == 1 else f"{count:,} maps"
        self.caption.setText(
            f"Filter {opened.number:,} reads {maps}: left the map, right the slice that slides "
            f"over it. All products are summed{self._bias}."
        )
        self.pairs.setToolTip(
            "Every map has its own range; all slices have one scale, with zero in the middle"
        )
        made = self._made
        there = made is not None and opened.number < made.shape[-1]
        self.made.setVisible(there)
        if made is not None and there:
            measures = measure(made)
            colours = automatic_map(*measures.layer_range, dark=dark)
            title = f"What it makes: map {opened.number:,}"
            self.made.show_channel(measures, opened.number, colours, title)

    def _words(self, cell: Cell | None) -> str:
        sheet = self.pairs.sheet
        if cell is None or self._filter is None or not isinstance(sheet, PairSheet):
            return ""
        found = sheet.at(cell.channel, cell.row, cell.column)
        if found is None:
            return ""
        what, row, column, value = found
        channel = self._filter.inputs[int(self._order[cell.channel])]
        name = "value" if what == "map" else "weight"
        of = f"input map {channel:,}"
        place = of if what == "map" else f"slice for {of}"
        return f"{place}  ·  row {row}, column {column}  ·  {name} {exact(value)}"

    def _made_words(self, cell: Cell | None) -> str:
        if cell is None or self._made is None or cell.channel >= self._made.shape[-1]:
            return ""
        value = float(self._made[cell.row, cell.column, cell.channel])
        return f"map {cell.channel:,}  ·  row {cell.row}, column {cell.column}  ·  {exact(value)}"

    def changeEvent(self, event: QEvent) -> None:
        """Take the colours of a new palette."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and hasattr(self, "made"):
            self._tint()
            self._draw()

    def _tint(self) -> None:
        colours = theme_of(self.palette())
        set_ink(self.caption, colours.muted)
        set_ink(self.made.facts, colours.muted)


def _as_maps(values: Floats | None) -> Floats | None:
    """Shape (H, W, C); None where there is nothing to draw."""
    if values is None:
        return None
    try:
        return as_maps(values).values
    except ValueError:
        return None
