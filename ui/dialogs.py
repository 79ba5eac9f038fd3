"""The few dialogs: the page of shortcuts, the question about code, and who made what."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtGui import QFont, QKeySequence
from PySide6.QtWidgets import (
    QAbstractItemView,
    QDialog,
    QDialogButtonBox,
    QHeaderView,
    QMessageBox,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from ui.actions import COMMANDS, VIEW_KEYS
from ui.scroll_bar import flat_bars


def shortcuts_page(parent: QWidget) -> QDialog:
    """Every command with its keys and what it does, then the keys of single views."""
    dialog = QDialog(parent)
    dialog.setWindowTitle("Keyboard shortcuts")
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    rows = [
        ("  or  ".join(_native(key) for key in command.shortcuts), command.text, command.tip)
        for command in COMMANDS
        if command.shortcuts
    ]
    own = [("  ".join(_native(key) for key in row.keys), row.view, row.tip) for row in VIEW_KEYS]
    heading = len(rows)
    rows += [("In a view that has the focus", "", ""), *own]
    table = QTableWidget(len(rows), 3, dialog)
    flat_bars(table)
    table.setHorizontalHeaderLabels(["Keys", "Command", "What it does"])
    table.verticalHeader().hide()
    table.verticalHeader().setDefaultSectionSize(table.fontMetrics().height() + 8)
    table.setShowGrid(False)
    table.setAlternatingRowColors(True)
    table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
    table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
    bold = QFont(table.font())
    bold.setBold(True)
    for row, texts in enumerate(rows):
        for column, text in enumerate(texts):
            item = QTableWidgetItem(text)
            if row == heading:
                item.setFont(bold)
            table.setItem(row, column, item)
    table.setSpan(heading, 0, 1, 3)
    table.resizeColumnsToContents()
    table.horizontalHeader().setSectionResizeMode(2, QHeaderView.ResizeMode.Stretch)
    buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
    buttons.rejected.connect(dialog.reject)
    layout = QVBoxLayout(dialog)
    layout.addWidget(table)
    layout.addWidget(buttons)
    dialog.resize(720, 700)
    return dialog


def _native(keys: str) -> str:
    return QKeySequence(keys).toString(QKeySequence.SequenceFormat.NativeText)


def ask_to_trust(parent: QWidget, reason: str, agreed: Callable[[], object]) -> QMessageBox:
    """Ask whether to run the code that a model file carries; no is the default."""
    box = QMessageBox(
        QMessageBox.Icon.Warning,
        "Run code from this file?",
        "Run code from this file?",
        QMessageBox.StandardButton.Yes | QMessageBox.StandardButton.No,
        parent,
    )
    box.setInformativeText(
        f"{reason}\n\nSuch code can do anything that you can do on this computer. Say yes only if "
        "you trust whoever made the file."
    )
    box.setDefaultButton(QMessageBox.StandardButton.No)
    box.setEscapeButton(QMessageBox.StandardButton.No)
    box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    box.button(QMessageBox.StandardButton.Yes).setText("Run its code")
    box.accepted.connect(agreed)
    box.open()
    return box


def about_text() -> str:
    """What this is, and where its pictures come from."""
    return (
        "<h3>cnnviz</h3><p>See what a convolutional network computes. Everything runs on this "
        "computer; nothing is sent anywhere.</p><p>Photos: Chelsea the cat (Stefan van der Walt, "
        "CC0), coffee (Rachel Michetti, CC0), astronaut Eileen Collins (NASA, public domain), "
        "rocket (SpaceX, CC0), cameraman (Lav Varshney, CC0), temple (danielbuechele, CC BY 2.0)."
        "</p><p>Digits: Optical Recognition of Handwritten Digits, E. Alpaydin and C. Kaynak, "
        "1998 (CC BY 4.0).</p>"
    )
