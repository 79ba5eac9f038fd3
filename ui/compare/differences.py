"""What two models differ in: a table of blocks and units, and both graphs."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, Qt, Signal
from PySide6.QtWidgets import (
    QAbstractItemView,
    QCheckBox,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QSplitter,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from cnnviz.alignment import BlockDifference, ModelDiff
from cnnviz.compare import Change, Difference
from ui import words
from ui.compare.twin_graphs import TwinGraphs, change_fill, change_ink
from ui.panels.labels import plain_label, set_ink
from ui.scroll_bar import flat_bars
from ui.theme import GAP, SNUG, theme_of

SIGNS: dict[Change, str] = {"same": "=", "changed": "~", "added": "+", "removed": "−"}
_WHAT: dict[Change, str] = {
    "same": "the same in both",
    "changed": "changed",
    "added": "only in the second",
    "removed": "only in the first",
}
_CHANGE = Qt.ItemDataRole.UserRole
_NODES = Qt.ItemDataRole.UserRole + 1


class DifferencesTab(QWidget):
    """The table at the left, the graphs at the right; all of them select together.

    Signals:
        chosen: Number of the model (0 or 1), and the node of it that was chosen.
    """

    chosen = Signal(int, str)

    def __init__(self) -> None:
        super().__init__()
        self.diff: ModelDiff | None = None
        self._items: tuple[dict[str, QTreeWidgetItem], dict[str, QTreeWidgetItem]] = ({}, {})
        self._following = False
        self.summary = plain_label("What differs", wrapped=True)
        self.legend = QLabel()
        self.legend.setAccessibleName("What the colours of the graphs mean")
        self.only = QCheckBox("Only what differs")
        self.only.setChecked(True)
        self.only.setToolTip("Leave out what is the same in both")
        self.tree = QTreeWidget()
        flat_bars(self.tree)
        self.detail = plain_label("The row in full", wrapped=True)
        self.graphs = TwinGraphs()
        self._prepare_tree()
        self._lay_out()
        self.only.toggled.connect(self._filter)
        self.tree.currentItemChanged.connect(lambda now, _: self._tell(now))
        self.tree.currentItemChanged.connect(lambda now, _: self._row_chosen(now))
        self.graphs.chosen.connect(self._node_chosen)

    def _prepare_tree(self) -> None:
        tree = self.tree
        tree.setColumnCount(4)
        tree.setHeaderLabels(["Block", "Parameters", "MACs", "Sees"])
        head = tree.headerItem()
        for column, tip in enumerate(
            (
                "Blocks that stand for each other, and their units",
                "Of the second model, less those of the first",
                "Multiply-adds of the second model, less those of the first",
                "Rows of the receptive field in the second model, less those in the first",
            )
        ):
            head.setToolTip(column, tip)
            if column:
                head.setTextAlignment(column, Qt.AlignmentFlag.AlignRight)
        tree.setAlternatingRowColors(True)
        tree.setUniformRowHeights(True)
        tree.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        tree.setAccessibleName("Differences by block and unit")
        tree.header().setStretchLastSection(False)
        tree.header().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        tree.header().setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)

    def _lay_out(self) -> None:
        left = QWidget()
        column = QVBoxLayout(left)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SNUG)
        column.addWidget(self.tree, 1)
        column.addWidget(self.detail)
        halves = QSplitter(Qt.Orientation.Horizontal)
        halves.setChildrenCollapsible(False)
        halves.addWidget(left)
        halves.addWidget(self.graphs)
        halves.setSizes([480, 520])
        top = QHBoxLayout()
        top.setSpacing(GAP)
        top.addWidget(self.only)
        top.addStretch(1)
        top.addWidget(self.legend)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(GAP, SNUG, GAP, SNUG)
        whole.setSpacing(SNUG)
        whole.addWidget(self.summary)
        whole.addLayout(top)
        whole.addWidget(halves, 1)

    def show_diff(self, diff: ModelDiff | None, names: tuple[str, str]) -> None:
        """Show two models.

        Args:
            diff: What they differ in; None shows that it is being worked out.
            names: What to call them.
        """
        self.diff = diff
        self._fill()
        self.graphs.show_diff(diff, names, diff.partners if diff is not None else {})
        if diff is None:
            self.summary.setText("Holding the two against each other…")
        else:
            self.summary.setText(summary(diff, names))

    def say(self, text: str) -> None:
        """Say why there is nothing to show."""
        self.show_diff(None, ("", ""))
        self.summary.setText(text)

    def _fill(self) -> None:
        self._following = True
        self.tree.clear()
        self._items = ({}, {})
        rows: list[QTreeWidgetItem] = []
        for block in self.diff.blocks if self.diff is not None else ():
            item = QTreeWidgetItem(_block_cells(block))
            rows.append(item)
            self._dress(item, block.change, block.first, block.second)
            item.setToolTip(0, _block_tip(block))
            for unit in block.units:
                child = QTreeWidgetItem(item, _unit_cells(unit))
                self._dress(child, unit.change, unit.first, unit.second)
                child.setToolTip(0, _unit_tip(unit))
                for side, node in enumerate((unit.first, unit.second)):
                    if node is not None:
                        self._items[side][node] = child
            told = block.units[-1]
            item.setData(0, _NODES, (told.first, told.second))
        self.tree.addTopLevelItems(rows)  # at once: the columns are measured anew each time
        self._filter()
        self.tint()
        self._following = False

    def _dress(
        self, item: QTreeWidgetItem, change: Change, first: str | None, second: str | None
    ) -> None:
        item.setData(0, _CHANGE, change)
        item.setData(0, _NODES, (first, second))
        for column in (1, 2, 3):
            item.setTextAlignment(column, Qt.AlignmentFlag.AlignRight)

    def items(self) -> list[QTreeWidgetItem]:
        """Every row, blocks before their units."""
        rows = []
        for i in range(self.tree.topLevelItemCount()):
            top = self.tree.topLevelItem(i)
            if top is not None:
                children = (top.child(j) for j in range(top.childCount()))
                rows += [top, *(child for child in children if child is not None)]
        return rows

    def _filter(self) -> None:
        hide = self.only.isChecked()
        for item in self.items():
            item.setHidden(hide and item.data(0, _CHANGE) == "same")

    def _tell(self, item: QTreeWidgetItem | None) -> None:
        self.detail.setText(item.toolTip(0) if item is not None else "")
        self.detail.setVisible(item is not None)

    # One selection.

    def _row_chosen(self, item: QTreeWidgetItem | None) -> None:
        if item is None or self._following:
            return
        first, second = item.data(0, _NODES)
        side, node = (0, first) if first is not None else (1, second)
        self.graphs.select(side, node)
        if second is not None and first is not None:
            self.graphs.canvases[1].select(second)
        for number, name in enumerate((first, second)):
            if name is not None:
                self.chosen.emit(number, name)

    def _node_chosen(self, side: int, node: str) -> None:
        self._mark(side, node)
        self.chosen.emit(side, node)

    def show_node(self, side: int, node: str | None) -> None:
        """Follow the selection of the window, which is of one of the two models."""
        if self.diff is None or self._following or node is None:
            return
        if node not in self.diff.graphs[side].by_name:
            return
        self.graphs.select(side, node)
        self._mark(side, node)

    def _mark(self, side: int, node: str) -> None:
        """Mark the row of a node's unit."""
        item = self._items[side].get(self._head_of(side, node) or "")
        if item is None:
            return
        block = item.parent()
        shown = next((row for row in (item, block) if row is not None and not row.isHidden()), None)
        self._following = True
        if shown is None:
            self.tree.setCurrentIndex(QModelIndex())
        else:
            self.tree.setCurrentItem(shown)
            self.tree.scrollToItem(shown)
        self._following = False

    def _head_of(self, side: int, node: str) -> str | None:
        assert self.diff is not None
        return self.diff.heads[side].get(node)

    def tint(self) -> None:
        """Follow the theme."""
        colors = theme_of(self.palette())
        for item in self.items():
            item.setForeground(0, change_ink(item.data(0, _CHANGE), colors))
        set_ink(self.summary, colors.text)
        set_ink(self.detail, colors.muted)
        squares = (
            f'<span style="color:{change_fill(change, colors).name()}">&#9632;</span> {text}'
            for change, text in _WHAT.items()
            if change != "same"
        )
        self.legend.setText("&nbsp; ".join(squares))


