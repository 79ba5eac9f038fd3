"""How the answer changed: the best classes before and after, bar over bar."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from cnnviz.requests import Prediction
from ui.theme import RADIUS, theme_of, with_alpha

Row = tuple[str, float, float]
"""Class, score before, score after."""


def changed_rows(
    before: Sequence[Prediction], after: Sequence[Prediction], count: int = 4
) -> tuple[Row, ...]:
    """The classes that are best before or after, by the greater of both scores.

    Both hold all classes of the same network, best first.
    """
    was = {row.index: row.score for row in before}
    now = {row.index: row.score for row in after}
    labels = {row.index: row.label for row in after}
    named = {row.index for row in (*before[:count], *after[:count])}
    best = sorted(named, key=lambda index: (-max(was[index], now[index]), index))[:count]
    firsts = [rows[0].index for rows in (after, before) if rows and rows[0].index not in best]
    best = [*best[: count - len(firsts)], *firsts]
    return tuple((labels[index], was[index], now[index]) for index in best)


class AnswerChange(QWidget):
    """A row a class: its score now as a bar, and a mark where it was."""

    def __init__(self) -> None:
        super().__init__()
        self._rows: tuple[Row, ...] = ()
        self._compared = False
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("How the answer changed")

    def show_rows(self, rows: tuple[Row, ...], *, compared: bool) -> None:
        """Show some classes.

        Args:
            rows: What to show.
            compared: There is a before to compare with.
        """
        self._rows, self._compared = rows, compared
        said = "; ".join(f"{label} {self._score(before, now)}" for label, before, now in rows)
        self.setAccessibleDescription(said)
        self.setToolTip(
            "\n".join(
                f"{label}: {before:.6g} → {now:.6g}" if compared else f"{label}: {now:.6g}"
                for label, before, now in rows
            )
        )
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        """As high as its rows."""
        return QSize(180, self._row_height() * max(1, len(self._rows)))

    def _row_height(self) -> int:
        return self.fontMetrics().height() + 8

    def _range(self) -> tuple[float, float]:
        """What the bars are drawn between: 0..1 for probabilities."""
        scores = [score for _, *both in self._rows for score in both]
        low, high = min(scores), max(scores)
        return (0.0, 1.0) if low >= -1e-6 and high <= 1 + 1e-6 else (low, high)

    def _score(self, before: float, now: float) -> str:
        percent = self._range() == (0.0, 1.0)
        was, is_now = (f"{v:.0%}" if percent else f"{v:.3g}" for v in (before, now))
        return f"{was} → {is_now}" if self._compared and was != is_now else is_now

    def paintEvent(self, event: QPaintEvent) -> None:
        """A bar for now, a line for before, and both as numbers."""
        if not self._rows:
            return
        colors = theme_of(self.palette())
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        metrics, height = self.fontMetrics(), self._row_height()
        low, high = self._range()
        span = (high - low) or 1.0
        for i, (label, before, now) in enumerate(self._rows):
            box = QRectF(0, i * height + 1, self.width(), height - 2)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(self.palette().alternateBase())
            painter.drawRoundedRect(box, RADIUS / 2, RADIUS / 2)
            painter.setBrush(with_alpha(colors.accent, 0.45))
            bar = QRectF(box)
            bar.setWidth(max(2.0, box.width() * (now - low) / span))
            painter.drawRoundedRect(bar, RADIUS / 2, RADIUS / 2)
            if self._compared:
                x = min(max(box.width() * (before - low) / span, 1.0), box.width() - 1.0)
                painter.setPen(QPen(colors.text, 2))
                painter.drawLine(QPointF(x, box.top()), QPointF(x, box.bottom()))
            painter.setPen(colors.text)
            score = self._score(before, now)
            inner = box.adjusted(6, 0, -6, 0)
            room = int(inner.width()) - metrics.horizontalAdvance(score) - 10
            middle = Qt.AlignmentFlag.AlignVCenter
            name = metrics.elidedText(label, Qt.TextElideMode.ElideRight, room)
            painter.drawText(inner, Qt.AlignmentFlag.AlignLeft | middle, name)
            painter.drawText(inner, Qt.AlignmentFlag.AlignRight | middle, score)
        painter.end()
