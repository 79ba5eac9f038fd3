"""The whole catalog as bubbles: accuracy over multiply-adds, as large as the parameters."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import floor, log10, sqrt

from PySide6.QtCore import QEvent, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QHelpEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QToolTip, QWidget

from cnnviz.kinds import Kind
from ui import words
from ui.theme import GAP, SNUG, TIGHT, Theme, scaled_font, theme_of, with_alpha

_HUES = (
    Kind.CONVOLUTION,
    Kind.POOLING,
    Kind.MERGE,
    Kind.DENSE,
    Kind.ACTIVATION,
    Kind.ATTENTION,
    Kind.DEPTHWISE,
    Kind.RECURRENT,
)
_LARGEST = 34.0
_SMALLEST = 4.0


@dataclass(frozen=True, slots=True)
class Bubble:
    """A model in the chart.

    Attributes:
        id: Catalog id.
        name: What to call it.
        family: Which colour it has.
        year: Of the paper.
        macs: Multiply-adds at its own input size.
        params: Parameters.
        accuracy: Per cent right.
        source: Who published that.
        size: Rows of its input.
    """

    id: str
    name: str
    family: str
    year: int
    macs: int
    params: int
    accuracy: float
    source: str
    size: int


class BubbleChart(QWidget):
    """The chart: point at a bubble for its numbers, click it to open the model.

    Signals:
        chosen: Catalog id of the model that is to be opened.
        added: Catalog id of the model that is to be compared.
    """

    chosen = Signal(str)
    added = Signal(str)

    def __init__(self, families: Sequence[str]) -> None:
        super().__init__()
        self._families = tuple(families)
        self.bubbles: tuple[Bubble, ...] = ()
        self.lit: frozenset[str] = frozenset()
        self.pointed: str | None = None
        self._what = ""
        self.setMinimumSize(300, 200)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("Accuracy, multiply-adds and parameters of the catalog")
        self.setAccessibleDescription(
            "Left and Right walk from bubble to bubble by multiply-adds, Enter opens the model, "
            "Insert adds it to the comparison."
        )

    def show_bubbles(self, bubbles: Sequence[Bubble], what: str) -> None:
        """Show these.

        Args:
            bubbles: The models.
            what: What the accuracy is, for the axis.
        """
        self.bubbles = tuple(sorted(bubbles, key=lambda bubble: -bubble.params))
        self._what = what
        if self.pointed not in {bubble.id for bubble in self.bubbles}:
            self.pointed = None
        self.update()

    def light(self, names: Sequence[str]) -> None:
        """Mark the models that are compared."""
        self.lit = frozenset(names)
        self.update()

    # Where things are.

    def _area(self) -> QRectF:
        line = self.fontMetrics().height()
        left = self.fontMetrics().horizontalAdvance("00.0") + line + SNUG
        return QRectF(left, GAP, self.width() - left - GAP, self.height() - 2.6 * line - GAP)

    def _scales(self) -> tuple[float, float, float, float]:
        """Logarithm of the least and the most MACs, least and highest accuracy."""
        works = [log10(max(bubble.macs, 1)) for bubble in self.bubbles]
        rights = [bubble.accuracy for bubble in self.bubbles]
        return min(works) - 0.2, max(works) + 0.25, min(rights) - 3, max(rights) + 3

    def radius(self, bubble: Bubble) -> float:
        """Areas are in proportion to parameters; the smallest stay visible."""
        most = max(each.params for each in self.bubbles)
        room = min(self._area().width(), self._area().height()) / 11
        return max(_SMALLEST, min(_LARGEST, room) * sqrt(bubble.params / most))

    def place(self, bubble: Bubble) -> QPointF:
        """Middle of a bubble."""
        area = self._area()
        left, right, low, high = self._scales()
        x = (log10(max(bubble.macs, 1)) - left) / (right - left)
        y = (bubble.accuracy - low) / (high - low)
        return QPointF(area.left() + x * area.width(), area.bottom() - y * area.height())

    def bubble_at(self, at: QPointF) -> Bubble | None:
        """The smallest bubble around a point."""
        hit = None
        for bubble in self.bubbles:  # the largest first
            away = self.place(bubble) - at
            if sqrt(QPointF.dotProduct(away, away)) <= self.radius(bubble) + 2:
                hit = bubble
        return hit

    def hue_of(self, colors: Theme, family: str) -> QColor:
        """Colour of a family."""
        known = family in self._families
        number = self._families.index(family) if known else len(self._families)
        return colors.kinds[_HUES[number % len(_HUES)]].fill

    # Painting.

    def paintEvent(self, event: QPaintEvent) -> None:
        """Axes, bubbles, and as many names as there is room for."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        colors = theme_of(self.palette())
        painter.fillRect(self.rect(), colors.canvas)
        if not self.bubbles:
            painter.setPen(colors.muted)
            text = "No model of these has an accuracy by this protocol."
            painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, text)
            painter.end()
            return
        self._paint_axes(painter, colors)
        for bubble in self.bubbles:
            ink = self.hue_of(colors, bubble.family)
            here = bubble.id == self.pointed
            painter.setBrush(with_alpha(ink, 0.75 if here else 0.42))
            marked = bubble.id in self.lit
            painter.setPen(QPen(colors.text if here or marked else ink, 2.2 if marked else 1.4))
            size = self.radius(bubble)
            painter.drawEllipse(self.place(bubble), size, size)
        self._paint_names(painter, colors)
        painter.end()

    def _paint_axes(self, painter: QPainter, colors: Theme) -> None:
        area, metrics = self._area(), painter.fontMetrics()
        left, right, low, high = self._scales()
        grid = colors.grid if colors.scheme == "light" else colors.border
        for power in range(floor(left), floor(right) + 1):
            for factor in (1, 2, 5):
                share = (power + log10(factor) - left) / (right - left)
                if not 0 <= share <= 1:
                    continue
                x = area.left() + share * area.width()
                painter.setPen(QPen(grid, 1))
                painter.drawLine(QPointF(x, area.top()), QPointF(x, area.bottom()))
                painter.setPen(colors.muted)
                box = QRectF(x - 40, area.bottom() + 2, 80, metrics.height())
                text = words.big(factor * 10**power)
                painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text)
        step = next(s for s in (1, 2, 5, 10, 20, 50) if (high - low) / s <= 8)
        mark = int(-(-low // step) * step)
        while mark <= high:
            y = area.bottom() - (mark - low) / (high - low) * area.height()
            painter.setPen(QPen(grid, 1))
            painter.drawLine(QPointF(area.left(), y), QPointF(area.right(), y))
            painter.setPen(colors.muted)
            box = QRectF(0, y - metrics.height() / 2, area.left() - TIGHT, metrics.height())
            flags = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
            painter.drawText(box, flags, f"{mark}")
            mark += step
        painter.setFont(scaled_font("small"))
        below = QRectF(
            area.left(), area.bottom() + metrics.height() + 2, area.width(), metrics.height()
        )
        text = "multiply-adds at each model's own input size; area: parameters"
        painter.drawText(below, Qt.AlignmentFlag.AlignCenter, text)
        painter.save()
        painter.translate(metrics.height() * 0.9, area.center().y())
        painter.rotate(-90)
        wide = QRectF(-area.height() / 2, -metrics.height(), area.height(), metrics.height())
        painter.drawText(wide, Qt.AlignmentFlag.AlignCenter, self._what)
        painter.restore()

    def _paint_names(self, painter: QPainter, colors: Theme) -> None:
        """The pointed one first, then those that are compared, then the most accurate."""
        painter.setFont(scaled_font("small"))
        metrics = painter.fontMetrics()
        taken: list[QRectF] = []
        ordered = sorted(
            self.bubbles,
            key=lambda b: (b.id != self.pointed, b.id not in self.lit, -b.accuracy),
        )
        for bubble in ordered:
            middle, away = self.place(bubble), self.radius(bubble) + 3
            wide, tall = metrics.horizontalAdvance(bubble.name) + 2, metrics.height()
            spots = (
                QPointF(middle.x() - wide / 2, middle.y() - away - tall + 2),
                QPointF(middle.x() - wide / 2, middle.y() + away - 2),
                QPointF(middle.x() + away, middle.y() - tall / 2),
                QPointF(middle.x() - away - wide, middle.y() - tall / 2),
            )
            boxes = [QRectF(spot.x(), spot.y(), wide, tall) for spot in spots]
            inside = QRectF(self.rect()).adjusted(self._area().left(), 0, 0, 0)
            free = [
                box
                for box in boxes
                if inside.contains(box) and not any(box.intersects(other) for other in taken)
            ]
            if bubble.id != self.pointed and bubble.id not in self.lit:
                free = [box for box in free if not self._covers_another(box, bubble)]
            if bubble.id == self.pointed and not free:
                free = boxes[:1]
            if free:
                taken.append(free[0])
                strong = bubble.id == self.pointed or bubble.id in self.lit
                painter.setPen(colors.text if strong else colors.muted)
                painter.drawText(free[0], Qt.AlignmentFlag.AlignCenter, bubble.name)

    def _covers_another(self, box: QRectF, bubble: Bubble) -> bool:
        """Whether a name would lie on another bubble."""
        for other in self.bubbles:
            if other is not bubble:
                middle = self.place(other)
                nearest = QPointF(
                    min(max(middle.x(), box.left()), box.right()),
                    min(max(middle.y(), box.top() + 3), box.bottom() - 3),
                )
                away = nearest - middle
                if QPointF.dotProduct(away, away) < (self.radius(other) - 1) ** 2:
                    return True
        return False

    # Events.

    def describe(self, bubble: Bubble) -> str:
        """A bubble in words, with where its accuracy comes from."""
        return (
            f"{bubble.name} ({bubble.family}, {bubble.year})\n"
            f"{bubble.accuracy:g} {self._what}: {bubble.source}\n"
            f"{words.big(bubble.macs)}MAC at {bubble.size} × {bubble.size}, "
            f"{bubble.params:,} parameters\n"
            "Click opens it, Shift+click adds it to the comparison"
        )

    def event(self, event: QEvent) -> bool:
        """Say under the mouse what a bubble stands for."""
        if isinstance(event, QHelpEvent) and event.type() is QEvent.Type.ToolTip:
            bubble = self.bubble_at(QPointF(event.pos()))
            if bubble is None:
                QToolTip.hideText()
            else:
                QToolTip.showText(event.globalPos(), self.describe(bubble), self)
            return True
        return super().event(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Point at what is under the mouse."""
        bubble = self.bubble_at(event.position())
        self._point(bubble.id if bubble is not None else None)

    def leaveEvent(self, event: QEvent) -> None:
        """Nothing is pointed at."""
        self._point(None)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Open, or add to the comparison."""
        bubble = self.bubble_at(event.position())
        if bubble is not None and event.button() is Qt.MouseButton.LeftButton:
            shift = event.modifiers() & Qt.KeyboardModifier.ShiftModifier
            (self.added if shift else self.chosen).emit(bubble.id)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Walk, open, add."""
        key = event.key()
        ordered = sorted(self.bubbles, key=lambda bubble: bubble.macs)
        if key in (Qt.Key.Key_Left, Qt.Key.Key_Right) and ordered:
            names = [bubble.id for bubble in ordered]
            step = 1 if key == Qt.Key.Key_Right else -1
            here = names.index(self.pointed) + step if self.pointed in names else 0
            self._point(names[min(max(here, 0), len(names) - 1)])
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.pointed:
            self.chosen.emit(self.pointed)
        elif key == Qt.Key.Key_Insert and self.pointed:
            self.added.emit(self.pointed)
        else:
            super().keyPressEvent(event)

    def _point(self, name: str | None) -> None:
        if name != self.pointed:
            self.pointed = name
            shape = Qt.CursorShape.PointingHandCursor if name else Qt.CursorShape.ArrowCursor
            self.setCursor(shape)
            self.update()
