"""The window's frame: menus, bars, docks, colours, drops. What fills it comes from the workbench.

The frame is all that the first paint needs, so it imports nothing heavy.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence, Set
from pathlib import Path

from PySide6.QtCore import QByteArray, QEvent, QSize, Qt, QTimer, Signal
from PySide6.QtGui import (
    QAction,
    QActionGroup,
    QCloseEvent,
    QDragEnterEvent,
    QDropEvent,
    QIcon,
    QKeyEvent,
    QKeySequence,
    QPaintEvent,
    QPixmap,
)
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QDockWidget,
    QLabel,
    QMainWindow,
    QStatusBar,
    QVBoxLayout,
    QWidget,
)

from ui.actions import COMMANDS, MENUS
from ui.panels.message_line import MessageLine
from ui.settings import DOCKS, GEOMETRY, SPEED, THEME, Settings
from ui.theme import SchemeChoice, apply_theme, theme_of, tinted_icon
from ui.top_bar import TopBar

MODEL_SUFFIXES = (".keras", ".h5", ".hdf5")
WEIGHTS_SUFFIXES = (".weights.h5", ".safetensors")
"""Files with weights and nothing else."""

_DOCKS = (
    ("library", "Library", Qt.DockWidgetArea.LeftDockWidgetArea),
    ("pictures", "Pictures", Qt.DockWidgetArea.LeftDockWidgetArea),
    ("inspector", "Inspector", Qt.DockWidgetArea.RightDockWidgetArea),
    ("pass", "Pass", Qt.DockWidgetArea.BottomDockWidgetArea),
)

_DOCK_SHARE = 0.32
"""Of the window's height: the most that a dock grows to by itself."""


