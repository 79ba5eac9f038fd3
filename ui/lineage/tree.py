"""What stands where in the family tree: a card for each family and year, a chip a network."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QPainterPath

from cnnviz.family_tree import arrange, least_width
from models.registry import Architecture

YEARS = 52.0
"""Width of the column of years."""
CARD_PAD, CHIP_PAD, ROW_GAP, CARD_GAP = 6.0, 6.0, 26.0, 12.0
COLUMNS_FROM = 4
"""A card of so many networks has two columns."""


@dataclass(frozen=True, slots=True)
class Chip:
    """One network: where it stands, and what it is called there."""

    id: str
    label: str
    area: QRectF


@dataclass(frozen=True, slots=True)
class Card:
    """The networks of one family in one year."""

    family: str
    year: int
    title: str
    area: QRectF
    chips: tuple[Chip, ...]


@dataclass(frozen=True, slots=True)
class Line:
    """What grew from what, as a curve between two cards."""

    parent: str
    child: str
    path: QPainterPath


@dataclass(frozen=True, slots=True)
class Tree:
    """All that is drawn.

    Attributes:
        years: Each year and the top and bottom of its row.
        blocks: Chips of the exhibits, and where their heading stands.
    """

    cards: tuple[Card, ...]
    lines: tuple[Line, ...]
    years: tuple[tuple[int, float, float], ...]
    blocks: tuple[Chip, ...]
    blocks_top: float
    width: float
    height: float

    @property
    def chips(self) -> Sequence[Chip]:
        """All of them, networks first."""
        return [*(chip for card in self.cards for chip in card.chips), *self.blocks]


def short(name: str, family: str) -> str:
    """A name without the family's, which stands above it: "ResNeXt-50 (32x4d)" as "50 (32x4d)"."""
    rest = re.sub(rf"^{re.escape(family)}(-| |(?=V))", "", name)
    inside = re.fullmatch(r"\((.+)\)", rest)
    return (inside[1] if inside else rest).strip() or name


def build_tree(
    entries: Sequence[Architecture], width: float, measure: Callable[[str], float], line: float
) -> Tree:
    """Lay the family tree out.

    Args:
        entries: The catalog.
        width: Room; the tree is wider where its fullest year needs it.
        measure: Width of a text.
        line: Height of a line of text.

    Returns:
        The tree, the oldest at the top.
    """
    networks = [entry for entry in entries if not entry.exhibit]
    groups: dict[tuple[int, str], list[Architecture]] = {}
    for entry in networks:
        groups.setdefault((entry.year, entry.family), []).append(entry)
    years = sorted({year for year, _ in groups})
    rows = [years.index(year) for year, _ in groups]
    room = width - YEARS - CARD_GAP
    card_of = {entry.id: i for i, group in enumerate(groups.values()) for entry in group}
    kin = [
        (entry.parent, entry.id)
        for entry in networks
        if entry.parent in card_of and card_of[entry.parent] != card_of[entry.id]
    ]
    pairs = list(dict.fromkeys((card_of[a], card_of[b]) for a, b in kin))
    edges = [(a, b) for a, b in pairs if rows[a] < rows[b]]

    sizes, labels = _sizes(groups, measure, line, frozenset())
    crowded = frozenset(
        year
        for row, year in enumerate(years)
        if least_width(
            [size[0] for size, at in zip(sizes, rows, strict=True) if at == row], CARD_GAP
        )
        > room
    )
    if crowded:
        sizes, labels = _sizes(groups, measure, line, crowded)
    placed = arrange(rows, [size[0] for size in sizes], edges, room, CARD_GAP)
    tall = [
        max(size[1] for size, at in zip(sizes, rows, strict=True) if at == row)
        for row in range(len(years))
    ]
    tops = [ROW_GAP / 2 + sum(tall[:row]) + ROW_GAP * row for row in range(len(years))]
    cards = tuple(
        _card(
            key,
            group,
            labels,
            QRectF(YEARS + placed.middles[i] - sizes[i][0] / 2, tops[rows[i]], *sizes[i]),
            line,
        )
        for i, (key, group) in enumerate(groups.items())
    )
    bends = {(thread.start, thread.end): thread.passes for thread in placed.threads}
    lines = []
    for parent, child in kin:
        ends = (card_of[parent], card_of[child])
        if ends in bends:
            middle = [(YEARS + x, tops[row], tops[row] + tall[row]) for row, x in bends[ends]]
            lines.append(Line(parent, child, _curve(cards[ends[0]], cards[ends[1]], middle)))
    bottom = tops[-1] + tall[-1] + ROW_GAP / 2
    right = max([width, *(card.area.right() + CARD_GAP for card in cards)])
    blocks, height = _blocks(entries, right, bottom + line * 2, measure, line)
    bands = tuple(
        (year, tops[row] - ROW_GAP / 2, tops[row] + tall[row] + ROW_GAP / 2)
        for row, year in enumerate(years)
    )
    return Tree(cards, tuple(lines), bands, blocks, bottom, right, height)


