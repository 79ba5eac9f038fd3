"""The pictures that ship, as thumbnails; a click runs one."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QEvent, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QIcon, QImage, QImageReader, QPixmap
from PySide6.QtWidgets import (
    QAbstractItemView,
    QLabel,
    QListView,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from ui.samples import Sort, samples, title
from ui.scroll_bar import flat_bars
from ui.theme import theme_of, tinted_icon

FILE = Qt.ItemDataRole.UserRole
SIDE = 64

_FILLING = Qt.AspectRatioMode.KeepAspectRatioByExpanding
_UNBLURRED = Qt.TransformationMode.FastTransformation


class SamplesPanel(QWidget):
    """Thumbnails of the sample pictures, those that suit the open network first.

    Signals:
        chosen: File of the picture to run.
        file_wanted: The user wants to open a picture of their own.
    """

    chosen = Signal(object)
    file_wanted = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._sort: Sort | None = None
        self._current: Path | None = None
        self.list = QListWidget()
        flat_bars(self.list)
        self.list.setViewMode(QListView.ViewMode.IconMode)
        self.list.setResizeMode(QListView.ResizeMode.Adjust)
        self.list.setMovement(QListView.Movement.Static)
        self.list.setIconSize(QSize(SIDE, SIDE))
        self._cell = QSize(SIDE + 10, SIDE + self.fontMetrics().height() + 10)
        self.list.setSpacing(1)
        self.list.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.list.setAccessibleName("Sample pictures")
        self.list.itemClicked.connect(self._choose)
        self.list.itemActivated.connect(self._choose)
        self._hint = QLabel("Drop a picture, a folder or a model anywhere on the window")
        self._hint.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._hint.setWordWrap(True)
        self._file = QPushButton("Open a picture…")
        self._file.setToolTip("Run a picture of your own (Ctrl+I)")
        self._file.clicked.connect(self.file_wanted)
        column = QVBoxLayout(self)
        column.setContentsMargins(6, 6, 6, 6)
        column.addWidget(self.list, 1)
        column.addWidget(self._hint)
        column.addWidget(self._file)
        self._waiting: list[QListWidgetItem] = []
        self._loader = QTimer(self, interval=0)
        self._loader.timeout.connect(self._load_next)
        self._tint()

    def show_sort(self, sort: Sort) -> None:
        """Put the pictures that suit the open network first."""
        if sort == self._sort:
            return
        self._sort = sort
        self.list.clear()
        self._waiting = []
        for each in (sort, "photo" if sort == "digit" else "digit"):
            for path in samples(each):
                item = QListWidgetItem(title(path), self.list)
                item.setData(FILE, path)
                item.setSizeHint(self._cell)
                item.setToolTip(f"Run {title(path)}")
                item.setTextAlignment(Qt.AlignmentFlag.AlignHCenter)
                self._waiting.append(item)
        self._loader.start()
        self.show_current(self._current)

    def show_current(self, image: Path | None) -> None:
        """Mark the picture that was run."""
        self._current = image
        self.list.clearSelection()
        for item in self._items():
            if image is not None and item.data(FILE) == image:
                self.list.setCurrentItem(item)

    def neighbour(self, by: int) -> Path:
        """The sample so many places after the current one, of the sort on show."""
        paths = samples(self._sort or "photo")
        here = paths.index(self._current) if self._current in paths else -1 if by > 0 else 0
        return paths[(here + by) % len(paths)]

    @property
    def complete(self) -> bool:
        """Whether every thumbnail is there."""
        return not self._waiting

    def changeEvent(self, event: QEvent) -> None:
        """Follow the theme."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and hasattr(self, "_loader"):
            self._tint()

    def _tint(self) -> None:
        self._file.setIcon(tinted_icon("image", theme_of(self.palette())))

    def _items(self) -> list[QListWidgetItem]:
        return [self.list.item(i) for i in range(self.list.count())]

    def _choose(self, item: QListWidgetItem) -> None:
        self.chosen.emit(item.data(FILE))

    def _load_next(self) -> None:
        """Decode one thumbnail a turn of the event loop."""
        if not self._waiting:
            self._loader.stop()
            return
        item = self._waiting.pop(0)
        pixmap = thumbnail(item.data(FILE))
        icon = QIcon(pixmap)
        icon.addPixmap(pixmap, QIcon.Mode.Selected)  # or Qt would paint it blue
        item.setIcon(icon)


def thumbnail(path: Path) -> QPixmap:
    """The picture, cropped to a square."""
    reader = QImageReader(str(path))
    size = reader.size()
    if min(size.width(), size.height()) > SIDE:
        reader.setScaledSize(size.scaled(SIDE, SIDE, _FILLING))
    return QPixmap.fromImage(squared(reader.read()))


def squared(image: QImage) -> QImage:
    """The middle of an image as a thumbnail; small ones grow without blurring their pixels.

    It may be called in any thread.
    """
    smooth = min(image.width(), image.height()) > SIDE
    how = Qt.TransformationMode.SmoothTransformation if smooth else _UNBLURRED
    image = image.scaled(SIDE, SIDE, _FILLING, how)
    left, top = (image.width() - SIDE) // 2, (image.height() - SIDE) // 2
    return image.copy(left, top, SIDE, SIDE)
