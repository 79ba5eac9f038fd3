"""The boxes of a figure: what is written on a part of a network, and how much room that takes."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from cnnviz.figures import words
from cnnviz.figures.drawing import Sheet, Subject
from cnnviz.figures.marks import ASCENT, LINE, joined_within, rectangle, wrapped
from cnnviz.figures.scene import Colour, Mark, Picture, Shape, Text
from cnnviz.figures.strands import strands_of, told_once
from cnnviz.figures.style import SMALLEST_TEXT
from cnnviz.kinds import Kind, kind_of
from cnnviz.outline import Level, Part
from cnnviz.units import head_of

First = Literal["name", "what"]
"""What a card leads with: the part's name, or what it does."""

_PAD = 0.55
"""Around the words of a card, in sizes of the font."""
_WIDEST = 0.6
"""Share of the sheet that a line may take, at most."""
_DOT = " · "
_LONGEST = 40
"""Letters: kernels in a row that take more are only counted."""
_CALLED = {
    "residual": "residual block",
    "dense layer": "dense layer",
    "gated": "gated block",
    "separable": "separable pair",
    "cell": "cell",
    "auxiliary": "side output",
}


@dataclass(frozen=True)
class Line:
    """One line on a card.

    Attributes:
        words: What it says.
        size: In points.
        label: Under which its words may be replaced.
        bold: Heavy letters.
        muted: In the quieter ink.
    """

    words: str
    size: float
    label: str
    bold: bool = False
    muted: bool = False


@dataclass(frozen=True, eq=False)
class Card:
    """A box, before it has a place.

    Attributes:
        part: What it stands for.
        kind: Its colour.
        lines: What is written on it.
        badge: How often the part stands there; "" for once.
        width: In points.
        height: In points.
        lit: It stands out.
        picture: Pixels of a feature map beside the words.
        side: Of that picture, in points.
    """

    part: Part
    kind: Kind
    lines: tuple[Line, ...]
    badge: str
    width: float
    height: float
    lit: bool = False
    picture: NDArray[np.uint8] | None = None
    side: float = 0.0


def small_of(size: float) -> float:
    """Size of what explains, beside words of `size`."""
    return max(SMALLEST_TEXT, size * 0.85)


def is_lit(part: Part, sheet: Sheet) -> bool:
    """Whether a part, or something inside it that is not seen, is to stand out."""
    chosen = sheet.options.highlighted
    return bool(chosen) and any(inner.key in chosen for inner in part.walk())


def main_kind(part: Part, subject: Subject) -> Kind:
    """The kind that does most of a part's work."""
    graph = subject.graph
    work: Counter[Kind] = Counter()
    for name in part.nodes:
        work[kind_of(graph.by_name[name])] += subject.costs.by_name[name].macs
    if work.total():
        return work.most_common(1)[0][0]
    return kind_of(head_of(graph, part.nodes))


def what_of(part: Part, subject: Subject) -> tuple[str, str]:
    """What a part does, and what goes with it: ("3×3 conv, 64", "BN, ReLU")."""
    graph = subject.graph
    if not part.parts:
        return words.operation(graph.by_name[part.nodes[0]]), ""
    if part.level is Level.UNIT:
        return words.unit(graph, part.nodes)
    inner = part.parts[0] if part.role == "run" else part
    if inner.role in _CALLED:
        return _CALLED[inner.role], ""
    chains = strands_of(graph, inner).chains
    if len(chains) == 1:
        told = " → ".join(told_once(chains[0], alone=True))
        if len(told) <= _LONGEST:
            return told, ""
    if inner.role == "branches":
        return words.many(len(chains), "branch"), ""
    return words.many(len(inner.nodes), "operation"), ""


