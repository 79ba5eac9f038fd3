"""Every architecture of the catalog in every style, at A4 and in one column: what figures promise.

Reads the marks, before any file is written; each promise that is broken is printed.
"""

from __future__ import annotations

import os
import statistics
import time

from tests.benchmarks.measure import Figure, seconds

PAGES = ("a4", "column")


def run() -> list[Figure]:
    """Measure."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    from PySide6.QtGui import QGuiApplication

    _app = QGuiApplication.instance() or QGuiApplication([])
    subjects = _subjects()
    broken = made = 0
    times: dict[str, float] = {}
    for id_, subject in subjects.items():
        for name, told, taken in _figures(subject):
            times[f"{id_}, {name}"] = taken
            made += 1
            broken += bool(told)
            for each in told:
                print(f"{id_}, {name}: {each}")
    slowest = max(times, key=times.__getitem__)
    return [
        Figure("figures that break a promise", broken, 0, "", f"of {made}"),
        Figure("the slowest figure", times[slowest], 5.0, "s", slowest),
        *_as_svg(subjects["resnet152"]),
    ]


def _subjects():
    from cnnviz import library
    from cnnviz.figures.drawing import credit, subject_of
    from cnnviz.requests import OpenModel

    return {
        id_: subject_of(
            library.open_model(OpenModel(id_)).graph, entry.name, credit(entry.authors, entry.year)
        )
        for id_, entry in library.catalog().items()
    }


def _figures(subject):
    """(style and page, broken promises, seconds) of each figure of a network."""
    from cnnviz.errors import UserError
    from cnnviz.figures.build import STYLES, build
    from cnnviz.figures.style import FigureOptions
    from tests.figure_checks import problems
    from ui.figures.painting import ruler

    for style in STYLES:
        for page in PAGES:
            options = FigureOptions(style=style, page=page)
            measure = ruler(options.font)
            start = time.perf_counter()
            try:
                figure = build(subject, options, measure)
            except UserError as error:
                told = [str(error)]
            else:
                told = problems(figure, subject, options, measure)
            yield f"{style} on {page}", told, time.perf_counter() - start


def _as_svg(subject) -> list[Figure]:
    from cnnviz.figures.build import build
    from cnnviz.figures.style import FigureOptions
    from cnnviz.figures.svg import as_svg
    from ui.figures.painting import ruler

    options = FigureOptions(style="graph", page="a4")
    files: list[str] = []
    taken = statistics.median(
        seconds(lambda: files.append(as_svg(build(subject, options, ruler(options.font)))))
        for _ in range(5)
    )
    size = len(files[-1].encode()) / 2**20
    return [
        Figure("ResNet-152 as A4 SVG", taken, 1.0, "s", "median of 5, without start-up"),
        Figure("its file", size, 2.0, "MiB", f"{size * 1024:.0f} KiB"),
    ]
