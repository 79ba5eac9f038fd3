"""Grids of numbers: where their cells lie, and how they are painted."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QFont, QImage, QPainter, QPen

from cnnviz.colormaps import COLOUR_MAPS, STEPS
from ui import words
from ui.theme import Theme, mix

Floats = NDArray[np.floating]

READABLE = 22
"""Pixels of a cell in which a number can be read."""
_SMALLEST = 11
"""Pixels of a cell in which a number of one or two digits can still be made out."""
MAGNIFIED = 36
"""Pixels of a cell where a map is too large to be shown whole."""
LARGEST = 76
STRONGEST = 0.78
"""How far into its dark ends the colour map is used: numbers stay readable."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a part of a grid lies.

    Attributes:
        top: First row that is shown; below 0 on padding.
        left: First column.
        rows: How many are shown.
        columns: How many are shown.
        x: Left edge in pixels.
        y: Upper edge.
        cell: Side of a cell.
        whole: All of the grid is shown.
    """

    top: int
    left: int
    rows: int
    columns: int
    x: float
    y: float
    cell: float
    whole: bool

    def rect(self, row: int, column: int, rows: int = 1, columns: int = 1) -> QRectF:
        """The rectangle of some cells."""
        return QRectF(
            self.x + (column - self.left) * self.cell,
            self.y + (row - self.top) * self.cell,
            columns * self.cell,
            rows * self.cell,
        )

    @property
    def area(self) -> QRectF:
        """All that is shown."""
        return QRectF(self.x, self.y, self.columns * self.cell, self.rows * self.cell)

    def holds(self, row: int, column: int) -> bool:
        """Whether a cell is shown."""
        return (
            self.top <= row < self.top + self.rows
            and self.left <= column < self.left + self.columns
        )

    def cell_at(self, point: QPointF) -> tuple[int, int] | None:
        """Row and column under a point."""
        if not self.area.contains(point):
            return None
        row = self.top + int((point.y() - self.y) / self.cell)
        column = self.left + int((point.x() - self.x) / self.cell)
        return (row, column) if self.holds(row, column) else None


def place(
    area: QRectF,
    rows: tuple[int, int],
    columns: tuple[int, int],
    focus: tuple[int, int, int, int] | None = None,
    least: float = READABLE,
) -> Place:
    """Lay a grid into an area: all of it where numbers can be read, or what is around the action.

    Args:
        area: Where it may lie; it hangs from the top, centred.
        rows: First row, and the one behind the last.
        columns: First column, and the one behind the last.
        focus: First row, last row, first column, last column of the action.
        least: Pixels of a cell below which only a part is shown.
    """
    height, width = max(rows[1] - rows[0], 1), max(columns[1] - columns[0], 1)
    cell = float(int(min(area.width() / width, area.height() / height, LARGEST)))
    top, left, shown_rows, shown_columns = rows[0], columns[0], height, width
    whole = cell >= least or focus is None
    if not whole:
        assert focus is not None
        reach = max(
            (focus[1] - focus[0] + 3) / area.height(), (focus[3] - focus[2] + 3) / area.width()
        )
        cell = float(max(int(min(MAGNIFIED, 1 / reach)), 4))
        shown_rows = min(height, int(area.height() // cell))
        shown_columns = min(width, int(area.width() // cell))
        top = _around(focus[0], focus[1], shown_rows, *rows)
        left = _around(focus[2], focus[3], shown_columns, *columns)
    cell = max(cell, min(area.width() / width, area.height() / height, 1.0)) if whole else cell
    x = area.left() + (area.width() - cell * shown_columns) / 2
    y = area.top()
    return Place(top, left, shown_rows, shown_columns, round(x), round(y), cell, whole)


def _around(first: int, last: int, shown: int, low: int, high: int) -> int:
    """Where to begin, so that first..last is well inside.

    It moves by half of what is shown at a time: the eye is not shaken at every step, and what was
    painted can be kept.
    """
    page = max(shown // 2, 1)
    margin = (shown - page) // 2
    middle = (first + last) // 2
    begin = (middle - low) // page * page + low - margin
    if 2 * margin < last - first + 2:
        begin = (first + last + 1 - shown) // 2
    return max(low, min(begin, high - shown))


class Cache:
    """Pictures of grids that were painted; the oldest is dropped."""

    def __init__(self, most: int = 24) -> None:
        self._kept: OrderedDict[Hashable, QImage] = OrderedDict()
        self._most = most

    def get(self, key: Hashable, make: Callable[[], QImage]) -> QImage:
        """The picture with this key, painted if it is new."""
        if key in self._kept:
            self._kept.move_to_end(key)
        else:
            self._kept[key] = make()
            if len(self._kept) > self._most:
                self._kept.popitem(last=False)
        return self._kept[key]


def colours_of(values: Floats, limit: float, theme: Theme) -> NDArray[np.uint32]:
    """Pixels 0xAARRGGBB: blue below zero, orange above; NaN is the ground."""
    table = COLOUR_MAPS["black" if theme.scheme == "dark" else "white"].table()
    share = np.clip(np.nan_to_num(values / limit), -1, 1) * STRONGEST
    codes = np.rint((share + 1) / 2 * (STEPS - 1)).astype(np.intp)
    return np.where(np.isnan(values), np.uint32(theme.canvas.rgb()), table[codes]).astype(np.uint32)


def thumbnail(values: Floats, limit: float, theme: Theme) -> QImage:
    """A map with a pixel a cell."""
    pixels = np.ascontiguousarray(colours_of(values, limit, theme))
    height, width = pixels.shape
    return QImage(pixels.data, width, height, 4 * width, QImage.Format.Format_RGB32).copy()


def paint_grid(
    painter: QPainter,
    where: Place,
    values: Floats,
    limit: float,
    theme: Theme,
    *,
    outside: NDArray[np.bool_] | None = None,
    padding: str = "",
    vector: bool = False,
) -> None:
    """Paint the cells of a place, with their numbers where there is room.

    Args:
        painter: Paints in the place's coordinates.
        where: The place.
        values: What its cells hold, shape (place.rows, place.columns).
        limit: What the strongest colour stands for.
        theme: Colours.
        outside: Which of them are padding; none when None.
        padding: What stands in cells of padding.
        vector: Paint shapes only, no picture.
    """
    pixels = colours_of(values, limit, theme)
    empty = np.zeros(values.shape, bool) if outside is None else outside
    if vector:
        for row, column in zip(*np.nonzero(~empty), strict=True):
            rect = where.rect(where.top + int(row), where.left + int(column))
            painter.fillRect(rect, QColor.fromRgb(int(pixels[row, column])))
    else:
        picture = thumbnail(values, limit, theme)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, False)
        painter.drawImage(where.area, picture)
    if empty.any():
        hatch = QBrush(theme.border, Qt.BrushStyle.BDiagPattern)
        for row, column in zip(*np.nonzero(empty), strict=True):
            painter.fillRect(where.rect(where.top + int(row), where.left + int(column)), hatch)
    _lines(painter, where, theme)
    if where.cell >= _SMALLEST:
        painter.save()
        _numbers(painter, where, values, pixels, theme, empty, padding)
        painter.restore()


def _lines(painter: QPainter, where: Place, theme: Theme) -> None:
    if where.cell < 6:
        painter.setPen(QPen(theme.border, 1))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRect(where.area)
        return
    area = where.area
    lines = [
        QLineF(
            area.left() + i * where.cell, area.top(), area.left() + i * where.cell, area.bottom()
        )
        for i in range(where.columns + 1)
    ]
    lines += [
        QLineF(area.left(), area.top() + i * where.cell, area.right(), area.top() + i * where.cell)
        for i in range(where.rows + 1)
    ]
    painter.setPen(QPen(mix(theme.edge, theme.canvas, 0.5), 1))
    painter.drawLines(lines)


def _numbers(
    painter: QPainter,
    where: Place,
    values: Floats,
    pixels: NDArray[np.uint32],
    theme: Theme,
    outside: NDArray[np.bool_],
    padding: str,
) -> None:
    is_padding = outside.ravel().tolist()
    texts = [
        padding if left_out else words.short(value)
        for value, left_out in zip(values.ravel().tolist(), is_padding, strict=True)
    ]
    longest = max(map(len, texts), default=1)
    share = 0.42 if where.cell >= READABLE else 0.55
    size = min(share * where.cell, 1.5 * where.cell / max(longest, 2), 15.0)
    if size < 6:
        return
    font = QFont(painter.font())
    font.setPixelSize(int(size))
    painter.setFont(font)
    light = (
        0.299 * (pixels >> 16 & 255) + 0.587 * (pixels >> 8 & 255) + 0.114 * (pixels & 255)
    ).ravel()
    dark_ink, light_ink = QColor("#10151b"), QColor("#f6f8fa")
    middle = Qt.AlignmentFlag.AlignCenter
    cell = where.cell
    last: QColor | None = None
    for number, text in enumerate(texts):
        row, column = divmod(number, where.columns)
        ink = theme.muted if is_padding[number] else dark_ink if light[number] > 130 else light_ink
        if ink is not last:
            painter.setPen(ink)
            last = ink
        if text:
            painter.drawText(
                QRectF(where.x + column * cell, where.y + row * cell, cell, cell), middle, text
            )
