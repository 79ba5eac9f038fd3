"""Folded batch norm against Keras' own convolution and batch norm, one after the other."""

import keras
import numpy as np
import pytest
from keras import layers

from cnnviz.engine import Engine
from cnnviz.errors import UserError
from cnnviz.extract import graph_from_model
from cnnviz.folding import fold, norm_after
from cnnviz.requests import GetWeights, OpenModel, RunImage

RNG = np.random.default_rng(0)


def random_norm(channels, *, gamma=True, beta=True):
    """Statistics that move and stretch every channel differently."""
    norm = {
        "moving_mean": RNG.normal(0, 0.5, channels),
        "moving_variance": RNG.uniform(0.3, 3, channels),
    }
    if gamma:
        norm["gamma"] = RNG.uniform(0.5, 1.5, channels) * RNG.choice([-1, 1], channels)
    if beta:
        norm["beta"] = RNG.normal(0, 0.5, channels)
    return {role: values.astype(np.float32) for role, values in norm.items()}


def normalised(made, norm, epsilon):
    """Batch norm by its definition, in double precision."""
    made = made.astype(np.float64)
    scaled = (made - norm["moving_mean"]) / np.sqrt(norm["moving_variance"] + epsilon)
    return scaled * norm.get("gamma", 1) + norm.get("beta", 0)


def difference(layer, kernel, bias, expected, inputs):
    """How far the layer with the folded weights is off, against the largest value."""
    values = {"kernel": kernel, "bias": bias}
    layer.set_weights([values[weight.name] for weight in layer.weights])
    return np.abs(np.asarray(layer(inputs)) - expected).max() / np.abs(expected).max()


@pytest.mark.parametrize(("network", "units"), [("MobileNet", 27), ("ResNet50", 53)])
def test_every_convolution_with_batch_norm_of_a_network_can_be_folded(symbolic, network, units):
    model = symbolic(network)
    graph = graph_from_model(model)
    pairs = [(node, norm_after(graph, node.name)) for node in graph.nodes]
    pairs = [(node, graph.by_name[norm]) for node, norm in pairs if norm is not None]
    assert len(pairs) == units == sum(node.type == "BatchNormalization" for node in graph.nodes)
    for node, norm in pairs:
        config = model.get_layer(node.name).get_config() | {"use_bias": True}
        layer = type(model.get_layer(node.name)).from_config(config)
        size = 2 * node.settings["kernel_size"][0] + 3  # what it does does not depend on the size
        inputs = RNG.normal(size=(1, size, size, graph.input_shapes(node)[0][-1]))
        inputs = inputs.astype(np.float32)
        layer.build(inputs.shape)
        weights = {w.name: np.asarray(w) for w in layer.weights}
        if node.settings["use_bias"]:
            weights["bias"] = RNG.normal(size=weights["bias"].shape).astype(np.float32)
            layer.bias.assign(weights["bias"])
        epsilon = norm.settings["epsilon"]
        statistics = random_norm(node.output_shape[-1])
        expected = normalised(np.asarray(layer(inputs)), statistics, epsilon)
        given = weights if node.settings["use_bias"] else {"kernel": weights["kernel"]}
        kernel, bias = fold(node.type, given, statistics, epsilon)
        assert difference(layer, kernel, bias, expected, inputs) < 1e-5, node.name
        # The test can fail: without the folding they are far apart.
        assert difference(layer, weights["kernel"], bias, expected, inputs) > 1e-2, node.name


