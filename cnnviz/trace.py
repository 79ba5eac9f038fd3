"""The stored result of one forward pass: activations by node, within a byte budget.

What was not kept is recomputed, when asked for, from the nearest kept ancestors. No Keras here: how
to compute a node is a function that the trace is given.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cnnviz.graph import LayerGraph, Node
from cnnviz.kinds import Kind, kind_of
from cnnviz.requests import Activation, ActivationStats, Preview

Array = NDArray[Any]
Outputs = tuple[Array, ...]
"""What a node returns, with the batch axis; nearly always one array."""

ComputeNode = Callable[[str, Sequence[Array]], Outputs]
"""Computes a node, by name, from the arrays that it reads."""

WORTH_KEEPING = (
    Kind.CONVOLUTION,
    Kind.DEPTHWISE,
    Kind.DENSE,
    Kind.POOLING,
    Kind.MERGE,
)
"""Costly to compute, or joining branches: with these kept, the rest is one or two steps away."""

PREVIEW_VALUES = 1 << 18
"""Activations with more values are preceded by a preview, which has no more than these."""

_BLOCK = 1 << 16
_ONES = np.ones(_BLOCK, np.float32)


def plan_kept(graph: LayerGraph, sizes: Mapping[str, int], budget_bytes: int) -> frozenset[str]:
    """Choose which activations to keep.

    Everything, when it fits. Else the model's inputs and outputs (whatever the budget), then what
    is worth keeping, then the rest, smaller ones first: the large ones stand near the input, from
    where they are recomputed soon.

    Args:
        graph: The model.
        sizes: Bytes of each node's outputs.
        budget_bytes: How much may be kept.
    """
    always = {node.name for node in graph.inputs} | {source.node for source in graph.outputs}

    def rank(node: Node) -> tuple[bool, bool, int]:
        return (
            node.name not in always,
            kind_of(node) not in WORTH_KEEPING,
            sizes[node.name],
        )

    kept: set[str] = set()
    left = budget_bytes
    for node in sorted(graph.nodes, key=rank):
        if node.name in always or sizes[node.name] <= left:
            kept.add(node.name)
            left -= sizes[node.name]
    return frozenset(kept)


class Trace:
    """Activations of one forward pass.

    Args:
        graph: The model.
        compute: How to compute a node.
        keep: Names of the nodes whose activations stay.

    Attributes:
        recomputed: How many nodes were computed again so far, to answer `outputs`.
    """

    def __init__(
        self, graph: LayerGraph, compute: ComputeNode, keep: Collection[str] | None = None
    ) -> None:
        self.recomputed = 0
        self._graph = graph
        self._compute = compute
        self._keep = keep if keep is not None else graph.by_name.keys()
        self._kept: dict[str, Outputs] = {}
        self._buffers: dict[int, int] = {}
        self._done: set[str] = set()

    def __contains__(self, name: str) -> bool:
        """Whether a node's activation can be had."""
        return name in self._done

    @property
    def nbytes(self) -> int:
        """Bytes kept; arrays that share their memory are counted once."""
        return sum(self._buffers.values())

    def is_kept(self, name: str) -> bool:
        """Whether a node's activation is here without recomputing."""
        return name in self._kept

    def add(self, name: str, outputs: Outputs) -> None:
        """Take in what a node returned.

        An array that shares its memory with a kept one (a dropout, a flatten) costs nothing and is
        kept too.
        """
        self._done.add(name)
        addresses = [array.__array_interface__["data"][0] for array in outputs]
        if name in self._keep or all(address in self._buffers for address in addresses):
            self._kept[name] = outputs
            for address, array in zip(addresses, outputs, strict=True):
                self._buffers[address] = max(array.nbytes, self._buffers.get(address, 0))

    def skip(self, name: str) -> None:
        """Take note that a node was computed whose activation was thrown away."""
        self._done.add(name)

    def outputs(self, name: str) -> Outputs:
        """A node's activation, recomputed if it was not kept.

        Raises:
            KeyError: The pass has not come to this node.
        """
        if name not in self._done:
            raise KeyError(name)
        if name in self._kept:
            return self._kept[name]
        values: dict[str, Outputs] = {}
        for missing in self.to_recompute(name):
            node = self._graph.by_name[missing]
            inputs = [
                (self._kept.get(source.node) or values[source.node])[source.output]
                for source in node.sources
            ]
            values[missing] = self._compute(missing, inputs)
            self.recomputed += 1
        return values[name]

    def to_recompute(self, name: str) -> list[str]:
        """The nodes to compute, in order, to have this one: none when it was kept."""
        needed: set[str] = set()
        waiting = [name]
        while waiting:
            current = waiting.pop()
            if current not in needed and current not in self._kept:
                needed.add(current)
                waiting += self._graph.by_name[current].inputs
        return sorted(needed, key=self._graph.index.__getitem__)


def activation_of(name: str, outputs: Outputs) -> Activation:
    """What a node made of the image, without the batch axis, and its statistics."""
    first = outputs[0]
    values = np.asarray(first[0] if first.ndim else first, np.float32)
    return Activation(name, values, statistics(values))


def preview_of(name: str, outputs: Outputs) -> Preview | None:
    """What maps look like, from every so-many-th row and column; None where they are small."""
    first = outputs[0]
    step = math.isqrt(max(0, first.size - 1) // PREVIEW_VALUES) + 1
    if first.ndim != 4 or step == 1:
        return None
    return Preview(name, np.ascontiguousarray(first[0, ::step, ::step], np.float32))


def statistics(values: Array) -> ActivationStats:
    """Describe an activation. NaN and infinite cells are counted and left out of the rest.

    Args:
        values: Any shape; what is not float32 is converted.
    """
    flat = np.asarray(values, np.float32).ravel()
    if flat.size == 0:
        return ActivationStats(0.0, 0.0, 0.0, 0.0, 0.0)
    low, high = np.inf, -np.inf
    total = squares = 0.0
    zeros = 0
    # Block by block, so that a block is read from memory once; about 0.7 ns a value.
    is_zero = np.empty(_BLOCK, np.bool_)
    with np.errstate(all="ignore"):  # what is not finite is found below
        for start in range(0, flat.size, _BLOCK):
            block = flat[start : start + _BLOCK]
            low = min(low, float(np.minimum.reduce(block)))
            high = max(high, float(np.maximum.reduce(block)))
            total += float(np.dot(block, _ONES[: block.size]))
            squares += float(np.dot(block, block))
            zeros += int(np.count_nonzero(np.equal(block, 0, out=is_zero[: block.size])))
    if not np.isfinite(low + high + total + squares):
        return _careful_statistics(flat)
    mean = total / flat.size
    variance = squares / flat.size - mean * mean
    if variance < 0.05 * mean * mean:  # the difference has lost its digits
        variance = float(np.var(flat, dtype=np.float64))
    return ActivationStats(low, high, mean, float(np.sqrt(variance)), zeros / flat.size)


def _careful_statistics(flat: NDArray[np.float32]) -> ActivationStats:
    """In double precision, without the cells that are not finite."""
    finite = flat[np.isfinite(flat)].astype(np.float64)
    not_finite = flat.size - finite.size
    if finite.size == 0:
        nan = float("nan")
        return ActivationStats(nan, nan, nan, nan, 0.0, not_finite)
    return ActivationStats(
        float(finite.min()),
        float(finite.max()),
        float(finite.mean()),
        float(finite.std()),
        float(np.count_nonzero(finite == 0) / flat.size),
        not_finite,
    )
