"""VGG (Simonyan and Zisserman 2014)."""

from __future__ import annotations

from typing import Any

import keras

from models.applications import from_applications


def vgg16(input_shape: tuple[int, int, int] = (224, 224, 3), classes: int = 1000) -> Any:
    """Configuration D: thirteen convolutions and three dense layers.

    Args:
        input_shape: (H, W, C).
        classes: Number of classes.

    Returns:
        A functional model.
    """
    return from_applications(
        keras.applications.VGG16, name="vgg16", input_shape=input_shape, classes=classes
    )