def card_of(
    part: Part,
    subject: Subject,
    sheet: Sheet,
    size: float,
    first: First = "name",
    most: float = math.inf,
) -> Card:
    """What is written on a part's box.

    Args:
        part: The part.
        subject: The network.
        sheet: What the user chose, and the ruler.
        size: Of the leading line, in points.
        first: Which line leads.
        most: Width of a line, in points, beyond which it is broken.
    """
    options, key, small = sheet.options, part.key, small_of(size)
    what, around = what_of(part, subject)
    shape = words.shape(subject.graph.by_name[part.nodes[-1]].output_shape)
    told = {
        "name": part.label,
        "what": what,
        "around": around,
        "shape": shape if options.shapes else "",
    }
    order: tuple[str, ...]
    if first == "name":
        if what == part.label:
            told["what"] = what = ""
        told["what"] = _DOT.join(filter(None, [what, told.pop("shape")]))
        del told["around"]
        order = ("name", "what")
    else:
        order = ("what", "around", "name", "shape")
    lines = [
        Line(
            words=options.words(label, told[each]),
            size=size if each == order[0] else small,
            label=label,
            bold=each == order[0],
            muted=each not in (order[0], "around"),
        )
        for each, label in ((each, key if each == "name" else f"{key}#{each}") for each in order)
        if told[each]
    ]
    numbers = words.numbers(
        part,
        subject.costs,
        subject.fields,
        params=options.params,
        macs=options.macs,
        seen=options.fields,
    )
    if numbers:
        label = f"{key}#numbers"
        lines.append(Line(options.words(label, _DOT.join(numbers)), small, label, muted=True))
    most = min(most, _WIDEST * sheet.width)
    lines = [piece for line in lines for piece in _within(line, sheet, most)]
    badge = words.times(part.times)
    ruler, pad = sheet.ruler, _PAD * size
    wide = max(ruler(line.words, line.size, line.bold) for line in lines)
    if badge:
        lead = ruler(lines[0].words, size, True) + ruler(badge, size, True) + 0.6 * size
        wide = max(wide, lead)
    high = sum(line.size * LINE for line in lines) + 2 * pad * 0.7
    picture = subject.thumbnails.get(part.nodes[-1]) if options.thumbnails else None
    side = max(high - pad, 3 * size) if picture is not None else 0.0
    return Card(
        part=part,
        kind=main_kind(part, subject),
        lines=tuple(lines),
        badge=badge,
        width=wide + 2 * pad + (side + pad * 0.5 if side else 0.0),
        height=max(high, side + pad),
        lit=is_lit(part, sheet),
        picture=picture,
        side=side,
    )


def _within(line: Line, sheet: Sheet, most: float) -> list[Line]:
    """A line as lines that are no wider than this."""
    if sheet.ruler(line.words, line.size, line.bold) <= most:
        return [line]
    clauses = joined_within(line.words.split(_DOT), _DOT, line.size, most, sheet.ruler)
    pieces = [
        piece
        for clause in clauses
        for piece in wrapped(clause, line.size, most, sheet.ruler, line.bold)
    ]
    return [replace(line, words=piece) for piece in pieces]


def card_marks(
    card: Card, sheet: Sheet, left: float, top: float, size: float, middle: bool = False
) -> list[Mark]:
    """A card in its place.

    Args:
        card: What to draw.
        sheet: Its colours.
        left: Of the box.
        top: Of the box.
        size: Of its leading line, as `card_of` got it.
        middle: The words stand in the middle.
    """
    key = card.part.key
    fill, stroke = card_colours(card, sheet)
    marks: list[Mark] = [
        Shape(
            points=rectangle(left, top, card.width, card.height),
            fill=fill,
            stroke=stroke,
            width=1.5 if card.lit else 0.6,
            radius=0.3 * size,
            part=key,
        )
    ]
    pad = _PAD * size
    x, right = left + pad, left + card.width - pad
    if card.picture is not None:
        high, wide = card.picture.shape[:2]
        scale = card.side / max(high, wide)
        extent = (wide * scale, high * scale)
        at = (
            right - card.side + (card.side - extent[0]) / 2,
            top + (card.height - extent[1]) / 2,
        )
        marks.append(Picture(at, extent, card.picture, part=key))
        right -= card.side + pad * 0.5
    y = top + (card.height - sum(line.size * LINE for line in card.lines)) / 2
    for i, line in enumerate(card.lines):
        ink: Colour = sheet.palette.muted if line.muted else sheet.palette.text
        baseline = y + line.size * (LINE / 2 + ASCENT / 2 - 0.04)
        marks.append(
            Text(
                at=((x + right) / 2 if middle else x, baseline),
                words=line.words,
                size=line.size,
                colour=ink,
                anchor="middle" if middle else "start",
                bold=line.bold,
                part=key,
                label=line.label,
            )
        )
        if i == 0 and card.badge:
            marks.append(Text((right, baseline), card.badge, line.size, ink, "end", True, part=key))
        y += line.size * LINE
    return marks


def card_colours(card: Card, sheet: Sheet) -> tuple[Colour, Colour]:
    """Ground and outline of a card."""
    if card.lit:
        return sheet.palette.soft_accent, sheet.palette.accent
    colours = sheet.palette.kinds[card.kind]
    return colours.soft, colours.line
