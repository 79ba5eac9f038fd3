"""What a network costs along its depth: bars for parameters, multiply-adds and activations."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from cnnviz.costs import Cost
from cnnviz.errors import UserError
from cnnviz.figures import words
from cnnviz.figures.cards import is_lit, main_kind, small_of
from cnnviz.figures.drawing import Drawing, Sheet, Subject
from cnnviz.figures.graph_style import folded_note
from cnnviz.figures.marks import ASCENT, LINE, rectangle
from cnnviz.figures.rows import members
from cnnviz.figures.scene import Mark, Shape, Text
from cnnviz.figures.style import SMALLEST_TEXT
from cnnviz.outline import Level, Part
from cnnviz.tables import bytes_text

_BAR = 0.72
"""Share of its place that a bar takes."""
_WIDEST_BAR = 4.0
"""Sizes of the font: a network of few parts does not get bars like boxes."""
_TRAILING = re.compile(r"\.0+(?= )")
_FLAT = 0.24
"""Height of a panel, in widths of the page."""
_LOWEST = 3.5
"""Height of a panel, at least, in sizes of the font."""


@dataclass(frozen=True)
class _Panel:
    """One row of bars.

    Attributes:
        title: What it shows.
        value: Of a node.
        text: How a value reads.
        binary: Its units are powers of 1,024.
    """

    title: str
    value: Callable[[Cost], int]
    text: Callable[[int], str]
    binary: bool = False


_PANELS = (
    _Panel("Parameters", lambda cost: cost.params, words.count),
    _Panel("MACs", lambda cost: cost.macs, words.count),
    _Panel("Activations", lambda cost: cost.activation_bytes, bytes_text, binary=True),
)


def draw_costs(subject: Subject, sheet: Sheet) -> Drawing:
    """Draw the bars of the finest parts whose names have room."""
    wanted = sheet.options.level
    for level, parts in _choices(subject, wanted or Level.UNIT):
        drawing = _Strip(subject, sheet, parts).drawing()
        if drawing is None:
            continue
        strain, notes = 0, drawing.notes
        if wanted is not None and level < wanted:
            notes = (folded_note(level, wanted), *notes)
            strain = 10 * (wanted - level)
        return replace(drawing, notes=notes, strain=strain or 2 * (Level.UNIT - level))
    raise UserError(
        f"Not even one bar of {subject.title} fits: choose a smaller font or a larger page."
    )


def _choices(subject: Subject, wanted: Level) -> Iterator[tuple[Level, list[Part]]]:
    """Parts to show, finest first; runs of blocks are taken apart if there is room."""
    root = subject.outline.root
    for level in reversed([each for each in Level if each <= wanted]):
        if level in (Level.STAGE, Level.NETWORK):
            yield level, list(root.parts if level else ()) or [root]
            continue
        yield level, [part for outer in root.parts or (root,) for part in members(outer, level)]
        if level is Level.BLOCK:
            view = subject.outline.view(subject.outline.open_at(level))
            yield level, list(view.parts)


class _Strip:
    def __init__(self, subject: Subject, sheet: Sheet, parts: list[Part]) -> None:
        self.subject = subject
        self.sheet = sheet
        self.parts = parts
        self.size = sheet.size
        self.axis = 0.0
        for panel in _PANELS:
            ticks = [text for _, text in self._ticks(panel)]
            wide = max(sheet.ruler(text, small_of(self.size)) for text in ticks)
            self.axis = max(self.axis, wide + 0.6 * self.size)

    def _values(self, panel: _Panel) -> list[int]:
        by_name = self.subject.costs.by_name
        return [sum(panel.value(by_name[name]) for name in part.nodes) for part in self.parts]

    def _ticks(self, panel: _Panel) -> list[tuple[int, str]]:
        """Round values from 0 to beyond the largest."""
        most = max(self._values(panel))
        if most <= 0:
            return [(0, "0")]
        unit = 1024 ** int(math.log(most, 1024)) if panel.binary else 1
        step = max(_round_step(most / unit / 4) * unit, 1)
        values = [round(step * i) for i in range(math.ceil(most / step) + 1)]
        return [(value, _TRAILING.sub("", panel.text(value)) if value else "0") for value in values]

    def drawing(self) -> Drawing | None:
        options, ruler = self.sheet.options, self.sheet.ruler
        width = self.sheet.width - self.axis
        place = min(width / len(self.parts), _WIDEST_BAR * self.size)
        letters = min(small_of(self.size), place / LINE)
        if letters < SMALLEST_TEXT:
            return None
        names = [
            f"{options.words(part.key, part.label)} {words.times(part.times)}".strip()
            for part in self.parts
        ]
        deep = max(ruler(name, letters) for name in names)
        above = 2.2 * self.size
        room = self.sheet.height - deep - self.size - len(_PANELS) * above
        high = min(room / len(_PANELS), _FLAT * self.sheet.width)
        if high < _LOWEST * self.size:
            return None
        marks: list[Mark] = []
        y = 0.0
        for panel in _PANELS:
            y += above
            self._panel(marks, panel, y, high, place)
            y += high
        for i, (part, name) in enumerate(zip(self.parts, names, strict=True)):
            x = self.axis + (i + 0.5) * place + letters * (ASCENT / 2 - 0.04)
            marks.append(
                Text(
                    at=(x, y + 0.6 * self.size),
                    words=name,
                    size=letters,
                    colour=self.sheet.palette.text,
                    anchor="end",
                    upward=True,
                    part=part.key,
                    label=part.key,
                )
            )
        return Drawing(
            marks=tuple(marks),
            width=self.axis + place * len(self.parts),
            height=y + 0.6 * self.size + deep,
            kinds=frozenset(main_kind(part, self.subject) for part in self.parts),
            caption="Bars stand in the order of the network; activations are for one image.",
        )

    def _panel(
        self, marks: list[Mark], panel: _Panel, top: float, high: float, place: float
    ) -> None:
        """Bars over a base line, with round values at the side."""
        palette, small = self.sheet.palette, small_of(self.size)
        values, ticks = self._values(panel), self._ticks(panel)
        most, base = max(ticks[-1][0], 1), top + high
        right = self.axis + place * len(self.parts)
        title = self.sheet.options.words(f"panel/{panel.title}", panel.title)
        marks.append(
            Text(
                at=(self.axis, top - 0.6 * self.size),
                words=title,
                size=self.size,
                colour=palette.text,
                bold=True,
                label=f"panel/{panel.title}",
            )
        )
        for value, text in ticks:
            y = base - high * value / most
            line = ((self.axis, y), (right, y))
            stroke = palette.border if value else palette.text
            marks.append(Shape(line, stroke=stroke, width=0.4, closed=False))
            at = (self.axis - 0.4 * self.size, y + small * (ASCENT / 2 - 0.04))
            marks.append(Text(at, text, small, palette.muted, "end"))
        for i, (part, value) in enumerate(zip(self.parts, values, strict=True)):
            if value <= 0:
                continue
            lit = is_lit(part, self.sheet)
            colours = palette.kinds[main_kind(part, self.subject)]
            tall = max(high * value / most, 0.4)
            wide = place * _BAR
            left = self.axis + i * place + (place - wide) / 2
            marks.append(
                Shape(
                    points=rectangle(left, base - tall, wide, tall),
                    fill=palette.accent if lit else colours.fill,
                    part=part.key,
                )
            )


def _round_step(least: float) -> float:
    """1, 2 or 5 times a power of ten, not less than this."""
    power = 10.0 ** math.floor(math.log10(least))
    return next(step * power for step in (1, 2, 5, 10) if step * power >= least * 0.999)
