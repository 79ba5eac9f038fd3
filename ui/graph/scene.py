"""What the canvas shows: boxes with a kind and a few lines of text, frames, and edges."""

from __future__ import annotations

import itertools
import math
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF
from PySide6.QtGui import QPainterPath

from cnnviz.costs import graph_costs
from cnnviz.graph import LayerGraph, Node, Shape
from cnnviz.kinds import Kind, kind_of
from cnnviz.nesting import Nested, nest
from cnnviz.outline import Outline, Part, View
from cnnviz.units import head_of
from ui import words

CARD = (196.0, 58.0)
PILL = (124.0, 30.0)
_CHUNK = 48
_WIDTHS = ((64, 1.3), (256, 2.0), (1024, 3.0), (math.inf, 4.2))
"""Up to so many channels an edge is so wide."""


@dataclass(frozen=True, slots=True)
class Box:
    """One box of the picture.

    Attributes:
        part: What it stands for.
        kind: Its colour: of a group, that of the operations with most of its work.
        title: First line.
        lines: Further lines, as far as there is room.
        pill: Small and filled: an operation that joins or only passes on.
        strip: The kinds inside a group, each once, in order of appearance.
        shape: What it hands on.
    """

    part: Part
    kind: Kind
    title: str
    lines: tuple[str, ...]
    pill: bool
    strip: tuple[Kind, ...]
    shape: Shape

    @property
    def node(self) -> str:
        """What a click on it selects: its operation, or a group's last."""
        return self.part.nodes[-1]


@dataclass(frozen=True, eq=False)
class EdgeChunk:
    """Some edges of one width that lie near each other, as one path, and where they are."""

    left: float
    top: float
    right: float
    bottom: float
    width: float
    path: QPainterPath


@dataclass(frozen=True, eq=False)
class Scene:
    """Boxes, where they lie, and edges, ready to be painted."""

    boxes: tuple[Box, ...]
    view: View
    layout: Nested
    shapes: tuple[Shape, ...]
    """What flows along each edge."""

    @cached_property
    def by_kind(self) -> dict[tuple[Kind, bool], NDArray[np.int64]]:
        """Boxes of each colour and form, which are painted together."""
        groups: dict[tuple[Kind, bool], list[int]] = {}
        for i, box in enumerate(self.boxes):
            groups.setdefault((box.kind, box.pill), []).append(i)
        return {key: np.array(members) for key, members in groups.items()}

    @cached_property
    def groups(self) -> NDArray[np.int64]:
        """The boxes that can be opened."""
        return np.array([i for i, box in enumerate(self.boxes) if box.part.parts], np.int64)

    @cached_property
    def frame_depths(self) -> list[int]:
        """How many frames are around each frame."""
        around: list[int] = []
        ends: list[int] = []
        frames = self.layout.framed
        for i, part in enumerate(frames):
            inside = set(part.nodes)
            while ends and not inside <= set(frames[ends[-1]].nodes):
                ends.pop()
            around.append(len(ends))
            ends.append(i)
        return around

    @cached_property
    def chunks(self) -> tuple[EdgeChunk, ...]:
        """All edges, along the flow."""
        along = 0 if self.layout.sideways else 1
        classes: dict[float, list[NDArray[np.float64]]] = {}
        for route, shape in zip(self.layout.routes, self.shapes, strict=True):
            classes.setdefault(edge_width(shape), []).append(route)
        chunks = []
        for width, routes in sorted(classes.items()):
            routes.sort(key=lambda route: float(route[0, along]))
            for start in range(0, len(routes), _CHUNK):
                part = routes[start : start + _CHUNK]
                path = QPainterPath()
                for route in part:
                    path.addPath(edge_path(route, sideways=self.layout.sideways))
                every = np.vstack(part)
                (left, top), (right, bottom) = every.min(axis=0), every.max(axis=0)
                chunks.append(EdgeChunk(left, top, right, bottom, width, path))
        return tuple(chunks)

    def neighbours(self, box: int, *, down: bool) -> list[int]:
        """Boxes that an edge leads to (or from), the straightest way first."""
        here, there = (0, 1) if down else (1, 0)
        found = self.layout.edges[self.layout.edges[:, here] == box][:, there]
        across = 1 if self.layout.sideways else 0
        x = self.layout.rects[:, across] + self.layout.rects[:, across + 2] / 2
        return sorted((int(i) for i in found), key=lambda i: (abs(x[i] - x[box]), i))

    def beside(self, box: int, *, right: bool) -> int | None:
        """The next box at the same height (of a sideways picture: in the same column)."""
        rects = self.layout.rects
        across, along = (1, 0) if self.layout.sideways else (0, 1)
        middle = rects[:, along] + rects[:, along + 2] / 2
        reach = (rects[:, along + 2] + rects[box, along + 2]) / 2
        near = np.abs(middle - middle[box]) < reach
        x = rects[:, across] + rects[:, across + 2] / 2
        ahead = x > x[box] + 1 if right else x < x[box] - 1
        candidates = np.flatnonzero(near & ahead)
        if not len(candidates):
            return None
        distance = np.abs(x[candidates] - x[box]) + np.abs(middle[candidates] - middle[box])
        return int(candidates[np.argmin(distance)])

    def at(self, x: float, y: float) -> int | None:
        """The box under a point."""
        hit = _inside(self.layout.rects, x, y)
        return int(hit[0]) if len(hit) else None

    def frame_at(self, x: float, y: float) -> int | None:
        """The innermost frame under a point."""
        hit = _inside(self.layout.frames, x, y)
        return int(hit[-1]) if len(hit) else None


