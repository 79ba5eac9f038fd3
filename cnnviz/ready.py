"""Comparisons that lectures and papers make, ready to open, with the real figures beside theirs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from textwrap import fill
from types import MappingProxyType
from typing import Literal

from cnnviz.compare import Side
from cnnviz.errors import UserError
from cnnviz.requests import OpenModel
from cnnviz.tables import aligned, bytes_text

Unit = Literal["count", "bytes", "cells", "share"]


@dataclass(frozen=True, slots=True)
class Figure:
    """One number, of every column.

    Attributes:
        what: What it is.
        values: One a column.
        unit: "count": a whole number; "bytes"; "cells": a length in cells of the input;
            "share": of 1.
        printed: What the source prints, or "".
        note: Why that is not ours, or what to see in it; or "".
    """

    what: str
    values: tuple[float, ...]
    unit: Unit = "count"
    printed: str = ""
    note: str = ""

    @property
    def ratios(self) -> tuple[float | None, ...]:
        """Each value in terms of the first; None where that is 0, or a share."""
        first = self.values[0] if self.unit != "share" else 0
        return tuple(value / first if first else None for value in self.values)


@dataclass(frozen=True, slots=True)
class Ready:
    """A comparison to open.

    Attributes:
        id: Its name in code.
        title: What the list says.
        models: What to open side by side.
        columns: What the figures are of.
        text: What to see in it, a few sentences.
        source: Who prints the figures that stand beside ours; "" where nobody does.
        figures: Works them out, from the models.
    """

    id: str
    title: str
    models: tuple[OpenModel, ...]
    columns: tuple[str, ...]
    text: str
    source: str
    figures: Callable[[Sequence[Side]], tuple[Figure, ...]]


@dataclass(frozen=True, slots=True)
class ReadyFigures:
    """The figures of a ready comparison, worked out.

    Attributes:
        id: Which one.
        figures: In order.
    """

    id: str
    figures: tuple[Figure, ...]


def value_text(value: float, unit: Unit) -> str:
    """A figure as text: "61,100,840", "1.912 MiB", "5 × 5", "89.4 %"."""
    if unit == "bytes":
        return bytes_text(round(value))
    if unit == "share":
        return f"{100 * value:.1f} %"
    return f"{value} × {value}" if unit == "cells" else f"{value:,}"


def ratio_text(ratio: float | None) -> str:
    """How many times the first a value is: "2.26×", "19×"; "" where that says nothing."""
    if ratio is None or ratio == 1:
        return ""
    return f"{ratio:.3g}×"


def ready_text(ready: Ready, figures: Sequence[Figure]) -> str:
    """A comparison for the terminal."""
    rows = []
    for figure in figures:
        cells = []
        for value, ratio in zip(figure.values, figure.ratios, strict=True):
            times = ratio_text(ratio)
            cells.append(value_text(value, figure.unit) + (f" ({times})" if times else ""))
        rows.append([figure.what, *cells, figure.printed])
    lines = [ready.title, "", fill(ready.text, 100), ""]
    lines += aligned(["", *ready.columns, "Printed"], rows)
    notes = [f"{figure.what}: {figure.note}" for figure in figures if figure.note]
    if ready.source:
        notes.append(f"Printed by: {ready.source}.")
    return "\n".join([*lines, "", *notes] if notes else lines)


def ready_json(ready: Ready, figures: Sequence[Figure]) -> Mapping[str, object]:
    """A comparison as JSON values."""
    return {
        "id": ready.id,
        "title": ready.title,
        "text": ready.text,
        "models": [request.model for request in ready.models],
        "columns": list(ready.columns),
        "source": ready.source,
        "figures": [
            {
                "what": figure.what,
                "unit": figure.unit,
                "values": list(figure.values),
                "printed": figure.printed,
                "note": figure.note,
            }
            for figure in figures
        ],
    }


def comparisons() -> Mapping[str, Ready]:
    """Every ready comparison by id, in the order in which lectures come to them."""
    from cnnviz.ready_table import READY

    return MappingProxyType({ready.id: ready for ready in READY})


def find(name: str) -> Ready:
    """A ready comparison by id.

    Raises:
        UserError: There is none of that name; all names are given.
    """
    known = comparisons()
    if name not in known:
        raise UserError(f"There is no ready comparison {name!r}: choose from {', '.join(known)}.")
    return known[name]
