"""Stacks of layers held against each other: what they cost, what they see, what they compute."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from cnnviz.arithmetic import compute
from cnnviz.convolution import Axis, Doubles, Windowed
from cnnviz.experiment import Account, account, read
from cnnviz.lectures import Lecture

Span = tuple[int, int]
"""First and last cell."""


@dataclass(frozen=True)
class Seen:
    """What one output cell reads in one map.

    Attributes:
        rows: First and last row; outside of the map on padding.
        columns: As `rows`, for columns.
        channels: Channels that are read, ascending.
    """

    rows: Span
    columns: Span
    channels: tuple[int, ...]


class Rival:
    """A stack of layers, the first one next to the input; what it computes is made when asked for.

    Args:
        name: What it is called.
        lines: Its layers, as laboratories.

    Raises:
        LabError: One of them does not work.
    """

    def __init__(self, name: str, lines: tuple[str, ...]) -> None:
        self.name = name
        self._lines = lines

    @cached_property
    def account(self) -> Account:
        """What it costs and sees."""
        return account(self.name, self._lines)

    @cached_property
    def layers(self) -> tuple[Windowed, ...]:
        """Its operations."""
        return tuple(read(line)[0] for line in self._lines)

    @cached_property
    def maps(self) -> tuple[Doubles, ...]:
        """The input, and what every layer makes of it, shape (rows, columns, channels) each."""
        maps = [read(self._lines[0])[1]]
        for layer in self.layers:
            maps.append(compute(layer, maps[-1]))
        return tuple(maps)

    def seen(self, row: int, column: int, channel: int) -> tuple[Seen, ...]:
        """What one output position reads, in every map from the input to the output."""
        here = Seen((row, row), (column, column), (channel,))
        found = [here]
        for layer in reversed(self.layers):
            read = {int(c) for each in here.channels for c in layer.channels_read(each)}
            here = Seen(
                _read(layer.rows, here.rows),
                _read(layer.columns, here.columns),
                tuple(sorted(read)),
            )
            found.append(here)
        return tuple(reversed(found))


def _read(axis: Axis, span: Span) -> Span:
    first, last = axis.taps(span[0]), axis.taps(span[1])
    return int(first.min()), int(last.max())


def rivals(lecture: Lecture) -> tuple[Rival, ...]:
    """What a lecture holds against each other; empty where it does not."""
    return tuple(Rival(name, lines) for name, lines in lecture.rivals)
