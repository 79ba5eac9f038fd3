"""The loops are right (they give what Keras gives), and they count what the formulas say."""

from functools import partial
from math import prod

import keras
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from keras import layers

from cnnviz import costs
from cnnviz.costs import _WORK, graph_costs
from cnnviz.counting import _LOOPS, can_count, count, scaled_copy
from cnnviz.extract import graph_from_model
from models.lenet_layers import RBF, SparseConnectionConv2D

slow = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
sizes = st.integers(1, 3)
paddings = st.sampled_from(["valid", "same"])


@st.composite
def convolutions(draw):
    rank = draw(st.sampled_from([1, 2, 3]))
    groups = draw(st.integers(1, 2))
    dilated = draw(st.booleans())
    several = st.tuples(*[sizes] * rank)
    layer = partial(
        getattr(layers, f"Conv{rank}D"),
        groups * draw(sizes),
        draw(several),
        strides=1 if dilated else draw(several),
        dilation_rate=draw(several) if dilated and groups == 1 else 1,
        padding=draw(paddings),
        groups=groups,
        use_bias=draw(st.booleans()),
    )
    return layer, (*draw(st.tuples(*[st.integers(7, 8)] * rank)), groups * draw(sizes))


@st.composite
def depthwise(draw):
    rank, stride = draw(st.sampled_from([1, 2])), draw(sizes)
    kind = draw(st.sampled_from(["DepthwiseConv", "SeparableConv"]))
    filters = (draw(sizes),) if kind == "SeparableConv" else ()
    layer = partial(
        getattr(layers, f"{kind}{rank}D"),
        *filters,
        draw(sizes),
        strides=stride,
        padding=draw(paddings),
        depth_multiplier=draw(sizes),
        use_bias=draw(st.booleans()),
    )
    return layer, (*draw(st.tuples(*[st.integers(4, 7)] * rank)), draw(sizes))


@st.composite
def transposed(draw):
    rank = draw(st.sampled_from([1, 2, 3]))
    several = st.tuples(*[sizes] * rank)
    layer = partial(
        getattr(layers, f"Conv{rank}DTranspose"),
        draw(sizes),
        draw(several),
        strides=draw(several),
        padding=draw(paddings),
        use_bias=draw(st.booleans()),
    )
    return layer, (*draw(st.tuples(*[st.integers(1, 4)] * rank)), draw(sizes))


@st.composite
def dense(draw):
    shape = draw(st.lists(st.integers(1, 5), min_size=1, max_size=3))
    return partial(layers.Dense, draw(st.integers(1, 6)), use_bias=draw(st.booleans())), tuple(
        shape
    )


@st.composite
def channels_first(draw):
    """Layers whose settings say so; the channels are moved to the front of the shape.

    Without a bias, which Keras 3.15 adds along the wrong axis where both are as long.
    """
    make, shape = draw(st.one_of(convolutions(), depthwise(), transposed()))
    layer = partial(make, data_format="channels_first", use_bias=False)
    return layer, (shape[-1], *shape[:-1])


@st.composite
def dilated_transposed(draw):
    rank = draw(st.sampled_from([1, 2]))
    several = st.tuples(*[sizes] * rank)
    layer = partial(
        getattr(layers, f"Conv{rank}DTranspose"),
        draw(sizes),
        draw(several),
        dilation_rate=draw(several),
        padding=draw(paddings),
        use_bias=draw(st.booleans()),
    )
    return layer, (*draw(st.tuples(*[st.integers(1, 4)] * rank)), draw(sizes))


@st.composite
def padded_transposed(draw):
    """With an output padding, smaller than the stride; "same" must come out as without it."""
    stride, same = draw(st.integers(2, 3)), draw(st.booleans())
    layer = partial(
        layers.Conv2DTranspose,
        draw(sizes),
        3 if same else draw(sizes),
        strides=stride,
        padding="same" if same else "valid",
        output_padding=stride - 1 if same else draw(st.integers(0, stride - 1)),
    )
    return layer, (*draw(st.tuples(*[st.integers(1, 4)] * 2)), draw(sizes))


@st.composite
def bare(draw):
    """An operation of keras.ops: how to call it, its kernel, and the shape of its input."""
    rank = draw(st.sampled_from([1, 2, 3]))
    kind = draw(st.sampled_from(["conv", "depthwise_conv", "conv_transpose"]))
    rank = min(rank, 2) if kind == "depthwise_conv" else rank
    window = draw(st.tuples(*[sizes] * rank))
    depth, other = draw(sizes), draw(sizes)
    last = (other, depth) if kind == "conv_transpose" else (depth, other)
    stride = draw(sizes)
    kernel = np.random.default_rng(draw(st.integers(0, 9))).normal(size=(*window, *last))
    settings = {"strides": stride, "padding": draw(paddings), "data_format": "channels_last"}
    image = (*draw(st.tuples(*[st.integers(4, 6)] * rank)), depth)
    return kind, kernel.astype(np.float32), settings, image


