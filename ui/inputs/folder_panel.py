"""A folder of pictures: thumbnails, the place in it, next and previous."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from PySide6.QtCore import QEvent, QPoint, QSize, Qt, QTimer
from PySide6.QtGui import QColor, QIcon, QImage, QPixmap, QResizeEvent, QShowEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QListView,
    QListWidget,
    QListWidgetItem,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from cnnviz.images import load_picture
from ui.inputs.gallery import Gallery
from ui.jobs import Lane
from ui.panels.inspector import to_image
from ui.panels.labels import ElidedLabel
from ui.panels.samples import FILE, SIDE, squared
from ui.scroll_bar import flat_bars
from ui.theme import TIGHT, theme_of, tinted_icon

A_TURN = 400
"""Items that are added in one turn of the event loop."""


class FolderPanel(QWidget):
    """Shows a gallery.

    Args:
        gallery: The pictures.
        files: Where thumbnails are read.
    """

    def __init__(self, gallery: Gallery, files: Lane) -> None:
        super().__init__()
        self._gallery = gallery
        self._lane = files
        self._under_way: set[Path] = set()
        self._done: set[Path] = set()
        self._marked: set[Path] = set()
        self._items: dict[Path, QListWidgetItem] = {}
        self.previous = self._button("Previous picture (Ctrl+PgUp)", lambda: gallery.step(-1))
        self.next = self._button("Next picture (Ctrl+PgDown)", lambda: gallery.step(1))
        self.cross = self._button("Close the folder, and show the samples", gallery.close)
        self.place = ElidedLabel("Place in the folder")
        self.place.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.list = QListWidget()
        flat_bars(self.list)
        self.list.setViewMode(QListView.ViewMode.IconMode)
        self.list.setResizeMode(QListView.ResizeMode.Adjust)
        self.list.setMovement(QListView.Movement.Static)
        self.list.setUniformItemSizes(True)
        self.list.setLayoutMode(QListView.LayoutMode.Batched)
        self.list.setIconSize(QSize(SIDE, SIDE))
        self.list.setSpacing(1)
        self.list.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.list.setAccessibleName("Pictures of the folder")
        self.list.itemClicked.connect(lambda item: gallery.go(item.data(FILE)))
        self.list.itemActivated.connect(lambda item: gallery.go(item.data(FILE)))
        self._to_add: list[Path] = []
        self._adding = QTimer(self, interval=0)
        self._adding.timeout.connect(self._add_some)
        self._looking = QTimer(self, singleShot=True, interval=30)
        self._looking.timeout.connect(self._fetch)
        self.list.verticalScrollBar().valueChanged.connect(lambda _: self._looking.start())
        row = QHBoxLayout()
        row.setSpacing(0)
        for widget in (self.previous, self.place, self.next, self.cross):
            row.addWidget(widget, 1 if widget is self.place else 0)
        column = QVBoxLayout(self)
        column.setContentsMargins(6, TIGHT, 6, 6)
        column.setSpacing(TIGHT)
        column.addLayout(row)
        column.addWidget(self.list, 1)
        gallery.opened.connect(self._fill)
        gallery.moved.connect(self._show_place)
        self._tint()
        self._fill()

    @property
    def complete(self) -> bool:
        """Whether all that is in view has its thumbnail."""
        return not (self._adding.isActive() or self._looking.isActive() or self._under_way)

    def _button(self, tip: str, act: object) -> QToolButton:
        button = QToolButton()
        button.setAutoRaise(True)
        button.setToolTip(tip)
        button.setAccessibleName(tip)
        button.clicked.connect(act)
        return button

    def _fill(self) -> None:
        self._items = {}
        self._under_way, self._done, self._marked = set(), set(), set()
        self.list.clear()
        self._to_add = list(reversed(self._gallery.files))
        self._adding.start()
        self._add_some()

    def _add_some(self) -> None:
        """Add some items a turn of the event loop: a folder may hold ten thousand."""
        empty = QPixmap(SIDE, SIDE)
        empty.fill(Qt.GlobalColor.transparent)
        icon = QIcon(empty)
        cell = QSize(SIDE + 10, SIDE + self.fontMetrics().height() + 10)
        for _ in range(min(A_TURN, len(self._to_add))):
            file = self._to_add.pop()
            item = QListWidgetItem(icon, file.stem, self.list)
            item.setData(FILE, file)
            item.setSizeHint(cell)
            item.setToolTip(str(file))
            item.setTextAlignment(Qt.AlignmentFlag.AlignHCenter)
            self._items[file] = item
        if not self._to_add:
            self._adding.stop()
        self._show_place()
        self._looking.start()

    def _show_place(self) -> None:
        gallery = self._gallery
        self.place.show_text(f"{gallery.name}: {gallery.place}")
        here = gallery.here
        self.list.clearSelection()
        item = self._items.get(gallery.files[here]) if here is not None else None
        if item is not None:
            self.list.setCurrentItem(item)
            self.list.scrollToItem(item)
        for file in gallery.unreadable - self._marked:
            self._mark_unreadable(file)

    def _mark_unreadable(self, file: Path, why: str = "") -> None:
        item = self._items.get(file)
        if item is not None:
            item.setIcon(tinted_icon("warning", theme_of(self.palette())))
            item.setForeground(QColor(theme_of(self.palette()).muted))
            item.setToolTip(why or f"{file} cannot be read as a picture.")
            self._done.add(file)
            self._marked.add(file)

    # Thumbnails, of what is in view alone.

    def _in_view(self) -> list[Path]:
        """Files whose thumbnails are in view, and not there yet."""
        area = self.list.viewport().rect()
        wanted = []
        first = max(self.list.indexAt(area.topLeft() + QPoint(SIDE // 2, SIDE // 2)).row(), 0)
        for row in range(first, self.list.count()):
            item = self.list.item(row)
            file, rect = item.data(FILE), self.list.visualItemRect(item)
            if rect.top() > area.bottom():
                break
            if file not in self._done and file not in self._under_way and rect.intersects(area):
                wanted.append(file)
        return wanted

    def _fetch(self) -> None:
        """Read the next thumbnail, one after the other: so does `load_picture`."""
        if not self.isVisible() or self._under_way:
            return
        for file in self._in_view()[:1]:
            self._under_way.add(file)
            self._lane.submit(
                partial(_thumbnail, file),
                on_success=partial(self._arrived, file),
                on_failure=partial(self._failed, file),
                on_cancelled=partial(self._under_way.discard, file),
            )

    def _arrived(self, file: Path, image: QImage) -> None:
        self._under_way.discard(file)
        if file in self._items and file not in self._done:
            self._done.add(file)
            pixmap = QPixmap.fromImage(image)
            icon = QIcon(pixmap)
            icon.addPixmap(pixmap, QIcon.Mode.Selected)  # or Qt would paint it blue
            self._items[file].setIcon(icon)
        self._fetch()

    def _failed(self, file: Path, text: str) -> None:
        self._under_way.discard(file)
        if file in self._items:
            self._mark_unreadable(file, text)
        self._fetch()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """More may be in view."""
        super().resizeEvent(event)
        self._looking.start()

    def showEvent(self, event: QShowEvent) -> None:
        """Read what is in view."""
        super().showEvent(event)
        self._looking.start()

    def changeEvent(self, event: QEvent) -> None:
        """Follow the theme."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and hasattr(self, "_looking"):
            self._tint()
            for file in self._marked:
                self._items[file].setIcon(tinted_icon("warning", theme_of(self.palette())))

    def _tint(self) -> None:
        colors = theme_of(self.palette())
        for button, icon in (
            (self.previous, "step-back"),
            (self.next, "step-forward"),
            (self.cross, "close"),
        ):
            button.setIcon(tinted_icon(icon, colors))


def _thumbnail(file: Path) -> QImage:
    """A square of a picture; what the engine could not read either is refused in the same words."""
    return squared(to_image(load_picture(file, SIDE)))
