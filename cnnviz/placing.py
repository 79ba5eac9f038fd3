"""A layer's small map laid over the picture that it was made from.

Spreading it evenly over the picture, as is often done, puts it aside wherever layers without
padding cut the border off: in LeNet-5 by five pixels. Here each cell stands where the centre of its
receptive field lies, and between the centres the values run straight. Pixels further than half a
stride from all centres belong to no cell and stay 0.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cnnviz.receptive_field import Field, Reach
from cnnviz.requests import Floats


def place(cells: Floats, field: Field, height: int, width: int) -> Floats:
    """Lay a map over the input.

    Args:
        cells: Shape (rows, columns).
        field: The receptive field of its positions in the input; where it is no window that moves,
            the map is spread evenly.
        height: Of the input.
        width: Of the input.

    Returns:
        Shape (height, width).
    """
    weights = [
        _weights(count, extent, _centres(field, axis, count, extent))
        for axis, (count, extent) in enumerate(zip(cells.shape, (height, width), strict=True))
    ]
    placed: Floats = (weights[0] @ cells.astype(np.float64) @ weights[1].T).astype(np.float32)
    return placed


def _centres(field: Field, axis: int, count: int, extent: int) -> tuple[float, float]:
    """Where the centre of cell 0 lies, and the distance to the next."""
    if field.reach is Reach.WINDOW and field.exact and field.stride[axis] > 0:
        return (field.size[axis] - 1) / 2 - field.padding[axis], float(field.stride[axis])
    step = extent / count
    return (step - 1) / 2, step


def _weights(count: int, extent: int, centres: tuple[float, float]) -> NDArray[np.float64]:
    """Weights of straight interpolation, shape (extent, count)."""
    first, step = centres
    at = (np.arange(extent) - first) / step
    near = (at >= -0.5) & (at <= count - 0.5)
    at = np.clip(at, 0, count - 1)
    low = np.minimum(at.astype(int), max(count - 2, 0))
    weights = np.zeros((extent, count))
    weights[np.arange(extent), low] = 1 - (at - low)
    if count > 1:
        weights[np.arange(extent), low + 1] = at - low
    return weights * near[:, None]
