"""The thumbnails of the latest pass: asked of the engine a handful at a time, and kept."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, QTimer, Signal

from cnnviz.requests import GetThumbnails, Thumbnails
from ui.jobs import Lane

AT_ONCE = 24
"""Nodes a request: the engine answers within some ten milliseconds, and nothing waits for long."""

SIDE = 64
"""The longer side of a thumbnail, in cells."""


class ThumbnailStore(QObject):
    """Keeps the thumbnails of one pass.

    Args:
        lane: Where the engine is.

    Signals:
        arrived: Names of the nodes whose thumbnails came.
    """

    arrived = Signal(object)

    def __init__(self, lane: Lane, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.codes: dict[str, NDArray[np.uint8]] = {}
        self._lane = lane
        self._wanted: dict[str, None] = {}
        self._under_way = False
        self._era = 0
        # While a pass is under way the engine has better things to do than to draw each node.
        self._patience = QTimer(self, singleShot=True, interval=250)
        self._patience.timeout.connect(self._ask)

    def forget(self) -> None:
        """Another pass begins: drop all, and what is on its way."""
        self.codes = {}
        self._wanted = {}
        self._under_way = False
        self._era += 1
        self._patience.stop()

    def want(self, names: Iterable[str], *, soon: bool = True) -> None:
        """Fetch the thumbnails of computed nodes, those that are not kept.

        Args:
            names: The nodes, most wanted first; they replace what was wanted before.
            soon: At once; else in a moment, together with what is wanted until then.
        """
        self._wanted = {name: None for name in names if name not in self.codes}
        if soon:
            self._ask()
        elif not self._patience.isActive():
            self._patience.start()

    def _ask(self) -> None:
        self._patience.stop()
        if self._under_way or not self._wanted:
            return
        some = tuple(self._wanted)[:AT_ONCE]
        era = self._era
        self._under_way = True
        self._lane.submit(
            GetThumbnails(some, SIDE),
            on_success=lambda answer: self._fetched(era, some, answer),
            on_failure=lambda _: self._failed(era),
            on_cancelled=lambda: self._failed(era),
        )

    def _fetched(self, era: int, asked: tuple[str, ...], answer: Thumbnails) -> None:
        if era != self._era:
            return
        self._under_way = False
        self.codes.update(answer.codes)
        for name in asked:
            self._wanted.pop(name, None)
        self.arrived.emit(tuple(answer.codes))
        self._ask()

    def _failed(self, era: int) -> None:
        """A thumbnail is a comfort: without it, the layer's own view says what went wrong."""
        if era == self._era:
            self._under_way = False
            self._wanted = {}
