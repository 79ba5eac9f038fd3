"""Paints a figure with Qt, on a screen or into a file, and measures its text."""

from __future__ import annotations

import math
from dataclasses import replace
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

from cnnviz.figures.scene import Figure, Picture, Point, Ruler, Shape, Text, arrow_head

_EM = 100
"""Pixels of the font that text is measured in: large, so that no width is rounded to a pixel."""
_SANS = ("Helvetica", "Arial", "Liberation Sans", "DejaVu Sans")
_SERIF = ("Times New Roman", "Times", "Liberation Serif", "DejaVu Serif")


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
    points = shape.points
    if shape.radius <= 0 or len(points) < 3:
        path.addPolygon(QPolygonF([QPointF(*point) for point in points]))
    elif shape.closed:
        for i, corner in enumerate(points):
            _turn(path, points[i - 1], corner, points[(i + 1) % len(points)], shape.radius, i == 0)
    else:
        path.moveTo(*points[0])
        for before, corner, after in zip(points, points[1:], points[2:], strict=False):
            _turn(path, before, corner, after, shape.radius)
        path.lineTo(*points[-1])
    if shape.closed:
        path.closeSubpath()
    return path


def _turn(
    path: QPainterPath,
    before: Point,
    corner: Point,
    after: Point,
    radius: float,
    first: bool = False,
) -> None:
    """A line to near a corner, and round it."""
    start, end = (_towards(corner, other, radius) for other in (before, after))
    if first:
        path.moveTo(*start)
    else:
        path.lineTo(*start)
    path.quadTo(*corner, *end)


def _towards(corner: Point, other: Point, radius: float) -> Point:
    """The point on the way from a corner, no further than half of it."""
    way = (other[0] - corner[0], other[1] - corner[1])
    long = math.hypot(*way)
    share = min(radius / long, 0.5) if long else 0.0
    return (corner[0] + way[0] * share, corner[1] + way[1] * share)


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
    if not shape.arrow or shape.closed or shape.stroke is None:
        painter.drawPath(outline(shape))
        return
    tip, left, right = arrow_head(shape)
    neck = ((left[0] + right[0]) / 2, (left[1] + right[1]) / 2)
    painter.drawPath(outline(replace(shape, points=(*shape.points[:-1], neck))))
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(shape.stroke))
    painter.drawPolygon(QPolygonF([QPointF(*point) for point in (tip, left, right)]))


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
    names = {"sans-serif": _SANS, "serif": _SERIF}.get(family, (family, *_SANS))
    font = QFont()
    font.setFamilies(list(names))
    font.setPixelSize(_EM)
    font.setBold(bold)
    font.setItalic(italic)
    font.setHintingPreference(QFont.HintingPreference.PreferNoHinting)
    return font


@lru_cache(maxsize=20_000)
def _advance(words: str, family: str, bold: bool) -> float:
    return QFontMetricsF(font_of(family, bold=bold)).horizontalAdvance(words)
