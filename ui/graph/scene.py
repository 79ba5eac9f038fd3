"""What the canvas shows: boxes with a kind and a few lines of text, frames, and edges."""

from __future__ import annotations

import itertools
import math
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QPainterPath

from cnnviz.costs import GraphCosts
from cnnviz.graph import LayerGraph, Node, Shape
from cnnviz.grouping import Grouping
from cnnviz.kinds import Kind, kind_of
from cnnviz.layout import Direction
from cnnviz.nesting import Nested, nest
from cnnviz.outline import Outline, Part, View
from cnnviz.sheets import Extent, extent_of
from cnnviz.units import head_of
from ui import words

CARD = (212.0, 62.0)
PILL = (112.0, 30.0)
PICTURE = 88.0
"""Height of the feature map on a card that has one."""
_CHUNK = 4
_WIDTHS = ((64, 1.35), (256, 2.0), (1024, 2.9), (math.inf, 4.0))
"""Up to so many channels an edge is so wide."""
_SYMBOLS = {"Add": "+", "Subtract": "−", "Multiply": "×", "Divide": "÷", "TrueDivide": "÷"}
_SHORT = {"Concatenate": "Concat", "Average": "Avg", "Maximum": "Max", "Minimum": "Min"}


@dataclass(frozen=True, slots=True)
class Box:
    """One box of the picture.

    Attributes:
        part: What it stands for: an operation, or a closed group.
        kind: Its colour: of a group, that of the operations with most of its work.
        title: First line; in a pill the only one.
        rows: Further lines, each a text at the left and one at the right, as far as there is room.
        short: What a pill says where its title has no room.
        pill: Small and filled: an operation that joins or only passes on.
        strip: The kinds inside a group, each once, in order of appearance.
        pictured: Has room for the feature map of what it hands on.
        maps: Rows, columns and channels of what it hands on; None where there is no picture of it.
    """

    part: Part
    kind: Kind
    title: str
    rows: tuple[tuple[str, str], ...] = ()
    short: str = ""
    pill: bool = False
    strip: tuple[Kind, ...] = ()
    pictured: bool = False
    maps: Extent | None = None

    @property
    def key(self) -> str:
        """What a click on it selects: its operation, or a group's last."""
        return self.part.nodes[-1]

    @property
    def badge(self) -> str:
        """How often it stands there: "×36"."""
        return f"×{self.part.times}" if self.part.times > 1 else ""


@dataclass(frozen=True, eq=False)
class EdgeChunk:
    """Some edges of one width that lie near each other, as one path, and the area they cover."""

    area: QRectF
    width: float
    path: QPainterPath


