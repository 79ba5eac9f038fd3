"""The longest gap of the window's event loop, from its start through all that the engine does.

The real window opens vgg16 and then resnet50, loads the weights of each from a file, and runs a
photo. A 10 ms timer in the window's process ticks all the while.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.benchmarks.measure import Figure, in_process

TICK_MS = 10
LIMIT_MS = 50
NETWORKS = ("vgg16", "resnet50")
PATIENCE_S = 300


def run() -> list[Figure]:
    """Measure."""
    with tempfile.TemporaryDirectory() as folder:
        for name in NETWORKS:
            _write_weights(name, Path(folder))
        gaps: dict[str, list[list[float]]] = in_process(__name__, folder)["gaps"]
    figures = []
    for phase, times in gaps.items():
        worst = sorted(times, reverse=True)[:3]
        longest = ", ".join(f"{gap:.0f} ({cpu:.0f})" for gap, cpu in worst)
        detail = f"longest of {len(times)}, with processor time of the window: {longest}"
        figures.append(Figure(f"Gap: {phase}", worst[0][0], LIMIT_MS, "ms", detail))
    return figures


def _write_weights(name: str, folder: Path) -> None:
    from models import assign
    from models.registry import find

    with assign.symbolic():
        model = find(name).build()
    assign.randomize(model)
    model.save_weights(folder / f"{name}.weights.h5")


class _Pulse:
    """Notes the time between ticks, and how much of it the window computed, by what goes on.

    Where the window computed much less than the gap is long, others had the processor.
    """

    def __init__(self) -> None:
        from PySide6.QtCore import Qt, QTimer

        self.gaps: dict[str, list[tuple[float, float]]] = {}
        self.phase = "the window fills"
        self._last: tuple[float, float] | None = None
        self._timer = QTimer()
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.setInterval(TICK_MS)
        self._timer.timeout.connect(self._tick)
        self._timer.start()

    def _tick(self) -> None:
        now, cpu = time.perf_counter(), time.process_time()
        if self._last is not None:
            gap = 1000 * (now - self._last[0]), 1000 * (cpu - self._last[1])
            self.gaps.setdefault(self.phase, []).append(gap)
        self._last = now, cpu


def _window(folder: Path) -> None:
    """As `ui.app.run` does it, with a pulse and a scenario."""
    from PySide6.QtWidgets import QApplication

    import ui.app
    from ui.main_window import MainWindow
    from ui.settings import THEME, Settings
    from ui.theme import apply_theme

    app = QApplication([])
    pulse = _Pulse()
    settings = Settings()
    apply_theme(app, settings.get(THEME))
    window = MainWindow(settings)
    window.first_painted.connect(
        lambda: ui.app.furnish_later(
            window, lambda workbench: _play(_scenario(workbench, pulse, folder), pulse)
        )
    )
    window.show()
    sys.exit(app.exec())


def _scenario(workbench: Any, pulse: _Pulse, folder: Path) -> Iterator[bool]:
    """What a user does, each step waiting until all is on screen."""
    from ui.samples import samples

    photo = samples("photo")[0]
    pulse.phase = f"imports, {NETWORKS[0]} opens and runs"
    workbench.start(NETWORKS[0], photo)
    for name in NETWORKS:
        if name != NETWORKS[0]:
            pulse.phase = f"{name} opens and runs"
            workbench.controller.open_model(name)
        yield False
        while not workbench.settled:
            yield False
        pulse.phase = f"{name} loads weights and runs"
        workbench.controller.set_weights(str(folder / f"{name}.weights.h5"))
        yield False
        while not workbench.settled:
            yield False
        assert workbench.controller.run.weights.kind == "file"
    yield True


def _play(scenario: Iterator[bool], pulse: _Pulse) -> None:
    """Go on with the scenario ten times a second."""
    from PySide6.QtCore import QTimer
    from PySide6.QtWidgets import QApplication

    QTimer.singleShot(1000 * PATIENCE_S, lambda: QApplication.exit(1))

    def step() -> None:
        try:
            finished = next(scenario)
        except Exception:  # noqa: BLE001 - a slot would print it, and we would wait for ever
            traceback.print_exc()
            QApplication.exit(1)
            return
        if finished:
            print(json.dumps({"gaps": pulse.gaps}), flush=True)
            for window in QApplication.topLevelWidgets():
                window.close()
        else:
            QTimer.singleShot(100, step)

    step()


if __name__ == "__main__":
    _window(Path(sys.argv[1]))
