"""Paints a figure with Qt, on a screen or into a file, and measures its text."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import (
    QColor,
    QFont,
    QFontMetricsF,
    QImage,
    QPainter,
    QPainterPath,
    QPen,
    QPolygonF,
)

from cnnviz.figures.fonts import fallbacks
from cnnviz.figures.paths import steps, with_head
from cnnviz.figures.scene import Figure, Picture, Ruler, Shape, Text

_EM = 100
"""Pixels of the font that text is measured in: large, so that no width is rounded to a pixel."""


def ruler(family: str = "sans-serif") -> Ruler:
    """Measures text in a family of fonts, as `paint` will set it."""

    def measure(words: str, size: float, bold: bool = False) -> float:
        return _advance(words, family, bold) * size / _EM

    return measure


def paint(figure: Figure, painter: QPainter) -> None:
    """Paint a figure.

    Args:
        figure: What to paint.
        painter: In points, with the page's top left corner as its origin.
    """
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    if figure.paper is not None:
        painter.fillRect(QRectF(0, 0, figure.width, figure.height), QColor(figure.paper))
    for mark in figure.marks:
        if isinstance(mark, Text):
            _paint_text(painter, mark, figure.font)
        elif isinstance(mark, Shape):
            _paint_shape(painter, mark)
        else:
            _paint_picture(painter, mark)
    painter.restore()


def outline(shape: Shape) -> QPainterPath:
    """The line around a shape, or along it, with its corners rounded."""
    path = QPainterPath()
    for kind, points in steps(shape):
        if kind == "move":
            path.moveTo(*points[0])
        elif kind == "line":
            path.lineTo(*points[0])
        elif kind == "curve":
            path.quadTo(*points[0], *points[1])
        else:
            path.closeSubpath()
    return path


def _paint_shape(painter: QPainter, shape: Shape) -> None:
    painter.setBrush(Qt.BrushStyle.NoBrush)
    if shape.fill is not None:
        fill = QColor(shape.fill)
        fill.setAlphaF(shape.opacity)
        painter.setBrush(fill)
    painter.setPen(Qt.PenStyle.NoPen)
    if shape.stroke is not None:
        pen = QPen(QColor(shape.stroke), shape.width)
        pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
        pen.setCapStyle(Qt.PenCapStyle.FlatCap)
        if shape.dashed:
            pen.setDashPattern([3 / max(shape.width, 0.1), 2 / max(shape.width, 0.1)])
        painter.setPen(pen)
    line, head = with_head(shape)
    painter.drawPath(outline(line))
    if head is not None:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(shape.stroke))
        painter.drawPolygon(QPolygonF([QPointF(*point) for point in head]))


def _paint_text(painter: QPainter, text: Text, family: str) -> None:
    wide = _advance(text.words, family, text.bold)
    shift = {"start": 0.0, "middle": -wide / 2, "end": -wide}[text.anchor]
    painter.save()
    painter.translate(*text.at)
    if text.upward:
        painter.rotate(-90)
    painter.scale(text.size / _EM, text.size / _EM)
    painter.setFont(font_of(family, bold=text.bold, italic=text.italic))
    painter.setPen(QColor(text.colour))
    painter.drawText(QPointF(shift, 0), text.words)
    painter.restore()


def _paint_picture(painter: QPainter, picture: Picture) -> None:
    pixels = np.ascontiguousarray(picture.pixels)
    height, width = pixels.shape[:2]
    image = QImage(pixels.data, width, height, 3 * width, QImage.Format.Format_RGB888)
    # Cells stay cells where they are magnified.
    shrunk = width > picture.size[0]
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, shrunk)
    painter.drawImage(QRectF(*picture.at, *picture.size), image)


@lru_cache(maxsize=64)
def font_of(family: str, *, bold: bool = False, italic: bool = False) -> QFont:
    """The font that a family's text is set in, at a hundred pixels."""
    font = QFont()
    font.setFamilies(list(fallbacks(family)))
    font.setPixelSize(_EM)
    font.setBold(bold)
    font.setItalic(italic)
    font.setHintingPreference(QFont.HintingPreference.PreferNoHinting)
    return font


@lru_cache(maxsize=20_000)
def _advance(words: str, family: str, bold: bool) -> float:
    return QFontMetricsF(font_of(family, bold=bold)).horizontalAdvance(words)
