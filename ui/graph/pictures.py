"""What the boxes show of what they hand on, once an image was run: thumbnails, sheets, values."""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, QSizeF, Qt
from PySide6.QtGui import QFont, QFontMetricsF, QImage, QPainter, QPen, QPixmap

from cnnviz.colormaps import COLOUR_MAPS, Colours, automatic_map
from cnnviz.requests import Cells, GetCells, GetSheet, Sheet
from cnnviz.tiling import Cell
from ui.graph.camera import Camera
from ui.graph.lettering import SMALLEST, sized
from ui.graph.scene import Box, Scene
from ui.graph.spots import VALUES_FROM, Placed, placed, spot_of
from ui.graph.values import Values, cells_in
from ui.theme import Theme, mix, with_alpha

_IMAGE_PIXELS = 24 << 20
_MOST_WANTED = 60
_LABELS_FROM = 72.0
"""Pixels of a tile that says which channel it is."""


class Pictures:
    """Paints what the engine has sent, and tells what is missing.

    Attributes:
        traced: An image was run, and there is something to ask for.
        chosen: The node and cell that are selected; of the cell, -1 where it is open.
        values: What is written into cells.
    """

    def __init__(self) -> None:
        self.traced = False
        self.chosen: tuple[str, Cell] | None = None
        self.values = Values()
        self._codes: Mapping[str, NDArray[np.uint8]] = {}
        self._made: dict[tuple[str, str], QPixmap] = {}
        self._sheets: Mapping[GetSheet, Sheet] = {}
        self._images: OrderedDict[tuple[GetSheet, str], QImage] = OrderedDict()
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

    def show_sheets(
        self, sheets: Mapping[GetSheet, Sheet], cells: Mapping[GetCells, Cells]
    ) -> None:
        """Take sheets and values, by what was asked for; they may change behind our back."""
        self._sheets = sheets
        self.values.show(cells)

    def drop_older(self) -> None:
        """No longer show what is of the pass before."""
        self._older = {}

    def forget_pass(self) -> None:
        """Another pass begins: nothing of this one is right any more."""
        self.show({})
        self.values.forget()
        self._images.clear()

    def forget(self) -> None:
        """There is another network."""
        self.forget_pass()
        self._older = {}

    # What is wanted.

    def missing(self, names: list[str]) -> list[str]:
        """Those without a thumbnail."""
        return [name for name in names if name not in self._codes]

    def wanted(
        self, scene: Scene, boxes: Sequence[int], camera: Camera, ratio: float
    ) -> tuple[list[str], list[GetSheet | GetCells]]:
        """What boxes in view would show: thumbnails by node, and what else to ask for.

        Args:
            scene: What there is.
            boxes: Which of its boxes are in view.
            camera: Where one looks.
            ratio: Pixels of the device a pixel of the screen.
        """
        names: list[str] = []
        requests: list[tuple[float, GetSheet | GetCells]] = []
        middle = camera.view.center()
        for i in boxes:
            box, rect = scene.boxes[i], scene.layout.rects[i].tolist()
            spot = spot_of(box, rect, camera.scale)
            if spot is None or not spot.intersects(camera.view):
                continue
            sheet = placed(box, spot, camera.scale)
            if sheet is None:
                names.append(box.key)
                continue
            if box.pictured:  # until the sheet is there
                names.append(box.key)
            away = (spot.center() - middle).manhattanLength()
            side = sheet.side(camera.scale * ratio)
            requests.append((away, GetSheet(box.key, sheet.layout.columns, side)))
            if sheet.cell * camera.scale >= VALUES_FROM:
                cells = self.values.missing(box.key, sheet, camera.view)
                if cells is not None:
                    requests.append((away - 1, cells))
        requests.sort(key=lambda each: each[0])
        return names, [request for _, request in requests[:_MOST_WANTED]]

    def sheet_at(self, scene: Scene, box: int, scale: float) -> Placed | None:
        """The sheet that a box shows at a scale."""
        if not self.traced:
            return None
        spot = spot_of(scene.boxes[box], scene.layout.rects[box].tolist(), scale)
        return placed(scene.boxes[box], spot, scale) if spot is not None else None

    # Painting.

    def paint(
        self,
        painter: QPainter,
        scene: Scene,
        boxes: NDArray[np.int64],
        rects: NDArray[np.float64],
        camera: Camera,
        colors: Theme,
    ) -> None:
        """Paint them into their boxes; the painter is in screen coordinates."""
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, False)
        for i in boxes.tolist():
            box = scene.boxes[i]
            spot = spot_of(box, rects[i].tolist(), camera.scale)
            if spot is None or not (self.traced or box.pictured):
                continue
            sheet = placed(box, spot, camera.scale)
            if sheet is not None and self._paint_sheet(painter, box, sheet, camera, colors):
                continue
            self._paint_thumbnail(painter, box, camera.rect_on_screen(spot), colors)
        painter.restore()

    def _paint_thumbnail(self, painter: QPainter, box: Box, area: QRectF, colors: Theme) -> None:
        picture = self._pixmap(box.key, colors)
        if picture is None:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(mix(colors.canvas, colors.border, 0.35))
            painter.drawRoundedRect(area, 3, 3)
            return
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
            image = _image(COLOUR_MAPS[chosen].table()[codes])
            self._made[name, chosen] = QPixmap.fromImage(image)
        return self._made[name, chosen]

    def _paint_sheet(
        self, painter: QPainter, box: Box, sheet: Placed, camera: Camera, colors: Theme
    ) -> bool:
        """Paint the part that is in view; false where there is no sheet yet."""
        device = painter.device().devicePixelRatioF()
        kept = self._best(box.key, sheet.layout.columns, sheet.side(camera.scale * device))
        if kept is None:
            return False
        image = self._image_of(kept, colors)
        whole = camera.rect_on_screen(sheet.rect)
        screen = QRectF(0, 0, camera.size.width(), camera.size.height())
        across, down = image.width() / whole.width(), image.height() / whole.height()
        if abs(across - device) * whole.width() < 2 and abs(down - device) * whole.height() < 2:
            # Pixel for pixel: a fraction of one is nothing that anybody sees, and blurs all.
            corner = QPointF(round(whole.left()), round(whole.top()))
            painter.drawImage(QRectF(corner, image.size().toSizeF() / device), image)
        else:
            seen = whole.intersected(screen.adjusted(-1, -1, 1, 1))
            left = math.floor(max((seen.left() - whole.left()) * across, 0))
            top = math.floor(max((seen.top() - whole.top()) * down, 0))
            right = math.ceil(min((seen.right() - whole.left()) * across, image.width()))
            bottom = math.ceil(min((seen.bottom() - whole.top()) * down, image.height()))
            source = QRectF(left, top, right - left, bottom - top)
            target = QRectF(
                whole.left() + left / across,
                whole.top() + top / down,
                source.width() / across,
                source.height() / down,
            )
            painter.drawImage(target, image, source)
        self._mark_chosen(painter, box, sheet, camera, colors)
        if sheet.cell * camera.scale >= VALUES_FROM:
            light = _needs_light_ink(_table(kept, colors))
            self.values.paint(painter, box.key, sheet, camera, kept.codes, light)
        else:
            _number_tiles(painter, sheet, camera, colors)
        return True

    def _best(self, name: str, columns: int, side: int | None) -> Sheet | None:
        """The sheet that was wanted, or what comes nearest to it."""
        exact = self._sheets.get(GetSheet(name, columns, side))
        if exact is not None:
            return exact
        others = [
            sheet
            for request, sheet in self._sheets.items()
            if request.node == name and request.columns == columns
        ]
        goal = math.inf if side is None else side

        def away(sheet: Sheet) -> float:
            has = sheet.request.side or 1 << 20
            return abs(math.log(has / min(goal, 1 << 20)))

        return min(others, key=away, default=None)

    def _image_of(self, sheet: Sheet, colors: Theme) -> QImage:
        key = (sheet.request, colors.scheme)
        if key not in self._images:
            self._images[key] = _image(_table(sheet, colors)[sheet.codes])
            total = sum(kept.width() * kept.height() for kept in self._images.values())
            while total > _IMAGE_PIXELS and len(self._images) > 1:
                _, dropped = self._images.popitem(last=False)
                total -= dropped.width() * dropped.height()
        else:
            self._images.move_to_end(key)
        return self._images[key]

    def _mark_chosen(
        self, painter: QPainter, box: Box, sheet: Placed, camera: Camera, colors: Theme
    ) -> None:
        """Frame the selected cell, or the tile of the selected channel."""
        if self.chosen is None or self.chosen[0] != box.key:
            return
        cell, layout = self.chosen[1], sheet.layout
        if not 0 <= cell.channel < layout.channels:
            return
        tile = layout.tile(cell.channel)
        parts = [tile]
        if 0 <= cell.row < layout.height and 0 <= cell.column < layout.width:
            parts.append(layout.cell(cell))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for part in parts:
            rect = camera.rect_on_screen(sheet.part(part.x, part.y, part.width, part.height))
            if part is not tile and rect.width() < 3:
                rect.adjust(-2, -2, 2, 2)
            for grown, pen in ((2.0, QPen(colors.canvas, 1)), (0.75, QPen(colors.accent, 2))):
                painter.setPen(pen)
                painter.drawRect(rect.adjusted(-grown, -grown, grown, grown))


