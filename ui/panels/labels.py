"""Labels as the panels use them."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QLabel


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
