"""Where the volumes of a figure lie: in rows, as large as there is room."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from cnnviz.figures.drawing import Sheet
from cnnviz.figures.scene import Colour
from cnnviz.figures.solids import Measure, Solid
from cnnviz.figures.tensors import Volume

LINE = 1.22
"""From one line of a label to the next, in sizes of its letters."""
_LARGEST = 22.0
"""Most height of the highest box, in sizes of a letter."""
_EASE = 9.0
"""The same below which another row is begun, if there is room for one."""
_SLACK = 1e-6


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a label.

    Attributes:
        words: What it says.
        size: In points.
        colour: Of the letters.
        name: Under which its words may be replaced.
        bold: Heavy letters.
    """

    words: str
    size: float
    colour: Colour
    name: str
    bold: bool = False


@dataclass(frozen=True, eq=False)
class Card:
    """A volume with its label.

    Attributes:
        volume: The tensor.
        lines: Of the label.
        wide: The widest of them, in points.
        picture: Edge of its thumbnail, in points; 0 for none.
    """

    volume: Volume
    lines: tuple[Line, ...]
    wide: float
    picture: float = 0.0

    @property
    def below(self) -> float:
        """Between the thumbnail and the words."""
        return 0.4 * self.lines[0].size if self.picture else 0.0

    @property
    def high(self) -> float:
        """Height of the label."""
        return self.picture + self.below + sum(line.size * LINE for line in self.lines)


@dataclass(frozen=True, eq=False)
class Placed:
    """A volume on the page.

    Attributes:
        card: What it says.
        solids: Its towers.
        middle: Of its label, in points from the left.
        row: In which row it is.
        axis: Height at which the row's tensors follow each other.
        label: Top of its label.
    """

    card: Card
    solids: tuple[Solid, ...]
    middle: float
    row: int
    axis: float
    label: float

    @property
    def volume(self) -> Volume:
        """The tensor."""
        return self.card.volume

    @property
    def left(self) -> float:
        """Where it begins."""
        return min(solid.area[0] for solid in self.solids)

    @property
    def right(self) -> float:
        """Where it ends."""
        return max(solid.area[2] for solid in self.solids)


@dataclass(frozen=True, eq=False)
class Layout:
    """Volumes on a page, and how much of it they take.

    Attributes:
        placed: The volumes.
        width: In points.
        height: In points.
        gutters: Height of the line that leads from each row to the next.
        arcs: Source and target of what passes over others in its row, and how high it does.
    """

    placed: tuple[Placed, ...]
    width: float
    height: float
    gutters: tuple[float, ...]
    arcs: Mapping[tuple[int, int], float]

    @property
    def rows(self) -> int:
        """How many there are."""
        return self.placed[-1].row + 1


@dataclass(frozen=True, eq=False)
class _Plan:
    """Which volume is in which row when the highest box has some height."""

    measure: Measure
    extents: Sequence[tuple[float, float]]
    slots: Sequence[float]
    gap: float
    rows: Sequence[Sequence[int]]


def lay_out(cards: Sequence[Card], sheet: Sheet, size: float, least: float) -> Layout | None:
    """Lay volumes out in as few rows as they are at ease in, and as large as there is room.

    Args:
        cards: The volumes.
        sheet: The room.
        size: Of the letters, in points.
        least: Height that the highest box must have, in points.

    Returns:
        None where there is no room.
    """
    plan = _largest(cards, sheet, size, least, len(cards))
    if plan is None:
        return None
    ease = min(plan.measure.height, max(least, _EASE * size))
    for rows in range(1, len(plan.rows)):
        fewer = _plan(cards, sheet, size, ease, rows)
        if fewer is not None:
            plan = _largest(cards, sheet, size, ease, rows) or fewer
            break
    return _placed(cards, plan, size)


def _largest(
    cards: Sequence[Card], sheet: Sheet, size: float, least: float, rows: int
) -> _Plan | None:
    """The plan with at most so many rows and the highest box as high as can be."""
    low, high = least, max(least, min(_LARGEST * size, sheet.height))
    best = _plan(cards, sheet, size, low, rows)
    if best is None:
        return None
    whole = _plan(cards, sheet, size, high, rows)
    if whole is not None:
        return whole
    while high - low > 0.5:
        middle = (low + high) / 2
        found = _plan(cards, sheet, size, middle, rows)
        if found is None:
            high = middle
        else:
            low, best = middle, found
    return best