def _number_tiles(painter: QPainter, sheet: Placed, camera: Camera, colors: Theme) -> None:
    """Say which channel a tile is, where it is large."""
    layout = sheet.layout
    tile = sheet.part(0, 0, layout.tile_width, layout.tile_height)
    if min(tile.width(), tile.height()) * camera.scale < _LABELS_FROM or layout.channels < 2:
        return
    font = sized(painter.font(), SMALLEST + 1, QFont.Weight.DemiBold)
    metrics = QFontMetricsF(font)
    painter.setFont(font)
    for channel, _, _ in cells_in(sheet, camera.view):
        box = layout.tile(channel)
        corner = camera.to_screen(sheet.part(box.x, box.y, 1, 1).topLeft())
        text = str(channel)
        label = QRectF(corner, QSizeF(metrics.horizontalAdvance(text) + 6, metrics.height()))
        painter.fillRect(label, with_alpha(colors.surface, 0.75))
        painter.setPen(colors.text)
        painter.drawText(label, Qt.AlignmentFlag.AlignCenter, text)


def _table(sheet: Sheet, colors: Theme) -> Colours:
    chosen = automatic_map(-1.0 if sheet.signed else 0.0, 1.0, dark=colors.scheme == "dark")
    return chosen.table(colors.canvas.rgb())


def _needs_light_ink(table: Colours) -> NDArray[np.bool_]:
    """Of each pixel value: whether it is too dark for dark ink."""
    light = 0.299 * (table >> 16 & 255) + 0.587 * (table >> 8 & 255) + 0.114 * (table & 255)
    return np.asarray(light <= 130)


def _image(pixels: Colours) -> QImage:
    pixels = np.ascontiguousarray(pixels)
    height, width = pixels.shape
    wrapped = QImage(pixels.data, width, height, 4 * width, QImage.Format.Format_RGB32)
    return wrapped.copy()  # which owns its pixels
