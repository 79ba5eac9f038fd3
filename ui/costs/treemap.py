"""A treemap: every row an area as large as its share of one measure."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QRectF, Qt, Signal
from PySide6.QtGui import QHelpEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QToolTip, QWidget

from cnnviz.breakdown import Breakdown, Measure
from ui.costs.amounts import Amounts, per_cent, share
from ui.theme import SNUG, TIGHT, theme_of

Box = tuple[float, float, float, float]
"""Left, top, width, height."""


def squarified(values: Sequence[float], box: Box) -> list[Box]:
    """Cut a box into areas in proportion to values, as square as can be (Bruls et al. 2000).

    Args:
        values: Above 0, largest first.
        box: What to cut.

    Returns:
        One box a value.
    """
    left, top, width, height = box
    total = sum(values)
    boxes: list[Box] = []
    rest = list(values)
    while rest:
        scale = width * height / total if total > 0 else 0.0
        side = min(width, height)
        row: list[float] = []
        worst = float("inf")
        for value in rest:
            tried = [*row, value * scale]
            area = sum(tried)
            if side <= 0 or area <= 0:
                row = tried
                continue
            ratio = max(side**2 * max(tried) / area**2, area**2 / (side**2 * min(tried)))
            if ratio > worst:
                break
            row, worst = tried, ratio
        area = sum(row)
        thick = area / side if side > 0 else 0.0
        along = 0.0
        for part in row:
            length = part / thick if thick > 0 else 0.0
            if width >= height:
                boxes.append((left, top + along, thick, length))
            else:
                boxes.append((left + along, top, length, thick))
            along += length
        if width >= height:
            left, width = left + thick, width - thick
        else:
            top, height = top + thick, height - thick
        total -= sum(rest[: len(row)])
        rest = rest[len(row) :]
    return boxes


class Treemap(QWidget):
    """The rows of a breakdown as areas.

    Signals:
        chosen: Index of the row that was clicked.
    """

    chosen = Signal(int)

    def __init__(self) -> None:
        super().__init__()
        self._table: Breakdown | None = None
        self._amounts = Amounts()
        self._measure: Measure = "params"
        self._selected: int | None = None
        self.setAccessibleName("Treemap of the costs")

    def show_table(self, table: Breakdown | None, amounts: Amounts, measure: Measure) -> None:
        """Show these rows by one measure."""
        self._table, self._amounts, self._measure = table, amounts, measure
        self._selected = None
        self.update()

    def select(self, row: int | None) -> None:
        """Mark a row."""
        self._selected = row
        self.update()

    def areas(self) -> list[tuple[int, QRectF]]:
        """Row and area, largest first; rows without any of the measure have none."""
        if self._table is None:
            return []
        values = [(row.value(self._measure) or 0, i) for i, row in enumerate(self._table.rows)]
        ordered = sorted((pair for pair in values if pair[0] > 0), key=lambda p: (-p[0], p[1]))
        inside = self.rect().adjusted(SNUG, SNUG, -SNUG, -SNUG)
        box = (float(inside.x()), float(inside.y()), float(inside.width()), float(inside.height()))
        boxes = squarified([value for value, _ in ordered], box)
        return [(i, QRectF(*cut)) for (_, i), cut in zip(ordered, boxes, strict=True)]

    def row_at(self, x: float, y: float) -> int | None:
        """The row whose area holds a point."""
        return next((i for i, area in self.areas() if area.contains(x, y)), None)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the areas, and names where there is room."""
        painter = QPainter(self)
        colours = theme_of(self.palette())
        painter.fillRect(self.rect(), colours.canvas)
        metrics = painter.fontMetrics()
        table = self._table
        if table is None:
            return
        areas = self.areas()
        if not areas:
            painter.setPen(colours.muted)
            missing = f"{self._amounts.title(self._measure)}: nothing to show."
            painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, missing)
        for i, area in areas:
            row = table.rows[i]
            kind = colours.kinds[row.kind]
            painter.fillRect(area.adjusted(0.5, 0.5, -0.5, -0.5), kind.fill)
            if area.height() < metrics.height() + TIGHT or area.width() < 40:
                continue
            painter.setPen(kind.on_fill)
            inner = area.adjusted(TIGHT, 2, -TIGHT, -2)
            value = row.value(self._measure) or 0
            wide = int(inner.width())
            lines = [row.label]
            if area.height() >= 2 * metrics.height() + TIGHT:
                part = per_cent(share(table, self._measure, value))
                lines.append(f"{self._amounts.short(self._measure, value)}  {part}")
            cut = [metrics.elidedText(line, Qt.TextElideMode.ElideRight, wide) for line in lines]
            painter.drawText(inner, Qt.AlignmentFlag.AlignLeft, "\n".join(cut))
        for i, area in areas:
            if i == self._selected:
                painter.setPen(QPen(colours.text, 3))
                painter.setBrush(Qt.BrushStyle.NoBrush)
                painter.drawRect(area.adjusted(1.5, 1.5, -1.5, -1.5))
        painter.end()

    def event(self, event: QEvent) -> bool:
        """Say under the mouse what an area stands for."""
        if isinstance(event, QHelpEvent) and event.type() is QEvent.Type.ToolTip:
            row = self.row_at(event.pos().x(), event.pos().y())
            if row is None or self._table is None:
                QToolTip.hideText()
            else:
                value = self._table.rows[row].value(self._measure) or 0
                part = per_cent(share(self._table, self._measure, value))
                text = f"{self._table.rows[row].label}\n{self._amounts.exact(self._measure, value)}"
                QToolTip.showText(event.globalPos(), f"{text}, {part}", self)
            return True
        return super().event(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Select the row under the mouse."""
        row = self.row_at(event.position().x(), event.position().y())
        if event.button() is Qt.MouseButton.LeftButton and row is not None:
            self.chosen.emit(row)
