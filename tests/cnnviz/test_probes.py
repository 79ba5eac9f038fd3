from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnnviz.errors import UserError
from cnnviz.probes import Probe, draw, image_named, parse_probe

ANGLES = st.floats(-360, 360)
PROBES = st.one_of(
    st.builds(Probe, st.just("colour"), colour=st.tuples(*[st.integers(0, 255)] * 3)),
    st.builds(
        Probe,
        st.just("grating"),
        angle=ANGLES,
        frequency=st.floats(0.1, 100),
        phase=ANGLES,
        wave=st.sampled_from(["sine", "square"]),
    ),
    st.builds(Probe, st.just("noise"), seed=st.integers(0, 10**9 - 1)),
    st.builds(
        Probe,
        st.just("impulse"),
        place=st.none() | st.tuples(st.integers(0, 999), st.integers(0, 999)),
        size=st.integers(1, 9),
    ),
)


@given(PROBES)
def test_the_text_of_a_probe_is_read_back(probe):
    assert parse_probe(str(probe)) == probe
    assert image_named(str(probe)) == probe


def test_texts():
    assert str(Probe("grating", angle=45.0)) == "probe:grating?angle=45"
    assert parse_probe("probe:colour?colour=#ff8000").colour == (255, 128, 0)
    assert parse_probe("probe:colour?colour=77").colour == (77, 77, 77)
    assert image_named("probe.png") == Path("probe.png")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("probe:zebra", "choose from colour, grating, noise, impulse"),
        ("probe:", "choose from"),
        ("probe:grating?seed=1", "it has angle, frequency, phase, wave"),
        ("probe:grating?angle=steep", "takes a number"),
        ("probe:grating?angle=nan", "takes a number"),
        ("probe:grating?frequency=0", "above 0"),
        ("probe:grating?wave=saw", "sine or square"),
        ("probe:noise?seed=-1", "whole number from 0"),
        ("probe:colour?colour=red", "six hexadecimal digits"),
        ("probe:colour?colour=256", "from 0 to 255"),
        ("probe:impulse?place=3", "ROW,COLUMN"),
        ("probe:impulse?size=0", "from 1"),
    ],
)
def test_a_probe_that_is_none_is_refused_in_a_sentence(text, said):
    with pytest.raises(UserError, match=said):
        parse_probe(text)


def test_a_colour_is_the_same_everywhere():
    picture = draw(Probe("colour", colour=(1, 2, 3)), 4, 5)
    assert picture.shape == (4, 5, 3)
    assert (picture == (1, 2, 3)).all()


@given(st.integers(1, 15), st.sampled_from([0, 90, 180, 270]), st.floats(0, 360))
def test_all_power_of_a_grating_is_at_its_frequency(waves, angle, phase):
    picture = draw(Probe("grating", angle=angle, frequency=waves, phase=phase), 32, 32)[..., 0]
    power = np.abs(np.fft.fft2(picture - picture.astype(float).mean())) ** 2
    across = angle % 180 == 0
    there = [(0, waves), (0, -waves)] if across else [(waves, 0), (-waves, 0)]
    assert sum(power[place] for place in there) > 0.999 * power.sum()


def test_a_slanted_grating_runs_where_it_says():
    # 45 degrees is up and to the right: along the other diagonal nothing changes.
    picture = draw(Probe("grating", angle=45.0, frequency=3.0), 32, 32)[..., 0].astype(int)
    assert (picture[1:, 1:] == picture[:-1, :-1]).all()
    assert np.abs(np.diff(np.diagonal(picture[::-1]))).max() > 30


def test_stripes_are_black_and_white():
    picture = draw(Probe("grating", frequency=4.0, wave="square"), 16, 16)
    assert set(np.unique(picture)) == {0, 255}
    assert (picture == picture[0]).all()


def test_more_waves_than_pixels_can_show_are_refused():
    assert draw(Probe("grating", frequency=16.0), 32, 64).shape == (32, 64, 3)
    with pytest.raises(UserError, match="16 are the most"):
        draw(Probe("grating", frequency=16.5), 32, 64)


def test_noise_is_uniform_and_its_seed_makes_it_again():
    first = draw(Probe("noise", seed=5), 64, 64)
    assert np.array_equal(first, draw(Probe("noise", seed=5), 64, 64))
    assert not np.array_equal(first, draw(Probe("noise", seed=6), 64, 64))
    counts = np.bincount(first.ravel() // 64, minlength=4)
    assert np.abs(counts / counts.sum() - 0.25).max() < 0.02


@pytest.mark.parametrize(("side", "middle"), [(7, 3), (8, 3)])
def test_an_impulse_is_one_pixel_in_the_middle(side, middle):
    picture = draw(Probe("impulse"), side, side)
    assert picture.sum() == 3 * 255
    assert (picture[middle, middle] == 255).all()


def test_an_impulse_lies_where_it_is_told_or_is_refused():
    picture = draw(Probe("impulse", place=(2, 5), size=2), 8, 8)
    assert np.argwhere(picture[..., 0]).tolist() == [[2, 5], [2, 6], [3, 5], [3, 6]]
    with pytest.raises(UserError, match="does not lie within 8 × 8"):
        draw(Probe("impulse", place=(2, 7), size=2), 8, 8)
