"""Windows and their arithmetic, against Keras and against loops without any cleverness."""

from fractions import Fraction

import keras
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cnnviz.arithmetic import (
    ACTIVATIONS,
    compute,
    dense_matrix,
    im2col,
    kernel_column,
    rounding_bound,
    step,
)
from cnnviz.convolution import (
    Axis,
    Windowed,
    same_padding,
    shared_with_previous,
    sliding_axis,
    transposed_axis,
    windowed,
)
from cnnviz.costs import graph_costs
from cnnviz.errors import UserError
from cnnviz.extract import graph_from_model

often = settings(
    max_examples=25, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck)
)
seldom = settings(often, max_examples=12)


def numbers(shape, seed):
    return np.random.default_rng(seed).normal(size=shape).astype(np.float32)


def map_from_steps(operation, values):
    result = np.empty(operation.output_shape)
    for row, column, channel in np.ndindex(*operation.output_shape):
        result[row, column, channel] = step(operation, values, row, column, channel).value
    return result


def agree_with_keras(layer, shape, seed):
    """The layer on random numbers, by Keras and assembled from the steps of the theatre."""
    inputs = keras.Input(shape)
    model = keras.Model(inputs, layer(inputs))
    for position, variable in enumerate(layer.weights):
        variable.assign(numbers(variable.shape, seed + position + 1))
    graph = graph_from_model(model, "one layer")
    weights = {variable.name: variable.numpy() for variable in layer.weights}
    operation = windowed(graph, graph.nodes[-1], weights)
    cost = graph_costs(graph).by_name[graph.nodes[-1].name]
    assert (operation.params, operation.macs) == (cost.params, cost.macs)
    values = numbers(shape, seed)
    expected = keras.ops.convert_to_numpy(layer(values[None]))[0]
    values = values.reshape(operation.input_shape)
    expected = expected.reshape(operation.output_shape)
    np.testing.assert_allclose(map_from_steps(operation, values), expected, rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(compute(operation, values), expected, rtol=1e-5, atol=1e-5)


sides = st.integers(5, 9)
taps = st.integers(1, 4)
paddings = st.sampled_from(["valid", "same"])
activations = st.sampled_from(["linear", "relu", "tanh", "softmax"])
seeds = st.integers(0, 1000)


@often
@given(
    sides, sides, taps, taps, st.tuples(st.integers(1, 3), st.integers(1, 3)), paddings,
    st.integers(1, 2), st.integers(1, 2), st.integers(1, 2), activations, seeds,
)  # fmt: skip
def test_conv2d(h, w, kh, kw, strides, padding, groups, per_group, per_filter, activation, seed):
    layer = keras.layers.Conv2D(
        groups * per_filter, (kh, kw), strides, padding, groups=groups, activation=activation
    )
    agree_with_keras(layer, (h, w, groups * per_group), seed)


@seldom
@given(sides, sides, st.integers(1, 3), paddings, st.integers(1, 2), st.integers(1, 2), seeds)
def test_dilated_conv2d(h, w, kernel, padding, dilation, other, seed):
    layer = keras.layers.Conv2D(2, kernel, padding=padding, dilation_rate=(dilation, other))
    agree_with_keras(layer, (h, w, 2), seed)


@seldom
@given(sides, sides, st.integers(1, 4), st.integers(1, 3), paddings, st.integers(1, 2), seeds)
def test_depthwise(h, w, kernel, stride, padding, multiplier, seed):
    layer = keras.layers.DepthwiseConv2D(kernel, stride, padding, depth_multiplier=multiplier)
    agree_with_keras(layer, (h, w, 3), seed)


@seldom
@given(sides, sides, st.integers(1, 3), st.integers(1, 2), paddings, st.integers(1, 2), seeds)
def test_separable(h, w, kernel, stride, padding, multiplier, seed):
    layer = keras.layers.SeparableConv2D(
        2, kernel, stride, padding, depth_multiplier=multiplier, activation="relu"
    )
    agree_with_keras(layer, (h, w, 3), seed)


@often
@given(
    st.integers(2, 5), st.integers(2, 5), st.integers(1, 4), st.integers(1, 3), paddings,
    st.booleans(), seeds,
)  # fmt: skip
def test_transposed(h, w, kernel, stride, padding, more, seed):
    layer = keras.layers.Conv2DTranspose(
        2, kernel, stride, padding, output_padding=stride - 1 if more and stride > 1 else None
    )
    agree_with_keras(layer, (h, w, 2), seed)


@often
@given(
    sides, sides, st.tuples(taps, taps), st.integers(1, 3), paddings, st.booleans(), seeds
)  # fmt: skip
def test_pooling(h, w, size, stride, padding, largest, seed):
    kind = keras.layers.MaxPooling2D if largest else keras.layers.AveragePooling2D
    agree_with_keras(kind(size, stride, padding), (h, w, 2), seed)


@pytest.mark.parametrize(
    "layer",
    [
        keras.layers.Conv1D(3, 4, strides=2, padding="same"),
        keras.layers.Conv1D(3, 3, padding="causal", dilation_rate=2),
        keras.layers.DepthwiseConv1D(3, padding="same"),
        keras.layers.SeparableConv1D(2, 3),
        keras.layers.Conv1DTranspose(2, 3, strides=2),
        keras.layers.MaxPooling1D(3, 2, "same"),
        keras.layers.AveragePooling1D(2),
        keras.layers.GlobalAveragePooling1D(),
    ],
    ids=lambda layer: type(layer).__name__,
)
def test_one_dimension_is_one_row(layer):
    agree_with_keras(layer, (9, 2), 3)


@pytest.mark.parametrize("kind", ["GlobalMaxPooling2D", "GlobalAveragePooling2D"])
def test_global_pooling_is_one_window(kind):
    agree_with_keras(getattr(keras.layers, kind)(), (4, 5, 3), 3)


@pytest.mark.parametrize("name", [name for name in ACTIVATIONS if name != "softmax"])
def test_activations_are_those_of_keras(name):
    x = np.linspace(-8, 8, 65)
    expected = keras.ops.convert_to_numpy(keras.activations.get(name)(x.astype(np.float32)))
    np.testing.assert_allclose(ACTIVATIONS[name](x), expected, rtol=1e-5, atol=1e-5)


def test_an_unknown_activation_has_a_total_and_no_value():
    operation = Windowed(
        sliding_axis(2, 1), sliding_axis(2, 1), 1, np.ones((1, 1, 1, 1)), activation="of somebody"
    )
    found = step(operation, np.full((2, 2, 1), 3.0), 0, 1, 0)
    assert (found.total, found.value) == (3.0, None)


# Geometry, against loops.

explicit = st.tuples(st.integers(0, 3), st.integers(0, 3))


@settings(often, max_examples=200)
@given(st.integers(1, 12), st.integers(1, 4), st.integers(1, 4), explicit, st.integers(1, 3))
def test_windows_equal_brute_force(n, size, stride, padding, dilation):
    """Lay the padded cells out in a row, and slide over them."""
    line = [*range(-padding[0], 0), *range(n), *range(n, n + padding[1])]
    extent = dilation * (size - 1) + 1
    windows, start = [], 0
    while start + extent <= len(line):
        windows.append(line[start : start + extent : dilation])
        start += stride
    axis = sliding_axis(n, size, stride, padding, dilation)
    assert axis.table().tolist() == windows
    if windows:
        reached = max(line.index(window[-1]) for window in windows)
        assert axis.left_over == len(line) - 1 - reached
        assert axis.steps == len(windows) + Fraction(axis.left_over, stride)
        for cell in range(n):
            readers = [i for i, window in enumerate(windows) if cell in window]
            assert axis.reached(cell).tolist() == readers


@settings(often, max_examples=100)
@given(
    st.integers(1, 6), st.integers(1, 4), st.integers(1, 3), explicit, st.integers(1, 2),
    st.integers(0, 2),
)  # fmt: skip
def test_gathering_equals_scattering(n, size, stride, padding, dilation, more):
    """Stamp the kernel once for each input cell, and crop."""
    values, kernel = numbers((1, n, 1), 0), numbers((1, size, 1, 1), 1).astype(float)
    axis = transposed_axis(n, size, stride, padding, dilation, more)
    full = np.zeros(stride * (n - 1) + dilation * (size - 1) + 1 + more)
    for j in range(n):
        for k in range(size):
            full[stride * j + dilation * k] += values[0, j, 0] * kernel[0, k, 0, 0]
    expected = full[padding[0] : padding[0] + axis.after]
    if axis.after == 0:
        return
    operation = Windowed(transposed_axis(1, 1), axis, 1, kernel)
    found = [step(operation, values, 0, i, 0).total for i in range(axis.after)]
    np.testing.assert_allclose(found, expected[: axis.after], atol=1e-9)


def test_transposed_is_a_convolution_over_zeros_with_a_flipped_kernel():
    values, kernel = numbers((3, 3, 1), 0), numbers((3, 3, 1, 1), 1).astype(float)
    axis = transposed_axis(3, 3, 2)
    spread = np.zeros((5, 5, 1))
    spread[::2, ::2] = values
    gather = sliding_axis(5, 3, 1, (2, 2))
    np.testing.assert_allclose(
        compute(Windowed(axis, axis, 1, kernel), values),
        compute(Windowed(gather, gather, 1, kernel[::-1, ::-1]), spread),
    )


@pytest.mark.parametrize(
    ("before", "size", "stride", "expected"),
    [
        (5, 3, 1, (1, 1)),
        (6, 3, 2, (0, 1)),
        (224, 7, 2, (2, 3)),
        (5, 2, 1, (0, 1)),
        (7, 1, 2, (0, 0)),
    ],
)
def test_same_padding_puts_the_odd_cell_last(before, size, stride, expected):
    assert same_padding(before, size, stride) == expected


def test_the_cells_that_two_windows_share():
    axis = sliding_axis(5, 3, 1, (1, 1))
    operation = Windowed(axis, axis, 1, np.ones((3, 3, 1, 1)))
    assert not shared_with_previous(operation, 0, 0).any()
    # Window (0, 1) reads columns 0..2 and row -1 is padding; window (0, 0) read columns -1..1.
    assert shared_with_previous(operation, 0, 1).tolist() == [
        [False, False, False],
        [True, True, False],
        [True, True, False],
    ]


def test_the_winner_of_a_max_pool_is_never_padding():
    axis = sliding_axis(3, 3, 2, (1, 1))
    values = -np.arange(1.0, 10.0).reshape(3, 3, 1)
    found = step(Windowed(axis, axis, 1, pool="max"), values, 0, 0, 0)
    assert (found.winner, found.value, found.cells) == ((0, 0), -1.0, 4)


def test_the_sum_runs_across_the_channels():
    axis = sliding_axis(2, 2)
    values, kernel = numbers((2, 2, 3), 0), numbers((2, 2, 3, 2), 1).astype(float)
    bias = np.array([0.0, 0.5])
    found = step(Windowed(axis, axis, 3, kernel, bias=bias), values, 0, 0, 1)
    sums = [float((values[..., c] * kernel[..., c, 1]).sum()) for c in range(3)]
    np.testing.assert_allclose(found.channel_sums, sums)
    np.testing.assert_allclose(found.running, [sums[0], sums[0] + sums[1], sum(sums)])
    assert found.total == pytest.approx(sum(sums) + 0.5)


@often
@given(st.integers(3, 6), st.integers(1, 3), st.integers(1, 2), st.integers(0, 2), seeds)
def test_other_views_of_the_same_product(n, size, stride, padding, seed):
    axis = sliding_axis(n, size, stride, (padding, padding))
    values, kernel = numbers((n, n, 2), seed), numbers((size, size, 2, 2), seed + 1).astype(float)
    operation = Windowed(axis, axis, 2, kernel)
    expected = compute(operation, values)
    for channel in range(2):
        column = im2col(operation, values, channel) @ kernel_column(operation, channel)
        np.testing.assert_allclose(column, expected[:, :, channel].ravel())
        dense = sum(
            dense_matrix(operation, channel, source) @ values[:, :, source].ravel()
            for source in range(2)
        )
        np.testing.assert_allclose(dense, expected[:, :, channel].ravel())


def test_what_does_not_slide_is_refused():
    inputs = keras.Input((4,))
    graph = graph_from_model(keras.Model(inputs, keras.layers.Dense(2)(inputs)), "dense")
    with pytest.raises(UserError, match="does not slide"):
        windowed(graph, graph.nodes[-1], {})


def test_a_position_outside_is_an_error():
    axis = sliding_axis(3, 3)
    with pytest.raises(IndexError):
        step(Windowed(axis, axis, 1, pool="max"), np.zeros((3, 3, 1)), 0, 1, 0)


def test_an_axis_says_what_is_left_over():
    assert [(sliding_axis(7, 3, s).after, sliding_axis(7, 3, s).left_over) for s in (1, 2, 3)] == [
        (5, 0),
        (3, 0),
        (2, 1),
    ]
    assert isinstance(sliding_axis(7, 3), Axis)


# How far float32 may be off.


@often
@given(st.integers(1, 300), st.integers(0, 10**6))
def test_a_float32_sum_in_any_order_stays_within_the_bound(count, seed):
    draw = np.random.default_rng(seed)
    read, weights = draw.normal(size=(2, count)).astype(np.float32) * np.float32(100)
    exact = sum(
        (Fraction(float(a)) * Fraction(float(b)) for a, b in zip(read, weights, strict=True)),
        Fraction(),
    )
    products = (read * weights)[draw.permutation(count)]
    size = float(np.abs(read.astype(float) * weights).sum())
    bound = Fraction(rounding_bound(count, size))
    one_by_one = np.cumsum(products, dtype=np.float32)[-1]
    for found in (one_by_one, products.sum(dtype=np.float32)):
        assert abs(Fraction(float(found)) - exact) <= bound
    assert rounding_bound(1, 1.0) == pytest.approx(2.0**-24)


def test_the_bound_of_a_step_is_that_of_its_terms():
    axis = sliding_axis(4, 3, 1, (1, 1))
    kernel = numbers((3, 3, 2, 1), 1).astype(float)
    plain = Windowed(axis, axis, 2, kernel, bias=np.array([-3.0]))
    values = numbers((4, 4, 2), 0)
    corner = step(plain, values, 0, 0, 0)
    assert corner.size == pytest.approx(np.abs(values[:2, :2] * kernel[1:, 1:, :, 0]).sum() + 3)
    assert corner.rounding == rounding_bound(2 * 2 * 2 + 1, corner.size)
    mean = step(Windowed(axis, axis, 2, pool="average"), values, 1, 1, 1)
    assert mean.size == pytest.approx(np.abs(values[:3, :3, 1]).mean())
    assert mean.rounding == rounding_bound(9, mean.size)
    assert step(Windowed(axis, axis, 2, pool="max"), values, 1, 1, 1).rounding == 0
