"""DenseNet (Huang et al. 2016)."""

from __future__ import annotations

from typing import Any

import keras
from keras import layers

from models.applications import from_applications


def densenet(
    depth: int,
    input_shape: tuple[int, int, int] = (224, 224, 3),
    classes: int = 1000,
    include_top: bool = True,
) -> Any:
    """Four dense blocks with growth rate 32, and transitions that halve size and channels.

    Args:
        depth: 121, 169 or 201.
        input_shape: (H, W, C).
        classes: Number of classes.
        include_top: Whether to end in the classifier; without, in the maps of the last block.

    Returns:
        A functional model.
    """
    application = {
        121: keras.applications.DenseNet121,
        169: keras.applications.DenseNet169,
        201: keras.applications.DenseNet201,
    }[depth]
    return from_applications(
        application,
        name=f"densenet{depth}",
        input_shape=input_shape,
        classes=classes,
        include_top=include_top,
        names={"zero_padding2d_1": "conv1_pad", "zero_padding2d_2": "pool1_pad"},
    )


def dense_layer(x: Any, growth: int, *, name: str) -> Any:
    """Make `growth` new maps from all that there are so far, and put them beside those.

    Args:
        x: Symbolic tensor, (N, H, W, C).
        growth: Maps to add.
        name: Prefix of its layers.

    Returns:
        Symbolic tensor, (N, H, W, C + growth).
    """
    y = layers.BatchNormalization(epsilon=1.001e-5, name=f"{name}_0_bn")(x)
    y = layers.Activation("relu", name=f"{name}_0_relu")(y)
    y = layers.Conv2D(4 * growth, 1, use_bias=False, name=f"{name}_1_conv")(y)
    y = layers.BatchNormalization(epsilon=1.001e-5, name=f"{name}_1_bn")(y)
    y = layers.Activation("relu", name=f"{name}_1_relu")(y)
    y = layers.Conv2D(growth, 3, padding="same", use_bias=False, name=f"{name}_2_conv")(y)
    return layers.Concatenate(name=f"{name}_concat")([x, y])
