"""The page of comparisons: what the window's own thread spends, the engine's work left out."""

from __future__ import annotations

import os
import statistics
import time
from typing import Any

from tests.benchmarks.measure import Figure, seconds

ROUNDS = 5
LARGE = ("inception_resnet_v2", "resnet152", "densenet201", "resnet50", "vgg16", "googlenet")
LIMIT_MS = 150.0


def run() -> list[Figure]:
    """Measure."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    from PySide6.QtCore import QObject
    from PySide6.QtWidgets import QApplication

    import ui.workbench  # noqa: F401 - what is there before the page is opened
    from cnnviz.engine import Engine
    from cnnviz.ready import comparisons
    from cnnviz.requests import DiffModels, GetReadyFigures, OpenModel, ProfileModel
    from ui.controller import Controller
    from ui.jobs import Job, Lane
    from ui.theme import apply_theme

    app = QApplication.instance() or QApplication([])
    assert isinstance(app, QApplication)
    apply_theme(app, "light")
    engine = Engine()
    models = [OpenModel(name) for name in LARGE]
    asked: list[Any] = [ProfileModel(model) for model in models]
    asked += [DiffModels(*models[:2]), GetReadyFigures(next(iter(comparisons())))]
    answers = {request: engine.handle(request) for request in asked}

    class Known(Lane):
        """Answers at once with what was worked out before."""

        def _send(self, job: Job) -> None:
            self._finish(job, job.succeeded, answers[job.request])

    owner = QObject()
    lane = Known(owner)
    controller = Controller(lane, lambda graph, _: None)  # type: ignore[arg-type, return-value]
    pages: list[Any] = []

    def open_page() -> None:
        from ui.compare.page import ComparePage

        page = ComparePage(controller, lane)
        page.resize(1000, 700)
        page.show()
        page.repaint()
        pages.append(page)

    def longest_turn(begin: Any) -> float:
        """The longest of the turns of the event loop that something takes, in ms."""
        turns = [seconds(begin)]
        end = time.perf_counter() + 0.4
        while time.perf_counter() < end:
            turns.append(seconds(app.processEvents))
        return max(turns) * 1e3

    figures = [
        Figure(
            "Opening the page first",
            longest_turn(open_page),
            LIMIT_MS,
            "ms",
            "with its imports",
        ),
        Figure(
            "Opening the page",
            statistics.median(longest_turn(open_page) for _ in range(ROUNDS)),
            LIMIT_MS,
            "ms",
            f"made, filled and painted, longest turn, median of {ROUNDS}",
        ),
    ]
    page = pages[-1]
    page.set_models(models)
    for tab, name in ((page.totals, "Side by side"), (page.along, "Along the depth")):

        def show(tab=tab) -> None:
            page.tabs.setCurrentWidget(page.ready)
            page.tabs.setCurrentWidget(tab)
            page.repaint()

        took = statistics.median(longest_turn(show) for _ in range(ROUNDS))
        figures.append(Figure(name, took, LIMIT_MS, "ms", "six models, longest turn"))

    def differ() -> None:
        page._diff = None
        page.tabs.setCurrentWidget(page.ready)
        page.tabs.setCurrentWidget(page.differences)

    took = statistics.median(longest_turn(differ) for _ in range(ROUNDS))
    sizes = " and ".join(str(answers[ProfileModel(model)].nodes) for model in models[:2])
    figures.append(Figure("Differences", took, LIMIT_MS, "ms", f"{sizes} operations, longest turn"))
    for each in pages:
        each.close()
    return figures
