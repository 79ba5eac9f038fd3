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

from cnnviz.graph import LayerGraph, Shape
from cnnviz.group_names import Role, label_of, run_label, signature_of
from cnnviz.kinds import Kind, kind_of
from cnnviz.segments import Segment, join_pairs, segments_of
from cnnviz.units import (
    FOLLOWERS,
    head_of,
    is_convolution,
    units_of,
)


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


def group(graph: LayerGraph) -> Grouping:
    """Find the units, blocks and stages of a layer graph.

    Args:
        graph: Any model's layer graph.

    Returns:
        Three partitions of its nodes, each finer one nested in the next.
    """
    units = units_of(graph)
    segments, sides = segments_of(graph, units)
    segments = join_pairs(graph, units, segments)
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
    named = _named(graph, blocks, roles)
    return Grouping(
        units=_named(graph, units, ["unit"] * len(units)),
        blocks=named,
        stages=_named(graph, stages, stage_roles, [_extent(named, names) for names in stages]),
    )


def _extent(blocks: Sequence[Group], names: Sequence[str]) -> str:
    """A stage by the first and the last of its blocks: "mixed3–7"."""
    inside = set(names)
    members = [block for block in blocks if block.nodes[0] in inside]
    telling = [block for block in members if block.role != "chain"] or members
    return run_label(telling[0].label, telling[-1].label)


# --- stages


def _output_shape(graph: LayerGraph, units: list[list[str]], segment: Segment) -> Shape:
    return graph.by_name[units[segment.units[-1]][-1]].output_shape


def _size(graph: LayerGraph, units: list[list[str]], segment: Segment) -> Shape:
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
    graph: LayerGraph, units: list[list[str]], segments: list[Segment]
) -> list[tuple[Role, list[Segment]]]:
    """Gather segments into a stem, one stage a resolution, and a head."""
    body = [i for i, segment in enumerate(segments) if segment.role not in ("chain", "gated")]
    if not body:
        return _chain_stages(graph, units, segments)
    first, last = body[0], body[-1] + 1
    stages: list[tuple[Role, list[Segment]]] = []
    if first:
        stages.append(("stem", _merge_chains(graph, units, segments[:first])))
    run: list[Segment] = []
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
    graph: LayerGraph, units: list[list[str]], segments: list[Segment]
) -> list[Segment]:
    """Make one block of each run of chain units at one resolution."""
    merged: list[Segment] = []
    for segment in segments:
        previous = merged[-1] if merged else None
        if (
            previous is not None
            and previous.role == segment.role == "chain"
            and _size(graph, units, previous) == _size(graph, units, segment)
        ):
            merged[-1] = Segment(previous.units + segment.units, "chain")
        else:
            merged.append(segment)
    return merged


def _chain_stages(
    graph: LayerGraph, units: list[list[str]], segments: list[Segment]
) -> list[tuple[Role, list[Segment]]]:
    """A network without branches (LeNet, AlexNet, VGG): convolutions up to a pool are one stage."""
    spatial = [i for i, s in enumerate(segments) if len(_size(graph, units, s)) > 0]
    end = spatial[-1] + 1 if spatial else 0
    while end and not _spatial_work(graph, units, segments[end - 1]):
        end -= 1
    runs: list[list[Segment]] = [[]]
    for segment in segments[:end]:
        runs[-1].append(segment)
        if kind_of(head_of(graph, units[segment.units[-1]])) is Kind.POOLING:
            runs.append([])
    # Normalisation behind a pool (AlexNet's norm1 stands before or after it) closes its stage.
    stages: list[tuple[Role, list[Segment]]] = []
    for run in filter(None, runs):
        if stages and all(kind_of(head_of(graph, units[s.units[-1]])) in FOLLOWERS for s in run):
            stages[-1][1][0].units += [u for s in run for u in s.units]
            continue
        stages.append(("stage", [Segment([u for s in run for u in s.units], "chain")]))
    if segments[end:]:
        stages.append(("head", [Segment([u for s in segments[end:] for u in s.units], "chain")]))
    return stages


def _spatial_work(graph: LayerGraph, units: list[list[str]], segment: Segment) -> bool:
    head = head_of(graph, units[segment.units[-1]])
    return is_convolution(head) or kind_of(head) is Kind.POOLING


# --- names


def _named(
    graph: LayerGraph,
    groups: Sequence[Sequence[str]],
    roles: Sequence[Role],
    otherwise: Sequence[str] | None = None,
) -> tuple[Group, ...]:
    """Label groups: by the names of their layers where these agree, else by role and number.

    Args:
        graph: Their graph.
        groups: Names of the operations of each.
        roles: Of each.
        otherwise: What to call each where the names of its layers say nothing.
    """
    groups = [sorted(names, key=graph.index.__getitem__) for names in groups]
    labels = [
        label_of(graph, names, role) or other
        for names, role, other in zip(groups, roles, otherwise or [""] * len(groups), strict=True)
    ]
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
