"""A tall picture cut into columns that stand side by side, with its lines led from one to the next.

Pure geometry. A picture runs down. It is cut where no block is; a line that is cut goes round the
foot of its column, up through the gap between the columns and into the head of the next, and
passes through nothing on its way.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from cnnviz.figures.marks import Area
from cnnviz.figures.scene import Point

Floats = NDArray[np.float64]

_CLEAR = 1.5
"""Points between a cut and what is next to it."""
_LATE = 0.6
"""A column may end at this share of its height if the cut is better there."""


@dataclass(frozen=True, eq=False)
class Tall:
    """A picture that may be cut, in points.

    Attributes:
        blocks: What is never cut: left, top, right and bottom of each, shape (N, 4).
        frames: What may be cut: the same, shape (F, 4).
        routes: Points of each line, shape (K, 2), from above to below.
        heads: How many of the last blocks are only the names of frames.
    """

    blocks: Floats
    frames: Floats
    routes: tuple[Floats, ...]
    heads: int = 0

    @cached_property
    def area(self) -> Area:
        """What it covers."""
        corners = [self.blocks, self.frames]
        corners += [np.hstack([route, route]) for route in self.routes]
        every = np.vstack(corners)
        left, top = every[:, 0].min(), every[:, 1].min()
        return (float(left), float(top), float(every[:, 2].max()), float(every[:, 3].max()))


@dataclass(frozen=True)
class Piece:
    """What is seen of a frame in one column.

    Attributes:
        frame: Its index.
        area: Where.
        begins: Its upper edge is the frame's own.
        ends: Its lower edge is.
        column: In which column it is.
    """

    frame: int
    area: Area
    begins: bool
    ends: bool
    column: int = 0


@dataclass(frozen=True, eq=False)
class Columns:
    """A picture in its columns, its top left corner at (0, 0).

    Attributes:
        moves: How far each block went, by its index.
        pieces: Of the frames, in their order.
        routes: Of the lines.
        count: How many columns.
        width: Of all.
        height: Of all.
    """

    moves: tuple[Point, ...]
    pieces: tuple[Piece, ...]
    routes: tuple[tuple[Point, ...], ...]
    count: int
    width: float
    height: float


@dataclass(frozen=True)
class _Cut:
    """A place to cut.

    Attributes:
        y: Where.
        lines: (index, x) of each line that it meets, from left to right.
        frames: Indices of the frames that it meets.
    """

    y: float
    lines: tuple[tuple[int, float], ...]
    frames: tuple[int, ...]

    @cached_property
    def lanes(self) -> dict[float, int]:
        """Number of the lane that lines at a place take, the rightmost first.

        What is at one place is one tensor on its way to several readers.
        """
        places = sorted({round(x, 2) for _, x in self.lines}, reverse=True)
        return {x: i for i, x in enumerate(places)}

    @property
    def price(self) -> float:
        """How much it tears apart."""
        return len(self.lanes) + 3 * len(self.frames)


def arranged(tall: Tall, width: float, height: float, lane: float, header: float) -> Columns | None:
    """Put a picture into as few columns as it needs, of about the same height.

    Args:
        tall: The picture.
        width: At most.
        height: At most.
        lane: Between two lines that run side by side, and between lines and columns.
        header: Room above what continues a frame, for its name.

    Returns:
        None where it does not fit.
    """
    return _Folding(tall, width, height, lane, header).result()


class _Folding:
    def __init__(self, tall: Tall, width: float, height: float, lane: float, header: float) -> None:
        self.tall = tall
        self.width = width
        self.height = height
        self.lane = lane
        self.header = header

    def result(self) -> Columns | None:
        left, top, right, bottom = self.tall.area
        if bottom - top <= self.height:
            if right - left > self.width:
                return None
            return self._put([], [(left, right)])
        widest = max((b[2] - b[0] for b in self.tall.blocks), default=0.0)
        if (bottom - top) * widest > self.width * self.height:
            return None
        self.cuts = self._candidates()
        chosen = self._chosen(self.height)
        if chosen is None:
            return None
        low, high = (bottom - top) / (len(chosen) + 1), self.height
        for _ in range(10):
            middle = (low + high) / 2
            found = self._chosen(middle)
            if found is not None and len(found) == len(chosen):
                chosen, high = found, middle
            else:
                low = middle
        spans = self._spans(chosen)
        made = self._put(chosen, spans)
        return made if made.width <= self.width and made.height <= self.height else None

    def _candidates(self) -> list[_Cut]:
        """Every gap between blocks, where it is cut best."""
        edges = self.tall.blocks[np.argsort(self.tall.blocks[:, 1])][:, [1, 3]].tolist()
        gaps: list[tuple[float, float]] = []
        reach = edges[0][1] if edges else 0.0
        for low, high in edges[1:]:
            if low > reach + 2 * _CLEAR:
                gaps.append((reach, low))
            reach = max(reach, high)
        borders = sorted({y for frame in self.tall.frames.tolist() for y in (frame[1], frame[3])})
        cuts = []
        for low, high in gaps:
            stops = [low, *(y for y in borders if low < y < high), high]
            for a, b in itertools.pairwise(stops):
                if b - a >= 2 * _CLEAR:
                    cuts.append(self._cut((a + b) / 2))
        return [cut for cut in cuts if all(self._divides(cut.y, i) for i in cut.frames)]

    def _divides(self, y: float, frame: int) -> bool:
        """Whether something of a frame stands above a cut, and something below."""
        left, top, right, bottom = self.tall.frames[frame].tolist()
        blocks = self.tall.blocks[: len(self.tall.blocks) - self.tall.heads]
        inside = (blocks[:, 0] >= left) & (blocks[:, 2] <= right)
        above = inside & (blocks[:, 1] >= top) & (blocks[:, 3] <= y)
        below = inside & (blocks[:, 1] >= y) & (blocks[:, 3] <= bottom)
        return bool(above.any() and below.any())

    def _cut(self, y: float) -> _Cut:
        lines = []
        for i, route in enumerate(self.tall.routes):
            if route[0, 1] < y < route[-1, 1]:
                lines.append((i, _crossing(route, y)))
        lines.sort(key=lambda line: (line[1], line[0]))
        frames = np.flatnonzero((self.tall.frames[:, 1] < y) & (y < self.tall.frames[:, 3]))
        return _Cut(y, tuple(lines), tuple(frames.tolist()))

    def _room(self, cut: _Cut | None) -> float:
        """Height that the lines of a cut take at the head, or at the foot, of a column."""
        return (len(cut.lanes) + 1) * self.lane if cut is not None else 0.0

    def _head(self, cut: _Cut | None) -> float:
        return self._room(cut) + (self.header if cut is not None and cut.frames else 0.0)

    def _chosen(self, height: float) -> list[_Cut] | None:
        """The cuts that make columns no higher than this."""
        _, top, _, bottom = self.tall.area
        chosen: list[_Cut] = []
        last: _Cut | None = None
        start = top
        while bottom - start + self._head(last) > height:
            room = height - self._head(last)
            fitting = [c for c in self.cuts if start < c.y and c.y - start + self._room(c) <= room]
            if not fitting:
                return None
            late = [c for c in fitting if c.y - start >= _LATE * (fitting[-1].y - start)]
            last = min(late, key=lambda c: (c.price, -c.y))
            chosen.append(last)
            start = last.y
        return chosen

    def _spans(self, cuts: Sequence[_Cut]) -> list[tuple[float, float]]:
        """Left and right end of each column in the picture."""
        _, top, _, bottom = self.tall.area
        stops = [top, *(cut.y for cut in cuts), bottom]
        spans = []
        for a, b in itertools.pairwise(stops):
            lefts, rights = [], []
            for areas in (self.tall.blocks, self.tall.frames):
                inside = areas[(areas[:, 1] < b) & (areas[:, 3] > a)]
                lefts += inside[:, 0].tolist()
                rights += inside[:, 2].tolist()
            for route in self.tall.routes:
                if route[-1, 1] >= a and route[0, 1] <= b:
                    part = _between(route, a, b)
                    lefts.append(float(part[:, 0].min()))
                    rights.append(float(part[:, 0].max()))
            spans.append((min(lefts), max(rights)))
        return spans

    def _put(self, cuts: Sequence[_Cut], spans: Sequence[tuple[float, float]]) -> Columns:
        _, top, _, bottom = self.tall.area
        starts = [top, *(cut.y for cut in cuts)]
        stops = [*(cut.y for cut in cuts), bottom]
        shifts: list[Point] = []
        gutters: list[float] = []
        x = 0.0
        for i, (left, right) in enumerate(spans):
            shifts.append((x - left, self._head(cuts[i - 1] if i else None) - starts[i]))
            x += right - left
            if i < len(cuts):
                gutters.append(x)
                x += (len(cuts[i].lanes) + 2) * self.lane
        height = max(
            stop + shift[1] + self._room(cut)
            for stop, shift, cut in zip(stops, shifts, [*cuts, None], strict=True)
        )

        def column_of(y: float) -> int:
            return int(np.searchsorted([cut.y for cut in cuts], y))

        moves = tuple(shifts[column_of(block[1])] for block in self.tall.blocks.tolist())
        return Columns(
            moves=moves,
            pieces=self._pieces(starts, stops, shifts),
            routes=self._routes(cuts, shifts, gutters),
            count=len(spans),
            width=x,
            height=height,
        )

    def _pieces(
        self, starts: Sequence[float], stops: Sequence[float], shifts: Sequence[Point]
    ) -> tuple[Piece, ...]:
        pieces = []
        for i, (left, top, right, bottom) in enumerate(self.tall.frames.tolist()):
            places = zip(starts, stops, shifts, strict=True)
            for column, (start, stop, (dx, dy)) in enumerate(places):
                if top >= stop or bottom <= start:
                    continue
                begins, ends = top >= start, bottom <= stop
                upper = top + dy if begins else start + dy - self.header
                lower = (bottom if ends else stop) + dy
                area = (left + dx, upper, right + dx, lower)
                pieces.append(Piece(i, area, begins, ends, column))
        return tuple(pieces)

    def _routes(
        self, cuts: Sequence[_Cut], shifts: Sequence[Point], gutters: Sequence[float]
    ) -> tuple[tuple[Point, ...], ...]:
        ways: list[list[Point]] = [[] for _ in self.tall.routes]
        rests: list[Floats] = list(self.tall.routes)
        for i, cut in enumerate(cuts):
            (dx, dy), (next_dx, next_dy) = shifts[i], shifts[i + 1]
            foot, head = cut.y + dy, cut.y + next_dy - self._head(cut)
            for line, x in cut.lines:
                place = cut.lanes[round(x, 2)]
                rest = rests[line]
                if rest[0, 1] + 1e-9 < cut.y:
                    before = _between(rest, float(rest[0, 1]), cut.y)
                    ways[line] += [(px + dx, py + dy) for px, py in before.tolist()]
                rests[line] = _between(rest, cut.y, float(rest[-1, 1]))
                deep, high = foot + (place + 1) * self.lane, head + (place + 0.5) * self.lane
                across = gutters[i] + (place + 1) * self.lane
                ways[line] += [(x + dx, deep), (across, deep), (across, high), (x + next_dx, high)]
        column = [int(np.searchsorted([c.y for c in cuts], r[-1, 1])) for r in self.tall.routes]
        for way, rest, where in zip(ways, rests, column, strict=True):
            dx, dy = shifts[where]
            way += [(px + dx, py + dy) for px, py in rest.tolist()]
        return tuple(_straightened(way) for way in ways)


def _crossing(route: Floats, y: float) -> float:
    """Where a line that runs down is at this height."""
    return float(np.interp(y, route[:, 1], route[:, 0]))


def _between(route: Floats, top: float, bottom: float) -> Floats:
    """The stretch of a line between two heights."""
    y = route[:, 1]
    pieces = [route]
    if bottom < y[-1]:
        pieces = [route[: int(np.searchsorted(y, bottom))], _station(route, bottom)]
    if top > y[0]:
        pieces[0] = pieces[0][int(np.searchsorted(y, top, side="right")) :]
        pieces.insert(0, _station(route, top))
    return np.vstack(pieces)


def _station(route: Floats, y: float) -> Floats:
    return np.array([[_crossing(route, y), y]])


def _straightened(points: Sequence[Point]) -> tuple[Point, ...]:
    """A line without the points that it would pass anyway."""
    kept: list[Point] = []
    for point in points:
        if kept and abs(point[0] - kept[-1][0]) < 1e-6 and abs(point[1] - kept[-1][1]) < 1e-6:
            continue
        if len(kept) > 1 and _in_line(kept[-2], kept[-1], point):
            kept.pop()
        kept.append(point)
    return tuple(kept)


def _in_line(a: Point, b: Point, c: Point) -> bool:
    """Whether b lies on the straight way from a to c."""
    ab, bc = (b[0] - a[0], b[1] - a[1]), (c[0] - b[0], c[1] - b[1])
    turn = ab[0] * bc[1] - ab[1] * bc[0]
    return abs(turn) < 1e-6 and ab[0] * bc[0] + ab[1] * bc[1] >= 0
