"""The handwritten digits that ship: 1,797 pictures of 8 x 8, a fifth of them never trained on."""

from __future__ import annotations

import csv
import gzip
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from models.weights import ASSETS

SIZE = 32
"""Side of the pictures that LeNet-5 takes."""

INK = 24
"""Side of the digit in them: the original's 8 x 8 cells, three times enlarged."""

FULL = 16
"""Value of a cell that is all ink."""

LEARNERS = ("lenet5_modern", "lenet5")
"""Ids of the networks that learn them."""

SPLIT_SEED = 1998
"""Decides which digits are held out; another seed of training does not change it."""


@dataclass(frozen=True)
class Digits:
    """Pictures, shape (N, 32, 32), uint8, light on dark; labels, shape (N,), 0..9."""

    pictures: NDArray[np.uint8]
    labels: NDArray[np.int64]


@cache
def load() -> Digits:
    """All digits, in the order of the file."""
    with gzip.open(ASSETS / "digits.csv.gz", "rt", encoding="ascii") as file:
        rows = np.array([[int(cell) for cell in row] for row in csv.reader(file)])
    cells = rows[:, :-1].reshape(-1, 8, 8)
    return Digits(np.stack([enlarge(digit) for digit in cells]), rows[:, -1])


def enlarge(cells: NDArray[np.int64]) -> NDArray[np.uint8]:
    """An 8 x 8 digit (0..16) as a picture: bicubic, centred in 32 x 32, light on dark."""
    grey = Image.fromarray((cells / FULL).astype(np.float32))
    ink = np.asarray(grey.resize((INK, INK), Image.Resampling.BICUBIC))
    margin = (SIZE - INK) // 2
    return np.pad(np.rint(ink.clip(0, 1) * 255).astype(np.uint8), margin)


def held_out() -> NDArray[np.int64]:
    """Indices of the fifth of each class that training never sees, in random order by class."""
    rng = np.random.default_rng(SPLIT_SEED)
    labels = load().labels
    chosen = []
    for digit in range(10):
        of_class = rng.permutation(np.flatnonzero(labels == digit))
        chosen.append(of_class[: round(len(of_class) / 5)])
    return np.concatenate(chosen)


def training_split() -> tuple[Digits, Digits]:
    """The digits to train on, and the held-out ones."""
    digits = load()
    last = held_out()
    first = np.setdiff1d(np.arange(len(digits.labels)), last)
    return (
        Digits(digits.pictures[first], digits.labels[first]),
        Digits(digits.pictures[last], digits.labels[last]),
    )
