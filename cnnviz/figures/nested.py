"""A laid-out network as marks: boxes, frames around what is open, and lines between them."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from cnnviz.figures.cards import Card, First, card_marks, card_of
from cnnviz.figures.drawing import Drawing, Sheet, Subject
from cnnviz.figures.flow import Columns, Piece, Tall, arranged
from cnnviz.figures.marks import ASCENT, Area, rectangle
from cnnviz.figures.scene import Colour, Mark, Point, Shape, Text
from cnnviz.layout import Direction
from cnnviz.nesting import HEADER, PADDING, Nested, has_header, nest
from cnnviz.outline import View

Floats = NDArray[np.float64]

AIRY, TIGHT, TIGHTEST = 13.0, 18.0, 23.0
"""Units of the layout in the size of a letter: the more, the closer things stand."""
_STUB = 4.5
"""Points at the end of a line that are straight, for its head."""
_STEPS = 6
"""Stretches of a bend, which are rounded into one another."""


@dataclass(frozen=True, eq=False)
class Plan:
    """A network laid out in units of the layout, and what a unit is on paper.

    Attributes:
        view: What is seen of the network.
        layout: Where it lies, in units.
        cards: Its boxes, in the order of `view.parts`.
        unit: Points a unit.
        size: Of the letters, in points.
    """

    view: View
    layout: Nested
    cards: tuple[Card, ...]
    unit: float
    size: float

    @cached_property
    def depths(self) -> tuple[int, ...]:
        """How many frames are around each frame."""
        depths: dict[str, int] = {}
        for part in self.layout.framed:
            depths.setdefault(part.key, 0)
            for inner in part.parts:
                depths[inner.key] = depths[part.key] + 1
        return tuple(depths[part.key] for part in self.layout.framed)


def planned(
    subject: Subject,
    sheet: Sheet,
    view: View,
    size: float,
    spread: float = AIRY,
    direction: Direction = "down",
    first: First = "name",
    most: float = math.inf,
) -> Plan:
    """Lay a view out with letters of a size.

    Args:
        subject: The network.
        sheet: What the user chose.
        view: What is seen of the network.
        size: Of the letters, in points.
        spread: Units of the layout in the size of a letter.
        direction: Where the network runs.
        first: What its boxes lead with.
        most: Width of a line on a box, in points, beyond which it is broken.
    """
    unit = size / spread
    cards = tuple(card_of(part, subject, sheet, size, first, most) for part in view.parts)
    least = _least_widths(subject, sheet, view, size)
    sizes = {
        card.part.key: (max(card.width, wide) / unit, card.height / unit)
        for card, wide in zip(cards, least, strict=True)
    }
    layout = nest(subject.outline, view, lambda part: sizes[part.key], direction)
    if direction == "down":
        layout = _read_from_left(layout)
    return Plan(view, layout, cards, unit, size)


def _read_from_left(layout: Nested) -> Nested:
    """A layout, mirrored if most neighbours stand in the order opposite to the graph's."""
    lefts = layout.rects[:, 0]
    beside = layout.rects[:-1, 1] == layout.rects[1:, 1]
    if np.sign(np.diff(lefts))[beside].sum() >= 0:
        return layout

    def mirrored(rects: Floats) -> Floats:
        turned = rects.copy()
        turned[:, 0] = layout.width - rects[:, 0] - rects[:, 2]
        return turned

    return replace(
        layout,
        rects=mirrored(layout.rects),
        frames=mirrored(layout.frames),
        routes=tuple(route * (-1, 1) + (layout.width, 0) for route in layout.routes),
    )


def _spread_ends(layout: Nested, step: float) -> tuple[Floats, ...]:
    """Routes that end beside each other where they would end at one point."""
    routes = list(layout.routes)
    ends: dict[int, list[int]] = {}
    for i, target in enumerate(layout.edges[:, 1].tolist()):
        ends.setdefault(target, []).append(i)
    for target, group in ends.items():
        if len(group) == 1:
            continue
        _, top, wide, high = layout.rects[target].tolist()
        bends = [_last_bend(routes[i]) for i in group]
        # Only within the gap above the box, where nothing else is.
        free = [
            b is not None and top - routes[i][b, 1] < 0.6 * high
            for i, b in zip(group, bends, strict=True)
        ]
        order = sorted(range(len(group)), key=lambda j: _coming_from(routes[group[j]], bends[j]))
        fixed = [rank for rank, j in enumerate(order) if not free[j]]
        middle = fixed[0] if len(fixed) == 1 else (len(order) - 1) / 2
        apart = min(step, 0.7 * wide / len(order))
        for rank, j in enumerate(order):
            bend = bends[j]
            if free[j] and bend is not None:
                moved = routes[group[j]].copy()
                moved[bend:, 0] += apart * (rank - middle)
                routes[group[j]] = moved
    return tuple(routes)


def _last_bend(route: Floats) -> int | None:
    """Where the last straight stretch of a route begins; None where it is straight throughout."""
    off = np.flatnonzero(np.abs(route[:, 0] - route[-1, 0]) > 0.3)
    return int(off[-1]) + 1 if len(off) else None


