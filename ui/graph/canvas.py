"""The graph on screen: clicks, drags, keys, wheel and fingers."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPoint, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import (
    QContextMenuEvent,
    QHelpEvent,
    QInputDevice,
    QKeyEvent,
    QKeySequence,
    QMouseEvent,
    QNativeGestureEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QGestureEvent, QPinchGesture, QSizePolicy, QToolTip, QWidget

from cnnviz.nesting import HEADER, has_header
from cnnviz.outline import Part
from ui.graph.card import card, group_card
from ui.graph.picture import GraphPicture
from ui.graph.viewport import WALK
from ui.graph.whereabouts import cell_text
from ui.theme import theme_of

_AIMED_FROM = 3.0
"""Pixels of a cell that a click can mean."""
_EDGE_REACH = 6.0
"""Pixels beside an edge that still mean it."""
_DRAG_FROM = 5
"""Pixels; a press that moves less is a click."""


class GraphCanvas(GraphPicture):
    """Shows a network as parts that open and close; pans, zooms, and walks along its edges.

    Signals:
        node_selected: The user chose this node; of a closed group, its last.
        node_activated: The user wants to see into this node (double click, Enter).
        cell_chosen: The user chose a cell of a node: channel, row and column; what was too small to
            be aimed at is -1.
        path_wanted: The user asks for the ways between the selected node and this one.
        copy_wanted: The user wants the facts of the selected node as text.
        menu_wanted: The user asks what can be done with the selected node; where on the screen.
    """

    node_selected = Signal(str)
    node_activated = Signal(str)
    cell_chosen = Signal(str, int, int, int)
    path_wanted = Signal(str)
    menu_wanted = Signal(QPoint)
    copy_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._pressed: QPointF | None = None
        self._dragged = False
        self._on_minimap = False
        self.setMouseTracking(True)
        self.setAttribute(Qt.WidgetAttribute.WA_AcceptTouchEvents)
        self.grabGesture(Qt.GestureType.PinchGesture)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(160, 160)
        self.setAccessibleName("Layer graph")
        self.setAccessibleDescription(
            "Arrow keys walk along the edges, Home and End go to the first and the last node, "
            "Enter opens a group or looks into a layer, Backspace closes the group around. "
            "A click with Shift shows the ways between two nodes."
        )

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
            shift = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
            if shift and box is not None and self._marks.selected is not None:
                if self.scene is not None:
                    self.path_wanted.emit(self.scene.boxes[box].key)
            elif self._choose_cell(event.position()):
                pass
            elif box is not None:
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
        self._marks.hovered = self._marks.pointed = None
        self.update()

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:  # noqa: D102
        box = self._marks.selected
        if event.reason() == QContextMenuEvent.Reason.Mouse:
            box = self._box_at(QPointF(event.pos()))
        if box is None or self.scene is None:
            event.ignore()
            return
        where = event.globalPos()
        if event.reason() != QContextMenuEvent.Reason.Mouse:
            where = self.mapToGlobal(self._camera.to_screen(self._rect(box).center()).toPoint())
        if box != self._marks.selected:
            self._choose(box, 0.0, 0.0, fly=False)
        self.menu_wanted.emit(where)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: D102
        scene, box, key = self.scene, self._marks.selected, event.key()
        plain = not event.modifiers() & ~(
            Qt.KeyboardModifier.KeypadModifier | Qt.KeyboardModifier.ShiftModifier
        )
        if event.matches(QKeySequence.StandardKey.Copy) and box is not None:
            self.copy_wanted.emit()
            return
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
            self._choose(goal, *WALK)

    def _choose(self, box: int, margin: float, ahead: float, *, fly: bool = True) -> None:
        assert self.scene is not None
        self._selected = self.scene.boxes[box].key
        self._marks.selected = box
        if fly:
            self._reveal(box, margin, ahead)
        self.update()
        self.place_changed.emit()
        self.node_selected.emit(self._selected)

    def _choose_cell(self, position: QPointF) -> bool:
        """Choose the cell of a sheet, if there is one under a point of the screen."""
        found = self._feed.sheet_at(position)
        cell = found[1].at(self._camera.to_picture(position)) if found is not None else None
        if self.scene is None or found is None or cell is None:
            return False
        box, sheet = found
        self._selected = self.scene.boxes[box].key
        self._marks.selected = box
        self.place_changed.emit()
        aimed = sheet.cell * self.scale >= _AIMED_FROM
        row, column = (cell.row, cell.column) if aimed else (-1, -1)
        self.cell_chosen.emit(self._selected, cell.channel, row, column)
        return True

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

    def _edge_at(self, position: QPointF) -> int | None:
        if self.scene is None or self._over_minimap(position):
            return None
        point = self._camera.to_picture(position)
        frame = self.scene.frame_at(point.x(), point.y())
        if frame is not None and has_header(frame):
            strip = self.scene.place_of(frame).top() + HEADER
            if point.y() < strip:  # edges pass behind it
                return None
        return self.scene.edge_at(point.x(), point.y(), _EDGE_REACH / self.scale)

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
        edge = self._edge_at(position) if box is None else None
        pointed = (edge, position) if edge is not None else None
        if box != self._marks.hovered or pointed != self._marks.pointed:
            self._marks.hovered, self._marks.pointed = box, pointed
            self.update()

    def _tell(self, event: QHelpEvent) -> None:
        box = self._box_at(QPointF(event.pos()))
        if self._graph is None or self.scene is None or box is None:
            QToolTip.hideText()
            return
        if self._tell_cell(event):
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

    def _tell_cell(self, event: QHelpEvent) -> bool:
        """Read out the cell of a sheet that is under the pointer, where cells can be told apart."""
        position = QPointF(event.pos())
        found = self._feed.sheet_at(position)
        cell = found[1].at(self._camera.to_picture(position)) if found is not None else None
        if found is None or cell is None or self.scene is None:
            return False
        box, sheet = found
        name = self.scene.boxes[box].key
        text = cell_text(sheet.layout, cell, self._feed.pictures.values.value(name, cell))
        part = sheet.layout.cell(cell)
        rect = self._camera.rect_on_screen(sheet.part(part.x, part.y, part.width, part.height))
        area = rect.toAlignedRect().adjusted(-1, -1, 1, 1)
        QToolTip.showText(event.globalPos(), f"{name}: {text}", self, area)
        return True
