"""What nodes can be coloured by: one number a node, and a scale."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QColor

from cnnviz.colormaps import COLOUR_MAPS, STEPS
from cnnviz.costs import GraphCosts
from cnnviz.graph import LayerGraph
from cnnviz.outline import Part
from cnnviz.receptive_field import Field, Reach
from cnnviz.requests import NodeRun
from ui import words
from ui.theme import Theme, mix, readable_on

BINS = 24


@dataclass(frozen=True)
class Facts:
    """Where the numbers come from.

    Attributes:
        graph: The network.
        costs: What its nodes cost.
        fields: What they see of the input.
        run: What the last pass told of each node; empty before.
    """

    graph: LayerGraph
    costs: GraphCosts | None
    fields: Mapping[str, Field]
    run: Mapping[str, NodeRun]


@dataclass(frozen=True, slots=True)
class Column:
    """A number that nodes have.

    Attributes:
        id: Its name in code.
        title: What the menu says.
        value: Of a part; None where it has none.
        text: How it reads.
        logarithmic: Whether equal steps of colour are equal factors.
        needs_run: There is none before an image was run.
    """

    id: str
    title: str
    value: Callable[[Facts, Part], float | None]
    text: Callable[[float], str]
    logarithmic: bool = True
    needs_run: bool = False


def _sum_of(attribute: str) -> Callable[[Facts, Part], float | None]:
    def value(facts: Facts, part: Part) -> float | None:
        if facts.costs is None:
            return None
        return float(sum(getattr(facts.costs.by_name[name], attribute) for name in part.nodes))

    return value


def _seconds(facts: Facts, part: Part) -> float | None:
    times = [facts.run[name].seconds for name in part.nodes if name in facts.run]
    known = [seconds for seconds in times if seconds is not None]
    return sum(known) if known else None


def _zeros(facts: Facts, part: Part) -> float | None:
    run = facts.run.get(part.nodes[-1])
    return run.stats.zero_share if run is not None and run.stats is not None else None


def _field(facts: Facts, part: Part) -> float | None:
    field = facts.fields.get(part.nodes[-1])
    return float(max(field.size)) if field is not None and field.reach is Reach.WINDOW else None


COLUMNS: tuple[Column, ...] = (
    Column("params", "Parameters", _sum_of("params"), lambda v: words.big(round(v))),
    Column("macs", "MACs", _sum_of("macs"), lambda v: words.big(round(v))),
    Column("memory", "Memory", _sum_of("activation_bytes"), lambda v: words.size(round(v))),
    Column("field", "Receptive field", _field, lambda v: f"{v:,.0f}"),
    Column("time", "Time", _seconds, words.duration, needs_run=True),
    Column("zeros", "Zeros", _zeros, lambda v: f"{v:.0%}", logarithmic=False, needs_run=True),
)
BY_ID = {column.id: column for column in COLUMNS}


@dataclass(frozen=True, eq=False)
class Tint:
    """A column's values for some parts, as steps of colour.

    Attributes:
        column: The column.
        values: By part.
        bins: Step of each part, -1 where it has no value (or nothing, on a logarithmic scale).
        low: Value of the first step.
        high: Value of the last step.
    """

    column: Column
    values: tuple[float | None, ...]
    bins: NDArray[np.int64]
    low: float
    high: float

    def fill(self, step: int, colors: Theme) -> QColor:
        """Colour of a step; a quiet one for no value."""
        return step_color(step) if step >= 0 else mix(colors.canvas, colors.border, 0.6)

    def ink(self, part: int, colors: Theme) -> QColor:
        """Of the text on a part."""
        return readable_on(self.fill(int(self.bins[part]), colors))

    def row(self, part: int) -> tuple[str, str]:
        """What to write on a part."""
        value = self.values[part]
        return self.column.title, "–" if value is None else self.column.text(value)


def tint_of(column: Column, facts: Facts, parts: Sequence[Part]) -> Tint:
    """Look a column up for some parts."""
    values = tuple(column.value(facts, part) for part in parts)
    seen = [v for v in values if v is not None and (v > 0 or not column.logarithmic)]
    low, high = (min(seen), max(seen)) if seen else (0.0, 0.0)
    if not column.logarithmic:
        low, high = 0.0, max(high, 1.0)
    bins = np.full(len(values), -1, np.int64)
    for i, value in enumerate(values):
        if value is None or (column.logarithmic and value <= 0):
            continue
        if high <= low:
            share = 1.0
        elif column.logarithmic:
            share = math.log(value / low) / math.log(high / low)
        else:
            share = (value - low) / (high - low)
        bins[i] = min(int(share * BINS), BINS - 1)
    return Tint(column, values, bins, low, high)


def step_color(step: int) -> QColor:
    """Colour of a step, from dark (few) to bright (many)."""
    # The two ends of the map are all but black and all but white on one ground or the other.
    rgb = COLOUR_MAPS["viridis"].rgb
    return QColor(*(int(v) for v in rgb[round((0.12 + 0.83 * step / (BINS - 1)) * (STEPS - 1))]))
