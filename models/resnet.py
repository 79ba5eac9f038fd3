"""ResNet (He et al. 2015), its plain twins without shortcuts, and pre-activation (2016)."""

from __future__ import annotations

from typing import Any, Literal

import keras
from keras import layers

from models.applications import from_applications
from models.layers import ChannelPadding
from models.units import classifier, conv_bn

Shortcut = Literal["none", "padding", "projection"]
"""What goes around a block that halves the size: nothing, zeros as new channels, or a 1x1."""


def resnet(
    depth: int,
    input_shape: tuple[int, int, int] = (224, 224, 3),
    classes: int = 1000,
    include_top: bool = True,
) -> Any:
    """Bottleneck blocks, the stride of a stage on its first 1x1 convolution.

    Args:
        depth: 50, 101 or 152.
        input_shape: (H, W, C).
        classes: Number of classes.
        include_top: Whether to end in the classifier; without, in the maps of the last block.

    Returns:
        A functional model.
    """
    application = {
        50: keras.applications.ResNet50,
        101: keras.applications.ResNet101,
        152: keras.applications.ResNet152,
    }[depth]
    return from_applications(
        application,
        name=f"resnet{depth}",
        input_shape=input_shape,
        classes=classes,
        include_top=include_top,
    )


def resnet_v2(
    depth: int,
    input_shape: tuple[int, int, int] = (224, 224, 3),
    classes: int = 1000,
    include_top: bool = True,
) -> Any:
    """Pre-activation bottleneck blocks: normalise and activate before each convolution.

    Args:
        depth: 50, 101 or 152.
        input_shape: (H, W, C).
        classes: Number of classes.
        include_top: Whether to end in the classifier; without, in the maps of the last block.

    Returns:
        A functional model.
    """
    application, blocks = {
        50: (keras.applications.ResNet50V2, (3, 4, 6)),
        101: (keras.applications.ResNet101V2, (3, 4, 23)),
        152: (keras.applications.ResNet152V2, (3, 8, 36)),
    }[depth]
    # Keras halves the size in the last block of a stage, whose shortcut is then pooled.
    pools = {
        f"max_pooling2d_{i}": f"conv{i + 1}_block{last}_0_pool" for i, last in enumerate(blocks, 1)
    }
    return from_applications(
        application,
        name=f"resnet{depth}v2",
        input_shape=input_shape,
        classes=classes,
        include_top=include_top,
        names=pools,
    )


def basic_resnet(
    depth: int,
    input_shape: tuple[int, int, int] = (224, 224, 3),
    classes: int = 1000,
    include_top: bool = True,
    shortcut: Shortcut = "projection",
) -> Any:
    """Basic blocks of two 3x3 convolutions.

    Args:
        depth: 18 or 34.
        input_shape: (H, W, C).
        classes: Number of classes.
        include_top: Whether to end in the classifier; without, in the maps of the last block.
        shortcut: "none" makes the plain network.

    Returns:
        A functional model, padded as torchvision's, so that those weights fit.
    """
    inputs = keras.Input(input_shape, name="input")
    x = imagenet_stem(inputs)
    for stage, blocks in enumerate({18: (2, 2, 2, 2), 34: (3, 4, 6, 3)}[depth], start=2):
        for block in range(1, blocks + 1):
            x = basic_block(
                x,
                32 * 2 ** (stage - 1),
                strides=2 if stage > 2 and block == 1 else 1,
                shortcut=shortcut,
                name=f"conv{stage}_block{block}",
            )
    if include_top:
        x = classifier(x, classes)
    kind = "plain" if shortcut == "none" else "resnet"
    return keras.Model(inputs, x, name=f"{kind}{depth}")


