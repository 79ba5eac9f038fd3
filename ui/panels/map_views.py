"""The atlas of all maps, and one map large."""

from __future__ import annotations

import math

from PySide6.QtCore import QLineF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen
from PySide6.QtWidgets import QWidget

from cnnviz.tiling import Cell, Tiling
from ui.panels.sheet_view import SheetView
from ui.theme import theme_of


class AtlasView(SheetView):
    """All maps of an activation. Arrows move from map to map."""

    def _reached(self, key: int) -> Cell | None:
        if self._layout is None or self._sheet is None:
            return None
        keys = Qt.Key
        columns, last = self._layout.columns, self._layout.channels - 1
        page = columns * max(
            1, self._view_size()[0] // (self._layout.tile_height + self._layout.gutter) - 1
        )
        now = self.selection
        steps = {
            keys.Key_Left: -1,
            keys.Key_Right: 1,
            keys.Key_Up: -columns,
            keys.Key_Down: columns,
            keys.Key_PageUp: -page,
            keys.Key_PageDown: page,
            keys.Key_Home: -last,
            keys.Key_End: last,
        }
        step = steps.get(Qt.Key(key))
        if step is None:
            return None
        if now is None:
            return Cell(0, self._layout.height // 2, self._layout.width // 2)
        channel = now.channel + step
        if key in (keys.Key_Up, keys.Key_Down) and not 0 <= channel <= last:
            return now
        return Cell(min(max(channel, 0), last), now.row, now.column)

    def _mark(self, painter: QPainter) -> None:
        assert self._layout is not None
        colours = theme_of(self.palette())
        if self._hover is not None:
            tile = self._to_view(self._layout.tile(self._hover.channel))
            self._frame(painter, tile, colours.muted, 1)
        if self.selection is not None:
            tile = self._to_view(self._layout.tile(self.selection.channel))
            self._frame(painter, tile, colours.accent, 3)


class MapView(SheetView):
    """One map, large, with a cross through the selected cell. Arrows move the cell.

    Args:
        stretch: Fill the view in both directions, as suits a matrix, rather than keep cells square.
    """

    def __init__(self, parent: QWidget | None = None, *, stretch: bool = False) -> None:
        super().__init__(parent)
        self._stretch = stretch

    def _fit(self, shape: tuple[int, int, int]) -> Tiling:
        """Fill the view: among so many pixels a cell, or cells a pixel, none is missed."""
        height, width, _ = shape
        room_height, room_width = self._room(bar=False)
        scales = room_height / height, room_width / width
        if not self._stretch:
            scales = min(scales), min(scales)
        else:
            # The mean of many weights is close to zero whatever they are: rather scroll.
            scales = max(scales[0], 2 * self._ratio()), max(scales[1], 2 * self._ratio())
        # From four pixels a cell on, uneven cells would be seen.
        tall, wide = (int(scale) if scale >= 4 else scale for scale in scales)
        tile = max(1, int(height * tall)), max(1, int(width * wide))
        if height == 1 < width and not self._stretch:
            tile = min(room_height, round(40 * self._ratio())), tile[1]
        return Tiling(1, height, width, 1, *tile, self._gutter())

    def _reached(self, key: int) -> Cell | None:
        if self._layout is None:
            return None
        keys = Qt.Key
        height, width = self._layout.height, self._layout.width
        steps = {
            keys.Key_Left: (0, -1),
            keys.Key_Right: (0, 1),
            keys.Key_Up: (-1, 0),
            keys.Key_Down: (1, 0),
            keys.Key_PageUp: (-10, 0),
            keys.Key_PageDown: (10, 0),
            keys.Key_Home: (0, -width),
            keys.Key_End: (0, width),
        }
        step = steps.get(Qt.Key(key))
        if step is None:
            return None
        now = self.selection
        if now is None:
            return Cell(0, height // 2, width // 2)
        row = min(max(now.row + step[0], 0), height - 1)
        return Cell(0, row, min(max(now.column + step[1], 0), width - 1))

    def _mark(self, painter: QPainter) -> None:
        assert self._layout is not None
        if self.selection is None:
            return
        cell = self.cell_rect(self.selection)
        if min(cell.width(), cell.height()) < 5:
            around = QRectF(0, 0, 5, 5)
            around.moveCenter(cell.center())
            cell = around
        tile = self._to_view(self._layout.tile(0))
        x, y = math.floor(cell.center().x()) + 0.5, math.floor(cell.center().y()) + 0.5
        arms = [
            QLineF(x, tile.top(), x, cell.top() - 2),
            QLineF(x, cell.bottom() + 2, x, tile.bottom()),
            QLineF(tile.left(), y, cell.left() - 2, y),
            QLineF(cell.right() + 2, y, tile.right(), y),
        ]
        # An arm that would run backwards has no room: the cell is at the edge.
        arms = [arm for arm in arms if arm.dx() + arm.dy() > 0]
        painter.setBrush(Qt.BrushStyle.NoBrush)
        # White in black is seen on every colour map.
        for colour, width in ((QColor(0, 0, 0, 150), 3), (QColor(255, 255, 255), 1)):
            painter.setPen(QPen(colour, width))
            painter.drawLines(arms)
            painter.drawRect(cell.adjusted(-1.5, -1.5, 1.5, 1.5).toAlignedRect())
