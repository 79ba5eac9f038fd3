"""The preview of a figure: the same painting as the file, to point at and to write on."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QPoint, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QContextMenuEvent,
    QFocusEvent,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QLineEdit, QScrollArea, QWidget

from cnnviz.figures.scene import Figure
from ui.figures.areas import Area, label_at, part_at, parts_of, rect_of, words_of
from ui.scroll_bar import flat_bars
from ui.theme import GAP, WIDE, theme_of

_LEAST, _MOST, _STEP = 0.05, 16.0, 1.25
_CHECK = 8


class Preview(QScrollArea):
    """Shows a figure, and says what the user does with it.

    Signals:
        scale_changed: The figure is to be painted at another scale (`scale`).
        label_edited: A label, and the words that it is to say; "" for the usual ones.
        menu_wanted: The key of a part or None, the label there or None, and the place on the
            screen.
        part_toggled: The key of a part that is to stand out, or no longer.
        part_hidden: The key of a part that is to be left out.
    """

    scale_changed = Signal()
    label_edited = Signal(str, str)
    menu_wanted = Signal(object, object, QPoint)
    part_toggled = Signal(str)
    part_hidden = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        flat_bars(self)
        self.sheet = _Sheet(self)
        self.setWidget(self.sheet)
        self.sheet.setAutoFillBackground(False)  # which a scroll area turns on
        self.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.setFrameShape(QScrollArea.Shape.NoFrame)
        self.setFocusProxy(self.sheet)
        self._zoom: float | None = None

    @property
    def fits(self) -> bool:
        """Whether the whole figure is shown, whatever the room."""
        return self._zoom is None

    def scaler(self) -> Callable[[float, float], float]:
        """Gives the pixels a point at which a figure of a width and height is shown now."""
        zoom = self._zoom
        room = self.viewport().size() - QSize(2 * WIDE, 2 * WIDE)

        def scale(width: float, height: float) -> float:
            if zoom is not None:
                return zoom
            fit = min(room.width() / width, room.height() / height)
            return max(_LEAST, min(fit, _MOST))

        return scale

    def show_figure(self, figure: Figure, image: QImage, areas: Sequence[Area]) -> None:
        """Show a figure, which was painted into an image."""
        self.sheet.show_figure(figure, image, areas)
        self._resize()

    def fit(self) -> None:
        """Show the whole figure."""
        self._zoom = None
        self._resize()
        self.scale_changed.emit()

    def zoom(self, factor: float) -> None:
        """Bring the figure nearer, or take it away."""
        figure = self.sheet.figure
        if figure is None:
            return
        now = self.scaler()(figure.width, figure.height)
        self._zoom = max(_LEAST, min(now * factor, _MOST))
        self._resize()
        self.scale_changed.emit()

    def zoom_in(self) -> None:
        """Bring the figure nearer."""
        self.zoom(_STEP)

    def zoom_out(self) -> None:
        """Take the figure away."""
        self.zoom(1 / _STEP)

    def _resize(self) -> None:
        figure = self.sheet.figure
        if figure is not None:
            scale = self.scaler()(figure.width, figure.height)
            size = QSize(round(figure.width * scale), round(figure.height * scale))
            self.sheet.resize(size + QSize(2 * GAP, 2 * GAP))
            self.sheet.update()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep the whole figure in view."""
        super().resizeEvent(event)
        if self.fits:
            self._resize()
            self.scale_changed.emit()

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Zoom with Ctrl, else scroll."""
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self.zoom(_STEP ** (event.angleDelta().y() / 120))
            event.accept()
        else:
            super().wheelEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        """The ground around the sheet."""
        painter = QPainter(self.viewport())
        painter.fillRect(event.rect(), theme_of(self.palette()).canvas)


class _Sheet(QWidget):
    """The sheet itself."""

    def __init__(self, preview: Preview) -> None:
        super().__init__()
        self._preview = preview
        self.figure: Figure | None = None
        self.areas: Sequence[Area] = ()
        self.current: str | None = None
        self._image = QImage()
        self._label: str | None = None
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setAccessibleName("Figure")
        self.setAccessibleDescription(
            "Arrow keys go from part to part, Enter edits its label, H hides it, Space highlights "
            "it, the menu key offers more"
        )
        self.editor = _Editor(self)
        self.editor.setAccessibleName("Words of the label")
        self.editor.hide()
        self.editor.editingFinished.connect(self._edited)
        self.editor.given_up.connect(self._given_up)

    def show_figure(self, figure: Figure, image: QImage, areas: Sequence[Area]) -> None:
        self.figure, self._image, self.areas = figure, image, areas
        if self.current not in parts_of(areas):
            self.current = None
        self.update()

    @property
    def _frame(self) -> QRectF:
        """Where the page lies."""
        return QRectF(self.rect()).adjusted(GAP, GAP, -GAP, -GAP)

    def _scale(self) -> float:
        return self._frame.width() / self.figure.width if self.figure is not None else 1.0

    def _on_page(self, point: QPointF) -> QPointF:
        return (point - self._frame.topLeft()) / self._scale()

    def _on_screen(self, rect: QRectF) -> QRectF:
        scale, corner = self._scale(), self._frame.topLeft()
        place = rect.topLeft() * scale + corner
        return QRectF(place.x(), place.y(), rect.width() * scale, rect.height() * scale)

    def paintEvent(self, event: QPaintEvent) -> None:
        if self.figure is None:
            return
        painter = QPainter(self)
        colours, frame = theme_of(self.palette()), self._frame
        painter.fillRect(frame.translated(2, 3), QColor(0, 0, 0, 60))
        if self.figure.paper is None:
            _paint_checks(painter, frame)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.drawImage(frame, self._image)
        if self.current is not None and self.hasFocus():
            painter.setPen(QPen(colours.accent, 2))
            painter.drawRect(
                self._on_screen(rect_of(self.areas, self.current)).adjusted(-3, -3, 3, 3)
            )

    # By mouse.

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        point = self._on_page(event.position())
        label, part = label_at(self.areas, point), part_at(self.areas, point)
        self.setCursor(Qt.CursorShape.IBeamCursor if label else Qt.CursorShape.ArrowCursor)
        self.setToolTip(
            "Double click to change these words"
            if label
            else "Right click for more"
            if part
            else ""
        )

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self.current = part_at(self.areas, self._on_page(event.position()))
        self.update()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        area = label_at(self.areas, self._on_page(event.position()))
        if area is not None and area.label is not None:
            self.edit(area.label)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        if event.reason() == QContextMenuEvent.Reason.Keyboard:
            self._offer(self.mapToGlobal(self._middle()))
            return
        point = self._on_page(QPointF(event.pos()))
        self.current = part_at(self.areas, point)
        self.update()
        area = label_at(self.areas, point)
        label = area.label if area is not None else self._own_label()
        self._preview.menu_wanted.emit(self.current, label, event.globalPos())

    # By keyboard.

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key, parts = event.key(), parts_of(self.areas)
        forward = key in (Qt.Key.Key_Right, Qt.Key.Key_Down)
        if (forward or key in (Qt.Key.Key_Left, Qt.Key.Key_Up)) and parts:
            start = -1 if forward else 0
            place = parts.index(self.current) if self.current in parts else start
            self.current = parts[(place + (1 if forward else -1)) % len(parts)]
            middle = self._middle()
            self._preview.ensureVisible(middle.x(), middle.y())
            self.update()
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_F2) and self._own_label():
            self.edit(self._own_label() or "")
        elif key == Qt.Key.Key_H and self.current is not None:
            self._preview.part_hidden.emit(self.current)
        elif key == Qt.Key.Key_Space and self.current is not None:
            self._preview.part_toggled.emit(self.current)
        else:
            super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.update()

    def _middle(self) -> QPoint:
        rect = QRectF() if self.current is None else rect_of(self.areas, self.current)
        return self._on_screen(rect).center().toPoint()

    def _own_label(self) -> str | None:
        """The first label of the current part."""
        labels = (a.label for a in self.areas if a.part == self.current and a.label is not None)
        return next(labels, None) if self.current is not None else None

    def _offer(self, place: QPoint) -> None:
        self._preview.menu_wanted.emit(self.current, self._own_label(), place)

    # Words.

    def edit(self, label: str) -> None:
        """Let the user change what a label says."""
        rect = QRectF()
        for area in self.areas:
            if area.label == label:
                rect = rect.united(area.rect)
        place = self._on_screen(rect).toRect().adjusted(-4, -3, 4, 3)
        place.setWidth(max(place.width(), 180))
        place.setHeight(self.editor.sizeHint().height())
        place.moveLeft(max(0, min(place.left(), self.width() - place.width())))
        self._label = label
        self.editor.setText(words_of(self.areas, label))
        self.editor.setGeometry(place)
        self.editor.show()
        if self.editor.fontMetrics().horizontalAdvance(self.editor.text()) < place.width():
            self.editor.selectAll()
        else:
            self.editor.setCursorPosition(0)
        self.editor.setFocus()

    def _edited(self) -> None:
        label, self._label = self._label, None
        self.editor.hide()
        if label is not None:
            self.setFocus()
            if self.editor.text() != words_of(self.areas, label):
                self._preview.label_edited.emit(label, self.editor.text().strip())

    def _given_up(self) -> None:
        self._label = None
        self.setFocus()
        self.editor.hide()


class _Editor(QLineEdit):
    """A line over the figure.

    Signals:
        given_up: The user pressed Escape.
    """

    given_up = Signal()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Return and Escape end the editing, and not the dialog around it."""
        if event.key() == Qt.Key.Key_Escape:
            self.given_up.emit()
            return
        super().keyPressEvent(event)
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            event.accept()


def _paint_checks(painter: QPainter, frame: QRectF) -> None:
    """What stands for nothing behind a transparent figure."""
    painter.fillRect(frame, QColor("#ffffff"))
    painter.save()
    painter.setClipRect(frame)
    brush = QColor("#d8dce0")
    for row in range(int(frame.height()) // _CHECK + 1):
        for column in range(row % 2, int(frame.width()) // _CHECK + 1, 2):
            x, y = frame.left() + column * _CHECK, frame.top() + row * _CHECK
            painter.fillRect(QRectF(x, y, _CHECK, _CHECK), brush)
    painter.restore()
