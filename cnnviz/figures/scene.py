"""What a figure is made of: shapes and texts on one page, in points, in the order of painting.

A *point* is 1/72 inch. Coordinates grow to the right and down from the page's top left corner.
Whoever draws (a painter, a TikZ file) adds nothing of its own, so that all of them show the same.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

Point = tuple[float, float]
Colour = str
"""As "#rrggbb"."""
Anchor = Literal["start", "middle", "end"]


@dataclass(frozen=True)
class Text:
    """One line of words.

    Attributes:
        at: The anchor's place on the baseline.
        words: What it says, unescaped.
        size: Of the font, in points.
        colour: Of the letters.
        anchor: Which end of the line stands at `at`.
        bold: Heavy letters.
        italic: Slanted letters.
        upward: Turned by a quarter, to be read from below.
        part: Key of the part of the network that it belongs to.
        label: Name under which its words may be replaced; None where they may not.
    """

    at: Point
    words: str
    size: float
    colour: Colour
    anchor: Anchor = "start"
    bold: bool = False
    italic: bool = False
    upward: bool = False
    part: str | None = None
    label: str | None = None


@dataclass(frozen=True)
class Shape:
    """A filled or outlined polygon, rectangle or line.

    Attributes:
        points: Corners, or the stations of a line.
        fill: Of the inside; None leaves it open.
        stroke: Of the outline; None draws none.
        width: Of the outline, in points.
        closed: The last point joins the first.
        radius: Rounds the corners of a closed shape and the turns of a line.
        dashed: The outline is broken.
        arrow: A head at the last point of an open line.
        opacity: Of the fill, from 0 to 1.
        part: Key of the part of the network that it stands for.
    """

    points: tuple[Point, ...]
    fill: Colour | None = None
    stroke: Colour | None = None
    width: float = 0.75
    closed: bool = True
    radius: float = 0.0
    dashed: bool = False
    arrow: bool = False
    opacity: float = 1.0
    part: str | None = None


def arrow_head(shape: Shape) -> tuple[Point, Point, Point]:
    """The head of a line, a triangle in the colour of its stroke; its tip is the last point."""
    (x0, y0), (x, y) = shape.points[-2:]
    along = math.hypot(x - x0, y - y0) or 1.0
    ex, ey = (x - x0) / along, (y - y0) / along
    long, half = 2.0 + 3.0 * shape.width, 0.8 + 1.2 * shape.width
    back = (x - long * ex, y - long * ey)
    return (
        (x, y),
        (back[0] - half * ey, back[1] + half * ex),
        (back[0] + half * ey, back[1] - half * ex),
    )


@dataclass(frozen=True, eq=False)
class Picture:
    """Pixels.

    Attributes:
        at: Top left corner.
        size: Width and height on the page, in points.
        pixels: Shape (H, W, 3), uint8.
        part: Key of the part of the network that it belongs to.
    """

    at: Point
    size: tuple[float, float]
    pixels: NDArray[np.uint8]
    part: str | None = None


Mark = Text | Shape | Picture


@dataclass(frozen=True, eq=False)
class Figure:
    """One page.

    Attributes:
        width: Of the page, in points.
        height: Of the page, in points.
        marks: In the order of painting.
        paper: Colour of the page; None is transparent.
        font: Family of all texts.
        title: For the file's own title.
        notes: What was done so that it fits, in sentences for the user.
    """

    width: float
    height: float
    marks: tuple[Mark, ...]
    paper: Colour | None = "#ffffff"
    font: str = "sans-serif"
    title: str = ""
    notes: tuple[str, ...] = ()

    @cached_property
    def smallest_text(self) -> float:
        """Size of the smallest text in points; infinite without text."""
        return min((mark.size for mark in self.marks if isinstance(mark, Text)), default=math.inf)


class Ruler(Protocol):
    """Measures text; only who paints knows the fonts."""

    def __call__(self, words: str, size: float, bold: bool = False) -> float:
        """Width of a line in points."""