@slow
@given(bare())
def test_bare_operations(made):
    kind, kernel, settings, shape = made
    x = keras.Input(shape, name="x")
    operation = getattr(keras.ops, kind)
    graph = graph_from_model(keras.Model(x, operation(x, kernel, **settings)))
    node = graph.nodes[-1]
    assert can_count(node)
    image = np.random.default_rng(0).normal(size=shape).astype(np.float32)
    done = count(node, image, {"kernel": kernel})
    expected = keras.ops.convert_to_numpy(operation(image[None], kernel, **settings))[0]
    np.testing.assert_allclose(done.values, expected, rtol=1e-3, atol=1e-4)
    assert done.macs == graph_costs(graph).nodes[-1].macs
    copy = scaled_copy(graph, node)
    assert copy.by_loops == copy.by_formula > 0


def test_every_type_with_multiply_adds_is_counted_by_loops():
    """What `costs` counts, the loops count, too: no type is left to its formula alone."""
    counted = {
        name
        for name, handler in _WORK.items()
        if handler in (
            costs._convolution, costs._depthwise, costs._separable, costs._transposed,
            costs._dense, costs._sparse_convolution, costs._radial_basis,
            costs._convolution_operation,
        )
    }  # fmt: skip
    assert counted == set(_LOOPS)


@slow
@given(st.lists(st.sets(st.integers(0, 3), min_size=1), min_size=1, max_size=4), sizes)
def test_the_connection_table_of_the_first_lenet(rows, size):
    connections = [sorted(row) for row in rows]
    make = partial(SparseConnectionConv2D, connections, size, activation="linear")
    check(make, (6, 5, 4), has_copy=False)


@slow
@given(st.integers(1, 5), st.integers(1, 6))
def test_the_radial_units_of_the_first_lenet(units, inputs):
    check(partial(RBF, [[1.0] * inputs] * units), (inputs,), has_copy=False)


def check(make, shape, *, has_copy=True):
    layer = make()
    x = keras.Input(shape, name="x")
    model = keras.Model(x, layer(x))
    graph = graph_from_model(model)
    node = graph.nodes[-1]
    assert can_count(node)
    random = np.random.default_rng(prod(shape))
    layer.set_weights([random.normal(size=w.shape) for w in layer.get_weights()])
    image = random.normal(size=shape).astype(np.float32)
    weights = {
        weight.name: values
        for weight, values in zip(node.weights, layer.get_weights(), strict=True)
    }
    done = count(node, image, weights)
    expected = keras.ops.convert_to_numpy(layer(image[None]))[0]
    np.testing.assert_allclose(done.values, expected, rtol=1e-3, atol=1e-4)
    assert done.macs == graph_costs(graph).nodes[-1].macs
    copy = scaled_copy(graph, node)
    if has_copy:
        assert copy.by_loops == copy.by_formula > 0
    else:
        assert copy is None


@pytest.mark.parametrize(
    "kind",
    [
        convolutions(), depthwise(), transposed(), dense(), channels_first(), dilated_transposed(),
        padded_transposed(),
    ],
    ids=str,
)  # fmt: skip
def test_the_loops_agree_with_keras_and_with_the_formulas(kind):
    @slow
    @given(kind)
    def holds(made):
        check(*made)

    holds()


def test_a_causal_convolution():
    check(partial(layers.Conv1D, 3, 3, padding="causal", dilation_rate=2), (7, 2))


def test_a_copy_keeps_what_matters():
    x = keras.Input((56, 56, 128), name="x")
    layer = layers.Conv2D(128, 3, strides=2, padding="same", groups=32, name="grouped")
    graph = graph_from_model(keras.Model(x, layer(x)))
    copy = scaled_copy(graph, graph.by_name["grouped"])
    assert copy.input_shape == (5, 5, 64)
    assert copy.output_shape == (3, 3, 64)
    assert copy.by_loops == copy.by_formula == 9 * 64 * 9 * 2


def test_what_has_no_multiplications_has_no_copy():
    x = keras.Input((8, 8, 2), name="x")
    graph = graph_from_model(keras.Model(x, layers.MaxPooling2D(name="pool")(x)))
    assert scaled_copy(graph, graph.by_name["pool"]) is None
