"""How the receptive field grows: the staircase, the table of the recursion, and the sum."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, Qt
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from cnnviz.recursion import Growth, Row
from ui.microscope.staircase import Stair, Staircase
from ui.panels.labels import plain_label, set_ink
from ui.scroll_bar import flat_bars
from ui.theme import SNUG, theme_of

_COLUMNS = ("Layer", "K", "S", "Size r", "Stride j", "Padding", "Where the size comes from")
_RECURSION = (
    "r = r′ + (K − 1)·D·j′   and   j = S·j′, with r′ and j′ of the row above: K kernel, D "
    "dilation, S stride."
)


class GrowthPanel(QWidget):
    """Tells how the field of the selected node comes about."""

    def __init__(self) -> None:
        super().__init__()
        self.caption = plain_label(wrapped=True)
        self.stairs = Staircase()
        self.rule = plain_label(wrapped=True)
        self.rule.setText(_RECURSION)
        self.table = QTableWidget(0, len(_COLUMNS))
        flat_bars(self.table)
        self.table.setAccessibleName("The field layer by layer")
        self.table.setHorizontalHeaderLabels(_COLUMNS)
        self.table.verticalHeader().hide()
        self.table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.table.setAlternatingRowColors(True)
        self.table.setShowGrid(False)
        self.table.verticalHeader().setDefaultSectionSize(self.fontMetrics().height() + SNUG)
        header = self.table.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setStretchLastSection(True)
        self.sum = plain_label(wrapped=True)
        column = QVBoxLayout(self)
        column.setContentsMargins(SNUG, SNUG, SNUG, SNUG)
        column.setSpacing(SNUG)
        for widget in (self.caption, self.stairs, self.rule):
            column.addWidget(widget)
        column.addWidget(self.table, 1)
        column.addWidget(self.sum)
        self._tint()

    def show_stairs(self, caption: str, stairs: tuple[Stair, ...]) -> None:
        """Show the windows of one position."""
        self.caption.setText(caption)
        self.stairs.setVisible(bool(stairs))
        self.stairs.show_stairs(stairs)

    def show_growth(self, found: Growth | None, note: str = "") -> None:
        """Show the recursion, or say why there is none."""
        rows: Sequence[Row] = found.rows if found is not None else ()
        warning = theme_of(self.palette()).warning
        self.table.setRowCount(len(rows))
        for number, row in enumerate(rows):
            texts = _cells(row)
            for place, text in enumerate(texts):
                item = QTableWidgetItem(text)
                if 0 < place < len(texts) - 1:
                    item.setTextAlignment(
                        Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
                    )
                if place == 3 and row.exceeds:
                    item.setForeground(warning)
                    item.setToolTip("Larger than the input: every position sees padding")
                else:
                    item.setToolTip(text)
                self.table.setItem(number, place, item)
        self.table.setVisible(bool(rows))
        self.rule.setVisible(bool(rows))
        lines = [note] if note else []
        if found is not None:
            lines += [text for text in dict.fromkeys(found.sum) if text]
            lines += [found.closed] if found.closed else []
            if any(row.exceeds for row in rows):
                lines.append("Marked sizes are larger than the input: every position sees padding.")
        self.sum.setText("\n".join(lines))

    def changeEvent(self, event: QEvent) -> None:
        """Follow the theme."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and hasattr(self, "sum"):
            self._tint()

    def _tint(self) -> None:
        colors = theme_of(self.palette())
        set_ink(self.rule, colors.muted)
        set_ink(self.caption, colors.muted)


def _cells(row: Row) -> tuple[str, ...]:
    kernel = stride = ""
    if row.layers is not None:
        kernel = _by([layer.kernel for layer in row.layers])
        stride = _by([layer.stride for layer in row.layers])
    if row.branch is not None:
        sizes = row.branch.sizes
        others = ", ".join(
            f"{name} {_by(size) if size else 'sees all'}"
            for name, size in sizes.items()
            if name != row.branch.chosen
        )
        how = f"largest branch: {row.branch.chosen}; others: {others}"
    else:
        how = "; ".join(text for text in dict.fromkeys(row.formulas) if text)
    return (
        row.node, kernel, stride, _by(row.size), _by(row.stride), _by(row.padding), how
    )  # fmt: skip


def _by(values: Sequence[int | float]) -> str:
    """One number where all axes agree."""
    shown = [f"{value:g}".replace("-", "−") for value in values]
    return shown[0] if len(set(shown)) == 1 else " × ".join(shown)
