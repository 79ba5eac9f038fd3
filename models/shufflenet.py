"""ShuffleNet v1 (Zhang et al. 2017) and v2 (Ma et al. 2018)."""

from __future__ import annotations

from typing import Any

import keras
from keras import layers

from models.layers import ChannelShuffle, ChannelSlice
from models.units import classifier, conv_bn, depthwise_bn, even_padding

# Output channels of stages 2, 3, 4 at scale 1, by the number of groups.
V1_CHANNELS = {
    1: (144, 288, 576),
    2: (200, 400, 800),
    3: (240, 480, 960),
    4: (272, 544, 1088),
    8: (384, 768, 1536),
}

# Output channels of stages 2, 3, 4 and of conv5, by width.
V2_CHANNELS = {
    0.5: (48, 96, 192, 1024),
    1.0: (116, 232, 464, 1024),
    1.5: (176, 352, 704, 1024),
    2.0: (244, 488, 976, 2048),
}

REPEATS = (4, 8, 4)


def shufflenet_v1(
    groups: int,
    input_shape: tuple[int, int, int] = (224, 224, 3),
    classes: int = 1000,
    include_top: bool = True,
) -> Any:
    """Grouped 1x1 convolutions, and a shuffle that carries channels from group to group.

    Args:
        groups: 1, 2, 3, 4 or 8.
        input_shape: (H, W, C).
        classes: Number of classes.
        include_top: Whether to end in the classifier; without, in the maps of stage 4.

    Returns:
        A functional model.
    """
    inputs = keras.Input(input_shape, name="input")
    x = _stem(inputs)
    for stage, (channels, repeats) in enumerate(
        zip(V1_CHANNELS[groups], REPEATS, strict=True), start=2
    ):
        for unit in range(1, repeats + 1):
            x = shuffle_unit_v1(
                x,
                channels,
                groups=groups,
                # 24 channels are too few to be cut in groups.
                groups_reduce=1 if (stage, unit) == (2, 1) else groups,
                strides=2 if unit == 1 else 1,
                name=f"stage{stage}_unit{unit}",
            )
    if include_top:
        x = classifier(x, classes, use_bias=False)
    return keras.Model(inputs, x, name=f"shufflenet_v1_g{groups}")


def shuffle_unit_v1(
    x: Any, channels: int, *, groups: int, groups_reduce: int, strides: int, name: str
) -> Any:
    """A bottleneck of grouped 1x1, shuffle, depthwise 3x3, grouped 1x1, beside a shortcut.

    Args:
        x: Symbolic tensor, (N, H, W, C).
        channels: Output channels.
        groups: Of the 1x1 convolutions.
        groups_reduce: Of the first of them.
        strides: With 2 the shortcut is average pooled, and its channels stand beside the new ones;
            with 1 they are added.
        name: Prefix of its layers.

    Returns:
        Symbolic tensor, (N, H / strides, W / strides, channels).
    """
    new = channels if strides == 1 else channels - x.shape[-1]
    y = conv_bn(x, channels // 4, 1, groups=groups_reduce, name=f"{name}_reduce")
    if groups > 1:
        y = ChannelShuffle(groups, name=f"{name}_shuffle")(y)
    y = depthwise_bn(y, strides=strides, name=f"{name}_depthwise")
    y = conv_bn(y, new, 1, groups=groups, activation=None, name=f"{name}_expand")
    if strides == 1:
        y = layers.Add(name=f"{name}_add")([x, y])
        return layers.Activation("relu", name=f"{name}_out")(y)
    y = layers.Activation("relu", name=f"{name}_expand_relu")(y)
    shortcut = even_padding(x, 3, name=f"{name}_pool_pad")
    shortcut = layers.AveragePooling2D(3, strides=2, name=f"{name}_pool")(shortcut)
    return layers.Concatenate(name=f"{name}_out")([shortcut, y])


def shufflenet_v2(
    width: float,
    input_shape: tuple[int, int, int] = (224, 224, 3),
    classes: int = 1000,
    include_top: bool = True,
) -> Any:
    """Half of the channels pass through untouched, then all are shuffled.

    Args:
        width: 0.5, 1, 1.5 or 2: how many channels.
        input_shape: (H, W, C).
        classes: Number of classes.
        include_top: Whether to end in the classifier; without, in the maps of conv5.

    Returns:
        A functional model.
    """
    *stages, last = V2_CHANNELS[width]
    inputs = keras.Input(input_shape, name="input")
    x = _stem(inputs)
    for stage, (channels, repeats) in enumerate(zip(stages, REPEATS, strict=True), start=2):
        x = shuffle_unit_v2_down(x, channels, name=f"stage{stage}_unit1")
        for unit in range(2, repeats + 1):
            x = shuffle_unit_v2(x, name=f"stage{stage}_unit{unit}")
    x = conv_bn(x, last, 1, name="conv5")
    if include_top:
        x = classifier(x, classes)
    return keras.Model(inputs, x, name=f"shufflenet_v2_x{width:.1f}".replace(".", "_"))


def shuffle_unit_v2(x: Any, *, name: str) -> Any:
    """Split the channels, work on one half, put the other beside it, shuffle.

    Args:
        x: Symbolic tensor, (N, H, W, C).
        name: Prefix of its layers.

    Returns:
        Symbolic tensor of the same shape.
    """
    channels = x.shape[-1]
    half = channels // 2
    kept = ChannelSlice(0, half, name=f"{name}_kept")(x)
    y = ChannelSlice(half, channels, name=f"{name}_worked")(x)
    y = conv_bn(y, half, 1, name=f"{name}_reduce")
    y = depthwise_bn(y, name=f"{name}_depthwise")
    y = conv_bn(y, half, 1, name=f"{name}_expand")
    y = layers.Concatenate(name=f"{name}_concat")([kept, y])
    return ChannelShuffle(2, name=f"{name}_shuffle")(y)


def shuffle_unit_v2_down(x: Any, channels: int, *, name: str) -> Any:
    """Halve the size: both branches read all channels and give half of the new ones.

    Args:
        x: Symbolic tensor, (N, H, W, C).
        channels: Output channels.
        name: Prefix of its layers.

    Returns:
        Symbolic tensor, (N, H / 2, W / 2, channels).
    """
    half = channels // 2
    left = depthwise_bn(x, strides=2, name=f"{name}_left_depthwise")
    left = conv_bn(left, half, 1, name=f"{name}_left_expand")
    right = conv_bn(x, half, 1, name=f"{name}_reduce")
    right = depthwise_bn(right, strides=2, name=f"{name}_depthwise")
    right = conv_bn(right, half, 1, name=f"{name}_expand")
    y = layers.Concatenate(name=f"{name}_concat")([left, right])
    return ChannelShuffle(2, name=f"{name}_shuffle")(y)


def _stem(x: Any) -> Any:
    x = conv_bn(x, 24, 3, strides=2, padding="even", name="conv1")
    x = even_padding(x, 3, name="pool1_pad")
    return layers.MaxPooling2D(3, strides=2, name="pool1")(x)
