"""What a network answers: classes by rank, and how an answer differs from another one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cnnviz.requests import Auxiliary, Prediction, TrainingBatch


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
    predictions: tuple[Prediction, ...]
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


def ranked(
    scores: NDArray[np.floating], names: Sequence[str] | None
) -> tuple[Prediction, ...] | None:
    """All classes, best first.

    Args:
        scores: What an output of a model gives, with the batch axis.
        names: Of the classes; where nobody knows them they are numbered.

    Returns:
        None where the output is no list of classes.
    """
    if scores.ndim != 2 or scores.shape[0] != 1 or scores.shape[1] < 2:
        return None
    if names is not None and len(names) != scores.shape[1]:
        names = None
    order = np.argsort(-scores[0], kind="stable")  # NaN comes last
    return tuple(
        Prediction(int(i), names[i] if names else f"class {i}", float(scores[0, i])) for i in order
    )


def comparable(now: Answer, before: Answer) -> bool:
    """Whether two answers are about the same classes."""
    return {(p.index, p.label) for p in now.predictions} == {
        (p.index, p.label) for p in before.predictions
    }


def changes(now: Answer, before: Answer | None, count: int) -> tuple[Change, ...]:
    """The best classes, each beside what it was before.

    Args:
        now: What is shown.
        before: What it is compared with; None for nothing.
        count: How many classes.

    Returns:
        The best classes of now; then the best one of before, where it is not among them.
    """
    if before is None:
        return tuple(Change(p, rank) for rank, p in enumerate(now.predictions[:count], start=1))
    places = {p.index: (p.score, rank) for rank, p in enumerate(before.predictions, start=1)}
    everything = [
        Change(p, rank, *places[p.index]) for rank, p in enumerate(now.predictions, start=1)
    ]
    fallen = [change for change in everything[count:] if change.rank_before == 1]
    return tuple(everything[:count] + fallen)


def verdict(answer: Answer) -> str:
    """What the true class is and where it stands; "" where nobody knows it."""
    for rank, prediction in enumerate(answer.predictions, start=1):
        if prediction.index == answer.true_class:
            place = "right: it comes first" if rank == 1 else f"it comes {ordinal(rank)}"
            return f"True class: {prediction.label} ({place})"
    return ""


def ordinal(rank: int) -> str:
    """1 as "1st"."""
    teens = 10 <= rank % 100 <= 20
    return f"{rank:,}" + ("th" if teens else {1: "st", 2: "nd", 3: "rd"}.get(rank % 10, "th"))
