"""Activations as pictures: every channel a tile of one atlas.

The way of an activation to the screen: `as_maps` (one axis order for all ranks), `measure` (the
range of each channel), `levels` (which values the ends of the colour map stand for), `reduced`
(area means, where tiles are smaller than maps), `encode` (one byte a cell), `tiling.compose` (the
visible part of the tiling), and a look-up in `ColourMap.table`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from cnnviz.colormaps import INFINITE, NOT_A_NUMBER, STEPS

Floats = NDArray[np.float32]
Codes = NDArray[np.uint8]
Scaling = Literal["channel", "layer", "fixed"]

_CHUNK_BYTES = 1 << 19  # of float32 encoded at a time: what stays in a core's cache
_TINY, _HUGE = 1e-300, 1e30


@dataclass(frozen=True)
class Maps:
    """An activation as maps.

    Attributes:
        values: Shape (H, W, C).
        note: How an activation of another rank was laid out; empty for (H, W, C).
        slices: How many slices stand side by side in every map (depth of a 3-D activation).
    """

    values: Floats
    note: str = ""
    slices: int = 1


def as_maps(values: Floats) -> Maps:
    """Lay an activation out as maps.

    Args:
        values: Shape (H, W, C); (T, C), every channel a map of one row; or (D, H, W, C), the slices
            of every channel side by side.

    Raises:
        ValueError: With one sentence, where there is no picture: vectors, scalars, higher ranks,
            empty arrays.
    """
    shape = "×".join(map(str, values.shape)) or "scalar"
    if values.size == 0:
        raise ValueError(f"This activation is empty ({shape}): there is nothing to draw.")
    if values.ndim == 3:
        return Maps(values)
    if values.ndim == 2:
        note = "A sequence: each strip is one channel, its steps run from left to right."
        return Maps(values[np.newaxis], note)
    if values.ndim == 4:
        depth, height, width, channels = values.shape
        flat = np.moveaxis(values, 0, 1).reshape(height, depth * width, channels)
        note = f"A volume: the {depth} slices of each channel stand side by side."
        return Maps(flat, note, depth)
    raise ValueError(f"An activation of shape {shape} has no picture as feature maps.")


@dataclass(frozen=True)
class Measures:
    """What is known of each channel; cells that are not finite are only counted.

    Attributes:
        values: The maps, shape (H, W, C).
        minimum: Smallest finite value, shape (C,); 0 where a channel has none.
        maximum: Largest finite value, shape (C,); 0 where a channel has none.
        nan_count: Cells that are not a number, shape (C,).
        infinite_count: Cells that are infinite, shape (C,).
    """

    values: Floats
    minimum: Floats
    maximum: Floats
    nan_count: NDArray[np.int64]
    infinite_count: NDArray[np.int64]

    @property
    def finite(self) -> bool:
        """Whether every cell of the layer is finite."""
        return not (self.nan_count.any() or self.infinite_count.any())

    @cached_property
    def layer_range(self) -> tuple[float, float]:
        """Smallest and largest finite value of the layer; (0, 0) where there is none."""
        some = self.nan_count + self.infinite_count < self.values.shape[0] * self.values.shape[1]
        if not some.any():
            return 0.0, 0.0
        return float(self.minimum[some].min()), float(self.maximum[some].max())

    @property
    def constant(self) -> NDArray[np.bool_]:
        """Channels whose cells all hold one finite value, shape (C,)."""
        plain = (self.nan_count == 0) & (self.infinite_count == 0)
        return np.asarray(plain & (self.minimum == self.maximum))

    @property
    def dead(self) -> NDArray[np.bool_]:
        """Channels that are zero everywhere, shape (C,)."""
        return np.asarray(self.constant & (self.minimum == 0))

    @cached_property
    def mean(self) -> NDArray[np.float64]:
        """Mean of the finite cells, shape (C,); NaN where a channel has none."""
        if self.finite:
            return np.asarray(self.values.mean(axis=(0, 1), dtype=np.float64))
        finite = np.isfinite(self.values)
        total = np.where(finite, self.values, 0).sum(axis=(0, 1), dtype=np.float64)
        count = finite.sum(axis=(0, 1))
        return np.divide(total, count, out=np.full(count.shape, np.nan), where=count > 0)

    @cached_property
    def zero_share(self) -> NDArray[np.float64]:
        """Share of the cells that are exactly zero, shape (C,)."""
        return np.asarray((self.values == 0).mean(axis=(0, 1)))


def measure(values: Floats) -> Measures:
    """Measure every channel.

    Args:
        values: Shape (H, W, C), not empty.
    """
    channels = values.shape[-1]
    cells = values.reshape(-1, channels)
    # A NaN or an infinity anywhere shows in one of the two: only such channels need a mask.
    with np.errstate(invalid="ignore"):
        minimum, maximum = _extremes(cells)
    nan_count, infinite_count = np.zeros((2, channels), np.int64)
    bad = np.flatnonzero(~(np.isfinite(minimum) & np.isfinite(maximum)))
    if bad.size:
        cells = cells[:, bad]
        finite = np.isfinite(cells)
        some, infinity = finite.any(axis=0), np.float32(np.inf)
        minimum[bad] = np.where(some, np.where(finite, cells, infinity).min(axis=0), 0)
        maximum[bad] = np.where(some, np.where(finite, cells, -infinity).max(axis=0), 0)
        nan_count[bad] = np.isnan(cells).sum(axis=0)
        infinite_count[bad] = len(cells) - finite.sum(axis=0) - nan_count[bad]
    return Measures(values, minimum, maximum, nan_count, infinite_count)


def _extremes(cells: Floats) -> tuple[Floats, Floats]:
    """Smallest and largest of every column of (N, C): in one walk through the memory.

    Some cells are taken as one row, for short rows take twice as long.
    """
    count, channels = cells.shape
    together = math.gcd(count, 16)
    wide = cells.reshape(count // together, together * channels)
    rows = max(1, _CHUNK_BYTES // (4 * together * channels))
    minima, maxima = [], []
    for start in range(0, len(wide), rows):
        part = wide[start : start + rows]
        minima.append(part.min(axis=0))
        maxima.append(part.max(axis=0))
    minimum = np.concatenate(minima).reshape(-1, channels).min(axis=0)
    maximum = np.concatenate(maxima).reshape(-1, channels).max(axis=0)
    return minimum, maximum


@dataclass(frozen=True)
class Levels:
    """The values that the two ends of the colour map stand for, by channel.

    Attributes:
        low: Shape (C,), or (1,) for one scale that all channels share.
        high: As `low`; equal to it where a channel is constant.
        diverging: The middle of the colour map stands for zero.
    """

    low: NDArray[np.float64]
    high: NDArray[np.float64]
    diverging: bool = False

    def of(self, channel: int) -> tuple[float, float]:
        """The ends for one channel."""
        at = channel if self.low.size > 1 else 0
        return float(self.low[at]), float(self.high[at])


def levels(
    measures: Measures,
    scaling: Scaling = "channel",
    *,
    diverging: bool = False,
    fixed: tuple[float, float] = (0.0, 1.0),
) -> Levels:
    """Choose what the ends of the colour map stand for.

    Args:
        measures: Of the activation.
        scaling: Each channel over its own range, all over the layer's, or a range that is given.
        diverging: Centre on zero: the ends are plus and minus the larger magnitude.
        fixed: The range for "fixed"; values beyond are drawn as its ends.
    """
    if scaling == "channel":
        low, high = measures.minimum.astype(np.float64), measures.maximum.astype(np.float64)
    else:
        ends = measures.layer_range if scaling == "layer" else fixed
        low, high = np.array([min(ends)], np.float64), np.array([max(ends)], np.float64)
    if diverging:
        high = np.maximum(np.abs(low), np.abs(high))
        low = -high
    return Levels(low, high, diverging)


def encode(values: Floats, scale: Levels, *, finite: bool = False) -> Codes:
    """Give every cell its step on the colour map.

    A finite value v becomes round((v - low) / (high - low) * (STEPS - 1)), held between the ends.
    Where low equals high, smaller values get the first step, larger ones the last, and equal ones
    the middle; a constant zero gets the step of zero (the first, unless the map is diverging).
    What is not finite gets its mark.

    Args:
        values: Shape (H, W, C).
        scale: Low and high, for all channels or for each.
        finite: Known to hold finite values only: saves looking for others.

    Returns:
        One byte a cell, shape (C, H, W).
    """
    height, width, channels = values.shape
    span = scale.high - scale.low
    usable = span > _TINY
    gain = np.divide(STEPS - 1, span, out=np.zeros_like(span), where=usable)
    # float32 is fast enough to matter and exact enough, save at the ends of its own range.
    extreme = max(np.abs(scale.low).max(), np.abs(scale.high).max(), gain.max()) > _HUGE
    kind: type[np.floating] = np.float64 if extreme else np.float32
    low, gain = scale.low.astype(kind), gain.astype(kind)
    codes = np.empty((channels, height, width), np.uint8)
    rows = max(1, _CHUNK_BYTES // (4 * width * channels))
    with np.errstate(invalid="ignore", over="ignore"):
        for top in range(0, height, rows):
            part = values[top : top + rows]
            steps = np.subtract(part, low, dtype=kind)
            steps *= gain
            steps += kind(0.5)
            np.clip(steps, 0, kind(STEPS - 0.5), out=steps)
            block = steps.astype(np.uint8)
            if not usable.all():
                block = np.where(usable, block, _constant_steps(part, scale))
            if not finite:
                block[np.isinf(part)] = INFINITE
                block[np.isnan(part)] = NOT_A_NUMBER
            codes[:, top : top + rows] = block.transpose(2, 0, 1)
    return codes


def _constant_steps(values: Floats, scale: Levels) -> Codes:
    """The steps of cells whose scale has no extent."""
    equal = np.where((scale.low == 0) & (not scale.diverging), 0, STEPS // 2)
    steps = np.where(values < scale.low, 0, np.where(values > scale.high, STEPS - 1, equal))
    return steps.astype(np.uint8)


def reduced(measures: Measures, height: int, width: int) -> Floats:
    """Shrink maps by area means: every cell of the result is the mean of the area it covers.

    What covers a NaN, be it in part, becomes NaN; what covers an infinity becomes infinite, or NaN
    where it covers both.

    Args:
        measures: Of maps of shape (H, W, C).
        height: Rows wanted, at most H.
        width: Columns wanted, at most W.

    Returns:
        Shape (height, width, C).
    """
    values = measures.values
    if values.shape[:2] == (height, width):
        return values
    with np.errstate(invalid="ignore"):
        means = _area_means(_area_means(values, 0, height), 1, width)
    # A mean lies between the extremes, but for rounding: constant maps have to stay constant.
    held = np.clip(means, measures.minimum, measures.maximum)
    return held if measures.finite else np.where(np.isfinite(means), held, means)


def _area_means(values: Floats, axis: int, wanted: int) -> Floats:
    """Shrink one axis, not by a matrix product, which would wake BLAS' threads."""
    source = np.moveaxis(values, axis, 0)
    cells = len(source)
    means = np.empty((*values.shape[:axis], wanted, *values.shape[axis + 1 :]), np.float32)
    target = np.moveaxis(means, axis, 0)
    for i in range(wanted):
        # Interval i covers the cells from i * cells / wanted on; in units of 1 / wanted of a cell.
        start, end = i * cells, (i + 1) * cells
        for cell in range(start // wanted, -(-end // wanted)):
            overlap = min(end, (cell + 1) * wanted) - max(start, cell * wanted)
            weight = np.float32(overlap / cells)
            if cell == start // wanted:
                np.multiply(source[cell], weight, out=target[i])
            else:
                target[i] += source[cell] * weight
    return means
