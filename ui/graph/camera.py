"""Where the canvas looks: a scale and an origin, and smooth ways from one place to another."""

from __future__ import annotations

from PySide6.QtCore import (
    QAbstractAnimation,
    QObject,
    QPointF,
    QRectF,
    QSizeF,
    QVariantAnimation,
    Signal,
)
from PySide6.QtGui import QTransform

MIN_SCALE, MAX_SCALE = 0.01, 4.0
_MS = 180


class Camera(QObject):
    """Maps the scene onto the screen.

    Attributes:
        scale: Screen pixels a unit of the scene.
        origin: The point of the scene at the top left of the screen.

    Signals:
        moved: It looks elsewhere.
    """

    moved = Signal()

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self.scale = 1.0
        self.origin = QPointF(0, 0)
        self._way = QVariantAnimation(self, duration=_MS)
        self._way.valueChanged.connect(self._step)

    @property
    def goal(self) -> QPointF:
        """Where the origin is, or will be when it has arrived."""
        moving = self._way.state() == QAbstractAnimation.State.Running
        return self._way.endValue() if moving else self.origin

    def look(self, origin: QPointF, scale: float | None = None, *, smoothly: bool = False) -> None:
        """Look elsewhere; only the origin moves smoothly."""
        self._way.stop()
        if scale is not None:
            self.scale = min(max(scale, MIN_SCALE), MAX_SCALE)
        if smoothly:
            self._way.setStartValue(self.origin)
            self._way.setEndValue(origin)
            self._way.start()
        else:
            self._step(origin)

    def rest(self) -> None:
        """Stay where it is now."""
        self._way.stop()

    def zoom(self, factor: float, around: QPointF) -> None:
        """Magnify, with a point of the screen staying where it is."""
        fixed = self.to_scene(around)
        scale = min(max(self.scale * factor, MIN_SCALE), MAX_SCALE)
        self.look(fixed - around / scale, scale)

    def view(self, size: QSizeF) -> QRectF:
        """The part of the scene that a screen of a size shows."""
        return QRectF(self.origin, size / self.scale)

    def to_scene(self, point: QPointF) -> QPointF:
        """The point of the scene at a point of the screen."""
        return point / self.scale + self.origin

    def to_screen(self, point: QPointF) -> QPointF:
        """The point of the screen where a point of the scene is."""
        return (point - self.origin) * self.scale

    @property
    def transform(self) -> QTransform:
        """From the scene to the screen."""
        transform = QTransform.fromScale(self.scale, self.scale)
        transform.translate(-self.origin.x(), -self.origin.y())
        return transform

    def _step(self, origin: QPointF) -> None:
        self.origin = origin
        self.moved.emit()
