"""The wires between the graph and the rest of the window."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QPoint, Qt
from PySide6.QtWidgets import QApplication, QMenu

from cnnviz.requests import OpenModel, SketchModel
from models.registry import catalog
from ui.graph.card import as_text, group_rows
from ui.graph.sheet_store import SheetStore
from ui.panels.scale_bar import number
from ui.thumbnails import ThumbnailStore

if TYPE_CHECKING:
    from cnnviz.sketch import Sketch
    from ui.controller import Selection
    from ui.workbench import Workbench


class GraphWires(QObject):
    """Brings the graph what it shows of a pass, and tells of what is chosen in it.

    Args:
        bench: The views and the state.

    Attributes:
        thumbnails: Of the boxes.
        sheets: Of the boxes that are large on screen.
    """

    def __init__(self, bench: Workbench) -> None:
        super().__init__(bench)
        self._bench = bench
        self._graph = bench.graph
        self.thumbnails = ThumbnailStore(bench.lane, self)
        self.sheets = SheetStore(bench.lane, self)
        graph = self._graph
        graph.set_sheets(self.sheets.sheets, self.sheets.cells)
        graph.pictures_wanted.connect(self._want_thumbnails)
        graph.sheets_wanted.connect(self._want_sheets)
        graph.cell_chosen.connect(self._choose_cell)
        self.thumbnails.arrived.connect(lambda: graph.set_pictures(dict(self.thumbnails.codes)))
        self.sheets.arrived.connect(graph.update)
        graph.path_wanted.connect(lambda node: bench.spotlight.path(node))
        graph.menu_wanted.connect(self._show_menu)
        graph.copy_wanted.connect(self.copy_facts)
        controller = bench.controller
        controller.model_changed.connect(self.forget)
        controller.run_started.connect(self.forget)
        controller.run_changed.connect(self._run_changed)
        controller.selection_changed.connect(self._selection_changed)
        controller.model_refused.connect(self._model_refused)
        self._refused: OpenModel | None = None

    def forget(self) -> None:
        """Another pass begins, or there is none."""
        self.thumbnails.forget()
        self.sheets.forget()
        self._graph.set_pictures({})
        self._graph.set_traced(False)

    def _run_changed(self) -> None:
        if self._bench.controller.run is None:
            self.forget()
        else:
            self._graph.set_pictures(dict(self.thumbnails.codes))
            self._graph.set_traced(True)

    def _want_thumbnails(self, names: list[str]) -> None:
        if self._bench.controller.run is not None:
            self.thumbnails.want(names)

    def _want_sheets(self, requests: list) -> None:
        if self._bench.controller.run is not None:
            self.sheets.want(requests)

    def _choose_cell(self, node: str, channel: int, row: int, column: int) -> None:
        """A click on a sheet; what was too small to be aimed at is -1."""
        opened = self._bench.controller.opened
        if opened is None:
            return
        self._bench.playback.pause()
        places = [None if place < 0 else place for place in (channel, row, column)]
        if len(opened.graph.by_name[node].output_shape) != 3:
            places[1:] = None, None
        self._bench.controller.select(node, *places)

    def _selection_changed(self, selection: Selection) -> None:
        self._graph.mark_cell(selection.channel, selection.row, selection.column)

    # A model that cannot be opened.

    def _model_refused(self, sentence: str, request: OpenModel) -> None:
        """Show at least what its file says."""
        if request.model in catalog():
            return
        self._refused = request
        self._bench.lane.submit(
            SketchModel(request.model, sentence),
            key="sketch",
            on_success=lambda sketch: self._show_sketch(request, sketch),
        )

    def _show_sketch(self, request: OpenModel, sketch: Sketch) -> None:
        if request is self._refused and not self._bench.controller.opening:
            self._bench.graph_view.show_sketch(sketch)

    # What can be done with the selected node.

    def copy_facts(self) -> None:
        """Copy what is known of the selected layer or closed group, as plain text."""
        text = self.facts_text()
        if text:
            QApplication.clipboard().setText(text)
            title = text.partition("\n")[0]
            self._bench.controller.say(f"Copied the facts of {title}.", failed=False)

    def facts_text(self) -> str:
        """What is known of the selected layer or closed group; empty without one."""
        bench, part = self._bench, self._graph.selected_part
        insight, name = bench.insight, bench.controller.selection.node
        if insight is None or name is None:
            return ""
        if part is not None and part.parts:
            what = f"{part.role.capitalize()} of {insight.graph.name}"
            return as_text(part.label, what, group_rows(insight.graph, insight.costs, part))
        rows = [(fact.name, fact.value) for fact in insight.facts(name)]
        rows += [
            (f"Receptive field {fact.name.lower()}", fact.value)
            for fact in insight.field_facts(name)
        ]
        done = bench.controller.computed.get(name)
        if done is not None and done.stats is not None:
            stats = done.stats
            rows += [
                ("Values", f"{number(stats.minimum)} to {number(stats.maximum)}"),
                ("Mean ± deviation", f"{number(stats.mean)} ± {number(stats.std)}"),
                ("Zeros", f"{stats.zero_share:.1%}"),
            ]
        return as_text(name, f"{insight.role(name)}, {insight.graph.name}", rows)

    def _show_menu(self, where: QPoint) -> None:
        """What can be done with the selected node."""
        bench, graph, part = self._bench, self._graph, self._graph.selected_part
        actions = bench.window.actions_by_id
        if part is None:
            return
        menu = QMenu(graph)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        if part.parts:
            menu.addAction(f"Open {part.label}", lambda: graph.open_part(part.key))
        else:
            node = part.nodes[-1]
            menu.addAction("Show its feature maps", lambda: graph.node_activated.emit(node))
        around = [outer for outer in graph.way[1:-1] if outer.key in graph.opened]
        if around:
            menu.addAction(f"Close {around[-1].label}", graph.close_around)
        menu.addSeparator()
        menu.addActions([actions["ancestors"], actions["descendants"]])
        before = bench.spotlight.before
        if before is not None and before not in part.nodes:
            menu.addAction(f"Path from {before} to here", bench.spotlight.path)
        menu.addAction(actions["unlight"])
        menu.addSeparator()
        menu.addActions([actions["zoom_to_selection"], actions["copy_facts"]])
        menu.popup(where)
