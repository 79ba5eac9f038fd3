"""Drawing for networks that read digits: the sheet, its tools, and what is read."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QSignalBlocker, QSize, Qt, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QHBoxLayout,
    QSlider,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from cnnviz.graph import LayerGraph
from cnnviz.requests import RunResult
from ui.inputs.reading import Reading
from ui.inputs.sketch import Sketch
from ui.panels.labels import ElidedLabel, set_ink
from ui.tasks import Pixels
from ui.theme import SNUG, TIGHT, scaled_font, theme_of, tinted_icon

NAME = "Drawing"

_TOOLS = (
    ("pen", "Pen", "Draw (Space puts the pen down where the arrow keys move it)", True),
    ("eraser", "Eraser", "Take ink away", True),
    ("undo", "Undo", "Take the last stroke back (Ctrl+Z)", False),
    ("redo", "Redo", "Draw it again (Ctrl+Shift+Z)", False),
    ("clear", "Clear", "An empty sheet (Del)", False),
)


class DrawPanel(QWidget):
    """A sheet to draw on and what the network makes of it.

    Signals:
        drawn: The drawing as it is now (`Pixels`).
    """

    drawn = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.sketch = Sketch()
        self.sketch.changed.connect(self._changed)
        self.tools: dict[str, QToolButton] = {}
        tools = QHBoxLayout()
        tools.setSpacing(2)
        for name, text, tip, choice in _TOOLS:
            button = QToolButton()
            button.setAutoRaise(True)
            button.setIconSize(QSize(18, 18))
            button.setToolTip(tip)
            button.setAccessibleName(text)
            button.setCheckable(choice)
            button.setAutoExclusive(choice)
            self.tools[name] = button
            tools.addWidget(button)
            if name == "eraser":
                self.width_slider = self._make_slider()
                tools.addWidget(self.width_slider, 1)
        self.tools["pen"].setChecked(True)
        self.tools["eraser"].toggled.connect(self._set_erasing)
        self.tools["undo"].clicked.connect(self.sketch.undo)
        self.tools["redo"].clicked.connect(self.sketch.redo)
        self.tools["clear"].clicked.connect(self.sketch.clear)
        self.verdict = ElidedLabel("What the network reads")
        self.verdict.setFont(scaled_font("body", bold=True))
        self.reading = Reading()
        self.dark_ink = QCheckBox("Dark ink")
        self.dark_ink.setToolTip(
            "Draw dark on light: for networks that were trained on ink on paper"
        )
        self.dark_ink.toggled.connect(lambda dark: self.sketch.set_light_ink(not dark))
        line = QHBoxLayout()
        line.addWidget(self.verdict, 1)
        line.addWidget(self.dark_ink)
        column = QVBoxLayout(self)
        column.setContentsMargins(SNUG, SNUG, SNUG, SNUG)
        column.setSpacing(TIGHT)
        sheet = QHBoxLayout()
        sheet.addWidget(self.sketch, 1)
        sheet.addWidget(self.reading)
        column.addLayout(sheet, 1)
        column.addLayout(tools)
        column.addLayout(line)
        self._image: Pixels | None = None
        self._tint()
        self._enable()
        self.show_run(None, None)

    def _make_slider(self) -> QSlider:
        slider = QSlider(Qt.Orientation.Horizontal)
        slider.setRange(1, 16)
        slider.setValue(round(2 * self.sketch.brush))
        slider.setMinimumWidth(40)
        slider.setAccessibleName("Width of the pen")
        slider.valueChanged.connect(self._set_width)
        self._tell_width(slider)
        return slider

    def show_network(self, graph: LayerGraph, *, inverts: bool) -> None:
        """Fit the sheet to a network.

        Args:
            graph: It takes a small grey picture.
            inverts: It turns dark ink light by itself.
        """
        height, width, _ = graph.input_shape
        self.sketch.set_size(height or 32, width or 32)
        with QSignalBlocker(self.dark_ink), QSignalBlocker(self.sketch):
            self.dark_ink.setChecked(inverts)
            self.sketch.set_light_ink(not inverts)

    def show_run(self, image: object, run: RunResult | None) -> None:
        """Say what the network reads, if it is this drawing that was run."""
        ours = self._image is not None and image is self._image and run is not None
        predictions = run.predictions if ours and run is not None else None
        trained = run is not None and run.weights.trained
        self.reading.show_predictions(predictions or (), trained=trained)
        if not predictions:
            self.verdict.show_text("")
        elif not trained:
            self.verdict.show_text("Random weights read nothing")
        else:
            best = predictions[0]
            self.verdict.show_text(f"Reads {best.label}: {best.score:.1%}")

    def changeEvent(self, event: QEvent) -> None:
        """Follow the theme."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and hasattr(self, "reading"):
            self._tint()

    def _tint(self) -> None:
        colors = theme_of(self.palette())
        for name, button in self.tools.items():
            button.setIcon(tinted_icon(name, colors))
        set_ink(self.verdict, colors.text)

    def _changed(self) -> None:
        self._enable()
        self._image = Pixels(self.sketch.pixels(), NAME, "drawn")
        self.drawn.emit(self._image)

    def _enable(self) -> None:
        self.tools["undo"].setEnabled(self.sketch.can_undo)
        self.tools["redo"].setEnabled(self.sketch.can_redo)
        self.tools["clear"].setEnabled(not self.sketch.blank)

    def _set_erasing(self, erasing: bool) -> None:
        self.sketch.erasing = erasing

    def _set_width(self, value: int) -> None:
        self.sketch.brush = value / 2
        self.sketch.update()
        self._tell_width(self.width_slider)

    def _tell_width(self, slider: QSlider) -> None:
        slider.setToolTip(f"Width of the pen: {slider.value() / 2:g} pixels of the input")
