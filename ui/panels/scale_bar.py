"""A colour bar with real numbers under it, and how the values are spread above it."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QImage, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from cnnviz.colormaps import STEPS, ColourMap
from ui.theme import mix, scaled_font, theme_of

_BAR, _TICK, _CURVE = 12, 4, 40
Counts = NDArray[np.int64]


def number(value: float) -> str:
    """A value as it is shown: four digits, a real minus sign."""
    if not math.isfinite(value):
        return "NaN" if math.isnan(value) else "∞" if value > 0 else "−∞"
    return f"{value:.4g}".replace("-", "−")


def exact(value: float) -> str:
    """A value with all the digits that float32 has."""
    return f"{value:.7g}".replace("-", "−") if math.isfinite(value) else number(value)


def nice_ticks(low: float, high: float, wanted: int) -> list[float]:
    """Round numbers between two ends, about as many as wanted, a step of 1, 2 or 5 apart."""
    span = high - low
    if not (span > 0 and math.isfinite(span)) or wanted < 1:
        return []
    rough = span / wanted
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * factor for factor in (1, 2, 5, 10) if power * factor >= rough * 0.999)
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [index * step for index in range(first, last + 1)]


class ScaleBar(QWidget):
    """What the colours mean: both ends with their numbers, round numbers between.

    Where every channel has its own scale there are no numbers that hold for all: the ends are named
    in words instead.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._map: ColourMap | None = None
        self._low, self._high = 0.0, 1.0
        self._names: tuple[str, str, str] | None = None
        self._counts: Counts | None = None
        self._marker: float | None = None
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("Colour bar")

    def show_range(
        self, colour_map: ColourMap, low: float, high: float, counts: Counts | None = None
    ) -> None:
        """One scale.

        Args:
            colour_map: The colours.
            low: What its first colour stands for.
            high: What its last colour stands for.
            counts: How many cells have each step of it, shape (STEPS,); drawn as a histogram.
        """
        self._map, self._low, self._high, self._names = colour_map, low, high, None
        self._counts = counts
        if not high > low:
            self._names = ("", f"{number(low)} everywhere", "")
        self.setAccessibleDescription(f"Colours from {number(low)} to {number(high)}")
        self._marker = None
        self.updateGeometry()
        self.update()

    def show_names(self, colour_map: ColourMap, low: str, middle: str, high: str) -> None:
        """Many scales: what the first, middle and last colour stand for, in words."""
        self._map, self._names, self._counts, self._marker = (
            colour_map,
            (low, middle, high),
            None,
            None,
        )
        self.setAccessibleDescription(", ".join(filter(None, (low, middle, high))))
        self.updateGeometry()
        self.update()

    def mark(self, value: float | None) -> None:
        """Point at a value on the scale."""
        if value is not None and not math.isfinite(value):
            value = None
        if value != self._marker:
            self._marker = value
            self.update()

    def ticks(self) -> list[tuple[float, str]]:
        """Place on the bar, 0..1, and text of every tick; the ends come first."""
        if self._names is not None:
            low, middle, high = self._names
            return [(at, text) for at, text in ((0.0, low), (1.0, high), (0.5, middle)) if text]
        span = self._high - self._low
        between = nice_ticks(self._low, self._high, max(1, self.width() // 90))
        if self._low < 0 < self._high:
            between.insert(0, 0.0)
        ends = [(0.0, number(self._low)), (1.0, number(self._high))]
        return ends + [((value - self._low) / span, number(value)) for value in between]

    def sizeHint(self) -> QSize:
        """As high as the histogram, the bar and one line of text."""
        height = _BAR + _TICK + self.fontMetrics().height() + 2
        return QSize(160, height + (_CURVE + 3 if self._counts is not None else 0))

    minimumSizeHint = sizeHint

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw histogram, bar and ticks."""
        if self._map is None:
            return
        painter = QPainter(self)
        colours = theme_of(self.palette())
        inset = 1.0
        top = 0.0
        if self._counts is not None:
            self._draw_counts(painter, QRectF(inset, 0, self.width() - 2 * inset, _CURVE))
            top = _CURVE + 3.0
        bar = QRectF(inset, top, self.width() - 2 * inset, _BAR)
        strip = np.ascontiguousarray(self._map.table()[np.newaxis, :STEPS])
        image = QImage(strip.data, STEPS, 1, 4 * STEPS, QImage.Format.Format_RGB32)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.drawImage(bar, image)
        painter.setPen(QPen(colours.border, 1))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRect(bar.adjusted(-0.5, -0.5, 0.5, 0.5))
        painter.setFont(scaled_font("small", base=self.font()))
        metrics = painter.fontMetrics()
        taken: list[QRectF] = []
        for at, text in self.ticks():
            x = bar.left() + at * bar.width()
            width = metrics.horizontalAdvance(text) + 2
            left = min(max(x - width / 2, 0.0), self.width() - width)
            box = QRectF(left, bar.bottom() + _TICK, width, metrics.height())
            if any(box.adjusted(-8, 0, 8, 0).intersects(other) for other in taken):
                continue
            taken.append(box)
            painter.setPen(QPen(colours.edge, 1))
            x = min(max(x, bar.left()), bar.right())
            painter.drawLine(QPointF(x, bar.bottom()), QPointF(x, bar.bottom() + _TICK - 1))
            painter.setPen(colours.muted)
            painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text)
        self._draw_marker(painter, bar)

    def _draw_counts(self, painter: QPainter, area: QRectF) -> None:
        """Columns by the logarithm of their count: beside all the zeros the rest stays visible."""
        assert self._counts is not None
        assert self._map is not None
        colours = theme_of(self.palette())
        bins = max(1, min(STEPS, int(area.width() // 3)))
        edges = np.arange(bins + 1) * STEPS // bins
        counts = np.add.reduceat(self._counts, edges[:-1])
        heights = np.log1p(counts) / np.log1p(max(1, counts.max())) * (area.height() - 1)
        painter.setPen(QPen(colours.grid, 1))
        painter.drawLine(area.bottomLeft(), area.bottomRight())
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(mix(colours.muted, colours.surface, 0.25))
        left = area.left() + edges * area.width() / STEPS
        painter.drawRects(
            [
                QRectF(left[i], area.bottom() - height, max(1.0, left[i + 1] - left[i] - 1), height)
                for i, height in enumerate(heights.tolist())
                if height > 0
            ]
        )

    def _draw_marker(self, painter: QPainter, bar: QRectF) -> None:
        if self._marker is None or self._names is not None:
            return
        colours = theme_of(self.palette())
        share = (self._marker - self._low) / (self._high - self._low)
        x = bar.left() + min(max(share, 0.0), 1.0) * bar.width()
        painter.setPen(QPen(colours.canvas, 4))
        painter.drawLine(QPointF(x, bar.top()), QPointF(x, bar.bottom()))
        painter.setPen(QPen(colours.text, 2))
        painter.drawLine(QPointF(x, bar.top() - 2), QPointF(x, bar.bottom() + 2))
