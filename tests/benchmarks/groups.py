"""Big networks on the canvas at 1920 x 1080: fully open and closed, opening and closing groups."""

from __future__ import annotations

import itertools
import os
import statistics

from tests.benchmarks.measure import Figure, seconds, wall_and_cpu

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
            camera = canvas._camera

            def pan(camera=camera, canvas=canvas) -> None:
                camera.pan(QPointF(3, -7))
                canvas.repaint()

            steps = itertools.cycle((1.01, 1 / 1.01))

            def zoom(camera=camera, canvas=canvas, steps=steps) -> None:
                camera.zoom(next(steps), QPointF(900, 500))
                canvas.repaint()

            for what, frame in (("Pan", pan), ("Zoom", zoom)):
                medians = {}
                for scale in SCALES:
                    camera.centre(camera.picture.center(), scale)
                    medians[scale] = wall_and_cpu(FRAMES, frame)
                worst = max(medians.values())[0] * 1e3
                detail = ", ".join(
                    f"{wall * 1e3:.1f} ({cpu * 1e3:.1f}) at {scale}"
                    for scale, (wall, cpu) in medians.items()
                )
                title = f"{what} frame, {level.name.lower()}s, {name}"
                figures.append(Figure(title, worst, 16.0, "ms", f"computed in brackets: {detail}"))

        canvas.set_level(Level.BLOCK)
        canvas._settle()
        times = []
        for part in canvas.scene.view.parts:
            if part.parts:
                forget()

                def open_part(canvas=canvas, part=part) -> None:
                    canvas.open_part(part.key)
                    canvas.repaint()

                times.append(wall_and_cpu(1, open_part))
                canvas.close_part(part.key)
                canvas._settle()
        walls, cpus = ([each * 1e3 for each in kind] for kind in zip(*times, strict=True))
        detail = (
            f"worst of {len(times)} groups, median {statistics.median(walls):.0f}; computed: worst "
            f"{max(cpus):.0f}, median {statistics.median(cpus):.0f}"
        )
        figures.append(Figure(f"Opening a group, {name}", max(walls), 50.0, "ms", detail))
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
