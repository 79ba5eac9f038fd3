"""The clock of the theatre: plays through numbered steps at a speed of one a second and up."""

from __future__ import annotations

import time

from PySide6.QtCore import QObject, QTimer, Signal

FRAME_MS = 33


class Player(QObject):
    """Counts from 0 to a last step, as fast as asked.

    Signals:
        moved: The step to show.
        playing_changed: Whether it runs.
    """

    moved = Signal(int)
    playing_changed = Signal(bool)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.index = 0
        self.count = 0
        self.speed = 2.0
        self._owed = 0.0
        self._seen = 0.0
        self._timer = QTimer(self, interval=FRAME_MS)
        self._timer.timeout.connect(self._tick)

    @property
    def playing(self) -> bool:
        """Whether it runs."""
        return self._timer.isActive()

    def set_count(self, count: int, index: int = 0) -> None:
        """Have another number of steps; it goes on playing.

        Args:
            count: How many.
            index: Where to be.
        """
        self.count = count
        self.index = max(0, min(index, count - 1))
        self.moved.emit(self.index)

    def play(self) -> None:
        """Start; from the beginning where the end was reached."""
        if self.count < 2 or self.playing:
            return
        if self.index >= self.count - 1:
            self.go(0)
        self._owed, self._seen = 0.0, time.monotonic()
        self._timer.start()
        self.playing_changed.emit(True)

    def pause(self) -> None:
        """Stop where it is."""
        if self.playing:
            self._timer.stop()
            self.playing_changed.emit(False)

    def toggle(self) -> None:
        """Play, or pause."""
        self.pause() if self.playing else self.play()

    def go(self, index: int) -> None:
        """Show a step."""
        index = max(0, min(index, self.count - 1))
        if index != self.index:
            self.index = index
            self.moved.emit(index)

    def step(self, by: int) -> None:
        """Pause, and go some steps on or back."""
        self.pause()
        self.go(self.index + by)

    def _tick(self) -> None:
        now = time.monotonic()
        self._owed += (now - self._seen) * self.speed
        self._seen = now
        whole = int(self._owed)
        if whole:
            self._owed -= whole
            self.go(self.index + whole)
        if self.index >= self.count - 1:
            self.pause()
