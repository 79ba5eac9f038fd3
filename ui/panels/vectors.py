"""Activations that are vectors: all values at a glance, and each of them by name."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import (
    QCheckBox,
    QHBoxLayout,
    QLabel,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from cnnviz.atlas import Floats
from ui.panels.scale_bar import nice_ticks, number
from ui.panels.value_rows import FEW, ValueRows, reached, value_range
from ui.theme import GAP, SNUG, TIGHT, theme_of

_NONE = np.empty(0, np.float32)


class VectorChart(QWidget):
    """Every value as a column over its index; columns that share a pixel show their extremes.

    Signals:
        hovered: Index under the mouse, or None.
        clicked: Index that was clicked or reached by keys.
    """

    hovered = Signal(object)
    clicked = Signal(int)

    def __init__(self) -> None:
        super().__init__()
        self._values = _NONE
        self._hover: int | None = None
        self.selection: int | None = None
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName("Values by index")

    def sizeHint(self) -> QSize:
        """A wide strip."""
        return QSize(400, 170)

    def minimumSizeHint(self) -> QSize:
        """Still a chart."""
        return QSize(120, 90)

    def show_values(self, values: Floats) -> None:
        """Show a vector."""
        self._values = values
        self._hover = None
        self.update()

    def select(self, index: int | None) -> None:
        """Mark an index."""
        self.selection = index
        self.update()

    def _area(self) -> QRectF:
        metrics = self.fontMetrics()
        low, high = value_range(self._values)
        texts = [number(value) for value in nice_ticks(low, high, 4)]
        left = max((metrics.horizontalAdvance(text) for text in texts), default=0) + SNUG
        bottom = metrics.height() + SNUG
        return QRectF(left, SNUG, max(1, self.width() - left - SNUG), self.height() - bottom - SNUG)

    def index_at(self, position: QPointF) -> int | None:
        """The index whose column is under a point."""
        area = self._area()
        if not self._values.size or not area.left() <= position.x() < area.right():
            return None
        return int((position.x() - area.left()) / area.width() * self._values.size)

    def x_of(self, index: int) -> float:
        """Where the middle of an index' column is."""
        area = self._area()
        return area.left() + (index + 0.5) / self._values.size * area.width()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Tell which value is under the mouse."""
        self._set_hover(self.index_at(event.position()))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Select a value."""
        index = self.index_at(event.position())
        if event.button() is Qt.MouseButton.LeftButton and index is not None:
            self.select(index)
            self.clicked.emit(index)

    def leaveEvent(self, event: QEvent) -> None:
        """Forget the value under the mouse."""
        self._set_hover(None)

    def _set_hover(self, index: int | None) -> None:
        if index != self._hover:
            self._hover = index
            self.hovered.emit(index)
            self.update()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Left, Right, Home and End move the selection."""
        index = reached(Qt.Key(event.key()), self.selection, self._values.size, horizontal=True)
        if index is None:
            super().keyPressEvent(event)
        elif index != self.selection:
            self.select(index)
            self.clicked.emit(index)

    def _columns(self, area: QRectF) -> tuple[Floats, Floats, float]:
        """Lowest and highest value of every column, and the width of a column."""
        values = np.nan_to_num(self._values, nan=0.0, posinf=0.0, neginf=0.0)
        pixels = max(1, int(area.width()))
        if values.size <= pixels:
            return np.minimum(values, 0), np.maximum(values, 0), area.width() / values.size
        starts = np.arange(pixels) * values.size // pixels
        low = np.minimum(np.minimum.reduceat(values, starts), 0)
        high = np.maximum(np.maximum.reduceat(values, starts), 0)
        return low, high, area.width() / pixels

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw grid, columns, selection."""
        if not self._values.size:
            return
        painter = QPainter(self)
        colours = theme_of(self.palette())
        area = self._area()
        low, high = value_range(self._values)

        def y_of(value: float) -> float:
            return area.bottom() - (value - low) / (high - low) * area.height()

        for tick in nice_ticks(low, high, 4):
            painter.setPen(QPen(colours.grid, 1))
            y = y_of(tick)
            painter.drawLine(QPointF(area.left(), y), QPointF(area.right(), y))
            painter.setPen(colours.muted)
            box = QRectF(0, y - 10, area.left() - TIGHT, 20)
            painter.drawText(
                box, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, number(tick)
            )
        lows, highs, width = self._columns(area)
        gap = 0.0 if width < 3 else min(2.0, width / 4)
        zero = y_of(0)
        painter.setPen(Qt.PenStyle.NoPen)
        for ends, colour in (
            (highs, colours.positive if low < 0 else colours.accent),
            (lows, colours.negative),
        ):
            painter.setBrush(colour)
            some = np.flatnonzero(ends)
            heights = np.abs(ends[some]) / (high - low) * area.height()
            # A value that is there is seen, be it ever so small.
            heights = np.maximum(heights, 1.0)
            painter.drawRects(
                [
                    QRectF(
                        area.left() + i * width,
                        zero - h if ends[i] > 0 else zero,
                        max(1.0, width - gap),
                        h,
                    )
                    for i, h in zip(some.tolist(), heights.tolist(), strict=True)
                ]
            )
        painter.setPen(QPen(colours.border, 1))
        painter.drawLine(QPointF(area.left(), zero), QPointF(area.right(), zero))
        self._draw_axis(painter, area)
        for index, pen in (
            (self._hover, QPen(colours.muted, 1)),
            (self.selection, QPen(colours.text, 1.5)),
        ):
            if index is not None and index < self._values.size:
                painter.setPen(pen)
                x = self.x_of(index)
                painter.drawLine(QPointF(x, area.top()), QPointF(x, area.bottom()))

    def _draw_axis(self, painter: QPainter, area: QRectF) -> None:
        painter.setPen(theme_of(self.palette()).muted)
        metrics = painter.fontMetrics()
        last = self._values.size - 1
        right = area.right() - metrics.horizontalAdvance(f"{last:,}") - GAP
        for tick in [*nice_ticks(0, last, max(1, int(area.width() // 90))), float(last)]:
            text = f"{round(tick):,}"
            if tick != round(tick):
                continue
            width = metrics.horizontalAdvance(text) + 2
            left = min(max(self.x_of(round(tick)) - width / 2, area.left()), area.right() - width)
            if tick != last and left + width > right:
                continue
            box = QRectF(left, area.bottom() + TIGHT, width, metrics.height())
            painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text)


class VectorView(QWidget):
    """A vector: overview over the index, rows by name below.

    Signals:
        hovered: Index under the mouse, or None.
        clicked: Index that was chosen.
    """

    hovered = Signal(object)
    clicked = Signal(int)

    def __init__(self) -> None:
        super().__init__()
        self.chart = VectorChart()
        self.rows = ValueRows()
        self.by_value = QCheckBox("&Largest first")
        self.by_value.setToolTip("Order the rows by value instead of by index")
        self._heading = QLabel()
        self._values = _NONE
        self._labels: Sequence[str] | None = None
        head = QHBoxLayout()
        head.addWidget(self._heading)
        head.addStretch(1)
        head.addWidget(self.by_value)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, SNUG, 0, 0)
        column.setSpacing(SNUG)
        column.addWidget(self.chart, 2)
        column.addLayout(head)
        column.addWidget(self.rows, 3)
        self.by_value.toggled.connect(lambda: self._show_rows())
        self.chart.hovered.connect(self.hovered)
        self.chart.clicked.connect(self._choose)
        self.rows.clicked.connect(self._choose)

    def show_values(self, values: Floats, labels: Sequence[str] | None) -> None:
        """Show a vector, with a name for each value where they are known."""
        known = labels is not None and len(labels) == values.size
        if values.size != self._values.size:
            self.by_value.setChecked(values.size > FEW)
        self._values, self._labels = values, labels if known else None
        self._heading.setText("Classes" if known else "Units")
        self.chart.setVisible(values.size > FEW)
        self.chart.show_values(values)
        self._show_rows()

    def select(self, index: int | None) -> None:
        """Mark a value in both."""
        if index is not None and not 0 <= index < self._values.size:
            index = None
        self.chart.select(index)
        self.rows.select(index)

    def name_of(self, index: int) -> str:
        """What a value is called."""
        name = f"unit {index:,}"
        return name if self._labels is None else f"{self._labels[index]} ({name})"

    def _show_rows(self) -> None:
        self.rows.show_values(self._values, self._labels, by_value=self.by_value.isChecked())

    def _choose(self, index: int) -> None:
        self.select(index)
        self.clicked.emit(index)
