"""Stamps of a transposed convolution against its gather view, which equals Keras."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cnnviz.arithmetic import compute, step
from cnnviz.convolution import Windowed, sliding_axis, transposed_axis
from cnnviz.scatter import stamp, stamped


def make(sides, size, stride, padding, dilation, channels, filters, seed):
    draw = np.random.default_rng(seed)
    axes = [transposed_axis(side, size, stride, padding, dilation) for side in sides]
    kernel = draw.normal(size=(size, size, channels, filters))
    return Windowed(*axes, channels, kernel), draw.normal(size=(*sides, channels))


@settings(max_examples=40, deadline=None, derandomize=True)
@given(
    st.tuples(st.integers(1, 5), st.integers(1, 5)), st.integers(1, 4), st.integers(1, 3),
    st.tuples(st.integers(0, 2), st.integers(0, 2)), st.integers(1, 2), st.integers(1, 3),
    st.integers(1, 2), st.integers(0, 99),
)  # fmt: skip
def test_all_stamps_together_are_the_output(
    sides, size, stride, padding, dilation, channels, filters, seed
):
    operation, values = make(sides, size, stride, padding, dilation, channels, filters, seed)
    if 0 in operation.output_shape:
        return
    for channel in range(filters):
        found = stamped(operation, values, channel, values.shape[0] * values.shape[1])
        np.testing.assert_allclose(found, compute(operation, values)[:, :, channel], atol=1e-12)


def test_stamps_are_laid_down_one_by_one():
    """Each step adds the stamp of one cell, and of a cell one channel after the other."""
    operation, values = make((3, 2), 3, 2, (1, 0), 1, 2, 1, 0)
    lies = np.zeros(operation.output_shape[:2])
    for count in range(1, 7):
        row, column = divmod(count - 1, 2)
        found = stamp(operation, values, row, column, 0)
        for depth in (1, 2):
            for i, y in enumerate(found.rows.tolist()):
                for j, x in enumerate(found.columns.tolist()):
                    if 0 <= y < lies.shape[0] and 0 <= x < lies.shape[1]:
                        lies[y, x] += found.products[i, j, depth - 1]
            so_far = stamped(operation, values, 0, count, depth)
            np.testing.assert_allclose(so_far, lies, atol=1e-12)
    assert not stamped(operation, values, 0, 0).any()


def test_a_stamp_falls_where_the_gather_view_reads_it():
    operation, values = make((3, 3), 3, 2, (1, 1), 1, 1, 1, 1)
    found = stamp(operation, values, 1, 2, 0)
    assert (found.rows.tolist(), found.columns.tolist()) == ([1, 2, 3], [3, 4, 5])
    gathered = step(operation, values, 2, 4, 0)
    (i,), (j,) = (np.flatnonzero(gathered.rows == 1), np.flatnonzero(gathered.columns == 2))
    assert gathered.products[i, j, 0] == pytest.approx(found.products[1, 1, 0])


def test_only_a_transposed_convolution_stamps():
    axis = sliding_axis(3, 2)
    with pytest.raises(ValueError, match="transposed"):
        stamp(Windowed(axis, axis, 1, np.ones((2, 2, 1, 1))), np.ones((3, 3, 1)), 0, 0, 0)
