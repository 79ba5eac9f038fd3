"""Where work runs: the engine's process, a thread pool for files. Only this file makes either.

Jobs, and what every lane promises, stand in `ui.jobs`.
"""

from __future__ import annotations

import itertools
import multiprocessing
import os
import queue
import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from typing import Any

from PySide6.QtCore import QObject, Qt, QTimer, Signal, Slot

from cnnviz.errors import Cancelled
from cnnviz.parcels import Parcel, Receiver
from cnnviz.requests import FETCHES, Progress, Reporter
from cnnviz.worker import describe_failure, serve
from ui.jobs import Failure, Job, Lane

__all__ = ["Failure", "InlineLane", "IoLane", "Job", "Lane", "ModelLane"]

CANCEL_PATIENCE_S = 10.0
"""A process that has not answered a cancel for so long is killed and replaced."""

MAX_DEATHS_A_MINUTE = 3
"""When the process dies more often, it is started again only by the next job."""


class InlineLane(Lane):
    """The same interface without a process: `submit` returns when the job has ended.

    A job that is submitted from a callback of a running one waits for its end, unless it is a fetch
    that the engine can answer already.
    """

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._engine: Any = None
        self._waiting: deque[Job] = deque()
        self._running = False

    def start(self) -> None:
        """Import Keras and emit `ready`."""
        if self._engine is None:
            from cnnviz.engine import Engine

            self._engine = Engine()
            self._engine.prepare()
            self.ready.emit()

    def _send(self, job: Job) -> None:
        self.start()
        if (
            self._running
            and isinstance(job.request, FETCHES)
            and self._engine.can_answer(job.request)
        ):
            self._run(job)
            return
        self._waiting.append(job)
        if self._running:
            return
        self._running = True
        try:
            while self._waiting:
                self._run(self._waiting.popleft())
        finally:
            self._running = False

    def _run(self, job: Job) -> None:
        if job.finished:
            return
        job.began()
        try:
            result = self._engine.handle(job.request, _InlineReporter(job))
        except Cancelled:
            self._finish(job, job.ended)
        except Exception as error:  # noqa: BLE001 - told to the user, as by the process
            failure = Failure.of(*describe_failure(error, type(job.request).__name__))
            self._finish(job, job.failed, failure)
        else:
            self._finish(job, job.succeeded, result)

    def _cancel(self, job: Job) -> None:
        if job.state == "waiting":
            self._finish(job, job.ended)


class _InlineReporter(Reporter):
    def __init__(self, job: Job) -> None:
        self._job = job

    def report(self, progress: Progress) -> None:
        self._job.progressed(progress)

    def checkpoint(self) -> None:
        if self._job.cancelling:
            raise Cancelled


class _Child:
    """One process and the two threads that talk with it; `tell` is called from either."""

    _count = itertools.count(1)

    def __init__(self, tell: Callable[[_Child, tuple[Any, ...]], None]) -> None:
        self._tell = tell
        self._prefix = f"cnnviz{os.getpid()}n{next(self._count)}p"
        self._outgoing: queue.SimpleQueue[tuple[Any, ...] | None] = queue.SimpleQueue()
        self._process: SpawnProcess | None = None
        self._unwanted = threading.Event()
        self._writer = threading.Thread(target=self._write, name="write engine", daemon=True)
        self._writer.start()

    @property
    def pid(self) -> int | None:
        """Of the process, once it was started."""
        return self._process.pid if self._process is not None else None

    def send(self, *message: Any) -> None:
        """Queue a message; never blocks."""
        self._outgoing.put(message)

    def kill(self) -> None:
        """End the process, which the reading thread then tells."""
        self._unwanted.set()
        self._outgoing.put(None)
        if self._process is not None:
            self._process.kill()

    def close(self) -> None:
        """End the process and both threads before returning."""
        self.kill()
        self._writer.join()

    def _write(self) -> None:
        """Start the process (too slow for the main thread), then send what is queued."""
        context = multiprocessing.get_context("spawn")
        ours, theirs = context.Pipe()
        process = context.Process(
            target=serve, args=(theirs, self._prefix), name="cnnviz engine", daemon=True
        )
        try:
            process.start()
        except OSError as error:
            self._tell(self, ("broken", *describe_failure(error, "Starting the engine")))
            return
        finally:
            theirs.close()
        self._process = process
        if self._unwanted.is_set():
            process.kill()
        reader = threading.Thread(target=self._read, args=(ours,), name="read engine", daemon=True)
        reader.start()
        while (message := self._outgoing.get()) is not None:
            try:
                ours.send(message)
            except OSError:
                break  # it died: the reading thread tells
        reader.join()
        ours.close()

    def _read(self, pipe: Connection) -> None:
        receiver = Receiver(self._prefix)
        try:
            while True:
                parcel: Parcel = pipe.recv()
                message = receiver.unpack(parcel)
                if parcel.segment is not None:
                    self.send("received", parcel.segment)
                self._tell(self, message)
        except (EOFError, OSError):
            pass
        process = self._process
        assert process is not None
        process.join(5)
        if process.exitcode is None:
            process.kill()
            process.join()
        receiver.sweep()
        self._outgoing.put(None)
        self._tell(self, ("died", process.exitcode))


