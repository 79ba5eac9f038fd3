"""How the graph is painted: in batches of one colour, with no more detail than the zoom shows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRect, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPainterPath, QPen

from cnnviz.kinds import Kind
from ui.graph.camera import Camera
from ui.graph.columns import Tint
from ui.graph.edges import paint_edges, paint_shapes
from ui.graph.frames import paint_grounds, paint_names, paint_strips
from ui.graph.lettering import paint_texts
from ui.graph.marks import ROUND_FROM, Marks, faint, thin
from ui.graph.pictures import Pictures
from ui.graph.scene import Scene
from ui.graph.spots import text_height
from ui.theme import (
    GAP,
    RADIUS,
    SNUG,
    KindColors,
    Theme,
    mix,
    readable_on,
    scaled_font,
    with_alpha,
)

TEXT_FROM = 0.42
"""Scale from which boxes carry text: their name."""
_EMPTY = ("No model is open", "Pick an architecture in the library,\nor drop a .keras or .h5 file.")
_BAR, _PILE = 4.0, 5.0
_AROUND = 16.0
"""How far rings and piles reach beyond their boxes."""


@dataclass(frozen=True, eq=False)
class Placement:
    """Where boxes and frames are drawn: where they lie, or on their way there.

    Attributes:
        rects: Of the boxes.
        frames: Of the frames.
        arrived: How far they are on the way.
    """

    rects: NDArray[np.float64]
    frames: NDArray[np.float64]
    arrived: float = 1.0


def paint_empty(painter: QPainter, area: QRect, colors: Theme, coming: str = "") -> None:
    """Say what is on its way, or what to do when there is nothing to show."""
    title, hint = (coming, "") if coming else _EMPTY
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
    painter: QPainter,
    scene: Scene,
    marks: Marks,
    camera: Camera,
    colors: Theme,
    font: QFont,
    tint: Tint | None = None,
    where: Placement | None = None,
    pictures: Pictures | None = None,
    part: QRectF | None = None,
) -> None:
    """Paint what is in view.

    Whatever part is wanted, everything comes to lie where it would without.

    Args:
        painter: In screen coordinates.
        scene: What there is.
        marks: What is special.
        camera: What is in view.
        colors: The theme.
        font: For text at a scale of 1.
        tint: Numbers that boxes are coloured by; by their kind when None.
        where: Where boxes are on their way to where they lie.
        pictures: What the boxes with room for them show.
        part: What is wanted, in screen coordinates; all that is in view when None.
    """
    if where is None:
        where = Placement(scene.layout.rects, scene.layout.frames)
    scale, view = camera.scale, camera.view
    if part is not None:
        view = QRectF(camera.to_picture(part.topLeft()), part.size() / scale)
    view.adjust(-_AROUND, -_AROUND, _AROUND, _AROUND)
    dim = np.zeros(len(scene.boxes), bool)
    bright = marks.lit if marks.lit is not None else marks.computed or None
    if bright is not None:
        dim[:] = True
        dim[list(bright)] = False
    visible = visible_in(where.rects, view)
    frames = np.flatnonzero(visible_in(where.frames, view)).tolist()
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setTransform(camera.transform, combine=True)
    paint_grounds(painter, scene, where.frames, frames, colors, scale)
    # Edges have no way between: they fade in.
    painter.setOpacity(where.arrived**2)
    paint_edges(painter, scene, marks, view, colors, scale)
    painter.setOpacity(1.0)
    if scale >= ROUND_FROM:
        paint_strips(painter, scene, where.frames, frames, colors)
    _paint_boxes(painter, scene, where.rects, visible, dim, colors, scale, tint)
    _paint_marks(painter, scene, where.rects, marks, colors, scale)
    painter.restore()
    painter.setFont(font)
    if pictures is not None:
        pictures.paint(painter, scene, np.flatnonzero(visible), where.rects, camera, colors)
    paint_names(painter, scene, where.frames, frames, colors, camera.transform)
    if scale >= TEXT_FROM:
        boxes = np.flatnonzero(visible)
        areas = where.rects[boxes] * scale
        areas[:, 0] -= camera.origin.x() * scale
        areas[:, 1] -= camera.origin.y() * scale
        # The text of a box with a feature map stands above it.
        traced = pictures is not None and pictures.traced
        areas[:, 3] = [
            text_height(scene.boxes[i], height, scale, traced=traced) * scale
            for i, height in zip(boxes.tolist(), where.rects[boxes, 3].tolist(), strict=True)
        ]
        paint_texts(painter, scene, boxes, dim, areas, scale, colors, font, tint)
        if where.arrived == 1.0:
            paint_shapes(painter, scene, marks, camera, colors, font, part)


def visible_in(rects: NDArray[np.float64], view: QRectF) -> NDArray[np.bool_]:
    """Which rectangles (left, top, width, height) meet a view."""
    left, top, width, height = rects.T
    visible: NDArray[np.bool_] = (
        (left < view.right())
        & (left + width > view.left())
        & (top < view.bottom())
        & (top + height > view.top())
    )
    return visible


def _paint_boxes(
    painter: QPainter,
    scene: Scene,
    rects: NDArray[np.float64],
    visible: NDArray[np.bool_],
    dim: NDArray[np.bool_],
    colors: Theme,
    scale: float,
    tint: Tint | None,
) -> None:
    # Where text ends, a card takes on its full colour.
    strength = min(max((TEXT_FROM - scale) / (TEXT_FROM - ROUND_FROM), 0.0), 1.0)
    for members, pill, look in _looks(scene, colors, tint):
        shown = members[visible[members]]
        for dimmed in (False, True):
            part = shown[dim[shown] == dimmed]
            if not len(part):
                continue
            boxes = [QRectF(*rect) for rect in rects[part].tolist()]
            fill = faint(look.fill, colors) if dimmed else look.fill
            if scale < ROUND_FROM:
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(fill)
                painter.drawRects(boxes)
                continue
            ground, line = fill, fill
            if not pill:
                soft = faint(look.soft, colors) if dimmed else look.soft
                ground = mix(soft, fill, strength)
                line = mix(faint(look.line, colors) if dimmed else look.line, fill, strength)
            painter.setPen(QPen(line, thin(1.2, 0.8, scale)))
            painter.setBrush(ground)
            radius = boxes[0].height() / 2 if pill else RADIUS
            # A closed group is a pile of cards.
            piled = [box for box, i in zip(boxes, part.tolist(), strict=True) if scene.opens[i]]
            painter.drawPath(_rounded([box.translated(_PILE, _PILE) for box in piled], radius))
            painter.drawPath(_rounded(boxes, radius))
    if scale >= ROUND_FROM and tint is None:
        _paint_bars(painter, scene, rects, visible, dim, colors)


def _looks(
    scene: Scene, colors: Theme, tint: Tint | None
) -> Iterator[tuple[NDArray[np.int64], bool, KindColors]]:
    """Boxes that look alike, whether they are pills, and their colours."""
    for (kind, pill), members in scene.by_kind.items():
        if tint is None:
            yield members, pill, colors.kinds[kind]
            continue
        for step in np.unique(tint.bins[members]).tolist():
            fill = tint.fill(step, colors)
            look = KindColors(fill, readable_on(fill), fill, mix(fill, colors.text, 0.3))
            yield members[tint.bins[members] == step], pill, look


def _paint_bars(
    painter: QPainter,
    scene: Scene,
    rects: NDArray[np.float64],
    visible: NDArray[np.bool_],
    dim: NDArray[np.bool_],
    colors: Theme,
) -> None:
    """The bar at the left of a card: its kind, or one piece for each kind inside."""
    pieces: dict[tuple[Kind, bool], QPainterPath] = {}
    for i in np.flatnonzero(visible).tolist():
        box = scene.boxes[i]
        if box.pill:
            continue
        left, top, _, height = rects[i].tolist()
        kinds = box.strip or (box.kind,)
        each = (height - 18) / len(kinds)
        for n, kind in enumerate(kinds):
            path = pieces.setdefault((kind, bool(dim[i])), QPainterPath())
            path.addRoundedRect(QRectF(left + 6, top + 9 + n * each, _BAR, each), 1.5, 1.5)
    painter.setPen(Qt.PenStyle.NoPen)
    for (kind, dimmed), path in pieces.items():
        fill = colors.kinds[kind].fill
        painter.setBrush(faint(fill, colors) if dimmed else fill)
        painter.drawPath(path)


def _rounded(boxes: list[QRectF], radius: float) -> QPainterPath:
    path = QPainterPath()
    for box in boxes:
        path.addRoundedRect(box, radius, radius)
    return path


def _paint_marks(
    painter: QPainter,
    scene: Scene,
    rects: NDArray[np.float64],
    marks: Marks,
    colors: Theme,
    scale: float,
) -> None:
    painter.setBrush(Qt.BrushStyle.NoBrush)
    unit = thin(1.0, 1.0, scale)
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
        rect = QRectF(*rects[box].tolist()).adjusted(-grow, -grow, grow, grow)
        if scene.opens[box]:
            rect.adjust(0, 0, _PILE, _PILE)
        radius = rect.height() / 2 if scene.boxes[box].pill else RADIUS + grow
        painter.setPen(QPen(color, width * unit))
        painter.drawRoundedRect(rect, radius, radius)
