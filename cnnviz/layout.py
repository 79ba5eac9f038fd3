"""Positions for the boxes of a graph, in layers from the inputs down, with routes for its edges.

Pure geometry: it knows sizes and edges, not layers or groups. Coordinates grow to the right and
down, in the units of the sizes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import fast_sugiyama
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

GAP = 34.0
"""Between one layer and the next: room for an edge to turn in."""
SPACING = 28.0
"""Between neighbours of a layer."""


@dataclass(frozen=True, eq=False)
class Layout:
    """Where everything lies.

    Attributes:
        rects: Left, top, width and height of each box, shape (N, 4).
        edges: (source, target) of each edge, shape (E, 2): the order of `routes`.
        routes: Points of each edge, shape (K, 2), from the source's bottom edge to the target's
            top edge. Within a layer's band it runs straight down, so that it passes beside boxes.
        width: Of the whole picture.
        height: Of the whole picture.
    """

    rects: Floats
    edges: NDArray[np.int64]
    routes: tuple[Floats, ...]
    width: float
    height: float


def arrange(sizes: Sequence[tuple[float, float]], edges: Sequence[tuple[int, int]]) -> Layout:
    """Lay boxes out in layers, every edge pointing down.

    Args:
        sizes: (width, height) of every box.
        edges: (source, target) by index; without cycles. A repeated edge is drawn once.

    Returns:
        The same layout for the same input, always.
    """
    extents = np.asarray(sizes, float).reshape(-1, 2)
    count = len(extents)
    unique = list(dict.fromkeys((int(a), int(b)) for a, b in edges))
    column = float(extents[:, 0].max(initial=1.0)) + SPACING
    centres, ranks, chains = _place(count, unique, column)

    depth = int(ranks[:count].max(initial=-1)) + 1
    heights = np.zeros(depth)
    np.maximum.at(heights, ranks[:count], extents[:, 1])
    tops = np.concatenate([[0.0], np.cumsum(heights + GAP)])

    rects = np.empty((count, 4))
    rects[:, 0] = centres[:count] - extents[:, 0] / 2
    rects[:, 1] = tops[ranks[:count]] + (heights[ranks[:count]] - extents[:, 1]) / 2
    rects[:, 2:] = extents
    left = min(rects[:, 0].min(initial=0.0), centres.min(initial=0.0))
    rects[:, 0] -= left
    centres = centres - left

    routes = []
    for (source, target), chain in zip(unique, chains, strict=True):
        points = [(centres[source], rects[source, 1] + rects[source, 3])]
        for vertex in (source, *chain, target):
            top = tops[ranks[vertex]]
            # The whole band of the layer, straight down.
            points += [(centres[vertex], top), (centres[vertex], top + heights[ranks[vertex]])]
        # Within the bands of its ends an edge touches only the box itself.
        points = [points[0], *points[2:-1], (centres[target], rects[target, 1])]
        routes.append(np.array(points))
    right = max((rects[:, 0] + rects[:, 2]).max(initial=0.0), centres.max(initial=0.0))
    return Layout(
        rects=rects,
        edges=np.array(unique, np.int64).reshape(-1, 2),
        routes=tuple(routes),
        width=float(right),
        height=float(tops[-1] - GAP) if depth else 0.0,
    )


def _place(
    count: int, edges: Sequence[tuple[int, int]], column: float
) -> tuple[Floats, NDArray[np.int64], list[list[int]]]:
    """Centre and layer of every vertex, and the dummy vertices that each edge runs through.

    fast-sugiyama numbers its dummies from above the vertices; we number them anew behind ours.
    """
    if not edges:
        return np.arange(count) * column, np.zeros(count, np.int64), []
    parts = fast_sugiyama.from_edges(
        edges, minimum_length=1, vertex_spacing=column, dummy_vertices=True, dummy_size=0.3
    )
    x: dict[int, float] = {}
    rank: dict[int, int] = {}
    after: dict[int, list[int]] = {}
    offset = 0.0
    extra = count
    for positions, width, _, segments in parts:
        rows = {y: i for i, y in enumerate(sorted({y for _, (_, y) in positions}, reverse=True))}
        known = {vertex for edge in edges for vertex in edge}
        ours: dict[int, int] = {}
        for vertex, (across, y) in positions:
            name = int(vertex)
            if name not in known:
                name, extra = extra, extra + 1
            ours[int(vertex)] = name
            x[name] = across + offset
            rank[name] = rows[y]
        for a, b in segments or ():
            after.setdefault(ours[int(a)], []).append(ours[int(b)])
        offset += width + column
    for vertex in range(count):
        if vertex not in x:  # connected to nothing
            x[vertex], rank[vertex] = offset, 0
            offset += column
    chains = _chains(count, edges, after)
    vertices = range(max(x) + 1)
    centres: Floats = np.array([x[v] for v in vertices], np.float64)
    ranks: NDArray[np.int64] = np.array([rank[v] for v in vertices], np.int64)
    return centres, ranks, chains


def _chains(
    count: int, edges: Sequence[tuple[int, int]], after: dict[int, list[int]]
) -> list[list[int]]:
    """The dummies between the ends of each edge."""
    found: dict[tuple[int, int], list[int]] = {}
    for source in range(count):
        for step in after.get(source, ()):
            chain: list[int] = []
            while step >= count:
                chain.append(step)
                (step,) = after[step]
            found[source, step] = chain
    return [found.get(edge, []) for edge in edges]
