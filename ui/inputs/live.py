"""Pictures that keep changing while they are run: a drawing, a slider, a camera."""

from __future__ import annotations

from PySide6.QtCore import QObject, QTimer

from cnnviz.transforms import NONE, Transform
from ui.controller import Controller
from ui.tasks import Image


class LivePictures(QObject):
    """Runs the newest picture as soon as the one before it is done.

    A pass under way is not cut off: then none would ever end while the pen moves. What comes in the
    meantime is replaced by what comes later, so that there is never a queue.

    Args:
        controller: Runs them.
    """

    def __init__(self, controller: Controller, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._controller = controller
        self._next: tuple[Image, Transform] | None = None
        self._mine: Image | None = None
        # In the next turn of the event loop: whatever follows from the end of a pass comes first.
        self._soon = QTimer(self, singleShot=True, interval=0)
        self._soon.timeout.connect(self._go)
        controller.job_changed.connect(lambda progress: progress is None and self._soon.start())
        controller.run_started.connect(self._run_started)

    def show(self, image: Image, transform: Transform = NONE) -> None:
        """Run a picture now, or as soon as the one under way is done."""
        self._next = image, transform
        self._go()

    @property
    def waiting(self) -> bool:
        """Whether a picture has yet to be run."""
        return self._next is not None

    def _go(self) -> None:
        if self._next is not None and not self._controller.busy:
            (self._mine, transform), self._next = self._next, None
            self._controller.run_image(self._mine, transform)

    def _run_started(self) -> None:
        if self._controller.image is not self._mine:
            self._next = None  # the user turned to another picture
