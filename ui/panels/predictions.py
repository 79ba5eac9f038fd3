"""The best five classes with bars, and an honest word where they mean nothing."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPalette
from PySide6.QtWidgets import QSizePolicy, QWidget

from cnnviz.requests import Prediction


class Bars(QWidget):
    """Predictions as labelled bars.

    Every bar is drawn on the scale 0..1 where the scores are probabilities, else from the least to
    the greatest of them.
    """

    def __init__(self) -> None:
        super().__init__()
        self._rows: tuple[Prediction, ...] = ()
        self._faded = False
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("Predictions")

    def show_predictions(self, rows: tuple[Prediction, ...], *, trained: bool) -> None:
        """Show some classes, best first; faded where the weights are random."""
        self._rows = rows
        self._faded = not trained
        said = "; ".join(f"{row.label} {self._score(row.score)}" for row in rows)
        self.setAccessibleDescription(said)
        self.setToolTip("\n".join(f"{row.label}: {row.score:.6g}" for row in rows))
        self.setFixedHeight(self._row_height() * len(rows))
        self.update()

    def _row_height(self) -> int:
        return self.fontMetrics().height() + 8

    def _probabilities(self) -> bool:
        return all(-1e-6 <= row.score <= 1.0 + 1e-6 for row in self._rows)

    def _score(self, score: float) -> str:
        if self._probabilities():
            return f"{score:.1%}" if score >= 0.001 or score == 0 else "< 0.1%"
        return f"{score:.3g}"

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw a bar, the label over it and the score at the right."""
        if not self._rows:
            return
        painter = QPainter(self)
        palette = self.palette()
        text = palette.color(QPalette.ColorRole.WindowText)
        bar = palette.color(QPalette.ColorRole.Highlight)
        bar.setAlphaF(0.15 if self._faded else 0.45)
        low, high = 0.0, 1.0
        if not self._probabilities():
            scores = [row.score for row in self._rows]
            low, high = min(scores), max(scores)
        height = self._row_height()
        metrics = self.fontMetrics()
        if self._faded:
            text.setAlphaF(0.65)
        for i, row in enumerate(self._rows):
            box = QRectF(0, i * height + 1, self.width(), height - 2)
            share = (row.score - low) / (high - low) if high > low else 1.0
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(palette.alternateBase())
            painter.drawRoundedRect(box, 3, 3)
            painter.setBrush(bar)
            painter.drawRoundedRect(
                QRectF(box.x(), box.y(), max(2.0, box.width() * share), box.height()), 3, 3
            )
            painter.setPen(text)
            score = self._score(row.score)
            inner = box.adjusted(6, 0, -6, 0)
            space = int(inner.width()) - metrics.horizontalAdvance(score) - 10
            label = metrics.elidedText(row.label, Qt.TextElideMode.ElideRight, space)
            middle = Qt.AlignmentFlag.AlignVCenter
            painter.drawText(inner, Qt.AlignmentFlag.AlignLeft | middle, label)
            painter.drawText(inner, Qt.AlignmentFlag.AlignRight | middle, score)
        painter.end()
