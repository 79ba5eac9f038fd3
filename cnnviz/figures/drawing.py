"""What a style gets and gives: a network, a piece of paper, and what was drawn on it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cnnviz.costs import GraphCosts, graph_costs
from cnnviz.figures.scene import Mark, Ruler
from cnnviz.figures.style import SMALLEST_TEXT, FigureOptions, Palette
from cnnviz.graph import LayerGraph
from cnnviz.kinds import Kind
from cnnviz.outline import Outline
from cnnviz.receptive_field import Field, receptive_fields


@dataclass(frozen=True, eq=False)
class Subject:
    """What a figure shows.

    Attributes:
        graph: The network.
        title: What to call it.
        source: Where it comes from, such as "He et al., 2016"; "" for a user's own.
        costs: Of its nodes.
        outline: Its parts; keys of parts in `FigureOptions` are those of this outline.
        fields: Receptive field of each node in the input.
        thumbnails: Pixels by node, each of shape (H, W, 3); none before an image was run.
        whole: The network with what is hidden in `graph` and `outline`; costs are of this.
    """

    graph: LayerGraph
    title: str
    source: str
    costs: GraphCosts
    outline: Outline
    fields: Mapping[str, Field]
    thumbnails: Mapping[str, NDArray[np.uint8]]
    whole: LayerGraph


def subject_of(
    graph: LayerGraph,
    title: str = "",
    source: str = "",
    *,
    costs: GraphCosts | None = None,
    outline: Outline | None = None,
    fields: Mapping[str, Field] | None = None,
    thumbnails: Mapping[str, NDArray[np.uint8]] | None = None,
) -> Subject:
    """A network as the subject of a figure; what is not given is worked out.

    Raises:
        UserError: A size of the network is not known.
    """
    return Subject(
        graph=graph,
        title=title or graph.name,
        source=source,
        costs=costs if costs is not None else graph_costs(graph),
        outline=outline if outline is not None else Outline(graph),
        fields=fields if fields is not None else receptive_fields(graph),
        thumbnails=thumbnails or {},
        whole=graph,
    )


def credit(authors: str, year: int) -> str:
    """Who a network is by: "K. He et al., 2015"."""
    first, *more = authors.split(", ")
    others = " et al." if len(more) > 1 else "".join(f" and {name}" for name in more)
    return f"{first}{others}, {year}"


@dataclass(frozen=True, eq=False)
class Sheet:
    """The room that a style has, between title and caption, and what it draws with.

    Attributes:
        width: In points.
        height: In points.
        options: What the user chose.
        palette: Colours.
        ruler: Measures text.
    """

    width: float
    height: float
    options: FigureOptions
    palette: Palette
    ruler: Ruler

    @property
    def size(self) -> float:
        """Of a usual label, in points."""
        return self.options.size

    @property
    def small(self) -> float:
        """Of what explains, in points."""
        return max(SMALLEST_TEXT, self.size * 0.85)


def slimmer(sheet: Sheet) -> Iterator[tuple[Sheet, tuple[str, ...]]]:
    """A sheet as it is, then with fewer and fewer numbers wanted on it, with notes on that."""
    yield sheet, ()
    gone: list[str] = []
    options = sheet.options
    for name, called in (
        ("fields", "receptive fields"),
        ("macs", "MACs"),
        ("params", "parameters"),
        ("shapes", "shapes"),
    ):
        if getattr(options, name):
            change: dict[str, Any] = {name: False}
            options = replace(options, **change)
            gone.append(called)
            note = f"There is no room for {' and '.join(gone)} on this page."
            yield replace(sheet, options=options), (note,)


@dataclass(frozen=True, eq=False)
class Drawing:
    """What a style drew, its top left corner at (0, 0).

    Attributes:
        marks: In the order of painting.
        width: At most the sheet's.
        height: At most the sheet's.
        kinds: The kinds of layer whose colours it shows, for the legend.
        notes: What was done so that it fits, in sentences for the user.
        caption: What this style has to say below the figure after the network's own numbers.
        title: Instead of the network's own; "" leaves that.
        strain: How much was given up so that it fits. Of two ways to lay the page, the one with
            less is taken.
    """

    marks: tuple[Mark, ...]
    width: float
    height: float
    kinds: frozenset[Kind] = frozenset()
    notes: tuple[str, ...] = ()
    caption: str = ""
    title: str = ""
    strain: int = 0
