import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from cnnviz.colormaps import INFINITE, NOT_A_NUMBER, STEPS
from cnnviz.engine import Engine
from cnnviz.requests import GetThumbnails, OpenModel, RunImage
from cnnviz.thumbnails import mean_magnitude, thumbnail


@given(
    arrays(
        np.float32,
        array_shapes(min_dims=1, max_dims=5, max_side=9),
        elements=st.floats(-9, 9, width=32),
    ),
    st.integers(1, 12),
)
def test_any_activation_becomes_a_small_picture(values, side):
    codes = thumbnail(values, side)
    assert codes.dtype == np.uint8
    assert codes.ndim == 2
    assert max(codes.shape) <= side
    assert codes.max() < STEPS


def test_cells_are_mean_magnitudes_over_channels_and_area():
    values = np.random.default_rng(1).normal(size=(8, 12, 5)).astype(np.float32)
    strength = np.abs(values).mean(axis=2).reshape(4, 2, 6, 2).mean(axis=(1, 3))
    scaled = (strength - strength.min()) / (strength.max() - strength.min()) * (STEPS - 1)
    np.testing.assert_allclose(thumbnail(values, 6), scaled, atol=0.51)


def test_long_rows_are_taken_whole():
    values = np.random.default_rng(2).normal(size=(3, 700, 300)).astype(np.float32)
    np.testing.assert_allclose(mean_magnitude(values), np.abs(values).mean(axis=2), rtol=1e-5)


def test_one_winner_among_a_thousand_is_seen():
    scores = np.zeros(1000, np.float32)
    scores[731] = -1
    codes = thumbnail(scores, 48)
    assert codes.shape == (1, 48)
    assert codes[0].tolist() == [252 if i == 731 * 48 // 1000 else 0 for i in range(48)]


def test_a_map_smaller_than_the_picture_keeps_its_cells():
    assert thumbnail(np.ones((7, 5, 3), np.float32), 48).shape == (7, 5)


@pytest.mark.parametrize(("bad", "mark"), [(np.nan, NOT_A_NUMBER), (np.inf, INFINITE)])
def test_what_is_not_finite_is_marked(bad, mark):
    values = np.ones((4, 4, 2), np.float32)
    values[0, 3, 1] = bad
    codes = thumbnail(values, 2)
    assert codes[0, 1] == mark
    assert (codes.ravel()[[0, 2, 3]] < STEPS).all()


def test_the_engine_draws_the_nodes_that_it_has_computed():
    engine = Engine()
    engine.handle(OpenModel("lenet5_modern"))
    assert engine.handle(GetThumbnails(("conv1",))).codes == {}
    engine.handle(RunImage(np.eye(28, dtype=np.uint8) * 255))
    nodes = tuple(engine._opened.graph.by_name)
    codes = engine.handle(GetThumbnails((*nodes, "nowhere"), side=16)).codes
    assert tuple(codes) == nodes
    assert engine._trace.recomputed == 0
    assert codes[nodes[0]].shape == (16, 16)
    assert codes[nodes[0]].diagonal().min() > codes[nodes[0]][0, -1]
