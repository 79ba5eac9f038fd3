"""Walking Keras models: running the calls is running the model; the graph says what they are."""

import json
import pickle
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest
from keras import layers, ops

from cnnviz.calls import model_outputs, roles, walk
from cnnviz.errors import UserError
from cnnviz.extract import graph_from_model
from cnnviz.graph import LayerGraph, Source

ROOT = Path(__file__).parents[2]


def image(name="image", size=8):
    return keras.Input((size, size, 3), name=name)


def small(name="small", **kwargs):
    return keras.Sequential(
        [
            image("inside"),
            layers.Conv2D(3, 3, padding="same", name="conv"),
            layers.BatchNormalization(name="bn"),
        ],
        name=name,
        **kwargs,
    )


def functional():
    x = image()
    y = layers.Conv2D(4, 3, name="conv")(x)
    return keras.Model(x, layers.Dense(2, name="dense")(layers.Flatten(name="flatten")(y)))


def sequential_with_functional_first():
    inner = keras.Model(x := image(), layers.Conv2D(2, 3, name="conv")(x), name="inner")
    return keras.Sequential([inner, layers.Flatten(name="flatten")])


def nested_twice():
    inner = small()
    return keras.Model(x := image(), inner(inner(x)))


def nested_in_nested():
    inner = small()
    middle = keras.Model(x := image(), layers.ReLU(name="relu")(inner(x)), name="middle")
    return keras.Model(y := image(), middle(y))


def shared_layer():
    conv = layers.Conv2D(3, 3, padding="same", name="conv")
    return keras.Model(x := image(), conv(conv(conv(x))))


def several_inputs_and_outputs():
    a, b = image("a"), image("b")
    total = layers.Add(name="add")([b, a, b])
    return keras.Model([a, b], [total, layers.ReLU(name="relu")(a), b])


def dictionary_inputs():
    inner_inputs = {"right": image("right"), "left": image("left")}
    difference = inner_inputs["left"] - inner_inputs["right"] * 3
    inner = keras.Model(inner_inputs, {"out": difference}, name="inner")
    a, b = image("a"), image("b")
    return keras.Model([a, b], inner({"left": a, "right": b})["out"])


def bare_operations():
    x = image()
    one, _, three = ops.split(ops.relu(2 - x * np.float32(0.5)), 3, axis=-1)
    y = ops.concatenate([three, one], axis=-1)[:, ::2, 1:-1]
    return keras.Model(x, ops.mean(ops.pad(y, [(0, 0), (1, 0), (0, 2), (0, 0)]), axis=[1, 2]))


def array_constant():
    return keras.Model(x := image(), x - np.array([1, 2, 3], np.float32))


def integers_into_a_nested_model():
    x = keras.Input((8, 8, 3), dtype="int32", name="image")
    return keras.Model(x, small()(x))


def any_size_inside():
    inner = keras.Sequential(
        [keras.Input((None, None, 3)), layers.Conv2D(2, 3, name="conv")], name="inner"
    )
    return keras.Model(x := image(), inner(x))


def attention():
    x = image()
    tokens = layers.Reshape((64, 3), name="tokens")(x)
    return keras.Model(x, layers.MultiHeadAttention(2, 4, name="heads")(tokens, tokens))


MODELS = [
    functional,
    small,
    sequential_with_functional_first,
    nested_twice,
    nested_in_nested,
    shared_layer,
    several_inputs_and_outputs,
    dictionary_inputs,
    bare_operations,
    array_constant,
    integers_into_a_nested_model,
    any_size_inside,
    attention,
]


def run_calls(model, images):
    results, images = {}, iter(images)
    for call in walk(model):
        if call.is_input:
            results[call.name] = (next(images),)
        else:
            results[call.name] = call.run(*(results[s.node][s.output] for s in call.sources))
    return results


@pytest.mark.parametrize("build", MODELS)
def test_running_the_calls_is_running_the_model(build):
    model = build()
    rng = np.random.default_rng(0)
    images = [
        ops.convert_to_tensor(rng.uniform(1, 9, (2, *x.shape[1:])).astype(x.dtype))
        for x in model.inputs
    ]
    expected = keras.tree.flatten(model(images if len(images) > 1 else images[0]))
    results = run_calls(model, images)
    got = [results[source.node][source.output] for source in model_outputs(model)]
    assert len(got) == len(expected)
    for ours, theirs in zip(got, expected, strict=True):
        assert np.array_equal(ours, theirs)
    shapes = {node.name: node.output_shapes for node in graph_from_model(model).nodes}
    for name, values in results.items():
        assert shapes[name] == tuple(tuple(value.shape[1:]) for value in values)


