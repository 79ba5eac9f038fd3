"""The graph: one widget that paints what is in view, in batches, at any zoom."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import (
    QEasingCurve,
    QEvent,
    QPointF,
    QRectF,
    QSize,
    QSizeF,
    Qt,
    QTimer,
    QVariantAnimation,
    Signal,
)
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
from cnnviz.nesting import HEADER
from cnnviz.outline import Level, Part
from cnnviz.receptive_field import Field
from cnnviz.requests import NodeRun
from ui.graph.camera import Camera
from ui.graph.card import card, group_card
from ui.graph.columns import Column, Facts, Tint, tint_of
from ui.graph.legend import paint_legend, paint_scale
from ui.graph.minimap import THICKNESS, Minimap
from ui.graph.morph import Morph
from ui.graph.painting import TEXT_FROM, Marks, paint_empty, paint_scene
from ui.graph.pictures import PICTURES_FROM, Pictures
from ui.graph.scene import Scene
from ui.graph.unfolding import Unfolding
from ui.theme import theme_of

MARGIN = 24.0
READABLE_SCALE = 0.72
"""The first view goes no lower: boxes show their type and shape."""
WALKING_SCALE = 1.0
"""How near Z goes to the selected node."""

OPENS_AT = 1.9
"""Zooming in on a closed group further than this opens it."""
CLOSES_BELOW, CLOSES_AT = 0.45, 0.4
"""Zooming out below this scale closes a frame under the pointer that takes up less than this share
of the canvas."""

_MORPH_MS = 220
_ZOOM_STEP = 1.25
_DRAG_FROM = 5
"""Pixels; a press that moves less is a click."""
_WALK = (0.12, 0.3)
"""Shares of the view that a walk keeps from its sides, and ahead: what comes next is seen."""


class GraphCanvas(QWidget):
    """Shows a network as parts that open and close; pans, zooms, and walks along its edges.

    Signals:
        node_selected: The user chose this node; of a closed group, its last.
        node_activated: The user wants to see into this node (double click, Enter).
        detail_changed: Other parts are open.
        pictures_wanted: Names of nodes whose thumbnails are in view, and not there yet.
        place_changed: Another box is selected, or it is in other groups.
    """

    node_selected = Signal(str)
    node_activated = Signal(str)
    detail_changed = Signal()
    pictures_wanted = Signal(object)
    place_changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._graph: LayerGraph | None = None
        self._costs: GraphCosts | None = None
        self._direction: Direction = "down"
        self._unfolding: Unfolding | None = None
        self._selected: str | None = None
        self._current: str | None = None
        self._computed: frozenset[str] = frozenset()
        self._column: Column | None = None
        self._run: Mapping[str, NodeRun] = {}
        self._fields: Mapping[str, Field] = {}
        self._tint: Tint | None = None
        self._legend = False
        self._lit: frozenset[str] | None = None
        self._pictures: Pictures | None = None
        self._asking = QTimer(self, singleShot=True, interval=60)
        self._asking.timeout.connect(self._ask_for_pictures)
        self._camera = Camera(self)
        self._camera.moved.connect(self._camera_moved)
        self._marks = Marks()
        self._morph: Morph | None = None
        self._morphing = QVariantAnimation(self, duration=_MORPH_MS, startValue=0.0, endValue=1.0)
        self._morphing.setEasingCurve(QEasingCurve.Type.OutCubic)
        self._morphing.valueChanged.connect(self.update)
        self._morphing.finished.connect(self._arrive)
        self._pressed: QPointF | None = None
        self._dragged = False
        self._minimap = Minimap()
        self._on_minimap = False
        self._at_home = True
        self.setMouseTracking(True)
        self.setAttribute(Qt.WidgetAttribute.WA_AcceptTouchEvents)
        self.grabGesture(Qt.GestureType.PinchGesture)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(160, 160)
        self.setAccessibleName("Layer graph")
        self.setAccessibleDescription(
            "Arrow keys walk along the edges, Home and End go to the first and the last node, "
            "Enter opens a group or looks into a layer, Backspace closes the group around."
        )

    # What it shows.

    def set_graph(
        self,
        graph: LayerGraph | None,
        costs: GraphCosts | None = None,
        opened: Collection[str] | None = None,
    ) -> None:
        """Show a graph from its first layer on; None shows how to open one.

        Args:
            graph: What to show.
            costs: Its costs; without them boxes and cards leave them out.
            opened: Keys of the parts that are open; what suits its size when None.
        """
        self._graph, self._costs = graph, costs
        self._camera.stop()
        self._settle()
        self._selected = self._current = None
        self._computed = frozenset()
        self._run, self._fields = {}, {}
        self._unfolding = (
            Unfolding(graph, costs, opened, self._direction, pictures=self._pictures is not None)
            if graph is not None and graph.nodes
            else None
        )
        self._scene_changed()
        self.home()
        self.detail_changed.emit()

    @property
    def direction(self) -> Direction:
        """Where the edges point: "down" or "right"."""
        return self._direction

    def set_direction(self, direction: Direction) -> None:
        """Turn the graph."""
        if direction == self._direction:
            return
        self._direction = direction
        if self._unfolding is not None:
            self._camera.stop()
            self._settle()
            self._unfolding.show(self._unfolding.opened, direction)
            self._scene_changed()
            self.home()

    def set_current(self, name: str | None) -> None:
        """Mark the node that is being computed; None when nothing is."""
        self._current = name
        self._marks.current = self._index(name)
        self.update()

    def set_computed(self, names: Collection[str]) -> None:
        """Mark the nodes whose activations are there; all others are drawn fainter.

        None computed means that no pass is under way, and nothing is faint.
        """
        self._computed = frozenset(names)
        self._mark_computed()
        self.update()

    def colour_by(
        self,
        column: Column | None,
        run: Mapping[str, NodeRun] | None = None,
        fields: Mapping[str, Field] | None = None,
    ) -> None:
        """Colour boxes by a number; by their kind when None.

        Args:
            column: Which number.
            run: What the last pass told of each node.
            fields: What each node sees of the input.
        """
        self._column, self._run, self._fields = column, run or {}, fields or {}
        self._colour()

    @property
    def tint(self) -> Tint | None:
        """The numbers that boxes are coloured by now."""
        return self._tint

    def show_legend(self, shown: bool) -> None:
        """Say what the colours mean at any zoom, not only where boxes carry no text."""
        self._legend = shown
        self.update()

    def show_pictures(self, shown: bool) -> None:
        """Make room for feature maps on the boxes, or take it away."""
        if shown == (self._pictures is not None):
            return
        self._pictures = Pictures() if shown else None
        if self._unfolding is not None:
            self._unfolding.pictures = shown
            self._reopen(self._unfolding.opened, again=True)
            self._asking.start()

    def set_pictures(self, codes: Mapping[str, NDArray[np.uint8]]) -> None:
        """Take the thumbnails that are there; none when another pass begins."""
        if self._pictures is not None:
            self._pictures.show(codes)
            self._asking.start()
            self.update()

    def _ask_for_pictures(self) -> None:
        scene, run = self.scene, self._pictures
        if scene is None or run is None or self.scale < PICTURES_FROM:
            return
        view = self._camera.view
        seen = [
            box.key
            for i, box in enumerate(scene.boxes)
            if box.pictured and view.intersects(self._rect(i))
        ]
        missing = run.missing(seen)
        if missing:
            self.pictures_wanted.emit(missing)

    def _camera_moved(self) -> None:
        if self._pictures is not None and not self._asking.isActive():
            self._asking.start()
        self.update()

    def light(self, names: Collection[str] | None) -> None:
        """Pick some nodes out, and draw all others fainter; None ends that."""
        self._lit = None if names is None else frozenset(names)
        self._mark_lit()
        self.update()

    def select(self, name: str | None, *, walking: bool = False) -> None:
        """Mark the selected node, or the closed group that it is in, and bring it into view.

        Args:
            name: The node, or None.
            walking: It is the next step of a walk. Who has moved on to look at something else is
                left there.
        """
        box = self._index(name)
        self._selected = name if box is not None else None
        before, self._marks.selected = self._marks.selected, box
        self.update()
        self.place_changed.emit()
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
        return self._selected

    @property
    def scene(self) -> Scene | None:
        """What is shown."""
        return self._unfolding.scene if self._unfolding is not None else None

    @property
    def selected_part(self) -> Part | None:
        """What is selected of what is seen: an operation, or a closed group."""
        scene, box = self.scene, self._marks.selected
        return scene.view.parts[box] if scene is not None and box is not None else None

    @property
    def way(self) -> tuple[Part, ...]:
        """From the network inwards to the selected part."""
        if self._unfolding is None:
            return ()
        outline, part = self._unfolding.outline, self.selected_part
        return (*outline.around(part), part) if part is not None else (outline.root,)

    @property
    def scale(self) -> float:
        """Screen pixels a unit of the picture."""
        return self._camera.scale

    @property
    def at_rest(self) -> bool:
        """False while the view is moving by itself."""
        return not self._camera.flying and self._morph is None

    def position_of(self, name: str) -> QPointF:
        """Centre of a node on the widget.

        Raises:
            KeyError: There is no such node.
        """
        if self.scene is None:
            raise KeyError(name)
        return self._camera.to_screen(self._rect(self.scene.index[name]).center())

    def _index(self, name: str | None) -> int | None:
        return self.scene.index.get(name) if self.scene is not None and name else None

    def _rect(self, box: int) -> QRectF:
        assert self.scene is not None
        return QRectF(*self.scene.layout.rects[box].tolist())

    def _scene_changed(self) -> None:
        """Find the marks again: boxes have other numbers now."""
        selected, current = self._index(self._selected), self._index(self._current)
        self._marks = Marks(selected=selected, current=current)
        self._mark_computed()
        self._mark_lit()
        scene = self.scene
        self._minimap.set_scene(scene)
        if scene is not None:
            self._camera.picture = QRectF(0, 0, scene.layout.width, scene.layout.height)
        self._colour()
        self.place_changed.emit()

    def _mark_computed(self) -> None:
        """A group is computed when its last operation is."""
        parts = self.scene.view.parts if self.scene is not None else ()
        self._marks.computed = frozenset(
            i for i, part in enumerate(parts) if part.nodes[-1] in self._computed
        )

    def _mark_lit(self) -> None:
        index = self.scene.index if self.scene is not None else {}
        self._marks.lit = None
        if self._lit is not None:
            self._marks.lit = frozenset(index[name] for name in self._lit if name in index)

    def _colour(self) -> None:
        self._tint = None
        if self._column is not None and self._graph is not None and self.scene is not None:
            facts = Facts(self._graph, self._costs, self._fields, self._run)
            self._tint = tint_of(self._column, facts, self.scene.view.parts)
        self.update()

    # Which parts are open.

    @property
    def opened(self) -> frozenset[str]:
        """Keys of the open parts."""
        return self._unfolding.opened if self._unfolding is not None else frozenset()

    @property
    def level(self) -> Level | None:
        """The detail that is shown; None where single parts differ from it."""
        return self._unfolding.level if self._unfolding is not None else None

    def shows(self, level: Level) -> bool:
        """Whether a level is what is shown; two may look the same."""
        return self._unfolding is not None and self._unfolding.shows(level)

    def set_level(self, level: Level) -> None:
        """Open everything above a level, and close the rest."""
        if self._unfolding is not None:
            self._reopen(self._unfolding.outline.open_at(level))

    def open_part(self, key: str, at: QPointF | None = None) -> None:
        """Open a closed group in its place.

        Args:
            key: Its key.
            at: Where on the screen it was asked for.
        """
        if self._unfolding is not None and self._unfolding.outline.by_key[key].parts:
            self._reopen(self._unfolding.opened | {key}, key, at)

    def close_part(self, key: str, at: QPointF | None = None) -> None:
        """Close a group, and what is open within; it comes to where it was asked for."""
        if self._unfolding is not None:
            self._reopen(self._unfolding.without(key), key, at)

    def close_around(self) -> None:
        """Close the innermost group around the selected part."""
        around = [part for part in self.way if part.key in self.opened]
        if self.selected_part is not None and around:
            self.close_part(around[-1].key)

    def reveal(self, name: str) -> None:
        """Open everything that a node is hidden in."""
        if self._unfolding is not None:
            self._reopen(self._unfolding.revealing(name))

    def _reopen(
        self,
        opened: frozenset[str],
        key: str | None = None,
        at: QPointF | None = None,
        *,
        again: bool = False,
    ) -> None:
        """Show other parts; what was clicked, or is looked at, stays where it is on screen."""
        unfolding = self._unfolding
        if unfolding is None or (opened == unfolding.opened and not again):
            return
        self._camera.stop()
        self._settle()
        before, view = unfolding.scene, self._camera.view
        if key is not None:
            part = unfolding.outline.by_key[key]
        else:
            box = self._marks.selected
            in_view = box is not None and view.intersects(self._rect(box))
            middle = view.center()
            part = unfolding.anchor(box if in_view else None, (middle.x(), middle.y()))
        held = self._camera.to_screen(_hold(before, part))
        unfolding.show(opened)
        after = unfolding.scene
        if at is not None and key not in opened:
            held = at
        self._scene_changed()
        origin = self._camera.origin
        self._camera.look(self.scale, _hold(after, part) - held / self.scale)
        shift = self._camera.origin - origin
        if self.isVisible():
            self._morph = Morph(before, after, (shift.x(), shift.y()))
            self._morphing.start()
        self._at_home = False
        self.detail_changed.emit()

    def _settle(self) -> None:
        """End the way from one scene to the next."""
        self._morphing.stop()
        self._arrive()

    def _arrive(self) -> None:
        self._morph = None
        self.update()

    # Where it looks.

    def home(self) -> None:
        """Look at the first layers, or at the selected one, large enough to read."""
        scene = self.scene
        if scene is None:
            self.update()
            return
        self._camera.home(self._free_area(), self._rect(0).center(), scene.along, READABLE_SCALE)
        if self._marks.selected is not None:
            self._reveal(self._marks.selected, *_WALK, fly=False)
        self._at_home = True

    def fit(self) -> None:
        """Look at everything."""
        if self.scene is not None:
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
        if self.scene is not None and self._marks.selected is not None:
            middle = self._rect(self._marks.selected).center()
            self._camera.centre(middle, max(self.scale, WALKING_SCALE), fly=self.isVisible())
            self._at_home = False

    def look_at(self, part: Part) -> None:
        """Look at one part as a whole."""
        if self.scene is not None:
            rect = self.scene.place_of(part)
            room = QRectF(self.rect()).adjusted(MARGIN, MARGIN, -MARGIN, -MARGIN)
            scale = min(room.width() / rect.width(), room.height() / rect.height(), 1.2)
            self._camera.centre(rect.center(), scale, fly=self.isVisible())
            self._at_home = False

    def _free_area(self) -> QRectF:
        """The canvas without its margins and the overview."""
        area = QRectF(self.rect()).adjusted(MARGIN, MARGIN, -MARGIN, -MARGIN)
        if not self._minimap.has_room(self.rect()):
            return area
        if self.scene is not None and self.scene.along:
            area.setRight(area.right() - THICKNESS)
        else:
            area.setBottom(area.bottom() - THICKNESS)
        return area

    def _zoom(self, factor: float, around: QPointF, *, fly: bool = False) -> None:
        """Zoom; far enough in, the group under the pointer opens, far enough out it closes."""
        scene = self.scene
        if scene is None:
            return
        self._camera.zoom(factor, around, fly=fly and self.isVisible())
        self._at_home = False
        if fly:
            return
        point = self._camera.to_picture(around)
        box, frame = scene.at(point.x(), point.y()), scene.frame_at(point.x(), point.y())
        if factor > 1 and self.scale > OPENS_AT and box is not None:
            part = scene.view.parts[box]
            if part.parts:
                # It gets larger by being opened: go on from a scale that shows what is inside.
                self._camera.zoom(1 / self.scale, around)
                self.open_part(part.key, around)
        elif factor < 1 and self.scale < CLOSES_BELOW and frame is not None:
            seen = scene.place_of(frame).size() * self.scale
            if seen.width() < self.width() * CLOSES_AT and (
                seen.height() < self.height() * CLOSES_AT
            ):
                self.close_part(frame.key, around)

    def _reveal(self, box: int, margin: float, ahead: float, *, fly: bool = True) -> None:
        assert self.scene is not None
        if self._camera.reveal(
            self._rect(box), margin, ahead, self.scene.along, fly=fly and self.isVisible()
        ):
            self._at_home = False

    # Events.

    def sizeHint(self) -> QSize:  # noqa: D102
        return QSize(460, 640)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: D102
        colors = theme_of(self.palette())
        painter = QPainter(self)
        painter.fillRect(self.rect(), colors.canvas)
        scene = self.scene
        if scene is None:
            paint_empty(painter, self.rect(), colors)
            return
        where = None
        if self._morph is not None:
            where = self._morph.at(self._morphing.currentValue())
        paint_scene(
            painter,
            scene,
            self._marks,
            self._camera,
            colors,
            self.font(),
            self._tint,
            where,
            self._pictures,
        )
        view = self._camera.view
        if self._tint is not None:
            paint_scale(painter, self._tint, self.rect(), colors)
        elif self.scale < TEXT_FROM or self._legend:
            paint_legend(painter, scene, self.rect(), colors)
        if self._minimap.useful(view, self.rect()):
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
            frame = self._frame_at(event.position())
            if box is not None:
                self._choose(box, 0.0, 0.0)
            elif frame is not None and self.scene is not None:
                self._choose(self.scene.index[frame.nodes[-1]], 0.0, 0.0, fly=False)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:  # noqa: D102
        box = self._box_at(event.position())
        frame = self._frame_at(event.position())
        if box is not None:
            self._activate(box, event.position())
        elif frame is not None:
            self.close_part(frame.key, event.position())

    def leaveEvent(self, event: QEvent) -> None:  # noqa: D102
        self._marks.hovered = None
        self.update()

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:  # noqa: D102
        event.ignore()

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: D102
        scene, box, key = self.scene, self._marks.selected, event.key()
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
            self._activate(box)
        elif key == Qt.Key.Key_Backspace:
            self.close_around()
        else:
            super().keyPressEvent(event)
            return
        if goal is not None:
            self._choose(goal, *_WALK)

    def _choose(self, box: int, margin: float, ahead: float, *, fly: bool = True) -> None:
        assert self.scene is not None
        self._selected = self.scene.boxes[box].key
        self._marks.selected = box
        if fly:
            self._reveal(box, margin, ahead)
        self.update()
        self.place_changed.emit()
        self.node_selected.emit(self._selected)

    def _activate(self, box: int, at: QPointF | None = None) -> None:
        """Open a closed group; ask to see into an operation."""
        assert self.scene is not None
        part = self.scene.view.parts[box]
        if part.parts:
            self.open_part(part.key, at)
        else:
            self.node_activated.emit(part.nodes[-1])

    def _pan(self, pixels: QPointF) -> None:
        self._camera.pan(pixels)
        self._at_home = False

    def _look_at(self, point: QPointF) -> None:
        self._camera.centre(point)
        self._at_home = False

    def _over_minimap(self, position: QPointF) -> bool:
        return self._minimap.useful(self._camera.view, self.rect()) and self._minimap.area(
            self.rect()
        ).contains(position)

    def _box_at(self, position: QPointF) -> int | None:
        if self.scene is None or self._over_minimap(position):
            return None
        point = self._camera.to_picture(position)
        return self.scene.at(point.x(), point.y())

    def _frame_at(self, position: QPointF) -> Part | None:
        if self.scene is None or self._over_minimap(position):
            return None
        point = self._camera.to_picture(position)
        return self.scene.frame_at(point.x(), point.y())

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
        if self._graph is None or self.scene is None or box is None:
            QToolTip.hideText()
            return
        rect = self._rect(box)
        on_screen = QRectF(
            self._camera.to_screen(rect.topLeft()), self._camera.to_screen(rect.bottomRight())
        )
        shown, colors = self.scene.boxes[box], theme_of(self.palette())
        if shown.part.parts:
            text = group_card(self._graph, self._costs, shown, colors)
        else:
            text = card(self._graph, self._costs, shown.key, colors)
        QToolTip.showText(event.globalPos(), text, self, on_screen.toRect())


def _hold(scene: Scene, part: Part) -> QPointF:
    """The point by which a part is held: the middle of its box, or of its frame's first strip."""
    rect = scene.place_of(part)
    if any(framed is part for framed in scene.layout.framed):
        return QPointF(rect.center().x(), rect.top() + HEADER / 2)
    return rect.center()
