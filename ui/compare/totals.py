"""The totals of models side by side, what their stages cost, and how accurate they are."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtGui import QPixmap
from PySide6.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QHBoxLayout,
    QHeaderView,
    QScrollArea,
    QSizePolicy,
    QSplitter,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from cnnviz.profiles import ModelProfile
from cnnviz.ready import ratio_text
from models.registry import Accuracy
from ui import words
from ui.compare.accuracy import AccuracyChart, protocols
from ui.compare.chips import hue
from ui.compare.shelf import architecture_of
from ui.compare.stage_bars import StageBars
from ui.panels.labels import plain_label, set_ink
from ui.scroll_bar import flat_bars
from ui.theme import GAP, SNUG, TIGHT, scaled_font, theme_of

_HEADS = ("Model", "Input", "Depth", "Parameters", "MACs", "Memory", "Peak", "Operations")
_TIPS = (
    "",
    "Height × width × channels",
    "Layers with weights on the longest way from input to output",
    "Trained or not",
    "Multiply-adds of convolutions and dense layers, for one image",
    "All outputs for one image, as float32",
    "The most that is in memory at once at inference, for one image, as float32",
    "Calls of layers and functions",
)


_MOST_ROOM = 170
"""Height of the table that is never taken away from it, in pixels."""


class TotalsTab(QWidget):
    """Numbers above, pictures below."""

    def __init__(self) -> None:
        super().__init__()
        self._profiles: tuple[ModelProfile, ...] = ()
        self.table = QTableWidget(0, len(_HEADS))
        flat_bars(self.table)
        self.bars = StageBars()
        self.accuracy = AccuracyChart()
        self.protocol = QComboBox()
        self.protocol.setAccessibleName("Protocol of the accuracies")
        self.protocol.setToolTip(
            "How the accuracies were measured: only those of one protocol can be compared"
        )
        self.rank = QComboBox()
        self.rank.addItem("top-1", 1)
        self.rank.addItem("top-5", 5)
        self.rank.setAccessibleName("Top-1 or top-5")
        self.missing = plain_label("Models without such an accuracy", wrapped=True)
        self.sources = plain_label("Who published these accuracies", wrapped=True)
        self.sources.setAlignment(Qt.AlignmentFlag.AlignTop)
        self._prepare_table()
        self._lay_out()
        self._wanted: str | None = None
        self.protocol.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        self.protocol.activated.connect(self._protocol_chosen)
        self.rank.currentIndexChanged.connect(self._show_accuracy)

    def _prepare_table(self) -> None:
        table = self.table
        for column, (title, tip) in enumerate(zip(_HEADS, _TIPS, strict=True)):
            head = QTableWidgetItem(title)
            table.setHorizontalHeaderItem(column, head)
            head.setToolTip(tip)
            side = Qt.AlignmentFlag.AlignLeft if column < 2 else Qt.AlignmentFlag.AlignRight
            head.setTextAlignment(side | Qt.AlignmentFlag.AlignVCenter)
        table.verticalHeader().hide()
        table.verticalHeader().setDefaultSectionSize(2 * table.fontMetrics().height() + 8)
        table.horizontalHeader().setHighlightSections(False)
        table.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        table.horizontalHeader().setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        table.setSelectionMode(QAbstractItemView.SelectionMode.ContiguousSelection)
        table.setShowGrid(False)
        table.setAlternatingRowColors(True)
        table.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        table.setSizeAdjustPolicy(QTableWidget.SizeAdjustPolicy.AdjustToContents)
        table.setAccessibleName("Totals of the models")

    def _lay_out(self) -> None:
        head = QHBoxLayout()
        head.setSpacing(SNUG)
        title = plain_label()
        title.setText("Published accuracy")
        title.setFont(scaled_font("body", bold=True))
        head.addWidget(self.protocol)
        head.addWidget(self.rank)
        head.addStretch(1)
        right = QWidget()
        column = QVBoxLayout(right)
        column.setContentsMargins(GAP, TIGHT, 0, 0)
        column.setSpacing(TIGHT)
        column.addWidget(title)
        column.addLayout(head)
        told = QWidget()
        texts = QVBoxLayout(told)
        texts.setContentsMargins(0, 0, 0, 0)
        texts.addWidget(self.accuracy)
        texts.addWidget(self.missing)
        texts.addWidget(self.sources, 1)
        scroll = QScrollArea()
        flat_bars(scroll)
        scroll.setFrameShape(QScrollArea.Shape.NoFrame)
        scroll.setWidgetResizable(True)
        scroll.setWidget(told)
        column.addWidget(scroll, 1)
        halves = QSplitter(Qt.Orientation.Horizontal)
        halves.setChildrenCollapsible(False)
        halves.addWidget(self.bars)
        halves.addWidget(right)
        halves.setSizes([600, 400])
        whole = QVBoxLayout(self)
        whole.setContentsMargins(GAP, SNUG, GAP, SNUG)
        whole.setSpacing(SNUG)
        whole.addWidget(self.table, 1)
        whole.addWidget(halves, 3)

    def show_profiles(self, profiles: Sequence[ModelProfile]) -> None:
        """Show these models; the first is what others are held against."""
        self._profiles = tuple(profiles)
        self._fill()
        self.bars.show_profiles(self._profiles)
        self._fill_protocols()
        self._show_accuracy()

    def _fill(self) -> None:
        table = self.table
        table.setRowCount(len(self._profiles))
        for row, profile in enumerate(self._profiles):
            first = self._profiles[0]
            bound = "≥ " if profile.not_counted else ""
            cells = (
                profile.name,
                words.shape(profile.input_shape),
                _number(f"{profile.depth}", profile.depth, first.depth, row),
                _number(f"{profile.params:,}", profile.params, first.params, row),
                _number(f"{bound}{profile.macs:,}", profile.macs, first.macs, row),
                _number(
                    words.size(profile.activation_bytes),
                    profile.activation_bytes,
                    first.activation_bytes,
                    row,
                ),
                _number(words.size(profile.peak_bytes), profile.peak_bytes, first.peak_bytes, row),
                _number(f"{profile.nodes}", profile.nodes, first.nodes, row),
            )
            for column, text in enumerate(cells):
                item = QTableWidgetItem(text)
                side = Qt.AlignmentFlag.AlignLeft if column < 2 else Qt.AlignmentFlag.AlignRight
                item.setTextAlignment(side | Qt.AlignmentFlag.AlignVCenter)
                if column == 4 and profile.not_counted:
                    names = ", ".join(profile.not_counted[:8])
                    item.setToolTip(f"At least: nobody knows what these cost: {names}")
                table.setItem(row, column, item)
        self._dots()
        rows = sum(table.rowHeight(row) for row in range(table.rowCount()))
        tall = rows + table.horizontalHeader().sizeHint().height() + 4
        table.setMinimumHeight(min(tall, _MOST_ROOM))
        table.setMaximumHeight(tall)

    def _dots(self) -> None:
        colors = theme_of(self.palette())
        for row in range(self.table.rowCount()):
            dot = QPixmap(12, 12)
            dot.fill(hue(colors, row))
            item = self.table.item(row, 0)
            if item is not None:
                item.setData(Qt.ItemDataRole.DecorationRole, dot)

    # Accuracies.

    def known(self) -> list[tuple[Accuracy, ...]]:
        """The published accuracies of each model."""
        entries = [architecture_of(profile.request) for profile in self._profiles]
        return [entry.accuracy if entry is not None else () for entry in entries]

    def _fill_protocols(self) -> None:
        self.protocol.clear()
        for protocol, count in protocols(self.known()):
            self.protocol.addItem(f"{protocol} ({count} of {len(self._profiles)})", protocol)
        self.protocol.setCurrentIndex(max(0, self.protocol.findData(self._wanted)))
        self.protocol.setEnabled(self.protocol.count() > 0)
        self.rank.setEnabled(self.protocol.count() > 0)

    def _protocol_chosen(self) -> None:
        self._wanted = self.protocol.currentData()
        self._show_accuracy()

    def _show_accuracy(self) -> None:
        protocol: str = self.protocol.currentData() or ""
        names = [profile.name for profile in self._profiles]
        self.accuracy.show_records(names, self.known(), protocol, self.rank.currentData())
        without = self.accuracy.without
        if not self._profiles:
            text = ""
        elif self.protocol.count() == 0:
            text = "Nobody published an accuracy of these models as they are here."
        elif without:
            text = f"None by this protocol: {', '.join(without)}."
        else:
            text = ""
        self.missing.setText(text)
        self.missing.setVisible(bool(text))
        self.sources.setText(
            "\n".join(
                f"{names[dot.model]}: {dot.value:g} %, {dot.source}" for dot in self.accuracy.dots
            )
        )
        self.accuracy.setVisible(bool(self.accuracy.dots))
        self._mute()

    def tint(self) -> None:
        """Follow the theme."""
        self._dots()
        self._mute()

    def _mute(self) -> None:
        for label in (self.missing, self.sources):
            set_ink(label, theme_of(self.palette()).muted)


def _number(text: str, value: int, first: int, row: int) -> str:
    """A number, and below it how many times that of the first model."""
    times = ratio_text(value / first) if row and first else ""
    return f"{text}\n{times}" if times else text
