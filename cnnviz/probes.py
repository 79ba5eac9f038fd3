"""Made pictures of which everything is known, to ask a network what it answers to.

In text a probe is `probe:KIND?NAME=VALUE&NAME=VALUE`, such as `probe:grating?angle=45`.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal, cast, get_args

import numpy as np

from cnnviz.errors import UserError
from cnnviz.transforms import Picture

ProbeKind = Literal["colour", "grating", "noise", "impulse"]
Wave = Literal["sine", "square"]

PREFIX = "probe:"

PREPARATION = "Made in the size of the input, neither resized nor cropped."
"""How a probe becomes the input, in the place of what is said of photos."""


@dataclass(frozen=True, slots=True)
class Probe:
    """A picture by its recipe; it is made in the size of the network's input.

    Attributes:
        kind: "colour": the same everywhere; "grating": waves of grey; "noise": each pixel and
            channel uniformly random; "impulse": white on black.
        colour: For a colour: (red, green, blue), 0..255.
        angle: For a grating: where its waves run, degrees counter-clockwise from the right; 0 gives
            upright stripes.
        frequency: For a grating: waves across the input's shorter side.
        phase: For a grating: degrees; 0 is brightest in the middle of the input.
        wave: For a grating.
        seed: For noise.
        place: For an impulse: row and column of its pixel, or of its top left one; the middle when
            None.
        size: For an impulse: pixels of its side.
    """

    kind: ProbeKind
    colour: tuple[int, int, int] = (128, 128, 128)
    angle: float = 0.0
    frequency: float = 8.0
    phase: float = 0.0
    wave: Wave = "sine"
    seed: int = 0
    place: tuple[int, int] | None = None
    size: int = 1

    def __str__(self) -> str:
        """The text that `parse_probe` reads; what is as usual is left out."""
        usual = Probe(self.kind)
        settings = "&".join(
            f"{name}={_WRITERS[name](getattr(self, name))}"
            for name in _SETTINGS[self.kind]
            if getattr(self, name) != getattr(usual, name)
        )
        return f"{PREFIX}{self.kind}{'?' if settings else ''}{settings}"

    @property
    def name(self) -> str:
        """The same, as a file has a name."""
        return str(self)

    @property
    def title(self) -> str:
        """What to call it."""
        if self.kind == "colour":
            red, green, blue = self.colour
            grey = red == green == blue
            return f"Grey {red}" if grey else f"Colour #{_hexadecimal(self.colour)}"
        if self.kind == "grating":
            shape = "Stripes" if self.wave == "square" else "Grating"
            return f"{shape} {self.angle:g}°, {self.frequency:g} waves"
        if self.kind == "noise":
            return f"Noise, seed {self.seed}"
        where = "the middle" if self.place is None else f"{self.place[0]}, {self.place[1]}"
        return f"Impulse at {where}"


def parse_probe(text: str) -> Probe:
    """Read a probe's text.

    Raises:
        UserError: It is none; the sentence says what is.
    """
    kind, _, rest = text.removeprefix(PREFIX).partition("?")
    if kind not in _SETTINGS:
        raise UserError(f"There is no probe {kind!r}: choose from {', '.join(_SETTINGS)}.")
    values: dict[str, Any] = {}
    for setting in filter(None, rest.split("&")):
        name, _, value = setting.partition("=")
        if name not in _SETTINGS[kind]:
            names = ", ".join(_SETTINGS[kind])
            raise UserError(f"A {kind} probe has no {name!r}: it has {names}.")
        try:
            values[name] = _READERS[name](value)
        except ValueError as error:
            raise UserError(f"{name}={value} of the {kind} probe cannot be: {error}.") from error
    return Probe(cast(ProbeKind, kind), **values)


def image_named(text: str) -> Path | Probe:
    """What a command line means by an image: a probe, or the path of a file.

    Raises:
        UserError: It begins as a probe and is none.
    """
    return parse_probe(text) if text.startswith(PREFIX) else Path(text)


def draw(probe: Probe, height: int, width: int) -> Picture:
    """Make a probe.

    Returns:
        uint8, shape (height, width, 3).

    Raises:
        UserError: It does not fit this size.
    """
    if probe.kind == "noise":
        return np.random.default_rng(probe.seed).integers(0, 256, (height, width, 3), np.uint8)
    picture = np.zeros((height, width, 3), np.uint8)
    if probe.kind == "colour":
        picture[:] = probe.colour
    elif probe.kind == "grating":
        picture[:] = _grating(probe, height, width)[:, :, np.newaxis]
    else:
        size = probe.size
        top, left = probe.place or ((height - size) // 2, (width - size) // 2)
        if top < 0 or left < 0 or top + size > height or left + size > width:
            raise UserError(
                f"An impulse of {size} × {size} pixels at {top}, {left} does not lie within "
                f"{height} × {width} pixels: choose another place."
            )
        picture[top : top + size, left : left + size] = 255
    return picture


def _grating(probe: Probe, height: int, width: int) -> Picture:
    """Waves of grey, shape (height, width)."""
    side = min(height, width)
    if probe.frequency > side / 2:
        raise UserError(
            f"{probe.frequency:g} waves do not fit into {side} pixels: a wave takes two, so that "
            f"{side // 2} are the most."
        )
    y, x = np.mgrid[:height, :width]
    angle = math.radians(probe.angle)
    # Rows count downwards, angles upwards.
    along = (x - (width - 1) / 2) * math.cos(angle) - (y - (height - 1) / 2) * math.sin(angle)
    wave = np.cos(2 * np.pi * probe.frequency * along / side + math.radians(probe.phase))
    if probe.wave == "square":
        return np.where(wave >= 0, 255, 0).astype(np.uint8)
    return np.rint(127.5 * (1 + wave)).astype(np.uint8)


def _whole(text: str) -> int:
    if not re.fullmatch("[0-9]{1,9}", text):
        raise ValueError("it takes a whole number from 0")
    return int(text)


def _size(text: str) -> int:
    if _whole(text) < 1:
        raise ValueError("it takes a whole number from 1")
    return int(text)


def _number(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise ValueError("it takes a number")
    return value


def _positive(text: str) -> float:
    value = _number(text)
    if value <= 0:
        raise ValueError("it takes a number above 0")
    return value


def _colour(text: str) -> tuple[int, int, int]:
    """Six hexadecimal digits, or a grey 0..255."""
    if re.fullmatch("#?[0-9a-fA-F]{6}", text):
        red, green, blue = bytes.fromhex(text.removeprefix("#"))
        return red, green, blue
    if re.fullmatch("[0-9]{1,3}", text) and int(text) <= 255:
        return (int(text),) * 3
    raise ValueError("it takes a grey from 0 to 255, or six hexadecimal digits such as ff8000")


def _wave(text: str) -> Wave:
    for wave in get_args(Wave):
        if text == wave:
            return wave
    raise ValueError(f"it takes {' or '.join(get_args(Wave))}")


def _place(text: str) -> tuple[int, int]:
    if not re.fullmatch("[0-9]{1,6},[0-9]{1,6}", text):
        raise ValueError("it takes ROW,COLUMN")
    row, column = map(int, text.split(","))
    return row, column


def _short(value: float) -> str:
    return repr(value).removesuffix(".0")


def _hexadecimal(colour: tuple[int, int, int]) -> str:
    return bytes(colour).hex()


_SETTINGS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "colour": ("colour",),
        "grating": ("angle", "frequency", "phase", "wave"),
        "noise": ("seed",),
        "impulse": ("place", "size"),
    }
)
"""What can be chosen of each kind."""

_READERS: Mapping[str, Callable[[str], Any]] = MappingProxyType(
    {
        "colour": _colour,
        "angle": _number,
        "frequency": _positive,
        "phase": _number,
        "wave": _wave,
        "seed": _whole,
        "place": _place,
        "size": _size,
    }
)

_WRITERS: Mapping[str, Callable[[Any], str]] = MappingProxyType(
    {
        "colour": _hexadecimal,
        "angle": _short,
        "frequency": _short,
        "phase": _short,
        "wave": str,
        "seed": str,
        "place": lambda place: f"{place[0]},{place[1]}",
        "size": str,
    }
)
