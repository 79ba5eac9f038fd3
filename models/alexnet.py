"""AlexNet (Krizhevsky et al. 2012), in the two groups that its two GPUs made."""

from __future__ import annotations

from typing import Any

import keras
from keras import layers

from models.layers import LocalResponseNormalization


def alexnet(input_shape: tuple[int, int, int] = (227, 227, 3), classes: int = 1000) -> Any:
    """The network of the 2012 competition, with Caffe's layer names.

    Args:
        input_shape: (H, W, C).
        classes: Number of classes.

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
    x = layers.Flatten(name="flatten")(x)
    for role in ("6", "7"):
        x = layers.Dense(4096, activation="relu", name=f"fc{role}")(x)
        x = layers.Dropout(0.5, name=f"drop{role}")(x)
    outputs = layers.Dense(classes, activation="softmax", name="predictions")(x)
    return keras.Model(inputs, outputs, name="alexnet")
