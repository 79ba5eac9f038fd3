"""A small table of names and values whose text can be selected and copied."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtWidgets import QGridLayout, QLabel, QSizePolicy, QWidget

from cnnviz.printed import Quantity
from ui.theme import theme_of


@dataclass(frozen=True, slots=True)
class Fact:
    """One row.

    Attributes:
        name: What the value is called.
        value: What it is.
        tip: The longer story for the tooltip.
        proves: Which number it is, where a click on it shows where it comes from.
    """

    name: str
    value: str
    tip: str = ""
    proves: Quantity | None = None


class FactTable(QWidget):
    """Rows of facts; names at the left, values at the right edge, long values below their name.

    Signals:
        proof_wanted: The `Quantity` whose value was clicked.
    """

    proof_wanted = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(12)
        self._grid.setVerticalSpacing(3)
        self._grid.setColumnStretch(1, 1)
        self._rows: list[tuple[QLabel, QLabel]] = []
        self.facts: Sequence[Fact] = ()

    def show_facts(self, facts: Sequence[Fact]) -> None:
        """Show these rows instead of the last ones."""
        shown = not self.isHidden()
        if len(facts) != len(self.facts):
            self.hide()  # rows that come or go in sight lay the whole window out, each on its own
        self.facts = facts
        while len(self._rows) < len(facts):
            self._add_row()
        for i, (name, value) in enumerate(self._rows):
            visible = i < len(facts)
            name.setVisible(visible)
            value.setVisible(visible)
            if not visible:
                continue
            fact = facts[i]
            name.setText(fact.name)
            if fact.proves is None:
                value.setTextFormat(Qt.TextFormat.PlainText)
                value.setText(fact.value)
            else:
                value.setTextFormat(Qt.TextFormat.RichText)
                color = theme_of(self.palette()).link.name()
                value.setText(
                    f'<a href="{fact.proves}" style="color:{color}">{escape(fact.value)}</a>'
                )
            value.setAccessibleName(f"{fact.name}: {fact.value}")
            why = "Click to see where this number comes from" if fact.proves is not None else ""
            for label in (name, value):
                label.setToolTip("\n".join(filter(None, (fact.tip, why))))
        self.setVisible(shown)

    def changeEvent(self, event: QEvent) -> None:
        """Follow the theme."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and hasattr(self, "facts"):
            self.show_facts(self.facts)

    def _add_row(self) -> None:
        name, value = QLabel(), QLabel()
        name.setForegroundRole(name.foregroundRole())
        name.setAlignment(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft)
        value.setAlignment(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignRight)
        value.setWordWrap(True)
        value.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse
            | Qt.TextInteractionFlag.LinksAccessibleByMouse
            | Qt.TextInteractionFlag.LinksAccessibleByKeyboard
        )
        value.linkActivated.connect(self.proof_wanted)
        value.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Minimum)
        row = len(self._rows)
        self._grid.addWidget(name, row, 0)
        self._grid.addWidget(value, row, 1)
        self._rows.append((name, value))