@pytest.mark.parametrize("build", MODELS)
def test_graphs_are_sorted_and_survive_json_and_pickle(build):
    graph = graph_from_model(build())
    for node in graph.nodes:
        assert all(graph.index[read] < graph.index[node.name] for read in node.inputs)
    assert len(graph.by_name) == len(graph.nodes)
    assert LayerGraph.from_json(json.loads(json.dumps(graph.to_json()))) == graph
    assert pickle.loads(pickle.dumps(graph)) == graph


@pytest.mark.parametrize("training", [True, False, None])
def test_a_nested_model_keeps_the_mode_that_it_was_called_with(training):
    inner = keras.Sequential([image("inside"), layers.Dropout(0.9, name="drop")], name="inner")
    model = keras.Model(x := image(), inner(x, training=training))
    dropped = run_calls(model, [ops.ones((1, 8, 8, 3))])["inner/drop"][0]
    assert np.any(np.equal(dropped, 0)) == bool(training)


def names(model):
    return [node.name for node in graph_from_model(model).nodes]


def test_nested_names_keep_their_path():
    assert names(nested_in_nested()) == [
        "image",
        "middle/small/conv",
        "middle/small/bn",
        "middle/relu",
    ]


def test_later_calls_are_numbered():
    assert names(nested_twice()) == [
        "image",
        "small/conv",
        "small/bn",
        "small:2/conv",
        "small:2/bn",
    ]
    assert names(shared_layer()) == ["image", "conv", "conv:2", "conv:3"]


def test_a_layer_whose_name_looks_like_a_later_call_keeps_names_apart():
    conv = layers.Conv2D(3, 1, name="conv")
    model = keras.Model(x := image(), conv(conv(layers.ReLU(name="conv:2")(x))))
    assert names(model) == ["image", "conv:2", "conv", "conv:3"]


def test_branches_are_finished_one_after_the_other():
    x = image()
    a = layers.ReLU(name="a2")(layers.ReLU(name="a1")(x))
    b = layers.ReLU(name="b2")(layers.ReLU(name="b1")(x))
    assert names(keras.Model(x, layers.Add(name="add")([b, a]))) == [
        "image",
        "b1",
        "b2",
        "a1",
        "a2",
        "add",
    ]


def test_an_unused_input_is_a_node():
    a, b = image("a"), image("b")
    assert names(keras.Model([a, b], layers.ReLU(name="relu")(b))) == ["a", "b", "relu"]


def test_shared_variables_are_owned_once():
    model = shared_layer()
    graph = graph_from_model(model)
    first, second, third = graph.nodes[1:]
    assert [(w.name, w.shape, w.trainable) for w in first.weights] == [
        ("kernel", (3, 3, 3, 3), True),
        ("bias", (3,), True),
    ]
    assert first.shares_weights_with is None
    assert second.weights == third.weights == ()
    assert second.shares_weights_with == third.shares_weights_with == "conv"


def test_frozen_layers_and_moving_statistics_are_not_trainable():
    model = small()
    model.get_layer("conv").trainable = False
    trainable = {
        (node.name, weight.name): weight.trainable
        for node in graph_from_model(model).nodes
        for weight in node.weights
    }
    assert trainable == {
        ("conv", "kernel"): False,
        ("conv", "bias"): False,
        ("bn", "gamma"): True,
        ("bn", "beta"): True,
        ("bn", "moving_mean"): False,
        ("bn", "moving_variance"): False,
    }


def test_roles_tell_the_kernels_of_attention_apart():
    model = attention()
    heads = model.get_layer("heads")
    found = roles(heads)
    assert len(found) == len(heads.weights) == 8
    assert found["query/kernel"].shape == (3, 2, 4)
    assert found["attention_output/bias"].shape == (3,)


def test_settings_tell_how_a_layer_is_configured():
    x = keras.Input((9, 9, 4), name="image")
    y = layers.Conv2D(8, (3, 5), strides=2, padding="same", groups=2, activation="relu")(x)
    conv = graph_from_model(keras.Model(x, y)).nodes[-1]
    expected = {
        "filters": 8,
        "kernel_size": (3, 5),
        "strides": (2, 2),
        "padding": "same",
        "dilation_rate": (1, 1),
        "groups": 2,
        "activation": "relu",
        "use_bias": True,
        "data_format": "channels_last",
    }
    assert dict(conv.settings) == expected


def test_constants_of_bare_operations_are_settings():
    graph = graph_from_model(bare_operations())
    by_type = {node.type: node for node in graph.nodes}
    assert by_type["Multiply"].settings["x2"] == 0.5
    assert by_type["Subtract"].settings["x1"] == 2
    assert by_type["Split"].output_shapes == ((8, 8, 1),) * 3
    split = by_type["Split"].name
    assert by_type["Concatenate"].sources == (Source(split, 2), Source(split, 0))
    assert by_type["GetItem"].settings["key"][1] == {"slice": (None, None, 2)}
    array = graph_from_model(array_constant()).nodes[-1]
    assert array.settings["x2"] == {"shape": (3,)}


