"""Windowed operations: where the window of every output position lies, and what it meets there.

A `Windowed` operation holds all that its arithmetic (`cnnviz.arithmetic`) needs, in one form for
every layer: rows and columns (a 1-D layer has one row), and a kernel of shape (rows, columns,
input channels a group, output channels). The window of an axis is a rule of `cnnviz.reads`:
`Window` slides over the input; `Spread` is the gather view of a transposed convolution, whose
scatter view is `reached`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from cnnviz.axes import Edge, link, whole_sizes
from cnnviz.errors import UserError
from cnnviz.graph import LayerGraph, Node
from cnnviz.reads import Spread, Window

Cells = NDArray[np.int64]
Mask = NDArray[np.bool_]
Doubles = NDArray[np.float64]

Pool = Literal["max", "average"]


@dataclass(frozen=True, slots=True)
class Axis:
    """One axis of a windowed operation.

    Attributes:
        before: Cells of the input.
        after: Cells of the output.
        reads: Which input cells an output cell reads.
        padding: Cells of padding before and after the input. Of a transposed convolution: what is
            cut from its full output.
    """

    before: int
    after: int
    reads: Window | Spread
    padding: tuple[int, int] = (0, 0)

    @property
    def transposed(self) -> bool:
        """Whether it is an axis of a transposed convolution."""
        return isinstance(self.reads, Spread)

    @property
    def extent(self) -> int:
        """Cells from the first tap to the last."""
        return self.reads.dilation * (self.reads.size - 1) + 1

    def taps(self, position: int) -> Cells:
        """The cell that each tap reads.

        Returns:
            Shape (taps,). Cells below 0 or from `before` on are padding; of a transposed
            convolution, -1 is a tap that meets no cell.
        """
        reads = self.reads
        if isinstance(reads, Window):
            return reads.stride * position + reads.offset + reads.dilation * np.arange(reads.size)
        scaled = position - reads.offset - reads.dilation * np.arange(reads.size)
        met = (scaled % reads.stride == 0) & (scaled >= 0) & (scaled < reads.stride * self.before)
        return np.where(met, scaled // reads.stride, -1)

    def table(self) -> Cells:
        """`taps` of every position, shape (after, taps)."""
        if self.after == 0:
            return np.empty((0, self.reads.size), np.int64)
        return np.stack([self.taps(position) for position in range(self.after)])

    def real(self, taps: Cells) -> Mask:
        """Which taps read a cell of the input."""
        return (taps >= 0) & (taps < self.before)

    def reached(self, cell: int) -> Cells:
        """The scatter view: which output cells read an input cell, ascending."""
        return np.flatnonzero((self.table() == cell).any(axis=1))

    @property
    def steps(self) -> Fraction:
        """(N - D(F-1) - 1 + 2P) / S + 1 before it is rounded down; for sliding windows."""
        padded = self.before + sum(self.padding)
        return Fraction(padded - self.extent, self.reads.stride) + 1

    @property
    def left_over(self) -> int:
        """Cells at the far end of the padded input that no window reaches."""
        if self.transposed:
            return 0
        return (self.before + sum(self.padding) - self.extent) % self.reads.stride


def sliding_axis(
    before: int, size: int, stride: int = 1, padding: tuple[int, int] = (0, 0), dilation: int = 1
) -> Axis:
    """An axis with explicit padding.

    Args:
        before: Cells of the input.
        size: Taps of the kernel.
        stride: Cells from one position to the next.
        padding: Cells before and after.
        dilation: Cells from one tap to the next.

    Returns:
        The axis; its `after` is floor((N - D(F-1) - 1 + 2P) / S) + 1, or 0 where nothing fits.
    """
    free = before + sum(padding) - dilation * (size - 1) - 1
    after = free // stride + 1 if free >= 0 else 0
    return Axis(before, after, Window(stride, -padding[0], size, dilation), padding)


def transposed_axis(
    before: int,
    size: int,
    stride: int = 1,
    padding: tuple[int, int] = (0, 0),
    dilation: int = 1,
    more: int = 0,
) -> Axis:
    """An axis of a transposed convolution.

    Args:
        before: Cells of the input.
        size: Taps of the kernel.
        stride: Output cells from the stamp of one input cell to that of the next.
        padding: What is cut from the full output before and after.
        dilation: Cells from one tap to the next.
        more: Cells added at the far end ("output padding", a in Dumoulin and Visin's guide).

    Returns:
        The axis; its `after` is S(N - 1) + D(F - 1) + 1 - 2P + more.
    """
    full = stride * (before - 1) + dilation * (size - 1) + 1
    after = max(full - sum(padding) + more, 0)
    return Axis(before, after, Spread(stride, -padding[0], size, dilation), padding)


def same_padding(before: int, size: int, stride: int = 1, dilation: int = 1) -> tuple[int, int]:
    """Keras' "same": ceil(N / S) outputs, and the odd cell of padding goes to the far end."""
    after = -(-before // stride)
    total = max((after - 1) * stride + dilation * (size - 1) + 1 - before, 0)
    return total // 2, total - total // 2


@dataclass(frozen=True)
class Windowed:
    """A convolution or pooling, with its numbers.

    Attributes:
        rows: The vertical axis.
        columns: The horizontal axis.
        channels: Of the input.
        kernel: Shape (rows, columns, input channels a group, channels made); None for pooling.
        groups: Groups of channels; a depthwise convolution has one for each input channel.
        pointwise: Of a separable convolution: shape (channels made by the kernel, filters).
        bias: Shape (filters,), or None.
        activation: Keras' name of the function applied at the end; "linear" for none.
        pool: "max" or "average" for pooling.
    """

    rows: Axis
    columns: Axis
    channels: int
    kernel: Doubles | None = None
    groups: int = 1
    pointwise: Doubles | None = None
    bias: Doubles | None = None
    activation: str = "linear"
    pool: Pool | None = None

    @property
    def transposed(self) -> bool:
        """Whether it is a transposed convolution."""
        return self.rows.transposed

    @property
    def filters(self) -> int:
        """Output channels."""
        if self.kernel is None:
            return self.channels
        last = self.kernel if self.pointwise is None else self.pointwise
        return int(last.shape[-1])

    @property
    def input_shape(self) -> tuple[int, int, int]:
        """Rows, columns and channels that go in."""
        return self.rows.before, self.columns.before, self.channels

    @property
    def output_shape(self) -> tuple[int, int, int]:
        """Rows, columns and channels that come out."""
        return self.rows.after, self.columns.after, self.filters

    @property
    def size(self) -> tuple[int, int]:
        """Taps of the kernel."""
        return self.rows.reads.size, self.columns.reads.size

    @property
    def stride(self) -> tuple[int, int]:
        """Stride of both axes."""
        return self.rows.reads.stride, self.columns.reads.stride

    def channels_read(self, channel: int) -> NDArray[np.intp]:
        """The input channels that go into an output channel, in the order of the sum."""
        if self.kernel is None:
            return np.array([channel])
        per_group = self.kernel.shape[2]
        made = self.kernel.shape[3]
        if self.pointwise is not None:
            return np.arange(made) // (made // self.groups)
        group = channel // (made // self.groups)
        return np.arange(group * per_group, (group + 1) * per_group)

    @property
    def params(self) -> int:
        """Weights and biases."""
        arrays = (self.kernel, self.pointwise, self.bias)
        return sum(array.size for array in arrays if array is not None)

    @property
    def macs(self) -> int:
        """Multiply-adds by the usual count: padding counts; pooling has none.

        Of a transposed convolution, each input cell meets each weight once.
        """
        if self.kernel is None:
            return 0
        axes = (self.rows, self.columns)
        positions = 1
        for axis in axes:
            positions *= axis.before if self.transposed else axis.after
        per_position = self.kernel.size + (self.pointwise.size if self.pointwise is not None else 0)
        return positions * per_position


def shared_with_previous(operation: Windowed, row: int, column: int) -> Mask:
    """Which taps read a cell that the window one column to the left has read too.

    Returns:
        Shape (rows, columns) of the kernel; taps on padding are never shared.
    """
    here_rows = operation.rows.taps(row)
    here = operation.columns.taps(column)
    if column == 0:
        return np.zeros(operation.size, bool)
    before = operation.columns.taps(column - 1)
    both = np.isin(here, before) & operation.columns.real(here)
    return operation.rows.real(here_rows)[:, None] & both[None, :]


def shuffle_order(channels: int, groups: int) -> NDArray[np.intp]:
    """ShuffleNet's channel shuffle: which channel stands at each place afterwards.

    Args:
        channels: How many; a multiple of the groups.
        groups: Of the grouped convolution before.

    Source: X. Zhang et al., "ShuffleNet", arXiv 1707.01083, section 3.1: reshape to
    (groups, n), transpose, flatten.
    """
    return np.arange(channels).reshape(groups, -1).T.ravel()


_POOLS: Mapping[str, Pool] = {
    "MaxPooling1D": "max",
    "MaxPooling2D": "max",
    "AveragePooling1D": "average",
    "AveragePooling2D": "average",
    "GlobalMaxPooling1D": "max",
    "GlobalMaxPooling2D": "max",
    "GlobalAveragePooling1D": "average",
    "GlobalAveragePooling2D": "average",
}
_CONVOLUTIONS = frozenset(
    f"{name}{rank}D" for name in ("Conv", "DepthwiseConv", "SeparableConv") for rank in (1, 2)
) | {"Conv1DTranspose", "Conv2DTranspose"}


def is_windowed(node: Node) -> bool:
    """Whether `windowed` can make an operation of a node."""
    return node.known and (node.type in _CONVOLUTIONS or node.type in _POOLS)


def windowed(graph: LayerGraph, node: Node, weights: Mapping[str, NDArray[Any]]) -> Windowed:
    """The operation of a node.

    Args:
        graph: The model.
        node: A convolution or pooling of it.
        weights: Its variables by role; none for pooling.

    Raises:
        UserError: It is no windowed operation, or one that is not followed; the sentence says why.
    """
    if not is_windowed(node):
        raise UserError(
            f"{node.name!r} ({node.type}) does not slide a window over its input: choose a "
            "convolution or a pooling layer."
        )
    settings = node.settings
    if settings.get("data_format") == "channels_first":
        raise UserError(f"{node.name!r} keeps its channels first, which is not shown.")
    source = node.sources[0]
    shapes = tuple(whole_sizes(shape) for shape in graph.input_shapes(node))
    if source.output != 0 or len(node.sources) != 1:
        raise UserError(f"{node.name!r} reads from a layer with several outputs: not shown.")
    before = shapes[0]
    if node.type.startswith("Global"):
        axes = [sliding_axis(size, size) for size in before[:-1]]
    else:
        axes = _axes(Edge(node, shapes, 0, 0))
    if len(axes) == 1:
        axes.insert(0, transposed_axis(1, 1) if axes[0].transposed else sliding_axis(1, 1))
    rows, columns = axes
    pool = _POOLS.get(node.type)
    if pool is not None:
        return Windowed(rows, columns, before[-1], pool=pool)
    kernel, pointwise, groups = _weights(node, weights, before[-1])
    bias = weights.get("bias")
    return Windowed(
        rows,
        columns,
        before[-1],
        kernel,
        groups,
        pointwise,
        None if bias is None else np.asarray(bias, np.float64),
        str(settings.get("activation") or "linear"),
    )


def _axes(edge: Edge) -> list[Axis]:
    """The axes as `cnnviz.axes` reads them, with the padding that they imply."""
    links = link(edge)
    if links is None:
        raise UserError(f"How {edge.node.name!r} reads its input is not known.")
    axes = []
    for axis, (before, after) in enumerate(zip(edge.before[:-1], edge.after[:-1], strict=True)):
        reads = links[axis].reads
        assert isinstance(reads, Window | Spread)
        extent = reads.dilation * (reads.size - 1) + 1
        start = -reads.offset
        if isinstance(reads, Spread):
            end = reads.stride * (before - 1) + extent - start - after
        else:
            end = (after - 1) * reads.stride + extent - start - before
            if edge.node.settings.get("padding") != "same":
                end = 0  # what the last window leaves over is no padding
        axes.append(Axis(before, after, reads, (start, max(end, 0))))
    return axes


def _weights(
    node: Node, weights: Mapping[str, NDArray[Any]], channels: int
) -> tuple[Doubles, Doubles | None, int]:
    """The kernel in our one form, the pointwise kernel of a separable layer, and the groups."""
    separable = node.type.startswith("Separable")
    role = "depthwise_kernel" if separable and "depthwise_kernel" in weights else "kernel"
    if role not in weights:
        raise UserError(f"The weights of {node.name!r} are not known.")
    kernel = np.asarray(weights[role], np.float64)
    if kernel.ndim == 3:
        kernel = kernel[None]
    if node.type.endswith("Transpose"):
        return kernel.swapaxes(2, 3), None, 1
    if node.type.startswith("Depthwise") or separable:
        height, width = kernel.shape[:2]
        kernel = kernel.reshape(height, width, 1, -1)
        pointwise = None
        if separable:
            mixing = np.asarray(weights["pointwise_kernel"], np.float64)
            pointwise = mixing.reshape(mixing.shape[-2:])
        return kernel, pointwise, channels
    return kernel, None, int(node.settings.get("groups") or 1)
