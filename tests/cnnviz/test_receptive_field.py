"""Receptive fields: published tables, and which pixels really reach a position in Keras."""

import itertools
import json
from pathlib import Path

import keras
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from keras import layers, ops

from cnnviz.errors import UserError
from cnnviz.extract import graph_from_model
from cnnviz.receptive_field import Reach, receptive_fields
from cnnviz.seen import seen
from models.layers import ChannelShuffle
from models.lenet_layers import SparseConnectionConv2D, Subsampling2D
from models.registry import find

PUBLISHED = json.loads(
    (Path(__file__).parents[1] / "data/numbers.json").read_text(encoding="utf-8")
)["receptive_fields"]["rows"]


def published(model):
    """Size, stride and padding by end point, at no certain resolution."""
    return {
        row["end_point"].rsplit("/", 1)[-1]: (row["rf"], row["eff_stride"], row["eff_padding"])
        for row in PUBLISHED
        if row["model"] == model and row["resolution"] is None
    }


def square(field):
    assert field.reach is Reach.WINDOW
    assert field.exact
    assert field.note == ""
    triples = set(zip(field.size, field.stride, field.padding, strict=True))
    assert len(triples) == 1
    return triples.pop()


def test_vgg16_as_published(symbolic):
    fields = receptive_fields(graph_from_model(symbolic("VGG16")))
    table = published("vgg_16")
    compared = 0
    for end_point, expected in table.items():
        name = end_point if end_point.startswith("conv") else f"block{end_point[-1]}_pool"
        ours = name.replace("conv", "block").replace("_", "_conv") if "conv" in name else name
        assert square(fields[ours]) == expected, end_point
        compared += 1
    assert compared == 13
    assert square(fields["block5_pool"]) == (212, 32, 90)


def test_inception_v3_as_published(symbolic):
    fields = receptive_fields(graph_from_model(symbolic("InceptionV3")))
    table = published("inception_v3")
    mixed = [name for name in table if name.startswith("Mixed")]
    assert len(mixed) == 11
    for index, end_point in enumerate(mixed):
        assert square(fields[f"mixed{index}"]) == table[end_point], end_point
    assert square(fields["mixed10"]) == (1311, 32, 618)


def test_mobilenet_as_published(symbolic):
    fields = receptive_fields(graph_from_model(symbolic("MobileNet")))
    table = published("mobilenet_v1")
    for block in range(1, 14):
        size, stride, _ = table[f"Conv2d_{block}_pointwise"]
        field = fields[f"conv_pw_{block}_relu"]
        assert (field.size, field.stride) == ((size, size), (stride, stride))


@pytest.mark.parametrize(
    ("builder", "node", "expected"),
    [
        ("ResNet50", "conv5_block3_out", (483, 32, 241)),
        ("InceptionResNetV2", "conv_7b_ac", (3039, 32, 1482)),
    ],
)
def test_other_networks_as_published(symbolic, builder, node, expected):
    assert square(receptive_fields(graph_from_model(symbolic(builder)))[node]) == expected


def test_the_first_lenet():
    fields = receptive_fields(graph_from_model(find("lenet5").build()))
    windows = [square(field) for field in fields.values() if field.reach is Reach.WINDOW]
    assert windows == [(1, 1, 0), (5, 1, 0), (6, 2, 0), (14, 2, 0), (16, 4, 0), (32, 4, 0)]


def test_a_vector_sees_all(symbolic):
    fields = receptive_fields(graph_from_model(symbolic("VGG16")))
    for name in ("flatten", "fc1", "predictions"):
        assert fields[name].reach is Reach.GLOBAL
        assert fields[name].window(()) == ((0, 224), (0, 224))


def test_squeeze_and_excitation_sees_all(symbolic):
    graph = graph_from_model(symbolic("MobileNetV3Small", 224))
    fields = receptive_fields(graph)
    gate = next(node for node in graph.nodes if node.name == "expanded_conv_squeeze_excite_mul")
    before, _ = gate.inputs
    assert fields[before].reach is Reach.WINDOW
    assert fields[gate.name].reach is Reach.GLOBAL


