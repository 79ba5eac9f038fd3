"""Two small pictures to take hold of: one to crop, one to shift."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QMouseEvent, QPainter, QPaintEvent, QPen, QPixmap
from PySide6.QtWidgets import QSizePolicy, QWidget

from cnnviz.requests import Picture
from ui.panels.inspector import to_image
from ui.theme import theme_of, with_alpha

Box = tuple[int, int, int, int]
"""(top, left, height, width) in pixels of the picture."""


class SmallPicture(QWidget):
    """A picture as large as there is room, with its pixels unblurred where they are few."""

    def __init__(self, name: str, tip: str) -> None:
        super().__init__()
        self._pixmap: QPixmap | None = None
        self._start: QPointF | None = None
        self.setAccessibleName(name)
        self.setToolTip(tip)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(72, 72)

    def show_picture(self, picture: Picture | None) -> None:
        """Show pixels, shape (H, W, 3) or (H, W)."""
        self._pixmap = None if picture is None else QPixmap.fromImage(to_image(picture))
        self.update()

    def sizeHint(self) -> QSize:
        """Large enough to see what it is."""
        return QSize(80, 80)

    def _area(self) -> QRectF:
        """Where the picture lies."""
        if self._pixmap is None:
            return QRectF()
        size = self._pixmap.size().scaled(self.size(), Qt.AspectRatioMode.KeepAspectRatio)
        left, top = (self.width() - size.width()) // 2, (self.height() - size.height()) // 2
        return QRectF(left, top, size.width(), size.height())

    def _scale(self) -> float:
        """Widget pixels to one of the picture."""
        return self._area().width() / self._pixmap.width() if self._pixmap is not None else 1.0

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Take hold of it."""
        if event.button() == Qt.MouseButton.LeftButton and self._pixmap is not None:
            self._start = event.position()
            self._taken()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Drag."""
        if self._start is not None:
            self._dragged(self._start, event.position())

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Let go."""
        self._start = None

    def _taken(self) -> None:
        pass

    def _dragged(self, start: QPointF, end: QPointF) -> None:
        raise NotImplementedError

    def paintEvent(self, event: QPaintEvent) -> None:
        """The picture."""
        painter = QPainter(self)
        if self._pixmap is not None:
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, self._scale() < 1)
            painter.drawPixmap(self._area(), self._pixmap, QRectF(self._pixmap.rect()))
            self._paint_over(painter)
        painter.end()

    def _paint_over(self, painter: QPainter) -> None:
        painter.setPen(theme_of(self.palette()).border)
        painter.drawRect(self._area().adjusted(0, 0, -1, -1))


class CropView(SmallPicture):
    """The whole picture; a drag chooses the part of it that goes in, in the proportions of it.

    Signals:
        cropped: The `Box` chosen, or None for all.
    """

    cropped = Signal(object)

    def __init__(self) -> None:
        super().__init__("The whole picture", "Drag a rectangle: only that part goes in, enlarged")
        self._box: Box | None = None
        self.setCursor(Qt.CursorShape.CrossCursor)

    def show_box(self, box: Box | None) -> None:
        """Mark the part that goes in."""
        self._box = box
        self.update()

    def _dragged(self, start: QPointF, end: QPointF) -> None:
        assert self._pixmap is not None
        area, scale = self._area(), self._scale()
        rows, columns = self._pixmap.height(), self._pixmap.width()
        y0, y1 = sorted((point.y() - area.top()) / scale for point in (start, end))
        x0, x1 = sorted((point.x() - area.left()) / scale for point in (start, end))
        share = min(max((y1 - y0) / rows, (x1 - x0) / columns), 1.0)
        height, width = max(1, round(share * rows)), max(1, round(share * columns))
        if height < 3 or width < 3:
            return  # a click, or a hand that trembled
        top = min(max(round(y0 if end.y() >= start.y() else y1 - height), 0), rows - height)
        left = min(max(round(x0 if end.x() >= start.x() else x1 - width), 0), columns - width)
        whole = (height, width) == (rows, columns)
        self.cropped.emit(None if whole else (top, left, height, width))

    def _paint_over(self, painter: QPainter) -> None:
        super()._paint_over(painter)
        if self._box is None:
            return
        colors = theme_of(self.palette())
        area, scale = self._area(), self._scale()
        top, left, height, width = (scale * value for value in self._box)
        inside = QRectF(area.left() + left, area.top() + top, width, height)
        veil = with_alpha(colors.canvas, 0.6)
        painter.fillRect(QRectF(area.left(), area.top(), area.width(), top), veil)
        painter.fillRect(
            QRectF(area.left(), inside.bottom(), area.width(), area.bottom() - inside.bottom()),
            veil,
        )
        painter.fillRect(QRectF(area.left(), inside.top(), left, height), veil)
        painter.fillRect(
            QRectF(inside.right(), inside.top(), area.right() - inside.right(), height), veil
        )
        painter.setPen(QPen(colors.accent, 1.5))
        painter.drawRect(inside)


class ShiftView(SmallPicture):
    """What goes in; a drag moves it.

    Signals:
        taken: A drag begins.
        moved: (rows down, columns right) since then.
    """

    taken = Signal()
    moved = Signal(int, int)

    def __init__(self) -> None:
        super().__init__("What goes in", "Drag the picture to shift it")
        self.setCursor(Qt.CursorShape.OpenHandCursor)

    def _taken(self) -> None:
        self.taken.emit()

    def _dragged(self, start: QPointF, end: QPointF) -> None:
        by = (end - start) / self._scale()
        self.moved.emit(round(by.y()), round(by.x()))
