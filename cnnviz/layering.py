"""Which layer of the picture a box stands in, and in which order: the first half of a layout.

An edge that passes layers gets a dummy in each of them, so that it has a place of its own there.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

Edges = Sequence[tuple[int, int]]


@dataclass(frozen=True)
class Layering:
    """Boxes are numbered 0 to `count` - 1, dummies from `count` on.

    Attributes:
        count: Number of boxes.
        layers: Boxes and dummies of each layer, left to right, from the top down.
        chains: For each edge what it runs through: source, dummies, target, one a layer.
    """

    count: int
    layers: tuple[tuple[int, ...], ...]
    chains: tuple[tuple[int, ...], ...]


def layer(count: int, edges: Edges) -> Layering:
    """Sort boxes into layers with few crossings, by Sugiyama's method.

    Args:
        count: Number of boxes.
        edges: (source, target), each once, without cycles.
    """
    try:
        import fast_sugiyama  # noqa: F401 - it has no wheel for every platform
    except ImportError:
        return by_longest_path(count, edges)
    return by_sugiyama(count, edges)


def by_sugiyama(count: int, edges: Edges) -> Layering:
    """Layers from fast-sugiyama; parts that no edge joins stand side by side."""
    import fast_sugiyama

    after: dict[int, list[int]] = {}
    rows: list[list[int]] = [[]]
    free = count
    for part in _parts(count, edges):
        if len(part) == 1:
            rows[0] += part
            continue
        # It numbers its dummies from the number of boxes on, whatever the boxes are called: so
        # each part goes alone, its boxes numbered without gaps.
        number = {vertex: i for i, vertex in enumerate(part)}
        ((positions, _, _, segments),) = fast_sugiyama.from_edges(
            [(number[a], number[b]) for a, b in edges if a in number],
            minimum_length=1,
            dummy_vertices=True,
            dummy_size=0.3,
        )
        # It counts rows from the bottom.
        heights = {y: i for i, y in enumerate(sorted({y for _, (_, y) in positions}, reverse=True))}
        rows += ([] for _ in range(len(heights) - len(rows)))
        names = dict(enumerate(part))
        for vertex, (_, y) in sorted(positions, key=lambda item: item[1][0]):
            if vertex not in names:
                names[vertex], free = free, free + 1
            rows[heights[y]].append(names[vertex])
        for a, b in segments or ():
            after.setdefault(names[a], []).append(names[b])

    found: dict[tuple[int, int], tuple[int, ...]] = {}
    for source in range(count):
        for step in after.get(source, ()):
            chain = [source, step]
            while chain[-1] >= count:
                chain += after[chain[-1]]
            found[source, chain[-1]] = tuple(chain)
    layers = tuple(tuple(row) for row in rows if row)
    return Layering(count, layers, tuple(found[edge] for edge in edges))


def _parts(count: int, edges: Edges) -> list[list[int]]:
    """Boxes that edges join, in order, each part from its lowest number on."""
    root = list(range(count))

    def find(vertex: int) -> int:
        while root[vertex] != vertex:
            root[vertex] = root[root[vertex]]
            vertex = root[vertex]
        return vertex

    for a, b in edges:
        low, high = sorted((find(a), find(b)))
        root[high] = low
    parts: dict[int, list[int]] = {}
    for vertex in range(count):
        parts.setdefault(find(vertex), []).append(vertex)
    return list(parts.values())


def by_longest_path(count: int, edges: Edges) -> Layering:
    """Layers as deep as the longest way to them, ordered by the mean place of what they read."""
    rank = [0] * count
    settled = False
    while not settled:
        settled = True
        for a, b in edges:
            if rank[b] <= rank[a]:
                rank[b] = rank[a] + 1
                settled = False
    rows: list[list[int]] = [[] for _ in range(max(rank, default=-1) + 1)]
    for vertex in range(count):
        rows[rank[vertex]].append(vertex)
    chains = []
    free = count
    above: dict[int, list[int]] = {}
    for a, b in edges:
        dummies = range(free, free + rank[b] - rank[a] - 1)
        free = dummies.stop
        for depth, dummy in enumerate(dummies, rank[a] + 1):
            rows[depth].append(dummy)
        chain = (a, *dummies, b)
        chains.append(chain)
        for upper, lower in itertools.pairwise(chain):
            above.setdefault(lower, []).append(upper)
    for upper_row, row in itertools.pairwise(rows):
        place = {vertex: i for i, vertex in enumerate(upper_row)}
        mean = {v: sum(place[u] for u in above[v]) / len(above[v]) for v in row}
        row.sort(key=lambda v: (mean[v], v))
    return Layering(count, tuple(map(tuple, rows)), tuple(chains))