def _pair(first: str | None, second: str | None) -> str:
    if first is None or second is None or first == second:
        return first or second or ""
    return f"{first} → {second}"


def _block_cells(block: BlockDifference) -> list[str]:
    name = f"{SIGNS[block.change]} {_pair(block.first, block.second)}"
    return [name, _signed(block.params), _signed(block.macs), _field(block.field)]


def _unit_cells(unit: Difference) -> list[str]:
    name = f"{SIGNS[unit.change]} {_pair(unit.first, unit.second)}"
    if unit.change != "same":
        name += f": {unit.what}"
    return [name, _signed(unit.params), _signed(unit.macs), _field(unit.field)]


def _signed(count: int) -> str:
    if not count:
        return ""
    return f"{'+' if count > 0 else '−'}{words.big(abs(count))}"


def _field(rows: int | None) -> str:
    return "" if not rows else f"{rows:+,}".replace("-", "−")


def _block_tip(block: BlockDifference) -> str:
    shapes = [words.shape(shape) if shape is not None else "nothing" for shape in block.shapes]
    fields = [f"{field:,}" if field is not None else "no window" for field in block.fields]
    return "\n".join(
        (
            f"{_pair(block.first, block.second)}, in {block.stage}: {_WHAT[block.change]}",
            f"Hands on {shapes[0]}; {shapes[1]}",
            f"Sees {fields[0]}; {fields[1]} rows",
            f"Parameters {block.params:+,}, MACs {block.macs:+,}",
        )
    )


def _unit_tip(unit: Difference) -> str:
    return "\n".join(
        (
            f"{_pair(unit.first, unit.second)}: {_WHAT[unit.change]}",
            unit.what,
            f"Parameters {unit.params:+,}, MACs {unit.macs:+,}",
        )
    )


def summary(diff: ModelDiff, names: tuple[str, str]) -> str:
    """What differs, in one sentence."""
    counts = dict.fromkeys(SIGNS, 0)
    for block in diff.blocks:
        counts[block.change] += 1
    if counts["same"] == len(diff.blocks):
        return f"{names[0]} and {names[1]} are the same, layer by layer."
    params = sum(block.params for block in diff.blocks)
    macs = sum(block.macs for block in diff.blocks)
    parts = [
        f"{counts['changed']} blocks changed" if counts["changed"] != 1 else "1 block changed",
        f"{counts['added']} added",
        f"{counts['removed']} removed",
        f"{counts['same']} the same",
    ]
    return (
        f"From {names[0]} to {names[1]}: {', '.join(parts)}; parameters {_signed(params) or '±0'}, "
        f"MACs {_signed(macs) or '±0'}."
    )
