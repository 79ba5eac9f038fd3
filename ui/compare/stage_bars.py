"""What the stages of models cost: one bar a model and measure, cut into its stages."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QPointF, QRectF, Qt
from PySide6.QtGui import QHelpEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QToolTip, QWidget

from cnnviz.profiles import ModelProfile, StageCost
from ui import words
from ui.compare.chips import hue
from ui.theme import SNUG, TIGHT, mix, readable_on, scaled_font, theme_of


@dataclass(frozen=True, slots=True)
class _Measure:
    title: str
    value: Callable[[StageCost], int]
    text: Callable[[int], str]


MEASURES = (
    _Measure("Memory", lambda stage: stage.activation_bytes, words.size),
    _Measure("Parameters", lambda stage: stage.params, words.big),
    _Measure("MACs", lambda stage: stage.macs, words.big),
)


@dataclass(frozen=True, slots=True)
class Piece:
    """A stage of a model in a bar.

    Attributes:
        area: Where it is drawn.
        model: Number of the model.
        stage: Number of the stage.
        measure: Number of the measure.
    """

    area: QRectF
    model: int
    stage: int
    measure: int


class StageBars(QWidget):
    """Bars as long as the totals, on one scale a measure; stages from the input to the output."""

    def __init__(self) -> None:
        super().__init__()
        self.profiles: tuple[ModelProfile, ...] = ()
        self.setMinimumSize(240, 140)
        self.setAccessibleName("Costs of the stages of each model")

    def show_profiles(self, profiles: Sequence[ModelProfile]) -> None:
        """Show these models."""
        self.profiles = tuple(profiles)
        self.update()

    def pieces(self) -> list[Piece]:
        """Every stage that has a cost, with its place."""
        found = []
        count = len(self.profiles)
        if not count:
            return []
        line = self.fontMetrics().height()
        section = self.height() / len(MEASURES)
        room = self.width() - self._right()
        tall = min(40.0, (section - line - 2 * TIGHT) / count)
        for m, measure in enumerate(MEASURES):
            totals = [sum(map(measure.value, profile.stages)) for profile in self.profiles]
            most = max(totals)
            for i, profile in enumerate(self.profiles):
                x = 0.0
                top = m * section + line + TIGHT + i * tall
                for s, stage in enumerate(profile.stages):
                    wide = measure.value(stage) / most * room if most else 0.0
                    if wide:
                        found.append(Piece(QRectF(x, top, wide, max(tall - 2, 2)), i, s, m))
                    x += wide
        return found

    def _right(self) -> float:
        """Room for the totals."""
        texts = [
            measure.text(sum(map(measure.value, profile.stages)))
            for measure in MEASURES
            for profile in self.profiles
        ]
        return max(map(self.fontMetrics().horizontalAdvance, texts), default=0) + 2 * SNUG

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw headings, bars and totals."""
        painter = QPainter(self)
        colors = theme_of(self.palette())
        metrics = painter.fontMetrics()
        section = self.height() / len(MEASURES)
        bold = scaled_font("body", bold=True, base=self.font())
        if self.profiles:
            for m, measure in enumerate(MEASURES):
                painter.setFont(bold)
                painter.setPen(colors.text)
                title = f"{measure.title} by stage"
                painter.drawText(QPointF(0, m * section + metrics.ascent()), title)
        painter.setFont(self.font())
        ends: dict[tuple[int, int], QRectF] = {}
        for piece in self.pieces():
            ink = hue(colors, piece.model)
            fill = ink if piece.stage % 2 == 0 else mix(ink, colors.window, 0.32)
            area = piece.area.adjusted(0, 0, -0.6, 0)
            painter.fillRect(area, fill)
            ends[piece.measure, piece.model] = piece.area
            label = self.profiles[piece.model].stages[piece.stage].label
            fits = metrics.horizontalAdvance(label) + TIGHT < area.width()
            if fits and area.height() >= metrics.height() - 2:
                painter.setPen(readable_on(fill))
                painter.drawText(area, Qt.AlignmentFlag.AlignCenter, label)
        painter.setPen(colors.muted)
        tall = min((area.height() for area in ends.values()), default=0.0)
        if tall < metrics.height():  # many models in little room
            small = scaled_font("small", base=self.font())
            small.setPixelSize(max(7, round(tall)))
            painter.setFont(small)
        for (m, i), area in ends.items():
            measure = MEASURES[m]
            total = sum(map(measure.value, self.profiles[i].stages))
            where = QRectF(area.right() + TIGHT, area.top() - 2, self.width(), area.height() + 4)
            flags = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
            painter.drawText(where, flags, measure.text(total))
        painter.end()

    def describe(self, piece: Piece) -> str:
        """A stage in words."""
        profile, measure = self.profiles[piece.model], MEASURES[piece.measure]
        stage = profile.stages[piece.stage]
        value = measure.value(stage)
        total = sum(map(measure.value, profile.stages))
        return (
            f"{profile.name}: {stage.label}, {words.shape(stage.output_shape)}\n"
            f"{measure.title} {measure.text(value)}, {value / total:.1%} of the model"
        )

    def event(self, event: QEvent) -> bool:
        """Say under the mouse what a piece stands for."""
        if isinstance(event, QHelpEvent) and event.type() is QEvent.Type.ToolTip:
            at = QPointF(event.pos())
            piece = next((piece for piece in self.pieces() if piece.area.contains(at)), None)
            if piece is None:
                QToolTip.hideText()
            else:
                QToolTip.showText(event.globalPos(), self.describe(piece), self)
            return True
        return super().event(event)
