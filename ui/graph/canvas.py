"""The graph: one widget that paints what is in view, in batches, at any zoom."""

from __future__ import annotations

from collections.abc import Collection

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, QSizeF, Qt, Signal
from PySide6.QtGui import (
    QContextMenuEvent,
    QHelpEvent,
    QInputDevice,
    QKeyEvent,
    QMouseEvent,
    QNativeGestureEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QGestureEvent, QPinchGesture, QSizePolicy, QToolTip, QWidget

from cnnviz.costs import GraphCosts
from cnnviz.graph import LayerGraph
from cnnviz.layout import Direction
from ui.graph.camera import Camera
from ui.graph.card import card
from ui.graph.legend import paint_legend
from ui.graph.minimap import THICKNESS, Minimap
from ui.graph.painting import TEXT_FROM, Marks, paint_empty, paint_scene
from ui.graph.scene import Scene, scene_of
from ui.theme import theme_of

MARGIN = 24.0
READABLE_SCALE = 0.72
"""The first view goes no lower: boxes show their type and shape."""
WALKING_SCALE = 1.0
"""How near Z goes to the selected node."""

_ZOOM_STEP = 1.25
_DRAG_FROM = 5
"""Pixels; a press that moves less is a click."""
_WALK = (0.12, 0.3)
"""Shares of the view that a walk keeps from its sides, and ahead: what comes next is seen."""


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
        self._graph: LayerGraph | None = None
        self._costs: GraphCosts | None = None
        self._direction: Direction = "down"
        self._scene: Scene | None = None
        self._marks = Marks()
        self._pressed: QPointF | None = None
        self._dragged = False
        self._minimap = Minimap()
        self._on_minimap = False
        self._at_home = True
        self._camera = Camera(self)
        self._camera.moved.connect(self.update)
        self.setMouseTracking(True)
        self.setAttribute(Qt.WidgetAttribute.WA_AcceptTouchEvents)
        self.grabGesture(Qt.GestureType.PinchGesture)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(160, 160)
        self.setAccessibleName("Layer graph")
        self.setAccessibleDescription(
            "Arrow keys walk along the edges, Home and End go to the first and the last node, "
            "Enter looks into the selected one."
        )

    # What it shows.

    def set_graph(self, graph: LayerGraph | None, costs: GraphCosts | None = None) -> None:
        """Show a graph from its first layer on; None shows how to open one.

        Args:
            graph: What to show.
            costs: Its costs; without them boxes and cards leave them out.
        """
        self._graph, self._costs = graph, costs
        self._marks = Marks()
        self._lay_out()

    @property
    def direction(self) -> Direction:
        """Where the edges point: "down" or "right"."""
        return self._direction

    def set_direction(self, direction: Direction) -> None:
        """Turn the graph."""
        if direction != self._direction:
            self._direction = direction
            self._lay_out()

    def set_current(self, name: str | None) -> None:
        """Mark the node that is being computed; None when nothing is."""
        self._marks.current = self._index(name)
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

    def select(self, name: str | None, *, walking: bool = False) -> None:
        """Mark the selected node, and bring it into view.

        Args:
            name: The node, or None.
            walking: It is the next step of a walk. Who has moved on to look at something else is
                left there.
        """
        before, self._marks.selected = self._marks.selected, self._index(name)
        self.update()
        box = self._marks.selected
        if box is None:
            return
        seen = before is not None and self._camera.goal.intersects(self._rect(before))
        if box == before and seen:
            return
        if seen or before is None or not walking:
            self._reveal(box, *_WALK)

    @property
    def selected(self) -> str | None:
        """Name of the selected node."""
        if self._scene is None or self._marks.selected is None:
            return None
        return self._scene.boxes[self._marks.selected].key

    @property
    def scale(self) -> float:
        """Screen pixels a unit of the picture."""
        return self._camera.scale

    @property
    def at_rest(self) -> bool:
        """False while the view is moving by itself."""
        return not self._camera.flying

    def position_of(self, name: str) -> QPointF:
        """Centre of a node on the widget.

        Raises:
            KeyError: There is no such node.
        """
        if self._scene is None:
            raise KeyError(name)
        return self._camera.to_screen(self._rect(self._scene.index[name]).center())

    def _lay_out(self) -> None:
        chosen = self.selected
        self._camera.stop()
        graph = self._graph
        self._scene = (
            scene_of(graph, self._costs, self._direction)
            if graph is not None and graph.nodes
            else None
        )
        self._marks.hovered = None
        self._marks.selected = self._index(chosen)
        self._minimap.set_scene(self._scene)
        if self._scene is not None:
            layout = self._scene.layout
            self._camera.picture = QRectF(0, 0, layout.width, layout.height)
        self.home()

    def _index(self, name: str | None) -> int | None:
        return self._scene.index.get(name) if self._scene is not None and name else None

    def _rect(self, box: int) -> QRectF:
        assert self._scene is not None
        return QRectF(*self._scene.layout.rects[box].tolist())

    # Where it looks.

    def home(self) -> None:
        """Look at the first layers, or at the selected one, large enough to read."""
        scene = self._scene
        if scene is None:
            self.update()
            return
        self._camera.home(self._free_area(), self._rect(0).center(), scene.along, READABLE_SCALE)
        if self._marks.selected is not None:
            self._reveal(self._marks.selected, *_WALK, fly=False)
        self._at_home = True

    def fit(self) -> None:
        """Look at everything."""
        if self._scene is not None:
            area = QRectF(self.rect()).adjusted(MARGIN, MARGIN, -MARGIN, -MARGIN)
            self._camera.fit(area, fly=self.isVisible())
            self._at_home = False

    def zoom_in(self) -> None:
        """Magnify, around the middle."""
        self._zoom(_ZOOM_STEP, QRectF(self.rect()).center(), fly=True)

    def zoom_out(self) -> None:
        """Shrink, around the middle."""
        self._zoom(1 / _ZOOM_STEP, QRectF(self.rect()).center(), fly=True)

    def zoom_to_selection(self) -> None:
        """Look at the selected node and its neighbours."""
        if self._scene is not None and self._marks.selected is not None:
            middle = self._rect(self._marks.selected).center()
            self._camera.centre(middle, max(self.scale, WALKING_SCALE), fly=self.isVisible())
            self._at_home = False

    def _free_area(self) -> QRectF:
        """The canvas without its margins and the overview."""
        area = QRectF(self.rect()).adjusted(MARGIN, MARGIN, -MARGIN, -MARGIN)
        if self._scene is not None and self._scene.along:
            area.setRight(area.right() - THICKNESS)
        else:
            area.setBottom(area.bottom() - THICKNESS)
        return area

    def _zoom(self, factor: float, around: QPointF, *, fly: bool = False) -> None:
        if self._scene is not None:
            self._camera.zoom(factor, around, fly=fly and self.isVisible())
            self._at_home = False

    def _reveal(self, box: int, margin: float, ahead: float, *, fly: bool = True) -> None:
        assert self._scene is not None
        if self._camera.reveal(
            self._rect(box), margin, ahead, self._scene.along, fly=fly and self.isVisible()
        ):
            self._at_home = False

    # Events.

    def sizeHint(self) -> QSize:  # noqa: D102
        return QSize(460, 640)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: D102
        colors = theme_of(self.palette())
        painter = QPainter(self)
        painter.fillRect(self.rect(), colors.canvas)
        scene = self._scene
        if scene is None:
            paint_empty(painter, self.rect(), colors)
            return
        paint_scene(painter, scene, self._marks, self._camera, colors, self.font())
        view = self._camera.view
        if self.scale < TEXT_FROM:
            paint_legend(painter, scene, self.rect(), colors)
        if self._minimap.useful(view):
            self._minimap.paint(painter, self.rect(), view, self._marks, colors)

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: D102
        self._camera.size = QSizeF(self.size())
        if self._at_home:
            self.home()

    def wheelEvent(self, event: QWheelEvent) -> None:  # noqa: D102
        modifiers = event.modifiers()
        zooms = not modifiers & Qt.KeyboardModifier.ShiftModifier
        if event.device().type() == QInputDevice.DeviceType.TouchPad:
            # Two fingers push the picture; pinching, or Ctrl, zooms.
            zooms = bool(modifiers & Qt.KeyboardModifier.ControlModifier)
        turn = event.angleDelta()
        if zooms:
            self._zoom(1.0015 ** (turn.y() or turn.x()), event.position())
        elif event.device().type() == QInputDevice.DeviceType.TouchPad:
            moved = event.pixelDelta() if not event.pixelDelta().isNull() else turn / 2
            self._pan(QPointF(moved))
        else:
            self._pan(QPointF(turn.y() or turn.x(), 0) / 2)
        event.accept()

    def event(self, event: QEvent) -> bool:  # noqa: D102
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
            self._tell(event)
            return True
        return super().event(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: D102
        if event.button() not in (Qt.MouseButton.LeftButton, Qt.MouseButton.MiddleButton):
            return
        self._camera.stop()
        self._pressed = event.position()
        self._dragged = False
        self._on_minimap = self._over_minimap(event.position())
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
        if not self._dragged and moved.manhattanLength() < _DRAG_FROM:
            return
        self._dragged = True
        self.setCursor(Qt.CursorShape.ClosedHandCursor)
        self._pan(moved)
        self._pressed = event.position()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:  # noqa: D102
        pressed, self._pressed = self._pressed, None
        self._hover(event.position())
        if pressed is None or self._dragged or self._on_minimap:
            return
        if event.button() == Qt.MouseButton.LeftButton:
            box = self._box_at(event.position())
            if box is not None:
                self._choose(box, 0.0, 0.0)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:  # noqa: D102
        box = self._box_at(event.position())
        if self._scene is not None and box is not None:
            self.node_activated.emit(self._scene.boxes[box].key)

    def leaveEvent(self, event: QEvent) -> None:  # noqa: D102
        self._marks.hovered = None
        self.update()

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:  # noqa: D102
        event.ignore()

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: D102
        scene, box, key = self._scene, self._marks.selected, event.key()
        plain = not event.modifiers() & ~(
            Qt.KeyboardModifier.KeypadModifier | Qt.KeyboardModifier.ShiftModifier
        )
        if scene is None or not plain:
            super().keyPressEvent(event)
            return
        down, right = (Qt.Key.Key_Down, Qt.Key.Key_Right)[:: 1 if scene.along else -1]
        up, left = (Qt.Key.Key_Up, Qt.Key.Key_Left)[:: 1 if scene.along else -1]
        goal: int | None = None
        if key in (down, up, left, right) and box is None:
            goal = 0
        elif key in (down, up) and box is not None:
            goal = next(iter(scene.neighbours(box, ahead=key == down)), None)
        elif key in (left, right) and box is not None:
            goal = scene.beside(box, further=key == right)
        elif key in (Qt.Key.Key_Home, Qt.Key.Key_End):
            goal = 0 if key == Qt.Key.Key_Home else len(scene.boxes) - 1
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and box is not None:
            self.node_activated.emit(scene.boxes[box].key)
        else:
            super().keyPressEvent(event)
            return
        if goal is not None:
            self._choose(goal, *_WALK)

    def _choose(self, box: int, margin: float, ahead: float) -> None:
        assert self._scene is not None
        self._marks.selected = box
        self._reveal(box, margin, ahead)
        self.update()
        self.node_selected.emit(self._scene.boxes[box].key)

    def _pan(self, pixels: QPointF) -> None:
        self._camera.pan(pixels)
        self._at_home = False

    def _look_at(self, point: QPointF) -> None:
        self._camera.centre(point)
        self._at_home = False

    def _over_minimap(self, position: QPointF) -> bool:
        return self._minimap.useful(self._camera.view) and self._minimap.area(self.rect()).contains(
            position
        )

    def _box_at(self, position: QPointF) -> int | None:
        if self._scene is None or self._over_minimap(position):
            return None
        point = self._camera.to_picture(position)
        return self._scene.at(point.x(), point.y())

    def _hover(self, position: QPointF) -> None:
        box = self._box_at(position)
        if box is not None:
            self.setCursor(Qt.CursorShape.PointingHandCursor)
        else:
            self.unsetCursor()
        if box != self._marks.hovered:
            self._marks.hovered = box
            self.update()

    def _tell(self, event: QHelpEvent) -> None:
        box = self._box_at(QPointF(event.pos()))
        if self._graph is None or self._scene is None or box is None:
            QToolTip.hideText()
            return
        rect = self._rect(box)
        on_screen = QRectF(
            self._camera.to_screen(rect.topLeft()), self._camera.to_screen(rect.bottomRight())
        )
        text = card(self._graph, self._costs, self._scene.boxes[box].key, theme_of(self.palette()))
        QToolTip.showText(event.globalPos(), text, self, on_screen.toRect())
