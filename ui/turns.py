"""Much work, a piece a turn of the event loop, so that the window answers in between."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from PySide6.QtCore import QObject, QTimer


class Turns(QObject):
    """Does pieces of work one after the other, each in a turn of its own.

    What one piece posts (layouts, paints) is done before the next.

    Args:
        parent: Qt owner; nothing is done after its end.
    """

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._left: deque[Callable[[], object]] = deque()
        self._timer = QTimer(self, interval=0)
        self._timer.timeout.connect(self._next)

    @property
    def busy(self) -> bool:
        """Whether something is still to be done."""
        return bool(self._left)

    def start(self, *pieces: Callable[[], object]) -> None:
        """Do these, instead of what was still to be done."""
        self._left = deque(pieces)
        if self._left:
            self._timer.start()

    def _next(self) -> None:
        piece = self._left.popleft()
        if not self._left:
            self._timer.stop()
        piece()
