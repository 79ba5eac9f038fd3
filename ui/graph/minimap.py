"""The whole graph, small, in the corner of the canvas, with the part that is in view."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRect, QRectF, QSize, QSizeF, Qt
from PySide6.QtGui import QPainter, QPen, QPixmap

from ui.graph.camera import MAX_SCALE
from ui.graph.marks import Marks
from ui.graph.scene import Scene
from ui.theme import RADIUS, Theme, with_alpha

_GAP = 12
_SHORTEST, _LONGEST = 140.0, 420.0
_NEARLY_ALL = 0.8
"""Share of the graph in view from which an overview tells nothing."""
_MARGIN = 8
THICKNESS = 76
_LEAST_ROOM = 4 * THICKNESS


class Minimap:
    """Paints the overview and turns points of it into points of the scene.

    A network is far longer than wide, so the two axes have scales of their own.
    """

    def __init__(self) -> None:
        self._scene: Scene | None = None
        self._picture: QPixmap | None = None
        self._painted_for: tuple[str, QSize, float] | None = None

    def set_scene(self, scene: Scene | None) -> None:
        """Show another graph."""
        self._scene = scene
        self._picture = None

    def useful(self, view: QRectF, canvas: QRect) -> bool:
        """Whether there is more than what is in view, and room beside the graph.

        Over the cells of a single box it would only be in the way.
        """
        if self._scene is None or canvas.width() > view.width() * MAX_SCALE:
            return False
        layout = self._scene.layout
        whole = QRectF(0, 0, layout.width, layout.height)
        seen = view.intersected(whole)
        share = seen.width() * seen.height() / max(whole.width() * whole.height(), 1.0)
        return self.has_room(canvas) and share < _NEARLY_ALL

    def has_room(self, canvas: QRect) -> bool:
        """Whether it would leave enough of the canvas to the graph itself."""
        right = self._scene is not None and self._scene.layout.direction == "right"
        return (canvas.height() if right else canvas.width()) >= _LEAST_ROOM

    def area(self, canvas: QRect) -> QRectF:
        """Where it lies on the canvas: at its right, or at its bottom where the graph runs so."""
        right = self._scene is not None and self._scene.layout.direction == "right"
        most = canvas.width() if right else canvas.height()
        length = max(min(self._length(right), most - 2 * _GAP), 2 * _MARGIN + 1)
        if right:
            top = canvas.bottom() - THICKNESS - _GAP
            return QRectF(canvas.right() - length - _GAP, top, length, THICKNESS)
        return QRectF(canvas.right() - THICKNESS - _GAP, _GAP, THICKNESS, length)

    def _length(self, right: bool) -> float:
        """As long as the graph is in proportion, as far as there is sense in it."""
        if self._scene is None:
            return _SHORTEST
        layout = self._scene.layout
        along, across = (layout.width, layout.height) if right else (layout.height, layout.width)
        inner = THICKNESS - 2 * _MARGIN
        wanted = inner * along / max(across, 1.0) + 2 * _MARGIN
        return min(max(wanted, _SHORTEST), _LONGEST * (2 if right else 1))

    def scene_point(self, canvas: QRect, point: QPointF) -> QPointF:
        """The point of the scene that a point of the overview stands for."""
        assert self._scene is not None
        inner = self._inner(canvas)
        layout = self._scene.layout
        across = (point.x() - inner.left()) / inner.width()
        down = (point.y() - inner.top()) / inner.height()
        return QPointF(
            min(max(across, 0.0), 1.0) * layout.width, min(max(down, 0.0), 1.0) * layout.height
        )

    def paint(
        self, painter: QPainter, canvas: QRect, view: QRectF, marks: Marks, colors: Theme
    ) -> None:
        """Paint it over the canvas."""
        assert self._scene is not None
        area, inner = self.area(canvas), self._inner(canvas)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(colors.border, 1))
        painter.setBrush(colors.surface)
        painter.drawRoundedRect(area, RADIUS, RADIUS)
        painter.drawPixmap(inner.topLeft(), self._overview(painter, inner, colors))
        x, y = self._scales(inner)
        for box, color in ((marks.selected, colors.accent), (marks.current, colors.current)):
            if box is not None:
                left, top, width, height = self._scene.layout.rects[box]
                across, down = max(width * x, 5.0), max(height * y, 3.0)
                middle = QPointF((left + width / 2) * x, (top + height / 2) * y)
                corner = inner.topLeft() + middle - QPointF(across, down) / 2
                painter.fillRect(QRectF(corner, QSizeF(across, down)), color)
        seen = QRectF(
            inner.left() + view.left() * x,
            inner.top() + view.top() * y,
            view.width() * x,
            view.height() * y,
        ).intersected(area.adjusted(2, 2, -2, -2))
        if seen.height() < 6:
            seen.adjust(0, -3, 0, 3)
        if seen.width() < 6:
            seen.adjust(-3, 0, 3, 0)
        painter.setPen(QPen(colors.accent, 1.4))
        painter.setBrush(with_alpha(colors.accent, 0.14))
        painter.drawRoundedRect(seen, 2, 2)
        painter.restore()

    def _inner(self, canvas: QRect) -> QRectF:
        return self.area(canvas).adjusted(_MARGIN, _MARGIN, -_MARGIN, -_MARGIN)

    def _scales(self, inner: QRectF) -> tuple[float, float]:
        assert self._scene is not None
        layout = self._scene.layout
        return inner.width() / max(layout.width, 1), inner.height() / max(layout.height, 1)

    def _overview(self, painter: QPainter, inner: QRectF, colors: Theme) -> QPixmap:
        """All boxes, painted once for a size and scheme."""
        assert self._scene is not None
        ratio = painter.device().devicePixelRatioF()
        key = (colors.scheme, inner.size().toSize(), ratio)
        if self._picture is None or self._painted_for != key:
            picture = QPixmap(inner.size().toSize() * ratio)
            picture.setDevicePixelRatio(ratio)
            picture.fill(Qt.GlobalColor.transparent)
            x, y = self._scales(inner)
            rects = self._scene.layout.rects * [x, y, x, y]
            brush = QPainter(picture)
            brush.setPen(Qt.PenStyle.NoPen)
            for (kind, _), members in self._scene.by_kind.items():
                brush.setBrush(colors.kinds[kind].fill)
                brush.drawRects(
                    [
                        QRectF(left, top, max(width, 1.5), max(height, 1.0))
                        for left, top, width, height in rects[members].tolist()
                    ]
                )
            brush.end()
            self._picture, self._painted_for = picture, key
        return self._picture
