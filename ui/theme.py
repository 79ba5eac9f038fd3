"""How everything looks: one table of meanings, from which every view takes its colours.

Widgets hold no colours. While painting they ask `theme_of(self.palette())`, so that a change of
scheme needs no signal of ours: Qt repaints every widget when the palette changes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Literal

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QFont, QIcon, QPainter, QPalette, QPixmap
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QApplication

from cnnviz.kinds import Kind

Scheme = Literal["light", "dark", "print"]
SchemeChoice = Literal["system", "light", "dark"]

ICONS = Path(__file__).parent / "assets" / "icons"

# Distances in pixels: the only five that layouts use.
TIGHT, SNUG, GAP, WIDE, ROOMY = 4, 8, 12, 16, 24
RADIUS = 6

FONT_SCALES: Mapping[str, float] = MappingProxyType(
    {"small": 0.86, "body": 1.0, "title": 1.2, "headline": 1.6}
)


@dataclass(frozen=True, slots=True)
class KindColors:
    """What one kind of layer looks like.

    Attributes:
        fill: The colour itself: small marks, bars, nodes too small for text, chips.
        on_fill: Text upon `fill`.
        soft: A tint of it, the ground of a card that carries `Theme.text` and `Theme.muted`.
        line: Outline of such a card.
    """

    fill: QColor
    on_fill: QColor
    soft: QColor
    line: QColor


@dataclass(frozen=True)
class Theme:
    """The table of meanings for one scheme.

    Attributes:
        window: Ground of the window and its panels.
        canvas: Ground of the big drawing areas.
        surface: Ground of cards, lists and fields.
        raised: Ground of what floats (tooltips, hover cards, menus).
        text: Text that is read.
        muted: Text that explains; still readable (WCAG AA) on every ground above.
        disabled: Text of what cannot be used now.
        border: Lines between things.
        grid: The faintest lines.
        edge: Connections of the graph.
        accent: What can be acted on, and what is selected.
        on_accent: Text upon `accent`.
        link: Accent as text.
        current: The node being computed now.
        warning: Something that the user should know of.
        error: Something that went wrong.
        good: Something that is as it should be.
        negative: Signed data below zero.
        positive: Signed data above zero.
        shadow: Under what floats.
        kinds: Colours by kind of layer.
    """

    scheme: Scheme
    window: QColor
    canvas: QColor
    surface: QColor
    raised: QColor
    text: QColor
    muted: QColor
    disabled: QColor
    border: QColor
    grid: QColor
    edge: QColor
    accent: QColor
    on_accent: QColor
    link: QColor
    current: QColor
    warning: QColor
    error: QColor
    good: QColor
    negative: QColor
    positive: QColor
    shadow: QColor
    kinds: Mapping[Kind, KindColors] = field(repr=False)


# Okabe and Ito's eight colours, which stay apart under every common colour blindness, go to the
# kinds that make up a CNN. The rest are rare (or say little) and take neutral tones.
_KIND_FILLS: Mapping[Kind, str] = MappingProxyType(
    {
        Kind.INPUT: "#3d4754",
        Kind.CONVOLUTION: "#0072b2",
        Kind.DEPTHWISE: "#56b4e9",
        Kind.POOLING: "#d55e00",
        Kind.NORMALISATION: "#f0e442",
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
# What is too dark on a dark ground, or too pale on a light one, is moved as little as needed.
_ON_DARK: Mapping[Kind, str] = MappingProxyType(
    {
        Kind.INPUT: "#d3dae2",
        Kind.CONVOLUTION: "#2a8fd0",
        Kind.DEPTHWISE: "#7fcdf7",
        Kind.POOLING: "#e8732a",
        Kind.MERGE: "#14b385",
        Kind.RESHAPE: "#8d97a3",
        Kind.REGULARISATION: "#67717d",
        Kind.ATTENTION: "#a27bd0",
        Kind.RECURRENT: "#b5845a",
        Kind.ARITHMETIC: "#74a8a1",
        Kind.OTHER: "#7d8793",
    }
)
_ON_LIGHT: Mapping[Kind, str] = MappingProxyType({Kind.NORMALISATION: "#e3d31f"})

_DARK_INK = QColor("#10151b")
_LIGHT_INK = QColor("#ffffff")


def mix(first: QColor, second: QColor, share: float) -> QColor:
    """Blend two colours: `share` 0 gives the first, 1 the second."""
    rest = 1.0 - share
    return QColor.fromRgbF(
        first.redF() * rest + second.redF() * share,
        first.greenF() * rest + second.greenF() * share,
        first.blueF() * rest + second.blueF() * share,
        first.alphaF() * rest + second.alphaF() * share,
    )


def with_alpha(color: QColor, alpha: float) -> QColor:
    """The same colour, see-through: `alpha` 0 is invisible, 1 is opaque."""
    result = QColor(color)
    result.setAlphaF(alpha)
    return result


def luminance(color: QColor) -> float:
    """Relative luminance of WCAG 2.1, 0 (black) to 1 (white)."""
    linear = [
        value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4
        for value in (color.redF(), color.greenF(), color.blueF())
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(first: QColor, second: QColor) -> float:
    """Contrast ratio of WCAG 2.1, 1 to 21; text wants 4.5, marks want 3."""
    low, high = sorted((luminance(first), luminance(second)))
    return (high + 0.05) / (low + 0.05)


def readable_on(ground: QColor) -> QColor:
    """Black or white ink, whichever reads better on `ground`."""
    return max((_DARK_INK, _LIGHT_INK), key=lambda ink: contrast(ink, ground))


def _kind_colors(
    ground: QColor, overrides: Mapping[Kind, str], soft: float, line: float
) -> Mapping[Kind, KindColors]:
    colors = {}
    for kind, name in _KIND_FILLS.items():
        fill = QColor(overrides.get(kind, name))
        colors[kind] = KindColors(
            fill=fill,
            on_fill=readable_on(fill),
            soft=mix(ground, fill, soft),
            line=mix(ground, fill, line),
        )
    return MappingProxyType(colors)


def _make(scheme: Scheme, kinds: Mapping[Kind, KindColors], **colors: str) -> Theme:
    named = {name: QColor(value) for name, value in colors.items()}
    return Theme(scheme=scheme, kinds=kinds, **named)


@cache
def theme(scheme: Scheme) -> Theme:
    """The table of a scheme; "print" is for figures on white paper."""
    if scheme == "dark":
        return _make(
            "dark",
            _kind_colors(QColor("#1e2329"), _ON_DARK, soft=0.20, line=0.55),
            window="#252b33",
            canvas="#15191e",
            surface="#191e24",
            raised="#2e363f",
            text="#e8ecf1",
            muted="#b3bcc7",
            disabled="#69737f",
            border="#3b444f",
            grid="#242a31",
            edge="#66717e",
            accent="#4aa3ff",
            on_accent="#08121d",
            link="#6cb6ff",
            current="#ffd23f",
            warning="#f2b134",
            error="#ff7b72",
            good="#3fca91",
            negative="#4aa3ff",
            positive="#ff8a5c",
            shadow="#a0000000",
        )
    light = {
        "window": "#f5f6f8",
        "canvas": "#fbfcfd",
        "surface": "#ffffff",
        "raised": "#ffffff",
        "text": "#1a2028",
        "muted": "#58636f",
        "disabled": "#9aa3ad",
        "border": "#d5dae1",
        "grid": "#e9ecf0",
        "edge": "#8d98a5",
        "accent": "#0b66c9",
        "on_accent": "#ffffff",
        "link": "#0a5cb5",
        "current": "#c2185b",
        "warning": "#8f5a00",
        "error": "#b3261e",
        "good": "#0b7a55",
        "negative": "#0b66c9",
        "positive": "#c8500a",
        "shadow": "#30101820",
    }
    if scheme == "light":
        kinds = _kind_colors(QColor("#ffffff"), _ON_LIGHT, soft=0.13, line=0.60)
        return _make("light", kinds, **light)
    white = dict.fromkeys(("window", "canvas", "surface", "raised"), "#ffffff")
    ink = {"text": "#000000", "muted": "#444444", "edge": "#555555", "shadow": "#00000000"}
    kinds = _kind_colors(QColor("#ffffff"), _ON_LIGHT, soft=0.16, line=0.80)
    return _make("print", kinds, **(light | white | ink))


def theme_of(palette: QPalette) -> Theme:
    """The table that goes with a widget's palette."""
    ground = palette.color(QPalette.ColorRole.Window)
    return theme("dark" if luminance(ground) < 0.2 else "light")


