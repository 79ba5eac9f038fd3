"""Costs: closed formulas on tiny nets, published totals on real ones."""

import json
from pathlib import Path

import keras
import pytest
from keras import layers, ops

from cnnviz.costs import graph_costs
from cnnviz.errors import UserError
from cnnviz.extract import graph_from_model
from models.layers import LocalResponseNormalization
from models.registry import find

NUMBERS = json.loads((Path(__file__).parents[1] / "data/numbers.json").read_text(encoding="utf-8"))[
    "architectures"
]


def cost_of(shape, call):
    """Cost of the last node of a net of one call."""
    x = keras.Input(shape, name="image")
    return graph_costs(graph_from_model(keras.Model(x, call(x)))).nodes[-1]


# Input shape, layer, MACs as kernel cells x channels per group x output values, parameters.
MULTIPLYING = [
    ((10, 12, 4), layers.Conv2D(8, 3), 9 * 4 * (8 * 10 * 8), 9 * 4 * 8 + 8),
    ((10, 12, 4), layers.Conv2D(8, (3, 5), padding="same"), 15 * 4 * (10 * 12 * 8), 15 * 4 * 8 + 8),
    ((10, 12, 4), layers.Conv2D(8, 3, strides=2, use_bias=False), 9 * 4 * (4 * 5 * 8), 9 * 4 * 8),
    ((10, 12, 4), layers.Conv2D(8, 3, groups=2), 9 * 2 * (8 * 10 * 8), 9 * 2 * 8 + 8),
    ((10, 12, 4), layers.Conv2D(8, 3, dilation_rate=2), 9 * 4 * (6 * 8 * 8), 9 * 4 * 8 + 8),
    (
        (4, 10, 12),
        layers.Conv2D(8, 3, data_format="channels_first"),
        9 * 4 * (8 * 10 * 8),
        9 * 4 * 8 + 8,
    ),
    ((10, 4), layers.Conv1D(8, 3), 3 * 4 * (8 * 8), 3 * 4 * 8 + 8),
    ((5, 6, 7, 2), layers.Conv3D(4, 3), 27 * 2 * (3 * 4 * 5 * 4), 27 * 2 * 4 + 4),
    ((10, 12, 4), layers.DepthwiseConv2D(3), 9 * (8 * 10 * 4), 9 * 4 + 4),
    (
        (10, 12, 4),
        layers.DepthwiseConv2D(3, depth_multiplier=3),
        9 * (8 * 10 * 12),
        9 * 12 + 12,
    ),
    ((10, 4), layers.DepthwiseConv1D(3), 3 * (8 * 4), 3 * 4 + 4),
    (
        (10, 12, 4),
        layers.SeparableConv2D(8, 3, depth_multiplier=2),
        9 * (8 * 10 * 8) + 8 * (8 * 10 * 8),
        9 * 8 + 8 * 8 + 8,
    ),
    ((10, 4), layers.SeparableConv1D(8, 3), 3 * (8 * 4) + 4 * (8 * 8), 3 * 4 + 4 * 8 + 8),
    # Each of 10 x 12 x 4 input values is spread over 3 x 3 cells of 8 filters.
    ((10, 12, 4), layers.Conv2DTranspose(8, 3, strides=2), 10 * 12 * 4 * 9 * 8, 9 * 4 * 8 + 8),
    ((10, 4), layers.Conv1DTranspose(8, 3), 10 * 4 * 3 * 8, 3 * 4 * 8 + 8),
    ((3, 4, 5, 2), layers.Conv3DTranspose(4, 2), 60 * 2 * 8 * 4, 8 * 2 * 4 + 4),
    ((20,), layers.Dense(7), 20 * 7, 20 * 7 + 7),
    ((6, 20), layers.Dense(7, use_bias=False), 6 * 20 * 7, 20 * 7),
]


