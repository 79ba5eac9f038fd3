"""What the stage plays, where it is in it, and the sum in words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from cnnviz.arithmetic import Step, step
from cnnviz.convolution import Windowed
from cnnviz.experiment import Experiment
from cnnviz.rivals import Rival
from ui import words

View = Literal["slide", "scatter", "product", "dense", "shuffle", "rivals"]
"""The window over the input; the stamps of a transposed convolution; patches as rows of a matrix;
the dense layer it would be; grouped channels shuffled; rivals side by side."""

BY_POSITION = frozenset({"slide", "product", "dense"})
"""Views whose places are output positions."""

MOST_MATRIX_CELLS = 400_000
MOST_SHUFFLED = 16
"""Channels up to which a shuffle can be followed."""
GLIDES = 4
"""Steps in which a channel moves to its new place."""


@dataclass(frozen=True, eq=False)
class Show:
    """One operation with its numbers.

    Attributes:
        operation: The convolution or pooling.
        values: Its input, shape (rows, columns, channels).
        output: What comes out, shape (rows, columns, filters): the network's own numbers, or the
            laboratory's.
        title: What it is.
        notes: Lines below it: the formula of the output size, and what does not fit.
        network: Whether `output` was computed by a network, and so can differ in the last digits.
        flat: The layer's own output has not three axes (1-D layers, global pooling).
        rivals: Stacks of layers to hold against each other.
    """

    operation: Windowed
    values: NDArray[Any]
    output: NDArray[Any]
    title: str
    notes: tuple[str, ...] = ()
    network: bool = False
    flat: bool = False
    rivals: tuple[Rival, ...] = ()

    @cached_property
    def input_limit(self) -> float:
        """The end of the input's scale."""
        return largest(self.values)

    @property
    def places(self) -> int:
        """Output positions of one channel."""
        return self.operation.rows.after * self.operation.columns.after

    def grid(self, view: View) -> tuple[int, int]:
        """Rows and columns of places that a view goes through."""
        operation = self.operation
        if view == "scatter":
            return operation.rows.before, operation.columns.before
        if view == "shuffle":
            return 1, (2 + GLIDES) * operation.filters
        if view == "rivals":
            shapes = [rival.layers[-1].output_shape for rival in self.rivals]
            if shapes[0][:2] == (1, 1):  # one place: go through the channels instead
                return 1, min(filters for _, _, filters in shapes)
            return shapes[0][:2]
        return operation.rows.after, operation.columns.after

    def depth(self, channel: int) -> int:
        """Input channels that go into an output channel."""
        return len(self.operation.channels_read(channel))

    def views(self) -> tuple[View, ...]:
        """What can be shown."""
        return (
            *(("rivals",) if self.rivals else ()),
            "slide",
            *(("scatter",) if self.operation.transposed else ()),
            *(("shuffle",) if self._shuffles() else ()),
            *self._matrices(),
        )

    def _shuffles(self) -> bool:
        """Whether the next grouped convolution can be the same as this one."""
        operation = self.operation
        if operation.kernel is None or operation.transposed or operation.pointwise is not None:
            return False
        return (
            operation.groups > 1
            and operation.kernel.shape[2] > 1
            and operation.filters == operation.channels <= MOST_SHUFFLED
            and min(operation.rows.after, operation.columns.after)
            >= max(operation.rows.extent, operation.columns.extent)
        )

    def _matrices(self) -> Sequence[View]:
        operation = self.operation
        if operation.kernel is None or operation.pointwise is not None:
            return ()
        taps = operation.size[0] * operation.size[1] * operation.kernel.shape[2]
        inputs = operation.rows.before * operation.columns.before
        views: list[View] = []
        if self.places * taps <= MOST_MATRIX_CELLS:
            views.append("product")
        if self.places * inputs <= MOST_MATRIX_CELLS:
            views.append("dense")
        return views


@dataclass(frozen=True, slots=True)
class Moment:
    """Where the play is.

    Attributes:
        place: Which place of the view's grid (`Show.grid`), row-major; mostly the output position.
        channel: Output channel.
        depth: Which of the input channels that are read is shown (its place in the sum).
        partial: The sum has got as far as `depth`; else it is complete.
        view: How it is shown.
        whole: Large maps are shown whole, with small numbers, instead of magnified in part.
    """

    place: int = 0
    channel: int = 0
    depth: int = 0
    partial: bool = False
    view: View = "slide"
    whole: bool = False

    def cell(self, show: Show) -> tuple[int, int]:
        """Row and column of its place; of the output, in most views."""
        return divmod(self.place, max(show.grid(self.view)[1], 1))


