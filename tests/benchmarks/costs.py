"""The page of costs: from a model to charts, treemap and table on screen."""

from __future__ import annotations

import os
import statistics

from tests.benchmarks.measure import Figure, seconds

ROUNDS = 7


def run() -> list[Figure]:
    """Measure."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    from PySide6.QtCore import QObject
    from PySide6.QtWidgets import QApplication

    from cnnviz.grouping import group
    from cnnviz.library import open_model
    from cnnviz.requests import OpenModel
    from ui.controller import Controller
    from ui.costs.page import CostsPage
    from ui.insight import Insight
    from ui.lanes import InlineLane
    from ui.theme import apply_theme

    app = QApplication.instance() or QApplication([])
    assert isinstance(app, QApplication)
    apply_theme(app, "light")
    owner = QObject()
    figures = []
    for model in ("inception_resnet_v2", "resnet152"):
        graph = open_model(OpenModel(model)).graph
        lane = InlineLane(owner)
        page = CostsPage(Controller(lane, lambda graph, _: None), lane)  # type: ignore
        page.resize(1000, 800)
        page.show()
        app.processEvents()

        def show(page=page, graph=graph) -> None:
            page.set_insight(Insight(graph, group(graph)))
            page.level.setCurrentIndex(0)
            page.repaint()
            app.processEvents()

        took = statistics.median(seconds(show) for _ in range(ROUNDS)) * 1e3
        detail = f"{len(graph.nodes)} operations, costs and groups anew, median of {ROUNDS}"
        figures.append(Figure(f"Costs of {model}", took, 150.0, "ms", detail))
        page.close()
    return figures
