"""What can be said of a model without running it, small enough to hold many against each other."""

from __future__ import annotations

from dataclasses import dataclass

from cnnviz.breakdown import breakdown, peak_memory
from cnnviz.compare import Side, longest_way, longest_ways
from cnnviz.graph import Shape
from cnnviz.kinds import Kind, kind_of
from cnnviz.receptive_field import Reach, receptive_fields
from cnnviz.requests import OpenModel


@dataclass(frozen=True, slots=True)
class StageCost:
    """What a stage costs, for one image.

    Attributes:
        label: What to call it.
        output_shape: What it hands on.
        params: Parameters that it owns.
        macs: Multiply-adds.
        activation_bytes: All its outputs, as float32.
    """

    label: str
    output_shape: Shape
    params: int
    macs: int
    activation_bytes: int


@dataclass(frozen=True, slots=True)
class DepthPoint:
    """Where the longest way through a model has come to.

    Attributes:
        depth: Layers with weights so far.
        node: The last operation at this depth, or the last that sees a window.
        field: Rows of what one position sees; None where it sees everything, or nobody knows.
        rows: Rows of the output; None where it has none.
        everything: Whether a position sees the whole input.
    """

    depth: int
    node: str
    field: int | None
    rows: int | None
    everything: bool


@dataclass(frozen=True)
class ModelProfile:
    """The totals of a model, its stages, and how it goes on along the depth.

    Attributes:
        request: What was asked for.
        id: Catalog id, or the file's stem.
        name: What to show.
        input_shape: Of the first input.
        params: Parameters, trainable or not.
        trainable_params: Those that training changes.
        macs: Multiply-adds; a lower bound where some are not counted.
        not_counted: Names of operations whose multiply-adds are not known.
        activation_bytes: All outputs for one image, as float32.
        peak_bytes: The most that is in memory at once, as float32.
        depth: Layers with weights on the longest way from input to output.
        nodes: How many operations there are.
        stages: In order.
        points: Along the longest way, one a depth.
    """

    request: OpenModel
    id: str
    name: str
    input_shape: Shape
    params: int
    trainable_params: int
    macs: int
    not_counted: tuple[str, ...]
    activation_bytes: int
    peak_bytes: int
    depth: int
    nodes: int
    stages: tuple[StageCost, ...]
    points: tuple[DepthPoint, ...]


def profile(side: Side, request: OpenModel) -> ModelProfile:
    """Work out the profile of a model.

    Args:
        side: The model.
        request: How it was opened.

    Raises:
        UserError: A size is not known, because the model leaves its input size open.
    """
    costs, graph = side.costs, side.graph
    stages = breakdown(graph, "stage", costs=costs, groups=side.groups)
    return ModelProfile(
        request=request,
        id=side.id,
        name=side.name,
        input_shape=graph.input_shape,
        params=costs.params,
        trainable_params=costs.trainable_params,
        macs=costs.macs,
        not_counted=tuple(costs.not_counted),
        activation_bytes=costs.activation_bytes,
        peak_bytes=peak_memory(graph).values * 4,
        depth=side.depth,
        nodes=len(graph.nodes),
        stages=tuple(
            StageCost(row.label, row.output_shape, row.params, row.macs, row.activations * 4)
            for row in stages.rows
        ),
        points=depth_points(side),
    )


def depth_points(side: Side) -> tuple[DepthPoint, ...]:
    """Follow the longest way from the input to the first output.

    The receptive field of an operation takes in what all branches before it see, so that along one
    way it never shrinks.
    """
    graph = side.graph
    longest = longest_ways(graph)
    fields = receptive_fields(graph)
    points: dict[int, DepthPoint] = {}
    for name in longest_way(graph):
        shape, field = graph.by_name[name].output_shape, fields[name]
        point = DepthPoint(
            depth=longest[name],
            node=name,
            field=int(field.size[0]) if field.reach is Reach.WINDOW else None,
            rows=shape[0] if len(shape) > 1 else None,
            everything=field.reach is Reach.GLOBAL,
        )
        before = points.get(point.depth)
        # What pads, flattens or averages maps does not hide them.
        pads = kind_of(graph.by_name[name]) is Kind.RESHAPE
        if before is None or before.field is None or (point.field is not None and not pads):
            points[point.depth] = point
    return tuple(points.values())
