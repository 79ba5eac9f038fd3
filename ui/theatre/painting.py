"""Paints a moment of a show: the window over the input. For screen, pictures and SVG."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QFont, QPainter, QPen, QPolygonF

from cnnviz.arithmetic import Step
from cnnviz.convolution import shared_with_previous
from ui.theatre.grids import READABLE, Cache, Place, paint_grid
from ui.theatre.layout import Stage
from ui.theatre.pieces import (
    cached_grid,
    caption,
    footer,
    header,
    on_map,
    outline,
    signs,
    text_in,
    whole_map,
)
from ui.theatre.show import Moment, Show, exact, largest, output_limit, step_at
from ui.theme import Theme, mix, with_alpha


def paint(
    painter: QPainter,
    stage: Stage,
    show: Show,
    moment: Moment,
    theme: Theme,
    cache: Cache | None = None,
    reached: Sequence[tuple[int, int]] = (),
) -> None:
    """Paint a moment.

    Args:
        painter: Paints in the stage's coordinates.
        stage: Where everything lies.
        show: What is played.
        moment: Where it is.
        theme: Colours.
        cache: Keeps what does not change from one moment to the next; without it only shapes are
            painted, no pictures of cells.
        reached: Output cells to mark: those that read the input cell under the mouse.
    """
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
    font = QFont(painter.font())
    font.setPixelSize(stage.font)
    painter.setFont(font)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
    found = step_at(show, moment)
    depth = min(moment.depth, len(found.channels) - 1)
    header(painter, stage, show, theme)
    _source(painter, stage, show, found, depth, theme, cache)
    _kernel(painter, stage, show, found, depth, moment, theme, cache is None)
    _target(painter, stage, show, found, moment, theme, cache)
    for row, column in reached:
        if stage.target.holds(row, column):
            outline(painter, stage.target.rect(row, column), theme.warning, 2)
    first = "∗" if show.operation.kernel is not None else "→"
    signs(painter, stage, theme, (first, "=" if first == "∗" else "→"))
    footer(painter, stage, show, moment, theme)


def _source(
    painter: QPainter,
    stage: Stage,
    show: Show,
    found: Step,
    depth: int,
    theme: Theme,
    cache: Cache | None,
) -> None:
    operation = show.operation
    channel = int(found.channels[depth])
    values = show.values[:, :, channel]
    size = f"{operation.rows.before} × {operation.columns.before}"
    name = f"Input {size}"
    if operation.channels > 1:
        name += f" · channel {channel} of {operation.channels}"
    caption(painter, stage, stage.panels[0], theme, name, f"Input · channel {channel}", size)
    limit = show.input_limit
    where = stage.source
    padding = "0" if operation.kernel is not None else ""
    cached_grid(painter, where, values, limit, theme, cache, ("in", id(show), channel), padding)
    _left_over(painter, where, show, theme)
    if operation.kernel is not None and not operation.transposed:
        shared = shared_with_previous(operation, *found.position[:2])
    else:
        shared = np.zeros(operation.size, bool)
    _window(painter, where, found, shared, theme)
    if found.winner is not None and where.holds(*found.winner):
        outline(painter, where.rect(*found.winner).adjusted(2, 2, -2, -2), theme.warning, 3)
    if stage.maps[0] is not None:
        box = whole_map(painter, stage.maps[0], values, limit, theme, where)
        on_map(painter, box, values.shape, _inside_rect(found, values.shape), theme.accent)


def _inside_rect(found: Step, shape: tuple[int, ...]) -> QRectF:
    rows = np.clip(found.rows, 0, shape[0] - 1)
    columns = np.clip(found.columns, 0, shape[1] - 1)
    return QRectF(
        int(columns.min()),
        int(rows.min()),
        int(columns.max() - columns.min()) + 1,
        int(rows.max() - rows.min()) + 1,
    )


def _left_over(painter: QPainter, where: Place, show: Show, theme: Theme) -> None:
    """Cells at the far end that no window reaches are crossed out."""
    rows, columns = show.operation.rows, show.operation.columns
    pen = QPen(theme.error, 1.5, Qt.PenStyle.DashLine)
    strips = []
    if rows.left_over:
        last = rows.before + rows.padding[1]
        strips.append((last - rows.left_over, where.left, rows.left_over, where.columns))
    if columns.left_over:
        last = columns.before + columns.padding[1]
        strips.append((where.top, last - columns.left_over, where.rows, columns.left_over))
    for top, left, height, width in strips:
        rect = where.rect(top, left, height, width).intersected(where.area)
        if rect.isEmpty():
            continue
        painter.fillRect(rect, with_alpha(theme.error, 0.16))
        painter.setPen(pen)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRect(rect.adjusted(1, 1, -1, -1))


def _window(painter: QPainter, where: Place, found: Step, shared: np.ndarray, theme: Theme) -> None:
    """Every tap, the cells that it shares with the window before, and the frame around all."""
    frame = QRectF()
    for i, row in enumerate(found.rows.tolist()):
        for j, column in enumerate(found.columns.tolist()):
            if not where.holds(row, column):
                continue
            rect = where.rect(row, column)
            if shared[i, j]:
                mark = min(where.cell * 0.2, 10)
                corner = rect.topLeft()
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(theme.current)
                painter.drawPolygon(
                    QPolygonF([corner, corner + QPointF(mark, 0), corner + QPointF(0, mark)])
                )
            frame = frame.united(rect)
            if found.rows.size > 1 and abs(int(found.rows[1] - found.rows[0])) != 1:
                outline(painter, rect.adjusted(1, 1, -1, -1), theme.current, 2)
    if not frame.isEmpty():
        outline(painter, frame, theme.current, 3)


def _kernel(
    painter: QPainter,
    stage: Stage,
    show: Show,
    found: Step,
    depth: int,
    moment: Moment,
    theme: Theme,
    vector: bool,
) -> None:
    panel, line = stage.panels[1], stage.font * 1.45
    where = stage.products
    patch = np.where(found.inside, found.patch[:, :, depth], np.nan)
    if found.weights is None or found.products is None:
        word = "largest" if show.operation.pool == "max" else "mean"
        caption(painter, stage, panel, theme, f"Patch: its {word}", f"Its {word}")
        limit = show.input_limit
        paint_grid(painter, where, patch, limit, theme, outside=~found.inside, vector=vector)
        if found.winner is not None:
            i = int(np.flatnonzero(found.rows == found.winner[0])[0])
            j = int(np.flatnonzero(found.columns == found.winner[1])[0])
            outline(painter, where.rect(i, j).adjusted(2, 2, -2, -2), theme.warning, 3)
        return
    assert stage.kernel is not None
    name = f"Filter {moment.channel}" if show.operation.filters > 1 else "Kernel"
    if len(found.channels) > 1:
        name += f" · channel {found.channels[depth]}"
    caption(painter, stage, panel, theme, name, "Kernel")
    slice_, products = found.weights[:, :, depth], found.products[:, :, depth]
    paint_grid(painter, stage.kernel, slice_, largest(found.weights), theme, vector=vector)
    head = QRectF(panel.left(), where.y - line * 1.05, panel.width(), line)
    text_in(painter, head, "patch × kernel", theme.muted, Qt.AlignmentFlag.AlignHCenter)
    shown = np.where(found.inside, products, np.nan)
    nothing = "" if show.operation.transposed else "0"
    paint_grid(
        painter, where, shown, largest(found.products), theme,
        outside=~found.inside, padding=nothing, vector=vector,
    )  # fmt: skip
    if not where.cell >= READABLE:
        for area in (stage.kernel.area, where.area):
            outline(painter, area, theme.border, 1)
    bottom = where.area.bottom() + 4
    total = QRectF(panel.left(), bottom, panel.width(), line)
    text_in(
        painter, total, f"sum {exact(found.channel_sums[depth])}", theme.text,
        Qt.AlignmentFlag.AlignHCenter,
    )  # fmt: skip
    if len(found.channels) > 1:
        curve = QRectF(
            panel.left(), total.bottom() + 2, panel.width(), panel.bottom() - total.bottom() - 2
        )
        _running(painter, curve, found, depth, moment, theme)


def _running(
    painter: QPainter, area: QRectF, found: Step, depth: int, moment: Moment, theme: Theme
) -> None:
    """How the total runs across the channels."""
    if area.height() < 12:
        return
    values = np.concatenate([[0.0], found.running])
    low, high = float(values.min()), float(values.max())
    span = (high - low) or 1.0
    area = area.adjusted(2, 3, -2, -3)
    x = area.left() + np.arange(len(values)) * area.width() / (len(values) - 1)
    y = area.bottom() - (values - low) / span * area.height()
    zero = area.bottom() - (0 - low) / span * area.height()
    painter.setPen(QPen(theme.border, 1))
    painter.drawLine(QPointF(area.left(), zero), QPointF(area.right(), zero))
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
    until = depth + 2 if moment.partial else len(values)
    points = [QPointF(a, b) for a, b in zip(x[:until].tolist(), y[:until].tolist(), strict=True)]
    painter.setPen(QPen(theme.accent, 1.6))
    painter.drawPolyline(points)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(theme.accent)
    painter.drawEllipse(points[-1], 3, 3)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)


def _target(
    painter: QPainter,
    stage: Stage,
    show: Show,
    found: Step,
    moment: Moment,
    theme: Theme,
    cache: Cache | None,
) -> None:
    operation = show.operation
    row, column, channel = found.position
    values = show.output[:, :, channel]
    size = f"{operation.rows.after} × {operation.columns.after}"
    name = f"Output {size}"
    if operation.filters > 1:
        name += f" · channel {channel} of {operation.filters}"
    caption(painter, stage, stage.panels[2], theme, name, f"Output · channel {channel}", size)
    limit = output_limit(show, channel)
    where = stage.target
    cached_grid(painter, where, values, limit, theme, cache, ("out", id(show), channel))
    ground = mix(theme.canvas, theme.border, 0.25)
    unfinished = moment.partial and moment.depth < len(found.channels) - 1
    after = column if unfinished else column + 1
    bottom = where.top + where.rows
    right = where.left + where.columns
    veils = []
    if row + 1 < bottom:
        veils.append(where.rect(row + 1, where.left, bottom - row - 1, where.columns))
    if after < right:
        veils.append(where.rect(row, after, 1, right - after))
    for veil in veils:
        painter.fillRect(veil.adjusted(0, 0, 1, 1), ground)
        if where.cell >= 6:
            _empty_cells(painter, veil, where.cell, theme)
    cell = where.rect(row, column)
    if unfinished:
        running = np.array([[found.running[moment.depth]]])
        spot = Place(row, column, 1, 1, cell.x(), cell.y(), where.cell, True)
        paint_grid(
            painter, spot, running, max(limit, largest(running)), theme, vector=cache is None
        )
    outline(painter, cell, theme.current, 3)
    if stage.maps[1] is not None:
        seen = values.astype(np.float64)
        seen.reshape(-1)[moment.place + (0 if unfinished else 1) :] = np.nan
        box = whole_map(painter, stage.maps[1], seen, limit, theme, where)
        on_map(painter, box, values.shape, QRectF(column, row, 1, 1), theme.accent)


def _empty_cells(painter: QPainter, area: QRectF, cell: float, theme: Theme) -> None:
    painter.setPen(QPen(theme.border, 1))
    x, y = area.left(), area.top()
    while x <= area.right() + 0.5:
        painter.drawLine(QPointF(x, area.top()), QPointF(x, area.bottom()))
        x += cell
    while y <= area.bottom() + 0.5:
        painter.drawLine(QPointF(area.left(), y), QPointF(area.right(), y))
        y += cell
