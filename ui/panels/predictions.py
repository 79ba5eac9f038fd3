"""What the network answers: the best classes with bars, and how they differ from before."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QRectF, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QPalette
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QLabel,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from cnnviz.predictions import Answer, Change, changes, comparable, ordinal, verdict
from cnnviz.training_state import training_sentence
from ui.panels.labels import plain_label, set_ink
from ui.settings import COUNTS
from ui.theme import SNUG, TIGHT, scaled_font, theme_of

COMPARISONS = {"nothing": "Nothing", "previous": "The run before", "held": "What is held"}

_SMALL_CHANGE = 5e-4
_FEW = 3  # classes of an auxiliary classifier


class Bars(QWidget):
    """Predictions as labelled bars.

    Every bar is drawn on the scale 0..1 where the scores are probabilities, else from the least to
    the greatest of them. What a class had before is a line across its bar.
    """

    def __init__(self, name: str = "Predictions") -> None:
        super().__init__()
        self._rows: tuple[Change, ...] = ()
        self._count = 0
        self._true: int | None = None
        self._faded = False
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(name)

    @property
    def rows(self) -> tuple[Change, ...]:
        """What is shown."""
        return self._rows

    def show_changes(
        self, rows: Sequence[Change], *, trained: bool, true_class: int | None = None
    ) -> None:
        """Show some classes, best first.

        Args:
            rows: The classes; one out of rank order fell from the first place.
            trained: False fades the bars: they mean nothing.
            true_class: Marked.
        """
        self._rows, self._true, self._faded = tuple(rows), true_class, not trained
        self.setAccessibleDescription("; ".join(self._spoken(row) for row in rows))
        self.setToolTip("\n".join(self._told(row) for row in rows))
        self.setFixedHeight(self._row_height() * len(rows))
        self.update()

    def _row_height(self) -> int:
        return self.fontMetrics().height() + 8

    def _probabilities(self) -> bool:
        return all(
            -1e-6 <= score <= 1.0 + 1e-6
            for row in self._rows
            for score in (row.now.score, row.before or 0.0)
        )

    def _score(self, score: float) -> str:
        if self._probabilities():
            return f"{score:.1%}" if score >= 0.001 or score == 0 else "< 0.1%"
        return f"{score:.3g}"

    def change_of(self, row: Change) -> str:
        """How a score moved: "▲ 12.0", in percentage points for probabilities; "" for nothing."""
        difference = row.difference
        if difference is None:
            return ""
        if self._probabilities():
            if abs(difference) < _SMALL_CHANGE:
                return "="
            text = f"{abs(difference):.1%}"[:-1]
        elif difference == 0:
            return "="
        else:
            text = f"{abs(difference):.2g}"
        return f"{'▲' if difference > 0 else '▼'} {text}"

    def _spoken(self, row: Change) -> str:
        return f"{row.now.label} {self._score(row.now.score)} {self.change_of(row)}".rstrip()

    def _told(self, row: Change) -> str:
        told = f"{ordinal(row.rank)}: {row.now.label} (class {row.now.index}): {row.now.score:.6g}"
        if row.before is not None and row.rank_before is not None:
            told += f"; before: {ordinal(row.rank_before)}, {row.before:.6g}"
        return told + ("; the true class" if row.now.index == self._true else "")

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw a bar, the label over it, the score and its change at the right."""
        if not self._rows:
            return
        painter = QPainter(self)
        palette, colors = self.palette(), theme_of(self.palette())
        text = palette.color(QPalette.ColorRole.WindowText)
        bar = palette.color(QPalette.ColorRole.Highlight)
        bar.setAlphaF(0.15 if self._faded else 0.45)
        low, high = 0.0, 1.0
        if not self._probabilities():
            scores = [score for r in self._rows for score in (r.now.score, r.before) if score]
            low, high = min(scores, default=0.0), max(scores, default=1.0)
        height = self._row_height()
        metrics = self.fontMetrics()
        if self._faded:
            text.setAlphaF(0.65)
        score_width = max(metrics.horizontalAdvance(self._score(r.now.score)) for r in self._rows)
        middle = Qt.AlignmentFlag.AlignVCenter
        for i, row in enumerate(self._rows):
            box = QRectF(0, i * height + 1, self.width(), height - 2)
            share = self._share(row.now.score, low, high)
            painter.fillRect(box, palette.alternateBase())  # rounded ones take fifty times as long
            painter.fillRect(
                QRectF(box.x(), box.y(), max(2.0, box.width() * share), box.height()), bar
            )
            if row.before is not None:
                x = box.x() + max(1.5, box.width() * self._share(row.before, low, high) - 1.5)
                painter.fillRect(QRectF(x - 1.5, box.top(), 3, box.height()), colors.warning)
            painter.setPen(text)
            inner = box.adjusted(6, 0, -6, 0)
            painter.drawText(
                inner, Qt.AlignmentFlag.AlignRight | middle, self._score(row.now.score)
            )
            change = self.change_of(row)
            taken = score_width + 10.0
            if change:
                beside = inner.adjusted(0, 0, -taken, 0)
                painter.setPen(colors.muted)
                painter.drawText(beside, Qt.AlignmentFlag.AlignRight | middle, change)
                taken += metrics.horizontalAdvance(change) + 8
            mark = "✓ " if row.now.index == self._true else ""
            label = metrics.elidedText(
                mark + row.now.label, Qt.TextElideMode.ElideRight, int(inner.width() - taken)
            )
            painter.setPen(text)
            painter.drawText(inner, Qt.AlignmentFlag.AlignLeft | middle, label)
        painter.end()

    @staticmethod
    def _share(score: float, low: float, high: float) -> float:
        """Where a score lies between two ends, 0..1."""
        if not high > low:
            return 1.0
        share = (score - low) / (high - low)
        return min(1.0, max(0.0, share)) if share == share else 0.0  # NaN is no share


