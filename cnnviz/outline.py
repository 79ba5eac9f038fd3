"""A network as parts within parts, and what is seen of it when some of them are open.

The levels are those of `cnnviz.grouping`, with *runs* of equal blocks in between. A part with a
single part inside is not shown twice: they become one.
"""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import IntEnum
from functools import cached_property

from cnnviz.graph import LayerGraph, Source
from cnnviz.group_names import run_label
from cnnviz.grouping import Group, Grouping, group


class Level(IntEnum):
    """How deep a part lies, and how much detail is shown: everything above a level is open."""

    NETWORK = 0
    STAGE = 1
    BLOCK = 2
    UNIT = 3
    OPERATION = 4


@dataclass(frozen=True, eq=False)
class Part:
    """The network, a stage, a run of equal blocks, a block, a unit or an operation.

    Attributes:
        key: Unique in the network, and the same whenever it is opened.
        label: What to call it.
        role: What it is: a role of `cnnviz.grouping`, or "network", "run", "operation".
        level: The detail at which it is still closed.
        nodes: Names of its operations, in topological order.
        parts: What is inside, in order; nothing in an operation.
    """

    key: str
    label: str
    role: str
    level: Level
    nodes: tuple[str, ...]
    parts: tuple[Part, ...] = ()

    @property
    def times(self) -> int:
        """How many equal blocks it stands for."""
        return len(self.parts) if self.role == "run" else 1

    def walk(self) -> Iterator[Part]:
        """Itself and everything inside, parents first."""
        yield self
        for part in self.parts:
            yield from part.walk()


@dataclass(frozen=True, eq=False)
class Edge:
    """What flows between two visible parts: all tensors from the one to the other.

    Attributes:
        source: Index of the part that it comes from.
        target: Index of the part that reads it.
        tensor: Name of the (last) operation whose output flows.
    """

    source: int
    target: int
    tensor: str


@dataclass(frozen=True, eq=False)
class View:
    """What is seen: every operation is in exactly one visible part.

    Attributes:
        parts: Closed parts and operations, in topological order of their first operations.
        opened: Parts that are open and whose parents are, parents first.
        edges: Between the visible parts.
        index: Position in `parts` of the visible part that each operation is in.
    """

    parts: tuple[Part, ...]
    opened: tuple[Part, ...]
    edges: tuple[Edge, ...]
    index: Mapping[str, int] = field(repr=False)


class Outline:
    """The parts of one network.

    Args:
        graph: The network.
        grouping: Its groups, found anew when None.
        root: Its parts, where they are known already.

    Attributes:
        graph: The network.
        root: The part that holds all others.
    """

    def __init__(
        self, graph: LayerGraph, grouping: Grouping | None = None, root: Part | None = None
    ) -> None:
        self.graph = graph
        self.root = root or _network(graph, grouping if grouping is not None else group(graph))

    @cached_property
    def by_key(self) -> Mapping[str, Part]:
        """Every part."""
        return {part.key: part for part in self.root.walk()}

    @cached_property
    def parent(self) -> Mapping[str, Part]:
        """The part around each part, by its key; the root has none."""
        return {inner.key: part for part in self.root.walk() for inner in part.parts}

    def around(self, part: Part) -> tuple[Part, ...]:
        """Everything that a part is in, from the root inwards, without itself."""
        found = []
        key = part.key
        while key in self.parent:
            found.append(self.parent[key])
            key = found[-1].key
        return tuple(reversed(found))

    @cached_property
    def groups(self) -> tuple[Part, ...]:
        """Every part that can be opened, parents first."""
        return tuple(part for part in self.root.walk() if part.parts)

    @cached_property
    def _open_at(self) -> Mapping[Level, frozenset[str]]:
        return {
            level: frozenset(part.key for part in self.groups if part.level < level)
            for level in Level
        }

    def open_at(self, level: Level) -> frozenset[str]:
        """Keys of what is open when a level is shown."""
        return self._open_at[level]

    def level_of(self, opened: Collection[str]) -> Level | None:
        """The finest level that these open parts show; None where some differ from all."""
        wanted = frozenset(opened)
        for level in reversed(Level):
            if self.open_at(level) == wanted:
                return level
        return None

    def view(self, opened: Collection[str]) -> View:
        """What is seen with these parts open; a part within a closed one does not count."""
        leaves, frames = self._seen(opened)
        index = {name: i for i, leaf in enumerate(leaves) for name in leaf.nodes}
        tensors: dict[tuple[int, int], str] = {}
        for node in self.graph.nodes:
            target = index[node.name]
            for name in node.inputs:
                if index[name] != target:
                    tensors[index[name], target] = name
        return View(
            parts=tuple(leaves),
            opened=tuple(frames),
            edges=tuple(Edge(a, b, tensor) for (a, b), tensor in tensors.items()),
            index=index,
        )

    def _seen(self, opened: Collection[str]) -> tuple[list[Part], list[Part]]:
        """The parts that are closed and those that are open around them, parents first."""
        leaves: list[Part] = []
        frames: list[Part] = []
        waiting = [self.root]
        while waiting:
            part = waiting.pop()
            if part.parts and part.key in opened:
                frames.append(part)
                waiting += reversed(part.parts)
            else:
                leaves.append(part)
        return leaves, frames

    def without(self, keys: Collection[str]) -> Outline:
        """The network with some parts left out: what read from them reads what they read.

        Raises:
            ValueError: Nothing is left.
        """
        gone = {name for key in keys for name in self.by_key[key].nodes}
        root = _pruned(self.root, gone)
        if root is None:
            raise ValueError("Nothing of the network is left.")
        return Outline(_shortened(self.graph, gone), root=root)

    def default_level(self, limit: int = 70) -> Level:
        """The finest level that shows no more parts than a reader takes in."""
        fitting = [level for level in Level if len(self._seen(self.open_at(level))[0]) <= limit]
        return max(fitting[-1], Level.STAGE)


