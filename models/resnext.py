"""ResNeXt (Xie et al. 2016)."""

from __future__ import annotations

from typing import Any

import keras

from models.resnet import bottleneck_block, imagenet_stem
from models.units import classifier

# Channels of a group by the number of groups (Table 2), all of about ResNet-50's cost.
WIDTHS = {1: 64, 2: 40, 4: 24, 8: 14, 32: 4}


def resnext(
    depth: int,
    cardinality: int = 32,
    width: int | None = None,
    input_shape: tuple[int, int, int] = (224, 224, 3),
    classes: int = 1000,
    include_top: bool = True,
) -> Any:
    """ResNet's bottleneck blocks with the 3x3 convolution in many groups.

    Args:
        depth: 50 or 101.
        cardinality: Number of groups.
        width: Channels of a group in the first stage; None takes the paper's, for equal cost.
        input_shape: (H, W, C).
        classes: Number of classes.
        include_top: Whether to end in the classifier; without, in the maps of the last block.

    Returns:
        A functional model, padded as torchvision's, so that those weights fit.
    """
    width = width or WIDTHS[cardinality]
    inputs = keras.Input(input_shape, name="input")
    x = imagenet_stem(inputs)
    for stage, blocks in enumerate({50: (3, 4, 6, 3), 101: (3, 4, 23, 3)}[depth], start=2):
        for block in range(1, blocks + 1):
            x = bottleneck_block(
                x,
                256 * 2 ** (stage - 2),
                cardinality * width * 2 ** (stage - 2),
                strides=2 if stage > 2 and block == 1 else 1,
                groups=cardinality,
                name=f"conv{stage}_block{block}",
            )
    if include_top:
        x = classifier(x, classes)
    return keras.Model(inputs, x, name=f"resnext{depth}_{cardinality}x{width}d")
