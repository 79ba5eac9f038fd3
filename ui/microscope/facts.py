"""Sentences and rows about a cell's window and what a pixel reaches."""

from __future__ import annotations

from cnnviz.graph import Node
from cnnviz.receptive_field import Field
from ui.microscope.photo import Window
from ui.panels.facts import Fact


def where(field: Field, window: Window | None, extents: tuple[int, ...]) -> list[Fact]:
    """Rows about the window of a cell.

    Args:
        field: Of its node.
        window: (start, stop) an axis, not clipped; None where there is none.
        extents: Sizes of the input's spatial axes.
    """
    if window is None:
        return [Fact("Sees", "nothing of the input" if not field.note else field.note)]
    names = ("Rows", "Columns")
    facts = [
        Fact(name, f"{max(start, 0)} to {min(stop, extent) - 1}", "Of the input, clipped to it")
        for name, (start, stop), extent in zip(names, window, extents, strict=False)
    ]
    sizes = [stop - start for start, stop in window]
    inside = [
        max(0, min(stop, extent) - max(start, 0))
        for (start, stop), extent in zip(window, extents, strict=True)
    ]
    share, whole = 1.0, 1.0
    for part, size in zip(inside, sizes, strict=True):
        share *= part / size
        whole *= size
    bound = "" if field.exact else "at most "
    facts.append(
        Fact(
            "Theoretical size",
            bound + " × ".join(map(str, sizes)),
            field.note or "Height × width of the window in the input, padding included",
        )
    )
    facts.append(
        Fact("In padding", f"{1 - share:.1%}", "Share of the window that lies outside of the input")
    )
    if any(size > extent for size, extent in zip(sizes, extents, strict=True)):
        facts.append(Fact("Note", "Larger than the input: every position sees padding"))
    return facts


def reaches(
    node: Node, pixel: tuple[int, int], box: tuple[tuple[int, int], ...] | None, count: int
) -> str:
    """Say which positions of a node a pixel reaches: their box, and how many they are."""
    which = f"Pixel ({pixel[0]}, {pixel[1]})"
    if box is None:
        return f"{which} reaches no position of {node.name}."
    if len(box) != 2:
        return f"{which} reaches all of {node.name}."
    total = (node.output_shape[0] or 0) * (node.output_shape[1] or 0)
    (top, bottom), (left, right) = box
    return (
        f"{which} reaches rows {top} to {bottom - 1}, columns {left} to {right - 1} of "
        f"{node.name}: {count:,} of its {total:,} positions."
    )
