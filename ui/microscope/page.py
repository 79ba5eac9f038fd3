"""The microscope: everything about the selected cell, beside the photo that it looks at."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QGuiApplication, QHideEvent, QShowEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QSlider,
    QSplitter,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from cnnviz.effective import extent
from cnnviz.errors import UserError
from cnnviz.graph import LayerGraph, Node
from cnnviz.links import Link, parse_link
from cnnviz.projective import reached
from cnnviz.receptive_field import Field, Reach, extents_of
from cnnviz.recursion import Growth, growth, pyramid
from cnnviz.requests import (
    EffectiveField,
    GetEffectiveField,
    Progress,
    Saliency,
)
from ui.controller import Controller, Selection
from ui.lanes import Lane
from ui.microscope.cell_panel import CellPanel, peaks_of
from ui.microscope.depth_panel import DepthPanel
from ui.microscope.facts import reaches, where
from ui.microscope.growth_panel import GrowthPanel
from ui.microscope.jobs import Questions
from ui.microscope.material import Material
from ui.microscope.photo import PhotoView, Window
from ui.microscope.saliency_panel import SaliencyPanel
from ui.panels.facts import Fact
from ui.panels.labels import plain_label
from ui.theme import SNUG, TIGHT

_REST_MS = 150
"""A cell that stays so long is looked at closely."""


class MicroscopePage(QWidget):
    """Follows the selection while somebody looks.

    Args:
        controller: The window's state.
        lane: Where the engine is.
        fields: Receptive fields of the open model by node, in its input.

    Signals:
        link_opened: A link was pasted (Link).
    """

    link_opened = Signal(object)

    def __init__(
        self,
        controller: Controller,
        lane: Lane,
        fields: Callable[[], Mapping[str, Field]],
    ) -> None:
        super().__init__()
        self._controller = controller
        self._fields = fields
        self._questions = Questions(lane, self)
        self._grown: tuple[str, Growth | None, str] | None = None
        self._average = 0
        self._material = Material(self._questions, self)
        self._closer = QTimer(self, singleShot=True, interval=_REST_MS)
        self._closer.timeout.connect(self._look_closer)
        self._build()
        controller.model_changed.connect(self._model_changed)
        controller.run_started.connect(self._show_photo)
        controller.run_changed.connect(self._run_changed)
        controller.selection_changed.connect(self._selection_changed)
        controller.activation_changed.connect(lambda _: self._later())
        self.photo.pixel_clicked.connect(self._pixel_clicked)
        self.photo.moved.connect(self._move)
        self.cell.place_chosen.connect(self._go_to_place)
        self.cell.average_wanted.connect(self._set_average)
        self.saliency.wanted.connect(self._later)
        self.deepening.wanted.connect(lambda: self._measure(list(self.deepening.names)))
        self.tabs.currentChanged.connect(self._later)
        self._questions.changed.connect(self._show_progress)
        self._material.told.connect(self.cell.show_contributions)
        self._run_changed()

    def _build(self) -> None:
        self.photo = PhotoView("The photo and what the cell sees of it")
        self.caption = plain_label(wrapped=True)
        self.opacity = QSlider(Qt.Orientation.Horizontal)
        self.opacity.setRange(0, 100)
        self.opacity.setValue(75)
        self.opacity.setAccessibleName("Opacity of the heat map")
        self.opacity.setToolTip("How opaque the heat map is")
        self.opacity.setMaximumWidth(140)
        self.opacity.valueChanged.connect(lambda value: self.photo.set_opacity(value / 100))
        self.link = QLineEdit()
        self.link.setAccessibleName("Link to this cell")
        self.link.setPlaceholderText("resnet50/conv3_block2_out/17,12,9")
        self.link.setToolTip("Link to this cell. Paste another one and press Enter to go there")
        self.link.returnPressed.connect(self._open_link)
        self.copy = QPushButton("Copy link")
        self.copy.setToolTip("Copy the link to this cell; --model takes it on the command line")
        self.copy.clicked.connect(
            lambda: QGuiApplication.clipboard().setText(self.link.text().strip())
        )
        self.progress = plain_label("Progress")
        self.stop = QPushButton("Stop")
        self.stop.setToolTip("Stop computing the heat map")
        self.stop.clicked.connect(self._stop)
        self.stop.hide()
        under = QHBoxLayout()
        under.setSpacing(SNUG)
        under.addWidget(QLabel("Heat map"))
        under.addWidget(self.opacity)
        under.addWidget(self.progress, 1)
        under.addWidget(self.stop)
        links = QHBoxLayout()
        links.setSpacing(SNUG)
        links.addWidget(self.link, 1)
        links.addWidget(self.copy)
        left = QWidget()
        column = QVBoxLayout(left)
        column.setContentsMargins(SNUG, SNUG, SNUG, SNUG)
        column.setSpacing(TIGHT)
        column.addWidget(self.photo, 1)
        column.addWidget(self.caption)
        column.addLayout(under)
        column.addLayout(links)
        self.cell = CellPanel()
        self.grow = GrowthPanel()
        self.deepening = DepthPanel()
        self.saliency = SaliencyPanel()
        self.tabs = QTabWidget()
        self.tabs.setDocumentMode(True)
        self.tabs.addTab(self.cell, "Cell")
        self.tabs.addTab(self.grow, "How it grows")
        self.tabs.addTab(self.deepening, "Against depth")
        self.tabs.addTab(self.saliency, "Saliency")
        splitter = QSplitter(Qt.Orientation.Horizontal)
        splitter.setChildrenCollapsible(False)
        splitter.addWidget(left)
        splitter.addWidget(self.tabs)
        splitter.setSizes([420, 420])
        splitter.setStretchFactor(0, 1)
        splitter.setStretchFactor(1, 1)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(splitter)
        self.setFocusProxy(self.photo)

    @property
    def settled(self) -> bool:
        """Whether all that was asked for is on screen."""
        return not self.isVisible() or not (self._closer.isActive() or self._questions.busy)

    # What the controller tells.

    def showEvent(self, event: QShowEvent) -> None:
        """Look only now."""
        super().showEvent(event)
        self._show_photo()
        self._selection_changed(self._controller.selection)

    def hideEvent(self, event: QHideEvent) -> None:
        """Nobody looks any more."""
        super().hideEvent(event)
        self._closer.stop()
        self._questions.cancel()
        self._material.forget()

    def _model_changed(self) -> None:
        self._questions.cancel()
        self._material.forget()
        self._grown = None
        self._show_photo()

    def _run_changed(self) -> None:
        self._questions.cancel()
        self._material.forget()
        self.deepening.forget()
        self._show_photo()
        self._fill_choices()
        self._selection_changed(self._controller.selection)

    def _show_photo(self) -> None:
        if not self.isVisible():
            return
        self.photo.show_photo(self._controller.input_picture)

    def _selection_changed(self, selection: Selection) -> None:
        """The box follows at once; what takes longer waits until the cell rests."""
        if not self.isVisible():
            return
        node = self._node()
        if node is None:
            self.photo.show_window(None)
            self.cell.show_cell("Open a model and run a picture, then choose a cell.", [])
            self.link.clear()
            return
        self._show_where(node)
        if self.tabs.currentWidget() is not self.saliency:
            self.photo.show_heat(None)
            self._later()
        if self._grown is None or self._grown[0] != node.name:
            self._later()

    # The cell.

    def _node(self) -> Node | None:
        opened, name = self._controller.opened, self._controller.selection.node
        return opened.graph.by_name[name] if opened is not None and name else None

    def _position(self, node: Node) -> tuple[int, ...]:
        """Row and column of the selected cell, or of the middle; () of a vector."""
        selection = self._controller.selection
        sizes = [size or 1 for size in node.output_shape[:-1]]
        if len(sizes) != 2:
            return tuple(size // 2 for size in sizes)
        chosen = (selection.row, selection.column)
        return tuple(
            size // 2 if place is None else min(place, size - 1)
            for place, size in zip(chosen, sizes, strict=True)
        )

    def _channel(self, node: Node) -> int | None:
        channel = self._controller.selection.channel
        return channel if channel is not None and channel < (node.output_shape[-1] or 0) else None

    def _window(self, node: Node) -> tuple[Field, Window | None]:
        field = self._fields()[node.name]
        if field.reach in (Reach.NOTHING, Reach.UNKNOWN):
            return field, None
        return field, field.window((*self._position(node), self._channel(node) or 0))

    def _show_where(self, node: Node) -> None:
        """Everything that is there at once."""
        opened = self._controller.opened
        assert opened is not None
        field, window = self._window(node)
        self.photo.show_window(window)
        position, channel = self._position(node), self._channel(node)
        place = (*position, 0 if channel is None else channel)
        self.link.setText(str(Link(opened.request.model, node.name, place)))
        extents = extents_of(opened.graph, opened.graph.inputs[0])
        facts = where(field, window, extents)
        activation = self._controller.activation
        if activation is not None and channel is not None:
            value = float(activation.values[place]) if activation.node == node.name else None
            if value is not None:
                facts.insert(0, Fact("Value", f"{value:.6g}"))
        which = "all channels" if channel is None else f"channel {channel}"
        if not position:
            which = "all units" if channel is None else f"unit {channel}"
            self.cell.show_cell(f"{node.name}: {which}", facts)
        else:
            row = ", ".join(map(str, position))
            self.cell.show_cell(f"{node.name} ({row}), {which}", facts)
        self.cell.show_crop(self._controller.input_picture, window)

    def _later(self) -> None:
        if self.isVisible():
            self._closer.start()

    def _look_closer(self) -> None:
        """What takes longer: derivatives, the inputs' numbers, the recursion."""
        node, opened = self._node(), self._controller.opened
        if node is None or opened is None:
            return
        self._show_where(node)
        self._show_growth(opened.graph, node)
        if self._controller.run is None:
            self.caption.setText("Run a picture to see derivatives.")
            return
        if self.tabs.currentWidget() is self.saliency:
            self._ask_saliency()
        else:
            self._ask_field(node)
        self._show_peaks(node)
        channel = self._channel(node)
        position = None if channel is None else (*self._position(node), channel)
        self._material.look(opened.graph, node, position, self._controller.run)

    def _show_growth(self, graph: LayerGraph, node: Node) -> None:
        if self._grown is None or self._grown[0] != node.name:
            field = self._fields()[node.name]
            found, note = None, field.note
            if field.reach not in (Reach.UNKNOWN, Reach.NOTHING):
                found = growth(graph, node.name, fields=self._fields())
                if field.reach is Reach.GLOBAL:
                    note = "From here on every position sees the whole input."
            self._grown = (node.name, found, note)
            self.grow.show_growth(found, note)
            rows = found.rows[1:] if found is not None else ()
            sizes = {row.node: row.size[0] for row in rows if row.branch is None}
            extents = extents_of(graph, graph.inputs[0])
            self.deepening.show_layers(list(sizes.items()), extents[0] if extents else 1)
        found = self._grown[1]
        position = self._position(node)
        if found is None or len(position) != 2:
            self.grow.show_stairs("A vector has no rows: all of it sees the same.", ())
            return
        names = {row.node for row in found.rows} | {node.name}
        stairs = pyramid(graph, found.path, position[0])
        self.grow.show_stairs(
            f"Row {position[0]} of {node.name}, and what it sees along the largest branch:",
            tuple(stair for stair in stairs if stair[0] in names),
        )

    # Derivatives.

    def _set_average(self, pictures: int) -> None:
        self._average = pictures
        self._later()

    def _ask_field(self, node: Node) -> None:
        field, window = self._window(node)
        if window is None:
            self.cell.show_extent(None, field.note)
            return
        request = GetEffectiveField(
            node.name, self._position(node), self._channel(node), self._average
        )
        self._questions.cancel("saliency")
        self._questions.cancel("random")
        self._questions.ask("field", request, partial(self._field_found, window), self._failed)

    def _field_found(self, window: Window, answer: EffectiveField) -> None:
        measured = extent(answer.values, window)
        self.photo.show_heat(answer.values if measured is not None else None)
        self.cell.show_extent(measured, "All derivatives are zero: here the unit is off.")
        if measured is None:
            self.caption.setText("No pixel moves this cell here: all its derivatives are zero.")
            return
        what = "the photo" if not answer.request.pictures else "random pictures"
        self.caption.setText(
            f"Heat: how much each pixel moves this cell, on {what}. Box: all that it can see. "
            "Arrow keys move the cell, Page Up and Down the channel; click a pixel to go there."
        )

    def _measure(self, names: list[str]) -> None:
        """Measure the effective size at the middle of one layer after the other."""
        opened = self._controller.opened
        if not names or opened is None or self._controller.run is None:
            return
        name, rest = names[0], names[1:]
        shape = opened.graph.by_name[name].output_shape
        position = tuple((size or 1) // 2 for size in shape[:-1])
        window = self._fields()[name].window((*position, 0))

        def found(answer: EffectiveField) -> None:
            measured = extent(answer.values, window)
            if measured is not None:
                self.deepening.show_effective(name, measured.size[0])
            self._measure(rest)

        self._questions.ask("depth", GetEffectiveField(name, position), found, self._failed)

    def _fill_choices(self) -> None:
        run, opened = self._controller.run, self._controller.opened
        if run is None or opened is None:
            return
        from cnnviz.saliency_layers import spatial_layers

        layers = spatial_layers(opened.graph)
        trained = run.weights.trained
        self.saliency.set_choices(run.predictions or (), layers, trained=trained)

    def _ask_saliency(self) -> None:
        self._questions.cancel("field")
        request = self.saliency.request()
        if request is None:
            self.caption.setText("The answer of this network is no list of classes.")
            return
        self._questions.ask("saliency", request, self._saliency_found, self._failed)
        if self.saliency.sanity.isChecked():
            again = self.saliency.request(randomised=True)
            self.saliency.show_random(self._controller.input_picture, None)
            self._questions.ask("random", again, self._random_found, self._failed)

    def _saliency_found(self, answer: Saliency) -> None:
        self.photo.show_heat(answer.values)
        self.photo.show_window(None)
        at = f" at {answer.layer}" if answer.layer else ""
        nothing = "" if answer.values.any() else " Nothing speaks for it: the map is empty."
        self.caption.setText(
            f"{self.saliency.method.currentText()}{at}: what speaks for "
            f"{self.saliency.classes.currentText()}; score before softmax {answer.score:.4g}."
            f"{nothing}"
        )

    def _random_found(self, answer: Saliency) -> None:
        self.saliency.show_random(self._controller.input_picture, answer)

    def _failed(self, text: str) -> None:
        if text:
            self.caption.setText(text)

    def _stop(self) -> None:
        for kind in ("field", "saliency", "random", "depth"):
            self._questions.cancel(kind)
        self.caption.setText("Stopped.")

    def _show_progress(self, progress: Progress | None) -> None:
        self.stop.setVisible(progress is not None)
        text = ""
        if progress is not None:
            share = f" {progress.fraction:.0%}" if progress.fraction else ""
            text = f"{progress.text}{share}"
        self.progress.setText(text)

    def _show_peaks(self, node: Node) -> None:
        activation, channel = self._controller.activation, self._channel(node)
        fits = activation is not None and activation.node == node.name
        if not fits or activation is None or channel is None or activation.values.ndim != 3:
            self.cell.show_peaks(node.name, [])
            return
        self.cell.show_peaks(node.name, peaks_of(activation.values, channel))

    # Moving.

    def _move(self, rows: int, columns: int, channels: int) -> None:
        """Move the cell; at the border it stays."""
        node = self._node()
        if node is None:
            return
        position, channel = self._position(node), self._channel(node)
        if channels:
            last = (node.output_shape[-1] or 1) - 1
            channel = min(max((channel or 0) + channels, 0), last)
        if len(position) == 2:
            row = min(max(position[0] + rows, 0), (node.output_shape[0] or 1) - 1)
            column = min(max(position[1] + columns, 0), (node.output_shape[1] or 1) - 1)
            self._controller.select(node.name, channel, row, column)
        elif channels:
            self._controller.select(node.name, channel)

    def _pixel_clicked(self, row: int, column: int) -> None:
        """Go to the cell whose window's centre is nearest, and say what the pixel reaches."""
        node, opened = self._node(), self._controller.opened
        if node is None or opened is None:
            return
        self.photo.show_pixel((row, column))
        try:
            found = reached(opened.graph, node.name, (row, column))
        except (UserError, IndexError) as error:
            self.caption.setText(str(error))
            return
        field = self._fields()[node.name]
        shape = node.output_shape
        if field.reach is Reach.WINDOW and len(shape) == 3 and all(field.stride):
            cell = [
                min(
                    max(round((pixel + pad - (size - 1) / 2) / stride), 0),
                    (extent or 1) - 1,
                )
                for pixel, pad, size, stride, extent in zip(
                    (row, column),
                    field.padding,
                    field.size,
                    field.stride,
                    shape[:2],
                    strict=True,
                )
            ]
            self._controller.select(node.name, self._channel(node), *cell)
        self.caption.setText(reaches(node, (row, column), found.box, found.count))

    def _go_to_place(self, node: str, place: tuple[int, ...]) -> None:
        row, column = (place[0], place[1]) if len(place) == 3 else (None, None)
        self._controller.select(node, place[-1], row, column)

    def _open_link(self) -> None:
        try:
            self.link_opened.emit(parse_link(self.link.text()))
        except UserError as error:
            self._controller.say(str(error))
