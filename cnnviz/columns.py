"""Where in its layer a box stands: the second half of a layout.

The longest way through a network becomes one straight column, its trunk; branches and skip
connections run straight down beside it, as near as they fit. This is the alignment of Brandes and
Koepf, "Fast and Simple Horizontal Coordinate Assignment" (2001), with an order of preference of
our own and with everything drawn towards the trunk.
"""

from __future__ import annotations

import bisect
import itertools
from collections.abc import Sequence

from cnnviz.layering import Layering

_SWEEPS = 3


def centres(
    layering: Layering, widths: Sequence[float], spacing: float, lane: float
) -> list[float]:
    """Horizontal centre of every box and dummy; the trunk is at 0.

    Args:
        layering: The layers and their order, which stays.
        widths: Of every box.
        spacing: Room between two boxes.
        lane: Room on each side of an edge that passes a layer.
    """
    total = max(itertools.chain((-1,), *layering.layers)) + 1
    columns = _columns(layering, total)
    members: list[list[int]] = []
    column = [0] * total
    for vertices in columns:
        for vertex in vertices:
            column[vertex] = len(members)
        members.append(vertices)

    # How far the right one of two neighbours keeps from the left one.
    right: list[dict[int, float]] = [{} for _ in members]
    left: list[dict[int, float]] = [{} for _ in members]
    half = [width / 2 for width in widths] + [0.0] * (total - layering.count)
    for row in layering.layers:
        for a, b in itertools.pairwise(row):
            both = a < layering.count and b < layering.count
            apart = half[a] + half[b] + (spacing if both else lane)
            first, second = column[a], column[b]
            right[first][second] = max(right[first].get(second, 0.0), apart)
            left[second][first] = right[first][second]
    order = _topological(right, left)

    pulls: list[list[int]] = [[] for _ in members]
    for chain in layering.chains:
        for a, b in itertools.pairwise(chain):
            if column[a] != column[b]:
                pulls[column[a]].append(column[b])
                pulls[column[b]].append(column[a])

    x = _place(members, layering.count, order, left, right, pulls)
    return [x[column[vertex]] for vertex in range(total)]


def _place(
    members: Sequence[Sequence[int]],
    count: int,
    order: Sequence[int],
    left: Sequence[dict[int, float]],
    right: Sequence[dict[int, float]],
    pulls: Sequence[Sequence[int]],
) -> list[float]:
    if not members:
        return []
    trunk = max(order, key=lambda c: (sum(v < count for v in members[c]), -members[c][0]))
    x: dict[int, float] = {trunk: 0.0}
    # Left of the trunk as far right as possible, then everything else as far left as possible.
    for this in reversed(order):
        limits = [x[other] - apart for other, apart in right[this].items() if other in x]
        if this != trunk and limits:
            x[this] = min(limits)
    for this in order:
        if this in x:
            continue
        limits = [x[other] + apart for other, apart in left[this].items()]
        near = [x[other] for other in pulls[this] if other in x]
        wish = sum(near) / len(near) if near else 0.0
        x[this] = max(limits) if limits else wish
    # Then each as near to what it is connected to as its neighbours allow.
    for sweep in range(_SWEEPS):
        for this in order if sweep % 2 else reversed(order):
            if this == trunk or not pulls[this]:
                continue
            wish = sum(x[other] for other in pulls[this]) / len(pulls[this])
            low = max((x[o] + apart for o, apart in left[this].items()), default=wish)
            high = min((x[o] - apart for o, apart in right[this].items()), default=wish)
            x[this] = min(max(wish, low), high) if low <= high else x[this]
    return [x[this] for this in range(len(members))]


def _columns(layering: Layering, total: int) -> list[list[int]]:
    """Vertices that stand straight above each other, top down; each is in exactly one column."""
    place = [0] * total
    depth = [0] * total
    for level, row in enumerate(layering.layers):
        for i, vertex in enumerate(row):
            place[vertex], depth[vertex] = i, level
    steps = list(
        dict.fromkeys(step for chain in layering.chains for step in itertools.pairwise(chain))
    )
    length = _longest_ways(layering, steps, depth, total)
    longest = max(length, default=0)

    def preference(i: int) -> tuple[int, int, int]:
        real = sum(vertex < layering.count for vertex in steps[i])
        # The trunk first, then long edges, then other boxes; an edge's end gives way to both.
        rank = 0 if real == 2 and length[i] == longest else (1, 3, 2)[real]
        return rank, -length[i], i

    below: dict[int, int] = {}
    above: dict[int, int] = {}
    taken: list[list[tuple[int, int]]] = [[] for _ in layering.layers]
    for i in sorted(range(len(steps)), key=preference):
        a, b = steps[i]
        if a in below or b in above:
            continue
        pairs = taken[depth[a]]
        pair = (place[a], place[b])
        spot = bisect.bisect(pairs, pair)
        crosses = (spot > 0 and pairs[spot - 1][1] >= pair[1]) or (
            spot < len(pairs) and pairs[spot][1] <= pair[1]
        )
        if not crosses:
            pairs.insert(spot, pair)
            below[a], above[b] = b, a
    columns = []
    for row in layering.layers:
        for vertex in row:
            if vertex not in above:
                column = [vertex]
                while column[-1] in below:
                    column.append(below[column[-1]])
                columns.append(column)
    return columns


def _longest_ways(
    layering: Layering, steps: Sequence[tuple[int, int]], depth: Sequence[int], total: int
) -> list[int]:
    """For each step, how many boxes the longest way through it has."""
    weight = [1] * layering.count + [0] * (total - layering.count)
    down, up = weight[:], weight[:]
    ordered = sorted(range(len(steps)), key=lambda i: depth[steps[i][0]])
    for i in ordered:
        a, b = steps[i]
        down[b] = max(down[b], down[a] + weight[b])
    for i in reversed(ordered):
        a, b = steps[i]
        up[a] = max(up[a], up[b] + weight[a])
    return [down[a] + up[b] for a, b in steps]


def _topological(right: Sequence[dict[int, float]], left: Sequence[dict[int, float]]) -> list[int]:
    """Columns from left to right: each after all that keep it from going further left."""
    waiting = [len(before) for before in left]
    ready = [i for i, number in enumerate(waiting) if not number]
    order = []
    while ready:
        this = ready.pop()
        order.append(this)
        for other in right[this]:
            waiting[other] -= 1
            if not waiting[other]:
                ready.append(other)
    return order
