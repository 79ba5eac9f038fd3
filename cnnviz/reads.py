"""Which cells of its input an output cell reads, along one axis: the pieces of receptive fields.

Every rule says two things. `low` and `high` are straight lines between which the cells lie that
output cell i reads, for any i, as if the input went on for ever. `cells` lists them one by one.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

Number = int | Fraction
Line = tuple[Number, Number]
"""Slope and offset: i -> slope * i + offset."""

NOTHING = -1
"""Stands in `cells` for a tap that reads nothing."""


class Reads(Hashable, Protocol):
    """A rule. Rules are immutable and can be compared, so that their tables are made once."""

    @property
    def low(self) -> Line:
        """No cell that output cell i reads lies below this line."""

    @property
    def high(self) -> Line:
        """No cell that output cell i reads lies above this line."""

    @property
    def exact(self) -> bool:
        """True where both lines are always met, so that all windows have one size."""

    def cells(self, count: int) -> NDArray[np.int64]:
        """Cells that the output cells 0..count-1 read.

        Returns:
            Shape (count, taps). Cells outside of the input are padding.
        """


@dataclass(frozen=True, slots=True)
class Window:
    """Output cell i reads `stride * i + offset + dilation * k` for k in 0..size-1.

    Convolution, pooling, padding, cropping and slicing. Stride 0 reads the same cells always.
    """

    stride: int = 1
    offset: int = 0
    size: int = 1
    dilation: int = 1
    exact: bool = True

    @property
    def low(self) -> Line:
        """The first tap."""
        return self.stride, self.offset

    @property
    def high(self) -> Line:
        """The last tap."""
        return self.stride, self.offset + self.dilation * (self.size - 1)

    def cells(self, count: int) -> NDArray[np.int64]:
        """See `Reads.cells`."""
        taps = self.offset + self.dilation * np.arange(self.size)
        cells = self.stride * np.arange(count)[:, None] + taps
        return np.where(cells < 0, NOTHING, cells)


@dataclass(frozen=True, slots=True)
class Spread:
    """The reverse of `Window`: output cell i reads each cell j whose window of output holds it.

    Transposed convolution: i = stride * j + offset + dilation * k.
    """

    stride: int
    offset: int
    size: int
    dilation: int = 1

    @property
    def exact(self) -> bool:
        """With a stride, neighbours read different numbers of cells."""
        return self.stride == 1

    @property
    def low(self) -> Line:
        """The cell that reaches i with its last tap."""
        last = self.offset + self.dilation * (self.size - 1)
        return _ratio(1, self.stride), _ratio(-last, self.stride)

    @property
    def high(self) -> Line:
        """The cell that reaches i with its first tap."""
        return _ratio(1, self.stride), _ratio(-self.offset, self.stride)

    def cells(self, count: int) -> NDArray[np.int64]:
        """See `Reads.cells`."""
        taps = self.offset + self.dilation * np.arange(self.size)
        scaled = np.arange(count)[:, None] - taps
        return np.where((scaled % self.stride == 0) & (scaled >= 0), scaled // self.stride, NOTHING)


@dataclass(frozen=True, slots=True)
class Repeat:
    """Output cell i reads cell i // factor: up-sampling by copies."""

    factor: int

    @property
    def exact(self) -> bool:
        """Copies of a cell share its window."""
        return self.factor == 1

    @property
    def low(self) -> Line:
        """The last copy of a cell."""
        return _ratio(1, self.factor), _ratio(1 - self.factor, self.factor)

    @property
    def high(self) -> Line:
        """The first copy of a cell."""
        return _ratio(1, self.factor), 0

    def cells(self, count: int) -> NDArray[np.int64]:
        """See `Reads.cells`."""
        return np.arange(count)[:, None] // self.factor


