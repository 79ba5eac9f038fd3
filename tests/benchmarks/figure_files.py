"""Files of figures: every network in every style, read back; and how long the largest take."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from pathlib import Path

from tests.benchmarks.measure import Figure, alternately, ratio

PAGES = ("a4", "column")
SVG = "{http://www.w3.org/2000/svg}"
ROUNDS = 3


def run() -> list[Figure]:
    """Write and read."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    from PySide6.QtWidgets import QApplication

    app = QApplication.instance() or QApplication([])
    assert isinstance(app, QApplication)
    with tempfile.TemporaryDirectory() as folder:
        return [*_largest(Path(folder)), *_against_keras(Path(folder)), *_catalog(Path(folder))]


def _largest(folder: Path) -> Iterator[Figure]:
    from cnnviz.figures.build import STYLES
    from cnnviz.figures.drawing import subject_of
    from cnnviz.figures.style import FigureOptions
    from cnnviz.library import open_model
    from cnnviz.requests import OpenModel
    from ui.figures.files import write

    graph = open_model(OpenModel("resnet152")).graph
    path = folder / "resnet152.svg"
    taken, sizes = {}, {}
    for style in STYLES:
        for detail in ("auto", "operation"):
            options = FigureOptions(style=style, detail=detail)
            name = f"{style}, {detail}"
            (taken[name],) = alternately(
                ROUNDS,
                lambda o=options: write(path, subject_of(graph), o),  # type: ignore
            )
            sizes[name] = path.stat().st_size / 2**20
    slowest, largest = max(taken, key=taken.__getitem__), max(sizes, key=sizes.__getitem__)
    yield Figure("ResNet-152 as A4 SVG, the slowest style", taken[slowest], 1.0, "s", slowest)
    yield Figure("ResNet-152 as A4 SVG, the largest file", sizes[largest], 2.0, "MB", largest)


def _against_keras(folder: Path) -> Iterator[Figure]:
    """Both draw ResNet-50 as a PNG, from a model that is built."""
    import keras

    try:
        import pydot  # noqa: F401
    except ImportError:
        print("pydot is not installed: no comparison with plot_model")
        return
    if shutil.which("dot") is None:
        print("Graphviz is not installed: no comparison with plot_model")
        return
    from cnnviz.figures.drawing import subject_of
    from cnnviz.figures.style import FigureOptions
    from cnnviz.library import open_model
    from cnnviz.requests import OpenModel
    from ui.figures.files import write

    graph = open_model(OpenModel("resnet50")).graph
    model = keras.applications.ResNet50(weights=None)

    def theirs() -> None:
        keras.utils.plot_model(model, str(folder / "keras.png"), show_shapes=True)

    def ours() -> None:
        write(folder / "ours.png", subject_of(graph), FigureOptions())

    took = alternately(ROUNDS, ours, theirs)
    yield ratio("ResNet-50 as PNG, to plot_model", *took, 0.3, f"A4 at 300 dpi, {ROUNDS} rounds")


def _catalog(folder: Path) -> Iterator[Figure]:
    from cnnviz import library
    from cnnviz.figures.build import STYLES, build
    from cnnviz.figures.drawing import subject_of
    from cnnviz.figures.scene import Figure as Drawn
    from cnnviz.figures.scene import Text
    from cnnviz.figures.style import SMALLEST_TEXT, FigureOptions
    from cnnviz.requests import OpenModel
    from ui.figures.files import write
    from ui.figures.painting import ruler

    wrong: list[str] = []
    counts = dict.fromkeys(("SVG", "PDF", "DOT", "TikZ"), 0)

    def words_of(figure: Drawn) -> list[str]:
        return [mark.words for mark in figure.marks if isinstance(mark, Text)]

    def read_svg(path: Path, figure: Drawn) -> None:
        counts["SVG"] += 1
        root = ElementTree.parse(path).getroot()
        texts = list(root.iter(f"{SVG}text"))
        if [text.text or "" for text in texts] != words_of(figure):
            wrong.append(f"{path.name}: other words")
        if any(float(text.get("font-size", 0)) < SMALLEST_TEXT for text in texts):
            wrong.append(f"{path.name}: text under {SMALLEST_TEXT:g} pt")
        size = [float(root.get(side, "0").removesuffix("pt")) for side in ("width", "height")]
        if abs(size[0] - figure.width) > 0.01 or abs(size[1] - figure.height) > 0.01:
            wrong.append(f"{path.name}: another page")

    def read_pdf(path: Path, figure: Drawn) -> None:
        if shutil.which("pdftotext") is None:
            return
        counts["PDF"] += 1
        told = _output("pdftotext", "-raw", str(path), "-")
        page = re.search(r"Page size: +([\d.]+) x ([\d.]+)", _output("pdfinfo", str(path)))
        if page is None or abs(float(page[1]) - figure.width) > 0.02:
            wrong.append(f"{path.name}: another page")
        letters = re.sub(r"\s", "", told)
        lost = [text for text in words_of(figure) if re.sub(r"\s", "", text) not in letters]
        if lost:
            wrong.append(f"{path.name}: {lost[0]!r} cannot be searched")

    styles = list(STYLES)
    for number, model in enumerate(library.catalog()):
        subject = subject_of(library.open_model(OpenModel(model)).graph)
        for style in styles:
            for page in PAGES:
                options = FigureOptions(style=style, page=page)  # type: ignore[arg-type]
                name = f"{model}-{style}-{page}"
                try:
                    figure = build(subject, options, ruler(options.font))
                    for ending, read in ((".svg", read_svg), (".pdf", read_pdf)):
                        path = folder / f"{name}{ending}"
                        write(path, subject, options, figure=figure)
                        read(path, figure)
                        path.unlink()
                except Exception as error:  # noqa: BLE001 - counted
                    wrong.append(f"{name}: {error}")
        options = FigureOptions(style=styles[number % len(styles)])
        for ending, kind, command in (
            (".dot", "DOT", ("dot", "-Tsvg", "-o", os.devnull)),
            (".tex", "TikZ", ("pdflatex", "-interaction=nonstopmode", "-halt-on-error")),
        ):
            if shutil.which(command[0]) is None:
                continue
            counts[kind] += 1
            path = folder / f"{model}{ending}"
            write(path, subject, options)
            done = subprocess.run(
                [*command, path.name], cwd=folder, stdout=subprocess.PIPE, check=False
            )
            if done.returncode:
                wrong.append(f"{path.name}: {command[0]} fails")
    for line in wrong:
        print(line)
    read = ", ".join(f"{count} {kind}" for kind, count in counts.items())
    yield Figure("Files that are not read as written", len(wrong), 0, "", read)


def _output(*command: str) -> str:
    return subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout.decode()
