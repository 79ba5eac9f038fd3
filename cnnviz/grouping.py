"""Units, blocks and stages, found in the structure of the graph itself.

Nothing here reads a layer's name except to label what was already found, so a model whose layers
are named at random is grouped as its named twin is.

- A *unit* is a convolution or dense operation with the padding before it and the batch norm,
  activation and dropout after it that nothing else reads. Every other operation is its own unit.
- A *block* is what lies between two consecutive *cut nodes* (nodes on every path from the input to
  the main output) where the paths part: a residual block, an Inception module, a dense layer. On a
  plain chain it is a depthwise-separable pair, or a run of units at one resolution.
- A *stage* is a run of blocks at one resolution, between a stem and a head.

Blocks are unions of units and stages of blocks; every operation is in exactly one of each.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from cnnviz.graph import LayerGraph, Node, Shape
from cnnviz.group_names import Role, label_of, signature_of
from cnnviz.kinds import Kind, kind_of
from cnnviz.units import (
    FOLLOWERS,
    SUMS,
    head_of,
    is_convolution,
    is_norm_or_activation,
    units_of,
)

_GATES = {"Multiply", "Dot"}
_SPLITS = {"Split", "GetItem"}
_SHUFFLES = {"ChannelShuffle"}


@dataclass(frozen=True, slots=True)
class Group:
    """A set of operations that stands for one thing.

    Attributes:
        label: What to call it; unique among its level.
        role: What it is.
        nodes: Names of its operations, in topological order.
        output_shape: Shape that it hands on.
        signature: Equal for groups that do the same at the same size.
    """

    label: str
    role: Role
    nodes: tuple[str, ...]
    output_shape: Shape
    signature: str


@dataclass(frozen=True)
class Grouping:
    """The three levels above the operations; each partitions the graph's nodes."""

    units: tuple[Group, ...]
    blocks: tuple[Group, ...]
    stages: tuple[Group, ...]

    @cached_property
    def unit_of(self) -> Mapping[str, Group]:
        """The unit that each node is in."""
        return _membership(self.units)

    @cached_property
    def block_of(self) -> Mapping[str, Group]:
        """The block that each node is in."""
        return _membership(self.blocks)

    @cached_property
    def stage_of(self) -> Mapping[str, Group]:
        """The stage that each node is in."""
        return _membership(self.stages)


def _membership(groups: Iterable[Group]) -> dict[str, Group]:
    return {name: group for group in groups for name in group.nodes}


@dataclass
class _Segment:
    """A stretch of the main path on its way to becoming a block: whole units, in order."""

    units: list[int]
    role: Role


def group(graph: LayerGraph) -> Grouping:
    """Find the units, blocks and stages of a layer graph.

    Args:
        graph: Any model's layer graph.

    Returns:
        Three partitions of its nodes, each finer one nested in the next.
    """
    units = units_of(graph)
    segments, sides = _segments(graph, units)
    segments = _join_pairs(graph, units, segments)
    stages_of_segments = _stages(graph, units, segments)

    blocks: list[list[str]] = []
    roles: list[Role] = []
    stages: list[list[str]] = []
    stage_roles: list[Role] = []
    for role, members in stages_of_segments:
        stages.append([name for s in members for u in s.units for name in units[u]])
        stage_roles.append(role)
        for segment in members:
            blocks.append([name for u in segment.units for name in units[u]])
            roles.append(segment.role)
    for side in sides:
        names = [name for u in side for name in units[u]]
        for groups, group_roles in ((blocks, roles), (stages, stage_roles)):
            groups.append(names)
            group_roles.append("auxiliary")
    return Grouping(
        units=_named(graph, units, ["unit"] * len(units)),
        blocks=_named(graph, blocks, roles),
        stages=_named(graph, stages, stage_roles),
    )


# --- blocks


def _segments(graph: LayerGraph, units: list[list[str]]) -> tuple[list[_Segment], list[list[int]]]:
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
    segments: list[_Segment] = []
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
            segments += cells or [_Segment(open_units, role)]
            open_units = []
        reach = max([reach, *(position[r] for r in readers[u] if r in main)])
    if open_units:
        segments.append(_Segment(open_units, "branches"))
    return _attach(graph, units, segments), _components(readers, feeders, main)


_FEWEST_CELLS = 4
"""So many concatenations in a row make a network of cells; fewer are parts of one block."""


def _cells(
    graph: LayerGraph,
    units: list[list[str]],
    region: list[int],
    readers: Mapping[int, list[int]],
    feeders: Mapping[int, list[int]],
) -> list[_Segment]:
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
    cells: list[_Segment] = []
    open_units: list[int] = []
    position = {u: i for i, u in enumerate(order)}
    last_reader = {u: max((position.get(r, -1) for r in readers[u]), default=-1) for u in order}
    awaited: set[int] = set()
    for i, u in enumerate(order):
        open_units.append(u)
        awaited = {a for a in (*awaited, u) if last_reader[a] > i}
        ends = head_of(graph, units[u]).type == "Concatenate" and len(awaited) <= 2
        if ends or u == order[-1]:
            cells.append(_Segment(open_units, "cell"))
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


def _attach(graph: LayerGraph, units: list[list[str]], segments: list[_Segment]) -> list[_Segment]:
    """Give regions the units that belong to them: pre-activation, split, shuffle, squeeze."""
    joined: list[_Segment] = []
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


def _join_pairs(
    graph: LayerGraph, units: list[list[str]], segments: list[_Segment]
) -> list[_Segment]:
    """Join chain units into depthwise-separable blocks: [expand] depthwise [gate] pointwise."""
    joined: list[_Segment] = []
    i = 0
    while i < len(segments):
        taken = _separable_at(graph, units, segments, i)
        if taken:
            members = [u for segment in segments[i : i + taken] for u in segment.units]
            joined.append(_Segment(members, "separable"))
            i += taken
        else:
            joined.append(segments[i])
            i += 1
    return joined


