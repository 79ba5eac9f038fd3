"""How a figure is to look: its colours, and everything that a user may choose about it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from types import MappingProxyType
from typing import Literal, get_args

from cnnviz.errors import UserError
from cnnviz.figures.pages import PAGES, Orientation, Page, PageName
from cnnviz.figures.scene import Colour
from cnnviz.kinds import Kind
from cnnviz.outline import Level

StyleName = Literal["graph", "compact", "volumes", "module", "table", "costs"]
ThemeName = Literal["light", "dark", "print", "greyscale"]
DetailName = Literal["auto", "stage", "block", "unit", "operation"]
ScaleName = Literal["log", "linear"]
SolidName = Literal["boxes", "planes"]

CHOICES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "style": get_args(StyleName),
        "detail": get_args(DetailName),
        "theme": get_args(ThemeName),
        "page": get_args(PageName),
        "orientation": get_args(Orientation),
        "scale": get_args(ScaleName),
        "solids": get_args(SolidName),
    }
)
"""What the fields of `FigureOptions` that have names for values take."""
CONTENT = (
    *("title", "caption", "legend"),
    *("shapes", "params", "macs", "fields", "thumbnails", "kernels"),
)
"""Its fields that say what is shown."""

SMALLEST_TEXT = 6.0
"""In points: nothing in a figure is ever smaller."""
LARGEST_TEXT = 96.0
LARGEST_MARGIN = 100.0
"""In millimetres."""


@dataclass(frozen=True, slots=True)
class KindColours:
    """What one kind of layer looks like.

    Attributes:
        fill: The colour itself, for bars, chips and small marks.
        on_fill: Text upon `fill`.
        soft: A tint of it, the ground of boxes that carry text.
        line: Outline of such a box.
    """

    fill: Colour
    on_fill: Colour
    soft: Colour
    line: Colour


@dataclass(frozen=True)
class Palette:
    """The colours of a figure.

    Attributes:
        paper: Ground of the page.
        text: What is read.
        muted: What explains.
        edge: Connections.
        border: Frames and rules.
        grid: The faintest lines and grounds.
        accent: What is highlighted.
        soft_accent: A tint of it.
        kinds: Colours by kind of layer.
    """

    paper: Colour
    text: Colour
    muted: Colour
    edge: Colour
    border: Colour
    grid: Colour
    accent: Colour
    soft_accent: Colour
    kinds: Mapping[Kind, KindColours] = field(repr=False)


# Okabe and Ito's eight colours, which stay apart under every common colour blindness, go to the
# kinds that make up a CNN; the rest take neutral tones.
_FILLS: Mapping[Kind, Colour] = MappingProxyType(
    {
        Kind.INPUT: "#3d4754",
        Kind.CONVOLUTION: "#0072b2",
        Kind.DEPTHWISE: "#56b4e9",
        Kind.POOLING: "#d55e00",
        Kind.NORMALISATION: "#e3d31f",
        Kind.ACTIVATION: "#e69f00",
        Kind.MERGE: "#009e73",
        Kind.DENSE: "#cc79a7",
        Kind.RESHAPE: "#8a94a0",
        Kind.REGULARISATION: "#b9c1ca",
        Kind.ATTENTION: "#7b4fa3",
        Kind.RECURRENT: "#8a5a33",
        Kind.ARITHMETIC: "#5d8a84",
        Kind.OTHER: "#6b7480",
    }
)
_ON_DARK: Mapping[Kind, Colour] = MappingProxyType(
    {
        Kind.INPUT: "#d3dae2",
        Kind.CONVOLUTION: "#2a8fd0",
        Kind.DEPTHWISE: "#7fcdf7",
        Kind.POOLING: "#e8732a",
        Kind.NORMALISATION: "#f0e442",
        Kind.MERGE: "#14b385",
        Kind.ATTENTION: "#a27bd0",
        Kind.RECURRENT: "#b5845a",
        Kind.ARITHMETIC: "#74a8a1",
        Kind.OTHER: "#7d8793",
    }
)
# Lightness alone tells kinds apart: those that stand beside each other most are furthest apart.
_GREYS: Mapping[Kind, int] = MappingProxyType(
    {
        Kind.INPUT: 0x30,
        Kind.CONVOLUTION: 0x5A,
        Kind.DEPTHWISE: 0x8C,
        Kind.POOLING: 0xC4,
        Kind.NORMALISATION: 0xE0,
        Kind.ACTIVATION: 0xD2,
        Kind.MERGE: 0x40,
        Kind.DENSE: 0x74,
        Kind.RESHAPE: 0xB4,
        Kind.REGULARISATION: 0xEA,
        Kind.ATTENTION: 0x4C,
        Kind.RECURRENT: 0x68,
        Kind.ARITHMETIC: 0xA4,
        Kind.OTHER: 0x98,
    }
)


def mix(first: Colour, second: Colour, share: float) -> Colour:
    """Blend two colours: `share` 0 gives the first, 1 the second."""
    pairs = zip(_channels(first), _channels(second), strict=True)
    return "#" + "".join(f"{round(a + (b - a) * share):02x}" for a, b in pairs)


def readable_on(ground: Colour) -> Colour:
    """Black or white, whichever reads better on a ground (contrast of WCAG 2.1)."""
    return "#ffffff" if _luminance(ground) < 0.179 else "#000000"


def _channels(colour: Colour) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def _luminance(colour: Colour) -> float:
    shares = [value / 255 for value in _channels(colour)]
    red, green, blue = (s / 12.92 if s <= 0.04045 else ((s + 0.055) / 1.055) ** 2.4 for s in shares)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@cache
def palette(theme: ThemeName) -> Palette:
    """The colours of a theme; "print" is "light" with black ink."""
    if theme == "dark":
        return Palette(
            paper="#15191e",
            text="#e8ecf1",
            muted="#b3bcc7",
            edge="#8a96a4",
            border="#4a5561",
            grid="#242a31",
            accent="#ffd23f",
            soft_accent="#4a4022",
            kinds=_kinds("#15191e", {**_FILLS, **_ON_DARK}, soft=0.24, line=0.65),
        )
    if theme == "greyscale":
        greys = {kind: f"#{value:02x}{value:02x}{value:02x}" for kind, value in _GREYS.items()}
        kinds = {
            kind: KindColours(fill, readable_on(fill), mix("#ffffff", fill, 0.35), "#4d4d4d")
            for kind, fill in greys.items()
        }
        return Palette(
            paper="#ffffff",
            text="#000000",
            muted="#404040",
            edge="#404040",
            border="#8c8c8c",
            grid="#f0f0f0",
            accent="#000000",
            soft_accent="#cccccc",
            kinds=MappingProxyType(kinds),
        )
    inked = theme == "print"
    return Palette(
        paper="#ffffff",
        text="#000000" if inked else "#1a2028",
        muted="#404040" if inked else "#4f5a66",
        edge="#404040" if inked else "#6b7683",
        border="#8c8c8c" if inked else "#b9c1ca",
        grid="#f2f2f2" if inked else "#f1f4f7",
        accent="#b3005e",
        soft_accent="#fbe3ef",
        kinds=_kinds("#ffffff", _FILLS, soft=0.16, line=0.80),
    )


def _kinds(
    paper: Colour, fills: Mapping[Kind, Colour], soft: float, line: float
) -> Mapping[Kind, KindColours]:
    return MappingProxyType(
        {
            kind: KindColours(
                fill, readable_on(fill), mix(paper, fill, soft), mix(paper, fill, line)
            )
            for kind, fill in fills.items()
        }
    )


@dataclass(frozen=True)
class FigureOptions:
    """Everything that a user chooses about a figure. Plain values only, so that it can be a file.

    Attributes:
        style: What kind of figure.
        detail: How much of the network is shown; "auto" is what suits style and page.
        theme: Its colours.
        page: What it is for.
        orientation: How the page lies; "auto" is what suits the figure.
        margin: Around the figure, in millimetres; the page's usual when None.
        font: Family of the letters.
        font_size: Of a usual label, in points; the page's usual when None. Where the figure has no
            room, down to `SMALLEST_TEXT`.
        title: Write the model's name above the figure.
        caption: Write what it shows, with its numbers, below.
        legend: Say which colour is which kind of layer.
        shapes: Write shapes on labels.
        params: Write parameters on labels.
        macs: Write multiply-adds on labels.
        fields: Write receptive fields on labels.
        thumbnails: Show feature maps where the subject has them.
        block: Key of the part that "module" shows; the most telling one when None.
        scale: How "volumes" draws sizes: as they are, or as their logarithms.
        solids: What "volumes" draws a tensor as: a box, or one plane behind the other.
        kernels: Draw the windows of convolutions and pools into "volumes".
        labels: Words instead of those written, by `Text.label`.
        hidden: Keys of parts that are left out.
        highlighted: Keys of parts that stand out.
        transparent: The page has no ground.
    """

    style: StyleName = "graph"
    detail: DetailName = "auto"
    theme: ThemeName = "print"
    page: PageName = "a4"
    orientation: Orientation = "auto"
    margin: float | None = None
    font: str = "sans-serif"
    font_size: float | None = None
    title: bool = True
    caption: bool = True
    legend: bool = True
    shapes: bool = True
    params: bool = False
    macs: bool = False
    fields: bool = False
    thumbnails: bool = False
    block: str | None = None
    scale: ScaleName = "log"
    solids: SolidName = "boxes"
    kernels: bool = True
    labels: Mapping[str, str] = field(default_factory=dict, hash=False)
    hidden: frozenset[str] = frozenset()
    highlighted: frozenset[str] = frozenset()
    transparent: bool = False

    def __post_init__(self) -> None:
        for name, known in CHOICES.items():
            value = getattr(self, name)
            if value not in known:
                raise UserError(f"A figure's {name} is one of {', '.join(known)}, not {value!r}.")
        if self.font_size is not None and not SMALLEST_TEXT <= self.font_size <= LARGEST_TEXT:
            raise UserError(
                f"A figure's font_size is {SMALLEST_TEXT:g} to {LARGEST_TEXT:g} points, not "
                f"{self.font_size:g}."
            )
        if self.margin is not None and not 0 <= self.margin <= LARGEST_MARGIN:
            raise UserError(
                f"A figure's margin is 0 to {LARGEST_MARGIN:g} mm, not {self.margin:g}."
            )

    @property
    def sheet(self) -> Page:
        """The page that it is for."""
        return PAGES[self.page]

    @property
    def size(self) -> float:
        """Size of a usual label, in points."""
        return self.sheet.text if self.font_size is None else self.font_size

    @property
    def level(self) -> Level | None:
        """The detail as a level; None where the figure is to find it."""
        return None if self.detail == "auto" else Level[self.detail.upper()]

    def words(self, label: str, usual: str) -> str:
        """What a label says: the user's words if there are any."""
        return self.labels.get(label, usual)
