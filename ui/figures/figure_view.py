"""A figure on the screen: pan, zoom, point at its parts, choose one."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, QSizeF, Qt, Signal
from PySide6.QtGui import (
    QHelpEvent,
    QInputDevice,
    QKeyEvent,
    QMouseEvent,
    QNativeGestureEvent,
    QPainter,
    QPainterPath,
    QPaintEvent,
    QPen,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QGestureEvent, QPinchGesture, QSizePolicy, QToolTip, QWidget

from cnnviz.figures.marks import text_area
from cnnviz.figures.scene import Figure, Mark, Shape, Text
from ui.figures.painting import outline, paint, ruler
from ui.graph.camera import Camera
from ui.theme import ROOMY, theme_of, with_alpha

MARGIN = float(ROOMY)
"""Pixels around the figure."""
_READABLE = 0.72
_STEP = 1.25
_DRAG_FROM = 5
"""Pixels; a press that moves less is a click."""
_FAINT = 0.3
"""What is seen through more than this is not pointed at."""
_AROUND = 3.0
"""Between a part and the frame that marks it."""


class FigureView(QWidget):
    """Shows a figure; a point of it is a pixel at first.

    Signals:
        part_chosen: Key of the part that was clicked, or gone to by keyboard.
        resized: It has another size, and nobody has panned or zoomed.

    Attributes:
        figure: What is shown.
        tell: Says what a part is, as rich text; "" for nothing.
    """

    part_chosen = Signal(str)
    resized = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.figure: Figure | None = None
        self.tell: Callable[[str], str] = lambda part: ""
        self._areas: Mapping[str, QRectF] = {}
        self._targets: list[tuple[str, QPainterPath]] = []
        self._extents: list[tuple[Mark, QRectF]] = []
        self._selected: str | None = None
        self._hovered: str | None = None
        self._pressed: QPointF | None = None
        self._dragged = False
        self._at_home = True
        self._camera = Camera(self)
        self._camera.moved.connect(self.update)
        self.setMouseTracking(True)
        self.setAttribute(Qt.WidgetAttribute.WA_AcceptTouchEvents)
        self.grabGesture(Qt.GestureType.PinchGesture)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(160, 120)

    # What is shown.

    def show_figure(self, figure: Figure | None) -> None:
        """Show another figure; one as large as the last stays where it is looked at."""
        before = self.figure
        self.figure = figure
        self._targets, self._areas, self._extents = [], {}, []
        self._hovered = None
        if figure is not None:
            self._targets = _targets(figure)
            self._extents = _extents(figure)
            self._areas = _areas(self._extents)
            self._camera.picture = QRectF(0, 0, figure.width, figure.height)
            same = before is not None and (before.width, before.height) == (
                figure.width,
                figure.height,
            )
            if self._at_home or not same:
                self.home()
        self.update()

    @property
    def parts(self) -> tuple[str, ...]:
        """Keys of the parts that can be chosen, in the order of the figure."""
        return tuple(self._areas)

    @property
    def selected(self) -> str | None:
        """Key of the marked part."""
        return self._selected

    def area_of(self, part: str) -> QRectF:
        """Where a part and its label are on the widget.

        Raises:
            KeyError: The figure does not show it.
        """
        return self._camera.transform.mapRect(self._areas[part])

    def select(self, part: str | None) -> None:
        """Mark a part, and bring it into view."""
        self._selected = part if part in self._areas else None
        if self._selected is not None and not self._at_home:
            seen = self._camera.goal
            if not seen.contains(self._areas[self._selected]):
                self._camera.reveal(self._areas[self._selected], 0.15, 0.2, 1, fly=self.isVisible())
        self.update()

    # Where it looks.

    @property
    def room(self) -> QSizeF:
        """What there is for a figure, in pixels."""
        return QSizeF(self.size()) - QSizeF(2 * MARGIN, 2 * MARGIN)

    @property
    def scale(self) -> float:
        """Pixels a point of the figure."""
        return self._camera.scale

    def home(self) -> None:
        """Look at all of it, or at its beginning where it is long."""
        self._camera.size = QSizeF(self.size())
        if self.figure is not None:
            first = QPointF(self.figure.width / 2, 0)
            self._camera.home(self._inside(), first, 1, _READABLE)
        self._at_home = True

    def fit(self) -> None:
        """Look at all of it."""
        self._camera.fit(self._inside(), fly=self.isVisible())
        self._at_home = self.figure is not None and self.figure.height <= self._inside().height()

    def zoom_in(self) -> None:
        """Magnify, around the middle."""
        self._zoom(_STEP, QRectF(self.rect()).center(), fly=True)

    def zoom_out(self) -> None:
        """Shrink, around the middle."""
        self._zoom(1 / _STEP, QRectF(self.rect()).center(), fly=True)

    def zoom_to_selection(self) -> None:
        """Look at the marked part."""
        if self._selected is not None:
            middle = self._areas[self._selected].center()
            self._camera.centre(middle, max(self.scale, 2.0), fly=self.isVisible())
            self._at_home = False

    def _inside(self) -> QRectF:
        return QRectF(self.rect()).adjusted(MARGIN, MARGIN, -MARGIN, -MARGIN)

    def _zoom(self, factor: float, around: QPointF, *, fly: bool = False) -> None:
        if self.figure is not None:
            self._camera.zoom(factor, around, fly=fly and self.isVisible())
            self._at_home = False

    def _pan(self, pixels: QPointF) -> None:
        self._camera.pan(pixels)
        self._at_home = False

    # Events.

    def sizeHint(self) -> QSize:
        """A picture that is wider than high."""
        return QSize(900, 560)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Look at the same; who drew the figure may draw it anew for this size."""
        self._camera.size = QSizeF(self.size())
        if self._at_home:
            self.home()
            self.resized.emit()

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Zoom; two fingers, or Shift, push."""
        modifiers, turn = event.modifiers(), event.angleDelta()
        fingers = event.device().type() == QInputDevice.DeviceType.TouchPad
        if fingers and not modifiers & Qt.KeyboardModifier.ControlModifier:
            pixels = event.pixelDelta()
            self._pan(QPointF(turn) / 2 if pixels.isNull() else QPointF(pixels))
        elif modifiers & Qt.KeyboardModifier.ShiftModifier:
            self._pan(QPointF(turn.y() or turn.x(), 0) / 2)
        else:
            self._zoom(1.0015 ** (turn.y() or turn.x()), event.position())
        event.accept()

    def event(self, event: QEvent) -> bool:
        """Pinch, and say what is pointed at."""
        if isinstance(event, QNativeGestureEvent):
            if event.gestureType() == Qt.NativeGestureType.ZoomNativeGesture:
                self._zoom(1 + event.value(), event.position())
                return True
        elif isinstance(event, QGestureEvent):
            pinch = event.gesture(Qt.GestureType.PinchGesture)
            if isinstance(pinch, QPinchGesture):
                middle = QPointF(self.mapFromGlobal(pinch.centerPoint().toPoint()))
                self._zoom(pinch.scaleFactor(), middle)
                return True
        elif event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            part = self.part_at(QPointF(event.pos()))
            text = self.tell(part) if part is not None else ""
            if part is None or not text:
                QToolTip.hideText()
            else:
                QToolTip.showText(event.globalPos(), text, self, self.area_of(part).toRect())
            return True
        return super().event(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """A click, or the beginning of a drag."""
        if event.button() in (Qt.MouseButton.LeftButton, Qt.MouseButton.MiddleButton):
            self._camera.stop()
            self._pressed, self._dragged = event.position(), False

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Drag, or light up what is pointed at."""
        if self._pressed is None:
            self._hover(event.position())
            return
        moved = event.position() - self._pressed
        if self._dragged or moved.manhattanLength() >= _DRAG_FROM:
            self._dragged = True
            self.setCursor(Qt.CursorShape.ClosedHandCursor)
            self._pan(moved)
            self._pressed = event.position()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Choose what was clicked."""
        pressed, self._pressed = self._pressed, None
        self._hover(event.position())
        if pressed is None or self._dragged or event.button() != Qt.MouseButton.LeftButton:
            return
        part = self.part_at(event.position())
        if part is not None:
            self._choose(part)

    def leaveEvent(self, event: QEvent) -> None:
        """Nothing is pointed at."""
        self._hovered = None
        self.update()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Walk from part to part."""
        steps = {
            Qt.Key.Key_Left: -1,
            Qt.Key.Key_Up: -1,
            Qt.Key.Key_Right: 1,
            Qt.Key.Key_Down: 1,
        }
        key, parts = Qt.Key(event.key()), self.parts
        plain = not event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        if not parts or not plain:
            super().keyPressEvent(event)
        elif key in steps:
            here = parts.index(self._selected) if self._selected is not None else -1
            self._choose(parts[min(max(here + steps[key], 0), len(parts) - 1)])
        elif key in (Qt.Key.Key_Home, Qt.Key.Key_End):
            self._choose(parts[0 if key == Qt.Key.Key_Home else -1])
        else:
            super().keyPressEvent(event)

    def part_at(self, position: QPointF) -> str | None:
        """Key of what is drawn at a place of the widget."""
        point = self._camera.to_picture(position)
        return next((part for part, path in self._targets if path.contains(point)), None)

    def _choose(self, part: str) -> None:
        self.select(part)
        self.part_chosen.emit(part)

    def _hover(self, position: QPointF) -> None:
        part = self.part_at(position)
        if part is not None:
            self.setCursor(Qt.CursorShape.PointingHandCursor)
        else:
            self.unsetCursor()
        if part != self._hovered:
            self._hovered = part
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """The figure, and frames around what is marked and pointed at."""
        colors = theme_of(self.palette())
        painter = QPainter(self)
        painter.fillRect(self.rect(), colors.canvas)
        if self.figure is not None:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setTransform(self._camera.transform)
            for part, alpha in ((self._hovered, 0.05), (self._selected, 0.10)):
                if part is not None and part in self._areas:
                    painter.setPen(Qt.PenStyle.NoPen)
                    painter.setBrush(with_alpha(colors.accent, alpha))
                    painter.drawRoundedRect(self._areas[part], 4, 4)
            seen = self._camera.view
            near = (m for m, area in self._extents if area.intersects(seen))
            paint(replace(self.figure, marks=tuple(near)), painter)
            if self._selected is not None and self._selected in self._areas:
                painter.setPen(QPen(colors.accent, 2 / self.scale))
                painter.setBrush(Qt.BrushStyle.NoBrush)
                painter.drawRoundedRect(self._areas[self._selected], 4, 4)
        painter.end()


