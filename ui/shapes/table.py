"""What follows from a plan, layer by layer: before and after."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QTableView

from cnnviz.costs import GraphCosts
from cnnviz.graph import LayerGraph
from cnnviz.shape_lab import Trial
from ui import words
from ui.plain_table import dress
from ui.scroll_bar import flat_bars
from ui.theme import GAP, scaled_font, theme_of

_Index = QModelIndex | QPersistentModelIndex
_HEADS = ("Layer", "Output", "Parameters", "MACs")
LAYER, OUTPUT, PARAMS, MACS = range(4)
_NARROWEST = 130


class TrialModel(QAbstractTableModel):
    """One row a layer that is changed, or all of them."""

    def __init__(self, owner: TrialTable) -> None:
        super().__init__(owner)
        self._owner = owner
        self.before: LayerGraph | None = None
        self.costs_before: GraphCosts | None = None
        self.trial: Trial | None = None
        self.costs: GraphCosts | None = None
        self.names: list[str] = []

    def show_trial(
        self,
        before: LayerGraph,
        costs_before: GraphCosts,
        trial: Trial,
        costs: GraphCosts,
        *,
        everything: bool,
    ) -> None:
        """Show what follows from a plan.

        Args:
            before: The graph as opened.
            costs_before: Its costs.
            trial: The changed one.
            costs: Its costs; those of unknown nodes are not looked at.
            everything: Also layers that stay as they are.
        """
        self.beginResetModel()
        self.before, self.costs_before, self.trial, self.costs = before, costs_before, trial, costs
        shown = trial.changed | trial.unknown
        self.names = [node.name for node in before.nodes if everything or node.name in shown]
        self.endResetModel()

    def rowCount(self, parent: _Index | None = None) -> int:
        """Layers."""
        return len(self.names)

    def columnCount(self, parent: _Index | None = None) -> int:
        """Name, shape, parameters, multiply-adds."""
        return len(_HEADS)

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        """Headings."""
        if orientation is not Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return _HEADS[section]
        if role == Qt.ItemDataRole.TextAlignmentRole:
            side = Qt.AlignmentFlag.AlignLeft if section <= OUTPUT else Qt.AlignmentFlag.AlignRight
            return side | Qt.AlignmentFlag.AlignVCenter
        return None

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Text, alignment, and the colour of what does not fit."""
        if self.trial is None:
            return None
        name, column = self.names[index.row()], index.column()
        if role == Qt.ItemDataRole.DisplayRole:
            return self._text(name, column)
        if role == Qt.ItemDataRole.TextAlignmentRole:
            side = Qt.AlignmentFlag.AlignLeft if column <= OUTPUT else Qt.AlignmentFlag.AlignRight
            return side | Qt.AlignmentFlag.AlignVCenter
        colors = theme_of(self._owner.palette())
        wrong = {misfit.node: misfit.sentence for misfit in self.trial.misfits}
        if role == Qt.ItemDataRole.ForegroundRole:
            if name in wrong:
                return colors.error
            return colors.muted if name in self.trial.unknown else colors.text
        if role == Qt.ItemDataRole.FontRole and name in wrong:
            return scaled_font("body", bold=True)
        if role == Qt.ItemDataRole.ToolTipRole:
            if name in wrong:
                return wrong[name]
            if column == MACS and self.costs is not None and name not in self.trial.unknown:
                return f"{self.costs.by_name[name].macs:,}"
            if name in self.trial.unknown:
                return "Behind a layer that does not fit: nothing is known of it"
        return None

    def _text(self, name: str, column: int) -> str:
        assert self.trial is not None
        assert self.before is not None
        assert self.costs is not None
        assert self.costs_before is not None
        if column == LAYER:
            return name
        if column == OUTPUT:
            old: str = words.shape(self.before.by_name[name].output_shape)
            new = words.shape(self.trial.graph.by_name[name].output_shape)
        else:
            one, other = self.costs_before.by_name[name], self.costs.by_name[name]
            if column == MACS and one.not_counted:
                return "not counted"
            if column == PARAMS:
                old, new = f"{one.params:,}", f"{other.params:,}"
            else:
                old, new = words.big(one.macs), words.big(other.macs)
        if name in self.trial.unknown:
            return f"{old} → ?"
        return old if old == new else f"{old} → {new}"


class TrialTable(QTableView):
    """The table.

    Signals:
        node_chosen: Name of the layer that was clicked or reached by keys.
    """

    node_chosen = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        flat_bars(self)
        self.rows = TrialModel(self)
        self.setModel(self.rows)
        dress(self, "What follows, layer by layer")
        self.selectionModel().currentRowChanged.connect(self._current_changed)
        self._following = False

    def show_trial(self, *args: Any, everything: bool) -> None:
        """As `TrialModel.show_trial`."""
        self._following = True
        self.rows.show_trial(*args, everything=everything)
        self._following = False
        self._stretch()

    def select(self, node: str | None) -> None:
        """Mark a layer's row, if it has one."""
        self._following = True
        if node in self.rows.names:
            row = self.rows.names.index(node)
            if self.currentIndex().row() != row:
                self.selectRow(row)
                self.scrollTo(self.rows.index(row, LAYER))
        else:
            self.clearSelection()
        self._following = False

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Share the room out anew."""
        super().resizeEvent(event)
        self._stretch()

    def _stretch(self) -> None:
        """Numbers as wide as they need; the name takes the rest."""
        metrics = self.fontMetrics()
        others = 0
        for column in (OUTPUT, PARAMS, MACS):
            texts = [_HEADS[column], *(self.rows._text(name, column) for name in self.rows.names)]
            longest = max(texts, key=len)
            width = metrics.horizontalAdvance(longest) + GAP + 6
            self.setColumnWidth(column, width)
            others += width
        self.setColumnWidth(LAYER, max(_NARROWEST, self.viewport().width() - others))

    def _current_changed(self, now: QModelIndex, before: QModelIndex) -> None:
        if now.isValid() and not self._following:
            self.node_chosen.emit(self.rows.names[now.row()])
