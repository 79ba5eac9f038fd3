import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnnviz.colormaps import COLOUR_MAPS, STEPS
from ui.panels.scale_bar import ScaleBar, exact, nice_ticks, number


@given(st.floats(-1e6, 1e6), st.floats(1e-3, 1e6), st.integers(1, 12))
def test_ticks_are_round_even_and_inside(low, span, wanted):
    high = low + span
    ticks = nice_ticks(low, high, wanted)
    assert len(ticks) <= wanted + 1
    slack = 1e-6 * max(abs(low), abs(high), span)
    assert all(low - slack <= tick <= high + slack for tick in ticks)
    if len(ticks) > 1:
        step = ticks[1] - ticks[0]
        leading = step / 10 ** math.floor(math.log10(step) + 1e-6)
        assert any(leading == pytest.approx(digit, rel=1e-3) for digit in (1, 2, 5, 10))


@pytest.mark.parametrize(("low", "high"), [(1, 1), (2, 1), (0, math.inf), (math.nan, 1)])
def test_no_ticks_where_there_is_no_range(low, high):
    assert nice_ticks(low, high, 5) == []


def test_numbers_read_well():
    assert number(-0.00012345) == "−0.0001234"
    assert number(math.nan) == "NaN"
    assert number(-math.inf) == "−∞"
    assert float(exact(float(np.float32(0.1))).replace("−", "-")) == pytest.approx(0.1, rel=1e-6)


def test_a_range_shows_its_real_ends_and_zero(qtbot):
    bar = ScaleBar()
    qtbot.addWidget(bar)
    bar.resize(300, 40)
    bar.show_range(COLOUR_MAPS["white"], -3.5, 3.5)
    ticks = dict(bar.ticks())
    assert ticks[0.0] == "−3.5"
    assert ticks[1.0] == "3.5"
    assert ticks[0.5] == "0"
    for place, text in bar.ticks():
        assert -3.5 + 7 * place == pytest.approx(float(text.replace("−", "-")), abs=1e-3)


def test_many_scales_show_no_numbers(qtbot):
    bar = ScaleBar()
    qtbot.addWidget(bar)
    bar.show_names(COLOUR_MAPS["viridis"], "min of each map", "", "max of each map")
    assert bar.ticks() == [(0.0, "min of each map"), (1.0, "max of each map")]


def test_a_constant_says_so_instead_of_a_range(qtbot):
    bar = ScaleBar()
    qtbot.addWidget(bar)
    bar.show_range(COLOUR_MAPS["viridis"], 2.0, 2.0, np.zeros(STEPS, np.int64))
    assert bar.ticks() == [(0.5, "2 everywhere")]
    bar.mark(2.0)
    bar.grab()


def test_the_bar_is_painted_in_the_colours_of_the_map(qtbot):
    bar = ScaleBar()
    qtbot.addWidget(bar)
    colour_map = COLOUR_MAPS["magma"]
    bar.show_range(colour_map, 0, 1, np.full(STEPS, 3))
    bar.resize(255, bar.sizeHint().height())
    image = bar.grab().toImage()
    y = 43 + 6  # below the histogram, in the middle of the bar
    for share in (0.1, 0.5, 0.9):
        pixel = image.pixelColor(round(1 + share * 253), y)
        expected = colour_map.rgb[round(share * (STEPS - 1))].astype(int)
        seen = np.array([pixel.red(), pixel.green(), pixel.blue()])
        assert np.abs(seen - expected).max() <= 8
