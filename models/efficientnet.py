"""EfficientNet-B0 (Tan and Le 2019)."""

from __future__ import annotations

import math
from typing import Any

import keras
from keras import layers

# Expansion, kernel size, strides, output channels, repeats of the seven stages.
STAGES = (
    (1, 3, 1, 16, 1),
    (6, 3, 2, 24, 2),
    (6, 5, 2, 40, 2),
    (6, 3, 2, 80, 3),
    (6, 5, 1, 112, 3),
    (6, 5, 2, 192, 4),
    (6, 3, 1, 320, 1),
)


def efficientnet_b0(
    input_shape: tuple[int, int, int] = (224, 224, 3),
    classes: int = 1000,
    include_top: bool = True,
) -> Any:
    """Sixteen inverted residual blocks with squeeze and excitation, found by search.

    Layer for layer `keras.applications.EfficientNetB0` as it is when it carries ImageNet weights:
    then, and only then, Keras puts a second rescaling into the network, without which these weights
    are wrong. That is why it is not built by Keras' function here.

    Args:
        input_shape: (H, W, C).
        classes: Number of classes.
        include_top: Whether to end in the classifier; without, in the maps of the last convolution.

    Returns:
        A functional model that scales pixels 0..255 itself.
    """
    inputs = keras.Input(input_shape, name="input")
    x = layers.Rescaling(1 / 255, name="rescaling")(inputs)
    x = layers.Normalization(axis=3, name="normalization")(x)
    if input_shape[2] == 3:
        # The weights were trained on pixels divided by the variance.
        deviations = [1 / math.sqrt(deviation) for deviation in (0.229, 0.224, 0.225)]
        x = layers.Rescaling(deviations, name="deviation_rescaling")(x)
    x = _halving_pad(x, 3, name="stem_conv_pad")
    x = layers.Conv2D(32, 3, strides=2, use_bias=False, name="stem_conv")(x)
    x = _bn_swish(x, bn="stem_bn", swish="stem_activation")
    for stage, (expansion, size, strides, filters, repeats) in enumerate(STAGES, start=1):
        for repeat in range(repeats):
            x = inverted_residual(
                x,
                filters,
                expansion=expansion,
                kernel_size=size,
                strides=strides if repeat == 0 else 1,
                name=f"block{stage}{'abcd'[repeat]}",
            )
    x = layers.Conv2D(1280, 1, use_bias=False, name="top_conv")(x)
    x = _bn_swish(x, bn="top_bn", swish="top_activation")
    if include_top:
        x = layers.GlobalAveragePooling2D(name="avg_pool")(x)
        x = layers.Dropout(0.2, name="top_dropout")(x)
        x = layers.Dense(classes, activation="softmax", name="predictions")(x)
    return keras.Model(inputs, x, name="efficientnet_b0")


def inverted_residual(
    x: Any, filters: int, *, expansion: int, kernel_size: int, strides: int, name: str
) -> Any:
    """Widen by 1x1, look around channel by channel, weigh the channels, narrow by a linear 1x1.

    Args:
        x: Symbolic tensor, (N, H, W, C).
        filters: Output channels.
        expansion: How many times wider it is inside.
        kernel_size: Of the depthwise convolution.
        strides: Of the depthwise convolution.
        name: Prefix of its layers.

    Returns:
        Symbolic tensor, (N, H / strides, W / strides, filters); with the input added where it has
        the same shape.
    """
    channels = x.shape[-1]
    y = x
    if expansion != 1:
        y = layers.Conv2D(channels * expansion, 1, use_bias=False, name=f"{name}_expand_conv")(y)
        y = _bn_swish(y, bn=f"{name}_expand_bn", swish=f"{name}_expand_activation")
    padding = "same"
    if strides == 2:
        y = _halving_pad(y, kernel_size, name=f"{name}_dwconv_pad")
        padding = "valid"
    y = layers.DepthwiseConv2D(
        kernel_size, strides=strides, padding=padding, use_bias=False, name=f"{name}_dwconv"
    )(y)
    y = _bn_swish(y, bn=f"{name}_bn", swish=f"{name}_activation")
    y = squeeze_excite(y, max(1, channels // 4), activation="swish", name=f"{name}_se")
    y = layers.Conv2D(filters, 1, use_bias=False, name=f"{name}_project_conv")(y)
    y = layers.BatchNormalization(name=f"{name}_project_bn")(y)
    if strides > 1 or channels != filters:
        return y
    y = layers.Dropout(0.2, noise_shape=(None, 1, 1, 1), name=f"{name}_drop")(y)
    return layers.Add(name=f"{name}_add")([y, x])


def squeeze_excite(x: Any, width: int, *, activation: str, name: str) -> Any:
    """Weigh every channel by a factor 0..1 that depends on the mean of all channels.

    Args:
        x: Symbolic tensor, (N, H, W, C).
        width: Channels of the layer between the means and the factors.
        activation: Of that layer.
        name: Prefix of its layers.

    Returns:
        Symbolic tensor of the same shape.
    """
    channels = x.shape[-1]
    y = layers.GlobalAveragePooling2D(name=f"{name}_squeeze")(x)
    y = layers.Reshape((1, 1, channels), name=f"{name}_reshape")(y)
    y = layers.Conv2D(width, 1, activation=activation, name=f"{name}_reduce")(y)
    y = layers.Conv2D(channels, 1, activation="sigmoid", name=f"{name}_expand")(y)
    return layers.Multiply(name=f"{name}_excite")([x, y])


def _bn_swish(x: Any, *, bn: str, swish: str) -> Any:
    x = layers.BatchNormalization(name=bn)(x)
    return layers.Activation("swish", name=swish)(x)


def _halving_pad(x: Any, kernel_size: int, *, name: str) -> Any:
    """Pad for a convolution of stride 2: one row and column less above and left of even sizes."""
    half = kernel_size // 2
    sides = [(half - (1 - size % 2), half) for size in x.shape[1:3]]
    return layers.ZeroPadding2D(tuple(sides), name=name)(x)
