"""Where everything lies on the stage."""

from __future__ import annotations

from dataclasses import dataclass, replace

from PySide6.QtCore import QRectF

from cnnviz.arithmetic import Step
from ui.theatre.grids import Place, place
from ui.theatre.show import Moment, Show, step_at

MARGIN = 14.0
GAP = 34.0
SUM_LINES = 4


@dataclass(frozen=True)
class Stage:
    """Where everything lies.

    Attributes:
        font: Pixels of the text.
        header: Title and note.
        footer: The sum.
        panels: Input, kernel and output with their captions.
        source: The input's cells.
        target: The output's cells.
        kernel: The kernel slice; None for pooling.
        products: Products below it, or the patch of a pool.
        maps: Whole maps beside magnified ones: input, output.
    """

    font: int
    header: QRectF
    footer: QRectF
    panels: tuple[QRectF, QRectF, QRectF]
    source: Place
    target: Place
    kernel: Place | None
    products: Place
    maps: tuple[QRectF | None, QRectF | None]


def frame(size: tuple[float, float], show: Show) -> tuple[int, QRectF, QRectF, QRectF]:
    """What all scenes have: pixels of the text, header, footer, and the space between them."""
    width, height = size
    font = int(max(11, min(15, width / 62, height / 34)))
    line = font * 1.45
    header = QRectF(MARGIN, MARGIN * 0.6, width - 2 * MARGIN, (1 + len(show.notes)) * line)
    low = SUM_LINES * line + MARGIN * 0.6
    footer = QRectF(MARGIN, height - low - MARGIN * 0.4, width - 2 * MARGIN, low)
    top = header.bottom() + 4
    space = QRectF(MARGIN, top, width - 2 * MARGIN, max(footer.top() - top - 6, 40))
    return font, header, footer, space


def with_map(
    area: QRectF,
    rows: tuple[int, int],
    columns: tuple[int, int],
    focus: tuple[int, int, int, int],
    *,
    maps: bool = True,
    entire: bool = False,
) -> tuple[Place, QRectF | None]:
    """A grid, and where it is too large to be shown whole a strip for the whole map below it.

    Args:
        area: Where both lie.
        rows: First row, and the one behind the last.
        columns: First column, and the one behind the last.
        focus: First row, last row, first column, last column of the action.
        maps: With the strip.
        entire: Show all of it, however small.
    """
    whole = place(area, rows, columns, None if entire else focus)
    if whole.whole or not maps:
        return whole, None
    height = min(area.height() * 0.34, area.width() * 0.6)
    strip = QRectF(area.left(), area.bottom() - height, area.width(), height)
    upper = QRectF(area.left(), area.top(), area.width(), area.height() - height - 10)
    return place(upper, rows, columns, focus), strip


def _drawn_padding(show: Show) -> tuple[int, int, int, int]:
    """Above, below, left and right; a transposed convolution has none around its input."""
    if show.operation.transposed:
        return 0, 0, 0, 0
    rows, columns = show.operation.rows.padding, show.operation.columns.padding
    return rows[0], rows[1], columns[0], columns[1]


def _focus(
    found: Step, rows: tuple[int, int], columns: tuple[int, int]
) -> tuple[int, int, int, int]:
    """The cells that the window covers."""
    ends = []
    for taps, (low, high) in ((found.rows, rows), (found.columns, columns)):
        seen = taps[(taps >= low) & (taps < high)]
        ends += [int(seen.min(initial=high - 1)), int(seen.max(initial=low))]
    return ends[0], max(ends[1], ends[0]), ends[2], max(ends[3], ends[2])


def kernel_places(show: Show, panel: QRectF, caption: float) -> tuple[Place | None, Place]:
    """Where the kernel lies (None for pooling), and what becomes of it below."""
    height, width = show.operation.size
    lane = caption * 1.1
    if show.operation.kernel is None:
        area = QRectF(panel.left(), panel.top() + caption, panel.width(), panel.height() * 0.5)
        return None, place(area, (0, height), (0, width), least=0)
    each = (panel.height() - caption - lane - 3.4 * caption) / 2
    area = QRectF(panel.left(), panel.top() + caption, panel.width(), each)
    first = place(area, (0, height), (0, width), least=0)
    first = replace(first, y=area.top())
    return first, replace(first, y=first.area.bottom() + lane)


def lay_out(size: tuple[float, float], show: Show, moment: Moment) -> Stage:
    """Work out where everything lies on a stage of this size, in pixels."""
    font, header, footer, space = frame(size, show)
    top, middle, width = space.top(), space.height(), size[0]
    line = font * 1.45
    free = width - 2 * MARGIN - 2 * GAP
    operation = show.operation
    found = step_at(show, moment)
    side = max(min(free * (0.14 if moment.whole else 0.22), middle * 0.5), 60)
    rest = free - side
    cells_in = operation.columns.before + sum(_drawn_padding(show)[2:])
    share = min(max(cells_in / max(cells_in + operation.columns.after, 1), 0.42), 0.62)
    panels = (
        QRectF(MARGIN, top, rest * share, middle),
        QRectF(MARGIN + rest * share + GAP, top, side, middle),
        QRectF(width - MARGIN - rest * (1 - share), top, rest * (1 - share), middle),
    )
    caption = line + 2
    above, below, left, right = _drawn_padding(show)
    source_area = panels[0].adjusted(0, caption, 0, 0)
    target_area = panels[2].adjusted(0, caption, 0, 0)
    rows = (-above, operation.rows.before + below)
    columns = (-left, operation.columns.before + right)
    source, source_map = with_map(
        source_area, rows, columns, _focus(found, rows, columns), entire=moment.whole
    )
    row, column, _ = found.position
    target, target_map = with_map(
        target_area,
        (0, operation.rows.after),
        (0, operation.columns.after),
        (row, row, column, column),
        entire=moment.whole,
    )
    kernel, products = kernel_places(show, panels[1], caption)
    return Stage(
        font, header, footer, panels, source, target, kernel, products, (source_map, target_map)
    )
