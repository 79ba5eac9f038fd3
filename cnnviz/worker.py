"""The engine's process: reads requests from a pipe, runs them, answers.

One thread reads the pipe all the time, so that a cancel arrives in the middle of a job and the
process ends by itself, at once, when the window is gone. The main thread works; at every checkpoint
of a job it looks for a cancel and answers the fetches that can be answered already.

Messages are tuples. In: ("job", id, request), ("cancel", id), ("received", segment). Out, packed
as a `Parcel`: ("ready",), ("broken", text, kind, details) and, by job, ("started", id),
("progress", id, Progress...) and exactly one of ("succeeded", id, result), ("failed", id, text,
kind, details), ("cancelled", id).
"""

from __future__ import annotations

import collections
import contextlib
import os
import signal
import threading
import time
import traceback
from multiprocessing.connection import Connection
from typing import TYPE_CHECKING, Any

from cnnviz.errors import Cancelled, UserError, reason
from cnnviz.parcels import Sender
from cnnviz.requests import FETCHES, Progress, Reporter, Request

if TYPE_CHECKING:
    from cnnviz.engine import Engine

IDLE_AFTER_S = 0.5
"""Rest before the engine prepares for later work (compiles)."""

TELL_EVERY_S = 0.02
"""Computed nodes are told together, so often at most: each message wakes the window up."""


def describe_failure(error: Exception, what: str) -> tuple[str, str, str]:
    """Say what went wrong.

    Args:
        error: What was raised.
        what: What was being done.

    Returns:
        The sentence to show: the text of a `UserError` as it is; for anything else, which is a
        fault of ours, its type and text. Then the name of the error's class, and the traceback.
    """
    kind = type(error).__name__
    details = "".join(traceback.format_exception(error))
    if isinstance(error, UserError):
        return str(error), kind, details
    return f"{what} failed ({kind}: {reason(error)}): please report it.", kind, details


class _Inbox:
    """What has arrived and is not done. Filled by the reading thread."""

    def __init__(self) -> None:
        self.jobs: collections.deque[tuple[int, Request]] = collections.deque()
        self.cancelled: set[int] = set()
        self.changed = threading.Condition()

    def add(self, job: int, request: Request) -> None:
        with self.changed:
            self.jobs.append((job, request))
            self.changed.notify()

    def cancel(self, job: int) -> bool:
        """Mark a job; True when it had not started and is now gone."""
        with self.changed:
            for entry in self.jobs:
                if entry[0] == job:
                    self.jobs.remove(entry)
                    return True
            self.cancelled.add(job)
            return False

    def take(self, timeout: float | None) -> tuple[int, Request] | None:
        """The next job; None when none came in time."""
        with self.changed:
            if not self.changed.wait_for(lambda: self.jobs, timeout):
                return None
            return self.jobs.popleft()

    def take_fetch(self, engine: Engine) -> tuple[int, Request] | None:
        """The first fetch that can be answered in the middle of a run.

        A fetch that stands behind a request that changes the engine waits for that one.
        """
        with self.changed:
            for entry in self.jobs:
                if not isinstance(entry[1], FETCHES):
                    return None
                if engine.can_answer(entry[1]):
                    self.jobs.remove(entry)
                    return entry
        return None

    def something_waits(self) -> bool:
        return bool(self.jobs)


class _Worker:
    """Runs jobs on the main thread of the process."""

    def __init__(self, connection: Connection, prefix: str) -> None:
        self.connection = connection
        self.sender = Sender(prefix)
        self.inbox = _Inbox()
        self.sending = threading.Lock()

    def read(self) -> None:
        """Body of the reading thread."""
        try:
            while True:
                kind, *rest = self.connection.recv()
                if kind == "job":
                    self.inbox.add(*rest)
                elif kind == "cancel":
                    if self.inbox.cancel(*rest):
                        self.send("cancelled", *rest)
                elif kind == "received":
                    with self.sending:
                        self.sender.received(*rest)
        except (EOFError, OSError):
            pass  # the window closed, or died
        finally:
            self.sending.acquire(timeout=1)
            self.sender.abandon()
            os._exit(0)

    def send(self, *message: Any) -> None:
        # When the window is gone, the reading thread sees it too and ends the process.
        with self.sending, contextlib.suppress(OSError):
            self.connection.send(self.sender.pack(message))

    def work(self, engine: Engine) -> None:
        """Run jobs until the process ends."""
        idle_done = True
        while True:
            entry = self.inbox.take(None if idle_done else IDLE_AFTER_S)
            if entry is None:
                try:
                    engine.use_idle_time(_IdleReporter(self, engine))
                    idle_done = True
                except Cancelled:
                    pass  # work arrived: try again afterwards
                continue
            self.run(entry, engine, _JobReporter(self, entry[0], engine))
            idle_done = idle_done and isinstance(entry[1], FETCHES)

    def run(self, entry: tuple[int, Request], engine: Engine, reporter: Reporter) -> None:
        """Run one job to its one outcome."""
        job, request = entry
        flush = reporter.flush if isinstance(reporter, _JobReporter) else lambda: None
        try:
            reporter.checkpoint()
            self.send("started", job)
            result = engine.handle(request, reporter)
            flush()
        except Cancelled:
            self.send("cancelled", job)
        except Exception as error:  # noqa: BLE001 - whatever happened is told to the window
            self.send("failed", job, *describe_failure(error, type(request).__name__))
        else:
            self.send("succeeded", job, result)
        self.inbox.cancelled.discard(job)

    def answer_fetches(self, engine: Engine) -> None:
        while (entry := self.inbox.take_fetch(engine)) is not None:
            self.run(entry, engine, Reporter())


class _JobReporter(Reporter):
    def __init__(self, worker: _Worker, job: int, engine: Engine) -> None:
        self._worker = worker
        self._job = job
        self._engine = engine
        self._untold: list[Progress] = []
        self._told = 0.0

    def report(self, progress: Progress) -> None:
        self._untold.append(progress)
        urgent = progress.preview is not None or progress.activation is not None
        can_wait = progress.done is not None and not urgent
        if not can_wait or time.perf_counter() - self._told >= TELL_EVERY_S:
            self.flush()

    def flush(self) -> None:
        """Tell what was held back."""
        if self._untold:
            self._worker.send("progress", self._job, *self._untold)
            self._untold.clear()
            self._told = time.perf_counter()

    def checkpoint(self) -> None:
        if self._job in self._worker.inbox.cancelled:
            raise Cancelled
        self._worker.answer_fetches(self._engine)


class _IdleReporter(Reporter):
    """Breaks idle work off as soon as a job waits that cannot be answered in between."""

    def __init__(self, worker: _Worker, engine: Engine) -> None:
        self._worker = worker
        self._engine = engine

    def checkpoint(self) -> None:
        self._worker.answer_fetches(self._engine)
        if self._worker.inbox.something_waits():
            raise Cancelled


def serve(connection: Connection, prefix: str) -> None:
    """Body of the engine's process.

    Args:
        connection: The pipe to the window.
        prefix: First part of the names of shared memory segments.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C in a terminal is for the window
    if hasattr(os, "nice"):
        os.nice(5)  # computing takes every core, and the window must not wait for one
    worker = _Worker(connection, prefix)
    threading.Thread(target=worker.read, name="read pipe", daemon=True).start()
    try:
        from cnnviz.engine import Engine

        engine = Engine()
        engine.prepare()
    except Exception as error:  # noqa: BLE001 - whatever happened is told to the window
        worker.send("broken", *describe_failure(error, "Starting the engine"))
        return
    worker.send("ready")
    worker.work(engine)
