"""Published accuracies of one protocol, as dots on a scale: every source is a dot of its own."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QPointF, QRectF, Qt
from PySide6.QtGui import QHelpEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QToolTip, QWidget

from models.registry import Accuracy
from ui.compare.chips import hue
from ui.theme import SNUG, TIGHT, scaled_font, theme_of, with_alpha

_ROW = 40


@dataclass(frozen=True, slots=True)
class Dot:
    """One published number.

    Attributes:
        model: Number of the model.
        value: Per cent right.
        source: Who published it.
    """

    model: int
    value: float
    source: str


def value_of(record: Accuracy, rank: int) -> float | None:
    """The top-1 or top-5 accuracy of a record."""
    return record.top1 if rank == 1 else record.top5


def protocols(known: Sequence[Sequence[Accuracy]]) -> list[tuple[str, int]]:
    """Every protocol with how many models have an accuracy by it, most first."""
    counted = Counter(
        protocol for records in known for protocol in {record.protocol for record in records}
    )
    return sorted(counted.items(), key=lambda entry: (-entry[1], entry[0]))


class AccuracyChart(QWidget):
    """A row a model.

    Attributes:
        dots: What is drawn.
        without: Names of models that have nothing by this protocol.
    """

    def __init__(self) -> None:
        super().__init__()
        self.dots: tuple[Dot, ...] = ()
        self.without: tuple[str, ...] = ()
        self._names: tuple[str, ...] = ()
        self._rank = 1
        self.setMinimumWidth(200)
        self.setAccessibleName("Published accuracies")

    def show_records(
        self, names: Sequence[str], known: Sequence[Sequence[Accuracy]], protocol: str, rank: int
    ) -> None:
        """Show what was measured by one protocol.

        Args:
            names: Of the models.
            known: Their accuracies.
            protocol: The one to show.
            rank: 1 or 5.
        """
        self._names, self._rank = tuple(names), rank
        self.dots = tuple(
            Dot(i, value, record.source)
            for i, records in enumerate(known)
            for record in records
            if record.protocol == protocol and (value := value_of(record, rank)) is not None
        )
        have = {dot.model for dot in self.dots}
        self.without = tuple(name for i, name in enumerate(names) if i not in have)
        rows = min(_ROW, 240 // max(1, len(names)))
        self.setFixedHeight(rows * len(names) + 2 * self.fontMetrics().height() + SNUG)
        self.update()

    def _scale(self) -> tuple[float, float]:
        low, high = min(dot.value for dot in self.dots), max(dot.value for dot in self.dots)
        return max(0.0, low - 2), min(100.0, high + 2)

    def _area(self) -> QRectF:
        line = self.fontMetrics().height()
        wide = max(map(self.fontMetrics().horizontalAdvance, self._names), default=0)
        left = min(wide + SNUG, self.width() * 0.42)
        return QRectF(left, TIGHT, self.width() - left - SNUG * 2, self.height() - 2 * line - SNUG)

    def places(self) -> list[QPointF]:
        """Middle of each dot."""
        if not self.dots:
            return []
        area = self._area()
        low, high = self._scale()
        tall = area.height() / len(self._names)
        return [
            QPointF(
                area.left() + (dot.value - low) / (high - low) * area.width(),
                area.top() + (dot.model + 0.5) * tall,
            )
            for dot in self.dots
        ]

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the scale, the rows and the dots."""
        if not self.dots:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        colors = theme_of(self.palette())
        metrics, area = painter.fontMetrics(), self._area()
        low, high = self._scale()
        step = next(s for s in (1, 2, 5, 10, 20, 50) if (high - low) / s <= 6)
        mark = int(-(-low // step) * step)
        while mark <= high:
            x = area.left() + (mark - low) / (high - low) * area.width()
            painter.setPen(QPen(colors.grid if colors.scheme == "light" else colors.border, 1))
            painter.drawLine(QPointF(x, area.top()), QPointF(x, area.bottom()))
            painter.setPen(colors.muted)
            box = QRectF(x - 40, area.bottom() + 2, 80, metrics.height())
            painter.drawText(box, Qt.AlignmentFlag.AlignCenter, str(mark))
            mark += step
        what = QRectF(area.left(), area.bottom() + metrics.height(), area.width(), metrics.height())
        painter.setFont(scaled_font("small"))
        painter.drawText(what, Qt.AlignmentFlag.AlignCenter, f"per cent right, top-{self._rank}")
        painter.setFont(self.font())
        tall = area.height() / len(self._names)
        flags = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        for i, name in enumerate(self._names):
            painter.setPen(colors.muted if name in self.without else colors.text)
            box = QRectF(0, area.top() + i * tall, area.left() - SNUG, tall)
            text = metrics.elidedText(name, Qt.TextElideMode.ElideMiddle, int(box.width()))
            painter.drawText(box, flags, text)
        for dot, place in zip(self.dots, self.places(), strict=True):
            ink = hue(colors, dot.model)
            painter.setPen(QPen(ink, 1.6))
            painter.setBrush(with_alpha(ink, 0.55))
            painter.drawEllipse(place, 5, 5)
        painter.end()

    def event(self, event: QEvent) -> bool:
        """Say under the mouse who published a number."""
        if isinstance(event, QHelpEvent) and event.type() is QEvent.Type.ToolTip:
            near = [
                f"{self._names[dot.model]}: {dot.value:g} %, {dot.source}"
                for dot, place in zip(self.dots, self.places(), strict=True)
                if (place - QPointF(event.pos())).manhattanLength() < 10
            ]
            if near:
                QToolTip.showText(event.globalPos(), "\n".join(near), self)
            else:
                QToolTip.hideText()
            return True
        return super().event(event)
