"""What the window remembers between starts: one typed table, one file.

A value that cannot be read is logged and replaced by its default. QSettings writes to a temporary
file and renames it, so an interrupted write leaves the old file whole.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, Literal, TypeVar

from PySide6.QtCore import QByteArray, QSettings

log = logging.getLogger(__name__)

T = TypeVar("T")

SPEEDS = (0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0)
"""How many nodes a second the pass can be walked through."""


COUNTS = (1, 3, 5, 10, 20, 50)
"""How many classes an answer can be shown with."""


@dataclass(frozen=True, slots=True)
class Option(Generic[T]):
    """One remembered value.

    Attributes:
        key: Its name in the file.
        default: What holds until the user chose something.
        read: Makes the value from what the file says; raises ValueError where that makes no sense.
    """

    key: str
    default: T
    read: Callable[[object], T]


def _text(raw: object) -> str:
    if not isinstance(raw, str):
        raise ValueError("text expected")  # noqa: TRY004 - every bad value is a ValueError here
    return raw


def _one_of(*choices: T) -> Callable[[object], T]:
    def read(raw: object) -> T:
        for choice in choices:
            if raw == choice:
                return choice
        raise ValueError(f"one of {', '.join(map(str, choices))} expected")

    return read


def _speed(raw: object) -> float:
    value = float(str(raw))
    if value not in SPEEDS:
        raise ValueError(f"one of {', '.join(f'{speed:g}' for speed in SPEEDS)} expected")
    return value


def _count(raw: object) -> int:
    value = int(str(raw))
    if value not in COUNTS:
        raise ValueError(f"one of {', '.join(map(str, COUNTS))} expected")
    return value


def _bytes(raw: object) -> QByteArray:
    if not isinstance(raw, QByteArray):
        raise ValueError("bytes expected")  # noqa: TRY004 - every bad value is a ValueError here
    return raw


THEME: Option[Literal["system", "light", "dark"]] = Option(
    "theme", "system", _one_of("system", "light", "dark")
)
GROUPING: Option[Literal["family", "year"]] = Option(
    "library/grouping", "family", _one_of("family", "year")
)
DIRECTION: Option[Literal["down", "right"]] = Option(
    "graph/direction", "down", _one_of("down", "right")
)
SPEED = Option("playback/speed", 1.0, _speed)
FRAMES = Option("film/frames", "auto", _one_of("auto", "stage", "block", "unit", "operation"))
BARS = Option("film/bars", "macs", _one_of("macs", "time", "bytes", "params"))
PACE = Option("film/pace", "even", _one_of("even", "macs"))
TOP = Option("predictions/top", 5, _count)
COMPARISON = Option("predictions/compare", "nothing", _one_of("nothing", "previous", "held"))
DEVICE = Option("device", "auto", _text)
MODEL = Option("last/model", "", _text)
PHOTO = Option("last/photo", "", _text)
DIGIT = Option("last/digit", "", _text)
GEOMETRY = Option("window/geometry", QByteArray(), _bytes)
DOCKS = Option("window/docks", QByteArray(), _bytes)
SPLITTER = Option("window/splitter", QByteArray(), _bytes)
GRAPHS = Option("graph/opened", "{}", _text)
PICTURES = Option("graph/pictures", "off", _one_of("on", "off"))

OPTIONS = (
    THEME,
    GROUPING,
    DIRECTION,
    SPEED,
    FRAMES,
    BARS,
    PACE,
    TOP,
    COMPARISON,
    DEVICE,
    MODEL,
    PHOTO,
    DIGIT,
    GEOMETRY,
    DOCKS,
    SPLITTER,
    GRAPHS,
    PICTURES,
)


class Settings:
    """The remembered values.

    Args:
        path: The file; `settings.ini` in the user's configuration folder when None.
    """

    def __init__(self, path: Path | None = None) -> None:
        if path is None:
            import platformdirs

            path = Path(platformdirs.user_config_dir("cnnviz", appauthor=False)) / "settings.ini"
        self.path = path
        self._store = QSettings(str(path), QSettings.Format.IniFormat)

    def get(self, option: Option[T]) -> T:
        """The remembered value, or the default."""
        raw = self._store.value(option.key)
        if raw is None:
            return option.default
        try:
            return option.read(raw)
        except ValueError as problem:
            log.warning("%s: %s is %r: %s; using the default", self.path, option.key, raw, problem)
            return option.default

    def set(self, option: Option[T], value: T) -> None:
        """Remember a value."""
        self._store.setValue(option.key, value)

    def save(self) -> None:
        """Write the file now; a failure is logged, for nothing but comfort is lost."""
        self._store.sync()
        if self._store.status() is not QSettings.Status.NoError:
            log.warning("The settings could not be written to %s.", self.path)