def _network(graph: LayerGraph, grouping: Grouping) -> Part:
    units = _children(grouping.units, grouping.block_of)
    blocks = _children(grouping.blocks, grouping.stage_of)

    def operation(name: str) -> Part:
        return Part(f"operation/{name}", name, "operation", Level.OPERATION, (name,))

    def unit(group: Group) -> Part:
        inside = tuple(operation(name) for name in group.nodes)
        return _part("unit", group.label, group.role, Level.UNIT, group.nodes, inside)

    def block(group: Group) -> Part:
        inside = tuple(unit(each) for each in units[group.label])
        return _part("block", group.label, group.role, Level.BLOCK, group.nodes, inside)

    def stage(group: Group) -> Part:
        inside: list[Part] = []
        for _, same in itertools.groupby(blocks[group.label], key=lambda each: each.signature):
            run = list(same)
            parts = tuple(block(each) for each in run)
            if len(parts) == 1 or not all(part.parts for part in parts):
                inside += parts
            else:
                nodes = tuple(name for part in parts for name in part.nodes)
                label = run_label(parts[0].label, parts[-1].label)
                inside.append(Part(f"run/{parts[0].key}", label, "run", Level.BLOCK, nodes, parts))
        return _part("stage", group.label, group.role, Level.STAGE, group.nodes, tuple(inside))

    return Part(
        key="network",
        label=graph.name,
        role="network",
        level=Level.NETWORK,
        nodes=tuple(node.name for node in graph.nodes),
        parts=tuple(stage(each) for each in grouping.stages),
    )


def _pruned(part: Part, gone: Collection[str]) -> Part | None:
    """A part without some operations; None where nothing is left of it."""
    nodes = tuple(name for name in part.nodes if name not in gone)
    if len(nodes) == len(part.nodes) or not nodes:
        return part if nodes else None
    inside = (_pruned(each, gone) for each in part.parts)
    return replace(part, nodes=nodes, parts=tuple(each for each in inside if each is not None))


def _shortened(graph: LayerGraph, gone: Collection[str]) -> LayerGraph:
    """A graph without some operations, whose readers read what they read."""
    stand_ins: dict[str, tuple[Source, ...]] = {}

    def known(sources: Iterable[Source]) -> tuple[Source, ...]:
        found = (stand_ins.get(source.node, (source,)) for source in sources)
        return tuple(dict.fromkeys(itertools.chain.from_iterable(found)))

    nodes = []
    for node in graph.nodes:
        if node.name in gone:
            stand_ins[node.name] = known(node.sources)
        elif any(name in gone for name in node.inputs):
            nodes.append(replace(node, sources=known(node.sources)))
        else:
            nodes.append(node)
    return LayerGraph(graph.name, tuple(nodes), known(graph.outputs))


def _children(groups: Iterable[Group], outer: Mapping[str, Group]) -> dict[str, list[Group]]:
    found: dict[str, list[Group]] = {}
    for inner in groups:
        found.setdefault(outer[inner.nodes[0]].label, []).append(inner)
    return found


def _part(
    name: str, label: str, role: str, level: Level, nodes: Sequence[str], parts: tuple[Part, ...]
) -> Part:
    """A group as a part; where it holds a single part, the two become one."""
    if len(parts) > 1:
        return Part(f"{name}/{label}", label, role, level, tuple(nodes), parts)
    (only,) = parts
    if not only.parts or only.role == "run" or name == "block":
        return only  # the operation, the run, or the unit: the more telling of the two
    return Part(f"{name}/{label}", label, role, only.level, only.nodes, only.parts)