@dataclass(frozen=True, eq=False)
class Scene:
    """Boxes, where they lie, and edges, ready to be painted.

    Attributes:
        boxes: The visible parts.
        view: What is seen of the network.
        layout: Where it lies.
        shapes: What flows along each edge.
    """

    boxes: tuple[Box, ...]
    view: View
    layout: Nested
    shapes: tuple[Shape, ...]

    @property
    def along(self) -> int:
        """The axis on which the network runs: 0 to the right, 1 down."""
        return 1 if self.layout.direction == "down" else 0

    @property
    def index(self) -> Mapping[str, int]:
        """Position of the box that each operation is in."""
        return self.view.index

    @cached_property
    def by_kind(self) -> Mapping[tuple[Kind, bool], NDArray[np.int64]]:
        """Boxes of each colour and form, which are painted together."""
        groups: dict[tuple[Kind, bool], list[int]] = {}
        for i, box in enumerate(self.boxes):
            groups.setdefault((box.kind, box.pill), []).append(i)
        return {key: np.array(members) for key, members in groups.items()}

    @cached_property
    def kinds(self) -> tuple[Kind, ...]:
        """Every kind that is seen, within groups, too."""
        present = {kind for box in self.boxes for kind in box.strip or (box.kind,)}
        return tuple(kind for kind in Kind if kind in present)

    @cached_property
    def opens(self) -> NDArray[np.bool_]:
        """Which boxes are closed groups."""
        return np.array([bool(box.part.parts) for box in self.boxes], bool)

    @cached_property
    def depths(self) -> tuple[int, ...]:
        """How many frames are around each frame."""
        depths: list[int] = []
        around: list[Part] = []
        for part in self.layout.framed:
            while around and all(part is not inner for inner in around[-1].walk()):
                around.pop()
            depths.append(len(around))
            around.append(part)
        return tuple(depths)

    @cached_property
    def tips(self) -> NDArray[np.float64]:
        """Where each edge ends, shape (E, 2)."""
        return np.array([route[-1] for route in self.layout.routes]).reshape(-1, 2)

    @cached_property
    def starts(self) -> NDArray[np.float64]:
        """Where each edge begins, shape (E, 2)."""
        return np.array([route[0] for route in self.layout.routes]).reshape(-1, 2)

    @cached_property
    def first_edges(self) -> NDArray[np.int64]:
        """One edge of each box that has any: all of them carry the same."""
        first: NDArray[np.int64] = np.unique(self.layout.edges[:, 0], return_index=True)[1]
        return first

    @cached_property
    def chunks(self) -> tuple[EdgeChunk, ...]:
        """All edges, from the first layer on."""
        axis = self.along
        classes: dict[float, list[NDArray[np.float64]]] = {}
        for route, shape in zip(self.layout.routes, self.shapes, strict=True):
            classes.setdefault(edge_width(shape), []).append(route)
        chunks = []
        for width, routes in sorted(classes.items()):
            routes.sort(key=lambda route: float(route[0, axis]))
            for part in _batches(routes):
                path = QPainterPath()
                for route in part:
                    path.addPath(self.edge_path(route))
                # A line straight down has an area of no width, which would meet no view.
                area = path.controlPointRect().adjusted(-2, -2, 2, 2)
                chunks.append(EdgeChunk(area, width, path))
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

    @cached_property
    def _steps(self) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
        """Every straight or bent piece of an edge, shape (S, 2, 2), and the edge that it is of."""
        routes = self.layout.routes
        if not routes:
            return np.empty((0, 2, 2)), np.empty(0, np.int64)
        pieces = [np.stack([route[:-1], route[1:]], axis=1) for route in routes]
        owners = np.repeat(np.arange(len(routes)), [len(piece) for piece in pieces])
        return np.concatenate(pieces), owners

    def edge_at(self, x: float, y: float, reach: float) -> int | None:
        """The edge nearest to a point, if it passes within reach."""
        steps, owners = self._steps
        point = np.array([x, y])
        low, high = steps.min(axis=1) - reach, steps.max(axis=1) + reach
        near = np.flatnonzero(((low <= point) & (point <= high)).all(axis=1))
        if not len(near):
            return None
        # Points along each piece, as `edge_path` bends it.
        start, end = steps[near, 0][:, None], steps[near, 1][:, None]
        t = np.linspace(0, 1, 25)[None, :, None]
        along = start + (end - start) * (1.5 * t * (1 - t) + t**3)
        across = start + (end - start) * (t * t * (3 - 2 * t))
        way = along.copy()
        way[..., 1 - self.along] = across[..., 1 - self.along]
        first, step = way[:, :-1], np.diff(way, axis=1)
        length = np.maximum((step**2).sum(axis=2), 1e-12)
        share = (((point - first) * step).sum(axis=2) / length).clip(0, 1)
        away = np.hypot(*np.moveaxis(first + share[..., None] * step - point, -1, 0)).min(axis=1)
        best = int(away.argmin())
        return int(owners[near[best]]) if away[best] <= reach else None

    def neighbours(self, box: int, *, ahead: bool) -> list[int]:
        """Boxes that an edge leads to (or from), the straightest way first."""
        here, there = (0, 1) if ahead else (1, 0)
        found = self.layout.edges[self.layout.edges[:, here] == box][:, there]
        across = self._middles(1 - self.along)
        return sorted((int(i) for i in found), key=lambda i: (abs(across[i] - across[box]), i))

    def beside(self, box: int, *, further: bool) -> int | None:
        """The nearest box at the same height, to the right (where layers are columns, below)."""
        level, across = self._middles(self.along), self._middles(1 - self.along)
        extents = self.layout.rects[:, 2 + self.along]
        away = np.abs(level - level[box])
        beyond = across > across[box] + 1 if further else across < across[box] - 1
        candidates = np.flatnonzero((away < (extents + extents[box]) / 2) & beyond)
        if not len(candidates):
            return None
        distance = np.abs(across[candidates] - across[box]) + away[candidates]
        return int(candidates[np.argmin(distance)])

    def at(self, x: float, y: float) -> int | None:
        """The box under a point."""
        hit = _under(self.layout.rects, x, y)
        return int(hit[0]) if len(hit) else None

    def frame_at(self, x: float, y: float) -> Part | None:
        """The innermost open group under a point."""
        hit = _under(self.layout.frames, x, y)
        return self.layout.framed[int(hit[-1])] if len(hit) else None

    def place_of(self, part: Part) -> QRectF:
        """Where a part is: its box, its frame, or the box of the closed group that it is in."""
        for framed, rect in zip(self.layout.framed, self.layout.frames, strict=True):
            if framed is part:
                return QRectF(*rect.tolist())
        if part.role == "network" and len(self.boxes) > 1:
            return QRectF(0, 0, self.layout.width, self.layout.height)
        return QRectF(*self.layout.rects[self.index[part.nodes[-1]]].tolist())

    def _middles(self, axis: int) -> NDArray[np.float64]:
        middles: NDArray[np.float64] = (
            self.layout.rects[:, axis] + self.layout.rects[:, 2 + axis] / 2
        )
        return middles


