"""Where everything lies when some parts of a network are open.

An open part is a frame around its own layout, and a box in the layout around it. Edges pass a frame
at *ports* on its border and never run through a frame that is none of theirs. What is inside a part
looks the same whatever is opened elsewhere.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cnnviz.layout import Direction, Floats, Link, Size, arrange
from cnnviz.outline import Level, Outline, Part, View

HEADER = 28.0
"""Height of the strip at the top of a frame that carries its name."""
PADDING = 14.0
UNIT_PADDING = 8.0


@dataclass(frozen=True, eq=False)
class Nested:
    """A laid-out view.

    Attributes:
        rects: Left, top, width and height of each visible part, shape (N, 4).
        frames: The same of each open part but the network itself, parents first; shape (F, 4).
        framed: The open parts, in the order of `frames`.
        edges: (source, target) by index of the visible part, shape (E, 2).
        routes: Points of each edge, shape (K, 2), from the source's border to the target's.
        width: Of the whole picture.
        height: Of the whole picture.
        direction: Where the network runs.
    """

    rects: Floats
    frames: Floats
    framed: tuple[Part, ...]
    edges: NDArray[np.int64]
    routes: tuple[Floats, ...]
    width: float
    height: float
    direction: Direction


@dataclass(frozen=True, eq=False)
class _Placed:
    """A part with its own coordinates, its corner at (0, 0).

    Attributes:
        size: With the axis that it hangs on.
        entries: Where each visible part's tensor enters, across, by the part's index.
        exits: Where it leaves.
        leaves: Rectangles of visible parts inside, by index.
        frames: Rectangles of open parts inside, itself first.
        pieces: Pieces of routes inside: (source part, from, to), the last two by key of a part
            inside this one, or None for this part's own border.
    """

    size: Size
    entries: Mapping[int, float]
    exits: Mapping[int, float]
    children: tuple[tuple[str, float, float, _Placed], ...] = ()
    pieces: Mapping[tuple[int, str | None, str | None], Floats] | None = None


def has_header(part: Part) -> bool:
    """Whether a frame carries its name: a unit's says no more than what is in it."""
    return part.level != Level.UNIT


def nest(
    outline: Outline,
    view: View,
    size_of: Callable[[Part], tuple[float, float]],
    direction: Direction = "down",
) -> Nested:
    """Lay a view out.

    Args:
        outline: The network.
        view: What is seen of it.
        size_of: Width and height of a visible part's box, on screen.
        direction: Where the network runs.
    """
    return _Nesting(outline, view, size_of, direction).result()


