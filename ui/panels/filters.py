"""The weights of a node: filters as pictures, matrices, biases as bars."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QEvent, QSize, Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QSplitter, QStackedWidget, QVBoxLayout, QWidget

from cnnviz.atlas import Floats, Levels, Measures, encode, levels, measure
from cnnviz.colormaps import COLOUR_MAPS, STEPS, ColourMap
from cnnviz.filter_report import FilterReport
from cnnviz.filters import ChannelOrder, WeightView, beside_view, ordered, views_of
from cnnviz.graph import Node
from cnnviz.opened_filter import open_filter
from cnnviz.ordering import filter_order
from cnnviz.requests import Weights
from cnnviz.tiling import Cell
from ui import words
from ui.panels.filter_beside import BesideView
from ui.panels.filter_controls import FilterControls
from ui.panels.filter_findings import findings
from ui.panels.labels import plain_label, set_ink
from ui.panels.map_detail import MapDetail
from ui.panels.map_views import AtlasView, MapView
from ui.panels.scale_bar import ScaleBar, exact
from ui.panels.sheets import ColourSheet, MapSheet
from ui.panels.vectors import VectorView
from ui.theme import SNUG, TIGHT, scaled_font, theme_of

_EMPTY = "Choose a layer that has weights: its filters appear here."
_HINT = "Point at a weight to read it; click a filter to see it large."

_BESIDE_HINT = "Point at a map or a slice to read it."


class FilterPanel(QWidget):
    """The variables of one node.

    Signals:
        channel_clicked: Output channel whose filter the user chose.
        maps_wanted: `set_maps` is to bring what the layer reads and makes.
    """

    channel_clicked = Signal(int)
    maps_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._weights: Weights | None = None
        self._node: Node | None = None
        self._order: ChannelOrder = "rgb"
        self._views: tuple[WeightView, ...] = ()
        self._values: Floats | None = None
        self._measures: Measures | None = None
        self._channel: int | None = None
        self._build_header()
        self._build_body()
        column = QVBoxLayout(self)
        column.setContentsMargins(SNUG, SNUG, SNUG, SNUG)
        column.setSpacing(TIGHT)
        column.addLayout(self._header)
        column.addWidget(self.origin)
        column.addWidget(self.controls)
        column.addWidget(self.findings)
        column.addWidget(self._stack, 1)
        column.addWidget(self.note)
        column.addWidget(self.readout)
        self._tint()
        self.set_weights(None)

    def sizeHint(self) -> QSize:
        """A good part of a window."""
        return QSize(760, 520)

    # -- construction ----------------------------------------------------------------------------

    def _build_header(self) -> None:
        self.title = plain_label()
        self.title.setFont(scaled_font("title", bold=True))
        self.subtitle = plain_label()
        self.origin = plain_label("Where the weights come from")
        self._header = QHBoxLayout()
        self._header.setSpacing(SNUG)
        self._header.addWidget(self.title)
        self._header.addWidget(self.subtitle)
        self._header.addStretch(1)
        controls = self.controls = FilterControls()
        self.variable, self.view, self.scaling = controls.variable, controls.view, controls.scaling
        self.sorting, self.fold, self.page = controls.sorting, controls.fold, controls.page
        controls.variable_chosen.connect(self._show_variable)
        controls.view_chosen.connect(self._show_view)
        controls.scaling_chosen.connect(self._draw)
        controls.page_chosen.connect(self._page_chosen)

    def _build_body(self) -> None:
        self.note = plain_label(wrapped=True)
        self.findings = plain_label("What stands out among the filters", wrapped=True)
        self.readout = plain_label("Weight under the mouse")
        self.atlas = AtlasView(gutter=4)
        self.atlas.setAccessibleName("Filters")
        self.bar = ScaleBar()
        left = QWidget()
        column = QVBoxLayout(left)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SNUG)
        column.addWidget(self.atlas, 1)
        column.addWidget(self.bar)
        self.detail = MapDetail()
        self._tiles = QSplitter(Qt.Orientation.Horizontal)
        self._tiles.addWidget(left)
        self._tiles.addWidget(self.detail)
        self._tiles.setStretchFactor(0, 5)
        self._tiles.setStretchFactor(1, 2)
        self._tiles.setChildrenCollapsible(False)
        self._tiles.setSizes([520, 240])
        self.matrix = MapView(stretch=True)
        self.matrix.setAccessibleName("Weight matrix")
        self.matrix_bar = ScaleBar()
        matrix_page = QWidget()
        column = QVBoxLayout(matrix_page)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SNUG)
        column.addWidget(self.matrix, 1)
        column.addWidget(self.matrix_bar)
        self._matrix_page = matrix_page
        self.bars = VectorView()
        self.beside = BesideView()
        self.message = plain_label(wrapped=True)
        self.message.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._stack = QStackedWidget()
        for page in (self.message, self._tiles, matrix_page, self.bars, self.beside):
            self._stack.addWidget(page)
        self.atlas.hovered.connect(self._read_tile)
        self.atlas.clicked.connect(self._tile_clicked)
        self.detail.hovered.connect(self._read)
        self.detail.clicked.connect(self._read)
        self.matrix.hovered.connect(self._read)
        self.matrix.clicked.connect(self._matrix_clicked)
        self.beside.told.connect(lambda told: self.readout.setText(told or _BESIDE_HINT))
        self.bars.hovered.connect(self._read_bar)
        self.bars.clicked.connect(self._bar_clicked)

    # -- what is shown ---------------------------------------------------------------------------

    def set_weights(
        self,
        weights: Weights | None,
        node: Node | None = None,
        order: ChannelOrder = "rgb",
        *,
        can_fold: bool = False,
    ) -> None:
        """Show a node's variables.

        Args:
            weights: None empties the panel.
            node: The node that they belong to; None empties the panel.
            order: In which order the model takes the colours of a photo.
            can_fold: The batch norm behind the node can be folded in.
        """
        self._weights, self._node, self._order = weights, node, order
        self.fold.setVisible(can_fold)
        self.findings.hide()
        self._channel = None
        if weights is None or node is None:
            self.title.setText("Filters")
            self.subtitle.clear()
            self.origin.hide()
            self._say(_EMPTY)
            return
        self.title.setText(node.name)
        self.subtitle.setText(node.type)
        names = list(weights.values)
        self.origin.setVisible(bool(names))
        if not names:
            self._say(f"{node.name} ({node.type}) has no weights.")
            return
        trained = weights.info.trained
        told = "Weights: " if trained else "Not trained. These weights are "
        self.origin.setText(told + weights.info.label)
        said = findings(weights)
        self.findings.setText(said)
        self.findings.setToolTip(said)
        self.findings.setVisible(bool(said))
        self._tint()
        self.controls.offer_variables(names)
        self._show_variable()

    @property
    def shows_maps(self) -> bool:
        """Whether a filter stands beside what its layer reads and makes."""
        view = self._current_view()
        return view is not None and view.form == "beside"

    def set_maps(
        self, read: Floats | None, made: Floats | None, *, on_their_way: bool = False
    ) -> None:
        """Take what the layer reads and makes, to set a filter beside: see `BesideView.show_maps`.

        `maps_wanted` asks for them.
        """
        self.beside.show_maps(read, made, on_their_way=on_their_way)

    def set_channel(self, channel: int | None) -> None:
        """Follow the selected output channel, without a signal."""
        self._channel = channel
        view = self._current_view()
        if view is None or channel is None:
            return
        if view.pages_are_outputs and channel < view.pages:
            self.controls.turn_to(view.place_of(channel))
            self._show_page()
        elif view.columns_are_outputs and self._measures is not None:
            page, column = divmod(view.place_of(channel), view.columns_are_outputs)
            if page < view.pages:
                self.controls.turn_to(page)
                self._show_page()
                self.matrix.select(Cell(0, 0, column))
        elif view.tiles_are_outputs and self._measures is not None:
            if channel < self._measures.values.shape[-1]:
                self.atlas.select(Cell(view.place_of(channel), 0, 0))
                self._show_detail(view.place_of(channel))
        elif view.form == "bars":
            self.bars.select(channel)
            self._read_bar(None)

    def _say(self, text: str) -> None:
        self._values = self._measures = None
        self._views = ()
        self.controls.hide()
        self.note.hide()
        self.readout.clear()
        self.message.setText(text)
        self._stack.setCurrentWidget(self.message)

    def _current_view(self) -> WeightView | None:
        index = self.view.currentIndex()
        if not 0 <= index < len(self._views):
            return None
        view, report, by = self._views[index], self._report(), self.controls.criterion
        if by == "index" or report is None:
            return view
        return ordered(view, filter_order(report, by))

    def _report(self) -> FilterReport | None:
        """What is known of the filters, where these are what is looked at."""
        is_kernel = self.variable.currentText() == "kernel"
        return self._weights.report if is_kernel and self._weights is not None else None

    def _show_variable(self) -> None:
        """Offer the views that fit the chosen variable."""
        assert self._weights is not None
        assert self._node is not None
        role = self.variable.currentText()
        values = np.asarray(self._weights.values[role], np.float32)
        self.subtitle.setText(f"{self._node.type}  ·  {role} {words.shape(values.shape)}")
        self.controls.show()
        self._views = views_of(role, values, self._node, self._order)
        if not self._views:
            self._say(f"The variable {role} of shape {words.shape(values.shape)} has no picture.")
            self.controls.show()
            return
        if role == "kernel":
            view = beside_view(self._node, values)
            self._views += (view,) if view is not None else ()
        self.controls.offer_views([view.label for view in self._views])
        self._show_view()

    def _show_view(self) -> None:
        view = self._current_view()
        if view is None:
            return
        self.note.setText(view.note)
        self.note.setVisible(bool(view.note))
        self.controls.show_view(view, can_sort=view.shows_outputs and self._report() is not None)
        if view.form == "beside":
            self.maps_wanted.emit()
        self._show_page()
        self.set_channel(self._channel)

    def _page_chosen(self) -> None:
        """A filter that is turned to is the channel that is looked at."""
        self._show_page()
        view = self._current_view()
        if view is not None and view.form == "beside":
            self._channel = view.output_of(self.page.value())
            self.channel_clicked.emit(self._channel)

    def _show_beside(self, view: WeightView) -> None:
        assert self._weights is not None
        assert self._node is not None
        kernel, bias = self._weights.values["kernel"], self._weights.values.get("bias")
        number = view.output_of(self.page.value())
        opened = open_filter(self._node, np.asarray(kernel, np.float32), number)
        strongest = self.controls.criterion == "strongest"
        has_own = bias is not None and number < bias.size
        self.beside.show_filter(
            opened,
            float(bias[number]) if bias is not None and has_own else None,
            strongest_first=strongest,
        )
        self._stack.setCurrentWidget(self.beside)
        self.readout.setText(_BESIDE_HINT)

    def _show_page(self) -> None:
        view = self._current_view()
        if view is None:
            return
        self._values = view.take(self.page.value())
        self._measures = None
        if view.form == "beside":
            self._show_beside(view)
            return
        if view.form == "bars":
            self.bars.show_values(self._values, None)
            self._stack.setCurrentWidget(self.bars)
            self._read_bar(None)
            return
        shown = self._values
        if view.form == "colour":  # the three slices of each filter side by side, for the detail
            height, width, _, count = shown.shape
            shown = shown.swapaxes(1, 2).reshape(height, 3 * width, count)
        self._measures = measure(np.ascontiguousarray(shown))
        self._stack.setCurrentWidget(self._matrix_page if view.form == "matrix" else self._tiles)
        self._draw()

    def _colours(self, view: WeightView) -> ColourMap:
        dark = theme_of(self.palette()).scheme == "dark"
        if view.sequential:
            return COLOUR_MAPS["magma" if dark else "viridis"]
        return COLOUR_MAPS["black" if dark else "white"]

    def _draw(self) -> None:
        """Draw the page with the scale that is chosen."""
        view = self._current_view()
        if view is None or self._measures is None or self._values is None:
            return
        colours = self._colours(view)
        self._read(None)
        whole = levels(self._measures, "layer", diverging=colours.diverging)
        counts = _histogram(self._measures, whole)
        if view.form == "matrix":
            self.matrix.show_sheet(MapSheet(self._measures, whole, colours))
            self.matrix_bar.show_range(colours, *whole.of(0), counts)
            return
        if view.form == "colour":
            self.atlas.show_sheet(ColourSheet(self._values))
            self.bar.show_names(COLOUR_MAPS["grey"], "min of each filter", "", "max of each filter")
        elif self.scaling.currentData() == "channel":
            scale = levels(self._measures, "channel", diverging=colours.diverging)
            self.atlas.show_sheet(MapSheet(self._measures, scale, colours))
            names = ("−max |weight| of each kernel", "0", "+max |weight| of each kernel")
            if not colours.diverging:
                names = ("min of each kernel", "", "max of each kernel")
            self.bar.show_names(colours, *names)
        else:
            self.atlas.show_sheet(MapSheet(self._measures, whole, colours))
            self.bar.show_range(colours, *whole.of(0), counts)
        tiles = self._measures.values.shape[-1]
        chosen = self.atlas.selection.channel if self.atlas.selection is not None else 0
        self._show_detail(chosen if chosen < tiles else 0)

    def _show_detail(self, tile: int) -> None:
        view = self._current_view()
        assert self._measures is not None
        assert view is not None
        name = "Filter" if view.tiles_are_outputs else "Input channel"
        title = f"{name} {view.output_of(tile) if view.tiles_are_outputs else tile:,}"
        if view.form == "colour":
            title += ": red, green, blue"
        self.detail.show_channel(self._measures, tile, self._colours(view), title)

    # -- reading and choosing --------------------------------------------------------------------

    def _read(self, cell: Cell | None) -> None:
        """Say which weight is under the mouse."""
        view = self._current_view()
        if view is None or self._measures is None:
            return
        if cell is None:
            self.readout.setText(_HINT)
            return
        place = view.where(self.page.value(), cell.channel, cell.row, cell.column)
        weight = float(self._measures.values[cell.row, cell.column, cell.channel])
        self.readout.setText(f"{place}  ·  {view.quantity} {exact(weight)}")

    def _read_tile(self, cell: Cell | None) -> None:
        """As `_read`, but a pixel of a filter in colour is three weights."""
        view = self._current_view()
        if cell is None or view is None or view.form != "colour" or self._values is None:
            self._read(cell)
            return
        weights = self._values[cell.row, cell.column, :, cell.channel].tolist()
        told = ", ".join(
            f"{name} {exact(weight)}"
            for name, weight in zip(("red", "green", "blue"), weights, strict=True)
        )
        place = f"row {cell.row}, column {cell.column}"
        self.readout.setText(f"filter {view.output_of(cell.channel):,}  ·  {place}  ·  {told}")

    def _read_bar(self, index: int | None) -> None:
        if self._values is None or self._values.ndim != 1:
            return
        if index is None:
            index = self._channel
        if index is None or index >= self._values.size:
            self.readout.setText("Click a row to select a channel.")
            return
        self.readout.setText(f"channel {index:,}  ·  {exact(float(self._values[index]))}")

    def _tile_clicked(self, cell: Cell) -> None:
        view = self._current_view()
        self._show_detail(cell.channel)
        self._read_tile(cell)
        if view is not None and view.tiles_are_outputs:
            self._channel = view.output_of(cell.channel)
            self.channel_clicked.emit(self._channel)

    def _matrix_clicked(self, cell: Cell) -> None:
        """A column is a filter."""
        view = self._current_view()
        self._read(cell)
        if view is not None and view.columns_are_outputs:
            place = self.page.value() * view.columns_are_outputs + cell.column
            if self._weights is not None and self.variable.currentText() == "kernel":
                self._channel = view.output_of(place)
                self.channel_clicked.emit(self._channel)

    def _bar_clicked(self, index: int) -> None:
        self._channel = index
        self._read_bar(index)
        self.channel_clicked.emit(index)

    # -- looks -----------------------------------------------------------------------------------

    def changeEvent(self, event: QEvent) -> None:
        """Take the colours of a new palette."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and hasattr(self, "_stack"):
            self._tint()
            self._draw()

    def _tint(self) -> None:
        colours = theme_of(self.palette())
        trained = self._weights is None or self._weights.info.trained
        self.origin.setFont(scaled_font(bold=not trained))
        for label, colour in (
            (self.subtitle, colours.muted),
            (self.detail.facts, colours.muted),
            (self.note, colours.muted),
            (self.findings, colours.text),
            (self.message, colours.muted),
            (self.origin, colours.muted if trained else colours.warning),
        ):
            set_ink(label, colour)


def _histogram(measures: Measures, scale: Levels) -> np.ndarray:
    """How many weights have each step of the colour map."""
    codes = encode(measures.values, scale, finite=measures.finite)
    return np.bincount(codes.ravel(), minlength=256)[:STEPS]
