"""Xception (Chollet 2016)."""

from __future__ import annotations

from typing import Any

import keras

from models.applications import from_applications


def xception(
    input_shape: tuple[int, int, int] = (299, 299, 3),
    classes: int = 1000,
    include_top: bool = True,
) -> Any:
    """Thirty-six convolutions, nearly all depthwise separable, in blocks with shortcuts.

    Args:
        input_shape: (H, W, C).
        classes: Number of classes.
        include_top: Whether to end in the classifier; without, in the maps of the last convolution.

    Returns:
        A functional model.
    """
    names = {}
    for number, block in enumerate((2, 3, 4, 13), start=1):
        names[f"conv2d_{number}"] = f"block{block}_shortcut_conv"
        names[f"batch_normalization_{number}"] = f"block{block}_shortcut_bn"
    names.update({f"add_{block - 1}": f"block{block}_add" for block in range(2, 14)})
    return from_applications(
        keras.applications.Xception,
        name="xception",
        input_shape=input_shape,
        classes=classes,
        include_top=include_top,
        names=names,
    )
