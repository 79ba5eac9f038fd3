"""Where one is, while a single box is larger than the canvas and its name is out of sight."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QFontMetricsF, QPainter, QPen

from cnnviz.tiling import Cell, Tiling
from ui.graph.spots import Placed
from ui.panels.scale_bar import number
from ui.theme import GAP, RADIUS, SNUG, TIGHT, Theme, scaled_font, with_alpha


def cell_text(layout: Tiling, cell: Cell, value: float | None) -> str:
    """A cell in words: "channel 5, row 12, column 3: 0.42"."""
    places = [f"channel {cell.channel}"]
    if layout.height > 1:
        places.append(f"row {cell.row}")
    if layout.width > 1:
        places.append(f"column {cell.column}")
    return ", ".join(places) + ("" if value is None else f": {number(value)}")


def paint_whereabouts(
    painter: QPainter, title: str, sheet: Placed, channel: int | None, colors: Theme
) -> None:
    """Name the layer, and the channel in the middle, at the top of the canvas."""
    layout = sheet.layout
    shape = f"{layout.height}×{layout.width}×{layout.channels}"
    where = shape if channel is None else f"channel {channel} of {shape}"
    bold, plain = scaled_font("body", bold=True), scaled_font("body")
    metrics = QFontMetricsF(bold)
    first, second = metrics.horizontalAdvance(title), QFontMetricsF(plain).horizontalAdvance(where)
    area = QRectF(GAP, GAP, first + second + GAP + 2 * SNUG, metrics.height() + 2 * TIGHT)
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(colors.border, 1))
    painter.setBrush(with_alpha(colors.surface, 0.92))
    painter.drawRoundedRect(area, RADIUS, RADIUS)
    inner = area.adjusted(SNUG, 0, -SNUG, 0)
    painter.setPen(colors.text)
    painter.setFont(bold)
    painter.drawText(inner, Qt.AlignmentFlag.AlignVCenter, title)
    painter.setPen(colors.muted)
    painter.setFont(plain)
    flags = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight
    painter.drawText(inner, flags, where)
    painter.restore()
