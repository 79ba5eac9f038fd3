"""A figure of a network: the one way from a subject and a user's choices to a page of marks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from cnnviz.errors import UserError
from cnnviz.figures import words
from cnnviz.figures.compact import draw_compact
from cnnviz.figures.cost_strip import draw_costs
from cnnviz.figures.drawing import Drawing, Sheet, Subject
from cnnviz.figures.graph_style import draw_graph
from cnnviz.figures.marks import ASCENT, DESCENT, LINE, placed, rectangle, wrapped
from cnnviz.figures.module import draw_module
from cnnviz.figures.pages import MILLIMETRE
from cnnviz.figures.scene import Figure, Mark, Ruler, Shape, Text
from cnnviz.figures.style import FigureOptions, StyleName, palette
from cnnviz.figures.table import draw_table
from cnnviz.figures.volumes import draw_volumes
from cnnviz.kinds import Kind

Style = Callable[[Subject, Sheet], Drawing]

STYLES: Mapping[StyleName, Style] = MappingProxyType(
    {
        "graph": draw_graph,
        "compact": draw_compact,
        "module": draw_module,
        "table": draw_table,
        "costs": draw_costs,
        "volumes": draw_volumes,
    }
)
"""What draws each style."""

_LEAST = 40.0
"""Points: in less room, nothing can be drawn."""
_UPRIGHT = 1.2
"""A page lies on its side only if the text becomes larger by this factor."""
_MOST_GROWTH = 1.5
"""A small network does not become a large picture."""


def build(subject: Subject, options: FigureOptions, ruler: Ruler) -> Figure:
    """Draw a figure.

    The same subject and options give the same figure, always.

    Args:
        subject: What it shows.
        options: What the user chose.
        ruler: Measures text as it will be painted.

    Raises:
        UserError: The page is too small for anything to be read, or a chosen part is not there.
    """
    shown = without_hidden(subject, options)
    found = [_compose(shown, options, ruler, *size) for size in _sizes(options)]
    best, least = found[0]
    for other, strain in found[1:]:
        larger = other.smallest_text > _UPRIGHT * best.smallest_text
        if strain < least or (strain == least and larger):
            best, least = other, strain
    return best


def without_hidden(subject: Subject, options: FigureOptions) -> Subject:
    """What is to be seen of a subject.

    Raises:
        UserError: A chosen part is not there, or nothing is left.
    """
    chosen = {*options.hidden, *options.highlighted, *([options.block] if options.block else [])}
    missing = sorted(chosen - set(subject.outline.by_key))
    if missing:
        raise UserError(f"{subject.title} has no part {missing[0]!r} to hide, highlight or show.")
    if not options.hidden:
        return subject
    try:
        outline = subject.outline.without(options.hidden)
    except ValueError as error:
        raise UserError(f"Everything of {subject.title} is hidden: show some part.") from error
    if options.block and options.block not in outline.by_key:
        raise UserError(f"{options.block!r} is hidden and cannot be shown: show it, or another.")
    return replace(subject, graph=outline.graph, outline=outline, whole=subject.graph)


def _sizes(options: FigureOptions) -> list[tuple[float, float]]:
    """The ways in which the page may lie."""
    page = options.sheet
    upright, lying = (page.width, page.height), (page.height, page.width)
    if not page.turns or options.orientation == "portrait":
        return [upright]
    return [lying] if options.orientation == "landscape" else [upright, lying]


@dataclass(frozen=True)
class _Strip:
    """Marks across the whole width of the figure, from its own top on."""

    marks: tuple[Mark, ...]
    height: float


def _compose(
    subject: Subject, options: FigureOptions, ruler: Ruler, width: float, height: float
) -> tuple[Figure, int]:
    """The drawing with title, legend and caption around it, and its strain."""
    page = options.sheet
    margin = page.margin if options.margin is None else options.margin * MILLIMETRE
    inner, room = width - 2 * margin, height - 2 * margin
    sheet = Sheet(inner, room, options, palette(options.theme), ruler)
    head = _title(subject.title, sheet)
    foot = _foot(subject, sheet, frozenset(Kind), "x" * 200)
    for _ in range(3):
        left = room - head.height - foot.height
        if min(inner, left) < _LEAST:
            raise UserError(
                f"The page {page.title} leaves no room for a figure: choose a smaller margin or "
                "font size, or a larger page."
            )
        drawing = STYLES[options.style](subject, replace(sheet, height=left))
        roomy = (head.height, foot.height)
        head = _title(drawing.title or subject.title, sheet)
        foot = _foot(subject, sheet, drawing.kinds, drawing.caption)
        if head.height <= roomy[0] and foot.height <= roomy[1]:
            break
    left = room - head.height - foot.height
    growth = 1.0
    if not page.grows and options.font_size is None:
        most = min(inner / drawing.width, left / drawing.height)
        growth = max(1.0, min(most, _MOST_GROWTH))
    used = drawing.height * growth
    spare = 0.0 if page.grows else max(0.0, left - used)
    top = margin + head.height + spare / 3
    across = margin + (inner - drawing.width * growth) / 2
    below = top + used
    figure = Figure(
        width=width,
        height=below + foot.height + margin if page.grows else height,
        marks=(
            *placed(head.marks, (margin, margin + spare / 3)),
            *placed(drawing.marks, (across, top), growth),
            *placed(foot.marks, (margin, below)),
        ),
        paper=None if options.transparent else sheet.palette.paper,
        font=options.font,
        title=subject.title,
        notes=drawing.notes,
    )
    return figure, drawing.strain


def _title(title: str, sheet: Sheet) -> _Strip:
    if not sheet.options.title:
        return _Strip((), 0.0)
    size = sheet.size * (1.15 if sheet.options.sheet.grows else 1.6)
    told = sheet.options.words("title", title)
    lines = wrapped(told, size, sheet.width, sheet.ruler, bold=True)
    marks = tuple(
        Text(
            at=(sheet.width / 2, size * (ASCENT + LINE * i)),
            words=line,
            size=size,
            colour=sheet.palette.text,
            anchor="middle",
            bold=True,
            label="title",
        )
        for i, line in enumerate(lines)
    )
    return _Strip(marks, size * LINE * len(lines) + sheet.size * 0.8)


def _foot(subject: Subject, sheet: Sheet, kinds: frozenset[Kind], caption: str) -> _Strip:
    """The legend, and the caption under it."""
    legend = _legend(sheet, kinds)
    told = _caption(subject, sheet, caption)
    marks = (*legend.marks, *placed(told.marks, (0.0, legend.height)))
    return _Strip(marks, legend.height + told.height)


def _legend(sheet: Sheet, kinds: frozenset[Kind]) -> _Strip:
    if not sheet.options.legend or not kinds:
        return _Strip((), 0.0)
    size, ruler = sheet.small, sheet.ruler
    chip, gap = size * 0.8, size * 1.4
    entries = [(kind, f"legend/{kind}") for kind in Kind if kind in kinds]
    told = [sheet.options.words(label, kind.capitalize()) for kind, label in entries]
    widths = [chip * 1.5 + ruler(text, size) for text in told]
    rows: list[list[int]] = []
    for i, wide in enumerate(widths):
        taken = sum(widths[j] + gap for j in rows[-1]) if rows else 0.0
        if not rows or taken + wide > sheet.width:
            rows.append([])
        rows[-1].append(i)
    marks: list[Mark] = []
    y = sheet.size * 1.2
    for row in rows:
        x = (sheet.width - sum(widths[i] for i in row) - gap * (len(row) - 1)) / 2
        for i in row:
            kind, label = entries[i]
            colours = sheet.palette.kinds[kind]
            corners = rectangle(x, y + (size - chip) / 2, chip, chip)
            marks.append(Shape(corners, fill=colours.fill, stroke=colours.line, radius=1.0))
            at = (x + chip * 1.5, y + size * ASCENT + size * 0.12)
            marks.append(Text(at, told[i], size, sheet.palette.text, label=label))
            x += widths[i] + gap
        y += size * LINE * 1.1
    return _Strip(tuple(marks), y)


def _caption(subject: Subject, sheet: Sheet, more: str) -> _Strip:
    if not sheet.options.caption:
        return _Strip((), 0.0)
    size, width = sheet.small, sheet.width
    told = sheet.options.words("caption", f"{caption(subject)} {more}".strip())
    lines = wrapped(told, size, width, sheet.ruler)
    middle = len(lines) == 1
    top = sheet.size * 0.9
    marks = tuple(
        Text(
            at=(width / 2 if middle else 0.0, top + size * (ASCENT + LINE * i)),
            words=line,
            size=size,
            colour=sheet.palette.text,
            anchor="middle" if middle else "start",
            label="caption",
        )
        for i, line in enumerate(lines)
    )
    return _Strip(marks, top + size * (LINE * len(lines) + DESCENT))


def caption(subject: Subject) -> str:
    """What the network is, with its real numbers."""
    graph, costs = subject.whole, subject.costs
    name = f"{subject.title} ({subject.source})" if subject.source else subject.title
    least = "at least " if costs.not_counted else ""
    inputs = " and ".join(words.shape(node.output_shape) for node in graph.inputs)
    outputs = " and ".join(
        dict.fromkeys(
            words.shape(graph.by_name[output.node].output_shapes[output.output])
            for output in graph.outputs
        )
    )
    told = (
        f"{name}: {words.many(len(graph.nodes), 'operation')}, "
        f"{words.many(costs.params, 'parameter')}, {least}{words.count(costs.macs)} MACs; "
        f"{inputs} in, {outputs} out."
    )
    if left_out := len(graph.nodes) - len(subject.graph.nodes):
        told += f" {words.many(left_out, 'operation')} left out of the figure."
    return told
