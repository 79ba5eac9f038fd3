"""Which part of the picture is seen: a scale and a corner, which move at once or in flight."""

from __future__ import annotations

import math

from PySide6.QtCore import (
    QAbstractAnimation,
    QEasingCurve,
    QObject,
    QPointF,
    QRectF,
    QSizeF,
    QVariantAnimation,
    Signal,
)
from PySide6.QtGui import QTransform

MIN_SCALE, MAX_SCALE = 0.01, 4.0
_FLIGHT_MS = 220


class Camera(QObject):
    """Turns points of the picture into points of the screen and back.

    Signals:
        moved: It looks elsewhere now.

    Attributes:
        scale: Screen pixels a unit of the picture.
        origin: The point of the picture in the top left corner.
        size: Of the screen, in pixels.
        picture: Of the picture, in its units: the middle of the screen stays within it.
        largest: The largest scale: further where there is something to see.
    """

    moved = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.scale = 1.0
        self.origin = QPointF(0, 0)
        self.size = QSizeF(1, 1)
        self.picture = QRectF()
        self.largest = MAX_SCALE
        self._goal = (self.scale, self.origin)
        self._start = self._goal
        self._flight = QVariantAnimation(self, duration=_FLIGHT_MS, startValue=0.0, endValue=1.0)
        self._flight.setEasingCurve(QEasingCurve.Type.OutCubic)
        self._flight.valueChanged.connect(self._fly)

    @property
    def flying(self) -> bool:
        """Whether it is on its way."""
        return self._flight.state() == QAbstractAnimation.State.Running

    @property
    def view(self) -> QRectF:
        """The part of the picture that is seen."""
        return QRectF(self.origin, self.size / self.scale)

    @property
    def goal(self) -> QRectF:
        """The part of the picture that will be seen when it has arrived."""
        if not self.flying:
            return self.view
        scale, origin = self._goal
        return QRectF(origin, self.size / scale)

    @property
    def transform(self) -> QTransform:
        """From the picture to the screen."""
        return QTransform.fromScale(self.scale, self.scale).translate(
            -self.origin.x(), -self.origin.y()
        )

    def to_picture(self, point: QPointF) -> QPointF:
        """The point of the picture under a point of the screen."""
        return point / self.scale + self.origin

    def to_screen(self, point: QPointF) -> QPointF:
        """Where a point of the picture is on the screen."""
        return (point - self.origin) * self.scale

    def rect_on_screen(self, rect: QRectF) -> QRectF:
        """Where a rectangle of the picture is on the screen."""
        return QRectF(self.to_screen(rect.topLeft()), rect.size() * self.scale)

    def stop(self) -> None:
        """Stay where it is now."""
        self._flight.stop()

    def look(self, scale: float, origin: QPointF, *, fly: bool = False) -> None:
        """Go to a scale and a corner; whatever flight is under way ends."""
        self.stop()
        scale = min(max(scale, MIN_SCALE), self.largest)
        origin = self._within(scale, origin)
        if not fly:
            self.scale, self.origin = scale, origin
            self.moved.emit()
            return
        self._start, self._goal = (self.scale, self.origin), (scale, origin)
        self._flight.start()

    def centre(self, point: QPointF, scale: float | None = None, *, fly: bool = False) -> None:
        """Bring a point of the picture to the middle of the screen."""
        scale = min(max(scale or self.scale, MIN_SCALE), self.largest)
        half = QPointF(self.size.width(), self.size.height()) / (2 * scale)
        self.look(scale, point - half, fly=fly)

    def fit(self, area: QRectF, *, fly: bool = False) -> None:
        """Show the whole picture within an area of the screen, magnified nowhere."""
        scale = min(1.0, *self._scales(area))
        self.look(scale, self.picture.center() - area.center() / scale, fly=fly)

    def home(self, area: QRectF, first: QPointF, along: int, readable: float) -> None:
        """Show the beginning of the picture, or all of it where it stays readable.

        Args:
            area: Of the screen, where to show it.
            first: Where the picture begins.
            along: The axis on which it goes on, 0 or 1.
            readable: The least scale.
        """
        scales = self._scales(area)
        whole = min(scales)
        scale = min(whole, 1.25) if whole >= readable else max(min(scales[1 - along], 1), readable)
        corner = [0.0, 0.0]
        for axis, (start, room, extent, begin) in enumerate(
            (
                (area.left(), area.width(), self.picture.width(), first.x()),
                (area.top(), area.height(), self.picture.height(), first.y()),
            )
        ):
            if extent * scale <= room:
                corner[axis] = extent / 2 - (start + room / 2) / scale
                if axis != along:  # the column that it begins with in the middle, if all stays
                    spare = (room / scale - extent) / 2
                    corner[axis] += min(max(begin - extent / 2, -spare), spare)
            elif axis == along:
                corner[axis] = -start / scale
            else:
                corner[axis] = begin - (start + room / 2) / scale
        self.look(scale, QPointF(*corner))

    def reveal(
        self, rect: QRectF, margin: float, ahead: float, along: int, *, fly: bool = False
    ) -> bool:
        """Bring a part of the picture well into view.

        Args:
            rect: The part.
            margin: Share of the view that its middle keeps from the sides.
            ahead: The same at the side where the picture goes on.
            along: The axis on which it does, 0 or 1.
            fly: Go there smoothly.

        Returns:
            False where nothing had to move.
        """
        goal = self.goal
        corner = [goal.x(), goal.y()]
        for axis, (start, length, middle) in enumerate(
            (
                (goal.x(), goal.width(), rect.center().x()),
                (goal.y(), goal.height(), rect.center().y()),
            )
        ):
            end = ahead if axis == along else margin
            if not start + length * margin <= middle <= start + length * (1 - end):
                corner[axis] = middle - length * (0.36 if axis == along else 0.5)
        if QPointF(*corner) == goal.topLeft():
            return False
        self.look(self.size.width() / goal.width(), QPointF(*corner), fly=fly)
        return True

    def pan(self, pixels: QPointF) -> None:
        """Move the picture by some pixels of the screen."""
        self.look(self.scale, self.origin - pixels / self.scale)

    def zoom(self, factor: float, around: QPointF, *, fly: bool = False) -> None:
        """Magnify or shrink; the point of the screen given stays where it is."""
        if self.flying:  # what was asked for last goes on from where the flight would end
            base, origin = self._goal
        else:
            base, origin = self.scale, self.origin
        scale = min(max(base * factor, MIN_SCALE), self.largest)
        fixed = around / base + origin
        self.look(scale, fixed - around / scale, fly=fly)

    def _scales(self, area: QRectF) -> tuple[float, float]:
        """At which width and height of the picture would be those of an area."""
        return (
            area.width() / max(self.picture.width(), 1.0),
            area.height() / max(self.picture.height(), 1.0),
        )

    def _within(self, scale: float, origin: QPointF) -> QPointF:
        if self.picture.isEmpty():
            return origin
        half = QPointF(self.size.width(), self.size.height()) / (2 * scale)
        middle = origin + half
        area = self.picture
        return (
            QPointF(
                min(max(middle.x(), area.left()), area.right()),
                min(max(middle.y(), area.top()), area.bottom()),
            )
            - half
        )

    def _fly(self, share: float) -> None:
        scale0, origin0 = self._start
        scale1, origin1 = self._goal
        self.scale = math.exp(math.log(scale0) * (1 - share) + math.log(scale1) * share)
        # On a straight line on screen: the corner keeps pace with the scale.
        way = share
        if abs(scale1 - scale0) > 1e-9 * scale0:
            way = (1 / self.scale - 1 / scale0) / (1 / scale1 - 1 / scale0)
        self.origin = origin0 * (1 - way) + origin1 * way
        self.moved.emit()
