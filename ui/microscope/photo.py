"""The photo with what is known of its pixels: a heat map, the window of a position, a chosen pixel.

Around the photo there is room in which windows that reach into padding can be seen.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PySide6.QtCore import QPointF, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPixmap,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from cnnviz.heatmap import heat
from cnnviz.requests import Floats, Picture
from ui.panels.inspector import to_image
from ui.theme import theme_of, with_alpha

Window = Sequence[tuple[int, int]]

_MARGIN = 0.09
"""Share of the widget left free around the photo."""

_MOVES = {
    Qt.Key.Key_Up: (-1, 0, 0),
    Qt.Key.Key_Down: (1, 0, 0),
    Qt.Key.Key_Left: (0, -1, 0),
    Qt.Key.Key_Right: (0, 1, 0),
    Qt.Key.Key_PageUp: (0, 0, -1),
    Qt.Key.Key_PageDown: (0, 0, 1),
}


class PhotoView(QWidget):
    """A photo, and over it a heat map and the window of a position.

    Signals:
        pixel_clicked: (row, column) of the pixel under a click.
        moved: (rows, columns, channels) by which a key moves the cell.
    """

    pixel_clicked = Signal(int, int)
    moved = Signal(int, int, int)

    def __init__(self, name: str, *, margin: bool = True) -> None:
        super().__init__()
        self.setAccessibleName(name)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(120, 120)
        self._margin = _MARGIN if margin else 0.0
        self._photo: QPixmap | None = None
        self._heat: QPixmap | None = None
        self._values: Floats | None = None
        self._opacity = 0.75
        self.window_: Window | None = None
        self.pixel: tuple[int, int] | None = None
        self._scaled: tuple[QSize, QPixmap] | None = None

    def show_photo(self, picture: Picture | None) -> None:
        """Show pixels, shape (H, W, 3) or (H, W); the rest is taken away."""
        self._photo = None if picture is None else QPixmap.fromImage(to_image(picture))
        self.window_ = self.pixel = None
        self.show_heat(None)

    def show_heat(self, values: Floats | None) -> None:
        """Lay a map of the photo's shape over it."""
        self._values = values
        self._heat = None
        if values is not None:
            self._heat = QPixmap.fromImage(_to_image(values, self._opacity))
        self._scaled = None
        self.update()

    def set_opacity(self, opacity: float) -> None:
        """How opaque the heat map's highest value is, 0..1."""
        self._opacity = opacity
        self.show_heat(self._values)

    def show_window(self, window: Window | None) -> None:
        """Draw the box of a window, (start, stop) for rows and columns, not clipped."""
        self.window_ = window
        self.update()

    def show_pixel(self, pixel: tuple[int, int] | None) -> None:
        """Mark a pixel."""
        self.pixel = pixel
        self.update()

    def sizeHint(self) -> QSize:
        """A good part of a page."""
        return QSize(380, 380)

    def place_of(self, row: float, column: float) -> QPointF:
        """Where the top left corner of a pixel lies."""
        rect, scale = self._photo_rect()
        return QPointF(rect.x() + column * scale, rect.y() + row * scale)

    def _photo_rect(self) -> tuple[QRectF, float]:
        assert self._photo is not None
        room_w = self.width() * (1 - 2 * self._margin)
        room_h = self.height() * (1 - 2 * self._margin)
        scale = max(1e-6, min(room_w / self._photo.width(), room_h / self._photo.height()))
        width, height = self._photo.width() * scale, self._photo.height() * scale
        rect = QRectF((self.width() - width) / 2, (self.height() - height) / 2, width, height)
        return rect, scale

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Choose a pixel."""
        self.setFocus(Qt.FocusReason.MouseFocusReason)
        if self._photo is None:
            return
        rect, scale = self._photo_rect()
        row = int((event.position().y() - rect.y()) // scale)
        column = int((event.position().x() - rect.x()) // scale)
        if 0 <= row < self._photo.height() and 0 <= column < self._photo.width():
            self.pixel_clicked.emit(row, column)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Move the cell."""
        move = _MOVES.get(Qt.Key(event.key()))
        if move is None or event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier:
            super().keyPressEvent(event)
        else:
            self.moved.emit(*move)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Photo, heat, box, pixel."""
        colors = theme_of(self.palette())
        painter = QPainter(self)
        painter.fillRect(self.rect(), colors.canvas)
        if self._photo is not None:
            rect, scale = self._photo_rect()
            # Scaled once for all frames: of a moving box, only the box is drawn anew.
            painter.drawPixmap(rect.toRect(), self._ground(rect.toRect()))
            if self.window_ is not None and len(self.window_) == 2:
                self._draw_window(painter, rect, scale)
            if self.pixel is not None:
                self._draw_pixel(painter, scale)
        if self.hasFocus():
            painter.setPen(QPen(colors.accent, 1))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(self.rect().adjusted(0, 0, -1, -1))
        painter.end()

    def _ground(self, rect: QRect) -> QPixmap:
        ratio = self.devicePixelRatioF()
        size = QSize(max(1, round(rect.width() * ratio)), max(1, round(rect.height() * ratio)))
        if self._scaled is None or self._scaled[0] != size:
            assert self._photo is not None
            ground = QPixmap(size)
            painter = QPainter(ground)
            smooth = size.width() < 3 * self._photo.width()
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, smooth)
            painter.drawPixmap(ground.rect(), self._photo)
            if self._heat is not None:
                painter.drawPixmap(ground.rect(), self._heat)
            painter.end()
            self._scaled = size, ground
        return self._scaled[1]

    def _draw_window(self, painter: QPainter, rect: QRectF, scale: float) -> None:
        assert self.window_ is not None
        (top, bottom), (left, right) = self.window_
        box = QRectF(self.place_of(top, left), QSize(right - left, bottom - top).toSizeF() * scale)
        inside = box.intersected(rect)
        accent = QColor("#ffd23f")  # on a photo the theme does not matter
        ink = QColor("#10151b")
        painter.setBrush(Qt.BrushStyle.NoBrush)
        if not rect.contains(box):  # what reaches into padding
            painter.setPen(QPen(theme_of(self.palette()).muted, 1, Qt.PenStyle.DashLine))
            painter.drawRect(box)
        painter.setPen(QPen(with_alpha(ink, 0.8), 4))
        painter.drawRect(inside)
        painter.setPen(QPen(accent, 2))
        painter.drawRect(inside)

    def _draw_pixel(self, painter: QPainter, scale: float) -> None:
        assert self.pixel is not None
        half = max(scale, 4.0) / 2
        middle = self.place_of(self.pixel[0] + 0.5, self.pixel[1] + 0.5)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for color, width in ((QColor("#10151b"), 3), (QColor("#ffffff"), 1)):
            painter.setPen(QPen(color, width))
            painter.drawRect(QRectF(middle.x() - half, middle.y() - half, 2 * half, 2 * half))


def _to_image(values: Floats, opacity: float) -> QImage:
    pixels = np.ascontiguousarray(heat(values, opacity))
    height, width = values.shape
    image = QImage(pixels.tobytes(), width, height, 4 * width, QImage.Format.Format_RGBA8888)
    return image.copy()
