"""What a network of few classes reads, as one bar a class: made to be watched while drawing."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from cnnviz.requests import Prediction
from ui.theme import scaled_font, theme_of, with_alpha

MOST = 12
"""Classes for which there is room."""


class Reading(QWidget):
    """The score of every class, in the order of the classes; without classes, nothing."""

    def __init__(self) -> None:
        super().__init__()
        self._rows: tuple[Prediction, ...] = ()
        self._trained = True
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Expanding)
        self.setAccessibleName("Score of every class")

    def show_predictions(self, rows: Sequence[Prediction], *, trained: bool) -> None:
        """Show all classes, best first; pale where the weights are random."""
        self._rows = tuple(rows) if len(rows) <= MOST else ()
        self._trained = trained
        self.setAccessibleDescription("; ".join(f"{row.label} {row.score:.1%}" for row in rows[:3]))
        self.update()

    def sizeHint(self) -> QSize:
        """Wide enough to compare."""
        return QSize(76, 160)

    def paintEvent(self, event: QPaintEvent) -> None:
        """The bars, the best one strong."""
        if not self._rows:
            return
        colors = theme_of(self.palette())
        painter = QPainter(self)
        painter.setFont(scaled_font("small"))
        names = self.width() // 2 if len(max((r.label for r in self._rows), key=len)) > 2 else 18
        height = min(self.height() / len(self._rows), 26.0)
        best = self._rows[0].index
        for row in self._rows:
            top = row.index * height
            first = row.index == best and self._trained
            painter.setPen(colors.text if first else colors.muted)
            label = painter.fontMetrics().elidedText(
                row.label, Qt.TextElideMode.ElideRight, names - 4
            )
            where = QRectF(0, top, names - 4, height)
            side = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
            painter.drawText(where, side, label)
            track = QRectF(names, top + 0.2 * height, self.width() - names, 0.6 * height)
            painter.fillRect(track, colors.grid)
            track.setWidth(max(1.0, max(0.0, min(1.0, row.score)) * track.width()))
            ink = colors.accent if first else with_alpha(colors.accent, 0.45)
            painter.fillRect(track, ink)
        painter.end()
