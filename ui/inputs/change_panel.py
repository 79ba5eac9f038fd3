"""Changes of the current picture, and what becomes of the answer."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from cnnviz.requests import Picture, RunResult
from cnnviz.transforms import NONE, Transform
from ui.inputs.answer_change import AnswerChange, changed_rows
from ui.inputs.picture_views import Box, CropView, ShiftView
from ui.inputs.slider_row import SliderRow
from ui.panels.labels import plain_label, set_ink
from ui.scroll_bar import flat_bars
from ui.theme import SNUG, TIGHT, scaled_font, theme_of


class ChangePanel(QWidget):
    """Chooses a `Transform` and compares with the unchanged picture.

    Signals:
        chosen: The `Transform` as it is now.
    """

    chosen = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.transform = NONE
        self._before: RunResult | None = None
        self._held = (0, 0)
        self._height = self._width = 32
        self.whole, self.goes_in = CropView(), ShiftView()
        self.whole.cropped.connect(lambda box: self.choose(replace(self.transform, crop=box)))
        self.goes_in.taken.connect(self._take_hold)
        self.goes_in.moved.connect(self._drag)
        self.verdict = plain_label("How the answer changed", wrapped=True)
        self.verdict.setFont(scaled_font("body", bold=True))
        self.answer = AnswerChange()
        self.mirror = QCheckBox("Mirrored")
        self.mirror.setToolTip("Exchange left and right")
        self.mirror.clicked.connect(lambda on: self.choose(replace(self.transform, mirror=on)))
        self.reset = QPushButton("Reset")
        self.reset.setToolTip("The picture as it is")
        self.reset.clicked.connect(lambda: self.choose(NONE))
        self._make_rows()
        self._lay_out()
        self._show_transform()

    def _make_rows(self) -> None:
        self.down = SliderRow("Down", -16, 16, "Pixels of the input to shift it down by", " px")
        self.right = SliderRow("Right", -16, 16, "Pixels of the input to shift it right by", " px")
        self.angle = SliderRow("Turn", -180, 180, "Degrees counter-clockwise", "°")
        self.zoom = SliderRow("Part", 10, 100, "How much of the picture goes in, enlarged", " %")
        for row in (self.down, self.right, self.angle):
            row.changed.connect(self._moved)
        self.zoom.changed.connect(self._zoomed)

    def _lay_out(self) -> None:
        pictures = QHBoxLayout()
        pictures.setSpacing(SNUG)
        pictures.addWidget(self.whole)
        pictures.addWidget(self.goes_in)
        grid = QGridLayout()
        grid.setColumnStretch(1, 1)
        grid.setHorizontalSpacing(TIGHT)
        grid.setVerticalSpacing(2)
        for row in (self.down, self.right, self.angle, self.zoom):
            row.add_to(grid)
        buttons = QHBoxLayout()
        buttons.setSpacing(TIGHT)
        buttons.addWidget(self.mirror, 1)
        buttons.addWidget(self.reset)
        inside = QWidget()
        column = QVBoxLayout(inside)
        column.setContentsMargins(SNUG, SNUG, SNUG, SNUG)
        column.setSpacing(TIGHT)
        column.addLayout(pictures, 1)
        column.addWidget(self.verdict)
        column.addLayout(grid)
        column.addLayout(buttons)
        column.addSpacing(TIGHT)
        column.addWidget(self.answer)
        scroll = QScrollArea()
        flat_bars(scroll)
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setWidget(inside)
        outside = QVBoxLayout(self)
        outside.setContentsMargins(0, 0, 0, 0)
        outside.addWidget(scroll)

    # What is shown.

    def show_run(self, run: RunResult, transform: Transform) -> None:
        """Show a pass: without a change it is what later ones are compared with."""
        if transform == NONE:
            self._before = run
            self._fit(run.picture)
            self.whole.show_picture(run.picture)
        self.goes_in.show_picture(run.picture)
        self._compare(run, transform)

    def take(self, transform: Transform) -> None:
        """Show what was done to the current picture, without a signal."""
        self.transform = transform
        self._show_transform()

    def forget(self) -> None:
        """There is another picture, or other weights: nothing to compare with yet."""
        self._before = None
        self.whole.show_picture(None)
        self.goes_in.show_picture(None)
        self.verdict.setText("")
        self.answer.show_rows((), compared=False)

    def _fit(self, picture: Picture) -> None:
        self._height, self._width = picture.shape[:2]
        self.down.set_range(-self._height // 2, self._height // 2)
        self.right.set_range(-self._width // 2, self._width // 2)

    def _compare(self, run: RunResult, transform: Transform) -> None:
        before = self._before
        now = run.predictions
        was = before.predictions if before is not None else None
        if now is None:
            self.verdict.setText("The network names no classes.")
            self.answer.show_rows((), compared=False)
            return
        changed = transform != NONE and was is not None
        rows = changed_rows(was if was is not None and changed else now, now)
        self.answer.show_rows(rows, compared=changed)
        if not run.weights.trained:
            self.verdict.setText("Random weights: the answer means nothing.")
        elif was is None or not changed:
            self.verdict.setText(f"As it is: {now[0].label}{_percents(now[0].score)}")
        elif was[0].index == now[0].index:
            self.verdict.setText(f"Still {now[0].label}{_percents(was[0].score, now[0].score)}")
        else:
            self.verdict.setText(
                f"{was[0].label}{_percents(was[0].score)} became "
                f"{now[0].label}{_percents(now[0].score)}"
            )

    def _show_transform(self) -> None:
        transform = self.transform
        self.down.set_value(transform.shift[0])
        self.right.set_value(transform.shift[1])
        self.angle.set_value(round(transform.angle))
        share = transform.crop[2] / self._height if transform.crop is not None else 1.0
        self.zoom.set_value(round(100 * share))
        self.mirror.setChecked(transform.mirror)
        self.whole.show_box(transform.crop)
        self.reset.setEnabled(transform != NONE)

    # What the user chooses.

    def choose(self, transform: Transform) -> None:
        """Take a change as if the user had chosen it."""
        self.transform = transform
        self._show_transform()
        self.chosen.emit(transform)

    def _moved(self) -> None:
        self.choose(
            replace(
                self.transform,
                angle=float(self.angle.value),
                shift=(self.down.value, self.right.value),
            )
        )

    def _zoomed(self, percent: int) -> None:
        """Another share of the picture, around the same middle as far as that goes."""
        top, left, height, width = self.transform.crop or (0, 0, self._height, self._width)
        rows = max(1, round(self._height * percent / 100))
        columns = max(1, round(self._width * percent / 100))
        box: Box = (
            min(max(round(top + (height - rows) / 2), 0), self._height - rows),
            min(max(round(left + (width - columns) / 2), 0), self._width - columns),
            rows,
            columns,
        )
        self.choose(replace(self.transform, crop=None if percent == 100 else box))

    def _take_hold(self) -> None:
        self._held = self.transform.shift

    def _drag(self, down: int, right: int) -> None:
        limits = self._height // 2, self._width // 2
        shift = tuple(
            min(max(held + by, -limit), limit)
            for held, by, limit in zip(self._held, (down, right), limits, strict=True)
        )
        if shift != self.transform.shift:
            self.choose(replace(self.transform, shift=(shift[0], shift[1])))

    def changeEvent(self, event: QEvent) -> None:
        """Follow the theme."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and hasattr(self, "verdict"):
            set_ink(self.verdict, theme_of(self.palette()).text)


def _percents(*scores: float) -> str:
    """Scores in brackets where they are probabilities."""
    if all(0 <= score <= 1 for score in scores):
        return f" ({' → '.join(f'{score:.1%}' for score in scores)})"
    return ""
