"""The switch between inference and training behaviour, with the batch that it is shown on."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QLabel, QSpinBox, QVBoxLayout, QWidget

from cnnviz.requests import TrainingBatch
from cnnviz.training_state import SIZES
from ui.theme import TIGHT


class TrainingSwitch(QWidget):
    """Off: inference, with stored statistics. On: a small batch, as in training.

    Signals:
        chosen: The `TrainingBatch` to show, or None for inference.
    """

    chosen = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.switch = QCheckBox("&Training behaviour")
        self.switch.setToolTip(
            "Run the picture in a small batch as in training: batch norm by the batch's own mean "
            "and variance, dropout on. Nothing is learned, and no stored statistic changes."
        )
        normal = TrainingBatch()
        self.count = _number("Pictures in the batch", SIZES[0], SIZES[1], normal.size)
        self.count.setToolTip("How many pictures: this one and variations of it")
        self.seed = _number("Seed of the batch", 0, 9999, normal.seed)
        self.seed.setToolTip("Another seed: other variations, and dropout drops other cells")
        self._numbers = QWidget()
        row = QHBoxLayout(self._numbers)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(TIGHT)
        for text, box in (("B&atch of", self.count), ("S&eed", self.seed)):
            label = QLabel(text)
            label.setBuddy(box)
            row.addWidget(label)
            row.addWidget(box)
        row.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(TIGHT)
        column.addWidget(self.switch)
        column.addWidget(self._numbers)
        self._numbers.hide()
        self.switch.toggled.connect(self._changed)
        self.count.valueChanged.connect(self._changed)
        self.seed.valueChanged.connect(self._changed)

    @property
    def batch(self) -> TrainingBatch | None:
        """What is chosen; None for inference."""
        if not self.switch.isChecked():
            return None
        return TrainingBatch(self.count.value(), self.seed.value())

    def _changed(self) -> None:
        self._numbers.setVisible(self.switch.isChecked())
        self.chosen.emit(self.batch)


def _number(name: str, least: int, most: int, value: int) -> QSpinBox:
    box = QSpinBox()
    box.setRange(least, most)
    box.setValue(value)
    box.setAccessibleName(name)
    box.setKeyboardTracking(False)  # a number is run once it is typed
    return box
