"""Writes a figure into a file of any format."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtGui import QFont, QPainterPath, QTransform

from cnnviz.figures.build import build
from cnnviz.figures.diagrams import as_dot, as_mermaid
from cnnviz.figures.drawing import Subject
from cnnviz.figures.formats import DRAWN, ending_of
from cnnviz.figures.paths import Step
from cnnviz.figures.report import as_html
from cnnviz.figures.scene import Figure, Text
from cnnviz.figures.style import FigureOptions
from cnnviz.figures.svg import as_svg
from cnnviz.figures.tikz import Outliner, as_tikz
from cnnviz.files import replacing
from cnnviz.requests import Reporter
from cnnviz.tables import as_json, describe
from ui.figures.painting import font_of, ruler
from ui.figures.pdf import as_pdf
from ui.figures.pixels import pixel_size, write_png

DPI = 300.0


def write(
    path: Path,
    subject: Subject,
    options: FigureOptions,
    *,
    model: str = "",
    dpi: float = DPI,
    figure: Figure | None = None,
    reporter: Reporter | None = None,
) -> Figure | None:
    """Draw a figure and write it; an interruption leaves the old file whole.

    Args:
        path: Its ending says which format.
        subject: What it shows.
        options: What the user chose.
        model: Catalog id, or the file's stem.
        dpi: Of pixels.
        figure: The figure, where it has been built.
        reporter: Told how far it is.

    Returns:
        The figure, where the format shows one.

    Raises:
        UserError: It cannot be drawn or written.
        Cancelled: The reporter said so.
    """
    ending = ending_of(path)
    reporter = reporter or Reporter()
    if figure is None and ending in DRAWN:
        figure = build(subject, options, ruler(options.font))
    if ending == ".png":
        assert figure is not None
        pixel_size(figure, dpi)
    with replacing(path) as temporary:
        if ending == ".png" and figure is not None:
            with temporary.open("wb") as stream:
                write_png(figure, dpi, stream, reporter)
        else:
            reporter.checkpoint()
            data = document(ending, subject, options, figure, model)
            reporter.checkpoint()
            temporary.write_bytes(data)
    return figure


def document(
    ending: str,
    subject: Subject,
    options: FigureOptions,
    figure: Figure | None,
    model: str = "",
) -> bytes:
    """What stands in a file of any format but PNG."""
    if ending == ".dot":
        text = as_dot(subject, options)
    elif ending == ".mmd":
        text = as_mermaid(subject, options)
    elif ending == ".json":
        text = as_json(describe(model or subject.title, subject.title, subject.whole)) + "\n"
    else:
        assert figure is not None
        if ending == ".pdf":
            return as_pdf(figure)
        if ending == ".svg":
            text = as_svg(figure)
        elif ending == ".tex":
            text = as_tikz(figure, ruler(figure.font), outliner(figure.font))
        else:
            text = as_html(subject, figure, model)
    return text.encode("utf-8", "replace")


def outliner(family: str) -> Outliner:
    """Gives texts as outlines, in any letters that some font of this computer has."""

    def outlines(text: Text) -> list[Step]:
        font: QFont = font_of(family, bold=text.bold, italic=text.italic)
        path = QPainterPath()
        path.addText(0, 0, font, text.words)
        wide = ruler(family)(text.words, text.size, text.bold)
        shift = {"start": 0.0, "middle": -wide / 2, "end": -wide}[text.anchor]
        place = QTransform().translate(*text.at)
        if text.upward:
            place.rotate(-90)
        place.translate(shift, 0)
        scale = text.size / font.pixelSize()
        return _steps(place.scale(scale, scale).map(path))

    return outlines


def _steps(path: QPainterPath) -> list[Step]:
    steps: list[Step] = []
    points = [path.elementAt(i) for i in range(path.elementCount())]
    for i, point in enumerate(points):
        if point.isMoveTo():
            if steps:
                steps.append(("close", ()))
            steps.append(("move", ((point.x, point.y),)))
        elif point.isLineTo():
            steps.append(("line", ((point.x, point.y),)))
        elif point.isCurveTo():
            first, second, end = points[i : i + 3]
            steps.append(("curve", ((first.x, first.y), (second.x, second.y), (end.x, end.y))))
    return [*steps, ("close", ())] if steps else []
