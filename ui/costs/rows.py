"""The rows of a breakdown as a table that can be sorted and filtered, with a total below."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import (
    QAbstractTableModel,
    QModelIndex,
    QPersistentModelIndex,
    QSortFilterProxyModel,
    Qt,
    Signal,
)
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QTableView

from cnnviz.breakdown import Breakdown, Measure
from ui import words
from ui.costs.amounts import Amounts, per_cent, share
from ui.plain_table import dress
from ui.scroll_bar import flat_bars
from ui.theme import GAP, scaled_font

_Index = QModelIndex | QPersistentModelIndex
_MEASURED: tuple[Measure, ...] = ("params", "macs", "activations", "seconds")
NAME, SHAPE = 0, 1
SORT_ROLE = Qt.ItemDataRole.UserRole

COLUMNS = 2 + 2 * len(_MEASURED)


def measure_of(column: int) -> Measure | None:
    """The measure that a column shows, as a number or a share."""
    return _MEASURED[(column - 2) // 2] if column >= 2 else None


class RowsModel(QAbstractTableModel):
    """One row a row of the breakdown, and the total as the last."""

    def __init__(self) -> None:
        super().__init__()
        self.table: Breakdown | None = None
        self.amounts = Amounts()

    def show_table(self, table: Breakdown | None, amounts: Amounts) -> None:
        """Show another breakdown."""
        self.beginResetModel()
        self.table, self.amounts = table, amounts
        self.endResetModel()

    def rowCount(self, parent: _Index | None = None) -> int:
        """Rows and the total."""
        return len(self.table.rows) + 1 if self.table is not None else 0

    def columnCount(self, parent: _Index | None = None) -> int:
        """Name, shape, and two for every measure."""
        return COLUMNS

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        """Headings."""
        if orientation is not Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.TextAlignmentRole:
            side = Qt.AlignmentFlag.AlignLeft if section <= SHAPE else Qt.AlignmentFlag.AlignRight
            return side | Qt.AlignmentFlag.AlignVCenter
        if role != Qt.ItemDataRole.DisplayRole:
            return None
        if section <= SHAPE:
            return ("Name", "Output")[section]
        measure = _MEASURED[(section - 2) // 2]
        return self.amounts.title(measure) if section % 2 == 0 else "share"

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Text, alignment, the number to sort by, and the story of a cell."""
        if self.table is None:
            return None
        total = index.row() == len(self.table.rows)
        column = index.column()
        if role == Qt.ItemDataRole.TextAlignmentRole:
            side = Qt.AlignmentFlag.AlignLeft if column <= SHAPE else Qt.AlignmentFlag.AlignRight
            return side | Qt.AlignmentFlag.AlignVCenter
        if role == Qt.ItemDataRole.FontRole and total:
            return scaled_font("body", bold=True)
        if role == Qt.ItemDataRole.DisplayRole:
            return self._text(index.row(), column)
        if role == SORT_ROLE:
            return self._sort_value(index.row(), column)
        if role == Qt.ItemDataRole.ToolTipRole:
            return self._tip(index.row(), column)
        return None

    def _value(self, row: int, measure: Measure) -> float | None:
        assert self.table is not None
        if row == len(self.table.rows):
            return self.table.total(measure)
        return self.table.rows[row].value(measure)

    def _text(self, row: int, column: int) -> str:
        assert self.table is not None
        total = row == len(self.table.rows)
        if column == NAME:
            return "Total" if total else self.table.rows[row].label
        if column == SHAPE:
            return "" if total else words.shape(self.table.rows[row].output_shape)
        measure = _MEASURED[(column - 2) // 2]
        value = self._value(row, measure)
        if column % 2:
            return per_cent(share(self.table, measure, value))
        if value is None:
            return ""
        rows = self.table.rows if total else (self.table.rows[row],)
        unknown = measure == "macs" and any(r.not_counted for r in rows)
        if unknown and not value:
            return "?"
        return ("≥ " if unknown else "") + self.amounts.exact(measure, value)

    def _sort_value(self, row: int, column: int) -> Any:
        assert self.table is not None
        measure = measure_of(column)
        if measure is not None:
            return self._value(row, measure) or 0
        return row  # names and shapes: in the order of the network

    def _tip(self, row: int, column: int) -> str:
        assert self.table is not None
        if column in (NAME, SHAPE):
            return "" if row == len(self.table.rows) else self.table.rows[row].detail
        if measure_of(column) == "seconds":
            return "Measured in the last pass"
        return "Click to see where this number comes from"


class _Proxy(QSortFilterProxyModel):
    """Sorted and filtered, with the total always last."""

    def __init__(self) -> None:
        super().__init__()
        self.setSortRole(SORT_ROLE)
        self.wanted = ""

    def _last(self) -> int:
        return self.sourceModel().rowCount() - 1

    def lessThan(self, left: _Index, right: _Index) -> bool:
        """By value, and the total at the end whichever way it goes."""
        ascending = self.sortOrder() is Qt.SortOrder.AscendingOrder
        if left.row() == self._last():
            return not ascending
        if right.row() == self._last():
            return ascending
        return bool(left.data(SORT_ROLE) < right.data(SORT_ROLE))

    def filterAcceptsRow(self, row: int, parent: _Index) -> bool:
        """What has the wanted text in its name, and the total."""
        if row == self._last() or not self.wanted:
            return True
        index = self.sourceModel().index(row, NAME, parent)
        return self.wanted in str(index.data()).lower()


class RowsTable(QTableView):
    """The table.

    Signals:
        row_chosen: Index of a row of the breakdown that was clicked or reached by keys.
        number_chosen: Index of a row (None for the total) and a column whose number was clicked.
    """

    row_chosen = Signal(int)
    number_chosen = Signal(object, int)

    def __init__(self) -> None:
        super().__init__()
        flat_bars(self)
        self.rows = RowsModel()
        self._proxy = _Proxy()
        self._proxy.setSourceModel(self.rows)
        self.setModel(self._proxy)
        self.setSortingEnabled(True)
        self.sortByColumn(NAME, Qt.SortOrder.AscendingOrder)
        dress(self, "Table of the costs")
        self.clicked.connect(self._clicked)
        self.activated.connect(self._clicked)
        self.selectionModel().currentRowChanged.connect(self._current_changed)
        self._following = False
        self._name_width = 80

    def show_table(self, table: Breakdown | None, amounts: Amounts) -> None:
        """Show another breakdown."""
        self._following = True
        self.rows.show_table(table, amounts)
        self._following = False
        self._fit()

    def set_filter(self, text: str) -> None:
        """Show only rows with this text in their names."""
        self._proxy.wanted = text.strip().lower()
        self._proxy.invalidate()

    def select(self, row: int | None) -> None:
        """Mark a row, and scroll to it."""
        self._following = True
        if row is None:
            self.clearSelection()
        else:
            index = self._proxy.mapFromSource(self.rows.index(row, NAME))
            if index.isValid():
                self.selectRow(index.row())
                self.scrollTo(index)
            else:
                self.clearSelection()
        self._following = False

    def _fit(self) -> None:
        """Columns as wide as the widest number of each needs; the name takes what is left."""
        metrics = self.fontMetrics()
        table = self.rows.table
        if table is None:
            return
        for column in range(1, COLUMNS):
            measure = measure_of(column)
            hidden = measure == "seconds" and table.total("seconds") is None
            self.setColumnHidden(column, hidden)
            texts = [str(self.rows.headerData(column, Qt.Orientation.Horizontal)) + "xx"]
            if column == SHAPE:
                texts += [words.shape(row.output_shape) for row in table.rows]
            elif column % 2:
                texts.append("100.0 %")
            else:
                texts.append(self.rows._text(len(table.rows), column))
                texts.append("000.0 MiB" if measure in ("activations",) else "")
            self.setColumnWidth(column, max(map(metrics.horizontalAdvance, texts)) + GAP + 6)
        names = [metrics.horizontalAdvance(row.label) for row in table.rows]
        self._name_width = min(max([*names, 80]) + GAP + 6, 260)
        self._stretch()

    def _stretch(self) -> None:
        """The name takes what the numbers leave."""
        others = sum(self.columnWidth(c) for c in range(1, COLUMNS) if not self.isColumnHidden(c))
        self.setColumnWidth(NAME, max(self._name_width, self.viewport().width() - others))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Share the room out anew."""
        super().resizeEvent(event)
        self._stretch()

    def _source_row(self, index: QModelIndex) -> int | None:
        row = self._proxy.mapToSource(index).row()
        last = self.rows.rowCount() - 1
        return row if 0 <= row < last else None

    def _clicked(self, index: QModelIndex) -> None:
        if index.column() > NAME:
            self.number_chosen.emit(self._source_row(index), index.column())

    def _current_changed(self, now: QModelIndex, before: QModelIndex) -> None:
        row = self._source_row(now) if now.isValid() else None
        if row is not None and not self._following:
            self.row_chosen.emit(row)
