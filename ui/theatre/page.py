"""The theatre on a layer: the selected layer of the running model, with its real numbers."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from cnnviz.convolution import is_windowed, windowed
from cnnviz.errors import UserError
from cnnviz.experiment import size_formula
from cnnviz.graph import LayerGraph, Node
from cnnviz.requests import Activation, GetActivation, GetWeights, Weights
from ui.controller import Controller, Selection
from ui.lanes import Job, Lane
from ui.theatre.play_view import PlayView
from ui.theatre.show import BY_POSITION, Moment, Show
from ui.theme import GAP, SNUG

_NO_MODEL = "Open a model and run a picture: the theatre plays a layer of it."
_NO_RUN = "Run a picture through the model: the theatre plays on its real numbers."


class TheatrePage(QWidget):
    """Follows the selection while somebody looks.

    Args:
        controller: The window's state.
        lane: Where the engine is.
    """

    def __init__(self, controller: Controller, lane: Lane) -> None:
        super().__init__()
        self._controller = controller
        self._lane = lane
        self._shown: tuple[str, object] | None = None
        self._jobs: list[Job] = []
        self._answers: dict[str, Any] = {}
        self._era = 0
        self._following = False
        self.view = PlayView()
        self.layers = QComboBox()
        self.layers.setAccessibleName("Layer")
        self.layers.setToolTip("The layer on the stage: any that slides a window over its input")
        self.layers.setPlaceholderText("Choose a layer…")
        self.layers.setMinimumContentsLength(18)
        self.layers.setSizeAdjustPolicy(
            QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
        )
        row = QHBoxLayout()
        row.setContentsMargins(GAP, SNUG, GAP, SNUG)
        row.setSpacing(SNUG)
        row.addWidget(QLabel("Layer"))
        row.addWidget(self.layers)
        row.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(row)
        column.addWidget(self.view, 1)
        self.layers.textActivated.connect(lambda name: controller.select(name))
        controller.selection_changed.connect(self._selected)
        controller.run_changed.connect(self._forget)
        controller.model_changed.connect(self._list_layers)
        controller.model_changed.connect(self._forget)
        self._list_layers()
        self.view.moment_changed.connect(self._tell)
        self.view.player.playing_changed.connect(lambda _: self._tell(self.view.moment))

    @property
    def settled(self) -> bool:
        """Whether all that was asked for is on the stage."""
        return not self._jobs

    def showEvent(self, event: QShowEvent) -> None:
        """Fetch what is needed only now."""
        super().showEvent(event)
        self._follow()

    def _list_layers(self) -> None:
        opened = self._controller.opened
        nodes = opened.graph.nodes if opened is not None else ()
        self.layers.clear()
        self.layers.addItems([node.name for node in nodes if is_windowed(node)])
        self.layers.setEnabled(self.layers.count() > 0)
        self.layers.setCurrentIndex(self.layers.findText(self._controller.selection.node or ""))

    def _forget(self) -> None:
        self._shown = None
        self._follow()

    def _selected(self, selection: Selection) -> None:
        self.layers.setCurrentIndex(self.layers.findText(selection.node or ""))
        if self._shown is not None and self._shown[0] == selection.node:
            self._go_to(selection)
        else:
            self._follow()

    def _follow(self) -> None:
        """Put the selected layer on the stage."""
        if not self.isVisible():
            return
        controller = self._controller
        opened, node = controller.opened, controller.selection.node
        key = (node or "", controller.run)
        if self._shown == key:
            return
        self._cancel()
        self._shown = key
        if opened is None or node is None:
            self.view.set_show(None, _NO_MODEL)
        elif controller.run is None:
            self._shown = None
            self.view.set_show(None, _NO_RUN)
        else:
            self._fetch(opened.graph, opened.graph.by_name[node])

    def _fetch(self, graph: LayerGraph, node: Node) -> None:
        if not is_windowed(node):
            self.view.set_show(None, _not_windowed(graph, node))
            return
        wanted: dict[str, Any] = {
            "input": GetActivation(node.inputs[0]),
            "output": GetActivation(node.name),
        }
        if node.weights or node.shares_weights_with:
            wanted["weights"] = GetWeights(node.name)
        era = self._era
        self._answers = {}

        def arrived(name: str, answer: Any) -> None:
            if era != self._era:
                return
            self._answers[name] = answer
            if len(self._answers) == len(wanted):
                self._jobs = []
                self._play(graph, node)

        def failed(text: str) -> None:
            if era == self._era:
                self._cancel()
                self._shown = None
                self.view.set_show(None, text)

        jobs = []
        for name, request in wanted.items():
            jobs.append(
                self._lane.submit(
                    request,
                    on_success=partial(arrived, name),
                    on_failure=failed,
                )
            )
        if era == self._era and len(self._answers) < len(wanted):
            self._jobs = jobs

    def _cancel(self) -> None:
        self._era += 1
        jobs, self._jobs = self._jobs, []
        for job in jobs:
            job.cancel()

    def _play(self, graph: LayerGraph, node: Node) -> None:
        before: Activation = self._answers["input"]
        after: Activation = self._answers["output"]
        weights: Weights | None = self._answers.get("weights")
        self._answers = {}
        try:
            show = show_of(graph, node, before.values, after.values, weights)
        except UserError as error:
            self.view.set_show(None, str(error))
            return
        selection = self._controller.selection
        fits = selection.channel is not None and selection.channel < show.operation.filters
        self._following = True
        self.view.set_show(show, channel=selection.channel if fits else 0)
        self._go_to(selection)
        self._following = False

    def _go_to(self, selection: Selection) -> None:
        """Follow the selected cell; the play itself moves the selection, too."""
        show = self.view.show_
        if show is None or self.view.player.playing:
            return
        row, column, channel = selection.row, selection.column, selection.channel
        rows, columns, filters = show.operation.output_shape
        if channel is not None and channel < filters:
            self.view.filter.setValue(channel)
        if row is None or column is None or row >= rows or column >= columns:
            return
        if self.view.moment.view not in BY_POSITION:
            return
        if self.view.moment.cell(show) != (row, column):
            self.view.go_to_cell(row, column)

    def _tell(self, moment: Moment) -> None:
        """Move the selection with the play, but not faster than others can follow."""
        show, selection = self.view.show_, self._controller.selection
        if show is None or self.view.player.playing or self._shown is None or self._following:
            return
        if show.flat or moment.view not in BY_POSITION:
            return
        row, column = moment.cell(show)
        self._controller.select(selection.node, moment.channel, row, column)


def _not_windowed(graph: LayerGraph, node: Node) -> str:
    near = next((each for each in graph.nodes if is_windowed(each)), None)
    hint = f", such as {near.name!r}" if near is not None else ""
    return (
        f"{node.name!r} ({node.type}) does not slide a window over its input. Choose a "
        f"convolution or a pooling layer{hint}."
    )


def show_of(
    graph: LayerGraph,
    node: Node,
    before: np.ndarray,
    after: np.ndarray,
    weights: Weights | None,
) -> Show:
    """The show of a layer.

    Args:
        graph: The model.
        node: A convolution or pooling of it.
        before: What it read, without the batch axis.
        after: What it made.
        weights: Its variables; None for pooling.

    Raises:
        UserError: It cannot be followed.
    """
    operation = windowed(graph, node, weights.values if weights is not None else {})
    note = size_formula(operation.rows)
    other = size_formula(operation.columns)
    notes = [note if note == other else f"height {note}, width {other}"]
    label = f"{node.name} · {node.type}"
    if weights is not None:
        label += f" · weights: {weights.info.label}"
    return Show(
        operation,
        before.reshape(operation.input_shape),
        after.reshape(operation.output_shape),
        label,
        tuple(notes),
        network=True,
        flat=after.ndim != 3,
    )
