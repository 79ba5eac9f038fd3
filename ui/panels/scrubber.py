"""The bar under the views: every node of the pass as a tick, in the order of computation."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QHelpEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from cnnviz.graph import Node
from cnnviz.kinds import kind_of
from ui.theme import theme_of

MARGIN = 10


class Scrubber(QWidget):
    """A slider over the nodes: one tick each, coloured by kind, as tall as it took time.

    A click or a drag goes to the node there; the arrow keys, Home and End step.

    Signals:
        moved: Name of the node that the user went to.
    """

    moved = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self._nodes: Sequence[Node] = ()
        self._seconds: dict[str, float | None] = {}
        self._current: str | None = None
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("Film strip: the nodes in the order of computation")
        self.setMouseTracking(True)

    def sizeHint(self) -> QSize:
        """One line of text and the ticks."""
        return QSize(400, self.fontMetrics().height() + 40)

    minimumSizeHint = sizeHint

    def show_nodes(self, nodes: Sequence[Node]) -> None:
        """Start over with the nodes of another model, none of them computed."""
        self._nodes = nodes
        self._seconds = {}
        self._current = None
        self.update()

    def forget_times(self) -> None:
        """A new pass starts: nothing is computed yet."""
        self._seconds = {}
        self.update()

    def node_done(self, name: str, seconds: float | None) -> None:
        """A node was computed; its time in seconds where it was taken alone."""
        self._seconds[name] = seconds
        self.update()

    def set_current(self, name: str | None) -> None:
        """Move the handle."""
        self._current = name
        self.setAccessibleDescription(name or "")
        self.update()

    def index_at(self, x: float) -> int:
        """Index of the node whose tick is nearest to `x`."""
        share = (x - MARGIN) / max(1.0, self.width() - 2 * MARGIN)
        return min(len(self._nodes) - 1, max(0, int(share * len(self._nodes))))

    def tick(self, index: int) -> QPointF:
        """Foot of a node's tick, in pixels of this widget."""
        step = (self.width() - 2 * MARGIN) / max(1, len(self._nodes))
        return QPointF(MARGIN + (index + 0.5) * step, self.height() - 8.0)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the ticks, the handle, and the name of the current node."""
        painter = QPainter(self)
        colors = theme_of(self.palette())
        if not self._nodes:
            painter.setPen(colors.muted)
            painter.drawText(
                self.rect(), Qt.AlignmentFlag.AlignCenter, "Open an architecture to walk through it"
            )
            painter.end()
            return
        step = (self.width() - 2 * MARGIN) / len(self._nodes)
        width = max(1.0, min(14.0, step - (2.0 if step > 4 else 0.5)))
        top = self.fontMetrics().height() + 10.0
        room = self.height() - 8.0 - top
        slowest = max((s for s in self._seconds.values() if s), default=0.0)
        current = -1
        painter.setPen(Qt.PenStyle.NoPen)
        for i, node in enumerate(self._nodes):
            if node.name == self._current:
                current = i
            foot = self.tick(i)
            color = QColor(colors.kinds[kind_of(node)].fill)
            height = 0.3 * room
            if node.name in self._seconds:
                seconds = self._seconds[node.name]
                height = room * (0.3 + 0.7 * (seconds / slowest) ** 0.5) if seconds else 0.6 * room
            else:
                color.setAlphaF(0.35)
            painter.setBrush(color)
            painter.drawRect(QRectF(foot.x() - width / 2, foot.y() - height, width, height))
        if current >= 0:
            foot = self.tick(current)
            frame = QRectF(foot.x() - width / 2 - 2, top - 3, width + 4, room + 7)
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(colors.accent)
            painter.drawRoundedRect(frame, 2, 2)
            painter.drawRoundedRect(frame.adjusted(-1, -1, 1, 1), 3, 3)
        self._label(painter, current)
        painter.end()

    def _label(self, painter: QPainter, current: int) -> None:
        colors = theme_of(self.palette())
        metrics = self.fontMetrics()
        line = QRectF(MARGIN, 2, self.width() - 2 * MARGIN, metrics.height() + 2)
        count = f"{current + 1 if current >= 0 else '–'} / {len(self._nodes)}"
        painter.setPen(colors.muted)
        painter.drawText(line, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, count)
        text, x = "Click a tick, or press Space to walk through the pass", line.x()
        if current >= 0:
            painter.setPen(colors.text)
            text = self._nodes[current].name
            end = line.right() - metrics.horizontalAdvance(count) - 16
            half = metrics.horizontalAdvance(text) / 2
            x = max(line.x(), min(self.tick(current).x() - half, end - 2 * half))
        painter.drawText(QPointF(x, line.y() + metrics.ascent() + 1), text)

    def _go(self, index: int) -> None:
        if self._nodes:
            index = min(len(self._nodes) - 1, max(0, index))
            self.moved.emit(self._nodes[index].name)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Go to the node that was clicked."""
        if event.button() is Qt.MouseButton.LeftButton:
            self._go(self.index_at(event.position().x()))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Scrub."""
        if event.buttons() & Qt.MouseButton.LeftButton:
            self._go(self.index_at(event.position().x()))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Step by the arrow keys, Home and End."""
        names = [node.name for node in self._nodes]
        here = names.index(self._current) if self._current in names else -1
        goal = {
            Qt.Key.Key_Left: max(0, here - 1),
            Qt.Key.Key_Right: here + 1,
            Qt.Key.Key_Home: 0,
            Qt.Key.Key_End: len(names) - 1,
        }.get(Qt.Key(event.key()))
        if goal is None:
            super().keyPressEvent(event)
        else:
            self._go(goal)

    def event(self, event: QEvent) -> bool:
        """Name the node under the pointer in a tooltip."""
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent) and self._nodes:
            node = self._nodes[self.index_at(event.pos().x())]
            QToolTip.showText(event.globalPos(), f"{node.name} ({node.type})", self)
            return True
        return super().event(event)
