"""The numbers that a layer reads, fetched once for all its cells, and what they add up to."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QObject, Signal

from cnnviz.contributions import contributions
from cnnviz.graph import LayerGraph, Node
from cnnviz.requests import Activation, Floats, GetActivation, GetWeights, Weights
from ui.microscope.jobs import Questions

_MOST_INPUTS = 4


class Material(QObject):
    """Inputs and weights of the layer that is looked at.

    Args:
        questions: Asks the engine.
        parent: Qt owner.

    Signals:
        told: Contributions of the cell, or None with a sentence why.
    """

    told = Signal(object, str)

    def __init__(self, questions: Questions, parent: QObject) -> None:
        super().__init__(parent)
        self._questions = questions
        self._of: tuple[str, object] | None = None
        self._inputs: dict[str, Floats] = {}
        self._weights: Any = {}
        self._cell: tuple[LayerGraph, Node, tuple[int, ...] | None] | None = None

    def forget(self) -> None:
        """Another run: the numbers are old."""
        self._of = self._cell = None

    def look(
        self, graph: LayerGraph, node: Node, position: tuple[int, ...] | None, run: object
    ) -> None:
        """Tell about a cell, now or once its layer's numbers are here.

        Args:
            graph: The model.
            node: The layer.
            position: Row, column, channel; None where no channel is chosen.
            run: Of which the numbers are wanted.
        """
        self._cell = graph, node, position
        key = (node.name, run)
        if self._of != key:
            self._of = key
            self._inputs, self._weights = {}, {}
            for name in dict.fromkeys(node.inputs[:_MOST_INPUTS]):
                self._questions.ask(f"input {name}", GetActivation(name), self._input, self._no)
            owner = node.name if node.weights else node.shares_weights_with
            if owner is not None:
                self._questions.ask("weights", GetWeights(owner), self._arrived, self._no)
        self._tell()

    def _input(self, answer: Activation) -> None:
        self._inputs[answer.node] = answer.values
        self._tell()

    def _arrived(self, answer: Weights) -> None:
        self._weights = answer.values
        self._tell()

    def _no(self, text: str) -> None:
        if text:
            self.told.emit(None, text)

    def _tell(self) -> None:
        if self._cell is None:
            return
        graph, node, position = self._cell
        if position is None:
            self.told.emit(None, "Choose a channel: click a cell in its map, or press Page Down.")
            return
        if (node.weights or node.shares_weights_with) and not self._weights:
            return  # on its way
        found = contributions(graph, node, position, self._inputs, self._weights)
        self.told.emit(found, f"The arithmetic of {node.type} is not followed here.")
