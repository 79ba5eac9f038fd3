"""The same convolution as one matrix product, and as the dense layer that it would be."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from PySide6.QtCore import QRectF
from PySide6.QtGui import QFont, QPainter

from cnnviz.arithmetic import dense_matrix, im2col, kernel_column
from ui.theatre.grids import Cache, Floats
from ui.theatre.layout import GAP, Stage, frame, with_map
from ui.theatre.pieces import (
    cached_grid,
    caption,
    footer,
    header,
    on_map,
    outline,
    signs,
    whole_map,
)
from ui.theatre.show import Moment, Show, largest, step_at
from ui.theme import Theme


@lru_cache(maxsize=4)
def _product(show: Show, view: str, channel: int, source: int) -> tuple[Floats, Floats, Floats]:
    """Matrix, column, and their product as a column."""
    operation = show.operation
    if view == "product":
        matrix = im2col(operation, show.values, channel)
        column = kernel_column(operation, channel)
    else:
        matrix = dense_matrix(operation, channel, source)
        column = show.values[:, :, source].astype(np.float64).ravel()
    return matrix, column[:, None], (matrix @ column)[:, None]


def connections(show: Show) -> int:
    """Pairs of an output and an input cell of one channel that are joined; padding is not."""
    operation = show.operation
    rows, columns = operation.rows, operation.columns
    return int(rows.real(rows.table()).sum() * columns.real(columns.table()).sum())


def _of(show: Show, moment: Moment) -> tuple[Floats, Floats, Floats]:
    found = step_at(show, moment)
    source = int(found.channels[min(moment.depth, len(found.channels) - 1)])
    return _product(show, moment.view, moment.channel, source if moment.view == "dense" else 0)


def lay_out(size: tuple[float, float], show: Show, moment: Moment) -> Stage:
    """Where matrix, column and product lie."""
    matrix, column, _ = _of(show, moment)
    font, head, foot, middle = frame(size, show)
    line = font * 1.45 + 2
    side = max(middle.width() * 0.1, 54)
    wide = middle.width() - 2 * side - 2 * GAP
    left = QRectF(middle.left(), middle.top(), wide, middle.height())
    centre = QRectF(left.right() + GAP, middle.top(), side, middle.height())
    right = QRectF(centre.right() + GAP, middle.top(), side, middle.height())
    rows, columns = matrix.shape
    row = moment.place
    read = np.flatnonzero(matrix[row]) if moment.view == "dense" else np.arange(1)
    first = int(read.min(initial=0)) if len(read) else 0
    last = min(int(read.max(initial=0)) if len(read) else 0, first + 12)
    source, source_map = with_map(
        left.adjusted(0, line, 0, 0), (0, rows), (0, columns), (row, row, first, last)
    )
    kernel, _ = with_map(
        centre.adjusted(0, line, 0, 0), (0, len(column)), (0, 1), (first, last, 0, 0), maps=False
    )
    target, _ = with_map(
        right.adjusted(0, line, 0, 0), (0, rows), (0, 1), (row, row, 0, 0), maps=False
    )
    return Stage(
        font, head, foot, (left, centre, right), source, target, kernel, kernel, (source_map, None)
    )


def paint(
    painter: QPainter,
    stage: Stage,
    show: Show,
    moment: Moment,
    theme: Theme,
    cache: Cache | None = None,
    reached: Sequence[tuple[int, int]] = (),
) -> None:
    """Paint a moment: one row of the matrix meets the column. `reached` is of no use here."""
    font = QFont(painter.font())
    font.setPixelSize(stage.font)
    painter.setFont(font)
    matrix, column, product = _of(show, moment)
    header(painter, stage, show, theme)
    rows, columns = matrix.shape
    dense = moment.view == "dense"
    if dense:
        taps = show.operation.size[0] * show.operation.size[1]
        share = connections(show) / matrix.size
        name = f"Dense layer {rows:,} × {columns:,}"
        more = f": the same {taps} weights in every row, {share:.1%} connected"
    else:
        name, more = "Patches as rows", f": {rows:,} × {columns:,}"
    caption(painter, stage, stage.panels[0], theme, name + more, name)
    caption(painter, stage, stage.panels[1], theme, "Input" if dense else "Kernel")
    caption(painter, stage, stage.panels[2], theme, "Product")
    limit = largest(matrix)
    depth = moment.depth if dense else 0
    key = (moment.view, id(show), moment.channel, depth)
    cached_grid(painter, stage.source, matrix, limit, theme, cache, (*key, "matrix"))
    assert stage.kernel is not None
    cached_grid(painter, stage.kernel, column, largest(column), theme, cache, (*key, "column"))
    cached_grid(painter, stage.target, product, largest(product), theme, cache, (*key, "product"))
    where = stage.source
    outline(painter, where.rect(moment.place, where.left, 1, where.columns), theme.current, 3)
    outline(painter, stage.kernel.area, theme.current, 2)
    if stage.target.holds(moment.place, 0):
        outline(painter, stage.target.rect(moment.place, 0), theme.current, 3)
    if stage.maps[0] is not None:
        box = whole_map(painter, stage.maps[0], matrix, limit, theme, where)
        row = QRectF(0, moment.place, columns, 1)
        on_map(painter, box, matrix.shape, row, theme.current)
    signs(painter, stage, theme, ("×", "="))
    footer(painter, stage, show, moment, theme)
