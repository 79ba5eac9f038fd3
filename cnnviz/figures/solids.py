"""Tensors as solids in an oblique projection: boxes, stacks of planes, and bars."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from cnnviz.figures.scene import Colour, Mark, Point, Shape
from cnnviz.figures.style import KindColours, Palette, ScaleName, SolidName, mix
from cnnviz.figures.tensors import Volume, Window

DEPTH = (0.30, -0.26)
"""Where the columns of a box go on paper, for each point of its width."""
_SLANT = (0.55, 0.45)
"""Where the channels go in a stack of planes, likewise."""
_THICK = 0.34
"""Most channels of a network, as a share of its highest box."""
_BAR = (0.035, 0.045)
"""Width and depth of a bar, as shares of the highest box."""
LEAST = 1.6
"""In points: nothing is thinner."""
MOST_PLANES = 8
LINE = 0.5


@dataclass(frozen=True, slots=True)
class Solid:
    """A tensor on paper; its coordinates go from 0 to 1.

    Attributes:
        corner: Of the first channel, row and column.
        channels: Way from the first channel to the last.
        rows: Way from the first row to the last.
        columns: Way from the first column to the last.
        planes: How many planes are drawn; 0 for a box.
    """

    corner: Point
    channels: Point
    rows: Point
    columns: Point
    planes: int = 0

    def at(self, channel: float, row: float, column: float) -> Point:
        """A point of it."""
        return (
            self.corner[0]
            + channel * self.channels[0]
            + row * self.rows[0]
            + column * self.columns[0],
            self.corner[1]
            + channel * self.channels[1]
            + row * self.rows[1]
            + column * self.columns[1],
        )

    @property
    def area(self) -> tuple[float, float, float, float]:
        """Left, top, right and bottom."""
        (x, y), ways = self.corner, (self.channels, self.rows, self.columns)
        return (
            x + sum(min(way[0], 0.0) for way in ways),
            y + sum(min(way[1], 0.0) for way in ways),
            x + sum(max(way[0], 0.0) for way in ways),
            y + sum(max(way[1], 0.0) for way in ways),
        )

    def moved(self, right: float, down: float) -> Solid:
        """The same elsewhere."""
        return replace(self, corner=(self.corner[0] + right, self.corner[1] + down))

    def plane(self, channel: float) -> tuple[Point, ...]:
        """All rows and columns of one channel."""
        return self.patch(channel, (0, 1), (0, 1))

    def patch(
        self, channel: float, rows: tuple[float, float], columns: tuple[float, float]
    ) -> tuple[Point, ...]:
        """Some rows and columns of one channel."""
        return (
            self.at(channel, rows[0], columns[0]),
            self.at(channel, rows[0], columns[1]),
            self.at(channel, rows[1], columns[1]),
            self.at(channel, rows[1], columns[0]),
        )


@dataclass(frozen=True, slots=True)
class Measure:
    """Turns the sizes of a network's tensors into points.

    Attributes:
        height: Of the tensor with most rows, in points.
        rows: How many that are.
        channels: The most of any tensor that is no vector.
        cells: The most of any vector.
        scale: How sizes are drawn.
        form: As what.
    """

    height: float
    rows: int
    channels: int
    cells: int
    scale: ScaleName
    form: SolidName

    def solids(self, volume: Volume) -> tuple[Solid, ...]:
        """A tensor's towers, one above the other, around the height 0 and from 0 to the right."""
        solid = self._solid(volume)
        left, top, _, bottom = solid.area
        step = bottom - top + self._between
        whole = volume.towers * step - self._between
        return tuple(solid.moved(-left, -top - whole / 2 + i * step) for i in range(volume.towers))

    def extent(self, volume: Volume) -> tuple[float, float]:
        """Width and height that a tensor's towers take."""
        left, top, right, bottom = self._solid(volume).area
        step = bottom - top + self._between
        return right - left, volume.towers * step - self._between

    @property
    def _between(self) -> float:
        """Room between two towers."""
        return 0.12 * self.height

    def _solid(self, volume: Volume) -> Solid:
        rows, columns, channels = volume.size
        if volume.flat:
            high = max(self._length(channels, self.cells), 4 * LEAST)
            wide, deep = (max(share * self.height, LEAST) for share in _BAR)
            return Solid((0, 0), (wide, 0), (0, high), (deep, -deep))
        high = max(self._length(rows, self.rows), LEAST)
        deep = max(self._length(columns, self.rows), LEAST)
        most = _THICK * self.height
        thick = max(most * self._share(channels // volume.towers, self.channels), LEAST)
        if self.form == "boxes":
            return Solid((0, 0), (thick, 0), (0, high), (deep * DEPTH[0], deep * DEPTH[1]))
        planes = max(1, min(channels // volume.towers, MOST_PLANES))
        slant = (thick * _SLANT[0], thick * _SLANT[1]) if planes > 1 else (0.0, 0.0)
        return Solid((0, 0), slant, (0, high), (deep, 0), planes)

    def _length(self, size: int, most: int) -> float:
        return self.height * self._share(size, most)

    def _share(self, size: int, most: int) -> float:
        if self.scale == "linear":
            return size / most
        return math.log1p(size) / math.log1p(most)


def faces(solid: Solid, colours: KindColours, palette: Palette, part: str) -> list[Shape]:
    """A solid as shapes, from back to front."""

    def face(points: tuple[Point, ...], fill: Colour) -> Shape:
        return Shape(points, fill, colours.line, LINE, part=part)

    if solid.planes:
        shares = [i / max(solid.planes - 1, 1) for i in range(solid.planes)]
        return [
            face(solid.plane(u), mix(colours.soft, palette.paper, 0.35 * (1 - u))) for u in shares
        ]
    at = solid.at
    return [
        face(
            (at(0, 0, 0), at(0, 0, 1), at(1, 0, 1), at(1, 0, 0)),
            mix(colours.soft, palette.paper, 0.5),
        ),
        face(solid.plane(1), mix(colours.soft, colours.fill, 0.22)),
        face((at(0, 0, 0), at(1, 0, 0), at(1, 1, 0), at(0, 1, 0)), colours.soft),
    ]


def outline(solid: Solid, colour: Colour, width: float, part: str) -> list[Shape]:
    """The line around a solid."""
    points = [solid.at(u, v, t) for u in (0, 1) for v in (0, 1) for t in (0, 1)]
    return [Shape(_hull(points), None, colour, width, part=part)]


def _hull(points: Sequence[Point]) -> tuple[Point, ...]:
    """The smallest convex polygon around points."""
    ordered = sorted(set(points))

    def chain(way: Sequence[Point]) -> list[Point]:
        found: list[Point] = []
        for x, y in way:
            while len(found) > 1:
                (x0, y0), (x1, y1) = found[-2:]
                if (x1 - x0) * (y - y0) - (y1 - y0) * (x - x0) > 0:
                    break
                found.pop()
            found.append((x, y))
        return found

    return (*chain(ordered)[:-1], *chain(ordered[::-1])[:-1])


def window_marks(
    source: Solid,
    target: Solid,
    sizes: tuple[tuple[int, int], tuple[int, int]],
    window: Window,
    colours: KindColours,
    ink: Colour,
    part: str,
    *,
    lines: bool = True,
) -> list[Mark]:
    """A kernel's window on the tensor that it reads, and lines to the cell that it makes.

    Args:
        source: What it reads.
        target: What it makes.
        sizes: Rows and columns of both.
        window: Which cells.
        colours: Of the operation.
        ink: Of the lines.
        part: Which it is.
        lines: Draw them; else only window and cell.
    """
    (rows, columns), (high, wide) = sizes
    patch = source.patch(1, _clipped(window.rows, rows), _clipped(window.columns, columns))
    row, column = window.cell
    side = 1.0 if target.planes else 0.0  # of a box, the side that faces the source
    cell = target.patch(side, (row / high, (row + 1) / high), (column / wide, (column + 1) / wide))
    marks: list[Mark] = [
        Shape(patch, colours.fill, ink, LINE, opacity=0.35, part=part),
    ]
    if lines:
        centre = ((cell[0][0] + cell[2][0]) / 2, (cell[0][1] + cell[2][1]) / 2)
        marks += [
            Shape((corner, centre), None, ink, 0.45, closed=False, part=part) for corner in patch
        ]
    marks.append(Shape(cell, colours.fill, ink, LINE, opacity=0.6, part=part))
    return marks


def _clipped(cells: tuple[int, int], size: int) -> tuple[float, float]:
    return max(cells[0], 0) / size, min(cells[1], size) / size
