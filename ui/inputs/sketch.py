"""The sheet to draw on, with mouse or keyboard."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QEnterEvent,
    QFocusEvent,
    QImage,
    QKeyEvent,
    QKeySequence,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from cnnviz.requests import Picture
from ui.theme import theme_of, with_alpha

FINE = 256
"""Pixels of the longer side of the sheet; the network's own few would make stairs of every line."""

MOST_UNDONE = 100

_STEPS = {
    Qt.Key.Key_Left: (-1, 0),
    Qt.Key.Key_Right: (1, 0),
    Qt.Key.Key_Up: (0, -1),
    Qt.Key.Key_Down: (0, 1),
}


class Sketch(QWidget):
    """A sheet of the form of a network's input. Lengths are in pixels of that input.

    The keyboard draws, too: arrow keys move the pen, Space puts it down and lifts it.

    Attributes:
        brush: Width of the pen.
        erasing: The pen takes ink away.
        light_ink: Light ink on dark ground, not dark on light.

    Signals:
        changed: There is other ink on the sheet.
    """

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.brush = 4.0
        self.erasing = False
        self.light_ink = True
        self._cells = QSize(32, 32)
        self._ink = self._empty()
        self._undo: list[QImage] = []
        self._redo: list[QImage] = []
        self._last: QPointF | None = None
        self._pen: QPointF | None = None
        self._pen_is_down = False
        self._hover: QPointF | None = None
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setCursor(Qt.CursorShape.CrossCursor)
        self.setMinimumSize(120, 120)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName("Drawing sheet")
        self.setAccessibleDescription(
            "Draw with the mouse, or with the arrow keys after Space has put the pen down."
        )

    def set_size(self, height: int, width: int) -> None:
        """Take the form of a network's input; another form empties the sheet."""
        if QSize(width, height) != self._cells:
            self._cells = QSize(width, height)
            self._ink = self._empty()
            self._undo, self._redo = [], []
            self._pen = None
            self.updateGeometry()
            self.update()

    @property
    def size_of_input(self) -> tuple[int, int]:
        """Height and width of the network's input."""
        return self._cells.height(), self._cells.width()

    def pixels(self) -> Picture:
        """What is drawn, finer than the input, uint8, shape (H, W)."""
        ink = self._values()
        return ink.copy() if self.light_ink else 255 - ink

    @property
    def blank(self) -> bool:
        """Nothing is drawn."""
        return not self._values().any()

    @property
    def can_undo(self) -> bool:
        """There is something to take back."""
        return bool(self._undo)

    @property
    def can_redo(self) -> bool:
        """There is something taken back."""
        return bool(self._redo)

    def undo(self) -> None:
        """Take the last stroke back."""
        self._swap(self._undo, self._redo)

    def redo(self) -> None:
        """Draw the stroke again that was taken back."""
        self._swap(self._redo, self._undo)

    def clear(self) -> None:
        """Take all ink away; that can be undone."""
        if not self.blank:
            self._remember()
            self._ink = self._empty()
            self._tell()

    def set_light_ink(self, light: bool) -> None:
        """Draw light on dark, or dark on light."""
        if light != self.light_ink:
            self.light_ink = light
            self.update()
            if not self.blank:
                self.changed.emit()

    def _values(self) -> Picture:
        """How much ink is where; a view."""
        rows = np.frombuffer(self._ink.constBits(), np.uint8).reshape(self._ink.height(), -1)
        return rows[:, : self._ink.width()]

    def _swap(self, source: list[QImage], target: list[QImage]) -> None:
        if source:
            target.append(self._ink)
            self._ink = source.pop()
            self._last = None
            self._tell()

    def _empty(self) -> QImage:
        size = self._cells.scaled(FINE, FINE, Qt.AspectRatioMode.KeepAspectRatio)
        image = QImage(size, QImage.Format.Format_Grayscale8)
        image.fill(0)
        return image

    def _remember(self) -> None:
        self._undo = [*self._undo[1 - MOST_UNDONE :], self._ink.copy()]
        self._redo = []

    def _tell(self) -> None:
        self.update()
        self.changed.emit()

    # Strokes.

    def _draw(self, start: QPointF, end: QPointF) -> None:
        """A line between two places, in cells."""
        fine = self._ink.width() / self._cells.width()
        ink = QColor("black" if self.erasing else "white")
        pen = QPen(ink, self.brush * fine)
        pen.setCapStyle(Qt.PenCapStyle.RoundCap)
        painter = QPainter(self._ink)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(pen)
        if start == end:
            painter.drawPoint(start * fine)
        else:
            painter.drawLine(start * fine, end * fine)
        painter.end()
        self._tell()

    def stroke(self, places: Sequence[tuple[float, float]]) -> None:
        """Draw a line through some places (x, y)."""
        self._remember()
        points = [QPointF(x, y) for x, y in places]
        for start, end in pairwise(points):
            self._draw(start, end)

    def _sheet(self) -> QRectF:
        """Where the sheet lies in the widget."""
        room = self.size() - QSize(4, 4)
        size = self._cells.scaled(room, Qt.AspectRatioMode.KeepAspectRatio)
        return QRectF(
            (self.width() - size.width()) / 2,
            (self.height() - size.height()) / 2,
            size.width(),
            size.height(),
        )

    def cell_at(self, point: QPointF) -> QPointF:
        """The place in cells under a point of the widget; it may lie outside."""
        sheet = self._sheet()
        scale = self._cells.width() / sheet.width()
        return (point - sheet.topLeft()) * scale

    def point_of(self, x: float, y: float) -> QPointF:
        """The point of the widget at a place in cells."""
        sheet = self._sheet()
        return sheet.topLeft() + QPointF(x, y) * (sheet.width() / self._cells.width())

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Begin a stroke."""
        if event.button() == Qt.MouseButton.LeftButton:
            self._remember()
            self._pen_is_down = False
            self._last = self.cell_at(event.position())
            self._draw(self._last, self._last)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Draw on, or show how wide the pen is."""
        self._hover = event.position()
        here = self.cell_at(event.position())
        if event.buttons() & Qt.MouseButton.LeftButton and self._last is not None:
            self._draw(self._last, here)
            self._last = here
        else:
            self.update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """End the stroke."""
        self._last = None

    def enterEvent(self, event: QEnterEvent) -> None:
        """Show the pen."""
        super().enterEvent(event)
        self._hover = event.position()
        self.update()

    def leaveEvent(self, event: QEvent) -> None:
        """Hide the pen."""
        super().leaveEvent(event)
        self._hover = None
        self.update()

    # Keys.

    def event(self, event: QEvent) -> bool:
        """Keep the keys that draw from the window's shortcuts."""
        if (
            event.type() == QEvent.Type.ShortcutOverride
            and isinstance(event, QKeyEvent)
            and (self._is_ours(event))
        ):
            event.accept()
            return True
        return super().event(event)

    def _is_ours(self, event: QKeyEvent) -> bool:
        plain = event.modifiers() in (
            Qt.KeyboardModifier.NoModifier,
            Qt.KeyboardModifier.KeypadModifier,
            Qt.KeyboardModifier.ShiftModifier,
        )
        keys = (*_STEPS, Qt.Key.Key_Space, Qt.Key.Key_Delete)
        undoing = (QKeySequence.StandardKey.Undo, QKeySequence.StandardKey.Redo)
        return (plain and event.key() in keys) or any(event.matches(key) for key in undoing)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Move the pen, put it down, take back."""
        if not self._is_ours(event):
            super().keyPressEvent(event)
        elif event.matches(QKeySequence.StandardKey.Undo):
            self.undo()
        elif event.matches(QKeySequence.StandardKey.Redo):
            self.redo()
        elif event.key() == Qt.Key.Key_Delete:
            self.clear()
        else:
            self._move_pen(event.key())

    def _move_pen(self, key: int) -> None:
        width, height = self._cells.width(), self._cells.height()
        if self._pen is None:
            self._pen = QPointF(width / 2, height / 2)
        if key == Qt.Key.Key_Space:
            self._pen_is_down = not self._pen_is_down
            if self._pen_is_down:
                self._remember()
                self._draw(self._pen, self._pen)
        else:
            across, down = _STEPS[Qt.Key(key)]
            x = min(max(self._pen.x() + across, 0.0), float(width))
            y = min(max(self._pen.y() + down, 0.0), float(height))
            start, self._pen = self._pen, QPointF(x, y)
            if self._pen_is_down:
                self._draw(start, self._pen)
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Lift the pen."""
        super().focusOutEvent(event)
        self._pen_is_down = False
        self.update()

    # Painting.

    def sizeHint(self) -> QSize:
        """Large enough to draw with ease."""
        return QSize(220, 220)

    def paintEvent(self, event: QPaintEvent) -> None:
        """The sheet, the pen over it, and a word where it is empty."""
        colors = theme_of(self.palette())
        sheet = self._sheet()
        picture = self._ink.copy()
        if not self.light_ink:
            picture.invertPixels()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.drawImage(sheet, picture)
        painter.setPen(QPen(colors.accent if self.hasFocus() else colors.border, 1.5))
        painter.drawRect(sheet.adjusted(-0.5, -0.5, 0.5, 0.5))
        if self.blank:
            painter.setPen(QColor(150, 150, 150))
            painter.drawText(sheet, Qt.AlignmentFlag.AlignCenter, "Draw a digit here")
        painter.setClipRect(sheet)
        if self._hover is not None:
            self._paint_pen(painter, self._hover, colors.accent)
        if self.hasFocus() and self._pen is not None:
            where = self.point_of(self._pen.x(), self._pen.y())
            self._paint_pen(painter, where, colors.current if self._pen_is_down else colors.accent)
        painter.end()

    def _paint_pen(self, painter: QPainter, where: QPointF, ink: QColor) -> None:
        radius = self.brush / 2 * self._sheet().width() / self._cells.width()
        painter.setBrush(with_alpha(ink, 0.25))
        painter.setPen(QPen(ink, 1.2))
        painter.drawEllipse(where, radius, radius)
