"""Where a model's cost goes: by operation, unit, block or stage, for a batch and a number format.

Conventions beside those of `cnnviz.costs`:

- Nothing is computed in place and no two tensors share memory, as if every operation wrote a new
  one. Frameworks do better now and then, and need scratch memory besides.
- At inference a tensor lives from the operation that makes it to the last one that reads it; inputs
  live from the start, outputs to the end. In training all of them are kept for the way back.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate
from math import prod
from types import MappingProxyType
from typing import Literal

from cnnviz.costs import GraphCosts, graph_costs
from cnnviz.errors import UserError
from cnnviz.graph import LayerGraph, Shape
from cnnviz.grouping import Group, Grouping, group
from cnnviz.kinds import Kind, kind_of

Level = Literal["operation", "unit", "block", "stage"]
LEVELS: tuple[Level, ...] = ("operation", "unit", "block", "stage")

Dtype = Literal["float32", "float16", "int8"]
BYTES: Mapping[Dtype, int] = MappingProxyType({"float32": 4, "float16": 2, "int8": 1})
"""Bytes of one value by number format."""

Measure = Literal["params", "macs", "activations", "seconds"]
MEASURES: tuple[Measure, ...] = ("activations", "params", "macs", "seconds")


@dataclass(frozen=True, slots=True)
class Row:
    """One operation or group of them, for a single image.

    Attributes:
        label: What to call it; unique among its level.
        nodes: Names of its operations.
        kind: Of the operation with most parameters; failing these, most MACs, or most other work.
        detail: Type of an operation; how many operations a group has.
        output_shape: What it hands on.
        params: Parameters that it owns.
        macs: Multiply-adds.
        activations: Values of all its outputs.
        seconds: Measured in the last pass; None where it was not.
        not_counted: Names of its operations whose MACs are not known, so that `macs` is a bound.
    """

    label: str
    nodes: tuple[str, ...]
    kind: Kind
    detail: str
    output_shape: Shape
    params: int
    macs: int
    activations: int
    seconds: float | None
    not_counted: tuple[str, ...]

    def value(self, measure: Measure) -> float | None:
        """One of its numbers by name."""
        value: float | None = getattr(self, measure)
        return value


@dataclass(frozen=True)
class Peak:
    """The moment of inference at which most is in memory.

    Attributes:
        node: The operation that is being computed.
        values: How many values all live tensors have together, for one image.
        live: Names of the operations whose outputs are live, in order; the node's own is last.
    """

    node: str
    values: int
    live: tuple[str, ...]


@dataclass(frozen=True)
class Breakdown:
    """A model's costs at one level."""

    graph: LayerGraph
    costs: GraphCosts
    groups: Grouping
    level: Level
    rows: tuple[Row, ...]

    def total(self, measure: Measure) -> float | None:
        """Sum over all rows; None where no row knows it."""
        known = [value for row in self.rows if (value := row.value(measure)) is not None]
        return sum(known) if known else None

    def cumulative(self, measure: Measure) -> tuple[float, ...]:
        """Share of the total that the rows up to each one hold; zeros where there is nothing."""
        total = self.total(measure) or 1
        return tuple(s / total for s in accumulate(row.value(measure) or 0 for row in self.rows))

    @cached_property
    def peak(self) -> Peak:
        """The fullest moment of inference."""
        return peak_memory(self.graph)


def breakdown(
    graph: LayerGraph,
    level: Level = "block",
    *,
    costs: GraphCosts | None = None,
    groups: Grouping | None = None,
    seconds: Mapping[str, float] | None = None,
) -> Breakdown:
    """Add up what operations cost.

    Args:
        graph: The model.
        level: What a row is.
        costs: Of the graph, where the caller has them.
        groups: Of the graph, where the caller has them.
        seconds: Measured time by node.

    Raises:
        UserError: A size is not known, because the model leaves its input size open.
    """
    costs = costs or graph_costs(graph)
    groups = groups or group(graph)
    times = seconds or {}
    members: Sequence[tuple[str, tuple[str, ...], Shape]]
    if level == "operation":
        members = [(node.name, (node.name,), node.output_shape) for node in graph.nodes]
    else:
        chosen: Mapping[Level, tuple[Group, ...]] = {
            "unit": groups.units,
            "block": groups.blocks,
            "stage": groups.stages,
        }
        members = [(g.label, g.nodes, g.output_shape) for g in chosen[level]]
    rows = tuple(_row(graph, costs, times, *member) for member in members)
    return Breakdown(graph, costs, groups, level, rows)


def _row(
    graph: LayerGraph,
    costs: GraphCosts,
    times: Mapping[str, float],
    label: str,
    names: tuple[str, ...],
    shape: Shape,
) -> Row:
    members = [costs.by_name[name] for name in names]
    leading = max(members, key=lambda cost: (cost.params, cost.macs, cost.other_ops or 0))
    measured = [times[name] for name in names if name in times]
    return Row(
        label=label,
        nodes=names,
        kind=kind_of(graph.by_name[leading.node]),
        detail=graph.by_name[names[0]].type if len(names) == 1 else f"{len(names)} operations",
        output_shape=shape,
        params=sum(cost.params for cost in members),
        macs=sum(cost.macs for cost in members),
        activations=sum(_values(graph, name) for name in names),
        seconds=sum(measured) if measured else None,
        not_counted=tuple(cost.node for cost in members if cost.not_counted is not None),
    )


