"""AlexNet (Krizhevsky et al. 2012), in the two groups of its two GPUs, and as one tower (2014)."""

from __future__ import annotations

from typing import Any

import keras
from keras import layers

from models.layers import LocalResponseNormalization


def alexnet(
    input_shape: tuple[int, int, int] = (227, 227, 3),
    classes: int = 1000,
    include_top: bool = True,
) -> Any:
    """The network of the 2012 competition, with Caffe's layer names.

    Args:
        input_shape: (H, W, C).
        classes: Number of classes.
        include_top: Whether to end in the dense layers; without, in the maps of pool5.

    Returns:
        A functional model.
    """
    inputs = keras.Input(input_shape, name="input")
    x = layers.Conv2D(96, 11, strides=4, activation="relu", name="conv1")(inputs)
    x = LocalResponseNormalization(name="norm1")(x)
    x = layers.MaxPooling2D(3, strides=2, name="pool1")(x)
    x = layers.Conv2D(256, 5, padding="same", groups=2, activation="relu", name="conv2")(x)
    x = LocalResponseNormalization(name="norm2")(x)
    x = layers.MaxPooling2D(3, strides=2, name="pool2")(x)
    x = layers.Conv2D(384, 3, padding="same", activation="relu", name="conv3")(x)
    x = layers.Conv2D(384, 3, padding="same", groups=2, activation="relu", name="conv4")(x)
    x = layers.Conv2D(256, 3, padding="same", groups=2, activation="relu", name="conv5")(x)
    x = layers.MaxPooling2D(3, strides=2, name="pool5")(x)
    if include_top:
        x = _top(x, classes)
    return keras.Model(inputs, x, name="alexnet")


def alexnet_one_tower(
    input_shape: tuple[int, int, int] = (227, 227, 3),
    classes: int = 1000,
    include_top: bool = True,
) -> Any:
    """The later single tower, as it stands in the table of the lecture: no groups, fewer filters.

    Args:
        input_shape: (H, W, C).
        classes: Number of classes.
        include_top: Whether to end in the dense layers; without, in the maps of pool5.

    Returns:
        A functional model.
    """
    inputs = keras.Input(input_shape, name="input")
    x = layers.ZeroPadding2D(2, name="conv1_pad")(inputs)
    x = layers.Conv2D(64, 11, strides=4, activation="relu", name="conv1")(x)
    x = layers.MaxPooling2D(3, strides=2, name="pool1")(x)
    x = layers.Conv2D(192, 5, padding="same", activation="relu", name="conv2")(x)
    x = layers.MaxPooling2D(3, strides=2, name="pool2")(x)
    x = layers.Conv2D(384, 3, padding="same", activation="relu", name="conv3")(x)
    x = layers.Conv2D(256, 3, padding="same", activation="relu", name="conv4")(x)
    x = layers.Conv2D(256, 3, padding="same", activation="relu", name="conv5")(x)
    x = layers.MaxPooling2D(3, strides=2, name="pool5")(x)
    if include_top:
        x = _top(x, classes)
    return keras.Model(inputs, x, name="alexnet_one_tower")


def _top(x: Any, classes: int) -> Any:
    x = layers.Flatten(name="flatten")(x)
    for role in ("6", "7"):
        x = layers.Dense(4096, activation="relu", name=f"fc{role}")(x)
        x = layers.Dropout(0.5, name=f"drop{role}")(x)
    return layers.Dense(classes, activation="softmax", name="predictions")(x)
