"""The shape laboratory: from a typed setting to the new totals on screen."""

from __future__ import annotations

import os
import statistics

from tests.benchmarks.measure import Figure, seconds

ROUNDS = 9


def run() -> list[Figure]:
    """Measure."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    from PySide6.QtCore import QObject
    from PySide6.QtWidgets import QApplication

    from cnnviz.grouping import group
    from cnnviz.library import open_model
    from cnnviz.requests import OpenModel
    from cnnviz.shape_lab import Plan
    from ui.controller import Controller
    from ui.insight import Insight
    from ui.lanes import InlineLane
    from ui.shapes.page import ShapesPage
    from ui.theme import apply_theme

    app = QApplication.instance() or QApplication([])
    assert isinstance(app, QApplication)
    apply_theme(app, "light")
    owner = QObject()
    lane = InlineLane(owner)
    graph = open_model(OpenModel("resnet152")).graph
    controller = Controller(lane, lambda graph, _: None)  # type: ignore
    page = ShapesPage(controller, lane)
    page.resize(800, 800)
    page.show()
    insight = Insight(graph, group(graph))
    page.set_insight(insight)
    _ = insight.fields
    app.processEvents()
    sizes = iter(range(225, 10_000))

    def edit() -> None:
        page.change(Plan((next(sizes), 224, 3)))
        page.repaint()

    def see() -> None:
        page.change(Plan((next(sizes), 224, 3)))
        page._show_fields()
        page.repaint()

    figures = []
    for name, what, detail in (
        ("An edit of ResNet-152, to the new totals", edit, "shapes, parameters, MACs, memory"),
        ("... with the receptive field", see, "which follows 60 ms after the last key"),
    ):
        took = statistics.median(seconds(what) for _ in range(ROUNDS)) * 1e3
        figures.append(Figure(name, took, 50.0, "ms", f"{detail}; median of {ROUNDS}"))
    page.close()
    return figures