def reached(model, base=0.0):
    """Which cells of the (first) output change when a pixel does: bool, pixel axes + cell axes."""
    *extents, channels = model.input_shape[1:]
    count = int(np.prod(extents))
    start = np.full((1, *extents, channels), base, np.float32)
    if base:
        start *= np.random.default_rng(0).uniform(0.5, 1.5, start.shape).astype(np.float32)
    # Softmax and the like do not notice when all channels rise alike.
    rise = np.arange(1, channels + 1, dtype=np.float32)
    pixels = np.eye(count, dtype=np.float32).reshape(count, *extents, 1) * rise
    outputs = np.asarray(model(np.concatenate([start, start + pixels]), training=False))
    # Some interpolation weights are zero but for rounding.
    changed = np.abs(outputs[1:] - outputs[:1]) > 1e-7
    if changed.ndim > 2:
        changed = changed.any(axis=-1)
    else:
        changed = changed.any(axis=-1, keepdims=True)[:, 0]
    return changed.reshape(*extents, *changed.shape[1:])


def box(pixels):
    """Bounding box of marked cells: (start, stop) an axis."""
    found = np.argwhere(pixels)
    if not len(found):
        return None
    return tuple(zip(found.min(0).tolist(), (found.max(0) + 1).tolist(), strict=True))


def check(model, base=0.0, positions=None):
    """Compare all (or the given) positions of the last node with what reaches them in Keras."""
    graph = graph_from_model(model)
    field = receptive_fields(graph)[graph.nodes[-1].name]
    truth = reached(model, base)
    rank = len(model.input_shape) - 2
    sizes = truth.shape[rank:]
    for position in positions or itertools.product(*map(range, sizes)):
        what = seen(graph, graph.nodes[-1].name, position)
        pixels = truth[(..., *position)]
        assert np.array_equal(what.pixels, pixels), position
        assert what.box == box(pixels)
        assert what.window == field.window(position)
        for (start, stop), size, axis in zip(what.window, field.size, range(rank), strict=True):
            assert stop - start <= size
            if field.exact:
                assert stop - start == size
            marked = np.flatnonzero(pixels.any(axis=tuple(a for a in range(rank) if a != axis)))
            assert all(start <= cell < stop for cell in marked)
    return field


POSITIVE = keras.initializers.RandomUniform(0.5, 1.5, seed=0)


def linear(layer, *args, **kwargs):
    """A layer with positive kernels and without bias, so that nothing cancels out."""
    names = ("kernel", "depthwise", "pointwise")
    separable = "Separable" in layer.__name__
    kernels = names[1:] if separable else names[1:2] if "Depthwise" in layer.__name__ else names[:1]
    given = {f"{name}_initializer": POSITIVE for name in kernels}
    return layer(*args, use_bias=False, **given, **kwargs)


