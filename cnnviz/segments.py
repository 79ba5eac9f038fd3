"""Blocks on their way: the main path of a network, cut where everything flows through one node."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from cnnviz.graph import LayerGraph, Node
from cnnviz.group_names import Role
from cnnviz.kinds import Kind, kind_of
from cnnviz.units import SUMS, head_of, is_norm_or_activation

_GATES = {"Multiply", "Dot"}
_SPLITS = {"Split", "GetItem"}
_SHUFFLES = {"ChannelShuffle"}


@dataclass
class Segment:
    """A stretch of the main path on its way to becoming a block: whole units, in order."""

    units: list[int]
    role: Role


def segments_of(graph: LayerGraph, units: list[list[str]]) -> tuple[list[Segment], list[list[int]]]:
    """Cut the main path at its cut nodes; what does not lead to the main output stands aside."""
    unit_of = {name: u for u, names in enumerate(units) for name in names}
    edges = {
        (unit_of[source], unit_of[node.name])
        for node in graph.nodes
        for source in node.inputs
        if unit_of[source] != unit_of[node.name]
    }
    readers: dict[int, list[int]] = {u: [] for u in range(len(units))}
    feeders: dict[int, list[int]] = {u: [] for u in range(len(units))}
    for a, b in sorted(edges):
        readers[a].append(b)
        feeders[b].append(a)

    main: set[int] = set()
    frontier = [unit_of[graph.outputs[0].node]]
    while frontier:
        u = frontier.pop()
        if u not in main:
            main.add(u)
            frontier += feeders[u]

    order = [u for u in _topological(readers, feeders) if u in main]
    segments: list[Segment] = []
    open_units: list[int] = []
    reach = 0
    position = {u: i for i, u in enumerate(order)}
    starts = [position[u] for u in order if not feeders[u]]
    reach = max(starts)
    for i, u in enumerate(order):
        open_units.append(u)
        # A cut node: no edge from before it jumps over it.
        if reach <= i:
            role: Role = "chain" if len(open_units) == 1 else _region_role(graph, units, open_units)
            cells = _cells(graph, units, open_units, readers, feeders)
            segments += cells or [Segment(open_units, role)]
            open_units = []
        reach = max([reach, *(position[r] for r in readers[u] if r in main)])
    if open_units:
        segments.append(Segment(open_units, "branches"))
    return _attach(graph, units, segments), _components(readers, feeders, main)


_FEWEST_CELLS = 4
"""So many concatenations in a row make a network of cells; fewer are parts of one block."""


def _cells(
    graph: LayerGraph,
    units: list[list[str]],
    region: list[int],
    readers: Mapping[int, list[int]],
    feeders: Mapping[int, list[int]],
) -> list[Segment]:
    """Cut a region whose cells read from the two cells before them, as NASNet's do.

    Such a region has no cut node within, but behind every concatenation that ends a cell no more
    than two results are waited for: its own and that of the cell before.

    Returns:
        The cells; none where the region is not made of such.
    """
    inside = set(region)
    depth: dict[int, int] = {}
    for u in region:
        depth[u] = 1 + max((depth.get(f, 0) for f in feeders[u]), default=0)
    # As late as possible, so that what only prepares a cell's second input stands in that cell.
    order: list[int] = []
    seen: set[int] = set()
    waiting = [(region[-1], False)]
    while waiting:
        u, expanded = waiting.pop()
        if expanded:
            order.append(u)
        elif u not in seen:
            seen.add(u)
            waiting.append((u, True))
            waiting += sorted(
                ((f, False) for f in feeders[u] if f in inside), key=lambda f: depth[f[0]]
            )
    cells: list[Segment] = []
    open_units: list[int] = []
    position = {u: i for i, u in enumerate(order)}
    last_reader = {u: max((position.get(r, -1) for r in readers[u]), default=-1) for u in order}
    awaited: set[int] = set()
    for i, u in enumerate(order):
        open_units.append(u)
        awaited = {a for a in (*awaited, u) if last_reader[a] > i}
        ends = head_of(graph, units[u]).type == "Concatenate" and len(awaited) <= 2
        if ends or u == order[-1]:
            cells.append(Segment(open_units, "cell"))
            open_units = []
    return cells if len(cells) >= _FEWEST_CELLS else []


def _topological(readers: Mapping[int, list[int]], feeders: Mapping[int, list[int]]) -> list[int]:
    waiting = {u: len(before) for u, before in feeders.items()}
    ready = sorted((u for u, n in waiting.items() if n == 0), reverse=True)
    order = []
    while ready:
        u = ready.pop()
        order.append(u)
        for r in reversed(readers[u]):
            waiting[r] -= 1
            if waiting[r] == 0:
                ready.append(r)
    return order


def _components(
    readers: Mapping[int, list[int]], feeders: Mapping[int, list[int]], main: set[int]
) -> list[list[int]]:
    """What does not lead to the main output (auxiliary classifiers), as connected pieces."""
    left = {u for u in readers if u not in main}
    pieces = []
    while left:
        piece: set[int] = set()
        frontier = [min(left)]
        while frontier:
            u = frontier.pop()
            if u in left:
                left.remove(u)
                piece.add(u)
                frontier += readers[u] + feeders[u]
        pieces.append(sorted(piece))
    return pieces


def _region_role(graph: LayerGraph, units: list[list[str]], members: list[int]) -> Role:
    merge = head_of(graph, units[members[-1]])
    inside = {name for u in members for name in units[u]}
    if merge.type in SUMS:
        return "residual"
    if merge.type in _GATES:
        return "gated"
    if merge.type == "Concatenate":
        if any(source not in inside for source in merge.inputs) and len(merge.inputs) == 2:
            return "dense layer"
        return "branches"
    return "residual" if len(merge.sources) > 1 else "branches"


def _attach(graph: LayerGraph, units: list[list[str]], segments: list[Segment]) -> list[Segment]:
    """Give regions the units that belong to them: pre-activation, split, shuffle, squeeze."""
    joined: list[Segment] = []
    for segment in segments:
        head = head_of(graph, units[segment.units[-1]])
        previous = joined[-1] if joined else None
        if segment.role == "chain":
            joins_previous = previous is not None and previous.role not in ("chain", "gated")
            after_region = head.type in _SHUFFLES or kind_of(head) is Kind.ACTIVATION
            if previous is not None and joins_previous and after_region:
                previous.units += segment.units
            else:
                joined.append(segment)
            continue
        while joined and joined[-1].role == "chain":
            before = head_of(graph, units[joined[-1].units[-1]])
            # A Fire module: a pointwise squeeze before two convolutions side by side.
            squeeze = (
                segment.role == "branches" and len(segment.units) == 3 and _is_pointwise(before)
            )
            if not (is_norm_or_activation(before) or before.type in _SPLITS or squeeze):
                break
            segment.units = joined.pop().units + segment.units
            if squeeze:
                break
        joined.append(segment)
    return joined


def _is_pointwise(node: Node) -> bool:
    kernel = node.settings.get("kernel_size") or ()
    return node.type == "Conv2D" and bool(kernel) and all(k == 1 for k in kernel)


def _is_depthwise(node: Node) -> bool:
    return kind_of(node) is Kind.DEPTHWISE


def join_pairs(graph: LayerGraph, units: list[list[str]], segments: list[Segment]) -> list[Segment]:
    """Join chain units into depthwise-separable blocks: [expand] depthwise [gate] pointwise."""
    joined: list[Segment] = []
    i = 0
    while i < len(segments):
        taken = _separable_at(graph, units, segments, i)
        if taken:
            members = [u for segment in segments[i : i + taken] for u in segment.units]
            joined.append(Segment(members, "separable"))
            i += taken
        else:
            joined.append(segments[i])
            i += 1
    return joined


def _separable_at(
    graph: LayerGraph, units: list[list[str]], segments: list[Segment], start: int
) -> int:
    """How many segments from `start` on make one depthwise-separable block; 0 for none."""

    def head(i: int) -> Node | None:
        if i >= len(segments) or segments[i].role != "chain":
            return None
        return head_of(graph, units[segments[i].units[-1]])

    i = start
    first = head(i)
    if first is not None and first.type.startswith("SeparableConv"):
        return 1
    if first is not None and _is_pointwise(first):
        i += 1
    depthwise = head(i)
    if depthwise is None or not _is_depthwise(depthwise):
        return 0
    i += 1
    if i < len(segments) and segments[i].role == "gated":
        i += 1
    last = head(i)
    return i + 1 - start if last is not None and _is_pointwise(last) else 0
