"""Where a box shows what it hands on, once an image was run, and how much of it.

With the growing zoom: a thumbnail, then a sheet of all channels, then the values of the cells. A
box has a *spot* for them: room that was made for pictures, or what its text leaves free when it is
large on screen.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF

from cnnviz.sheets import columns_for, finest_side, tiling_of
from cnnviz.tiling import Cell, Tiling
from ui.graph.scene import PICTURE, Box
from ui.theme import TIGHT

PICTURES_FROM = 0.3
"""Scale from which made room is used: smaller pictures show nothing."""
IN_CARD_FROM, IN_PILL_FROM = 2.2, 3.0
"""Scale from which a box without such room has some left."""
_SHEETS_FROM, _STRIPS_FROM, _TILES_FROM = 110.0, 60.0, 14.0
"""Pixels of a spot from top to bottom with which it shows a sheet; of what a box has left at the
least, where tiles are of such a size."""
VALUES_FROM, LARGEST_CELL = 40.0, 72.0
"""Pixels of a cell in which its value can be read, and of the largest that one can zoom to."""
_CARD_TEXT, _PILL_TEXT = 25.0, 14.0


@dataclass(frozen=True, slots=True)
class Placed:
    """A sheet on its box.

    Attributes:
        spot: The room that it has, in units of the scene.
        rect: Where it is.
        layout: Of its tiles, in pixels of the finest picture.
    """

    spot: QRectF
    rect: QRectF
    layout: Tiling

    @property
    def cell(self) -> float:
        """Width of a cell, in units of the scene."""
        layout = self.layout
        return self.rect.width() / layout.pixel_width * layout.tile_width / layout.width

    def at(self, point: QPointF) -> Cell | None:
        """The cell under a point of the scene."""
        if not self.rect.contains(point):
            return None
        factor = self.layout.pixel_width / self.rect.width()
        away = (point - self.rect.topLeft()) * factor
        return self.layout.at(int(away.x()), int(away.y()))

    def part(self, x: float, y: float, width: float, height: float) -> QRectF:
        """Where some pixels of the finest picture are in the scene."""
        factor = self.rect.width() / self.layout.pixel_width
        corner = self.rect.topLeft() + QPointF(x, y) * factor
        return QRectF(corner.x(), corner.y(), width * factor, height * factor)

    def shows(self, box: Box, scale: float) -> bool:
        """Whether channels can be told apart at a scale, so that it takes the thumbnail's place."""
        if self.spot.height() * scale >= _SHEETS_FROM:
            return True
        tile = self.part(0, 0, self.layout.tile_width, self.layout.tile_height)
        return (
            not box.pictured
            and self.spot.height() * scale >= _STRIPS_FROM
            and max(tile.width(), tile.height()) * scale >= _TILES_FROM
        )

    def side(self, scale: float) -> int | None:
        """Pixels of a tile's longer side on screen; None where a cell has one or more.

        Where the finest picture would be too large, it stays coarser.

        Args:
            scale: Screen pixels a unit of the scene.
        """
        layout = self.layout
        longer = max(layout.tile_width, layout.tile_height)
        wanted = round(longer * self.rect.width() / layout.pixel_width * scale)
        cells = max(layout.width, layout.height)
        finest = finest_side(layout)
        if finest is not None:
            return max(min(wanted, finest), 1)
        return max(wanted, 1) if wanted < cells else None


def spot_of(box: Box, rect: Sequence[float], scale: float) -> QRectF | None:
    """Where a box shows what it hands on, in units of the scene; None where it does not.

    Args:
        box: The box.
        rect: Left, top, width and height of it.
        scale: Screen pixels a unit of the scene.
    """
    if box.maps is None or scale < PICTURES_FROM:
        return None
    left, top, width, height = rect
    if box.pictured:
        side = min(PICTURE, height - 2 * TIGHT)
        return QRectF(left + 18, top + height - PICTURE - 6, width - 28, side)
    if box.pill:
        if scale < IN_PILL_FROM:
            return None
        return QRectF(left + 9, top + _PILL_TEXT, width - 18, height - _PILL_TEXT - 2)
    if scale < IN_CARD_FROM:
        return None
    return QRectF(left + 18, top + _CARD_TEXT, width - 28, height - _CARD_TEXT - 4)


def text_height(box: Box, height: float, scale: float, *, traced: bool) -> float:
    """The part of a box's height that its text may take, in units of the scene.

    Args:
        box: The box.
        height: Of the box.
        scale: Screen pixels a unit of the scene.
        traced: There is something to show on it.
    """
    if box.pictured:
        return height - PICTURE
    if not traced or box.maps is None:
        return height
    least, start = (_PILL_TEXT, IN_PILL_FROM) if box.pill else (_CARD_TEXT, IN_CARD_FROM)
    # It moves up before the picture comes.
    share = min(max((scale / start - 0.75) * 4, 0.0), 1.0)
    return height + (least - height) * share


def placed(box: Box, spot: QRectF, scale: float) -> Placed | None:
    """A sheet in the middle of a spot, as large as fits; None where a thumbnail says more.

    Args:
        box: The box.
        spot: Its spot.
        scale: Screen pixels a unit of the scene.
    """
    if box.maps is None or spot.height() * scale < _STRIPS_FROM:
        return None
    columns = columns_for(box.maps, round(spot.width() / spot.height(), 3))
    layout = tiling_of(box.maps, columns)
    factor = min(spot.width() / layout.pixel_width, spot.height() / layout.pixel_height)
    rect = QRectF(0, 0, layout.pixel_width * factor, layout.pixel_height * factor)
    rect.moveCenter(spot.center())
    sheet = Placed(spot, rect, layout)
    return sheet if sheet.shows(box, scale) else None
