"""A transposed convolution from the input's side: every cell stamps the kernel into the output."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QFont, QPainter

from cnnviz.scatter import Stamp, stamp, stamped
from ui.theatre.grids import Cache, Place, paint_grid
from ui.theatre.layout import GAP, MARGIN, Stage, frame, kernel_places, with_map
from ui.theatre.pieces import (
    cached_grid,
    caption,
    footer_lines,
    header,
    on_map,
    outline,
    signs,
    text_in,
    whole_map,
)
from ui.theatre.show import Moment, Show, exact, largest, output_limit
from ui.theme import Theme


def _stamp(show: Show, moment: Moment) -> Stamp:
    return stamp(show.operation, show.values, *moment.cell(show), moment.channel)


def lay_out(size: tuple[float, float], show: Show, moment: Moment) -> Stage:
    """Where input, kernel, stamp and output lie."""
    font, head, foot, space = frame(size, show)
    operation, line = show.operation, font * 1.45 + 2
    free = space.width() - 2 * GAP
    side = max(min(free * 0.22, space.height() * 0.5), 60)
    rest = free - side
    before, after = operation.columns.before, operation.columns.after
    share = min(max(before / (before + max(after, 1)), 0.3), 0.6)
    top, height = space.top(), space.height()
    panels = (
        QRectF(MARGIN, top, rest * share, height),
        QRectF(MARGIN + rest * share + GAP, top, side, height),
        QRectF(size[0] - MARGIN - rest * (1 - share), top, rest * (1 - share), height),
    )
    found = _stamp(show, moment)
    row, column, _ = found.position
    source, source_map = with_map(
        panels[0].adjusted(0, line, 0, 0),
        (0, operation.rows.before),
        (0, before),
        (row, row, column, column),
        entire=moment.whole,
    )
    target, target_map = with_map(
        panels[2].adjusted(0, line, 0, 0),
        (0, operation.rows.after),
        (0, after),
        (*_on(found.rows, operation.rows.after), *_on(found.columns, after)),
        entire=moment.whole,
    )
    kernel, products = kernel_places(show, panels[1], line)
    return Stage(
        font, head, foot, panels, source, target, kernel, products, (source_map, target_map)
    )


def _on(cells: np.ndarray, size: int) -> tuple[int, int]:
    """First and last cell of a stamp that lie on the output."""
    kept = np.clip(cells, 0, max(size - 1, 0))
    return int(kept.min()), int(kept.max())


def paint(
    painter: QPainter,
    stage: Stage,
    show: Show,
    moment: Moment,
    theme: Theme,
    cache: Cache | None = None,
    reached: Sequence[tuple[int, int]] = (),
) -> None:
    """Paint a moment: one input cell stamps. `reached` is of no use here."""
    font = QFont(painter.font())
    font.setPixelSize(stage.font)
    painter.setFont(font)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
    found = _stamp(show, moment)
    depth = min(moment.depth, len(found.read) - 1)
    vector = cache is None
    header(painter, stage, show, theme)
    _source(painter, stage, show, found, depth, theme, cache)
    _middle(painter, stage, show, found, depth, theme, vector)
    _target(painter, stage, show, found, moment, depth, theme, vector)
    signs(painter, stage, theme, ("×", "→"))
    footer_lines(painter, stage, lines(show, moment), theme)


def _source(
    painter: QPainter,
    stage: Stage,
    show: Show,
    found: Stamp,
    depth: int,
    theme: Theme,
    cache: Cache | None,
) -> None:
    operation, where = show.operation, stage.source
    size = f"{operation.rows.before} × {operation.columns.before}"
    name = f"Input {size}"
    if operation.channels > 1:
        name += f" · channel {depth} of {operation.channels}"
    caption(painter, stage, stage.panels[0], theme, name, f"Input · channel {depth}", size)
    values = show.values[:, :, depth]
    limit = show.input_limit
    cached_grid(painter, where, values, limit, theme, cache, ("in", id(show), depth))
    row, column, _ = found.position
    outline(painter, where.rect(row, column), theme.current, 3)
    if stage.maps[0] is not None:
        box = whole_map(painter, stage.maps[0], values, limit, theme, where)
        on_map(painter, box, values.shape, QRectF(column, row, 1, 1), theme.accent)


def _middle(
    painter: QPainter,
    stage: Stage,
    show: Show,
    found: Stamp,
    depth: int,
    theme: Theme,
    vector: bool,
) -> None:
    assert stage.kernel is not None
    panel, where, line = stage.panels[1], stage.products, stage.font * 1.45
    name = f"Filter {found.position[2]}" if show.operation.filters > 1 else "Kernel"
    if len(found.read) > 1:
        name += f" · channel {depth}"
    caption(painter, stage, panel, theme, name, "Kernel")
    limit = largest(found.weights)
    paint_grid(painter, stage.kernel, found.weights[:, :, depth], limit, theme, vector=vector)
    head = QRectF(panel.left(), where.y - line * 1.05, panel.width(), line)
    text_in(painter, head, "its stamp", theme.muted, Qt.AlignmentFlag.AlignHCenter)
    limit = largest(found.products)
    paint_grid(painter, where, found.products[:, :, depth], limit, theme, vector=vector)
    outline(painter, where.area, theme.current, 2)


def _target(
    painter: QPainter,
    stage: Stage,
    show: Show,
    found: Stamp,
    moment: Moment,
    depth: int,
    theme: Theme,
    vector: bool,
) -> None:
    operation, where, channel = show.operation, stage.target, moment.channel
    size = f"{operation.rows.after} × {operation.columns.after}"
    name = f"Output {size}"
    if operation.filters > 1:
        name += f" · channel {channel} of {operation.filters}"
    caption(painter, stage, stage.panels[2], theme, name, size)
    values = _lies(show, moment, depth)
    limit = max(output_limit(show, channel), largest(values))
    rows, columns = values.shape
    cut = values[
        where.top : min(where.top + where.rows, rows),
        where.left : min(where.left + where.columns, columns),
    ]
    paint_grid(painter, where, cut, limit, theme, vector=vector)
    if len(found.rows) and len(found.columns):
        _frame(painter, where, found, theme)
    if stage.maps[1] is not None:
        box = whole_map(painter, stage.maps[1], values, limit, theme, where)
        part = _on(found.rows, rows), _on(found.columns, columns)
        rect = QRectF(
            part[1][0], part[0][0], part[1][1] - part[1][0] + 1, part[0][1] - part[0][0] + 1
        )
        on_map(painter, box, values.shape, rect, theme.accent)


def _frame(painter: QPainter, where: Place, found: Stamp, theme: Theme) -> None:
    """The cells that the stamp falls on; a dilated one falls apart."""
    whole = QRectF()
    apart = any(len(cells) > 1 and cells[1] - cells[0] > 1 for cells in (found.rows, found.columns))
    for row in found.rows.tolist():
        for column in found.columns.tolist():
            if where.holds(row, column):
                rect = where.rect(row, column)
                whole = whole.united(rect)
                if apart:
                    outline(painter, rect.adjusted(1, 1, -1, -1), theme.current, 2)
    if not whole.isEmpty():
        outline(painter, whole, theme.current, 3)


def _unfinished(show: Show, moment: Moment, depth: int) -> bool:
    rows, columns = show.grid("scatter")
    return moment.place < rows * columns - 1 or (
        moment.partial and depth < show.operation.channels - 1
    )


def _lies(show: Show, moment: Moment, depth: int) -> np.ndarray:
    """What lies in the output channel now; at the end the output itself."""
    if not _unfinished(show, moment, depth):
        return show.output[:, :, moment.channel].astype(np.float64)
    upto = depth + 1 if moment.partial else None
    return stamped(show.operation, show.values, moment.channel, moment.place + 1, upto)


def lines(show: Show, moment: Moment) -> list[str]:
    """What happens, in words."""
    found = _stamp(show, moment)
    operation, (row, column, channel) = show.operation, found.position
    depth = min(moment.depth, len(found.read) - 1)
    name = f"input[{row}, {column}, {depth}]"
    first = (
        f"{name} = {exact(found.read[depth])}: so many times the kernel is put onto output rows "
        f"{found.rows[0]} to {found.rows[-1]}, columns {found.columns[0]} to {found.columns[-1]}."
    )
    told = [first]
    rows, columns = operation.output_shape[:2]
    off = ((found.rows < 0) | (found.rows >= rows)).any()
    off |= ((found.columns < 0) | (found.columns >= columns)).any()
    if off:
        told.append("What falls beside the output is cut off: that is the padding.")
    if operation.channels > 1 and not moment.partial:
        told.append(f"The stamps of all {operation.channels} input channels add up.")
    if _unfinished(show, moment, depth):
        told.append("Where stamps overlap, they add up.")
        return told
    last = "The last stamp is down"
    if operation.bias is not None:
        last += f"; with bias {exact(float(operation.bias[channel]))}"
        last += f" and {operation.activation}" if operation.activation != "linear" else ""
    elif operation.activation != "linear":
        last += f"; after {operation.activation}"
    told.append(f"{last}: this is the output.")
    return told
