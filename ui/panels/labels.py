"""Labels as the panels use them."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QResizeEvent
from PySide6.QtWidgets import QLabel, QSizePolicy


def plain_label(name: str = "", *, wrapped: bool = False) -> QLabel:
    """A label that shows its text as it is, and lets it be selected and copied.

    Args:
        name: Its accessible name, where it has a role of its own.
        wrapped: Break long texts into lines.
    """
    label = QLabel()
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    label.setWordWrap(wrapped)
    label.setAccessibleName(name)
    return label


def set_ink(label: QLabel, colour: QColor) -> None:
    """Give the text of a label a colour of its own."""
    palette = label.palette()
    if palette.color(label.foregroundRole()) != colour:
        palette.setColor(label.foregroundRole(), colour)
        label.setPalette(palette)


class ElidedLabel(QLabel):
    """One line that takes what room there is; what is cut off is in the tooltip.

    Args:
        name: Its accessible name.
    """

    def __init__(self, name: str) -> None:
        super().__init__()
        self._whole = ""
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.setAccessibleName(name)

    @property
    def whole(self) -> str:
        """The text, uncut."""
        return self._whole

    def show_text(self, text: str) -> None:
        """Show a text as far as there is room."""
        self._whole = text
        self.setAccessibleDescription(text)
        self._cut()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Cut it anew."""
        super().resizeEvent(event)
        self._cut()

    def _cut(self) -> None:
        fitting = self.fontMetrics().elidedText(
            self._whole, Qt.TextElideMode.ElideRight, self.width()
        )
        self.setText(fitting)
        self.setToolTip(self._whole if fitting != self._whole else "")
