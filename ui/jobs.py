"""Jobs, and the lanes that they take: how the window has work done elsewhere.

A job is submitted with callbacks, all of which run on the main thread. It ends exactly once: as a
success, a failure with one sentence, or cancelled. A newer job with the same key supersedes
(cancels) the older one.

A cancelled job that only reads (see `cnnviz.requests.FETCHES`) ends at once, and its answer is
dropped. One that changes what the engine holds ends when the engine says how: it may have been too
late, and then it is a success, so that the window never shows another state than the engine's.
"""

from __future__ import annotations

import itertools
import logging
from collections.abc import Callable
from typing import Any, Literal

from PySide6.QtCore import QObject, Signal

from cnnviz.requests import Progress

log = logging.getLogger(__name__)

State = Literal["waiting", "running", "succeeded", "failed", "cancelled"]


class Failure(str):
    """The sentence of a failed job.

    Attributes:
        kind: Name of the error's class: "UserError", "CodeRefused"...
        details: The traceback.
    """

    kind: str
    details: str

    @classmethod
    def of(cls, text: str, kind: str = "UserError", details: str = "") -> Failure:
        """A sentence with what stands behind it."""
        failure = cls(text)
        failure.kind = kind
        failure.details = details
        return failure


class Job:
    """A piece of work on its way, as returned by `submit`.

    Attributes:
        request: What was asked.
        key: Jobs with the same key supersede each other.
        state: Where it is; the last three are final.
        cancelling: Somebody asked for its end.
    """

    def __init__(
        self,
        number: int,
        request: Any,
        key: str | None,
        callbacks: tuple[
            Callable[[Any], object] | None,
            Callable[[Failure], object] | None,
            Callable[[], object] | None,
            Callable[[Progress], object] | None,
        ],
        cancel: Callable[[Job], None],
    ) -> None:
        self.number = number
        self.request = request
        self.key = key
        self.state: State = "waiting"
        self.cancelling = False
        self._succeed, self._fail, self._end, self._progress = callbacks
        self._cancel = cancel

    @property
    def finished(self) -> bool:
        """It has ended, and its callback was called."""
        return self.state in ("succeeded", "failed", "cancelled")

    def cancel(self) -> None:
        """Ask for its end; does nothing when it has ended, or was asked before."""
        if not self.finished and not self.cancelling:
            self.cancelling = True
            self._cancel(self)

    # For the lane.

    def began(self) -> None:
        """It runs."""
        if not self.finished:
            self.state = "running"

    def progressed(self, progress: Progress) -> None:
        """It has come so far."""
        if not self.finished and not self.cancelling and self._progress is not None:
            self._progress(progress)

    def succeeded(self, result: Any) -> None:
        """It has ended well."""
        if not self.finished:
            self.state = "succeeded"
            if self._succeed is not None:
                self._succeed(result)

    def failed(self, failure: Failure) -> None:
        """It has ended badly."""
        if not self.finished:
            self.state = "failed"
            log.debug("%s\n%s", failure, failure.details)
            if self._fail is not None:
                self._fail(failure)

    def ended(self) -> None:
        """It has ended because somebody asked for it."""
        if not self.finished:
            self.state = "cancelled"
            if self._end is not None:
                self._end()


class Lane(QObject):
    """Takes jobs one after the other.

    Signals:
        ready: The engine has done its imports; jobs sent before wait for it.
        restarted: The engine died and another was started, for the reason given. What the engine
            held is lost: open the model and the image again.
        stopped: The engine died and is started again only by the next job, for the reason given.
        busy_changed: Whether any job is unfinished.
    """

    ready = Signal()
    restarted = Signal(str)
    stopped = Signal(str)
    busy_changed = Signal(bool)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._numbers = itertools.count(1)
        self._jobs: dict[int, Job] = {}
        self._busy = False
        self._closed = False

    @property
    def busy(self) -> bool:
        """Whether any job is unfinished."""
        return bool(self._jobs)

    def start(self) -> None:
        """Start what runs the jobs, without waiting for it; the first job would do it too."""

    def submit(
        self,
        request: Any,
        *,
        key: str | None = None,
        on_success: Callable[[Any], object] | None = None,
        on_failure: Callable[[Failure], object] | None = None,
        on_cancelled: Callable[[], object] | None = None,
        on_progress: Callable[[Progress], object] | None = None,
    ) -> Job:
        """Have a request done.

        Args:
            request: One of `cnnviz.requests` (for an `IoLane`: a callable without arguments).
            key: Cancels the unfinished jobs that were submitted with the same key.
            on_success: Gets the answer.
            on_failure: Gets one sentence for the user, a `Failure`.
            on_cancelled: Called when it was cancelled or superseded in time.
            on_progress: Gets `Progress` while it runs.
        """
        if key is not None:
            for older in [job for job in self._jobs.values() if job.key == key]:
                older.cancel()
        job = Job(
            next(self._numbers),
            request,
            key,
            (on_success, on_failure, on_cancelled, on_progress),
            self._cancel,
        )
        self._jobs[job.number] = job
        self._tell_busy()
        if self._closed:
            self._finish(job, job.ended)
        else:
            self._send(job)
        return job

    def close(self) -> None:
        """End everything: unfinished jobs end as cancelled, and so does what comes later."""
        self._closed = True
        for job in list(self._jobs.values()):
            self._finish(job, job.ended)

    def _send(self, job: Job) -> None:
        raise NotImplementedError

    def _cancel(self, job: Job) -> None:
        raise NotImplementedError

    def _finish(self, job: Job, outcome: Callable[..., None], *arguments: Any) -> None:
        self._jobs.pop(job.number, None)
        try:
            outcome(*arguments)
        finally:
            self._tell_busy()

    def _tell_busy(self) -> None:
        if self._busy != self.busy:
            self._busy = self.busy
            self.busy_changed.emit(self._busy)
