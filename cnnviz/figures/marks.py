"""Marks put in their places, and the room that words take."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace

from cnnviz.figures.scene import Mark, Picture, Point, Ruler, Shape, Text

ASCENT, DESCENT = 0.76, 0.22
"""How far letters reach above and below their baseline, in sizes of the font."""
LINE = 1.25
"""From one line to the next, in sizes of the font."""

Area = tuple[float, float, float, float]
"""Left, top, right and bottom."""


def text_area(text: Text, ruler: Ruler) -> Area:
    """The room that a text takes on its page."""
    wide = ruler(text.words, text.size, text.bold)
    shift = {"start": 0.0, "middle": -wide / 2, "end": -wide}[text.anchor]
    x, y = text.at
    up, down = ASCENT * text.size, DESCENT * text.size
    if text.upward:
        return (x - up, y - shift - wide, x + down, y - shift)
    return (x + shift, y - up, x + shift + wide, y + down)


def placed(marks: Iterable[Mark], by: Point, scale: float = 1.0) -> list[Mark]:
    """Marks enlarged about (0, 0) and then moved."""
    dx, dy = by

    def at(point: Point) -> Point:
        return (point[0] * scale + dx, point[1] * scale + dy)

    moved: list[Mark] = []
    for mark in marks:
        if isinstance(mark, Text):
            moved.append(replace(mark, at=at(mark.at), size=mark.size * scale))
        elif isinstance(mark, Shape):
            points = tuple(at(point) for point in mark.points)
            width, radius = mark.width * scale, mark.radius * scale
            moved.append(replace(mark, points=points, width=width, radius=radius))
        elif isinstance(mark, Picture):
            size = (mark.size[0] * scale, mark.size[1] * scale)
            moved.append(replace(mark, at=at(mark.at), size=size))
    return moved


def rectangle(left: float, top: float, width: float, height: float) -> tuple[Point, ...]:
    """The corners of a rectangle."""
    right, bottom = left + width, top + height
    return ((left, top), (right, top), (right, bottom), (left, bottom))


def wrapped(words: str, size: float, width: float, ruler: Ruler, bold: bool = False) -> list[str]:
    """Words as lines no wider than `width`, unless a single word is."""
    lines: list[str] = []
    for word in words.split():
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and ruler(longer, size, bold) <= width:
            lines[-1] = longer
        else:
            lines += _pieces(word, size, width, ruler, bold)
    return lines


def _pieces(word: str, size: float, width: float, ruler: Ruler, bold: bool) -> list[str]:
    """A word, cut where it is wider than a line: behind a mark if it has one, else anywhere."""
    if ruler(word, size, bold) <= width:
        return [word]
    pieces = [""]
    for part in re.findall(r"[^_/.:-]*[_/.:-]|[^_/.:-]+", word):
        if ruler(pieces[-1] + part, size, bold) <= width:
            pieces[-1] += part
            continue
        pieces.append("")
        for letter in part:
            if pieces[-1] and ruler(pieces[-1] + letter, size, bold) > width:
                pieces.append("")
            pieces[-1] += letter
    return [piece for piece in pieces if piece]


def joined_within(
    parts: Sequence[str], between: str, size: float, width: float, ruler: Ruler
) -> list[str]:
    """Parts joined to lines no wider than `width`, unless a single part is."""
    lines: list[str] = []
    for part in parts:
        longer = f"{lines[-1]}{between}{part}" if lines else part
        if lines and ruler(longer, size) <= width:
            lines[-1] = longer
        else:
            lines.append(part)
    return lines