def cifar_resnet(
    depth: int,
    input_shape: tuple[int, int, int] = (32, 32, 3),
    classes: int = 10,
    include_top: bool = True,
    shortcut: Shortcut = "padding",
) -> Any:
    """The small networks for 32x32 photos, on which depth with and without shortcuts is compared.

    Args:
        depth: 6n + 2, such as 20 or 56.
        input_shape: (H, W, C).
        classes: Number of classes.
        include_top: Whether to end in the classifier; without, in the maps of the last block.
        shortcut: "none" makes the plain network.

    Returns:
        A functional model.
    """
    inputs = keras.Input(input_shape, name="input")
    x = conv_bn(inputs, 16, 3, name="conv1")
    for stage in (2, 3, 4):
        for block in range(1, (depth - 2) // 6 + 1):
            x = basic_block(
                x,
                4 * 2**stage,
                strides=2 if stage > 2 and block == 1 else 1,
                shortcut=shortcut,
                name=f"conv{stage}_block{block}",
            )
    if include_top:
        x = classifier(x, classes)
    kind = "plain" if shortcut == "none" else "resnet"
    return keras.Model(inputs, x, name=f"cifar_{kind}{depth}")


def imagenet_stem(x: Any) -> Any:
    """The 7x7 convolution and the pooling that take a photo to a quarter of its size."""
    x = conv_bn(x, 64, 7, strides=2, padding="even", name="conv1")
    x = layers.ZeroPadding2D(1, name="pool1_pad")(x)
    return layers.MaxPooling2D(3, strides=2, name="pool1_pool")(x)


def basic_block(x: Any, filters: int, *, strides: int, shortcut: Shortcut, name: str) -> Any:
    """Two 3x3 convolutions and a way around them.

    Args:
        x: Symbolic tensor, (N, H, W, C).
        filters: Output channels.
        strides: Of the first convolution.
        shortcut: What goes around where size or channels change; "none": nothing ever does.
        name: Prefix of its layers.

    Returns:
        Symbolic tensor, (N, H / strides, W / strides, filters).
    """
    y = conv_bn(
        x, filters, 3, strides=strides, padding="same" if strides == 1 else "even", name=f"{name}_1"
    )
    if shortcut == "none":
        return conv_bn(y, filters, 3, name=f"{name}_2")
    y = conv_bn(y, filters, 3, activation=None, name=f"{name}_2")
    if strides > 1 or x.shape[-1] != filters:
        x = _shortcut(x, filters, strides, shortcut, name)
    x = layers.Add(name=f"{name}_add")([x, y])
    return layers.Activation("relu", name=f"{name}_out")(x)


def bottleneck_block(
    x: Any, filters: int, width: int, *, strides: int, name: str, groups: int = 1
) -> Any:
    """Narrow by 1x1, work at 3x3 in groups, widen by 1x1; the stride is on the 3x3.

    Args:
        x: Symbolic tensor, (N, H, W, C).
        filters: Output channels.
        width: Channels of the 3x3 convolution.
        strides: Of the 3x3 convolution.
        name: Prefix of its layers.
        groups: Of the 3x3 convolution.

    Returns:
        Symbolic tensor, (N, H / strides, W / strides, filters).
    """
    y = conv_bn(x, width, 1, name=f"{name}_1")
    y = conv_bn(
        y,
        width,
        3,
        strides=strides,
        groups=groups,
        padding="same" if strides == 1 else "even",
        name=f"{name}_2",
    )
    y = conv_bn(y, filters, 1, activation=None, name=f"{name}_3")
    if strides > 1 or x.shape[-1] != filters:
        x = _shortcut(x, filters, strides, "projection", name)
    x = layers.Add(name=f"{name}_add")([x, y])
    return layers.Activation("relu", name=f"{name}_out")(x)


def _shortcut(x: Any, filters: int, strides: int, shortcut: Shortcut, name: str) -> Any:
    if shortcut == "projection":
        return conv_bn(
            x, filters, 1, strides=strides, padding="valid", activation=None, name=f"{name}_0"
        )
    # Every second cell as it is: a pooling window of one cell.
    x = layers.MaxPooling2D(1, strides=strides, name=f"{name}_0_pool")(x)
    return ChannelPadding(filters, name=f"{name}_0_pad")(x)
