"""Which tensors a figure of volumes shows, and which window of one makes a cell of the next."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

from cnnviz.axes import Edge, link, whole_sizes
from cnnviz.costs import GraphCosts
from cnnviz.figures import words
from cnnviz.graph import LayerGraph, Node
from cnnviz.group_names import run_label, signature_of
from cnnviz.kinds import Kind, kind_of
from cnnviz.outline import Level, Outline, Part
from cnnviz.units import has_kernel, head_of

MOST_TOWERS = 4
"""A convolution in more groups than this is not drawn as towers side by side."""
MOST_SKIPS = 6
"""More ways around others than this are not drawn layer by layer."""
_WINDOWED = (Kind.CONVOLUTION, Kind.DEPTHWISE, Kind.POOLING)
PASSING = (
    Kind.ACTIVATION,
    Kind.NORMALISATION,
    Kind.REGULARISATION,
    Kind.RESHAPE,
    Kind.ARITHMETIC,
)
"""What hands on a tensor of the same size, and then needs no volume of its own."""


@dataclass(frozen=True, slots=True)
class Window:
    """What one cell is made of.

    Attributes:
        rows: First row of the source, and the one after the last; part of it may be padding.
        columns: The same.
        cell: Row and column of the cell.
    """

    rows: tuple[int, int]
    columns: tuple[int, int]
    cell: tuple[int, int]


@dataclass(frozen=True, eq=False)
class Volume:
    """One tensor of a figure.

    Attributes:
        part: The part of the network that makes it.
        nodes: The operations that it stands for: those of the part, and of those that follow and
            change neither its size nor what is drawn of it.
        tensor: The operation whose output it is.
        shape: Without the batch axis.
        kind: Of the operation that does most of the work.
        label: What to call it.
        made: How it is made, in words.
        times: How many equal or similar parts it stands for.
        sources: Positions of the volumes that it is made of.
        window: What one cell reads of the only source; None where that is not one window.
        towers: Into how many groups its channels fall.
        split: Its operation reads each tower by itself.
    """

    part: Part
    nodes: tuple[str, ...]
    tensor: str
    shape: tuple[int, ...]
    kind: Kind
    label: str
    made: str
    times: int = 1
    sources: tuple[int, ...] = ()
    window: Window | None = None
    towers: int = 1
    split: bool = False

    @property
    def flat(self) -> bool:
        """A vector, without rows and columns."""
        return len(self.shape) < 2

    @property
    def size(self) -> tuple[int, int, int]:
        """Rows, columns and channels; a sequence has one column, a vector one row, too."""
        rows, columns, channels = (1, 1, 1, *self.shape)[-3:]
        return (columns, 1, channels) if len(self.shape) == 2 else (rows, columns, channels)


def volumes_at(
    outline: Outline,
    costs: GraphCosts,
    level: Level,
    spots: Sequence[tuple[float, float]] = ((0.5, 0.25),),
) -> tuple[Volume, ...] | None:
    """The tensors that parts hand on, in topological order.

    Args:
        outline: The network.
        costs: Of its nodes.
        level: How much of it is open.
        spots: Where the cell lies whose window is told, as shares of the rows and columns; each
            volume takes the next.

    Returns:
        One volume for each part that makes a tensor of its own; None where blocks are to be open
        and have branches, which volumes in a row cannot show: each has to read the one before, and
        few may read others, too.
    """
    graph = outline.graph
    view = outline.view(outline.open_at(level))
    following = {edge.target for edge in view.edges if edge.target == edge.source + 1}
    skips = len(view.edges) - len(following)
    if level > Level.BLOCK and (len(following) < len(view.parts) - 1 or skips > MOST_SKIPS):
        return None
    feeds: dict[int, list[int]] = {}
    for edge in view.edges:
        feeds.setdefault(edge.target, []).append(edge.source)
    found: list[Volume] = []
    place: dict[int, int] = {}  # of the volume that each part belongs to
    for i, part in enumerate(view.parts):
        sources = tuple(sorted({place[source] for source in feeds.get(i, ())}))
        rest = part.nodes
        if not sources and len(part.nodes) > 1:
            found.append(_input_of(outline, part))
            sources = (len(found) - 1,)
            rest = part.nodes[1:]
        if len(sources) == 1 and _passes_on(graph, part, found[sources[0]]):
            (place[i],) = sources
            kept = found[place[i]]
            found[place[i]] = replace(kept, nodes=kept.nodes + part.nodes)
            continue
        place[i] = len(found)
        spot = spots[len(found) % len(spots)]
        volume = _volume(graph, costs, part, sources, found, spot)
        found.append(replace(volume, nodes=rest))
    return _towers(graph, found)


def _input_of(outline: Outline, part: Part) -> Volume:
    """The network's input, where it is shown within a part."""
    name = part.nodes[0]
    inner = outline.by_key[f"operation/{name}"]
    shape = whole_sizes(outline.graph.by_name[name].output_shape)
    return Volume(inner, (name,), name, shape, Kind.INPUT, name, "input")


