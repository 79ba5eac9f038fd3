"""How open groups are painted: frames around their members, with a strip that carries the name."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QFontInfo, QFontMetricsF, QPainter, QPen, QTransform

from cnnviz.nesting import HEADER, has_header
from ui.graph.lettering import LARGEST, SMALLEST, sized
from ui.graph.scene import Scene
from ui.theme import RADIUS, Theme, mix

_STEP = 0.032
"""How much darker (lighter, on dark ground) each frame is than the one around it."""


def paint_grounds(
    painter: QPainter,
    scene: Scene,
    rects: NDArray[np.float64],
    frames: list[int],
    colors: Theme,
    scale: float,
) -> None:
    """Paint the grounds, outermost first."""
    line = QPen(colors.border, max(1.0, 0.8 / scale))
    for i in frames:
        painter.setPen(line if has_header(scene.layout.framed[i]) else Qt.PenStyle.NoPen)
        painter.setBrush(_ground(colors, scene.depths[i]))
        painter.drawRoundedRect(QRectF(*rects[i].tolist()), RADIUS, RADIUS)


def paint_strips(
    painter: QPainter,
    scene: Scene,
    rects: NDArray[np.float64],
    frames: list[int],
    colors: Theme,
) -> None:
    """Paint the strips for the names: edges pass behind them."""
    painter.setPen(Qt.PenStyle.NoPen)
    for i in frames:
        if has_header(scene.layout.framed[i]):
            left, top, width, _ = rects[i].tolist()
            painter.setBrush(mix(_ground(colors, scene.depths[i]), colors.border, 0.55))
            painter.drawRoundedRect(QRectF(left, top, width, HEADER), RADIUS, RADIUS)


def paint_names(
    painter: QPainter,
    scene: Scene,
    rects: NDArray[np.float64],
    frames: list[int],
    colors: Theme,
    to_screen: QTransform,
) -> None:
    """Write the names, where the strips are high enough for them."""
    scale = to_screen.m11()
    pixels = QFontInfo(painter.font()).pixelSize() * 0.95 * scale
    if pixels < SMALLEST * 0.75:
        return
    font = sized(painter.font(), min(pixels, LARGEST))
    metrics = QFontMetricsF(font)
    painter.save()
    painter.setFont(font)
    painter.setPen(colors.muted)
    for i in frames:
        part = scene.layout.framed[i]
        if has_header(part):
            area = to_screen.mapRect(QRectF(*rects[i].tolist()))
            strip = QRectF(area.left() + 8, area.top(), area.width() - 16, HEADER * scale)
            name = part.label + (f"   ×{part.times}" if part.times > 1 else "")
            shown = metrics.elidedText(name, Qt.TextElideMode.ElideMiddle, strip.width())
            painter.drawText(strip, Qt.AlignmentFlag.AlignVCenter, shown)
    painter.restore()


def _ground(colors: Theme, depth: int) -> QColor:
    return mix(colors.canvas, colors.text, _STEP * (depth + 1))