def _separable_at(
    graph: LayerGraph, units: list[list[str]], segments: list[_Segment], start: int
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


# --- stages


def _output_shape(graph: LayerGraph, units: list[list[str]], segment: _Segment) -> Shape:
    return graph.by_name[units[segment.units[-1]][-1]].output_shape


def _size(graph: LayerGraph, units: list[list[str]], segment: _Segment) -> Shape:
    """The resolution that a segment hands on: its output shape without the channels."""
    return _output_shape(graph, units, segment)[:-1]


def _starts_stage(shapes: Sequence[Shape], i: int) -> bool:
    """Whether a stage begins at segment i: at a new resolution, as a rule.

    Keras' pre-activation ResNets put the stride into the last block of a stage (as TF-Slim did):
    such a block keeps its stage's channels, and the next one changes only these.
    """

    def strided_last(j: int) -> bool:
        return (
            0 < j < len(shapes) - 1
            and shapes[j][:-1] != shapes[j - 1][:-1]
            and shapes[j][-1:] == shapes[j - 1][-1:]
            and shapes[j + 1][:-1] == shapes[j][:-1]
            and shapes[j + 1][-1:] != shapes[j][-1:]
        )

    return strided_last(i - 1) or (shapes[i][:-1] != shapes[i - 1][:-1] and not strided_last(i))


def _stages(
    graph: LayerGraph, units: list[list[str]], segments: list[_Segment]
) -> list[tuple[Role, list[_Segment]]]:
    """Gather segments into a stem, one stage a resolution, and a head."""
    body = [i for i, segment in enumerate(segments) if segment.role not in ("chain", "gated")]
    if not body:
        return _chain_stages(graph, units, segments)
    first, last = body[0], body[-1] + 1
    stages: list[tuple[Role, list[_Segment]]] = []
    if first:
        stages.append(("stem", _merge_chains(graph, units, segments[:first])))
    run: list[_Segment] = []
    shapes = [_output_shape(graph, units, segment) for segment in segments]
    for i in range(first, last):
        if run and _starts_stage(shapes, i):
            stages.append(("stage", _merge_chains(graph, units, run)))
            run = []
        run.append(segments[i])
    stages.append(("stage", _merge_chains(graph, units, run)))
    if segments[last:]:
        stages.append(("head", _merge_chains(graph, units, segments[last:])))
    return stages


def _merge_chains(
    graph: LayerGraph, units: list[list[str]], segments: list[_Segment]
) -> list[_Segment]:
    """Make one block of each run of chain units at one resolution."""
    merged: list[_Segment] = []
    for segment in segments:
        previous = merged[-1] if merged else None
        if (
            previous is not None
            and previous.role == segment.role == "chain"
            and _size(graph, units, previous) == _size(graph, units, segment)
        ):
            merged[-1] = _Segment(previous.units + segment.units, "chain")
        else:
            merged.append(segment)
    return merged


def _chain_stages(
    graph: LayerGraph, units: list[list[str]], segments: list[_Segment]
) -> list[tuple[Role, list[_Segment]]]:
    """A network without branches (LeNet, AlexNet, VGG): convolutions up to a pool are one stage."""
    spatial = [i for i, s in enumerate(segments) if len(_size(graph, units, s)) > 0]
    end = spatial[-1] + 1 if spatial else 0
    while end and not _spatial_work(graph, units, segments[end - 1]):
        end -= 1
    runs: list[list[_Segment]] = [[]]
    for segment in segments[:end]:
        runs[-1].append(segment)
        if kind_of(head_of(graph, units[segment.units[-1]])) is Kind.POOLING:
            runs.append([])
    # Normalisation behind a pool (AlexNet's norm1 stands before or after it) closes its stage.
    stages: list[tuple[Role, list[_Segment]]] = []
    for run in filter(None, runs):
        if stages and all(kind_of(head_of(graph, units[s.units[-1]])) in FOLLOWERS for s in run):
            stages[-1][1][0].units += [u for s in run for u in s.units]
            continue
        stages.append(("stage", [_Segment([u for s in run for u in s.units], "chain")]))
    if segments[end:]:
        stages.append(("head", [_Segment([u for s in segments[end:] for u in s.units], "chain")]))
    return stages


def _spatial_work(graph: LayerGraph, units: list[list[str]], segment: _Segment) -> bool:
    head = head_of(graph, units[segment.units[-1]])
    return is_convolution(head) or kind_of(head) is Kind.POOLING


# --- names


def _named(
    graph: LayerGraph, groups: Sequence[Sequence[str]], roles: Sequence[Role]
) -> tuple[Group, ...]:
    """Label groups: by the names of their layers where these agree, else by role and number."""
    groups = [sorted(names, key=graph.index.__getitem__) for names in groups]
    labels = [label_of(graph, names, role) for names, role in zip(groups, roles, strict=True)]
    uses = Counter(labels)
    numbers: Counter[str] = Counter()
    made = []
    for names, role, label in zip(groups, roles, labels, strict=True):
        numbers[role] += 1
        while not label or uses[label] > 1:
            label = f"{role} {numbers[role]}"
            if label not in uses:
                break
            numbers[role] += 1
        made.append(
            Group(
                label=label,
                role=role,
                nodes=tuple(names),
                output_shape=graph.by_name[names[-1]].output_shape,
                signature=signature_of(graph, names),
            )
        )
    return tuple(made)
