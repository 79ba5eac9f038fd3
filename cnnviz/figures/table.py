"""A network as the table of its paper: sizes, kernels in brackets, and how often they repeat."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, replace

from cnnviz.errors import UserError
from cnnviz.figures import words
from cnnviz.figures.cards import is_lit, small_of
from cnnviz.figures.compact import box_lines
from cnnviz.figures.drawing import Drawing, Sheet, Subject, slimmer
from cnnviz.figures.graph_style import folded_note, most_boxes, sizes_from, smaller_note
from cnnviz.figures.marks import ASCENT, LINE, placed, rectangle, wrapped
from cnnviz.figures.rows import Row, rows_of
from cnnviz.figures.scene import Anchor, Mark, Shape, Text
from cnnviz.figures.strands import told_once
from cnnviz.outline import Level


def draw_table(subject: Subject, sheet: Sheet) -> Drawing:
    """Draw the table; where it is too long, of the next coarser parts."""
    wanted = sheet.options.level or Level.BLOCK
    for level in reversed([each for each in Level if each <= wanted]):
        rows = rows_of(subject.outline, level)
        if len(rows) > max(most_boxes(sheet), 1):
            continue
        for (slim, left_out), brief in itertools.product(slimmer(sheet), (False, True)):
            for size in sizes_from(sheet.size):
                drawing = _Table(subject, slim, rows, size, brief).drawing()
                if drawing is None:
                    continue
                notes = [*left_out, *drawing.notes]
                strain = 10 * (wanted - level) + 3 * len(left_out) + len(notes) + brief
                if level < wanted:
                    notes.insert(0, folded_note(level, wanted))
                if size < sheet.size - 0.01:
                    notes.append(smaller_note(size, sheet))
                    strain += 1
                return replace(drawing, notes=tuple(notes), strain=strain)
    raise UserError(
        f"Not even one row of {subject.title} fits: choose a smaller font or a larger page."
    )


@dataclass(frozen=True)
class _Column:
    """A column of the table but the one with the kernels.

    Attributes:
        key: What it is.
        head: What it is called.
        cells: Of all rows.
        label: Of a cell, after the part's key.
        anchor: Where its words stand.
        wide: In points.
    """

    key: str
    head: str
    cells: tuple[str, ...]
    label: str
    anchor: Anchor
    wide: float


class _Table:
    def __init__(
        self, subject: Subject, sheet: Sheet, rows: Sequence[Row], size: float, brief: bool
    ) -> None:
        self.subject = subject
        self.sheet = sheet
        self.rows = rows
        self.size = size
        self.small = small_of(size)
        self.gap = 1.6 * size
        self.before, self.behind = self._columns()
        taken = sum(column.wide + self.gap for column in (*self.before, *self.behind))
        self.bracket = 0.5 * size
        self.times_wide = sheet.ruler("×000", self.small, True)
        most = sheet.width - taken - 2 * self.bracket - self.times_wide - self.gap
        self.fits = most > 8 * size
        head = sheet.options.words("column/kernels", "kernels")
        self.kernels_head = wrapped(head, self.small, max(most, 8 * size), sheet.ruler, bold=True)
        most = max(most, 8 * size)
        self.lines = [self._lines(row, brief, most) for row in rows]
        self.kernels_wide = max(
            0.0,
            *(sheet.ruler(line, self.small, True) for line in self.kernels_head),
            *(sheet.ruler(line, self.small) for lines in self.lines for line in lines),
            sheet.ruler(self._total_words(), self.small, True) - self.times_wide,
        )

    def _columns(self) -> tuple[list[_Column], list[_Column]]:
        """What stands before the kernels, and behind them."""
        options, subject = self.sheet.options, self.subject
        graph = subject.graph
        before = [self._column("layer", [row.label for row in self.rows], "", "start")]
        behind = []
        if options.shapes:
            shapes = [words.shape(graph.by_name[row.nodes[-1]].output_shape) for row in self.rows]
            before.append(self._column("output", shapes, "shape", "start"))
        wholes = [replace(row.part, nodes=row.nodes) for row in self.rows]
        if options.params:
            params = [words.params_of(whole, subject.costs) for whole in wholes]
            told = [words.count(number) if number else "–" for number in params]
            behind.append(self._column("params", told, "params", "end"))
        if options.macs:
            told = [words.macs_of(whole, subject.costs) or "–" for whole in wholes]
            behind.append(self._column("MACs", told, "macs", "end"))
        if options.fields:
            seen = [words.field(subject.fields.get(row.nodes[-1])) or "–" for row in self.rows]
            behind.append(self._column("receptive field", seen, "field", "end"))
        return before, behind

    def _column(self, head: str, cells: Sequence[str], label: str, anchor: Anchor) -> _Column:
        options, ruler = self.sheet.options, self.sheet.ruler
        told = tuple(
            options.words(_cell_label(row, label), cell)
            for row, cell in zip(self.rows, cells, strict=True)
        )
        called = options.words(f"column/{head}", head)
        wide = max([ruler(called, self.small, True), *(ruler(cell, self.small) for cell in told)])
        # Cells may take several lines, but a word is not broken for that.
        word = max(ruler(each, self.small) for cell in told for each in cell.split() or [""])
        most = max(0.25 * self.sheet.width, min(word, 0.45 * self.sheet.width))
        return _Column(head, called, told, label, anchor, min(wide, most))

    def _lines(self, row: Row, brief: bool, most: float) -> tuple[str, ...]:
        label = f"{row.part.key}#what"
        if label in self.sheet.options.labels:
            told = self.sheet.options.labels[label]
            return tuple(wrapped(told, self.small, most, self.sheet.ruler))
        chains = row.strands.chains
        if not brief and len(chains) == 1 and row.times > 1:
            # As in the ResNet paper: a kernel a line, in one bracket.
            strands = row.strands.without_strides()
            return tuple(told_once(strands.chains[0], alone=True))
        return tuple(box_lines(row, self.subject, brief, self.small, most, self.sheet))

    def drawing(self) -> Drawing | None:
        """The table, in as few columns beside each other as its rows need."""
        if not self.fits:
            return None
        heights = [self._height(i) for i in range(len(self.rows))]
        head, total = self._head_height(), self._total_height()
        room = self.sheet.height - head - total
        if max(heights) > room:
            return None
        wide, between = self._width(), 2.2 * self.size
        most = int((self.sheet.width + between) // (wide + between))
        shares = _shared(heights, room, most)
        if shares is None:
            return None
        marks: list[Mark] = []
        tall = 0.0
        for i, share in enumerate(shares):
            part, high = self._part(share, heights, last=i == len(shares) - 1)
            marks += placed(part, (i * (wide + between), 0.0))
            tall = max(tall, high)
        notes: tuple[str, ...] = ()
        if len(shares) > 1:
            notes = (f"The table is in {len(shares)} parts beside each other, so that it fits.",)
        return Drawing(
            marks=tuple(marks),
            width=wide * len(shares) + between * (len(shares) - 1),
            height=tall,
            notes=notes,
            caption=self._caption(),
        )

    @property
    def pad(self) -> float:
        """Above and below the words of a row together."""
        return 0.7 * self.size

    def _width(self) -> float:
        wide = sum(column.wide + self.gap for column in (*self.before, *self.behind))
        return wide + self.kernels_wide + 2 * self.bracket + self.times_wide

    def _broken(self, column: _Column, words: str, bold: bool = False) -> list[str]:
        return wrapped(words, self.small, column.wide + 0.01, self.sheet.ruler, bold)

    def _height(self, row: int) -> float:
        cells = (self._broken(c, c.cells[row]) for c in (*self.before, *self.behind))
        lines = max(len(self.lines[row]), 1, *map(len, cells))
        return lines * self.small * LINE + self.pad

    def _head_height(self) -> float:
        heads = (self._broken(c, c.head, bold=True) for c in (*self.before, *self.behind))
        lines = max(len(self.kernels_head), 1, *map(len, heads))
        return lines * self.small * LINE + self.pad

    def _total_lines(self) -> list[str]:
        told = self.sheet.options.words("column/total", "total")
        return self._broken(self.before[0], told, bold=True)

    def _total_height(self) -> float:
        return max(len(self._total_lines()), 1) * self.small * LINE + self.pad

    def _part(
        self, rows: Sequence[int], heights: Sequence[float], *, last: bool
    ) -> tuple[list[Mark], float]:
        """Some rows under the table's head, and the total under the last of them."""
        wide = self._width()
        marks: list[Mark] = [self._rule(0.0, wide, heavy=True)]
        y = self._head(marks)
        marks.append(self._rule(y, wide, heavy=False))
        for place, i in enumerate(rows):
            if place:
                marks.append(self._rule(y, wide, heavy=False, faint=True))
            self._row(marks, i, y, heights[i])
            y += heights[i]
        if last:
            marks.append(self._rule(y, wide, heavy=False))
            self._total(marks, y)
            y += self._total_height()
        marks.append(self._rule(y, wide, heavy=True))
        return marks, y

    def _rule(self, y: float, wide: float, *, heavy: bool, faint: bool = False) -> Shape:
        palette = self.sheet.palette
        return Shape(
            points=((0.0, y), (wide, y)),
            stroke=palette.border if faint else palette.text,
            width=1.0 if heavy else 0.4 if faint else 0.6,
            closed=False,
        )

    def _baseline(self, middle: float) -> float:
        return middle + self.small * (ASCENT / 2 - 0.04)

    def _edges(self) -> tuple[list[float], float, list[float]]:
        """Left ends of the first columns, of the kernels, and of the last columns."""
        x, before, behind = 0.0, [], []
        for column in self.before:
            before.append(x)
            x += column.wide + self.gap
        kernels = x
        x += self.kernels_wide + 2 * self.bracket + self.times_wide
        for column in self.behind:
            x += self.gap
            behind.append(x)
            x += column.wide
        return before, kernels, behind

    def _head(self, marks: list[Mark]) -> float:
        high = self._head_height()
        before, kernels, behind = self._edges()
        heads = [*zip(self.before, before, strict=True), *zip(self.behind, behind, strict=True)]
        for column, x in heads:
            at = x + column.wide if column.anchor == "end" else x
            lines = self._broken(column, column.head, bold=True)
            label = f"column/{column.key}"
            marks += self._stack(lines, at, high / 2, column.anchor, label=label, bold=True)
        marks += self._stack(
            self.kernels_head,
            kernels + self.bracket,
            high / 2,
            "start",
            label="column/kernels",
            bold=True,
        )
        return high

    def _stack(
        self,
        lines: Sequence[str],
        x: float,
        middle: float,
        anchor: Anchor,
        *,
        label: str,
        part: str | None = None,
        bold: bool = False,
    ) -> list[Mark]:
        """Lines under each other, about a height."""
        step, ink = self.small * LINE, self.sheet.palette.text
        first = self._baseline(middle) - step * (len(lines) - 1) / 2
        return [
            Text((x, first + step * i), line, self.small, ink, anchor, bold, part=part, label=label)
            for i, line in enumerate(lines)
        ]

    def _row(self, marks: list[Mark], i: int, top: float, high: float) -> None:
        row, sheet = self.rows[i], self.sheet
        key, palette = row.part.key, sheet.palette
        if is_lit(row.part, sheet):
            corners = rectangle(0.0, top, self._width(), high)
            marks.append(Shape(corners, fill=palette.soft_accent, part=key))
        before, kernels, behind = self._edges()
        middle = top + high / 2
        cells = [*zip(self.before, before, strict=True), *zip(self.behind, behind, strict=True)]
        for column, x in cells:
            at = x + column.wide if column.anchor == "end" else x
            lines = self._broken(column, column.cells[i])
            label = _cell_label(row, column.label)
            marks += self._stack(lines, at, middle, column.anchor, label=label, part=key)
        self._kernels(marks, i, kernels, middle)

    def _kernels(self, marks: list[Mark], i: int, left: float, middle: float) -> None:
        """The kernels of a row, in brackets where they repeat or are several."""
        row, lines, small = self.rows[i], self.lines[i], self.small
        key, ink = row.part.key, self.sheet.palette.text
        high = len(lines) * small * LINE
        x = left + self.bracket
        marks += self._stack(lines, x, middle, "start", label=f"{key}#what", part=key)
        if row.times == 1 and (len(row.strands.chains) < 2 or len(lines) < 2):
            return
        wide = max((self.sheet.ruler(line, small) for line in lines), default=0.0)
        hook, reach = 0.25 * self.size, high / 2
        for outer, inner in (
            (left, left + hook),
            (x + wide + self.bracket, x + wide + self.bracket - hook),
        ):
            marks.append(
                Shape(
                    points=(
                        (inner, middle - reach),
                        (outer, middle - reach),
                        (outer, middle + reach),
                        (inner, middle + reach),
                    ),
                    stroke=ink,
                    width=0.6,
                    closed=False,
                    part=key,
                )
            )
        if row.times > 1:
            at = (x + wide + self.bracket + 0.4 * self.size, self._baseline(middle))
            told = words.times(row.times)
            marks.append(Text(at, told, small, ink, bold=True, part=key))

    def _total_words(self) -> str:
        """Of the totals, those that have no column."""
        costs, options = self.subject.costs, self.sheet.options
        told = []
        if not options.params:
            told.append(f"{words.count(costs.params)} params")
        if not options.macs:
            told.append(f"{'≥ ' * bool(costs.not_counted)}{words.count(costs.macs)} MACs")
        return ", ".join(told)

    def _total(self, marks: list[Mark], top: float) -> None:
        costs, ink = self.subject.costs, self.sheet.palette.text
        before, kernels, behind = self._edges()
        middle = top + self._total_height() / 2
        y = self._baseline(middle)
        work = f"{'≥ ' * bool(costs.not_counted)}{words.count(costs.macs)}"
        lines = self._total_lines()
        marks += self._stack(lines, before[0], middle, "start", label="column/total", bold=True)
        if told := self._total_words():
            at = (kernels + self.bracket, y)
            marks.append(Text(at, told, self.small, ink, bold=True))
        for column, x in zip(self.behind, behind, strict=True):
            sums = {"params": words.count(costs.params), "macs": work}
            if column.label in sums:
                at = (x + column.wide, y)
                marks.append(Text(at, sums[column.label], self.small, ink, "end", bold=True))

    def _caption(self) -> str:
        told = []
        if any(row.times > 1 for row in self.rows):
            told.append("Brackets hold a block's kernels; ×N stands for N such blocks in a row.")
        if any(row.strands.shortcut != "none" for row in self.rows):
            told.append("Shortcuts are not listed.")
        return " ".join(told)


def _cell_label(row: Row, label: str) -> str:
    return f"{row.part.key}#{label}" if label else row.part.key


def _shared(heights: Sequence[float], room: float, most: int) -> list[list[int]] | None:
    """Rows shared out to parts no taller than the room, of about one height.

    Returns:
        Indices of each part's rows; None where `most` parts are too few.
    """
    if most < 1:
        return None

    def filled(height: float) -> list[list[int]]:
        shares: list[list[int]] = [[]]
        taken = 0.0
        for i, each in enumerate(heights):
            if shares[-1] and taken + each > height:
                shares.append([])
                taken = 0.0
            shares[-1].append(i)
            taken += each
        return shares

    found = filled(room)
    if len(found) > most:
        return None
    # The lowest height that needs no more parts makes them about equal.
    low, high = max(heights), room
    for _ in range(12):
        middle = (low + high) / 2
        tried = filled(middle)
        if len(tried) <= len(found):
            found, high = tried, middle
        else:
            low = middle
    return found
