"""Questions to the engine, each kind at most once under way, with what to say meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QObject, Signal

from cnnviz.requests import Progress
from ui.lanes import Job, Lane


class Questions(QObject):
    """Asks the engine. A newer question of a kind cancels the older one.

    Signals:
        changed: What is under way (Progress), or None.
    """

    changed = Signal(object)

    def __init__(self, lane: Lane, parent: QObject) -> None:
        super().__init__(parent)
        self._lane = lane
        self._asked: dict[str, Job | None] = {}
        self._numbers: dict[str, int] = {}

    @property
    def busy(self) -> bool:
        """Whether an answer is awaited."""
        return bool(self._asked)

    def ask(
        self,
        kind: str,
        request: Any,
        on_answer: Callable[[Any], object],
        on_failure: Callable[[str], object],
    ) -> None:
        """Ask; neither callback is called once another question of the kind was asked."""
        self.cancel(kind)
        number = self._numbers[kind] = self._numbers.get(kind, 0) + 1
        self._asked[kind] = None

        def current() -> bool:
            return self._numbers[kind] == number and kind in self._asked

        def end(tell: Callable[[Any], object], what: Any) -> None:
            if current():
                del self._asked[kind]
                tell(what)
                self._tell()

        job = self._lane.submit(
            request,
            on_success=lambda answer: end(on_answer, answer),
            on_failure=lambda text: end(on_failure, text),
            on_cancelled=lambda: end(on_failure, ""),
            on_progress=lambda progress: self.changed.emit(progress) if current() else None,
        )
        if current() and not job.finished:
            self._asked[kind] = job
            self._tell()

    def cancel(self, kind: str | None = None) -> None:
        """Take back a question, or all; their callbacks are not called."""
        kinds = list(self._asked) if kind is None else [kind]
        for each in kinds:
            job = self._asked.pop(each, None)
            if job is not None:
                job.cancel()
        if kinds:
            self._tell()

    def _tell(self) -> None:
        self.changed.emit(Progress("Deriving…") if self._asked else None)
