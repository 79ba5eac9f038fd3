"""The size of an effective receptive field: where the derivatives of a position really lie.

A Gaussian is fitted by its moments (its maximum-likelihood fit), axis by axis; the field's size is
its four standard deviations, which of a Gaussian hold 95.45 % of the mass along an axis (Luo et al.
2016, arXiv:1701.04128, draw the same line).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

WIDTHS = 4.0
"""Standard deviations that count as the size."""


@dataclass(frozen=True)
class Extent:
    """How a field lies, row axis first.

    Attributes:
        centre: Of the mass, in pixels; pixel centres are whole numbers.
        sigma: Standard deviation of the fitted Gaussian, in pixels.
        size: Four of them, at least one pixel.
        share_inside: Share of the mass in the theoretical window; 1 but for rounding.
        share_effective: Share of the mass in the box of `size` around the centre.
        ratio: `size` over the theoretical size, for each axis.
    """

    centre: tuple[float, ...]
    sigma: tuple[float, ...]
    size: tuple[float, ...]
    share_inside: float
    share_effective: float
    ratio: tuple[float, ...]


def extent(values: NDArray[np.float32], window: Sequence[tuple[int, int]]) -> Extent | None:
    """Measure a field.

    Args:
        values: Derivatives, not negative, shape (H, W).
        window: (start, stop) of the theoretical window for each axis, not clipped.

    Returns:
        The measures; None where all derivatives are zero (a dead unit) or one is not finite.
    """
    mass = values.astype(np.float64)
    total = float(mass.sum())
    if not np.isfinite(total) or total <= 0:
        return None
    centre, sigma = [], []
    for axis in range(mass.ndim):
        along = mass.sum(axis=tuple(other for other in range(mass.ndim) if other != axis)) / total
        cells = np.arange(len(along))
        middle = float(along @ cells)
        centre.append(middle)
        sigma.append(float(np.sqrt(along @ (cells - middle) ** 2)))
    size = [max(1.0, WIDTHS * each) for each in sigma]
    inside = [(start, stop - 1) for start, stop in window]
    effective = [
        (middle - each / 2, middle + each / 2) for middle, each in zip(centre, size, strict=True)
    ]
    return Extent(
        tuple(centre),
        tuple(sigma),
        tuple(size),
        _share(mass, inside) / total,
        _share(mass, effective) / total,
        tuple(each / (stop - start) for each, (start, stop) in zip(size, window, strict=True)),
    )


def _share(mass: NDArray[np.float64], box: Sequence[tuple[float, float]]) -> float:
    """Mass of the cells whose centres lie in a box."""
    for axis, (low, high) in enumerate(box):
        cells = np.arange(mass.shape[axis])
        kept = (cells >= low - 1e-9) & (cells <= high + 1e-9)
        mass = np.compress(kept, mass, axis)
    return float(mass.sum())
