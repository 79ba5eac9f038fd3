"""The figure of volumes of every architecture, on each page, in each form: does it fit?"""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator

from tests.benchmarks.measure import Figure, seconds

PAGES = ("a4", "column")
FORMS = (("boxes", "log"), ("boxes", "linear"), ("planes", "log"))
_HAIR = 0.05
"""Points: labels may touch."""


def run() -> list[Figure]:
    """Draw them all, count what is wrong with them, and time the slowest."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    from PySide6.QtWidgets import QApplication

    from cnnviz.extract import graph_from_model
    from cnnviz.figures.build import build
    from cnnviz.figures.drawing import subject_of
    from cnnviz.figures.style import FigureOptions
    from models.assign import symbolic
    from models.registry import catalog
    from ui.figures.painting import ruler

    app = QApplication.instance() or QApplication([])
    measure = ruler()
    smallest, outside, overlaps, drawn = 99.0, [], [], 0
    slowest = (0.0, "")
    for name, entry in catalog().items():
        with symbolic():
            model = entry.build()
        subject = subject_of(graph_from_model(model, name=entry.name), fields={})
        for page, (solids, scale) in itertools.product(PAGES, FORMS):
            options = FigureOptions(style="volumes", page=page, solids=solids, scale=scale)
            made = []
            took = seconds(
                lambda subject=subject, options=options, made=made: made.append(
                    build(subject, options, measure)
                )
            )
            (figure,) = made
            what = f"{name} {page} {solids} {scale}"
            slowest = max(slowest, (took * 1e3, what))
            smallest = min(smallest, figure.smallest_text)
            outside += [f"{what}: {text}" for text in _outside(figure, measure)]
            overlaps += [f"{what}: {pair}" for pair in _overlaps(figure, measure)]
            drawn += 1
    app.processEvents()
    detail = f"{drawn} figures of {len(catalog())} networks"
    return [
        Figure("6 pt less the smallest letters", 6 - smallest, 0.0, "pt", f"{smallest:.2f}"),
        Figure("Marks beyond the page", len(outside), 0, "", "; ".join(outside[:3]) or detail),
        Figure("Labels on labels", len(overlaps), 0, "", "; ".join(overlaps[:3]) or detail),
        Figure("Slowest figure", slowest[0], 500.0, "ms", slowest[1]),
    ]


def _outside(figure, measure) -> Iterator[str]:
    from cnnviz.figures.marks import text_area
    from cnnviz.figures.scene import Shape, Text

    for mark in figure.marks:
        if isinstance(mark, Text):
            left, top, right, bottom = text_area(mark, measure)
            corners = ((left, top), (right, bottom))
        elif isinstance(mark, Shape):
            corners = mark.points
        for x, y in corners:
            if not (-_HAIR <= x <= figure.width + _HAIR and -_HAIR <= y <= figure.height + _HAIR):
                yield f"{type(mark).__name__} at {x:.0f}, {y:.0f}"
                break


def _overlaps(figure, measure) -> Iterator[str]:
    from cnnviz.figures.marks import text_area
    from cnnviz.figures.scene import Text

    texts = [mark for mark in figure.marks if isinstance(mark, Text)]
    placed = [(text.words, text_area(text, measure)) for text in texts]
    for (one, a), (other, b) in itertools.combinations(placed, 2):
        across = min(a[2], b[2]) - max(a[0], b[0])
        down = min(a[3], b[3]) - max(a[1], b[1])
        if across > _HAIR and down > _HAIR:
            yield f"{one!r} on {other!r}"
