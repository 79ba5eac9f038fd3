"""What the colours of the graph mean: the kinds that are in it, or the scale of a number."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QFont, QFontMetricsF, QLinearGradient, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from cnnviz.kinds import Kind
from ui.graph.columns import BINS, Tint, step_color
from ui.theme import SNUG, TIGHT, WIDE, scaled_font, theme_of

_SWATCH = 10.0
_BAR = 10.0


class Legend(QWidget):
    """A strip below the canvas; as high as its entries need."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._kinds: tuple[Kind, ...] = ()
        self._tint: Tint | None = None
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("Legend of the graph")

    def show_kinds(self, kinds: tuple[Kind, ...]) -> None:
        """Explain the colours of kinds."""
        self._kinds, self._tint = kinds, None
        self._changed()

    def show_scale(self, tint: Tint) -> None:
        """Explain the colours of a number."""
        self._tint = tint
        self._changed()

    @property
    def text(self) -> str:
        """What it says, in words."""
        if self._tint is None:
            return ", ".join(self._kinds)
        column = self._tint.column
        if (self._tint.bins < 0).all():
            return f"{column.title}: run an image first" if column.needs_run else column.title
        return f"{column.title}: {column.text(self._tint.low)} to {column.text(self._tint.high)}"

    def sizeHint(self) -> QSize:  # noqa: D102
        return QSize(200, self._height(self.width()))

    def _changed(self) -> None:
        self.setAccessibleDescription(self.text)
        self.setFixedHeight(self._height(self.width()))
        self.update()

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: D102
        self.setFixedHeight(self._height(self.width()))

    def _font(self) -> QFont:
        return scaled_font("small", base=self.font())

    def _height(self, width: int) -> int:
        rows = self._rows(width)
        return round(rows[-1][1].bottom() + TIGHT) if rows else 0

    def _rows(self, width: int) -> list[tuple[str, QRectF]]:
        """Entries and where they stand, in as many lines as they need."""
        metrics = QFontMetricsF(self._font())
        line = metrics.height() + TIGHT
        if self._tint is not None:
            return [(self.text, QRectF(SNUG, TIGHT, width - 2 * SNUG, line + _BAR))]
        rows = []
        x, y = float(SNUG), float(TIGHT)
        for kind in self._kinds:
            wide = _SWATCH + TIGHT + metrics.horizontalAdvance(kind.value)
            if x > SNUG and x + wide > width - SNUG:
                x, y = float(SNUG), y + line
            rows.append((kind.value, QRectF(x, y, wide, line)))
            x += wide + WIDE
        return rows

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: D102
        colors = theme_of(self.palette())
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(self.rect(), colors.canvas)
        painter.setFont(self._font())
        middle = Qt.AlignmentFlag.AlignVCenter
        if self._tint is not None:
            ((text, area),) = self._rows(self.width())
            painter.setPen(colors.muted)
            painter.drawText(area.adjusted(0, _BAR, 0, 0), middle, text)
            if (self._tint.bins >= 0).any():
                bar = QRectF(area.left(), area.top(), area.width(), _BAR - 2)
                gradient = QLinearGradient(bar.topLeft(), bar.topRight())
                for step in range(BINS):
                    gradient.setColorAt(step / (BINS - 1), step_color(step))
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(gradient)
                painter.drawRoundedRect(bar, 2, 2)
            return
        for text, area in self._rows(self.width()):
            swatch = QRectF(area.left(), area.center().y() - _SWATCH / 2, _SWATCH, _SWATCH)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(colors.kinds[Kind(text)].fill)
            painter.drawRoundedRect(swatch, 2, 2)
            painter.setPen(colors.muted)
            painter.drawText(area.adjusted(_SWATCH + TIGHT, 0, 2, 0), middle, text)
