"""Grouped channels, the channel shuffle, and the grouped convolution behind it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPen

from cnnviz.arithmetic import compute
from cnnviz.convolution import Axis, Doubles, shuffle_order, sliding_axis
from cnnviz.kinds import Kind
from ui.theatre.grids import Cache, Place, thumbnail
from ui.theatre.layout import Stage, frame
from ui.theatre.pieces import caption, footer_lines, header, outline, text_in
from ui.theatre.show import GLIDES, Moment, Show, largest
from ui.theme import Theme, with_alpha

_COLUMNS = 4
"""Input, first convolution, shuffled, second convolution."""
_STRIPE = 7
"""Width of the mark that tells which groups a channel has heard of."""
_INK = (
    Kind.CONVOLUTION, Kind.POOLING, Kind.NORMALISATION, Kind.DEPTHWISE, Kind.ACTIVATION,
    Kind.DENSE,
)  # fmt: skip


@dataclass(frozen=True)
class Scene:
    """How far the play is.

    Attributes:
        first: Channels that the first convolution has made.
        moved: Channels that stand at their new places.
        glide: How far the one that moves is, 0 to 1.
        second: Channels that the second convolution has made.
    """

    first: int
    moved: int
    glide: float
    second: int


def scene(place: int, channels: int) -> Scene:
    """The scene at a place of the play: first convolution, shuffle, second convolution."""
    if place < channels:
        return Scene(place + 1, 0, 0.0, 0)
    place -= channels
    if place < GLIDES * channels:
        moved, part = divmod(place + 1, GLIDES)
        return Scene(channels, moved, part / GLIDES, 0)
    return Scene(channels, channels, 0.0, place - GLIDES * channels + 1)


@lru_cache(maxsize=4)
def second_maps(show: Show) -> Doubles:
    """What the same grouped convolution makes of the shuffled channels."""
    operation = show.operation
    shuffled = show.output[:, :, shuffle_order(operation.filters, operation.groups)]

    def axis(of: Axis) -> Axis:
        reads = of.reads
        return sliding_axis(of.after, reads.size, reads.stride, of.padding, reads.dilation)

    again = replace(operation, rows=axis(operation.rows), columns=axis(operation.columns))
    return compute(again, shuffled)


def lay_out(size: tuple[float, float], show: Show, moment: Moment) -> Stage:
    """Where the columns of channels lie; there are no cells to click."""
    font, head, foot, space = frame(size, show)
    nothing = Place(0, 0, 0, 0, space.left(), space.top(), 1, True)
    third = space.width() / 3
    panels = tuple(
        QRectF(space.left() + i * third, space.top(), third, space.height()) for i in range(3)
    )
    return Stage(
        font, head, foot, (panels[0], panels[1], panels[2]), nothing, nothing, None, nothing,
        (None, None),
    )  # fmt: skip


def _tiles(stage: Stage, channels: int) -> list[list[QRectF]]:
    """The places of the channels, by column and row."""
    line = stage.font * 1.45
    left, top = stage.panels[0].left(), stage.panels[0].top() + 2 * line
    width = sum(panel.width() for panel in stage.panels)
    pitch = (stage.panels[0].bottom() - top) / channels
    side = min(pitch - 4, width / (_COLUMNS + 3), 84.0)
    step = (width - side - 2 * _STRIPE - 30) / (_COLUMNS - 1)
    return [
        [
            QRectF(left + 26 + column * step, top + row * pitch, side, side)
            for row in range(channels)
        ]
        for column in range(_COLUMNS)
    ]


def paint(
    painter: QPainter,
    stage: Stage,
    show: Show,
    moment: Moment,
    theme: Theme,
    cache: Cache | None = None,
    reached: Sequence[tuple[int, int]] = (),
) -> None:
    """Paint a moment. `cache` and `reached` are of no use here."""
    font = QFont(painter.font())
    font.setPixelSize(stage.font)
    painter.setFont(font)
    operation = show.operation
    channels, groups = operation.filters, operation.groups
    each = channels // groups
    now = scene(moment.place, channels)
    tiles = _tiles(stage, channels)
    order = shuffle_order(channels, groups)
    header(painter, stage, show, theme)
    names = (
        ("Input", f"{groups} groups"),
        ("Grouped convolution", "Grouped"),
        ("Shuffled", "Shuffled"),
        ("Grouped again", "Again"),
    )
    room = (tiles[1][0].left() - tiles[0][0].left()) * 0.96
    for column, texts in zip(tiles, names, strict=True):
        head = QRectF(
            column[0].center().x() - room / 2, stage.panels[0].top(), room, stage.font * 1.45
        )
        caption(painter, stage, head, theme, *texts)
    _group_lines(painter, tiles, each, theme)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
    read = [operation.channels_read(k).tolist() for k in range(channels)]
    _wires(painter, tiles[0], tiles[1], read, now.first, moment.place < channels, theme)
    for place, channel in enumerate(order.tolist()):
        ends = _ends(tiles[1][channel], tiles[2][place])
        ink = with_alpha(_ink(theme, channel // each), 0.9 if place < now.moved else 0.25)
        painter.setPen(QPen(ink, 1.6))
        painter.drawLine(ends)
    _wires(painter, tiles[2], tiles[3], read, now.second, True, theme)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
    for k in range(channels):
        _tile(painter, tiles[0][k], show.values[:, :, k], [k // each], str(k), theme)
        made = show.output[:, :, k] if k < now.first else None
        _tile(painter, tiles[1][k], made, [k // each], str(k), theme)
    for place, channel in enumerate(order.tolist()):
        values = show.output[:, :, channel] if place < now.moved else None
        label, origin = str(channel) if place < now.moved else "", [channel // each]
        _tile(painter, tiles[2][place], values, origin if label else [], label, theme)
    after = second_maps(show)
    for k in range(channels):
        made = after[:, :, k] if k < now.second else None
        heard = sorted({int(order[c]) // each for c in read[k]}) if k < now.second else []
        _tile(painter, tiles[3][k], made, heard, "", theme)
    if now.glide > 0 and now.moved < channels:
        channel = int(order[now.moved])
        start, goal = tiles[1][channel], tiles[2][now.moved]
        rect = start.translated((goal.topLeft() - start.topLeft()) * now.glide)
        values, label = show.output[:, :, channel], str(channel)
        _tile(painter, rect, values, [channel // each], label, theme)
        outline(painter, rect, theme.current, 3)
    elif now.second:
        outline(painter, tiles[3][now.second - 1], theme.current, 3)
    elif not now.moved:
        outline(painter, tiles[1][now.first - 1], theme.current, 3)
    footer_lines(painter, stage, lines(show, moment), theme)


def _ink(theme: Theme, group: int) -> QColor:
    return theme.kinds[_INK[group % len(_INK)]].fill


def _ends(left: QRectF, right: QRectF) -> QLineF:
    return QLineF(
        QPointF(left.right() + _STRIPE + 2, left.center().y()),
        QPointF(right.left() - 20, right.center().y()),
    )


def _group_lines(painter: QPainter, tiles: list[list[QRectF]], each: int, theme: Theme) -> None:
    """Between groups of channels that a convolution keeps apart."""
    painter.setPen(QPen(theme.border, 1, Qt.PenStyle.DashLine))
    for left, right in ((tiles[0], tiles[1]), (tiles[2], tiles[3])):
        for row in range(each, len(left), each):
            y = (left[row - 1].bottom() + left[row].top()) / 2
            painter.drawLine(QLineF(left[0].left() - 20, y, right[0].right() + _STRIPE, y))


def _wires(
    painter: QPainter,
    left: list[QRectF],
    right: list[QRectF],
    read: list[list[int]],
    made: int,
    going_on: bool,
    theme: Theme,
) -> None:
    """Who reads whom; while it goes on, those of the channel that was made last stand out."""
    for k, channels in enumerate(read[:made]):
        newest = going_on and k == made - 1
        painter.setPen(QPen(theme.current if newest else theme.border, 2.0 if newest else 1.0))
        painter.drawLines([_ends(left[c], right[k]) for c in channels])


def _tile(
    painter: QPainter,
    rect: QRectF,
    values: np.ndarray | None,
    groups: list[int],
    label: str,
    theme: Theme,
) -> None:
    """A channel: its number, its map to its own scale, and the groups that it has heard of."""
    if values is None:
        painter.fillRect(rect, theme.surface)
    else:
        painter.drawImage(rect, thumbnail(values, largest(values), theme))
    outline(painter, rect, theme.border, 1)
    for number, group in enumerate(groups):
        height = rect.height() / len(groups)
        stripe = QRectF(rect.right() + 1, rect.top() + number * height, _STRIPE, height)
        painter.fillRect(stripe, _ink(theme, group))
    if label:
        where = QRectF(rect.left() - 20, rect.top(), 16, rect.height())
        text_in(painter, where, label, theme.text, Qt.AlignmentFlag.AlignRight)


def lines(show: Show, moment: Moment) -> list[str]:
    """What happens, in words."""
    operation = show.operation
    channels, groups = operation.filters, operation.groups
    each = channels // groups
    now, order = scene(moment.place, channels), shuffle_order(channels, groups)

    def listed(numbers: Sequence[int]) -> str:
        return " ".join(str(number) for number in numbers)

    if now.second:
        k = now.second - 1
        read = [int(order[c]) for c in operation.channels_read(k)]
        heard = len({c // each for c in read})
        return [
            f"Filter {k} of the next grouped convolution reads what now stands in its group:",
            f"channels {listed(read)}, from {heard} of the {groups} groups.",
        ]
    if now.first == channels and (now.moved or now.glide):
        channel = (
            int(order[min(now.moved, channels - 1)]) if now.glide else int(order[now.moved - 1])
        )
        goal = int(np.flatnonzero(order == channel)[0])
        halves = " | ".join(listed(range(g * each, (g + 1) * each)) for g in range(groups))
        return [
            f"The shuffle deals the channels out anew: {halves} becomes {listed(order.tolist())}.",
            f"Channel {channel}, of group {channel // each}, goes to place {goal}.",
        ]
    k = now.first - 1
    read = operation.channels_read(k).tolist()
    return [
        f"Filter {k} is of group {k // each}: it reads channels {listed(read)}, and no other.",
        f"{operation.params - (channels if operation.bias is not None else 0):,} weights instead "
        f"of {operation.size[0] * operation.size[1] * operation.channels * channels:,}.",
    ]
