"""The camera, where PySide6's multimedia add-on is installed; it is off until somebody asks."""

from __future__ import annotations

from typing import Any

import PySide6
from PySide6.QtCore import QObject, Qt, QTimer, Signal
from PySide6.QtGui import QImage

from cnnviz.errors import UserError
from ui.inputs.images import pixels_of
from ui.tasks import Pixels

NAME = "Camera"

PERIOD_MS = 100
"""From one frame to the next: steady, whatever the camera's own rate is."""

SHORT_SIDE = 480
"""Frames are shrunk to it: no network of the catalog takes more of the middle of a picture."""


class Camera(QObject):
    """Gives the newest frame at a steady rate; those between are dropped.

    Attributes:
        sink: Where the frames arrive (`QVideoSink`); None while it is off.

    Signals:
        seen: A frame (`Pixels`).
        failed: A sentence: the camera stopped by itself.
    """

    seen = Signal(object)
    failed = Signal(str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.sink: Any = None
        self._session: Any = None
        self._camera: Any = None
        self._clock = QTimer(self, interval=PERIOD_MS)
        self._clock.timeout.connect(self._look)

    @property
    def on(self) -> bool:
        """Whether frames are wanted."""
        return self._clock.isActive()

    def start(self) -> None:
        """Begin to look.

        Raises:
            UserError: The add-on is not installed, or there is no camera.
        """
        if self.on:
            return
        self.listen()
        from PySide6.QtMultimedia import QCamera, QMediaCaptureSession, QMediaDevices

        device = QMediaDevices.defaultVideoInput()
        if device.isNull():
            self.stop()
            raise UserError("There is no camera: connect one, or allow cnnviz to use it.")
        self._camera = QCamera(device)
        self._camera.errorOccurred.connect(self._broken)
        self._session = QMediaCaptureSession()
        self._session.setCamera(self._camera)
        self._session.setVideoSink(self.sink)
        self._camera.start()

    def listen(self) -> None:
        """Take the frames that arrive at `sink` from now on.

        Raises:
            UserError: The add-on is not installed.
        """
        try:
            from PySide6.QtMultimedia import QVideoSink
        except ModuleNotFoundError as error:
            raise UserError(
                "The camera needs Qt's multimedia add-on: install it beside cnnviz with "
                f"`pip install PySide6-Addons=={PySide6.__version__}`, and start again."
            ) from error
        except ImportError as error:
            raise UserError(
                f"Qt's multimedia add-on lacks a library of the system ({error}): install it; on "
                "Debian and Ubuntu `apt-get install libpulse0` brings what it needs."
            ) from error
        self.sink = QVideoSink()
        self._clock.start()

    def stop(self) -> None:
        """Release the camera."""
        self._clock.stop()
        if self._camera is not None:
            self._camera.errorOccurred.disconnect(self._broken)
            self._camera.stop()
        if self._session is not None:
            self._session.setVideoSink(None)
            self._session.setCamera(None)
        self._session = self._camera = self.sink = None

    def _look(self) -> None:
        frame = self.sink.videoFrame()
        if not frame.isValid():
            return  # it is only warming up
        image: QImage = frame.toImage()
        if not image.isNull():
            if min(image.width(), image.height()) > SHORT_SIDE:
                image = image.scaled(
                    SHORT_SIDE,
                    SHORT_SIDE,
                    Qt.AspectRatioMode.KeepAspectRatioByExpanding,
                    Qt.TransformationMode.SmoothTransformation,
                )
            self.seen.emit(Pixels(pixels_of(image), NAME, "camera"))

    def _broken(self, error: object, text: str) -> None:
        self.stop()
        self.failed.emit(
            f"The camera stopped ({text.rstrip('.')}): look whether another program uses it."
        )
