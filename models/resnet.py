"""ResNet (He et al. 2015)."""

from __future__ import annotations

from typing import Any

import keras

from models.applications import from_applications


def resnet50(input_shape: tuple[int, int, int] = (224, 224, 3), classes: int = 1000) -> Any:
    """Sixteen bottleneck blocks, the stride of a stage on its first 1x1 convolution.

    Args:
        input_shape: (H, W, C).
        classes: Number of classes.

    Returns:
        A functional model.
    """
    return from_applications(
        keras.applications.ResNet50, name="resnet50", input_shape=input_shape, classes=classes
    )
