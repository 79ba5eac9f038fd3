"""Colour maps as 32-bit look-up tables, ready for an image that wraps the looked-up buffer.

A picture of data is first made of *codes*, one byte a cell: 0..`STEPS - 1` is the position on the
colour map, and the three highest codes are marks that no map contains. The number of steps is odd,
so that the middle step of a zero-centred map is exactly zero.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

Colours = NDArray[np.uint32]
"""Pixels as 0xAARRGGBB."""

STEPS = 253
BACKGROUND = 253
INFINITE = 254
NOT_A_NUMBER = 255

INFINITE_COLOUR = 0xFF00FFFF
NOT_A_NUMBER_COLOUR = 0xFFFF00FF

# Every eighth entry of the tables by Nathaniel J. Smith, Stefan van der Walt and (viridis) Eric
# Firing, https://bids.github.io/colormap, released under CC0.
_VIRIDIS = (
    "440154 470d60 48186a 482374 472d7b 453681 424086 3f4989 3b528b 375a8d 33638d 2f6a8e "
    "2c728e 297a8e 26818e 23898e 21908c 1f988b 1f9f88 21a685 28ae80 31b57b 3ebc74 4cc26c "
    "5dc963 6ece58 82d34c 96d83f abdc32 c0df24 d5e21a eae51a fde725"
)
_MAGMA = (
    "000004 030311 0a0822 130d33 1d1146 28115a 36106a 430f76 50127c 5d177f 691c81 762181 "
    "822681 8f2a81 9c2e7f a9327d b63779 c33b75 cf4170 db486a e65163 ee5c5e f5695c f9785d "
    "fb8761 fd9668 fea571 feb47b fec387 fed194 fde0a2 fceeb0 fcfdbf"
)
# Ours: blue against orange stays apart in the common kinds of colour blindness.
_BLUE_WHITE_ORANGE = "0b3c7d 2f7fd0 8fc1ee f7f7f7 f3b27a d9701a 7a2f04"
_BLUE_BLACK_ORANGE = "c4e4ff 5aa9ee 1f5fa8 121212 a8510d ee9440 ffe3bd"

# Linear sRGB to the cone response of Oklab, and from its cube root to Oklab
# (Björn Ottosson, https://bottosson.github.io/posts/oklab).
_TO_CONES = np.array(
    [
        [0.4122214708, 0.5363325363, 0.0514459929],
        [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
    ]
)
_TO_OKLAB = np.array(
    [
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    ]
)


@dataclass(frozen=True, eq=False)
class ColourMap:
    """A colour map.

    Attributes:
        id: What settings remember.
        label: What the window shows.
        diverging: Its middle stands for zero.
        rgb: The colours, shape (STEPS, 3), uint8.
    """

    id: str
    label: str
    diverging: bool
    rgb: NDArray[np.uint8] = field(repr=False)

    def table(self, background: int = 0xFF808080) -> Colours:
        """The 256 pixels that the codes of a picture stand for.

        Args:
            background: Colour, 0xAARRGGBB, of what is not data (gutters).
        """
        table = np.empty(256, np.uint32)
        red, green, blue = self.rgb.astype(np.uint32).T
        table[:STEPS] = 0xFF000000 | red << 16 | green << 8 | blue
        table[BACKGROUND] = background
        table[INFINITE] = INFINITE_COLOUR
        table[NOT_A_NUMBER] = NOT_A_NUMBER_COLOUR
        return table


def _anchors(text: str) -> NDArray[np.float64]:
    return np.array([list(bytes.fromhex(colour)) for colour in text.split()], np.float64)


def _stretch(anchors: NDArray[np.float64]) -> NDArray[np.float64]:
    """Evenly spaced anchors, shape (N, 3), to `STEPS` colours, straight between neighbours."""
    at = np.linspace(0, len(anchors) - 1, STEPS)
    return np.stack(
        [np.interp(at, np.arange(len(anchors)), channel) for channel in anchors.T], axis=-1
    )


def _oklab(anchors: NDArray[np.float64]) -> NDArray[np.float64]:
    """From sRGB 0..255 to Oklab, where straight lines look like even steps."""
    srgb = anchors / 255
    linear = np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)
    return np.cbrt(linear @ _TO_CONES.T) @ _TO_OKLAB.T


def _srgb(oklab: NDArray[np.float64]) -> NDArray[np.float64]:
    """From Oklab to sRGB 0..255; colours that a screen cannot show are clipped."""
    linear = ((oklab @ np.linalg.inv(_TO_OKLAB).T) ** 3) @ np.linalg.inv(_TO_CONES).T
    linear = np.clip(linear, 0, 1)
    srgb = np.where(linear <= 0.0031308, linear * 12.92, 1.055 * linear ** (1 / 2.4) - 0.055)
    return np.asarray(255 * srgb)


def _bytes(rgb: NDArray[np.float64]) -> NDArray[np.uint8]:
    return np.rint(rgb).astype(np.uint8)


def _perceptual(text: str) -> NDArray[np.uint8]:
    return _bytes(_srgb(_stretch(_oklab(_anchors(text)))))


COLOUR_MAPS: Mapping[str, ColourMap] = MappingProxyType(
    {
        entry.id: entry
        for entry in (
            ColourMap("viridis", "Viridis", False, _bytes(_stretch(_anchors(_VIRIDIS)))),
            ColourMap("magma", "Magma", False, _bytes(_stretch(_anchors(_MAGMA)))),
            ColourMap("grey", "Grey", False, _bytes(_stretch(_anchors("000000 ffffff")))),
            ColourMap("white", "Blue-white-orange", True, _perceptual(_BLUE_WHITE_ORANGE)),
            ColourMap("black", "Blue-black-orange", True, _perceptual(_BLUE_BLACK_ORANGE)),
        )
    }
)
"""Every colour map by id: sequential ones first, then zero-centred ones."""


def automatic_map(minimum: float, maximum: float, *, dark: bool = False) -> ColourMap:
    """The colour map that fits data of this range: zero-centred where it has both signs.

    Args:
        minimum: Smallest finite value.
        maximum: Largest finite value.
        dark: Draw zero dark, to sit quietly in a dark window.
    """
    if minimum < 0 < maximum:
        return COLOUR_MAPS["black" if dark else "white"]
    return COLOUR_MAPS["magma" if dark else "viridis"]
