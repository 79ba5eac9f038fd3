"""The library: every architecture of the catalog, by family or by year."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPoint, QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import (
    QAbstractItemView,
    QButtonGroup,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QLineEdit,
    QPushButton,
    QToolButton,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from models.registry import Architecture, catalog
from ui.scroll_bar import flat_bars
from ui.theme import theme_of, tinted_icon

ID = Qt.ItemDataRole.UserRole

BLOCKS = "Building blocks"
"""Heading of the exhibits, which are no whole networks."""


class LibraryPanel(QWidget):
    """A searchable tree; a click or Enter asks for an architecture.

    Signals:
        chosen: Catalog id of the architecture that was asked for.
        grouping_changed: "family" or "year".
        file_wanted: The user wants to open a file of their own.
    """

    chosen = Signal(str)
    grouping_changed = Signal(str)
    file_wanted = Signal()

    def __init__(self, grouping: str) -> None:
        super().__init__()
        self._current: str | None = None
        self._branches: list[tuple[QTreeWidgetItem, list[QTreeWidgetItem]]] = []
        self.search = QLineEdit()
        self.search.setPlaceholderText("Search architectures")
        self.search.setClearButtonEnabled(True)
        self.search.setAccessibleName("Search architectures")
        self.search.textChanged.connect(self._filter)
        self.search.returnPressed.connect(self._open_first)
        self._groups = QButtonGroup(self)
        row = QHBoxLayout()
        row.setSpacing(2)
        row.addWidget(self.search, 1)
        for name in ("family", "year"):
            button = QToolButton()
            button.setText(name.capitalize())
            button.setToolTip(f"Group the architectures by {name}")
            button.setCheckable(True)
            button.setAutoRaise(True)
            button.setObjectName(name)
            button.setChecked(name == grouping)
            self._groups.addButton(button)
            row.addWidget(button)
        self._groups.buttonClicked.connect(self._regroup)
        self.setMinimumWidth(215)
        self.tree = QTreeWidget()
        flat_bars(self.tree)
        self.tree.setColumnCount(2)
        self.tree.setHeaderHidden(True)
        self.tree.setAccessibleName("Architectures")
        self.tree.setRootIsDecorated(False)
        self.tree.setIndentation(14)
        self.tree.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        header = self.tree.header()
        header.setStretchLastSection(False)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        header.setSectionResizeMode(1, QHeaderView.ResizeMode.ResizeToContents)
        self.tree.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.tree.itemClicked.connect(self._open)
        self.tree.itemActivated.connect(self._open)
        self.nothing = QLabel("No architecture of that name.\nTry part of a name, author or year.")
        self.nothing.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.nothing.setWordWrap(True)
        self.nothing.hide()
        self._file = QPushButton("Open a model file…")
        self._file.setToolTip("Open a .keras or .h5 file of your own (Ctrl+O)")
        self._file.clicked.connect(self.file_wanted)
        column = QVBoxLayout(self)
        column.setContentsMargins(6, 6, 6, 6)
        column.addLayout(row)
        column.addWidget(self.tree, 1)
        column.addWidget(self.nothing, 1)
        column.addWidget(self._file)
        self._fill(grouping)
        self._tint()

    def show_current(self, name: str | None) -> None:
        """Mark the open architecture."""
        self._current = name
        blocker = QSignalBlocker(self.tree)
        self.tree.clearSelection()
        for item in self._leaves():
            if item.data(0, ID) == name:
                self.tree.setCurrentItem(item)
                self.tree.scrollToItem(item, QAbstractItemView.ScrollHint.PositionAtCenter)
        blocker.unblock()

    def changeEvent(self, event: QEvent) -> None:
        """Follow the theme."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and hasattr(self, "_file"):
            self._tint()

    def _tint(self) -> None:
        self._file.setIcon(tinted_icon("open-model", theme_of(self.palette())))

    def _fill(self, grouping: str) -> None:
        self.tree.clear()
        self._branches = []
        groups: dict[str, list[Architecture]] = {}
        for entry in catalog().values():
            key = str(entry.year) if grouping == "year" else entry.family
            if entry.exhibit:
                key = BLOCKS
            groups.setdefault(key, []).append(entry)
        for key, entries in groups.items():
            group = QTreeWidgetItem(self.tree, [key])
            group.setFlags(Qt.ItemFlag.ItemIsEnabled)
            font = group.font(0)
            font.setBold(True)
            group.setFont(0, font)
            leaves: list[QTreeWidgetItem] = []
            self._branches.append((group, leaves))
            for entry in entries:
                side = entry.family if grouping == "year" or entry.exhibit else str(entry.year)
                leaf = QTreeWidgetItem(group, [entry.name, side])
                leaf.setData(0, ID, entry.id)
                leaves.append(leaf)
                leaf.setTextAlignment(
                    1, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
                )
                leaf.setToolTip(0, about(entry))
                leaf.setToolTip(1, about(entry))
            group.setExpanded(True)
        self.show_current(self._current)
        self._filter(self.search.text())

    def _leaves(self) -> list[QTreeWidgetItem]:
        return [leaf for _, leaves in self._branches for leaf in leaves]

    def _regroup(self, button: QToolButton) -> None:
        self._fill(button.objectName())
        self.grouping_changed.emit(button.objectName())

    def _filter(self, text: str) -> None:
        words = text.casefold().split()
        for leaf in self._leaves():
            entry = catalog()[leaf.data(0, ID)]
            hay = " ".join(
                (entry.id, entry.name, entry.family, str(entry.year), entry.authors, entry.paper)
            ).casefold()
            leaf.setHidden(not all(word in hay for word in words))
        for group, leaves in self._branches:
            group.setHidden(all(leaf.isHidden() for leaf in leaves))
        found = any(not leaf.isHidden() for leaf in self._leaves())
        self.tree.setVisible(found)
        self.nothing.setVisible(not found)

    def _open(self, item: QTreeWidgetItem, column: int = 0) -> None:
        name = item.data(0, ID)
        if name is None:
            item.setExpanded(not item.isExpanded())
        else:
            self.chosen.emit(name)

    def _open_first(self) -> None:
        for leaf in self._leaves():
            if not leaf.isHidden():
                self._open(leaf)
                return

    def position_of(self, name: str) -> QPoint:
        """Middle of an architecture's row in the tree's viewport; for pointing at it."""
        for leaf in self._leaves():
            if leaf.data(0, ID) == name:
                self.tree.scrollToItem(leaf)
                return self.tree.visualItemRect(leaf).center()
        raise KeyError(name)


def about(entry: Architecture) -> str:
    """The story of an architecture as rich text for a tooltip."""
    return (
        f"<p><b>{entry.name}</b> ({entry.year})<br>{entry.authors}: <i>{entry.paper}</i>, "
        f"{entry.venue}</p><p>{entry.key_ideas}</p>"
    )
