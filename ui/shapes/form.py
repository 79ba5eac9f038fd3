"""The fields of one layer's settings, with what is wrong said at each."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import QComboBox, QGridLayout, QLabel, QLineEdit, QSizePolicy, QWidget

from cnnviz.graph import Node
from cnnviz.shape_lab import CHANGEABLE, PADDINGS, SETTING_WORDS, read_value, value_words
from ui.theme import SNUG, TIGHT, scaled_font, theme_of

_COLUMNS = 3
_FIELD_WIDTH = 96


class SettingsForm(QWidget):
    """Edits the settings of a layer.

    Signals:
        edited: A setting and its new value, as soon as what is typed makes sense.
    """

    edited = Signal(str, object)

    def __init__(self) -> None:
        super().__init__()
        self.fields: dict[str, QLineEdit | QComboBox] = {}
        self.problems: dict[str, QLabel] = {}
        self._node: Node | None = None
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(SNUG)
        self._grid.setVerticalSpacing(TIGHT)
        self._grid.setColumnStretch(2 * _COLUMNS, 1)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)

    def show_node(self, node: Node | None, values: dict[str, Any]) -> None:
        """Show another layer, or other values of the same.

        Args:
            node: The layer as it was opened; None where there is none.
            values: What is changed of it.
        """
        same = node is not None and self._node is not None and node.name == self._node.name
        self._node = node
        if not same:
            self._rebuild(CHANGEABLE.get(node.type, ()) if node is not None else ())
        for setting, field in self.fields.items():
            self._fill(setting, field, values)

    def _rebuild(self, settings: tuple[str, ...]) -> None:
        while (item := self._grid.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        self.fields, self.problems = {}, {}
        for number, setting in enumerate(settings):
            row, column = divmod(number, _COLUMNS)
            caption = QLabel(SETTING_WORDS.get(setting, setting).capitalize())
            field = self._field(setting)
            caption.setBuddy(field)
            field.setAccessibleName(caption.text())
            problem = QLabel()
            problem.setFont(scaled_font("small"))
            problem.setWordWrap(True)
            problem.hide()
            self._grid.addWidget(caption, 2 * row, 2 * column)
            self._grid.addWidget(field, 2 * row, 2 * column + 1)
            self._grid.addWidget(problem, 2 * row + 1, 2 * column, 1, 2)
            self.fields[setting], self.problems[setting] = field, problem

    def _field(self, setting: str) -> QLineEdit | QComboBox:
        assert self._node is not None
        if isinstance(self._node.settings.get(setting), str):
            box = QComboBox()
            box.addItems(PADDINGS)
            box.textActivated.connect(lambda text: self._typed(setting, text))
            return box
        line = QLineEdit()
        line.setMinimumWidth(_FIELD_WIDTH)
        line.textEdited.connect(lambda text: self._typed(setting, text))
        return line

    def _fill(self, setting: str, field: QLineEdit | QComboBox, values: dict[str, Any]) -> None:
        assert self._node is not None
        before = self._node.settings.get(setting)
        value = values.get(setting, before)
        if isinstance(field, QComboBox):
            field.setCurrentText(str(value))
        elif self._read(setting, field.text()) != value:
            field.setText(_typed_words(value))
        field.setToolTip(f"As opened: {value_words(before)}")
        font = field.font()
        font.setBold(value != before)
        field.setFont(font)
        self.problems[setting].hide()

    def _read(self, setting: str, text: str) -> Any:
        assert self._node is not None
        try:
            return read_value(self._node, setting, text)
        except ValueError:
            return None

    def _typed(self, setting: str, text: str) -> None:
        assert self._node is not None
        try:
            value = read_value(self._node, setting, text)
        except ValueError as error:
            problem = self.problems[setting]
            palette = problem.palette()
            palette.setColor(QPalette.ColorRole.WindowText, theme_of(self.palette()).error)
            problem.setPalette(palette)
            problem.setText(f"Type {error}.")
            problem.show()
            return
        self.problems[setting].hide()
        self.edited.emit(setting, value)


def _typed_words(value: Any) -> str:
    """A value as one would type it."""
    if isinstance(value, tuple) and value and isinstance(value[0], tuple):
        return " ".join(str(number) for pair in value for number in pair)
    if isinstance(value, tuple) and len(set(value)) == 1 and len(value) > 1:
        return str(value[0])
    return value_words(value)