LINE = (11, 1)
PLANE = (9, 12, 2)
THREE = (9, 12, 3)
LINEAR = [
    *[
        (LINE, linear(layers.Conv1D, 1, size, strides=stride, dilation_rate=rate, padding=padding))
        for size in (1, 2, 3, 4)
        for stride, rate in [(1, 1), (2, 1), (3, 1), (1, 2), (1, 3)]
        for padding in ("valid", "same", "causal")
        if rate * (size - 1) < 11
    ],
    *[
        (
            (5, 1),
            linear(
                layers.Conv1DTranspose,
                1,
                size,
                strides=stride,
                padding=padding,
                output_padding=extra,
            ),
        )
        for size in (1, 2, 3, 4, 5)
        for stride in (1, 2, 3)
        for padding in ("valid", "same")
        for extra in ((None,) if stride == 1 else (None, 1))
    ],
    ((7, 1), linear(layers.Conv1DTranspose, 1, 3, dilation_rate=2)),
    *[
        (LINE, layer(size, strides=stride, padding=padding))
        for layer in (layers.MaxPooling1D, layers.AveragePooling1D)
        for size, stride in [(2, 2), (3, 2), (3, 1), (2, 3)]
        for padding in ("valid", "same")
    ],
    (PLANE, linear(layers.Conv2D, 2, (3, 2), strides=(2, 1), padding="same")),
    (PLANE, linear(layers.Conv2D, 2, 3, padding="same", groups=2)),
    (PLANE, linear(layers.DepthwiseConv2D, (2, 3), padding="same")),
    (PLANE, linear(layers.SeparableConv2D, 3, 3, strides=2, padding="same")),
    (PLANE, linear(layers.Conv2DTranspose, 2, (3, 4), strides=(2, 3), padding="same")),
    ((4, 5, 6, 1), linear(layers.Conv3D, 1, (1, 2, 3), padding="same")),
    ((4, 5, 6, 1), layers.AveragePooling3D((2, 3, 2), padding="same")),
    (PLANE, layers.ZeroPadding2D(((1, 2), (3, 0)))),
    (LINE, layers.ZeroPadding1D((2, 1))),
    (PLANE, layers.Cropping2D(((1, 2), (3, 0)))),
    (LINE, layers.Cropping1D((2, 1))),
    (PLANE, layers.CenterCrop(4, 5)),
    (LINE, layers.UpSampling1D(3)),
    (PLANE, layers.UpSampling2D((2, 3))),
    (PLANE, layers.UpSampling2D((2, 3), interpolation="bilinear")),
    ((3, 4, 2, 1), layers.UpSampling3D((2, 1, 2))),
    *[
        (PLANE, layers.Resizing(*size, interpolation=method))
        for size in [(9, 12), (4, 6), (5, 7), (14, 30), (18, 24)]
        for method in ("nearest", "bilinear", "bicubic", "lanczos3")
    ],
    (PLANE, layers.AdaptiveAveragePooling2D((4, 6))),
    (PLANE, layers.AdaptiveMaxPooling2D((3, 5))),
    (PLANE, layers.GlobalAveragePooling2D()),
    (PLANE, layers.GlobalMaxPooling2D(keepdims=True)),
    (PLANE, Subsampling2D((2, 3))),
    (PLANE, SparseConnectionConv2D([[0], [0, 1]], (3, 2))),
    (PLANE, ChannelShuffle(2)),
    (PLANE, layers.Permute((2, 1, 3))),
    (PLANE, layers.Flatten()),
    (PLANE, linear(layers.Dense, 3)),
    (PLANE, layers.Dropout(0.5)),
    (PLANE, layers.RandomFlip()),
    (PLANE, lambda x: ops.transpose(x, (0, 2, 1, 3))),
    (PLANE, lambda x: x[:, 2:-1, ::2]),
    (PLANE, lambda x: x[:, ::-1, ..., 1:]),
    (PLANE, lambda x: x[:, 3]),
    (PLANE, lambda x: x[:, None, 3, 2:]),
    (PLANE, lambda x: x[..., -2, :]),
    (PLANE, lambda x: ops.relu(ops.split(x, [2, 5], axis=1)[1])),
    (PLANE, lambda x: ops.pad(x, [(0, 0), (1, 0), (0, 2), (0, 0)])),
    (PLANE, lambda x: ops.mean(x, axis=1)),
    (PLANE, lambda x: ops.max(x, axis=(1, 2), keepdims=True)),
    (PLANE, lambda x: ops.mean(x, axis=-1, keepdims=True)),
    (PLANE, lambda x: ops.squeeze(x[:, 2:3], 1)),
    (PLANE, lambda x: ops.expand_dims(x, 1)),
    (PLANE, lambda x: ops.reshape(x, (-1, 9, 12, 1, 2))),
    (PLANE, lambda x: layers.Concatenate(axis=2)([x, layers.MaxPooling2D((1, 3))(x)])),
    (PLANE, lambda x: x + layers.MaxPooling2D((1, 12))(x)),
    (PLANE, lambda x: layers.Add()([x, layers.AveragePooling2D((9, 1))(x)])),
    ((4, 4, 4), lambda x: ops.depth_to_space(x, 2)),
    ((4, 6, 1), lambda x: ops.space_to_depth(x, 2)),
]
NOT_LINEAR = [
    (THREE, layers.BatchNormalization()),
    (THREE, layers.LayerNormalization()),
    (THREE, layers.LayerNormalization(axis=[1, 3])),
    (THREE, layers.GroupNormalization(1)),
    (THREE, layers.UnitNormalization(axis=2)),
    (THREE, layers.Softmax()),
    (THREE, layers.Softmax(axis=1)),
    (THREE, layers.PReLU()),
    (THREE, lambda x: layers.Multiply()([x, layers.GlobalAveragePooling2D(keepdims=True)(x)])),
    (THREE, lambda x: x * ops.mean(x, axis=1, keepdims=True)),
    ((6, 3), lambda x: layers.MultiHeadAttention(2, 4)(x, x)),
    ((6, 3), layers.LSTM(4)),
]


@pytest.mark.parametrize(
    ("shape", "call", "base"),
    [(*case, 0.0) for case in LINEAR] + [(*case, 1.0) for case in NOT_LINEAR],
)
def test_every_layer_reads_what_it_is_said_to_read(shape, call, base):
    x = keras.Input(shape)
    check(keras.Model(x, call(x)), base)