def largest(values: NDArray[Any]) -> float:
    """The end of a scale that is centred on zero: the largest size of a finite value."""
    finite = np.abs(values[np.isfinite(values)])
    return float(finite.max(initial=0.0)) or 1.0


@lru_cache(maxsize=2)
def output_limit(show: Show, channel: int) -> float:
    """The end of the scale of an output channel."""
    return largest(show.output[:, :, channel])


@lru_cache(maxsize=2)
def _step(show: Show, row: int, column: int, channel: int) -> Step:
    return step(show.operation, show.values, row, column, channel)


def step_at(show: Show, moment: Moment) -> Step:
    """The arithmetic of a moment."""
    return _step(show, *moment.cell(show), moment.channel)


def exact(value: float) -> str:
    """A number with all the digits that float32 has."""
    return f"{value:.7g}".replace("-", "−")


def _signed(value: float) -> str:
    text = words.short(value)
    return f"({text})" if text.startswith("−") else text


def sum_lines(show: Show, moment: Moment, most: int = 9) -> list[str]:
    """The sum of a moment, written out.

    Args:
        show: What is played.
        moment: Where.
        most: Products to write before the rest is only counted.
    """
    found = step_at(show, moment)
    row, column, channel = found.position
    head = f"output[{row}, {column}, {channel}]"
    if found.products is None:
        return _pool_lines(show, found, head, most)
    shown = min(moment.depth, len(found.channels) - 1)
    lines = [_products(found, shown, most)]
    many = len(found.channels) > 1
    if found.mixing is not None:
        lines.append(
            f"1 × 1: {_signed(found.channel_sums[shown])}·{_signed(found.mixing[shown])} = "
            f"{exact(found.channel_sums[shown] * found.mixing[shown])}"
        )
    if many and moment.partial and shown < len(found.channels) - 1:
        lines.append(
            f"running total after {shown + 1} of {len(found.channels)} channels: "
            f"{exact(found.running[shown])}"
        )
        return lines
    total = exact(found.running[-1])
    ending = f"sum over {len(found.channels)} channels: {total}" if many else f"sum: {total}"
    if show.operation.bias is not None:
        ending += f";  + bias {_signed(found.bias)} = {exact(found.total)}"
    return [*lines, ending, *_result(show, found, head)]


def _products(found: Step, shown: int, most: int) -> str:
    assert found.products is not None
    assert found.weights is not None
    name = f"channel {found.channels[shown]}: " if len(found.channels) > 1 else ""
    patch, weights = found.patch[:, :, shown], found.weights[:, :, shown]
    if found.gathered:  # taps that meet no cell are no part of the sum
        patch, weights = patch[found.inside], weights[found.inside]
    numbers = zip(patch.ravel(), weights.ravel(), strict=True)
    terms = [f"{_signed(x)}·{_signed(w)}" for x, w in numbers]
    more = f" + … ({len(terms) - most} more)" if len(terms) > most else ""
    if not terms:
        return f"{name}no input cell reaches here = 0"
    return f"{name}{' + '.join(terms[:most])}{more} = {exact(found.channel_sums[shown])}"


def _pool_lines(show: Show, found: Step, head: str, most: int) -> list[str]:
    seen = [words.short(value) for value in found.patch[:, :, 0][found.inside]]
    more = f", … ({len(seen) - most} more)" if len(seen) > most else ""
    listed = ", ".join(seen[:most]) + more
    if found.cells == 0:
        first = "the window lies on padding alone"
    elif show.operation.pool == "max":
        assert found.winner is not None
        first = f"max({listed}) = {exact(found.total)}, at row {found.winner[0]}, "
        first += f"column {found.winner[1]}"
    else:
        first = f"({' + '.join(seen[:most])}{' + …' if more else ''}) / {found.cells} = "
        first += exact(found.total)
    return [first, *_result(show, found, head)]


