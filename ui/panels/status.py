"""The status bar: where it computes, what the model costs, what is being done."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, Qt, QTimer, Signal
from PySide6.QtGui import QAction, QActionGroup
from PySide6.QtWidgets import QLabel, QMenu, QProgressBar, QStatusBar, QToolButton

from cnnviz.requests import Device, Progress
from ui.theme import theme_of, tinted_icon


class StatusBar(QStatusBar):
    """Device, totals, and the progress of the job with its cancel button.

    Signals:
        device_chosen: Id of the device to compute on.
        cancelled: The job is to stop.
    """

    device_chosen = Signal(str)
    cancelled = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setSizeGripEnabled(False)
        self.device = QToolButton()
        self.device.setAutoRaise(True)
        self.device.setToolTip("Where the network is computed")
        self.device.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.device.setText("Starting the engine…")
        self.device.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.totals = QLabel()
        self.totals.setAccessibleName("Totals of the model")
        self.doing = QLabel()
        self.doing.setAccessibleName("Progress")
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setFixedWidth(140)
        self.bar.setMaximumHeight(12)
        self.stop = QToolButton()
        self.stop.setAutoRaise(True)
        self.stop.setToolTip("Cancel (Esc)")
        self.stop.setAccessibleName("Cancel the job")
        self.stop.clicked.connect(self.cancelled)
        self.addWidget(self.device)
        self.addWidget(self.totals)
        for widget in (self.doing, self.bar, self.stop):
            self.addPermanentWidget(widget)
            widget.hide()
        self._progress = Progress("")
        # Most jobs are over before anybody could read what they are, and progress comes faster than
        # anybody reads.
        self._delay = QTimer(self, singleShot=True, interval=150)
        self._delay.timeout.connect(lambda: self._show_job(True))
        self._tint()

    def changeEvent(self, event: QEvent) -> None:
        """Follow the theme."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and hasattr(self, "_delay"):
            self._tint()

    def _tint(self) -> None:
        colors = theme_of(self.palette())
        self.device.setIcon(tinted_icon("device", colors))
        self.stop.setIcon(tinted_icon("close", colors))

    def show_devices(self, devices: Sequence[Device], chosen: str, used: Device | None) -> None:
        """Say where it computes; offers the choice when there is one."""
        names = {device.id: device.name for device in devices}
        if used is not None:
            self.device.setText(used.name)
        elif devices:
            self.device.setText(names.get(chosen, devices[0].name))
        if len(devices) < 2:
            self.device.setMenu(None)  # type: ignore[arg-type] # takes the menu away
            return
        menu = QMenu(self.device)
        group = QActionGroup(menu)
        for device_id, name in (("auto", "The best one"), *names.items()):
            action = QAction(name, menu, checkable=True, checked=device_id == chosen)
            action.triggered.connect(lambda _, d=device_id: self.device_chosen.emit(d))
            group.addAction(action)
            menu.addAction(action)
        self.device.setMenu(menu)

    def show_job(self, progress: Progress | None) -> None:
        """Show what is being done, or that nothing is."""
        if progress is None:
            self._delay.stop()
            self._show_job(False)
            return
        self._progress = progress
        if not self._delay.isActive():
            self._delay.start()

    def _show_job(self, visible: bool) -> None:
        if visible:
            self.doing.setText(self._progress.text)
            self.bar.setRange(0, 1000 if self._progress.fraction is not None else 0)
            self.bar.setValue(round(1000 * (self._progress.fraction or 0)))
        for widget in (self.doing, self.bar, self.stop):
            widget.setVisible(visible)
