"""What one cell reaches: the positions of a later layer that see it. The reverse of `cnnviz.seen`.

Followed forwards through the layers cell by cell, so that holes and borders come out as they are.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cnnviz.axes import Edge, Link, link, whole_sizes
from cnnviz.errors import UserError
from cnnviz.graph import LayerGraph, Node, Source
from cnnviz.reads import SAME, Reads
from cnnviz.receptive_field import extents_of, input_sizes, not_followed
from cnnviz.seen import ancestors, box_of

Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Reached:
    """What one cell of the source reaches.

    Attributes:
        cells: Which positions of the node see it; bool, shape of the node's spatial axes, () for a
            vector.
    """

    cells: Mask

    @property
    def box(self) -> tuple[tuple[int, int], ...] | None:
        """The smallest box around `cells`: (start, stop) for each axis; None if there are none."""
        return box_of(self.cells)

    @property
    def count(self) -> int:
        """How many positions see it."""
        return int(self.cells.sum())


def reached(
    graph: LayerGraph, node: str, pixel: Sequence[int], source: str | None = None
) -> Reached:
    """Find the positions of a node that see one cell of another.

    Args:
        graph: The model.
        node: Where to look for positions, in its (first) output.
        pixel: Row, column... of the source.
        source: The node whose (first) output holds that cell; the model's first input when None.

    Raises:
        UserError: A size is not known, or a layer on the way is not.
        KeyError: There is no such node.
        IndexError: The cell lies outside of the source.
    """
    graph.require_sizes()
    start = graph.by_name[source] if source is not None else graph.inputs[0]
    target = graph.by_name[node]
    extents = extents_of(graph, start)
    where = tuple(pixel)[: len(extents)]
    if len(where) < len(extents):
        raise IndexError(f"A cell of {start.name!r} has {len(extents)} coordinates.")
    for index, extent in zip(where, extents, strict=True):
        if not 0 <= index < extent:
            raise IndexError(f"Cell {index} lies outside of 0..{extent - 1}.")
    mask = np.zeros(extents, bool)
    mask[where] = True
    # A tensor's mask has one axis for each axis of the tensor, of size 1 where it is alike all
    # along: so it broadcasts.
    first = Source(start.name)
    whole = mask.reshape(mask.shape + (1,) * (len(start.output_shape) - mask.ndim))
    masks = {first: whole}
    needed = ancestors(graph, target)
    for step in graph.nodes[graph.index[start.name] + 1 : graph.index[target.name] + 1]:
        if step.name in needed:
            _push(graph, step, masks, target)
    found = masks.get(Source(target.name))
    shape = whole_sizes(target.output_shape)
    spatial = len(extents_of(graph, target))
    if found is None:
        return Reached(np.zeros(shape[:spatial], bool))
    full = np.broadcast_to(found, shape)
    return Reached(np.asarray(full.any(axis=tuple(range(spatial, len(shape))))))


def _push(graph: LayerGraph, node: Node, masks: dict[Source, Mask], target: Node) -> None:
    """Add the masks of a node's outputs."""
    shapes = input_sizes(graph, node)
    for output in range(len(node.output_shapes)):
        made = Source(node.name, output)
        for which, read in enumerate(node.sources):
            if read not in masks:
                continue
            edge = Edge(node, shapes, which, output)
            links = link(edge)
            if links is None:
                raise UserError(f"What reaches {target.name!r} is not known: {not_followed(node)}")
            pushed = _through(masks[read], edge, links)
            masks[made] = masks[made] | pushed if made in masks else pushed


def _through(mask: Mask, edge: Edge, links: Link) -> Mask:
    """The mask of an output from that of one input, both with an axis for each of the tensor's."""
    after = edge.after
    moved: Mapping[int, tuple[int, Reads]] = {
        axis: (how.output_axis, how.reads)
        for axis, how in links.items()
        if how.output_axis is not None
    }
    for axis, size in enumerate(mask.shape):
        how = links.get(axis)
        if size != edge.before[axis]:
            if how is None or how.reads is SAME or axis == mask.ndim - 1:
                continue  # alike all along, and so is what reads it; channels are not told apart
            mask = np.repeat(mask, edge.before[axis], axis)
        if how is None:
            mask = np.asarray(mask.any(axis=axis, keepdims=True))
        elif how.output_axis is None:
            mask = _read(mask, axis, how.reads, 1)
        else:
            mask = _read(mask, axis, how.reads, after[how.output_axis])
    # Axes that move nothing are of size 1 by now.
    order = sorted(moved, key=lambda axis: moved[axis][0])
    rest = [axis for axis in range(mask.ndim) if axis not in moved]
    mask = mask.transpose([*order, *rest])
    mask = mask.reshape(mask.shape[: len(order)])
    places = {moved[axis][0]: place for place, axis in enumerate(order)}
    return mask.reshape(
        [mask.shape[places[axis]] if axis in places else 1 for axis in range(len(after))]
    )


def _read(mask: Mask, axis: int, reads: Reads, count: int) -> Mask:
    """For each of `count` output cells, whether any cell that it reads is marked."""
    inputs = mask.shape[axis]
    if reads is SAME and count == inputs:
        return mask
    cells = reads.cells(count)
    real = (cells >= 0) & (cells < inputs)
    rows = np.moveaxis(mask, axis, 0)
    found = np.zeros((count, *rows.shape[1:]), bool)
    for tap in range(cells.shape[1]):
        (at,) = np.nonzero(real[:, tap])
        found[at] |= rows[cells[at, tap]]
    return np.moveaxis(found, 0, axis)
