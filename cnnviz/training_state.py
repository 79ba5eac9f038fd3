"""Training behaviour on a small batch: which layers have any, and what the batch is made of.

In training, batch norm takes mean and variance from the batch at hand rather than from its moving
statistics, and dropout sets a random part of its input to zero.
"""

from __future__ import annotations

import numpy as np

from cnnviz.errors import UserError
from cnnviz.graph import LayerGraph, Shape
from cnnviz.images import ImagePreparation, prepare
from cnnviz.requests import Floats, Picture, TrainingBatch
from cnnviz.transforms import NONE, Transform

SIZES = (2, 64)
"""The smallest batch that has a variance, and the largest that is run."""

_SHIFT = 0.08  # of the picture's longer side, at most
_BRIGHTER = 0.2


def sensitive(graph: LayerGraph) -> tuple[str, ...]:
    """Names of the nodes that behave differently in training."""
    return tuple(
        node.name
        for node in graph.nodes
        if node.type == "BatchNormalization"
        or "Dropout" in node.type
        or node.type.startswith(("Random", "Gaussian"))
    )


def batch_of(
    picture: Picture,
    input_shape: Shape,
    preparation: ImagePreparation,
    batch: TrainingBatch,
    transform: Transform = NONE,
) -> tuple[Floats, Picture]:
    """A picture and variations of it as the input of a network.

    Args:
        picture: Pixels, uint8, shape (H, W, 3).
        input_shape: (height, width, channels) of the network's input.
        preparation: How a photo becomes the input.
        batch: How many, and the seed of the variations.
        transform: What to change of all of them.

    Returns:
        The tensor, float32, shape (batch.size, height, width, channels), the picture itself first,
        and that picture as it goes in (as `cnnviz.images.prepare`).

    Raises:
        UserError: The size makes no sense, or the network does not take pictures.
    """
    least, most = SIZES
    if not least <= batch.size <= most:
        raise UserError(
            f"A batch of {batch.size} cannot show training behaviour: take {least} to {most}."
        )
    first, shown = prepare(picture, input_shape, preparation, transform)
    rng = np.random.default_rng(batch.seed)
    mirrored = input_shape[-1] == 3  # a digit in the mirror is none
    others = [
        prepare(variation(picture, rng, mirror=mirrored), input_shape, preparation, transform)[0]
        for _ in range(batch.size - 1)
    ]
    return np.concatenate([first, *others]), shown


def variation(picture: Picture, rng: np.random.Generator, *, mirror: bool) -> Picture:
    """A picture that shows the same: shifted, brighter or darker, perhaps mirrored.

    Args:
        picture: Pixels, uint8, shape (H, W, 3).
        rng: Where chance comes from.
        mirror: Left and right may be swapped.

    Returns:
        A new picture of the same shape; what a shift uncovers repeats the edge.
    """
    height, width = picture.shape[:2]
    most = max(1, round(_SHIFT * max(height, width)))
    down, right = rng.integers(-most, most + 1, 2)
    gain = rng.uniform(1 - _BRIGHTER, 1 + _BRIGHTER)
    rows = np.clip(np.arange(height) - down, 0, height - 1)
    columns = np.clip(np.arange(width) - right, 0, width - 1)
    if mirror and rng.random() < 0.5:
        columns = columns[::-1]
    moved = picture[rows[:, np.newaxis], columns]
    return np.clip(np.rint(moved * np.float32(gain)), 0, 255).astype(np.uint8)


def training_sentence(batch: TrainingBatch) -> str:
    """What the numbers on screen are, while training behaviour is shown."""
    return (
        f"Training behaviour, not inference: a batch of {batch.size}, this picture and "
        f"{batch.size - 1} variations of it (seed {batch.seed}). Batch norm uses the mean and "
        "variance of this batch, dropout drops. Shown is what becomes of the picture itself."
    )
