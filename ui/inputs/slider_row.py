"""A number to drag or to type."""

from __future__ import annotations

from PySide6.QtCore import QObject, QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import QGridLayout, QLabel, QSlider, QSpinBox


class SliderRow(QObject):
    """A slider and a spin box that show the same whole number; lives in a row of a grid.

    Signals:
        changed: The user chose another number.
    """

    changed = Signal(int)

    def __init__(self, label: str, low: int, high: int, tip: str, suffix: str = "") -> None:
        super().__init__()
        self.label = QLabel(label)
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setMinimumWidth(40)
        self.box = QSpinBox()
        self.box.setSuffix(suffix)
        self.box.setKeyboardTracking(False)
        for part in (self.slider, self.box):
            part.setAccessibleName(label)
            part.setToolTip(tip)
        self.label.setBuddy(self.box)
        self.set_range(low, high)
        self.slider.valueChanged.connect(self._chosen)
        self.box.valueChanged.connect(self._chosen)

    def add_to(self, grid: QGridLayout) -> None:
        """Put label, slider and box into the next row of a grid."""
        row = grid.rowCount()
        grid.addWidget(self.label, row, 0)
        grid.addWidget(self.slider, row, 1)
        grid.addWidget(self.box, row, 2)

    def set_range(self, low: int, high: int) -> None:
        """Which numbers there are to choose from; the one that is shown moves among them."""
        for part in (self.slider, self.box):
            with QSignalBlocker(part):
                part.setRange(low, high)

    @property
    def value(self) -> int:
        """The number."""
        return self.box.value()

    def set_value(self, value: int) -> None:
        """Show a number, without a signal."""
        for part in (self.slider, self.box):
            with QSignalBlocker(part):
                part.setValue(value)

    def set_visible(self, visible: bool) -> None:
        """Show or hide the parts."""
        for part in (self.label, self.slider, self.box):
            part.setVisible(visible)

    def _chosen(self, value: int) -> None:
        self.set_value(value)
        self.changed.emit(value)
