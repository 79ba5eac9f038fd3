"""Stacks of layers side by side: what one output number sees through each, and what they cost."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QFont, QImage, QPainter, QPen

from cnnviz.rivals import Rival, Seen
from ui.theatre.grids import Cache, Place
from ui.theatre.layout import Stage, frame
from ui.theatre.pieces import cached_grid, footer_lines, header, outline, text_in
from ui.theatre.show import Moment, Show, largest
from ui.theme import Theme, with_alpha

_MOST_WIRES = 40
"""Channels up to which every connection is drawn."""
_MOST_SMOOTH = 200
"""Connections up to which smooth lines are fast enough."""


def position(show: Show, moment: Moment, rival: Rival) -> tuple[int, int, int]:
    """Row, column and channel of the output number that is looked at."""
    rows, columns, filters = rival.layers[-1].output_shape
    if (rows, columns) == (1, 1):
        return 0, 0, min(moment.place, filters - 1)
    row, column = moment.cell(show)
    return min(row, rows - 1), min(column, columns - 1), min(moment.channel, filters - 1)


@lru_cache(maxsize=8)
def _seen(rival: Rival, row: int, column: int, channel: int) -> tuple[Seen, ...]:
    return rival.seen(row, column, channel)


@lru_cache(maxsize=16)
def _limit(rival: Rival, number: int) -> float:
    return largest(rival.maps[number])


def _bands(stage_font: float, space: QRectF, count: int) -> list[QRectF]:
    """A band for each rival, one below the other."""
    height = space.height() / count
    return [
        QRectF(space.left(), space.top() + i * height, space.width(), height - 0.5 * stage_font)
        for i in range(count)
    ]


def _places(band: QRectF, rival: Rival, font: float, most: int) -> list[Place]:
    """Where the maps of a rival lie: the input at the left, the output at the right."""
    left = band.left() + _figures(band)
    width, line = band.right() - left, font * 1.45
    side = max(min(band.height() - 2.2 * line, width / (1.6 * most - 0.6)), 20)
    count = len(rival.maps)
    step = (width - side) / (count - 1)
    largest_map = max(max(values.shape[:2]) for values in rival.maps)
    cell = max(float(int(side / largest_map)), 2.0)
    found = []
    for number, values in enumerate(rival.maps):
        rows, columns = values.shape[:2]
        size = cell if rows * columns > 1 else max(cell, 12.0)
        x = left + number * step + (side - columns * size) / 2
        y = band.top() + 1.2 * line + (side - rows * size) / 2
        found.append(Place(0, 0, rows, columns, round(x), round(y), size, True))
    return found


def _figures(band: QRectF) -> float:
    """Width of the column of figures."""
    return min(max(band.width() * 0.24, 140.0), 260.0)


def lay_out(size: tuple[float, float], show: Show, moment: Moment) -> Stage:
    """Where the first rival's input and output lie; its output cells can be clicked."""
    font, head, foot, space = frame(size, show)
    bands = _bands(font, space, len(show.rivals))
    most = max(len(rival.maps) for rival in show.rivals)
    places = _places(bands[0], show.rivals[0], font, most)
    panels = (space, space, space)
    return Stage(font, head, foot, panels, places[0], places[-1], None, places[0], (None, None))


def paint(
    painter: QPainter,
    stage: Stage,
    show: Show,
    moment: Moment,
    theme: Theme,
    cache: Cache | None = None,
    reached: Sequence[tuple[int, int]] = (),
) -> None:
    """Paint a moment: the same output position of every rival. `reached` is of no use here."""
    font = QFont(painter.font())
    font.setPixelSize(stage.font)
    painter.setFont(font)
    header(painter, stage, show, theme)
    most = max(len(rival.maps) for rival in show.rivals)
    bands = _bands(stage.font, stage.panels[0], len(show.rivals))
    for rival, band in zip(show.rivals, bands, strict=True):
        _account(painter, stage, show, rival, band, theme)
        places = _places(band, rival, stage.font, most)
        seen = _seen(rival, *position(show, moment, rival))
        for number in range(len(rival.layers)):
            _wires(painter, rival, number, places, seen, theme, cache)
        for number, (values, where) in enumerate(zip(rival.maps, places, strict=True)):
            channel = seen[number].channels[0]
            key = ("rival", id(rival), number, channel)
            limit = _limit(rival, number)
            cached_grid(painter, where, values[:, :, channel], limit, theme, cache, key)
            _caption(painter, stage, where, values, number, theme)
            _window(painter, where, seen[number], theme)
    footer_lines(painter, stage, lines(show, moment), theme)


def _caption(
    painter: QPainter, stage: Stage, where: Place, values: np.ndarray, number: int, theme: Theme
) -> None:
    line = stage.font * 1.45
    text = " × ".join(str(size) for size in values.shape)
    area = where.area
    room = max(area.width(), stage.font * 8)
    head = QRectF(area.center().x() - room / 2, area.top() - 1.1 * line, room, line)
    text_in(painter, head, text, theme.muted, Qt.AlignmentFlag.AlignHCenter)


