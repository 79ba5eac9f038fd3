import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from cnnviz.atlas import as_maps, encode, levels, measure, reduced
from cnnviz.colormaps import BACKGROUND, INFINITE, NOT_A_NUMBER, STEPS
from cnnviz.tiling import Box, Tiling, draw

finite = st.floats(-(2**60), 2**60, width=32)
anything = st.floats(width=32, allow_nan=True, allow_infinity=True)
few = st.sampled_from(
    [0.0, -0.0, 1.0, -1.0, 2.5, math.nan, math.inf, -math.inf, 3e38, -3e38, 1e-45]
)
activations = arrays(
    np.float32,
    array_shapes(min_dims=3, max_dims=3, max_side=5),
    elements=st.one_of(few, anything, finite),
)


def step(value, low, high, diverging):
    """The step of one value, by exact fractions; two steps where it lies on the border."""
    if math.isnan(value):
        return {NOT_A_NUMBER}
    if math.isinf(value):
        return {INFINITE}
    if low == high:
        if value != low:
            return {0 if value < low else STEPS - 1}
        return {0 if value == 0 and not diverging else STEPS // 2}
    exact = (Fraction(value) - Fraction(low)) / (Fraction(high) - Fraction(low)) * (STEPS - 1)
    exact = min(max(exact, Fraction(0)), Fraction(STEPS - 1))
    slack = Fraction(1, 1000)  # of a step: what float32 arithmetic may cost
    return {math.floor(exact + Fraction(1, 2) + slack), math.floor(exact + Fraction(1, 2) - slack)}


def ends(values, diverging):
    known = [float(v) for v in values.ravel() if math.isfinite(v)]
    low, high = (min(known), max(known)) if known else (0.0, 0.0)
    if diverging:
        high = max(abs(low), abs(high))
        low = -high
    return low, high


@given(
    activations,
    st.sampled_from(["channel", "layer", "fixed"]),
    st.booleans(),
    st.tuples(finite, finite).filter(
        lambda pair: abs(pair[0] - pair[1]) > 1e-3 or pair[0] == pair[1]
    ),
    st.integers(1, 3),
    st.integers(0, 2),
)
def test_every_pixel_of_every_tile_is_the_mapped_value_of_its_cell(
    values, scaling, diverging, fixed, zoom, gutter
):
    height, width, channels = values.shape
    measures = measure(values)
    scale = levels(measures, scaling, diverging=diverging, fixed=fixed)
    codes = encode(values, scale, finite=measures.finite)
    columns = 1 + channels // 2
    layout = Tiling(channels, height, width, columns, zoom * height, zoom * width, gutter)
    everything = Box(0, 0, layout.pixel_width, layout.pixel_height)
    picture = draw(codes, layout, everything, np.arange(256, dtype=np.uint32))
    seen = np.zeros(picture.shape, bool)
    for channel in range(channels):
        if scaling == "channel":
            low, high = ends(values[..., channel], diverging)
        elif scaling == "layer":
            low, high = ends(values, diverging)
        else:
            low, high = min(fixed), max(fixed)
            if diverging:
                high = max(abs(low), abs(high))
                low = -high
        top = channel // columns * (zoom * height + gutter)
        left = channel % columns * (zoom * width + gutter)
        for row in range(height):
            for column in range(width):
                y, x = top + zoom * row, left + zoom * column
                block = picture[y : y + zoom, x : x + zoom]
                allowed = step(float(values[row, column, channel]), low, high, diverging)
                assert block.shape == (zoom, zoom)
                assert len(set(block.ravel().tolist())) == 1
                assert int(block[0, 0]) in allowed
                seen[y : y + zoom, x : x + zoom] = True
    assert (picture[~seen] == BACKGROUND).all()


@given(activations)
def test_measures_count_what_is_not_finite_and_measure_the_rest(values):
    measures = measure(values)
    for channel in range(values.shape[-1]):
        cells = [float(v) for v in values[..., channel].ravel()]
        known = [v for v in cells if math.isfinite(v)]
        assert measures.nan_count[channel] == sum(map(math.isnan, cells))
        assert measures.infinite_count[channel] == sum(map(math.isinf, cells))
        assert measures.minimum[channel] == (min(known) if known else 0)
        assert measures.maximum[channel] == (max(known) if known else 0)
        assert measures.zero_share[channel] == pytest.approx(cells.count(0.0) / len(cells))
        if known:
            mean = math.fsum(known) / len(known)
            assert measures.mean[channel] == pytest.approx(
                mean, rel=1e-6, abs=1e-6 * max(map(abs, known))
            )
        else:
            assert math.isnan(measures.mean[channel])
        assert measures.constant[channel] == (len(known) == len(cells) and len(set(known)) == 1)
        assert measures.dead[channel] == (set(cells) == {0.0})
    assert measures.finite == bool(np.isfinite(values).all())


def test_zero_is_the_middle_of_a_diverging_map():
    values = np.array([[[-0.3], [0.0], [7.0]]], np.float32)
    for scaling in ("channel", "layer"):
        codes = encode(values, levels(measure(values), scaling, diverging=True))
        assert codes[0, 0].tolist()[1:] == [STEPS // 2, STEPS - 1]


def test_dead_and_constant_channels_are_drawn_without_a_division():
    values = np.zeros((2, 2, 3), np.float32)
    values[..., 1] = -4
    values[..., 2] = 4
    measures = measure(values)
    assert measures.dead.tolist() == [True, False, False]
    assert measures.constant.tolist() == [True, True, True]
    codes = encode(values, levels(measures))
    assert [int(codes[c].max()) for c in range(3)] == [0, STEPS // 2, STEPS // 2]
    codes = encode(values, levels(measures, diverging=True))
    assert [int(codes[c].max()) for c in range(3)] == [STEPS // 2, 0, STEPS - 1]


def test_encode_does_not_depend_on_how_it_is_cut_into_chunks():
    rng = np.random.default_rng(3)
    values = rng.standard_normal((211, 97, 13), dtype=np.float32)
    scale = levels(measure(values))
    whole = encode(values, scale)
    for channel in (0, 7, 12):
        one = values[..., channel].astype(float)
        exact = (one - one.min()) / (one.max() - one.min()) * (STEPS - 1)
        assert np.abs(whole[channel] - exact).max() <= 0.501


@given(st.integers(1, 9), st.integers(1, 9), st.data())
def test_reduced_is_the_area_mean(height, width, data):
    rows, columns = data.draw(st.integers(1, height)), data.draw(st.integers(1, width))
    values = data.draw(arrays(np.float32, (height, width, 2), elements=st.integers(-99, 99)))
    result = reduced(measure(values), rows, columns)
    assert result.shape == (rows, columns, 2)
    # Cut every cell into rows x columns equal pieces: an interval is then a whole number of them.
    fine = np.repeat(np.repeat(values.astype(float), rows, axis=0), columns, axis=1)
    exact = fine.reshape(rows, height, columns, width, 2).mean(axis=(1, 3))
    assert result == pytest.approx(exact, abs=1e-4)


def test_reduced_keeps_marks_to_what_covers_them():
    values = np.ones((6, 6, 2), np.float32)
    values[0, 0, 0], values[5, 3, 0] = math.nan, -math.inf
    result = reduced(measure(values), 3, 4)
    assert np.isnan(result).sum() == 1
    assert math.isnan(result[0, 0, 0])
    assert np.argwhere(np.isinf(result)).tolist() == [[2, 2, 0]]
    assert (result[..., 1] == 1).all()


def test_a_constant_map_stays_constant_when_reduced():
    values = np.full((112, 112, 1), 0.1, np.float32)
    assert (reduced(measure(values), 74, 37) == np.float32(0.1)).all()


def test_other_ranks_become_maps():
    sequence = np.arange(12, dtype=np.float32).reshape(4, 3)
    maps = as_maps(sequence)
    assert maps.values.shape == (1, 4, 3)
    assert maps.values[0, 2, 1] == sequence[2, 1]
    assert maps.note
    volume = np.arange(2 * 3 * 4 * 5, dtype=np.float32).reshape(2, 3, 4, 5)
    maps = as_maps(volume)
    assert maps.values.shape == (3, 8, 5)
    assert maps.slices == 2
    assert maps.values[2, 4 + 1, 3] == volume[1, 2, 1, 3]
    image = np.zeros((2, 2, 1), np.float32)
    assert as_maps(image).values is image


@pytest.mark.parametrize("shape", [(), (5,), (1, 2, 3, 4, 5), (0, 4, 4), (3, 0)])
def test_what_has_no_picture_says_so(shape):
    with pytest.raises(ValueError, match=r"^(An|This) activation .*\.$"):
        as_maps(np.zeros(shape, np.float32))
