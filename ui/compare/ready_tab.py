"""The comparisons that lectures make: what to see in each, the real figures beside the printed."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QLabel,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QSplitter,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from cnnviz.ready import Figure, Ready, ReadyFigures, comparisons, ratio_text, value_text
from cnnviz.requests import GetReadyFigures
from ui import words
from ui.jobs import Lane
from ui.panels.labels import plain_label, set_ink
from ui.scroll_bar import flat_bars
from ui.theme import GAP, SNUG, scaled_font, theme_of

_TEXTS = Qt.ItemDataRole.UserRole
"""A figure in full, and in a few letters."""
_WORDS, _LEAST = 150, 90


class ReadyTab(QWidget):
    """A list, and beside it the one that is chosen.

    Args:
        lane: Where the engine is.

    Signals:
        wanted: The `Ready` whose models are to be opened side by side.
    """

    wanted = Signal(object)

    def __init__(self, lane: Lane) -> None:
        super().__init__()
        self._lane = lane
        self._known: dict[str, ReadyFigures] = {}
        self._asked: set[str] = set()
        self.list = QListWidget()
        flat_bars(self.list)
        self.list.setAccessibleName("Comparisons ready to open")
        self.list.setWordWrap(True)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setSpacing(2)
        for ready in comparisons().values():
            item = QListWidgetItem(ready.title, self.list)
            item.setData(Qt.ItemDataRole.UserRole, ready.id)
        self.title = QLabel()
        self.title.setFont(scaled_font("title", bold=True))
        self.title.setWordWrap(True)
        self.text = plain_label("What to see in it", wrapped=True)
        self.table = QTableWidget()
        flat_bars(self.table)
        self.notes = plain_label("Remarks on the figures", wrapped=True)
        self.open_button = QPushButton("Open side by side")
        self.open_button.setToolTip("Totals, depth, differences and feature maps of these models")
        self._prepare_table()
        self._lay_out()
        self.list.currentItemChanged.connect(lambda: self._show())
        self.list.itemActivated.connect(lambda: self.wanted.emit(self.ready))
        self.open_button.clicked.connect(lambda: self.wanted.emit(self.ready))
        self.list.setCurrentRow(0)

    def _prepare_table(self) -> None:
        table = self.table
        table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        table.setSelectionMode(QAbstractItemView.SelectionMode.ContiguousSelection)
        table.setAlternatingRowColors(True)
        table.setShowGrid(False)
        table.setWordWrap(True)
        table.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        table.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        table.verticalHeader().hide()
        table.horizontalHeader().setHighlightSections(False)
        table.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        table.setAccessibleName("Figures of the comparison")

    def _lay_out(self) -> None:
        right = QWidget()
        column = QVBoxLayout(right)
        column.setContentsMargins(GAP, 0, 0, 0)
        column.setSpacing(GAP)
        column.addWidget(self.title)
        column.addWidget(self.text)
        column.addWidget(self.table)
        column.addWidget(self.notes)
        column.addWidget(self.open_button, 0, Qt.AlignmentFlag.AlignLeft)
        column.addStretch(1)
        scroll = QScrollArea()
        flat_bars(scroll)
        scroll.setFrameShape(QScrollArea.Shape.NoFrame)
        scroll.setWidgetResizable(True)
        scroll.setWidget(right)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        halves = QSplitter(Qt.Orientation.Horizontal)
        halves.setChildrenCollapsible(False)
        halves.addWidget(self.list)
        halves.addWidget(scroll)
        halves.setSizes([220, 780])
        halves.setStretchFactor(1, 1)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(GAP, SNUG, GAP, SNUG)
        whole.addWidget(halves)

    @property
    def ready(self) -> Ready:
        """The chosen one."""
        item = self.list.currentItem() or self.list.item(0)
        return comparisons()[item.data(Qt.ItemDataRole.UserRole)]

    def choose(self, name: str) -> None:
        """Show one of them.

        Args:
            name: Its id.
        """
        self.list.setCurrentRow(list(comparisons()).index(name))

    @property
    def settled(self) -> bool:
        """Whether the figures of the chosen one are here."""
        return self.ready.id in self._known

    def look(self) -> None:
        """Somebody looks: fetch the figures of the chosen one."""
        self._ask(self.ready.id)

    def _show(self) -> None:
        ready = self.ready
        self.title.setText(ready.title)
        self.text.setText(ready.text)
        known = self._known.get(ready.id)
        if known is None:
            self.table.hide()
            self.notes.setText("Working the figures out…")
            if self.isVisible():
                self._ask(ready.id)
        else:
            self._fill(ready, known.figures)
        self.tint()

    def _ask(self, name: str) -> None:
        if name in self._asked:
            return
        self._asked.add(name)
        self._lane.submit(
            GetReadyFigures(name),
            on_success=self._arrived,
            on_failure=lambda text: self._failed(name, text),
            on_cancelled=lambda: self._asked.discard(name),
        )

    def _arrived(self, figures: ReadyFigures) -> None:
        self._known[figures.id] = figures
        if self.ready.id == figures.id:
            self._show()

    def _failed(self, name: str, text: str) -> None:
        self._asked.discard(name)
        if self.ready.id == name:
            self.notes.setText(text)

    def _fill(self, ready: Ready, figures: tuple[Figure, ...]) -> None:
        table = self.table
        heads = ["", *ready.columns, *(["Printed"] if ready.source else [])]
        table.clear()
        table.setColumnCount(len(heads))
        table.setRowCount(len(figures))
        for column, head in enumerate(heads):
            # Figures are narrow: a long heading takes two lines.
            item = QTableWidgetItem(head.replace(" ", "\n", 1) if len(head) > 14 else head)
            item.setTextAlignment(self._side(ready, column))
            table.setHorizontalHeaderItem(column, item)
        for row, figure in enumerate(figures):
            cells = [QTableWidgetItem(figure.what)]
            for value, ratio in zip(figure.values, figure.ratios, strict=True):
                times = ratio_text(ratio)
                below = f"\n{times}" if times else ""
                exact = value_text(value, figure.unit)
                item = QTableWidgetItem(exact + below)
                short = words.big(round(value)) if figure.unit == "count" else exact
                item.setData(_TEXTS, (exact + below, short + below))
                item.setToolTip(exact)
                cells.append(item)
            if ready.source:
                cells.append(QTableWidgetItem(figure.printed))
                cells[-1].setToolTip(figure.note)
            for column, item in enumerate(cells):
                item.setTextAlignment(self._side(ready, column))
                table.setItem(row, column, item)
        table.show()
        self._fit()
        notes = [f"{figure.what}: {figure.note}" for figure in figures if figure.note]
        if ready.source:
            notes.append(f"Printed by {ready.source}.")
        self.notes.setText("\n".join(notes))

    @staticmethod
    def _side(ready: Ready, column: int) -> Qt.AlignmentFlag:
        figure = 0 < column <= len(ready.columns)
        side = Qt.AlignmentFlag.AlignRight if figure else Qt.AlignmentFlag.AlignLeft
        return side | Qt.AlignmentFlag.AlignVCenter

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Share the room out anew."""
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        """Figures in full where there is room, else in a few letters; words take what is left."""
        table, ready = self.table, self.ready
        figures = len(ready.columns)
        outer = table.columnCount() - figures
        for form in (0, 1):
            for row in range(table.rowCount()):
                for column in range(1, figures + 1):
                    item = table.item(row, column)
                    if item is not None:
                        item.setText(item.data(_TEXTS)[form])
            table.resizeColumnsToContents()
            taken = sum(table.columnWidth(column) for column in range(1, figures + 1))
            rest = table.viewport().width() - taken
            if rest >= outer * _WORDS:
                break
        if outer == 2:
            printed = min(table.columnWidth(figures + 1), max(rest // 2, _LEAST))
            table.setColumnWidth(figures + 1, printed)
            rest -= printed
        table.setColumnWidth(0, max(rest, _LEAST))
        table.resizeRowsToContents()
        for row in range(table.rowCount()):
            table.setRowHeight(row, table.rowHeight(row) + SNUG)
        rows = sum(table.rowHeight(row) for row in range(table.rowCount()))
        table.setFixedHeight(rows + table.horizontalHeader().sizeHint().height() + 4)

    def tint(self) -> None:
        """Follow the theme."""
        set_ink(self.notes, theme_of(self.palette()).muted)
