"""The bar at the top: what is open, how to walk through it, where to search."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QAction, QIcon, QPainter, QPaintEvent
from PySide6.QtWidgets import (
    QComboBox,
    QCompleter,
    QLineEdit,
    QMenu,
    QPushButton,
    QSizePolicy,
    QToolBar,
    QWidget,
)

from ui.settings import SPEEDS
from ui.theme import Theme, theme_of, tinted_icon


class Chooser(QPushButton):
    """A button with a menu that says what is chosen; a long text is cut, and whole in the tooltip.

    Args:
        tip: What it is for.
        letters: How many letters of a text there is room for.
    """

    def __init__(self, tip: str, letters: int) -> None:
        super().__init__()
        self._letters = letters
        self._tip = tip
        self.menu_of_choices = QMenu(self)
        self.setMenu(self.menu_of_choices)

    def show_choice(self, text: str) -> None:
        """Say what is chosen."""
        room = self.fontMetrics().averageCharWidth() * self._letters
        self.setText(self.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, room))
        self.setToolTip(f"{text}\n{self._tip}")
        self.setAccessibleName(f"{self._tip}: {text}")


class TopBar(QToolBar):
    """Three buttons that say what is open, the transport, the speed, and the search for layers.

    Args:
        actions: The window's actions by id.

    Signals:
        speed_chosen: Nodes a second.
        layer_chosen: Name of the layer to go to.
        query_entered: What to look for, where it is more than a name.
    """

    speed_chosen = Signal(float)
    layer_chosen = Signal(str)
    query_entered = Signal(str)

    def __init__(self, actions: Mapping[str, QAction]) -> None:
        super().__init__("Top bar")
        self.setObjectName("top bar")
        self.setMovable(False)
        self.setIconSize(QSize(20, 20))
        self.model = self._menu_button("Open an architecture", 28)
        self.image = self._menu_button("Choose a picture to run", 20)
        self.weights = self._menu_button("Choose the weights", 64)
        self.model.show_choice("Open a model")
        self.image.show_choice("Choose a picture")
        self.weights.show_choice("Weights")
        self._gap()
        for name in ("first", "step_back", "play", "step_forward", "last"):
            self.addAction(actions[name])
        self.speed = QComboBox()
        self.speed.setAccessibleName("Speed, nodes a second")
        self.speed.setToolTip("How many layers a second Play walks through ([ and ])")
        for speed in SPEEDS:
            self.speed.addItem(f"{speed:g}×", speed)
        self.speed.activated.connect(lambda: self.speed_chosen.emit(self.speed.currentData()))
        self.addWidget(self.speed)
        self._gap()
        self.search = QLineEdit()
        self.search.setPlaceholderText("Find a layer  /")
        self.search.setToolTip(
            "Search the layers of the open model (/): a name, or what they are, such as\n"
            "type:Conv2D stride:2, params>1e6, kind:pooling or channels>=512"
        )
        self.search.setAccessibleName("Find a layer")
        self.search.setClearButtonEnabled(True)
        self.search.setFixedWidth(210)
        self.search.returnPressed.connect(self._go)
        self.addWidget(self.search)
        self.set_layers(())

    def set_layers(self, names: Sequence[str]) -> None:
        """Offer these layers while the user types."""
        self.search.clear()
        completer = QCompleter(list(names), self.search)
        completer.setFilterMode(Qt.MatchFlag.MatchContains)
        completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        completer.setMaxVisibleItems(14)
        completer.activated.connect(self._take)
        self.search.setCompleter(completer)

    def show_speed(self, speed: float) -> None:
        """Say how fast Play walks."""
        self.speed.setCurrentIndex(SPEEDS.index(speed))

    def paintEvent(self, event: QPaintEvent) -> None:
        """A line below, and nothing else of the style's relief."""
        painter = QPainter(self)
        painter.setPen(theme_of(self.palette()).border)
        painter.drawLine(0, self.height() - 1, self.width(), self.height() - 1)
        painter.end()

    def keep_room_for_icons(self, nothing: QIcon) -> None:
        """Show the buttons with an invisible icon."""
        for button in (self.model, self.image, self.weights):
            button.setIcon(nothing)

    def tint(self, colors: Theme) -> None:
        """Draw the icons in a theme's ink."""
        for button, name in (
            (self.model, "model"),
            (self.image, "image"),
            (self.weights, "weights"),
        ):
            button.setIcon(tinted_icon(name, colors))

    def _menu_button(self, tip: str, letters: int) -> Chooser:
        button = Chooser(tip, letters)
        self.addWidget(button)
        return button

    def _gap(self) -> None:
        gap = QWidget()
        gap.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self.addWidget(gap)

    def _go(self) -> None:
        """Enter: what a query finds; the layer of that very name, or the first that contains it."""
        from cnnviz.query import is_query  # with NumPy: not before the first paint

        if is_query(self.search.text()):
            self.query_entered.emit(self.search.text().strip())
            return
        completer = self.search.completer()
        if self.search.text() and completer.setCurrentRow(0):
            self._take(completer.currentCompletion())

    def _take(self, name: str) -> None:
        self.search.clear()
        self.search.clearFocus()
        self.layer_chosen.emit(name)