def test_a_matrix_that_becomes_an_image_has_rows_and_columns():
    x = keras.Input((7, 8))
    y = layers.Reshape((7, 8, 1))(x)
    model = keras.Model(x, linear(layers.Conv2D, 2, 3)(y))
    field = receptive_fields(graph_from_model(model))[model.layers[-1].name]
    assert square(field) == (3, 1, 0)
    assert field.window((4, 5)) == ((4, 7), (5, 8))


def sizes(limit):
    return st.tuples(st.integers(1, limit), st.integers(1, limit))


@st.composite
def networks(draw):
    """Small nets with branches, skips, strides, dilation and both kinds of padding."""
    x = keras.Input((draw(st.integers(9, 12)), draw(st.integers(9, 12)), 1))

    def convolution(y, same=False):
        strides = 1 if same else draw(sizes(2))
        return linear(
            layers.Conv2D,
            2,
            draw(sizes(3)),
            strides=strides,
            dilation_rate=draw(sizes(2)) if strides in (1, (1, 1)) else 1,
            padding="same" if same else draw(st.sampled_from(["same", "valid"])),
        )(y)

    def pooling(y, same=False):
        kind = draw(st.sampled_from([layers.MaxPooling2D, layers.AveragePooling2D]))
        padding = "same" if same else draw(st.sampled_from(["same", "valid"]))
        return kind(draw(sizes(3)), strides=1 if same else draw(sizes(2)), padding=padding)(y)

    def framing(y):
        pairs = draw(st.tuples(sizes(2), sizes(2)))
        return draw(st.sampled_from([layers.ZeroPadding2D, layers.Cropping2D]))(pairs)(y)

    def branching(y):
        ends = [y] if draw(st.booleans()) else []
        for _ in range(draw(st.integers(1, 2))):
            end = y
            for _ in range(draw(st.integers(1, 2))):
                end = draw(st.sampled_from([convolution, pooling]))(end, same=True)
            ends.append(end)
        if len(ends) == 1:
            return ends[0]
        if len({end.shape for end in ends}) == 1 and draw(st.booleans()):
            return draw(st.sampled_from([layers.Add, layers.Average, layers.Maximum]))()(ends)
        return layers.Concatenate()(ends)

    def upsampling(y):
        return linear(layers.Conv2DTranspose, 2, draw(sizes(3)), strides=draw(sizes(2)))(y)

    y = x
    for _ in range(draw(st.integers(2, 4))):
        step = draw(
            st.sampled_from([convolution, pooling, framing, branching, branching, upsampling])
        )
        # A kernel of 3 with dilation 2 covers 5 cells.
        if min(y.shape[1:3]) >= 5:
            y = step(y)
    return keras.Model(x, y)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True
)
@given(networks(), st.randoms(use_true_random=False))
def test_random_networks_see_what_reaches_them(model, random):
    height, width = model.output_shape[1:3]
    corners = {(0, 0), (0, width - 1), (height - 1, 0), (height - 1, width - 1)}
    inner = {(random.randrange(height), random.randrange(width)) for _ in range(4)}
    if len(model.layers) > 1:
        check(model, positions=sorted(corners | inner))


@settings(max_examples=10, deadline=None, derandomize=True)
@given(st.lists(st.tuples(sizes(3), sizes(2), sizes(2), st.booleans()), min_size=1, max_size=3))
def test_without_padding_every_window_is_met(steps):
    x = y = keras.Input((24, 21, 1))
    for size, strides, rate, pool in steps:
        if pool:
            y = layers.AveragePooling2D(size, strides=strides)(y)
        elif strides == (1, 1):
            y = linear(layers.Conv2D, 1, size, dilation_rate=rate)(y)
        else:
            y = linear(layers.Conv2D, 1, size, strides=strides)(y)
    model = keras.Model(x, y)
    field = check(model, positions=[(0, 0), (1, 2)])
    assert field.exact
    truth = reached(model)
    for position in itertools.product(*map(range, truth.shape[2:])):
        assert field.window(position) == box(truth[(..., *position)])
        expected = tuple(
            (i * stride - padding, i * stride - padding + size)
            for i, stride, padding, size in zip(
                position, field.stride, field.padding, field.size, strict=True
            )
        )
        assert field.window(position) == expected


def test_paths_with_different_strides_are_reported_and_still_right():
    x = keras.Input((20, 20, 1))
    slow = layers.MaxPooling2D(2)(x)[:, :6, :6]
    fast = layers.AveragePooling2D((3, 2), strides=(3, 2))(x)[:, :6, :6]
    model = keras.Model(x, layers.Add(name="sum")([slow, fast]))
    field = check(model)
    assert not field.exact
    assert "strides" in field.note
    assert field.stride == (3, 2)
    # Row 5 reads rows 10..11 on one path and 15..17 on the other.
    assert field.size == (8, 2)
    assert field.window((5, 5)) == ((10, 18), (10, 12))
    assert field.padding == (0, 0)


