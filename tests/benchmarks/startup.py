"""From the start of the process to the first painted window, against a bare PySide6 window."""

from __future__ import annotations

import json
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
    """Tell how long it took, and end at once."""
    heavy = {"keras", "tensorflow"} & set(sys.modules)
    print(json.dumps({"seconds": time.time() - start, "heavy": len(heavy)}), flush=True)
    from PySide6.QtWidgets import QApplication

    QApplication.exit(0)


def _ours(start: float) -> None:
    import main
    import ui.app

    # What follows the first paint is where we end.
    ui.app.furnish_slowly = lambda window, done: _painted(start)  # type: ignore[assignment]
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
