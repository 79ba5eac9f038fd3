"""The arithmetic of one step of a window: products, sums by channel, running total, bias, value.

Everything is reckoned in float64, in which the product of two float32 numbers is exact. The network
itself reckons in float32 and adds in an order of its own, so that the two differ in the last
digits; `Step.rounding` bounds by how much, whatever the order.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import erf, sqrt
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cnnviz.convolution import Cells, Doubles, Mask, Windowed


@dataclass(frozen=True)
class Step:
    """What happens at one output position.

    Attributes:
        position: Row, column and channel of the output.
        rows: The input row that each row of taps reads (see `Axis.taps`), shape (kernel rows,).
        columns: As `rows`, for columns.
        inside: Which taps read a cell of the input, shape (kernel rows, kernel columns).
        channels: The input channels that are read, in order, shape (n,).
        patch: The numbers that are read, 0 on padding, shape (kernel rows, kernel columns, n).
        weights: The kernel slices that they meet, same shape; None for pooling.
        products: patch * weights; None for pooling.
        channel_sums: The sum of each channel's products, shape (n,). Of a pool: the maximum or sum.
        mixing: Of a separable convolution: what each channel's sum is multiplied with, shape (n,).
        running: The total after each channel, without bias, shape (n,).
        bias: What is added at the end.
        total: Before the activation; for an average, the sum divided by `cells`.
        value: What comes out; None where the activation is not known here.
        winner: Row and column of the winning input cell of a max pool.
        cells: Input cells that a pool looks at.
        gathered: Of a transposed convolution: taps that are not `inside` meet nothing, not padding.
        size: The sum of the sizes of all that is added (|product|s and |bias|).
        rounding: How far the same sum in float32 can lie from `total` at most, in whatever order.
    """

    position: tuple[int, int, int]
    rows: Cells
    columns: Cells
    inside: Mask
    channels: NDArray[np.intp]
    patch: Doubles
    weights: Doubles | None
    products: Doubles | None
    channel_sums: Doubles
    mixing: Doubles | None
    running: Doubles
    bias: float
    total: float
    value: float | None
    winner: tuple[int, int] | None = None
    cells: int = 0
    gathered: bool = False
    size: float = 0.0
    rounding: float = 0.0


def rounding_bound(roundings: int, size: float) -> float:
    """How far a float32 sum can lie from the exact one at most.

    Args:
        roundings: How often a term is rounded on its way into the sum, at most.
        size: The sum of the sizes of the terms.

    Source: N. Higham, Accuracy and Stability of Numerical Algorithms, 2nd ed., sections 3.1 and
    4.2: gamma_n = n u / (1 - n u), for every order of the sum.
    """
    share = roundings * _HALF_STEP
    return share / (1 - share) * size if share < 1 else float("inf")


_HALF_STEP = 2.0**-24
"""What rounding to float32 changes a number by at most, as a share of it."""


def step(operation: Windowed, values: NDArray[Any], row: int, column: int, channel: int) -> Step:
    """Work out one output position.

    Args:
        operation: The convolution or pooling.
        values: Its input, shape (rows, columns, channels).
        row: Of the output.
        column: Of the output.
        channel: Of the output.

    Raises:
        IndexError: There is no such position.
    """
    for index, size in zip((row, column, channel), operation.output_shape, strict=True):
        if not 0 <= index < size:
            raise IndexError(f"Position {index} lies outside of 0..{size - 1}.")
    rows, columns = operation.rows.taps(row), operation.columns.taps(column)
    inside = operation.rows.real(rows)[:, None] & operation.columns.real(columns)[None, :]
    channels = operation.channels_read(channel)
    patch = _patch(operation, values, rows, columns, inside, channels)
    where = (row, column, channel)
    if operation.kernel is None:
        return _pooled(operation, where, rows, columns, inside, channels, patch)
    mixing = None
    if operation.pointwise is not None:
        weights = operation.kernel[:, :, 0, :]
        mixing = operation.pointwise[:, channel]
    else:
        weights = operation.kernel[:, :, :, channel]
    products = patch * weights
    sums = products.sum(axis=(0, 1))
    running = np.cumsum(sums if mixing is None else sums * mixing)
    bias = 0.0 if operation.bias is None else float(operation.bias[channel])
    total = float(running[-1]) + bias
    value = _value(operation, values, where, total)
    sizes = np.abs(products).sum(axis=(0, 1))
    # A term is rounded as a product, where it is mixed, and at every addition.
    roundings = int(inside.sum()) * len(channels)
    if mixing is not None:
        sizes = sizes * np.abs(mixing)
        roundings = int(inside.sum()) + len(channels)
    if operation.bias is not None:
        roundings += 1
    added = float(sizes.sum()) + abs(bias)
    return Step(
        where, rows, columns, inside, channels, patch, weights, products, sums, mixing, running,
        bias, total, value, gathered=operation.transposed, size=added,
        rounding=rounding_bound(roundings, added),
    )  # fmt: skip


def compute(operation: Windowed, values: NDArray[Any]) -> Doubles:
    """The whole output at once, in float64, shape (rows, columns, filters).

    The activation must be known (`activation_known`); with another one the totals come back.
    """
    totals = _pool_all(operation, values) if operation.kernel is None else _all(operation, values)
    apply = ACTIVATIONS.get(operation.activation)
    return totals if apply is None else apply(totals)


def activation_known(name: str) -> bool:
    """Whether the arithmetic can be followed to the end."""
    return name in ACTIVATIONS


def _patch(
    operation: Windowed,
    values: NDArray[Any],
    rows: Cells,
    columns: Cells,
    inside: Mask,
    channels: NDArray[np.intp],
) -> Doubles:
    height, width = operation.rows.before, operation.columns.before
    picked = values[
        np.clip(rows, 0, height - 1)[:, None, None],
        np.clip(columns, 0, width - 1)[None, :, None],
        channels[None, None, :],
    ].astype(np.float64)
    picked[~inside] = 0.0
    return picked


def _pooled(
    operation: Windowed,
    where: tuple[int, int, int],
    rows: Cells,
    columns: Cells,
    inside: Mask,
    channels: NDArray[np.intp],
    patch: Doubles,
) -> Step:
    """A pool never looks at padding: neither as a candidate nor in the count."""
    seen = patch[:, :, 0]
    cells = int(inside.sum())
    winner, size, rounding = None, 0.0, 0.0
    if cells == 0:
        reduced = total = 0.0
    elif operation.pool == "max":
        best = np.unravel_index(np.argmax(np.where(inside, seen, -np.inf)), seen.shape)
        winner = int(rows[best[0]]), int(columns[best[1]])
        reduced = total = float(seen[best])
    else:
        reduced = float(seen.sum())
        total = reduced / cells
        size = float(np.abs(seen).sum()) / cells
        rounding = rounding_bound(cells, size)
    sums = np.array([reduced])
    return Step(
        where, rows, columns, inside, channels, patch, None, None, sums, None, sums, 0.0,
        total, total, winner, cells, size=size, rounding=rounding,
    )  # fmt: skip


def _value(
    operation: Windowed, values: NDArray[Any], where: tuple[int, int, int], total: float
) -> float | None:
    apply = ACTIVATIONS.get(operation.activation)
    if apply is None:
        return None
    if operation.activation in _ACROSS_CHANNELS:
        row, column, channel = where
        return float(apply(_totals_at(operation, values, row, column))[channel])
    return float(apply(np.array(total)))


def _totals_at(operation: Windowed, values: NDArray[Any], row: int, column: int) -> Doubles:
    """Totals of all filters at one place."""
    bare = Windowed(
        operation.rows, operation.columns, operation.channels, operation.kernel, operation.groups,
        operation.pointwise, operation.bias,
    )  # fmt: skip
    return np.array(
        [step(bare, values, row, column, channel).total for channel in range(bare.filters)]
    )


def _shifts(operation: Windowed, values: NDArray[Any], outside: float) -> Any:
    """For every tap, what all output positions read there: shape (rows, columns, channels)."""
    rows, columns = operation.rows.table(), operation.columns.table()
    real_rows, real_columns = operation.rows.real(rows), operation.columns.real(columns)
    rows = np.clip(rows, 0, operation.rows.before - 1)
    columns = np.clip(columns, 0, operation.columns.before - 1)
    for i in range(rows.shape[1]):
        for j in range(columns.shape[1]):
            inside = real_rows[:, i, None] & real_columns[None, :, j]
            read = values[rows[:, i, None], columns[None, :, j]].astype(np.float64)
            read[~inside] = outside
            yield i, j, inside, read


def _all(operation: Windowed, values: NDArray[Any]) -> Doubles:
    kernel = operation.kernel
    assert kernel is not None
    groups, per_group = operation.groups, kernel.shape[2]
    made = kernel.shape[3]
    height, width = operation.rows.after, operation.columns.after
    total = np.zeros((height, width, groups, made // groups))
    for i, j, _, read in _shifts(operation, values, 0.0):
        grouped = read.reshape(height, width, groups, per_group)
        slices = kernel[i, j].reshape(per_group, groups, made // groups)
        total += np.einsum("hwgc,cgo->hwgo", grouped, slices, optimize=True)
    result = total.reshape(height, width, made)
    if operation.pointwise is not None:
        result = result @ operation.pointwise
    return result if operation.bias is None else result + operation.bias


def _pool_all(operation: Windowed, values: NDArray[Any]) -> Doubles:
    shape = operation.output_shape
    if operation.pool == "max":
        best = np.full(shape, -np.inf)
        for _, _, _, read in _shifts(operation, values, -np.inf):
            np.maximum(best, read, out=best)
        return np.where(np.isneginf(best), 0.0, best)
    total, count = np.zeros(shape), np.zeros(shape[:2])
    for _, _, inside, read in _shifts(operation, values, 0.0):
        total += read
        count += inside
    return total / np.maximum(count, 1)[:, :, None]


def im2col(operation: Windowed, values: NDArray[Any], channel: int = 0) -> Doubles:
    """Patches as rows: multiplied with `kernel_column`, they give the map of a filter.

    Args:
        operation: A convolution that is not separable.
        values: Its input.
        channel: The filter, which decides over the input channels of a grouped convolution.

    Returns:
        Shape (output positions, taps * input channels), row-major in both.
    """
    channels = operation.channels_read(channel)
    height, width = operation.rows.after, operation.columns.after
    taps = operation.size[0] * operation.size[1]
    patches = np.empty((height, width, taps, len(channels)))
    for number, (_, _, _, read) in enumerate(_shifts(operation, values, 0.0)):
        patches[:, :, number] = read[:, :, channels]
    return patches.reshape(height * width, taps * len(channels))


def kernel_column(operation: Windowed, channel: int) -> Doubles:
    """A filter as a column, in the order of `im2col`."""
    if operation.kernel is None or operation.pointwise is not None:
        raise ValueError("Only a plain convolution has one kernel column.")
    return operation.kernel[:, :, :, channel].reshape(-1)


def dense_matrix(operation: Windowed, channel: int = 0, source: int = 0) -> Doubles:
    """The dense layer that the convolution would be, between one input and one output channel.

    Args:
        operation: A convolution that is not separable.
        channel: Output channel.
        source: Input channel.

    Returns:
        Shape (output cells, input cells): each row holds the same few weights, elsewhere zeros.
    """
    if operation.kernel is None or operation.pointwise is not None:
        raise ValueError("Only a plain convolution is one matrix.")
    rows, columns = operation.rows.table(), operation.columns.table()
    height, width = operation.rows.before, operation.columns.before
    matrix = np.zeros((len(rows), len(columns), height, width))
    (slices,) = np.nonzero(operation.channels_read(channel) == source)
    for of_kernel in slices:
        for i, j in np.ndindex(*operation.size):
            y, x = rows[:, i], columns[:, j]
            out_y = np.flatnonzero(operation.rows.real(y))
            out_x = np.flatnonzero(operation.columns.real(x))
            weight = operation.kernel[i, j, of_kernel, channel]
            matrix[out_y[:, None], out_x[None], y[out_y][:, None], x[out_x][None]] += weight
    return matrix.reshape(len(rows) * len(columns), height * width)


def _gelu(x: Doubles) -> Doubles:
    return np.asarray(0.5 * x * (1 + np.vectorize(erf, otypes=[float])(x / sqrt(2))))


def _sigmoid(x: Doubles) -> Doubles:
    return np.asarray(np.exp(-np.logaddexp(0, -x)))


def _softmax(x: Doubles) -> Doubles:
    powers = np.exp(x - x.max(axis=-1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=-1, keepdims=True))


def _selu(x: Doubles) -> Doubles:
    scale, alpha = 1.0507009873554805, 1.6732632423543772
    return np.asarray(scale * np.where(x > 0, x, alpha * np.expm1(np.minimum(x, 0))))


_ACROSS_CHANNELS = frozenset({"softmax"})
_HARD_SIGMOID: Callable[[Doubles], Doubles] = lambda x: np.clip(x / 6 + 0.5, 0, 1)  # noqa: E731
ACTIVATIONS: Mapping[str, Callable[[Doubles], Doubles]] = MappingProxyType(
    {
        "linear": lambda x: x,
        "relu": lambda x: np.maximum(x, 0),
        "relu6": lambda x: np.clip(x, 0, 6),
        "leaky_relu": lambda x: np.where(x > 0, x, 0.2 * x),
        "elu": lambda x: np.where(x > 0, x, np.expm1(np.minimum(x, 0))),
        "selu": _selu,
        "gelu": _gelu,
        "sigmoid": _sigmoid,
        "tanh": np.tanh,
        "softplus": lambda x: np.logaddexp(0, x),
        "softsign": lambda x: x / (1 + np.abs(x)),
        "silu": lambda x: x * _sigmoid(x),
        "swish": lambda x: x * _sigmoid(x),
        "mish": lambda x: x * np.tanh(np.logaddexp(0, x)),
        "exponential": np.exp,
        "hard_sigmoid": _HARD_SIGMOID,
        "hard_silu": lambda x: x * _HARD_SIGMOID(x),
        "hard_swish": lambda x: x * _HARD_SIGMOID(x),
        "softmax": _softmax,
    }
)
"""Keras' activations by name, with Keras' default settings. Source: keras.activations."""
