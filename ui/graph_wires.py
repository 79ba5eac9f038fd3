"""The wires between the graph and the rest of the window."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from ui.graph.sheet_store import SheetStore
from ui.thumbnails import ThumbnailStore

if TYPE_CHECKING:
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
        controller = bench.controller
        controller.model_changed.connect(self.forget)
        controller.run_started.connect(self.forget)
        controller.run_changed.connect(self._run_changed)
        controller.selection_changed.connect(self._selection_changed)

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
