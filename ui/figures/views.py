"""Views of the window as figures: what a widget paints, in the formats that hold a painting."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
from PySide6.QtCore import QBuffer, QPoint, QRect
from PySide6.QtGui import QImage, QPainter, QRegion
from PySide6.QtSvg import QSvgGenerator
from PySide6.QtWidgets import QWidget

from cnnviz.errors import UserError
from cnnviz.figures.png import PngWriter
from cnnviz.files import replacing
from ui.figures.pdf import page_of

ENDINGS = (".svg", ".pdf", ".png")
_POINTS_A_PIXEL = 0.75
"""A pixel of a screen is a 96th of an inch."""
_LONGEST = 16_000
"""Pixels that Qt's painter does well with."""


@dataclass(frozen=True, eq=False)
class View:
    """A view that can be a figure.

    Attributes:
        id: For the name of its file.
        title: What to call it.
        widget: What paints it.
    """

    id: str
    title: str
    widget: QWidget


def image_of(widget: QWidget, ratio: float) -> QImage:
    """What a widget paints, in so many pixels for each of the screen's."""
    longest = max(widget.width(), widget.height(), 1)
    ratio = min(ratio, _LONGEST / longest)
    image = QImage(widget.size() * ratio, QImage.Format.Format_RGB32)
    image.setDevicePixelRatio(image.width() / widget.width())
    image.fill(widget.palette().window().color())
    painter = QPainter(image)
    _render(widget, painter)
    painter.end()
    return image


def write_view(path: Path, view: View, dpi: float) -> None:
    """Write what a view shows.

    Args:
        path: Its ending says which format.
        view: What to write; this runs where widgets are painted.
        dpi: Of pixels.

    Raises:
        UserError: It cannot be written.
    """
    ending = path.suffix.lower()
    if ending not in ENDINGS:
        raise UserError(
            f"{path.name} ends with {path.suffix!r}: a view of the window is written as "
            f"{', '.join(ENDINGS)}."
        )
    widget = view.widget
    with replacing(path) as temporary:
        if ending == ".svg":
            temporary.write_bytes(svg_of(view))
        elif ending == ".pdf":
            temporary.write_bytes(_pdf(widget, view.title))
        else:
            with temporary.open("wb") as stream:
                _write_pixels(image_of(widget, dpi / 96), dpi, stream)


def _write_pixels(image: QImage, dpi: float, stream: BinaryIO) -> None:
    plain = image.convertToFormat(QImage.Format.Format_RGB888)
    lines = np.frombuffer(plain.constBits(), np.uint8).reshape(plain.height(), -1)
    writer = PngWriter(stream, plain.width(), plain.height(), dpi=dpi)
    writer.write(lines[:, : 3 * plain.width()])
    writer.close()


def svg_of(view: View) -> bytes:
    """What a view shows as an SVG document."""
    widget = view.widget
    buffer = QBuffer()
    generator = QSvgGenerator()
    generator.setOutputDevice(buffer)
    generator.setSize(widget.size())
    generator.setViewBox(QRect(QPoint(), widget.size()))
    generator.setResolution(96)
    generator.setTitle(view.title)
    painter = QPainter(generator)
    painter.fillRect(QRect(QPoint(), widget.size()), widget.palette().window())
    _render(widget, painter)
    painter.end()
    return bytes(buffer.data().data())


def _pdf(widget: QWidget, title: str) -> bytes:
    width, height = (n * _POINTS_A_PIXEL for n in (widget.width(), widget.height()))

    def draw(painter: QPainter) -> None:
        painter.scale(_POINTS_A_PIXEL, _POINTS_A_PIXEL)
        painter.fillRect(QRect(QPoint(), widget.size()), widget.palette().window())
        _render(widget, painter)

    return page_of(width, height, title, draw)


def _render(widget: QWidget, painter: QPainter) -> None:
    widget.render(painter, QPoint(), QRegion(), QWidget.RenderFlag.DrawChildren)
