"""Numbers as people write them: rows on lines (or "/"), channels parted by ";", filters by "|".

A part may also be the name of a picture (for inputs) or of a kernel.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from math import comb
from types import MappingProxyType

import numpy as np

from cnnviz.convolution import Doubles

MOST_TEXT = 1_000_000
"""Characters beyond which a paste is not even read."""


EMPTY = "_"
"""What stands for an empty cell in a line of text."""


class CellsError(ValueError):
    """A text is no grid of numbers; the sentence says where."""


def read_grid(text: str) -> Doubles:
    """Read rows of numbers.

    Args:
        text: Rows on lines of their own or parted by "/"; numbers parted by blanks, tabs or commas.

    Returns:
        Shape (rows, columns).

    Raises:
        CellsError: A cell is no number, or rows differ in length.
    """
    if len(text) > MOST_TEXT:
        raise CellsError("there are far more numbers than can be shown: paste a part of them")
    rows = [row for row in re.split(r"[/\n]", text.strip()) if row.strip()]
    found: list[list[float]] = []
    for number, row in enumerate(rows, start=1):
        cells = split_row(row)
        found.append([_number(cell, number, place) for place, cell in enumerate(cells, start=1)])
        if len(found[-1]) != len(found[0]):
            raise CellsError(
                f"row {number} has {len(found[-1])} numbers and row 1 has {len(found[0])}: "
                "make them equal"
            )
    if not found:
        raise CellsError("there is no number")
    return np.array(found)


def split_row(row: str) -> list[str]:
    """The cells of a row; between two tabs or commas there may be an empty one (`EMPTY`)."""
    return [
        cell
        for part in re.split(r"[\t,]", row.strip(" \r"))
        for cell in (part.split() or [EMPTY] * bool(re.search(r"[\t,]", row)))
    ]


def _number(cell: str, row: int, place: int) -> float:
    if cell == EMPTY:
        raise CellsError(f"row {row}, cell {place} is empty: give a number")
    try:
        value = float(cell)
    except ValueError:
        raise CellsError(f"row {row}, cell {place} is {cell!r}, which is no number") from None
    if not np.isfinite(value) or abs(value) > 1e9:
        raise CellsError(f"row {row}, cell {place} is {cell!r}: give a number up to a billion")
    return value


def write_grid(values: Doubles) -> str:
    """The text that `read_grid` reads."""
    return "/".join(" ".join(f"{value:.6g}" for value in row) for row in values)


def is_numbers(text: str) -> bool:
    """Whether a part is meant as numbers, not as a name."""
    return bool(re.match(r"\s*[-+.\d]", text)) or "/" in text or "\n" in text


# Pictures to slide over.


def _ramp(height: int, width: int, channel: int) -> Doubles:
    return np.arange(height * width, dtype=float).reshape(height, width) + channel


def _impulse(height: int, width: int, channel: int) -> Doubles:
    picture = np.zeros((height, width))
    picture[height // 2, width // 2] = 1.0
    return picture


def _checkerboard(height: int, width: int, channel: int) -> Doubles:
    return ((np.add.outer(np.arange(height), np.arange(width)) + channel) % 2).astype(float)


def _edge(height: int, width: int, channel: int) -> Doubles:
    picture = np.zeros((height, width))
    picture[:, : width // 2] = 10.0
    return picture


def _disc(height: int, width: int, channel: int) -> Doubles:
    y, x = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
    return (np.hypot(x, y) < 0.7).astype(float)


def _random(height: int, width: int, channel: int) -> Doubles:
    return np.random.default_rng(channel).integers(0, 10, (height, width)).astype(float)


PICTURES: Mapping[str, Callable[[int, int, int], Doubles]] = MappingProxyType(
    {
        "ramp": _ramp,
        "impulse": _impulse,
        "checkerboard": _checkerboard,
        "edge": _edge,
        "disc": _disc,
        "random": _random,
        "ones": lambda height, width, channel: np.ones((height, width)),
    }
)
"""Inputs by name: (height, width, channel) -> numbers."""

_THREE: Mapping[str, str] = MappingProxyType(
    {
        "sobel x": "-1 0 1/-2 0 2/-1 0 1",
        "sobel y": "-1 -2 -1/0 0 0/1 2 1",
        "prewitt x": "-1 0 1/-1 0 1/-1 0 1",
        "prewitt y": "-1 -1 -1/0 0 0/1 1 1",
        "laplacian": "0 1 0/1 -4 1/0 1 0",
        "sharpen": "0 -1 0/-1 5 -1/0 -1 0",
        "emboss": "-2 -1 0/-1 1 1/0 1 2",
    }
)


def _identity(height: int, width: int) -> Doubles:
    kernel = np.zeros((height, width))
    kernel[height // 2, width // 2] = 1.0
    return kernel


def _vertical(height: int, width: int) -> Doubles:
    kernel = np.zeros((height, width))
    kernel[:, 0] += 1.0
    kernel[:, -1] -= 1.0
    return kernel


def _gaussian(height: int, width: int) -> Doubles:
    """Binomial, the usual whole-number stand-in for a Gaussian; it adds up to 1."""
    column, row = ([comb(n - 1, k) for k in range(n)] for n in (height, width))
    return np.outer(column, row) / (sum(column) * sum(row))


def _gabor(height: int, width: int) -> Doubles:
    y, x = np.mgrid[0:height, 0:width]
    x, y = x - (width - 1) / 2, y - (height - 1) / 2
    sigma = max(height, width) / 4
    wave = np.cos(2 * np.pi * x / max(width - 1, 2))
    return np.asarray(np.exp(-(x * x + y * y) / (2 * sigma * sigma)) * wave)


_KERNELS: Mapping[str, Callable[[int, int], Doubles]] = MappingProxyType(
    {
        "identity": _identity,
        "vertical edge": _vertical,
        "horizontal edge": lambda height, width: _vertical(width, height).T,
        "box": lambda height, width: np.full((height, width), 1 / (height * width)),
        "gaussian": _gaussian,
        "gabor": _gabor,
        "ones": lambda height, width: np.ones((height, width)),
    }
)
KERNELS = (*_KERNELS, *_THREE, "random")
"""Names of kernels. Those of Sobel, Prewitt and a few others are 3 x 3 only."""


def make_kernel(name: str, height: int, width: int, number: int) -> Doubles:
    """A kernel slice by its name.

    Args:
        name: One of `KERNELS`.
        height: Rows.
        width: Columns.
        number: Which slice of the whole kernel: random ones differ.

    Raises:
        CellsError: There is no such kernel, or not in this size.
    """
    if name == "random":
        drawn = np.random.default_rng(number).integers(-3, 4, (height, width))
        return drawn.astype(float)
    if name in _THREE:
        if (height, width) != (3, 3):
            raise CellsError(f"{name!r} is 3 × 3, and the kernel is {height} × {width}")
        return read_grid(_THREE[name])
    if name not in _KERNELS:
        raise CellsError(f"there is no {name!r}: give numbers, or one of {', '.join(KERNELS)}")
    return _KERNELS[name](height, width)


def make_picture(name: str, height: int, width: int, channel: int) -> Doubles:
    """One channel of an input by its name.

    Raises:
        CellsError: There is no such picture.
    """
    if name not in PICTURES:
        raise CellsError(f"there is no {name!r}: give numbers, or one of {', '.join(PICTURES)}")
    return PICTURES[name](height, width, channel)
