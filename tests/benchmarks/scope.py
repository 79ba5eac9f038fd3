"""Receptive fields of a large network, a moving cell, and a derivative against a plain one."""

from __future__ import annotations

import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

from tests.benchmarks.measure import Figure, alternately, in_process, ratio

ROUNDS = 7
STEPS = 60


def run() -> list[Figure]:
    """Measure."""
    return [_fields(), _moving(), _derivative()]


def _fields() -> Figure:
    from cnnviz import backend

    backend.prepare()
    from cnnviz.extract import graph_from_model
    from cnnviz.receptive_field import receptive_fields
    from models.assign import symbolic
    from models.registry import find

    with symbolic():
        graph = graph_from_model(find("inception_resnet_v2").build())
    receptive_fields(graph)  # what the graph keeps is made once
    [taken] = alternately(ROUNDS, lambda: receptive_fields(graph))
    detail = f"{len(graph.nodes)} nodes, median of {ROUNDS}"
    return Figure("Fields of Inception-ResNet-v2", 1000 * taken, 50, "ms", detail)


def _moving() -> Figure:
    times: list[float] = in_process(__name__)["times"]
    worst = f"longest {max(times):.1f} ms of {len(times)}, on vgg16"
    return Figure("Moving the cell by a key", statistics.median(times), 16, "ms", worst)


def _window() -> None:
    """The real window on vgg16; a key after the other, each with the paint that follows it."""
    import json

    from PySide6.QtCore import Qt
    from PySide6.QtTest import QTest
    from PySide6.QtWidgets import QApplication

    import ui.app
    from ui.main_window import MainWindow
    from ui.samples import samples
    from ui.settings import Settings
    from ui.theme import apply_theme

    app = QApplication([])
    apply_theme(app, "light")
    with tempfile.TemporaryDirectory() as folder:
        window = MainWindow(Settings(Path(folder) / "settings.ini"))
        window.resize(1600, 1000)
        window.show()
        bench = ui.app.furnish(window)
        bench.start("vgg16/block4_conv2/3,3,7", samples("photo")[0])
        page = bench.pages.microscope
        ui.app._wait_for(bench)
        times = []
        for step in range(STEPS):
            key = (Qt.Key.Key_Right, Qt.Key.Key_Down)[step % 2] if step < 40 else Qt.Key.Key_Left
            start = time.perf_counter()
            QTest.keyClick(page.photo, key)
            app.processEvents()
            times.append(1000 * (time.perf_counter() - start))
        print(json.dumps({"times": times}), flush=True)
        window.close()


def _derivative() -> Figure:
    import keras
    import numpy as np
    import tensorflow as tf

    from cnnviz.engine import Engine
    from cnnviz.requests import GetActivation, GetEffectiveField, OpenModel, RunImage, SetWeights
    from models.assign import randomize, symbolic
    from models.registry import find

    node, position, channel = "conv4_block3_out", (7, 7), 9
    engine = Engine()
    picture = np.random.default_rng(0).integers(0, 256, (224, 224, 3), np.uint8)
    name = engine.handle(OpenModel("resnet50")).graph.inputs[0].name
    engine.handle(SetWeights("random"))
    engine.handle(RunImage(picture))
    image = engine.handle(GetActivation(name)).values[None]
    with symbolic():
        model = find("resnet50").build()
    randomize(model)
    part: Any = keras.Model(model.inputs, model.get_layer(node).output)

    def plain() -> None:
        x = tf.constant(image)
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(x)
            value = part(x, training=False)[0, 7, 7, channel]
        tape.gradient(value, x).numpy()

    def ours() -> None:
        engine.handle(GetEffectiveField(node, position, channel))

    plain()
    ours()
    mine, theirs = alternately(ROUNDS, ours, plain)
    detail = f"{node} of ResNet-50, median of {ROUNDS}"
    return ratio("Effective field against a plain gradient", mine, theirs, 1.2, detail)


if __name__ == "__main__":
    _window()
