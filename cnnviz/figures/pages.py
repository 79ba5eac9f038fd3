"""The sheets that a figure is made for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

PageName = Literal["a4", "letter", "column", "columns", "slide", "poster"]
Orientation = Literal["auto", "portrait", "landscape"]

MILLIMETRE = 72 / 25.4
"""In points."""


@dataclass(frozen=True, slots=True)
class Page:
    """A sheet, upright if it is one that can be turned.

    Attributes:
        title: What to call it.
        width: In points.
        height: In points; the most that a figure may take where `grows`.
        margin: Usual room around the figure, in points.
        text: Usual size of the letters, in points.
        grows: The figure stands in the column of a paper: it takes the height that it needs, up to
            the column's.
        turns: It can be used upright or lying.
    """

    title: str
    width: float
    height: float
    margin: float
    text: float
    grows: bool = False
    turns: bool = True


def _page(
    title: str, width: float, height: float, margin: float, text: float, **more: bool
) -> Page:
    """A page from millimetres."""
    return Page(title, width * MILLIMETRE, height * MILLIMETRE, margin * MILLIMETRE, text, **more)


PAGES: Mapping[PageName, Page] = MappingProxyType(
    {
        "a4": _page("A4", 210.0, 297.0, 14.0, 8.0),
        "letter": _page("US letter", 215.9, 279.4, 14.0, 8.0),
        "column": _page("One column, 84 mm", 84.0, 234.0, 1.0, 7.0, grows=True, turns=False),
        "columns": _page("Two columns, 174 mm", 174.0, 234.0, 1.0, 7.0, grows=True, turns=False),
        "slide": _page("Slide 16:9", 338.667, 190.5, 10.0, 12.0, turns=False),
        "poster": _page("Poster A0", 841.0, 1189.0, 40.0, 24.0),
    }
)