@pytest.mark.parametrize(("shape", "layer", "macs", "params"), MULTIPLYING)
def test_convolutions_and_dense_layers(shape, layer, macs, params):
    cost = cost_of(shape, layer)
    outputs = 1
    for size in layer.output.shape[1:]:
        outputs *= size
    assert cost.macs == macs
    assert cost.params == cost.trainable_params == params == layer.count_params()
    assert cost.activation_bytes == 4 * outputs
    assert cost.other_ops == (outputs if layer.use_bias else 0)
    assert cost.not_counted is None


@pytest.mark.parametrize(
    ("call", "macs"),
    [
        (lambda x: ops.conv(x, ops.ones((3, 3, 2, 8))), 9 * 2 * (4 * 5 * 8)),
        (lambda x: ops.depthwise_conv(x, ops.ones((3, 3, 2, 3))), 9 * (4 * 5 * 6)),
        (lambda x: ops.conv_transpose(x, ops.ones((3, 3, 5, 2)), strides=2), 6 * 7 * 2 * 9 * 5),
    ],
)
def test_bare_convolutions_with_a_constant_kernel(call, macs):
    assert cost_of((6, 7, 2), call).macs == macs


# Input (6, 8, 4) = 192 values.
OTHER = [
    (layers.MaxPooling2D(2), (3 * 4 * 4) * 3),
    (layers.AveragePooling2D(2), (3 * 4 * 4) * 4),
    (lambda x: ops.max_pool(x, 2), (3 * 4 * 4) * 3),
    (layers.GlobalMaxPooling2D(), (6 * 8 - 1) * 4),
    (layers.GlobalAveragePooling2D(), 6 * 8 * 4),
    (lambda x: ops.mean(x, axis=[1, 2]), 6 * 8 * 4),
    (layers.BatchNormalization(), 2 * 192),
    (layers.LayerNormalization(), 7 * 192),
    # A square, 4 additions, times alpha, plus k, a power, a product.
    (LocalResponseNormalization(size=5), 9 * 192),
    (layers.Rescaling(2.0, 1.0), 2 * 192),
    (layers.ReLU(), 192),
    (layers.Activation("tanh"), 192),
    (layers.Activation("linear"), 0),
    # 48 vectors of 4: 3 comparisons, 4 subtractions, 4 exponentials, 3 additions, 4 divisions.
    (layers.Softmax(), 48 * 18),
    (layers.Activation("softmax"), 48 * 18),
    (lambda x: layers.Add()([x, x, x]), 2 * 192),
    (lambda x: layers.Average()([x, x, x]), 3 * 192),
    (lambda x: x * 2, 192),
    (lambda x: layers.Concatenate()([x, x]), 0),
    (layers.Flatten(), 0),
    (layers.ZeroPadding2D(1), 0),
    (layers.UpSampling2D(2), 0),
    (layers.UpSampling2D(2, interpolation="bilinear"), None),
    (layers.Dropout(0.5), 0),
    (layers.Conv2D(5, 1, activation="relu"), 240 + 240),
    (layers.Dense(5, activation="softmax"), 240 + 48 * 23),
]


@pytest.mark.parametrize(("call", "operations"), OTHER)
def test_other_operations(call, operations):
    cost = cost_of((6, 8, 4), call)
    assert cost.other_ops == operations
    assert cost.not_counted is None


def test_moving_statistics_are_parameters_that_training_does_not_change():
    cost = cost_of((6, 8, 4), layers.BatchNormalization())
    assert (cost.params, cost.trainable_params) == (16, 8)


def test_every_output_of_a_node_takes_memory():
    assert cost_of((6, 8, 4), lambda x: ops.split(x, 2, axis=-1)).activation_bytes == 4 * 192


def test_a_shared_layer_works_twice_but_weighs_once():
    x = keras.Input((6, 6, 3), name="image")
    conv = layers.Conv2D(3, 3, padding="same", name="conv")
    costs = graph_costs(graph_from_model(keras.Model(x, conv(conv(x)))))
    assert [cost.macs for cost in costs.nodes] == [0, 9 * 3 * 108, 9 * 3 * 108]
    assert [cost.params for cost in costs.nodes] == [0, 84, 0]


