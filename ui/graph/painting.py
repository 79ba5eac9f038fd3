"""How the graph is painted: in batches of one colour, with no more detail than the zoom shows."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRect, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPainterPath, QPen

from ui.graph.camera import Camera
from ui.graph.lettering import paint_texts
from ui.graph.scene import Scene
from ui.theme import GAP, RADIUS, SNUG, Theme, mix, scaled_font, with_alpha

TEXT_FROM = 0.42
"""Scale from which boxes carry text: their name."""
ROUND_FROM = 0.28
"""Scale from which boxes have round corners and edges have heads."""
_EMPTY = ("No model is open", "Pick an architecture in the library,\nor drop a .keras or .h5 file.")
_BAR, _HEAD = 4.0, 7.0


@dataclass
class Marks:
    """What is special about some boxes, by index."""

    selected: int | None = None
    current: int | None = None
    hovered: int | None = None
    computed: frozenset[int] = field(default_factory=frozenset)


def paint_empty(painter: QPainter, area: QRect, colors: Theme) -> None:
    """Say what to do when there is nothing to show."""
    title, hint = _EMPTY
    flags = Qt.AlignmentFlag.AlignHCenter | Qt.TextFlag.TextWordWrap
    middle = area.adjusted(GAP, 0, -GAP, 0)
    font = scaled_font("title", bold=True)
    painter.setFont(font)
    painter.setPen(colors.text)
    line = QFontMetricsF(font).height()
    painter.drawText(
        QRectF(middle.left(), area.center().y() - line * 1.4, middle.width(), line), flags, title
    )
    painter.setFont(scaled_font("body"))
    painter.setPen(colors.muted)
    painter.drawText(
        QRectF(middle.left(), area.center().y() + SNUG, middle.width(), area.height() / 2),
        flags,
        hint,
    )


def paint_scene(
    painter: QPainter, scene: Scene, marks: Marks, camera: Camera, colors: Theme, font: QFont
) -> None:
    """Paint what is in view.

    Args:
        painter: In screen coordinates.
        scene: What there is.
        marks: What is special.
        camera: What is in view.
        colors: The theme.
        font: For text at a scale of 1.
    """
    scale, view = camera.scale, camera.view
    dim = np.zeros(len(scene.boxes), bool)
    if marks.computed:
        dim[:] = True
        dim[list(marks.computed)] = False
    visible = _visible(scene, view)
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setTransform(camera.transform, combine=True)
    _paint_edges(painter, scene, marks, view, colors, scale)
    _paint_boxes(painter, scene, visible, dim, colors, scale)
    _paint_marks(painter, scene, marks, colors, scale)
    painter.restore()
    if scale >= TEXT_FROM:
        boxes = np.flatnonzero(visible)
        areas = scene.layout.rects[boxes] * scale
        areas[:, 0] -= camera.origin.x() * scale
        areas[:, 1] -= camera.origin.y() * scale
        paint_texts(painter, scene, boxes, dim, areas, scale, colors, font)


def _visible(scene: Scene, view: QRectF) -> NDArray[np.bool_]:
    left, top, width, height = scene.layout.rects.T
    visible: NDArray[np.bool_] = (
        (left < view.right())
        & (left + width > view.left())
        & (top < view.bottom())
        & (top + height > view.top())
    )
    return visible


def _paint_edges(
    painter: QPainter, scene: Scene, marks: Marks, view: QRectF, colors: Theme, scale: float
) -> None:
    pen = QPen(colors.edge, max(1.35, 0.9 / scale))
    pen.setCapStyle(Qt.PenCapStyle.RoundCap)
    painter.setPen(pen)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for chunk in scene.chunks:
        if chunk.area.intersects(view):
            painter.drawPath(chunk.path)
    if scale >= ROUND_FROM:
        _paint_heads(painter, scene, np.flatnonzero(_near(scene.tips, view)), colors.edge)
    focus = marks.hovered if marks.hovered is not None else marks.selected
    if focus is not None:
        lit = np.flatnonzero((scene.layout.edges == focus).any(axis=1))
        painter.setPen(QPen(colors.accent, max(2.4, 1.7 / scale)))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for edge in lit:
            painter.drawPath(scene.edge_path(scene.layout.routes[edge]))
        if scale >= ROUND_FROM:
            _paint_heads(painter, scene, lit, colors.accent)


def _near(points: NDArray[np.float64], view: QRectF) -> NDArray[np.bool_]:
    x, y = points.T
    near: NDArray[np.bool_] = (
        (x > view.left() - _HEAD)
        & (x < view.right() + _HEAD)
        & (y > view.top() - _HEAD)
        & (y < view.bottom() + _HEAD)
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


def _paint_boxes(
    painter: QPainter,
    scene: Scene,
    visible: NDArray[np.bool_],
    dim: NDArray[np.bool_],
    colors: Theme,
    scale: float,
) -> None:
    rects = scene.layout.rects
    # Where text ends, a card takes on its full colour.
    strength = min(max((TEXT_FROM - scale) / (TEXT_FROM - ROUND_FROM), 0.0), 1.0)
    for (kind, pill), members in scene.by_kind.items():
        shown = members[visible[members]]
        tint = colors.kinds[kind]
        for faint in (False, True):
            part = shown[dim[shown] == faint]
            if not len(part):
                continue
            boxes = [QRectF(*rect) for rect in rects[part].tolist()]
            fill = _faint(tint.fill, colors) if faint else tint.fill
            if scale < ROUND_FROM:
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(fill)
                painter.drawRects(boxes)
                continue
            ground, line = fill, fill
            if not pill:
                soft = _faint(tint.soft, colors) if faint else tint.soft
                ground = mix(soft, fill, strength)
                line = mix(_faint(tint.line, colors) if faint else tint.line, fill, strength)
            painter.setPen(QPen(line, max(1.2, 0.8 / scale)))
            painter.setBrush(ground)
            radius = boxes[0].height() / 2 if pill else RADIUS
            painter.drawPath(_rounded(boxes, radius))
            if not pill:
                bars = [
                    QRectF(box.left() + 6, box.top() + 9, _BAR, box.height() - 18) for box in boxes
                ]
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(fill)
                painter.drawPath(_rounded(bars, _BAR / 2))


def _rounded(boxes: list[QRectF], radius: float) -> QPainterPath:
    path = QPainterPath()
    for box in boxes:
        path.addRoundedRect(box, radius, radius)
    return path


def _faint(color: QColor, colors: Theme) -> QColor:
    return mix(color, colors.canvas, 0.6)


def _paint_marks(
    painter: QPainter, scene: Scene, marks: Marks, colors: Theme, scale: float
) -> None:
    painter.setBrush(Qt.BrushStyle.NoBrush)
    unit = max(1.0, 1.0 / scale)
    rings: list[tuple[int | None, QColor, float, float]] = [
        (marks.hovered, with_alpha(colors.accent, 0.6), 1.8, 2.0),
        (marks.current, with_alpha(colors.current, 0.25), 9.0, 4.0),
        (marks.current, colors.current, 2.6, 2.5),
        (marks.selected, with_alpha(colors.accent, 0.22), 8.0, 4.0),
        (marks.selected, colors.accent, 2.6, 2.5),
    ]
    for box, color, width, away in rings:
        if box is None:
            continue
        grow = away * unit
        rect = QRectF(*scene.layout.rects[box].tolist()).adjusted(-grow, -grow, grow, grow)
        radius = rect.height() / 2 if scene.boxes[box].pill else RADIUS + grow
        painter.setPen(QPen(color, width * unit))
        painter.drawRoundedRect(rect, radius, radius)
