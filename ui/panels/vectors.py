"""Activations that are vectors: all values at a glance, and each of them by name."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractScrollArea,
    QCheckBox,
    QFrame,
    QHBoxLayout,
    QLabel,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from cnnviz.atlas import Floats
from ui.panels.scale_bar import nice_ticks, number
from ui.theme import GAP, SNUG, TIGHT, theme_of, with_alpha

_FEW = 40  # so many values need no overview
_NONE = np.empty(0, np.float32)


def value_range(values: Floats) -> tuple[float, float]:
    """From the smallest to the largest finite value, zero included; (0, 1) where all are zero."""
    finite = values[np.isfinite(values)]
    low = min(0.0, float(finite.min(initial=0)))
    high = max(0.0, float(finite.max(initial=0)))
    return (low, high) if high > low else (0.0, 1.0)


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
        index = _reached(Qt.Key(event.key()), self.selection, self._values.size, horizontal=True)
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


def _reached(key: Qt.Key, now: int | None, size: int, *, horizontal: bool) -> int | None:
    """Where a key leads in a row (or column) of values; None where it is no key of ours."""
    keys = Qt.Key
    back, on = (keys.Key_Left, keys.Key_Right) if horizontal else (keys.Key_Up, keys.Key_Down)
    steps = {
        back: -1,
        on: 1,
        keys.Key_Home: -size,
        keys.Key_End: size,
        keys.Key_PageUp: -10,
        keys.Key_PageDown: 10,
    }
    if key not in steps or not size:
        return None
    if now is None:
        return 0
    return min(max(now + steps[key], 0), size - 1)


class ValueRows(QAbstractScrollArea):
    """One row a value: its name, a bar from zero, the number. Only visible rows are drawn.

    Signals:
        clicked: Index of the value that was clicked or reached by keys.
    """

    clicked = Signal(int)

    def __init__(self) -> None:
        super().__init__()
        self._values = _NONE
        self._labels: Sequence[str] | None = None
        self._order = np.empty(0, np.intp)
        self._place = np.empty(0, np.intp)
        self._shares = False
        self.selection: int | None = None
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setAccessibleName("Values")

    def row_height(self) -> int:
        """Pixels of one row; more where there is room for all."""
        least = self.fontMetrics().height() + 6
        room = self.viewport().height() // max(1, self._order.size)
        return min(max(least, room), least * 3 // 2)

    def show_values(self, values: Floats, labels: Sequence[str] | None, *, by_value: bool) -> None:
        """Show a vector.

        Args:
            values: Shape (N,).
            labels: A name for each, or None for its index alone.
            by_value: Largest first, rather than by index.
        """
        self._values, self._labels = values, labels
        finite = bool(np.isfinite(values).all())
        self._shares = finite and bool((values >= 0).all()) and abs(float(values.sum()) - 1) < 1e-3
        order = np.argsort(-values, kind="stable") if by_value else np.arange(values.size)
        self._order = order
        self._place = np.empty_like(order)
        self._place[order] = np.arange(order.size)
        self._set_range()
        self._reveal()
        self.viewport().update()

    def select(self, index: int | None) -> None:
        """Mark a value, and scroll to it."""
        self.selection = index
        self._reveal()
        self.viewport().update()

    def text_of(self, index: int) -> str:
        """The number as shown: a share where the values are shares of one."""
        value = float(self._values[index])
        return f"{value:.2%}" if self._shares else number(value)

    def _set_range(self) -> None:
        bar, height = self.verticalScrollBar(), self.row_height()
        bar.setRange(0, max(0, self._order.size * height - self.viewport().height()))
        bar.setPageStep(self.viewport().height())
        bar.setSingleStep(height)

    def _reveal(self) -> None:
        if self.selection is None or self.selection >= self._place.size:
            return
        bar, height = self.verticalScrollBar(), self.row_height()
        top = int(self._place[self.selection]) * height
        if top < bar.value():
            bar.setValue(top)
        elif top + height > bar.value() + self.viewport().height():
            bar.setValue(top + height - self.viewport().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        """More rows, or fewer."""
        super().resizeEvent(event)
        self._set_range()

    def scrollContentsBy(self, dx: int, dy: int) -> None:
        """Draw the new rows."""
        self.viewport().update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Select a value."""
        place = int((event.position().y() + self.verticalScrollBar().value()) // self.row_height())
        if event.button() is Qt.MouseButton.LeftButton and 0 <= place < self._order.size:
            self._choose(place)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Up, Down, Page, Home and End move the selection."""
        now = int(self._place[self.selection]) if self.selection is not None else None
        place = _reached(Qt.Key(event.key()), now, self._order.size, horizontal=False)
        if place is None:
            super().keyPressEvent(event)
        elif place != now:
            self._choose(place)

    def _choose(self, place: int) -> None:
        index = int(self._order[place])
        self.select(index)
        self.clicked.emit(index)

    def _label(self, index: int) -> str:
        return self._labels[index] if self._labels is not None else f"{index:,}"

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the visible rows."""
        if not self._order.size:
            return
        painter = QPainter(self.viewport())
        colours = theme_of(self.palette())
        metrics = painter.fontMetrics()
        height, width = self.row_height(), self.viewport().width() - TIGHT
        first = self.verticalScrollBar().value() // height
        shown = self._order[first : first + self.viewport().height() // height + 2].tolist()
        names = [self._label(index) for index in shown]
        wide = "00,000" if self._labels is None else "x" * 12
        widest = max([metrics.horizontalAdvance(name) for name in (*names, wide)]) + SNUG
        for_name = min(widest, width * 0.45)
        for_number = (
            metrics.horizontalAdvance("−0.0000e−00" if not self._shares else "100.00%") + SNUG
        )
        low, high = value_range(self._values)
        if self._shares and self._values.size <= _FEW:
            low, high = 0.0, 1.0
        track = QRectF(TIGHT + for_name, 0, max(10.0, width - for_name - for_number), height)
        zero = track.left() - low / (high - low) * track.width()
        for i, (index, name) in enumerate(zip(shown, names, strict=True)):
            top = (first + i) * height - self.verticalScrollBar().value()
            row = QRectF(TIGHT, top, width - TIGHT, height)
            if index == self.selection:
                painter.fillRect(
                    QRectF(0, top, width + TIGHT, height), with_alpha(colours.accent, 0.18)
                )
            value = float(self._values[index])
            length = (value if np.isfinite(value) else 0.0) / (high - low) * track.width()
            painter.fillRect(QRectF(track.left(), top + 3, track.width(), height - 6), colours.grid)
            colour = self._bar_colour(value, signed=low < 0)
            painter.fillRect(QRectF(zero, top + 3, length, height - 6).normalized(), colour)
            align = Qt.AlignmentFlag.AlignVCenter
            painter.setPen(colours.text)
            text = metrics.elidedText(name, Qt.TextElideMode.ElideRight, math.ceil(for_name - SNUG))
            side = Qt.AlignmentFlag.AlignLeft if self._labels else Qt.AlignmentFlag.AlignRight
            painter.drawText(QRectF(TIGHT, top, for_name - SNUG, height), align | side, text)
            painter.drawText(row, align | Qt.AlignmentFlag.AlignRight, self.text_of(index))
        if low < 0:
            painter.setPen(QPen(colours.edge, 1))
            painter.drawLine(
                QPointF(zero, 0),
                QPointF(zero, min(self._order.size * height, self.viewport().height())),
            )

    def _bar_colour(self, value: float, *, signed: bool) -> QColor:
        colours = theme_of(self.palette())
        if not signed:
            return colours.accent
        return colours.positive if value > 0 else colours.negative


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
            self.by_value.setChecked(values.size > _FEW)
        self._values, self._labels = values, labels if known else None
        self._heading.setText("Classes" if known else "Units")
        self.chart.setVisible(values.size > _FEW)
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