def _measure(cards: Sequence[Card], sheet: Sheet, height: float) -> Measure:
    volumes = [card.volume for card in cards]
    solid = [volume for volume in volumes if not volume.flat]
    return Measure(
        height=height,
        rows=max((max(volume.size[:2]) for volume in solid), default=1),
        channels=max((volume.size[2] // volume.towers for volume in solid), default=1),
        cells=max((volume.size[2] for volume in volumes if volume.flat), default=1),
        scale=sheet.options.scale,
        form=sheet.options.solids,
    )


def _plan(
    cards: Sequence[Card], sheet: Sheet, size: float, height: float, most: int
) -> _Plan | None:
    """Everything in at most so many rows; None where there is no room."""
    measure = _measure(cards, sheet, height)
    extents = [measure.extent(card.volume) for card in cards]
    slots = [max(extent[0], card.wide) for extent, card in zip(extents, cards, strict=True)]
    gap = 0.9 * size + (0.16 if sheet.options.kernels else 0.06) * height
    rows = _rows(slots, gap, sheet.width, size)
    if rows is None or len(rows) > most:
        return None
    needed = 2.2 * size * (len(rows) - 1)
    for row in rows:
        needed += max(extents[i][1] for i in row) + max(cards[i].high for i in row) + 0.5 * size
        needed += _over(_lanes(cards, row), size)
    if needed > sheet.height + _SLACK:
        return None
    return _Plan(measure, extents, slots, gap, rows)


def _rows(slots: Sequence[float], gap: float, room: float, size: float) -> list[list[int]] | None:
    """Which slots are in which row: as few rows as can be, and these about equally long."""

    def greedy(limit: float) -> list[list[int]]:
        rows: list[list[int]] = []
        used = limit + 1
        for i, slot in enumerate(slots):
            if used + gap + slot > limit:
                rows.append([])
                used = -gap
            rows[-1].append(i)
            used += gap + slot
        return rows

    if sum(slots) + gap * (len(slots) - 1) <= room:
        return [list(range(len(slots)))]
    room -= 2 * _margin(size)
    if max(slots) > room:
        return None
    rows = greedy(room)
    low, high = max(slots), room
    for _ in range(8):
        middle = (low + high) / 2
        if len(greedy(middle)) > len(rows):
            low = middle
        else:
            high = middle
    return greedy(high)


def _lanes(cards: Sequence[Card], row: Sequence[int]) -> dict[tuple[int, int], int]:
    """What passes over others in a row, the short ones below the long ones that they would meet."""
    arcs = [(j, i) for i in row for j in cards[i].volume.sources if row[0] <= j < i - 1]
    lanes: dict[tuple[int, int], int] = {}
    for arc in sorted(arcs, key=lambda arc: arc[1] - arc[0]):
        met = {lane for other, lane in lanes.items() if other[0] < arc[1] and arc[0] < other[1]}
        lanes[arc] = next(lane for lane in range(len(arcs)) if lane not in met)
    return lanes


def _over(lanes: Mapping[tuple[int, int], int], size: float) -> float:
    """Height of what is above the volumes of a row."""
    return size * (1 + max(lanes.values())) + 0.5 * size if lanes else 0.0


def _margin(size: float) -> float:
    """Left and right of the rows, for the lines that lead from one to the next."""
    return 1.5 * size


def _placed(cards: Sequence[Card], plan: _Plan, size: float) -> Layout:
    margin = _margin(size) if len(plan.rows) > 1 else 0.0
    placed: list[Placed] = []
    gutters: list[float] = []
    arcs: dict[tuple[int, int], float] = {}
    top = width = 0.0
    for number, row in enumerate(plan.rows):
        half = max(plan.extents[i][1] for i in row) / 2
        lanes = _lanes(cards, row)
        top += _over(lanes, size)
        arcs |= {arc: top - size * (lane + 1) for arc, lane in lanes.items()}
        axis, label = top + half, top + 2 * half + 0.5 * size
        across = margin
        for i in row:
            right = across + (plan.slots[i] - plan.extents[i][0]) / 2
            solids = plan.measure.solids(cards[i].volume)
            towers = tuple(solid.moved(right, axis) for solid in solids)
            middle = across + plan.slots[i] / 2
            placed.append(Placed(cards[i], towers, middle, number, axis, label))
            across += plan.slots[i] + plan.gap
        width = max(width, across - plan.gap + margin)
        top = label + max(cards[i].high for i in row)
        if number < len(plan.rows) - 1:
            gutters.append(top + 0.9 * size)
            top += 2.2 * size
    return Layout(tuple(placed), width, top, tuple(gutters), arcs)
