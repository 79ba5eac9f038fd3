"""How the graph is painted: in batches of one colour, with no more text than the zoom can show."""

from __future__ import annotations

from collections.abc import Iterator
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

from cnnviz.kinds import Kind
from cnnviz.nesting import HEADER, has_header
from ui import words
from ui.graph.columns import Tint, step_color
from ui.graph.scene import Box, Scene, edge_path, edge_width
from ui.theme import RADIUS, Theme, mix, readable_on, scaled_font, with_alpha

TEXT_FROM = 0.6
"""Scale from which boxes carry text."""
ROUND_FROM = 0.35
"""Scale from which boxes have round corners and edges have heads."""
SHAPES_FROM = 1.25
"""Scale from which edges carry the shape of what flows."""
_EMPTY = (
    "No model is open.\n\nPick an architecture in the library,\nor drop a .keras or .h5 file here."
)


@dataclass
class Marks:
    """What is special about some boxes, by index."""

    selected: int | None = None
    current: int | None = None
    hovered: int | None = None
    computed: frozenset[int] | None = None
    lit: frozenset[int] | None = None
    """Where some boxes are picked out, the others are faint."""


@dataclass(frozen=True, eq=False)
class Placement:
    """Where boxes and frames are drawn: where they lie, or on their way there."""

    rects: NDArray[np.float64]
    frames: NDArray[np.float64]
    arrived: float = 1.0


@dataclass(frozen=True, slots=True)
class _Style:
    """One look, and the boxes that have it."""

    members: NDArray[np.int64]
    pill: bool
    fill: QColor
    soft: QColor
    line: QColor
    text: QColor
    muted: QColor