class _Nesting:
    def __init__(
        self,
        outline: Outline,
        view: View,
        size_of: Callable[[Part], tuple[float, float]],
        direction: Direction,
    ) -> None:
        self.view = view
        self.direction = direction
        self.sideways = direction == "right"
        self.opened = {part.key for part in view.opened}
        self.root = outline.root
        self.leaf = {part.key: i for i, part in enumerate(view.parts)}
        sizes = [size_of(part) for part in view.parts]
        self.sizes = [Size(h, w) if self.sideways else Size(w, h) for w, h in sizes]
        # Every visible part's way from the root down to itself.
        self.ways: list[tuple[str, ...]] = [()] * len(view.parts)
        self._find_ways(self.root, ())
        # What each open part has to lead through: pieces of edges, in order, without repetition.
        self.links: dict[str, dict[tuple[int, str | None, str | None], None]] = {
            key: {} for key in self.opened
        }
        self.trails = [self._trail(edge.source, edge.target) for edge in view.edges]

    def _find_ways(self, part: Part, before: tuple[str, ...]) -> None:
        way = (*before, part.key)
        if part.key in self.opened:
            for inner in part.parts:
                self._find_ways(inner, way)
        else:
            self.ways[self.leaf[part.key]] = way

    def _trail(self, a: int, b: int) -> list[tuple[str, tuple[int, str | None, str | None]]]:
        """The pieces that make up an edge, each with the open part that it is inside of."""
        source, target = self.ways[a], self.ways[b]
        common = 0
        while source[common] == target[common]:
            common += 1
        trail: list[tuple[str, tuple[int, str | None, str | None]]] = []
        for depth in range(len(source) - 2, common - 1, -1):
            trail.append((source[depth], (a, source[depth + 1], None)))
        trail.append((source[common - 1], (a, source[common], target[common])))
        for depth in range(common, len(target) - 1):
            trail.append((target[depth], (a, None, target[depth + 1])))
        for key, piece in trail:
            self.links[key][piece] = None
        return trail

    def result(self) -> Nested:
        placed = self._place(self.root)
        rects = np.zeros((len(self.view.parts), 4))
        frames: dict[str, tuple[float, float, float, float]] = {}
        corners: dict[str, tuple[float, float]] = {}
        inside: dict[str, _Placed] = {}
        waiting = [(self.root.key, 0.0, 0.0, placed)]
        while waiting:
            key, x, y, part = waiting.pop()
            rect = (x, y, part.size.width, part.size.height)
            if key in self.leaf:
                rects[self.leaf[key]] = rect
                continue
            frames[key], corners[key], inside[key] = rect, (x, y), part
            waiting += [(k, x + left, y + top, p) for k, left, top, p in part.children]
        routes = []
        for trail in self.trails:
            points: list[Floats] = []
            for key, piece in trail:
                pieces = inside[key].pieces or {}
                points.append(pieces[piece] + corners[key])
            routes.append(_joined(points))
        framed = tuple(part for part in self.view.opened if part is not self.root)
        boxes = np.array([frames[part.key] for part in framed]).reshape(-1, 4)
        width, height = placed.size[:2]
        if self.sideways:
            rects, boxes = rects[:, [1, 0, 3, 2]], boxes[:, [1, 0, 3, 2]]
            routes = [route[:, ::-1] for route in routes]
            width, height = height, width
        edges = [(edge.source, edge.target) for edge in self.view.edges]
        return Nested(
            rects=rects,
            frames=boxes,
            framed=framed,
            edges=np.array(edges, np.int64).reshape(-1, 2),
            routes=tuple(routes),
            width=width,
            height=height,
            direction=self.direction,
        )

    def _place(self, part: Part) -> _Placed:
        if part.key in self.leaf:
            size = self.sizes[self.leaf[part.key]]
            return _Placed(size, {}, {})
        inner = [self._place(each) for each in part.parts]
        number = {each.key: i for i, each in enumerate(part.parts)}
        links = list(self.links[part.key])
        entering = list(dict.fromkeys(a for a, source, _ in links if source is None))
        leaving = list(dict.fromkeys(a for a, _, target in links if target is None))
        port = Size(0.0, 0.0)
        sizes = [placed.size for placed in inner]
        entry = {a: len(sizes) + i for i, a in enumerate(entering)}
        sizes += [port] * len(entering)
        exit_ = {a: len(sizes) + i for i, a in enumerate(leaving)}
        sizes += [port._replace(last=True)] * len(leaving)

        def link(a: int, source: str | None, target: str | None) -> Link:
            s = entry[a] if source is None else number[source]
            t = exit_[a] if target is None else number[target]
            leaves = None if source is None else inner[s].exits.get(a)
            enters = None if target is None else inner[t].entries.get(a)
            return Link(s, t, leaves, enters)

        made = [link(*piece) for piece in links]
        layout = arrange(sizes, made)
        routes = dict(zip(layout.links, layout.routes, strict=True))
        fans_out = sum(source is None for _, source, _ in links) > len(entering)
        fans_in = sum(target is None for _, _, target in links) > len(leaving)
        before, after, low, high = self._margins(
            part, _room(bool(entering), fans_out), _room(bool(leaving), fans_in)
        )
        shift = np.array([low, before])
        width = layout.width + low + high
        height = layout.height + before + after
        rects = layout.rects + np.array([low, before, 0, 0])
        pieces = {}
        for piece, each in zip(links, made, strict=True):
            route = routes[each] + shift
            # Ports are on the border itself, which may lie beyond or short of their layer.
            route[:, 1] = route[:, 1].clip(0.0, height)
            if piece[1] is None:
                route = np.vstack([[route[0, 0], 0.0], route])
            if piece[2] is None:
                route = np.vstack([route, [route[-1, 0], height]])
            pieces[piece] = route
        entries = {a: float(rects[vertex, 0]) for a, vertex in entry.items()}
        exits = {a: float(rects[vertex, 0]) for a, vertex in exit_.items()}
        axis = next(iter([*entries.values(), *exits.values()]), width / 2)
        return _Placed(
            size=Size(width, height, axis),
            entries=entries,
            exits=exits,
            children=tuple(
                (each.key, float(rect[0]), float(rect[1]), placed)
                for each, rect, placed in zip(part.parts, rects, inner, strict=False)
            ),
            pieces=pieces,
        )

    def _margins(
        self, part: Part, before: float | None, after: float | None
    ) -> tuple[float, float, float, float]:
        """Room before, after, at the low side and at the high side, along the flow and across."""
        if part is self.root:
            return 0.0, 0.0, 0.0, 0.0
        padding = PADDING if has_header(part) else UNIT_PADDING
        header = HEADER if has_header(part) else 0.0
        before = padding if before is None else before
        after = padding if after is None else after
        if self.sideways:
            return before, after, padding + header, padding
        return before + header, after, padding, padding


def _room(ports: bool, fan: bool) -> float | None:
    """Room between a border and its ports, whose layer keeps a gap already; None without ports."""
    if not ports:
        return None
    return -4.0 if fan else -18.0


def _joined(pieces: list[Floats]) -> Floats:
    """Pieces of a route as one, where each begins at the other's end."""
    return np.vstack([pieces[0], *(piece[1:] for piece in pieces[1:])])
