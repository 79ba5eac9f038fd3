"""Where the tiles of an atlas are: tile, channel, cell and pixel, both ways."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeVar, overload

import numpy as np
from numpy.typing import NDArray

from cnnviz.colormaps import BACKGROUND, Colours

Indices = NDArray[np.int64]
Cells = TypeVar("Cells", NDArray[np.uint8], NDArray[np.uint32])

_STRIP = (6, 24)  # pixels: the least and the greatest height of a map that has one row


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell of one channel."""

    channel: int
    row: int
    column: int


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle of pixels."""

    x: int
    y: int
    width: int
    height: int


@dataclass(frozen=True)
class Tiling:
    """Maps side by side in rows, a gutter between them. Pixels count from the top left corner.

    A tile is either a whole multiple of its map, or smaller than it (then a pixel stands for a
    block of cells).

    Attributes:
        channels: How many maps.
        height: Cells of one map from top to bottom.
        width: Cells of one map from left to right.
        columns: Tiles in a row.
        tile_height: Pixels of one tile from top to bottom.
        tile_width: Pixels of one tile from left to right.
        gutter: Pixels between neighbouring tiles.
    """

    channels: int
    height: int
    width: int
    columns: int
    tile_height: int
    tile_width: int
    gutter: int = 1

    @property
    def rows(self) -> int:
        """Rows of tiles."""
        return -(-self.channels // self.columns)

    @property
    def pixel_width(self) -> int:
        """Width of the whole picture."""
        return self.columns * (self.tile_width + self.gutter) - self.gutter

    @property
    def pixel_height(self) -> int:
        """Height of the whole picture."""
        return self.rows * (self.tile_height + self.gutter) - self.gutter

    def tile(self, channel: int) -> Box:
        """Where a channel is drawn."""
        row, column = divmod(channel, self.columns)
        return Box(
            column * (self.tile_width + self.gutter),
            row * (self.tile_height + self.gutter),
            self.tile_width,
            self.tile_height,
        )

    def cell(self, at: Cell) -> Box:
        """Where a cell is drawn: all its pixels, or the one pixel that it shares with others."""
        tile = self.tile(at.channel)
        left, width = extent(at.column, self.width, self.tile_width)
        top, height = extent(at.row, self.height, self.tile_height)
        return Box(tile.x + left, tile.y + top, width, height)

    def at(self, x: int, y: int) -> Cell | None:
        """The cell at the middle of a pixel, None on gutters and outside."""
        column, x = divmod(x, self.tile_width + self.gutter)
        row, y = divmod(y, self.tile_height + self.gutter)
        channel = row * self.columns + column
        inside = 0 <= column < self.columns and row >= 0 and channel < self.channels
        if not inside or x >= self.tile_width or y >= self.tile_height:
            return None
        row, column = (
            middle(y, self.height, self.tile_height),
            middle(x, self.width, self.tile_width),
        )
        return Cell(channel, row, column)


@overload
def middle(pixel: int, cells: int, pixels: int) -> int: ...


@overload
def middle(pixel: Indices, cells: int, pixels: int) -> Indices: ...


def middle(pixel: int | Indices, cells: int, pixels: int) -> int | Indices:
    """The cell in which the middle of a pixel lies, where `cells` are drawn over `pixels`."""
    return (2 * pixel + 1) * cells // (2 * pixels)


def extent(cell: int, cells: int, pixels: int) -> tuple[int, int]:
    """First pixel and number of pixels of a cell, where `cells` are drawn over `pixels`.

    Where no pixel has its middle in the cell, it is the one in which the cell's middle lies.
    """
    first = -((cells - 2 * cell * pixels) // (2 * cells))
    end = -((cells - 2 * (cell + 1) * pixels) // (2 * cells))
    if end > first:
        return first, end - first
    return middle(cell, pixels, cells), 1


def tiling(
    shape: tuple[int, int, int], tile: tuple[int, int], view_width: int, *, gutter: int = 1
) -> Tiling:
    """Put tiles of a chosen size into rows no wider than the viewport, the last one well filled.

    Args:
        shape: (H, W, C) of the maps.
        tile: (height, width) of a tile in pixels.
        view_width: Pixels.
        gutter: Pixels between tiles.
    """
    height, width, channels = shape
    columns = min(channels, max(1, (view_width + gutter) // (tile[1] + gutter)))
    rows = -(-channels // columns)
    return Tiling(channels, height, width, -(-channels // rows), *tile, gutter)


def tile_sizes(height: int, width: int, largest: int) -> Iterator[tuple[int, int]]:
    """Sizes of a tile, (height, width) in pixels, from the largest down to a single pixel.

    Args:
        height: Cells of a map.
        width: Cells of a map.
        largest: Longer side of the first one.
    """
    longer = max(height, width)
    for zoom in range(max(largest // longer, 1), 0, -1):
        yield height * zoom, width * zoom
    for side in range(longer - 1, 0, -1):
        yield max(1, round(height * side / longer)), max(1, round(width * side / longer))


def fit(
    shape: tuple[int, int, int],
    viewport: tuple[int, int],
    *,
    gutter: int = 1,
    smallest: int = 20,
) -> Tiling:
    """Choose the largest tiles with which all maps fit into a viewport.

    Args:
        shape: (H, W, C) of the maps.
        viewport: (height, width) in pixels.
        gutter: Pixels between tiles.
        smallest: Longer side of a tile below which it is better to scroll from top to bottom.
    """
    height, width, channels = shape
    view_height, view_width = viewport
    strip = min(max(view_height // channels - gutter, _STRIP[0]), _STRIP[1])
    best = None
    for size in tile_sizes(height, width, max(viewport)):
        tile = (max(size[0], strip), size[1]) if height == 1 < width else size
        if best is not None and best.tile_width <= view_width and max(tile) < smallest:
            break
        best = tiling(shape, tile, view_width, gutter=gutter)
        if best.pixel_width <= view_width and best.pixel_height <= view_height:
            break
    assert best is not None  # there is always a size of one pixel
    return best


def compose(cells: Cells, layout: Tiling, box: Box, background: int) -> Cells:
    """Draw a part of the tiling.

    Args:
        cells: Shape (C, H, W), codes or colours; H and W no larger than a tile (see `reduced`).
        layout: Where the tiles are.
        box: The part wanted; it may reach beyond the tiling.
        background: Fills gutters and all that is beyond.

    Returns:
        Shape (box.height, box.width), of the same kind as the cells.
    """
    _, height, width = cells.shape
    y = np.arange(box.y, box.y + box.height)
    x = np.arange(box.x, box.x + box.width)
    tile_row, y = np.divmod(y, layout.tile_height + layout.gutter)
    tile_column, x = np.divmod(x, layout.tile_width + layout.gutter)
    on_y = (tile_row >= 0) & (tile_row < layout.rows) & (y < layout.tile_height)
    on_x = (tile_column >= 0) & (tile_column < layout.columns) & (x < layout.tile_width)
    # The place of a cell in memory is a sum of a part that depends on the pixel's row and one that
    # depends on its column; what is no cell lands beyond the end, on the background.
    beyond = cells.size
    row, column = middle(y, height, layout.tile_height), middle(x, width, layout.tile_width)
    row_part = np.where(on_y, (tile_row * layout.columns * height + row) * width, beyond)
    column_part = np.where(on_x, tile_column * (height * width) + column, beyond)
    flat = np.append(cells.ravel(), cells.dtype.type(background))
    # Pixel rows that show the same cells follow each other: gather them once.
    fresh = np.append(True, row_part[1:] != row_part[:-1])
    picture = flat.take(row_part[fresh, np.newaxis] + column_part, mode="clip")
    return picture if fresh.all() else picture[fresh.cumsum() - 1]


def draw(codes: NDArray[np.uint8], layout: Tiling, box: Box, table: Colours) -> Colours:
    """Draw a part of the tiling in colour.

    Args:
        codes: Shape (C, H, W), as for `compose`.
        layout: Where the tiles are.
        box: The part wanted.
        table: What the codes stand for (`ColourMap.table`).

    Returns:
        Shape (box.height, box.width), row after row, for an image to wrap.
    """
    return table.take(compose(codes, layout, box, BACKGROUND), mode="clip")
