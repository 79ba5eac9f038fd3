"""What a position sees: receptive fields in the input, or between any two nodes.

`receptive_fields` follows every node at once with straight lines: size, stride and padding of the
window of every position, as if the image went on beyond its border. A window is a box, the smallest
that holds all that is read on any path; between the taps of a dilated convolution there may be
pixels in the box that nothing reads (`cnnviz.seen` gives the very pixels). Where not all positions
have windows of one size (paths with different strides, up-sampling), the field says so and its size
is a bound.

Positions of a vector have no place: the field of a vector (after Flatten, global pooling or Dense)
is what all its units see together.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import ceil, floor

from cnnviz.axes import Edge, Link, link, whole_sizes
from cnnviz.graph import LayerGraph, Node, Source
from cnnviz.reads import SAME, Line, Number


class Reach(StrEnum):
    """How far a field reaches."""

    WINDOW = "window"
    GLOBAL = "global"
    NOTHING = "nothing"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Field:
    """The receptive field of a node's positions, in the cells of a source (the model's input).

    All tuples have one entry for each spatial axis of the source, usually height and width.

    Attributes:
        reach: WINDOW: the numbers below hold; GLOBAL: every position sees all; NOTHING: the node
            does not depend on the source; UNKNOWN: `note` says why.
        size: Cells of the largest window.
        stride: By how much the window moves from one position to the next; a fraction after
            up-sampling, 0 where all positions see the same.
        padding: How far the window of position (0, 0) reaches above and left of the source;
            negative where it begins inside.
        exact: Every position's window has this size and follows from stride and padding. If not,
            size is an upper bound, and `note` says why.
        note: A sentence, or "".
    """

    reach: Reach
    size: tuple[int, ...] = ()
    stride: tuple[int | float, ...] = ()
    padding: tuple[int, ...] = ()
    exact: bool = True
    note: str = ""
    _axes: tuple[_Axis, ...] = ()

    def window(self, position: Sequence[int]) -> tuple[tuple[int, int], ...]:
        """The window of one position, not clipped to the source.

        Where `exact` is False it is a bound: nothing outside of it is seen.

        Args:
            position: Row, column... in the node's output. What is behind the spatial axes (the
                channel) is ignored; a vector takes ().

        Returns:
            (start, stop) for each axis of the source; stop is exclusive.

        Raises:
            ValueError: The reach is NOTHING or UNKNOWN.
        """
        if self.reach in (Reach.NOTHING, Reach.UNKNOWN):
            raise ValueError(f"There is no window: {self.note or self.reach}")
        return tuple(axis.window(position) for axis in self._axes)


def receptive_fields(graph: LayerGraph, source: str | None = None) -> Mapping[str, Field]:
    """Work out the receptive field of every node.

    Args:
        graph: The model.
        source: The node whose output the fields are measured in; the model's first input when
            None. Of a node with several outputs, the first.

    Returns:
        Field by node name, in the order of the graph; of a node with several outputs, the first's.

    Raises:
        UserError: A size is not known.
        KeyError: There is no such source.
    """
    graph.require_sizes()
    start = graph.by_name[source] if source is not None else graph.inputs[0]
    extents = extents_of(graph, start)
    states: dict[Source, _State] = {Source(start.name): _start(extents)}
    for node in graph.nodes[graph.index[start.name] + 1 :]:
        shapes = input_sizes(graph, node)
        for output in range(len(node.output_shapes)):
            state = _propagate(graph, node, shapes, output, states)
            if state is not None:
                states[Source(node.name, output)] = state
    fields: dict[int, Field] = {}
    found = {}
    for node in graph.nodes:
        state = states.get(Source(node.name))
        # Layers that work cell by cell pass the very state on.
        if id(state) not in fields:
            fields[id(state)] = _field(state, extents)
        found[node.name] = fields[id(state)]
    return found


@dataclass(frozen=True, slots=True)
class _Axis:
    """How the windows of a node's positions lie along one axis of the source.

    Attributes:
        carrier: The axis of the node's output that moves the window; None where none does.
        last: Greatest index along the carrier.
        low: Lines that the first cell follows; the window begins at the lowest of them.
        high: Lines that the last cell follows; the window ends at the highest of them.
        whole: Every position sees the whole axis.
        exact: The lines are met, not only bounds.
    """

    carrier: int | None
    last: int
    low: tuple[Line, ...]
    high: tuple[Line, ...]
    whole: bool = False
    exact: bool = True

    def window(self, position: Sequence[int]) -> tuple[int, int]:
        """(start, stop) of one position."""
        i = 0 if self.carrier is None else position[self.carrier]
        if not 0 <= i <= self.last:
            raise IndexError(f"Position {i} lies outside of 0..{self.last}.")
        return self.first(i), floor(max(slope * i + offset for slope, offset in self.high)) + 1

    def first(self, i: int) -> int:
        """The first cell of position i."""
        return ceil(min(slope * i + offset for slope, offset in self.low))

    def size(self) -> int:
        """Cells of the largest window: the width is convex in i, so that it is at an end."""
        return 1 + max(
            floor(
                max(slope * i + offset for slope, offset in self.high)
                - min(slope * i + offset for slope, offset in self.low)
            )
            for i in (0, self.last)
        )


@dataclass(frozen=True, slots=True)
class _State:
    """What is known of one tensor: an entry for each axis of the source, or why there is none."""

    axes: tuple[_Axis, ...]
    unknown: str = ""


def _start(extents: tuple[int, ...]) -> _State:
    lines: tuple[Line, ...] = ((1, 0),)
    return _State(
        tuple(_Axis(axis, extent - 1, lines, lines) for axis, extent in enumerate(extents))
    )


def extents_of(graph: LayerGraph, node: Node) -> tuple[int, ...]:
    """Sizes of a node's spatial axes: all but the last, which holds the channels.

    A matrix that goes on as an image of one channel has two of them.
    """
    shape = whole_sizes(node.output_shape)
    readers = [graph.by_name[name] for name in graph.consumers[node.name]]
    if len(shape) == 2 and readers and all(r.output_shape == (*shape, 1) for r in readers):
        return shape
    return shape[:-1]


def input_sizes(graph: LayerGraph, node: Node) -> tuple[tuple[int, ...], ...]:
    """Shapes of all tensors that a node reads, once `LayerGraph.require_sizes` has passed."""
    return tuple(whole_sizes(shape) for shape in graph.input_shapes(node))


def _propagate(
    graph: LayerGraph,
    node: Node,
    shapes: tuple[tuple[int, ...], ...],
    output: int,
    states: Mapping[Source, _State],
) -> _State | None:
    """State of one output from those of the node's inputs; None if it does not see the source."""
    result: _State | None = None
    after = whole_sizes(node.output_shapes[output])
    for which, read in enumerate(node.sources):
        state = states.get(read)
        if state is None:
            continue
        if state.axes:
            links = link(Edge(node, shapes, which, output))
            if links is None:
                state = _State((), not_followed(node))
            else:
                state = _through(state, links, shapes[which], after)
        result = state if result in (None, state) else _union(result, state, node)
    return result


