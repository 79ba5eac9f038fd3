"""Batch normalisation folded into the convolution before it: one kernel and bias that do the same.

At inference batch norm multiplies each channel by a constant and adds another, so that a
convolution followed by it is a convolution with scaled filters and shifted biases.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from cnnviz.graph import LayerGraph, Node

Floats = NDArray[np.float32]

# The axis of a kernel along which its filters stand, counted from the end.
_FILTER_AXIS: Mapping[str, int] = {
    "Conv1D": -1,
    "Conv2D": -1,
    "Conv3D": -1,
    "Conv1DTranspose": -2,
    "Conv2DTranspose": -2,
    "Conv3DTranspose": -2,
    "Dense": -1,
}
_DEPTHWISE = ("DepthwiseConv1D", "DepthwiseConv2D")


def norm_after(graph: LayerGraph, name: str) -> str | None:
    """The batch norm that can be folded into a node; None where there is none.

    It has to be the node's only reader and to work on channels, and the node must apply no
    activation function in between, nor be an output of the model.
    """
    node = graph.by_name[name]
    readers = graph.consumers[name]
    if node.type not in _FILTER_AXIS and node.type not in _DEPTHWISE:
        return None
    if node.shares_weights_with is not None or _is_shared(graph, node):
        return None
    if len(readers) != 1 or any(output.node == name for output in graph.outputs):
        return None
    reader = graph.by_name[readers[0]]
    axis = reader.settings.get("axis")
    on_channels = axis in (-1, (-1,), len(node.output_shape), (len(node.output_shape),))
    linear = node.settings.get("activation") in (None, "linear")
    return reader.name if reader.type == "BatchNormalization" and on_channels and linear else None


def _is_shared(graph: LayerGraph, node: Node) -> bool:
    return any(other.shares_weights_with == node.name for other in graph.nodes)


def fold(
    layer_type: str,
    weights: Mapping[str, Floats],
    norm: Mapping[str, Floats],
    epsilon: float,
) -> tuple[Floats, Floats]:
    """Fold batch norm into a layer.

    Args:
        layer_type: The layer's type.
        weights: Its variables by role; "kernel", and "bias" where it has one.
        norm: The batch norm's: "moving_mean", "moving_variance", and "gamma" and "beta" where it
            has them.
        epsilon: The batch norm's.

    Returns:
        The effective kernel and bias, worked out in double precision.
    """
    mean = norm["moving_mean"].astype(np.float64)
    variance = norm["moving_variance"].astype(np.float64)
    scale = norm.get("gamma", np.ones_like(mean)).astype(np.float64) / np.sqrt(variance + epsilon)
    before = weights.get("bias", np.zeros_like(mean)).astype(np.float64)
    bias = (before - mean) * scale + norm.get("beta", np.zeros_like(mean)).astype(np.float64)
    kernel = weights["kernel"].astype(np.float64)
    if layer_type in _DEPTHWISE:
        # (..., channels, filters a channel): the output channel counts through both.
        kernel = kernel * scale.reshape(kernel.shape[-2:])
    else:
        shape = [1] * kernel.ndim
        shape[_FILTER_AXIS[layer_type]] = scale.size
        kernel = kernel * scale.reshape(shape)
    return kernel.astype(np.float32), bias.astype(np.float32)
