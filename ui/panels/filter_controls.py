"""The row above the filters: which variable, how to look at it, in which order."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QHBoxLayout,
    QLabel,
    QSizePolicy,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from cnnviz.filters import WeightView
from cnnviz.ordering import FILTER_CRITERIA, FilterCriterion
from ui.theme import SNUG, TIGHT

_TIPS = {
    "index": "As the layer numbers them",
    "strongest": "The largest norm first",
    "weakest": "The smallest norm first: filters that do next to nothing lead",
    "twins": "Near-duplicates first, each beside the one that it is most like",
}

_VIEW_WIDTH = 230


class FilterControls(QWidget):
    """Choices of how to look at the variables of a layer.

    Signals:
        variable_chosen: Another variable.
        view_chosen: Another view, or another order.
        scaling_chosen: Another scale of the colours.
        page_chosen: Another page.
    """

    variable_chosen = Signal()
    view_chosen = Signal()
    scaling_chosen = Signal()
    page_chosen = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.variable = _box("Variable", "Which variable of the layer")
        self.view = _box("View", "How to look at it")
        self.scaling = _box(
            "Normalisation", "What the two ends of the colour map stand for; zero is the middle"
        )
        self.scaling.addItem("Whole picture", "layer")
        self.scaling.addItem("Each kernel", "channel")
        self.sorting = _box("Order of the filters", "In which order the filters stand")
        for place, (data, text) in enumerate(FILTER_CRITERIA.items()):
            self.sorting.addItem(text, data)
            self.sorting.setItemData(place, _TIPS[data], Qt.ItemDataRole.ToolTipRole)
        self.fold = QCheckBox("Fold in batch &norm")
        self.fold.setToolTip(
            "Show the one kernel and bias that do what this layer and the batch norm behind it do"
        )
        self.page = QSpinBox()
        self.page.setAccessibleName("Page")
        self._page_label = QLabel()
        # The longest names of views would make the window wider than a small screen.
        self.view.setSizeAdjustPolicy(
            QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
        )
        self.view.setMinimumContentsLength(8)
        self.view.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.view.setMaximumWidth(_VIEW_WIDTH)
        self._pairs: dict[QWidget, QWidget] = {}
        first = self._line(
            ("&Variable", self.variable), ("Vie&w", self.view), (self._page_label, self.page)
        )
        second = self._line(("&Scale", self.scaling), ("S&ort", self.sorting))
        second.addWidget(self.fold)
        self._second = QWidget()
        self._second.setLayout(second)
        lines = QVBoxLayout(self)
        lines.setContentsMargins(0, 0, 0, 0)
        lines.setSpacing(TIGHT)
        lines.addLayout(first)
        lines.addWidget(self._second)
        self.variable.currentIndexChanged.connect(self.variable_chosen)
        self.view.currentIndexChanged.connect(self.view_chosen)
        self.sorting.currentIndexChanged.connect(self.view_chosen)
        self.scaling.currentIndexChanged.connect(self.scaling_chosen)
        self.page.valueChanged.connect(self.page_chosen)

    def _line(self, *pairs: tuple[str | QLabel, QWidget]) -> QHBoxLayout:
        """Boxes side by side, each behind its label, which are shown and hidden together."""
        line = QHBoxLayout()
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(SNUG)
        for text, box in pairs:
            label = QLabel(text) if isinstance(text, str) else text
            label.setBuddy(box)
            pair = self._pairs[box] = QWidget()
            row = QHBoxLayout(pair)
            row.setContentsMargins(0, 0, 0, 0)
            row.setSpacing(TIGHT)
            row.addWidget(label)
            row.addWidget(box)
            line.addWidget(pair)
        line.addStretch(1)
        return line

    @property
    def criterion(self) -> FilterCriterion:
        """What the filters are sorted by."""
        chosen: FilterCriterion = self.sorting.currentData()
        return chosen

    def offer_variables(self, names: list[str]) -> None:
        """Offer the variables of a layer, without a signal; the one looked at stays if it can."""
        _offer(self.variable, names)

    def offer_views(self, labels: list[str]) -> None:
        """Offer the views of a variable, without a signal; the one looked at stays if it can."""
        _offer(self.view, labels)
        self._show(self.view, len(labels) > 1)

    def show_view(self, view: WeightView, *, can_sort: bool) -> None:
        """Show what makes sense for a view, and as many pages as it has."""
        sorted_pages = view.pages_are_outputs and view.order is not None
        self._page_label.setText("Place" if sorted_pages else view.page_name)
        self._show(self.page, view.pages > 1)
        self.page.blockSignals(True)
        self.page.setRange(0, view.pages - 1)
        self.page.setSuffix(f" / {view.pages - 1:,}")
        self.page.blockSignals(False)
        self._show(self.sorting, can_sort)
        self._show(self.scaling, view.form == "maps")
        second = (self._pairs[self.sorting], self._pairs[self.scaling], self.fold)
        self._second.setVisible(any(not widget.isHidden() for widget in second))

    def turn_to(self, page: int) -> None:
        """Show another page, without a signal."""
        self.page.blockSignals(True)
        self.page.setValue(page)
        self.page.blockSignals(False)

    def _show(self, box: QWidget, shown: bool) -> None:
        self._pairs[box].setVisible(shown)


def _box(name: str, tip: str) -> QComboBox:
    box = QComboBox()
    box.setAccessibleName(name)
    box.setToolTip(tip)
    return box


def _offer(box: QComboBox, texts: list[str]) -> None:
    before = box.currentText()
    box.blockSignals(True)
    box.clear()
    box.addItems(texts)
    box.setCurrentIndex(texts.index(before) if before in texts else 0)
    box.blockSignals(False)
