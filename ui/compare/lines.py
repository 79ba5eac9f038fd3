"""How models go on along their depth: receptive field and resolution, one line a model."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import log2

from PySide6.QtCore import QEvent, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QHelpEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QToolTip, QVBoxLayout, QWidget

from cnnviz.profiles import DepthPoint, ModelProfile
from ui.compare.chips import hue
from ui.panels.labels import plain_label, set_ink
from ui.theme import GAP, SNUG, TIGHT, scaled_font, theme_of

_NEAR = 14.0


class DepthChart(QWidget):
    """One quantity against the number of layers.

    Args:
        title: What stands above.
        value: The quantity; None where there is none.
        say: A point in words.

    Signals:
        chosen: Number of a model, and the node whose point was clicked.
    """

    chosen = Signal(int, str)

    def __init__(
        self,
        title: str,
        value: Callable[[DepthPoint], int | None],
        say: Callable[[ModelProfile, DepthPoint], str],
    ) -> None:
        super().__init__()
        self._title = title
        self._value = value
        self._say = say
        self._profiles: tuple[ModelProfile, ...] = ()
        self._logarithmic = False
        self.setMinimumSize(240, 150)
        self.pointed: tuple[int, int] | None = None
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(title)
        self.setAccessibleDescription(
            "Left and Right walk along the depth, Up and Down from model to model, Enter selects."
        )

    def show_profiles(self, profiles: Sequence[ModelProfile]) -> None:
        """Show these models."""
        self._profiles = tuple(profiles)
        self.pointed = None
        self.update()

    def set_logarithmic(self, on: bool) -> None:
        """Equal steps are equal factors, or equal numbers."""
        self._logarithmic = on
        self.update()

    def lines(self) -> list[list[tuple[DepthPoint, QPointF]]]:
        """The points of each model that have the quantity, with their places."""
        area, extents = self._area(), self._extents()
        return [
            [
                (point, self._place(area, extents, point.depth, value))
                for point in profile.points
                if (value := self._value(point)) is not None
            ]
            for profile in self._profiles
        ]

    def _extents(self) -> tuple[int, int, int]:
        """The deepest layer, the least number and the largest."""
        points = [point for profile in self._profiles for point in profile.points]
        known = [(point.depth, v) for point in points if (v := self._value(point)) is not None]
        values = [value for _, value in known]
        deepest = max((depth for depth, _ in known), default=1)
        return max(deepest, 1), max(min(values, default=1), 1), max(values, default=1)

    def _place(
        self, area: QRectF, extents: tuple[int, int, int], depth: int, value: int
    ) -> QPointF:
        deepest, least, most = extents
        share = value / most
        if self._logarithmic:
            share = log2(max(value, least) / least) / max(log2(most / least), 1e-9)
        return QPointF(
            area.left() + depth / deepest * area.width(), area.bottom() - share * area.height()
        )

    def _area(self) -> QRectF:
        line = self.fontMetrics().height()
        left = self.fontMetrics().horizontalAdvance("00,000") + SNUG
        return QRectF(
            left, line * 1.6, self.width() - left - GAP, self.height() - line * 3.6 - TIGHT
        )

    def _marks(self, least: int, most: int) -> list[int]:
        if self._logarithmic:  # as the maps are halved
            halves = [round(most / 2**i) for i in range(12)]
            return [half for half in halves if half >= least]
        steps = (m * 10**e for e in range(7) for m in (1, 2, 5))
        step = next(step for step in steps if most / step <= 6)
        return list(range(0, most + 1, step))

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the axes and the lines."""
        if not self._profiles:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        colors = theme_of(self.palette())
        metrics, area = painter.fontMetrics(), self._area()
        extents = deepest, least, most = self._extents()
        painter.setFont(scaled_font("body", bold=True, base=self.font()))
        painter.setPen(colors.text)
        painter.drawText(QPointF(0, metrics.ascent()), self._title)
        painter.setFont(self.font())
        grid = colors.grid if colors.scheme == "light" else colors.border
        right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        for value in self._marks(least, most):
            y = self._place(area, extents, 0, value).y()
            painter.setPen(QPen(grid, 1))
            painter.drawLine(QPointF(area.left(), y), QPointF(area.right(), y))
            painter.setPen(colors.muted)
            box = QRectF(0, y - metrics.height() / 2, area.left() - TIGHT, metrics.height())
            painter.drawText(box, right, f"{value:,}")
        steps = (m * 10**e for e in range(4) for m in (1, 2, 5))
        fits = max(2.0, area.width() / metrics.horizontalAdvance("00000"))
        step = next(step for step in steps if deepest / step <= fits)
        for depth in range(0, deepest + 1, step):
            x = area.left() + depth / deepest * area.width()
            box = QRectF(x - 30, area.bottom() + 2, 60, metrics.height())
            painter.drawText(box, Qt.AlignmentFlag.AlignCenter, str(depth))
        painter.setFont(scaled_font("small"))
        below = QRectF(
            area.left(), area.bottom() + metrics.height() + 2, area.width(), metrics.height()
        )
        what = "layers with weights, on the longest way from the input"
        painter.drawText(below, Qt.AlignmentFlag.AlignCenter, what)
        drawn: list[list[QPointF]] = []
        for i, line in enumerate(self.lines()):
            if not line:
                continue
            ink = hue(colors, i)
            pen = QPen(ink, 2)
            places = [place for _, place in line]
            twins = drawn.count(places)
            if twins:  # what lies under it is seen between the dashes
                pen.setDashPattern([7, 7 * twins])
            drawn.append(places)
            painter.setPen(pen)
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawPolyline(QPolygonF(places))
            if not twins and area.width() / deepest >= 6:
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(ink)
                for place in places:
                    painter.drawEllipse(place, 3, 3)
        if self.pointed is not None and self.hasFocus():
            self._paint_pointed(painter, area)
        painter.end()

    def _paint_pointed(self, painter: QPainter, area: QRectF) -> None:
        """Mark the point that the keys have come to, and say what it is."""
        assert self.pointed is not None
        model, number = self.pointed
        point, place = self.lines()[model][number]
        colors = theme_of(self.palette())
        painter.setPen(QPen(colors.text, 2))
        painter.setBrush(hue(colors, model))
        painter.drawEllipse(place, 5, 5)
        painter.setFont(scaled_font("small"))
        text = self._say(self._profiles[model], point)
        box = QRectF(area.left() + SNUG, area.top(), area.width(), painter.fontMetrics().height())
        painter.fillRect(box.adjusted(-2, 0, -SNUG, 0), colors.window)
        painter.drawText(box, Qt.AlignmentFlag.AlignLeft, text)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Walk, and choose."""
        lines, key = self.lines(), event.key()
        full = [model for model, line in enumerate(lines) if line]
        steps = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1, Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1}
        if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.pointed is not None:
            model, number = self.pointed
            self.chosen.emit(model, lines[model][number][0].node)
        elif Qt.Key(key) in steps and full:
            model, number = self.pointed or (full[0], -1)
            if key in (Qt.Key.Key_Up, Qt.Key.Key_Down):
                model = full[(full.index(model) + steps[Qt.Key(key)]) % len(full)]
            else:
                number += steps[Qt.Key(key)]
            self.pointed = model, min(max(number, 0), len(lines[model]) - 1)
            self.update()
        else:
            super().keyPressEvent(event)

    def near(self, at: QPointF) -> list[tuple[int, DepthPoint]]:
        """Number of the model and point, of each model's point nearest to a place, if near."""
        found = []
        for i, line in enumerate(self.lines()):
            best = min(
                line, key=lambda entry: (entry[1] - at).manhattanLength(), default=None
            )  # fmt: skip
            if best is not None and (best[1] - at).manhattanLength() < _NEAR:
                found.append((i, best[0]))
        return found

    def event(self, event: QEvent) -> bool:
        """Say under the mouse what a point stands for."""
        if isinstance(event, QHelpEvent) and event.type() is QEvent.Type.ToolTip:
            lines = [
                self._say(self._profiles[i], point) for i, point in self.near(QPointF(event.pos()))
            ]
            if lines:
                QToolTip.showText(event.globalPos(), "\n".join(lines), self)
            else:
                QToolTip.hideText()
            return True
        return super().event(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Show what can be clicked."""
        shape = Qt.CursorShape.PointingHandCursor
        self.setCursor(shape if self.near(event.position()) else Qt.CursorShape.ArrowCursor)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Choose the node of a point."""
        near = self.near(event.position())
        if near and event.button() is Qt.MouseButton.LeftButton:
            self.chosen.emit(near[0][0], near[0][1].node)


class DepthTab(QWidget):
    """Both charts.

    Signals:
        chosen: Number of a model, and a node of it.
    """

    chosen = Signal(int, str)

    def __init__(self) -> None:
        super().__init__()
        self.field = DepthChart("Receptive field, rows of the input", _field, _say_field)
        self.rows = DepthChart("Resolution, rows of the output", lambda p: p.rows, _say_rows)
        self.rows.set_logarithmic(True)
        self.logarithmic = QCheckBox("Logarithmic receptive field")
        self.logarithmic.setToolTip("Equal steps up are equal factors")
        self.logarithmic.toggled.connect(self.field.set_logarithmic)
        self.note = plain_label("How each line ends", wrapped=True)
        for chart in (self.field, self.rows):
            chart.chosen.connect(self.chosen)
        charts = QHBoxLayout()
        charts.setSpacing(GAP)
        charts.addWidget(self.field, 1)
        charts.addWidget(self.rows, 1)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(GAP, SNUG, GAP, SNUG)
        whole.setSpacing(SNUG)
        whole.addWidget(self.logarithmic)
        whole.addLayout(charts, 1)
        whole.addWidget(self.note)

    def show_profiles(self, profiles: Sequence[ModelProfile]) -> None:
        """Show these models."""
        self.field.show_profiles(profiles)
        self.rows.show_profiles(profiles)
        self.note.setText(" ".join(map(_ending, profiles)))
        self.tint()

    def tint(self) -> None:
        """Follow the theme."""
        set_ink(self.note, theme_of(self.palette()).muted)


def _field(point: DepthPoint) -> int | None:
    return point.field if point.rows is not None else None


def _ending(profile: ModelProfile) -> str:
    seen = [point for point in profile.points if _field(point) is not None]
    if not seen:
        return f"{profile.name} has no windows."
    last, height = seen[-1], profile.input_shape[0] or 0
    reach = "more than" if (last.field or 0) > height else "of"
    return f"{profile.name} ends with windows of {last.field:,} rows, {reach} its {height:,}."


def _say_field(profile: ModelProfile, point: DepthPoint) -> str:
    return f"{profile.name}, layer {point.depth}: {point.node} sees {point.field:,} rows"


def _say_rows(profile: ModelProfile, point: DepthPoint) -> str:
    return f"{profile.name}, layer {point.depth}: {point.node} has {point.rows:,} rows"
