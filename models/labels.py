"""Names of the classes that networks tell apart."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

from models.registry import Architecture
from models.weights import ASSETS


def class_names(entry: Architecture, classes: int) -> tuple[str, ...] | None:
    """One name a class, in the order of the output.

    Args:
        entry: The architecture. Those of 1,000 classes are for ImageNet, of 10 for digits.
        classes: How many it was built with.

    Returns:
        None where the number of classes is not the paper's: then nobody knows what they mean.
    """
    known: dict[int, Callable[[], tuple[str, ...]]] = {1000: imagenet, 10: digits}
    if classes != entry.classes or classes not in known:
        return None
    return known[classes]()


@cache
def imagenet() -> tuple[str, ...]:
    """The 1,000 classes of ImageNet's competition, in short English words."""
    text = (ASSETS / "imagenet_classes.txt").read_text(encoding="utf-8")
    return tuple(text.splitlines())


def digits() -> tuple[str, ...]:
    """0 to 9."""
    return tuple("0123456789")
