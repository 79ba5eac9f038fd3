"""Draws the figures of one model, in a thread of its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QImage

from cnnviz.errors import Cancelled
from cnnviz.figures.build import build
from cnnviz.figures.drawing import Subject, subject_of
from cnnviz.figures.scene import Figure
from cnnviz.figures.style import FigureOptions
from cnnviz.figures.svg import as_svg
from cnnviz.graph import LayerGraph
from cnnviz.requests import Progress, Reporter
from ui.figures.areas import Area, areas_of
from ui.figures.painting import ruler
from ui.figures.pixels import image_of

MOST_PIXELS = 24_000_000
"""Of the preview: nearer than that, it is magnified."""
CLIPBOARD_PIXELS = 4000
"""Of the longer side of what is copied."""

Thumbnails = Mapping[str, NDArray[np.uint8]]


@dataclass(frozen=True, eq=False)
class Drawn:
    """A figure for the screen.

    Attributes:
        figure: The figure.
        image: As pixels.
        areas: Where its parts and labels are.
        blocks: Key and label of every part that can be shown as a module.
    """

    figure: Figure
    image: QImage
    areas: tuple[Area, ...]
    blocks: tuple[tuple[str, str], ...]


@dataclass(frozen=True, eq=False)
class Material:
    """What a figure is made of.

    Attributes:
        graph: The network.
        title: What to call it.
        model: Catalog id, or the file's stem.
        source: Who it is by.
        thumbnails: Gives the feature maps that are there, as pixels by node; None where no picture
            was run.
    """

    graph: LayerGraph
    title: str
    model: str
    source: str = ""
    thumbnails: Callable[[], Thumbnails] | None = None


class Studio:
    """Draws figures; used in one thread, which keeps what is costly to work out."""

    def __init__(self, material: Material) -> None:
        self._material = material
        self._subject: Subject | None = None
        self._drawn: tuple[FigureOptions, int, Figure] | None = None
        self._blocks: tuple[tuple[str, str], ...] = ()

    def subject(self, thumbnails: Thumbnails) -> Subject:
        """What the figures show."""
        material = self._material
        if self._subject is None:
            self._subject = subject_of(material.graph, material.title, material.source)
            self._blocks = tuple(
                (part.key, part.label)
                for part in self._subject.outline.root.walk()
                if part.parts and part.role not in ("network", "run")
            )
        if thumbnails and len(thumbnails) != len(self._subject.thumbnails):
            self._subject = replace(self._subject, thumbnails=thumbnails)
        return self._subject

    def figure(self, options: FigureOptions, thumbnails: Thumbnails) -> Figure:
        """A figure; the last one is kept."""
        subject = self.subject(thumbnails)
        kept = self._drawn
        if kept is None or kept[0] != options or kept[1] != len(subject.thumbnails):
            figure = build(subject, options, ruler(options.font))
            self._drawn = kept = (options, len(subject.thumbnails), figure)
        return kept[2]

    def preview(
        self,
        options: FigureOptions,
        thumbnails: Thumbnails,
        scale_of: Callable[[float, float], float],
    ) -> Drawn:
        """A figure for the screen, with so many pixels a point as a figure of its size gets."""
        figure = self.figure(options, thumbnails)
        most = (MOST_PIXELS / (figure.width * figure.height)) ** 0.5
        scale = min(scale_of(figure.width, figure.height), most)
        known = self.subject(thumbnails).outline.by_key
        return Drawn(figure, _scaled(figure, scale), areas_of(figure, known), self._blocks)

    def copy(
        self, options: FigureOptions, thumbnails: Thumbnails, dpi: float
    ) -> tuple[str, QImage]:
        """A figure for the clipboard, as SVG and as pixels."""
        figure = self.figure(options, thumbnails)
        scale = min(dpi / 72, CLIPBOARD_PIXELS / max(figure.width, figure.height))
        return as_svg(figure), _scaled(figure, scale)


def _scaled(figure: Figure, scale: float) -> QImage:
    width, height = (max(1, round(side * scale)) for side in (figure.width, figure.height))
    return image_of(figure, width, height)


class Tally(Reporter):
    """How far a file is, told between threads."""

    def __init__(self) -> None:
        self.fraction = 0.0
        self.cancelled = False

    def report(self, progress: Progress) -> None:
        """Keep how far it is."""
        self.fraction = progress.fraction or 0.0

    def checkpoint(self) -> None:
        """End where somebody asked for it."""
        if self.cancelled:
            raise Cancelled
