"""The canvas on paper: a network as boxes and lines at some detail, in columns where it is long."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace

from cnnviz.errors import UserError
from cnnviz.figures import words
from cnnviz.figures.drawing import Drawing, Sheet, Subject
from cnnviz.figures.nested import AIRY, TIGHT, TIGHTEST, drawing_of, planned
from cnnviz.figures.style import SMALLEST_TEXT
from cnnviz.layout import Direction
from cnnviz.outline import Level, Outline, Part, View

CALLED = {
    Level.STAGE: "stages",
    Level.BLOCK: "blocks",
    Level.UNIT: "units",
    Level.OPERATION: "operations",
}
"""What is shown at a level."""

_NARROW = 11.0
"""Width of a line, in sizes of the font, where boxes are to be narrow."""
_MOST_BOXES = 1000
"""On the largest page; nobody reads more."""


def draw_graph(subject: Subject, sheet: Sheet) -> Drawing:
    """Draw the graph; where it is too long even in small letters, at the next coarser detail."""
    wanted = sheet.options.level or subject.outline.default_level()
    for level in reversed([each for each in Level if each <= wanted]):
        for shown, notes in _variants(subject, level):
            view = shown.outline.view(shown.outline.open_at(level))
            found = _largest(shown, sheet, view)
            if found is not None:
                drawing, size = found
                drawing = replace(drawing, notes=(*notes, *drawing.notes))
                return _told(drawing, view, level, wanted, size, sheet)
    raise UserError(
        f"Not even one box of {subject.title} fits: choose a smaller font or a larger page."
    )


def _largest(subject: Subject, sheet: Sheet, view: View) -> tuple[Drawing, float] | None:
    """A view in the largest letters that fit, and their size."""
    if len(view.parts) > max(most_boxes(sheet), 1):
        return None

    def drawn(size: float, spread: float, direction: Direction, most: float) -> Drawing | None:
        plan = planned(subject, sheet, view, size, spread, direction, most=most)
        return drawing_of(plan, sheet)

    def close(size: float) -> Drawing | None:
        found = drawn(size, TIGHTEST, "down", math.inf)
        return found or drawn(size, TIGHTEST, "down", _NARROW * size)

    *sizes, smallest = sizes_from(sheet.size)
    found, size = close(smallest), smallest
    if found is None:
        return None
    directions: tuple[Direction, ...] = ("down", "right")
    for direction in directions:
        airy = drawn(sheet.size, AIRY, direction, math.inf)
        if airy is not None:
            return airy, sheet.size
    low, high = 0, len(sizes)
    while low < high:
        middle = (low + high) // 2
        larger = close(sizes[middle])
        if larger is None:
            low = middle + 1
        else:
            found, size, high = larger, sizes[middle], middle
    return drawn(size, TIGHT, "down", math.inf) or found, size


def _variants(subject: Subject, level: Level) -> Iterator[tuple[Subject, tuple[str, ...]]]:
    """A network as it is, and with each run of equal blocks drawn once, with notes on that."""
    yield subject, ()
    runs = [part for part in subject.outline.root.walk() if part.role == "run"]
    if level <= Level.BLOCK or not runs:
        return
    outline = subject.outline.without({block.key for run in runs for block in run.parts[1:]})
    outline = Outline(outline.graph, root=_with_single_blocks(outline.root, subject.outline))
    note = "Equal blocks in a row are drawn once, with how many they are."
    yield replace(subject, graph=outline.graph, outline=outline), (note,)


def _with_single_blocks(part: Part, whole: Outline) -> Part:
    """Runs of which one block is left, as that block under the name of the run."""
    if part.role == "run":
        label = f"{part.label} {words.times(whole.by_key[part.key].times)}"
        return replace(part.parts[0], key=part.key, label=label)
    inside = tuple(_with_single_blocks(inner, whole) for inner in part.parts)
    return replace(part, parts=inside)


def _told(
    drawing: Drawing, view: View, level: Level, wanted: Level, size: float, sheet: Sheet
) -> Drawing:
    """A drawing with what was done so that it fits."""
    notes = list(drawing.notes)
    strain = 10 * (wanted - level) + len(notes)
    if level < wanted:
        notes.insert(0, folded_note(level, wanted))
    if size < sheet.size - 0.01:
        notes.append(smaller_note(size, sheet))
        strain += 1
    caption = f"Shown are its {CALLED[level]}." if level else ""
    if any(part.times > 1 for part in view.parts) or any("×" in p.label for p in view.opened):
        caption = f"Shown are its {CALLED[level]}; ×N stands for N equal ones in a row."
    return replace(drawing, notes=tuple(notes), caption=caption, strain=strain)


def folded_note(level: Level, wanted: Level) -> str:
    """That a figure shows less detail than it should."""
    if level is Level.NETWORK:
        return f"The network is one box: there is no room for {CALLED[wanted]} on this page."
    return f"Shown are {CALLED[level]}: there is no room for {CALLED[wanted]} on this page."


def smaller_note(size: float, sheet: Sheet) -> str:
    """That a figure's letters are smaller than they should be."""
    return f"Letters are {size:.1f} pt, not {sheet.size:g}, so that it fits the page."


def sizes_from(size: float) -> Iterator[float]:
    """Sizes of letters to try, from the one that was asked for to the smallest."""
    smallest = min(size, SMALLEST_TEXT)
    steps = 5
    for i in range(steps):
        yield size + (smallest - size) * i / (steps - 1)


def most_boxes(sheet: Sheet) -> float:
    """More boxes than this have no room, however they are laid out."""
    return min(sheet.width * sheet.height / (30 * SMALLEST_TEXT**2), _MOST_BOXES)
