"""Where the parts and labels of a figure lie, so that a click finds them."""

from __future__ import annotations

from collections.abc import Container, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF

from cnnviz.figures.scene import Figure, Mark, Picture, Text
from ui.figures.painting import ruler


@dataclass(frozen=True, eq=False)
class Area:
    """The place of one mark, in points.

    Attributes:
        rect: Around it.
        part: Key of the part that it belongs to.
        label: Under which its words may be replaced.
        words: What it says; "" unless it is a text.
    """

    rect: QRectF
    part: str | None
    label: str | None
    words: str = ""


def areas_of(figure: Figure, known: Container[str]) -> tuple[Area, ...]:
    """The places of all marks that can be pointed at, in the order of painting.

    Args:
        figure: The figure.
        known: Keys of the network's parts; a style may draw others, to which nothing can be done.
    """
    measure = ruler(figure.font)
    areas = []
    for mark in figure.marks:
        label = mark.label if isinstance(mark, Text) else None
        part = mark.part if mark.part in known else None
        if part is None and label is None:
            continue
        if isinstance(mark, Text):
            wide = measure(mark.words, mark.size, mark.bold)
            areas.append(Area(_around(mark, wide), part, label, mark.words))
        elif isinstance(mark, Picture) or mark.closed:
            areas.append(Area(_around(mark, 0.0), part, None))
    return tuple(areas)


def _around(mark: Mark, wide: float) -> QRectF:
    if isinstance(mark, Picture):
        return QRectF(*mark.at, *mark.size)
    if isinstance(mark, Text):
        x, y = mark.at
        shift = {"start": 0.0, "middle": -wide / 2, "end": -wide}[mark.anchor]
        if mark.upward:
            return QRectF(x - mark.size, y - shift - wide, 1.25 * mark.size, wide)
        return QRectF(x + shift, y - mark.size, wide, 1.25 * mark.size)
    across, down = zip(*mark.points, strict=True)
    left, top = min(across), min(down)
    return QRectF(left, top, max(across) - left, max(down) - top)


def label_at(areas: Sequence[Area], point: QPointF) -> Area | None:
    """The text on top at a point whose words may be replaced."""
    found = (area for area in reversed(areas) if area.label is not None)
    return next((area for area in found if area.rect.contains(point)), None)


def part_at(areas: Sequence[Area], point: QPointF) -> str | None:
    """The part on top at a point."""
    found = (area for area in reversed(areas) if area.part is not None)
    return next((area.part for area in found if area.rect.contains(point)), None)


def words_of(areas: Sequence[Area], label: str) -> str:
    """All that a label says, which may be broken into lines."""
    lines = dict.fromkeys(area.words for area in areas if area.label == label)
    return " ".join(lines)


def rect_of(areas: Sequence[Area], part: str) -> QRectF:
    """Around everything of a part."""
    rect = QRectF()
    for area in areas:
        if area.part == part:
            rect = rect.united(area.rect)
    return rect


def parts_of(areas: Sequence[Area]) -> tuple[str, ...]:
    """The parts, in the order of painting."""
    return tuple(dict.fromkeys(area.part for area in areas if area.part is not None))
