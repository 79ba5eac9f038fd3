"""The theatre: a step redrawn, the arithmetic of a position, a film written."""

from __future__ import annotations

import os
import statistics
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from tests.benchmarks.measure import Figure, seconds

STEPS = 60


def run() -> list[Figure]:
    """Measure."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    from PySide6.QtWidgets import QApplication

    from cnnviz.arithmetic import step
    from cnnviz.convolution import Windowed, sliding_axis
    from cnnviz.experiment import build
    from cnnviz.lab import parse
    from ui.theatre.film import Film, Recording
    from ui.theatre.show import Moment, moments, show_of_lab
    from ui.theatre.stage import StageWidget
    from ui.theme import apply_theme

    app = QApplication.instance() or QApplication([])
    apply_theme(app, "light")
    figures = []

    show = show_of_lab(build(parse("N=64,K=3,P=1,input=random,kernel=vertical edge")))
    stage = StageWidget()
    stage.resize(1920, 1080)
    stage.set_show(show)
    stage.show()
    app.processEvents()
    for whole, what in ((False, "magnified"), (True, "all 64 x 64 cells with numbers")):
        places = iter(range(1000, 4000))

        def one_step(places: Iterator[int] = places, whole: bool = whole) -> None:
            stage.set_moment(Moment(next(places), whole=whole))
            stage.repaint()

        first = seconds(one_step)
        taken = sorted(seconds(one_step) for _ in range(STEPS))
        detail = (
            f"64 x 64 cells, 1920 x 1080, {what}; median of {STEPS}, slowest "
            f"{taken[-1] * 1e3:.1f} ms, first {first * 1e3:.1f} ms"
        )
        figures.append(Figure("A step redrawn", statistics.median(taken) * 1e3, 16, "ms", detail))

    draw = np.random.default_rng(0)
    axis = sliding_axis(28, 3, 1, (1, 1))
    kernel = draw.normal(size=(3, 3, 512, 512))
    operation = Windowed(axis, axis, 512, kernel, bias=np.zeros(512), activation="relu")
    cells = draw.normal(size=(28, 28, 512)).astype(np.float32)
    where = [tuple(int(draw.integers(n)) for n in (28, 28, 512)) for _ in range(STEPS)]
    taken = [seconds(lambda place=place: step(operation, cells, *place)) for place in where]
    figures.append(
        Figure("A position of a 3 x 3 x 512 filter", statistics.median(taken) * 1e3, 2, "ms", "")
    )

    show = show_of_lab(build(parse("N=16,C=3,K=3,P=1,input=random,kernel=random")))
    film = Film(show, moments(show, 0, by_channel=False)[:200], (800, 450))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "film.gif"
        time = seconds(Recording(film, path))
        size = path.stat().st_size / 2**20
    detail = f"800 x 450 GIF, {size:.1f} MiB"
    figures.append(Figure("200 frames exported", time, 10, "s", detail))
    return figures
