"""Activations as thumbnails: one small picture a node, for the film strip and the graph."""

from __future__ import annotations

import numpy as np

from cnnviz.atlas import Codes, Floats, as_maps, encode, levels, measure, reduced

_CHUNK_BYTES = 1 << 19  # of float32 taken at a time: what stays in a core's cache


def thumbnail(values: Floats, side: int) -> Codes:
    """Draw an activation small: where it is strong, whatever the channel.

    A cell is the mean magnitude of the values that it covers, over all channels; a cell of a vector
    is the largest magnitude of those that it covers, so that one winner among a thousand classes is
    still seen. The weakest cell gets the first step of the colour map, the strongest the last.

    Args:
        values: Shape (H, W, C), or (N,), or any other; (1, 1, C) counts as a vector.
        side: The longer side wanted in cells; maps that are smaller stay as they are.

    Returns:
        Codes as in `cnnviz.colormaps`, shape (height, width); height is 1 for a vector. What is not
        finite, or covers what is not, has its mark.
    """
    if values.size in (0, values.shape[-1] if values.ndim else 1):  # a vector, of whatever rank
        strength = _strongest(np.atleast_1d(values).ravel(), side)
    elif values.ndim > 4:
        strength = mean_magnitude(values.reshape(values.shape[0], -1, values.shape[-1]))
    else:
        strength = mean_magnitude(as_maps(values).values)
    height, width = strength.shape
    longer = max(height, width)
    if longer > side:
        height, width = (max(1, round(n * side / longer)) for n in (height, width))
    small = reduced(measure(strength[..., np.newaxis]), height, width)
    measures = measure(small)
    return encode(small, levels(measures, "layer"), finite=measures.finite)[0]


def mean_magnitude(values: Floats) -> Floats:
    """Mean of |value| over the channels.

    Args:
        values: Shape (H, W, C).

    Returns:
        Shape (H, W); NaN or infinite where a channel is.
    """
    height, width, channels = values.shape
    weights = np.full(channels, 1 / channels, np.float32)
    means = np.empty((height, width), np.float32)
    rows = max(1, _CHUNK_BYTES // (4 * width * channels))
    with np.errstate(invalid="ignore", over="ignore"):
        for top in range(0, height, rows):
            means[top : top + rows] = np.abs(values[top : top + rows]) @ weights
    return means


def _strongest(vector: Floats, side: int) -> Floats:
    """The largest magnitude in each of at most `side` stretches of a vector, shape (1, n)."""
    if vector.size == 0:
        return np.zeros((1, 1), np.float32)
    count = min(vector.size, side)
    starts = np.arange(count) * vector.size // count
    with np.errstate(invalid="ignore"):
        return np.maximum.reduceat(np.abs(vector), starts)[np.newaxis].astype(np.float32)
