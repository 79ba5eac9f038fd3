"""A network as a list of rows, equal blocks in one: what tables and compact figures are made of."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from weakref import WeakKeyDictionary

from cnnviz.figures.strands import Strands, strands_of
from cnnviz.graph import LayerGraph
from cnnviz.group_names import run_label
from cnnviz.outline import Level, Outline, Part


@dataclass(frozen=True)
class Row:
    """Blocks with the same kernels, one behind the other.

    Attributes:
        part: The one part that they are, or the first of them.
        label: What to call them.
        times: How many there are.
        nodes: All operations.
        strands: The kernels of one of them.
    """

    part: Part
    label: str
    times: int
    nodes: tuple[str, ...]
    strands: Strands


def rows_of(outline: Outline, level: Level, *, joined: bool | None = None) -> list[Row]:
    """The rows of a network.

    Args:
        outline: The network.
        level: Parts of this level are rows.
        joined: Neighbours that differ only in their strides, or in how their shortcut is projected,
            share a row; blocks do when None.
    """
    if level is Level.NETWORK:
        root = outline.root
        return [Row(root, root.label, 1, root.nodes, _strands(outline, root))]
    joined = level is Level.BLOCK if joined is None else joined
    found = [
        _Member(part, outer if part is not outer else outline.root, _strands(outline, part))
        for outer in outline.root.parts or (outline.root,)
        for part in members(outer, level)
    ]
    if not joined:
        return [Row(m.part, m.part.label, 1, m.part.nodes, m.strands) for m in found]
    alike = itertools.groupby(
        found, key=lambda member: (member.outer.key, member.strands.signature)
    )
    return [_row(outline, list(same)) for _, same in alike]


# A figure is tried in several ways, all of the same network.
_KNOWN: WeakKeyDictionary[Outline, dict[Part, Strands]] = WeakKeyDictionary()


def _strands(outline: Outline, part: Part) -> Strands:
    known = _KNOWN.setdefault(outline, {})
    if part not in known:
        known[part] = strands_of(outline.graph, part)
    return known[part]


@dataclass(frozen=True)
class _Member:
    """A part that goes into a row, and the outermost part that it is in."""

    part: Part
    outer: Part
    strands: Strands


def members(part: Part, level: Level) -> Iterator[Part]:
    """Parts of a level, runs taken apart."""
    if not part.parts or (part.level >= level and part.role != "run"):
        yield part
        return
    for inner in part.parts:
        yield from members(inner, level)


def _row(outline: Outline, found: list[_Member]) -> Row:
    parts = [member.part for member in found]
    nodes = tuple(name for part in parts for name in part.nodes)
    strands = found[-1].strands
    if len(parts) == 1:
        return Row(parts[0], parts[0].label, 1, nodes, strands)
    # A stage or run that is just these says it best.
    around = (found[0].outer, outline.parent.get(parts[0].key))
    whole = next((each for each in around if each and each.nodes == nodes), None)
    if whole is not None:
        return Row(whole, whole.label, len(parts), nodes, strands)
    return Row(parts[0], run_label(parts[0].label, parts[-1].label), len(parts), nodes, strands)


def flow_between(graph: LayerGraph, rows: list[Row]) -> list[tuple[int, int]]:
    """Which rows read from which, each pair once."""
    place = {name: i for i, row in enumerate(rows) for name in row.nodes}
    pairs = {
        (place[source], place[node.name])
        for node in graph.nodes
        for source in node.inputs
        if place[source] != place[node.name]
    }
    return sorted(pairs)
