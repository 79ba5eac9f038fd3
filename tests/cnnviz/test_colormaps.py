import numpy as np
import pytest

from cnnviz.colormaps import (
    BACKGROUND,
    COLOUR_MAPS,
    INFINITE,
    INFINITE_COLOUR,
    NOT_A_NUMBER,
    NOT_A_NUMBER_COLOUR,
    STEPS,
    automatic_map,
)


def luminance(rgb):
    srgb = rgb / 255
    linear = np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)
    return linear @ [0.2126, 0.7152, 0.0722]


@pytest.mark.parametrize("colour_map", COLOUR_MAPS.values(), ids=lambda entry: entry.id)
def test_table_holds_opaque_colours_and_marks_that_no_map_contains(colour_map):
    table = colour_map.table(0xFF123456)
    assert table.shape == (256,)
    assert table.dtype == np.uint32
    assert (table >> 24 == 0xFF).all()
    assert table[BACKGROUND] == 0xFF123456
    assert table[INFINITE] == INFINITE_COLOUR
    assert table[NOT_A_NUMBER] == NOT_A_NUMBER_COLOUR
    for mark in (INFINITE_COLOUR, NOT_A_NUMBER_COLOUR):
        rgb = np.array([mark >> 16 & 255, mark >> 8 & 255, mark & 255])
        distance = np.abs(colour_map.rgb.astype(int) - rgb).max(axis=1)
        assert distance.min() > 60


@pytest.mark.parametrize("name", ["viridis", "magma", "grey"])
def test_sequential_maps_only_get_lighter(name):
    assert (np.diff(luminance(COLOUR_MAPS[name].rgb)) > -1e-3).all()


@pytest.mark.parametrize(("name", "lighter_outwards"), [("white", False), ("black", True)])
def test_zero_centred_maps_are_neutral_in_the_middle_and_even_to_both_sides(name, lighter_outwards):
    rgb = COLOUR_MAPS[name].rgb.astype(int)
    middle = rgb[STEPS // 2]
    assert np.ptp(middle) <= 1
    light = luminance(rgb)
    below, above = light[: STEPS // 2 + 1][::-1], light[STEPS // 2 :]
    sign = 1 if lighter_outwards else -1
    assert (np.diff(below) * sign > -2e-3).all()
    assert (np.diff(above) * sign > -2e-3).all()
    assert np.abs(below - above).max() < 0.12


def test_viridis_is_the_published_table():
    # Entries 0, 51, 128 and 255 of the published 256.
    rgb = COLOUR_MAPS["viridis"].rgb.astype(int)
    at = np.linspace(0, 255, STEPS)
    published = {0: (68, 1, 84), 51: (65, 68, 135), 102: (42, 120, 142), 204: (122, 209, 81)}
    for entry, colour in published.items():
        nearest = np.abs(at - entry).argmin()
        assert np.abs(rgb[nearest] - colour).max() <= 3


@pytest.mark.parametrize(
    ("low", "high", "diverging"),
    [
        (0, 1, False),
        (-1, 1, True),
        (-3, -1, False),
        (-1e-9, 5, True),
        (0, 0, False),
        (-2, 0, False),
    ],
)
def test_the_sign_of_the_data_picks_the_map(low, high, diverging):
    assert automatic_map(low, high).diverging is diverging
    assert automatic_map(low, high, dark=True).diverging is diverging