def palette_of(colors: Theme) -> QPalette:
    """Qt's palette for a table."""
    role = QPalette.ColorRole
    palette = QPalette()
    for which, color in {
        role.Window: colors.window,
        role.WindowText: colors.text,
        role.Base: colors.surface,
        role.AlternateBase: mix(colors.surface, colors.window, 0.7),
        role.Text: colors.text,
        role.PlaceholderText: colors.muted,
        role.Button: mix(colors.surface, colors.window, 0.35),
        role.ButtonText: colors.text,
        role.BrightText: colors.error,
        role.ToolTipBase: colors.raised,
        role.ToolTipText: colors.text,
        role.Highlight: colors.accent,
        role.HighlightedText: colors.on_accent,
        role.Accent: colors.accent,
        role.Link: colors.link,
        role.LinkVisited: colors.link,
        # Fusion draws its outlines and grooves from these five.
        role.Light: mix(colors.surface, QColor("white"), 0.08),
        role.Midlight: mix(colors.surface, colors.border, 0.4),
        role.Mid: colors.border,
        role.Dark: mix(colors.border, colors.text, 0.15),
        role.Shadow: mix(colors.border, QColor("black"), 0.5),
    }.items():
        palette.setColor(which, color)
    disabled = QPalette.ColorGroup.Disabled
    for which in (role.WindowText, role.Text, role.ButtonText, role.PlaceholderText):
        palette.setColor(disabled, which, colors.disabled)
    palette.setColor(disabled, role.Highlight, colors.border)
    palette.setColor(disabled, role.HighlightedText, colors.disabled)
    # A selection stays visible, and says so, when another panel has the keyboard.
    inactive = mix(colors.surface, colors.accent, 0.28)
    palette.setColor(QPalette.ColorGroup.Inactive, role.Highlight, inactive)
    palette.setColor(QPalette.ColorGroup.Inactive, role.HighlightedText, colors.text)
    return palette


