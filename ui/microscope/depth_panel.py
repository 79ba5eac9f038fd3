"""Size against depth: how the theoretical field grows, and how much of it is used."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import (
    QHBoxLayout,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from ui.panels.labels import plain_label, set_ink
from ui.theme import SNUG, scaled_font, theme_of

MOST = 12
"""Layers that are measured."""


class DepthPanel(QWidget):
    """A chart of the layers on the path to the selected node.

    Signals:
        wanted: The effective sizes of `names` are wanted.
    """

    wanted = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.names: list[str] = []
        self.chart = _Chart()
        self.caption = plain_label(wrapped=True)
        self.caption.setText(
            "Sizes along the height, in pixels of the input: of the window that the middle cell of "
            "each layer can see, and (4σ) of the pixels that really move it, on this photo and "
            "summed over all channels."
        )
        self.measure = QPushButton("Measure the effective sizes")
        self.measure.setToolTip(f"One derivative for each of up to {MOST} layers; Stop ends it")
        self.measure.clicked.connect(self.wanted)
        row = QHBoxLayout()
        row.addWidget(self.measure)
        row.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(SNUG, SNUG, SNUG, SNUG)
        column.setSpacing(SNUG)
        column.addWidget(self.caption)
        column.addWidget(self.chart, 1)
        column.addLayout(row)
        self._tint()

    def show_layers(self, sizes: Sequence[tuple[str, int]], extent: int) -> None:
        """Show theoretical sizes; of very many layers only some, with the last.

        Args:
            sizes: Name and height of the window, from the first layer to the last.
            extent: Height of the input.
        """
        if len(sizes) > MOST:
            picked = {round(i * (len(sizes) - 1) / (MOST - 1)) for i in range(MOST)}
            sizes = [each for i, each in enumerate(sizes) if i in picked]
        self.names = [name for name, _ in sizes]
        self.chart.show_sizes(dict(sizes), extent)
        self.measure.setEnabled(bool(sizes))

    def show_effective(self, name: str, size: float) -> None:
        """Add a measured size."""
        self.chart.add_effective(name, size)

    def forget(self) -> None:
        """The measures were of another run."""
        self.chart.effective.clear()
        self.chart.update()

    def changeEvent(self, event: QEvent) -> None:
        """Follow the theme."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and hasattr(self, "measure"):
            self._tint()

    def _tint(self) -> None:
        set_ink(self.caption, theme_of(self.palette()).muted)


class _Chart(QWidget):
    """Two lines over the layers."""

    def __init__(self) -> None:
        super().__init__()
        self.setAccessibleName("Field size against depth")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.theoretical: dict[str, int] = {}
        self.effective: dict[str, float] = {}
        self._extent = 1

    def show_sizes(self, sizes: Mapping[str, int], extent: int) -> None:
        if dict(sizes) != self.theoretical:
            self.effective = {}
        self.theoretical = dict(sizes)
        self._extent = extent
        self.update()

    def add_effective(self, name: str, size: float) -> None:
        self.effective[name] = size
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(380, 300)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Grid, both lines, the input's height, names below."""
        colors = theme_of(self.palette())
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(scaled_font("small"))
        names = list(self.theoretical)
        if not names:
            painter.setPen(colors.muted)
            painter.drawText(
                self.rect(), Qt.AlignmentFlag.AlignCenter, "There is no window to follow here."
            )
            painter.end()
            return
        line = painter.fontMetrics().height()
        plot = QRectF(44, 3 * line, max(10, self.width() - 56), max(10, self.height() - 9 * line))
        top = max([*self.theoretical.values(), *self.effective.values(), self._extent])

        def y(size: float) -> float:
            return plot.bottom() - size / top * plot.height()

        def x(place: int) -> float:
            return plot.left() + (place + 0.5) / len(names) * plot.width()

        right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        for share in (0.0, 0.25, 0.5, 0.75, 1.0):
            at = plot.bottom() - share * plot.height()
            painter.setPen(colors.border)
            painter.drawLine(QPointF(plot.left(), at), QPointF(plot.right(), at))
            painter.setPen(colors.muted)
            painter.drawText(QRectF(0, at - line / 2, 38, line), right, f"{share * top:.0f}")
        painter.setPen(QPen(colors.muted, 1, Qt.PenStyle.DashLine))
        painter.drawLine(
            QPointF(plot.left(), y(self._extent)), QPointF(plot.right(), y(self._extent))
        )
        painter.drawText(QPointF(plot.left() + 4, y(self._extent) - 4), "height of the input")
        first = [QPointF(x(i), y(self.theoretical[name])) for i, name in enumerate(names)]
        second = [
            QPointF(x(i), y(self.effective[name]))
            for i, name in enumerate(names)
            if name in self.effective
        ]
        left = plot.left()
        for points, color, what in (
            (first, colors.accent, "theoretical"),
            (second, colors.positive, "effective, 4σ"),
        ):
            painter.setPen(QPen(color, 2))
            painter.drawPolyline(QPolygonF(points))
            painter.setBrush(color)
            for point in points:
                painter.drawEllipse(point, 3, 3)
            if points:
                painter.drawEllipse(QPointF(left + 4, line / 2), 4, 4)
                painter.setPen(colors.text)
                painter.drawText(QPointF(left + 14, line * 0.8), what)
                left += 40 + painter.fontMetrics().horizontalAdvance(what)
        painter.setPen(colors.text)
        for i, name in enumerate(names):
            painter.save()
            painter.translate(x(i), plot.bottom() + 8)
            painter.rotate(-50)
            metrics = painter.fontMetrics()
            short = metrics.elidedText(name, Qt.TextElideMode.ElideMiddle, round(7 * line))
            painter.drawText(QPointF(-metrics.horizontalAdvance(short), line * 0.6), short)
            painter.restore()
        painter.end()
