"""What the scenes of the stage share: text, frames, grids that are kept, whole maps, the sum."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QImage, QPainter, QPen

from ui.theatre.grids import Cache, Floats, Place, paint_grid, thumbnail
from ui.theatre.layout import GAP, SUM_LINES, Stage
from ui.theatre.show import Moment, Show, sum_lines
from ui.theme import Theme


def text_in(
    painter: QPainter,
    area: QRectF,
    text: str,
    color: QColor,
    flags: Qt.AlignmentFlag = Qt.AlignmentFlag.AlignLeft,
    *,
    bold: bool = False,
) -> None:
    """A line of text, cut where there is no room."""
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


def header(painter: QPainter, stage: Stage, show: Show, theme: Theme) -> None:
    """Title and notes."""
    line = stage.font * 1.45
    upper = QRectF(stage.header.left(), stage.header.top(), stage.header.width(), line)
    text_in(painter, upper, show.title, theme.text, bold=True)
    for number, note in enumerate(show.notes, start=1):
        text_in(painter, upper.translated(0, number * line), note, theme.muted)


def caption(painter: QPainter, stage: Stage, panel: QRectF, theme: Theme, *texts: str) -> None:
    """What stands over a panel: the first of these texts that fits."""
    area = QRectF(panel.left(), panel.top(), panel.width(), stage.font * 1.45)
    metrics = QFontMetricsF(painter.font())
    fitting = [text for text in texts if metrics.horizontalAdvance(text) <= area.width()]
    text = fitting[0] if fitting else texts[-1]
    text_in(painter, area, text, theme.muted, Qt.AlignmentFlag.AlignHCenter)


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


def _outside(where: Place, rows: int, columns: int) -> NDArray[np.bool_]:
    """Which cells of a place lie outside of 0..rows and 0..columns."""
    row = where.top + np.arange(where.rows)
    column = where.left + np.arange(where.columns)
    inside = ((row >= 0) & (row < rows))[:, None] & ((column >= 0) & (column < columns))[None, :]
    return np.asarray(~inside)


def cached_grid(
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
        outside = _outside(where, height, width)
        paint_grid(painter, where, cut, limit, theme, outside=outside, padding=padding, vector=True)
        return
    ratio = painter.device().devicePixelRatioF()

    def make() -> QImage:
        area = where.area.adjusted(0, 0, 1, 1)
        image = QImage(
            int(area.width() * ratio) + 1,
            int(area.height() * ratio) + 1,
            QImage.Format.Format_RGB32,
        )
        image.setDevicePixelRatio(ratio)
        image.fill(theme.canvas)
        inner = QPainter(image)
        inner.setFont(painter.font())
        inner.translate(-area.topLeft())
        cut = _cut(where, values, height, width)
        outside = _outside(where, height, width)
        paint_grid(inner, where, cut, limit, theme, outside=outside, padding=padding)
        inner.end()
        return image

    image = cache.get((*key, where, theme.scheme, ratio, limit), make)
    painter.drawImage(where.area.topLeft(), image)


def whole_map(
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
    on_map(painter, box, values.shape, part, theme.muted)
    return box


def on_map(
    painter: QPainter, box: QRectF, shape: tuple[int, ...], part: QRectF, color: QColor
) -> None:
    """A part of a whole map, framed."""
    scale = box.width() / shape[1]
    rect = QRectF(
        box.left() + part.left() * scale,
        box.top() + part.top() * scale,
        max(part.width() * scale, 3),
        max(part.height() * scale, 3),
    ).intersected(box.adjusted(-2, -2, 2, 2))
    outline(painter, rect, color, 2)


def outline(painter: QPainter, rect: QRectF, color: QColor, width: int) -> None:
    """A frame."""
    pen = QPen(color, width)
    pen.setJoinStyle(Qt.PenJoinStyle.MiterJoin)
    painter.setPen(pen)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawRect(rect)


def signs(painter: QPainter, stage: Stage, theme: Theme, which: tuple[str, str]) -> None:
    """The signs between the panels, such as input ∗ kernel = output."""
    painter.save()
    font = QFont(painter.font())
    font.setPixelSize(int(stage.font * 1.7))
    painter.setFont(font)
    painter.setPen(theme.muted)
    for panel, sign in zip(stage.panels, which, strict=False):
        area = QRectF(panel.right(), panel.top(), GAP, panel.height())
        painter.drawText(area, Qt.AlignmentFlag.AlignCenter, sign)
    painter.restore()


def footer(painter: QPainter, stage: Stage, show: Show, moment: Moment, theme: Theme) -> None:
    """The sum of the moment."""
    room = stage.footer.width() - 16
    most = _terms(show, moment, room, QFontMetricsF(painter.font()))
    footer_lines(painter, stage, sum_lines(show, moment, most=most), theme)


def footer_lines(painter: QPainter, stage: Stage, lines: Sequence[str], theme: Theme) -> None:
    """Lines of text below the stage; the last one matters most."""
    area = stage.footer
    painter.fillRect(area, theme.surface)
    painter.setPen(QPen(theme.border, 1))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawRect(area)
    line = stage.font * 1.45
    room = area.width() - 16
    for number, text in enumerate(lines[:SUM_LINES]):
        where = QRectF(area.left() + 8, area.top() + 4 + number * line, room, line)
        text_in(painter, where, text, theme.text if number == len(lines) - 1 else theme.muted)


def _terms(show: Show, moment: Moment, room: float, metrics: QFontMetricsF) -> int:
    """How many products fit on a line."""
    fits, too_many = 2, 25
    while too_many - fits > 1:
        most = (fits + too_many) // 2
        if metrics.horizontalAdvance(sum_lines(show, moment, most)[0]) <= room:
            fits = most
        else:
            too_many = most
    return fits
