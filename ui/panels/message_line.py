"""The line that says what went wrong, or what to know: non-modal, kept until replaced."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QSizePolicy, QToolButton

from ui.theme import theme_of, tinted_icon


class MessageLine(QFrame):
    """One sentence with a cross to dismiss it, and a button where there is something to answer.

    Signals:
        answered: The button was pressed.
    """

    answered = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setFrameShape(QFrame.Shape.StyledPanel)
        self.setAutoFillBackground(True)
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
        self.button = QPushButton()
        self.button.clicked.connect(self.answered)
        self.cross = QToolButton()
        self.cross.setAutoRaise(True)
        self.cross.setToolTip("Dismiss this message")
        self.cross.setAccessibleName("Dismiss message")
        self.cross.clicked.connect(self.clear)
        row = QHBoxLayout(self)
        row.setContentsMargins(10, 4, 4, 4)
        row.addWidget(self._sign)
        row.addWidget(self.label, 1)
        row.addWidget(self.button)
        row.addWidget(self.cross)
        self._name = ""
        self.hide()

    def say(self, text: str, *, failed: bool = False, button: str = "") -> None:
        """Show a sentence until another one comes or the user dismisses it.

        Args:
            text: The sentence.
            failed: It is a failure, not a notice.
            button: What the button says; no button when empty.
        """
        self._name = "warning" if failed else "info"
        self._tint()
        self.label.setText(text)
        self.button.setText(button)
        self.button.setVisible(bool(button))
        self.show()

    def clear(self) -> None:
        """Take the message away."""
        self.label.clear()
        self.hide()

    def changeEvent(self, event: QEvent) -> None:
        """Follow the theme."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and hasattr(self, "_name") and self._name:
            self._tint()

    def _tint(self) -> None:
        colors = theme_of(self.palette())
        self._sign.setPixmap(tinted_icon(self._name, colors).pixmap(20))
        self.cross.setIcon(tinted_icon("close", colors))
