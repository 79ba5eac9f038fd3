"""The row of models that are compared: each with its colour, a way out, and a way to add more."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QAction, QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QSizePolicy, QToolButton, QWidget

from cnnviz.kinds import Kind
from cnnviz.requests import OpenModel
from ui.choosers import fill_models
from ui.compare.flow import FlowLayout
from ui.theme import RADIUS, SNUG, TIGHT, Theme, theme_of, tinted_icon
from ui.top_bar import Chooser

MOST = 6
"""Models at once."""

_HUES = (
    Kind.CONVOLUTION,
    Kind.POOLING,
    Kind.MERGE,
    Kind.DENSE,
    Kind.ACTIVATION,
    Kind.ATTENTION,
)


def hue(colors: Theme, number: int) -> QColor:
    """Colour of the first, second... model; they stay apart under colour blindness."""
    return colors.kinds[_HUES[number % len(_HUES)]].fill


class Chip(QWidget):
    """One model.

    Args:
        number: Its place, which decides on the colour.
        request: The model.

    Signals:
        removed: The model is not wanted any more.
        opened: The model is to be opened in the window.
    """

    removed = Signal(object)
    opened = Signal(object)

    def __init__(self, number: int, request: OpenModel) -> None:
        super().__init__()
        self.request = request
        self._number = number
        self.name = QPushButton()
        self.name.setFlat(True)
        self.name.setToolTip("Open this model in the window")
        self.name.clicked.connect(lambda: self.opened.emit(self.request))
        self.close_button = QToolButton()
        self.close_button.setAutoRaise(True)
        self.close_button.setIconSize(QSize(12, 12))
        self.close_button.clicked.connect(lambda: self.removed.emit(self.request))
        row = QHBoxLayout(self)
        row.setContentsMargins(22, 1, 2, 1)
        row.setSpacing(0)
        row.addWidget(self.name)
        row.addWidget(self.close_button)
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)

    def show_name(self, text: str) -> None:
        """Say what it is."""
        room = self.fontMetrics().averageCharWidth() * 24
        shown = self.fontMetrics().elidedText(text, Qt.TextElideMode.ElideMiddle, room)
        self.name.setText(shown)
        self.name.setFixedWidth(self.fontMetrics().horizontalAdvance(shown) + 2 * SNUG)
        self.name.setAccessibleName(f"Open {text}")
        self.close_button.setAccessibleName(f"Take {text} out of the comparison")
        self.close_button.setToolTip(f"Take {text} out of the comparison")

    def tint(self, colors: Theme) -> None:
        """Draw the icon in the theme's ink."""
        self.close_button.setIcon(tinted_icon("close", colors))

    def paintEvent(self, event: QPaintEvent) -> None:
        """A rounded ground, and a dot in the model's colour."""
        colors = theme_of(self.palette())
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(colors.border)
        painter.setBrush(colors.surface)
        area = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        painter.drawRoundedRect(area, RADIUS, RADIUS)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(hue(colors, self._number))
        painter.drawEllipse(QRectF(8, self.height() / 2 - 5, 10, 10))
        painter.end()


class ChipRow(QWidget):
    """All of them.

    Signals:
        added: The catalog id of a model that is wanted, too.
        removed: The request of a model that is not wanted any more.
        opened: The request of a model that is to be opened in the window.
        file_wanted: A file of the user's own is wanted, too.
        current_wanted: The model that is open is wanted, too.
    """

    added = Signal(str)
    removed = Signal(object)
    opened = Signal(object)
    file_wanted = Signal()
    current_wanted = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.chips: list[Chip] = []
        self.add = Chooser("Hold another model against these, up to six", 20)
        self.add.show_choice("Add a model")
        self.current = QAction("The model that is open", self)
        self.current.triggered.connect(lambda: self.current_wanted.emit())
        file = QAction("A model file…", self)
        file.triggered.connect(lambda: self.file_wanted.emit())
        fill_models(self.add, self.added.emit, (self.current, file))
        self._flow = FlowLayout(TIGHT)
        self.setLayout(self._flow)
        self._flow.addWidget(self.add)

    def show_models(self, requests: Sequence[OpenModel], names: Sequence[str]) -> None:
        """Show these models.

        Args:
            requests: The models.
            names: What to call them.
        """
        if [chip.request for chip in self.chips] != list(requests):
            for chip in self.chips:
                self._flow.removeWidget(chip)
                chip.hide()
                chip.deleteLater()
            self.chips = [Chip(i, request) for i, request in enumerate(requests)]
            for chip in self.chips:
                chip.removed.connect(self.removed)
                chip.opened.connect(self.opened)
                chip.tint(theme_of(self.palette()))
                self._flow.addWidget(chip)
                self._flow.insert_last_but_one()  # the button stays at the end
        for chip, name in zip(self.chips, names, strict=True):
            chip.show_name(name)
        self.add.setEnabled(len(requests) < MOST)

    def tint(self, colors: Theme) -> None:
        """Follow the theme."""
        for chip in self.chips:
            chip.tint(colors)
