"""The page of costs: controls, charts along the depth, treemap, proof, and the table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from PySide6.QtCore import Qt
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDoubleSpinBox,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QSizePolicy,
    QSpinBox,
    QSplitter,
    QStackedWidget,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from cnnviz.breakdown import (
    BYTES,
    LEVELS,
    MEASURES,
    Breakdown,
    Dtype,
    Level,
    Measure,
    Row,
    breakdown,
    needed,
    summary,
)
from cnnviz.printed import Quantity
from cnnviz.proofs import Card, group_card, node_card, total_card
from cnnviz.reports import Report, breakdown_report
from ui import words
from ui.controller import Controller, Selection
from ui.costs.amounts import QUANTITIES, Amounts
from ui.costs.charts import DepthCharts
from ui.costs.outlet import TableOutlet
from ui.costs.proof_view import ProofView
from ui.costs.roof_panel import RoofPanel
from ui.costs.rows import SHAPE, RowsTable, measure_of
from ui.costs.treemap import Treemap
from ui.insight import Insight
from ui.lanes import Lane
from ui.theme import GAP, SNUG, TIGHT

MANY = 60
"""With more units than this, the page begins with blocks."""

_NO_MODEL = "Open a model to see where its parameters, multiply-adds and memory go."


class CostsPage(QWidget):
    """Where the cost of the open model goes; follows the selection.

    Args:
        controller: The window's state.
        lane: Where the engine is.
    """

    def __init__(self, controller: Controller, lane: Lane) -> None:
        super().__init__()
        self._controller = controller
        self._insight: Insight | None = None
        self._stale = True
        self.table: Breakdown | None = None
        self.charts = DepthCharts()
        self.treemap = Treemap()
        self.proof = ProofView()
        self.roof = RoofPanel(controller, lane)
        self.rows = RowsTable()
        self.summary = QLabel()
        self.summary.setWordWrap(True)
        self.summary.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.fits = QLabel()
        self.fits.setWordWrap(True)
        self.fits.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._make_controls()
        self._lay_out()
        self._connect()

    def _make_controls(self) -> None:
        self.level = QComboBox()
        for level in LEVELS:
            self.level.addItem(f"by {level}", level)
        self.level.setToolTip("What a bar and a row of the table stand for")
        self.batch = QSpinBox()
        self.batch.setRange(1, 65_536)
        self.batch.setPrefix("batch ")
        self.batch.setToolTip("Images at once: multiplies activations and work")
        self.dtype = QComboBox()
        for dtype in BYTES:
            self.dtype.addItem(dtype, dtype)
        self.dtype.setToolTip("Number format of weights and activations")
        self.flops = QCheckBox("FLOPs")
        self.flops.setToolTip("Write two floating-point operations for each multiply-add")
        self.training = QCheckBox("training")
        self.training.setToolTip(
            "With all activations kept, gradients, and the two moments of Adam"
        )
        self.memory = QDoubleSpinBox()
        self.memory.setRange(0.001, 4096)
        self.memory.setDecimals(3)
        self.memory.setValue(16)
        self.memory.setSuffix(" GiB")
        self.memory.setToolTip("Memory that there is: does a run fit?")
        self.filter = QLineEdit()
        self.filter.setPlaceholderText("Filter the table")
        self.filter.setClearButtonEnabled(True)
        self.out = TableOutlet(self._report, self._controller.say)
        self.measure = QComboBox()
        self.measure.setToolTip("What the areas stand for")
        for measure in MEASURES[:3]:
            self.measure.addItem(Amounts().title(measure), measure)
        for name, widget in (
            ("Level", self.level),
            ("Batch size", self.batch),
            ("Number format", self.dtype),
            ("Memory size", self.memory),
            ("Filter", self.filter),
            ("Measure of the treemap", self.measure),
        ):
            widget.setAccessibleName(name)

    def _lay_out(self) -> None:
        first = QHBoxLayout()
        first.setSpacing(SNUG)
        for widget in (self.level, self.batch, self.dtype, self.flops):
            first.addWidget(widget)
        first.addStretch(1)
        first.addWidget(self.filter)
        first.addWidget(self.out)
        second = QHBoxLayout()
        second.setSpacing(SNUG)
        second.addWidget(QLabel("Will it fit into"))
        second.addWidget(self.memory)
        second.addWidget(self.training)
        self.fits.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        second.addWidget(self.fits, 1)
        areas = QWidget()
        column = QVBoxLayout(areas)
        column.setContentsMargins(0, TIGHT, 0, 0)
        column.setSpacing(TIGHT)
        column.addWidget(self.measure, 0, Qt.AlignmentFlag.AlignLeft)
        column.addWidget(self.treemap, 1)
        self.pictures = QTabWidget()
        self.pictures.setDocumentMode(True)
        self.pictures.addTab(self.charts, "Along the depth")
        self.pictures.addTab(areas, "Treemap")
        self.pictures.addTab(self.roof, "Roofline")
        self.pictures.addTab(self.proof, "Proof of a number")
        halves = QSplitter(Qt.Orientation.Vertical)
        halves.setChildrenCollapsible(False)
        halves.addWidget(self.pictures)
        halves.addWidget(self.rows)
        halves.setSizes([330, 330])
        full = QWidget()
        whole = QVBoxLayout(full)
        whole.setContentsMargins(GAP, SNUG, GAP, 0)
        whole.setSpacing(SNUG)
        whole.addLayout(first)
        whole.addLayout(second)
        whole.addWidget(self.summary)
        whole.addWidget(halves, 1)
        empty = QLabel(_NO_MODEL)
        empty.setWordWrap(True)
        empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._stack = QStackedWidget()
        self._stack.addWidget(empty)
        self._stack.addWidget(full)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(self._stack)

    def _connect(self) -> None:
        controller = self._controller
        controller.run_changed.connect(self._refresh)
        controller.selection_changed.connect(self._follow)
        self.level.currentIndexChanged.connect(self._refresh)
        for signal in (
            self.batch.valueChanged,
            self.dtype.currentIndexChanged,
            self.flops.toggled,
        ):
            signal.connect(self._show)
        self.memory.valueChanged.connect(self._show_fit)
        self.training.toggled.connect(self._show_fit)
        self.measure.currentIndexChanged.connect(self._show_treemap)
        self.filter.textChanged.connect(self.rows.set_filter)
        self.charts.chosen.connect(self._choose)
        self.treemap.chosen.connect(self._choose)
        self.roof.plot.chosen.connect(self._choose)
        self.rows.row_chosen.connect(self._choose)
        self.rows.number_chosen.connect(self._prove)

    # What is shown.

    def set_insight(self, insight: Insight | None) -> None:
        """Show another model."""
        self._insight = insight
        self.proof.show_card(None)
        if insight is not None:
            level: Level = "unit" if len(insight.groups.units) <= MANY else "block"
            self.level.blockSignals(True)
            self.level.setCurrentIndex(self.level.findData(level))
            self.level.blockSignals(False)
        self._refresh()

    def showEvent(self, event: QShowEvent) -> None:
        """Add up only while somebody looks."""
        super().showEvent(event)
        if self._stale:
            self._refresh()

    @property
    def amounts(self) -> Amounts:
        """How numbers are counted now."""
        dtype: Dtype = self.dtype.currentData()
        return Amounts(self.batch.value(), dtype, self.flops.isChecked())

    def _refresh(self) -> None:
        self._stale = not self.isVisible()
        if self._stale:
            return
        insight = self._insight
        self._stack.setCurrentIndex(int(insight is not None))
        if insight is None:
            self.table = None
            return
        self.table = breakdown(
            insight.graph,
            self.level.currentData(),
            costs=insight.costs,
            groups=insight.groups,
            seconds=self._seconds(),
        )
        self.summary.setText("\n".join(summary(self.table)))
        self._show()

    def _seconds(self) -> Mapping[str, float]:
        run = self._controller.run
        nodes = run.nodes if run is not None else ()
        return {node.name: node.seconds for node in nodes if node.seconds is not None}

    def _show(self) -> None:
        table = self.table
        if table is None:
            return
        self.charts.show_table(table, self.amounts)
        self.rows.show_table(table, self.amounts)
        self.roof.show_table(table, self.amounts)
        for i in range(self.measure.count()):
            self.measure.setItemText(i, self.amounts.title(self.measure.itemData(i)))
        self._show_treemap()
        self._show_fit()

    def _show_treemap(self) -> None:
        measure: Measure = self.measure.currentData()
        self.treemap.show_table(self.table, self.amounts, measure)
        self._follow(self._controller.selection)

    def _show_fit(self) -> None:
        table = self.table
        if table is None:
            return
        training = self.training.isChecked()
        dtype: Dtype = self.dtype.currentData()
        if training and dtype == "int8":
            self.fits.setText("int8 is for inference: train in float32 or float16.")
            return
        fit = needed(table.costs, table.peak, self.batch.value(), dtype, training=training)
        memory = round(self.memory.value() * 2**30)
        activations = words.size(fit.per_image * fit.batch)
        parts = [f"{words.size(fit.weights)} weights"]
        if training:
            parts.append(f"{words.size(fit.training)} gradients and moments")
            parts.append(f"{activations} activations")
        else:
            parts.append(f"{activations} activations at the peak, in {table.peak.node}")
        verdict = "Yes" if fit.total <= memory else "No"
        self.fits.setText(
            f"{verdict}: at least {words.size(fit.total)} ({', '.join(parts)}). "
            f"Largest batch: {fit.largest_batch(memory):,}."
        )
        self.fits.setToolTip(
            "No operation works in place, and kernels take scratch memory besides: "
            "the real need differs somewhat."
        )

    # The selection.

    def _row_of(self, node: str | None) -> int | None:
        rows = self.table.rows if self.table is not None else ()
        return next((i for i, row in enumerate(rows) if node in row.nodes), None)

    def _follow(self, selection: Selection) -> None:
        if not self.isVisible():
            self._stale = True
            return
        row = self._row_of(selection.node)
        self.charts.select(row)
        self.treemap.select(row)
        self.roof.plot.select(row)
        self.rows.select(row)

    def _choose(self, index: int) -> None:
        """Select a row's most telling operation, unless one of its own is selected."""
        if self.table is None:
            return
        row = self.table.rows[index]
        if self._controller.selection.node in row.nodes:
            self._follow(self._controller.selection)
            return
        self._controller.select(leading_node(self.table, row))

    def _report(self) -> Report | None:
        """What the page shows, to be written out."""
        opened = self._controller.opened
        if self.table is None or opened is None:
            return None
        amounts = self.amounts
        return breakdown_report(
            opened.title,
            self.table,
            batch=amounts.batch,
            dtype=amounts.dtype,
            flops=amounts.flops,
        )

    def _prove(self, index: int | None, column: int) -> None:
        """Show where a number of the table comes from."""
        card = self.card(index, column)
        if card is not None:
            measure = measure_of(column)
            if measure is not None and self.amounts.factor(measure) != Amounts().factor(measure):
                note = "This is for one image in float32, in MACs; the table shows it converted."
                card = replace(card, notes=(*card.notes, note))
            self.proof.show_card(card)
            self.pictures.setCurrentWidget(self.proof)

    def card(self, index: int | None, column: int) -> Card | None:
        """The card of a cell of the table; None where it has none (names, measured times)."""
        table, insight, opened = self.table, self._insight, self._controller.opened
        if table is None or insight is None or opened is None:
            return None
        measure = measure_of(column)
        quantity = "shape" if column == SHAPE else QUANTITIES.get(measure) if measure else None
        if quantity is None:
            return None
        if index is None:
            if quantity == "shape":
                return None
            return total_card(table.rows, quantity, costs=table.costs, model=opened.id)
        row = table.rows[index]
        cost = table.costs.by_name
        paying = row.nodes
        if quantity in ("params", "macs"):
            paying = tuple(name for name in row.nodes if getattr(cost[name], quantity))
        if len(paying) > 1 and quantity != "shape":
            return group_card(row, quantity, costs=table.costs, model=opened.id)
        name = row.nodes[-1] if quantity == "shape" or not paying else paying[0]
        return self._node_card(insight, opened.id, name, quantity)

    def prove(self, name: str, quantity: Quantity) -> None:
        """Show where a number of an operation comes from."""
        insight, opened = self._insight, self._controller.opened
        if insight is None or opened is None:
            return
        self.proof.show_card(self._node_card(insight, opened.id, name, quantity))
        self.pictures.setCurrentWidget(self.proof)

    def _node_card(self, insight: Insight, model: str, name: str, quantity: Quantity) -> Card:
        activation = self._controller.activation
        shape = None
        if activation is not None and activation.node == name:
            shape = activation.values.shape
        return node_card(
            insight.graph,
            insight.graph.by_name[name],
            quantity,
            costs=insight.costs,
            field=insight.fields[name] if quantity == "field" else None,
            model=model,
            run_shape=shape,
        )


def leading_node(table: Breakdown, row: Row) -> str:
    """The operation of a row that costs most; its last where none costs anything."""
    cost = table.costs.by_name
    last = row.nodes[-1]
    return max(row.nodes, key=lambda name: (cost[name].macs, cost[name].params, name == last))