def system_scheme() -> Literal["light", "dark"]:
    """What the desktop asks for; light where it says nothing."""
    dark = QApplication.styleHints().colorScheme() is Qt.ColorScheme.Dark
    return "dark" if dark else "light"


def apply_theme(app: QApplication, choice: SchemeChoice = "system") -> Theme:
    """Dress the whole application.

    Call it again with "system" when `app.styleHints().colorSchemeChanged` fires.

    Returns:
        The table now in force.
    """
    hints = app.styleHints()
    if choice == "system":
        hints.unsetColorScheme()
        colors = theme(system_scheme())
    else:
        # For window frames and native dialogs, which draw themselves; offscreen it does nothing.
        dark, light = Qt.ColorScheme.Dark, Qt.ColorScheme.Light
        hints.setColorScheme(dark if choice == "dark" else light)
        colors = theme(choice)
    if app.style().objectName() != "fusion":
        app.setStyle("fusion")
    app.setPalette(palette_of(colors))
    return colors


def scaled_font(size: str = "body", *, bold: bool = False, base: QFont | None = None) -> QFont:
    """The application's font at one of `FONT_SCALES`.

    Args:
        size: "small", "body", "title" or "headline".
        bold: Semi-bold, in fact.
        base: Start from this font, such as a widget's own.
    """
    font = QFont(base if base is not None else QApplication.font())
    if font.pointSizeF() > 0:
        font.setPointSizeF(font.pointSizeF() * FONT_SCALES[size])
    else:
        font.setPixelSize(round(font.pixelSize() * FONT_SCALES[size]))
    if bold:
        font.setWeight(QFont.Weight.DemiBold)
    return font


def tinted_icon(name: str, colors: Theme) -> QIcon:
    """One of our icons (`ui/assets/icons/NAME.svg`, drawn in any one colour), in the theme's ink.

    Take it anew when the palette changes.
    """
    return icon_from_svg((ICONS / f"{name}.svg").read_bytes(), colors)


def icon_from_svg(svg: bytes, colors: Theme) -> QIcon:
    """Tint an SVG: text colour, faint where disabled, accent where checked.

    Raises:
        ValueError: When it is no SVG.
    """
    renderer = QSvgRenderer(svg)
    if not renderer.isValid():
        raise ValueError("The icon is not an SVG drawing.")
    icon = QIcon()
    # Icons are most of the work before the first paint: few sizes, each drawn once.
    for pixels in (16, 20, 40):
        shape = QPixmap(pixels, pixels)
        shape.fill(Qt.GlobalColor.transparent)
        painter = QPainter(shape)
        area = QRectF(0, 0, pixels, pixels)
        renderer.render(painter, area)
        painter.end()
        for mode, state, ink in (
            (QIcon.Mode.Normal, QIcon.State.Off, colors.text),
            (QIcon.Mode.Disabled, QIcon.State.Off, colors.disabled),
            (QIcon.Mode.Selected, QIcon.State.Off, colors.on_accent),
            (QIcon.Mode.Normal, QIcon.State.On, colors.link),
            (QIcon.Mode.Disabled, QIcon.State.On, colors.disabled),
        ):
            pixmap = QPixmap(shape)
            painter = QPainter(pixmap)
            painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_SourceIn)
            painter.fillRect(area, ink)
            painter.end()
            icon.addPixmap(pixmap, mode, state)
    return icon
