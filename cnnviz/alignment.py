"""Two models aligned block by block and stage by stage, from the alignment of their units."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import log2

from cnnviz.compare import Change, Difference, Side, diff, longest_way
from cnnviz.graph import LayerGraph, Shape
from cnnviz.kinds import Kind, kind_of
from cnnviz.receptive_field import Field, Reach, receptive_fields


@dataclass(frozen=True, slots=True)
class BlockDifference:
    """Two blocks that stand for each other, or one that has no partner.

    Attributes:
        change: "same" where no unit of the two differs.
        first: Label of the first model's block, or of its units that are here; or None.
        second: The same of the second model.
        stage: Label of the stage: the first model's, or the second's where it was added.
        shapes: What the last unit of either hands on; None for the one that is not there.
        params: Of the second's units here, less those of the first's.
        macs: Of the second's units here, less those of the first's.
        fields: Rows of what the last operation of either sees; None where it is no window.
        units: The units, in order.
    """

    change: Change
    first: str | None
    second: str | None
    stage: str
    shapes: tuple[Shape | None, Shape | None]
    params: int
    macs: int
    fields: tuple[int | None, int | None]
    units: tuple[Difference, ...]

    @property
    def field(self) -> int | None:
        """Rows of the second's window, less those of the first's; None where either has none."""
        one, other = self.fields
        return other - one if one is not None and other is not None else None


@dataclass(frozen=True, slots=True)
class StagePair:
    """Two stages at about the same depth of resolution.

    Attributes:
        labels: The blocks that they end with.
        nodes: The last operation of each.
        shapes: What they hand on.
    """

    labels: tuple[str, str]
    nodes: tuple[str, str]
    shapes: tuple[Shape, Shape]


@dataclass(frozen=True)
class ModelDiff:
    """Everything of the comparison of two models.

    Attributes:
        graphs: Their layer graphs.
        blocks: Their blocks, aligned; every unit of both stands in one of them, once.
        stages: Their stages, aligned; a stage without a partner is left out.
        partners: Which operation of the second stands for one of the first.
        heads: Of either: the operation that the unit of each operation is named after.
    """

    graphs: tuple[LayerGraph, LayerGraph]
    blocks: tuple[BlockDifference, ...]
    stages: tuple[StagePair, ...]
    partners: Mapping[str, str]
    heads: tuple[Mapping[str, str], Mapping[str, str]]

    @property
    def units(self) -> tuple[Difference, ...]:
        """All units, by block."""
        return tuple(unit for block in self.blocks for unit in block.units)


def model_diff(first: Side, second: Side) -> ModelDiff:
    """Align two models by stage, block and unit."""
    found = diff(first, second)
    return ModelDiff(
        (first.graph, second.graph),
        block_differences(first, second, found),
        stage_pairs(first, second),
        partners(found, first, second),
        (
            _heads(first, [unit.first for unit in found if unit.first is not None]),
            _heads(second, [unit.second for unit in found if unit.second is not None]),
        ),
    )


def _heads(side: Side, heads: Sequence[str]) -> Mapping[str, str]:
    return {name: head for head in heads for name in side.groups.unit_of[head].nodes}


def block_differences(
    first: Side, second: Side, found: Sequence[Difference]
) -> tuple[BlockDifference, ...]:
    """Gather units into blocks.

    Two blocks stand for each other where units of them do. A unit without a partner stands with the
    block that it belongs to, and with what that block's other units have as partners.

    Args:
        first: The one model.
        second: The other one.
        found: Their units, as `cnnviz.compare.diff` aligned them.
    """
    ours, theirs = _homes(first), _homes(second)
    pairs = [
        (ours[d.first] if d.first is not None else None, theirs[d.second] if d.second else None)
        for d in found
    ]
    joined = [pair for pair in pairs if None not in pair]
    rows: dict[tuple[str | None, str | None], list[Difference]] = {}
    for place, (difference, pair) in enumerate(zip(found, pairs, strict=True)):
        rows.setdefault(_row_of(pair, pairs[:place], joined), []).append(difference)
    fields = receptive_fields(first.graph), receptive_fields(second.graph)
    return tuple(_block(first, second, pair, units, fields) for pair, units in rows.items())


_Pair = tuple[str | None, str | None]


def _row_of(pair: _Pair, before: Sequence[_Pair], joined: Sequence[_Pair]) -> _Pair:
    """The row of a unit: that of its own pair of blocks, or of its block's nearest pair."""
    side = 0 if pair[0] is not None else 1
    if None not in pair:
        return pair
    mine = [other for other in joined if other[side] == pair[side]]
    if not mine:
        return pair
    earlier = [other for other in before if other in mine]
    return earlier[-1] if earlier else mine[0]


def _homes(side: Side) -> Mapping[str, str]:
    return {name: block.label for name, block in side.groups.block_of.items()}


