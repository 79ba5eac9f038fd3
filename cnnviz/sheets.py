"""All channels of an activation as one picture, at any fineness: what a box of the graph shows.

The same geometry (`cnnviz.tiling`) serves a coarse picture, one with a pixel or more for every
cell, and the question which cell lies under a point: the shares of tiles and gutters stay the same.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from cnnviz.atlas import Codes, Floats, as_maps, encode, levels, measure, reduced
from cnnviz.colormaps import BACKGROUND
from cnnviz.graph import Shape
from cnnviz.tiling import Box, Tiling, compose

Extent = tuple[int, int, int]
"""Rows, columns and channels of maps."""

MOST_PIXELS = 12 << 20
LONGEST = 30_000
"""Pixels of a picture, in all and on one side: what an image of the window can be."""
_LEAST_TILE = 12
_GUTTER = 28
"""A gutter is so many times narrower than a tile."""


def extent_of(shape: Shape) -> Extent | None:
    """The maps that an activation is drawn as; None where there is no picture of it.

    Args:
        shape: Without the batch axis: (H, W, C), or another rank as in `cnnviz.atlas.as_maps`. A
            vector (N,) is N maps of one cell.
    """
    sizes = [size for size in shape if size]
    if len(sizes) < len(shape):
        return None
    match sizes:
        case [length]:
            return 1, 1, length
        case [length, channels]:
            return 1, length, channels
        case [height, width, channels]:
            return height, width, channels
        case [depth, height, width, channels]:
            return height, depth * width, channels
    return None


def maps_of(values: Floats) -> Floats:
    """An activation as maps, shape (H, W, C).

    Raises:
        ValueError: It has no picture (`extent_of` gives None).
    """
    if values.ndim == 1 and values.size:
        return values.reshape(1, 1, -1)
    return as_maps(values).values


def tiling_of(extent: Extent, columns: int, side: int | None = None) -> Tiling:
    """Where the tiles are.

    Args:
        extent: Of the maps.
        columns: Tiles in a row.
        side: The longer side of a tile in pixels, where that is coarser than one pixel a cell;
            None for at least one pixel a cell.
    """
    height, width, channels = extent
    longer = max(height, width)
    zoom = -(-_LEAST_TILE // longer)
    tile = (height * zoom, width * zoom)
    if height == 1 < width:  # a strip is as high as can be seen
        tile = (max(1, width * zoom // 16), width * zoom)
    gutter = max(1, round(max(tile) / _GUTTER))
    if side is not None and side < longer:
        share = side / max(tile)
        tile = (max(1, round(tile[0] * share)), max(1, round(tile[1] * share)))
        gutter = max(1, round(gutter * share))
    return Tiling(channels, height, width, columns, *tile, gutter)


def finest_side(layout: Tiling) -> int | None:
    """The largest `side` with which a picture is no more than a window can hold.

    Args:
        layout: The finest tiling.

    Returns:
        None where the finest one can be held.
    """
    width, height = layout.pixel_width, layout.pixel_height
    share = min(math.sqrt(MOST_PIXELS / (width * height)), LONGEST / max(width, height))
    longer = max(layout.height, layout.width)
    return None if share >= 1 else min(max(1, int(longer * share * 0.95)), longer - 1)


@lru_cache(maxsize=512)
def columns_for(extent: Extent, aspect: float) -> int:
    """The number of tiles in a row with which they are largest in an area.

    Args:
        extent: Of the maps.
        aspect: Width of the area, divided by its height.
    """
    one = tiling_of(extent, 1)
    columns = np.arange(1, extent[2] + 1)
    rows = -(-extent[2] // columns)
    wide = columns * (one.tile_width + one.gutter) - one.gutter
    high = rows * (one.tile_height + one.gutter) - one.gutter
    return int(columns[np.minimum(aspect / wide, 1 / high).argmax()])


def draw_sheet(values: Floats, columns: int, side: int | None = None) -> tuple[Codes, bool]:
    """Draw all channels, each over its own range; those of one cell over that of them all.

    Args:
        values: An activation that has maps (`extent_of`).
        columns: Tiles in a row.
        side: As for `tiling_of`.

    Returns:
        Codes as in `cnnviz.colormaps`, shape (pixel_height, pixel_width) of the tiling; and whether
        the values have both signs: then the middle of the colour map is zero.
    """
    maps = maps_of(values)
    height, width, channels = maps.shape
    layout = tiling_of((height, width, channels), columns, side)
    measures = measure(maps)
    low, high = measures.layer_range
    signed = low < 0 < high
    small = reduced(measures, min(layout.tile_height, height), min(layout.tile_width, width))
    # A single cell has no range of its own.
    scale = levels(measures, "layer" if height * width == 1 else "channel", diverging=signed)
    codes = encode(small, scale, finite=measures.finite)
    whole = Box(0, 0, layout.pixel_width, layout.pixel_height)
    return compose(codes, layout, whole, BACKGROUND), signed


def cut(
    values: Floats, channels: Sequence[int], rows: tuple[int, int], columns: tuple[int, int]
) -> Floats:
    """Some cells of some channels.

    Args:
        values: An activation that has maps (`extent_of`).
        channels: Which channels.
        rows: First row, and the one behind the last.
        columns: The same of the columns.

    Returns:
        Shape (rows, columns, channels).
    """
    return maps_of(values)[slice(*rows), slice(*columns)][..., list(channels)]
