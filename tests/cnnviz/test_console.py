"""Progress on a terminal, silence elsewhere."""

import contextlib
import io
import signal

import pytest

from cnnviz.console import Console
from cnnviz.requests import Progress


class Terminal(io.StringIO):
    """Keeps what a terminal would show, one entry a line."""

    def isatty(self):
        return True

    def lines(self):
        shown = []
        for line in self.getvalue().split("\n"):
            screen = ""
            for text in line.split("\r"):
                screen = text + screen[len(text) :]
            shown.append(screen.rstrip())
        return shown


def test_progress_is_written_over_and_taken_away():
    stream = Terminal()
    console = Console(stream)
    console.report(Progress("Loading the weights of a large network", 0.5))
    assert stream.lines() == [" 50% Loading the weights of a large network"]
    console.remark("The weights are random.")
    assert stream.lines() == ["Note: The weights are random.", ""]
    console.clear()
    assert stream.lines()[-1] == ""


def test_progress_fits_the_line(monkeypatch):
    monkeypatch.setenv("COLUMNS", "40")
    stream = Terminal()
    Console(stream).report(Progress("x" * 200))
    assert max(map(len, stream.lines())) < 40


def test_progress_is_shown_ten_times_a_second_at_most():
    stream = Terminal()
    console = Console(stream)
    for i in range(1000):
        console.report(Progress("Running", i / 1000))
    assert stream.getvalue().count("Running") < 50


def test_no_progress_where_nobody_looks():
    stream = io.StringIO()
    console = Console(stream)
    console.report(Progress("Loading", 0.5))
    console.clear()
    assert stream.getvalue() == ""
    console.remark("The weights are random.")
    assert stream.getvalue() == "Note: The weights are random.\n"


def test_an_interruption_that_is_swallowed_ends_the_job_at_its_next_checkpoint():
    first = signal.signal(signal.SIGINT, signal.default_int_handler)
    with Console(io.StringIO()) as console:
        console.checkpoint()
        with contextlib.suppress(KeyboardInterrupt):  # as a callback of TensorFlow's does
            signal.raise_signal(signal.SIGINT)
        with pytest.raises(KeyboardInterrupt):
            console.checkpoint()
    assert signal.signal(signal.SIGINT, first) is signal.default_int_handler