def _window(painter: QPainter, where: Place, seen: Seen, theme: Theme) -> None:
    """What is seen of a map; the part on padding lies beside it."""
    rect = where.rect(
        seen.rows[0],
        seen.columns[0],
        seen.rows[1] - seen.rows[0] + 1,
        seen.columns[1] - seen.columns[0] + 1,
    )
    outline(painter, rect, theme.current, 2)


def _wires(
    painter: QPainter,
    rival: Rival,
    number: int,
    places: Sequence[Place],
    seen: Sequence[Seen],
    theme: Theme,
    cache: Cache | None,
) -> None:
    """Which channels a layer joins; those behind the output number stand out."""
    layer = rival.layers[number]
    left, right = places[number].area, places[number + 1].area
    gap = right.left() - left.right()
    height = max(left.height(), right.height())
    area = QRectF(
        left.right() + gap * 0.2, left.center().y() - height / 2, gap * 0.6, height
    ).toAlignedRect()
    if max(layer.channels, layer.filters) > _MOST_WIRES or area.width() < 12:
        return
    marked = seen[number + 1].channels
    if cache is None:
        _draw_wires(painter, QRectF(area), rival, number, marked, theme)
        return
    ratio = painter.device().devicePixelRatioF()

    def make() -> QImage:
        image = QImage(area.size() * ratio, QImage.Format.Format_RGB32)
        image.setDevicePixelRatio(ratio)
        image.fill(theme.canvas)
        inner = QPainter(image)
        inner.translate(-area.topLeft())
        _draw_wires(inner, QRectF(area), rival, number, marked, theme)
        inner.end()
        return image

    key = ("wires", id(rival), number, marked, area.getRect(), theme.scheme, ratio)
    painter.drawImage(area.topLeft(), cache.get(key, make))


def _draw_wires(
    painter: QPainter,
    area: QRectF,
    rival: Rival,
    number: int,
    marked: tuple[int, ...],
    theme: Theme,
) -> None:
    layer = rival.layers[number]
    before, after = layer.channels, layer.filters
    left, right = area.left() + 2, area.right() - 2

    def at(x: float, channel: int, of: int) -> QPointF:
        return QPointF(x, area.top() + (channel + 0.5) * area.height() / of)

    faint: list[QLineF] = []
    strong: list[QLineF] = []
    for channel in range(after):
        wires = strong if channel in marked else faint
        goal = at(right, channel, after)
        wires += [QLineF(at(left, int(c), before), goal) for c in layer.channels_read(channel)]
    for wires, color in ((faint, theme.border), (strong, theme.current)):
        few = len(wires) < _MOST_SMOOTH
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, few)
        painter.setPen(QPen(with_alpha(color, 0.9 if few else 0.35), 1))
        painter.drawLines(wires)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
    for x, count in ((left, before), (right, after)):
        for channel in range(count):
            spot = at(x, channel, count)
            painter.fillRect(QRectF(spot.x() - 1.5, spot.y() - 1.5, 3, 3), theme.muted)


def _account(
    painter: QPainter, stage: Stage, show: Show, rival: Rival, band: QRectF, theme: Theme
) -> None:
    """Name, parameters, multiply-adds and field, each with a bar to the scale of the largest."""
    line = stage.font * 1.45
    width = _figures(band) - 18
    area = QRectF(band.left(), band.top(), width, line)
    text_in(painter, area, rival.name, theme.text, bold=True)
    of = rival.account
    rows = (
        ("parameters", f"{of.params:,}", of.params, [r.account.params for r in show.rivals]),
        ("MACs", f"{of.macs:,}", of.macs, [r.account.macs for r in show.rivals]),
        ("sees", f"{of.field} × {of.field}", of.field, [r.account.field for r in show.rivals]),
    )
    pitch = min(line + 7, (band.height() - line) / len(rows))
    for number, (name, text, value, every) in enumerate(rows):
        area = QRectF(band.left(), band.top() + line + number * pitch, width, line)
        text_in(painter, area, name, theme.muted)
        text_in(painter, area, text, theme.text, Qt.AlignmentFlag.AlignRight)
        if pitch >= line + 4:
            bar = QRectF(area.left(), area.bottom(), width * value / max(*every, 1), 4)
            painter.fillRect(QRectF(area.left(), area.bottom(), width, 4), theme.surface)
            painter.fillRect(bar, theme.accent)


def lines(show: Show, moment: Moment) -> list[str]:
    """What one output number takes, in words, a line a rival."""
    told = []
    for rival in show.rivals:
        row, column, channel = position(show, moment, rival)
        layer, seen = rival.layers[-1], _seen(rival, row, column, channel)[0]
        taps = layer.size[0] * layer.size[1]
        if layer.kernel is None:
            what = f"the {'largest' if layer.pool == 'max' else 'mean'} of {taps} cells"
        else:
            count = taps * len(layer.channels_read(channel))
            what = f"a sum of {count:,} products"
        height, width = (b - a + 1 for a, b in (seen.rows, seen.columns))
        inputs = f"{height} × {width} cells of {_channels(len(seen.channels))}"
        steps = "" if len(rival.layers) == 1 else f", after {len(rival.layers)} layers"
        told.append(
            f"{rival.name}: output[{row}, {column}, {channel}] is {what}; it sees {inputs}{steps}."
        )
    return told


def _channels(count: int) -> str:
    return "1 channel" if count == 1 else f"{count} channels"
