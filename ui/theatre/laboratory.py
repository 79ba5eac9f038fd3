"""The laboratory: a convolution of one's own, with lectures ready to play."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import cast

import numpy as np
from PIL import Image
from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QGuiApplication, QKeySequence, QPalette, QShortcut
from PySide6.QtWidgets import (
    QComboBox,
    QDoubleSpinBox,
    QFrame,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QMenu,
    QPushButton,
    QScrollArea,
    QSplitter,
    QVBoxLayout,
    QWidget,
)

from cnnviz.cells import write_grid
from cnnviz.experiment import Experiment, build
from cnnviz.lab import Lab, LabError, parse
from cnnviz.lectures import BY_ID, LECTURES, Lecture, lecture_of
from cnnviz.requests import Picture
from cnnviz.rivals import rivals
from ui.scroll_bar import flat_bars
from ui.theatre.form import LabForm
from ui.theatre.play_view import PlayView
from ui.theatre.show import View, show_of_lab
from ui.theme import GAP, SNUG, TIGHT, theme_of

_FIRST = "edge"
_CROP = 32
"""Cells of a photo crop where N says nothing."""

_MOST_UNDO = 200


class Laboratory(QWidget):
    """Form at the left, stage at the right.

    Args:
        picture: Gives the picture that is open, for a crop of it; None where there is none.

    Signals:
        show_changed: The `Show` on the stage.
    """

    show_changed = Signal(object)

    def __init__(self, picture: Callable[[], Picture | None] = lambda: None) -> None:
        super().__init__()
        self._picture = picture
        self._done: list[Lab] = []
        self._undone: list[Lab] = []
        self.lab = parse(BY_ID[_FIRST].line)
        self.experiment: Experiment | None = None
        self.form = LabForm()
        self.view = PlayView()
        self._build()
        self._connect()
        self.lecture_chosen(_FIRST)
        self._done.clear()
        self._enable()

    def _build(self) -> None:
        self.lectures = QComboBox()
        self.lectures.setAccessibleName("Lectures")
        self.lectures.setToolTip("Examples ready to play")
        self.lectures.setPlaceholderText("Lectures…")
        group = ""
        for lecture in LECTURES:
            if lecture.group != group:
                group = lecture.group
                self.lectures.addItem(group)
                item = self.lectures.model().item(self.lectures.count() - 1)  # type: ignore[attr-defined]
                item.setEnabled(False)
            self.lectures.addItem(f"   {lecture.title}", lecture.id)
        self.lectures.setMaxVisibleItems(24)
        self.lectures.setSizeAdjustPolicy(
            QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
        )
        self.lectures.setMinimumContentsLength(14)
        self.undo = QPushButton("Undo")
        self.undo.setToolTip("Take the last change back (Ctrl+Z)")
        self.redo = QPushButton("Redo")
        self.redo.setToolTip("Make it again (Ctrl+Shift+Z)")
        self.photo = QPushButton("Photo crop")
        self.photo.setToolTip("Take the middle of the picture that is open as the input")
        kinds = QMenu(self.photo)
        self.in_colour = kinds.addAction("In colour: red, green, blue", lambda: self._crop("RGB"))
        self.in_grey = kinds.addAction("In grey", lambda: self._crop("L"))
        self.photo.setMenu(kinds)
        self.paint = QPushButton("Paint")
        self.paint.setCheckable(True)
        self.paint.setToolTip("Draw into the cells of input and kernel with the mouse")
        self.brush = QDoubleSpinBox()
        self.brush.setRange(-1000, 1000)
        self.brush.setDecimals(1)
        self.brush.setValue(1)
        self.brush.setToolTip("The number that is painted")
        self.brush.setAccessibleName("Number to paint")
        self.line = QLineEdit()
        self.line.setAccessibleName("The laboratory as a line of text")
        self.line.setToolTip("Copy this line to share it; paste one and press Enter to open it")
        self.copy = QPushButton("Copy")
        self.copy.setToolTip("Copy the line")
        self.line_problem = QLabel()
        self.line_problem.setWordWrap(True)
        self.line_problem.setVisible(False)
        self.text = QLabel()
        self.text.setWordWrap(True)
        self.text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.facts = QLabel()
        self.facts.setWordWrap(True)
        self.facts.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        left = QWidget()
        column = QVBoxLayout(left)
        column.setContentsMargins(GAP, SNUG, 0, SNUG)
        column.setSpacing(SNUG)
        column.addWidget(self.lectures)
        tools = QHBoxLayout()
        tools.setSpacing(TIGHT)
        for widget in (self.undo, self.redo):
            tools.addWidget(widget)
        column.addLayout(tools)
        painting = QHBoxLayout()
        painting.setSpacing(TIGHT)
        for tool in (self.photo, self.paint, self.brush):
            painting.addWidget(tool)
        column.addLayout(painting)
        scroll = QScrollArea()
        flat_bars(scroll)
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setWidget(self.form)
        column.addWidget(scroll, 1)
        right = QWidget()
        beside = QVBoxLayout(right)
        beside.setContentsMargins(0, SNUG, 0, 0)
        beside.setSpacing(TIGHT)
        for label in (self.text, self.facts):
            label.setContentsMargins(GAP, 0, GAP, 0)
            beside.addWidget(label)
        beside.addWidget(self.view, 1)
        share = QHBoxLayout()
        share.setContentsMargins(GAP, 0, GAP, SNUG)
        share.addWidget(QLabel("Line"))
        share.addWidget(self.line, 1)
        share.addWidget(self.copy)
        beside.addWidget(self.line_problem)
        beside.addLayout(share)
        split = QSplitter(Qt.Orientation.Horizontal)
        split.setChildrenCollapsible(False)
        split.addWidget(left)
        split.addWidget(right)
        left.setMaximumWidth(340)
        split.setSizes([230, 900])
        split.setStretchFactor(1, 1)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(split)

    def _connect(self) -> None:
        self.lectures.activated.connect(
            lambda: self.lecture_chosen(self.lectures.currentData() or "")
        )
        self.form.edited.connect(self.change)
        self.undo.clicked.connect(self.take_back)
        self.redo.clicked.connect(self.make_again)
        self.line.returnPressed.connect(self._open_line)
        self.copy.clicked.connect(lambda: QGuiApplication.clipboard().setText(self.lab.line()))
        self.paint.toggled.connect(self.view.stage.set_painting)
        self.view.stage.painted.connect(self._painted)
        for keys, slot in (
            (QKeySequence.StandardKey.Undo, self.take_back),
            (QKeySequence.StandardKey.Redo, self.make_again),
        ):
            shortcut = QShortcut(QKeySequence(keys), self)
            shortcut.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
            shortcut.activated.connect(slot)

    # Changing it.

    def change(self, lab: Lab) -> None:
        """Take what was typed; what does not work stays in the fields, and the stage as it was."""
        if lab != self.lab:
            self._done.append(self.lab)
            del self._done[:-_MOST_UNDO]
            self._undone.clear()
            self._use(lab)

    def take_back(self) -> None:
        """Undo."""
        self.form.flush()
        if self._done:
            self._undone.append(self.lab)
            self._use(self._done.pop(), fill=True)

    def make_again(self) -> None:
        """Redo."""
        if self._undone:
            self._done.append(self.lab)
            self._use(self._undone.pop(), fill=True)

    def lecture_chosen(self, name: str) -> None:
        """Open a lecture."""
        lecture = BY_ID.get(name)
        if lecture is None:
            return
        self._done.append(self.lab)
        self._undone.clear()
        self._use(parse(lecture.line), fill=True, lecture=lecture)
        self.view.player.go(0)

    def open_line(self, line: str) -> None:
        """Open a laboratory that somebody shared.

        Raises:
            LabError: It is no such line.
        """
        lab = parse(line)
        self._done.append(self.lab)
        self._undone.clear()
        self._use(lab, fill=True)

    def _open_line(self) -> None:
        try:
            self.open_line(self.line.text())
        except LabError as error:
            self._say_of_line(str(error))

    def _say_of_line(self, text: str) -> None:
        palette = self.line_problem.palette()
        palette.setColor(QPalette.ColorRole.WindowText, theme_of(self.palette()).error)
        self.line_problem.setPalette(palette)
        self.line_problem.setContentsMargins(GAP, 0, GAP, 0)
        self.line_problem.setText(text)
        self.line_problem.setVisible(bool(text))

    def _use(self, lab: Lab, *, fill: bool = False, lecture: Lecture | None = None) -> None:
        self.lab = lab
        if fill:
            self.form.set_lab(lab)
        else:
            self.form.fit(lab)
        self._enable()
        try:
            experiment = build(lab)
        except LabError as error:
            self.form.show_problems(error.problems)
            return
        self.form.show_problems({})
        self._say_of_line("")
        self.line.setText(lab.line())
        self.line.setCursorPosition(0)
        self.experiment = experiment
        opened = lecture is not None
        lecture = lecture or lecture_of(lab)
        self.lectures.setCurrentIndex(self.lectures.findData(lecture.id) if lecture else -1)
        title = lecture.title if lecture is not None else _title(lab)
        show = show_of_lab(experiment, title, rivals(lecture) if lecture is not None else ())
        self.text.setText(lecture.text if lecture is not None else "")
        self.text.setVisible(lecture is not None)
        self.facts.setText(_facts(experiment))
        view = cast(View, lecture.view) if opened and lecture is not None else None
        self.view.set_show(show, view=view)
        self.show_changed.emit(show)

    def _enable(self) -> None:
        self.undo.setEnabled(bool(self._done))
        self.redo.setEnabled(bool(self._undone))

    def _crop(self, mode: str) -> None:
        """The middle of the picture as the input: three channels ("RGB") or one ("L")."""
        picture = self._picture()
        if picture is None:
            self.form.show_problems({"input": "There is no picture yet: run one first."})
            return
        shape = self.experiment.values.shape if self.experiment is not None else (_CROP, _CROP)
        height, width = shape[:2]
        if not self.lab.N.strip():
            height = width = _CROP
        image = Image.fromarray(picture).convert(mode)
        side = min(image.size)
        left, top = (image.width - side) // 2, (image.height - side) // 2
        image = image.resize(
            (width, height), Image.Resampling.BOX, (left, top, left + side, top + side)
        )
        bands = np.asarray(image, np.float64).reshape(height, width, -1)
        text = ";".join(write_grid(bands[:, :, band]) for band in range(bands.shape[2]))
        lab = replace(self.form.lab(), input=text, N="", C="")
        self.change(lab)
        self.form.set_lab(lab)

    def _painted(self, which: str, row: int, column: int) -> None:
        """A cell of the input or the kernel was painted."""
        if self.experiment is None:
            return
        moment, operation = self.view.moment, self.experiment.operation
        channels = operation.channels_read(moment.channel)
        depth = min(moment.depth, len(channels) - 1)
        number = self.brush.value()
        lab = self.lab
        if which == "input":
            values = self.experiment.values.copy()
            values[row, column, int(channels[depth])] = number
            text = ";".join(write_grid(values[:, :, c]) for c in range(values.shape[2]))
            lab = replace(lab, input=text, N="", C="")
        elif operation.kernel is not None:
            kernel = operation.kernel.copy()
            if operation.pointwise is not None:
                kernel[row, column, 0, depth] = number
            else:
                kernel[row, column, depth, moment.channel] = number
            if lab.op == "convolution":
                kernel = kernel[::-1, ::-1]
            text = "|".join(
                ";".join(write_grid(kernel[:, :, c, k]) for c in range(kernel.shape[2]))
                for k in range(kernel.shape[3])
            )
            lab = replace(lab, kernel=text, K="")
        self.change(lab)
        self.form.set_lab(lab)


def _title(lab: Lab) -> str:
    return {
        "max": "Max pooling",
        "average": "Average pooling",
        "correlation": "Cross-correlation, as networks do",
        "convolution": "True convolution",
    }.get(lab.op, f"{lab.op.capitalize()} convolution")


def _facts(experiment: Experiment) -> str:
    operation = experiment.operation
    shape = " × ".join(str(size) for size in operation.output_shape)
    before = " × ".join(str(size) for size in operation.input_shape)
    return (
        f"{before} → {shape};  {operation.params:,} parameters;  {operation.macs:,} MACs "
        "(multiply-adds)"
    )