def _inside(rects: NDArray[np.float64], x: float, y: float) -> NDArray[np.int64]:
    left, top, width, height = rects.T
    return np.flatnonzero((left <= x) & (x < left + width) & (top <= y) & (y < top + height))


def edge_width(shape: Shape) -> float:
    """How wide an edge is, by the channels that flow along it."""
    channels = (shape[-1] if shape else 1) or 1
    return next(width for most, width in _WIDTHS if channels <= most)


def edge_path(route: NDArray[np.float64], *, sideways: bool = False) -> QPainterPath:
    """A route as a curve: straight along the flow beside boxes, bent in the gaps between layers."""
    curve = QPainterPath(QPointF(*route[0]))
    for (x0, y0), (x1, y1) in itertools.pairwise(route.tolist()):
        if sideways and abs(y1 - y0) >= 0.5:
            middle = (x0 + x1) / 2
            curve.cubicTo(middle, y0, middle, y1, x1, y1)
        elif not sideways and abs(x1 - x0) >= 0.5:
            middle = (y0 + y1) / 2
            curve.cubicTo(x0, middle, x1, middle, x1, y1)
        else:
            curve.lineTo(x1, y1)
    return curve


class Stage:
    """Makes scenes of one network, with these or those parts open.

    Args:
        graph: The network.

    Attributes:
        graph: The network.
        outline: Its parts.
    """

    def __init__(self, graph: LayerGraph) -> None:
        self.graph = graph
        self.outline = Outline(graph)
        self.costs = graph_costs(graph)
        self._boxes: dict[str, Box] = {}

    def scene(self, opened: Collection[str], *, sideways: bool = False) -> Scene:
        """What is to be seen with these parts open."""
        view = self.outline.view(opened)
        boxes = tuple(self._box(part) for part in view.parts)
        pills = {box.part.key for box in boxes if box.pill}
        layout = nest(
            self.outline,
            view,
            lambda part: PILL if part.key in pills else CARD,
            sideways=sideways,
        )
        shapes = tuple(self.graph.by_name[edge.tensor].output_shape for edge in view.edges)
        return Scene(boxes, view, layout, shapes)

    def _box(self, part: Part) -> Box:
        if part.key not in self._boxes:
            self._boxes[part.key] = self._make(part)
        return self._boxes[part.key]

    def _make(self, part: Part) -> Box:
        nodes = [self.graph.by_name[name] for name in part.nodes]
        costs = [self.costs.by_name[name] for name in part.nodes]
        kinds = [kind_of(node) for node in nodes]
        last = nodes[-1]
        numbers = []
        if params := sum(cost.params for cost in costs):
            numbers.append(f"{words.big(params)} params")
        if macs := sum(cost.macs for cost in costs):
            numbers.append(f"{words.big(macs)} MACs")
        if not part.parts:
            kind, title, what = kinds[0], part.label, _brief(last)
        else:
            work: Counter[Kind] = Counter()
            for each, cost in zip(kinds, costs, strict=True):
                work[each] += cost.macs
            head = head_of(self.graph, part.nodes)
            kind = work.most_common(1)[0][0] if macs else kind_of(head)
            title, what = part.label, _what(part, nodes)
        merges = kinds[0] in (Kind.MERGE, Kind.ARITHMETIC)
        pill = merges and (not part.parts or part.role == "unit")
        if pill:
            kind, title = kinds[0], " · ".join([_deed(nodes[0]), *map(_brief, nodes[1:])])
        return Box(
            part=part,
            kind=kind,
            title=title,
            lines=(
                f"{words.shape(last.output_shape)}   {what}",
                *(["   ".join(numbers)] if numbers else []),
            ),
            pill=pill,
            strip=tuple(dict.fromkeys(kinds)) if part.parts else (),
            shape=last.output_shape,
        )


