"""What the colours mean, in the corner of the canvas, while the boxes are too small to say it."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QFontMetricsF, QLinearGradient, QPainter, QPen

from ui.graph.columns import BINS, Tint, step_color
from ui.graph.scene import Scene
from ui.theme import GAP, RADIUS, SNUG, TIGHT, Theme, scaled_font

_CHIP = 10.0


def paint_legend(painter: QPainter, scene: Scene, canvas: QRect, colors: Theme) -> None:
    """Name the kinds that the scene has, if the canvas has room for it."""
    kinds = scene.kinds
    font = scaled_font("small")
    metrics = QFontMetricsF(font)
    line = metrics.height() + TIGHT / 2
    width = max(metrics.horizontalAdvance(kind.capitalize()) for kind in kinds)
    area = QRectF(0, 0, width + _CHIP + 3 * SNUG, line * len(kinds) + 2 * SNUG)
    if area.height() > canvas.height() / 2 or area.width() > canvas.width() / 3:
        return
    area.moveBottomLeft(QPointF(GAP, canvas.bottom() - GAP))
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(colors.border, 1))
    painter.setBrush(colors.surface)
    painter.drawRoundedRect(area, RADIUS, RADIUS)
    painter.setFont(font)
    for row, kind in enumerate(kinds):
        top = area.top() + SNUG + row * line
        chip = QRectF(area.left() + SNUG, top + (line - _CHIP) / 2, _CHIP, _CHIP)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colors.kinds[kind].fill)
        painter.drawRoundedRect(chip, 2, 2)
        painter.setPen(colors.text)
        text = QRectF(chip.right() + SNUG, top, width + 2, line)
        painter.drawText(text, Qt.AlignmentFlag.AlignVCenter, kind.capitalize())
    painter.restore()


def scale_text(tint: Tint) -> str:
    """What a scale says below its bar."""
    if (tint.bins < 0).all():
        return "Run an image first" if tint.column.needs_run else "Not known"
    return f"{tint.column.text(tint.low)} to {tint.column.text(tint.high)}"


def paint_scale(painter: QPainter, tint: Tint, canvas: QRect, colors: Theme) -> None:
    """The scale of the numbers that boxes are coloured by."""
    font = scaled_font("small")
    metrics = QFontMetricsF(font)
    text = scale_text(tint)
    widest = max(metrics.horizontalAdvance(line) for line in (text, tint.column.title))
    width = max(widest, 120.0) + 2 * SNUG
    area = QRectF(0, 0, width, 2 * metrics.height() + _CHIP + 2 * SNUG + TIGHT)
    area.moveBottomLeft(QPointF(GAP, canvas.bottom() - GAP))
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(colors.border, 1))
    painter.setBrush(colors.surface)
    painter.drawRoundedRect(area, RADIUS, RADIUS)
    inner = area.adjusted(SNUG, SNUG, -SNUG, -SNUG)
    painter.setFont(font)
    painter.setPen(colors.text)
    painter.drawText(inner, Qt.AlignmentFlag.AlignTop, tint.column.title)
    painter.setPen(colors.muted)
    painter.drawText(inner, Qt.AlignmentFlag.AlignBottom, text)
    bar = QRectF(inner.left(), inner.top() + metrics.height() + 2, inner.width(), _CHIP)
    gradient = QLinearGradient(bar.topLeft(), bar.topRight())
    for step in range(BINS):
        gradient.setColorAt(step / (BINS - 1), step_color(step))
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(gradient)
    painter.drawRoundedRect(bar, 2, 2)
    painter.restore()
