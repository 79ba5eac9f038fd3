"""The line that says what went wrong, or what to know: non-modal, kept until replaced."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QToolButton, QWidget

from ui.theme import SNUG, TIGHT, mix, theme_of, tinted_icon


class MessageLine(QWidget):
    """One sentence with a cross to dismiss it."""

    def __init__(self) -> None:
        super().__init__()
        self._failed = False
        self._sign = QLabel()
        self.label = QLabel()
        self.label.setTextFormat(Qt.TextFormat.PlainText)
        self.label.setWordWrap(True)
        self.label.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse
            | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self.label.setAccessibleName("Message")
        self.label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.cross = QToolButton()
        self.cross.setAutoRaise(True)
        self.cross.setToolTip("Dismiss this message")
        self.cross.setAccessibleName("Dismiss message")
        self.cross.clicked.connect(self.clear)
        row = QHBoxLayout(self)
        row.setContentsMargins(SNUG, TIGHT, TIGHT, TIGHT)
        row.addWidget(self._sign)
        row.addWidget(self.label, 1)
        row.addWidget(self.cross)
        self.hide()

    def say(self, text: str, *, failed: bool = False) -> None:
        """Show a sentence until another one comes or the user dismisses it.

        Args:
            text: The sentence.
            failed: It is a failure, not a notice.
        """
        self._failed = failed
        self._tint()
        self.label.setText(text)
        self.show()
        self.update()

    def clear(self) -> None:
        """Take the message away."""
        self.label.clear()
        self.hide()

    def paintEvent(self, event: QPaintEvent) -> None:
        """A ground that tells a failure from a notice, with a line above."""
        colors = theme_of(self.palette())
        ink = colors.error if self._failed else colors.accent
        painter = QPainter(self)
        painter.fillRect(self.rect(), mix(colors.surface, ink, 0.14))
        painter.setPen(mix(colors.surface, ink, 0.5))
        painter.drawLine(0, 0, self.width(), 0)
        painter.end()

    def changeEvent(self, event: QEvent) -> None:
        """Follow the theme."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and self.isVisible():
            self._tint()

    def _tint(self) -> None:
        colors = theme_of(self.palette())
        sign = tinted_icon("warning" if self._failed else "info", colors)
        self._sign.setPixmap(sign.pixmap(20))
        self.cross.setIcon(tinted_icon("close", colors))
