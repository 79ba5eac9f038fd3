"""A proof card on screen: the formula, the values in it, the checks, and what papers print."""

from __future__ import annotations

from collections.abc import Callable
from html import escape

from PySide6.QtCore import QEvent
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QTextBrowser, QVBoxLayout, QWidget

from cnnviz.proofs import TITLES, Card, as_latex, as_text
from ui.scroll_bar import flat_bars
from ui.theme import SNUG, theme_of

_EMPTY = "Click a number in the table to see where it comes from."


class ProofView(QWidget):
    """One card, with buttons that copy it."""

    def __init__(self) -> None:
        super().__init__()
        self.card: Card | None = None
        self._text = QTextBrowser()
        flat_bars(self._text)
        self._text.setFrameShape(QTextBrowser.Shape.NoFrame)
        self._text.setAccessibleName("Proof of a number")
        self.copy_text = QPushButton("Copy as text")
        self.copy_latex = QPushButton("Copy as LaTeX")
        self.copy_text.clicked.connect(lambda: self._copy(as_text))
        self.copy_latex.clicked.connect(lambda: self._copy(as_latex))
        buttons = QHBoxLayout()
        buttons.setContentsMargins(SNUG, 0, SNUG, SNUG)
        buttons.addStretch(1)
        buttons.addWidget(self.copy_text)
        buttons.addWidget(self.copy_latex)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self._text, 1)
        column.addLayout(buttons)
        self.show_card(None)

    def show_card(self, card: Card | None) -> None:
        """Show a card; None says how to get one."""
        self.card = card
        for button in (self.copy_text, self.copy_latex):
            button.setEnabled(card is not None)
        self._draw()

    def _draw(self) -> None:
        colours = theme_of(self.palette())
        muted, good, bad = (c.name() for c in (colours.muted, colours.good, colours.error))
        card = self.card
        if card is None:
            self._text.setHtml(f'<p style="color:{muted}">{_EMPTY}</p>')
            return
        status = good if card.status == "exact" else colours.warning.name()
        parts = [
            f'<p><span style="color:{muted}">{TITLES[card.quantity]} of {escape(card.subject)}'
            f'</span><br><span style="font-size:large"><b>{escape(card.value)}</b></span> '
            f'&nbsp;<span style="color:{status}">{card.status}</span></p>'
        ]
        if card.formula:
            parts.append(f'<p style="color:{muted}">{escape(card.formula)}</p>')
        if card.substituted:
            parts.append(f"<p>{escape(card.substituted)}</p>")
        for check in card.checks:
            mark, colour = ("✓", good) if check.agrees else ("✗", bad)
            parts.append(f'<p><span style="color:{colour}">{mark}</span> {escape(check.text)}</p>')
        for entry in card.printed:
            parts.append(
                f"<p>{escape(entry.where)} prints <b>{escape(entry.text)}</b>. "
                f"{escape(entry.difference)}</p>"
            )
        parts += [f'<p style="color:{muted}">{escape(note)}</p>' for note in card.notes]
        self._text.setHtml("".join(parts))

    def _copy(self, form: Callable[[Card], str]) -> None:
        if self.card is not None:
            QGuiApplication.clipboard().setText(form(self.card))

    def changeEvent(self, event: QEvent) -> None:
        """Follow the theme."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and hasattr(self, "copy_text"):
            self._draw()
