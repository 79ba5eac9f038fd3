"""The values of cells, written into them where they are large enough to be read."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter

from cnnviz.requests import Cells, GetCells
from cnnviz.tiling import Cell, Tiling
from ui import words
from ui.graph.camera import Camera
from ui.graph.lettering import SMALLEST, sized, width_of
from ui.graph.spots import Placed

_LETTERS = 4.6
"""Heights of a letter that a value needs from side to side, with some room around."""
_DARK, _LIGHT = QColor("#10151b"), QColor("#f6f8fa")
_Range = tuple[int, int]


class Values:
    """Writes the values that the engine has sent, and tells which are missing."""

    def __init__(self) -> None:
        self._cells: Mapping[GetCells, Cells] = {}
        self._blocks: dict[GetCells, _Block] = {}

    def show(self, cells: Mapping[GetCells, Cells]) -> None:
        """Take values, by what was asked for; they may change behind our back."""
        self._cells = cells

    def forget(self) -> None:
        """Another pass begins."""
        self._blocks = {}

    def value(self, name: str, cell: Cell) -> float | None:
        """The value of a cell, where it is known."""
        block = self._block(name, cell)
        return None if block is None else block.value(cell.channel, cell.row, cell.column)

    def missing(self, name: str, sheet: Placed, view: QRectF) -> GetCells | None:
        """What to ask for, so that every cell in view can be written."""
        visible = list(cells_in(sheet, view))
        if all(self._covers(name, *each) for each in visible):
            return None
        return _around(name, sheet.layout, visible)

    def _covers(self, name: str, channel: int, rows: _Range, columns: _Range) -> bool:
        first, last = Cell(channel, rows[0], columns[0]), Cell(channel, rows[1] - 1, columns[1] - 1)
        return any(
            request.node == name and _holds(request, first) and _holds(request, last)
            for request in self._cells
        )

    def _block(self, name: str, cell: Cell) -> _Block | None:
        for request, cells in self._cells.items():
            if request.node == name and _holds(request, cell):
                if request not in self._blocks:
                    kept = {key: block for key, block in self._blocks.items() if key in self._cells}
                    self._blocks = {**kept, request: _Block(cells)}
                return self._blocks[request]
        return None

    def paint(
        self,
        painter: QPainter,
        name: str,
        sheet: Placed,
        camera: Camera,
        codes: NDArray[np.uint8],
        light: NDArray[np.bool_],
    ) -> None:
        """Write the values of the cells in view, as far as they are known.

        Args:
            painter: In screen coordinates.
            name: The node's.
            sheet: Where its cells are.
            camera: What is in view.
            codes: Its picture.
            light: By code: whether it needs light ink.
        """
        layout, scale = sheet.layout, camera.scale
        wide = sheet.cell * scale
        high = sheet.part(0, 0, 1, layout.tile_height / layout.height).height() * scale
        pixels = min(wide / _LETTERS, high * 0.6)
        if pixels < SMALLEST - 0.5:
            return
        font = sized(painter.font(), pixels, QFont.Weight.Normal)
        font_key, metrics = font.toString(), QFontMetricsF(font)
        drop = (metrics.ascent() - metrics.descent()) / 2
        fine = codes.shape[1] / layout.pixel_width
        texts: dict[bool, list[tuple[QPointF, str]]] = {False: [], True: []}
        for channel, (row, last_row), (column, last_column) in cells_in(sheet, camera.view):
            block = self._block(name, Cell(channel, row, column))
            if block is None:
                continue
            tile = layout.tile(channel)
            corner = camera.to_screen(sheet.part(tile.x, tile.y, 1, 1).topLeft())
            rows, columns = np.arange(row, last_row), np.arange(column, last_column)
            y = tile.y + (rows + 0.5) * layout.tile_height / layout.height
            x = tile.x + (columns + 0.5) * layout.tile_width / layout.width
            inks = light[codes[np.ix_((y * fine).astype(int), (x * fine).astype(int))]]
            for r, row_inks in zip(rows.tolist(), inks.tolist(), strict=True):
                middle = corner.y() + (r + 0.5) * high + drop
                for c, ink in zip(columns.tolist(), row_inks, strict=True):
                    text = block.text(channel, r, c)
                    start = corner.x() + (c + 0.5) * wide - width_of(text, font_key) / 2
                    texts[ink].append((QPointF(start, middle), text))
        painter.setFont(font)
        for ink, some in texts.items():
            painter.setPen(_LIGHT if ink else _DARK)
            for spot, text in some:
                painter.drawText(spot, text)


class _Block:
    """Values as texts, made when they are first written."""

    def __init__(self, cells: Cells) -> None:
        request = cells.request
        self._values = cells.values
        self._rows, self._columns = request.rows, request.columns
        self._place = {channel: i for i, channel in enumerate(request.channels)}
        self._texts: dict[tuple[int, int, int], str] = {}

    def value(self, channel: int, row: int, column: int) -> float | None:
        if not (
            self._rows[0] <= row < self._rows[1] and self._columns[0] <= column < self._columns[1]
        ):
            return None
        at = row - self._rows[0], column - self._columns[0], self._place[channel]
        return float(self._values[at])

    def text(self, channel: int, row: int, column: int) -> str:
        """As it is written into its cell; empty where it is not known."""
        key = (channel, row, column)
        if key not in self._texts:
            value = self.value(channel, row, column)
            self._texts[key] = "" if value is None else words.short(value)
        return self._texts[key]


def _holds(request: GetCells, cell: Cell) -> bool:
    return (
        cell.channel in request.channels
        and request.rows[0] <= cell.row < request.rows[1]
        and request.columns[0] <= cell.column < request.columns[1]
    )


def cells_in(sheet: Placed, view: QRectF) -> Iterator[tuple[int, _Range, _Range]]:
    """The cells of each tile that are in view: its channel, and ranges of rows and columns."""
    layout, seen = sheet.layout, sheet.rect.intersected(view)
    if seen.isEmpty():
        return
    factor = layout.pixel_width / sheet.rect.width()
    left, right = ((x - sheet.rect.left()) * factor for x in (seen.left(), seen.right()))
    top, bottom = ((y - sheet.rect.top()) * factor for y in (seen.top(), seen.bottom()))
    step = layout.tile_width + layout.gutter, layout.tile_height + layout.gutter

    def inside(start: float, end: float, tile: int, pixels: int, cells: int) -> _Range:
        each = pixels / cells
        first = max(math.floor((start - tile) / each), 0)
        return first, max(min(math.ceil((end - tile) / each), cells), first)

    for row in range(int(top // step[1]), min(int(bottom // step[1]) + 1, layout.rows)):
        for column in range(int(left // step[0]), min(int(right // step[0]) + 1, layout.columns)):
            channel = row * layout.columns + column
            if channel >= layout.channels:
                continue
            tile = layout.tile(channel)
            rows = inside(top, bottom, tile.y, layout.tile_height, layout.height)
            columns = inside(left, right, tile.x, layout.tile_width, layout.width)
            if rows[0] < rows[1] and columns[0] < columns[1]:
                yield channel, rows, columns


def _around(name: str, layout: Tiling, visible: Sequence[tuple[int, _Range, _Range]]) -> GetCells:
    """What to ask for, with some margin, so that a small move shows values at once."""

    def grown(ranges: Sequence[_Range], cells: int) -> _Range:
        first, last = min(a for a, _ in ranges), max(b for _, b in ranges)
        margin = (last - first) // 2 + 1
        return max(first - margin, 0), min(last + margin, cells)

    channels = tuple(channel for channel, _, _ in visible)
    rows = grown([rows for _, rows, _ in visible], layout.height)
    columns = grown([columns for _, _, columns in visible], layout.width)
    return GetCells(name, channels, rows, columns)
