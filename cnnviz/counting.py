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
    if node.type in _BARE and not isinstance(node.settings.get("kernel"), Mapping):
        return False  # its kernel is computed by the network
    return node.known and node.type in _LOOPS


def count(node: Node, image: NDArray[Any], weights: Weights) -> Counted:
    """Compute a layer, or one of the operations of `keras.ops`, with loops.

    Args:
        node: Its settings.
        image: Shape (..., C), without the batch axis; (C, ...) where the layer has channels first.
        weights: By role, as Keras shapes them; the kernel of a bare operation is "kernel".

    Raises:
        KeyError: The layer is none of those that `can_count` says yes to.
    """
    image = np.asarray(image, np.float64)
    first = _channels_first(node)
    if first:
        image = np.moveaxis(image, 0, -1)
    values, macs = _LOOPS[node.type](_settings(node, image, weights), image, weights)
    if "bias" in weights:
        values = values + weights["bias"]
    return Counted(np.moveaxis(values, -1, 0) if first else values, macs)


def _channels_first(node: Node) -> bool:
    return node.settings.get("data_format") == "channels_first"


def _settings(node: Node, image: Doubles, weights: Weights) -> Mapping[str, Any]:
    """Settings as the layers have them; bare operations leave some to their arguments."""
    if node.type not in _BARE:
        return node.settings
    kernel = weights["kernel"]
    size = kernel.shape[:-2]
    spread = {
        name: (value,) * len(size) if isinstance(value, int) else value
        for name in ("strides", "dilation_rate")
        if (value := node.settings.get(name, 1)) is not None
    }
    groups = image.shape[-1] // kernel.shape[-2] if node.type == "Conv" else 1
    return {**node.settings, **spread, "kernel_size": size, "groups": groups}


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
    dilation = settings.get("dilation_rate") or (1,) * len(size)
    extents = [d * (k - 1) + 1 for k, d in zip(size, dilation, strict=True)]
    more = settings.get("output_padding")
    more = (more,) * len(size) if isinstance(more, int) else more
    full = [(n - 1) * s + max(e, s) for n, e, s in zip(positions, extents, strides, strict=True)]
    values, macs = np.zeros((*full, filters)), 0
    for position in np.ndindex(positions):
        for c in range(channels):
            for tap in np.ndindex(*size):
                at = _cell(position, tap, {"strides": strides, "dilation_rate": dilation})
                for f in range(filters):
                    values[(*at, f)] += image[(*position, c)] * kernel[(*tap, f, c)]
                    macs += 1
    for axis, (n, e, s) in enumerate(zip(positions, extents, strides, strict=True)):
        start, end = _kept(n, e, s, settings["padding"], more[axis] if more is not None else None)
        missing = [(0, 0)] * values.ndim
        missing[axis] = (0, max(end - values.shape[axis], 0))
        values = np.take(np.pad(values, missing), range(start, end), axis)
    return values, macs


def _kept(n: int, extent: int, stride: int, padding: str, more: int | None) -> tuple[int, int]:
    """Which part of the full output of a transposed convolution is kept, along an axis."""
    if padding == "same":
        after = n * stride if more is None else (n - 1) * stride + extent - 2 * (extent // 2) + more
        cut = max((ceil(after / stride) - 1) * stride + extent - after, 0)
        return cut // 2, cut // 2 + after
    full = (n - 1) * stride + (max(extent, stride) if more is None else extent + more)
    return 0, full


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
    "Conv": _convolution,
    "DepthwiseConv": _depthwise,
    "ConvTranspose": _transposed,
    "Dense": _dense,
    "SparseConnectionConv2D": _sparse,
    "RBF": _radial,
}


_BARE = frozenset({"Conv", "DepthwiseConv", "ConvTranspose"})
"""Operations of `keras.ops`, whose kernel is an argument."""


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
    kernels = _kernels(node)
    if not can_count(node) or not kernels or node.type in ("SparseConnectionConv2D", "RBF"):
        return None
    first = _channels_first(node)
    before = tuple(size or 1 for size in graph.input_shapes(node)[0])
    after = tuple(size or 1 for size in node.output_shape)
    if first:
        before, after = (*before[1:], before[0]), (*after[1:], after[0])
    channels, filters = before[-1], after[-1]
    shapes = {name: np.empty(shape) for name, shape in kernels.items()}
    settings = dict(_settings(node, np.empty(before), shapes))
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
    weights = {
        name: _scaled(node, name, shape, few, made, groups) for name, shape in kernels.items()
    }
    shape = (few, *small) if first else (*small, few)
    done = count(node, np.ones(shape), {k: v for k, v in weights.items() if k != "bias"})
    made_shape: Shape = done.values.shape
    twin_settings = dict(node.settings)
    if node.type in _BARE:
        twin_settings["kernel"] = {"shape": weights["kernel"].shape}
    twin = replace(
        node,
        sources=(Source("input"),),
        output_shapes=(made_shape,),
        weights=(),
        settings=twin_settings,
    )
    source = Node("input", "InputLayer", (), (shape,))
    costs = graph_costs(LayerGraph("copy", (source, twin), (Source(node.name),)))
    return Copy(shape, done.values.shape, done.macs, costs.by_name[node.name].macs)


def _kernels(node: Node) -> dict[str, tuple[int, ...]]:
    """Shapes of a node's variables by role, or of the kernel that a bare operation is given."""
    kernel = node.settings.get("kernel")
    if node.type in _BARE and isinstance(kernel, Mapping):
        return {"kernel": tuple(kernel["shape"])}
    return {weight.name: tuple(size or 1 for size in weight.shape) for weight in node.weights}


def _scaled(
    node: Node, name: str, shape: tuple[int, ...], channels: int, filters: int, groups: int
) -> Doubles:
    """Ones in the shape that a variable has in the copy."""
    size = shape[:-2]
    if name == "bias":
        return np.ones(filters)
    if "Depthwise" in node.type or name == "depthwise_kernel":
        return np.ones((*size, channels, shape[-1]))
    if name == "pointwise_kernel":
        return np.ones((*size, channels * node.settings["depth_multiplier"], filters))
    if "Transpose" in node.type:
        return np.ones((*size, filters, channels))
    return np.ones((*size, channels // groups, filters))
