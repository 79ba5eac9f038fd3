"""Where the cards of a family tree stand: in given rows, near relatives, none over another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from types import MappingProxyType

SWEEPS = 12
THREAD_WIDTH = 10.0
"""Room for a line that passes through a row."""


@dataclass(frozen=True, slots=True)
class Thread:
    """A line from a card to a later one.

    Attributes:
        start: Index of the card that it starts at.
        end: Index of the card that it leads to.
        passes: Row and x of every place between them, top down.
    """

    start: int
    end: int
    passes: tuple[tuple[int, float], ...]


@dataclass(frozen=True, slots=True)
class Arrangement:
    """The answer of `arrange`: the middle of each card, by its index, and the lines."""

    middles: Mapping[int, float]
    threads: tuple[Thread, ...]


def least_width(widths: Sequence[float], gap: float) -> float:
    """How wide cards are side by side."""
    return sum(widths) + gap * (len(widths) - 1)


def arrange(
    rows: Sequence[int],
    widths: Sequence[float],
    edges: Sequence[tuple[int, int]],
    width: float,
    gap: float,
) -> Arrangement:
    """Place cards so that lines between relatives are short and seldom cross.

    The order within a row comes from the mean place of the relatives, swept down and up; the
    places are then the least squares ones that keep the order and the gaps (pool adjacent
    violators). Where the width is less than what the fullest row takes, the cards keep their gaps
    and reach beyond it.

    Args:
        rows: Row of each card, from 0.
        widths: Of each card.
        edges: From an earlier card to one in a later row.
        width: How much room there is.
        gap: Least room between two cards of a row.

    Returns:
        The middles of the cards, from 0 to `width`, and the lines.
    """
    where = list(rows)
    wide = list(widths)
    chains = []
    for start, end in edges:
        chain = [start]
        for row in range(rows[start] + 1, rows[end]):
            chain.append(len(where))
            where.append(row)
            wide.append(THREAD_WIDTH)
        chains.append([*chain, end])
    relatives: list[set[int]] = [set() for _ in where]
    for chain in chains:
        for upper, lower in pairwise(chain):
            relatives[upper].add(lower)
            relatives[lower].add(upper)
    layers = [
        [place for place, at in enumerate(where) if at == row] for row in range(max(where) + 1)
    ]
    room = max(width, *(least_width([wide[place] for place in layer], gap) for layer in layers))
    middles: dict[int, float] = {}
    for layer in layers:
        middles |= _placed(layer, dict.fromkeys(layer, room / 2), wide, gap, room)
    for sweep in range(SWEEPS):
        for layer in layers if sweep % 2 == 0 else reversed(layers):
            wished = {}
            for place in layer:
                near = [
                    middles[other]
                    for other in relatives[place]
                    if sweep >= SWEEPS - 2 or (where[other] < where[place]) == (sweep % 2 == 0)
                ]
                wished[place] = sum(near) / len(near) if near else middles[place]
            layer.sort(key=lambda place: (wished[place], middles[place]))
            middles |= _placed(layer, wished, wide, gap, room)
    threads = tuple(
        Thread(chain[0], chain[-1], tuple((where[p], middles[p]) for p in chain[1:-1]))
        for chain in chains
    )
    cards = {card: middles[card] for card in range(len(rows))}
    return Arrangement(MappingProxyType(cards), threads)


def _placed(
    layer: Sequence[int],
    wished: Mapping[int, float],
    widths: Sequence[float],
    gap: float,
    room: float,
) -> dict[int, float]:
    """Places nearest to the wished ones that keep the order of a layer and the gaps."""
    offsets, left = [], 0.0
    for place in layer:
        offsets.append(left + widths[place] / 2)
        left += widths[place] + gap
    most = room - (left - gap)
    # Without the widths, the places only have to rise: pools of equal ones, as wide as needed.
    pools: list[tuple[float, int]] = []
    for place, offset in zip(layer, offsets, strict=True):
        total, count = wished[place] - offset, 1
        while pools and pools[-1][0] / pools[-1][1] >= total / count:
            earlier, so_many = pools.pop()
            total, count = total + earlier, count + so_many
        pools.append((total, count))
    shifts = [total / count for total, count in pools for _ in range(count)]
    return {
        place: min(max(shift, 0.0), most) + offset
        for place, shift, offset in zip(layer, shifts, offsets, strict=True)
    }
