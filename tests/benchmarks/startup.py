"""From the start of the process to the first painted window, against a bare PySide6 window."""

from __future__ import annotations

import json
import os
import statistics
import sys
import time

from tests.benchmarks.measure import Figure, in_process, ratio

ROUNDS = 7


def run() -> list[Figure]:
    """Measure."""
    times: dict[str, list[float]] = {"ours": [], "bare": []}
    heavy = 0.0
    for _ in range(ROUNDS):
        for which, taken in times.items():
            answer = in_process(__name__, which, repr(time.time()))
            taken.append(answer["seconds"])
            heavy += answer["heavy"]
    ours, bare = (statistics.median(taken) for taken in times.values())
    return [
        ratio("First paint, against a bare window", ours, bare, 2.0, f"median of {ROUNDS}"),
        Figure("Heavy modules imported before it", heavy, 0, "", "keras, tensorflow"),
    ]


def _painted(start: float) -> None:
    """Tell how long it took, and end at once: what follows is not measured here."""
    heavy = {"keras", "tensorflow"} & set(sys.modules)
    print(json.dumps({"seconds": time.time() - start, "heavy": len(heavy)}), flush=True)
    os._exit(0)


def _ours(start: float) -> None:
    import main
    from ui.main_window import MainWindow

    make = MainWindow.__init__

    def make_and_listen(window: MainWindow, *arguments: object) -> None:
        make(window, *arguments)  # type: ignore[arg-type]
        window.first_painted.connect(lambda: _painted(start))

    MainWindow.__init__ = make_and_listen  # type: ignore[method-assign]
    main.main([])


def _bare(start: float) -> None:
    from PySide6.QtCore import QTimer
    from PySide6.QtWidgets import QApplication, QMainWindow

    class Window(QMainWindow):
        def paintEvent(self, event: object) -> None:
            super().paintEvent(event)  # type: ignore[arg-type]
            QTimer.singleShot(0, lambda: _painted(start))

    app = QApplication([])
    window = Window()
    window.resize(1280, 800)
    window.show()
    app.exec()


if __name__ == "__main__":
    {"ours": _ours, "bare": _bare}[sys.argv[1]](float(sys.argv[2]))
