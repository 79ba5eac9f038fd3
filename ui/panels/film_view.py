"""The cells of the film strip: painting, scrolling, scrubbing."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFont,
    QHelpEvent,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPainterPath,
    QPaintEvent,
    QPen,
    QPixmap,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QAbstractScrollArea, QFrame, QToolTip, QWidget

from cnnviz.film import Film, Frame
from ui.scroll_bar import flat_bars
from ui.theme import SNUG, Theme, scaled_font, theme_of, with_alpha

_LARGEST, _COMFORTABLE, _SMALLEST = 72, 36, 20
_BAR = 5
_GAP = 14
_MARGIN = 10


@dataclass(frozen=True, slots=True)
class Look:
    """What a frame shows besides its picture.

    Attributes:
        color: Of its bar.
        share: Length of its bar, 0..1; None where it is not known.
        tip: What the tooltip tells.
    """

    color: QColor
    share: float | None
    tip: str


class FilmView(QAbstractScrollArea):
    """Frames side by side; a click or a drag goes to the frame there.

    Signals:
        moved: Index of the frame that the user went to.
        opened: Index of the frame that the user wants to look into.
    """

    moved = Signal(int)
    opened = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        flat_bars(self)
        self._film = Film(())
        self._looks: Sequence[Look] = ()
        self._pictures: Mapping[str, QImage] = {}
        self._computed: Collection[str] = ()
        self._scaled: dict[str, QPixmap] = {}
        self._current = -1
        self._labelled = False
        self._side = _SMALLEST
        self._pitch = (1, 1)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("Film strip: the pass, frame by frame")
        self.viewport().setMouseTracking(True)
        self.viewport().setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)

    def sizeHint(self) -> QSize:
        """One lane of middling pictures."""
        return QSize(400, 76 + _BAR + self._line() + 2 * SNUG + 14)

    def minimumSizeHint(self) -> QSize:
        """One lane of small pictures with their names."""
        return QSize(120, 64 + _BAR + self._line())

    # -- what is shown ---------------------------------------------------------------------------

    def show_film(self, film: Film) -> None:
        """Show other frames; none of them is current."""
        self._film = film
        self._looks = ()
        self._scaled = {}
        self._current = -1
        self._arrange()

    def show_looks(self, looks: Sequence[Look]) -> None:
        """Say how long the bars are, one look a frame."""
        self._looks = looks
        self.viewport().update()

    def show_pictures(self, pictures: Mapping[str, QImage], computed: Collection[str]) -> None:
        """Take the pictures of nodes that are there, and which nodes are computed."""
        self._pictures, self._computed = pictures, computed
        self._scaled = {}
        self.viewport().update()

    def set_current(self, index: int) -> None:
        """Mark a frame and bring it into view; -1 for none."""
        self._current = index
        if index >= 0:
            self.setAccessibleDescription(self._film.frames[index].label)
            self._reveal(index)
        self.viewport().update()

    # -- geometry --------------------------------------------------------------------------------

    @property
    def lack(self) -> int:
        """Pixels of height that are missing to see every lane well; negative where there are more.

        One lane is content with what there is.
        """
        lanes = self._film.lanes
        if lanes < 2:
            return -self.viewport().height()
        bar = self.horizontalScrollBar().sizeHint().height()
        lane = _COMFORTABLE + _BAR + _GAP // 2 + 4
        return lanes * lane + SNUG + bar - self.maximumViewportSize().height()

    def _line(self) -> int:
        return self.fontMetrics().height()

    def _measure(self) -> None:
        """How large pictures are: once for all frames."""
        size = self.maximumViewportSize()
        self._fit(size.height() - SNUG)
        if 2 * _MARGIN + self._film.columns * self._pitch[0] > size.width():
            self._fit(size.height() - SNUG - self.horizontalScrollBar().sizeHint().height())

    def _fit(self, height: int) -> None:
        """Make pictures as large as a height for all lanes allows."""
        room = height / max(1, self._film.lanes)
        self._labelled = room >= 44 + _BAR + self._line()
        text = self._line() if self._labelled else 0
        around = _BAR + text + _GAP // 2 + 4
        self._side = max(_SMALLEST, min(_LARGEST, int(room) - around))
        self._pitch = self._side + _GAP, self._side + around

    def frame_rect(self, index: int) -> QRectF:
        """Where a frame's picture is on the viewport."""
        frame = self._film.frames[index]
        wide, high = self._pitch
        spare = max(0, self.viewport().height() - high * self._film.lanes)
        return QRectF(
            _MARGIN + frame.column * wide - self.horizontalScrollBar().value(),
            SNUG + min(spare // 2, SNUG) + frame.lane * high - self.verticalScrollBar().value(),
            self._side,
            self._side,
        )

    def index_at(self, point: QPointF) -> int:
        """Index of the frame nearest to a point, by column first; -1 without frames."""
        if not self._film.frames:
            return -1
        wide, _ = self._pitch
        x = point.x() + self.horizontalScrollBar().value() - _MARGIN
        column = min(self._film.columns - 1, max(0, int(x // wide)))
        near = [i for i, frame in enumerate(self._film.frames) if frame.column == column]
        return min(near, key=lambda i: abs(self.frame_rect(i).center().y() - point.y()))

    def _arrange(self) -> None:
        self._measure()
        wide, high = self._pitch
        page = self.viewport().size()
        for bar, content, room, step in (
            (
                self.horizontalScrollBar(),
                2 * _MARGIN + self._film.columns * wide,
                page.width(),
                wide,
            ),
            (
                self.verticalScrollBar(),
                self._film.lanes * high + SNUG,
                page.height(),
                high,
            ),
        ):
            bar.setRange(0, max(0, content - room))
            bar.setPageStep(room)
            bar.setSingleStep(step)
        self.viewport().update()

    def _reveal(self, index: int) -> None:
        """Keep the frame, and the one before and after it, in view."""
        rect = self.frame_rect(index)
        wide, high = self._pitch
        for bar, start, length, room, around in (
            (self.horizontalScrollBar(), rect.left(), rect.width(), self.viewport().width(), wide),
            (self.verticalScrollBar(), rect.top(), float(high), self.viewport().height(), 0),
        ):
            if start - around < 0:
                bar.setValue(bar.value() + int(start) - around - _MARGIN)
            elif start + length + around > room:
                bar.setValue(bar.value() + int(start + length + around - room) + _MARGIN)

    # -- painting --------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the frames in sight."""
        painter = QPainter(self.viewport())
        colors = theme_of(self.palette())
        area = self.viewport().rect()
        painter.fillRect(area, colors.canvas)
        if not self._film.frames:
            painter.setPen(colors.muted)
            text = "Open an architecture to walk through it"
            painter.drawText(area, Qt.AlignmentFlag.AlignCenter, text)
            painter.end()
            return
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        rects = {i: self.frame_rect(i) for i in self._in_sight()}
        painter.setPen(QPen(colors.edge, 1))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for i, rect in rects.items():
            for source in self._film.frames[i].reads:
                start = rects.get(source)
                if start is not None and rect.left() >= 0 and start.right() <= area.width():
                    self._draw_edge(painter, source, i, rects)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        small = scaled_font("small", base=self.font())
        for i, rect in rects.items():
            self._draw_frame(painter, i, rect, colors, small)
        painter.end()

    def _in_sight(self) -> list[int]:
        """Indices of the frames whose column can be seen, and of those beside them."""
        wide, _ = self._pitch
        first = (self.horizontalScrollBar().value() - _MARGIN) // wide - 1
        last = first + 2 + -(-self.viewport().width() // wide)
        return [i for i, frame in enumerate(self._film.frames) if first <= frame.column <= last]

    def _draw_edge(
        self, painter: QPainter, source: int, reader: int, rects: Mapping[int, QRectF]
    ) -> None:
        """A line in the gaps between the pictures; what jumps over frames runs above them."""
        start, end = rects[source], rects[reader]
        first, last = self._film.frames[source], self._film.frames[reader]
        a, b = QPointF(start.right(), start.center().y()), QPointF(end.left(), end.center().y())
        half = _GAP / 2
        path = QPainterPath(a)
        if first.lane == last.lane and last.column - first.column > 1:
            over = start.top() - 4
            path.lineTo(a.x() + half - 2, a.y())
            path.lineTo(a.x() + half - 2, over)
            path.lineTo(b.x() - half + 2, over)
            path.lineTo(b.x() - half + 2, b.y())
        elif last.lane < first.lane:  # a branch that ends: along its own lane to the join
            path.lineTo(b.x() - half, a.y())
            path.lineTo(b.x() - half, b.y())
        else:
            path.lineTo(a.x() + half, a.y())
            path.lineTo(a.x() + half, b.y())
        path.lineTo(b)
        painter.drawPath(path)

    def _draw_frame(
        self, painter: QPainter, index: int, rect: QRectF, colors: Theme, font: QFont
    ) -> None:
        frame = self._film.frames[index]
        done = frame.node in self._computed
        here = index == self._current
        painter.setPen(Qt.PenStyle.NoPen)
        painter.fillRect(rect, colors.surface)
        picture = self._picture_of(frame)
        if picture is not None:
            painter.drawPixmap(rect.toRect().topLeft(), picture)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(colors.border if done else colors.grid, 1))
        painter.drawRect(rect.adjusted(-0.5, -0.5, 0.5, 0.5))
        if frame.can_open:  # a second sheet behind the first: there is more in it
            painter.drawLine(
                QPointF(rect.right() + 2.5, rect.top() + 3),
                QPointF(rect.right() + 2.5, rect.bottom()),
            )
        if index < len(self._looks):
            look = self._looks[index]
            track = QRectF(rect.left(), rect.bottom() + 3, rect.width(), _BAR)
            painter.fillRect(track, with_alpha(colors.border, 0.5))
            if look.share:
                length = max(1.5, look.share * track.width())
                painter.fillRect(
                    QRectF(track.topLeft(), track.bottomLeft() + QPointF(length, 0)), look.color
                )
        if here:
            painter.setPen(QPen(colors.accent, 2.5))
            painter.drawRect(rect.adjusted(-2.5, -2.5, 2.5, 2.5 + 3 + _BAR))
        if self._labelled:
            painter.setFont(font)
            painter.setPen(colors.text if here else colors.muted)
            room = rect.width() + _GAP - 4
            line = QRectF(
                rect.center().x() - room / 2, rect.bottom() + 5 + _BAR, room, self._line()
            )
            text = painter.fontMetrics().elidedText(
                frame.label, Qt.TextElideMode.ElideLeft, int(room)
            )
            painter.drawText(line, Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop, text)

    def _picture_of(self, frame: Frame) -> QPixmap | None:
        """The frame's picture at its size on screen; a vector fills it as a bar code."""
        if frame.node not in self._pictures:
            return None
        if frame.node not in self._scaled:
            image = self._pictures[frame.node]
            ratio = self.devicePixelRatioF()
            side = round(self._side * ratio)
            if image.height() == 1:
                size, how = QSize(side, side), Qt.TransformationMode.FastTransformation
            else:
                size = image.size().scaled(side, side, Qt.AspectRatioMode.KeepAspectRatio)
                shrinks = image.width() > size.width()
                how = (
                    Qt.TransformationMode.SmoothTransformation
                    if shrinks
                    else Qt.TransformationMode.FastTransformation
                )
            pixmap = QPixmap(side, side)
            pixmap.fill(theme_of(self.palette()).surface)
            painter = QPainter(pixmap)
            scaled = image.scaled(size, Qt.AspectRatioMode.IgnoreAspectRatio, how)
            painter.drawImage((side - size.width()) // 2, (side - size.height()) // 2, scaled)
            painter.end()
            pixmap.setDevicePixelRatio(ratio)
            self._scaled[frame.node] = pixmap
        return self._scaled[frame.node]

    # -- events ----------------------------------------------------------------------------------

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Fit the pictures to the height."""
        super().resizeEvent(event)
        self._scaled = {}
        self._arrange()

    def scrollContentsBy(self, dx: int, dy: int) -> None:
        """Draw the new part."""
        self.viewport().update()

    def changeEvent(self, event: QEvent) -> None:
        """Take the colours of a new palette."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._scaled = {}
            self.viewport().update()

    def wheelEvent(self, event: QWheelEvent) -> None:
        """The wheel runs along the film."""
        turned = event.angleDelta().y() or event.angleDelta().x()
        bar = self.horizontalScrollBar()
        bar.setValue(bar.value() - turned)
        event.accept()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Go to the frame that was clicked."""
        index = self.index_at(event.position())
        if event.button() is Qt.MouseButton.LeftButton and index >= 0:
            self.moved.emit(index)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Scrub."""
        if event.buttons() & Qt.MouseButton.LeftButton:
            index = self.index_at(event.position())
            if index >= 0 and index != self._current:
                self.moved.emit(index)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """The end of a click or a drag, which is for nobody else."""
        event.accept()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Look into the frame."""
        index = self.index_at(event.position())
        if index >= 0:
            self.opened.emit(index)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Step by the arrow keys, Home and End; Return looks into a frame."""
        last = len(self._film.frames) - 1
        goal = {
            Qt.Key.Key_Left: max(0, self._current - 1),
            Qt.Key.Key_Right: min(last, self._current + 1),
            Qt.Key.Key_Home: 0,
            Qt.Key.Key_End: last,
        }.get(Qt.Key(event.key()))
        if last >= 0 and goal is not None:
            self.moved.emit(goal)
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self._current >= 0:
            self.opened.emit(self._current)
        else:
            super().keyPressEvent(event)

    def viewportEvent(self, event: QEvent) -> bool:
        """Tell about the frame under the pointer."""
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            index = self.index_at(QPointF(event.pos()))
            if 0 <= index < len(self._looks):
                QToolTip.showText(event.globalPos(), self._looks[index].tip, self)
            return True
        return super().viewportEvent(event)
