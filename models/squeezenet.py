"""SqueezeNet (Iandola et al. 2016)."""

from __future__ import annotations

from typing import Any, Literal

import keras
from keras import layers

# Squeeze 1x1, expand 1x1, expand 3x3 of fire2 to fire9.
FIRES = (
    (16, 64, 64),
    (16, 64, 64),
    (32, 128, 128),
    (32, 128, 128),
    (48, 192, 192),
    (48, 192, 192),
    (64, 256, 256),
    (64, 256, 256),
)


def squeezenet(
    version: Literal["1_0", "1_1"],
    input_shape: tuple[int, int, int] = (224, 224, 3),
    classes: int = 1000,
    include_top: bool = True,
) -> Any:
    """Eight fire modules and no dense layer.

    Args:
        version: "1_0" as in the paper; "1_1", by the same authors, needs 2.4 times less work: a
            smaller first convolution, and pooling earlier.
        input_shape: (H, W, C).
        classes: Number of classes.
        include_top: Whether to end in the classifying convolution; without, in the maps of fire9.

    Returns:
        A functional model.
    """
    inputs = keras.Input(input_shape, name="input")
    filters, size, pooled_after = {"1_0": (96, 7, (4, 8)), "1_1": (64, 3, (3, 5))}[version]
    x = layers.Conv2D(filters, size, strides=2, activation="relu", name="conv1")(inputs)
    x = _ceil_pool(x, name="pool1")
    for number, widths in enumerate(FIRES, start=2):
        x = fire(x, *widths, name=f"fire{number}")
        if number in pooled_after:
            x = _ceil_pool(x, name=f"pool{number}")
    if include_top:
        x = layers.Dropout(0.5, name="dropout")(x)
        x = layers.Conv2D(classes, 1, activation="relu", name="conv10")(x)
        x = layers.GlobalAveragePooling2D(name="avg_pool")(x)
        x = layers.Softmax(name="predictions")(x)
    return keras.Model(inputs, x, name=f"squeezenet{version}")


def fire(x: Any, squeeze: int, expand1: int, expand3: int, *, name: str) -> Any:
    """Squeeze into few channels, then look at those with 1x1 and 3x3 filters side by side.

    Args:
        x: Symbolic tensor, (N, H, W, C).
        squeeze: Filters of the squeezing 1x1.
        expand1: Expanding 1x1 filters.
        expand3: Expanding 3x3 filters.
        name: Prefix of its layers.

    Returns:
        Symbolic tensor, (N, H, W, expand1 + expand3).
    """
    x = layers.Conv2D(squeeze, 1, activation="relu", name=f"{name}_squeeze")(x)
    ones = layers.Conv2D(expand1, 1, activation="relu", name=f"{name}_expand_1x1")(x)
    threes = layers.Conv2D(
        expand3, 3, padding="same", activation="relu", name=f"{name}_expand_3x3"
    )(x)
    return layers.Concatenate(name=f"{name}_concat")([ones, threes])


def _ceil_pool(x: Any, *, name: str) -> Any:
    """3x3 pooling with stride 2 that also takes a last window hanging over the edge, as Caffe."""
    height, width = x.shape[1:3]
    if height % 2 == 0 or width % 2 == 0:
        # Zeros never win: what is pooled comes out of a ReLU.
        overhang = ((0, 1 - height % 2), (0, 1 - width % 2))
        x = layers.ZeroPadding2D(overhang, name=f"{name}_pad")(x)
    return layers.MaxPooling2D(3, strides=2, name=name)(x)
