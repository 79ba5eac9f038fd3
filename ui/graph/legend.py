"""What the colours mean, in the corner of the canvas, while the boxes are too small to say it."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QFontMetricsF, QPainter, QPen

from cnnviz.kinds import Kind
from ui.graph.scene import Scene
from ui.theme import GAP, RADIUS, SNUG, TIGHT, Theme, scaled_font

_CHIP = 10.0


def paint_legend(painter: QPainter, scene: Scene, canvas: QRect, colors: Theme) -> None:
    """Name the kinds that the scene has, if the canvas has room for it."""
    present = {kind for kind, _ in scene.by_kind}
    kinds = [kind for kind in Kind if kind in present]
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
