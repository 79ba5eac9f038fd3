"""The line of a shape as steps of a pen, so that every painter and file draws the same one."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from typing import Literal

from cnnviz.figures.scene import Point, Shape, arrow_head

Step = tuple[Literal["move", "line", "curve", "close"], tuple[Point, ...]]
"""What the pen does, and where it goes: a curve has a control point and an end."""


def steps(shape: Shape) -> Iterator[Step]:
    """The line around a shape, or along it, with its corners rounded."""
    points = shape.points
    if shape.radius <= 0 or len(points) < 3:
        yield "move", (points[0],)
        for point in points[1:]:
            yield "line", (point,)
    elif shape.closed:
        for i, corner in enumerate(points):
            after = points[(i + 1) % len(points)]
            start, end = _turn(points[i - 1], corner, after, shape.radius)
            yield "line" if i else "move", (start,)
            yield "curve", (corner, end)
    else:
        yield "move", (points[0],)
        for before, corner, after in zip(points, points[1:], points[2:], strict=False):
            start, end = _turn(before, corner, after, shape.radius)
            yield "line", (start,)
            yield "curve", (corner, end)
        yield "line", (points[-1],)
    if shape.closed:
        yield "close", ()


def with_head(shape: Shape) -> tuple[Shape, tuple[Point, Point, Point] | None]:
    """A line up to where its head begins, and the head; a shape without one as it is."""
    if not shape.arrow or shape.closed or shape.stroke is None:
        return shape, None
    tip, left, right = arrow_head(shape)
    neck = ((left[0] + right[0]) / 2, (left[1] + right[1]) / 2)
    return replace(shape, points=(*shape.points[:-1], neck)), (tip, left, right)


def _turn(before: Point, corner: Point, after: Point, radius: float) -> tuple[Point, Point]:
    """Where the rounding of a corner begins and ends."""
    return _towards(corner, before, radius), _towards(corner, after, radius)


def _towards(corner: Point, other: Point, radius: float) -> Point:
    """The point on the way from a corner, no further than half of it."""
    way = (other[0] - corner[0], other[1] - corner[1])
    long = math.hypot(*way)
    share = min(radius / long, 0.5) if long else 0.0
    return (corner[0] + way[0] * share, corner[1] + way[1] * share)