@pytest.mark.parametrize(
    "layer",
    [
        layers.Conv1D(5, 3),
        layers.Conv2D(6, 3, groups=2),
        layers.Conv3D(4, 2),
        layers.Conv2DTranspose(5, 3, strides=2),
        layers.DepthwiseConv2D(3, depth_multiplier=3),
        layers.Dense(7),
    ],
    ids=lambda layer: type(layer).__name__,
)
@pytest.mark.parametrize("parts", [(True, True), (False, True), (True, False)])
def test_every_kind_of_layer_folds(layer, parts):
    layer = type(layer).from_config(layer.get_config())
    rank = {"Conv1D": 1, "Conv3D": 3, "Dense": 0}.get(type(layer).__name__, 2)
    inputs = RNG.normal(size=(2, *[7] * rank, 4)).astype(np.float32)
    layer.build(inputs.shape)
    layer.bias.assign(RNG.normal(size=layer.bias.shape))
    weights = {w.name: np.asarray(w) for w in layer.weights}
    channels = layer(inputs).shape[-1]
    statistics = random_norm(channels, gamma=parts[0], beta=parts[1])
    norm = layers.BatchNormalization(scale=parts[0], center=parts[1], epsilon=1e-3)
    norm.build(layer(inputs).shape)
    norm.set_weights([statistics[weight.name] for weight in norm.weights])
    expected = np.asarray(norm(layer(inputs), training=False))
    kernel, bias = fold(type(layer).__name__, weights, statistics, 1e-3)
    assert difference(layer, kernel, bias, expected, inputs) < 1e-5


def test_what_must_not_be_folded_is_not():
    inputs = keras.Input((8, 8, 3), name="input")
    x = layers.Conv2D(4, 3, activation="relu", name="with_relu")(inputs)
    x = layers.BatchNormalization(name="norm1")(x)
    y = layers.Conv2D(4, 3, name="read_twice")(x)
    x = layers.Add(name="add")([layers.BatchNormalization(name="norm2")(y), y])
    shared = layers.Conv2D(4, 1, name="shared")
    x = layers.BatchNormalization(name="norm3")(shared(x))
    x = layers.BatchNormalization(name="norm4")(shared(x))
    x = layers.Conv2D(4, 1, name="other_axis")(x)
    x = layers.BatchNormalization(axis=1, name="norm5")(x)
    x = layers.Conv2D(4, 1, name="good")(x)
    graph = graph_from_model(keras.Model(inputs, layers.BatchNormalization(name="norm6")(x)))
    found = {node.name: norm_after(graph, node.name) for node in graph.nodes}
    assert {name: norm for name, norm in found.items() if norm} == {"good": "norm6"}


@pytest.fixture(scope="module")
def engine(tmp_path_factory):
    """A small network with batch norm, its statistics random, run on a picture."""
    inputs = keras.Input((16, 16, 3), name="input")
    x = layers.Conv2D(6, 3, use_bias=False, name="conv")(inputs)
    x = layers.BatchNormalization(name="norm")(x)
    x = layers.ReLU(name="relu")(x)
    x = layers.DepthwiseConv2D(3, name="depthwise")(x)
    x = layers.BatchNormalization(name="norm_depthwise")(x)
    x = layers.GlobalAveragePooling2D(name="pool")(x)
    model = keras.Model(inputs, layers.Dense(3, name="answer")(x))
    for name in ("norm", "norm_depthwise"):
        layer = model.get_layer(name)
        statistics = random_norm(6)
        layer.set_weights([statistics[weight.name] for weight in layer.weights])
    file = tmp_path_factory.mktemp("folding") / "small.keras"
    model.save(file)
    engine = Engine()
    engine.handle(OpenModel(str(file)))
    engine.handle(RunImage(RNG.integers(0, 255, (20, 20, 3), dtype=np.uint8)))
    return engine


@pytest.mark.parametrize(("node", "norm"), [("conv", "norm"), ("depthwise", "norm_depthwise")])
def test_the_engine_proves_a_folding_on_the_running_example(engine, node, norm):
    folded = engine.handle(GetWeights(node, folded=True))
    plain = engine.handle(GetWeights(node))
    assert folded.folding.norm == norm
    assert folded.folding.difference <= 1e-5 * folded.folding.largest
    assert folded.folding.largest > 0.1
    assert set(folded.values) == {"kernel", "bias"}
    assert folded.values["kernel"].shape == plain.values["kernel"].shape
    assert np.abs(folded.values["kernel"] - plain.values["kernel"]).max() > 1e-2
    assert plain.folding is None


def test_a_layer_without_batch_norm_says_so(engine):
    with pytest.raises(UserError, match="No batch norm can be folded into 'answer'"):
        engine.handle(GetWeights("answer", folded=True))