class ModelLane(Lane):
    """The engine in a process of its own, started again when it dies.

    Args:
        parent: Qt owner.
        cancel_patience_s: See `CANCEL_PATIENCE_S`.
    """

    _arrived = Signal(object, object)

    def __init__(
        self, parent: QObject | None = None, *, cancel_patience_s: float = CANCEL_PATIENCE_S
    ) -> None:
        super().__init__(parent)
        self._patience_ms = round(cancel_patience_s * 1000)
        self._child: _Child | None = None
        self._child_is_ready = False
        self._overdue = False
        self._deaths: deque[float] = deque(maxlen=MAX_DEATHS_A_MINUTE)
        self._arrived.connect(self._on_arrived, Qt.ConnectionType.QueuedConnection)

    @property
    def engine_pid(self) -> int | None:
        """Process id of the engine, once it was started."""
        return self._child.pid if self._child is not None else None

    def start(self) -> None:
        """Start the process, without waiting for it."""
        if self._child is None and not self._closed:
            self._child_is_ready = False
            self._overdue = False
            self._child = _Child(self._arrived.emit)

    def close(self) -> None:
        """Kill the process; unfinished jobs end as cancelled."""
        child, self._child = self._child, None
        super().close()
        if child is not None:
            child.close()

    def _send(self, job: Job) -> None:
        self.start()
        assert self._child is not None
        self._child.send("job", job.number, job.request)

    def _cancel(self, job: Job) -> None:
        child = self._child
        if child is None:
            return
        child.send("cancel", job.number)
        if isinstance(job.request, FETCHES):
            self._finish(job, job.ended)
            return

        def lose_patience() -> None:
            if not job.finished and child is self._child:
                self._overdue = True
                child.kill()

        QTimer.singleShot(self._patience_ms, self, lose_patience)

    @Slot(object, object)
    def _on_arrived(self, child: _Child, message: tuple[Any, ...]) -> None:
        """One message of the process, on the main thread."""
        if child is not self._child:
            return  # of a process that was closed
        kind, *rest = message
        if kind == "ready":
            self._child_is_ready = True
            self.ready.emit()
        elif kind == "broken":
            self._on_broken(Failure.of(*rest))
        elif kind == "died":
            self._on_died(*rest)
        else:
            job = self._jobs.get(rest[0])
            if job is None:
                return  # a cancelled fetch
            if kind == "started":
                job.began()
            elif kind == "progress":
                for progress in rest[1:]:
                    job.progressed(progress)
            elif kind == "succeeded":
                self._finish(job, job.succeeded, rest[1])
            elif kind == "failed":
                self._finish(job, job.failed, Failure.of(*rest[1:]))
            elif kind == "cancelled":
                self._finish(job, job.ended)

    def _on_broken(self, failure: Failure) -> None:
        """The process could not even import what it needs: trying again would not help."""
        self._child = None
        self._fail_all(failure)
        self.stopped.emit(failure)

    def _on_died(self, exit_code: int | None) -> None:
        self._child = None
        if self._overdue:
            reason = "The engine did not answer a cancel and was replaced."
        else:
            reason = f"The engine stopped ({_exit_reason(exit_code)})."
        now = time.monotonic()
        often = len(self._deaths) == MAX_DEATHS_A_MINUTE and now - self._deaths[0] < 60
        self._deaths.append(now)
        again = self._child_is_ready and not often
        if again:
            self.start()
        self._fail_all(Failure.of(reason))
        (self.restarted if again else self.stopped).emit(reason)

    def _fail_all(self, failure: Failure) -> None:
        for job in list(self._jobs.values()):
            if job.cancelling:
                self._finish(job, job.ended)
            else:
                self._finish(job, job.failed, failure)


def _exit_reason(exit_code: int | None) -> str:
    if exit_code == -9:
        return "it was killed, perhaps because memory ran out"
    if exit_code is not None and exit_code < 0:
        return f"signal {-exit_code}"
    return f"exit status {exit_code}"


class IoLane(Lane):
    """A few threads for files and downloads: the request is a callable without arguments.

    A cancelled job ends at once; one that runs already goes on, and its answer is dropped.
    """

    _done = Signal(object, object)

    def __init__(self, parent: QObject | None = None, *, threads: int = 2) -> None:
        super().__init__(parent)
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="files")
        self._done.connect(self._on_done, Qt.ConnectionType.QueuedConnection)

    def close(self) -> None:
        """Wait for the running callables, drop the rest."""
        super().close()
        self._pool.shutdown(cancel_futures=True)

    def _send(self, job: Job) -> None:
        future = self._pool.submit(job.request)
        job.began()
        future.add_done_callback(lambda future: self._done.emit(job, future))

    def _cancel(self, job: Job) -> None:
        self._finish(job, job.ended)

    @Slot(object, object)
    def _on_done(self, job: Job, future: Future[Any]) -> None:
        if job.finished or future.cancelled():
            return
        error = future.exception()
        if error is None:
            self._finish(job, job.succeeded, future.result())
        elif isinstance(error, Exception):
            failure = Failure.of(*describe_failure(error, "Reading or writing a file"))
            self._finish(job, job.failed, failure)
        else:
            raise error
