"""The profiles of models: asked of the engine one at a time, and kept."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from cnnviz.profiles import ModelProfile
from cnnviz.requests import OpenModel, ProfileModel
from models.registry import Architecture, catalog
from ui.jobs import Failure, Lane


class Shelf(QObject):
    """Keeps profiles, and the sentences of models that have none.

    Args:
        lane: Where the engine is.
        parent: Qt owner.

    Attributes:
        profiles: Those that have come.
        failures: Why there is none, by request.

    Signals:
        changed: A profile has come, or will not come.
        code_refused: The request of a model that carries code, and the sentence that refused it.
    """

    changed = Signal()
    code_refused = Signal(object, str)

    def __init__(self, lane: Lane, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.profiles: dict[OpenModel, ModelProfile] = {}
        self.failures: dict[OpenModel, Failure] = {}
        self._lane = lane
        self._first: list[OpenModel] = []
        self._later: list[OpenModel] = []
        self._under_way: OpenModel | None = None
        lane.restarted.connect(self._ask_again)

    def want(self, requests: Iterable[OpenModel]) -> None:
        """Fetch these before all else; they replace what was wanted so before."""
        self._first = list(requests)
        self._ask()

    def want_later(self, requests: Iterable[OpenModel]) -> None:
        """Fetch these when nothing else is wanted; they replace what was wanted so before."""
        self._later = list(requests)
        self._ask()

    def forget(self, request: OpenModel) -> None:
        """Drop what is known of a model: a file may be another one by now."""
        self.profiles.pop(request, None)
        self.failures.pop(request, None)

    @property
    def busy(self) -> bool:
        """Whether anything is on its way."""
        return self._under_way is not None

    def _known(self, request: OpenModel) -> bool:
        return request in self.profiles or request in self.failures

    def _ask(self) -> None:
        if self._under_way is not None:
            return
        waiting = (r for r in (*self._first, *self._later) if not self._known(r))
        request = next(waiting, None)
        if request is None:
            return
        self._under_way = request
        self._lane.submit(
            ProfileModel(request),
            on_success=self._arrived,
            on_failure=lambda text: self._failed(request, text),
            on_cancelled=self._dropped,
        )

    def _arrived(self, profile: ModelProfile) -> None:
        self._under_way = None
        self.profiles[profile.request] = profile
        self.changed.emit()
        self._ask()

    def _failed(self, request: OpenModel, text: Failure) -> None:
        self._under_way = None
        self.failures[request] = text
        self.changed.emit()
        if text.kind == "CodeRefused":
            self.code_refused.emit(request, text)
        self._ask()

    def _ask_again(self) -> None:
        """Another engine was started: what failed may have failed with the old one."""
        self.failures.clear()
        self.changed.emit()
        self._ask()

    def _dropped(self) -> None:
        """The lane closes: ask nothing more."""
        self._under_way = None
        self._first, self._later = [], []


def architecture_of(request: OpenModel) -> Architecture | None:
    """The catalog's record of a model as its paper has it; None for a file or a variant."""
    entry = catalog().get(request.model)
    if entry is None or request != OpenModel(request.model):
        return None
    return entry


def name_of(request: OpenModel) -> str:
    """What to call a model before its profile is there."""
    entry = catalog().get(request.model)
    return entry.name if entry is not None else Path(request.model).stem
