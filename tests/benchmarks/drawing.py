"""From a move of the pen to what the network reads, and the same for a change of a photo."""

from __future__ import annotations

import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from tests.benchmarks.film import _wait
from tests.benchmarks.measure import Figure, in_process

MOVES = 90
HERTZ = 60
READ_MS = 100
"""Below it, an answer seems to come at once (Miller 1968; Nielsen 1993, chapter 5)."""

STALL_MS = 50


def run() -> list[Figure]:
    """Measure."""
    figures = []
    for what, name in (("draw", "lenet5_modern"), ("draw", "lenet5"), ("turn", "resnet50")):
        seen = in_process(__name__, what, name)
        for key, label, limit in (
            ("answer", f"{name}: {what} to answer", READ_MS if what == "draw" else 500),
            ("gap", f"{name}: stall of the window meanwhile", STALL_MS),
        ):
            times = sorted(seen[key])
            most = times[int(0.95 * len(times))]
            detail = (
                f"95 of 100; median {statistics.median(times):.1f}, longest {times[-1]:.1f}; "
                f"{seen['runs'][0]} passes for {seen['moves'][0]} moves at {HERTZ} Hz"
            )
            figures.append(Figure(label, most, limit, "ms", detail))
    return figures


def _measure(what: str, name: str) -> dict[str, list[float]]:
    """Milliseconds from each picture that was run to its answer on screen."""
    from PySide6.QtCore import QPoint, Qt, QTimer
    from PySide6.QtTest import QTest

    from ui.lanes import ModelLane
    from ui.main_window import MainWindow
    from ui.settings import Settings
    from ui.workbench import Workbench

    with tempfile.TemporaryDirectory() as folder:
        window = MainWindow(Settings(Path(folder) / "settings.ini"))
        window.resize(1600, 1000)
        bench = Workbench(window, ModelLane(window))
        window.show()
        bench.start(name, None)
        _wait(lambda: bench.settled)
        pictures, controller = bench.pictures, bench.controller
        pictures.setCurrentWidget(pictures.draw if what == "draw" else pictures.change)
        while controller.run is None or controller.run.gear == "stepwise":
            _rest(2)  # it is compiled while nobody asks for anything
            controller.rerun()
            _wait(lambda: not controller.busy)

        wanted: dict[int, float] = {}
        answers: list[float] = []

        def answered() -> None:
            asked = wanted.pop(_key(controller.image, controller.transform), None)
            if controller.run is not None and asked is not None:
                answers.append(1000 * (time.perf_counter() - asked))

        controller.run_changed.connect(answered)
        gaps, last = [], [time.perf_counter()]

        def tick() -> None:
            now = time.perf_counter()
            gaps.append(1000 * (now - last[0]))
            last[0] = now

        clock = QTimer(interval=5, timerType=Qt.TimerType.PreciseTimer)
        clock.timeout.connect(tick)
        if what == "draw":
            sketch = pictures.draw.sketch
            pictures.draw.drawn.connect(
                lambda image: wanted.__setitem__(
                    _key(image, controller.transform), time.perf_counter()
                )
            )
            places = [(9 + 14 * share, 7) for share in np.linspace(0, 1, MOVES // 2)]
            places += [(23 - 9 * share, 7 + 18 * share) for share in np.linspace(0, 1, MOVES // 2)]

            def point(place: tuple[float, float]) -> QPoint:
                return sketch.point_of(*place).toPoint()

            QTest.mousePress(sketch, Qt.MouseButton.LeftButton, pos=point(places[0]))
            moves: list[Callable[[], object]] = [
                lambda place=place: QTest.mouseMove(sketch, point(place)) for place in places
            ]
        else:
            angle = pictures.change.angle.slider
            pictures.change.chosen.connect(
                lambda transform: wanted.__setitem__(
                    _key(controller.image, transform), time.perf_counter()
                )
            )
            moves = [lambda value=value: angle.setValue(value) for value in range(1, MOVES + 1)]
        _rest(0.5)
        clock.start()
        last[0] = time.perf_counter()
        for move in moves:
            move()
            _rest(1 / HERTZ)
        _wait(lambda: not controller.busy and not pictures.live.waiting)
        clock.stop()
        window.close()
    return {"answer": answers, "gap": gaps, "runs": [len(answers)], "moves": [len(moves)]}


def _key(image: object, transform: object) -> int:
    return hash((id(image), transform))


def _rest(seconds: float) -> None:
    end = time.perf_counter() + seconds
    _wait(lambda: time.perf_counter() > end)


def main(what: str, name: str) -> None:
    from PySide6.QtWidgets import QApplication

    from ui.theme import apply_theme

    app = QApplication([])
    apply_theme(app, "light")
    print(json.dumps(_measure(what, name)), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