def test_layers_that_nobody_taught_us_are_marked():
    class Dense(layers.Layer):
        """Goes by the name of a known layer."""

        def call(self, inputs):
            return inputs

    graph = graph_from_model(keras.Model(x := image(), Dense(name="own")(x)))
    assert [node.known for node in graph.nodes] == [True, False]


def test_open_sizes_are_filled_in():
    x = keras.Input((None, None, 3), name="image")
    inner = keras.Sequential(
        [keras.Input((None, None, 8)), layers.MaxPooling2D(name="pool")], name="inner"
    )
    y = inner(layers.Conv2D(8, 3, strides=2, padding="same", name="conv")(x))
    y = layers.UpSampling2D(3, name="up")(y * 2)
    model = keras.Model(x, [y, layers.GlobalAveragePooling2D(name="mean")(y)])
    assert graph_from_model(model).by_name["conv"].output_shape == (None, None, 8)
    filled = graph_from_model(model, input_shape=(33, 20, 3))
    expected = run_calls(model, [ops.ones((1, 33, 20, 3))])
    assert {node.name: node.output_shape for node in filled.nodes} == {
        name: tuple(values[0].shape[1:]) for name, values in expected.items()
    }
    assert filled.output_shape == (24, 15, 8)


def test_of_several_inputs_the_open_ones_are_filled_in():
    a, b = keras.Input((None, None, 3), name="a"), keras.Input((4,), name="b")
    model = keras.Model([a, b], [layers.ReLU(name="relu")(a), b])
    graph = graph_from_model(model, input_shape=(5, 6, 3))
    assert [node.output_shape for node in graph.nodes] == [(5, 6, 3), (4,), (5, 6, 3)]


@pytest.mark.parametrize("size", [(9, 8, 3), (8, 8), (8, 8, 1)])
def test_a_size_that_the_model_does_not_take_is_refused(size):
    with pytest.raises(UserError, match="takes an input of 8x8x3 and not of"):
        graph_from_model(functional(), input_shape=size)


def test_a_size_that_a_layer_does_not_take_is_refused_with_its_name():
    x = keras.Input((None, None, 3), name="image")
    model = keras.Model(x, layers.Conv2D(2, 5, name="too_big")(x))
    with pytest.raises(UserError, match="'too_big' does not take an input of 3x9x3"):
        graph_from_model(model, input_shape=(3, 9, 3))


def test_a_sequential_model_without_input_shape_asks_for_one():
    model = keras.Sequential([layers.Conv2D(2, 3, name="conv"), layers.Flatten(name="flat")])
    with pytest.raises(UserError, match="--input HxWxC"):
        graph_from_model(model)
    assert graph_from_model(model, input_shape=(5, 6, 1)).output_shape == (24,)


def test_a_subclassed_model_is_refused_in_one_sentence():
    class Own(keras.Model):
        def call(self, inputs):
            return inputs

    with pytest.raises(UserError, match=r"'mine' is a subclass \(Own\).*functional API"):
        walk(Own(name="mine"))


def test_a_functional_model_with_its_own_call_is_refused():
    class Own(keras.Model):
        def call(self, inputs):
            return super().call(inputs) + 1

    model = Own(x := image(), layers.ReLU()(x))
    with pytest.raises(UserError, match="functional API"):
        walk(model)


def test_a_nested_subclassed_model_stays_one_unknown_node():
    class Own(keras.Model):
        def call(self, inputs):
            return inputs * 2

    graph = graph_from_model(keras.Model(x := image(), Own(name="own")(x)))
    assert [(node.name, node.known) for node in graph.nodes] == [("image", True), ("own", False)]


def test_a_thousand_layers_in_a_row():
    x = y = keras.Input((1,), name="image")
    relu = layers.ReLU(name="relu")
    for _ in range(1200):
        y = relu(y)
    # Keras itself looks for the outputs recursively.
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(10_000)
    try:
        model = keras.Model(x, y)
    finally:
        sys.setrecursionlimit(limit)
    assert names(model)[-1] == "relu:1200"


def test_a_model_without_weights_is_described():
    with keras.StatelessScope(initialize_variables=False):
        model = small()
    keras.utils.clear_session(free_memory=False)
    assert graph_from_model(model) == graph_from_model(small())


def test_the_window_can_import_graphs_without_keras():
    code = (
        "import sys, cnnviz.graph, cnnviz.extract, cnnviz.costs, cnnviz.receptive_field\n"
        "assert not {'keras', 'tensorflow'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)
