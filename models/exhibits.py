"""Building blocks as small models of their own, at the sizes of their papers."""

from __future__ import annotations

from typing import Any

import keras
from keras import layers

from models.densenet import dense_layer
from models.efficientnet import squeeze_excite
from models.googlenet import MODULES, inception, naive_inception
from models.inception_v4 import module
from models.resnet import basic_block, bottleneck_block
from models.shufflenet import shuffle_unit_v1, shuffle_unit_v2
from models.units import conv_bn

Shape = tuple[int, int, int]

# Inception-v3's modules for the three map sizes, in the widths of its last one of each kind:
# figures 5, 6 and 7 of the paper.
V3_MODULES: dict[str, dict[str, Any]] = {
    "a": {"rows": (((64, 1),), ((48, 1), (64, 3)), ((64, 1), (96, 3), (96, 3))), "projection": 64},
    "b": {
        "rows": (
            ((192, 1),),
            ((192, 1), (192, (1, 7)), (192, (7, 1))),
            ((192, 1), (192, (7, 1)), (192, (1, 7)), (192, (7, 1)), (192, (1, 7))),
        ),
        "projection": 192,
    },
    "c": {
        "rows": (((320, 1),), ((384, 1),), ((448, 1), (384, 3))),
        "projection": 192,
        "forks": (384, 1, 2),
    },
}


def convolutions(input_shape: Shape, sizes: tuple[int, ...], filters: int, name: str) -> Any:
    """Convolutions of these sizes in a row, each with ReLU."""
    inputs = keras.Input(input_shape, name="input")
    x = inputs
    for number, size in enumerate(sizes, start=1):
        x = layers.Conv2D(
            filters, size, padding="same", activation="relu", name=f"conv{number}_{size}x{size}"
        )(x)
    return keras.Model(inputs, x, name=name)


def inception_naive(input_shape: Shape) -> Any:
    """Module 3a without its narrowing 1x1 convolutions."""
    ones, _, threes, _, fives, _ = MODULES["3a"]
    inputs = keras.Input(input_shape, name="input")
    x = naive_inception(inputs, (ones, threes, fives), name="inception_naive")
    return keras.Model(inputs, x, name="block_inception_naive")


def inception_3a(input_shape: Shape) -> Any:
    """GoogLeNet's first module."""
    inputs = keras.Input(input_shape, name="input")
    x = inception(inputs, MODULES["3a"], name="inception_3a")
    return keras.Model(inputs, x, name="block_inception_3a")


def inception_v3(input_shape: Shape, kind: str) -> Any:
    """A factorised module of Inception-v3: "a", "b" or "c"."""
    inputs = keras.Input(input_shape, name="input")
    x = module(inputs, name=f"inception_{kind}", **V3_MODULES[kind])
    return keras.Model(inputs, x, name=f"block_inception_v3_{kind}")


def residual_basic(input_shape: Shape) -> Any:
    """ResNet-34's block: two 3x3 convolutions and the shortcut."""
    inputs = keras.Input(input_shape, name="input")
    x = basic_block(inputs, input_shape[2], strides=1, shortcut="projection", name="block")
    return keras.Model(inputs, x, name="block_residual_basic")


def residual_bottleneck(input_shape: Shape, width: int, groups: int, name: str) -> Any:
    """ResNet-50's block, or with groups ResNeXt's: 1x1, 3x3, 1x1 and the shortcut."""
    inputs = keras.Input(input_shape, name="input")
    x = bottleneck_block(inputs, input_shape[2], width, strides=1, groups=groups, name="block")
    return keras.Model(inputs, x, name=name)


