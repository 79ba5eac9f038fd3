"""A feature map laid upon the picture: every cell where its receptive field lies."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from cnnviz.atlas import Codes
from cnnviz.colormaps import STEPS, ColourMap, Colours
from cnnviz.receptive_field import Field, Reach
from cnnviz.requests import Picture

Indices = NDArray[np.int64]


@dataclass(frozen=True)
class Alignment:
    """Which cell of a map stands at each pixel of the picture.

    Attributes:
        rows: For each row of pixels the row of the map, -1 where there is none.
        columns: The same for columns.
    """

    rows: Indices
    columns: Indices

    def cell(self, y: int, x: int) -> tuple[int, int] | None:
        """(row, column) of the cell at a pixel."""
        row, column = int(self.rows[y]), int(self.columns[x])
        return None if row < 0 or column < 0 else (row, column)

    def pixel(self, row: int, column: int) -> tuple[int, int] | None:
        """(y, x) in the middle of what a cell covers; None where it covers nothing."""
        hits = np.flatnonzero(self.rows == row), np.flatnonzero(self.columns == column)
        if not hits[0].size or not hits[1].size:
            return None
        return int(hits[0][hits[0].size // 2]), int(hits[1][hits[1].size // 2])

    @cached_property
    def covered(self) -> NDArray[np.bool_]:
        """Pixels at which a cell stands, shape (H, W)."""
        return (self.rows >= 0)[:, np.newaxis] & (self.columns >= 0)


def align(field: Field, shape: tuple[int, int], extents: tuple[int, int]) -> Alignment:
    """Place the cells of a map on the picture by their receptive fields.

    A pixel belongs to the cell in the middle of whose window it lies most nearly, among the cells
    whose window it is in: a pixel can light no other cell than one that sees it.

    Args:
        field: The receptive field of the node in the input.
        shape: (H, W) of the map.
        extents: (H, W) of the picture.

    Raises:
        ValueError: With one sentence, where cells have no place in the picture.
    """
    if field.reach is not Reach.WINDOW or len(field.size) != 2:
        raise ValueError(
            "Its cells have no place in the picture: "
            + (field.note or "every one of them sees the whole of it.")
        )
    rows = [field.window((i, 0))[0] for i in range(shape[0])]
    columns = [field.window((0, i))[1] for i in range(shape[1])]
    return Alignment(_nearest(rows, extents[0]), _nearest(columns, extents[1]))


def _nearest(windows: list[tuple[int, int]], extent: int) -> Indices:
    starts, stops = np.array(windows).T
    pixels = np.arange(extent)
    # Twice the middles, to stay with whole numbers. With one cell a pixel or less this is at most
    # some thousand by some thousand.
    distance = np.abs(2 * pixels[:, np.newaxis] - (starts + stops - 1))
    inside = (pixels[:, np.newaxis] >= starts) & (pixels[:, np.newaxis] < stops)
    # Beyond half a step from the outermost cells nothing is drawn: the map does not stretch.
    if len(starts) > 1:
        step = np.diff(starts + stops).max()
        inside &= distance <= max(step / 2, 1)
    distance = np.where(inside, distance, np.iinfo(np.int64).max)
    return np.where(inside.any(axis=1), distance.argmin(axis=1), -1)


def blend(
    picture: Picture, codes: Codes, alignment: Alignment, colour_map: ColourMap, opacity: float
) -> Colours:
    """Lay a map upon a picture: the stronger a cell, the more it covers.

    The weakest cell of a sequential map, and zero on a zero-centred one, leave the picture alone.

    Args:
        picture: Shape (H, W, 3) or (H, W).
        codes: The map as steps on the colour map, shape (h, w).
        alignment: From the picture to the map.
        colour_map: Its colours.
        opacity: Of the strongest cells; 0: the picture alone.

    Returns:
        Pixels, shape (H, W).
    """
    ground = picture if picture.ndim == 3 else np.repeat(picture[..., np.newaxis], 3, axis=2)
    steps = codes[alignment.rows[:, np.newaxis], alignment.columns]
    colours = colour_map.table()[steps]
    layer = np.stack([colours >> 16 & 255, colours >> 8 & 255, colours & 255], axis=-1)
    middle = (STEPS - 1) / 2
    strength = np.abs(steps - middle) / middle if colour_map.diverging else steps / (STEPS - 1)
    strength = np.where(steps < STEPS, strength, 1.0)  # what is not finite is not to be missed
    share = np.where(alignment.covered, opacity * strength, 0.0)[..., np.newaxis]
    mixed = np.rint(ground * (1 - share) + layer * share).astype(np.uint32)
    return np.ascontiguousarray(
        0xFF000000 | mixed[..., 0] << 16 | mixed[..., 1] << 8 | mixed[..., 2]
    ).astype(np.uint32)
