"""How edges are painted: all of them thin, with heads and shapes where there is room for these."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontInfo, QFontMetricsF, QPainter, QPainterPath, QPen

from ui import words
from ui.graph.camera import Camera
from ui.graph.lettering import sized
from ui.graph.marks import ROUND_FROM, Marks, faint, thin
from ui.graph.scene import Scene, edge_width
from ui.theme import RADIUS, SNUG, TIGHT, Theme, scaled_font, with_alpha

SHAPES_FROM = 1.3
"""Scale from which every edge says what flows along it."""
_HEAD = 7.0
_LABEL = 240.0
"""No label reaches further from where its edge begins."""
_MOST_REASONS, _REASON_WIDTH = 12, 280.0


def paint_edges(
    painter: QPainter, scene: Scene, marks: Marks, view: QRectF, colors: Theme, scale: float
) -> None:
    """Paint the edges in view, those that are picked out above all others."""
    painter.setBrush(Qt.BrushStyle.NoBrush)
    color = faint(colors.edge, colors) if marks.lit is not None else colors.edge
    for chunk in scene.chunks:
        if chunk.area.intersects(view):
            width = thin(chunk.width, 0.9, scale)
            painter.setPen(QPen(color, width, c=Qt.PenCapStyle.FlatCap))
            painter.drawPath(chunk.path)
    if scale >= ROUND_FROM:
        _paint_heads(painter, scene, np.flatnonzero(_near(scene.tips, view)), color)
    lit = _lit(scene, marks)
    if len(lit):
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for edge in lit.tolist():
            width = edge_width(scene.shapes[edge]) + 1.0
            painter.setPen(QPen(colors.accent, thin(width, 1.7, scale)))
            painter.drawPath(scene.edge_path(scene.layout.routes[edge]))
        if scale >= ROUND_FROM:
            _paint_heads(painter, scene, lit, colors.accent)


def _lit(scene: Scene, marks: Marks) -> NDArray[np.int64]:
    """Edges that are picked out: between lit boxes, or those of the box under the pointer."""
    edges = scene.layout.edges
    if marks.lit is not None:
        inside = np.zeros(len(scene.boxes), bool)
        inside[list(marks.lit)] = True
        return np.flatnonzero(inside[edges].all(axis=1))
    if marks.pointed is not None:
        return np.array([marks.pointed[0]])
    focus = marks.hovered if marks.hovered is not None else marks.selected
    return np.flatnonzero((edges == (-1 if focus is None else focus)).any(axis=1))


def paint_shapes(
    painter: QPainter,
    scene: Scene,
    marks: Marks,
    camera: Camera,
    colors: Theme,
    font: QFont,
    part: QRectF | None = None,
) -> None:
    """What flows: near by along every edge, else along those that are picked out.

    Args:
        painter: In screen coordinates.
        scene: What there is.
        marks: What is special.
        camera: Where one looks.
        colors: The theme.
        font: For text at a scale of 1.
        part: What is wanted, in screen coordinates; all that is in view when None.
    """
    edges = scene.first_edges
    if camera.scale < SHAPES_FROM:
        lit = _lit(scene, marks)
        edges = lit[np.unique(scene.layout.edges[lit, 0], return_index=True)[1]]
    seen = QRectF(QPointF(0, 0), camera.size) if part is None else part
    edges = edges[_near(scene.starts[edges], _in_scene(camera, seen), _LABEL / camera.scale)]
    small = sized(font, QFontInfo(font).pixelSize() * 0.85, QFont.Weight.Normal)
    metrics = QFontMetricsF(small)
    painter.setFont(small)
    for edge in edges.tolist():
        spot = camera.to_screen(QPointF(*scene.starts[edge].tolist()))
        text = words.shape(scene.shapes[edge]).replace(" × ", "×")
        label = QRectF(0, 0, metrics.horizontalAdvance(text) + 6, metrics.height())
        gap = 7 * camera.scale
        offset = QPointF(4, gap) if scene.along else QPointF(gap, -label.height() - 3)
        label.moveTopLeft(spot + offset)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(with_alpha(colors.surface, 0.85))
        painter.drawRoundedRect(label, 3, 3)
        painter.setPen(colors.text)
        painter.drawText(label, Qt.AlignmentFlag.AlignCenter, text)


def paint_pointed(
    painter: QPainter, scene: Scene, marks: Marks, camera: Camera, colors: Theme
) -> None:
    """Beside the pointer: what flows along the edge that it is on, from where to where."""
    if marks.pointed is None:
        return
    edge, spot = marks.pointed
    source, target = (scene.view.parts[i].label for i in scene.layout.edges[edge].tolist())
    lines = (words.shape(scene.shapes[edge]), f"{source} → {target}")
    fonts = scaled_font("body", bold=True), scaled_font("small")
    metrics = [QFontMetricsF(font) for font in fonts]
    most = camera.size.width() - 2 * SNUG
    texts = [
        each.elidedText(line, Qt.TextElideMode.ElideMiddle, most - 2 * SNUG)
        for each, line in zip(metrics, lines, strict=True)
    ]
    width = max(m.horizontalAdvance(text) for m, text in zip(metrics, texts, strict=True))
    area = QRectF(0, 0, width + 2 * SNUG, sum(each.height() for each in metrics) + 2 * TIGHT)
    area.moveTopLeft(spot + QPointF(14, 14))
    # It stays on the canvas, and beside the pointer.
    if area.right() > camera.size.width() - TIGHT:
        area.moveRight(max(spot.x() - 10, area.width() + TIGHT))
    if area.bottom() > camera.size.height() - TIGHT:
        area.moveBottom(spot.y() - 10)
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(colors.border, 1))
    painter.setBrush(colors.raised)
    painter.drawRoundedRect(area, RADIUS, RADIUS)
    top = area.top() + TIGHT
    for text, font, each, ink in zip(
        texts, fonts, metrics, (colors.text, colors.muted), strict=True
    ):
        painter.setFont(font)
        painter.setPen(ink)
        painter.drawText(QPointF(area.left() + SNUG, top + each.ascent()), text)
        top += each.height()
    painter.restore()


def paint_faults(
    painter: QPainter,
    scene: Scene,
    rects: NDArray[np.float64],
    marks: Marks,
    camera: Camera,
    colors: Theme,
) -> None:
    """Boxes and edges that do not fit, with the reason; the painter is in screen coordinates."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    for box, edge, _ in marks.faults:
        painter.setBrush(Qt.BrushStyle.NoBrush)
        if edge is not None:
            painter.setPen(QPen(colors.error, 3.0))
            painter.drawPath(camera.transform.map(scene.edge_path(scene.layout.routes[edge])))
        pen = QPen(
            colors.error, 2.2, Qt.PenStyle.DashLine if edge is None else Qt.PenStyle.SolidLine
        )
        painter.setPen(pen)
        around = camera.rect_on_screen(QRectF(*rects[box].tolist())).adjusted(-3, -3, 3, 3)
        painter.drawRoundedRect(around, RADIUS, RADIUS)
    font = scaled_font("small")
    metrics = QFontMetricsF(font)
    painter.setFont(font)
    for box, edge, text in marks.faults[:_MOST_REASONS]:
        target = camera.rect_on_screen(QRectF(*rects[box].tolist()))
        spot = QPointF(target.center().x(), target.bottom() + SNUG)
        if edge is not None:
            path = camera.transform.map(scene.edge_path(scene.layout.routes[edge]))
            spot = path.pointAtPercent(0.5)
        if not QRectF(QPointF(0, 0), camera.size).contains(spot):
            continue
        flags = Qt.TextFlag.TextWordWrap | Qt.AlignmentFlag.AlignCenter
        # Beside an edge, where there is more room: it must not hide what it speaks of.
        right = camera.size.width() - spot.x() >= spot.x()
        beside = (camera.size.width() - spot.x() if right else spot.x()) - 4 * SNUG
        room = min(_REASON_WIDTH, beside if edge is not None else camera.size.width() - 4 * SNUG)
        area = metrics.boundingRect(QRectF(0, 0, room, 400), flags, text)
        area.adjust(-SNUG, -TIGHT, SNUG, TIGHT)
        area.moveCenter(spot)
        if edge is None:
            area.moveTop(spot.y())
        elif right:
            area.moveLeft(spot.x() + SNUG)
        else:
            area.moveRight(spot.x() - SNUG)
        area.moveLeft(min(max(area.left(), TIGHT), camera.size.width() - area.width() - TIGHT))
        painter.setPen(QPen(colors.error, 1.2))
        painter.setBrush(colors.surface)
        painter.drawRoundedRect(area, RADIUS, RADIUS)
        painter.setPen(colors.error)
        painter.drawText(area.adjusted(SNUG, TIGHT, -SNUG, -TIGHT), flags, text)
    painter.restore()


def _in_scene(camera: Camera, part: QRectF) -> QRectF:
    """A part of the screen, in units of the scene."""
    return QRectF(camera.to_picture(part.topLeft()), part.size() / camera.scale)


def _near(points: NDArray[np.float64], view: QRectF, reach: float = _HEAD) -> NDArray[np.bool_]:
    x, y = points.T
    near: NDArray[np.bool_] = (
        (x > view.left() - reach)
        & (x < view.right() + reach)
        & (y > view.top() - reach)
        & (y < view.bottom() + reach)
    )
    return near


def _paint_heads(painter: QPainter, scene: Scene, edges: NDArray[np.int64], color: QColor) -> None:
    path = QPainterPath()
    half = _HEAD * 0.6
    for x, y in scene.tips[edges].tolist():
        path.moveTo(x, y)
        if scene.along:
            path.lineTo(x - half, y - _HEAD)
            path.lineTo(x + half, y - _HEAD)
        else:
            path.lineTo(x - _HEAD, y - half)
            path.lineTo(x - _HEAD, y + half)
        path.closeSubpath()
    painter.setPen(Qt.PenStyle.NoPen)
    path.setFillRule(Qt.FillRule.WindingFill)
    painter.fillPath(path, color)
