"""How a receptive field grows, layer by layer, with the numbers of the real network.

From the source to a node, along the branch that makes its field large:

    size    r = r' + (K - 1) * D * j'     K: kernel, D: dilation
    stride  j = S * j'                    S: stride
    padding q = q' + P * j'               P: padding above or left

with r' = j' = 1 and q' = 0 at the source. Written out, r = 1 + sum of (K - 1) * D * j', which for L
equal layers of stride 1 is 1 + L * (K - 1).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil, floor

from cnnviz.axes import AxisRead, Edge, Link, link
from cnnviz.graph import LayerGraph, Node
from cnnviz.reads import SAME, Window
from cnnviz.receptive_field import Field, Reach, extents_of, input_sizes, receptive_fields

Interval = tuple[int, int]
"""(start, stop), stop exclusive."""


@dataclass(frozen=True)
class Layer:
    """What one layer does along one axis.

    Attributes:
        kernel: Cells that it reads.
        stride: Cells from one read to the next.
        padding: Cells that the first read begins above or left of its input; negative inside.
        dilation: Cells from one tap to the next.
    """

    kernel: int
    stride: int
    padding: int
    dilation: int


@dataclass(frozen=True)
class Branch:
    """A node that joins several branches.

    Attributes:
        chosen: The input whose field is largest, on which the path goes on.
        sizes: Field sizes of all inputs by name, in the cells of the source.
    """

    chosen: str
    sizes: Mapping[str, tuple[int, ...]]


@dataclass(frozen=True)
class Row:
    """One node on the path.

    Attributes:
        node: Its name.
        type: Its type.
        layers: What it does along each axis; None where it is no plain sliding window.
        size: Its field in the source.
        stride: By how much that moves from one position to the next.
        padding: How far that of position (0, 0) reaches above and left of the source.
        formulas: How the size comes from that of the row above, one for each axis: "7 + (3 - 1)·2 =
            11"; empty where it stays, or where the formula does not hold.
        branch: Set where several branches meet.
        exceeds: The window is larger than the source, so that every position sees padding.
    """

    node: str
    type: str
    layers: tuple[Layer, ...] | None
    size: tuple[int, ...]
    stride: tuple[int | float, ...]
    padding: tuple[int, ...]
    formulas: tuple[str, ...] = ()
    branch: Branch | None = None
    exceeds: bool = False


@dataclass(frozen=True)
class Growth:
    """How the field of a node grows.

    Attributes:
        rows: From the source to the node; what changes nothing is left out, except both ends.
        sum: The size of the field written out for each axis: "1 + 2·1 + 2·1 = 5".
        closed: 1 + L(K - 1) with its numbers, where all layers are alike and of stride 1; else "".
        path: Names of all nodes on the path, from the source to the node.
    """

    rows: tuple[Row, ...]
    sum: tuple[str, ...]
    closed: str
    path: tuple[str, ...]


def growth(
    graph: LayerGraph,
    node: str,
    source: str | None = None,
    fields: Mapping[str, Field] | None = None,
) -> Growth:
    """Follow how the field of a node grows.

    Args:
        graph: The model.
        node: Its field is meant.
        source: In whose cells; the model's first input when None.
        fields: What `receptive_fields(graph, source)` gives, where it is at hand.

    Returns:
        The rows. They end before the first node that sees everything, or of which nothing is known.

    Raises:
        UserError: A size is not known.
        KeyError: There is no such node.
    """
    fields = fields if fields is not None else receptive_fields(graph, source)
    start = source if source is not None else graph.inputs[0].name
    path, branches = _path(graph, start, node, fields)
    sizes = extents_of(graph, graph.by_name[start])
    rank = len(sizes)
    rows = []
    terms: list[list[str]] = [["1"] for _ in range(rank)]
    plain: list[tuple[Layer, ...]] = []
    written = True
    for previous, name in zip((None, *path), path, strict=False):
        field = fields[name]
        if field.reach is not Reach.WINDOW:
            break
        this = graph.by_name[name]
        layers = None if previous is None else _layers(graph, this, previous, rank)
        before = fields[previous] if previous is not None else None
        formulas: tuple[str, ...] = ()
        if before is not None and layers is not None:
            formulas = tuple(
                _formula(before, field, layer, axis) for axis, layer in enumerate(layers)
            )
            for axis, layer in enumerate(layers):
                if layer.kernel > 1:
                    terms[axis].append(_term(layer, before.stride[axis]))
            if any(layer.kernel > 1 or layer.stride > 1 for layer in layers):
                plain.append(layers)
        elif before is not None and before.size != field.size:
            written = False
        branch = branches.get(name)
        changed = before is None or (field.size, field.stride, field.padding) != (
            before.size,
            before.stride,
            before.padding,
        )
        if changed or branch is not None or name == node:
            rows.append(
                Row(
                    name, this.type, layers, field.size, field.stride, field.padding,
                    formulas if changed else (), branch,
                    any(size > whole for size, whole in zip(field.size, sizes, strict=True)),
                )
            )  # fmt: skip
    sums: tuple[str, ...] = ()
    if written and rows:
        last = rows[-1].size
        sums = tuple(
            f"{' + '.join(parts)} = {size:,}" if _total(parts) == size else ""
            for parts, size in zip(terms, last, strict=True)
        )
    return Growth(tuple(rows), sums, _closed(plain, rows), tuple(path))


def pyramid(
    graph: LayerGraph, path: Sequence[str], cell: int, axis: int = 0
) -> tuple[tuple[str, Interval, int], ...]:
    """The windows of one position in every node of a path, along one axis: a staircase.

    Args:
        graph: The model.
        path: Names from the source to the node (`Growth.path`).
        cell: The position's row (axis 0) or column (axis 1).
        axis: Which axis.

    Returns:
        For each node from the last to the source: its name, (start, stop) of the cells that the
        position sees in it along this path, not clipped, and how many cells there are. It ends
        where a layer is no window.
    """
    low = high = cell
    steps = []
    names = list(reversed(path))
    for name, previous in zip(names, [*names[1:], None], strict=True):
        node = graph.by_name[name]
        extent = node.output_shape[axis]
        assert extent is not None
        steps.append((name, (low, high + 1), extent))
        if previous is None:
            break
        read = _read(graph, node, previous).get(axis)
        if read is None or read.output_axis != axis:
            break
        reads = read.reads
        low = ceil(reads.low[0] * low + reads.low[1])
        high = floor(reads.high[0] * high + reads.high[1])
    return tuple(steps)


def _path(
    graph: LayerGraph, start: str, node: str, fields: Mapping[str, Field]
) -> tuple[list[str], dict[str, Branch]]:
    """Names from the source to the node, each time over the input that sees most."""
    path = [node]
    branches = {}
    while path[-1] != start:
        current = graph.by_name[path[-1]]
        seeing = [
            name
            for name in dict.fromkeys(current.inputs)
            if fields[name].reach is not Reach.NOTHING
        ]
        if not seeing:
            break
        chosen = max(seeing, key=lambda name: _rank(fields[name]))
        if len(seeing) > 1:
            branches[current.name] = Branch(chosen, {name: fields[name].size for name in seeing})
        path.append(chosen)
    path.reverse()
    return path, branches


def _rank(field: Field) -> tuple[bool, int]:
    total = 1
    for size in field.size:
        total *= size
    return field.reach is not Reach.WINDOW, total


def _read(graph: LayerGraph, node: Node, previous: str) -> Mapping[int, AxisRead]:
    shapes = input_sizes(graph, node)
    which = node.inputs.index(previous)
    links: Link | None = link(Edge(node, shapes, which, 0))
    return links or {}


def _layers(graph: LayerGraph, node: Node, previous: str, rank: int) -> tuple[Layer, ...] | None:
    """What a node does along each axis, where it slides a window."""
    links = _read(graph, node, previous)
    layers = []
    for axis in range(rank):
        read = links.get(axis)
        reads = read.reads if read is not None else None
        if read is None or read.output_axis != axis or not isinstance(reads, Window):
            return None
        if reads is not SAME and reads.stride < 1:
            return None
        layers.append(Layer(reads.size, reads.stride, -reads.offset, reads.dilation))
    return tuple(layers)


def _term(layer: Layer, stride: float) -> str:
    taps = (layer.kernel - 1) * layer.dilation
    return f"{taps}·{stride:g}"


def _total(parts: Sequence[str]) -> float:
    total = 0.0
    for part in parts:
        taps, _, stride = part.partition("·")
        total += float(taps) * float(stride or 1)
    return total


def _formula(before: Field, field: Field, layer: Layer, axis: int) -> str:
    """The recursion for one layer, where it holds."""
    size, stride = before.size[axis], before.stride[axis]
    grown = size + (layer.kernel - 1) * layer.dilation * stride
    if grown != field.size[axis] or layer.kernel == 1:
        return ""
    dilation = f"·{layer.dilation}" if layer.dilation > 1 else ""
    return f"{size} + ({layer.kernel} − 1){dilation}·{stride:g} = {field.size[axis]}"


def _closed(layers: Sequence[tuple[Layer, ...]], rows: Sequence[Row]) -> str:
    """1 + L(K - 1), where that is the whole story."""
    if len(layers) < 2 or not rows:
        return ""
    first = layers[0][0]
    alike = all(
        (layer.kernel, layer.stride, layer.dilation) == (first.kernel, 1, 1)
        for each in layers
        for layer in each
    )
    size = 1 + len(layers) * (first.kernel - 1)
    if not alike or any(size != found for found in rows[-1].size):
        return ""
    return f"1 + L(K − 1) = 1 + {len(layers)}·({first.kernel} − 1) = {size}"
