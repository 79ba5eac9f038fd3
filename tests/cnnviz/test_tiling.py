import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnnviz.tiling import Box, Cell, Tiling, compose, extent, fit, middle, tile_sizes, tiling


@st.composite
def tilings(draw):
    height, width = draw(st.integers(1, 6)), draw(st.integers(1, 6))
    channels = draw(st.integers(1, 11))
    zoom = draw(st.integers(1, 4))
    tile = draw(
        st.one_of(
            st.just((height * zoom, width * zoom)),
            st.tuples(st.integers(1, height), st.integers(1, width)),
            st.tuples(st.integers(height, 3 * height), st.integers(width, 3 * width)),
        )
    )
    return Tiling(
        channels, height, width, draw(st.integers(1, channels)), *tile, draw(st.integers(0, 3))
    )


def painted(layout):
    """Paint cell after cell, tile after tile, by exact arithmetic: -1 is no cell."""
    picture = np.full((layout.pixel_height, layout.pixel_width, 3), -1)
    for channel in range(layout.channels):
        top = channel // layout.columns * (layout.tile_height + layout.gutter)
        left = channel % layout.columns * (layout.tile_width + layout.gutter)
        for y in range(layout.tile_height):
            for x in range(layout.tile_width):
                row = int((y + 0.5) * layout.height / layout.tile_height)
                column = int((x + 0.5) * layout.width / layout.tile_width)
                picture[top + y, left + x] = channel, row, column
    return picture


@given(tilings())
def test_every_pixel_maps_to_its_cell(layout):
    expected = painted(layout)
    for y in range(-2, layout.pixel_height + 2):
        for x in range(-2, layout.pixel_width + 2):
            inside = 0 <= y < layout.pixel_height and 0 <= x < layout.pixel_width
            known = expected[y, x] if inside else (-1, -1, -1)
            cell = None if known[0] < 0 else Cell(*map(int, known))
            assert layout.at(x, y) == cell


@given(tilings())
def test_the_box_of_a_cell_holds_exactly_its_pixels(layout):
    expected = painted(layout)
    for channel in range(layout.channels):
        for row in range(layout.height):
            for column in range(layout.width):
                box = layout.cell(Cell(channel, row, column))
                inside = np.zeros(expected.shape[:2], bool)
                inside[box.y : box.y + box.height, box.x : box.x + box.width] = True
                own = (expected == (channel, row, column)).all(axis=-1)
                if own.any():
                    assert (inside == own).all()
                else:  # several cells share this pixel
                    assert inside.sum() >= 1
                    tile = layout.tile(channel)
                    assert tile.x <= box.x < tile.x + tile.width
                    assert tile.y <= box.y < tile.y + tile.height


@given(st.data())
def test_compose_draws_any_window_of_the_tiling(data):
    layout = data.draw(tilings())
    shape = (
        layout.channels,
        min(layout.height, layout.tile_height),
        min(layout.width, layout.tile_width),
    )
    # As many channels and cells as a byte can tell apart are enough to see a mix-up.
    cells = (np.arange(np.prod(shape)) % 251).astype(np.uint8).reshape(shape)
    box = Box(
        data.draw(st.integers(-5, 20)),
        data.draw(st.integers(-5, 20)),
        data.draw(st.integers(1, 30)),
        data.draw(st.integers(1, 30)),
    )
    picture = compose(cells, layout, box, 253)
    assert picture.shape == (box.height, box.width)
    assert picture.flags.c_contiguous
    for y in range(box.height):
        for x in range(box.width):
            at_x, at_y = box.x + x, box.y + y
            cell = layout.at(at_x, at_y)
            if cell is None:
                assert picture[y, x] == 253
                continue
            tile = layout.tile(cell.channel)
            row = int((at_y - tile.y + 0.5) * shape[1] / layout.tile_height)
            column = int((at_x - tile.x + 0.5) * shape[2] / layout.tile_width)
            assert picture[y, x] == cells[cell.channel, row, column]


@given(st.integers(1, 40), st.integers(1, 90))
def test_extent_and_middle_are_inverse(cells, pixels):
    owners = [middle(pixel, cells, pixels) for pixel in range(pixels)]
    assert owners == sorted(owners)
    for cell in range(cells):
        first, count = extent(cell, cells, pixels)
        assert first >= 0
        assert first + count <= pixels
        if cell in owners:
            assert (first, count) == (owners.index(cell), owners.count(cell))


@pytest.mark.parametrize(
    "shape",
    [
        (224, 224, 64),
        (28, 28, 512),
        (7, 7, 2048),
        (1, 1, 1000),
        (32, 32, 1),
        (13, 40, 17),
        (1, 900, 8),
    ],
)
@pytest.mark.parametrize("viewport", [(700, 900), (300, 240), (40, 1800), (1200, 80)])
def test_fit_is_the_largest_size_that_fits(shape, viewport):
    layout = fit(shape, viewport)
    height, width, channels = shape
    assert layout.columns * layout.rows >= channels
    assert (layout.rows - 1) * layout.columns < channels, "an empty last row"
    assert layout.pixel_width <= viewport[1]
    sizes = list(tile_sizes(height, width, max(viewport)))
    larger = [size for size in sizes if size[1] > layout.tile_width]
    if layout.pixel_height <= viewport[0] and height > 1:
        for size in larger:
            bigger = tiling(shape, size, viewport[1])
            assert bigger.pixel_height > viewport[0] or bigger.pixel_width > viewport[1]
    elif height > 1:
        assert max(layout.tile_height, layout.tile_width) < 2 * max(20, height, width)


def test_fit_of_one_row_maps_makes_strips_that_can_be_seen():
    layout = fit((1, 300, 16), (400, 500))
    assert layout.tile_height >= 6
    assert layout.at(0, layout.tile_height - 1) == Cell(0, 0, 0)
