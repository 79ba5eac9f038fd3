"""What a node made of the image: all its feature maps, one of them large, or a vector as bars."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QEvent, QSize, Qt, Signal
from PySide6.QtWidgets import (
    QSplitter,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from cnnviz.atlas import Levels, Maps, Measures, as_maps, levels, measure
from cnnviz.colormaps import ColourMap
from cnnviz.graph import Node, Shape
from cnnviz.ordering import Indices, channel_order
from cnnviz.overlay import align
from cnnviz.receptive_field import Field
from cnnviz.requests import Activation, Picture, Preview
from cnnviz.saturation import Bounds, bounds_of
from cnnviz.tiling import Cell
from ui import words
from ui.panels.labels import plain_label, set_ink
from ui.panels.map_detail import Ground, MapDetail
from ui.panels.map_header import MapHeader
from ui.panels.map_notes import channel_note, notices, place
from ui.panels.map_saving import Saved, ask_and_save
from ui.panels.map_tools import MapTools
from ui.panels.map_views import AtlasView
from ui.panels.pinned_map import PinnedMap
from ui.panels.scale_bar import ScaleBar, exact, number
from ui.panels.sheet_view import inside
from ui.panels.sheets import MapSheet
from ui.panels.vectors import VectorView
from ui.theme import SNUG, TIGHT, theme_of

_EMPTY = "Run an image, then choose a layer: its feature maps appear here."
_HINT = "Point at a map to read its values; click to select a cell."


@dataclass(frozen=True)
class Origin:
    """Where an activation comes from.

    Attributes:
        model: Name of the model.
        image: Name of the picture.
        picture: The picture that went in.
        field: Gives the receptive field of its node in the picture.
        note: What else has to be known of it; may be empty.
    """

    model: str
    image: str
    picture: Picture | None
    field: Callable[[], Field]
    note: str = ""


class FeatureMapPanel(QWidget):
    """The activation of one node.

    Signals:
        position_clicked: (channel, row, column) that the user chose; for a vector
            (index, None, None).
        said: A sentence for the user, and whether it is a failure.
    """

    position_clicked = Signal(object)
    said = Signal(str, bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._maps: Maps | None = None
        self._measures: Measures | None = None
        self._vector: np.ndarray | None = None
        self._bounds: Bounds | None = None
        self._selected: tuple[int | None, int | None, int | None] = (None, None, None)
        self._activation: Activation | None = None
        self._scale: Levels | None = None
        self._order: Indices = np.arange(0)
        self._reference = 0
        self._origin: Origin | None = None
        self.atlas = AtlasView()
        self._build_header()
        self._build_body()
        column = QVBoxLayout(self)
        column.setContentsMargins(SNUG, SNUG, SNUG, SNUG)
        column.setSpacing(TIGHT)
        column.addWidget(self.header)
        column.addWidget(self.tools)
        column.addWidget(self.notice)
        column.addWidget(self._stack, 1)
        column.addWidget(self.readout)
        self._tint()
        self.set_activation(None)

    def sizeHint(self) -> QSize:
        """A good part of a window."""
        return QSize(900, 560)

    # -- construction ----------------------------------------------------------------------------

    def _build_header(self) -> None:
        header = self.header = MapHeader(self.atlas)
        self.title, self.subtitle = header.title, header.subtitle
        self.colours, self.scaling = header.colours, header.scaling
        self.low, self.high = header.low, header.high
        header.style_chosen.connect(self._restyle)
        self.tools = MapTools()
        self.tools.order_chosen.connect(self._order_chosen)
        self.tools.overlay_changed.connect(self._overlay_changed)
        self.tools.pin_wanted.connect(self._pin)
        self.tools.save_wanted.connect(self._save)

    def _build_body(self) -> None:
        self.notice = plain_label("Notice", wrapped=True)
        self.notice.setTextFormat(Qt.TextFormat.RichText)
        keeping = self.notice.sizePolicy()
        keeping.setRetainSizeWhenHidden(True)  # the maps would jump from layer to layer
        self.notice.setSizePolicy(keeping)
        self.readout = plain_label("Value under the mouse")
        self.atlas.setAccessibleName("Feature maps")
        self.bar = ScaleBar()
        self._left = QWidget()
        left = QVBoxLayout(self._left)
        left.setContentsMargins(0, 0, 0, 0)
        left.setSpacing(SNUG)
        left.addWidget(self.atlas, 1)
        left.addWidget(self.bar)
        self.detail = MapDetail()
        self.pinned = PinnedMap()
        beside = QSplitter(Qt.Orientation.Vertical)
        beside.setChildrenCollapsible(False)
        beside.addWidget(self.detail)
        beside.addWidget(self.pinned)
        self._splitter = QSplitter(Qt.Orientation.Horizontal)
        self._splitter.addWidget(self._left)
        self._splitter.addWidget(beside)
        self._splitter.setStretchFactor(0, 5)
        self._splitter.setStretchFactor(1, 3)
        self._splitter.setChildrenCollapsible(False)
        self._splitter.setSizes([620, 340])
        self.vector = VectorView()
        self.message = plain_label(wrapped=True)
        self.message.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._stack = QStackedWidget()
        for page in (self.message, self._splitter, self.vector):
            self._stack.addWidget(page)
        self.atlas.hovered.connect(lambda tile: self._read(self._of_tile(tile)))
        self.atlas.clicked.connect(self._tile_clicked)
        self.detail.hovered.connect(self._read)
        self.detail.clicked.connect(self._clicked)
        self.vector.hovered.connect(self._read_vector)
        self.vector.clicked.connect(self._vector_clicked)

    # -- what is shown ---------------------------------------------------------------------------

    def set_activation(
        self,
        activation: Activation | None,
        node: Node | None = None,
        labels: Sequence[str] | None = None,
        origin: Origin | None = None,
        fade_ms: int = 0,
    ) -> None:
        """Show an activation. Zoom, colours, order and selection stay.

        Args:
            activation: Of any rank; None empties the panel.
            node: What made it, for the title.
            labels: Class names, where the activation is the model's answer.
            origin: Where it comes from.
            fade_ms: How long the maps before it take to vanish.
        """
        self._maps = self._measures = self._vector = None
        self._bounds = bounds_of(node) if node is not None else None
        self._activation, self._origin = activation, origin
        if activation is None:
            self._say(_EMPTY)
            return
        values = np.asarray(activation.values, np.float32)
        self._show_title(activation.node, node, values.shape)
        if values.ndim == 1 and values.size:
            self._vector = values
            self._show_vector(labels)
            return
        if values.ndim == 0:
            self._say(f"The activation is one number: {number(float(values))}", titled=True)
            return
        try:
            self._maps = as_maps(values)
        except ValueError as error:
            self._say(str(error), titled=True)
            return
        self._measures = measure(self._maps.values)
        self._reference = self._selected[0] or 0
        self._sort()
        self._show_controls()
        self.atlas.fade_out(fade_ms)
        self._show_maps()
        self._show_notice()
        self.set_selection(*self._selected)

    def show_preview(self, preview: Preview, node: Node) -> None:
        """Show what the maps look like that will come soon. Nothing of it can be read.

        Where it would be seen to jump (zoomed, sorted, cut), what was shown stays until they come.

        Args:
            preview: Of their activation.
            node: What made it.
        """
        channels = preview.values.shape[-1]
        fitted = self.atlas.fitted and self.detail.map.fitted
        if channels == 1 or not fitted or not self.tools.plain:
            return
        self._maps = self._measures = self._vector = None
        self._show_title(node.name, node, node.output_shape)
        self._show_controls()
        measures = measure(preview.values)
        colour_map = self._colour_map(*measures.layer_range)
        self.atlas.show_sheet(MapSheet(measures, self._levels(measures, colour_map), colour_map))
        self.bar.show_names(colour_map, "", "", "")
        self.detail.show_nothing(colour_map)

    def set_selection(self, channel: int | None, row: int | None, column: int | None) -> None:
        """Mark a position, without a signal. What lies outside of the activation is not marked."""
        self._selected = (channel, row, column)
        if self._vector is not None:
            self.vector.select(channel)
            self._read_vector(None)
        if self._measures is None:
            return
        height, width, channels = self._measures.values.shape
        if channel is None or not 0 <= channel < channels:
            self.atlas.select(None)
            self.detail.select(None)
            self._show_detail(0)
            self._read(None)
            return
        cell = None
        if row is not None and column is not None and row < height and column < width:
            cell = Cell(channel, row, column)
        # A channel without a cell is still framed: its middle stands for it.
        self.atlas.select(self._to_tile(cell or Cell(channel, height // 2, width // 2)))
        self._show_detail(channel)
        self.detail.select(cell)
        self._read(None)

    def _show_title(self, name: str, node: Node | None, shape: Shape) -> None:
        self.title.setText(name)
        kind = f"{node.type}  ·  " if node is not None else ""
        self.subtitle.setText(kind + words.shape(shape))

    def _show_controls(self) -> None:
        self.header.controls.show()
        self.tools.show()
        self._stack.setCurrentWidget(self._splitter)

    def _say(self, text: str, *, titled: bool = False) -> None:
        if not titled:
            self.title.setText("Feature maps")
            self.subtitle.clear()
        self._notify([])
        self.atlas.show_sheet(None)
        self.header.controls.hide()
        self.tools.hide()
        self.readout.clear()
        self.message.setText(text)
        self._stack.setCurrentWidget(self.message)

    def _colour_map(self, low: float, high: float) -> ColourMap:
        # By this panel's palette: a new one reaches it before it reaches what is in it.
        return self.header.colour_map(low, high, dark=theme_of(self.palette()).scheme == "dark")

    def _levels(self, measures: Measures, colour_map: ColourMap) -> Levels:
        return levels(
            measures,
            self.header.wanted_scaling,
            diverging=colour_map.diverging,
            fixed=self.header.fixed_range,
        )

    def _show_maps(self) -> None:
        """Draw the maps with the colours and the scale that are chosen."""
        if self._measures is None:
            return
        scaling = self.header.wanted_scaling
        colour_map = self._colour_map(*self._measures.layer_range)
        scale = self._scale = self._levels(self._measures, colour_map)
        channels = self._measures.values.shape[-1]
        single = channels == 1
        self._left.setVisible(not single)
        self.tools.show_single(single)
        self.setFocusProxy(self.detail.map if single else self.atlas)
        self.header.show_single(single)
        if not single:
            order = None if self.tools.plain else self._order
            empty = not len(self._order)
            self.atlas.show_sheet(
                None if empty else MapSheet(self._measures, scale, colour_map, order)
            )
        if scaling != "channel":
            self.bar.show_range(colour_map, *scale.of(0))
            self.bar.setToolTip("One scale for all maps")
        else:
            if colour_map.diverging:
                names = ("−max |value| of each map", "0", "+max |value| of each map")
            else:
                names = ("min of each map", "", "max of each map")
            self.bar.show_names(colour_map, *names)
            self.bar.setToolTip(
                "Every map has its own scale: colours cannot be compared between maps"
            )

    def _restyle(self) -> None:
        """Take other colours, or another scale."""
        self._show_maps()
        self._show_detail(self.detail.channel)

    def _show_detail(self, channel: int) -> None:
        if self._measures is None:
            return
        if channel >= self._measures.values.shape[-1]:
            channel = 0
        self.detail.show_channel(
            self._measures,
            channel,
            self._colour_map(*self._measures.layer_range),
            ground=self._ground(),
            note=channel_note(self._measures, channel, self._bounds),
        )

    def _show_vector(self, labels: Sequence[str] | None) -> None:
        assert self._vector is not None
        self.header.controls.hide()
        self.tools.hide()
        self._stack.setCurrentWidget(self.vector)
        self.setFocusProxy(self.vector.rows)
        self.vector.show_values(self._vector, labels)
        bad = int((~np.isfinite(self._vector)).sum())
        self._notify([f"{bad:,} of {self._vector.size:,} values are not finite"] if bad else [])
        self.set_selection(*self._selected)

    def _show_notice(self) -> None:
        if self._maps is not None and self._measures is not None:
            self._notify(notices(self._maps, self._measures, self._bounds))

    def _notify(self, said: list[str]) -> None:
        if self._origin is not None and self._origin.note:
            said = [f"<b>{self._origin.note}</b>", *said]
        self.notice.setText("&nbsp;&nbsp;·&nbsp;&nbsp;".join(said))
        self.notice.setVisible(bool(said))

    # -- order, photo, pin, file ------------------------------------------------------------------

    def _sort(self) -> None:
        assert self._measures is not None
        self._order = channel_order(
            self._measures,
            self.tools.criterion,
            reference=min(self._reference, self._measures.values.shape[-1] - 1),
            hide_dead=self.tools.hide_dead.isChecked(),
        )

    def _order_chosen(self) -> None:
        """Similarity is to what is selected now: it stays as it is until it is chosen again."""
        if self._measures is None:
            return
        self._reference = self._selected[0] or 0
        self._sort()
        self._show_maps()
        self.set_selection(*self._selected)

    def _to_tile(self, cell: Cell) -> Cell | None:
        """Where a channel stands in the atlas; None where it is hidden."""
        found = np.flatnonzero(self._order == cell.channel)
        return Cell(int(found[0]), cell.row, cell.column) if found.size else None

    def _of_tile(self, tile: Cell | None) -> Cell | None:
        if tile is None or self._measures is None or tile.channel >= len(self._order):
            return None
        return Cell(int(self._order[tile.channel]), tile.row, tile.column)

    def _tile_clicked(self, tile: Cell) -> None:
        cell = self._of_tile(tile)
        if cell is not None:
            self._clicked(cell)

    def _ground(self) -> Ground | None:
        """The photo for the map that is shown, where it is wanted and the map has a place on it."""
        share, origin = self.tools.share, self._origin
        if share is None or self._measures is None or self._maps is None or origin is None:
            return None
        picture, height_width = origin.picture, self._measures.values.shape[:2]
        if picture is None or self._maps.note:
            return None
        try:
            alignment = align(origin.field(), height_width, picture.shape[:2])
        except ValueError:
            return None
        return Ground(picture, alignment, share)

    def _overlay_changed(self) -> None:
        if self._measures is None:
            return
        self._show_detail(self.detail.channel)
        if self.tools.share is not None and self._origin is not None and self._ground() is None:
            try:
                align(self._origin.field(), self._measures.values.shape[:2], (1, 1))
            except ValueError as error:
                self.said.emit(str(error), False)

    def _pin(self) -> None:
        if self._measures is None or self._activation is None:
            return
        image = f" · {self._origin.image}" if self._origin is not None else ""
        self.pinned.pin(
            self._measures,
            self.detail.channel,
            self._colour_map(*self._measures.layer_range),
            f"{self._activation.node} · channel {self.detail.channel:,}{image}",
            self._ground(),
        )

    def _save(self, what: str) -> None:
        saved = self.to_save()
        if saved is not None:
            ask_and_save(self, what, saved, self.said.emit)

    def to_save(self) -> Saved | None:
        """What can be saved of what is shown; None where there are no maps."""
        activation, single = self._activation, self.detail.scale
        if self._measures is None or activation is None or self._scale is None or single is None:
            return None
        return Saved(
            model=self._origin.model if self._origin is not None else "",
            image=self._origin.image if self._origin is not None else "",
            node=activation.node,
            values=activation.values,
            measures=self._measures,
            order=self._order,
            channel=self.detail.channel,
            atlas=self._scale,
            single=single,
            colour_map=self._colour_map(*self._measures.layer_range),
        )

    # -- reading and choosing --------------------------------------------------------------------

    def _read(self, cell: Cell | None) -> None:
        """Say what is under the mouse, else what is selected."""
        if self._measures is None:
            return
        channel, row, column = self._selected
        shape = self._measures.values.shape
        if cell is None and channel is not None and row is not None and column is not None:
            chosen = Cell(channel, row, column)
            cell = chosen if inside(chosen, shape) else None
        if cell is None:
            self.readout.setText(_HINT)
            return
        assert self._maps is not None
        value = float(self._measures.values[cell.row, cell.column, cell.channel])
        self.readout.setText(f"{place(self._maps, cell)}  ·  value {exact(value)}")

    def _read_vector(self, index: int | None) -> None:
        if self._vector is None:
            return
        if index is None:
            index = self._selected[0]
        if index is None or index >= self._vector.size:
            self.readout.setText("Click a row to select a unit.")
            return
        self.readout.setText(
            f"{self.vector.name_of(index)}  ·  value {exact(float(self._vector[index]))}"
        )

    def _clicked(self, cell: Cell) -> None:
        self.set_selection(cell.channel, cell.row, cell.column)
        self.position_clicked.emit((cell.channel, cell.row, cell.column))

    def _vector_clicked(self, index: int) -> None:
        self.set_selection(index, None, None)
        self.position_clicked.emit((index, None, None))

    # -- looks -----------------------------------------------------------------------------------

    def changeEvent(self, event: QEvent) -> None:
        """Take the colours of a new palette."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and hasattr(self, "_stack"):
            self._tint()
            self._restyle()

    def _tint(self) -> None:
        colours = theme_of(self.palette())
        for label, colour in (
            (self.detail.facts, colours.muted),
            (self.readout, colours.text),
            (self.notice, colours.warning),
            (self.message, colours.muted),
        ):
            set_ink(label, colour)
        self.header.tint(colours)