@dataclass
class Look:
    """Everything that a painting needs besides the painter.

    Attributes:
        scene: What there is.
        marks: What is special.
        where: Where it is drawn.
        to_screen: From the scene to the screen.
        view: The part of the scene that is in view.
        colors: The theme.
        font: For text; it keeps its size on screen.
        tint: Numbers that boxes are coloured by; by kind when None.
    """

    scene: Scene
    marks: Marks
    where: Placement
    to_screen: QTransform
    view: QRectF
    colors: Theme
    font: QFont
    tint: Tint | None = None
    scale: float = field(init=False)

    def __post_init__(self) -> None:
        self.scale = self.to_screen.m11()

    def in_view(self, rects: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Which rectangles can be seen."""
        left, top, width, height = rects.T
        return (
            (left < self.view.right())
            & (left + width > self.view.left())
            & (top < self.view.bottom())
            & (top + height > self.view.top())
        )

    def styles(self) -> Iterator[_Style]:
        """All boxes, by look."""
        colors = self.colors
        for (kind, pill), members in self.scene.by_kind.items():
            if self.tint is None:
                tint = colors.kinds[kind]
                yield _Style(
                    members, pill, tint.fill, tint.soft, tint.line,
                    tint.on_fill if pill else colors.text,
                    tint.on_fill if pill else colors.muted,
                )  # fmt: skip
                continue
            bins = self.tint.bins[members]
            for step in np.unique(bins).tolist():
                fill = step_color(step) if step >= 0 else mix(colors.canvas, colors.border, 0.5)
                ink = readable_on(fill)
                line = mix(fill, colors.text, 0.25)
                yield _Style(members[bins == step], pill, fill, fill, line, ink, ink)


def paint_empty(painter: QPainter, area: QRect, colors: Theme) -> None:
    """Say what to do when there is nothing to show."""
    painter.setPen(colors.muted)
    painter.setFont(scaled_font("title"))
    painter.drawText(area, Qt.AlignmentFlag.AlignCenter, _EMPTY)


def paint_scene(painter: QPainter, look: Look) -> None:
    """Paint what is in view; the painter is in screen coordinates."""
    visible = look.in_view(look.where.rects)
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setTransform(look.to_screen, combine=True)
    frames = np.flatnonzero(look.in_view(look.where.frames)).tolist()
    _paint_frames(painter, look, frames)
    if look.where.arrived < 1:
        painter.setOpacity(look.where.arrived**2)
    _paint_edges(painter, look)
    painter.setOpacity(1)
    _paint_headers(painter, look, frames)
    _paint_boxes(painter, look, visible)
    _paint_marks(painter, look)
    painter.restore()
    if look.scale >= TEXT_FROM:
        _paint_text(painter, look, visible)
        if look.where.arrived == 1:
            _paint_shapes(painter, look)
    _paint_frame_names(painter, look, frames)


# Frames.


def _frame_ground(look: Look, depth: int) -> QColor:
    return mix(look.colors.canvas, look.colors.text, 0.035 * (depth + 1))


def _paint_frames(painter: QPainter, look: Look, frames: list[int]) -> None:
    pen = QPen(look.colors.border, max(1.0, 0.7 / look.scale))
    for i in frames:
        unit = not has_header(look.scene.layout.framed[i])
        painter.setPen(Qt.PenStyle.NoPen if unit else pen)
        painter.setBrush(_frame_ground(look, look.scene.frame_depths[i]))
        painter.drawRoundedRect(QRectF(*look.where.frames[i].tolist()), RADIUS, RADIUS)


def _paint_headers(painter: QPainter, look: Look, frames: list[int]) -> None:
    """The strip that carries a frame's name: edges pass behind it."""
    if look.scale < ROUND_FROM:
        return
    for i in frames:
        if has_header(look.scene.layout.framed[i]):
            left, top, width, _ = look.where.frames[i].tolist()
            ground = mix(_frame_ground(look, look.scene.frame_depths[i]), look.colors.border, 0.6)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(ground)
            painter.drawRoundedRect(QRectF(left, top, width, HEADER), RADIUS, RADIUS)


def _paint_frame_names(painter: QPainter, look: Look, frames: list[int]) -> None:
    """In the header where it can be read; far out, on a chip of its own for the outermost."""
    font = QFont(look.font)
    size = min(max(look.scale, 0.85), 1.4)
    font.setPointSizeF(look.font.pointSizeF() * size * 0.9)
    font.setWeight(QFont.Weight.DemiBold)
    metrics = QFontMetricsF(font)
    painter.setFont(font)
    for i in frames:
        part = look.scene.layout.framed[i]
        if not has_header(part):
            continue
        area = look.to_screen.mapRect(QRectF(*look.where.frames[i].tolist()))
        name = part.label + (f"   ×{part.times}" if part.times > 1 else "")
        if look.scale >= TEXT_FROM:
            strip = QRectF(area.left() + 10, area.top(), area.width() - 20, HEADER * look.scale)
            painter.setPen(look.colors.muted)
            painter.drawText(
                strip,
                Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft,
                _elided(name, metrics, strip.width()),
            )
        elif look.scene.frame_depths[i] == 0 and area.height() > 3 * metrics.height():
            chip = QRectF(0, 0, metrics.horizontalAdvance(name) + 12, metrics.height() + 4)
            chip.moveTo(area.right() + 6, max(area.top(), 8.0))
            chip.moveTop(min(chip.top(), max(area.bottom() - chip.height(), 8.0)))
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(with_alpha(look.colors.raised, 0.9))
            painter.drawRoundedRect(chip, 4, 4)
            painter.setPen(look.colors.muted)
            painter.drawText(chip, Qt.AlignmentFlag.AlignCenter, name)


# Edges.


def _paint_edges(painter: QPainter, look: Look) -> None:
    scene, view, scale = look.scene, look.view, look.scale
    painter.setBrush(Qt.BrushStyle.NoBrush)
    color = look.colors.edge
    if look.marks.lit is not None:
        color = _faint(color, look.colors)
    for chunk in scene.chunks:
        if (
            chunk.top <= view.bottom()
            and chunk.bottom >= view.top()
            and chunk.left <= view.right()
            and chunk.right >= view.left()
        ):
            pen = QPen(color, max(chunk.width, 0.9 / scale))
            pen.setCapStyle(Qt.PenCapStyle.FlatCap)
            painter.setPen(pen)
            painter.drawPath(chunk.path)
    lit = lit_edges(look)
    for edge in lit:
        width = edge_width(scene.shapes[edge])
        painter.setPen(QPen(look.colors.accent, max(width + 0.8, 1.6 / scale)))
        painter.drawPath(edge_path(scene.layout.routes[edge], sideways=scene.layout.sideways))
    if scale >= ROUND_FROM:
        _paint_heads(painter, look, set(lit))


def lit_edges(look: Look) -> list[int]:
    """Edges that are picked out: those of the box under the pointer, or of the selected one."""
    marks, edges = look.marks, look.scene.layout.edges
    if marks.lit is not None:
        inside = np.zeros(len(look.scene.boxes), bool)
        inside[list(marks.lit)] = True
        return [int(i) for i in np.flatnonzero(inside[edges].all(axis=1))]
    focus = marks.hovered if marks.hovered is not None else marks.selected
    if focus is None:
        return []
    return [int(i) for i in np.flatnonzero((edges == focus).any(axis=1))]


def _paint_heads(painter: QPainter, look: Look, lit: set[int]) -> None:
    painter.setPen(Qt.PenStyle.NoPen)
    view = look.view.adjusted(-8, -8, 8, 8)
    sideways = look.scene.layout.sideways
    for edge, route in enumerate(look.scene.layout.routes):
        x, y = route[-1]
        if not view.contains(x, y):
            continue
        wide = 2.7 + edge_width(look.scene.shapes[edge])
        back = [(-7, -wide), (-7, wide)] if sideways else [(-wide, -7), (wide, -7)]
        points = [QPointF(x, y), *(QPointF(x + dx, y + dy) for dx, dy in back)]
        painter.setBrush(look.colors.accent if edge in lit else look.colors.edge)
        painter.drawConvexPolygon(QPolygonF(points))


def _paint_shapes(painter: QPainter, look: Look) -> None:
    """What flows along edges: all near by, further out those that are picked out."""
    near = look.scale >= SHAPES_FROM
    wanted = range(len(look.scene.shapes)) if near else lit_edges(look)
    font = QFont(look.font)
    font.setPointSizeF(look.font.pointSizeF() * 0.82)
    metrics = QFontMetricsF(font)
    painter.setFont(font)
    told: set[int] = set()
    sideways = look.scene.layout.sideways
    for edge in wanted:
        route = look.scene.layout.routes[edge]
        start = route[0]
        source = int(look.scene.layout.edges[edge, 0])
        if source in told or not look.view.contains(*start):
            continue
        told.add(source)
        text = words.shape(look.scene.shapes[edge])
        spot = look.to_screen.map(QPointF(*start))
        label = QRectF(0, 0, metrics.horizontalAdvance(text) + 6, metrics.height())
        offset = QPointF(3, -metrics.height() - 2) if sideways else QPointF(5, 9)
        label.moveTopLeft(spot + offset)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(with_alpha(look.colors.canvas, 0.85))
        painter.drawRoundedRect(label, 3, 3)
        painter.setPen(look.colors.muted)
        painter.drawText(label, Qt.AlignmentFlag.AlignCenter, text)


# Boxes.


def _paint_boxes(painter: QPainter, look: Look, visible: NDArray[np.bool_]) -> None:
    rects = look.where.rects
    dim = np.zeros(len(rects), bool)
    bright = look.marks.lit if look.marks.lit is not None else look.marks.computed
    if bright is not None:
        dim[:] = True
        dim[list(bright)] = False
    group = np.zeros(len(rects), bool)
    group[look.scene.groups] = True
    for style in look.styles():
        shown = style.members[visible[style.members]]
        for faint in (False, True):
            part = shown[dim[shown] == faint]
            if len(part):
                _paint_style(painter, look, style, rects[part], group[part], faint=faint)
    if look.scale >= ROUND_FROM and look.tint is None:
        _paint_strips(painter, look, visible, dim)


def _paint_style(
    painter: QPainter,
    look: Look,
    style: _Style,
    rects: NDArray[np.float64],
    group: NDArray[np.bool_],
    *,
    faint: bool,
) -> None:
    colors = look.colors

    def ink(color: QColor) -> QColor:
        return _faint(color, colors) if faint else color

    boxes = [QRectF(*rect) for rect in rects.tolist()]
    if look.scale < ROUND_FROM:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(ink(style.fill))
        painter.drawRects(boxes)
        return
    painter.setPen(QPen(ink(style.fill if style.pill else style.line), 1.2))
    painter.setBrush(ink(style.fill if style.pill else style.soft))
    # A group is a pile of cards.
    piled = [box for box, opens in zip(boxes, group.tolist(), strict=True) if opens]
    if piled:
        path = QPainterPath()
        for box in piled:
            radius = box.height() / 2 if style.pill else RADIUS
            path.addRoundedRect(box.translated(5, 5), radius, radius)
        painter.drawPath(path)
    path = QPainterPath()
    for box in boxes:
        radius = box.height() / 2 if style.pill else RADIUS
        path.addRoundedRect(box, radius, radius)
    painter.drawPath(path)


def _paint_strips(
    painter: QPainter, look: Look, visible: NDArray[np.bool_], dim: NDArray[np.bool_]
) -> None:
    """The bar at the left of a card: its kind, or the kinds inside."""
    painter.setPen(Qt.PenStyle.NoPen)
    pieces: dict[tuple[Kind, bool], QPainterPath] = {}
    for i in np.flatnonzero(visible).tolist():
        box = look.scene.boxes[i]
        if box.pill:
            continue
        left, top, _, height = look.where.rects[i].tolist()
        kinds = box.strip or (box.kind,)
        each = (height - 16) / len(kinds)
        for n, kind in enumerate(kinds):
            path = pieces.setdefault((kind, bool(dim[i])), QPainterPath())
            path.addRect(QRectF(left + 5, top + 8 + n * each, 4, each))
    for (kind, faint), path in pieces.items():
        fill = look.colors.kinds[kind].fill
        painter.setBrush(_faint(fill, look.colors) if faint else fill)
        painter.drawPath(path)


def _faint(color: QColor, colors: Theme) -> QColor:
    return mix(color, colors.canvas, 0.55)


def _paint_marks(painter: QPainter, look: Look) -> None:
    marks, colors = look.marks, look.colors
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for box, color, width in (
        (marks.hovered, with_alpha(colors.accent, 0.55), 1.6),
        (marks.selected, colors.accent, 2.6),
        (marks.current, colors.current, 2.6),
    ):
        if box is None:
            continue
        rect = QRectF(*look.where.rects[box].tolist())
        if look.scene.boxes[box].part.parts:
            rect.adjust(0, 0, 5, 5)
        grow = max(2.0, 1.5 / look.scale)
        painter.setPen(QPen(color, max(width, width / look.scale)))
        radius = rect.height() / 2 if look.scene.boxes[box].pill else RADIUS
        painter.drawRoundedRect(
            rect.adjusted(-grow, -grow, grow, grow), radius + grow, radius + grow
        )


# Text.


def _paint_text(painter: QPainter, look: Look, visible: NDArray[np.bool_]) -> None:
    scale, font = look.scale, look.font
    size = min(max(scale, 0.85), 1.6)
    title_font = QFont(font)
    title_font.setPointSizeF(font.pointSizeF() * size * 0.95)
    title_font.setWeight(QFont.Weight.DemiBold)
    line_font = QFont(font)
    line_font.setPointSizeF(font.pointSizeF() * size * 0.84)
    fonts = ((title_font, QFontMetricsF(title_font)), (line_font, QFontMetricsF(line_font)))
    for style in look.styles():
        for i in style.members[visible[style.members]].tolist():
            area = look.to_screen.mapRect(QRectF(*look.where.rects[i].tolist()))
            box = look.scene.boxes[i]
            if style.pill:
                painter.setFont(line_font)
                painter.setPen(style.text)
                text = _elided(box.title, fonts[1][1], area.width() - 10)
                painter.drawText(area, Qt.AlignmentFlag.AlignCenter, text)
            else:
                lines = box.lines
                if look.tint is not None:
                    value = look.tint.values[i]
                    known = "–" if value is None else look.tint.column.text(value)
                    lines = (f"{look.tint.column.title}: {known}", *lines)
                _paint_card(painter, box, area, lines, style, fonts, scale)


def _paint_card(
    painter: QPainter,
    box: Box,
    area: QRectF,
    lines: tuple[str, ...],
    style: _Style,
    fonts: tuple[tuple[QFont, QFontMetricsF], tuple[QFont, QFontMetricsF]],
    scale: float,
) -> None:
    (title_font, title_metrics), (line_font, line_metrics) = fonts
    area = area.adjusted(16 * scale, 5 * scale, -7 * scale, -5 * scale)
    badge = f"×{box.part.times}" if box.part.times > 1 else ""
    room = area.width() - (title_metrics.horizontalAdvance(badge) + 8 if badge else 0)
    # Names differ at their end ("conv4_block17_2_bn").
    title = _elided(box.title, title_metrics, room, Qt.TextElideMode.ElideMiddle)
    rows = [(title, title_font, title_metrics, style.text)]
    rows += [(line, line_font, line_metrics, style.muted) for line in lines]
    while len(rows) > 1 and sum(metrics.height() for _, _, metrics, _ in rows) > area.height():
        rows.pop()
    y = area.top() + (area.height() - sum(metrics.height() for _, _, metrics, _ in rows)) / 2
    for n, (text, row_font, metrics, ink) in enumerate(rows):
        painter.setFont(row_font)
        painter.setPen(ink)
        row = QRectF(area.left(), y, area.width(), metrics.height())
        painter.drawText(row, Qt.AlignmentFlag.AlignVCenter, _elided(text, metrics, area.width()))
        if n == 0 and badge:
            painter.drawText(
                row, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, badge
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
