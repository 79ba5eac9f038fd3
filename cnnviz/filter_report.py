"""What stands out among the filters of a layer: how strong they are, which are dead or twins."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cnnviz.graph import Node

DEAD_BELOW = 1e-3
"""A filter whose norm is below this part of the median norm does next to nothing."""

TWINS_ABOVE = 0.98
"""Two filters whose cosine is above this do nearly the same."""

MOST_TWINS = 100
"""Pairs that are listed, the most alike first."""

MOST_WORK = 3_000_000_000
"""Multiply-adds to spend on comparing filters, about a tenth of a second: a convolution of 2,048
filters passes, the dense layers of VGG do not."""

_ROWS = 256  # of the kernel as a matrix, summed at a time

_TRANSPOSED = ("Conv1DTranspose", "Conv2DTranspose", "Conv3DTranspose")
_DEPTHWISE = ("DepthwiseConv1D", "DepthwiseConv2D")


@dataclass(frozen=True)
class FilterReport:
    """The filters of a layer.

    Attributes:
        norms: Euclidean norm of each filter.
        dead: Filters that do next to nothing, by `DEAD_BELOW`.
        twins: Pairs of filters and their cosine, by `TWINS_ABOVE`; dead ones are left out. None
            where there are too many filters to compare each with each.
    """

    norms: tuple[float, ...]
    dead: tuple[int, ...]
    twins: tuple[tuple[int, int, float], ...] | None


def report_on(node: Node, kernel: NDArray[np.float32]) -> FilterReport | None:
    """Look at the filters of a layer.

    Args:
        node: The layer.
        kernel: Its kernel.

    Returns:
        None where a kernel is not made of filters.
    """
    if kernel.ndim < 2 or not kernel.size or node.type == "SparseConnectionConv2D":
        return None
    if node.type in _TRANSPOSED:
        kernel = kernel.swapaxes(-1, -2)
    if node.type in _DEPTHWISE:
        kernel = kernel.reshape(*kernel.shape[:-2], -1)
    filters = kernel.reshape(-1, kernel.shape[-1])
    squares = np.zeros(filters.shape[1])
    for top in range(0, len(filters), _ROWS):
        part = filters[top : top + _ROWS]
        squares += np.einsum("ij,ij->j", part, part)
    norms = np.sqrt(squares)
    dead = norms <= DEAD_BELOW * np.median(norms)
    return FilterReport(
        tuple(norms.tolist()),
        tuple(np.flatnonzero(dead).tolist()),
        _twins(filters, norms, np.flatnonzero(~dead)),
    )


def _twins(
    filters: NDArray[np.float32], norms: NDArray[np.float64], alive: NDArray[np.int64]
) -> tuple[tuple[int, int, float], ...] | None:
    # A filter of one weight has only a sign, and all of them are twins.
    if filters.shape[0] == 1:
        return ()
    if filters.shape[0] * alive.size**2 > MOST_WORK:
        return None
    unit = filters[:, alive] / norms[alive].astype(np.float32)
    cosines = np.triu(unit.T @ unit, 1)
    first, second = np.nonzero(cosines > TWINS_ABOVE)
    pairs = sorted(
        zip(cosines[first, second].tolist(), first.tolist(), second.tolist(), strict=True),
        key=lambda pair: (-pair[0], pair[1:]),
    )
    return tuple((int(alive[a]), int(alive[b]), cosine) for cosine, a, b in pairs[:MOST_TWINS])