def _through(state: _State, links: Link, before: tuple[int, ...], after: tuple[int, ...]) -> _State:
    """The state behind one layer."""
    axes = tuple(_behind(axis, links, before, after) for axis in state.axes)
    return state if axes == state.axes else _State(axes, state.unknown)


def _behind(axis: _Axis, links: Link, before: tuple[int, ...], after: tuple[int, ...]) -> _Axis:
    if axis.carrier is None:
        return axis
    how = links.get(axis.carrier)
    if how is None:
        return _WHOLE
    carrier, reads = how.output_axis, how.reads
    last = 0 if carrier is None else after[carrier] - 1
    if reads is SAME and carrier == axis.carrier and last == axis.last:
        return axis
    low, high = reads.low, reads.high
    return _Axis(
        carrier,
        last,
        _lowest([_compose(line, low if line[0] >= 0 else high) for line in axis.low], carrier),
        _highest([_compose(line, high if line[0] >= 0 else low) for line in axis.high], carrier),
        axis.whole,
        axis.exact and reads.exact,
    )


def _compose(outer: Line, inner: Line) -> Line:
    """The line i -> outer(inner(i))."""
    slope, offset = inner
    return outer[0] * slope, outer[0] * offset + outer[1]


def _lowest(lines: Iterable[Line], carrier: int | None) -> tuple[Line, ...]:
    """Of lines with the same slope, the lowest; only the value at 0 counts where nothing moves."""
    kept: dict[Number, Number] = {}
    for slope, offset in lines:
        key = 0 if carrier is None else slope
        kept[key] = min(offset, kept.get(key, offset))
    return tuple(kept.items())


def _highest(lines: Iterable[Line], carrier: int | None) -> tuple[Line, ...]:
    """Of lines with the same slope, the highest."""
    mirrored = _lowest(((slope, -offset) for slope, offset in lines), carrier)
    return tuple((slope, -offset) for slope, offset in mirrored)


def _union(one: _State, other: _State, node: Node) -> _State:
    """What a node sees that reads two tensors."""
    for this, that in ((one, other), (other, one)):
        if this.unknown:
            # What sees all cannot see more.
            return that if that.axes and all(axis.whole for axis in that.axes) else this
    axes = []
    for a, b in zip(one.axes, other.axes, strict=True):
        if a.whole or b.whole:
            axes.append(_WHOLE)
            continue
        if None not in (a.carrier, b.carrier) and a.carrier != b.carrier:
            return _State((), f"{node.name!r} ({node.type}) joins rows with columns.")
        mover = b if a.carrier is None else a
        axes.append(
            _Axis(
                mover.carrier,
                mover.last,
                _lowest(a.low + b.low, mover.carrier),
                _highest(a.high + b.high, mover.carrier),
                exact=a.exact and b.exact,
            )
        )
    return _State(tuple(axes))


def _field(state: _State | None, extents: tuple[int, ...]) -> Field:
    if state is None:
        return Field(Reach.NOTHING, note="It does not depend on the source.")
    if state.unknown:
        return Field(Reach.UNKNOWN, exact=False, note=state.unknown)
    axes = tuple(
        _Axis(None, 0, ((0, 0),), ((0, extent - 1),)) if axis.whole else axis
        for axis, extent in zip(state.axes, extents, strict=True)
    )
    slopes = [{slope for slope, _ in (*axis.low, *axis.high)} for axis in axes]
    note = ""
    if any(len(found) > 1 for found in slopes):
        note = "Paths with different strides meet: windows differ in size, and this is the largest."
    if not all(axis.exact for axis in axes):
        note = "Layers on the way resize or join: windows differ, and the size is an upper bound."
    return Field(
        Reach.GLOBAL if all(axis.whole for axis in state.axes) else Reach.WINDOW,
        size=tuple(axis.size() for axis in axes),
        stride=tuple(_plain(max(found)) for found in slopes),
        padding=tuple(-axis.first(0) for axis in axes),
        exact=not note,
        note=note,
        _axes=axes,
    )


def _plain(number: Number) -> int | float:
    return int(number) if number.denominator == 1 else float(number)


def not_followed(node: Node) -> str:
    """Say that nothing is known behind a node."""
    return f"{node.name!r} ({node.type}) reads its input in a way that is not known."


# The source's extent stands in for its lines, which no later layer can change.
_WHOLE = _Axis(None, 0, ((0, 0),), ((0, 0),), whole=True)