def _coming_from(route: Floats, bend: int | None) -> float:
    return float(route[-1, 0] if bend is None else route[bend - 1, 0])


def _least_widths(subject: Subject, sheet: Sheet, view: View, size: float) -> list[float]:
    """Width that a box must have for the names of the frames around it."""
    wanted = {}
    for part in view.opened:
        if part is not subject.outline.root and has_header(part):
            name = sheet.options.words(part.key, part.label)
            wanted[part.key] = sheet.ruler(name, size, True)
    around: dict[str, float] = {}
    for part in view.opened:
        here = max(wanted.get(part.key, 0.0), around.get(part.key, 0.0))
        for inner in part.parts:
            around[inner.key] = here
    return [around.get(part.key, 0.0) for part in view.parts]


def drawing_of(plan: Plan, sheet: Sheet, *, middle: bool = False) -> Drawing | None:
    """Put a plan on paper, in columns where it is too tall.

    Args:
        plan: The laid-out network.
        sheet: The paper.
        middle: The words of boxes stand in their middle.

    Returns:
        None where it does not fit.
    """
    layout, unit = plan.layout, plan.unit
    sideways = layout.direction == "right"
    if sideways and (layout.width * unit > sheet.width or layout.height * unit > sheet.height):
        return None
    rects = layout.rects * unit
    frames = layout.frames * unit
    heads = _heads(plan, frames)
    ways = layout.routes if sideways else _spread_ends(layout, 0.9 * plan.size / unit)
    routes = tuple(_bent(route * unit, sideways) for route in ways)
    if sideways:
        columns = _whole(rects, frames, routes, layout.width * unit, layout.height * unit)
    else:
        tall = Tall(
            blocks=_corners(np.vstack([rects, heads])),
            frames=_corners(frames),
            routes=routes,
            heads=len(heads),
        )
        found = arranged(tall, sheet.width, sheet.height, 0.75 * plan.size, HEADER * unit)
        if found is None:
            return None
        columns = found
    marks: list[Mark] = [
        *_frame_marks(plan, columns, sheet),
        *_line_marks(plan, columns, sheet),
        *_frame_names(plan, columns, sheet),
    ]
    for card, rect, (dx, dy) in zip(plan.cards, rects.tolist(), columns.moves, strict=False):
        left, top, wide, high = rect[0] + dx, rect[1] + dy, rect[2], rect[3]
        put = replace(card, width=wide, height=high)
        marks += card_marks(put, sheet, left, top, plan.size, middle)
    return Drawing(
        marks=tuple(marks),
        width=columns.width,
        height=columns.height,
        kinds=frozenset(card.kind for card in plan.cards),
        notes=columns_note(columns),
    )


def columns_note(columns: Columns) -> tuple[str, ...]:
    """That a picture is in columns."""
    if columns.count == 1:
        return ()
    return (f"The network runs through {columns.count} columns, so that it fits the page.",)


def _corners(rects: Floats) -> Floats:
    """Left, top, right and bottom."""
    corners: Floats = np.hstack([rects[:, :2], rects[:, :2] + rects[:, 2:]])
    return corners


def _heads(plan: Plan, frames: Floats) -> Floats:
    """The strips of frames that carry their names, which are not cut."""
    strips = [
        (left, top, wide, HEADER * plan.unit if has_header(part) else 0.0)
        for part, (left, top, wide, _) in zip(plan.layout.framed, frames.tolist(), strict=True)
    ]
    return np.array(strips).reshape(-1, 4)


def _whole(
    rects: Floats, frames: Floats, routes: Sequence[Floats], width: float, height: float
) -> Columns:
    """A picture that is not cut."""
    return Columns(
        moves=((0.0, 0.0),) * len(rects),
        pieces=tuple(
            Piece(i, (left, top, right, bottom), True, True)
            for i, (left, top, right, bottom) in enumerate(_corners(frames).tolist())
        ),
        routes=tuple(tuple((x, y) for x, y in route.tolist()) for route in routes),
        count=1,
        width=width,
        height=height,
    )


def _bent(route: Floats, sideways: bool) -> Floats:
    """A route whose slanted stretches are bends; it arrives straight."""
    along, across = (0, 1) if sideways else (1, 0)
    moved = np.any(np.abs(np.diff(route, axis=0)) > 1e-6, axis=1)
    route = route[np.concatenate([[True], moved])]
    points = [route[0]]
    for i, (start, end) in enumerate(itertools.pairwise(route)):
        rise, shift = end[along] - start[along], end[across] - start[across]
        if rise <= 0 or abs(shift) < 0.3:
            points.append(end)
            continue
        last = i == len(route) - 2
        stop = end[along] - min(_STUB, rise / 2) if last else end[along]
        for step in range(1, _STEPS + 1):
            t = step / _STEPS
            point = np.empty(2)
            point[along] = start[along] + (stop - start[along]) * t
            point[across] = start[across] + shift * t * t * (3 - 2 * t)
            points.append(point)
        if last:
            points.append(end)
    return np.array(points)


