"""Paints a moment of a show: the same routines for the screen, for pictures and for SVG."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QImage, QPainter, QPen, QPolygonF

from cnnviz.arithmetic import Step
from cnnviz.convolution import shared_with_previous
from ui.theatre.grids import (
    READABLE,
    Cache,
    Floats,
    Place,
    largest,
    paint_grid,
    place,
    thumbnail,
)
from ui.theatre.show import Moment, Show, exact, short, step_at, sum_lines
from ui.theme import Theme, mix, with_alpha

MARGIN = 14.0
GAP = 34.0
SUM_LINES = 4


@dataclass(frozen=True)
class Stage:
    """Where everything lies.

    Attributes:
        font: Pixels of the text.
        header: Title and note.
        footer: The sum.
        panels: Input, kernel and output with their captions.
        source: The input's cells.
        target: The output's cells.
        kernel: The kernel slice; None for pooling.
        products: Products below it, or the patch of a pool.
        maps: Whole maps beside magnified ones: input, output.
    """

    font: int
    header: QRectF
    footer: QRectF
    panels: tuple[QRectF, QRectF, QRectF]
    source: Place
    target: Place
    kernel: Place | None
    products: Place
    maps: tuple[QRectF | None, QRectF | None]


def lay_out(size: tuple[float, float], show: Show, moment: Moment) -> Stage:
    """Work out where everything lies on a stage of this size, in pixels."""
    width, height = size
    font = int(max(11, min(15, width / 62, height / 34)))
    line = font * 1.45
    header_lines = 1 + len(show.notes)
    header = QRectF(MARGIN, MARGIN * 0.6, width - 2 * MARGIN, header_lines * line)
    footer_height = SUM_LINES * line + MARGIN * 0.6
    footer = QRectF(
        MARGIN, height - footer_height - MARGIN * 0.4, width - 2 * MARGIN, footer_height
    )
    top = header.bottom() + 4
    middle = max(footer.top() - top - 6, 40)
    free = width - 2 * MARGIN - 2 * GAP
    operation = show.operation
    found = step_at(show, moment)
    side = max(min(free * 0.22, middle * 0.5), 60)
    rest = free - side
    cells_in = operation.columns.before + sum(_drawn_padding(show)[2:])
    share = min(max(cells_in / max(cells_in + operation.columns.after, 1), 0.42), 0.62)
    panels = (
        QRectF(MARGIN, top, rest * share, middle),
        QRectF(MARGIN + rest * share + GAP, top, side, middle),
        QRectF(width - MARGIN - rest * (1 - share), top, rest * (1 - share), middle),
    )
    caption = line + 2
    above, below, left, right = _drawn_padding(show)
    source_area = panels[0].adjusted(0, caption, 0, 0)
    target_area = panels[2].adjusted(0, caption, 0, 0)
    rows = (-above, operation.rows.before + below)
    columns = (-left, operation.columns.before + right)
    source, source_map = _with_map(source_area, rows, columns, _focus(found, rows, columns))
    row, column, _ = found.position
    target, target_map = _with_map(
        target_area,
        (0, operation.rows.after),
        (0, operation.columns.after),
        (row, row, column, column),
    )
    kernel, products = _kernel_places(show, panels[1], caption)
    return Stage(
        font, header, footer, panels, source, target, kernel, products, (source_map, target_map)
    )


def _drawn_padding(show: Show) -> tuple[int, int, int, int]:
    """Above, below, left and right; a transposed convolution has none around its input."""
    if show.operation.transposed:
        return 0, 0, 0, 0
    rows, columns = show.operation.rows.padding, show.operation.columns.padding
    return rows[0], rows[1], columns[0], columns[1]


def _focus(
    found: Step, rows: tuple[int, int], columns: tuple[int, int]
) -> tuple[int, int, int, int]:
    """The cells that the window covers."""
    ends = []
    for taps, (low, high) in ((found.rows, rows), (found.columns, columns)):
        seen = taps[(taps >= low) & (taps < high)]
        ends += [int(seen.min(initial=high - 1)), int(seen.max(initial=low))]
    return ends[0], max(ends[1], ends[0]), ends[2], max(ends[3], ends[2])


def _with_map(
    area: QRectF, rows: tuple[int, int], columns: tuple[int, int], focus: tuple[int, int, int, int]
) -> tuple[Place, QRectF | None]:
    """A grid, and where it is too large to be shown whole a strip for the whole map below it."""
    whole = place(area, rows, columns, focus)
    if whole.whole:
        return whole, None
    height = min(area.height() * 0.34, area.width() * 0.6)
    strip = QRectF(area.left(), area.bottom() - height, area.width(), height)
    upper = QRectF(area.left(), area.top(), area.width(), area.height() - height - 10)
    return place(upper, rows, columns, focus), strip


def _kernel_places(show: Show, panel: QRectF, caption: float) -> tuple[Place | None, Place]:
    height, width = show.operation.size
    lane = caption * 1.1
    if show.operation.kernel is None:
        area = QRectF(panel.left(), panel.top() + caption, panel.width(), panel.height() * 0.5)
        return None, place(area, (0, height), (0, width), least=0)
    each = (panel.height() - caption - lane - 3.4 * caption) / 2
    area = QRectF(panel.left(), panel.top() + caption, panel.width(), each)
    first = place(area, (0, height), (0, width), least=0)
    first = replace(first, y=area.top())
    return first, replace(first, y=first.area.bottom() + lane)


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
    _header(painter, stage, show, theme)
    _source(painter, stage, show, found, depth, theme, cache)
    _kernel(painter, stage, show, found, depth, moment, theme, cache is None)
    _target(painter, stage, show, found, moment, theme, cache)
    for row, column in reached:
        if stage.target.holds(row, column):
            _outline(painter, stage.target.rect(row, column), theme.warning, 2)
    _signs(painter, stage, theme)
    _footer(painter, stage, show, moment, theme)


def _text(
    painter: QPainter,
    area: QRectF,
    text: str,
    color: QColor,
    flags: Qt.AlignmentFlag = Qt.AlignmentFlag.AlignLeft,
    *,
    bold: bool = False,
) -> None:
    font = QFont(painter.font())
    if bold:
        font.setWeight(QFont.Weight.DemiBold)
        painter.save()
        painter.setFont(font)
    painter.setPen(color)
    metrics = QFontMetricsF(font)
    shown = metrics.elidedText(text, Qt.TextElideMode.ElideRight, area.width())
    painter.drawText(area, flags | Qt.AlignmentFlag.AlignVCenter, shown)
    if bold:
        painter.restore()


def _header(painter: QPainter, stage: Stage, show: Show, theme: Theme) -> None:
    line = stage.font * 1.45
    upper = QRectF(stage.header.left(), stage.header.top(), stage.header.width(), line)
    _text(painter, upper, show.title, theme.text, bold=True)
    for number, note in enumerate(show.notes, start=1):
        _text(painter, upper.translated(0, number * line), note, theme.muted)


def _caption(painter: QPainter, stage: Stage, panel: QRectF, text: str, theme: Theme) -> None:
    area = QRectF(panel.left(), panel.top(), panel.width(), stage.font * 1.45)
    _text(painter, area, text, theme.muted, Qt.AlignmentFlag.AlignHCenter)


def _cut(where: Place, values: Floats, rows: int, columns: int) -> Floats:
    """The values of a place; what lies outside of 0..rows and 0..columns is NaN."""
    if (where.top, where.left, where.rows, where.columns) == (0, 0, rows, columns):
        return values.astype(np.float64)
    cut = np.full((where.rows, where.columns), np.nan)
    top, left = max(where.top, 0), max(where.left, 0)
    bottom = min(where.top + where.rows, rows)
    right = min(where.left + where.columns, columns)
    cut[top - where.top : bottom - where.top, left - where.left : right - where.left] = values[
        top:bottom, left:right
    ]
    return cut


def _grid(
    painter: QPainter,
    where: Place,
    values: Floats,
    limit: float,
    theme: Theme,
    cache: Cache | None,
    key: tuple[object, ...],
    padding: str = "",
) -> None:
    """A grid from the cache, or as shapes without one."""
    height, width = values.shape
    if cache is None:
        cut = _cut(where, values, height, width)
        paint_grid(painter, where, cut, limit, theme, padding=padding, vector=True)
        return
    ratio = painter.device().devicePixelRatioF()

    def make() -> QImage:
        area = where.area.adjusted(0, 0, 1, 1)
        image = QImage(
            int(area.width() * ratio) + 1,
            int(area.height() * ratio) + 1,
            QImage.Format.Format_ARGB32_Premultiplied,
        )
        image.setDevicePixelRatio(ratio)
        image.fill(Qt.GlobalColor.transparent)
        inner = QPainter(image)
        inner.setFont(painter.font())
        inner.translate(-area.topLeft())
        cut = _cut(where, values, height, width)
        paint_grid(inner, where, cut, limit, theme, padding=padding)
        inner.end()
        return image

    image = cache.get((*key, where, theme.scheme, ratio, limit), make)
    painter.drawImage(where.area.topLeft(), image)


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
    _caption(painter, stage, stage.panels[0], name, theme)
    limit = largest(show.values)
    where = stage.source
    padding = "0" if operation.kernel is not None else ""
    _grid(painter, where, values, limit, theme, cache, ("in", id(show), channel), padding)
    _left_over(painter, where, show, theme)
    if operation.kernel is not None and not operation.transposed:
        shared = shared_with_previous(operation, *found.position[:2])
    else:
        shared = np.zeros(operation.size, bool)
    _window(painter, where, found, shared, theme)
    if found.winner is not None and where.holds(*found.winner):
        _outline(painter, where.rect(*found.winner).adjusted(2, 2, -2, -2), theme.warning, 3)
    if stage.maps[0] is not None:
        box = _map(painter, stage.maps[0], values, limit, theme, where)
        _on_map(painter, box, values.shape, _inside_rect(found, values.shape), theme.accent)


def _inside_rect(found: Step, shape: tuple[int, ...]) -> QRectF:
    rows = np.clip(found.rows, 0, shape[0] - 1)
    columns = np.clip(found.columns, 0, shape[1] - 1)
    return QRectF(
        int(columns.min()),
        int(rows.min()),
        int(columns.max() - columns.min()) + 1,
        int(rows.max() - rows.min()) + 1,
    )


def _map(
    painter: QPainter, area: QRectF, values: Floats, limit: float, theme: Theme, shown: Place
) -> QRectF:
    """The whole map, small, with the part that is magnified."""
    height, width = values.shape
    scale = min(area.width() / width, area.height() / height)
    box = QRectF(0, 0, width * scale, height * scale)
    box.moveCenter(area.center())
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, scale < 1)
    painter.drawImage(box, thumbnail(values, limit, theme))
    painter.setPen(QPen(theme.border, 1))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawRect(box)
    part = QRectF(shown.left, shown.top, shown.columns, shown.rows)
    _on_map(painter, box, values.shape, part, theme.muted)
    return box


def _on_map(
    painter: QPainter, box: QRectF, shape: tuple[int, ...], part: QRectF, color: QColor
) -> None:
    scale = box.width() / shape[1]
    rect = QRectF(
        box.left() + part.left() * scale,
        box.top() + part.top() * scale,
        max(part.width() * scale, 3),
        max(part.height() * scale, 3),
    ).intersected(box.adjusted(-2, -2, 2, 2))
    _outline(painter, rect, color, 2)


def _outline(painter: QPainter, rect: QRectF, color: QColor, width: int) -> None:
    pen = QPen(color, width)
    pen.setJoinStyle(Qt.PenJoinStyle.MiterJoin)
    painter.setPen(pen)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawRect(rect)


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
                _outline(painter, rect.adjusted(1, 1, -1, -1), theme.current, 2)
    if not frame.isEmpty():
        _outline(painter, frame, theme.current, 3)


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
        _caption(painter, stage, panel, f"Patch: its {word}", theme)
        limit = largest(show.values)
        paint_grid(painter, where, patch, limit, theme, vector=vector)
        if found.winner is not None:
            i = int(np.flatnonzero(found.rows == found.winner[0])[0])
            j = int(np.flatnonzero(found.columns == found.winner[1])[0])
            _outline(painter, where.rect(i, j).adjusted(2, 2, -2, -2), theme.warning, 3)
        return
    assert stage.kernel is not None
    name = f"Filter {moment.channel}" if show.operation.filters > 1 else "Kernel"
    if len(found.channels) > 1:
        name += f" · channel {found.channels[depth]}"
    _caption(painter, stage, panel, name, theme)
    slice_, products = found.weights[:, :, depth], found.products[:, :, depth]
    paint_grid(painter, stage.kernel, slice_, largest(found.weights), theme, vector=vector)
    head = QRectF(panel.left(), where.y - line * 1.05, panel.width(), line)
    _text(painter, head, "patch × kernel", theme.muted, Qt.AlignmentFlag.AlignHCenter)
    shown = np.where(found.inside, products, np.nan) if not show.operation.transposed else products
    paint_grid(painter, where, shown, largest(found.products), theme, padding="0", vector=vector)
    if not where.cell >= READABLE:
        for area in (stage.kernel.area, where.area):
            _outline(painter, area, theme.border, 1)
    bottom = where.area.bottom() + 4
    total = QRectF(panel.left(), bottom, panel.width(), line)
    _text(
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
    _caption(painter, stage, stage.panels[2], name, theme)
    limit = largest(values)
    where = stage.target
    _grid(painter, where, values, limit, theme, cache, ("out", id(show), channel))
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
    _outline(painter, cell, theme.current, 3)
    if stage.maps[1] is not None:
        seen = values.astype(np.float64)
        seen.reshape(-1)[moment.place + (0 if unfinished else 1) :] = np.nan
        box = _map(painter, stage.maps[1], seen, limit, theme, where)
        _on_map(painter, box, values.shape, QRectF(column, row, 1, 1), theme.accent)


def _empty_cells(painter: QPainter, area: QRectF, cell: float, theme: Theme) -> None:
    painter.setPen(QPen(theme.border, 1))
    x, y = area.left(), area.top()
    while x <= area.right() + 0.5:
        painter.drawLine(QPointF(x, area.top()), QPointF(x, area.bottom()))
        x += cell
    while y <= area.bottom() + 0.5:
        painter.drawLine(QPointF(area.left(), y), QPointF(area.right(), y))
        y += cell


def _signs(painter: QPainter, stage: Stage, theme: Theme) -> None:
    """The signs between the panels: input ∗ kernel = output."""
    painter.save()
    font = QFont(painter.font())
    font.setPixelSize(int(stage.font * 1.7))
    painter.setFont(font)
    painter.setPen(theme.muted)
    for panel, sign in ((stage.panels[0], "∗"), (stage.panels[1], "=")):
        area = QRectF(panel.right(), panel.top(), GAP, panel.height())
        painter.drawText(area, Qt.AlignmentFlag.AlignCenter, sign)
    painter.restore()


def _footer(painter: QPainter, stage: Stage, show: Show, moment: Moment, theme: Theme) -> None:
    area = stage.footer
    painter.fillRect(area, theme.surface)
    painter.setPen(QPen(theme.border, 1))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawRect(area)
    line = stage.font * 1.45
    room = area.width() - 16
    lines = sum_lines(show, moment, most=_terms(show, moment, room, QFontMetricsF(painter.font())))
    for number, text in enumerate(lines[:SUM_LINES]):
        where = QRectF(area.left() + 8, area.top() + 4 + number * line, room, line)
        _text(painter, where, text, theme.text if number == len(lines) - 1 else theme.muted)


def _terms(show: Show, moment: Moment, room: float, metrics: QFontMetricsF) -> int:
    """How many products fit on a line."""
    most = 24
    while most > 2:
        if metrics.horizontalAdvance(sum_lines(show, moment, most)[0]) <= room:
            break
        most -= 1
    return most


def scale_text(limit: float) -> str:
    """What the colours of a scale reach to."""
    return f"−{short(limit)} … {short(limit)}"
