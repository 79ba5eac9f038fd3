"""GoogLeNet (Szegedy et al. 2014): Inception modules before batch normalisation."""

from __future__ import annotations

from typing import Any

import keras
from keras import layers

from models.layers import LocalResponseNormalization

# Filters of every module: 1x1, 3x3 reduce, 3x3, 5x5 reduce, 5x5, pool projection.
MODULES = {
    "3a": (64, 96, 128, 16, 32, 32),
    "3b": (128, 128, 192, 32, 96, 64),
    "4a": (192, 96, 208, 16, 48, 64),
    "4b": (160, 112, 224, 24, 64, 64),
    "4c": (128, 128, 256, 24, 64, 64),
    "4d": (112, 144, 288, 32, 64, 64),
    "4e": (256, 160, 320, 32, 128, 128),
    "5a": (256, 160, 320, 32, 128, 128),
    "5b": (384, 192, 384, 48, 128, 128),
}


def googlenet(
    input_shape: tuple[int, int, int] = (224, 224, 3),
    classes: int = 1000,
    include_top: bool = True,
    auxiliary: bool = True,
) -> Any:
    """Nine Inception modules, and two classifiers on the way that only help training.

    Args:
        input_shape: (H, W, C).
        classes: Number of classes.
        include_top: Whether to end in the classifier; without, there are no auxiliary ones either.
        auxiliary: Whether the classifiers after 4a and 4d are there.

    Returns:
        A functional model; with auxiliary classifiers it has three outputs, the main one first.
    """
    inputs = keras.Input(input_shape, name="input")
    x = layers.ZeroPadding2D(3, name="conv1_pad")(inputs)
    x = _conv(x, 64, 7, strides=2, padding="valid", name="conv1")
    x = layers.MaxPooling2D(3, strides=2, padding="same", name="pool1")(x)
    x = LocalResponseNormalization(name="norm1")(x)
    x = _conv(x, 64, 1, name="conv2_reduce")
    x = _conv(x, 192, 3, name="conv2")
    x = LocalResponseNormalization(name="norm2")(x)
    x = layers.MaxPooling2D(3, strides=2, padding="same", name="pool2")(x)
    helpers = []
    for module, filters in MODULES.items():
        if module in ("4a", "5a"):
            number = int(module[0]) - 1
            x = layers.MaxPooling2D(3, strides=2, padding="same", name=f"pool{number}")(x)
        x = inception(x, filters, name=f"inception_{module}")
        if module in ("4a", "4d") and auxiliary and include_top:
            helpers.append(auxiliary_classifier(x, classes, name=f"aux_{module}"))
    if include_top:
        x = layers.GlobalAveragePooling2D(name="avg_pool")(x)
        x = layers.Dropout(0.4, name="dropout")(x)
        x = layers.Dense(classes, activation="softmax", name="predictions")(x)
    return keras.Model(inputs, [x, *helpers] if helpers else x, name="googlenet")


def inception(x: Any, filters: tuple[int, int, int, int, int, int], *, name: str) -> Any:
    """An Inception module: four views of the same place, three of them narrowed by 1x1 first.

    Args:
        x: Symbolic tensor, (N, H, W, C).
        filters: 1x1, 3x3 reduce, 3x3, 5x5 reduce, 5x5, pool projection.
        name: Prefix of its layers.

    Returns:
        Symbolic tensor, the four branches' channels side by side.
    """
    ones, reduce3, threes, reduce5, fives, projection = filters
    branch1 = _conv(x, ones, 1, name=f"{name}_1x1")
    branch3 = _conv(x, reduce3, 1, name=f"{name}_3x3_reduce")
    branch3 = _conv(branch3, threes, 3, name=f"{name}_3x3")
    branch5 = _conv(x, reduce5, 1, name=f"{name}_5x5_reduce")
    branch5 = _conv(branch5, fives, 5, name=f"{name}_5x5")
    pooled = layers.MaxPooling2D(3, strides=1, padding="same", name=f"{name}_pool")(x)
    pooled = _conv(pooled, projection, 1, name=f"{name}_pool_proj")
    return layers.Concatenate(name=f"{name}_concat")([branch1, branch3, branch5, pooled])


def naive_inception(x: Any, filters: tuple[int, int, int], *, name: str) -> Any:
    """The module as first thought of: no 1x1 in front of the large filters or after the pool.

    Args:
        x: Symbolic tensor, (N, H, W, C).
        filters: 1x1, 3x3, 5x5.
        name: Prefix of its layers.

    Returns:
        Symbolic tensor, with all of the input's channels among its own.
    """
    branches = [
        _conv(x, width, size, name=f"{name}_{size}x{size}")
        for width, size in zip(filters, (1, 3, 5), strict=True)
    ]
    pooled = layers.MaxPooling2D(3, strides=1, padding="same", name=f"{name}_pool")(x)
    return layers.Concatenate(name=f"{name}_concat")([*branches, pooled])


def auxiliary_classifier(x: Any, classes: int, *, name: str) -> Any:
    """A classifier in the middle of the network, whose gradient reaches the early layers.

    Args:
        x: Symbolic tensor, (N, H, W, C).
        classes: Number of classes.
        name: Prefix of its layers.

    Returns:
        Symbolic tensor, (N, classes).
    """
    x = layers.AveragePooling2D(5, strides=3, name=f"{name}_pool")(x)
    x = _conv(x, 128, 1, name=f"{name}_conv")
    x = layers.Flatten(name=f"{name}_flatten")(x)
    x = layers.Dense(1024, activation="relu", name=f"{name}_fc")(x)
    x = layers.Dropout(0.7, name=f"{name}_dropout")(x)
    return layers.Dense(classes, activation="softmax", name=f"{name}_predictions")(x)


def _conv(
    x: Any, filters: int, size: int, *, name: str, strides: int = 1, padding: str = "same"
) -> Any:
    return layers.Conv2D(
        filters, size, strides=strides, padding=padding, activation="relu", name=name
    )(x)
