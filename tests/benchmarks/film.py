"""The way of a photo to all its feature maps on screen, scrubbing, and what it takes in memory.

What the window is held against is one call of Keras for every output of the same network, eager
and as a warm compiled function. It runs in a process of its own, as nice as the engine's, by turns
with the window, so that both see the same machine.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from tests.benchmarks.measure import ROOT, Figure, in_process, ratio, seconds

NETWORKS = ("vgg16", "resnet50")
PHOTO = ROOT / "models" / "assets" / "samples" / "photos" / "cat.jpg"
ROUNDS = 7
ATLASES = (((224, 224, 64), 30), ((28, 28, 512), 10), ((7, 7, 2048), 10))
SCRUB_MS = 33
OVERHEAD_MIB = 400
ENGINE_NICENESS = 5  # of cnnviz.worker


def run() -> list[Figure]:
    """Measure."""
    figures = []
    for name in NETWORKS:
        seen = in_process(__name__, "photo", name)
        detail = f"medians of {ROUNDS}"
        figures += [
            ratio(f"{name}: first photo to all maps", seen["all"], seen["eager"], 1.3, detail),
            ratio(
                f"{name}: first map of it",
                seen["first map"],
                seen["all"],
                0.1,
                f"{detail}; in full after {1000 * seen['whole map']:.0f} ms",
            ),
            ratio(f"{name}: later photos", seen["later"], seen["compiled"], 1.2, detail),
        ]
    atlas = in_process(__name__, "atlas")
    for shape, limit in ATLASES:
        name = "x".join(map(str, shape))
        times = sorted(atlas[name])
        detail = f"median of {len(times)}, longest {times[-1]:.1f}"
        figures.append(Figure(f"Atlas of {name}", statistics.median(times), limit, "ms", detail))
    scrub = in_process(__name__, "scrub", "resnet50")
    for what in ("first time", "again"):
        times = sorted(scrub[what])
        most = times[int(0.95 * len(times))]
        detail = f"95 of 100 of {len(times)}; median {statistics.median(times):.1f}"
        figures.append(Figure(f"Scrub step, {what}", most, SCRUB_MS, "ms", detail))
    memory = scrub["MiB"]
    over = memory["traced"] - memory["idle"] - memory["activations"] - memory["weights"]
    detail = ", ".join(f"{what} {mib:.0f}" for what, mib in memory.items())
    figures.append(
        Figure("Memory beside activations and weights", over, OVERHEAD_MIB, "MiB", detail)
    )
    return figures


def _serve_keras(name: str) -> None:
    """For each line "eager" or "compiled": run the network, answer with the seconds."""
    import tensorflow as tf

    from tests.benchmarks.tracing import _multi_output

    os.nice(ENGINE_NICENESS)
    model = _multi_output(name)
    tensor = np.random.default_rng(0).random((1, 224, 224, 3), np.float32)
    function = tf.function(model)
    calls = {"eager": lambda: model(tensor), "compiled": lambda: function(tf.constant(tensor))}
    for line in sys.stdin:
        print(seconds(calls[line.strip()]), flush=True)


@contextmanager
def _keras(name: str) -> Iterator[Callable[[str], float]]:
    """Gives a function that runs a network, "eager" or "compiled", and says how long it took."""
    with subprocess.Popen(
        [sys.executable, "-m", __spec__.name, "keras", name],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as served:
        assert served.stdin is not None
        assert served.stdout is not None

        def run(how: str) -> float:
            assert served.stdin is not None
            assert served.stdout is not None
            print(how, file=served.stdin, flush=True)
            return float(served.stdout.readline())

        for how in ("eager", "eager", "compiled", "compiled"):  # to warm up
            run(how)
        yield run
        served.stdin.close()


def _wait(done: Callable[[], bool], limit_s: float = 120) -> None:
    """Turn the event loop until something is so, without keeping a core busy."""
    from PySide6.QtCore import QEventLoop, QTimer

    end = time.perf_counter() + limit_s
    loop, often = QEventLoop(), QTimer(interval=1)
    often.timeout.connect(lambda: loop.quit() if done() or time.perf_counter() > end else None)
    often.start()
    loop.exec()
    if not done():
        raise TimeoutError


def _photo(name: str) -> dict[str, float]:
    """From a request with a photo to its first map on screen, and to the end of the pass."""
    from cnnviz.requests import GetActivation, OpenModel, RunImage, SetWeights
    from ui.lanes import ModelLane
    from ui.panels.feature_maps import FeatureMapPanel

    lane = ModelLane()
    panel = FeatureMapPanel()
    panel.resize(900, 700)
    panel.show()
    _wait(panel.windowHandle().isExposed)

    def ask(request: Any, **how: Any) -> Any:
        answers: list[Any] = []
        lane.submit(request, on_success=answers.append, on_failure=_fail, **how)
        _wait(lambda: bool(answers))
        return answers[0]

    graph = ask(OpenModel(name)).graph
    first = graph.nodes[1].name
    whole, maps, whole_maps, later, eager, compiled = [], [], [], [], [], []
    with _keras(name) as keras:
        for _ in range(ROUNDS):
            eager.append(keras("eager"))
            ask(SetWeights("random"))  # what was compiled is forgotten
            shown: list[float] = []
            start = time.perf_counter()

            def show(activation: Any, shown: list[float] = shown, start: float = start) -> None:
                panel.set_activation(activation, graph.by_name[first])
                panel.atlas.viewport().repaint()
                shown.append(time.perf_counter() - start)

            def progressed(
                progress: Any,
                show: Callable[[Any], None] = show,
                shown: list[float] = shown,
                start: float = start,
            ) -> None:
                if progress.activation is not None:
                    show(progress.activation)
                elif progress.preview is not None:
                    panel.show_preview(progress.preview, graph.by_name[first])
                    panel.atlas.viewport().repaint()
                    shown.append(time.perf_counter() - start)

            result = ask(RunImage(PHOTO, show=first, statistics=False), on_progress=progressed)
            whole.append(time.perf_counter() - start)
            assert result.gear == "stepwise"
            if panel.to_save() is None:  # a preview: the whole of it comes once the pass is over
                show(ask(GetActivation(first)))
            maps.append(shown[0])  # of large maps a preview
            whole_maps.append(shown[-1])
        while ask(RunImage(PHOTO, statistics=False)).gear == "stepwise":
            end = time.perf_counter() + 2
            _wait(lambda end=end: time.perf_counter() > end)
        for _ in range(2 * ROUNDS):
            compiled.append(keras("compiled"))
            start = time.perf_counter()
            ask(RunImage(PHOTO, statistics=False))
            later.append(time.perf_counter() - start)
    lane.close()
    times = {
        "all": whole,
        "first map": maps,
        "whole map": whole_maps,
        "later": later,
        "eager": eager,
        "compiled": compiled,
    }
    return {what: statistics.median(taken) for what, taken in times.items()}


def _fail(text: str) -> None:
    raise RuntimeError(text)


def _atlas() -> dict[str, list[float]]:
    """Milliseconds from an activation to its maps on screen."""
    from cnnviz.requests import Activation
    from ui.panels.feature_maps import FeatureMapPanel

    panel = FeatureMapPanel()
    panel.resize(1200, 800)
    panel.show()
    _wait(panel.windowHandle().isExposed)
    rng = np.random.default_rng(0)
    times: dict[str, list[float]] = {}
    for shape, _ in ATLASES:
        taken = times.setdefault("x".join(map(str, shape)), [])
        values = [rng.normal(size=shape).astype(np.float32) for _ in range(2)]
        for i in range(2 * ROUNDS + 2):
            activation = Activation("node", values[i % 2])

            def update(activation: Activation = activation) -> None:
                panel.set_activation(activation)
                panel.atlas.viewport().repaint()

            took = seconds(update)
            if i > 1:
                taken.append(1000 * took)
    return times


def _scrub(name: str) -> dict[str, Any]:
    """Milliseconds of each step through the film, and the memory of the whole app."""
    import tempfile

    from PySide6.QtWidgets import QApplication

    from ui.lanes import ModelLane
    from ui.main_window import MainWindow
    from ui.settings import Settings
    from ui.workbench import Workbench

    with tempfile.TemporaryDirectory() as folder:
        window = MainWindow(Settings(Path(folder) / "settings.ini"))
        window.resize(1600, 1000)
        lane = ModelLane(window)
        bench = Workbench(window, lane)
        window.show()
        ready: list[bool] = []
        lane.ready.connect(lambda: ready.append(True))
        lane.start()
        _wait(lambda: bool(ready))
        idle = _resident(lane)
        bench.start(name, PHOTO)
        _wait(lambda: bench.settled)
        traced = _resident(lane)
        controller = bench.controller
        bench.film.detail.setCurrentIndex(bench.film.detail.findData("operation"))
        _wait(lambda: not bench.film.missing())
        times: dict[str, list[float]] = {"first time": [], "again": []}
        for which, taken in times.items():
            # What is kept of a network of this size fits; the second walk shows what is at hand.
            for node in bench.film.names[: 60 if which == "again" else None]:
                start = time.perf_counter()
                bench.film.moved.emit(node)
                _wait(lambda: controller.activation is not None)
                QApplication.processEvents()  # in which every view is painted
                taken.append(1000 * (time.perf_counter() - start))
            bench.film.moved.emit(bench.film.names[0])
        costs = bench.insight.costs
        run = controller.run
        memory = {
            "idle": idle,
            "traced": traced,
            "activations": run.trace_bytes / 2**20,
            "weights": 4 * costs.params / 2**20,
        }
        window.close()
    return {**times, "MiB": memory}


def _resident(lane: Any) -> float:
    """MiB that the window and the engine hold, shared pages in equal parts."""
    import os

    total = 0
    for pid in (os.getpid(), lane.engine_pid):
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                total += int(line.split()[1])
    return total / 1024


def main(what: str, *arguments: str) -> None:
    if what == "keras":
        _serve_keras(*arguments)
        return
    from PySide6.QtWidgets import QApplication

    from ui.theme import apply_theme

    app = QApplication([])
    apply_theme(app, "light")
    result = {"photo": _photo, "atlas": _atlas, "scrub": _scrub}[what](*arguments)
    print(json.dumps(result), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
