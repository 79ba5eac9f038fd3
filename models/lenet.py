"""LeNet-5 (LeCun et al. 1998)."""

from __future__ import annotations

from typing import Any

import keras
from keras import layers


def lenet5_modern(input_shape: tuple[int, int, int] = (32, 32, 1), classes: int = 10) -> Any:
    """LeNet-5 with today's parts: every map of C3 reads all six, plain max pooling, ReLU, softmax.

    Args:
        input_shape: (H, W, C).
        classes: Number of classes.

    Returns:
        A functional model; its layers carry the paper's names C1 to F6.
    """
    inputs = keras.Input(input_shape, name="input")
    x = layers.Conv2D(6, 5, activation="relu", name="c1_conv")(inputs)
    x = layers.MaxPooling2D(2, name="s2_pool")(x)
    x = layers.Conv2D(16, 5, activation="relu", name="c3_conv")(x)
    x = layers.MaxPooling2D(2, name="s4_pool")(x)
    x = layers.Conv2D(120, 5, activation="relu", name="c5_conv")(x)
    x = layers.Flatten(name="flatten")(x)
    x = layers.Dense(84, activation="relu", name="f6_dense")(x)
    outputs = layers.Dense(classes, activation="softmax", name="predictions")(x)
    return keras.Model(inputs, outputs, name="lenet5_modern")
