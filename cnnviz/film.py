"""The forward pass as a film: frames in the order of computation, parallel branches in lanes.

A frame is a stage, a block, a unit or a single operation; a film has one level of detail, and any
frame of it can be opened into the next finer ones. Frames partition the graph's nodes, so that
every node has its place in every film.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal

from cnnviz.graph import LayerGraph
from cnnviz.grouping import Group, Grouping

Detail = Literal["stage", "block", "unit", "operation"]

DETAILS: tuple[Detail, ...] = ("stage", "block", "unit", "operation")
"""From coarse to fine."""

COMFORTABLE = 24
"""Columns of frames that can be taken in at once."""


@dataclass(frozen=True, slots=True)
class Frame:
    """One cell of the strip.

    Attributes:
        label: What to call it.
        detail: Its level.
        nodes: Names of its operations, in topological order.
        column: Place from left to right: one more than the last frame that it waits for.
        lane: Place from top to bottom: 0 for the longest way through the network.
        reads: Frames, by index, that it reads from.
    """

    label: str
    detail: Detail
    nodes: tuple[str, ...]
    column: int = 0
    lane: int = 0
    reads: tuple[int, ...] = ()

    @property
    def node(self) -> str:
        """The node whose activation it hands on."""
        return self.nodes[-1]

    @property
    def can_open(self) -> bool:
        """Whether finer frames are in it."""
        return len(self.nodes) > 1


@dataclass(frozen=True)
class Film:
    """Frames in the order in which they are done."""

    frames: tuple[Frame, ...]

    @cached_property
    def frame_of(self) -> Mapping[str, int]:
        """Index of the frame that each node is in."""
        return {name: i for i, frame in enumerate(self.frames) for name in frame.nodes}

    @cached_property
    def columns(self) -> int:
        """How many frames long."""
        return 1 + max((frame.column for frame in self.frames), default=-1)

    @cached_property
    def lanes(self) -> int:
        """How many branches run side by side at most."""
        return 1 + max((frame.lane for frame in self.frames), default=-1)


def film(graph: LayerGraph, groups: Grouping, detail: Detail, opened: Collection[str] = ()) -> Film:
    """Cut a network into frames.

    Args:
        graph: The network.
        groups: Its groups.
        detail: The level of the frames.
        opened: Names of nodes: the frame that ends in one of them is replaced by the next finer
            ones, as often as there are finer ones to replace and the name stands in it.
    """
    frames = _at(graph, groups, detail)
    for name in opened:
        frames = _open(graph, groups, frames, name)
    frames = sorted(frames, key=lambda frame: graph.index[frame.node])
    return Film(_in_lanes(_in_columns(graph, frames)))


def fitting_detail(graph: LayerGraph, groups: Grouping) -> Detail:
    """The finest level at which a film can be taken in at once."""
    for detail in reversed(DETAILS):
        if film(graph, groups, detail).columns <= COMFORTABLE:
            return detail
    return "stage"


def _at(graph: LayerGraph, groups: Grouping, detail: Detail) -> list[Frame]:
    if detail == "operation":
        return [Frame(node.name, detail, (node.name,)) for node in graph.nodes]
    level: Sequence[Group] = {
        "stage": groups.stages,
        "block": groups.blocks,
        "unit": groups.units,
    }[detail]
    return [Frame(group.label, detail, group.nodes) for group in level]


def _open(graph: LayerGraph, groups: Grouping, frames: list[Frame], name: str) -> list[Frame]:
    """Replace the frame that a node ends by the next finer ones that differ from it."""
    at = next((i for i, frame in enumerate(frames) if frame.node == name), None)
    if at is None or not frames[at].can_open:
        return frames
    inside = set(frames[at].nodes)
    for detail in DETAILS[DETAILS.index(frames[at].detail) + 1 :]:
        finer = [frame for frame in _at(graph, groups, detail) if frame.nodes[0] in inside]
        if len(finer) > 1:
            return frames[:at] + finer + frames[at + 1 :]
    return frames


def _in_columns(graph: LayerGraph, frames: Sequence[Frame]) -> list[Frame]:
    """Put each frame behind all that it reads from."""
    frame_of = {name: i for i, frame in enumerate(frames) for name in frame.nodes}
    placed: list[Frame] = []
    for i, frame in enumerate(frames):
        sources = (frame_of[name] for node in frame.nodes for name in graph.by_name[node].inputs)
        reads = tuple(dict.fromkeys(source for source in sources if source < i))
        column = 1 + max((placed[source].column for source in reads), default=-1)
        placed.append(replace(frame, column=column, reads=reads))
    return placed


def _in_lanes(frames: Sequence[Frame]) -> tuple[Frame, ...]:
    """Give every branch a lane of its own for as long as it runs."""
    readers: list[list[int]] = [[] for _ in frames]
    for i, frame in enumerate(frames):
        for source in frame.reads:
            readers[source].append(i)
    # How many frames follow at most: the longest way is where this falls by one a step.
    depth = [0] * len(frames)
    for i in reversed(range(len(frames))):
        depth[i] = max((depth[reader] + 1 for reader in readers[i]), default=0)

    lanes = [-1] * len(frames)
    taken: list[list[tuple[int, int]]] = []  # columns in use, by lane
    # Each way begins at the frame with most to follow, and goes on as far as nobody has been.
    for start in sorted(range(len(frames)), key=lambda i: (-depth[i] - frames[i].column, i)):
        if lanes[start] >= 0:
            continue
        way = [start]
        while free := [reader for reader in readers[way[-1]] if lanes[reader] < 0]:
            way.append(max(free, key=lambda reader: (depth[reader], -reader)))
        joins = [frames[reader].column for reader in readers[way[-1]]]
        first = frames[start].column
        last = max(frames[way[-1]].column, min(joins, default=0) - 1)
        lane = 0
        while lane < len(taken) and any(a <= last and first <= b for a, b in taken[lane]):
            lane += 1
        if lane == len(taken):
            taken.append([])
        taken[lane].append((first, last))
        for member in way:
            lanes[member] = lane
    return tuple(replace(frame, lane=lane) for frame, lane in zip(frames, lanes, strict=True))
