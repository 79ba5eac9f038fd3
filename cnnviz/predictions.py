"""What a network answers: classes by rank, and how an answer differs from another one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cnnviz.requests import Auxiliary, Prediction, Ranking, TrainingBatch


@dataclass(frozen=True)
class Answer:
    """What a network made of a picture.

    Attributes:
        title: Which picture, model and weights.
        predictions: All classes, best first.
        auxiliary: Of the model's further classifiers.
        true_class: Index of the class that the picture is known to show; None where nobody knows.
        trained: False where the predictions mean nothing.
        training: The batch in which training behaviour was shown; None for inference.
    """

    title: str
    predictions: Ranking
    auxiliary: tuple[Auxiliary, ...] = ()
    true_class: int | None = None
    trained: bool = True
    training: TrainingBatch | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """A class now and before.

    Attributes:
        now: Its prediction.
        rank: Its place now, from 1.
        before: Its score before; None without anything to compare with.
        rank_before: Its place before; None likewise.
    """

    now: Prediction
    rank: int
    before: float | None = None
    rank_before: int | None = None

    @property
    def difference(self) -> float | None:
        """By how much the score rose."""
        return None if self.before is None else self.now.score - self.before


def ranked(scores: NDArray[np.floating], names: Sequence[str] | None) -> Ranking | None:
    """All classes, best first.

    Args:
        scores: What an output of a model gives, with the batch axis.
        names: Of the classes; where nobody knows them they are numbered.

    Returns:
        None where the output is no list of classes.
    """
    if scores.ndim != 2 or scores.shape[0] != 1 or scores.shape[1] < 2:
        return None
    known = tuple(names) if names is not None and len(names) == scores.shape[1] else None
    order = np.argsort(-scores[0], kind="stable")  # NaN comes last
    return Ranking(order, np.asarray(scores[0, order], np.float32), known)


def comparable(now: Ranking, before: Ranking) -> bool:
    """Whether two answers are about the same classes."""
    return len(now) == len(before) and now.names == before.names


def changes(now: Ranking, before: Ranking | None, count: int) -> tuple[Change, ...]:
    """The best classes, each beside what it was before.

    Args:
        now: What is shown.
        before: What it is compared with, of the same classes; None for nothing.
        count: How many classes.

    Returns:
        The best classes of now; then the best one of before, where it is not among them.
    """
    if before is None:
        return tuple(Change(p, rank) for rank, p in enumerate(now[:count], start=1))

    def change(place: int) -> Change:
        prediction = now[place]
        then = before.place_of(prediction.index)
        return Change(prediction, place + 1, before[then].score, then + 1)

    places = list(range(min(count, len(now))))
    best = now.place_of(before[0].index)
    return tuple(change(place) for place in dict.fromkeys([*places, best]))


def verdict(predictions: Ranking, true_class: int | None) -> str:
    """What the true class is and where it stands; "" where nobody knows it."""
    if true_class is None:
        return ""
    place = predictions.place_of(true_class)
    told = "right: it comes first" if place == 0 else f"it comes {ordinal(place + 1)}"
    return f"True class: {predictions[place].label} ({told})"


def ordinal(rank: int) -> str:
    """1 as "1st"."""
    teens = 10 <= rank % 100 <= 20
    return f"{rank:,}" + ("th" if teens else {1: "st", 2: "nd", 3: "rd"}.get(rank % 10, "th"))
