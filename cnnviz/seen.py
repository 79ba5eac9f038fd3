"""What one position sees, to the pixel: followed back through the layers cell by cell.

Exact where `cnnviz.receptive_field` gives boxes: padding is left out, and holes are not filled.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod

import numpy as np
from numpy.typing import NDArray

from cnnviz.axes import Edge, Link, link, whole_sizes
from cnnviz.errors import UserError
from cnnviz.graph import LayerGraph, Node, Source
from cnnviz.reads import SAME, pull
from cnnviz.receptive_field import Reach, extents_of, input_sizes, not_followed, receptive_fields


@dataclass(frozen=True)
class Seen:
    """What one position sees, to the pixel.

    Attributes:
        window: The box in which it looks, not clipped: (start, stop) for each axis of the source.
        pixels: Which cells of the source reach it; bool, shape of the source's spatial axes.
    """

    window: tuple[tuple[int, int], ...]
    pixels: NDArray[np.bool_]

    @property
    def box(self) -> tuple[tuple[int, int], ...] | None:
        """The smallest box around `pixels`: (start, stop) for each axis; None if there are none."""
        return box_of(self.pixels)

    @property
    def padding_share(self) -> float:
        """The share of the window that lies outside of the source, 0..1."""
        inside = prod(
            max(0, min(stop, extent) - max(start, 0))
            for (start, stop), extent in zip(self.window, self.pixels.shape, strict=True)
        )
        return 1 - inside / prod(stop - start for start, stop in self.window)


def seen(
    graph: LayerGraph, node: str, position: Sequence[int] = (), source: str | None = None
) -> Seen:
    """Find the very pixels that reach one position.

    Args:
        graph: The model.
        node: Where the position lies.
        position: Row, column... in the node's (first) output; what is behind its spatial axes (the
            channel) is ignored; a vector takes ().
        source: The node in whose (first) output to look; the model's first input when None.

    Raises:
        UserError: A size is not known, or a layer on the way is not.
        KeyError: There is no such node.
        IndexError: The position lies outside of the node's output.
    """
    fields = receptive_fields(graph, source)
    field = fields[node]
    start = graph.by_name[source] if source is not None else graph.inputs[0]
    if field.reach is Reach.UNKNOWN:
        raise UserError(_refusal(node, field.note))
    if field.reach is Reach.NOTHING:
        extents = extents_of(graph, start)
        return Seen(tuple((0, 0) for _ in extents), np.zeros(extents, bool))
    window = field.window(position)
    return Seen(window, _trace_back(graph, graph.by_name[node], position, start))


def _trace_back(
    graph: LayerGraph, target: Node, position: Sequence[int], start: Node
) -> NDArray[np.bool_]:
    """The cells of `start` that reach one position of `target`, which depends on it.

    Every layer reads products of taps, so that a set of cells is followed exactly, axis by axis.
    """
    first, last = Source(start.name), Source(target.name)
    followed = {first: tuple(range(len(extents_of(graph, start))))}
    steps: list[tuple[Source, Source, Edge, Link]] = []
    needed = ancestors(graph, target)
    for node in graph.nodes[graph.index[start.name] + 1 : graph.index[target.name] + 1]:
        if node.name not in needed:
            continue
        shapes = input_sizes(graph, node)
        for output in range(len(node.output_shapes)):
            made = Source(node.name, output)
            axes: set[int] = set()
            for which, read in enumerate(node.sources):
                if read in followed:
                    edge = Edge(node, shapes, which, output)
                    links = link(edge)
                    if links is None:
                        raise UserError(_refusal(target.name, not_followed(node)))
                    steps.append((made, read, edge, links))
                    moved = [links[axis].output_axis for axis in followed[read] if axis in links]
                    axes.update(axis for axis in moved if axis is not None)
                    followed[made] = ()
            if made in followed:
                followed[made] = tuple(sorted(axes))
    cells = np.zeros([whole_sizes(target.output_shape)[axis] for axis in followed[last]], bool)
    cells[tuple(position[axis] for axis in followed[last])] = True
    masks = {last: cells}
    for made, read, edge, links in reversed(steps):
        if made in masks:
            pulled = _pull(masks[made], followed[made], followed[read], edge, links)
            masks[read] = masks[read] | pulled if read in masks else pulled
    return masks[first]


def ancestors(graph: LayerGraph, target: Node) -> set[str]:
    """Names of all nodes that a node depends on, and its own."""
    found = {target.name}
    for node in reversed(graph.nodes[: graph.index[target.name] + 1]):
        if node.name in found:
            found.update(node.inputs)
    return found


def _pull(
    mask: NDArray[np.bool_],
    axes_after: tuple[int, ...],
    axes_before: tuple[int, ...],
    edge: Edge,
    links: Link,
) -> NDArray[np.bool_]:
    """Which cells of an input are read by the marked cells of an output.

    Args:
        mask: One axis for each of `axes_after`.
        axes_after: Followed axes of the output, ascending.
        axes_before: Followed axes of the input, ascending.
        edge: The layer.
        links: How it reads the input.

    Returns:
        One axis for each of `axes_before`.
    """
    origin = {links[axis].output_axis: axis for axis in axes_before if axis in links}
    gone = tuple(place for place, axis in enumerate(axes_after) if axis not in origin)
    mask = np.any(mask, axis=gone, keepdims=True).squeeze(gone)
    order = [origin[axis] for axis in axes_after if axis in origin]
    for place, axis in enumerate(order):
        how = links[axis]
        if how.reads is not SAME or mask.shape[place] != edge.before[axis]:
            mask = pull(mask, place, how.reads, edge.before[axis])
    for axis in axes_before:
        if axis not in order:
            fixed, size = links.get(axis), edge.before[axis]
            one = np.ones(1, bool)
            line = np.ones(size, bool) if fixed is None else pull(one, 0, fixed.reads, size)
            mask = mask[..., None] & line
            order.append(axis)
    return mask.transpose(np.argsort(order)) if order else mask


def box_of(mask: NDArray[np.bool_]) -> tuple[tuple[int, int], ...] | None:
    """The smallest box around what is marked: (start, stop) for each axis; None if nothing is."""
    if not mask.any():
        return None
    return tuple(
        (int(hit[0]), int(hit[-1]) + 1)
        for hit in (
            np.flatnonzero(mask.any(axis=_all_but(axis, mask.ndim))) for axis in range(mask.ndim)
        )
    )


def _refusal(name: str, reason: str) -> str:
    return f"What a position of {name!r} sees is not known: {reason}"


def _all_but(axis: int, rank: int) -> tuple[int, ...]:
    return tuple(other for other in range(rank) if other != axis)
