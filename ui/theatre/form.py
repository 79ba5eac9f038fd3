"""The fields of the laboratory, with what is wrong said at each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields

from PySide6.QtCore import QTimer, Signal
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import (
    QComboBox,
    QFormLayout,
    QGridLayout,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QVBoxLayout,
    QWidget,
)

from cnnviz.arithmetic import ACTIVATIONS
from cnnviz.cells import KERNELS, PICTURES
from cnnviz.lab import OPERATIONS, Lab, one_line
from ui.theme import SNUG, TIGHT, scaled_font, theme_of

_PAUSE_MS = 150

_SMALL: tuple[tuple[str, str, str], ...] = (
    ("N", "Input N", "Cells along a side of the input, such as 7 or 5x9; empty: as many as typed"),
    ("C", "Channels", "Channels of the input; empty: as many as typed"),
    ("K", "Kernel F", "Size of the kernel, such as 3 or 1x3; empty: as typed"),
    ("M", "Filters", "Output channels; empty: as many as typed"),
    ("S", "Stride S", "Cells from one window to the next"),
    ("P", "Padding P", "Cells of padding on each side, or valid, same, full"),
    ("D", "Dilation D", "Cells from one tap of the kernel to the next"),
    ("G", "Groups", "Groups of channels that do not see each other"),
    ("bias", "Bias", "A number, or one for each filter; empty for none"),
    ("A", "Added", "Cells added at the end of a transposed convolution"),
)


class LabForm(QWidget):
    """Edits a `Lab`.

    Signals:
        edited: The `Lab` as it stands now, a moment after the last key.
    """

    edited = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self._quiet = False
        self._pause = QTimer(self, singleShot=True, interval=_PAUSE_MS)
        self._pause.timeout.connect(lambda: self.edited.emit(self.lab()))
        self.problems: dict[str, QLabel] = {}
        self.lines: dict[str, QLineEdit] = {}
        self.op = self._choice(OPERATIONS, "Operation", "What the window does")
        self.act = self._choice(tuple(ACTIVATIONS), "Activation", "Applied to each sum")
        self.input, self.kernel = QPlainTextEdit(), QPlainTextEdit()
        self.mix = QLineEdit()
        self._build()

    def _build(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, SNUG, 0)
        column.setSpacing(TIGHT)
        top = QFormLayout()
        top.addRow("Operation", self.op)
        column.addLayout(top)
        column.addWidget(self._problem("op"))
        grid = QGridLayout()
        grid.setHorizontalSpacing(SNUG)
        grid.setVerticalSpacing(TIGHT)
        for number, (name, label, tip) in enumerate(_SMALL):
            line = QLineEdit()
            line.setToolTip(tip)
            line.setAccessibleName(label)
            line.textChanged.connect(self._touched)
            self.lines[name] = line
            row, side = divmod(number, 2)
            caption = QLabel(label)
            caption.setBuddy(line)
            grid.addWidget(caption, 2 * row, 2 * side)
            grid.addWidget(line, 2 * row, 2 * side + 1)
            grid.addWidget(self._problem(name), 2 * row + 1, 2 * side, 1, 2)
        column.addLayout(grid)
        below = QFormLayout()
        below.addRow("Activation", self.act)
        column.addLayout(below)
        column.addWidget(self._problem("act"))
        self._numbers(column, "input", "Input", self.input, tuple(PICTURES))
        self._numbers(column, "kernel", "Kernel", self.kernel, KERNELS)
        self.mix.setToolTip("1 × 1 weights of a separable convolution: a row for each channel")
        self.mix.setAccessibleName("1 × 1 weights")
        self.mix.textChanged.connect(self._touched)
        self._mix_row = QFormLayout()
        self._mix_row.addRow("1 × 1", self.mix)
        column.addLayout(self._mix_row)
        column.addWidget(self._problem("mix"))
        column.addStretch(1)

    def _choice(self, names: tuple[str, ...], label: str, tip: str) -> QComboBox:
        box = QComboBox()
        box.addItems(list(names))
        box.setAccessibleName(label)
        box.setToolTip(tip)
        box.currentTextChanged.connect(self._touched)
        return box

    def _problem(self, name: str) -> QLabel:
        label = QLabel()
        label.setWordWrap(True)
        label.setFont(scaled_font("small"))
        label.setVisible(False)
        self.problems[name] = label
        return label

    def _numbers(
        self,
        column: QVBoxLayout,
        name: str,
        label: str,
        text: QPlainTextEdit,
        names: tuple[str, ...],
    ) -> None:
        presets = QComboBox()
        presets.addItem(f"{label}: choose or type…")
        presets.addItems(list(names))
        presets.setAccessibleName(f"{label} presets")
        presets.setToolTip(f"Fill in a ready {label.lower()}")

        def fill(index: int) -> None:
            if index > 0:
                text.setPlainText(names[index - 1])
                presets.setCurrentIndex(0)

        presets.activated.connect(fill)
        text.setAccessibleName(f"{label} numbers")
        text.setToolTip(
            "A name, or rows of numbers (paste from a spreadsheet); channels parted by ;"
            + (", filters by |" if name == "kernel" else "")
        )
        text.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        text.setTabChangesFocus(True)
        text.setFixedHeight(text.fontMetrics().lineSpacing() * 5 + 12)
        text.textChanged.connect(self._touched)
        column.addWidget(presets)
        column.addWidget(text)
        column.addWidget(self._problem(name))

    def _touched(self, _: object = None) -> None:
        if not self._quiet:
            self._pause.start()

    def flush(self) -> None:
        """Tell of the last edit now."""
        if self._pause.isActive():
            self._pause.stop()
            self.edited.emit(self.lab())

    def lab(self) -> Lab:
        """What the fields hold."""
        values = {name: line.text().strip() for name, line in self.lines.items()}
        return Lab(
            op=self.op.currentText(),
            act=self.act.currentText(),
            input=one_line(self.input.toPlainText()),
            kernel=one_line(self.kernel.toPlainText()),
            mix=self.mix.text().strip(),
            **values,
        )

    def set_lab(self, lab: Lab) -> None:
        """Fill the fields, without telling."""
        self._quiet = True
        self._pause.stop()
        for name, line in self.lines.items():
            line.setText(getattr(lab, name))
        for box, text in ((self.op, lab.op), (self.act, lab.act)):
            if box.findText(text) < 0:
                box.addItem(text)
            box.setCurrentText(text)
        self.input.setPlainText(_as_lines(lab.input))
        self.kernel.setPlainText(_as_lines(lab.kernel))
        self.mix.setText(lab.mix)
        self._quiet = False
        self.fit(lab)

    def fit(self, lab: Lab) -> None:
        """Switch off what the operation has no use for."""
        pool = lab.op in ("max", "average")
        for name in ("M", "G", "bias"):
            self.lines[name].setEnabled(not pool)
        self.kernel.setEnabled(not pool)
        self.lines["G"].setEnabled(lab.op in ("correlation", "convolution"))
        self.lines["A"].setEnabled(lab.op == "transposed")
        self._mix_row.setRowVisible(0, lab.op == "separable")

    def show_problems(self, problems: Mapping[str, str]) -> None:
        """Say at each field what is wrong with it."""
        error = theme_of(self.palette()).error
        for entry in fields(Lab):
            label = self.problems[entry.name]
            text = problems.get(entry.name, "")
            palette = label.palette()
            palette.setColor(QPalette.ColorRole.WindowText, error)
            label.setPalette(palette)
            label.setText(text)
            label.setVisible(bool(text))


def _as_lines(text: str) -> str:
    """Rows on lines of their own, as people read them."""
    return "\n".join(part.strip() for part in text.split("/")) if "/" in text else text
