"""Bars along the depth, one strip a measure, with the cumulative share as a line."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QHelpEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QToolTip, QWidget

from cnnviz.breakdown import MEASURES, Breakdown, Measure
from ui.costs.amounts import Amounts, per_cent, share
from ui.theme import GAP, SNUG, TIGHT, scaled_font, theme_of, with_alpha


class DepthCharts(QWidget):
    """Memory, parameters, MACs and, once measured, time: all strips share one axis.

    Signals:
        chosen: Index of the row that was clicked or reached by keys.
    """

    chosen = Signal(int)

    def __init__(self) -> None:
        super().__init__()
        self._table: Breakdown | None = None
        self._amounts = Amounts()
        self._selected: int | None = None
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMinimumHeight(160)
        self.setAccessibleName("Costs along the depth")

    def show_table(self, table: Breakdown | None, amounts: Amounts) -> None:
        """Show these rows."""
        self._table, self._amounts = table, amounts
        self._selected = None
        self.update()

    def select(self, row: int | None) -> None:
        """Mark a row."""
        self._selected = row
        self.update()

    def measures(self) -> tuple[Measure, ...]:
        """The strips, from the top."""
        if self._table is None:
            return ()
        return tuple(m for m in MEASURES if m != "seconds" or self._table.total(m) is not None)

    def _area(self) -> QRectF:
        """Where bars stand: all strips together."""
        line = self.fontMetrics().height()
        right = self.fontMetrics().horizontalAdvance("100 %") + SNUG
        return QRectF(
            GAP, 0, max(1, self.width() - GAP - right), max(1, self.height() - line - TIGHT)
        )

    def row_at(self, x: float) -> int | None:
        """The row below a point."""
        area = self._area()
        if self._table is None or not self._table.rows or not area.left() <= x < area.right():
            return None
        return int((x - area.left()) / area.width() * len(self._table.rows))

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw all strips."""
        table = self._table
        if table is None or not table.rows:
            return
        painter = QPainter(self)
        colours = theme_of(self.palette())
        painter.fillRect(self.rect(), colours.canvas)
        area, measures = self._area(), self.measures()
        slot = area.width() / len(table.rows)
        if self._selected is not None:
            left = area.left() + self._selected * slot
            painter.fillRect(
                QRectF(left, 0, max(slot, 2), area.height()), with_alpha(colours.accent, 0.16)
            )
        height = area.height() / len(measures)
        for i, measure in enumerate(measures):
            self._strip(painter, measure, QRectF(area.left(), i * height, area.width(), height))
        self._legend(painter, QRectF(area.left(), area.bottom(), area.width(), self.height()))
        painter.end()

    def _strip(self, painter: QPainter, measure: Measure, box: QRectF) -> None:
        table, colours = self._table, theme_of(self.palette())
        assert table is not None
        metrics = painter.fontMetrics()
        values = [row.value(measure) or 0 for row in table.rows]
        total, most = sum(values), max(values)
        head = metrics.height() + TIGHT
        bars = box.adjusted(0, head, 0, -TIGHT)
        slot = box.width() / len(values)
        painter.setPen(QPen(colours.border, 1))
        painter.drawLine(bars.bottomLeft(), bars.bottomRight())
        painter.setFont(scaled_font("body", bold=True, base=self.font()))
        painter.setPen(colours.text)
        title = f"{self._amounts.title(measure)}  "
        painter.drawText(QPointF(box.left(), box.top() + metrics.ascent() + 2), title)
        wide = painter.fontMetrics().horizontalAdvance(title)
        painter.setFont(self.font())
        painter.setPen(colours.muted)
        said = self._amounts.short(measure, total)
        if most:
            top = values.index(most)
            said += (
                f" in all; most in {table.rows[top].label}: "
                f"{self._amounts.short(measure, most)}, {per_cent(most / total)}"
            )
        room = int(box.width() - wide)
        said = metrics.elidedText(said, Qt.TextElideMode.ElideRight, room)
        painter.drawText(QPointF(box.left() + wide, box.top() + metrics.ascent() + 2), said)
        if not most:
            return
        gap = 1.0 if slot >= 4 else 0.0
        for i, value in enumerate(values):
            tall = value / most * bars.height()
            if tall:
                bar = QRectF(
                    bars.left() + i * slot, bars.bottom() - tall, max(slot - gap, 0.7), tall
                )
                painter.fillRect(bar, colours.kinds[table.rows[i].kind].fill)
        line = QPolygonF([bars.bottomLeft()])
        for i, part in enumerate(table.cumulative(measure)):
            line.append(QPointF(bars.left() + (i + 1) * slot, bars.bottom() - part * bars.height()))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(colours.text, 1.4))
        painter.drawPolyline(line)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, on=False)
        painter.setPen(colours.muted)
        painter.drawText(QPointF(bars.right() + TIGHT, bars.top() + metrics.ascent() / 2), "100 %")

    def _legend(self, painter: QPainter, box: QRectF) -> None:
        """Below the axis: the selected row, or what the line means."""
        table = self._table
        assert table is not None
        painter.setPen(theme_of(self.palette()).muted)
        if self._selected is not None:
            text = self.describe(self._selected)
        else:
            text = "From the input at the left to the output; the line adds the shares up."
        metrics = painter.fontMetrics()
        text = metrics.elidedText(text, Qt.TextElideMode.ElideRight, int(box.width()))
        painter.drawText(QPointF(box.left(), box.top() + metrics.ascent() + 2), text)

    def describe(self, index: int) -> str:
        """One row in words."""
        assert self._table is not None
        row = self._table.rows[index]
        parts = []
        for measure in self.measures():
            value = row.value(measure)
            if value is not None:
                part = per_cent(share(self._table, measure, value))
                text = f"{self._amounts.title(measure)} {self._amounts.short(measure, value)}"
                parts.append(f"{text} ({part})" if part else text)
        return f"{row.label}: " + ", ".join(parts)

    def event(self, event: QEvent) -> bool:
        """Say under the mouse what a bar stands for."""
        if isinstance(event, QHelpEvent) and event.type() is QEvent.Type.ToolTip:
            row = self.row_at(event.pos().x())
            if row is None:
                QToolTip.hideText()
            else:
                QToolTip.showText(event.globalPos(), self.describe(row).replace(", ", "\n"), self)
            return True
        return super().event(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Select the row under the mouse."""
        row = self.row_at(event.position().x())
        if event.button() is Qt.MouseButton.LeftButton and row is not None:
            self.chosen.emit(row)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Left, Right, Home and End walk along the depth."""
        if self._table is None or not self._table.rows:
            return
        last = len(self._table.rows) - 1
        here = self._selected if self._selected is not None else 0
        to = {
            Qt.Key.Key_Left: here - 1,
            Qt.Key.Key_Right: here + 1,
            Qt.Key.Key_Home: 0,
            Qt.Key.Key_End: last,
        }.get(Qt.Key(event.key()))
        if to is None:
            super().keyPressEvent(event)
        else:
            self.chosen.emit(min(max(to, 0), last))
