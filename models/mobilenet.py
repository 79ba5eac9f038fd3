"""MobileNet (Howard et al. 2017)."""

from __future__ import annotations

from typing import Any

import keras

from models.applications import from_applications


def mobilenet(input_shape: tuple[int, int, int] = (224, 224, 3), classes: int = 1000) -> Any:
    """Thirteen depthwise separable blocks at full width.

    Args:
        input_shape: (H, W, C).
        classes: Number of classes.

    Returns:
        A functional model.
    """
    return from_applications(
        keras.applications.MobileNet,
        name="mobilenet",
        input_shape=input_shape,
        classes=classes,
        names={"global_average_pooling2d": "avg_pool", "reshape": "flatten"},
    )
