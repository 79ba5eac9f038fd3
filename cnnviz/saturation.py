"""Channels that lean against the end of their activation function, where they learn nothing."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from cnnviz.atlas import Floats
from cnnviz.graph import Node

NEAR = 0.01
"""A cell is saturated within this part of the function's range from its end."""

Bounds = tuple[float | None, float]
"""The values that a function cannot go beyond, below and above. A lower end where cells are simply
off (the zero of ReLU) is None: what is zero everywhere is dead, not saturated."""

_BOUNDS: Mapping[str, Bounds] = MappingProxyType(
    {
        "relu6": (None, 6.0),
        "sigmoid": (0.0, 1.0),
        "hard_sigmoid": (0.0, 1.0),
        "tanh": (-1.0, 1.0),
        "hard_tanh": (-1.0, 1.0),
        "softsign": (-1.0, 1.0),
        "scaled_tanh": (-1.7159, 1.7159),
    }
)


def bounds_of(node: Node) -> Bounds | None:
    """The ends of the activation function that made a node's values; None where it has none."""
    settings = node.settings
    if node.type == "ReLU":
        most = settings.get("max_value")
        return (None, float(most)) if isinstance(most, int | float) else None
    name = settings.get("activation") or node.type
    return _BOUNDS.get(str(name).lower())


def saturated_share(values: Floats, bounds: Bounds) -> NDArray[np.float64]:
    """Share of saturated cells in each channel, shape (C,).

    Args:
        values: Shape (..., C). What is not a number is not saturated.
        bounds: Of the function.
    """
    low, high = bounds
    near = NEAR * (high - (low or 0.0))
    cells = values.reshape(-1, values.shape[-1])
    with np.errstate(invalid="ignore"):
        against = cells >= np.float32(high - near)
        if low is not None:
            against |= cells <= np.float32(low + near)
    return np.asarray(against.mean(axis=0, dtype=np.float64))