def _line_marks(plan: Plan, columns: Columns, sheet: Sheet) -> list[Mark]:
    bend = 0.7 * plan.size
    return [
        Shape(
            points=route,
            stroke=sheet.palette.edge,
            width=0.8,
            closed=False,
            radius=bend,
            arrow=True,
        )
        for route in columns.routes
    ]


def _frame_marks(plan: Plan, columns: Columns, sheet: Sheet) -> list[Mark]:
    marks: list[Mark] = []
    for piece in columns.pieces:
        part = plan.layout.framed[piece.frame]
        left, top, right, bottom = piece.area
        corners = rectangle(left, top, right - left, bottom - top)
        lit = part.key in sheet.options.highlighted
        # A unit is named by what is in it.
        key = part.key if has_header(part) else None
        stroke = sheet.palette.accent if lit else sheet.palette.border
        whole = piece.begins and piece.ends
        marks.append(
            Shape(
                points=corners,
                fill=_ground(plan, piece.frame, sheet),
                stroke=stroke if whole else None,
                width=1.5 if lit else 0.6,
                radius=0.4 * plan.size if whole else 0.0,
                part=key,
            )
        )
        if not whole:
            for line, open_ in _sides(corners, piece):
                marks.append(
                    Shape(
                        points=line,
                        stroke=stroke,
                        width=1.5 if lit else 0.6,
                        closed=False,
                        dashed=open_,
                        part=key,
                    )
                )
    return marks


def _sides(corners: Sequence[Point], piece: Piece) -> list[tuple[tuple[Point, ...], bool]]:
    """The lines around a piece of a frame; those where it was cut are open."""
    a, b, c, d = corners
    if piece.begins:
        return [((d, a, b, c), False), ((c, d), True)]
    if piece.ends:
        return [((b, c, d, a), False), ((a, b), True)]
    return [((a, d), False), ((b, c), False), ((a, b), True), ((c, d), True)]


def _ground(plan: Plan, frame: int, sheet: Sheet) -> Colour:
    """Grounds of frames within frames alternate."""
    return sheet.palette.paper if plan.depths[frame] % 2 else sheet.palette.grid


def _frame_names(plan: Plan, columns: Columns, sheet: Sheet) -> list[Mark]:
    """The names of frames, at the side of their strip that fewer lines pass."""
    marks: list[Mark] = []
    size, pad = plan.size, PADDING * plan.unit * 0.7
    high = HEADER * plan.unit
    stretches = _stretches(columns)
    # Of the frames that are cut at one place, the innermost goes on with its name.
    innermost = {p.column: p.frame for p in columns.pieces if not p.begins}
    for piece in columns.pieces:
        part = plan.layout.framed[piece.frame]
        if not has_header(part) or not (piece.begins or innermost[piece.column] == piece.frame):
            continue
        name = sheet.options.words(part.key, part.label)
        left, top, right, _ = piece.area
        strip = (left + pad, top, right - pad, top + high)
        tries = [name] if piece.begins else [f"{name} (continued)", f"{name} (cont.)", name]
        for told in tries:
            wide = sheet.ruler(told, size, piece.begins)
            x, clear = _clear_place(stretches, strip, wide, pad)
            if clear:
                break
        if not (piece.begins or clear):
            continue
        baseline = top + high / 2 + size * ASCENT / 2
        if not clear:
            plate = rectangle(x - 1, baseline - size * ASCENT, wide + 2, size)
            marks.append(Shape(plate, fill=_ground(plan, piece.frame, sheet)))
        marks.append(
            Text(
                at=(x, baseline),
                words=told,
                size=size,
                colour=sheet.palette.text,
                bold=piece.begins,
                italic=not piece.begins,
                part=part.key,
                label=part.key if piece.begins else None,
            )
        )
    return marks


def _stretches(columns: Columns) -> Floats:
    """Every straight stretch of every line: its left, top, right and bottom."""
    ends = [(*start, *end) for route in columns.routes for start, end in itertools.pairwise(route)]
    table = np.array(ends).reshape(-1, 4)
    return np.hstack(
        [np.minimum(table[:, :2], table[:, 2:]), np.maximum(table[:, :2], table[:, 2:])]
    )


def _clear_place(stretches: Floats, strip: Area, wide: float, pad: float) -> tuple[float, bool]:
    """Where words stand in a strip so that no line passes them, and whether there is such a place.

    The first such place from the left; the left end where there is none.
    """
    left, top, right, bottom = strip
    inside = (stretches[:, 1] < bottom) & (stretches[:, 3] > top)
    inside &= (stretches[:, 0] < right) & (stretches[:, 2] > left)
    x = left
    for low, high in sorted(stretches[inside][:, [0, 2]].tolist()):
        if x + wide + pad / 2 <= low:
            break
        x = max(x, high + pad / 2)
    return (x, True) if x + wide <= right + pad / 2 else (left, False)