def edge_width(shape: Shape) -> float:
    """How wide an edge is, by the channels that flow along it."""
    channels = (shape[-1] if shape else 1) or 1
    return next(width for most, width in _WIDTHS if channels <= most)


def _batches(routes: list[NDArray[np.float64]]) -> list[list[NDArray[np.float64]]]:
    return [routes[start : start + _CHUNK] for start in range(0, len(routes), _CHUNK)]


def _under(rects: NDArray[np.float64], x: float, y: float) -> NDArray[np.int64]:
    left, top, width, height = rects.T
    return np.flatnonzero((left <= x) & (x < left + width) & (top <= y) & (y < top + height))


class Boxes:
    """Makes scenes of one network, with these or those parts open.

    Args:
        graph: The network.
        costs: Its costs, or None where they cannot be known.
        grouping: Its groups, found anew when None.

    Attributes:
        graph: The network.
        costs: Its costs.
        outline: Its parts.
    """

    def __init__(
        self, graph: LayerGraph, costs: GraphCosts | None, grouping: Grouping | None = None
    ) -> None:
        self.graph = graph
        self.costs = costs
        self.outline = Outline(graph, grouping)
        self._made: dict[str, Box] = {}

    def scene(
        self, opened: Collection[str], direction: Direction = "down", *, pictures: bool = False
    ) -> Scene:
        """What is to be seen with these parts open.

        Args:
            opened: Their keys.
            direction: Where the network runs.
            pictures: Leave room for feature maps.
        """
        view = self.outline.view(opened)
        boxes = tuple(self._box(part) for part in view.parts)
        if pictures:
            boxes = tuple(replace(box, pictured=self._has_map(box)) for box in boxes)
        sizes = {
            box.part.key: PILL if box.pill else (CARD[0], CARD[1] + PICTURE * box.pictured)
            for box in boxes
        }
        layout = nest(self.outline, view, lambda part: sizes[part.key], direction)
        shapes = tuple(self.graph.by_name[edge.tensor].output_shape for edge in view.edges)
        return Scene(boxes, view, layout, shapes)

    def _has_map(self, box: Box) -> bool:
        """Whether what a box hands on is a picture: more than one cell high and wide."""
        return not box.pill and box.maps is not None and min(box.maps[:2]) > 1

    def _box(self, part: Part) -> Box:
        if part.key not in self._made:
            maps = extent_of(self.graph.by_name[part.nodes[-1]].output_shape)
            self._made[part.key] = replace(self._make(part), maps=maps)
        return self._made[part.key]

    def _make(self, part: Part) -> Box:
        nodes = [self.graph.by_name[name] for name in part.nodes]
        kinds = [kind_of(node) for node in nodes]
        strip = tuple(dict.fromkeys(kinds)) if part.parts else ()
        merges = kinds[0] in (Kind.MERGE, Kind.ARITHMETIC)
        if merges and (not part.parts or part.role == "unit"):
            symbol = _SYMBOLS.get(nodes[0].type, "")
            short = symbol or _SHORT.get(nodes[0].type, "")
            title = " · ".join([f"{symbol} {nodes[0].type}".strip(), *map(_brief, nodes[1:])])
            return Box(part, kinds[0], title, (), short, pill=True, strip=strip)
        shape = words.shape(nodes[-1].output_shape).replace(" × ", "×")
        rows = [(_what(part, nodes), shape), *self._numbers(part)]
        kind = self._main_kind(part, kinds) if part.parts else kinds[0]
        return Box(part, kind, part.label, tuple(rows), strip=strip)

    def _main_kind(self, part: Part, kinds: list[Kind]) -> Kind:
        """The kind that does most of a group's work."""
        work: Counter[Kind] = Counter()
        if self.costs is not None:
            for name, kind in zip(part.nodes, kinds, strict=True):
                work[kind] += self.costs.by_name[name].macs
        if work.total():
            return work.most_common(1)[0][0]
        return kind_of(head_of(self.graph, part.nodes))

    def _numbers(self, part: Part) -> list[tuple[str, str]]:
        if self.costs is None:
            return []
        costs = [self.costs.by_name[name] for name in part.nodes]
        total = sum(cost.params for cost in costs)
        params = f"{words.big(total)} params" if total else ""
        work = sum(cost.macs for cost in costs)
        number, _, prefix = words.big(work).partition(" ")
        macs = f"{number} {prefix}MAC" if work else ""
        if any(cost.not_counted for cost in costs):
            macs = "MACs not known" if not work else f"≥ {macs}"
        return [(params or macs, macs if params else "")] if params or macs else []