def test_upsampling_has_a_fraction_for_its_stride_and_says_that_sizes_differ():
    x = keras.Input((6, 6, 1))
    y = linear(layers.Conv2D, 1, 3, padding="same")(layers.UpSampling2D(2)(x))
    field = check(keras.Model(x, y))
    assert field.stride == (0.5, 0.5)
    assert field.size == (2, 2)
    assert not field.exact
    assert "upper bound" in field.note


def two_branches():
    x = keras.Input((16, 16, 1), name="image")
    a = linear(layers.Conv2D, 1, 3, name="a")(x)
    b = linear(layers.Conv2D, 1, 3, strides=2, name="b")(a)
    c = linear(layers.Conv2D, 1, 5, padding="same", name="c")(b)
    d = layers.ReLU(name="d")(a)
    return graph_from_model(keras.Model(x, [c, d]))


def test_fields_between_any_two_nodes():
    graph = two_branches()
    in_a = receptive_fields(graph, "a")
    assert square(in_a["a"]) == (1, 1, 0)
    assert square(in_a["b"]) == (3, 2, 0)
    assert square(in_a["c"]) == (11, 2, 4)
    assert in_a["image"].reach is Reach.NOTHING
    assert receptive_fields(graph, "b")["d"].reach is Reach.NOTHING
    assert square(receptive_fields(graph)["c"]) == (13, 2, 4)


def test_what_a_position_sees_in_another_node():
    what = seen(two_branches(), "c", (0, 3), source="b")
    assert what.window == ((-2, 3), (1, 6))
    assert what.box == ((0, 3), (1, 6))
    assert what.pixels.shape == (6, 6)
    assert what.padding_share == pytest.approx(2 / 5)
    nothing = seen(two_branches(), "d", (0, 0), source="c")
    assert nothing.box is None
    assert not nothing.pixels.any()


def test_dilation_leaves_holes_in_the_pixels_and_none_in_the_window():
    x = keras.Input((9, 9, 1))
    conv = linear(layers.Conv2D, 1, 3, dilation_rate=3, name="conv")
    what = seen(graph_from_model(keras.Model(x, conv(x))), "conv", (1, 1))
    assert what.window == what.box == ((1, 8), (1, 8))
    assert what.pixels.sum() == 9


def test_a_position_outside_is_refused():
    graph = two_branches()
    for position in [(6, 0), (0, -1)]:
        with pytest.raises(IndexError, match=r"outside of 0\.\.5"):
            seen(graph, "c", position)


class Own(layers.Layer):
    """A layer that nobody taught us."""

    def call(self, inputs):
        return inputs


def test_behind_an_unknown_layer_nothing_is_claimed():
    x = keras.Input((8, 8, 1), name="image")
    own = Own(name="own")(x)
    y = layers.Add(name="sum")([layers.ReLU(name="relu")(own), x])
    graph = graph_from_model(keras.Model(x, y))
    fields = receptive_fields(graph)
    for name in ("own", "relu", "sum"):
        assert fields[name].reach is Reach.UNKNOWN
        assert "'own'" in fields[name].note
        with pytest.raises(ValueError, match="'own'"):
            fields[name].window((0, 0))
    with pytest.raises(UserError, match="'own'"):
        seen(graph, "sum", (0, 0))
    beside = keras.Model(x, [y, layers.ReLU(name="beside")(x)])
    assert seen(graph_from_model(beside), "beside", (2, 3)).box == ((2, 3), (3, 4))
    assert receptive_fields(graph, "own")["relu"].size == (1, 1)


def test_several_inputs_are_measured_one_by_one():
    a = keras.Input((8, 8, 1), name="a")
    b = keras.Input((8, 8, 1), name="b")
    y = layers.Add(name="sum")([linear(layers.Conv2D, 1, 3, padding="same")(a), b])
    graph = graph_from_model(keras.Model([a, b], y))
    assert square(receptive_fields(graph)["sum"]) == (3, 1, 1)
    assert square(receptive_fields(graph, "b")["sum"]) == (1, 1, 0)


def test_open_sizes_ask_for_an_input():
    x = keras.Input((None, None, 3))
    graph = graph_from_model(keras.Model(x, layers.Conv2D(2, 3)(x)))
    with pytest.raises(UserError, match="--input"):
        receptive_fields(graph)
