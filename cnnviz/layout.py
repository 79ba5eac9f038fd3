"""Positions for the boxes of a graph, in layers from the inputs on, with routes for its edges.

Pure geometry: it knows sizes and edges, not what the boxes mean. Coordinates grow to the right and
down, in the units of the sizes.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from cnnviz.columns import centres
from cnnviz.layering import layer

Floats = NDArray[np.float64]
Direction = Literal["down", "right"]

GAP = 30.0
"""Least room between one layer and the next, for an edge to turn in; wide turns get more."""
SPACING = 26.0
"""Room between neighbours of a layer."""
LANE = 20.0
"""Room on each side of an edge that passes a layer."""
_GAP_PER_TURN, _MOST_GAP = 0.18, 84.0


@dataclass(frozen=True, eq=False)
class Layout:
    """Where everything lies.

    Attributes:
        rects: Left, top, width and height of each box, shape (N, 4).
        edges: (source, target) of each edge, shape (E, 2): the order of `routes`.
        routes: Points of each edge, shape (K, 2), from the middle of the source's side to the
            middle of the target's. Within the band of a layer it runs straight, beside the boxes.
        width: Of the whole picture.
        height: Of the whole picture.
        direction: Where the edges point.
    """

    rects: Floats
    edges: NDArray[np.int64]
    routes: tuple[Floats, ...]
    width: float
    height: float
    direction: Direction


def arrange(
    sizes: Sequence[tuple[float, float]],
    edges: Sequence[tuple[int, int]],
    direction: Direction = "down",
) -> Layout:
    """Lay boxes out in layers, every edge pointing the same way.

    Args:
        sizes: (width, height) of every box.
        edges: (source, target) by index; without cycles. A repeated edge is drawn once.
        direction: Layers below each other, or beside each other.

    Returns:
        The same layout for the same input, always.
    """
    extents = np.asarray(sizes, float).reshape(-1, 2)
    flip = slice(None, None, -1 if direction == "right" else 1)
    unique = list(dict.fromkeys((int(a), int(b)) for a, b in edges))
    rects, routes, extent = _arrange_down(extents[:, flip], unique)
    max_x, max_y = extent if direction == "down" else extent[::-1]
    return Layout(
        rects=np.concatenate([rects[:, :2][:, flip], rects[:, 2:][:, flip]], axis=1),
        edges=np.array(unique, np.int64).reshape(-1, 2),
        routes=tuple(route[:, flip] for route in routes),
        width=max_x,
        height=max_y,
        direction=direction,
    )


def _arrange_down(
    extents: Floats, edges: Sequence[tuple[int, int]]
) -> tuple[Floats, list[Floats], tuple[float, float]]:
    count = len(extents)
    layering = layer(count, edges)
    x = np.array(centres(layering, extents[:, 0].tolist(), SPACING, LANE), float)
    half = np.zeros(len(x))
    half[:count] = extents[:, 0] / 2
    x -= (x - half).min(initial=np.inf) if len(x) else 0.0

    rank = np.zeros(len(x), np.int64)
    for depth, row in enumerate(layering.layers):
        rank[list(row)] = depth
    heights = np.zeros(len(layering.layers))
    np.maximum.at(heights, rank[:count], extents[:, 1])
    steps = np.array(
        [step for chain in layering.chains for step in itertools.pairwise(chain)], np.int64
    ).reshape(-1, 2)
    turns = np.zeros(len(heights))
    np.maximum.at(turns, rank[steps[:, 0]], np.abs(x[steps[:, 0]] - x[steps[:, 1]]))
    gaps = np.clip(turns * _GAP_PER_TURN, GAP, _MOST_GAP)
    tops = np.concatenate([[0.0], np.cumsum(heights + gaps)])
    bottoms = tops[:-1] + heights

    rects = np.empty((count, 4))
    rects[:, 0] = x[:count] - extents[:, 0] / 2
    rects[:, 1] = tops[rank[:count]] + (heights[rank[:count]] - extents[:, 1]) / 2
    rects[:, 2:] = extents

    top, bottom, across = tops.tolist(), bottoms.tolist(), x.tolist()
    level, ends = rank.tolist(), (rects[:, 1] + rects[:, 3]).tolist()
    routes = []
    for chain in layering.chains:
        source, *dummies, target = chain
        points = [(across[source], ends[source]), (across[source], bottom[level[source]])]
        for dummy in dummies:
            points += [(across[dummy], top[level[dummy]]), (across[dummy], bottom[level[dummy]])]
        points += [(across[target], top[level[target]]), (across[target], float(rects[target, 1]))]
        routes.append(np.array(points))
    width = float((x + half).max(initial=0.0))
    return rects, routes, (width, float(bottoms[-1]) if len(bottoms) else 0.0)