def _passes_on(graph: LayerGraph, part: Part, source: Volume) -> bool:
    """Whether a part hands on what it gets, cell by cell or in another form."""
    nodes = [graph.by_name[name] for name in part.nodes]
    size = math.prod(whole_sizes(nodes[-1].output_shape))
    kinds = {kind_of(node) for node in nodes}
    return size == math.prod(source.shape) and kinds <= {*PASSING}


def _volume(
    graph: LayerGraph,
    costs: GraphCosts,
    part: Part,
    sources: tuple[int, ...],
    found: Sequence[Volume],
    spot: tuple[float, float],
) -> Volume:
    window = None
    if len(sources) == 1:
        window = window_of(graph, part.nodes, found[sources[0]].shape, spot)
    return Volume(
        part=part,
        nodes=part.nodes,
        tensor=part.nodes[-1],
        shape=whole_sizes(graph.by_name[part.nodes[-1]].output_shape),
        kind=_main_kind(graph, costs, part),
        label=part.label,
        made=_made(graph, part),
        times=part.times,
        sources=sources,
        window=window,
    )


def _main_kind(graph: LayerGraph, costs: GraphCosts, part: Part) -> Kind:
    """The kind that does most of a part's work."""
    work: Counter[Kind] = Counter()
    for name in part.nodes:
        work[kind_of(graph.by_name[name])] += costs.by_name[name].macs
    if work.total():
        return work.most_common(1)[0][0]
    return kind_of(head_of(graph, part.nodes))


# --- windows


def window_of(
    graph: LayerGraph,
    nodes: Sequence[str],
    source: tuple[int, ...],
    spot: tuple[float, float] = (0.5, 0.25),
) -> Window | None:
    """The window that one cell of a part's output reads of its input.

    Args:
        graph: The network.
        nodes: The part's operations, each reading the one before.
        source: Shape of the part's input.
        spot: Where the cell lies in the output, as shares of its rows and columns.

    Returns:
        None unless one of the operations convolves or pools, and none of the others works on more
        than a cell.
    """
    operations = [graph.by_name[name] for name in nodes]
    if any(len(node.sources) != 1 for node in operations):
        return None
    kinds = [kind_of(node) for node in operations]
    working = [kind for kind in kinds if kind in (*_WINDOWED, Kind.DENSE)]
    if len(working) != 1 or working[0] not in _WINDOWED:
        return None
    (before,) = graph.input_shapes(operations[0])
    if whole_sizes(before) != source or not 2 <= len(source) <= 4:
        return None
    after = whole_sizes(operations[-1].output_shape)
    # The two axes of the plane; a sequence has one.
    axes = [0] if len(source) == 2 else [len(source) - 3, len(source) - 2]
    cell = [0] * len(after)
    for axis, share in zip(axes, spot, strict=False):
        if axis < len(after) - 1:
            cell[axis] = int((after[axis] - 1) * share)
    reads = [(at, at + 1) for at in cell]
    for node in reversed(operations):
        (shape,) = graph.input_shapes(node)
        rule = link(Edge(node, (whole_sizes(shape),), 0, 0))
        if rule is None:
            return None
        back = []
        for axis, extent in enumerate(whole_sizes(shape)):
            followed = rule.get(axis)
            if followed is None or followed.output_axis is None:
                back.append((0, extent))
                continue
            first, last = reads[followed.output_axis]
            low, high = followed.reads.low, followed.reads.high
            back.append(
                (math.floor(low[0] * first + low[1]), math.ceil(high[0] * (last - 1) + high[1]) + 1)
            )
        reads = back
    windows = [reads[axis] for axis in axes]
    place = [cell[axis] if axis < len(after) - 1 else 0 for axis in axes]
    if len(axes) == 1:
        windows.append((0, 1))
        place.append(0)
    return Window(windows[0], windows[1], (place[0], place[1]))


# --- towers


def _towers(graph: LayerGraph, found: Sequence[Volume]) -> tuple[Volume, ...]:
    """Split the channels where a convolution in few groups makes them or reads them.

    So AlexNet falls into its two halves; pooling passes them on.
    """
    split = [_groups(graph, volume) for volume in found]
    towers = list(split)
    for i, volume in enumerate(found):
        for source in volume.sources:
            if split[i] > 1 and found[source].kind is not Kind.INPUT:
                towers[source] = max(towers[source], split[i])
    pools = [i for i, volume in enumerate(found) if _only_pools(graph, volume)]
    for i in pools:
        towers[i] = max([towers[i], *(towers[source] for source in found[i].sources)])
    for i in reversed(pools):
        for source in found[i].sources:
            if found[source].kind is not Kind.INPUT:
                towers[source] = max(towers[source], towers[i])
    return tuple(
        replace(volume, towers=count, split=split[i] > 1 or (count > 1 and i in pools))
        if volume.shape and volume.shape[-1] % count == 0
        else volume
        for i, (volume, count) in enumerate(zip(found, towers, strict=True))
    )


