"""A figure as PDF: fonts embedded, words that can be searched, the same bytes every time."""

from __future__ import annotations

import re
from collections.abc import Callable

from PySide6.QtCore import QBuffer, QIODevice, QMarginsF, QSizeF, QUuid
from PySide6.QtGui import QPageSize, QPainter, QPdfWriter

from cnnviz.figures.scene import Figure
from ui.figures.painting import paint

_DOTS_A_POINT = 100
"""Qt rounds some lengths to dots."""
_STILL = "20000101000000"
"""The moment that every file says it was made at."""


def as_pdf(figure: Figure) -> bytes:
    """The figure as a document of one page."""
    return page_of(
        figure.width, figure.height, figure.title, lambda painter: paint(figure, painter)
    )


def page_of(width: float, height: float, title: str, draw: Callable[[QPainter], object]) -> bytes:
    """A document of one page.

    Args:
        width: In points.
        height: In points.
        title: Of the document.
        draw: Gets a painter in points, with the page's top left corner as its origin.
    """
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    writer = QPdfWriter(buffer)
    sheet = QPageSize(
        QSizeF(width, height), QPageSize.Unit.Point, "", QPageSize.SizeMatchPolicy.ExactMatch
    )
    writer.setPageSize(sheet)
    writer.setPageMargins(QMarginsF(0, 0, 0, 0))
    writer.setResolution(72 * _DOTS_A_POINT)
    writer.setTitle(title)
    writer.setCreator("cnnviz")
    writer.setDocumentId(QUuid())
    painter = QPainter(writer)
    painter.scale(_DOTS_A_POINT, _DOTS_A_POINT)
    draw(painter)
    painter.end()
    return _sized(_undated(bytes(buffer.data().data())), width, height)


def _undated(document: bytes) -> bytes:
    """Replace the time of writing; all lengths stay, and so do the places that the file lists."""
    day = f"{_STILL[:4]}-{_STILL[4:6]}-{_STILL[6:8]}".encode()
    document = re.sub(rb"(/(?:Creation|Mod)Date \(D:)\d{14}", rb"\g<1>" + _STILL.encode(), document)
    return re.sub(
        rb'((?:Create|Modify|Metadata)Date[=>"]+)\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d',
        rb"\g<1>" + day + b"T00:00:00",
        document,
    )


def _sized(document: bytes, width: float, height: float) -> bytes:
    """Make the page as large as it was asked to be: Qt rounds it to whole points."""

    def exact(found: re.Match[bytes]) -> bytes:
        top = float(found[2])
        box = f"[0 {top - height:.2f} {width:.2f} {top:.2f}]".encode()
        return found[1] + box.ljust(len(found[0]) - len(found[1]))

    return re.sub(rb"(/MediaBox )\[0 0 [\d.]+ ([\d.]+)\]", exact, document)
