"""The palette: type a few letters of any command, architecture or layer, and press Enter."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QFocusEvent, QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import (
    QHeaderView,
    QLabel,
    QLineEdit,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from ui.scroll_bar import flat_bars
from ui.theme import theme_of

Entry = tuple[str, str, Callable[[], object]]
"""What it is called, what it is, and what it does."""

MOST = 200
"""More rows than anybody reads are not made."""


def rank(query: str, name: str) -> int | None:
    """How well a name fits what was typed: smaller is better, None is not at all.

    Every word must stand in the name; the start of the name, then the start of a word, come first.
    """
    name = name.casefold()
    words = query.casefold().split()
    if not all(word in name for word in words):
        return None
    if not words or name.startswith(words[0]):
        return 0
    starts = name.replace("_", " ").replace("/", " ").replace("-", " ").split()
    return 1 if any(start.startswith(words[0]) for start in starts) else 2


class Palette(QWidget):
    """A line to type in over a list that narrows; goes away when the keyboard goes elsewhere.

    Args:
        entries: Everything that can be found.
        parent: The window, over which it stands.
    """

    def __init__(self, entries: Sequence[Entry], parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setAccessibleName("Find anything")
        self._entries = entries
        self.line = QLineEdit()
        self.line.setPlaceholderText("A command, an architecture or a layer")
        self.line.setAccessibleName("Find anything")
        self.line.textChanged.connect(self._narrow)
        self.line.installEventFilter(self)
        self.list = QTreeWidget()
        flat_bars(self.list)
        self.list.setHeaderHidden(True)
        self.list.setColumnCount(2)
        self.list.setRootIsDecorated(False)
        self.list.setUniformRowHeights(True)
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        header = self.list.header()
        header.setStretchLastSection(False)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        header.setSectionResizeMode(1, QHeaderView.ResizeMode.ResizeToContents)
        self.list.itemClicked.connect(self._take)
        self.nothing = QLabel("Nothing of that name")
        self.nothing.setAlignment(Qt.AlignmentFlag.AlignCenter)
        column = QVBoxLayout(self)
        column.addWidget(self.line)
        column.addWidget(self.list, 1)
        column.addWidget(self.nothing, 1)
        self._narrow("")
        self.resize(min(560, parent.width()), min(420, parent.height()))
        self.move((parent.width() - self.width()) // 2, min(90, parent.height() - self.height()))

    def open(self) -> None:
        """Show it and give it the keyboard."""
        self.show()
        self.raise_()
        self.line.setFocus()

    def paintEvent(self, event: QPaintEvent) -> None:
        """A ground that stands off from what is below."""
        colors = theme_of(self.palette())
        painter = QPainter(self)
        painter.fillRect(self.rect(), colors.raised)
        painter.setPen(colors.edge)
        painter.drawRect(self.rect().adjusted(0, 0, -1, -1))
        painter.end()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """The arrow keys move through the list while the line has the keyboard."""
        # A click into the list takes no focus away, and a menu of the line gives it back.
        if (
            event.type() == QEvent.Type.FocusOut
            and isinstance(event, QFocusEvent)
            and event.reason() is not Qt.FocusReason.PopupFocusReason
        ):
            self.close()
        if (
            event.type() == QEvent.Type.ShortcutOverride
            and isinstance(event, QKeyEvent)
            and event.key() == Qt.Key.Key_Escape
        ):
            event.accept()  # it closes the palette, and cancels no job
            return True
        if event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            by = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1, Qt.Key.Key_PageDown: 10}.get(
                Qt.Key(event.key()), -10 if event.key() == Qt.Key.Key_PageUp else 0
            )
            if by:
                self._go(self.list.currentIndex().row() + by)
                return True
            if event.key() == Qt.Key.Key_Escape:
                self.close()
                return True
            if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
                item = self.list.currentItem()
                if item is not None:
                    self._take(item)
                return True
        return super().eventFilter(watched, event)

    def _narrow(self, query: str) -> None:
        found = [
            (fit, i)
            for i, entry in enumerate(self._entries)
            if (fit := rank(query, entry[0])) is not None
        ]
        self.list.clear()
        for _, i in sorted(found)[:MOST]:
            name, what, _do = self._entries[i]
            item = QTreeWidgetItem(self.list, [name, what])
            item.setData(0, Qt.ItemDataRole.UserRole, i)
            item.setTextAlignment(1, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self._go(0)
        self.list.setVisible(bool(found))
        self.nothing.setVisible(not found)

    def _go(self, row: int) -> None:
        item = self.list.topLevelItem(min(self.list.topLevelItemCount() - 1, max(0, row)))
        if item is not None:
            self.list.setCurrentItem(item)

    def _take(self, item: QTreeWidgetItem) -> None:
        _, _, do = self._entries[item.data(0, Qt.ItemDataRole.UserRole)]
        self.close()
        do()
