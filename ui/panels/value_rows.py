"""Values by name: one row each."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QAbstractScrollArea, QFrame

from cnnviz.atlas import Floats
from ui.panels.scale_bar import number
from ui.scroll_bar import flat_bars
from ui.theme import SNUG, TIGHT, theme_of, with_alpha

FEW = 40
"""So many values are seen at a glance as rows: they need no overview."""

_NONE = np.empty(0, np.float32)


def value_range(values: Floats) -> tuple[float, float]:
    """From the smallest to the largest finite value, zero included; (0, 1) where all are zero."""
    finite = values[np.isfinite(values)]
    low = min(0.0, float(finite.min(initial=0)))
    high = max(0.0, float(finite.max(initial=0)))
    return (low, high) if high > low else (0.0, 1.0)


def reached(key: Qt.Key, now: int | None, size: int, *, horizontal: bool) -> int | None:
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
        flat_bars(self)
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
        place = reached(Qt.Key(event.key()), now, self._order.size, horizontal=False)
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
        if self._shares and self._values.size <= FEW:
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
