"""Pictures of a folder, gone through one after the other; those that cannot be read are passed."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject, Signal

from cnnviz.folders import pictures_in
from ui.controller import Controller
from ui.jobs import Lane

MOST_NAMED = 3
"""Files that are named when several were passed over."""


class Gallery(QObject):
    """A row of pictures and a place in it.

    Args:
        controller: Runs them.
        files: Where a folder is read.

    Attributes:
        name: What to call the row; "" where there is none.
        files: The pictures.

    Signals:
        opened: There are other pictures, or none.
        moved: Another one is current, or one was found that cannot be read.
    """

    opened = Signal()
    moved = Signal()

    def __init__(self, controller: Controller, files: Lane, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._controller = controller
        self._lane = files
        self.name = ""
        self.files: tuple[Path, ...] = ()
        self.unreadable: set[Path] = set()
        self._asked: Path | None = None
        self._step = 1
        self._passed: list[Path] = []
        controller.run_started.connect(self._run_started)
        controller.image_refused.connect(self._refused)

    @property
    def here(self) -> int | None:
        """Place of the current picture among the files; None while another one is run."""
        image = self._controller.image
        return self.files.index(image) if image in self.files else None

    @property
    def place(self) -> str:
        """The place in words: "3 of 27"."""
        here = self.here
        count = f"{len(self.files):,}"
        return f"{here + 1:,} of {count}" if here is not None else f"{count} pictures"

    def open_folder(self, folder: Path) -> None:
        """Read a folder and run the first of its pictures."""
        self._lane.submit(
            lambda: pictures_in(folder.absolute()),
            key="folder",
            on_success=lambda files: self.open(folder.absolute().name or str(folder), files),
            on_failure=self._controller.say,
        )

    def open(self, name: str, files: tuple[Path, ...]) -> None:
        """Take these pictures and run the first."""
        self.name, self.files = name, files
        self.unreadable = set()
        self.opened.emit()
        if files:
            self._begin(files[0], 1)

    def close(self) -> None:
        """Have no pictures; the one that was run stays."""
        self.name, self.files, self.unreadable = "", (), set()
        self.opened.emit()

    def go(self, file: Path) -> None:
        """Run one of the pictures."""
        self._begin(file, 1)

    def step(self, by: int) -> None:
        """Run the next (1) or previous (-1) picture; behind the last comes the first."""
        here = self.here
        start = self.files[here] if here is not None else self.files[-1 if by > 0 else 0]
        self._begin(self._after(start, by), by)

    def _begin(self, file: Path, step: int) -> None:
        self._step = step
        self._passed = []
        self._run(file)

    def _run(self, file: Path) -> None:
        self._asked = file
        self._controller.run_image(file)

    def _after(self, file: Path, by: int) -> Path:
        """The next one that may be readable, or else simply the next."""
        here = self.files.index(file)
        others = [self.files[(here + by * i) % len(self.files)] for i in range(1, len(self.files))]
        return next((each for each in others if each not in self.unreadable), file)

    def _run_started(self) -> None:
        self._asked = None
        self.moved.emit()

    def _refused(self, image: object, text: str) -> None:
        """One of ours cannot be read: say so in one line, and go on."""
        if not isinstance(image, Path) or image != self._asked:
            return
        self._asked = None
        self.unreadable.add(image)
        self._passed.append(image)
        self.moved.emit()
        if self.unreadable.issuperset(self.files):
            self._controller.say(f"None of the {len(self.files):,} pictures can be read. {text}")
            return
        self._run(self._after(image, self._step))
        self._controller.say(_passed_words(self._passed), failed=False)


def _passed_words(files: list[Path]) -> str:
    """What was passed over, in one line."""
    if len(files) == 1:
        return f"Passed over {files[0].name}: it cannot be read as a picture."
    names = ", ".join(file.name for file in files[:MOST_NAMED])
    more = "…" if len(files) > MOST_NAMED else ""
    return f"Passed over {len(files):,} files that cannot be read as pictures: {names}{more}"
