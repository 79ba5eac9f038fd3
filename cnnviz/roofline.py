"""Arithmetic intensity, and how fast a device can be at it at most (the roofline).

Source: S. Williams, A. Waterman and D. Patterson, "Roofline", CACM 52(4), 2009.

Conventions: the work is the multiply-adds, two FLOPs each. Each operation by itself reads its
inputs and weights once and writes its outputs once; what stays in a cache is not known.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod

from cnnviz.breakdown import BYTES, Breakdown, Dtype
from cnnviz.graph import LayerGraph, Shape
from cnnviz.requests import DevicePeak


@dataclass(frozen=True, slots=True)
class Spot:
    """A row of a breakdown on the plot.

    Attributes:
        row: Its index.
        flops: Work of the batch.
        traffic: Bytes that are read and written for it.
        achieved: FLOP a second in the measured pass; None where it was not measured so.
    """

    row: int
    flops: int
    traffic: int
    achieved: float | None

    @property
    def intensity(self) -> float:
        """FLOP a byte."""
        return self.flops / self.traffic


def traffic(graph: LayerGraph, name: str, batch: int = 1, dtype: Dtype = "float32") -> int:
    """Bytes that an operation reads and writes: inputs, weights, outputs."""
    node = graph.by_name[name]
    owner = graph.by_name[node.shares_weights_with] if node.shares_weights_with else node
    weights = sum(weight.size for weight in owner.weights)
    shapes: Sequence[Shape] = (*graph.input_shapes(node), *node.output_shapes)
    values = sum(prod(size or 1 for size in shape) for shape in shapes)
    return (values * batch + weights) * BYTES[dtype]


def spots(table: Breakdown, batch: int = 1, dtype: Dtype = "float32") -> tuple[Spot, ...]:
    """Every row that multiplies, in order.

    A pass is measured with one image in float32: for anything else nothing is achieved.
    """
    measured = batch == 1 and dtype == "float32"
    found = []
    for index, row in enumerate(table.rows):
        if not row.macs or row.not_counted:
            continue
        flops = 2 * row.macs * batch
        moved = sum(traffic(table.graph, name, batch, dtype) for name in row.nodes)
        achieved = flops / row.seconds if measured and row.seconds else None
        found.append(Spot(index, flops, moved, achieved))
    return tuple(found)


def attainable(intensity: float, peak: DevicePeak) -> float:
    """FLOP a second that the device can reach at an intensity, at most."""
    return min(peak.flops, intensity * peak.bandwidth)


def ridge(peak: DevicePeak) -> float:
    """FLOP a byte from which on the device computes as fast as it can, and memory can follow."""
    return peak.flops / peak.bandwidth
