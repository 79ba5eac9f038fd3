"""How the graph is painted: in batches of one colour, with no more text than the zoom can show."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRect, QRectF, Qt
from PySide6.QtGui import (
    QColor,
    QFont,
    QFontMetricsF,
    QPainter,
    QPainterPath,
    QPen,
    QPolygonF,
    QTransform,
)

from ui.graph.scene import Scene, edge_path
from ui.theme import RADIUS, Theme, mix, scaled_font, with_alpha

TEXT_FROM = 0.6
"""Scale from which boxes carry text."""
ROUND_FROM = 0.35
"""Scale from which boxes have round corners and edges have heads."""
_EMPTY = (
    "No model is open.\n\nPick an architecture in the library,\nor drop a .keras or .h5 file here."
)


@dataclass
class Marks:
    """What is special about some boxes, by index."""

    selected: int | None = None
    current: int | None = None
    hovered: int | None = None
    computed: frozenset[int] = field(default_factory=frozenset)


def paint_empty(painter: QPainter, area: QRect, colors: Theme) -> None:
    """Say what to do when there is nothing to show."""
    painter.setPen(colors.muted)
    painter.setFont(scaled_font("title"))
    painter.drawText(area, Qt.AlignmentFlag.AlignCenter, _EMPTY)


def paint_scene(
    painter: QPainter,
    scene: Scene,
    marks: Marks,
    to_screen: QTransform,
    view: QRectF,
    colors: Theme,
    font: QFont,
) -> None:
    """Paint what is in view.

    Args:
        painter: In screen coordinates.
        scene: What there is.
        marks: What is special.
        to_screen: From the scene to the screen.
        view: The part of the scene that is in view.
        colors: The theme.
        font: For text; it keeps its size on screen.
    """
    scale = to_screen.m11()
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setTransform(to_screen, combine=True)
    _paint_edges(painter, scene, marks, view, colors, scale)
    visible = _visible(scene, view)
    _paint_boxes(painter, scene, marks, visible, colors, scale)
    _paint_marks(painter, scene, marks, colors, scale)
    painter.restore()
    if scale >= TEXT_FROM:
        _paint_text(painter, scene, np.flatnonzero(visible), to_screen, colors, font)


def _visible(scene: Scene, view: QRectF) -> NDArray[np.bool_]:
    left, top, width, height = scene.layout.rects.T
    return (
        (left < view.right())
        & (left + width > view.left())
        & (top < view.bottom())
        & (top + height > view.top())
    )


def _paint_edges(
    painter: QPainter, scene: Scene, marks: Marks, view: QRectF, colors: Theme, scale: float
) -> None:
    pen = QPen(colors.edge, max(1.4, 0.9 / scale))
    pen.setCapStyle(Qt.PenCapStyle.RoundCap)
    painter.setPen(pen)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for chunk in scene.chunks:
        if chunk.top < view.bottom() and chunk.bottom > view.top():
            painter.drawPath(chunk.path)
    focus = marks.hovered if marks.hovered is not None else marks.selected
    lit: list[int] = []
    if focus is not None:
        lit = [int(i) for i in np.flatnonzero((scene.layout.edges == focus).any(axis=1))]
        painter.setPen(QPen(colors.accent, max(2.2, 1.6 / scale)))
        for edge in lit:
            painter.drawPath(edge_path(scene.layout.routes[edge]))
    if scale >= ROUND_FROM:
        _paint_heads(painter, scene, set(lit), view, colors)


def _paint_heads(
    painter: QPainter, scene: Scene, lit: set[int], view: QRectF, colors: Theme
) -> None:
    painter.setPen(Qt.PenStyle.NoPen)
    for edge, route in enumerate(scene.layout.routes):
        x, y = route[-1]
        if view.left() <= x <= view.right() and view.top() <= y <= view.bottom() + 8:
            painter.setBrush(colors.accent if edge in lit else colors.edge)
            painter.drawConvexPolygon(
                QPolygonF([QPointF(x, y), QPointF(x - 4, y - 7), QPointF(x + 4, y - 7)])
            )


def _paint_boxes(
    painter: QPainter,
    scene: Scene,
    marks: Marks,
    visible: NDArray[np.bool_],
    colors: Theme,
    scale: float,
) -> None:
    rects = scene.layout.rects
    dim = np.zeros(len(rects), bool)
    if marks.computed:
        dim[:] = True
        dim[list(marks.computed)] = False
    for (kind, pill), members in scene.by_kind.items():
        shown = members[visible[members]]
        if not len(shown):
            continue
        tint = colors.kinds[kind]
        for faint in (False, True):
            part = shown[dim[shown] == faint]
            if not len(part):
                continue
            boxes = [QRectF(*rect) for rect in rects[part].tolist()]
            if scale < ROUND_FROM:
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(_faint(tint.fill, colors) if faint else tint.fill)
                painter.drawRects(boxes)
                continue
            ground, line = (tint.fill, tint.fill) if pill else (tint.soft, tint.line)
            if faint:
                ground, line = _faint(ground, colors), _faint(line, colors)
            painter.setPen(QPen(line, 1.2))
            painter.setBrush(ground)
            radius = boxes[0].height() / 2 if pill else RADIUS
            path = QPainterPath()
            for box in boxes:
                path.addRoundedRect(box, radius, radius)
            painter.drawPath(path)
            if not pill:
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(_faint(tint.fill, colors) if faint else tint.fill)
                bars = QPainterPath()
                for box in boxes:
                    bar = QRectF(box.left() + 5, box.top() + 8, 4, box.height() - 16)
                    bars.addRoundedRect(bar, 2, 2)
                painter.drawPath(bars)


def _faint(color: QColor, colors: Theme) -> QColor:
    return mix(color, colors.canvas, 0.55)


def _paint_marks(
    painter: QPainter, scene: Scene, marks: Marks, colors: Theme, scale: float
) -> None:
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for box, color, width in (
        (marks.hovered, with_alpha(colors.accent, 0.55), 1.6),
        (marks.selected, colors.accent, 2.6),
        (marks.current, colors.current, 2.6),
    ):
        if box is None:
            continue
        rect = QRectF(*scene.layout.rects[box].tolist())
        grow = max(2.0, 1.5 / scale)
        painter.setPen(QPen(color, max(width, width / scale)))
        radius = rect.height() / 2 if scene.boxes[box].pill else RADIUS
        painter.drawRoundedRect(
            rect.adjusted(-grow, -grow, grow, grow), radius + grow, radius + grow
        )


def _paint_text(
    painter: QPainter,
    scene: Scene,
    boxes: NDArray[np.int64],
    to_screen: QTransform,
    colors: Theme,
    font: QFont,
) -> None:
    scale = to_screen.m11()
    size = min(max(scale, 0.85), 1.6)
    title_font = QFont(font)
    title_font.setPointSizeF(font.pointSizeF() * size * 0.95)
    title_font.setWeight(QFont.Weight.DemiBold)
    line_font = QFont(font)
    line_font.setPointSizeF(font.pointSizeF() * size * 0.84)
    title_metrics, line_metrics = QFontMetricsF(title_font), QFontMetricsF(line_font)
    for i in boxes:
        box = scene.boxes[i]
        area = to_screen.mapRect(QRectF(*scene.layout.rects[i].tolist()))
        if box.pill:
            painter.setFont(line_font)
            painter.setPen(colors.kinds[box.kind].on_fill)
            text = _elided(box.title, line_metrics, area.width() - 10)
            painter.drawText(area, Qt.AlignmentFlag.AlignCenter, text)
            continue
        area = area.adjusted(16 * scale, 5 * scale, -7 * scale, -5 * scale)
        # Names differ at their end ("conv4_block17_2_bn").
        title = _elided(box.title, title_metrics, area.width(), Qt.TextElideMode.ElideMiddle)
        rows = [(title, title_font, title_metrics, colors.text)]
        rows += [(line, line_font, line_metrics, colors.muted) for line in box.lines]
        while len(rows) > 1 and sum(metrics.height() for _, _, metrics, _ in rows) > area.height():
            rows.pop()
        y = area.top() + (area.height() - sum(metrics.height() for _, _, metrics, _ in rows)) / 2
        for text, row_font, metrics, ink in rows:
            painter.setFont(row_font)
            painter.setPen(ink)
            row = QRectF(area.left(), y, area.width(), metrics.height())
            painter.drawText(
                row, Qt.AlignmentFlag.AlignVCenter, _elided(text, metrics, area.width())
            )
            y += metrics.height()


def _elided(
    text: str,
    metrics: QFontMetricsF,
    width: float,
    mode: Qt.TextElideMode = Qt.TextElideMode.ElideRight,
) -> str:
    if metrics.horizontalAdvance(text) <= width:
        return text
    return metrics.elidedText(text, mode, width)