@dataclass(frozen=True, slots=True)
class Resample:
    """Resizing by interpolation between pixel centres; border cells stand for what lies outside.

    Output cell i lies at x = (i + 1/2) * before / after - 1/2 and reads the cells nearer to x than
    `radius` (1 for bilinear), or the one whose area it falls into (radius 0, nearest).
    """

    before: int
    after: int
    radius: int

    @property
    def exact(self) -> bool:
        """Only where nothing is resized."""
        return self.before == self.after

    @property
    def low(self) -> Line:
        """One cell at the border may stand for others that lie outside."""
        scale = _ratio(self.before, self.after)
        return scale, Fraction(scale - 1) / 2 - self._margin()

    @property
    def high(self) -> Line:
        """See `low`."""
        scale = _ratio(self.before, self.after)
        return scale, Fraction(scale - 1) / 2 + self._margin()

    def _margin(self) -> Number:
        if self.exact:
            return 0
        # x is a multiple of 1 / (2 * after), and a cell `radius` away has no weight.
        return Fraction(1, 2) if self.radius == 0 else self.radius - Fraction(1, 2 * self.after)

    def cells(self, count: int) -> NDArray[np.int64]:
        """See `Reads.cells`."""
        # In units of 1 / (2 * after), so that the arithmetic is exact.
        unit = 2 * self.after
        x = (2 * np.arange(count)[:, None] + 1) * self.before - self.after
        if self.radius == 0:
            cells = (x + self.after) // unit
            return np.clip(cells, 0, self.before - 1)
        cells = x // unit + np.arange(1 - self.radius, self.radius + 1)
        distance = np.abs(cells * unit - x)
        # Interpolation weights are zero at every whole distance but 0.
        near = (distance < self.radius * unit) & ((distance == 0) | (distance % unit != 0))
        return np.where(near, np.clip(cells, 0, self.before - 1), NOTHING)


@dataclass(frozen=True, slots=True)
class Buckets:
    """Adaptive pooling: output cell i reads floor(i * n / m) .. ceil((i + 1) * n / m) - 1."""

    before: int
    after: int

    @property
    def exact(self) -> bool:
        """Buckets are equal when they divide the input."""
        return self.before % self.after == 0

    @property
    def low(self) -> Line:
        """The floor takes off less than a cell."""
        return _ratio(self.before, self.after), _ratio(1, self.after) - 1 if not self.exact else 0

    @property
    def high(self) -> Line:
        """The ceiling adds less than a cell."""
        scale = _ratio(self.before, self.after)
        return scale, scale - 1 if self.exact else scale - _ratio(1, self.after)

    def cells(self, count: int) -> NDArray[np.int64]:
        """See `Reads.cells`."""
        i = np.arange(count)[:, None]
        first = i * self.before // self.after
        last = -(-(i + 1) * self.before // self.after) - 1
        cells = first + np.arange(-(-self.before // self.after) + 1)
        return np.where(cells <= last, cells, NOTHING)


SAME = Window()
"""Output cell i reads cell i."""


class Readers(NamedTuple):
    """A rule turned round: which output cells read each cell of a finite input.

    Attributes:
        outputs: Output cells, grouped by the cell that they read.
        starts: Where each group begins.
        cells: The cell that each group reads, ascending. Cells without readers are left out.
    """

    outputs: NDArray[np.intp]
    starts: NDArray[np.intp]
    cells: NDArray[np.intp]


@lru_cache(maxsize=4096)
def readers(reads: Reads, outputs: int, inputs: int) -> Readers:
    """Turn a rule round.

    Args:
        reads: The rule.
        outputs: Length of the output axis.
        inputs: Length of the input axis; taps outside of it read padding.
    """
    cells = reads.cells(outputs)
    rows, taps = np.nonzero((cells >= 0) & (cells < inputs))
    found = cells[rows, taps]
    order = np.argsort(found, kind="stable")
    read, starts = np.unique(found[order], return_index=True)
    return Readers(rows[order], starts, read)


def pull(mask: NDArray[np.bool_], place: int, reads: Reads, inputs: int) -> NDArray[np.bool_]:
    """Mark the input cells that the marked output cells read.

    Args:
        mask: Marked output cells.
        place: The axis of `mask` along which the rule holds.
        reads: The rule.
        inputs: Length of the input axis.

    Returns:
        As `mask`, with `inputs` cells along that axis.
    """
    outputs, starts, cells = readers(reads, mask.shape[place], inputs)
    moved = np.moveaxis(mask, place, 0)
    result = np.zeros((inputs, *moved.shape[1:]), bool)
    if len(cells):
        # No matrix product: its threads wait for each other when the cores are busy.
        result[cells] = np.logical_or.reduceat(moved[outputs], starts, axis=0)
    return np.moveaxis(result, 0, place)


def _ratio(numerator: int, denominator: int) -> Number:
    ratio = Fraction(numerator, denominator)
    return ratio.numerator if ratio.denominator == 1 else ratio