class MainWindow(QMainWindow):
    """The frame of the window.

    Args:
        settings: What to remember.

    Attributes:
        actions_by_id: One action a command of `ui.actions`.
        docks: The docks, by "library", "pictures", "inspector", "pass".
        waiting: What the middle says before there is anything to show.
        message_line: Where sentences for the user stand.
        top_bar: The bar at the top.
        icon_names: Icon of each command that has one.

    Signals:
        first_painted: The window was on screen for the first time.
        model_dropped: A model file was dropped.
        weights_dropped: A file of weights was dropped.
        image_dropped: Another file was dropped.
        images_dropped: Several of them were.
        folder_dropped: A folder was dropped.
        closing: The window closes.
    """

    first_painted = Signal()
    model_dropped = Signal(str)
    weights_dropped = Signal(str)
    image_dropped = Signal(object)
    images_dropped = Signal(object)
    folder_dropped = Signal(object)
    closing = Signal()

    def __init__(self, settings: Settings) -> None:
        super().__init__()
        self.settings = settings
        self._painted = False
        self._have: Set[str] = frozenset()
        self._lent: dict[str, int] = {}
        self.setWindowTitle("cnnviz")
        self.setAcceptDrops(True)
        self.setDockOptions(
            QMainWindow.DockOption.AnimatedDocks
            | QMainWindow.DockOption.AllowNestedDocks
            | QMainWindow.DockOption.AllowTabbedDocks
        )
        self.icon_names = {command.id: command.icon for command in COMMANDS if command.icon}
        self.actions_by_id = self._make_actions()
        self.top_bar = TopBar(self.actions_by_id)
        self.top_bar.show_speed(settings.get(SPEED))
        self.addToolBar(self.top_bar)
        self.message_line = MessageLine()
        self.waiting = QLabel("Starting…")
        self.waiting.setAlignment(Qt.AlignmentFlag.AlignCenter)
        centre = QWidget()
        self._centre = QVBoxLayout(centre)
        self._centre.setContentsMargins(0, 0, 0, 0)
        self._centre.setSpacing(0)
        self._centre.addWidget(self.waiting, 1)
        self._centre.addWidget(self.message_line)
        self.setCentralWidget(centre)
        self.docks = self._make_docks()
        self.setStatusBar(QStatusBar())
        self._fill_menus()
        self._initial_docks = self.saveState()
        self.actions_by_id[settings.get(THEME)].setChecked(True)
        self._keep_room_for_icons()
        hints = QApplication.styleHints()
        hints.colorSchemeChanged.connect(self._system_scheme_changed)
        self._restore()

    # The parts.

    def set_view(self, view: QWidget) -> None:
        """Put the views into the middle, where it said that the user has to wait."""
        self._centre.replaceWidget(self.waiting, view)
        self.waiting.hide()
        view.show()

    def set_dock(self, name: str, panel: QWidget) -> None:
        """Put a panel into a dock."""
        self.docks[name].setWidget(panel)

    def give_room(self, name: str, lack: int) -> None:
        """Let a dock grow by what its panel lacks in height, and give that back once it can.

        Args:
            name: The dock's.
            lack: Pixels that the panel would need more; negative for what it has to spare.
        """
        dock = self.docks[name]
        if dock.isFloating() or not dock.isVisible():
            return
        own = dock.height() - self._lent.get(name, 0)
        most = max(own, int(_DOCK_SHARE * self.height()))
        wanted = min(most, max(own, dock.height() + lack))
        self._lent[name] = wanted - own
        if wanted != dock.height():
            self.resizeDocks([dock], [wanted], Qt.Orientation.Vertical)

    def connect_actions(self, handlers: Mapping[str, Callable[[], object]]) -> None:
        """Say what commands do, by id."""
        for name, handler in handlers.items():
            self.actions_by_id[name].triggered.connect(lambda _=False, h=handler: h())

    def enable(self, have: Set[str]) -> None:
        """Enable the commands whose condition (`ui.actions.When`) is met, and no others."""
        if have != self._have:
            self._have = frozenset(have)
            for command in COMMANDS:
                self.actions_by_id[command.id].setEnabled(command.when in have)

    def _make_actions(self) -> dict[str, QAction]:
        actions = {}
        groups: dict[str, QActionGroup] = {}
        for command in COMMANDS:
            action = QAction(command.text, self)
            action.setObjectName(command.id)
            action.setShortcuts([QKeySequence(keys) for keys in command.shortcuts])
            keys = f" ({command.shortcuts[0]})" if command.shortcuts else ""
            action.setToolTip(f"{command.tip}{keys}")
            action.setStatusTip("")
            action.setCheckable(command.checkable)
            if command.choice:
                groups.setdefault(command.choice, QActionGroup(self)).addAction(action)
            action.setEnabled(command.when == "always")
            self.addAction(action)
            actions[command.id] = action
        return actions

    def _make_docks(self) -> dict[str, QDockWidget]:
        docks = {}
        for name, title, area in _DOCKS:
            dock = QDockWidget(title, self)
            dock.setObjectName(name)
            dock.setWidget(QWidget())
            self.addDockWidget(area, dock)
            docks[name] = dock
        self.resizeDocks(
            [docks["library"], docks["inspector"]], [270, 310], Qt.Orientation.Horizontal
        )
        self.resizeDocks([docks["library"], docks["pictures"]], [480, 330], Qt.Orientation.Vertical)
        self.resizeDocks([docks["pass"]], [180], Qt.Orientation.Vertical)
        return docks

    def _fill_menus(self) -> None:
        for title in MENUS:
            menu = self.menuBar().addMenu(f"&{title}")
            for command in COMMANDS:
                if command.menu == title:
                    if command.separated:
                        menu.addSeparator()
                    menu.addAction(self.actions_by_id[command.id])
            if title == "View":
                menu.addSeparator()
                for dock in self.docks.values():
                    menu.addAction(dock.toggleViewAction())

    # Colours.

    def set_theme(self, choice: SchemeChoice) -> None:
        """Dress the application in light or dark, and remember it."""
        self.settings.set(THEME, choice)
        application = QApplication.instance()
        if isinstance(application, QApplication):
            apply_theme(application, choice)

    def _system_scheme_changed(self) -> None:
        if self.settings.get(THEME) == "system":
            self.set_theme("system")

    def tint(self) -> None:
        """Draw the icons of `icon_names` in the ink of the theme."""
        colors = theme_of(self.palette())
        for name, picture in self.icon_names.items():
            self.actions_by_id[name].setIcon(tinted_icon(picture, colors))
        self.top_bar.tint(colors)

    def _keep_room_for_icons(self) -> None:
        """Drawing the icons waits for the first paint; nothing moves when they come."""
        nothing = QPixmap(self.top_bar.iconSize())
        nothing.fill(Qt.GlobalColor.transparent)
        for name in self.icon_names:
            self.actions_by_id[name].setIcon(QIcon(nothing))
        self.top_bar.keep_room_for_icons(QIcon(nothing))

    def changeEvent(self, event: QEvent) -> None:
        """Follow the theme."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and hasattr(self, "_initial_docks"):
            self.tint()

    # Where things were.

    def reset_layout(self) -> None:
        """Put every dock back where it was at first."""
        self.restoreState(self._initial_docks)
        self._lent.clear()

    def _restore(self) -> None:
        geometry = self.settings.get(GEOMETRY)
        if geometry.isEmpty() or not self.restoreGeometry(geometry):
            screen = self.screen().availableSize()
            self.resize(QSize(1600, 1000).boundedTo(screen * 0.92))
        docks = self.settings.get(DOCKS)
        if not docks.isEmpty():
            self.restoreState(docks)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Tell of the first paint: whatever is heavy waits for it."""
        super().paintEvent(event)
        if not self._painted:
            self._painted = True
            QTimer.singleShot(0, self, self._after_first_paint)

    def _after_first_paint(self) -> None:
        QTimer.singleShot(0, self, self.tint)
        self.first_painted.emit()

    def closeEvent(self, event: QCloseEvent) -> None:
        """Remember the layout, without what was lent, and end what runs."""
        for name in self._lent:
            self.give_room(name, -self.docks[name].height())
        self.settings.set(GEOMETRY, QByteArray(self.saveGeometry()))
        self.settings.set(DOCKS, QByteArray(self.saveState()))
        self.closing.emit()
        self.settings.save()
        super().closeEvent(event)

    # Keys and drops.

    def event(self, event: QEvent) -> bool:
        """Leave Space to a button that has the keyboard, though it is a shortcut, too."""
        if (
            event.type() == QEvent.Type.ShortcutOverride
            and isinstance(event, QKeyEvent)
            and event.key() == Qt.Key.Key_Space
            and isinstance(self.focusWidget(), QAbstractButton)
        ):
            event.accept()
            return True
        return super().event(event)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Take files."""
        if any(url.isLocalFile() for url in event.mimeData().urls()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Open the files."""
        files = [Path(url.toLocalFile()) for url in event.mimeData().urls() if url.isLocalFile()]
        if files:
            event.acceptProposedAction()
            self.open_files(files)

    def open_files(self, files: Sequence[Path]) -> None:
        """Open the first file: a folder, a model or weights by suffix, anything else as a picture.

        Several that begin with a picture are opened as pictures, all of them.
        """
        first = files[0]
        if first.is_dir():
            self.folder_dropped.emit(first)
        elif first.name.lower().endswith(WEIGHTS_SUFFIXES):
            self.weights_dropped.emit(str(first))
        elif first.suffix.lower() in MODEL_SUFFIXES:
            self.model_dropped.emit(str(first))
        elif len(files) > 1:
            self.images_dropped.emit(tuple(files))
        else:
            self.image_dropped.emit(first)