class PredictionPanel(QWidget):
    """The answer of the latest run, beside that of another one on demand.

    Signals:
        count_chosen: How many classes are wanted.
        comparison_chosen: A key of `COMPARISONS`.
    """

    count_chosen = Signal(int)
    comparison_chosen = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self._now: Answer | None = None
        self._previous: Answer | None = None
        self._held: Answer | None = None
        self.count = QComboBox()
        for count in COUNTS:
            self.count.addItem(f"Top {count}", count)
        self.count.setCurrentIndex(COUNTS.index(5))
        self.count.setAccessibleName("How many classes")
        self.count.setToolTip("How many classes to show")
        self.comparison = QComboBox()
        for data, name in COMPARISONS.items():
            self.comparison.addItem(name, data)
        self.comparison.setAccessibleName("Compare with")
        self.comparison.setToolTip(
            "Show how the answer changed: since another picture, other weights or another network"
        )
        self.hold = QToolButton()
        self.hold.setText("Hold")
        self.hold.setToolTip("Keep this answer, to compare later ones with it")
        self.caution = plain_label("Caution", wrapped=True)
        self.truth = plain_label("The true class", wrapped=True)
        self.before = plain_label("What it is compared with", wrapped=True)
        self.bars = Bars()
        self._auxiliary: list[tuple[QLabel, Bars]] = []
        label = QLabel("Co&mpare")
        label.setBuddy(self.comparison)
        first, second = QHBoxLayout(), QHBoxLayout()
        first.addWidget(self.count)
        first.addStretch(1)
        first.addWidget(self.hold)
        second.addWidget(label)
        second.addWidget(self.comparison, 1)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(TIGHT)
        for row in (first, second):
            row.setSpacing(TIGHT)
            self._column.addLayout(row)
        for widget in (self.caution, self.truth, self.bars, self.before):
            self._column.addWidget(widget)
        self.count.currentIndexChanged.connect(self._count_changed)
        self.comparison.currentIndexChanged.connect(self._comparison_changed)
        self.hold.clicked.connect(self._hold)
        self._tint()
        self.show_answer(None)

    @property
    def answer(self) -> Answer | None:
        """What is shown."""
        return self._now

    def show_answer(self, answer: Answer | None) -> None:
        """Show an answer; None while there is none. The one before it is kept to compare with."""
        if answer is None:
            self.setVisible(False)
            return
        if self._now is not None and answer != self._now:
            self._previous = self._now
        self._now = answer
        self.setVisible(True)
        self._draw()

    def _reference(self) -> Answer | None:
        """What to compare with; None for nothing, or where it is about other classes."""
        wanted = self.comparison.currentData()
        found = {"previous": self._previous, "held": self._held}.get(wanted)
        fits = (
            found is not None
            and self._now is not None
            and comparable(self._now.predictions, found.predictions)
        )
        return found if fits else None

    def _draw(self) -> None:
        answer, count = self._now, self.count.currentData()
        if answer is None:
            return
        said = []
        if not answer.trained:
            said.append("Random weights: the predictions mean nothing.")
        if answer.training is not None:
            said.append(training_sentence(answer.training))
        self.caution.setText(" ".join(said))
        self.caution.setVisible(bool(said))
        truth = verdict(answer.predictions, answer.true_class)
        self.truth.setText(truth)
        self.truth.setVisible(bool(truth))
        before = self._reference()
        self.bars.show_changes(
            changes(answer.predictions, before.predictions if before else None, count),
            trained=answer.trained,
            true_class=answer.true_class,
        )
        self.before.setText(self._compared_with(before))
        self.before.setVisible(bool(self.before.text()))
        self._show_auxiliary(answer, before, min(count, _FEW))

    def _compared_with(self, before: Answer | None) -> str:
        wanted = self.comparison.currentData()
        if wanted == "nothing":
            return ""
        if before is not None:
            return f"The lines: {before.title}"
        there = self._previous if wanted == "previous" else self._held
        if there is not None:
            return f"{there.title} is about other classes."
        if wanted == "held":
            return "Nothing is held yet: press Hold."
        return "There is no run before this one yet."

    def _show_auxiliary(self, answer: Answer, before: Answer | None, count: int) -> None:
        while len(self._auxiliary) < len(answer.auxiliary):
            label, bars = plain_label(wrapped=True), Bars("Predictions of an auxiliary classifier")
            label.setFont(scaled_font("small"))
            self._column.addSpacing(SNUG)
            self._column.addWidget(label)
            self._column.addWidget(bars)
            self._auxiliary.append((label, bars))
            self._tint()
        earlier = {} if before is None else {a.node: a.predictions for a in before.auxiliary}
        for place, (label, bars) in enumerate(self._auxiliary):
            shown = place < len(answer.auxiliary)
            label.setVisible(shown)
            bars.setVisible(shown)
            if shown:
                auxiliary = answer.auxiliary[place]
                label.setText(f"Auxiliary classifier {auxiliary.node}")
                rows = changes(auxiliary.predictions, earlier.get(auxiliary.node), count)
                bars.show_changes(rows, trained=answer.trained, true_class=answer.true_class)

    def _hold(self) -> None:
        self._held = self._now
        self.comparison.setCurrentIndex(self.comparison.findData("held"))
        self._draw()

    def _count_changed(self) -> None:
        self._draw()
        self.count_chosen.emit(self.count.currentData())

    def _comparison_changed(self) -> None:
        self._draw()
        self.comparison_chosen.emit(self.comparison.currentData())

    def changeEvent(self, event: QEvent) -> None:
        """Follow the theme."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and hasattr(self, "_column"):
            self._tint()

    def _tint(self) -> None:
        colors = theme_of(self.palette())
        set_ink(self.caution, colors.warning)
        for label in (self.before, *(label for label, _ in self._auxiliary)):
            set_ink(label, colors.muted)