_DEEDS = {"Add": "+  add", "Subtract": "−  subtract", "Multiply": "×  multiply"}
_ROLES = {
    "residual": "residual block",
    "branches": "branching block",
    "gated": "gated block",
    "separable": "separable block",
    "chain": "layers",
    "auxiliary": "side output",
    "cell": "cell",
    "dense layer": "dense layer",
}
_BRIEF = {
    "BatchNormalization": "BN",
    "LayerNormalization": "LN",
    "LocalResponseNormalization": "LRN",
    "DepthwiseConv": "Depthwise",
    "SeparableConv": "Separable",
    "ZeroPadding": "padding",
    "InputLayer": "input",
    "GlobalAveragePooling": "global mean",
    "GlobalMaxPooling": "global max",
    "MaxPooling": "max pool",
    "AveragePooling": "mean pool",
}


def _window(node: Node) -> str:
    """Kernel and stride of a layer that has them: " 3×3 /2"."""
    window = node.settings.get("kernel_size") or node.settings.get("pool_size")
    if not isinstance(window, tuple | list):
        return ""
    strides = node.settings.get("strides")
    stride = max(strides) if isinstance(strides, tuple | list) and strides else 1
    return f" {'×'.join(map(str, window))}" + (f" /{stride}" if stride > 1 else "")


def _brief(node: Node) -> str:
    """What a layer is, in a word."""
    name = node.type.removesuffix("1D").removesuffix("2D").removesuffix("3D")
    if name == "Activation":
        function = node.settings.get("activation")
        return _FUNCTIONS.get(str(function), str(function or "activation"))
    return _BRIEF.get(name, name) + _window(node)


_FUNCTIONS = {"relu": "ReLU", "relu6": "ReLU6", "swish": "SiLU", "silu": "SiLU", "gelu": "GELU"}


def _deed(node: Node) -> str:
    """What a small box does, in a word or two."""
    if node.type == "Concatenate":
        return f"concat {len(node.sources)}"
    if len(node.sources) == 1:  # with a constant
        return node.type.lower()
    return _DEEDS.get(node.type, node.type.lower())


def _what(part: Part, nodes: list[Node]) -> str:
    """What a group is."""
    if part.role == "unit":
        return " · ".join(_brief(node) for node in nodes if not node.type.startswith("ZeroPadding"))
    if part.role == "run":
        return _ROLES.get(part.parts[0].role, part.parts[0].role) + "s"
    if part.role in ("network", "stage", "stem", "head"):
        blocks = sum(inner.times for inner in part.parts)
        return f"{len(nodes)} operations" if blocks < 2 else f"{blocks} parts"
    return f"{_ROLES.get(part.role, part.role)}"