def _targets(figure: Figure) -> list[tuple[str, QPainterPath]]:
    """What can be pointed at, the uppermost first."""
    measure = ruler(figure.font)
    found = []
    for mark in reversed(figure.marks):
        if mark.part is None:
            continue
        path = QPainterPath()
        if isinstance(mark, Text):
            left, top, right, bottom = text_area(mark, measure)
            path.addRect(QRectF(left, top, right - left, bottom - top))
        elif not isinstance(mark, Shape):
            path.addRect(QRectF(*mark.at, *mark.size))
        elif mark.closed and mark.fill is not None and mark.opacity > _FAINT:
            path = outline(mark)
        else:
            continue
        found.append((mark.part, path))
    return found


def _extents(figure: Figure) -> list[tuple[Mark, QRectF]]:
    """What each mark covers."""
    measure = ruler(figure.font)
    found: list[tuple[Mark, QRectF]] = []
    for mark in figure.marks:
        if isinstance(mark, Text):
            left, top, right, bottom = text_area(mark, measure)
            found.append((mark, QRectF(left, top, right - left, bottom - top)))
        elif isinstance(mark, Shape):
            # A line straight down covers an area of no width, which would meet no view.
            spare = 1.0 + mark.width + (3.0 * mark.width if mark.arrow else 0.0)
            area = outline(mark).boundingRect()
            found.append((mark, area.adjusted(-spare, -spare, spare, spare)))
        else:
            found.append((mark, QRectF(*mark.at, *mark.size)))
    return found


def _areas(extents: Sequence[tuple[Mark, QRectF]]) -> dict[str, QRectF]:
    """What each part covers with its label; what is drawn on other parts does not count."""
    areas: dict[str, QRectF] = {}
    for mark, area in extents:
        faint = isinstance(mark, Shape) and (
            not mark.closed or mark.fill is None or mark.opacity < 1
        )
        if mark.part is not None and not faint:
            areas[mark.part] = areas.get(mark.part, area).united(area)
    around = (-_AROUND, -_AROUND, _AROUND, _AROUND)
    return {part: area.adjusted(*around) for part, area in areas.items()}
