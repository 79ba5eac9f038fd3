"""One filter slice by slice: which input maps it reads, with which kernel each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cnnviz.graph import Node

Floats = NDArray[np.float32]

_PLAIN = ("Conv1D", "Conv2D")
_TRANSPOSED = ("Conv1DTranspose", "Conv2DTranspose")
_DEPTHWISE = ("DepthwiseConv1D", "DepthwiseConv2D")
_SPARSE = "SparseConnectionConv2D"


@dataclass(frozen=True)
class OpenedFilter:
    """The slices of one filter.

    Attributes:
        number: Which filter, that is, which output channel.
        inputs: The input channels that it reads.
        slices: What it does with each of them, shape (Kh, Kw, len(inputs)).
    """

    number: int
    inputs: tuple[int, ...]
    slices: Floats


def filters_to_open(node: Node, kernel: Floats) -> int:
    """How many filters of a layer can be opened; 0 where its weights are not made of such.

    Args:
        node: The layer.
        kernel: Its kernel.
    """
    one_dimensional = node.type.startswith(("Conv1D", "DepthwiseConv1D"))
    if node.type == _SPARSE:
        return len(node.settings["connections"])
    if kernel.ndim != (3 if one_dimensional else 4):
        return 0
    if node.type in _PLAIN:
        return kernel.shape[-1]
    if node.type in _TRANSPOSED:
        return kernel.shape[-2]
    if node.type in _DEPTHWISE:
        return kernel.shape[-1] * kernel.shape[-2]
    return 0


def open_filter(node: Node, kernel: Floats, number: int) -> OpenedFilter:
    """Take one filter out of a layer.

    Args:
        node: The layer.
        kernel: Its kernel, as Keras keeps it.
        number: Which filter, below `filters_to_open`.
    """
    if node.type == _SPARSE:
        connections: Sequence[Sequence[int]] = node.settings["connections"]
        first = sum(map(len, connections[:number]))
        inputs = tuple(connections[number])
        return OpenedFilter(number, inputs, kernel[..., first : first + len(inputs)])
    if kernel.ndim == 3:
        kernel = kernel[np.newaxis]
    if node.type in _DEPTHWISE:
        channel, which = divmod(number, kernel.shape[-1])
        return OpenedFilter(number, (channel,), kernel[:, :, channel, which : which + 1])
    if node.type in _TRANSPOSED:
        kernel = kernel.swapaxes(-1, -2)
    slices = kernel[..., number]
    read = slices.shape[-1]
    groups = int(node.settings.get("groups") or 1)
    group = number // (kernel.shape[-1] // groups)
    return OpenedFilter(number, tuple(range(group * read, (group + 1) * read)), slices)
