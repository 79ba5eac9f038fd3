import itertools
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from cnnviz.atlas import measure
from cnnviz.filter_report import FilterReport
from cnnviz.ordering import CRITERIA, channel_order, correlations, filter_order, variances

MAPS = arrays(
    np.float32,
    array_shapes(min_dims=3, max_dims=3, max_side=6),
    elements=st.one_of(st.floats(-9, 9, width=32), st.sampled_from([0.0, np.nan, np.inf, -np.inf])),
)


def expected(values, by, reference):
    """What a channel is sorted by, worked out one by one; None sorts last."""
    scores = []
    for channel in np.moveaxis(values, -1, 0):
        cells = channel[np.isfinite(channel)].astype(np.float64)
        if by == "zeros":
            scores.append((channel == 0).mean())
        elif cells.size == 0:
            scores.append(None)
        else:
            scores.append({"mean": cells.mean, "maximum": cells.max, "variance": cells.var}[by]())
    return scores


@given(MAPS, st.sampled_from(["mean", "maximum", "zeros", "variance"]))
def test_the_greatest_comes_first_and_the_unknown_last(values, by):
    order = channel_order(measure(values), by)
    assert sorted(order) == list(range(values.shape[-1]))
    scores = [expected(values, by, 0)[i] for i in order]
    known = [score for score in scores if score is not None]
    assert scores[: len(known)] == known, "those without a number come last"
    for a, b in itertools.pairwise(known):
        assert a >= b - 1e-4 * (1 + abs(b))


@given(MAPS, st.sampled_from(list(CRITERIA)))
def test_hiding_dead_maps_hides_them_and_nothing_else(values, by):
    shown = channel_order(measure(values), by, hide_dead=True)
    whole = channel_order(measure(values), by)
    dead = [bool((values[..., c] == 0).all()) for c in whole]
    assert shown.tolist() == [c for c, gone in zip(whole, dead, strict=True) if not gone]


def test_similarity_is_numpys_correlation():
    values = np.random.default_rng(0).normal(size=(5, 7, 9)).astype(np.float32)
    values[..., 4] = -3 * values[..., 2] + 1
    truth = np.corrcoef(values.reshape(-1, 9).T.astype(np.float64))[2]
    np.testing.assert_allclose(correlations(values, 2), truth, atol=1e-5)
    order = channel_order(measure(values), "similarity", reference=2)
    assert order[0] == 2
    assert order[-1] == 4
    np.testing.assert_array_equal(order, np.argsort(-truth))


def test_a_constant_map_is_similar_to_nothing_but_comes_first_when_it_is_the_reference():
    values = np.random.default_rng(0).normal(size=(3, 3, 4)).astype(np.float32)
    values[..., 1] = 2
    values[0, 0, 3] = np.nan
    similar = correlations(values, 0)
    assert np.isnan(similar[[1, 3]]).all()
    assert channel_order(measure(values), "similarity", reference=1)[0] == 1
    assert channel_order(measure(values), "similarity", reference=3)[0] == 3


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_variances_leave_out_what_is_not_finite(bad):
    values = np.random.default_rng(0).normal(size=(6, 4, 3)).astype(np.float32)
    plain = variances(measure(values))
    np.testing.assert_allclose(plain, values.astype(np.float64).var(axis=(0, 1)), rtol=1e-6)
    values[2, 2, 1] = bad
    spoilt = variances(measure(values))
    cells = np.delete(values[..., 1].ravel().astype(np.float64), 10)
    np.testing.assert_allclose(spoilt, [plain[0], cells.var(), plain[2]], rtol=1e-5)


def test_filters_are_sorted_by_norm_and_twins_stand_side_by_side():
    report = FilterReport((3.0, 1.0, 0.0, 2.0, 1.0), (2,), ((1, 4, 0.999), (3, 4, 0.99)))
    assert filter_order(report, "index") == (0, 1, 2, 3, 4)
    assert filter_order(report, "strongest") == (0, 3, 1, 4, 2)
    assert filter_order(report, "weakest") == (2, 1, 4, 3, 0)
    assert filter_order(report, "twins") == (1, 4, 3, 0, 2)
    assert filter_order(replace(report, twins=None), "twins") == (0, 1, 2, 3, 4)
