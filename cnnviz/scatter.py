"""The scatter view of a transposed convolution: every input cell stamps the kernel into the output.

The gather view of the same arithmetic is `cnnviz.arithmetic.step`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cnnviz.convolution import Axis, Cells, Doubles, Windowed


@dataclass(frozen=True)
class Stamp:
    """What one input cell puts into one output channel.

    Attributes:
        position: Row and column of the input, and the output channel.
        rows: The output row that each row of taps falls on, shape (kernel rows,); it may lie
            outside of the output, where padding cut it off.
        columns: As `rows`, for columns.
        read: The cell in every input channel, shape (channels,).
        weights: The kernel slices, shape (kernel rows, kernel columns, channels).
        products: read * weights, same shape.
    """

    position: tuple[int, int, int]
    rows: Cells
    columns: Cells
    read: Doubles
    weights: Doubles
    products: Doubles


def stamp(operation: Windowed, values: NDArray[Any], row: int, column: int, channel: int) -> Stamp:
    """What an input cell puts into an output channel.

    Args:
        operation: A transposed convolution.
        values: Its input, shape (rows, columns, channels).
        row: Of the input.
        column: Of the input.
        channel: Of the output.
    """
    kernel = _kernel(operation)
    read = values[row, column].astype(np.float64)
    weights = kernel[:, :, :, channel]
    return Stamp(
        (row, column, channel),
        _falls_on(operation.rows, row),
        _falls_on(operation.columns, column),
        read,
        weights,
        weights * read,
    )


def stamped(
    operation: Windowed,
    values: NDArray[Any],
    channel: int,
    count: int,
    depth: int | None = None,
) -> Doubles:
    """What lies in an output channel once the first input cells have stamped, without bias.

    Args:
        operation: A transposed convolution.
        values: Its input, shape (rows, columns, channels).
        channel: Of the output.
        count: Input cells, row-major, that have stamped.
        depth: Of the last of them, how many input channels; all when None.

    Returns:
        Shape (output rows, output columns).
    """
    kernel = _kernel(operation)
    height, width = operation.rows.before, operation.columns.before
    cells = values.reshape(height * width, -1).astype(np.float64)
    cells[count:] = 0.0
    if depth is not None and count:
        cells[count - 1, depth:] = 0.0
    total = np.zeros((operation.rows.after, operation.columns.after))
    for i, j in np.ndindex(*operation.size):
        put = (cells @ kernel[i, j, :, channel]).reshape(height, width)
        rows = _falls_on(operation.rows, np.arange(height), i)
        columns = _falls_on(operation.columns, np.arange(width), j)
        on_rows = (rows >= 0) & (rows < total.shape[0])
        on_columns = (columns >= 0) & (columns < total.shape[1])
        total[np.ix_(rows[on_rows], columns[on_columns])] += put[np.ix_(on_rows, on_columns)]
    return total


def _kernel(operation: Windowed) -> Doubles:
    if not operation.transposed or operation.kernel is None:
        raise ValueError("Only a transposed convolution stamps.")
    return operation.kernel


def _falls_on(axis: Axis, cell: int | Cells, tap: int | None = None) -> Cells:
    """The output cell that a tap of an input cell falls on; of all taps when None."""
    taps = np.arange(axis.reads.size) if tap is None else tap
    return np.asarray(axis.reads.stride * cell + axis.reads.offset + axis.reads.dilation * taps)
