"""Sheets and cells of the latest pass: asked of the engine one at a time, and kept for a while."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable

from PySide6.QtCore import QObject, Signal

from cnnviz.requests import Cells, GetCells, GetSheet, Sheet
from ui.jobs import Lane

BUDGET = 48 << 20
"""Bytes of sheets to keep."""
_MOST_CELLS = 8


class SheetStore(QObject):
    """Keeps what boxes show of one pass.

    Args:
        lane: Where the engine is.

    Attributes:
        sheets: What has arrived, by what was asked.
        cells: The latest values, by what was asked.

    Signals:
        arrived: Something came.
    """

    arrived = Signal()

    def __init__(self, lane: Lane, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.sheets: OrderedDict[GetSheet, Sheet] = OrderedDict()
        self.cells: OrderedDict[GetCells, Cells] = OrderedDict()
        self._lane = lane
        self._wanted: list[GetSheet | GetCells] = []
        self._under_way = False
        self._era = 0

    def forget(self) -> None:
        """Another pass begins: drop all, and what is on its way."""
        self.sheets.clear()
        self.cells.clear()
        self._wanted = []
        self._under_way = False
        self._era += 1

    def want(self, requests: Iterable[GetSheet | GetCells]) -> None:
        """Fetch what is not kept.

        Args:
            requests: Most wanted first; they replace what was wanted before.
        """
        requests = list(requests)
        for request in reversed(requests):  # what is looked at is dropped last
            if isinstance(request, GetSheet) and request in self.sheets:
                self.sheets.move_to_end(request)
        self._wanted = [r for r in requests if r not in self.sheets and r not in self.cells]
        self._ask()

    def _ask(self) -> None:
        if self._under_way or not self._wanted:
            return
        request, era = self._wanted.pop(0), self._era
        self._under_way = True
        self._lane.submit(
            request,
            on_success=lambda answer: self._fetched(era, answer),
            # A picture on a box is a comfort: without it, the layer's own view says what is wrong.
            on_failure=lambda _: self._ended(era),
            on_cancelled=lambda: self._ended(era),
        )

    def _fetched(self, era: int, answer: Sheet | Cells) -> None:
        if era != self._era:
            return
        if isinstance(answer, Sheet):
            self.sheets[answer.request] = answer
            total = sum(kept.codes.nbytes for kept in self.sheets.values())
            while total > BUDGET and len(self.sheets) > 1:
                _, dropped = self.sheets.popitem(last=False)
                total -= dropped.codes.nbytes
        else:
            self.cells[answer.request] = answer
            while len(self.cells) > _MOST_CELLS:
                self.cells.popitem(last=False)
        self.arrived.emit()
        self._ended(era)

    def _ended(self, era: int) -> None:
        if era == self._era:
            self._under_way = False
            self._ask()
