"""All channels of an activation as one picture."""

import numpy as np
import pytest

from cnnviz.colormaps import BACKGROUND, STEPS
from cnnviz.sheets import (
    LONGEST,
    MOST_PIXELS,
    columns_for,
    cut,
    draw_sheet,
    extent_of,
    finest_side,
    maps_of,
    tiling_of,
)
from cnnviz.tiling import Cell


@pytest.mark.parametrize(
    ("shape", "extent"),
    [
        ((28, 20, 6), (28, 20, 6)),
        ((10,), (1, 1, 10)),
        ((12, 4), (1, 12, 4)),
        ((2, 5, 6, 3), (5, 12, 3)),
        ((), None),
        ((2, 2, 2, 2, 2), None),
        ((None, 8, 3), None),
        ((0, 8, 3), None),
    ],
)
def test_every_rank_that_has_maps(shape, extent):
    assert extent_of(shape) == extent
    if extent is not None:
        values = np.arange(np.prod(shape), dtype=np.float32).reshape(shape)
        assert maps_of(values).shape == extent


@pytest.mark.parametrize("extent", [(7, 7, 5), (28, 14, 6), (1, 1, 10), (1, 40, 3), (65, 65, 2)])
@pytest.mark.parametrize("side", [None, 8])
def test_every_cell_has_the_colour_of_its_value(extent, side):
    height, width, channels = extent
    values = np.random.default_rng(3).normal(size=extent).astype(np.float32)
    codes, signed = draw_sheet(values, 2, side)
    layout = tiling_of(extent, 2, side)
    assert signed
    assert codes.shape == (layout.pixel_height, layout.pixel_width)
    if side is not None and max(height, width) > side:
        assert max(layout.tile_height, layout.tile_width) == side
        return
    most = np.abs(values).max(axis=(0, 1) if height * width > 1 else None) * np.ones(channels)
    for channel in range(channels):
        for row in range(height):
            for column in range(width):
                box = layout.cell(Cell(channel, row, column))
                seen = codes[box.y : box.y + box.height, box.x : box.x + box.width]
                share = (values[row, column, channel] / most[channel] + 1) / 2
                assert np.abs(seen - share * (STEPS - 1)).max() <= 0.51
    assert (codes == BACKGROUND).any()


def test_coarser_sheets_have_the_same_shares():
    fine = tiling_of((224, 224, 64), 8)
    for side in (16, 32, 64, 128):
        coarse = tiling_of((224, 224, 64), 8, side)
        scale = fine.pixel_width / coarse.pixel_width
        for channel in (0, 7, 35, 63):
            a, b = fine.tile(channel), coarse.tile(channel)
            assert abs(a.x - b.x * scale) < 0.04 * fine.tile_width
            assert abs(a.y - b.y * scale) < 0.04 * fine.tile_height


def test_tiles_are_as_large_as_an_area_allows():
    for extent in ((56, 56, 64), (7, 7, 2048), (1, 1, 1000), (28, 28, 1)):
        for aspect in (0.5, 2.2, 6.0):
            best = columns_for(extent, aspect)

            def scale(columns, extent=extent, aspect=aspect):
                layout = tiling_of(extent, columns)
                return min(aspect / layout.pixel_width, 1 / layout.pixel_height)

            assert scale(best) == max(map(scale, range(1, extent[2] + 1)))


@pytest.mark.parametrize("extent", [(4096, 4096, 64), (300, 300, 900)])
def test_a_sheet_that_is_too_large_is_had_coarser(extent):
    columns = columns_for(extent, 2.0)
    side = finest_side(tiling_of(extent, columns))
    assert finest_side(tiling_of((112, 112, 64), 8)) is None
    layout = tiling_of(extent, columns, side)
    size = layout.pixel_width, layout.pixel_height
    assert MOST_PIXELS / 2 < size[0] * size[1] <= MOST_PIXELS
    assert max(size) <= LONGEST


def test_cells_are_cut_out_as_they_are():
    values = np.arange(5 * 6 * 4, dtype=np.float32).reshape(5, 6, 4)
    assert (cut(values, [3, 1], (1, 3), (2, 6)) == values[1:3, 2:6][..., [3, 1]]).all()
    vector = np.arange(7, dtype=np.float32)
    assert cut(vector, [2, 5], (0, 1), (0, 1)).ravel().tolist() == [2, 5]


def test_values_of_one_sign_are_not_centred():
    codes, signed = draw_sheet(np.linspace(0, 1, 16, dtype=np.float32).reshape(4, 4, 1), 1)
    assert not signed
    assert codes[0, 0] == 0
    assert codes[-1, -1] == STEPS - 1
