"""The canvas on paper: a network as boxes and lines at some detail, in columns where it is long."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from cnnviz.errors import UserError
from cnnviz.figures.drawing import Drawing, Sheet, Subject
from cnnviz.figures.nested import AIRY, TIGHT, drawing_of, planned
from cnnviz.figures.style import SMALLEST_TEXT
from cnnviz.layout import Direction
from cnnviz.outline import Level, View

CALLED = {
    Level.NETWORK: "the whole network",
    Level.STAGE: "stages",
    Level.BLOCK: "blocks",
    Level.UNIT: "units",
    Level.OPERATION: "operations",
}
"""What is shown at a level."""


def draw_graph(subject: Subject, sheet: Sheet) -> Drawing:
    """Draw the graph; where it is too long even in small letters, at the next coarser detail."""
    outline = subject.outline
    wanted = sheet.options.level or outline.default_level()
    smallest = min(sheet.size, SMALLEST_TEXT)
    for level in reversed([each for each in Level if each <= wanted]):
        view = outline.view(outline.open_at(level))
        if len(view.parts) > max(_most_boxes(sheet), 1):
            continue
        last = drawing_of(planned(subject, sheet, view, smallest, TIGHT), sheet)
        if last is None:
            continue
        for size, spread, direction in _ways(sheet.size):
            plan = planned(subject, sheet, view, size, spread, direction)
            drawing = drawing_of(plan, sheet)
            if drawing is not None:
                return _told(drawing, view, level, wanted, size, sheet)
        return _told(last, view, level, wanted, smallest, sheet)
    raise UserError(
        f"Not even one box of {subject.title} fits: choose a smaller font or a larger page."
    )


def _told(
    drawing: Drawing, view: View, level: Level, wanted: Level, size: float, sheet: Sheet
) -> Drawing:
    """A drawing with what was done so that it fits."""
    notes = list(drawing.notes)
    strain = 10 * (wanted - level) + len(notes)
    if level < wanted:
        notes.insert(0, folded_note(level, wanted))
    if size < sheet.size - 0.01:
        notes.append(f"Letters are {size:.1f} pt, not {sheet.size:g}, so that it fits the page.")
        strain += 1
    caption = f"Shown are its {CALLED[level]}." if level else ""
    if any(part.times > 1 for part in view.parts):
        caption = f"Shown are its {CALLED[level]}; ×N stands for N equal ones in a row."
    return replace(drawing, notes=tuple(notes), caption=caption, strain=strain)


def folded_note(level: Level, wanted: Level) -> str:
    """That a figure shows less detail than it should."""
    return f"Shown are {CALLED[level]}: there is no room for {CALLED[wanted]} on this page."


def sizes_from(size: float) -> Iterator[float]:
    """Sizes of letters to try, from the one that was asked for to the smallest."""
    smallest = min(size, SMALLEST_TEXT)
    steps = 5
    for i in range(steps):
        yield size + (smallest - size) * i / (steps - 1)


def _ways(size: float) -> Iterator[tuple[float, float, Direction]]:
    """Sizes, spreads and directions to try, best first."""
    yield size, AIRY, "down"
    yield size, AIRY, "right"
    for smaller in sizes_from(size):
        yield smaller, TIGHT, "down"


def _most_boxes(sheet: Sheet) -> float:
    """More boxes than this have no room, however they are laid out."""
    return sheet.width * sheet.height / (30 * SMALLEST_TEXT**2)
