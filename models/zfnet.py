"""ZFNet (Zeiler and Fergus 2013), the network of the paper's Figure 3 and its wider variant."""

from __future__ import annotations

from typing import Any

import keras
from keras import layers

from models.layers import LocalResponseNormalization


def zfnet(
    input_shape: tuple[int, int, int] = (224, 224, 3),
    classes: int = 1000,
    include_top: bool = True,
    widths: tuple[int, int, int] = (384, 384, 256),
    name: str = "zfnet",
) -> Any:
    """AlexNet's plan with a smaller first filter and stride, in one tower.

    Args:
        input_shape: (H, W, C).
        classes: Number of classes.
        include_top: Whether to end in the dense layers; without, in the maps of pool5.
        widths: Channels of conv3, conv4 and conv5.
        name: Name of the model.

    Returns:
        A functional model.
    """
    inputs = keras.Input(input_shape, name="input")
    x = layers.ZeroPadding2D(1, name="conv1_pad")(inputs)
    x = layers.Conv2D(96, 7, strides=2, activation="relu", name="conv1")(x)
    x = layers.ZeroPadding2D(1, name="pool1_pad")(x)
    x = layers.MaxPooling2D(3, strides=2, name="pool1")(x)
    x = LocalResponseNormalization(name="norm1")(x)
    x = layers.Conv2D(256, 5, strides=2, activation="relu", name="conv2")(x)
    x = layers.ZeroPadding2D(1, name="pool2_pad")(x)
    x = layers.MaxPooling2D(3, strides=2, name="pool2")(x)
    x = LocalResponseNormalization(name="norm2")(x)
    for number, width in enumerate(widths, start=3):
        x = layers.Conv2D(width, 3, padding="same", activation="relu", name=f"conv{number}")(x)
    x = layers.MaxPooling2D(3, strides=2, name="pool5")(x)
    if include_top:
        x = layers.Flatten(name="flatten")(x)
        for role in ("6", "7"):
            x = layers.Dense(4096, activation="relu", name=f"fc{role}")(x)
            x = layers.Dropout(0.5, name=f"drop{role}")(x)
        x = layers.Dense(classes, activation="softmax", name="predictions")(x)
    return keras.Model(inputs, x, name=name)
