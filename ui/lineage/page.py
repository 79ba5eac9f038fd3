"""The page of the family tree: point at a network for its story, click to open it."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPoint, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFontMetricsF,
    QHelpEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QResizeEvent,
)
from PySide6.QtWidgets import QFrame, QLabel, QScrollArea, QToolTip, QVBoxLayout, QWidget

from cnnviz.kinds import Kind
from models.registry import catalog
from ui.lineage.tree import CHIP_PAD, YEARS, Chip, Tree, build_tree
from ui.panels.library import BLOCKS, about
from ui.scroll_bar import flat_bars
from ui.theme import RADIUS, SNUG, Theme, mix, scaled_font, theme_of

_HUES = (
    Kind.CONVOLUTION,
    Kind.POOLING,
    Kind.MERGE,
    Kind.DENSE,
    Kind.ACTIVATION,
    Kind.ATTENTION,
    Kind.DEPTHWISE,
    Kind.RECURRENT,
)
"""Colours of the families, in the order in which they appear."""

_STEPS = {
    Qt.Key.Key_Left: QPointF(-1, 0),
    Qt.Key.Key_Right: QPointF(1, 0),
    Qt.Key.Key_Up: QPointF(0, -1),
    Qt.Key.Key_Down: QPointF(0, 1),
}


class LineagePage(QWidget):
    """The family tree in a frame that scrolls, and a line that says how to use it.

    Signals:
        chosen: Catalog id of the architecture that was asked for.
    """

    chosen = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.view = LineageView()
        self.view.chosen.connect(self.chosen)
        self.view.focus_moved.connect(self._show)
        self.hint = QLabel(
            "What grew from what, year by year. Point at a network for its story; "
            "click it, or walk with the arrow keys and press Enter, to open it."
        )
        self.hint.setWordWrap(True)
        self._scroll = QScrollArea()
        flat_bars(self._scroll)
        self._scroll.setFrameShape(QFrame.Shape.NoFrame)
        self._scroll.setWidgetResizable(True)
        self._scroll.setWidget(self.view)
        self.setFocusProxy(self.view)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, SNUG, 0, 0)
        column.setSpacing(SNUG)
        self.hint.setContentsMargins(SNUG, 0, SNUG, 0)
        column.addWidget(self.hint)
        column.addWidget(self._scroll, 1)

    def show_current(self, name: str | None) -> None:
        """Mark the open architecture, and bring it into view."""
        self.view.show_current(name)
        if name is not None and name in catalog():
            self._show(name)

    def _show(self, name: str) -> None:
        middle = self.view.position_of(name)
        self._scroll.ensureVisible(middle.x(), middle.y(), 80, 60)


class LineageView(QWidget):
    """Draws the tree.

    Signals:
        chosen: Catalog id of the architecture that was asked for.
        focus_moved: Catalog id that the arrow keys have come to.
    """

    chosen = Signal(str)
    focus_moved = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("Family tree of the architectures")
        self.current: str | None = None
        self.hovered: str | None = None
        self.focused: str | None = None
        self._font = scaled_font("small")
        self._bold = scaled_font("small", bold=True)
        families = dict.fromkeys(e.family for e in catalog().values() if not e.exhibit)
        self._hues = {family: _HUES[i % len(_HUES)] for i, family in enumerate(families)}
        self.tree = self._build(1000)

    def show_current(self, name: str | None) -> None:
        """Mark the open architecture."""
        self.current = name
        self.update()

    def chip_at(self, where: QPointF) -> Chip | None:
        """What is drawn at a place."""
        return next((chip for chip in self.tree.chips if chip.area.contains(where)), None)

    def position_of(self, name: str) -> QPoint:
        """Middle of an architecture's chip."""
        return self._chip(name).area.center().toPoint()

    def relatives(self, name: str) -> frozenset[str]:
        """An architecture, all that it grew from, and all that grew from it."""
        entries = catalog()
        line = {name}
        parent = entries[name].parent
        while parent is not None:
            line.add(parent)
            parent = entries[parent].parent
        heirs = {name}
        for _ in entries:
            more = {e.id for e in entries.values() if e.parent in heirs} - heirs
            if not more:
                break
            heirs |= more
        return frozenset(line | heirs)

    # Events.

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Lay it out for the new width."""
        if event.size().width() != event.oldSize().width():
            self.tree = self._build(self.width())
            self.updateGeometry()
            self.setMinimumSize(self.minimumSizeHint())

    def minimumSizeHint(self) -> QSize:
        """As much as the tree takes when its names are short."""
        narrow = self._build(1)
        return QSize(round(narrow.width), round(self.tree.height))

    def sizeHint(self) -> QSize:
        """The same."""
        return self.minimumSizeHint()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Light up the line of what is pointed at."""
        chip = self.chip_at(event.position())
        self._hover(chip.id if chip else None)

    def leaveEvent(self, event: QEvent) -> None:
        """Nothing is pointed at."""
        self._hover(None)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Open what was clicked."""
        chip = self.chip_at(event.position())
        if chip is not None and event.button() == Qt.MouseButton.LeftButton:
            self.focused = chip.id
            self.chosen.emit(chip.id)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Walk, and open."""
        key = Qt.Key(event.key())
        if key in _STEPS:
            self._walk(_STEPS[key])
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.focused:
            self.chosen.emit(self.focused)
        else:
            super().keyPressEvent(event)

    def event(self, event: QEvent) -> bool:
        """Tell the story of what is pointed at."""
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            chip = self.chip_at(QPointF(event.pos()))
            if chip is None:
                QToolTip.hideText()
            else:
                area = chip.area.toRect()
                QToolTip.showText(event.globalPos(), about(catalog()[chip.id]), self, area)
            return True
        return super().event(event)

    def _hover(self, name: str | None) -> None:
        if name != self.hovered:
            self.hovered = name
            shape = Qt.CursorShape.PointingHandCursor if name else Qt.CursorShape.ArrowCursor
            self.setCursor(shape)
            self.update()

    def _walk(self, step: QPointF) -> None:
        """To the nearest chip that way."""
        start = self.focused or self.current
        if start not in catalog():
            start = None
        if start is None:
            self.focused = self.tree.chips[0].id
        else:
            here = self._chip(start).area.center()
            best = None
            for chip in self.tree.chips:
                way = chip.area.center() - here
                along = way.x() * step.x() + way.y() * step.y()
                aside = abs(way.x() * step.y()) + abs(way.y() * step.x())
                if along > 1 and (best is None or along + 2 * aside < best[0]):
                    best = (along + 2 * aside, chip.id)
            self.focused = best[1] if best else start
        self.update()
        assert self.focused is not None
        self.focus_moved.emit(self.focused)

    def _chip(self, name: str) -> Chip:
        return next(chip for chip in self.tree.chips if chip.id == name)

    def _build(self, width: float) -> Tree:
        metrics = QFontMetricsF(self._bold)
        entries = list(catalog().values())
        return build_tree(entries, width, metrics.horizontalAdvance, metrics.height())

    # Painting.

    def paintEvent(self, event: QPaintEvent) -> None:
        """Bands of years, lines, cards, and the blocks below."""
        colors = theme_of(self.palette())
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(self.rect(), colors.canvas)
        pointed = self.hovered or (self.focused if self.hasFocus() else None)
        lit = self.relatives(pointed) if pointed else frozenset()
        self._paint_years(painter, colors)
        self._paint_lines(painter, colors, lit)
        for card in self.tree.cards:
            hue = colors.kinds[self._hues[card.family]]
            faint = bool(lit) and not any(chip.id in lit for chip in card.chips)
            ground = mix(hue.soft, colors.canvas, 0.5) if faint else hue.soft
            painter.setBrush(ground)
            painter.setPen(QPen(mix(hue.line, colors.canvas, 0.6 if faint else 0.0), 1))
            painter.drawRoundedRect(card.area, RADIUS, RADIUS)
            if card.title:
                painter.setFont(self._bold)
                painter.setPen(colors.muted)
                top = card.area.adjusted(6 + CHIP_PAD, 5, -6, 0)
                painter.drawText(top, Qt.AlignmentFlag.AlignTop, card.title)
            for chip in card.chips:
                self._paint_chip(painter, colors, chip, hue.fill, lit)
        self._paint_blocks(painter, colors, lit)
        painter.end()

    def _paint_years(self, painter: QPainter, colors: Theme) -> None:
        painter.setFont(self._bold)
        last = None
        for year, top, bottom in self.tree.years:
            painter.setPen(QPen(colors.border, 1))
            if last is not None:
                gap = last + 1 != year
                painter.setPen(
                    QPen(colors.border, 1, Qt.PenStyle.DashLine if gap else Qt.PenStyle.SolidLine)
                )
                painter.drawLine(QPointF(0, top), QPointF(self.width(), top))
            painter.setPen(colors.muted)
            area = QRectF(0, top, YEARS, bottom - top)
            painter.drawText(area, Qt.AlignmentFlag.AlignCenter, str(year))
            last = year

    def _paint_lines(self, painter: QPainter, colors: Theme, lit: frozenset[str]) -> None:
        painter.setBrush(Qt.BrushStyle.NoBrush)
        bright = [line for line in self.tree.lines if {line.parent, line.child} <= lit]
        faint = mix(colors.edge, colors.canvas, 0.65) if lit else colors.edge
        painter.setPen(QPen(faint, 1.4))
        for line in self.tree.lines:
            painter.drawPath(line.path)
        painter.setPen(QPen(colors.accent, 2.2))
        for line in bright:
            painter.drawPath(line.path)

    def _paint_chip(
        self, painter: QPainter, colors: Theme, chip: Chip, hue: QColor, lit: frozenset[str]
    ) -> None:
        area = chip.area.adjusted(1, 1, -1, -1)
        pointed = chip.id in (self.hovered, self.focused if self.hasFocus() else None)
        here = chip.id == self.current
        ink = colors.text if not lit or chip.id in lit else mix(colors.muted, colors.canvas, 0.45)
        if here:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(colors.accent)
            painter.drawRoundedRect(area, RADIUS - 2, RADIUS - 2)
            ink = colors.on_accent
        if pointed:
            painter.setPen(QPen(colors.on_accent if here else hue, 1.5))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(area, RADIUS - 2, RADIUS - 2)
        painter.setFont(self._bold if here or (lit and chip.id in lit) else self._font)
        painter.setPen(ink)
        text = area.adjusted(CHIP_PAD - 1, 0, 0, 0)
        painter.drawText(text, Qt.AlignmentFlag.AlignVCenter, chip.label)

    def _paint_blocks(self, painter: QPainter, colors: Theme, lit: frozenset[str]) -> None:
        top = self.tree.blocks_top
        painter.setPen(QPen(colors.border, 1))
        painter.drawLine(QPointF(0, top), QPointF(self.width(), top))
        painter.setFont(self._bold)
        painter.setPen(colors.muted)
        area = QRectF(YEARS, top, self.width(), self.tree.blocks[0].area.top() - top)
        painter.drawText(
            area, Qt.AlignmentFlag.AlignVCenter, f"{BLOCKS}, to be looked at one by one"
        )
        for chip in self.tree.blocks:
            hue = colors.kinds[self._hue_of_block(chip.id)]
            painter.setPen(QPen(hue.line, 1))
            painter.setBrush(hue.soft)
            painter.drawRoundedRect(chip.area, RADIUS - 2, RADIUS - 2)
            self._paint_chip(painter, colors, chip, hue.fill, lit)

    def _hue_of_block(self, name: str) -> Kind:
        parent = catalog()[name].parent
        return self._hues[catalog()[parent].family] if parent else Kind.OTHER
