"""Imports ahead of need, beside the window that is already on screen.

This is the one thread that `ui.lanes` does not make: importing that module is itself what takes
too long for the window's own thread.
"""

from __future__ import annotations

import threading
from collections.abc import Callable

from PySide6.QtCore import QObject, Qt, Signal, Slot


class Warmup(QObject):
    """Does something on a thread, then says so on the thread that it was made on.

    Args:
        work: What to do; it imports, and touches nothing of Qt.
        done: Called afterwards, also if that failed: whoever needs the import finds out why.
        parent: Qt owner; nothing is called after its end.
    """

    _imported = Signal()

    def __init__(
        self, work: Callable[[], object], done: Callable[[], object], parent: QObject
    ) -> None:
        super().__init__(parent)
        self._do = work
        self._done = done
        self._imported.connect(self._finish, Qt.ConnectionType.QueuedConnection)
        self._thread = threading.Thread(target=self._work, name="imports", daemon=True)
        self._thread.start()

    def wait(self) -> None:
        """Until the thread has ended."""
        self._thread.join()

    def _work(self) -> None:
        try:
            self._do()
        finally:
            self._imported.emit()

    @Slot()
    def _finish(self) -> None:
        self._thread.join()
        self._done()
