"""VGG (Simonyan and Zisserman 2014)."""

from __future__ import annotations

from typing import Any

import keras
from keras import layers

from models.applications import from_applications


def vgg(
    depth: int,
    input_shape: tuple[int, int, int] = (224, 224, 3),
    classes: int = 1000,
    include_top: bool = True,
) -> Any:
    """Five stages of 3x3 convolutions, halved in size by 2x2 pooling, and three dense layers.

    Args:
        depth: 11, 13, 16 or 19: configurations A, B, D and E of the paper.
        input_shape: (H, W, C).
        classes: Number of classes.
        include_top: Whether to end in the dense layers; without, in the maps of the last pooling.

    Returns:
        A functional model, with Keras' layer names.
    """
    if depth in (16, 19):
        return from_applications(
            keras.applications.VGG16 if depth == 16 else keras.applications.VGG19,
            name=f"vgg{depth}",
            input_shape=input_shape,
            classes=classes,
            include_top=include_top,
        )
    inputs = keras.Input(input_shape, name="input")
    x = inputs
    repeats = {11: (1, 1, 2, 2, 2), 13: (2, 2, 2, 2, 2)}[depth]
    for block, (count, filters) in enumerate(zip(repeats, (64, 128, 256, 512, 512), strict=True)):
        for conv in range(1, count + 1):
            name = f"block{block + 1}_conv{conv}"
            x = layers.Conv2D(filters, 3, padding="same", activation="relu", name=name)(x)
        x = layers.MaxPooling2D(2, strides=2, name=f"block{block + 1}_pool")(x)
    if include_top:
        x = layers.Flatten(name="flatten")(x)
        for number in (1, 2):
            x = layers.Dense(4096, activation="relu", name=f"fc{number}")(x)
            x = layers.Dropout(0.5, name=f"drop{number}")(x)
        x = layers.Dense(classes, activation="softmax", name="predictions")(x)
    return keras.Model(inputs, x, name=f"vgg{depth}")