def _result(show: Show, found: Step, head: str) -> list[str]:
    activation = show.operation.activation
    has = float(show.output[found.position])
    if found.value is None:
        return [f"{head}: {activation} is not known here; the network has {exact(has)}"]
    text = f"{head} = "
    if activation != "linear":
        text += f"{activation}({exact(found.total)}) = "
    text += exact(found.value)
    if not show.network:
        return [text]
    text += f";  the network has {exact(has)}"
    if found.value == has:
        return [f"{text}, no difference"]
    if found.mixing is not None:  # the sum of a separable convolution takes a line more
        return [f"{text}, {_difference(show, found, has)}"]
    return [text, _difference(show, found, has)]


_KEEPS_SIZE = frozenset({"linear", "relu", "relu6"})
"""Activations that make a difference no larger, and round nothing."""


def _difference(show: Show, found: Step, has: float) -> str:
    """How far the network's number is off the exact one, and why."""
    assert found.value is not None
    off = abs(found.value - has)
    text = f"difference {off:.1e}"
    if found.size > 0:
        text += f" ({off / found.size:.1e} of the terms' sizes)"
    if show.operation.activation not in _KEEPS_SIZE:
        return text
    if off > found.rounding:
        return f"{text}: more than float32 rounding explains (at most {found.rounding:.1e})"
    return f"{text}: float32 rounding (at most {found.rounding:.1e})"


def rounding_note(show: Show, moment: Moment) -> str:
    """Why the network's number differs in the last digits; empty where it does not."""
    found = step_at(show, moment)
    has = float(show.output[found.position])
    if not show.network or found.value is None or found.value == has or found.size == 0:
        return ""
    off = abs(found.value - has)
    note = (
        "The sum above is exact; the network adds in float32, in an order of its own. "
        f"The difference is {off / found.size:.1e} of the sizes of all that is added "
        f"({exact(found.size)}). "
    )
    if show.operation.activation not in _KEEPS_SIZE:
        return note + f"The activation, {show.operation.activation}, is reckoned in float32, too."
    if off > found.rounding:
        return note + (
            f"Rounding to float32 can make {found.rounding:.1e} at most: the network reckons with "
            "fewer digits (a float16 layer), or by another algorithm (some GPUs)."
        )
    return note + f"Rounding each term and each addition can make {found.rounding:.1e} at most."


def whole_sum(show: Show, moment: Moment) -> str:
    """The sum with every product, a line an input channel."""
    found = step_at(show, moment)
    note = rounding_note(show, moment)
    last = [note] if note else []
    if found.products is None:
        return "\n".join([*sum_lines(show, moment, most=10_000), *last])
    lines = [
        _products(found, depth, found.patch.shape[0] * found.patch.shape[1])
        + f"   total {exact(found.running[depth])}"
        for depth in range(len(found.channels))
    ]
    complete = replace(moment, depth=len(found.channels) - 1, partial=False)
    return "\n".join([*lines, *sum_lines(show, complete)[1:], *last])


def show_of_lab(experiment: Experiment, title: str = "", against: tuple[Rival, ...] = ()) -> Show:
    """The show of a laboratory, with what it is held against."""
    return Show(
        experiment.operation,
        experiment.values,
        experiment.output,
        title or experiment.lab.line(),
        (*experiment.formulas, *experiment.remarks),
        rivals=against,
    )


def moments(
    show: Show, channel: int, *, by_channel: bool, view: View = "slide", whole: bool = False
) -> Sequence[Moment]:
    """Every step of the play of one output channel, in order."""
    depth = show.depth(channel) if by_channel and view in SUMS else 1
    rows, columns = show.grid(view)
    first = Moment(0, channel, 0, by_channel and depth > 1, view, whole)
    return _Moments(rows * columns, depth, first)


SUMS = frozenset({"slide", "scatter", "dense"})
"""Views that can go input channel by input channel."""


@dataclass(frozen=True)
class _Moments(Sequence[Moment]):
    """Made when asked for: there may be millions."""

    places: int
    depth: int
    first: Moment

    def __len__(self) -> int:
        return self.places * self.depth

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, slice):
            return [self[i] for i in range(*index.indices(len(self)))]
        if not -len(self) <= index < len(self):
            raise IndexError(index)
        place, depth = divmod(index % len(self), self.depth)
        return replace(self.first, place=place, depth=depth)
