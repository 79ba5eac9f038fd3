"""The widget that shows a moment of a show, and says which cell was clicked."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPointF, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from ui.theatre.grids import Cache
from ui.theatre.layout import Stage
from ui.theatre.scenes import lay_out, paint
from ui.theatre.show import BY_POSITION, Moment, Show, exact
from ui.theme import theme_of

_KEYS = frozenset(
    {
        Qt.Key.Key_Space,
        Qt.Key.Key_Left,
        Qt.Key.Key_Right,
        Qt.Key.Key_Up,
        Qt.Key.Key_Down,
        Qt.Key.Key_Home,
        Qt.Key.Key_End,
        Qt.Key.Key_PageUp,
        Qt.Key.Key_PageDown,
    }
)


class StageWidget(QWidget):
    """Paints the stage.

    Signals:
        cell_clicked: Row and column in the view's grid: mostly of the output.
        painted: While painting: "input" or "kernel", row and column.
        key: A key that moves the play, as `Qt.Key`.
        hovered: What lies under the mouse, in words; "" for nothing.
    """

    cell_clicked = Signal(int, int)
    painted = Signal(str, int, int)
    key = Signal(int)
    hovered = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.show_: Show | None = None
        self.moment = Moment()
        self._stage: Stage | None = None
        self._cache = Cache()
        self._reached: tuple[tuple[int, int], ...] = ()
        self._empty = ""
        self._painting = False
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName("Stage: input, kernel and output")
        self.setToolTip(
            "Click an output cell to go there; Space plays, arrow keys step, Page Up and Page Down "
            "change the filter"
        )

    def sizeHint(self) -> QSize:
        """Wide."""
        return QSize(900, 520)

    def minimumSizeHint(self) -> QSize:
        """Still a stage."""
        return QSize(330, 280)

    @property
    def stage(self) -> Stage | None:
        """Where everything lies now."""
        if self.show_ is None:
            return None
        return lay_out((self.width(), self.height()), self.show_, self.moment)

    def set_show(self, show: Show | None, empty: str = "") -> None:
        """Play something else.

        Args:
            show: What; None for nothing.
            empty: What to say where there is nothing.
        """
        self.show_, self._empty = show, empty
        self.moment = Moment()
        self._reached = ()
        self.update()

    def set_moment(self, moment: Moment) -> None:
        """Show another moment."""
        if moment != self.moment:
            self.moment = moment
            self.update()

    def set_painting(self, on: bool) -> None:
        """Let the mouse paint numbers into input and kernel."""
        self._painting = on
        self.setCursor(Qt.CursorShape.CrossCursor if on else Qt.CursorShape.ArrowCursor)

    def _paint_at(self, point: QPointF) -> bool:
        stage, show = self.stage, self.show_
        if stage is None or show is None or self.moment.view != "slide":
            return False
        cell = stage.source.cell_at(point)
        if cell is not None:
            rows, columns = show.operation.input_shape[:2]
            if 0 <= cell[0] < rows and 0 <= cell[1] < columns:
                self.painted.emit("input", *cell)
            return True
        cell = stage.kernel.cell_at(point) if stage.kernel is not None else None
        if cell is not None:
            self.painted.emit("kernel", *cell)
        return cell is not None

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the moment, or what to do to see one."""
        painter = QPainter(self)
        theme = theme_of(self.palette())
        painter.fillRect(self.rect(), theme.canvas)
        stage = self.stage
        if stage is None or self.show_ is None:
            painter.setPen(theme.muted)
            area = self.rect().adjusted(40, 0, -40, 0)
            flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
            painter.drawText(area, flags, self._empty)
            return
        paint(painter, stage, self.show_, self.moment, theme, self._cache, self._reached)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Go to a place of the view, or to the first window over a cell of the input."""
        if self._painting and self._paint_at(event.position()):
            return
        where = self._place_at(event.position())
        if where is None and self._reached:
            where = self._reached[0]
        if where is not None:
            self.cell_clicked.emit(*where)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Mark the outputs that read the input cell under the mouse, or go on painting."""
        if self._painting and event.buttons() & Qt.MouseButton.LeftButton:
            self._paint_at(event.position())
            return
        reached, text = self._under(event.position())
        if reached != self._reached:
            self._reached = reached
            self.update()
        self.hovered.emit(text)

    def leaveEvent(self, event: QEvent) -> None:
        """Forget what was marked."""
        self._reached = ()
        self.hovered.emit("")
        self.update()

    def event(self, event: QEvent) -> bool:
        """Take the keys that move the play before the window's shortcuts do."""
        if (
            event.type() == QEvent.Type.ShortcutOverride
            and isinstance(event, QKeyEvent)
            and event.key() in _KEYS
            and event.modifiers()
            in (Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.KeypadModifier)
        ):
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Hand on the keys that move the play."""
        if event.key() in _KEYS:
            self.key.emit(event.key())
        else:
            super().keyPressEvent(event)

    def _place_at(self, point: QPointF) -> tuple[int, int] | None:
        stage = self.stage
        if stage is None or self.show_ is None:
            return None
        if self.moment.view == "scatter":
            return stage.source.cell_at(point)
        cell = stage.target.cell_at(point)
        if self.moment.view in ("product", "dense"):
            columns = self.show_.operation.columns.after
            return None if cell is None else divmod(cell[0], columns)
        box = stage.maps[1]
        if cell is not None or box is None or not box.contains(point):
            return cell
        rows, columns = self.show_.operation.output_shape[:2]
        row = int((point.y() - box.top()) * rows / box.height())
        column = int((point.x() - box.left()) * columns / box.width())
        return min(row, rows - 1), min(column, columns - 1)

    def _under(self, point: QPointF) -> tuple[tuple[tuple[int, int], ...], str]:
        """Output cells that read the input cell under the mouse, and what to say of it."""
        stage, show = self.stage, self.show_
        if stage is None or show is None:
            return (), ""
        if self.moment.view not in BY_POSITION:
            return (), ""
        place = self._place_at(point)
        if place is not None:
            value = float(show.output[(*place, self.moment.channel)])
            return (), f"output[{place[0]}, {place[1]}] = {exact(value)}"
        cell = stage.source.cell_at(point)
        if cell is None or self.moment.view != "slide":
            return (), ""
        operation = show.operation
        if not (0 <= cell[0] < operation.rows.before and 0 <= cell[1] < operation.columns.before):
            return (), "padding: no number of the input"
        rows = operation.rows.reached(cell[0]).tolist()
        columns = operation.columns.reached(cell[1]).tolist()
        reached = tuple((row, column) for row in rows for column in columns)
        channels = operation.channels_read(self.moment.channel)
        channel = int(channels[min(self.moment.depth, len(channels) - 1)])
        value = float(show.values[(*cell, channel)])
        cells = "no output cell" if not reached else f"{len(reached):,} output cells"
        if len(reached) == 1:
            cells = "1 output cell"
        return reached, f"input[{cell[0]}, {cell[1]}] = {exact(value)}, read by {cells}"
