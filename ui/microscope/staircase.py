"""The recursion as a staircase: a position at the top, below it what it sees in each layer."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from ui.theme import scaled_font, theme_of, with_alpha

Stair = tuple[str, tuple[int, int], int]
"""A node, the (start, stop) seen in it, and how many cells it has."""

_LABEL = 140
_MOST = 12


class Staircase(QWidget):
    """Windows of one position along the rows, from its layer down to the source."""

    def __init__(self) -> None:
        super().__init__()
        self.setAccessibleName("Windows of the position in each layer")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setToolTip(
            "Along the height: the cells that the position sees in each layer. Grey: the layer; "
            "what is framed beside it is padding."
        )
        self.stairs: tuple[Stair, ...] = ()

    def show_stairs(self, stairs: tuple[Stair, ...]) -> None:
        """Show these; of very many only some, with both ends."""
        if len(stairs) > _MOST:
            picked = {round(i * (len(stairs) - 1) / (_MOST - 1)) for i in range(_MOST)}
            stairs = tuple(stair for i, stair in enumerate(stairs) if i in picked)
        self.stairs = stairs
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        """A line a layer."""
        return QSize(380, max(1, len(self.stairs)) * self._line() + 8)

    def _line(self) -> int:
        return self.fontMetrics().height() + 6

    def paintEvent(self, event: QPaintEvent) -> None:
        """A bar for each layer at the scale of the source, the window upon it."""
        colors = theme_of(self.palette())
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(scaled_font("small"))
        line, left, right = self._line(), _LABEL, 74
        room = max(40, self.width() - left - right)
        previous: tuple[float, float, float] | None = None
        # Layers are equally wide; what reaches furthest into padding leaves room at both sides.
        below = min([0.0, *(start / extent for _, (start, _), extent in self.stairs)])
        above = max([1.0, *(stop / extent for _, (_, stop), extent in self.stairs)])
        for number, (name, (start, stop), extent) in enumerate(self.stairs):
            y = 4 + number * line
            scale = room / (above - below) / extent
            x = left - below * scale * extent
            bar = QRectF(x, y + 3, extent * scale, line - 7)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(colors.grid if colors.scheme == "light" else colors.border)
            painter.drawRect(bar)
            seen = QRectF(x + start * scale, y + 3, max(2.0, (stop - start) * scale), line - 7)
            if previous is not None:
                painter.setPen(QPen(with_alpha(colors.accent, 0.45), 1))
                painter.drawLine(QPointF(previous[0], previous[2]), seen.topLeft())
                painter.drawLine(QPointF(previous[1], previous[2]), seen.topRight())
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(with_alpha(colors.accent, 0.5))
            painter.drawRect(seen.intersected(bar))
            painter.setPen(QPen(colors.accent, 1))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(seen)
            previous = seen.left(), seen.right(), seen.bottom()
            painter.setPen(colors.text)
            text = painter.fontMetrics().elidedText(name, Qt.TextElideMode.ElideMiddle, left - 12)
            align = Qt.AlignmentFlag.AlignVCenter
            painter.drawText(QRectF(0, y, left - 8, line), align | Qt.AlignmentFlag.AlignLeft, text)
            painter.setPen(colors.muted)
            painter.drawText(
                QRectF(self.width() - right + 4, y, right - 4, line),
                align | Qt.AlignmentFlag.AlignRight,
                f"{stop - start:,} of {extent:,}",
            )
        painter.end()
