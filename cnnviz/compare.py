"""What one model has that another has not: their units, aligned."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Literal

from cnnviz.costs import GraphCosts, graph_costs
from cnnviz.graph import LayerGraph, Node
from cnnviz.grouping import Group, Grouping, group
from cnnviz.kinds import Kind, kind_of
from cnnviz.receptive_field import Reach, receptive_fields

Change = Literal["same", "changed", "added", "removed"]

FAR_APART = 6
"""Units are no partners where one sees the picture so many times coarser than the other."""

_AKIN = (Kind.CONVOLUTION, Kind.POOLING, Kind.DENSE)
"""Within these, operations of different types can be partners."""

_IRRELEVANT = {"data_format", "epsilon", "momentum"}
_HEAD_TYPES = (
    *("Conv1D", "Conv2D", "Conv3D", "DepthwiseConv1D", "DepthwiseConv2D"),
    *("SeparableConv1D", "SeparableConv2D", "SparseConnectionConv2D", "Dense"),
)


@dataclass(frozen=True)
class Side:
    """One of the models."""

    id: str
    name: str
    graph: LayerGraph

    @cached_property
    def costs(self) -> GraphCosts:
        """What every operation costs."""
        return graph_costs(self.graph)

    @cached_property
    def groups(self) -> Grouping:
        """Units, blocks and stages."""
        return group(self.graph)

    @cached_property
    def depth(self) -> int:
        """Layers with weights that multiply, on the longest way from input to output."""
        return longest_ways(self.graph)[self.graph.outputs[0].node]


def longest_ways(graph: LayerGraph) -> Mapping[str, int]:
    """Layers with weights that multiply on the longest way from an input to each operation."""
    longest: dict[str, int] = {}
    for node in graph.nodes:
        before = max((longest[name] for name in node.inputs), default=0)
        longest[node.name] = before + (node.type in _HEAD_TYPES)
    return longest


def longest_way(graph: LayerGraph) -> tuple[str, ...]:
    """The operations on the longest way from an input to the first output, in order."""
    longest = longest_ways(graph)
    way = [graph.outputs[0].node]
    while graph.by_name[way[-1]].inputs:
        way.append(max(graph.by_name[way[-1]].inputs, key=longest.__getitem__))
    return tuple(reversed(way))


@dataclass(frozen=True, slots=True)
class Difference:
    """Two units that stand for each other, or one that has no partner.

    Attributes:
        change: What became of the first model's unit in the second.
        first: Name of the operation that the first model's unit is named after, or None.
        second: The same of the second model.
        block: Label of the block that it stands in: the first model's, or the second's if added.
        stage: Label of its stage.
        what: What changed ("groups 1 → 32"), or what the unit is.
        params: Of the second, less those of the first.
        macs: Of the second, less those of the first.
        field: Rows of the receptive field of the second, less those of the first; None where
            either has none.
    """

    change: Change
    first: str | None
    second: str | None
    block: str
    stage: str
    what: str
    params: int
    macs: int
    field: int | None


def diff(first: Side, second: Side) -> tuple[Difference, ...]:
    """Align the units of two models in the order of their graphs, and say what differs.

    Units are partners by what they do: the best alignment prefers the same operation with the same
    settings at the same resolution. Their names play no part.
    """
    ours, theirs = first.groups.units, second.groups.units
    heads, others = _heads(first), _heads(second)
    scores = _scores(heads, others)
    found: list[Difference] = []
    i = j = 0
    while i < len(ours) or j < len(theirs):
        if i < len(ours) and j < len(theirs):
            match = _likeness(heads[i], others[j])
            if match and scores[i][j] == match + scores[i + 1][j + 1]:
                found.append(_pair(first, second, ours[i], theirs[j]))
                i, j = i + 1, j + 1
                continue
        if j == len(theirs) or (i < len(ours) and scores[i][j] == scores[i + 1][j]):
            found.append(_alone(first, ours[i], "removed"))
            i += 1
        else:
            found.append(_alone(second, theirs[j], "added"))
            j += 1
    return _with_fields(first, second, found)


@dataclass(frozen=True, slots=True)
class _Head:
    """What counts of a unit when it is held against another.

    Attributes:
        node: The operation that the unit is named after.
        settings: Those of its settings that matter.
        coarseness: Rows of the input for each of its own; None where it has no rows.
    """

    node: Node
    settings: Mapping[str, Any]
    coarseness: float | None


def _heads(side: Side) -> list[_Head]:
    rows = side.graph.input_shape[0] or 1
    heads = []
    for unit in side.groups.units:
        node = _head(side, unit)
        shape = node.output_shape
        coarseness = rows / shape[0] if len(shape) > 1 and shape[0] else None
        heads.append(_Head(node, _relevant(node), coarseness))
    return heads


def _scores(heads: Sequence[_Head], others: Sequence[_Head]) -> list[list[int]]:
    """Best score of aligning the units from i on with those from j on."""
    table = [[0] * (len(others) + 1) for _ in range(len(heads) + 1)]
    for i in range(len(heads) - 1, -1, -1):
        for j in range(len(others) - 1, -1, -1):
            match = _likeness(heads[i], others[j])
            together = match + table[i + 1][j + 1] if match else 0
            table[i][j] = max(together, table[i + 1][j], table[i][j + 1])
    return table


def _likeness(one: _Head, other: _Head) -> int:
    """How well two operations stand for each other; 0 where they cannot."""
    a, b = one.node, other.node
    if a.type != b.type and (kind_of(a) is not kind_of(b) or kind_of(a) not in _AKIN):
        return 0
    if one.coarseness and other.coarseness:
        apart = one.coarseness / other.coarseness
        if max(apart, 1 / apart) > FAR_APART:
            return 0
    score = 4 if a.type == b.type else 2
    if a.output_shape == b.output_shape:
        score += 3
    elif a.output_shape[:-1] == b.output_shape[:-1]:
        score += 2
    if a.settings.get("kernel_size") == b.settings.get("kernel_size"):
        score += 3
    if one.settings == other.settings:
        score += 4
    return score


def _head(side: Side, unit: Group) -> Node:
    nodes = [side.graph.by_name[name] for name in unit.nodes]
    return next((node for node in nodes if node.type in _HEAD_TYPES), nodes[0])


def _relevant(node: Node) -> Mapping[str, Any]:
    size = node.settings.get("kernel_size")
    pointwise = size is not None and all(extent == 1 for extent in size)  # never needs padding
    left_out = _IRRELEVANT | {"padding"} if pointwise else _IRRELEVANT
    return {key: value for key, value in node.settings.items() if key not in left_out}


def _sum(side: Side, unit: Group) -> tuple[int, int]:
    costs = [side.costs.by_name[name] for name in unit.nodes]
    return sum(cost.params for cost in costs), sum(cost.macs for cost in costs)


def _pair(first: Side, second: Side, one: Group, other: Group) -> Difference:
    left, right = _head(first, one), _head(second, other)
    ours, theirs = _relevant(left), _relevant(right)
    changes = [
        f"{key} {_text(ours.get(key))} → {_text(theirs.get(key))}"
        for key in dict.fromkeys([*ours, *theirs])
        if ours.get(key) != theirs.get(key)
        and (left.type == right.type or (key in ours and key in theirs))
    ]
    inputs = [s[-1:] for s in first.graph.input_shapes(left)]
    others = [s[-1:] for s in second.graph.input_shapes(right)]
    if inputs != others and len(inputs) == len(others) == 1 and inputs[0] and others[0]:
        changes.append(f"input channels {inputs[0][0]} → {others[0][0]}")
    if left.output_shape != right.output_shape:
        changes.append(f"output {_text(left.output_shape)} → {_text(right.output_shape)}")
    made = [first.graph.by_name[name].type for name in one.nodes]
    remade = [second.graph.by_name[name].type for name in other.nodes]
    if made != remade:
        changes.append(f"{' + '.join(made)} → {' + '.join(remade)}")
        if left.type != right.type:
            changes.insert(0, changes.pop())
    (p, m), (q, n) = _sum(first, one), _sum(second, other)
    if (p, m) != (q, n) and not changes:
        changes.append("its cost")
    change: Change = "changed" if changes else "same"
    block, stage = first.groups.block_of[left.name], first.groups.stage_of[left.name]
    what = ", ".join(changes) or left.type
    return Difference(
        change, left.name, right.name, block.label, stage.label, what, q - p, n - m, None
    )


def _alone(side: Side, unit: Group, change: Literal["added", "removed"]) -> Difference:
    head = _head(side, unit)
    params, macs = _sum(side, unit)
    sign = 1 if change == "added" else -1
    block, stage = side.groups.block_of[head.name], side.groups.stage_of[head.name]
    return Difference(
        change,
        None if change == "added" else head.name,
        head.name if change == "added" else None,
        block.label,
        stage.label,
        f"{head.type} to {_text(head.output_shape)}",
        sign * params,
        sign * macs,
        None,
    )


def _with_fields(first: Side, second: Side, found: Sequence[Difference]) -> tuple[Difference, ...]:
    ours, theirs = receptive_fields(first.graph), receptive_fields(second.graph)
    result = []
    for entry in found:
        if entry.first is not None and entry.second is not None:
            one, other = ours[entry.first], theirs[entry.second]
            if one.reach is other.reach is Reach.WINDOW:
                result.append(replace(entry, field=other.size[0] - one.size[0]))
                continue
        result.append(entry)
    return tuple(result)


def _text(value: object) -> str:
    if isinstance(value, list | tuple):
        return "×".join(map(str, value))
    return "none" if value is None else str(value)
