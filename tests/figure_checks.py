"""What every figure promises, checked on its marks."""

from __future__ import annotations

import itertools

import numpy as np

from cnnviz.figures.drawing import Subject
from cnnviz.figures.marks import text_area
from cnnviz.figures.scene import Figure, Picture, Ruler, Shape, Text
from cnnviz.figures.style import SMALLEST_TEXT, FigureOptions

SLACK = 0.05
"""Points that rounding may be off."""


def problems(figure: Figure, subject: Subject, options: FigureOptions, ruler: Ruler) -> list[str]:
    """Every promise that a figure breaks, as a sentence."""
    return [
        *_outside(figure, ruler),
        *_too_small(figure),
        *_overlaps(figure, ruler),
        *_edges_through_boxes(figure),
        *_without_name(figure, subject, options),
    ]


def _outside(figure, ruler):
    for mark in figure.marks:
        if isinstance(mark, Text):
            left, top, right, bottom = text_area(mark, ruler)
        elif isinstance(mark, Shape):
            xs, ys = zip(*mark.points, strict=True)
            left, top, right, bottom = min(xs), min(ys), max(xs), max(ys)
        else:
            left, top = mark.at
            right, bottom = left + mark.size[0], top + mark.size[1]
        if (
            min(left, top) < -SLACK
            or right > figure.width + SLACK
            or bottom > figure.height + SLACK
        ):
            yield f"outside of the page: {mark}"


def _too_small(figure):
    for mark in figure.marks:
        if isinstance(mark, Text) and mark.size < SMALLEST_TEXT - 1e-6:
            yield f"smaller than {SMALLEST_TEXT} pt: {mark}"


def _overlaps(figure, ruler):
    areas = [
        (*text_area(mark, ruler), mark.words)
        for mark in figure.marks
        if isinstance(mark, Text) and mark.words
    ]
    areas.sort(key=lambda area: area[1])
    for i, (left, top, right, bottom, words) in enumerate(areas):
        for other_left, other_top, other_right, _, other in areas[i + 1 :]:
            if other_top >= bottom - SLACK:
                break
            if other_left < right - SLACK and left < other_right - SLACK and other_top >= top:
                yield f"{words!r} lies over {other!r}"


def _boxes(figure):
    """Closed shapes of parts that no other part's shape is in."""
    found = [
        (mark.part, *np.min(mark.points, axis=0), *np.max(mark.points, axis=0))
        for mark in figure.marks
        if isinstance(mark, Shape) and mark.closed and mark.part is not None
    ]
    table = np.array([box[1:] for box in found]).reshape(-1, 4)
    for part, left, top, right, bottom in found:
        inside = (table[:, 0] >= left) & (table[:, 1] >= top)
        inside &= (table[:, 2] <= right) & (table[:, 3] <= bottom)
        if inside.sum() == 1:
            yield part, (left, top, right, bottom)


def _edges_through_boxes(figure):
    boxes = list(_boxes(figure))
    inset = np.array((0.5, 0.5, -0.5, -0.5))
    table = np.array([box for _, box in boxes]).reshape(-1, 4) + inset
    for mark in figure.marks:
        if not isinstance(mark, Shape) or not mark.arrow:
            continue
        # A line may begin and end within the solids that it joins.
        ends = np.array([mark.points[0], mark.points[-1]])
        own = _holding(table, ends).any(axis=0)
        for start, end in itertools.pairwise(mark.points):
            for i in np.flatnonzero(~own & _crossed(np.array(start), np.array(end), table)):
                yield f"an edge from {mark.points[0]} runs through {boxes[i][0]}"


def _holding(boxes, points):
    """Which boxes hold which points, shape (points, boxes)."""
    x, y = points[:, :1], points[:, 1:]
    left, top, right, bottom = boxes.T
    return (left < x) & (x < right) & (top < y) & (y < bottom)


def _crossed(start, end, boxes):
    """Which boxes a straight line meets (Liang and Barsky)."""
    low, high = np.zeros(len(boxes)), np.ones(len(boxes))
    for axis in (0, 1):
        way = end[axis] - start[axis]
        near, far = boxes[:, axis] - start[axis], boxes[:, axis + 2] - start[axis]
        if way == 0:
            off = (near > 0) | (far < 0)
            high[off] = -1.0
            continue
        first, last = np.minimum(near / way, far / way), np.maximum(near / way, far / way)
        low, high = np.maximum(low, first), np.minimum(high, last)
    return low < high


def _without_name(figure, subject, options):
    told: dict[str, str] = {}
    shown = set()
    for mark in figure.marks:
        if mark.part is None:
            continue
        shown.add(mark.part)
        if isinstance(mark, Text):
            told[mark.part] = told.get(mark.part, "") + "".join(mark.words.split())
        elif isinstance(mark, Picture):
            assert mark.pixels.dtype == np.uint8
    for part in sorted(shown):
        known = subject.outline.by_key.get(part)
        label = known.label if known is not None else part.removeprefix("input/")
        name = "".join(options.words(part, label).split())
        if name not in told.get(part, ""):
            yield f"{part} is shown without its name"
