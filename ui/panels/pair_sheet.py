"""Tiles of two halves: an input map, and the slice of a filter that reads it."""

from __future__ import annotations

import numpy as np

from cnnviz.atlas import Floats, encode, levels, measure, reduced
from cnnviz.colormaps import ColourMap, Colours
from cnnviz.tiling import Box, Tiling, compose

_LEAST, _MOST = 24, 112  # cells of a half from side to side
_BETWEEN = 3  # cells between the halves


class PairSheet:
    """Pairs of a map and a slice, one pair a tile.

    Args:
        maps: What is read, shape (H, W, n): every map over its own range.
        slices: Kernels, shape (Kh, Kw, n), all on one scale with zero in the middle.
        map_colours: For the maps.
        slice_colours: For the slices.
        between: Colour of the gap, 0xAARRGGBB.
    """

    def __init__(
        self,
        maps: Floats,
        slices: Floats,
        map_colours: ColourMap,
        slice_colours: ColourMap,
        between: int,
    ) -> None:
        self.maps, self.slices = maps, slices
        height, width, count = maps.shape
        largest = max(height, width)
        if largest > _MOST:
            height, width = (max(1, round(n * _MOST / largest)) for n in (height, width))
        times = -(-_LEAST // max(height, width))
        self._half = height * times, width * times
        measures = measure(np.ascontiguousarray(maps))
        small = reduced(measures, height, width)
        scale = levels(measures, "channel", diverging=map_colours.diverging)
        codes = encode(small, scale, finite=measures.finite)
        left = map_colours.table()[codes].repeat(times, axis=1).repeat(times, axis=2)
        kernels = measure(np.ascontiguousarray(slices))
        both = levels(kernels, "layer", diverging=slice_colours.diverging)
        right = slice_colours.table()[encode(slices, both, finite=kernels.finite)]
        rows, columns = self._slice_cells()
        self._colours: Colours = np.full(
            (count, self._half[0], 2 * self._half[1] + _BETWEEN), between, np.uint32
        )
        self._colours[..., : self._half[1]] = left
        self._colours[..., self._half[1] + _BETWEEN :] = right[:, rows[:, np.newaxis], columns]

    def _slice_cells(self) -> tuple[np.ndarray, np.ndarray]:
        """The weight that is drawn at each row, and at each column, of the right half."""
        shape = self.slices.shape
        return (
            np.arange(self._half[0]) * shape[0] // self._half[0],
            np.arange(self._half[1]) * shape[1] // self._half[1],
        )

    @property
    def shape(self) -> tuple[int, int, int]:
        """(H, W, number of tiles)."""
        count, height, width = self._colours.shape
        return height, width, count

    def picture(self, layout: Tiling, box: Box, background: int) -> Colours:
        """Pixels of a part of the tiling."""
        return compose(self._colours, layout, box, background)

    def at(self, tile: int, row: int, column: int) -> tuple[str, int, int, float] | None:
        """What is drawn there: "map" or "slice", its row and column, its value; None between."""
        height, width = self._half
        if column < width:
            rows, columns = self.maps.shape[:2]
            place = row * rows // height, column * columns // width
            return "map", *place, float(self.maps[(*place, tile)])
        column -= width + _BETWEEN
        if column < 0:
            return None
        row_of, column_of = self._slice_cells()
        place = int(row_of[row]), int(column_of[column])
        return "slice", *place, float(self.slices[(*place, tile)])