_ROLES = {
    "residual": "Residual",
    "branches": "Branches",
    "gated": "Gated",
    "separable": "Separable",
    "auxiliary": "Side output",
    "cell": "Cell",
    "dense layer": "Dense layer",
}
_BRIEF = {
    "BatchNormalization": "BN",
    "LayerNormalization": "LN",
    "LocalResponseNormalization": "LRN",
}
_FUNCTIONS = {"relu": "ReLU", "relu6": "ReLU6", "swish": "SiLU", "silu": "SiLU", "gelu": "GELU"}


def _brief(node: Node) -> str:
    """What a layer is, in a word."""
    if node.type == "Activation":
        function = str(node.settings.get("activation") or "activation")
        return _FUNCTIONS.get(function, function)
    name = _BRIEF.get(node.type, node.type)
    return name.removesuffix("1D").removesuffix("2D").removesuffix("3D")


def _window(node: Node) -> str:
    """Kernel and stride of a layer that has them: " 3×3 /2"."""
    window = node.settings.get("kernel_size") or node.settings.get("pool_size")
    if not isinstance(window, tuple | list):
        return ""
    strides = node.settings.get("strides")
    stride = max(strides) if isinstance(strides, tuple | list) and strides else 1
    return f" {'×'.join(map(str, window))}" + (f" /{stride}" if stride > 1 else "")


def _what(part: Part, nodes: list[Node]) -> str:
    """What a box is."""
    if not part.parts:
        return f"{nodes[0].type}{_window(nodes[0])}"
    if part.role == "unit":
        shown = [node for node in nodes if not node.type.startswith("ZeroPadding")]
        first = f"{_brief(shown[0])}{_window(shown[0])}"
        return "·".join([first, *map(_brief, shown[1:])])
    if part.role == "run":
        return _ROLES.get(part.parts[0].role, "Layers")
    if part.role in _ROLES:
        return _ROLES[part.role]
    return f"{len(nodes)} layers"
