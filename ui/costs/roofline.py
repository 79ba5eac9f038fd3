"""The roofline: how fast each row computes against what the device could do at its intensity."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil, floor, log10

from PySide6.QtCore import QEvent, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QHelpEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QToolTip, QWidget

from cnnviz.breakdown import Breakdown
from cnnviz.requests import DevicePeak
from cnnviz.roofline import Spot, attainable, ridge
from ui import words
from ui.theme import GAP, SNUG, TIGHT, theme_of, with_alpha

_RADIUS = 5.0
_NEAR = 12.0
"""Pixels within which a spot is meant."""


class Roofline(QWidget):
    """Spots over arithmetic intensity, both axes logarithmic, below the device's roof.

    Signals:
        chosen: Index of the row that was clicked or reached by keys.
    """

    chosen = Signal(int)

    def __init__(self) -> None:
        super().__init__()
        self._table: Breakdown | None = None
        self._spots: Sequence[Spot] = ()
        self._peak: DevicePeak | None = None
        self._selected: int | None = None
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMinimumHeight(160)
        self.setMouseTracking(True)
        self.setAccessibleName("Roofline: speed over arithmetic intensity")

    def show_spots(
        self, table: Breakdown | None, spots: Sequence[Spot], peak: DevicePeak | None
    ) -> None:
        """Show these rows; without a peak there is no roof."""
        self._table, self._spots, self._peak = table, spots, peak
        self.update()

    def select(self, row: int | None) -> None:
        """Mark a row."""
        self._selected = row
        self.update()

    # Where things are.

    def _area(self) -> QRectF:
        metrics = self.fontMetrics()
        left = metrics.horizontalAdvance("100 GFLOP/s") + SNUG
        below = 2 * metrics.height() + SNUG
        return QRectF(left, SNUG, max(1, self.width() - left - GAP), self.height() - below - SNUG)

    def _ranges(self) -> tuple[int, int, int, int]:
        """Powers of ten: intensity from and to, speed from and to."""
        intensities = [spot.intensity for spot in self._spots]
        speeds = [spot.achieved for spot in self._spots if spot.achieved]
        if self._peak is not None:
            intensities.append(ridge(self._peak))
            speeds.append(self._peak.flops)
            speeds += [attainable(spot.intensity, self._peak) for spot in self._spots]
        intensities = intensities or [1.0]
        speeds = speeds or [1e9]
        return (
            floor(log10(min(intensities))),
            ceil(log10(max(intensities) * 1.05)),
            floor(log10(min(speeds))),
            ceil(log10(max(speeds) * 1.05)),
        )

    def _at(self, intensity: float, speed: float) -> QPointF:
        area = self._area()
        left, right, low, high = self._ranges()
        x = (log10(intensity) - left) / max(right - left, 1)
        y = (log10(speed) - low) / max(high - low, 1)
        return QPointF(area.left() + x * area.width(), area.bottom() - y * area.height())

    def place(self, spot: Spot) -> QPointF | None:
        """Where a spot is; None where there is neither a measured time nor a roof."""
        speed = spot.achieved
        if speed is None and self._peak is not None:
            speed = attainable(spot.intensity, self._peak)
        return None if not speed else self._at(spot.intensity, speed)

    def _near(self, point: QPointF) -> Spot | None:
        def far(spot: Spot) -> float:
            place = self.place(spot)
            if place is None:
                return float("inf")
            return float((place - point).manhattanLength())

        best = min(self._spots, key=far, default=None)
        return best if best is not None and far(best) <= _NEAR else None

    # Painting.

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw axes, roof and spots."""
        painter = QPainter(self)
        colours = theme_of(self.palette())
        painter.fillRect(self.rect(), colours.canvas)
        if self._table is None or not self._spots:
            painter.setPen(colours.muted)
            painter.drawText(
                self.rect(), Qt.AlignmentFlag.AlignCenter, "Nothing here multiplies: no intensity."
            )
            return
        self._axes(painter)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._roof(painter)
        for spot in self._spots:
            place = self.place(spot)
            if place is None:
                continue
            ink = colours.kinds[self._table.rows[spot.row].kind].fill
            painter.setPen(QPen(ink, 1.6))
            painter.setBrush(ink if spot.achieved is not None else Qt.BrushStyle.NoBrush)
            painter.drawEllipse(place, _RADIUS, _RADIUS)
            if spot.row == self._selected:
                painter.setPen(QPen(colours.current, 2))
                painter.setBrush(Qt.BrushStyle.NoBrush)
                painter.drawEllipse(place, _RADIUS + 4, _RADIUS + 4)

    def _axes(self, painter: QPainter) -> None:
        area, colours = self._area(), theme_of(self.palette())
        metrics = painter.fontMetrics()
        left, right, low, high = self._ranges()
        for power in range(left, right + 1):
            x = self._at(10.0**power, 10.0**low).x()
            painter.setPen(QPen(colours.grid, 1))
            painter.drawLine(QPointF(x, area.top()), QPointF(x, area.bottom()))
            painter.setPen(colours.muted)
            text = f"{10.0**power:g}"
            wide = metrics.horizontalAdvance(text)
            painter.drawText(QPointF(x - wide / 2, area.bottom() + metrics.ascent() + 2), text)
        for power in range(low, high + 1):
            y = self._at(10.0**left, 10.0**power).y()
            painter.setPen(QPen(colours.grid, 1))
            painter.drawLine(QPointF(area.left(), y), QPointF(area.right(), y))
            painter.setPen(colours.muted)
            where = QRectF(0, y - metrics.height() / 2, area.left() - TIGHT, metrics.height())
            side = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
            painter.drawText(where, side, rate(10.0**power))
        name = "arithmetic intensity: FLOP a byte read or written"
        wide = metrics.horizontalAdvance(name)
        below = area.bottom() + metrics.height() + metrics.ascent() + 2
        painter.drawText(QPointF(area.right() - wide, below), name)

    def _roof(self, painter: QPainter) -> None:
        peak, colours = self._peak, theme_of(self.palette())
        if peak is None:
            return
        left, right, low, _ = self._ranges()
        turn = ridge(peak)
        # The slanted part begins where it comes out of the lower edge or of the left one.
        start = max(10.0**left, 10.0**low / peak.bandwidth)
        points = [
            self._at(start, start * peak.bandwidth),
            self._at(turn, peak.flops),
            self._at(max(10.0**right, turn), peak.flops),
        ]
        painter.setPen(QPen(colours.text, 1.8))
        painter.drawPolyline(points)
        painter.setPen(QPen(with_alpha(colours.text, 0.35), 1, Qt.PenStyle.DashLine))
        painter.drawLine(points[1], QPointF(points[1].x(), self._area().bottom()))
        painter.setPen(colours.muted)
        painter.drawText(points[1] + QPointF(SNUG, -TIGHT), rate(peak.flops))

    def describe(self, spot: Spot) -> str:
        """A spot in words."""
        assert self._table is not None
        text = (
            f"{self._table.rows[spot.row].label}: {words.big(spot.flops)}FLOP over "
            f"{words.size(spot.traffic)} = {spot.intensity:.3g} FLOP a byte"
        )
        if spot.achieved is not None:
            text += f"\n{rate(spot.achieved)} in the last pass"
        if self._peak is not None:
            most = attainable(spot.intensity, self._peak)
            by = "memory" if spot.intensity < ridge(self._peak) else "arithmetic"
            text += f"\nat most {rate(most)}, bound by {by}"
            if spot.achieved is not None:
                text += f"; that is {spot.achieved / most:.0%}"
        return text

    # Mouse and keys.

    def event(self, event: QEvent) -> bool:
        """Say under the mouse what a spot stands for."""
        if isinstance(event, QHelpEvent) and event.type() is QEvent.Type.ToolTip:
            spot = self._near(QPointF(event.pos()))
            if spot is None:
                QToolTip.hideText()
            else:
                QToolTip.showText(event.globalPos(), self.describe(spot), self)
            return True
        return super().event(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Select the spot under the mouse."""
        spot = self._near(event.position())
        if event.button() is Qt.MouseButton.LeftButton and spot is not None:
            self.chosen.emit(spot.row)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Left and Right walk along the intensity."""
        order = sorted(self._spots, key=lambda spot: spot.intensity)
        by = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}.get(Qt.Key(event.key()))
        if by is None or not order:
            super().keyPressEvent(event)
            return
        here = next((i for i, spot in enumerate(order) if spot.row == self._selected), None)
        to = 0 if here is None else min(max(here + by, 0), len(order) - 1)
        self.chosen.emit(order[to].row)


def rate(flops: float) -> str:
    """FLOP a second in a few letters: "120 GFLOP/s"."""
    for size, letter in ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k")):
        if flops >= size:
            return f"{flops / size:.3g} {letter}FLOP/s"
    return f"{flops:.3g} FLOP/s"
