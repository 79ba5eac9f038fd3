"""The families that a figure may be lettered in, and what stands in where one is missing."""

from __future__ import annotations

from collections.abc import Sequence

_SANS = ("Helvetica", "Arial", "Liberation Sans", "DejaVu Sans")
_SERIF = ("Times New Roman", "Times", "Liberation Serif", "DejaVu Serif")

SERIFS = frozenset({"serif", *_SERIF, "Latin Modern Roman", "Palatino", "Garamond", "Georgia"})

CHOICES = (
    *("Helvetica", "Arial", "Times New Roman", "Palatino", "Georgia", "Verdana", "Calibri"),
    *("Lato", "Noto Sans", "Liberation Sans", "Liberation Serif", "DejaVu Sans", "DejaVu Serif"),
    *("Latin Modern Roman", "Latin Modern Sans"),
)
"""What is offered; a figure takes any family."""


def fallbacks(family: str) -> Sequence[str]:
    """The family and what follows it, the last of which everybody has."""
    rest = (*_SERIF, "serif") if family in SERIFS else (*_SANS, "sans-serif")
    first = () if family in ("serif", "sans-serif") else (family,)
    return tuple(dict.fromkeys((*first, *rest)))