def _only_pools(graph: LayerGraph, volume: Volume) -> bool:
    kinds = [kind_of(graph.by_name[name]) for name in volume.part.nodes]
    return Kind.POOLING in kinds and len(volume.shape) > 1


def _groups(graph: LayerGraph, volume: Volume) -> int:
    kernels = [graph.by_name[name] for name in volume.part.nodes if has_kernel(graph.by_name[name])]
    if len(kernels) != 1 or kind_of(kernels[0]) is not Kind.CONVOLUTION:
        return 1
    groups = kernels[0].settings.get("groups") or 1
    return groups if groups <= MOST_TOWERS else 1


# --- words

_ROLES: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "residual": ("residual block", "residual blocks"),
        "branches": ("module", "modules"),
        "dense layer": ("dense layer", "dense layers"),
        "separable": ("separable conv", "separable convs"),
        "gated": ("gated block", "gated blocks"),
        "cell": ("cell", "cells"),
        "auxiliary": ("side output", "side outputs"),
    }
)
_COUNTED: Mapping[Kind, str] = MappingProxyType(
    {
        Kind.CONVOLUTION: "conv",
        Kind.DEPTHWISE: "depthwise",
        Kind.POOLING: "pool",
        Kind.DENSE: "fc",
    }
)


def _made(graph: LayerGraph, part: Part) -> str:
    """How a part makes its tensor, without what the tensor's shape says."""
    if len(part.nodes) == 1 or part.role == "unit":
        head = head_of(graph, part.nodes)
        return _without_filters(head, words.operation(head))
    roles: Counter[str] = Counter()
    waiting = [part]
    while waiting:
        inner = waiting.pop()
        if inner.role in _ROLES:
            roles[inner.role] += 1
        else:
            waiting += inner.parts
    if roles:
        told = [f"{n} {_ROLES[role][1]}" if n > 1 else _ROLES[role][0] for role, n in roles.items()]
        return ", ".join(told)
    kinds = Counter(kind_of(graph.by_name[name]) for name in part.nodes)
    counts = [
        f"{n} {_COUNTED[kind]}s" if n > 1 else _COUNTED[kind]
        for kind, n in kinds.items()
        if kind in _COUNTED
    ]
    return ", ".join(counts) or f"{len(part.nodes)} layers"


def _without_filters(node: Node, text: str) -> str:
    shape = node.output_shape
    return text.replace(f", {shape[-1]}", "", 1) if shape else text


# --- folding


def folded(graph: LayerGraph, volumes: Sequence[Volume], *, alike: bool) -> tuple[Volume, ...]:
    """Make one volume of those that follow each other and do the same.

    Args:
        graph: The network.
        volumes: All volumes.
        alike: Blocks of one role at one resolution count as the same, too.
    """

    def sort(volume: Volume) -> object:
        role = _role(volume)
        if alike and role in _ROLES and role != "auxiliary":
            return role, volume.shape[:-1]
        return signature_of(graph, volume.part.nodes)

    runs: list[list[Volume]] = []
    place: dict[int, int] = {}
    for i, volume in enumerate(volumes):
        follows = bool(runs) and volume.sources == (i - 1,) and place[i - 1] == len(runs) - 1
        if follows and sort(runs[-1][-1]) == sort(volume):
            runs[-1].append(volume)
        else:
            runs.append([volume])
        place[i] = len(runs) - 1
    return tuple(
        replace(_joined(run), sources=tuple(sorted({place[i] for i in run[0].sources})))
        for run in runs
    )


def _role(volume: Volume) -> str:
    """What a volume's blocks are."""
    return volume.part.parts[0].role if volume.part.role == "run" else volume.part.role


def _joined(run: Sequence[Volume]) -> Volume:
    """One volume for some that follow each other."""
    first, last = run[0], run[-1]
    if first is last:
        return first
    ends = [first.part, last.part]
    labels = [
        part.parts[index].label if part.role == "run" else part.label
        for part, index in zip(ends, (0, -1), strict=True)
    ]
    times = sum(volume.times for volume in run)
    role = _role(first)
    return replace(
        first,
        nodes=tuple(name for volume in run for name in volume.nodes),
        tensor=last.tensor,
        shape=last.shape,
        label=run_label(*labels),
        made=f"{times} {_ROLES[role][1]}" if role in _ROLES else first.made,
        times=times,
    )