class Own(layers.Layer):
    """A layer that nobody taught us."""

    def call(self, inputs):
        return inputs


@pytest.mark.parametrize(
    ("shape", "call", "reason"),
    [
        ((6, 8, 4), Own(), "nothing is known of the layer type Own"),
        ((6, 4), lambda x: layers.MultiHeadAttention(1, 2)(x, x), "multiply-adds"),
        ((6, 4), layers.LSTM(3), "multiply-adds"),
        ((6, 8, 4), layers.TimeDistributed(layers.Dense(2)), "multiply-adds"),
        ((6, 4), lambda x: ops.matmul(x, ops.transpose(x, (0, 2, 1))), "multiply-adds"),
        ((6, 8, 4), lambda x: layers.EinsumDense("abcd,de->abce", (6, 8, 5))(x), "multiply-adds"),
    ],
)
def test_what_is_not_known_is_reported(shape, call, reason):
    x = keras.Input(shape, name="image")
    costs = graph_costs(graph_from_model(keras.Model(x, call(x))))
    last = costs.nodes[-1]
    assert last.macs == 0
    assert last.other_ops is None
    assert reason in last.not_counted
    assert costs.not_counted == {last.node: last.not_counted}


def test_open_sizes_ask_for_an_input():
    x = keras.Input((None, None, 3), name="image")
    graph = graph_from_model(keras.Model(x, layers.Conv2D(2, 3)(x), name="open"))
    with pytest.raises(UserError, match=r"'open' leaves its input size open \(\?x\?x3\).*--input"):
        graph_costs(graph)


@pytest.mark.parametrize(
    ("builder", "entry", "source"),
    [
        ("VGG16", "vgg16", "keras.applications"),
        ("VGG19", "vgg19", "keras.applications"),
        ("ResNet50", "resnet50", "keras.applications"),
        ("ResNet50V2", "resnet50v2", "keras.applications"),
        ("MobileNet", "mobilenet_v1", "keras.applications"),
        ("MobileNetV2", "mobilenet_v2", "keras.applications"),
        ("InceptionV3", "inception_v3", "keras.applications"),
        ("Xception", "xception", "keras.applications"),
        ("DenseNet121", "densenet121", "keras.applications"),
        ("InceptionResNetV2", "inception_resnet_v2", "keras.applications"),
        ("EfficientNetB0", "efficientnet_b0", "keras.applications"),
    ],
)
def test_published_totals(symbolic, builder, entry, source):
    costs = graph_costs(graph_from_model(symbolic(builder)))
    published = NUMBERS[entry]
    assert costs.params == published["params"][source]["value"]
    assert costs.macs == published["macs"][source]["value"]
    trainable = published["params"][source]["note"].split(" + ")[0]
    assert trainable == f"trainable {costs.trainable_params}"
    assert not costs.not_counted


def test_the_first_lenet():
    graph = graph_from_model(find("lenet5").build())
    costs = graph_costs(graph)
    assert costs.macs == NUMBERS["lenet5"]["macs"]["calc"]["value"] == 326_520
    assert costs.trainable_params == NUMBERS["lenet5"]["params"]["paper"]["value"]
    assert not costs.not_counted
    # Four cells, three additions, a coefficient and a bias; then a squashing function.
    assert costs.by_name["s2_subsampling"].other_ops == 14 * 14 * 6 * (3 + 1 + 1 + 1)


def test_the_totals_are_the_sums_of_the_nodes(symbolic):
    costs = graph_costs(graph_from_model(symbolic("MobileNet")))
    assert costs.macs == sum(cost.macs for cost in costs.by_name.values()) == 568_740_352
    assert costs.params == sum(cost.params for cost in costs.by_name.values())
    assert costs.activation_bytes == sum(cost.activation_bytes for cost in costs.by_name.values())
