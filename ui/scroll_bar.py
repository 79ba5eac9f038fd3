"""Flat scroll bars."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPolygonF
from PySide6.QtWidgets import QAbstractScrollArea, QScrollBar, QStyle, QStyleOptionSlider

_PART = QStyle.SubControl
_MARGIN = 3.0
_ARROW = 2.5
"""Half of the width of an arrow, in pixels."""


class ScrollBar(QScrollBar):
    """A bar with the parts of the style, drawn flat.

    Fusion paints a tall one line by line of its gradients, in 3 ms; this takes 0.1. A style of our
    own would do it everywhere at once, but PySide does not always survive its end: with one, the
    process was seen to crash as it exited.
    """

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the slider and the two arrows; nothing where there is nothing to scroll."""
        painter, palette = QPainter(self), self.palette()
        painter.fillRect(self.rect(), palette.window())
        if not self.isEnabled() or self.minimum() == self.maximum():
            return
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(palette.placeholderText())
        painter.setOpacity(0.85 if self.isSliderDown() else 0.65 if self.underMouse() else 0.45)
        body = self._part(_PART.SC_ScrollBarSlider).adjusted(_MARGIN, _MARGIN, -_MARGIN, -_MARGIN)
        radius = min(body.width(), body.height()) / 2
        painter.drawRoundedRect(body, radius, radius)
        for part, ahead in ((_PART.SC_ScrollBarSubLine, -1), (_PART.SC_ScrollBarAddLine, 1)):
            self._draw_arrow(painter, self._part(part).center(), ahead)

    def _draw_arrow(self, painter: QPainter, at: QPointF, ahead: int) -> None:
        tip, side = _ARROW * 0.7 * ahead, _ARROW
        points = [(tip, 0.0), (-tip, -side), (-tip, side)]
        if self.orientation() == Qt.Orientation.Vertical:
            points = [(y, x) for x, y in points]
        painter.drawPolygon(QPolygonF([at + QPointF(x, y) for x, y in points]))

    def _part(self, part: QStyle.SubControl) -> QRectF:
        option = QStyleOptionSlider()
        self.initStyleOption(option)
        control = QStyle.ComplexControl.CC_ScrollBar
        return QRectF(self.style().subControlRect(control, option, part, self))


def flat_bars(area: QAbstractScrollArea) -> None:
    """Give an area flat scroll bars; before anything is connected to those that it has."""
    area.setVerticalScrollBar(ScrollBar(Qt.Orientation.Vertical))
    area.setHorizontalScrollBar(ScrollBar(Qt.Orientation.Horizontal))
