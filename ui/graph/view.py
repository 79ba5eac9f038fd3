"""The graph with what steers it: detail, colours, a legend, and the way to where one is."""

from __future__ import annotations

import html
from collections.abc import Callable, Mapping

from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtGui import QFontMetricsF, QResizeEvent
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QLabel,
    QSizePolicy,
    QSlider,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from cnnviz.costs import GraphCosts
from cnnviz.graph import LayerGraph
from cnnviz.grouping import Grouping
from cnnviz.outline import Level, Part
from cnnviz.receptive_field import Field
from cnnviz.requests import NodeRun
from cnnviz.sketch import Sketch
from ui.graph import columns
from ui.graph.broken import BrokenView
from ui.graph.canvas import GraphCanvas
from ui.graph.memory import GraphMemory
from ui.theme import SNUG, TIGHT, theme_of, tinted_icon

LEVELS = {
    Level.NETWORK: "Network",
    Level.STAGE: "Stages",
    Level.BLOCK: "Blocks",
    Level.UNIT: "Units",
    Level.OPERATION: "Layers",
}
_SEPARATOR = "  ›  "


class GraphView(QWidget):
    """The canvas of a network and its controls.

    Args:
        memory: Remembers which groups of each network were open.

    Attributes:
        canvas: The picture.
        broken: What a file says of a model that could not be opened; None until there was one.
    """

    def __init__(self, memory: GraphMemory, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._memory = memory
        self._model: str | None = None
        self._fields: Callable[[], Mapping[str, Field]] = dict
        self._run: Mapping[str, NodeRun] = {}
        self.canvas = GraphCanvas()
        self.broken: BrokenView | None = None
        self._build()
        self._arrange()
        self.slider.valueChanged.connect(self._slid)
        self.colour.currentIndexChanged.connect(lambda _: self._recolour())
        self.way.linkActivated.connect(self._look_at)
        self.canvas.detail_changed.connect(self._detail_changed)
        self.canvas.place_changed.connect(self._show_way)
        self._tint()
        self._enable()

    def _build(self) -> None:
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setRange(Level.NETWORK, Level.OPERATION)
        self.slider.setPageStep(1)
        self.slider.setMinimumWidth(64)
        self.slider.setMaximumWidth(160)
        self.slider.setAccessibleName("Detail of the graph")
        self.slider.setToolTip("Detail: the whole network, its stages, blocks, units or layers")
        self.detail = QLabel()
        metrics = QFontMetricsF(self.font())
        widest = max(metrics.horizontalAdvance(text) for text in (*LEVELS.values(), "Mixed"))
        self.detail.setFixedWidth(round(widest) + TIGHT)
        self.collapse = self._button("Close every group", self.collapse_all)
        self.expand = self._button("Open every group", self.expand_all)
        self.pictures = self._button("Show feature maps on the boxes", self._show_pictures)
        self.pictures.setCheckable(True)
        self.pictures.setChecked(self._memory.pictures)
        self.canvas.show_pictures(self._memory.pictures)
        self.legend = self._button("Say what the colours mean", self._show_legend)
        self.legend.setCheckable(True)
        self.colour = QComboBox()
        self.colour.setAccessibleName("Colour of the graph")
        self.colour.setToolTip("What the colour of a box shows")
        self.colour.addItem("Kind", None)
        for column in columns.COLUMNS:
            self.colour.addItem(column.title, column.id)
        self.colour.setMinimumContentsLength(6)
        self.colour.setSizeAdjustPolicy(
            QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
        )
        self.way = QLabel()
        self.way.setTextFormat(Qt.TextFormat.RichText)
        self.way.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.way.setTextInteractionFlags(
            Qt.TextInteractionFlag.LinksAccessibleByMouse
            | Qt.TextInteractionFlag.LinksAccessibleByKeyboard
        )
        self.way.setToolTip("Where the selected layer is; click on a group to look at it")
        self.way.setAccessibleName("Groups around the selected layer")

    def _button(self, tip: str, handler: Callable[[], object]) -> QToolButton:
        button = QToolButton()
        button.setAutoRaise(True)
        button.setIconSize(QSize(18, 18))
        button.setToolTip(tip)
        button.setAccessibleName(tip)
        button.clicked.connect(lambda _=False: handler())
        return button

    def _arrange(self) -> None:
        bar = QHBoxLayout()
        bar.setContentsMargins(SNUG, TIGHT, SNUG, 0)
        bar.setSpacing(TIGHT)
        bar.addWidget(self.slider, 1)
        bar.addWidget(self.detail)
        bar.addStretch(1)
        for button in (self.collapse, self.expand, self.pictures, self.legend):
            bar.addWidget(button)
        way = QHBoxLayout()
        way.setContentsMargins(SNUG, TIGHT, SNUG, TIGHT)
        way.setSpacing(TIGHT)
        way.addWidget(self.way, 1)
        way.addWidget(self.colour)
        self._controls = QWidget()
        rows = QVBoxLayout(self._controls)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(0)
        rows.addLayout(bar)
        rows.addLayout(way)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(0)
        self._column.addWidget(self._controls)
        self._column.addWidget(self.canvas, 1)
        self.setFocusProxy(self.canvas)

    # What it shows.

    def set_graph(
        self,
        graph: LayerGraph | None,
        costs: GraphCosts | None = None,
        model: str | None = None,
        fields: Callable[[], Mapping[str, Field]] = dict,
        grouping: Grouping | None = None,
    ) -> None:
        """Show a network as it was left, or as suits its size.

        Args:
            graph: The network; None shows how to open one.
            costs: Its costs.
            model: By what it is remembered.
            fields: Gives the receptive fields; asked only when they are looked at.
            grouping: Its groups, found anew when None.
        """
        self.close_sketch()
        self._model, self._fields, self._run = None, fields, {}
        opened = self._memory.get(model) if model is not None else None
        self.canvas.set_graph(graph, costs, opened, grouping)
        self._model = model
        if self.canvas.level is not None:
            self.slider.blockSignals(True)
            self.slider.setValue(self.canvas.level)
            self.slider.blockSignals(False)
        self._show_level()
        self._recolour()
        self._enable()

    def set_run(self, run: Mapping[str, NodeRun]) -> None:
        """Give what the last pass told of every node: times and zeros."""
        self._run = run
        self._recolour()

    def _recolour(self) -> None:
        column = columns.BY_ID.get(self.colour.currentData() or "")
        fields = self._fields() if column is not None and column.id == "field" else {}
        self.canvas.colour_by(column, self._run, fields)

    def _show_pictures(self) -> None:
        self.canvas.show_pictures(self.pictures.isChecked())
        self._memory.pictures = self.pictures.isChecked()

    def _show_legend(self) -> None:
        self.canvas.show_legend(self.legend.isChecked())

    # A model that cannot be opened.

    def show_sketch(self, sketch: Sketch) -> None:
        """Show what a file says of a model that cannot be opened, in place of the open one."""
        if self.broken is None:
            self.broken = BrokenView()
            self.broken.closed.connect(self.close_sketch)
            self._column.addWidget(self.broken, 1)
        self._show_own(False)
        self._column.activate()
        self.broken.show_sketch(sketch)

    def close_sketch(self) -> None:
        """Show the graph of the open model again."""
        if self.broken is not None and not self.broken.isHidden():
            self._show_own(True)
            self.canvas.setFocus()

    def _show_own(self, shown: bool) -> None:
        for widget in (self._controls, self.canvas):
            widget.setVisible(shown)
        if self.broken is not None:
            self.broken.setVisible(not shown)

    # Detail.

    def more_detail(self) -> None:
        """One level finer."""
        self._step(1)

    def less_detail(self) -> None:
        """One level coarser."""
        self._step(-1)

    def _step(self, by: int) -> None:
        """To the next level that looks different."""
        before = self.canvas.opened
        for level in Level if by > 0 else reversed(Level):
            if (level - self.slider.value()) * by > 0 and self.canvas.opened == before:
                self.slider.setValue(level)

    def expand_all(self) -> None:
        """Open every group."""
        self.canvas.set_level(Level.OPERATION)

    def collapse_all(self) -> None:
        """Close every group but the network."""
        self.canvas.set_level(Level.STAGE)

    def _slid(self, value: int) -> None:
        self.canvas.set_level(Level(value))
        self._show_level()

    def _show_level(self) -> None:
        level = self.canvas.level
        if self.canvas.shows(Level(self.slider.value())):
            level = Level(self.slider.value())
        if level is not None:
            self.slider.blockSignals(True)
            self.slider.setValue(level)
            self.slider.blockSignals(False)
        self.detail.setText(LEVELS[level] if level is not None else "Mixed")

    def _detail_changed(self) -> None:
        self._show_level()
        if self._model is not None:
            self._memory.set(self._model, self.canvas.opened)

    # The way from the network to the selected layer.

    def _show_way(self) -> None:
        self.way.setText(self._way_text(self.canvas.way))

    def _way_text(self, parts: tuple[Part, ...]) -> str:
        """The innermost groups, as far as there is room: they say more than the outermost."""
        metrics, room = QFontMetricsF(self.way.font()), self.way.width()
        labels = [html.escape(part.label) for part in parts]
        first = 0

        def text(first: int) -> str:
            return _SEPARATOR.join([*(["…"] if first else []), *(p.label for p in parts[first:])])

        while first < len(parts) - 1 and metrics.horizontalAdvance(text(first)) > room:
            first += 1
        color = theme_of(self.palette()).link.name()
        steps = ["…"] if first else []
        for part, label in list(zip(parts, labels, strict=True))[first:]:
            if part is parts[-1]:
                steps.append(label)
            else:
                key = html.escape(part.key, quote=True)
                style = f"color:{color};text-decoration:none"
                steps.append(f'<a href="{key}" style="{style}">{label}</a>')
        return _SEPARATOR.replace(" ", "&nbsp;").join(steps)

    def _look_at(self, key: str) -> None:
        for part in self.canvas.way:
            if part.key == key:
                self.canvas.look_at(part)

    # Looks.

    def _enable(self) -> None:
        there = self.canvas.scene is not None
        for widget in (
            self.slider, self.expand, self.collapse, self.colour, self.pictures, self.legend,
        ):  # fmt: skip
            widget.setEnabled(there)

    def _tint(self) -> None:
        colors = theme_of(self.palette())
        for button, name in (
            (self.expand, "expand"),
            (self.collapse, "collapse"),
            (self.pictures, "image"),
            (self.legend, "legend"),
        ):
            button.setIcon(tinted_icon(name, colors))

    def changeEvent(self, event: QEvent) -> None:  # noqa: D102
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and hasattr(self, "way"):
            self._tint()
            self._show_way()

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: D102
        super().resizeEvent(event)
        self._show_way()