def _values(graph: LayerGraph, name: str) -> int:
    return sum(_count(shape) for shape in graph.by_name[name].output_shapes)


def _count(shape: Shape) -> int:
    return prod(size for size in shape if size is not None)


def peak_memory(graph: LayerGraph) -> Peak:
    """Find the fullest moment of inference, operations being done in the order of the graph.

    Raises:
        UserError: A size is not known.
    """
    graph.require_sizes()
    last_read: dict[tuple[str, int], int] = {}
    for i, node in enumerate(graph.nodes):
        for source in node.sources:
            last_read[source.node, source.output] = i
    end = len(graph.nodes) - 1
    for returned in graph.outputs:
        last_read[returned.node, returned.output] = end
    changes = [0] * (len(graph.nodes) + 1)
    for i, node in enumerate(graph.nodes):
        born = 0 if node.type == "InputLayer" else i
        for output, shape in enumerate(node.output_shapes):
            # What nobody reads is made all the same, and dropped at once.
            changes[born] += _count(shape)
            changes[max(last_read.get((node.name, output), i), i) + 1] -= _count(shape)
    held = list(accumulate(changes[:-1]))
    top = max(range(len(held)), key=held.__getitem__)

    def lives(i: int, name: str, output: int) -> bool:
        born = 0 if graph.nodes[i].type == "InputLayer" else i
        return born <= top <= max(last_read.get((name, output), i), i)

    live = [
        node.name
        for i, node in enumerate(graph.nodes)
        if any(lives(i, node.name, output) for output in range(len(node.output_shapes)))
    ]
    return Peak(graph.nodes[top].name, held[top], tuple(live))


@dataclass(frozen=True, slots=True)
class Fit:
    """What a run needs, in bytes: at the least, since kernels take scratch memory besides.

    Attributes:
        weights: All variables.
        training: Gradients and the two moments of Adam; 0 at inference.
        per_image: Activations of one image.
        batch: How many images.
    """

    weights: int
    training: int
    per_image: int
    batch: int

    @property
    def total(self) -> int:
        """All of it."""
        return self.weights + self.training + self.per_image * self.batch

    def largest_batch(self, memory: int) -> int:
        """How many images fit into so many bytes; 0 where not even one does."""
        return max(0, (memory - self.weights - self.training) // self.per_image)


def needed(
    costs: GraphCosts, peak: Peak, batch: int, dtype: Dtype, *, training: bool = False
) -> Fit:
    """What a run needs in memory.

    Training in float16 means mixed precision, as Keras does it: variables, gradients and moments
    stay float32, activations are float16.

    Raises:
        UserError: The batch is empty, or training is asked for in a format that cannot train.
    """
    if batch < 1:
        raise UserError(f"A batch has one image or more, not {batch}.")
    if not training:
        return Fit(costs.params * BYTES[dtype], 0, peak.values * BYTES[dtype], batch)
    if dtype == "int8":
        raise UserError("int8 is for inference: train in float32 or float16.")
    kept = costs.activation_bytes // BYTES["float32"] * BYTES[dtype]
    return Fit(costs.params * 4, costs.trainable_params * (4 + 8), kept, batch)


def summary(table: Breakdown) -> tuple[str, ...]:
    """What stands out in this model's own shares, one sentence each."""
    costs, graph = table.costs, table.graph
    nodes = [node for node in graph.nodes if node.type != "InputLayer"]
    if not nodes:
        return ()
    third = max(1, len(nodes) // 3)
    names = [node.name for node in nodes]
    activations = {node.name: _values(graph, node.name) for node in nodes}
    params = {name: costs.by_name[name].params for name in names}
    macs = {name: costs.by_name[name].macs for name in names}
    said = []
    if sum(activations.values()):
        early = _share(activations, names[:third])
        said.append(
            f"Memory: the first third of the {len(nodes):,} operations, up to "
            f"{names[third - 1]}, makes {early:.0%} of the activations; the last third makes "
            f"{_share(activations, names[-third:]):.0%}."
        )
    if costs.params:
        heaviest = max(names, key=params.__getitem__)
        dense = [name for name in names if kind_of(graph.by_name[name]) is Kind.DENSE]
        said.append(
            f"Parameters: the last third holds {_share(params, names[-third:]):.0%}, the first "
            f"{_share(params, names[:third]):.0%}. Dense layers hold {_share(params, dense):.0%}; "
            f"{heaviest} alone has {params[heaviest]:,} ({_share(params, [heaviest]):.0%})."
        )
    if costs.macs:
        convolutions = [
            name
            for name in names
            if kind_of(graph.by_name[name]) in (Kind.CONVOLUTION, Kind.DEPTHWISE)
        ]
        busiest = max(names, key=macs.__getitem__)
        said.append(
            f"MACs: convolutions do {_share(macs, convolutions):.0%} of them; {busiest} alone does "
            f"{_share(macs, [busiest]):.0%}."
        )
    return tuple(said)


def _share(values: Mapping[str, int], names: Sequence[str]) -> float:
    return sum(values[name] for name in names) / sum(values.values())
