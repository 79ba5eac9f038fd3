"""Counting multiply-adds by doing them, one at a time: the slow and plain check of `costs`.

A layer is computed with loops that know nothing of its cost formula; every multiply-add is counted
as it is done. Windows count in full where they lie over padding, so padding is filled in first.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from math import ceil
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cnnviz.costs import graph_costs
from cnnviz.graph import LayerGraph, Node, Shape, Source

Doubles = NDArray[np.float64]
Weights = Mapping[str, NDArray[Any]]


@dataclass(frozen=True)
class Counted:
    """What the loops made and did.

    Attributes:
        values: The layer's output before its activation function, without the batch axis.
        macs: Multiply-adds that were done; those with the bias are none.
    """

    values: Doubles
    macs: int


def can_count(node: Node) -> bool:
    """Whether `count` knows the layer."""
    first = node.settings.get("data_format") == "channels_first"
    return node.known and node.type in _LOOPS and not first


def count(node: Node, image: NDArray[Any], weights: Weights) -> Counted:
    """Compute a layer with loops, channels last.

    Args:
        node: Its settings.
        image: Shape (..., C), without the batch axis.
        weights: By role, as Keras shapes them.

    Raises:
        KeyError: The layer is none of those that `can_count` says yes to.
    """
    values, macs = _LOOPS[node.type](node.settings, np.asarray(image, np.float64), weights)
    if "bias" in weights:
        values = values + weights["bias"]
    return Counted(values, macs)


_Result = tuple[Doubles, int]


def _window(settings: Mapping[str, Any], image: Doubles) -> tuple[Doubles, tuple[int, ...]]:
    """The padded image, and how many windows fit along each axis."""
    size, strides = settings["kernel_size"], settings["strides"]
    dilation = settings.get("dilation_rate", (1,) * len(size))
    padding, windows = [], []
    for n, k, s, d in zip(image.shape, size, strides, dilation, strict=False):
        extent = d * (k - 1) + 1
        before = after = 0
        if settings["padding"] == "same":
            lacking = max((ceil(n / s) - 1) * s + extent - n, 0)
            before, after = lacking // 2, lacking - lacking // 2
        elif settings["padding"] == "causal":
            before = extent - 1
        padding.append((before, after))
        windows.append((n + before + after - extent) // s + 1)
    return np.pad(image, [*padding, (0, 0)]), tuple(windows)


def _cell(
    position: Sequence[int], tap: Sequence[int], settings: Mapping[str, Any]
) -> tuple[int, ...]:
    dilation = settings.get("dilation_rate", (1,) * len(tap))
    return tuple(
        p * s + t * d
        for p, s, t, d in zip(position, settings["strides"], tap, dilation, strict=True)
    )


def _convolution(settings: Mapping[str, Any], image: Doubles, weights: Weights) -> _Result:
    kernel = weights["kernel"]
    *size, depth, filters = kernel.shape
    padded, windows = _window(settings, image)
    a_group = filters // settings.get("groups", 1)
    values, macs = np.zeros((*windows, filters)), 0
    for position in np.ndindex(windows):
        for f in range(filters):
            for tap in np.ndindex(*size):
                for c in range(depth):
                    seen = padded[(*_cell(position, tap, settings), f // a_group * depth + c)]
                    values[(*position, f)] += seen * kernel[(*tap, c, f)]
                    macs += 1
    return values, macs


def _depthwise(settings: Mapping[str, Any], image: Doubles, weights: Weights) -> _Result:
    kernel = weights.get("kernel", weights.get("depthwise_kernel"))
    assert kernel is not None
    *size, channels, times = kernel.shape
    padded, windows = _window(settings, image)
    values, macs = np.zeros((*windows, channels * times)), 0
    for position in np.ndindex(windows):
        for c in range(channels):
            for m in range(times):
                for tap in np.ndindex(*size):
                    seen = padded[(*_cell(position, tap, settings), c)]
                    values[(*position, c * times + m)] += seen * kernel[(*tap, c, m)]
                    macs += 1
    return values, macs


def _separable(settings: Mapping[str, Any], image: Doubles, weights: Weights) -> _Result:
    between, first = _depthwise(settings, image, {"kernel": weights["depthwise_kernel"]})
    pointwise = weights["pointwise_kernel"]
    values, second = _dense({}, between, {"kernel": pointwise.reshape(pointwise.shape[-2:])})
    return values, first + second


def _transposed(settings: Mapping[str, Any], image: Doubles, weights: Weights) -> _Result:
    """Spread every input value over a window of every filter, then cut the border off."""
    kernel = weights["kernel"]
    *size, filters, channels = kernel.shape
    strides, positions = settings["strides"], image.shape[:-1]
    full = [(n - 1) * s + max(k, s) for n, k, s in zip(positions, size, strides, strict=True)]
    values, macs = np.zeros((*full, filters)), 0
    for position in np.ndindex(positions):
        for c in range(channels):
            for tap in np.ndindex(*size):
                at = tuple(p * s + t for p, s, t in zip(position, strides, tap, strict=True))
                for f in range(filters):
                    values[(*at, f)] += image[(*position, c)] * kernel[(*tap, f, c)]
                    macs += 1
    if settings["padding"] == "same":
        for axis, (n, k, s) in enumerate(zip(positions, size, strides, strict=True)):
            start = max(k - s, 0) // 2
            values = np.take(values, range(start, start + n * s), axis)
    return values, macs


def _dense(settings: Mapping[str, Any], image: Doubles, weights: Weights) -> _Result:
    kernel = weights["kernel"]
    values, macs = np.zeros((*image.shape[:-1], kernel.shape[1])), 0
    for position in np.ndindex(values.shape):
        for i in range(kernel.shape[0]):
            values[position] += image[(*position[:-1], i)] * kernel[i, position[-1]]
            macs += 1
    return values, macs


def _sparse(settings: Mapping[str, Any], image: Doubles, weights: Weights) -> _Result:
    """Each filter reads the channels of its row of the table; one kernel slice a connection."""
    kernel, connections = weights["kernel"], settings["connections"]
    size = kernel.shape[:-1]
    windows = tuple(n - k + 1 for n, k in zip(image.shape, size, strict=False))
    values, macs = np.zeros((*windows, len(connections))), 0
    for row, column in np.ndindex(windows):
        pair = 0
        for f, channels in enumerate(connections):
            for c in channels:
                for i, j in np.ndindex(*size):
                    values[row, column, f] += image[row + i, column + j, c] * kernel[i, j, pair]
                    macs += 1
                pair += 1
    return values, macs


def _radial(settings: Mapping[str, Any], image: Doubles, weights: Weights) -> _Result:
    """A difference, squared and added, for every input and unit."""
    kernel = weights["kernel"]
    values, macs = np.zeros(kernel.shape[1]), 0
    for i, unit in np.ndindex(*kernel.shape):
        values[unit] += (image[i] - kernel[i, unit]) ** 2
        macs += 1
    return values, macs


_LOOPS: Mapping[str, Callable[[Mapping[str, Any], Doubles, Weights], _Result]] = {
    "Conv1D": _convolution,
    "Conv2D": _convolution,
    "Conv3D": _convolution,
    "DepthwiseConv1D": _depthwise,
    "DepthwiseConv2D": _depthwise,
    "SeparableConv1D": _separable,
    "SeparableConv2D": _separable,
    "Conv1DTranspose": _transposed,
    "Conv2DTranspose": _transposed,
    "Conv3DTranspose": _transposed,
    "Dense": _dense,
    "SparseConnectionConv2D": _sparse,
    "RBF": _radial,
}


@dataclass(frozen=True, slots=True)
class Copy:
    """A scaled-down copy of a layer, counted by hand and by formula.

    Attributes:
        input_shape: What the copy reads.
        output_shape: What it makes.
        by_loops: Multiply-adds that the loops did.
        by_formula: What `costs` says of the copy.
    """

    input_shape: tuple[int, ...]
    output_shape: tuple[int, ...]
    by_loops: int
    by_formula: int


def scaled_copy(graph: LayerGraph, node: Node) -> Copy | None:
    """Count a small copy of a layer: the same kernel, stride, padding and groups, few channels.

    Returns:
        None for a layer that the loops do not know, that has no smaller copy (those of the first
        LeNet), or whose weights are another node's.
    """
    if not can_count(node) or not node.weights or node.type in ("SparseConnectionConv2D", "RBF"):
        return None
    before = tuple(size or 1 for size in graph.input_shapes(node)[0])
    settings = dict(node.settings)
    channels, filters = before[-1], node.output_shape[-1] or 1
    groups = settings.get("groups", 1)
    few = groups * min(channels // groups, 2)
    made = groups * min(filters // groups, 2)
    if node.type == "Dense":
        few, made = min(channels, 7), min(filters, 5)
        small: tuple[int, ...] = tuple(min(n, 2) for n in before[:-1])
    else:
        dilation = settings.get("dilation_rate", (1,) * len(settings["kernel_size"]))
        small = tuple(
            min(n, d * (k - 1) + 1 + s)
            for n, k, s, d in zip(
                before, settings["kernel_size"], settings["strides"], dilation, strict=False
            )
        )
    weights = {weight.name: _scaled(node, weight, few, made) for weight in node.weights}
    shape = (*small, few)
    done = count(node, np.ones(shape), {k: v for k, v in weights.items() if k != "bias"})
    after: Shape = done.values.shape
    twin = replace(node, sources=(Source("input"),), output_shapes=(after,), weights=())
    source = Node("input", "InputLayer", (), (shape,))
    costs = graph_costs(LayerGraph("copy", (source, twin), (Source(node.name),)))
    return Copy(shape, done.values.shape, done.macs, costs.by_name[node.name].macs)


def _scaled(node: Node, weight: Any, channels: int, filters: int) -> Doubles:
    """Ones in the shape that a variable has in the copy."""
    size = weight.shape[:-2]
    if weight.name == "bias":
        return np.ones(filters)
    if "Depthwise" in node.type or weight.name == "depthwise_kernel":
        return np.ones((*size, channels, weight.shape[-1]))
    if weight.name == "pointwise_kernel":
        return np.ones((*size, channels * node.settings["depth_multiplier"], filters))
    if "Transpose" in node.type:
        return np.ones((*size, filters, channels))
    return np.ones((*size, channels // node.settings.get("groups", 1), filters))
