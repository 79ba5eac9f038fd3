"""Writing what plays to a file from the window: asks, shows how far it is, can be cancelled."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import (
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QMessageBox,
    QProgressBar,
    QPushButton,
    QWidget,
)

from cnnviz.errors import UserError
from ui.lanes import IoLane, Job
from ui.theatre.film import MOST_BYTES, Film, Recording, check, likely_bytes, thinned
from ui.theatre.show import Moment, Show, moments

MOST_FRAMES = 300
_POLL_MS = 100
_SIZE = (960, 540)
_FOLDER = "Frames as PNG in a new folder (*)"
_ELIDE = Qt.TextElideMode.ElideRight


class Exporter(QWidget):
    """A button, and while a file is being written a bar and another button.

    Args:
        subject: Gives what to write, the moment that is shown, whether channel by channel, and the
            colours; None where nothing plays.

    Signals:
        finished: The path that was written, or None where it was not.
    """

    finished = Signal(object)

    def __init__(self, subject: Callable[[], tuple[Show, Moment, bool, str] | None]) -> None:
        super().__init__()
        self._subject = subject
        self._lane: IoLane | None = None
        self._job: Job | None = None
        self._recording: Recording | None = None
        self.button = QPushButton("Export…")
        self.button.setToolTip(
            "Write what plays as GIF, WebP or PNG film or as PNG frames, or this frame as SVG"
        )
        self.bar = QProgressBar()
        self.bar.setAccessibleName("Frames written")
        self.cancel = QPushButton("Cancel")
        self.said = QLabel()
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        for widget in (self.said, self.bar, self.cancel, self.button):
            row.addWidget(widget)
        self.bar.hide()
        self.cancel.hide()
        self.button.clicked.connect(self._ask)
        self.cancel.clicked.connect(self.stop)
        self._poll = QTimer(self, interval=_POLL_MS)
        self._poll.timeout.connect(self._show_progress)

    @property
    def busy(self) -> bool:
        """Whether a file is being written."""
        return self._recording is not None

    def close_lane(self) -> None:
        """Stop what is being written; the window closes."""
        self.stop()
        if self._lane is not None:
            self._lane.close()
            self._lane = None

    def _ask(self) -> None:
        path, kind = QFileDialog.getSaveFileName(
            self,
            "Export",
            "convolution.gif",
            f"Films (*.gif *.webp *.png);;This frame (*.svg);;{_FOLDER}",
        )
        if path:
            self.write(Path(path).with_suffix("") if kind == _FOLDER else Path(path))

    def write(self, path: Path) -> None:
        """Write a file; what it ends with says how."""
        subject = self._subject()
        if subject is None or self.busy:
            return
        show, moment, by_channel, scheme = subject
        try:
            check(path)
        except UserError as error:
            self._say(str(error))
            self.finished.emit(None)
            return
        every = moments(
            show, moment.channel, by_channel=by_channel, view=moment.view, whole=moment.whole
        )
        frames = [moment] if path.suffix.lower() == ".svg" else thinned(every, MOST_FRAMES)
        film = Film(show, frames, _SIZE, "dark" if scheme == "dark" else "light")
        recording = Recording(film, path, limit=MOST_BYTES)
        self._recording = recording
        self.bar.setRange(0, len(frames))
        self.bar.setValue(0)
        self._say("")
        self._show_busy()
        self._poll.start()
        if self._lane is None:
            self._lane = IoLane(self, threads=1)
        self._job = self._lane.submit(
            lambda: likely_bytes(film, path.suffix.lower()) if len(frames) > 1 else 0,
            on_success=lambda most: self._weighed(recording, most),
            on_failure=lambda text: self._ended(recording, text, None),
            on_cancelled=lambda: self._ended(recording, "Cancelled.", None),
        )

    def _weighed(self, recording: Recording, most: int) -> None:
        """It is known how large the file may get: ask, and write it."""
        if self._recording is not recording:
            return
        if most > MOST_BYTES:
            if not self._really(f"The file may take some {most / 2**20:.0f} MiB."):
                self._ended(recording, "Not written.", None)
                return
            recording.limit = None
        self._record(recording)

    def _record(self, recording: Recording) -> None:
        path = recording.path
        if self._lane is None:
            return
        self._job = self._lane.submit(
            recording,
            on_success=lambda _: self._ended(recording, f"Wrote {path.name}.", path),
            on_failure=lambda text: self._failed(recording, text),
            on_cancelled=lambda: self._ended(recording, "Cancelled.", None),
        )

    def _failed(self, recording: Recording, text: str) -> None:
        """It was not written; where it got too large, ask whether to write it all the same."""
        if self._recording is not recording:
            return
        if recording.too_large and self._really(text):
            recording.too_large, recording.limit, recording.done = False, None, 0
            self._record(recording)
        else:
            self._ended(recording, text, None)

    def stop(self) -> None:
        """Cancel; the old file, if there was one, stays."""
        if self._recording is not None and self._job is not None:
            self._recording.cancelled = True
            self._job.cancel()

    def _really(self, text: str) -> bool:
        answer = QMessageBox.question(self, "Export", f"{text} Write it all the same?")
        return answer == QMessageBox.StandardButton.Yes

    def _ended(self, recording: Recording, text: str, path: Path | None) -> None:
        if self._recording is not recording:
            return
        self._recording = self._job = None
        self._poll.stop()
        self._say(text)
        self._show_busy()
        self.finished.emit(path)

    def _show_busy(self) -> None:
        for widget in (self.bar, self.cancel):
            widget.setVisible(self.busy)
        self.button.setVisible(not self.busy)

    def _show_progress(self) -> None:
        if self._recording is not None:
            self.bar.setValue(self._recording.done)

    def _say(self, text: str) -> None:
        self.said.setText(self.said.fontMetrics().elidedText(text, _ELIDE, 360))
        self.said.setToolTip(text)
