"""A figure of a network: the one way from a subject and a user's choices to a page of marks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from cnnviz.errors import UserError
from cnnviz.figures.drawing import Drawing, Sheet, Subject
from cnnviz.figures.scene import Figure, Ruler
from cnnviz.figures.style import FigureOptions, StyleName, palette

Style = Callable[[Subject, Sheet], Drawing]

STYLES: Mapping[StyleName, Style] = MappingProxyType({})
"""What draws each style."""


def build(subject: Subject, options: FigureOptions, ruler: Ruler) -> Figure:
    """Draw a figure.

    The same subject and options give the same figure, always.

    Args:
        subject: What it shows.
        options: What the user chose.
        ruler: Measures text as it will be painted.

    Raises:
        UserError: The page is too small for anything to be read, or a chosen part is not there.
    """
    draw = STYLES.get(options.style)
    if draw is None:
        raise UserError(f"The style {options.style} cannot be drawn.")
    page = options.sheet
    drawing = draw(subject, Sheet(page.width, page.height, options, palette(options.theme), ruler))
    return Figure(
        width=page.width,
        height=page.height,
        marks=drawing.marks,
        paper=None if options.transparent else palette(options.theme).paper,
        font=options.font,
        title=subject.title,
        notes=drawing.notes,
    )
