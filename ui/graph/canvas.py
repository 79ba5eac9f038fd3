"""The graph: one widget that paints what is in view, in batches, at any zoom."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, QSizeF, Qt, QVariantAnimation, Signal
from PySide6.QtGui import (
    QContextMenuEvent,
    QHelpEvent,
    QKeyEvent,
    QMouseEvent,
    QNativeGestureEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from cnnviz.graph import LayerGraph
from cnnviz.nesting import HEADER
from cnnviz.outline import Level, Part
from cnnviz.receptive_field import Field
from cnnviz.requests import NodeRun
from ui.graph.camera import Camera
from ui.graph.columns import Column, Facts, Tint, tint_of
from ui.graph.minimap import Minimap
from ui.graph.morph import Morph
from ui.graph.painting import Look, Marks, Placement, paint_empty, paint_scene
from ui.graph.scene import Scene, Stage
from ui.theme import theme_of

MARGIN = 24.0
READABLE_SCALE = 0.72
"""The smallest scale at which a box still shows its name: the first view goes no lower."""
OPENS_AT = 1.9
"""Zooming in on a closed group further than this opens it."""
CLOSES_AT = 0.4
"""Zooming out closes a frame that is smaller than this share of the canvas..."""
CLOSES_BELOW = 0.45
"""... once its boxes cannot be read: below this scale."""

_ZOOM_STEP = 1.25
_MORPH_MS = 220


class GraphCanvas(QWidget):
    """Shows a network as parts that open and close; pans, zooms, and walks along its edges.

    Signals:
        node_selected: The user chose this operation (of a closed group, its last).
        node_activated: The user wants to see into this operation (double click, Enter).
        detail_changed: Other parts are open.
        place_changed: Another box is selected, or lies elsewhere.
    """

    node_selected = Signal(str)
    node_activated = Signal(str)
    detail_changed = Signal()
    place_changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._stage: Stage | None = None
        self._scene: Scene | None = None
        self._opened: frozenset[str] = frozenset()
        self._sideways = False
        self._selected: str | None = None
        self._computed: frozenset[str] = frozenset()
        self._current: str | None = None
        self._column: Column | None = None
        self._facts: Facts | None = None
        self._tint: Tint | None = None
        self._marks = Marks()
        self._pressed: QPointF | None = None
        self._dragged = False
        self._minimap = Minimap()
        self._on_minimap = False
        self._at_home = True
        self._camera = Camera(self)
        self._camera.moved.connect(self.update)
        self._morph: Morph | None = None
        self._morphing = QVariantAnimation(self, duration=_MORPH_MS, startValue=0.0, endValue=1.0)
        self._morphing.valueChanged.connect(self.update)
        self._morphing.finished.connect(self._arrive)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(160, 160)
        self.setAccessibleName("Layer graph")
        self.setAccessibleDescription(
            "Arrow keys walk along the edges; Enter opens a group or the layer's maps; Backspace "
            "closes the group around."
        )

    # What it shows.

    def set_graph(self, graph: LayerGraph | None, opened: Collection[str] | None = None) -> None:
        """Show a network from its first layer on; None shows how to open one.

        Args:
            graph: The network.
            opened: Keys of the parts that are open; what suits the network's size when None.
        """
        self._camera.rest()
        self._morphing.stop()
        self._arrive()
        self._stage = Stage(graph) if graph is not None else None
        self._selected = self._current = None
        self._computed = frozenset()
        self._facts = None
        self._scene = None
        if self._stage is not None:
            outline = self._stage.outline
            if opened is None or outline.root.key not in opened:
                self._opened = outline.open_at(outline.default_level())
            else:
                self._opened = frozenset(key for key in opened if key in outline.by_key)
            self._scene = self._stage.scene(self._opened, sideways=self._sideways)
        self._scene_changed()
        self.home()
        self.detail_changed.emit()

    def set_current(self, name: str | None) -> None:
        """Mark the node being computed, and follow it; None when nothing is."""
        self._current = name
        self._marks.current = self._index(name)
        if self._marks.current is not None:
            self._show(self._marks.current)
        self.update()

    def set_computed(self, names: Collection[str]) -> None:
        """Mark the nodes whose activations are there; all others are drawn fainter.

        None computed means that no pass is under way, and nothing is faint.
        """
        self._computed = frozenset(names)
        self._mark_computed()
        self.update()

    def set_facts(self, run: Mapping[str, NodeRun], fields: Mapping[str, Field]) -> None:
        """Give the numbers that boxes can be coloured by, besides the costs."""
        if self._stage is not None:
            self._facts = Facts(self._stage.graph, self._stage.costs, fields, run)
            self._colour()

    def colour_by(self, column: Column | None) -> None:
        """Colour boxes by a number; by their kind when None."""
        self._column = column
        self._colour()

    @property
    def tint(self) -> Tint | None:
        """The numbers that boxes are coloured by now."""
        return self._tint

    @property
    def scene(self) -> Scene | None:
        """What is shown."""
        return self._scene

    def light(self, names: Collection[str] | None) -> None:
        """Pick some operations out, and draw all others fainter; None ends that."""
        index = self._scene.view.index if self._scene is not None else {}
        self._marks.lit = None if names is None else frozenset(index[name] for name in names)
        self.update()

    def select(self, name: str | None) -> None:
        """Mark the selected node, or the closed group that it is in, and bring it into view."""
        if name == self._selected and self._marks.selected == self._index(name):
            return
        self._selected = name if self._index(name) is not None else None
        self._marks.selected = self._index(self._selected)
        if self._marks.selected is not None:
            self._show(self._marks.selected)
        self.place_changed.emit()
        self.update()

    @property
    def selected(self) -> str | None:
        """Name of the selected node."""
        return self._selected

    @property
    def selected_part(self) -> Part | None:
        """The visible part that is selected: an operation, or a closed group."""
        if self._scene is None or self._marks.selected is None:
            return None
        return self._scene.view.parts[self._marks.selected]

    @property
    def around_selected(self) -> tuple[Part, ...]:
        """Everything that the selected part is in, from the network inwards."""
        part = self.selected_part
        if self._stage is None:
            return ()
        return self._stage.outline.around(part) if part is not None else (self._stage.outline.root,)

    @property
    def scale(self) -> float:
        """Screen pixels a unit of the picture."""
        return self._camera.scale

    def position_of(self, name: str) -> QPointF:
        """Centre of a node on the widget; of the closed group that it is in.

        Raises:
            KeyError: There is no such node.
        """
        if self._scene is None:
            raise KeyError(name)
        return self._camera.to_screen(self._rect(self._scene.view.index[name]).center())

    def _index(self, name: str | None) -> int | None:
        return self._scene.view.index.get(name) if self._scene is not None and name else None

    def _rect(self, box: int) -> QRectF:
        assert self._scene is not None
        return QRectF(*self._scene.layout.rects[box].tolist())

    def _scene_changed(self) -> None:
        """Find the marks again: boxes have other numbers now."""
        self._marks = Marks(
            selected=self._index(self._selected), current=self._index(self._current)
        )
        self._minimap.set_scene(self._scene)
        self._mark_computed()
        self._colour()
        self.place_changed.emit()

    def _mark_computed(self) -> None:
        scene = self._scene
        self._marks.computed = None
        if scene is not None and self._computed:
            self._marks.computed = frozenset(
                i for i, part in enumerate(scene.view.parts) if part.nodes[-1] in self._computed
            )

    def _colour(self) -> None:
        column, scene, stage = self._column, self._scene, self._stage
        self._tint = None
        if column is not None and scene is not None and stage is not None:
            facts = self._facts or Facts(stage.graph, stage.costs, {}, {})
            self._tint = tint_of(column, facts, scene.view.parts)
        self.update()

    # Which parts are open.

    @property
    def opened(self) -> frozenset[str]:
        """Keys of the open parts."""
        return self._opened

    @property
    def level(self) -> Level | None:
        """The detail that is shown; None where single parts differ from it."""
        return self._stage.outline.level_of(self._opened) if self._stage is not None else None

    @property
    def sideways(self) -> bool:
        """Whether the network runs from left to right."""
        return self._sideways

    def set_level(self, level: Level) -> None:
        """Open everything above a level, and close the rest."""
        if self._stage is not None:
            self._reopen(self._stage.outline.open_at(level))

    def set_sideways(self, sideways: bool) -> None:
        """Let the network run from left to right, or from the top down."""
        if sideways != self._sideways:
            self._sideways = sideways
            self._reopen(self._opened, again=True)

    def expand_all(self) -> None:
        """Open every part."""
        self.set_level(Level.OPERATION)

    def collapse_all(self) -> None:
        """Close every stage."""
        self.set_level(Level.STAGE)

    def open_part(self, key: str, at: QPointF | None = None) -> None:
        """Open a closed group in its place."""
        if self._stage is not None and self._stage.outline.by_key[key].parts:
            self._reopen(self._opened | {key}, key, at)

    def close_part(self, key: str, at: QPointF | None = None) -> None:
        """Close a group, and what is open within."""
        if self._stage is None:
            return
        part = self._stage.outline.by_key[key]
        self._reopen(self._opened - {inner.key for inner in part.walk()}, key, at)

    def close_around(self) -> None:
        """Close the innermost group around the selected part."""
        around = [part for part in self.around_selected if part.key in self._opened]
        if self.selected_part is not None and around:
            self.close_part(around[-1].key)

    def reveal(self, name: str) -> None:
        """Open everything that a node is hidden in."""
        if self._stage is not None:
            operation = self._stage.outline.by_key[f"operation/{name}"]
            around = {part.key for part in self._stage.outline.around(operation)}
            self._reopen(self._opened | around)

    def _reopen(
        self,
        opened: frozenset[str],
        key: str | None = None,
        at: QPointF | None = None,
        *,
        again: bool = False,
    ) -> None:
        """Show other parts; what was clicked, or looked at, stays where it is on screen."""
        if self._stage is None or self._scene is None or (opened == self._opened and not again):
            return
        before, old_origin = self._scene, self._camera.goal
        self._morphing.stop()
        self._camera.rest()
        anchor = self._anchor(before, key)
        self._opened = opened
        self._scene = self._stage.scene(opened, sideways=self._sideways)
        after = self._scene
        old, new = self._place_of(before, anchor), self._place_of(after, anchor)
        was = (self._hold(before, anchor, old) - old_origin) * self._camera.scale
        if key is not None and key not in opened and at is not None:
            was = at  # what closes comes to the pointer
        origin = self._hold(after, anchor, new) - was / self._camera.scale
        self._camera.look(origin)
        shift = origin - old_origin
        if self.isVisible():
            self._morph = Morph(before, after, (shift.x(), shift.y()))
            self._morphing.start()
        self._at_home = False
        self._scene_changed()
        self.detail_changed.emit()

    def _anchor(self, scene: Scene, key: str | None) -> Part:
        """What stays in place: the part in question, the selected one, or the one in the middle."""
        assert self._stage is not None
        if key is not None:
            return self._stage.outline.by_key[key]
        view = self._camera.view(QSizeF(self.size()))
        selected = self._marks.selected
        if selected is not None and view.intersects(self._rect(selected)):
            return scene.view.parts[selected]
        middle = view.center()
        rects = scene.layout.rects
        distance = abs(rects[:, 0] + rects[:, 2] / 2 - middle.x()) + abs(
            rects[:, 1] + rects[:, 3] / 2 - middle.y()
        )
        return scene.view.parts[int(distance.argmin())]

    def _place_of(self, scene: Scene, part: Part) -> QRectF:
        """Where a part is in a scene: its box, its frame, or the closed group that it is in."""
        for i, framed in enumerate(scene.layout.framed):
            if framed is part:
                return QRectF(*scene.layout.frames[i].tolist())
        index = scene.view.index
        inside = {index[name] for name in part.nodes}
        if len(inside) > 1:  # the whole network has no frame
            inside = {index[part.nodes[-1]]}
        return QRectF(*scene.layout.rects[inside.pop()].tolist())

    def _hold(self, scene: Scene, part: Part, rect: QRectF) -> QPointF:
        """The point of a part by which it is held: the middle of its box, or of its name strip."""
        if any(framed is part for framed in scene.layout.framed):
            return QPointF(rect.center().x(), rect.top() + HEADER / 2)
        return rect.center()

    def _arrive(self) -> None:
        self._morph = None
        self.update()

    # Where it looks.

    def home(self) -> None:
        """Look at the first layers, at a scale at which names can be read."""
        if self._scene is None:
            self.update()
            return
        layout = self._scene.layout
        first = self._rect(0)
        if self._sideways:
            across = (self.height() - 2 * MARGIN) / max(layout.height, 1)
            scale = min(max(across, READABLE_SCALE), 1.0)
            middle = layout.height / 2 if across >= READABLE_SCALE else first.center().y()
            origin = QPointF(-MARGIN / scale, middle - self.height() / 2 / scale)
        else:
            room = self.width() - self._minimap.WIDTH
            across = (room - 2 * MARGIN) / max(layout.width, 1)
            scale = min(max(across, READABLE_SCALE), 1.0)
            middle = layout.width / 2 if across >= READABLE_SCALE else first.center().x()
            origin = QPointF(middle - room / 2 / scale, -MARGIN / scale)
        self._camera.look(origin, scale)
        if self._marks.selected is not None:
            self._show(self._marks.selected, animate=False)
        self._at_home = True
        self.update()

    def fit(self) -> None:
        """Look at everything."""
        if self._scene is not None:
            layout = self._scene.layout
            self._frame(QRectF(0, 0, layout.width, layout.height), largest=1.0)

    def zoom_in(self) -> None:
        """Magnify, around the middle."""
        self._zoom(_ZOOM_STEP, QPointF(self.rect().center()))

    def zoom_out(self) -> None:
        """Shrink, around the middle."""
        self._zoom(1 / _ZOOM_STEP, QPointF(self.rect().center()))

    def zoom_to(self, part: Part) -> None:
        """Look at one part, as large as it can be read."""
        if self._scene is not None:
            self._frame(self._place_of(self._scene, part), largest=1.2)

    def zoom_to_selection(self) -> None:
        """Look at the selected node and its neighbours."""
        if self._scene is not None and self._marks.selected is not None:
            self._camera.look(self._camera.origin, 1.0)
            self._show(self._marks.selected, centre=True)

    def _frame(self, rect: QRectF, largest: float) -> None:
        room_x, room_y = self.width() - 2 * MARGIN, self.height() - 2 * MARGIN
        scale = min(room_x / max(rect.width(), 1), room_y / max(rect.height(), 1), largest)
        half = QPointF(self.width(), self.height()) / 2
        self._camera.look(rect.center() - half / max(scale, 0.01), scale)
        self._at_home = False
        self.update()

    def _zoom(self, factor: float, around: QPointF) -> None:
        """Zoom; far enough in, the group under the pointer opens, far enough out it closes."""
        if self._scene is None:
            return
        self._camera.zoom(factor, around)
        self._at_home = False
        point = self._camera.to_scene(around)
        box = self._scene.at(point.x(), point.y())
        frame = self._scene.frame_at(point.x(), point.y())
        if factor > 1 and self.scale > OPENS_AT and box is not None:
            part = self._scene.view.parts[box]
            if part.parts:
                # Its members are as large as it was: go on from a scale that shows them.
                self._camera.zoom(1 / OPENS_AT, around)
                self.open_part(part.key, around)
        elif factor < 1 and self.scale < CLOSES_BELOW and frame is not None:
            _, _, width, height = self._scene.layout.frames[frame] * self.scale
            if width < self.width() * CLOSES_AT and height < self.height() * CLOSES_AT:
                self.close_part(self._scene.layout.framed[frame].key, around)

    def _show(self, box: int, *, animate: bool = True, centre: bool = False) -> None:
        """Bring a box into view, with some of what follows; not if it is well in view already."""
        view = self._view()
        inner = view.adjusted(
            view.width() * 0.1, view.height() * 0.15, -view.width() * 0.1, -view.height() * 0.3
        )
        rect = self._rect(box)
        wanted = self._camera.goal
        if not centre and inner.translated(wanted - self._camera.origin).contains(rect.center()):
            return
        target = QPointF(wanted)
        if centre or not inner.left() <= rect.center().x() <= inner.right():
            target.setX(rect.center().x() - view.width() / 2)
        target.setY(rect.center().y() - view.height() * (0.5 if centre else 0.4))
        self._at_home = False
        self._camera.look(target, smoothly=animate and self.isVisible())

    def _view(self) -> QRectF:
        return self._camera.view(QSizeF(self.size()))

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
        layout = self._scene.layout
        where = Placement(layout.rects, layout.frames)
        if self._morph is not None:
            where = self._morph.at(_eased(self._morphing.currentValue()))
        paint_scene(
            painter,
            Look(
                scene=self._scene,
                marks=self._marks,
                where=where,
                to_screen=self._camera.transform,
                view=self._view(),
                colors=colors,
                font=self.font(),
                tint=self._tint,
            ),
        )
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
        self._camera.rest()
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
        point = self._camera.to_scene(event.position())
        box = self._scene.at(point.x(), point.y())
        if box is not None:
            self._choose(box)
        elif (frame := self._frame_at(point)) is not None:
            self._choose(self._scene.view.index[frame.nodes[-1]])

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:  # noqa: D102
        if self._scene is None:
            return
        point = self._camera.to_scene(event.position())
        box = self._scene.at(point.x(), point.y())
        if box is not None:
            self._activate(box, event.position())
        elif (frame := self._frame_at(point)) is not None:
            self.close_part(frame.key, event.position())

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
        onward, back = Qt.Key.Key_Down, Qt.Key.Key_Up
        right, left = Qt.Key.Key_Right, Qt.Key.Key_Left
        if self._sideways:
            onward, back, right, left = right, left, onward, back
        if key in (onward, back):
            down = key == onward
            near = [0] if box is None else scene.neighbours(box, down=down)
            goal = near[0] if near else None
        elif key in (left, right):
            goal = 0 if box is None else scene.beside(box, right=key == right)
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and box is not None:
            self._activate(box)
        elif key == Qt.Key.Key_Backspace:
            self.close_around()
        else:
            super().keyPressEvent(event)
            return
        if goal is not None:
            self._choose(goal)

    def _choose(self, box: int) -> None:
        assert self._scene is not None
        name = self._scene.boxes[box].node
        self._selected = None
        self.select(name)
        self.node_selected.emit(name)

    def _activate(self, box: int, at: QPointF | None = None) -> None:
        """Open a closed group; ask for the maps of an operation."""
        assert self._scene is not None
        part = self._scene.view.parts[box]
        if part.parts:
            self.open_part(part.key, at)
        else:
            self.node_activated.emit(part.nodes[-1])

    def _frame_at(self, point: QPointF) -> Part | None:
        """The frame that is under a point of the scene."""
        assert self._scene is not None
        frame = self._scene.frame_at(point.x(), point.y())
        return self._scene.layout.framed[frame] if frame is not None else None

    def _pan(self, pixels: QPointF) -> None:
        self._at_home = False
        self._camera.look(self._camera.origin - pixels / self.scale)

    def _look_at(self, point: QPointF) -> None:
        self._at_home = False
        view = self._view()
        self._camera.look(point - QPointF(view.width(), view.height()) / 2)

    def _hover(self, position: QPointF) -> None:
        if self._scene is None:
            return
        point = self._camera.to_scene(position)
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


def _eased(share: float) -> float:
    """Fast at first, then slow."""
    return 1 - (1 - share) ** 3
