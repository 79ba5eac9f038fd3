"""A network as its papers draw it: one box a block, how often it is there, and arcs that skip."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from cnnviz.errors import UserError
from cnnviz.figures import words
from cnnviz.figures.cards import is_lit, main_kind, small_of
from cnnviz.figures.drawing import Drawing, Sheet, Subject, slimmer
from cnnviz.figures.flow import Columns, Tall, arranged
from cnnviz.figures.graph_style import folded_note, most_boxes, sizes_from, smaller_note
from cnnviz.figures.marks import ASCENT, LINE, joined_within, placed, rectangle, wrapped
from cnnviz.figures.nested import columns_note
from cnnviz.figures.rows import Row, flow_between, rows_of
from cnnviz.figures.scene import Mark, Point, Shape, Text
from cnnviz.figures.strands import told_once
from cnnviz.kinds import Kind
from cnnviz.outline import Level, Outline

_MOST_UNITS = 60
"""Networks with more units show blocks, unless asked."""
_MOST_LANES = 6
"""Arcs side by side that an eye can still follow."""
_MOST_CHAINS = 6
"""Strands that a box lists one by one."""


def draw_compact(subject: Subject, sheet: Sheet) -> Drawing:
    """Draw the list of blocks; where it is too long, of the next coarser parts."""
    return draw_list(subject, sheet, sheet.options.level or _usual_level(subject.outline))


def draw_list(subject: Subject, sheet: Sheet, wanted: Level) -> Drawing:
    """Draw the list of a network's parts; where it is too long, of the next coarser ones.

    Args:
        subject: The network.
        sheet: The paper.
        wanted: The detail to show.
    """
    for level in reversed([each for each in Level if each <= wanted]):
        for brief in (False, True):
            rows = rows_of(subject.outline, level, joined=brief or None)
            if len(rows) > max(most_boxes(sheet), 1):
                continue
            flow = flow_between(subject.graph, rows)
            arcs = _arcs(flow)
            if max(arcs.values(), default=-1) >= _MOST_LANES and level > Level.STAGE:
                continue
            for (slim, notes), size in itertools.product(slimmer(sheet), sizes_from(sheet.size)):
                listing = _Listing(subject, slim, rows, flow, arcs, size, brief)
                drawing = listing.drawing()
                if drawing is not None:
                    drawing = replace(drawing, notes=(*notes, *drawing.notes))
                    return _told(drawing, level, wanted, size, sheet)
    raise UserError(
        f"Not even one box of {subject.title} fits: choose a smaller font or a larger page."
    )


def _told(drawing: Drawing, level: Level, wanted: Level, size: float, sheet: Sheet) -> Drawing:
    notes = [*drawing.notes]
    strain = 10 * (wanted - level) + len(notes)
    if level < wanted:
        notes.insert(0, folded_note(level, wanted))
    if size < sheet.size - 0.01:
        notes.append(smaller_note(size, sheet))
        strain += 1
    return replace(drawing, notes=tuple(notes), strain=strain)


def _usual_level(outline: Outline) -> Level:
    """Every layer of a small network without branches; otherwise blocks."""
    rows = rows_of(outline, Level.UNIT)
    if len(rows) > _MOST_UNITS or _arcs(flow_between(outline.graph, rows)):
        return Level.BLOCK
    return Level.UNIT


def _arcs(flow: Sequence[tuple[int, int]]) -> dict[tuple[int, int], int]:
    """The lane of each connection that skips a row; short ones run inside."""
    lanes: dict[tuple[int, int], int] = {}
    for arc in sorted((a for a in flow if a[1] > a[0] + 1), key=lambda a: (a[1] - a[0], a)):
        taken = {lane for (a, b), lane in lanes.items() if a < arc[1] and arc[0] < b}
        lanes[arc] = next(lane for lane in itertools.count() if lane not in taken)
    return lanes


@dataclass(frozen=True)
class _Told:
    """What a row says, and where its columns end."""

    name: str
    lines: tuple[str, ...]
    times: str
    shape: str
    numbers: str


class _Listing:
    def __init__(
        self,
        subject: Subject,
        sheet: Sheet,
        rows: Sequence[Row],
        flow: Sequence[tuple[int, int]],
        arcs: dict[tuple[int, int], int],
        size: float,
        brief: bool,
    ) -> None:
        self.subject = subject
        self.sheet = sheet
        self.rows = rows
        self.flow = flow
        self.arcs = arcs
        self.size = size
        self.small = small_of(size)
        self.pad = 0.5 * size
        self.lane = 0.9 * size
        self.apart = 0.9 * size
        options, ruler, small = sheet.options, sheet.ruler, self.small
        names = [options.words(row.part.key, row.label) for row in rows]
        times = [words.times(row.times) for row in rows]
        shapes = [self._shape(row) for row in rows]
        numbers = [self._numbers(row) for row in rows]
        self.names_wide = min(self._widest(names), 0.4 * sheet.width)
        self.times_wide = max((ruler(t, size, True) for t in times), default=0.0)
        skips = any(row.strands.shortcut != "none" for row in rows)
        self.lanes = max(arcs.values(), default=-1) + 1
        self.arcs_wide = (self.lanes + skips) * self.lane + 0.3 * size
        self.shapes_wide, self.numbers_wide = self._widest(shapes), self._widest(numbers)
        around = self.names_wide + self.arcs_wide
        for wide in (self.times_wide, self.shapes_wide, self.numbers_wide):
            around += wide + self.apart if wide else 0.0
        most = sheet.width - around - 3 * self.pad
        self.fits = most > 6 * small
        boxes = [self._lines(row, brief, max(most, 6 * small)) for row in rows]
        self.told = [
            _Told(*each) for each in zip(names, boxes, times, shapes, numbers, strict=True)
        ]
        self.box_wide = 2 * self.pad + max(
            (ruler(line, small) for box in boxes for line in box), default=0.0
        )

    def _widest(self, texts: Sequence[str]) -> float:
        return max((self.sheet.ruler(text, self.small) for text in texts), default=0.0)

    def _shape(self, row: Row) -> str:
        if not self.sheet.options.shapes:
            return ""
        usual = words.shape(self.subject.graph.by_name[row.nodes[-1]].output_shape)
        return self.sheet.options.words(f"{row.part.key}#shape", usual)

    def _numbers(self, row: Row) -> str:
        options = self.sheet.options
        whole = replace(row.part, nodes=row.nodes)
        told = words.numbers(
            whole,
            self.subject.costs,
            self.subject.fields,
            params=options.params,
            macs=options.macs,
            seen=options.fields,
        )
        return options.words(f"{row.part.key}#numbers", " · ".join(told)) if told else ""

    def _lines(self, row: Row, brief: bool, most: float) -> tuple[str, ...]:
        """What a box says."""
        ruler, small = self.sheet.ruler, self.small
        label = f"{row.part.key}#what"
        if label in self.sheet.options.labels:
            return tuple(wrapped(self.sheet.options.labels[label], small, most, ruler))
        return tuple(box_lines(row, self.subject, brief, small, most, self.sheet))

    def drawing(self) -> Drawing | None:
        if not self.fits:
            return None
        size, pad = self.size, self.pad
        left = self.names_wide + pad
        middle = left + self.box_wide / 2
        right = left + self.box_wide
        marks: list[list[Mark]] = []
        blocks, tops, bottoms = [], [], []
        y = 0.0
        for i, (row, told) in enumerate(zip(self.rows, self.told, strict=True)):
            if i:
                skips = "none" not in (row.strands.shortcut, self.rows[i - 1].strands.shortcut)
                some = row.strands.shortcut != self.rows[i - 1].strands.shortcut
                y += size * (2.3 if skips else 1.8 if some else 1.25)
            lines = max(len(told.lines), len(self._names(told)), 1)
            high = lines * self.small * LINE + pad
            marks.append(self._row(row, told, left, y, high))
            tops.append(y)
            bottoms.append(y + high)
            y += high
        wide = self._width(right)
        blocks = [(0.0, top, wide, low) for top, low in zip(tops, bottoms, strict=True)]
        routes = []
        for a, b in self.flow:
            if (a, b) in self.arcs:
                routes.append(self._arc(a, b, right, tops, bottoms))
            else:
                routes.append(np.array([(middle, bottoms[a]), (middle, tops[b])]))
        tall = Tall(np.array(blocks).reshape(-1, 4), np.zeros((0, 4)), tuple(routes))
        columns = arranged(tall, self.sheet.width, self.sheet.height, 0.8 * size, 0.0)
        if columns is None:
            return None
        return self._put(columns, marks, middle, right, tops, bottoms)

    def _names(self, told: _Told) -> list[str]:
        return wrapped(told.name, self.small, self.names_wide + 0.01, self.sheet.ruler)

    def _width(self, right: float) -> float:
        """Of a whole row, whose box ends at `right`."""
        wide = right + self.arcs_wide
        for each in (self.times_wide, self.shapes_wide, self.numbers_wide):
            wide += each + self.apart if each else 0.0
        return wide

    def _arc(
        self,
        a: int,
        b: int,
        right: float,
        tops: Sequence[float],
        bottoms: Sequence[float],
    ) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
        """A line round the rows between two that are not neighbours."""
        leaving = sorted(arc for arc in self.arcs if arc[0] == a)
        coming = sorted((arc for arc in self.arcs if arc[1] == b), reverse=True)
        out = bottoms[a] - (bottoms[a] - tops[a]) * 0.5 * (
            (leaving.index((a, b)) + 1) / (len(leaving) + 1)
        )
        into = tops[b] + (bottoms[b] - tops[b]) * 0.5 * (
            (coming.index((a, b)) + 1) / (len(coming) + 1)
        )
        skips = any(row.strands.shortcut != "none" for row in self.rows)
        x = right + self.lane * (self.arcs[a, b] + 1 + skips)
        return np.array([(right, out), (x, out), (x, into), (right, into)])

    def _row(self, row: Row, told: _Told, left: float, top: float, high: float) -> list[Mark]:
        sheet, small, key = self.sheet, self.small, row.part.key
        palette = sheet.palette
        lit = is_lit(row.part, sheet)
        colours = palette.kinds[main_kind(row.part, self.subject)]
        marks: list[Mark] = [
            Shape(
                points=rectangle(left, top, self.box_wide, high),
                fill=palette.soft_accent if lit else colours.soft,
                stroke=palette.accent if lit else colours.line,
                width=1.5 if lit else 0.6,
                radius=0.3 * self.size,
                part=key,
            )
        ]
        y = top + (high - len(told.lines) * small * LINE) / 2
        for line in told.lines:
            at = (left + self.box_wide / 2, y + small * (LINE / 2 + ASCENT / 2 - 0.04))
            marks.append(
                Text(at, line, small, palette.text, "middle", part=key, label=f"{key}#what")
            )
            y += small * LINE
        baseline = top + high / 2 + small * (ASCENT / 2 - 0.04)
        names = self._names(told)
        first = baseline - small * LINE * (len(names) - 1) / 2
        for i, name in enumerate(names):
            at = (self.names_wide, first + small * LINE * i)
            marks.append(Text(at, name, small, palette.muted, "end", part=key, label=key))
        x = left + self.box_wide + self.arcs_wide
        if self.times_wide:
            x += self.apart + self.times_wide
            if told.times:
                where = top + high / 2 + self.size * (ASCENT / 2 - 0.04)
                marks.append(
                    Text((x, where), told.times, self.size, palette.text, "end", True, part=key)
                )
        for text, wide, label in (
            (told.shape, self.shapes_wide, "shape"),
            (told.numbers, self.numbers_wide, "numbers"),
        ):
            if wide:
                x += self.apart
                if text:
                    name = f"{key}#{label}"
                    marks.append(
                        Text((x, baseline), text, small, palette.muted, part=key, label=name)
                    )
                x += wide
        return marks

    def _put(
        self,
        columns: Columns,
        rows: Sequence[Sequence[Mark]],
        middle: float,
        right: float,
        tops: Sequence[float],
        bottoms: Sequence[float],
    ) -> Drawing:
        edge, size = self.sheet.palette.edge, self.size
        marks: list[Mark] = [
            Shape(route, stroke=edge, width=0.8, closed=False, radius=0.6 * size, arrow=True)
            for route in columns.routes
        ]
        for i, (row, inside, move) in enumerate(zip(self.rows, rows, columns.moves, strict=True)):
            marks += placed(inside, move)
            if row.strands.shortcut != "none":
                way = self._skip(i, middle, right, tops[i], bottoms[i])
                marks += placed(
                    [
                        Shape(
                            way,
                            stroke=edge,
                            width=0.8,
                            closed=False,
                            radius=0.6 * size,
                            dashed=row.strands.shortcut == "projection",
                            arrow=True,
                            part=row.part.key,
                        )
                    ],
                    move,
                )
        return Drawing(
            marks=tuple(marks),
            width=columns.width,
            height=columns.height,
            kinds=frozenset(self.kinds()),
            notes=columns_note(columns),
            caption=self._caption(),
        )

    def _skip(
        self, row: int, middle: float, right: float, top: float, bottom: float
    ) -> tuple[Point, ...]:
        """The arc of a residual block, from the line above it to the line below."""
        x, step = right + self.lane, 0.62 * self.size
        return (
            (middle, top - step),
            (x, top - step),
            (x, bottom + step),
            (middle, bottom + step),
        )

    def kinds(self) -> list[Kind]:
        return [main_kind(row.part, self.subject) for row in self.rows]

    def _caption(self) -> str:
        told = []
        if any(row.times > 1 for row in self.rows):
            told.append("×N stands for N such blocks in a row.")
        shortcuts = {row.strands.shortcut for row in self.rows}
        if "projection" in shortcuts:
            told.append("Arcs are shortcuts, dashed where a convolution projects them.")
        elif "identity" in shortcuts:
            told.append("Arcs are shortcuts.")
        return " ".join(told)


def box_lines(
    row: Row, subject: Subject, brief: bool, size: float, most: float, sheet: Sheet
) -> list[str]:
    """The kernels of a row as lines of at most a width, a strand a line.

    Args:
        row: The row.
        subject: The network.
        brief: All kernels in one list.
        size: Of the letters.
        most: Width of a line in points, which a single word may exceed.
        sheet: With the ruler.
    """
    strands = row.strands
    if row.times > 1:
        strands = strands.without_strides()
    chains = strands.chains
    if not chains:
        nodes = [subject.graph.by_name[name] for name in row.nodes]
        told = list(dict.fromkeys(words.brief(node) for node in nodes))
        return joined_within(told, ", ", size, most, sheet.ruler)
    if brief or len(chains) > _MOST_CHAINS:
        summary = strands.summary()
        return joined_within(summary.split(", "), ", ", size, most, sheet.ruler)
    lines: list[str] = []
    for chain in chains:
        first, *more = joined_within(
            told_once(chain, alone=len(chains) == 1), " → ", size, most, sheet.ruler
        )
        lines += [first, *(f"→ {line}" for line in more)]
    return lines
