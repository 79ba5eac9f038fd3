"""Progress and remarks on stderr, while stdout carries the result."""

from __future__ import annotations

import shutil
import signal
import time
from typing import Any, Self, TextIO

from cnnviz.requests import Progress, Reporter

_INTERVAL_S = 0.1


class Console(Reporter):
    """Shows progress on one line that is written over, where the stream is a terminal.

    As a context it notices Ctrl+C also where whatever is being called swallows the exception (a
    callback of TensorFlow's does): then the next checkpoint ends the job.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._terminal = stream.isatty()
        self._shown_at = 0.0
        self._width = 0
        self._interrupted = False
        self._before: Any = None

    def __enter__(self) -> Self:
        self._before = signal.getsignal(signal.SIGINT)
        if self._before is not signal.SIG_IGN:  # as for a job in the background
            signal.signal(signal.SIGINT, self._interrupt)
        return self

    def __exit__(self, *_: object) -> None:
        signal.signal(signal.SIGINT, self._before)
        self.clear()

    def _interrupt(self, *_: object) -> None:
        self._interrupted = True
        raise KeyboardInterrupt

    def checkpoint(self) -> None:
        """End the job after Ctrl+C.

        Raises:
            KeyboardInterrupt: Somebody pressed it.
        """
        if self._interrupted:
            raise KeyboardInterrupt

    def report(self, progress: Progress) -> None:
        """Show how far the job is, at most ten times a second."""
        now = time.monotonic()
        if not self._terminal or now - self._shown_at < _INTERVAL_S:
            return
        self._shown_at = now
        text = progress.text
        if progress.fraction is not None:
            text = f"{progress.fraction:4.0%} {text}"
        self._overwrite(text[: shutil.get_terminal_size().columns - 1])

    def remark(self, sentence: str) -> None:
        """Say what the user should know, on a line of its own."""
        self.clear()
        self._stream.write(f"Note: {sentence}\n")

    def clear(self) -> None:
        """Take the progress away."""
        if self._width:
            self._overwrite("")
            self._stream.write("\r")

    def _overwrite(self, text: str) -> None:
        self._stream.write("\r" + text.ljust(self._width))
        self._stream.flush()
        self._width = len(text)
