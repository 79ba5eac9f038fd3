"""The graph: one widget that paints what is in view, in batches, at any zoom."""

from __future__ import annotations

from collections.abc import Collection

from PySide6.QtCore import (
    QAbstractAnimation,
    QEvent,
    QPointF,
    QRectF,
    QSize,
    Qt,
    QVariantAnimation,
    Signal,
)
from PySide6.QtGui import (
    QContextMenuEvent,
    QHelpEvent,
    QKeyEvent,
    QMouseEvent,
    QNativeGestureEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
    QTransform,
    QWheelEvent,
)
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from cnnviz.costs import graph_costs
from cnnviz.graph import LayerGraph
from ui.graph.minimap import Minimap
from ui.graph.painting import Marks, paint_empty, paint_scene
from ui.graph.scene import Scene, scene_of
from ui.theme import theme_of

MARGIN = 24.0
MIN_SCALE, MAX_SCALE = 0.01, 4.0
READABLE_SCALE = 0.72
"""The smallest scale at which a box still shows its name: the first view goes no lower."""

_ZOOM_STEP = 1.25
_CAMERA_MS = 180


class GraphCanvas(QWidget):
    """Shows a layer graph; pans, zooms, and walks along its edges.

    Signals:
        node_selected: The user chose this node.
        node_activated: The user wants to see into this node (double click, Enter).
    """

    node_selected = Signal(str)
    node_activated = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._scene: Scene | None = None
        self._scale = 1.0
        self._origin = QPointF(0, 0)
        self._marks = Marks()
        self._pressed: QPointF | None = None
        self._dragged = False
        self._minimap = Minimap()
        self._on_minimap = False
        self._at_home = True
        self._camera = QVariantAnimation(self, duration=_CAMERA_MS)
        self._camera.valueChanged.connect(self._move_origin)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(160, 160)
        self.setAccessibleName("Layer graph")
        self.setAccessibleDescription("Arrow keys walk along the edges; Enter opens the node.")

    # What it shows.

    def set_graph(self, graph: LayerGraph | None) -> None:
        """Show a graph from its first layer on; None shows how to open one."""
        self._camera.stop()
        self._scene = scene_of(graph, graph_costs(graph)) if graph is not None else None
        self._marks = Marks()
        self._minimap.set_scene(self._scene)
        self.home()

    def set_current(self, name: str | None) -> None:
        """Mark the node being computed, and follow it; None when nothing is."""
        self._marks.current = self._index(name)
        if self._marks.current is not None:
            self._show(self._marks.current)
        self.update()

    def set_computed(self, names: Collection[str]) -> None:
        """Mark the nodes whose activations are there; all others are drawn fainter.

        None computed means that no pass is under way, and nothing is faint.
        """
        scene = self._scene
        self._marks.computed = frozenset(
            scene.index[name] for name in names if scene is not None and name in scene.index
        )
        self.update()

    def select(self, name: str | None) -> None:
        """Mark the selected node, and bring it into view."""
        self._marks.selected = self._index(name)
        if self._marks.selected is not None:
            self._show(self._marks.selected)
        self.update()

    @property
    def selected(self) -> str | None:
        """Name of the selected node."""
        if self._scene is None or self._marks.selected is None:
            return None
        return self._scene.boxes[self._marks.selected].key

    @property
    def scale(self) -> float:
        """Screen pixels a unit of the picture."""
        return self._scale

    def position_of(self, name: str) -> QPointF:
        """Centre of a node on the widget.

        Raises:
            KeyError: There is no such node.
        """
        if self._scene is None:
            raise KeyError(name)
        x, y, width, height = self._scene.layout.rects[self._scene.index[name]]
        return self._to_screen(x + width / 2, y + height / 2)

    def _index(self, name: str | None) -> int | None:
        return self._scene.index.get(name) if self._scene is not None and name else None

    # Where it looks.

    def home(self) -> None:
        """Look at the first layers, at a scale at which names can be read."""
        if self._scene is None:
            self.update()
            return
        layout = self._scene.layout
        across = (self.width() - 2 * MARGIN - self._minimap.WIDTH) / max(layout.width, 1)
        self._scale = min(max(across, READABLE_SCALE), 1.0)
        first = layout.rects[0]
        middle = layout.width / 2 if across >= READABLE_SCALE else first[0] + first[2] / 2
        self._origin = QPointF(
            middle - (self.width() - self._minimap.WIDTH) / 2 / self._scale, -MARGIN / self._scale
        )
        self._at_home = True
        if self._marks.selected is not None:
            self._show(self._marks.selected, animate=False)
            self._at_home = True
        self.update()

    def fit(self) -> None:
        """Look at everything."""
        if self._scene is None:
            return
        self._camera.stop()
        layout = self._scene.layout
        room_x, room_y = self.width() - 2 * MARGIN, self.height() - 2 * MARGIN
        scale = min(room_x / max(layout.width, 1), room_y / max(layout.height, 1), 1.0)
        self._scale = max(scale, MIN_SCALE)
        self._origin = QPointF(
            layout.width / 2 - self.width() / 2 / self._scale,
            layout.height / 2 - self.height() / 2 / self._scale,
        )
        self._at_home = False
        self.update()

    def zoom_in(self) -> None:
        """Magnify, around the middle."""
        self._zoom(_ZOOM_STEP, QPointF(self.rect().center()))

    def zoom_out(self) -> None:
        """Shrink, around the middle."""
        self._zoom(1 / _ZOOM_STEP, QPointF(self.rect().center()))

    def zoom_to_selection(self) -> None:
        """Look at the selected node and its neighbours."""
        if self._scene is None or self._marks.selected is None:
            return
        self._scale = 1.0
        self._show(self._marks.selected, centre=True)

    def _zoom(self, factor: float, around: QPointF) -> None:
        if self._scene is None:
            return
        self._camera.stop()
        scale = min(max(self._scale * factor, MIN_SCALE), MAX_SCALE)
        fixed = self._to_scene(around)
        self._scale = scale
        self._origin = fixed - around / scale
        self._at_home = False
        self.update()

    def _show(self, box: int, *, animate: bool = True, centre: bool = False) -> None:
        """Bring a box into view, with some of what follows; not if it is well in view already."""
        assert self._scene is not None
        x, y, width, height = self._scene.layout.rects[box]
        view = self._view()
        inner = view.adjusted(
            view.width() * 0.1, view.height() * 0.15, -view.width() * 0.1, -view.height() * 0.3
        )
        rect = QRectF(x, y, width, height)
        wanted = self._wanted_origin()
        if not centre and inner.translated(wanted - self._origin).contains(rect.center()):
            return
        target = QPointF(wanted)
        if centre or not inner.left() <= rect.center().x() <= inner.right():
            target.setX(rect.center().x() - view.width() / 2)
        target.setY(rect.center().y() - view.height() * (0.5 if centre else 0.4))
        self._at_home = False
        if not animate or not self.isVisible():
            self._camera.stop()
            self._move_origin(target)
            return
        self._camera.stop()
        self._camera.setStartValue(self._origin)
        self._camera.setEndValue(target)
        self._camera.start()

    def _wanted_origin(self) -> QPointF:
        """Where the camera is, or will be when it has arrived."""
        moving = self._camera.state() == QAbstractAnimation.State.Running
        return self._camera.endValue() if moving else self._origin

    def _move_origin(self, origin: QPointF) -> None:
        self._origin = origin
        self.update()

    def _view(self) -> QRectF:
        return QRectF(
            self._origin, QPointF(self.width(), self.height()) / self._scale + self._origin
        )

    def _to_scene(self, point: QPointF) -> QPointF:
        return point / self._scale + self._origin

    def _to_screen(self, x: float, y: float) -> QPointF:
        return (QPointF(x, y) - self._origin) * self._scale

    # Events.

    def sizeHint(self) -> QSize:  # noqa: D102
        return QSize(460, 640)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: D102
        colors = theme_of(self.palette())
        painter = QPainter(self)
        painter.fillRect(self.rect(), colors.canvas)
        if self._scene is None or not self._scene.boxes:
            paint_empty(painter, self.rect(), colors)
            return
        to_screen = QTransform.fromScale(self._scale, self._scale)
        to_screen.translate(-self._origin.x(), -self._origin.y())
        paint_scene(painter, self._scene, self._marks, to_screen, self._view(), colors, self.font())
        if self._minimap.useful(self._view()):
            self._minimap.paint(painter, self.rect(), self._view(), self._marks, colors)

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: D102
        if self._at_home:
            self.home()

    def wheelEvent(self, event: QWheelEvent) -> None:  # noqa: D102
        if event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            self._pan(QPointF(event.angleDelta().y(), 0) / 2)
        else:
            self._zoom(1.0015 ** event.angleDelta().y(), event.position())
        event.accept()

    def event(self, event: QEvent) -> bool:  # noqa: D102
        if isinstance(event, QNativeGestureEvent):
            if event.gestureType() == Qt.NativeGestureType.ZoomNativeGesture:
                self._zoom(1 + event.value(), event.position())
                return True
        elif event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            self._tell(event)
            return True
        return super().event(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: D102
        if event.button() not in (Qt.MouseButton.LeftButton, Qt.MouseButton.MiddleButton):
            return
        self._camera.stop()
        self._pressed = event.position()
        self._dragged = False
        self._on_minimap = self._minimap.useful(self._view()) and self._minimap.area(
            self.rect()
        ).contains(event.position())
        if self._on_minimap:
            self._look_at(self._minimap.scene_point(self.rect(), event.position()))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: D102
        if self._pressed is None:
            self._hover(event.position())
            return
        if self._on_minimap:
            self._look_at(self._minimap.scene_point(self.rect(), event.position()))
            return
        moved = event.position() - self._pressed
        if not self._dragged and moved.manhattanLength() < 5:
            return
        self._dragged = True
        self.setCursor(Qt.CursorShape.ClosedHandCursor)
        self._pan(moved)
        self._pressed = event.position()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:  # noqa: D102
        pressed, self._pressed = self._pressed, None
        self.unsetCursor()
        if pressed is None or self._dragged or self._on_minimap or self._scene is None:
            return
        point = self._to_scene(event.position())
        box = self._scene.at(point.x(), point.y())
        if box is not None:
            self._choose(box)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:  # noqa: D102
        if self._scene is None:
            return
        point = self._to_scene(event.position())
        box = self._scene.at(point.x(), point.y())
        if box is not None:
            self.node_activated.emit(self._scene.boxes[box].key)

    def leaveEvent(self, event: QEvent) -> None:  # noqa: D102
        self._marks.hovered = None
        self.update()

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:  # noqa: D102
        event.ignore()

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: D102
        scene, box = self._scene, self._marks.selected
        key = event.key()
        if scene is None:
            super().keyPressEvent(event)
            return
        goal: int | None = None
        if key in (Qt.Key.Key_Down, Qt.Key.Key_Up):
            down = key == Qt.Key.Key_Down
            near = [0] if box is None else scene.neighbours(box, down=down)
            goal = near[0] if near else None
        elif key in (Qt.Key.Key_Left, Qt.Key.Key_Right):
            goal = 0 if box is None else scene.beside(box, right=key == Qt.Key.Key_Right)
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and box is not None:
            self.node_activated.emit(scene.boxes[box].key)
        else:
            super().keyPressEvent(event)
            return
        if goal is not None:
            self._choose(goal)

    def _choose(self, box: int) -> None:
        assert self._scene is not None
        self.select(self._scene.boxes[box].key)
        self.node_selected.emit(self._scene.boxes[box].key)

    def _pan(self, pixels: QPointF) -> None:
        self._camera.stop()
        self._at_home = False
        self._origin -= pixels / self._scale
        self.update()

    def _look_at(self, point: QPointF) -> None:
        self._at_home = False
        view = self._view()
        self._move_origin(point - QPointF(view.width(), view.height()) / 2)

    def _hover(self, position: QPointF) -> None:
        if self._scene is None:
            return
        point = self._to_scene(position)
        box = self._scene.at(point.x(), point.y())
        if box != self._marks.hovered:
            self._marks.hovered = box
            self.update()

    def _tell(self, event: QHelpEvent) -> None:
        box = self._marks.hovered
        if self._scene is None or box is None:
            QToolTip.hideText()
            return
        shown = self._scene.boxes[box]
        rows = "".join(f"<br>{line}" for line in shown.lines)
        QToolTip.showText(event.globalPos(), f"<b>{shown.title}</b>{rows}", self)
