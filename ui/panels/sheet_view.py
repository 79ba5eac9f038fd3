"""Tiles on a scrollable, zoomable ground."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPoint, QPointF, QRectF, QSize, Qt, QVariantAnimation, Signal
from PySide6.QtGui import (
    QColor,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPixmap,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QAbstractScrollArea, QFrame, QWidget

from cnnviz.colormaps import Colours
from cnnviz.tiling import Box, Cell, Tiling, fit, tile_sizes, tiling
from ui.panels.sheets import Sheet
from ui.scroll_bar import flat_bars
from ui.theme import SNUG, theme_of

_ZOOM_STEP = 1.2
_LARGEST_TILE = 1 << 13


class SheetView(QAbstractScrollArea):
    """Draws a sheet through one image of the size of the viewport.

    All geometry is in device pixels, so that cells stay square on any screen. Tiles are as large as
    fits until somebody zooms: Ctrl+wheel or + and -, 0 for the fitting size again.

    Args:
        gutter: Pixels between tiles.

    Signals:
        hovered: The `Cell` under the mouse, or None.
        clicked: The `Cell` that was clicked or reached by keys.
    """

    hovered = Signal(object)
    clicked = Signal(object)

    def __init__(self, parent: QWidget | None = None, *, gutter: int = 1) -> None:
        super().__init__(parent)
        flat_bars(self)
        self._gap = gutter
        self._sheet: Sheet | None = None
        self._layout: Tiling | None = None
        self._tile: tuple[int, int] | None = None
        self._hover: Cell | None = None
        self._picture: Colours | None = None
        self._picture_key: object = None
        self._vanishing: QPixmap | None = None
        self._fade = QVariantAnimation(self, startValue=1.0, endValue=0.0)
        self._fade.valueChanged.connect(lambda _: self.viewport().update())
        self._fade.finished.connect(self._end_fade)
        self.selection: Cell | None = None
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.viewport().setMouseTracking(True)
        self.viewport().setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)

    def sizeHint(self) -> QSize:
        """A comfortable start."""
        return QSize(480, 360)

    def minimumSizeHint(self) -> QSize:
        """Small enough for any dock."""
        return QSize(80, 80)

    # -- what is shown ---------------------------------------------------------------------------

    @property
    def sheet(self) -> Sheet | None:
        """What is shown."""
        return self._sheet

    @property
    def tiling(self) -> Tiling | None:
        """Where the tiles are, before scrolling."""
        return self._layout

    @property
    def fitted(self) -> bool:
        """Whether tiles follow the size of the view."""
        return self._tile is None

    def show_sheet(self, sheet: Sheet | None) -> None:
        """Show another sheet; zoom and place stay where its shape is the same."""
        before = self._sheet.shape if self._sheet is not None else None
        self._sheet = sheet
        self._picture = None
        if sheet is None or sheet.shape != before:
            self._tile = None
            self._set_hover(None)
            self.verticalScrollBar().setValue(0)
            self.horizontalScrollBar().setValue(0)
        self._arrange()

    def fade_out(self, duration_ms: int) -> None:
        """Let what is painted now vanish over whatever is shown next; 0 ends that at once."""
        self._fade.stop()
        self._vanishing = None
        if duration_ms > 0 and self._picture is not None and self.isVisible():
            self._vanishing = QPixmap.fromImage(self._image(self._picture))
            if self._layout is not None:
                painter = QPainter(self._vanishing)
                for beyond in self._beyond(self._layout):
                    painter.fillRect(beyond, theme_of(self.palette()).canvas)
                painter.end()
            self._fade.setDuration(duration_ms)
            self._fade.start()

    def _end_fade(self) -> None:
        self._vanishing = None
        self.viewport().update()

    def select(self, cell: Cell | None) -> None:
        """Mark a cell, and scroll to it if it is out of sight."""
        if self._sheet is not None and cell is not None and not inside(cell, self._sheet.shape):
            cell = None
        self.selection = cell
        if cell is not None:
            self._reveal(cell)
        self.viewport().update()

    # -- geometry --------------------------------------------------------------------------------

    def _ratio(self) -> float:
        return self.viewport().devicePixelRatioF()

    def _room(self, *, bar: bool) -> tuple[int, int]:
        """(height, width) for tiles, in device pixels, beside a scroll bar or without one."""
        size = self.maximumViewportSize()
        taken = self.verticalScrollBar().sizeHint().width() if bar else 0
        ratio = self._ratio()
        pad = 2 * self._pad()
        return (
            max(1, int(size.height() * ratio) - pad),
            max(1, int((size.width() - taken) * ratio) - pad),
        )

    def _pad(self) -> int:
        return round(SNUG * self._ratio())

    def _gutter(self) -> int:
        return max(1, round(self._gap * self._ratio()))

    def _fit(self, shape: tuple[int, int, int]) -> Tiling:
        gutter, smallest = self._gutter(), round(20 * self._ratio())
        layout = fit(shape, self._room(bar=False), gutter=gutter, smallest=smallest)
        if layout.pixel_height > self._room(bar=False)[0]:
            layout = fit(shape, self._room(bar=True), gutter=gutter, smallest=smallest)
        return layout

    def _zoomed(self, shape: tuple[int, int, int], tile: tuple[int, int]) -> Tiling:
        height, width = self._room(bar=False)
        layout = tiling(shape, tile, width, gutter=self._gutter())
        if layout.pixel_height > height:
            layout = tiling(shape, tile, self._room(bar=True)[1], gutter=self._gutter())
        return layout

    def _arrange(self) -> None:
        """Lay the tiles out anew, and set the scroll bars."""
        if self._sheet is None:
            self._layout = None
            self.verticalScrollBar().setRange(0, 0)
            self.horizontalScrollBar().setRange(0, 0)
            self.viewport().update()
            return
        shape = self._sheet.shape
        self._layout = self._fit(shape) if self._tile is None else self._zoomed(shape, self._tile)
        height, width = self._room(bar=False)
        taken = width - self._room(bar=True)[1]
        tall = self._layout.pixel_height > height
        wide = self._layout.pixel_width > width - taken * tall
        tall = tall or self._layout.pixel_height > height - taken * wide
        for bar, content, page in (
            (self.verticalScrollBar(), self._layout.pixel_height, height - taken * wide),
            (self.horizontalScrollBar(), self._layout.pixel_width, width - taken * tall),
        ):
            bar.setRange(0, max(0, content - page))
            bar.setPageStep(page)
            bar.setSingleStep(max(16, page // 12))
        self.viewport().update()

    def _view_size(self) -> tuple[int, int]:
        """(height, width) of what is seen, in device pixels."""
        size, ratio = self.viewport().size(), self._ratio()
        return max(1, round(size.height() * ratio)), max(1, round(size.width() * ratio))

    def _origin(self) -> QPoint:
        """Where the first tile's corner is on the viewport, in device pixels."""
        assert self._layout is not None
        height, width = self._view_size()
        spare_x = max(0, width - self._layout.pixel_width)
        spare_y = max(0, height - self._layout.pixel_height)
        return QPoint(
            spare_x // 2 if spare_x >= 2 * self._pad() else self._pad(),
            spare_y // 2 if spare_y >= 2 * self._pad() else self._pad(),
        ) - QPoint(self.horizontalScrollBar().value(), self.verticalScrollBar().value())

    def cell_at(self, position: QPointF) -> Cell | None:
        """The cell under a point of the viewport."""
        if self._layout is None:
            return None
        at = (position * self._ratio()).toPoint() - self._origin()
        if at.x() < 0 or at.y() < 0:
            return None
        return self._layout.at(at.x(), at.y())

    def cell_rect(self, cell: Cell) -> QRectF:
        """Where a cell is on the viewport."""
        assert self._layout is not None
        return self._to_view(self._layout.cell(cell))

    def _to_view(self, box: Box) -> QRectF:
        origin, ratio = self._origin(), self._ratio()
        return QRectF(
            (box.x + origin.x()) / ratio,
            (box.y + origin.y()) / ratio,
            box.width / ratio,
            box.height / ratio,
        )

    def _reveal(self, cell: Cell) -> None:
        if self._layout is None:
            return
        tile = self._layout.tile(cell.channel)
        height, width = self._view_size()
        pad = self._pad()
        small = tile.width < width // 2 and tile.height < height // 2
        box = tile if small else self._layout.cell(cell)
        for bar, start, length, page in (
            (self.verticalScrollBar(), box.y, box.height, height),
            (self.horizontalScrollBar(), box.x, box.width, width),
        ):
            if start < bar.value():
                bar.setValue(start - pad)
            elif start + length > bar.value() + page - 2 * pad:
                bar.setValue(start + length - page + 3 * pad)

    # -- zoom ------------------------------------------------------------------------------------

    def zoom(self, direction: int, anchor: QPointF | None = None) -> None:
        """Take the next larger (1) or smaller (-1) tiles, holding what is at the anchor."""
        if self._sheet is None or self._layout is None:
            return
        height, width, _ = self._sheet.shape
        now = self._layout.tile_width
        sizes = list(tile_sizes(height, width, _LARGEST_TILE))
        if direction > 0:
            wanted = [size for size in sizes if size[1] >= now * _ZOOM_STEP or size[1] == 2 * now]
            tile = wanted[-1] if wanted else sizes[0]
        else:
            wanted = [size for size in sizes if size[1] <= now / _ZOOM_STEP]
            tile = next((size for size in wanted if max(size) >= 4), None) or (
                self._layout.tile_height,
                now,
            )
        point = anchor if anchor is not None else QPointF(self.viewport().rect().center())
        held = self.cell_at(point)
        self._tile = tile
        self._arrange()
        if held is not None:
            middle = self.cell_rect(held).center()
            shift = (middle - point) * self._ratio()
            for bar, by in (
                (self.horizontalScrollBar(), shift.x()),
                (self.verticalScrollBar(), shift.y()),
            ):
                bar.setValue(bar.value() + round(by))

    def zoom_fit(self) -> None:
        """Let the tiles follow the size of the view again."""
        self._tile = None
        self._arrange()
        if self.selection is not None:
            self._reveal(self.selection)

    # -- events ----------------------------------------------------------------------------------

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Fit the tiles to the new size."""
        super().resizeEvent(event)
        self.fade_out(0)
        self._arrange()

    def scrollContentsBy(self, dx: int, dy: int) -> None:
        """Draw the new part: nothing is moved, the picture is only as large as the view."""
        self.viewport().update()

    def changeEvent(self, event: QEvent) -> None:
        """Take the colours of a new palette."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self.viewport().update()

    def event(self, event: QEvent) -> bool:
        """Claim the keys of this view before the window's shortcuts get them."""
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            plain = event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
            if event.text() in ("+", "-", "0") and not plain & Qt.KeyboardModifier.ControlModifier:
                event.accept()
                return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrows, Home, End and Page keys move the selection; + - 0 zoom."""
        if event.text() == "+":
            self.zoom(1)
        elif event.text() == "-":
            self.zoom(-1)
        elif event.text() == "0":
            self.zoom_fit()
        else:
            cell = self._reached(event.key())
            if cell is None:
                super().keyPressEvent(event)
                return
            if cell != self.selection:
                self.select(cell)
                self.clicked.emit(cell)

    def _reached(self, key: int) -> Cell | None:
        """Where a key leads from the selection; None where it is no key of ours."""
        raise NotImplementedError

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Zoom with Ctrl, scroll without."""
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            turned = event.angleDelta().y()
            if turned:
                self.zoom(1 if turned > 0 else -1, event.position())
            event.accept()
        else:
            super().wheelEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Tell what is under the mouse."""
        self._set_hover(self.cell_at(event.position()))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Select the cell."""
        cell = self.cell_at(event.position())
        if event.button() is Qt.MouseButton.LeftButton and cell is not None:
            self.select(cell)
            self.clicked.emit(cell)

    def viewportEvent(self, event: QEvent) -> bool:
        """Forget the cell under the mouse when it leaves."""
        if event.type() == QEvent.Type.Leave:
            self._set_hover(None)
        return super().viewportEvent(event)

    def _set_hover(self, cell: Cell | None) -> None:
        if cell != self._hover:
            self._hover = cell
            self.hovered.emit(cell)
            self.viewport().update()

    # -- painting --------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the visible part of the sheet, then what marks hover and selection."""
        painter = QPainter(self.viewport())
        colours = theme_of(self.palette())
        ground = colours.canvas
        # A thin gutter is a line; a wide one would look like cells if it had a colour.
        gutter = colours.border if self._gap == 1 else ground
        if self._sheet is None or self._layout is None:
            painter.fillRect(self.viewport().rect(), ground)
            return
        height, width = self._view_size()
        origin = self._origin()
        box = Box(-origin.x(), -origin.y(), width, height)
        key = (box, self._layout, gutter.rgba())
        if self._picture is None or key != self._picture_key:
            self._picture = self._sheet.picture(self._layout, box, gutter.rgba())
            self._picture_key = key
        painter.drawImage(0, 0, self._image(self._picture))
        for beyond in self._beyond(self._layout):
            painter.fillRect(beyond, ground)
        if self._vanishing is not None:
            painter.setOpacity(float(self._fade.currentValue()))
            painter.drawPixmap(0, 0, self._vanishing)
            painter.setOpacity(1.0)
        self._mark(painter)

    def _image(self, picture: Colours) -> QImage:
        """Pixels as an image that reads their memory."""
        height, width = picture.shape
        image = QImage(picture.data, width, height, 4 * width, QImage.Format.Format_RGB32)
        image.setDevicePixelRatio(self._ratio())
        return image

    def _beyond(self, layout: Tiling) -> list[QRectF]:
        """What lies around the tiles, and in the last row where it is not full."""
        view = QRectF(self.viewport().rect())
        tiles = self._to_view(Box(0, 0, layout.pixel_width, layout.pixel_height))
        last = self._to_view(layout.tile(layout.channels - 1))
        rest = tiles.right() - last.right()
        return [
            QRectF(view.left(), view.top(), view.width(), max(0.0, tiles.top())),
            QRectF(
                view.left(), tiles.bottom(), view.width(), max(0.0, view.bottom() - tiles.bottom())
            ),
            QRectF(view.left(), view.top(), max(0.0, tiles.left()), view.height()),
            QRectF(
                tiles.right(), view.top(), max(0.0, view.right() - tiles.right()), view.height()
            ),
            QRectF(last.right(), last.top(), rest, last.height()),
        ]

    def _mark(self, painter: QPainter) -> None:
        """Draw hover and selection."""
        raise NotImplementedError

    def _frame(self, painter: QPainter, rect: QRectF, colour: QColor, width: float) -> None:
        """Outline a rectangle from outside, with a thin rim towards its neighbours."""
        painter.setBrush(Qt.BrushStyle.NoBrush)
        rim = theme_of(self.palette()).canvas
        for grown, pen in ((width + 0.5, QPen(rim, 1)), (width / 2, QPen(colour, width))):
            pen.setJoinStyle(Qt.PenJoinStyle.MiterJoin)
            painter.setPen(pen)
            painter.drawRect(rect.adjusted(-grown, -grown, grown, grown))


def inside(cell: Cell, shape: tuple[int, int, int]) -> bool:
    """Whether maps of shape (H, W, C) have this cell."""
    height, width, channels = shape
    return 0 <= cell.row < height and 0 <= cell.column < width and 0 <= cell.channel < channels
