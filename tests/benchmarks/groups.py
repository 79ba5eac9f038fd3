"""Big networks on the canvas at 1920 x 1080: fully open and closed, opening and closing groups."""

from __future__ import annotations

import os
import statistics

from tests.benchmarks.measure import Figure, seconds

SCALES = (0.02, 0.1, 0.3, 0.45, 0.72, 1.0, 2.0)
FRAMES = 20


def run() -> list[Figure]:
    """Measure."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    from PySide6.QtCore import QPointF
    from PySide6.QtWidgets import QApplication

    from cnnviz.costs import graph_costs
    from cnnviz.layout import forget
    from cnnviz.outline import Level, Outline
    from ui.graph.canvas import GraphCanvas
    from ui.theme import apply_theme

    app = QApplication.instance() or QApplication([])
    apply_theme(app, "light")
    figures = []
    for graph in _networks():
        costs, outline = graph_costs(graph), Outline(graph)
        everything = outline.open_at(Level.OPERATION)
        canvas = GraphCanvas()
        canvas.resize(1920, 1080)
        canvas.show()
        app.processEvents()

        def open_it(canvas=canvas, graph=graph, costs=costs, everything=everything) -> None:
            forget()
            canvas.set_graph(graph, costs, everything)
            canvas.repaint()

        name = f"{graph.name}, {len(graph.nodes)} operations"
        first = min(seconds(open_it) for _ in range(3)) * 1e3
        figures.append(Figure(f"First picture, all open, {name}", first, 300.0, "ms", "best of 3"))

        for level in (Level.BLOCK, Level.OPERATION):
            canvas.set_level(level)
            canvas._settle()
            camera, medians = canvas._camera, {}
            for scale in SCALES:
                camera.centre(camera.picture.center(), scale)

                def frame(camera=camera, canvas=canvas) -> None:
                    camera.pan(QPointF(3, -7))
                    canvas.repaint()

                medians[scale] = statistics.median(seconds(frame) for _ in range(FRAMES)) * 1e3
            detail = ", ".join(f"{value:.1f} at {scale}" for scale, value in medians.items())
            worst = max(medians.values())
            title = f"Pan frame, {level.name.lower()}s, {name}"
            figures.append(Figure(title, worst, 16.0, "ms", detail))

        canvas.set_level(Level.BLOCK)
        canvas._settle()
        times = []
        for part in canvas.scene.view.parts:
            if part.parts:
                forget()

                def open_part(canvas=canvas, part=part) -> None:
                    canvas.open_part(part.key)
                    canvas.repaint()

                times.append(seconds(open_part) * 1e3)
                canvas.close_part(part.key)
                canvas._settle()
        detail = f"worst of {len(times)} groups, median {statistics.median(times):.0f}"
        figures.append(Figure(f"Opening a group, {name}", max(times), 50.0, "ms", detail))
        canvas.close()
    return figures


def _networks():
    import keras

    from cnnviz.extract import graph_from_model
    from models.assign import symbolic
    from models.registry import find

    with symbolic():
        yield graph_from_model(find("inception_resnet_v2").build(), name="Inception-ResNet-v2")
    with symbolic():
        model = keras.applications.NASNetLarge(weights=None)
    yield graph_from_model(model, name="NASNetLarge")
