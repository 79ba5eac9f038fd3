"""Paired feature maps: a row for each pair of stages, the maps of both models in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QHelpEvent, QImage, QMouseEvent, QPainter, QPaintEvent, QPixmap
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from cnnviz.alignment import StagePair
from cnnviz.atlas import Codes
from cnnviz.beside import BesideRun, NodeMaps
from cnnviz.colormaps import COLOUR_MAPS
from ui import words
from ui.compare.chips import hue
from ui.theme import GAP, SNUG, TIGHT, Theme, scaled_font, theme_of

SIDE = 84
"""Height and width of a map on screen at most."""


@dataclass(frozen=True, slots=True)
class _Cell:
    """A map on screen."""

    area: QRectF
    side: int
    node: str
    codes: Codes
    channel: int | None


class MapRows(QWidget):
    """Draws the rows.

    Signals:
        chosen: Number of the model (0 or 1), the node, and the channel (None for all of them).
    """

    chosen = Signal(int, str, object)

    def __init__(self) -> None:
        super().__init__()
        self.pairs: tuple[StagePair, ...] = ()
        self.runs: list[BesideRun | None] = [None, None]
        self._pixmaps: dict[tuple[int, str, int | None, str], QPixmap] = {}
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Minimum)
        self.setMouseTracking(True)
        self.setAccessibleName("Feature maps of stages at the same resolution")

    def show_pairs(self, pairs: Sequence[StagePair]) -> None:
        """Show these stages, without maps so far."""
        self.pairs = tuple(pairs)
        self.runs = [None, None]
        self._pixmaps = {}
        self.updateGeometry()
        self.update()

    def show_run(self, side: int, run: BesideRun | None) -> None:
        """Show what one of the models makes of the picture."""
        self.runs[side] = run
        self._pixmaps = {key: made for key, made in self._pixmaps.items() if key[0] != side}
        self.update()

    def sizeHint(self) -> QSize:
        """A row a pair."""
        return QSize(640, round(len(self.pairs) * self._tall()) + GAP)

    def minimumSizeHint(self) -> QSize:
        """As high as that, and half as wide."""
        return QSize(320, self.sizeHint().height())

    def _tall(self) -> float:
        return self.fontMetrics().height() + 2 * TIGHT + self._edge()

    def _edge(self) -> float:
        """Height and width of a map: five of a model's fit into its half."""
        return max(28.0, min(float(SIDE), (self.width() / 2 - 2 * GAP) / 5.2 - TIGHT))

    def cells(self) -> list[_Cell]:
        """Every map that is there, with its place."""
        found = []
        edge = self._edge()
        for row, pair in enumerate(self.pairs):
            top = row * self._tall() + self.fontMetrics().height() + TIGHT
            for side, run in enumerate(self.runs):
                maps = run.maps.get(pair.nodes[side]) if run is not None else None
                if maps is None:
                    continue
                left = side * self.width() / 2 + (GAP if side else 0)
                for n, (channel, codes) in enumerate(_pictures(maps)):
                    x = left + n * (edge + TIGHT) + (SNUG if n else 0)
                    area = QRectF(x, top, edge, edge)
                    found.append(_Cell(area, side, pair.nodes[side], codes, channel))
        return found

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw headings and maps."""
        painter = QPainter(self)
        colors = theme_of(self.palette())
        metrics = painter.fontMetrics()
        for row, pair in enumerate(self.pairs):
            for side in (0, 1):
                left = side * self.width() / 2 + (GAP if side else 0)
                top = row * self._tall()
                painter.fillRect(QRectF(left, top + 5, 8, 8), hue(colors, side))
                painter.setPen(colors.text)
                text = f"{pair.nodes[side]}, {words.shape(pair.shapes[side])}"
                room = int(self.width() / 2 - 2 * GAP - 12)
                text = metrics.elidedText(text, Qt.TextElideMode.ElideMiddle, room)
                painter.drawText(QPointF(left + 14, top + metrics.ascent()), text)
        for cell in self.cells():
            picture = self._pixmap(cell, colors)
            shown = _fitting(picture.width(), picture.height(), cell.area)
            painter.drawPixmap(shown, picture, QRectF(picture.rect()))
            if cell.channel is not None:
                painter.setFont(scaled_font("small"))
                text = str(cell.channel)
                small = painter.fontMetrics()
                tag = QRectF(0, 0, small.horizontalAdvance(text) + 6, small.height())
                tag.moveBottomLeft(shown.bottomLeft())
                painter.fillRect(tag, colors.surface)
                painter.setPen(colors.muted)
                painter.drawText(tag, Qt.AlignmentFlag.AlignCenter, text)
                painter.setFont(self.font())
        painter.end()

    def _pixmap(self, cell: _Cell, colors: Theme) -> QPixmap:
        chosen = "magma" if colors.scheme == "dark" else "viridis"
        key = (cell.side, cell.node, cell.channel, chosen)
        if key not in self._pixmaps:
            pixels = np.ascontiguousarray(COLOUR_MAPS[chosen].table()[cell.codes])
            height, width = pixels.shape
            image = QImage(pixels.data, width, height, 4 * width, QImage.Format.Format_RGB32)
            self._pixmaps[key] = QPixmap.fromImage(image)
        return self._pixmaps[key]

    def cell_at(self, at: QPointF) -> _Cell | None:
        """The map under a point."""
        return next((cell for cell in self.cells() if cell.area.contains(at)), None)

    def event(self, event: QEvent) -> bool:
        """Say under the mouse what a map is."""
        if isinstance(event, QHelpEvent) and event.type() is QEvent.Type.ToolTip:
            cell = self.cell_at(QPointF(event.pos()))
            if cell is None:
                QToolTip.hideText()
            elif cell.channel is None:
                what = "mean magnitude over all channels"
                QToolTip.showText(event.globalPos(), f"{cell.node}: {what}", self)
            else:
                what = f"channel {cell.channel}, one of those that vary most over the picture"
                QToolTip.showText(event.globalPos(), f"{cell.node}: {what}", self)
            return True
        return super().event(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Choose the node and channel of a map."""
        cell = self.cell_at(event.position())
        if cell is not None and event.button() is Qt.MouseButton.LeftButton:
            self.chosen.emit(cell.side, cell.node, cell.channel)


def _fitting(width: int, height: int, area: QRectF) -> QRectF:
    """Where a picture is drawn in its cell; a vector as a band."""
    if height == 1 < width:
        return QRectF(area.left(), area.top(), area.width(), area.height() / 3)
    factor = min(area.width() / width, area.height() / height)
    shown = QRectF(0, 0, width * factor, height * factor)
    shown.moveCenter(area.center())
    return shown


def _pictures(maps: NodeMaps) -> list[tuple[int | None, Codes]]:
    """All channels together, then single ones."""
    return [(None, maps.strength), *zip(maps.channels, maps.maps, strict=True)]