def _sizes(
    groups: Mapping[tuple[int, str], Sequence[Architecture]],
    measure: Callable[[str], float],
    line: float,
    crowded: Set[int],
) -> tuple[list[tuple[float, float]], dict[str, str]]:
    """Width and height of every card, and what its networks are called: some briefly."""
    sizes, labels = [], {}
    for (year, family), group in groups.items():
        # A network alone goes by its name, which then is the title, too.
        lone = len(group) == 1
        for entry in group:
            labels[entry.id] = (
                entry.name if lone or year not in crowded else short(entry.name, family)
            )
        columns = _columns(group)
        chip = max(measure(labels[entry.id]) for entry in group) + 2 * CHIP_PAD
        wide = max(columns * chip, 0 if lone else measure(family) + CHIP_PAD) + 2 * CARD_PAD
        high = math.ceil(len(group) / columns) * (line + 4) + (0 if lone else line)
        sizes.append((wide, high + 2 * CARD_PAD))
    return sizes, labels


def _columns(group: Sequence[Architecture]) -> int:
    return 2 if len(group) >= COLUMNS_FROM else 1


def _card(
    key: tuple[int, str],
    group: Sequence[Architecture],
    labels: Mapping[str, str],
    area: QRectF,
    line: float,
) -> Card:
    year, family = key
    lone = len(group) == 1
    columns = _columns(group)
    deep = math.ceil(len(group) / columns)
    wide = (area.width() - 2 * CARD_PAD) / columns
    top = area.top() + CARD_PAD + (0 if lone else line)
    chips = tuple(
        Chip(
            entry.id,
            labels[entry.id],
            QRectF(
                area.left() + CARD_PAD + i // deep * wide,
                top + i % deep * (line + 4),
                wide,
                line + 4,
            ),
        )
        for i, entry in enumerate(group)
    )
    return Card(family, year, "" if lone else family, area, chips)


def _curve(parent: Card, child: Card, passes: Sequence[tuple[float, float, float]]) -> QPainterPath:
    """Down from one card to another, straight through the rows between them."""
    here = QPointF(parent.area.center().x(), parent.area.bottom())
    path = QPainterPath(here)
    for x, top, bottom in [*passes, (child.area.center().x(), child.area.top(), 0.0)]:
        half = (top - here.y()) / 2
        path.cubicTo(QPointF(here.x(), here.y() + half), QPointF(x, top - half), QPointF(x, top))
        here = QPointF(x, top)
        if bottom:
            here = QPointF(x, bottom)
            path.lineTo(here)
    return path


def _blocks(
    entries: Sequence[Architecture],
    width: float,
    top: float,
    measure: Callable[[str], float],
    line: float,
) -> tuple[tuple[Chip, ...], float]:
    """The exhibits in lines below the tree, and where they end."""
    chips = []
    x, y = YEARS, top
    for entry in entries:
        if entry.exhibit:
            wide = measure(entry.name) + 2 * CHIP_PAD + 4
            if x + wide > width - CARD_GAP and x > YEARS:
                x, y = YEARS, y + line + 12
            chips.append(Chip(entry.id, entry.name, QRectF(x, y, wide, line + 6)))
            x += wide + 8
    return tuple(chips), y + line + 6 + CARD_GAP
