"""The graph canvas at 1920 x 1080: how long a frame takes while one pans, at any zoom.

The networks are Inception-like modules with a skip around each, four branches wide.
"""

from __future__ import annotations

import os
import statistics

import numpy as np

from cnnviz.graph import LayerGraph, Node, Source, Weight
from tests.benchmarks.measure import Figure, seconds, wall_and_cpu

SCALES = (0.02, 0.05, 0.15, 0.3, 0.45, 0.72, 1.0, 2.0)
FRAMES = 30
_BRANCHES = (3, 6, 9, 2)
_LAYERS = ("Conv2D", "BatchNormalization", "ReLU")


def run() -> list[Figure]:
    """Measure."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    from PySide6.QtCore import QPointF
    from PySide6.QtWidgets import QApplication

    from cnnviz.costs import graph_costs
    from ui.graph.canvas import GraphCanvas
    from ui.graph.unfolding import Unfolding
    from ui.theme import apply_theme

    app = QApplication.instance() or QApplication([])
    apply_theme(app, "light")
    figures = []
    for nodes, most in ((1000, 300.0), (5000, 1500.0)):
        graph = network(nodes)
        costs = graph_costs(graph)
        canvas = GraphCanvas()
        canvas.resize(1920, 1080)
        canvas.show()
        app.processEvents()

        def open_it(canvas=canvas, graph=graph, costs=costs) -> None:
            canvas.set_graph(graph, costs)
            canvas.repaint()

        layout = min(
            seconds(lambda g=graph, c=costs: Unfolding(g, c, None, "down")) for _ in range(3)
        )
        first = min(seconds(open_it) for _ in range(3))
        name = f"{len(graph.nodes)} nodes"
        detail = f"best of 3, {layout * 1e3:.0f} ms of it layout"
        figures.append(Figure(f"First picture, {name}", first * 1e3, most, "ms", detail))

        camera = canvas._camera
        medians = {}
        for scale in SCALES:
            camera.centre(camera.picture.center(), scale)

            def frame(camera=camera, canvas=canvas) -> None:
                camera.pan(QPointF(3, -7))
                canvas.repaint()

            medians[scale] = statistics.median(seconds(frame) for _ in range(FRAMES)) * 1e3
        detail = ", ".join(f"{value:.1f} at {scale}" for scale, value in medians.items())
        worst = max(medians.values())
        figures.append(Figure(f"Pan frame, {name}", worst, 16.0, "ms", detail))
        canvas.close()
    return [*figures, *_cells(app)]


def _cells(app) -> list[Figure]:
    """Pan and zoom frames over the channels of one layer, and over its values."""
    from PySide6.QtCore import QPointF

    from cnnviz.requests import Cells, Sheet
    from cnnviz.sheets import cut, draw_sheet
    from ui.graph.canvas import GraphCanvas

    shape = (112, 112, 64)
    nodes = (
        Node("in", "InputLayer", (), (shape,)),
        Node("conv", "Conv2D", (Source("in"),), (shape,), {"kernel_size": (3, 3)}),
    )
    values = np.random.default_rng(0).normal(size=shape).astype(np.float32)
    canvas = GraphCanvas()
    canvas.resize(1920, 1080)
    canvas.show()
    app.processEvents()
    canvas.set_graph(LayerGraph("cells", nodes, (Source("conv"),)))
    canvas.set_traced(True)
    sheets, cells = {}, {}
    canvas.set_sheets(sheets, cells)

    def answer(requests) -> None:
        for request in requests:
            if hasattr(request, "channels"):
                part = cut(values, request.channels, request.rows, request.columns)
                cells[request] = Cells(request, part)
            else:
                sheets[request] = Sheet(request, *draw_sheet(values, request.columns, request.side))
        canvas.update()

    canvas.sheets_wanted.connect(answer)
    camera, figures = canvas._camera, []
    for scale in (4.0, 40.0, 400.0, 1000.0):
        camera.largest = scale
        camera.centre(canvas._rect(1).center(), min(scale, 4.0))
        sheet = canvas._feed.pictures.sheet_at(canvas.scene, 1, camera.scale)
        tile = sheet.layout.tile(20)
        camera.centre(sheet.part(tile.x, tile.y, tile.width, tile.height).center(), scale)
        for _ in range(2):
            canvas._feed._ask()
        canvas.repaint()

        def pan(camera=camera) -> None:
            camera.pan(QPointF(3, -2))
            canvas.repaint()

        def anew() -> None:
            canvas.update()
            canvas.repaint()

        for what, frame in (("Pan frame", pan), ("Whole frame", anew)):
            wall, cpu = wall_and_cpu(FRAMES, frame)
            detail = f"{cpu * 1e3:.1f} ms computed; {len(cells)} blocks of values"
            title = f"{what} over channels at {scale:g}"
            figures.append(Figure(title, wall * 1e3, 16.0, "ms", detail))
    canvas.close()
    return figures


def network(nodes: int) -> LayerGraph:
    """A graph of about so many nodes."""
    made: list[Node] = []

    def add(kind: str, *sources: str) -> str:
        name = f"{kind.lower()}_{len(made)}"
        settings = {"kernel_size": (3, 3), "filters": 64, "padding": "same"}
        weights = (Weight("kernel", (3, 3, 64, 64), trainable=True),) if kind == "Conv2D" else ()
        inputs = tuple(Source(source) for source in sources)
        made.append(Node(name, kind, inputs, ((28, 28, 64),), settings, weights))
        return name

    last = add("InputLayer")
    while len(made) < nodes:
        ends = []
        for length in _BRANCHES:
            end = last
            for i in range(length):
                end = add(_LAYERS[i % 3], end)
            ends.append(end)
        last = add("Add", add("Concatenate", *ends), last)
    return LayerGraph(f"{len(made)} nodes", tuple(made), (Source(last),))