def residual_preact(input_shape: Shape, width: int) -> Any:
    """ResNet v2's block: normalise and activate first, then convolve; nothing after the sum."""
    inputs = keras.Input(input_shape, name="input")
    x = inputs
    steps = ((width, 1), (width, 3), (input_shape[2], 1))
    for number, (filters, size) in enumerate(steps, start=1):
        x = layers.BatchNormalization(epsilon=1e-5, name=f"block_{number}_bn")(x)
        x = layers.Activation("relu", name=f"block_{number}_relu")(x)
        x = layers.Conv2D(
            filters, size, padding="same", use_bias=False, name=f"block_{number}_conv"
        )(x)
    x = layers.Add(name="block_add")([inputs, x])
    return keras.Model(inputs, x, name="block_residual_preact")


def dense_block(input_shape: Shape, repeats: int, growth: int) -> Any:
    """DenseNet's block: every layer reads all maps before it and adds its own."""
    inputs = keras.Input(input_shape, name="input")
    x = inputs
    for number in range(1, repeats + 1):
        x = dense_layer(x, growth, name=f"block_layer{number}")
    return keras.Model(inputs, x, name="block_dense")


def depthwise_separable(input_shape: Shape) -> Any:
    """MobileNet's pair: 3x3 channel by channel, then 1x1 across channels."""
    inputs = keras.Input(input_shape, name="input")
    x = layers.DepthwiseConv2D(3, padding="same", use_bias=False, name="depthwise_conv")(inputs)
    x = layers.BatchNormalization(epsilon=1e-3, name="depthwise_bn")(x)
    x = layers.Activation("relu", name="depthwise_relu")(x)
    x = conv_bn(x, input_shape[2], 1, epsilon=1e-3, name="pointwise")
    return keras.Model(inputs, x, name="block_depthwise_separable")


def standard_conv(input_shape: Shape) -> Any:
    """What MobileNet's pair replaces: one 3x3 that looks around and mixes channels at once."""
    inputs = keras.Input(input_shape, name="input")
    x = conv_bn(inputs, input_shape[2], 3, epsilon=1e-3, name="standard")
    return keras.Model(inputs, x, name="block_standard_conv")


def inverted_residual(input_shape: Shape, expansion: int) -> Any:
    """MobileNetV2's block: widen, filter channel by channel, narrow without activation, add."""
    channels = input_shape[2]
    inputs = keras.Input(input_shape, name="input")
    x = conv_bn(inputs, channels * expansion, 1, epsilon=1e-3, activation="relu6", name="expand")
    x = layers.DepthwiseConv2D(3, padding="same", use_bias=False, name="depthwise_conv")(x)
    x = layers.BatchNormalization(epsilon=1e-3, name="depthwise_bn")(x)
    x = layers.Activation("relu6", name="depthwise_relu6")(x)
    x = conv_bn(x, channels, 1, epsilon=1e-3, activation=None, name="project")
    x = layers.Add(name="add")([inputs, x])
    return keras.Model(inputs, x, name="block_inverted_residual")


def shuffle_v1(input_shape: Shape, groups: int) -> Any:
    """ShuffleNet's unit: grouped 1x1, shuffle, depthwise 3x3, grouped 1x1, add."""
    inputs = keras.Input(input_shape, name="input")
    x = shuffle_unit_v1(
        inputs, input_shape[2], groups=groups, groups_reduce=groups, strides=1, name="unit"
    )
    return keras.Model(inputs, x, name="block_shuffle_v1")


def shuffle_v2(input_shape: Shape) -> Any:
    """ShuffleNet v2's unit: half of the channels pass, half are worked on, all are shuffled."""
    inputs = keras.Input(input_shape, name="input")
    return keras.Model(inputs, shuffle_unit_v2(inputs, name="unit"), name="block_shuffle_v2")


def squeeze_and_excite(input_shape: Shape, reduction: int) -> Any:
    """Every channel weighed by a number that all of them decide together."""
    inputs = keras.Input(input_shape, name="input")
    x = squeeze_excite(inputs, input_shape[2] // reduction, activation="relu", name="se")
    return keras.Model(inputs, x, name="block_squeeze_excite")
