"""What a sheet view shows: tiles of data through a colour map, or tiles that are colours."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from cnnviz.atlas import Codes, Floats, Levels, Measures, encode, reduced
from cnnviz.colormaps import ColourMap, Colours
from cnnviz.tiling import Box, Tiling, compose, draw


class Sheet(Protocol):
    """Tiles of one size, ready to be drawn at any zoom."""

    @property
    def shape(self) -> tuple[int, int, int]:
        """(H, W, number of tiles)."""

    def picture(self, layout: Tiling, box: Box, background: int) -> Colours:
        """Pixels of a part of the tiling, shape (box.height, box.width)."""


class MapSheet:
    """Maps through a colour map. What was encoded for one tile size is kept.

    Args:
        measures: Of the maps.
        scale: What the ends of the colour map stand for.
        colour_map: The colours.
        order: Which channels are tiles, in this order; all of them as they come when None.
    """

    def __init__(
        self,
        measures: Measures,
        scale: Levels,
        colour_map: ColourMap,
        order: NDArray[np.int64] | None = None,
    ) -> None:
        self.measures = measures
        self.scale = scale
        self.colour_map = colour_map
        self.order = order
        self._size = (0, 0)
        self._codes: Codes = np.empty((0, 0, 0), np.uint8)

    @property
    def shape(self) -> tuple[int, int, int]:
        """(H, W, number of tiles)."""
        height, width, channels = self.measures.values.shape
        return height, width, channels if self.order is None else len(self.order)

    def picture(self, layout: Tiling, box: Box, background: int) -> Colours:
        """Pixels of a part of the tiling."""
        size = min(layout.tile_height, layout.height), min(layout.tile_width, layout.width)
        if size != self._size:
            values = reduced(self.measures, *size)
            codes = encode(values, self.scale, finite=self.measures.finite)
            self._codes = codes if self.order is None else codes[self.order]
            self._size = size
        return draw(self._codes, layout, box, self.colour_map.table(background))


class PixelSheet:
    """One picture.

    Args:
        colours: Its pixels, shape (H, W).
    """

    def __init__(self, colours: Colours) -> None:
        self._colours = colours[np.newaxis]

    @property
    def shape(self) -> tuple[int, int, int]:
        """(H, W, 1)."""
        return self._colours.shape[1], self._colours.shape[2], 1

    def picture(self, layout: Tiling, box: Box, background: int) -> Colours:
        """Pixels of a part of the tiling."""
        return compose(self._colours, layout, box, background)


class ColourSheet:
    """Tiles that are colours: filters of a first layer.

    Args:
        values: Shape (H, W, 3, N). Each tile is stretched over its own range.
    """

    def __init__(self, values: Floats) -> None:
        low, high = values.min(axis=(0, 1, 2)), values.max(axis=(0, 1, 2))
        span = np.where(high > low, high - low, 1)
        share = np.where(high > low, (values - low) / span, 0.5)
        red, green, blue = np.rint(share * 255).astype(np.uint32).transpose(2, 3, 0, 1)
        self.values = values
        self._colours: Colours = 0xFF000000 | red << 16 | green << 8 | blue

    @property
    def shape(self) -> tuple[int, int, int]:
        """(H, W, N)."""
        height, width, _, count = self.values.shape
        return height, width, count

    def picture(self, layout: Tiling, box: Box, background: int) -> Colours:
        """Pixels of a part of the tiling."""
        return compose(self._colours, layout, box, background)
