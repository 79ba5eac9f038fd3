"""Walking through the pass: the nodes in the order of computation, one after the other."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QObject, QTimer, Signal

from ui.settings import SPEEDS

SHORTEST = 0.1
"""A node that has nothing to compute is shown for this part of the mean time."""

FADE = 0.4
"""Part of the time at a node in which its picture may appear."""

SHORTEST_FADE_MS, LONGEST_FADE_MS = 40, 250


class Playback(QObject):
    """A clock that steps through names; it waits for whoever shows them.

    Signals:
        moved: Name of the node to show now.
        playing_changed: Whether it runs.
        speed_changed: Nodes a second.
    """

    moved = Signal(str)
    playing_changed = Signal(bool)
    speed_changed = Signal(float)

    def __init__(self, speed: float, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._names: Sequence[str] = ()
        self._here = -1
        self._shown = True
        self._overdue = False
        self._speed = speed
        self._work: Sequence[float] | None = None
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._tick)

    @property
    def playing(self) -> bool:
        """Whether it runs."""
        return self._timer.isActive()

    @property
    def fade_ms(self) -> int:
        """How long one picture may take to become the next; 0 while nothing plays, or too fast."""
        if not self.playing:
            return 0
        share = int(FADE * self._interval())
        return min(LONGEST_FADE_MS, share) if share >= SHORTEST_FADE_MS else 0

    @property
    def speed(self) -> float:
        """Nodes a second."""
        return self._speed

    def set_names(self, names: Sequence[str]) -> None:
        """Start over with another model's nodes."""
        self.pause()
        self._names = names
        self._work = None
        self._here = -1
        self._shown = True

    def set_work(self, work: Sequence[float] | None) -> None:
        """Say how long to stay at each node.

        Args:
            work: One number a name, as multiples of the mean; None for the same everywhere. The
                walk as a whole takes as long either way, but for what would be too short to see.
        """
        self._work = work
        if self.playing:
            self._timer.setInterval(self._interval())

    def set_here(self, name: str | None, *, shown: bool) -> None:
        """Follow the selection.

        Args:
            name: The selected node.
            shown: Its feature maps are on screen already; else `now_shown` tells later.
        """
        self._here = self._names.index(name) if name in self._names else -1
        self._shown = shown

    def now_shown(self) -> None:
        """What was awaited is on screen: go on if the clock had struck meanwhile."""
        self._shown = True
        if self._overdue and self.playing:
            self._overdue = False
            self.step(1)
            self._timer.start(self._interval())

    def play(self) -> None:
        """Run from here; from the start when at the end."""
        if not self._names or self.playing:
            return
        self._timer.start(self._interval())
        self.playing_changed.emit(True)
        self.go(0 if self._here >= len(self._names) - 1 else self._here + 1)
        self._timer.setInterval(self._interval())

    def pause(self) -> None:
        """Stop here."""
        self._overdue = False
        if self.playing:
            self._timer.stop()
            self.playing_changed.emit(False)

    def toggle(self) -> None:
        """Play or pause."""
        if self.playing:
            self.pause()
        else:
            self.play()

    def step(self, by: int) -> None:
        """Go some nodes forwards or, when negative, back; stops at both ends."""
        self.go(self._here + by)

    def go(self, index: int) -> None:
        """Go to a node by its position; the nearest end when there is none."""
        if self._names:
            self.moved.emit(self._names[min(len(self._names) - 1, max(0, index))])

    def to_end(self) -> None:
        """Go to the last node."""
        self.go(len(self._names) - 1)

    def set_speed(self, speed: float) -> None:
        """Choose how many nodes a second; the nearest of `SPEEDS` is taken."""
        speed = min(SPEEDS, key=lambda known: abs(known - speed))
        if speed != self._speed:
            self._speed = speed
            self._timer.setInterval(self._interval())
            self.speed_changed.emit(speed)

    def change_speed(self, steps: int) -> None:
        """Take the next faster speed, or slower when negative."""
        index = SPEEDS.index(self._speed) + steps
        self.set_speed(SPEEDS[min(len(SPEEDS) - 1, max(0, index))])

    def _tick(self) -> None:
        if not self._shown:
            self._overdue = True
        elif self._here >= len(self._names) - 1:
            self.pause()
        else:
            self.step(1)
            self._timer.setInterval(self._interval())

    def _interval(self) -> int:
        """How long to stay here, in milliseconds."""
        share = 1.0
        if self._work is not None and 0 <= self._here < len(self._work):
            share = max(SHORTEST, self._work[self._here])
        return round(1000 * share / self._speed)
