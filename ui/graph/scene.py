"""What the canvas shows: boxes with a kind and a few lines of text, and the edges between them."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF
from PySide6.QtGui import QPainterPath

from cnnviz.costs import GraphCosts
from cnnviz.graph import LayerGraph
from cnnviz.kinds import Kind, kind_of
from cnnviz.layout import Layout, arrange
from ui import words

CARD = (196.0, 58.0)
PILL = (92.0, 30.0)
_CHUNK = 48


@dataclass(frozen=True, slots=True)
class Box:
    """One box of the picture.

    Attributes:
        key: What a click on it selects.
        kind: Its colour.
        title: First line.
        lines: Further lines, as far as there is room.
        pill: Small and filled: an operation that joins or only passes on.
    """

    key: str
    kind: Kind
    title: str
    lines: tuple[str, ...]
    pill: bool


@dataclass(frozen=True, eq=False)
class EdgeChunk:
    """Some edges that lie near each other, as one path, and the stretch that they cover."""

    top: float
    bottom: float
    path: QPainterPath


@dataclass(frozen=True, eq=False)
class Scene:
    """Boxes, where they lie, and edges, ready to be painted."""

    boxes: tuple[Box, ...]
    layout: Layout

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
    def chunks(self) -> tuple[EdgeChunk, ...]:
        """All edges, from the top down."""
        routes = sorted(self.layout.routes, key=lambda route: float(route[0, 1]))
        chunks = []
        for start in range(0, len(routes), _CHUNK):
            part = routes[start : start + _CHUNK]
            path = QPainterPath()
            for route in part:
                path.addPath(edge_path(route))
            chunks.append(EdgeChunk(min(r[0, 1] for r in part), max(r[-1, 1] for r in part), path))
        return tuple(chunks)

    def neighbours(self, box: int, *, down: bool) -> list[int]:
        """Boxes that an edge leads to (or from), the straightest way first."""
        here, there = (0, 1) if down else (1, 0)
        found = self.layout.edges[self.layout.edges[:, here] == box][:, there]
        x = self.layout.rects[:, 0] + self.layout.rects[:, 2] / 2
        return sorted((int(i) for i in found), key=lambda i: (abs(x[i] - x[box]), i))

    def beside(self, box: int, *, right: bool) -> int | None:
        """The next box at the same height."""
        rects = self.layout.rects
        middle = rects[:, 1] + rects[:, 3] / 2
        same = np.abs(middle - middle[box]) < CARD[1] / 2
        ahead = rects[:, 0] > rects[box, 0] if right else rects[:, 0] < rects[box, 0]
        candidates = np.flatnonzero(same & ahead)
        if not len(candidates):
            return None
        return int(candidates[np.argmin(np.abs(rects[candidates, 0] - rects[box, 0]))])

    def at(self, x: float, y: float) -> int | None:
        """The box under a point."""
        left, top, width, height = self.layout.rects.T
        hit = np.flatnonzero((left <= x) & (x < left + width) & (top <= y) & (y < top + height))
        return int(hit[0]) if len(hit) else None


def edge_path(route: NDArray[np.float64]) -> QPainterPath:
    """A route as a curve: straight down beside boxes, bent in the gaps between layers."""
    curve = QPainterPath(QPointF(*route[0]))
    for (x0, y0), (x1, y1) in itertools.pairwise(route.tolist()):
        if abs(x1 - x0) < 0.5:
            curve.lineTo(x1, y1)
        else:
            middle = (y0 + y1) / 2
            curve.cubicTo(x0, middle, x1, middle, x1, y1)
    return curve


def scene_of(graph: LayerGraph, costs: GraphCosts) -> Scene:
    """Make one box of each node."""
    boxes = []
    for node in graph.nodes:
        kind = kind_of(node)
        cost = costs.by_name[node.name]
        numbers = []
        if cost.params:
            numbers.append(f"{words.big(cost.params)} params")
        if cost.macs:
            numbers.append(f"{words.big(cost.macs)}MACs")
        boxes.append(
            Box(
                key=node.name,
                kind=kind,
                title=node.name,
                lines=(
                    f"{words.shape(node.output_shape)}   {node.type}",
                    *(["   ".join(numbers)] if numbers else []),
                ),
                pill=kind in (Kind.MERGE, Kind.ARITHMETIC),
            )
        )
    edges = [(graph.index[name], graph.index[n.name]) for n in graph.nodes for name in n.inputs]
    return Scene(tuple(boxes), arrange([PILL if box.pill else CARD for box in boxes], edges))
