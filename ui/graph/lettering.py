"""The text on the boxes: as much as the zoom has room for, never smaller than can be read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontInfo, QFontMetricsF, QPainter

from ui.graph.columns import Tint
from ui.graph.scene import Scene
from ui.theme import Theme

SMALLEST = 9.0
"""Pixels: smaller text is left out."""
LARGEST = 20.0
_TITLE, _ROW = 1.0, 0.88
_BOTH_FROM = 12.5
"""Rows narrower than this many letter heights show their right text alone."""
_LEAST = 3.5
"""Letter heights: where a text has less room, its first letters would tell nothing."""
_LEFT, _RIGHT, _LINE = 18.0, 10.0, 1.28


@dataclass
class _Batch:
    """Texts of one font, by ink: (baseline, text)."""

    font: QFont
    texts: dict[int, list[tuple[QPointF, str]]]

    def add(self, ink: QColor, spot: QPointF, text: str) -> None:
        self.texts.setdefault(ink.rgba(), []).append((spot, text))

    def paint(self, painter: QPainter) -> None:
        painter.setFont(self.font)
        for ink, texts in self.texts.items():
            painter.setPen(QColor.fromRgba(ink))
            for spot, text in texts:
                painter.drawText(spot, text)


def paint_texts(
    painter: QPainter,
    scene: Scene,
    boxes: NDArray[np.int64],
    dim: NDArray[np.bool_],
    areas: NDArray[np.float64],
    scale: float,
    colors: Theme,
    font: QFont,
    tint: Tint | None = None,
) -> None:
    """Letter some boxes.

    Args:
        painter: In screen coordinates.
        scene: What there is.
        boxes: Which of its boxes.
        dim: By box: whether it is drawn faint.
        areas: Left, top, width and height on screen of each of `boxes`.
        scale: Screen pixels a unit of the scene.
        colors: The theme.
        font: The widget's font, which is right at a scale of 1.
        tint: Numbers that the boxes are coloured by.
    """
    size = QFontInfo(font).pixelSize()
    title_font = sized(font, size * _TITLE * scale, QFont.Weight.DemiBold)
    row_font = sized(font, size * _ROW * scale, QFont.Weight.Normal)
    titles, rows = _Batch(title_font, {}), _Batch(row_font, {})
    title_key, row_key = title_font.toString(), row_font.toString()
    title_line, row_line = title_font.pixelSize() * _LINE, row_font.pixelSize() * _LINE
    for i, (left, top, width, height) in zip(boxes.tolist(), areas.tolist(), strict=True):
        box, faint = scene.boxes[i], bool(dim[i])
        if box.pill:
            ink = colors.kinds[box.kind].on_fill if tint is None else tint.ink(i, colors)
            _pill(rows, row_key, (box.title, box.short), QRectF(left, top, width, height), ink)
            continue
        ink = colors.muted if faint else colors.text
        small_ink = colors.disabled if faint else colors.muted
        box_rows = box.rows
        if tint is not None:
            ink = small_ink = tint.ink(i, colors)
            box_rows = (tint.row(i), *box.rows)
        start, end = left + _LEFT * scale, left + width - _RIGHT * scale
        lines = min(len(box_rows), max(0, int((height * 0.94 - title_line) / row_line)))
        y = top + (height - title_line - lines * row_line) / 2 + title_font.pixelSize() * 1.02
        # Names differ at their end ("conv4_block17_2_bn").
        wide = width_of(box.badge, title_key) + size * scale * 0.5 if box.badge else 0.0
        name = _elided(box.title, title_key, int(end - start - wide), middle=True)
        if box.badge:
            titles.add(ink, QPointF(end - width_of(box.badge, title_key), y), box.badge)
        titles.add(ink, QPointF(start, y), name)
        y += (title_line + row_line) / 2
        for text, more in box_rows[:lines]:
            if end - start < row_font.pixelSize() * _BOTH_FROM and more:
                text, more = more, ""
            room = end - start
            taken = width_of(more, row_key)
            if more and taken <= room:
                room -= taken + size * scale * 0.6
                rows.add(small_ink, QPointF(end - taken, y), more)
            shown = next(
                (
                    t
                    for t in (text, _short(text), text.split("·")[0])
                    if width_of(t, row_key) <= room
                ),
                _short(text),
            )
            if room >= row_font.pixelSize() * _LEAST:
                shown = _elided(shown, row_key, int(room), middle=False)
                rows.add(small_ink, QPointF(start, y), shown)
            y += row_line
    titles.paint(painter)
    rows.paint(painter)


def _short(text: str) -> str:
    """A layer type in fewer letters, and still plainly that type."""
    for long, short in (
        ("Normalization", "Norm"),
        ("Average", "Avg"),
        ("Pooling", "Pool"),
        ("Padding", "Pad"),
        (" params", ""),
    ):
        text = text.replace(long, short)
    return text


def _pill(batch: _Batch, key: str, candidates: Sequence[str], area: QRectF, ink: QColor) -> None:
    """The first text that fits, in the middle."""
    pixels = batch.font.pixelSize()
    if area.height() < pixels * 1.1:
        return
    for text in candidates:
        taken = width_of(text, key)
        if text and taken <= area.width() - area.height() * 0.4:
            middle = area.center()
            batch.add(ink, QPointF(middle.x() - taken / 2, middle.y() + pixels * 0.36), text)
            return


def sized(font: QFont, pixels: float, weight: QFont.Weight = QFont.Weight.DemiBold) -> QFont:
    """A font of so many pixels, as far as that can be read."""
    sized = QFont(font)
    sized.setPixelSize(round(min(max(pixels, SMALLEST), LARGEST)))
    sized.setWeight(weight)
    return sized


# The same few texts are measured at every frame.
@lru_cache(maxsize=64)
def _metrics(font: str) -> QFontMetricsF:
    described = QFont()
    described.fromString(font)
    return QFontMetricsF(described)


@lru_cache(maxsize=20_000)
def width_of(text: str, font: str) -> float:
    """Of a text in a font, which is given by its description (`QFont.toString`)."""
    return _metrics(font).horizontalAdvance(text)


@lru_cache(maxsize=20_000)
def _elided(text: str, font: str, width: int, *, middle: bool) -> str:
    mode = Qt.TextElideMode.ElideMiddle if middle else Qt.TextElideMode.ElideRight
    return _metrics(font).elidedText(text, mode, width)
