"""The feature maps on the boxes: the thumbnail of each part's last layer, once an image was run."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QImage, QPainter, QPixmap

from cnnviz.colormaps import COLOUR_MAPS
from ui.graph.scene import PICTURE, Scene
from ui.theme import TIGHT, Theme, mix

PICTURES_FROM = 0.3
"""Scale from which they are drawn: smaller ones show nothing."""


class Pictures:
    """Thumbnails as pixmaps, made when they are first painted."""

    def __init__(self) -> None:
        self._codes: Mapping[str, NDArray[np.uint8]] = {}
        self._made: dict[tuple[str, str], QPixmap] = {}
        self._older: dict[tuple[str, str], QPixmap] = {}

    def show(self, codes: Mapping[str, NDArray[np.uint8]]) -> None:
        """Take thumbnails, by node: steps on a colour map (see `cnnviz.colormaps`).

        None at all means that another pass begins: what there was stays on show until its successor
        comes, or `drop_older` is called.
        """
        if not codes:
            self._older |= self._made
        self._codes = codes
        self._made = {key: made for key, made in self._made.items() if key[0] in codes}

    def drop_older(self) -> None:
        """No longer show what is of the pass before."""
        self._older = {}

    def forget(self) -> None:
        """There is another network."""
        self._codes, self._made, self._older = {}, {}, {}

    def missing(self, names: list[str]) -> list[str]:
        """Those that are not there."""
        return [name for name in names if name not in self._codes]

    def paint(
        self,
        painter: QPainter,
        scene: Scene,
        boxes: NDArray[np.int64],
        rects: NDArray[np.float64],
        colors: Theme,
    ) -> None:
        """Paint them into their boxes; the painter is in units of the scene."""
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, False)
        for i in boxes.tolist():
            box = scene.boxes[i]
            if not box.pictured:
                continue
            left, top, width, height = rects[i].tolist()
            side = min(PICTURE, height - 2 * TIGHT)
            area = QRectF(left + 18, top + height - PICTURE - 6, width - 28, side)
            picture = self._pixmap(box.key, colors)
            if picture is None:
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(mix(colors.canvas, colors.border, 0.35))
                painter.drawRoundedRect(area, 3, 3)
                continue
            factor = min(area.width() / picture.width(), area.height() / picture.height())
            shown = QRectF(0, 0, picture.width() * factor, picture.height() * factor)
            shown.moveCenter(area.center())
            painter.drawPixmap(shown, picture, QRectF(picture.rect()))

    def _pixmap(self, name: str, colors: Theme) -> QPixmap | None:
        codes = self._codes.get(name)
        chosen = "magma" if colors.scheme == "dark" else "viridis"
        if codes is None:
            return self._older.get((name, chosen))
        if (name, chosen) not in self._made:
            pixels = np.ascontiguousarray(COLOUR_MAPS[chosen].table()[codes])
            height, width = pixels.shape
            image = QImage(pixels.data, width, height, 4 * width, QImage.Format.Format_RGB32)
            self._made[name, chosen] = QPixmap.fromImage(image)
        return self._made[name, chosen]
