"""A figure as PNG, painted tile by tile: no size is too large for Qt, the memory or the file."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage, QPainter

from cnnviz.errors import UserError
from cnnviz.figures.png import PngWriter
from cnnviz.figures.scene import Figure, Mark, Picture, Text
from cnnviz.requests import Progress, Reporter
from ui.figures.painting import paint

MOST_PIXELS = 2_000_000_000
_TILE = 4096
"""Width of a tile: Qt's painter ends at 32,767."""
_STRIP_BYTES = 32 << 20

Pixels = NDArray[np.uint8]


def write_png(figure: Figure, dpi: float, stream: BinaryIO, reporter: Reporter) -> None:
    """Write the figure as pixels.

    Args:
        figure: What to write.
        dpi: Pixels an inch.
        stream: To write to.
        reporter: Told how far it is.

    Raises:
        UserError: It would have more pixels than any program opens.
        Cancelled: The reporter said so.
    """
    width, height = pixel_size(figure, dpi)
    channels = 4 if figure.paper is None else 3
    writer = PngWriter(stream, width, height, channels, dpi)
    for top, strip in _strips(figure, width, height, reporter):
        reporter.report(Progress("Painting", top / height))
        writer.write(strip)
    writer.close()


def pixel_size(figure: Figure, dpi: float) -> tuple[int, int]:
    """Width and height in pixels.

    Raises:
        UserError: It would have more pixels than any program opens.
    """
    width, height = (max(1, round(side * dpi / 72)) for side in (figure.width, figure.height))
    if width * height > MOST_PIXELS:
        raise UserError(
            f"At {dpi:g} dpi the figure has {width:,} × {height:,} pixels, which hardly any "
            "program opens: choose fewer dpi, or .svg or .pdf, which have no pixels."
        )
    return width, height


def image_of(figure: Figure, width: int, height: int) -> QImage:
    """The figure as a picture of a size on the screen, both at most 32,767."""
    image = QImage(width, height, QImage.Format.Format_ARGB32_Premultiplied)
    image.fill(Qt.GlobalColor.transparent)
    painter = QPainter(image)
    painter.scale(width / figure.width, height / figure.height)
    paint(figure, painter)
    painter.end()
    return image


def _strips(
    figure: Figure, width: int, height: int, reporter: Reporter
) -> Iterator[tuple[int, Pixels]]:
    """The rows from the top to the bottom, each with the number of its first one."""
    scale = width / figure.width, height / figure.height
    channels = 4 if figure.paper is None else 3
    rows = min(height, max(16, _STRIP_BYTES // (4 * width)))
    reach = [_reach(mark) for mark in figure.marks]
    for top in range(0, height, rows):
        strip = np.empty((min(rows, height - top), width, channels), np.uint8)
        for left in range(0, width, _TILE):
            reporter.checkpoint()
            tile = strip[:, left : left + _TILE]
            right, bottom = left + tile.shape[1], top + tile.shape[0]
            seen = tuple(
                mark
                for mark, (x0, y0, x1, y1) in zip(figure.marks, reach, strict=True)
                if x0 * scale[0] <= right
                and x1 * scale[0] >= left
                and y0 * scale[1] <= bottom
                and y1 * scale[1] >= top
            )

            def draw(painter: QPainter, left: int = left, marks: tuple[Mark, ...] = seen) -> None:
                painter.translate(-left, -top)  # noqa: B023 - called at once
                painter.scale(*scale)
                paint(replace(figure, marks=marks), painter)

            tile[:] = _pixels(tile.shape[1], tile.shape[0], channels, draw)
        yield top, strip


def _pixels(width: int, height: int, channels: int, draw: Callable[[QPainter], object]) -> Pixels:
    image = QImage(width, height, QImage.Format.Format_ARGB32_Premultiplied)
    image.fill(Qt.GlobalColor.transparent)
    painter = QPainter(image)
    draw(painter)
    painter.end()
    image = image.convertToFormat(QImage.Format.Format_RGBA8888)
    lines = np.frombuffer(image.constBits(), np.uint8).reshape(height, image.bytesPerLine())
    pixels = lines[:, : 4 * width].reshape(height, width, 4)[:, :, :channels]
    return pixels.copy()  # for the image ends here


def _reach(mark: Mark) -> tuple[float, float, float, float]:
    """Left, top, right and bottom that a mark does not reach beyond, roughly."""
    if isinstance(mark, Picture):
        (x, y), (width, height) = mark.at, mark.size
        return x, y, x + width, y + height
    if isinstance(mark, Text):
        x, y = mark.at
        long = mark.size * (1 + 1.5 * len(mark.words))
        return x - long, y - long, x + long, y + long
    more = 3 * mark.width + 4
    across, down = zip(*mark.points, strict=True)
    return min(across) - more, min(down) - more, max(across) + more, max(down) + more