def _block(
    first: Side,
    second: Side,
    pair: _Pair,
    units: Sequence[Difference],
    fields: tuple[Mapping[str, Field], Mapping[str, Field]],
) -> BlockDifference:
    changes = {unit.change for unit in units}
    change: Change = changes.pop() if len(changes) == 1 else "changed"
    mine = _part(first, pair[0], [unit.first for unit in units if unit.first is not None])
    other = _part(second, pair[1], [unit.second for unit in units if unit.second is not None])
    side, part = (first, mine) if mine is not None else (second, other)
    assert part is not None
    return BlockDifference(
        change=change,
        first=mine.label if mine is not None else None,
        second=other.label if other is not None else None,
        stage=side.groups.stage_of[part.last].label,
        shapes=(
            first.graph.by_name[mine.last].output_shape if mine is not None else None,
            second.graph.by_name[other.last].output_shape if other is not None else None,
        ),
        params=sum(unit.params for unit in units),
        macs=sum(unit.macs for unit in units),
        fields=(
            _rows(fields[0][mine.last]) if mine is not None else None,
            _rows(fields[1][other.last]) if other is not None else None,
        ),
        units=tuple(units),
    )


@dataclass(frozen=True, slots=True)
class _Part:
    """One side of a row: what to call it, and its last operation."""

    label: str
    last: str


def _part(side: Side, block: str | None, heads: Sequence[str]) -> _Part | None:
    """A block, or where not all of its units are here, the first and the last of them."""
    if block is None or not heads:
        return None
    units = [side.groups.unit_of[head] for head in heads]
    last = units[-1].nodes[-1]
    whole = {side.groups.unit_of[name].label for name in side.groups.block_of[last].nodes}
    if whole == {unit.label for unit in units}:
        return _Part(block, last)
    ends = dict.fromkeys((units[0].label, units[-1].label))
    return _Part(" … ".join(ends), last)


def _rows(field: Field) -> int | None:
    return int(field.size[0]) if field.reach is Reach.WINDOW else None


def stage_pairs(first: Side, second: Side) -> tuple[StagePair, ...]:
    """Align the resolutions that two models go through, by how coarse they are.

    A stage stands here for what lies at one resolution on the longest way through the model.
    """
    ours, theirs = _resolutions(first), _resolutions(second)
    heights = [side.graph.input_shape[0] or 1 for side in (first, second)]

    def likeness(i: int, j: int) -> float:
        shapes = [
            side.graph.by_name[name].output_shape
            for side, name in ((first, ours[i]), (second, theirs[j]))
        ]
        a, b = (
            log2(height / (shape[0] or 1)) for height, shape in zip(heights, shapes, strict=True)
        )
        return max(0.0, 1.0 - abs(a - b))

    table = [[0.0] * (len(theirs) + 1) for _ in range(len(ours) + 1)]
    for i in range(len(ours) - 1, -1, -1):
        for j in range(len(theirs) - 1, -1, -1):
            together = likeness(i, j) + table[i + 1][j + 1]
            table[i][j] = max(together, table[i + 1][j], table[i][j + 1])
    pairs = []
    i = j = 0
    while i < len(ours) and j < len(theirs):
        match = likeness(i, j)
        if match and table[i][j] == match + table[i + 1][j + 1]:
            pairs.append(_stage_pair(first, second, ours[i], theirs[j]))
            i, j = i + 1, j + 1
        elif table[i][j] == table[i + 1][j]:
            i += 1
        else:
            j += 1
    return tuple(pairs)


def _stage_pair(first: Side, second: Side, one: str, other: str) -> StagePair:
    return StagePair(
        (first.groups.block_of[one].label, second.groups.block_of[other].label),
        (one, other),
        (first.graph.by_name[one].output_shape, second.graph.by_name[other].output_shape),
    )


def _resolutions(side: Side) -> list[str]:
    """The last operation at each height of maps that is inside no branch."""
    graph = side.graph
    on_the_way = set(longest_way(graph))
    last: dict[int, str] = {}
    worked: set[int] = set()
    for name in cut_nodes(graph):
        node = graph.by_name[name]
        if name in on_the_way and len(node.output_shape) == 3 and node.output_shape[0]:
            rows = node.output_shape[0]
            last[rows] = name
            if kind_of(node) not in (Kind.INPUT, Kind.RESHAPE):
                worked.add(rows)
    return [name for rows, name in last.items() if rows in worked]


def cut_nodes(graph: LayerGraph) -> tuple[str, ...]:
    """The operations that every way from the input to the first output leads through, in order."""
    needed = {graph.outputs[0].node}
    for node in reversed(graph.nodes):
        if node.name in needed:
            needed.update(node.inputs)
    last_read = {
        source: i for i, node in enumerate(graph.nodes) if node.name in needed
        for source in node.inputs
    }  # fmt: skip
    cuts, reach = [], 0
    for i, node in enumerate(graph.nodes):
        if node.name in needed:
            if reach <= i:
                cuts.append(node.name)
            reach = max(reach, last_read.get(node.name, i))
    return tuple(cuts)


def partners(units: Sequence[Difference], first: Side, second: Side) -> Mapping[str, str]:
    """Which operation of the second model stands for each of the first.

    Within two units that are partners, so are the operations that they are named after, and others
    by type and order.
    """
    found: dict[str, str] = {}
    for unit in units:
        if unit.first is None or unit.second is None:
            continue
        found[unit.first] = unit.second
        rest = [
            second.graph.by_name[name]
            for name in second.groups.unit_of[unit.second].nodes
            if name != unit.second
        ]
        for name in first.groups.unit_of[unit.first].nodes:
            if name == unit.first:
                continue
            kind = first.graph.by_name[name].type
            match = next((node for node in rest if node.type == kind), None)
            if match is not None:
                rest.remove(match)
                found[name] = match.name
    return found
