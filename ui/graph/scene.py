"""What the canvas shows: boxes with a kind and a few lines of text, and the edges between them."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QPainterPath

from cnnviz.costs import Cost, GraphCosts
from cnnviz.graph import LayerGraph, Node
from cnnviz.kinds import Kind, kind_of
from cnnviz.layout import Direction, Layout, arrange
from ui import words

CARD = (212.0, 62.0)
PILL = (104.0, 30.0)
_CHUNK = 12
_SYMBOLS = {"Add": "+", "Subtract": "−", "Multiply": "×", "Divide": "÷", "TrueDivide": "÷"}
_SHORT = {"Concatenate": "Concat", "Average": "Avg", "Maximum": "Max", "Minimum": "Min"}


@dataclass(frozen=True, slots=True)
class Box:
    """One box of the picture.

    Attributes:
        key: What a click on it selects.
        kind: Its colour.
        title: First line; in a pill the only one.
        rows: Further lines, each a text at the left and one at the right, as far as there is room.
        short: What a pill says where its title has no room.
        pill: Small and filled: an operation that joins or only passes on.
    """

    key: str
    kind: Kind
    title: str
    rows: tuple[tuple[str, str], ...] = ()
    short: str = ""
    pill: bool = False


@dataclass(frozen=True, eq=False)
class EdgeChunk:
    """Some edges that lie near each other, as one path, and the area that they cover."""

    area: QRectF
    path: QPainterPath


@dataclass(frozen=True, eq=False)
class Scene:
    """Boxes, where they lie, and edges, ready to be painted."""

    boxes: tuple[Box, ...]
    layout: Layout

    @property
    def along(self) -> int:
        """The axis on which the network runs: 0 to the right, 1 down."""
        return 1 if self.layout.direction == "down" else 0

    @cached_property
    def index(self) -> Mapping[str, int]:
        """Position of a box by its key."""
        return {box.key: i for i, box in enumerate(self.boxes)}

    @cached_property
    def by_kind(self) -> Mapping[tuple[Kind, bool], NDArray[np.int64]]:
        """Boxes of each colour and form, which are painted together."""
        groups: dict[tuple[Kind, bool], list[int]] = {}
        for i, box in enumerate(self.boxes):
            groups.setdefault((box.kind, box.pill), []).append(i)
        return {key: np.array(members) for key, members in groups.items()}

    @cached_property
    def tips(self) -> NDArray[np.float64]:
        """Where each edge ends, shape (E, 2)."""
        return np.array([route[-1] for route in self.layout.routes]).reshape(-1, 2)

    @cached_property
    def chunks(self) -> tuple[EdgeChunk, ...]:
        """All edges, from the first layer on."""
        axis = self.along
        routes = sorted(self.layout.routes, key=lambda route: float(route[0, axis]))
        chunks = []
        for start in range(0, len(routes), _CHUNK):
            part = routes[start : start + _CHUNK]
            path = QPainterPath()
            for route in part:
                path.addPath(self.edge_path(route))
            # A line straight down has an area of no width, which would meet no view.
            chunks.append(EdgeChunk(path.controlPointRect().adjusted(-1, -1, 1, 1), path))
        return tuple(chunks)

    def edge_path(self, route: NDArray[np.float64]) -> QPainterPath:
        """A route as a curve: straight beside boxes, bent in the gaps between layers."""
        curve = QPainterPath(QPointF(*route[0]))
        down = self.along == 1
        for (x0, y0), (x1, y1) in itertools.pairwise(route.tolist()):
            if abs(x1 - x0 if down else y1 - y0) < 0.5:
                curve.lineTo(x1, y1)
            elif down:
                middle = (y0 + y1) / 2
                curve.cubicTo(x0, middle, x1, middle, x1, y1)
            else:
                middle = (x0 + x1) / 2
                curve.cubicTo(middle, y0, middle, y1, x1, y1)
        return curve

    def neighbours(self, box: int, *, ahead: bool) -> list[int]:
        """Boxes that an edge leads to (or from), the straightest way first."""
        here, there = (0, 1) if ahead else (1, 0)
        found = self.layout.edges[self.layout.edges[:, here] == box][:, there]
        across = self._middles(1 - self.along)
        return sorted((int(i) for i in found), key=lambda i: (abs(across[i] - across[box]), i))

    def beside(self, box: int, *, further: bool) -> int | None:
        """The next box of the same layer, to the right (or, where layers are columns, below)."""
        level, across = self._middles(self.along), self._middles(1 - self.along)
        beyond = across > across[box] if further else across < across[box]
        candidates = np.flatnonzero((np.abs(level - level[box]) < 0.5) & beyond)
        if not len(candidates):
            return None
        return int(candidates[np.argmin(np.abs(across[candidates] - across[box]))])

    def at(self, x: float, y: float) -> int | None:
        """The box under a point."""
        left, top, width, height = self.layout.rects.T
        hit = np.flatnonzero((left <= x) & (x < left + width) & (top <= y) & (y < top + height))
        return int(hit[0]) if len(hit) else None

    def _middles(self, axis: int) -> NDArray[np.float64]:
        middles: NDArray[np.float64] = (
            self.layout.rects[:, axis] + self.layout.rects[:, 2 + axis] / 2
        )
        return middles


def scene_of(graph: LayerGraph, costs: GraphCosts | None, direction: Direction = "down") -> Scene:
    """Make one box of each node and lay them out: some 40 ms for a thousand nodes.

    Args:
        graph: What to show.
        costs: Its costs, or None where they cannot be known.
        direction: Where its edges point.
    """
    boxes = tuple(
        _box(node, costs.by_name[node.name] if costs is not None else None) for node in graph.nodes
    )
    edges = [(graph.index[name], graph.index[n.name]) for n in graph.nodes for name in n.inputs]
    layout = arrange([PILL if box.pill else CARD for box in boxes], edges, direction)
    return Scene(boxes, layout)


def _box(node: Node, cost: Cost | None) -> Box:
    kind = kind_of(node)
    if kind in (Kind.MERGE, Kind.ARITHMETIC):
        symbol = _SYMBOLS.get(node.type, "")
        short = symbol or _SHORT.get(node.type, "")
        return Box(node.name, kind, f"{symbol} {node.type}".strip(), short=short, pill=True)
    rows = [(node.type, words.shape(node.output_shape).replace(" × ", "×"))]
    if cost is not None:
        params = f"{words.big(cost.params)} params" if cost.params else ""
        number, _, prefix = words.big(cost.macs).partition(" ")
        macs = f"{number} {prefix}MAC" if cost.macs else ""
        if cost.not_counted:
            macs = "MACs not known"
        if params or macs:
            rows.append((params or macs, macs if params else ""))
    return Box(node.name, kind, node.name, tuple(rows))
