"""The graph with what steers it: detail, colours, direction, the way to where one is, a legend."""

from __future__ import annotations

import html
from collections.abc import Callable, Mapping

from PySide6.QtCore import QEvent, QSize, Qt, Signal
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

from cnnviz.graph import LayerGraph
from cnnviz.kinds import Kind
from cnnviz.outline import Level, Part
from cnnviz.receptive_field import Field
from cnnviz.requests import NodeRun
from ui.graph import columns
from ui.graph.canvas import GraphCanvas
from ui.graph.legend import Legend
from ui.graph.memory import GraphMemory, Remembered
from ui.theme import SNUG, TIGHT, theme_of, tinted_icon

LEVELS = {
    Level.NETWORK: "Network",
    Level.STAGE: "Stages",
    Level.BLOCK: "Blocks",
    Level.UNIT: "Units",
    Level.OPERATION: "Layers",
}


class GraphView(QWidget):
    """The canvas of a network and its controls.

    Args:
        memory: Remembers how each network was left.

    Attributes:
        canvas: The picture.

    Signals:
        node_selected: The user chose this operation.
        node_activated: The user wants to see into this operation.
    """

    node_selected = Signal(str)
    node_activated = Signal(str)

    def __init__(self, memory: GraphMemory, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._memory = memory
        self._model: str | None = None
        self._fields: Callable[[], Mapping[str, Field]] = dict
        self._run: Mapping[str, NodeRun] = {}
        self.canvas = GraphCanvas()
        self.legend = Legend()
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setRange(Level.NETWORK, Level.OPERATION)
        self.slider.setPageStep(1)
        self.slider.setTickPosition(QSlider.TickPosition.TicksBelow)
        self.slider.setTickInterval(1)
        self.slider.setMinimumWidth(72)
        self.slider.setMaximumWidth(160)
        self.slider.setAccessibleName("Detail")
        self.slider.setToolTip("Detail: the whole network, stages, blocks, units or layers")
        self.detail = QLabel()
        self.detail.setMinimumWidth(
            round(max(QFontMetricsF(self.font()).horizontalAdvance(t) for t in LEVELS.values())) + 4
        )
        self.expand = self._button("Open every group", self.canvas.expand_all)
        self.collapse = self._button("Close every group", self.canvas.collapse_all)
        self.turn = self._button("Run from left to right", self._turn)
        self.turn.setCheckable(True)
        self.colour = QComboBox()
        self.colour.setAccessibleName("Colour by")
        self.colour.setToolTip("What the colour of a box shows")
        self.colour.addItem("Kind", None)
        for column in columns.COLUMNS:
            self.colour.addItem(column.title, column.id)
        self.colour.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.way = QLabel()
        self.way.setTextFormat(Qt.TextFormat.RichText)
        self.way.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.way.setTextInteractionFlags(
            Qt.TextInteractionFlag.LinksAccessibleByMouse
            | Qt.TextInteractionFlag.LinksAccessibleByKeyboard
        )
        self.way.setToolTip("Where the selected layer is; click on a group to look at it")
        self.way.setAccessibleName("Groups around the selected layer")
        self._arrange()
        self._join()
        self._tint()
        self._enable()

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
        bar.addWidget(self.slider, 2)
        bar.addWidget(self.detail)
        for button in (self.collapse, self.expand, self.turn):
            bar.addWidget(button)
        bar.addWidget(self.colour, 1)
        way = QHBoxLayout()
        way.setContentsMargins(SNUG, 0, SNUG, TIGHT)
        way.addWidget(self.way)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(bar)
        column.addLayout(way)
        column.addWidget(self.canvas, 1)
        column.addWidget(self.legend)
        self.setFocusProxy(self.canvas)

    def _join(self) -> None:
        self.slider.valueChanged.connect(self._slid)
        self.colour.currentIndexChanged.connect(lambda _: self._recolour())
        self.way.linkActivated.connect(self._look_at)
        self.canvas.node_selected.connect(self.node_selected)
        self.canvas.node_activated.connect(self.node_activated)
        self.canvas.detail_changed.connect(self._detail_changed)
        self.canvas.place_changed.connect(self._show_way)

    # What it shows.

    def set_graph(
        self,
        graph: LayerGraph | None,
        model: str | None = None,
        fields: Callable[[], Mapping[str, Field]] = dict,
    ) -> None:
        """Show a network as it was left, or from its first layer on.

        Args:
            graph: The network; None shows how to open one.
            model: By what it is remembered.
            fields: Gives the receptive fields; asked only when they are looked at.
        """
        self._model, self._fields, self._run = None, fields, {}
        known = self._memory.get(model) if model is not None else None
        self.turn.setChecked(known.sideways if known is not None else False)
        self.canvas.set_sideways(self.turn.isChecked())
        self.canvas.set_graph(graph, known.opened if known is not None else None)
        self._model = model
        self._recolour()
        self._enable()

    def set_run(self, run: Mapping[str, NodeRun]) -> None:
        """Give what the last pass told of every node: times and zeros."""
        self._run = run
        self._recolour()

    def _recolour(self) -> None:
        column = columns.BY_ID.get(self.colour.currentData() or "")
        if column is not None:
            fields = self._fields() if column.id == "field" else {}
            self.canvas.set_facts(self._run, fields)
        self.canvas.colour_by(column)
        self._show_legend()

    def _show_legend(self) -> None:
        scene, tint = self.canvas.scene, self.canvas.tint
        if tint is not None:
            self.legend.show_scale(tint)
        else:
            boxes = scene.boxes if scene is not None else ()
            kinds = {kind for box in boxes for kind in box.strip or (box.kind,)}
            self.legend.show_kinds(tuple(sorted(kinds, key=list(Kind).index)))

    # Detail.

    def _slid(self, value: int) -> None:
        self.canvas.set_level(Level(value))

    def more_detail(self) -> None:
        """One level finer."""
        self.slider.setValue(self.slider.value() + 1)

    def less_detail(self) -> None:
        """One level coarser."""
        self.slider.setValue(self.slider.value() - 1)

    def turn_around(self) -> None:
        """Change between top-down and left-to-right."""
        self.turn.toggle()
        self._turn()

    def _turn(self) -> None:
        self.canvas.set_sideways(self.turn.isChecked())
        self.canvas.home()
        self._remember()

    def _detail_changed(self) -> None:
        level = self.canvas.level
        if level is not None:
            self.slider.blockSignals(True)
            self.slider.setValue(level)
            self.slider.blockSignals(False)
        self.detail.setText(LEVELS[level] if level is not None else "Mixed")
        self._show_legend()
        self._remember()

    def _remember(self) -> None:
        if self._model is not None:
            self._memory.set(self._model, Remembered(self.canvas.opened, self.canvas.sideways))

    # The way from the network to the selected layer.

    def _show_way(self) -> None:
        part = self.canvas.selected_part
        parts = [*self.canvas.around_selected, *([part] if part is not None else [])]
        self.way.setText(self._way_text(parts) if self.canvas.scene is not None else "")

    def _way_text(self, parts: list[Part]) -> str:
        metrics = QFontMetricsF(self.way.font())
        separator, room = "  ›  ", self.way.width()
        labels = [part.label for part in parts]
        first = 0
        # The innermost say more than the outermost.
        while first < len(labels) - 1 and metrics.horizontalAdvance(
            separator.join([*(["…"] if first else []), *labels[first:]])
        ) > max(room, 1):
            first += 1
        link = theme_of(self.palette()).link.name()
        steps = ["…"] if first else []
        for part, label in list(zip(parts, labels, strict=True))[first:]:
            text = html.escape(label)
            if part is not parts[-1]:
                key = html.escape(part.key, quote=True)
                text = f'<a href="{key}" style="color:{link};text-decoration:none">{text}</a>'
            steps.append(text)
        return separator.replace(" ", "&nbsp;").join(steps)

    def _look_at(self, key: str) -> None:
        scene = self.canvas.scene
        if scene is not None:
            for part in (*scene.view.opened, *scene.view.parts):
                if part.key == key:
                    if part.role == "network":
                        self.canvas.fit()
                    else:
                        self.canvas.zoom_to(part)

    # Looks.

    def _enable(self) -> None:
        there = self.canvas.scene is not None
        for widget in (self.slider, self.expand, self.collapse, self.turn, self.colour):
            widget.setEnabled(there)

    def _tint(self) -> None:
        colors = theme_of(self.palette())
        for button, name in (
            (self.expand, "expand"),
            (self.collapse, "collapse"),
            (self.turn, "sideways"),
        ):
            button.setIcon(tinted_icon(name, colors))

    def changeEvent(self, event: QEvent) -> None:  # noqa: D102
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._tint()
            self._show_way()

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: D102
        super().resizeEvent(event)
        self._show_way()
