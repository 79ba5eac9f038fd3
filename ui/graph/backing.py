"""The scene as it was painted last: while one pans, only what comes into view is painted anew."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QPointF, QRect, QRectF, QSize
from PySide6.QtGui import QColor, QPainter, QPixmap

_EXACT = 1e-3
"""Pixels: a shift that is so near to a whole number of them is one."""


class Backing:
    """Keeps the pixels of a view, and shifts them.

    Whoever paints must paint everything at the same place of the scene, whatever part is wanted.
    """

    def __init__(self) -> None:
        self._pixels: QPixmap | None = None
        self._size = QSize()
        self._scale = 0.0
        self._origin = QPointF()

    def forget(self) -> None:
        """Something else than the place has changed."""
        self._pixels = None

    def fits(self, size: QSize, ratio: float, scale: float) -> bool:
        """Whether it holds pixels of such a view."""
        kept = self._pixels
        return (
            kept is not None
            and self._size == size
            and kept.devicePixelRatioF() == ratio
            and self._scale == scale
        )

    def show(
        self,
        painter: QPainter,
        size: QSize,
        ratio: float,
        scale: float,
        origin: QPointF,
        ground: QColor,
        draw: Callable[[QPainter, QRectF], None],
    ) -> None:
        """Paint a view, as far as possible from what is kept.

        Args:
            painter: Of the widget.
            size: Of the widget.
            ratio: Pixels of the device a pixel of the screen.
            scale: Screen pixels a unit of the scene.
            origin: The point of the scene in the top left corner.
            ground: Colour behind everything.
            draw: Paints a part of the view, which is given in screen coordinates.
        """
        whole = QRect(0, 0, size.width(), size.height())
        parts = [whole]
        if self.fits(size, ratio, scale):
            shift = (self._origin - origin) * scale * ratio
            across, down = round(shift.x()), round(shift.y())
            if abs(shift.x() - across) < _EXACT and abs(shift.y() - down) < _EXACT:
                parts = self._shifted(across, down, ratio)
        if parts == [whole]:
            self._pixels = QPixmap(size * ratio)
            self._pixels.setDevicePixelRatio(ratio)
            self._size, self._scale = size, scale
        self._origin = origin
        assert self._pixels is not None
        inner = QPainter(self._pixels)
        for part in parts:
            inner.save()
            inner.setClipRect(part)
            inner.fillRect(part, ground)
            draw(inner, QRectF(part))
            inner.restore()
        inner.end()
        painter.drawPixmap(0, 0, self._pixels)

    def _shifted(self, across: int, down: int, ratio: float) -> list[QRect]:
        """Move the pixels, and tell which parts of the screen are new."""
        assert self._pixels is not None
        width, height = self._size.width(), self._size.height()
        # In pixels of the screen, rounded outwards; of a part of one, no edge would be sharp.
        spare = int(ratio != int(ratio))
        x, y = (-(-abs(step) // ratio) + spare * (step != 0) for step in (across, down))
        if x >= width or y >= height:
            return [QRect(0, 0, width, height)]
        self._pixels.scroll(across, down, self._pixels.rect())
        parts = []
        if x:
            parts.append(QRect(0 if across > 0 else width - int(x), 0, int(x), height))
        if y:
            parts.append(QRect(0, 0 if down > 0 else height - int(y), width, int(y)))
        return parts
