"""Positions for the boxes of a graph, in layers from the inputs down, with routes for its edges.

Pure geometry: it knows sizes and edges, not layers or groups. Coordinates grow to the right and
down, in the units of the sizes.

Layers are longest paths from the sources, fast-sugiyama orders each layer so that few edges cross,
and the coordinates are those of Brandes and Köpf ("Fast and simple horizontal coordinate
assignment", 2001), taught about boxes of different widths and about the *spine*: the path through
the most boxes, which becomes one straight column.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Direction = Literal["down", "right"]
"""Where the edges of a picture point."""

GAP = 30.0
"""Least room between one layer and the next, for an edge to turn in; wide turns get more."""
_GAP_PER_TURN, _MOST_GAP = 0.12, 64.0
SPACING = 26.0
"""Between neighbours of a layer."""
LANE = 18.0
"""Between an edge that passes and its neighbours."""


class Size(NamedTuple):
    """How big a box is.

    Attributes:
        width: Across.
        height: Down.
        axis: Where its column is, from its left edge; its middle when None.
        last: It stands in the last layer, below all others.
    """

    width: float
    height: float
    axis: float | None = None
    last: bool = False


class Link(NamedTuple):
    """An edge.

    Attributes:
        source: Index of the box that it leaves at the bottom.
        target: Index of the box that it enters at the top.
        leaves: Where it leaves, from the source's left edge; at its axis when None.
        enters: Where it enters, from the target's left edge; at its axis when None.
    """

    source: int
    target: int
    leaves: float | None = None
    enters: float | None = None


@dataclass(frozen=True, eq=False)
class Layout:
    """Where everything lies.

    Attributes:
        rects: Left, top, width and height of each box, shape (N, 4).
        links: The edges, each once, in the order of `routes`.
        routes: Points of each edge, shape (K, 2), from the source's bottom edge to the target's
            top edge. Within a layer's band it runs straight down, so that it passes beside boxes.
        width: Of the whole picture.
        height: Of the whole picture.
    """

    rects: Floats
    links: tuple[Link, ...]
    routes: tuple[Floats, ...]
    width: float
    height: float


def arrange(sizes: Sequence[Size], links: Sequence[Link]) -> Layout:
    """Lay boxes out in layers, every edge pointing down.

    Args:
        sizes: Every box.
        links: Edges, without cycles. A repeated edge is drawn once.

    Returns:
        The same layout for the same input, always.
    """
    return _arrange(tuple(sizes), tuple(dict.fromkeys(links)))


def forget() -> None:
    """Let go of the layouts that are kept for repetitions."""
    _arrange.cache_clear()


# Networks repeat themselves: equal blocks are laid out once.
@lru_cache(maxsize=1024)
def _arrange(sizes: tuple[Size, ...], links: tuple[Link, ...]) -> Layout:
    count = len(sizes)
    ranks = _ranks(sizes, links)
    ladder = _Ladder(sizes, links, ranks)
    ladder.order()
    axes = ladder.columns()

    depth = max(ranks, default=-1) + 1
    heights = np.zeros(depth)
    for size, rank in zip(sizes, ranks, strict=True):
        heights[rank] = max(heights[rank], size.height)
    gaps = np.full(depth, GAP)
    for upper, lowers in enumerate(ladder.down):
        for lower in lowers:
            turn = _GAP_PER_TURN * abs(axes[upper] - axes[lower])
            rank = ladder.ranks[upper]
            gaps[rank] = max(gaps[rank], min(turn, _MOST_GAP))
    gaps[-1:] = 0.0
    tops = np.concatenate([[0.0], np.cumsum(heights + gaps)])

    rects = np.empty((count, 4))
    for box, (size, rank) in enumerate(zip(sizes, ranks, strict=True)):
        top = tops[rank] + (heights[rank] - size.height) / 2
        rects[box] = axes[box] - ladder.left[box], top, size.width, size.height
    left = min(float(rects[:, 0].min(initial=0.0)), min(axes, default=0.0))
    rects[:, 0] -= left

    routes = []
    for link, chain in zip(links, ladder.chains, strict=True):
        source, target = rects[link.source], rects[link.target]
        out = source[0] + (ladder.left[link.source] if link.leaves is None else link.leaves)
        into = target[0] + (ladder.left[link.target] if link.enters is None else link.enters)
        first, last = ranks[link.source], ranks[link.target]
        points = [(out, source[1] + source[3]), (out, tops[first] + heights[first])]
        for vertex in chain:
            # The whole band of the layer, straight down.
            x, rank = axes[vertex] - left, ladder.ranks[vertex]
            points += [(x, tops[rank]), (x, tops[rank] + heights[rank])]
        points += [(into, tops[last]), (into, target[1])]
        routes.append(np.array(points))
    right = max([*(rects[:, 0] + rects[:, 2]).tolist(), *(x - left for x in axes)], default=0.0)
    for array in (rects, *routes):
        array.flags.writeable = False
    return Layout(
        rects=rects,
        links=links,
        routes=tuple(routes),
        width=float(right),
        height=float(tops[-1]),
    )


def _ranks(sizes: Sequence[Size], links: Sequence[Link]) -> list[int]:
    """Layer of each box: the longest way to it from a source."""
    readers: list[list[int]] = [[] for _ in sizes]
    waiting = [0] * len(sizes)
    for link in links:
        readers[link.source].append(link.target)
        waiting[link.target] += 1
    ranks = [0] * len(sizes)
    ready = [box for box, n in enumerate(waiting) if n == 0]
    for box in ready:  # grows while it is walked
        for reader in readers[box]:
            ranks[reader] = max(ranks[reader], ranks[box] + 1)
            waiting[reader] -= 1
            if waiting[reader] == 0:
                ready.append(reader)
    if len(ready) < len(sizes):
        raise ValueError("The edges make a cycle.")
    bottom = max(
        (rank for rank, size in zip(ranks, sizes, strict=True) if not size.last), default=0
    )
    if any(size.last for size in sizes):
        ranks = [bottom + 1 if size.last else rank for rank, size in zip(ranks, sizes, strict=True)]
    return ranks


class _Ladder:
    """Boxes and the lanes of long edges, layer by layer.

    Vertices are the boxes, then one dummy for each layer that an edge passes.

    Attributes:
        links: The edges.
        ranks: Layer of each vertex.
        left: How far each vertex reaches left of its axis.
        right: How far it reaches right of it.
        chains: The dummies of each link.
        layers: Vertices of each layer, from left to right.
        up: Neighbours of each vertex in the layer above.
        down: Neighbours in the layer below.
        spine: The next vertex of the spine, for each vertex of it but the last.
    """

    def __init__(self, sizes: Sequence[Size], links: Sequence[Link], ranks: Sequence[int]) -> None:
        self.count = len(sizes)
        self.links = links
        self.ranks = list(ranks)
        self.left = [size.width / 2 if size.axis is None else size.axis for size in sizes]
        self.right = [size.width - left for size, left in zip(sizes, self.left, strict=True)]
        self.chains: list[list[int]] = []
        steps: dict[tuple[int, int], None] = {}
        for link in links:
            chain = []
            for rank in range(ranks[link.source] + 1, ranks[link.target]):
                chain.append(len(self.ranks))
                self.ranks.append(rank)
            self.chains.append(chain)
            way = [link.source, *chain, link.target]
            steps.update(dict.fromkeys(itertools.pairwise(way)))
        total = len(self.ranks)
        self.left += [0.0] * (total - self.count)
        self.right += [0.0] * (total - self.count)
        self.up: list[list[int]] = [[] for _ in range(total)]
        self.down: list[list[int]] = [[] for _ in range(total)]
        for a, b in steps:
            self.down[a].append(b)
            self.up[b].append(a)
        self.layers: list[list[int]] = [[] for _ in range(max(self.ranks, default=-1) + 1)]
        for vertex, rank in enumerate(self.ranks):
            self.layers[rank].append(vertex)
        self.spine = self._find_spine([size.width > 0 for size in sizes])

    def _find_spine(self, real: Sequence[bool]) -> dict[int, int]:
        best = [0] * len(self.ranks)
        before: list[int | None] = [None] * len(self.ranks)
        for layer in self.layers:
            for vertex in layer:
                if self.up[vertex]:
                    before[vertex] = max(self.up[vertex], key=best.__getitem__)
                    best[vertex] = best[before[vertex] or 0]
                best[vertex] += vertex < self.count and real[vertex]
        if not best:
            return {}
        spine: dict[int, int] = {}
        # Among equals the lowest: its end is an exit, whose lane should be straight, too.
        end = max(range(len(best)), key=lambda v: (best[v], self.ranks[v]))
        start = before[end]
        while start is not None:
            spine[start] = end
            end, start = start, before[start]
        return spine

    def order(self) -> None:
        """Order every layer so that few edges cross."""
        if all(len(layer) <= 1 for layer in self.layers):
            return
        try:
            import fast_sugiyama
        except ImportError:  # it has no wheel for every platform
            self._order_by_means()
            return
        # Every edge goes down one layer and everything hangs from one root, so that the layers
        # found by fast-sugiyama ("up": longest path) are ours, and we only read its order.
        root = len(self.ranks)
        edges = [(a, b) for a, below in enumerate(self.down) for b in below]
        edges += [(root, vertex) for vertex in self.layers[0]]
        orphans = [v for v, above in enumerate(self.up) if not above and self.ranks[v]]
        for vertex in orphans:  # a last box that nothing leads to
            edges.append((root, vertex))
        ((positions, *_),) = fast_sugiyama.from_edges(
            edges, minimum_length=1, vertex_spacing=10, ranking_type="up", dummy_vertices=False
        )
        across = {int(vertex): x for vertex, (x, _) in positions}
        for layer in self.layers:
            layer.sort(key=lambda vertex: (across[vertex], vertex))
        self._balance()

    def _balance(self) -> None:
        """Put side outputs on both sides of the spine: they lead nowhere, and so cross nothing."""
        ports = {link.source for link in self.links if link.leaves is not None}
        for source, after in self.spine.items():
            layer = self.layers[self.ranks[after]]
            sides = [
                vertex
                for vertex in self.down[source]
                if vertex != after and vertex < self.count
                and not self.down[vertex] and self.up[vertex] == [source]
            ]  # fmt: skip
            if len(sides) < 2 or source in ports:
                continue
            rest = [vertex for vertex in layer if vertex not in sides]
            at = rest.index(after)
            sides.sort()
            layer[:] = [*rest[:at], *sides[::2], after, *sides[1::2], *rest[at + 1 :]]

    def _order_by_means(self) -> None:
        """Order each layer by the mean place of what it reads."""
        for upper, lower in itertools.pairwise(self.layers):
            place = {vertex: i for i, vertex in enumerate(upper)}
            mean = {v: sum(place[u] for u in self.up[v]) / max(len(self.up[v]), 1) for v in lower}
            lower.sort(key=lambda vertex: (mean[vertex], vertex))

    def columns(self) -> list[float]:
        """The axis of every vertex: the balance of four one-sided assignments."""
        conflicts = self._conflicts()
        found = []
        for downward in (True, False):
            for leftward in (True, False):
                roots = self._align(conflicts, downward, leftward)
                found.append(self._compact(roots, leftward))
        if not self.ranks:
            return []
        table = np.array(found)
        spans = table.max(axis=1) - table.min(axis=1)
        narrowest = table[int(spans.argmin())]
        table[::2] += (narrowest.min() - table[::2].min(axis=1))[:, None]
        table[1::2] += (narrowest.max() - table[1::2].max(axis=1))[:, None]
        middle = np.sort(table, axis=0)[1:3].mean(axis=0)
        return [float(x) for x in middle]

    def _conflicts(self) -> set[tuple[int, int]]:
        """Steps that must not be straight, because they cross the spine or a passing edge."""
        found: set[tuple[int, int]] = set()
        for upper, lower in itertools.pairwise(self.layers):
            if len(upper) == 1 or len(lower) == 1:
                continue
            place = {vertex: i for layer in (upper, lower) for i, vertex in enumerate(layer)}
            steps = [(a, b) for a in upper for b in self.down[a]]
            ends = np.array([(place[a], place[b]) for a, b in steps]).reshape(-1, 2)
            crossed = np.zeros(len(steps), bool)
            for strong in (
                np.array([self.spine.get(a) == b for a, b in steps], bool),
                np.array([min(a, b) >= self.count for a, b in steps], bool),
            ):
                rails = ends[strong & ~crossed]
                if len(rails):
                    apart = (ends[:, None, :] - rails[None]).prod(axis=2)
                    crossed |= (apart < 0).any(axis=1) & ~strong
            found.update(step for step, bad in zip(steps, crossed.tolist(), strict=True) if bad)
        return found

    def _align(self, conflicts: set[tuple[int, int]], downward: bool, leftward: bool) -> list[int]:
        """Join vertices into straight columns; gives the column of each, by its first vertex."""
        roots = list(range(len(self.ranks)))
        taken = [False] * len(self.ranks)
        back = {b: a for a, b in self.spine.items()}
        before, towards = (back, self.up) if downward else (self.spine, self.down)
        after = self.spine if downward else back
        layers = self.layers if downward else self.layers[::-1]
        place = [0] * len(self.ranks)
        for layer in self.layers:
            for i, vertex in enumerate(layer if leftward else layer[::-1]):
                place[vertex] = i
        for layer in layers[1:]:
            reach = -1
            for vertex in layer if leftward else layer[::-1]:
                near = sorted(towards[vertex], key=place.__getitem__)
                if not near:
                    continue
                middles = {near[(len(near) - 1) // 2]: None, near[len(near) // 2]: None}
                if vertex in before:
                    middles = {before[vertex]: None}
                for other in middles:
                    step = (other, vertex) if downward else (vertex, other)
                    if (
                        taken[other]
                        or place[other] <= reach
                        or step in conflicts
                        or after.get(other, vertex) != vertex
                    ):
                        continue
                    roots[vertex] = roots[other]
                    taken[other] = True
                    reach = place[other]
                    break
        return roots

    def _compact(self, roots: list[int], leftward: bool) -> list[float]:
        """Push columns as far to one side as their neighbours let them, then close the gaps."""
        after: dict[int, dict[int, float]] = {root: {} for root in roots}
        waiting = dict.fromkeys(after, 0)
        for layer in self.layers:
            for a, b in itertools.pairwise(layer):
                passes = a >= self.count or b >= self.count
                apart = self.right[a] + self.left[b] + (LANE if passes else SPACING)
                first, second = (roots[a], roots[b]) if leftward else (roots[b], roots[a])
                if second not in after[first]:
                    waiting[second] += 1
                after[first][second] = max(after[first].get(second, 0.0), apart)
        x = dict.fromkeys(after, 0.0)
        ready = [root for root, n in waiting.items() if n == 0]
        for root in ready:  # grows while it is walked
            for other, apart in after[root].items():
                x[other] = max(x[other], x[root] + apart)
                waiting[other] -= 1
                if waiting[other] == 0:
                    ready.append(other)
        for root in reversed(ready):
            if after[root]:
                x[root] = min(x[other] - apart for other, apart in after[root].items())
        return [x[root] if leftward else -x[root] for root in roots]
