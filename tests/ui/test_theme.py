import itertools

import numpy as np
import pytest
from PySide6.QtCore import QSize
from PySide6.QtGui import QColor, QIcon, QPalette
from PySide6.QtWidgets import QLabel

from cnnviz.kinds import Kind
from ui import theme as themes

SCHEMES = ["light", "dark", "print"]
GROUNDS = ["window", "canvas", "surface", "raised"]


def contrast(first, second):
    """WCAG 2.1 from its definition, on 8-bit sRGB."""

    def luminance(color):
        channels = np.array([color.red(), color.green(), color.blue()]) / 255
        linear = np.where(
            channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4
        )
        return linear @ [0.2126, 0.7152, 0.0722]

    high, low = sorted((luminance(first), luminance(second)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def test_contrast_follows_wcag():
    assert themes.contrast(QColor("white"), QColor("black")) == pytest.approx(21)
    # The W3C's own example of the lightest grey that passes on white.
    assert themes.contrast(QColor("#767676"), QColor("white")) == pytest.approx(4.54, abs=0.01)


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("ground", GROUNDS)
@pytest.mark.parametrize("ink", ["text", "muted", "link", "warning", "error", "good"])
def test_text_is_readable(scheme, ground, ink):
    colors = themes.theme(scheme)
    assert contrast(getattr(colors, ink), getattr(colors, ground)) >= 4.5


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("kind", list(Kind))
def test_text_is_readable_on_every_kind(scheme, kind):
    colors = themes.theme(scheme)
    kinds = colors.kinds[kind]
    assert contrast(kinds.on_fill, kinds.fill) >= 4.5
    assert contrast(colors.text, kinds.soft) >= 4.5
    assert contrast(colors.muted, kinds.soft) >= 4.5


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("mark", ["accent", "current", "negative", "positive"])
def test_marks_stand_out(scheme, mark):
    colors = themes.theme(scheme)
    assert contrast(getattr(colors, mark), colors.canvas) >= 3
    assert contrast(colors.on_accent, colors.accent) >= 4.5


# Machado, Oliveira and Fernandes (2009), severity 1.0, on linear RGB.
BLINDNESS = {
    "protanopia": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "deuteranopia": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
    "none": np.eye(3),
}


def lab(linear):
    xyz = np.array(
        [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]
    ) @ np.clip(linear, 0, 1)
    scaled = xyz / [0.9505, 1.0, 1.089]
    f = np.where(scaled > 0.008856, np.cbrt(scaled), 7.787 * scaled + 16 / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("blindness", BLINDNESS)
def test_the_kinds_of_a_cnn_stay_apart_for_the_colour_blind(scheme, blindness):
    kinds = themes.theme(scheme).kinds
    points = {}
    for kind in (
        Kind.CONVOLUTION,
        Kind.DEPTHWISE,
        Kind.POOLING,
        Kind.NORMALISATION,
        Kind.ACTIVATION,
        Kind.MERGE,
        Kind.DENSE,
    ):
        color = kinds[kind].fill
        channels = np.array([color.redF(), color.greenF(), color.blueF()])
        linear = np.where(
            channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4
        )
        points[kind] = lab(np.asarray(BLINDNESS[blindness]) @ linear)
    for first, second in itertools.combinations(points, 2):
        distance = np.linalg.norm(points[first] - points[second])
        assert distance > 10, f"{first} and {second}: {distance:.1f}"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_apply_theme_dresses_the_application(qapp, scheme):
    before = qapp.palette()
    try:
        colors = themes.apply_theme(qapp, scheme)
        label = QLabel("text")
        assert colors is themes.theme(scheme)
        assert qapp.style().objectName() == "fusion"
        assert label.palette().color(QPalette.ColorRole.Window) == colors.window
        assert themes.theme_of(label.palette()) is colors
    finally:
        qapp.setPalette(before)


def test_fonts_keep_their_order(qapp):
    sizes = [themes.scaled_font(size).pointSizeF() for size in themes.FONT_SCALES]
    assert sizes == sorted(sizes)
    assert themes.scaled_font("body").pointSizeF() == qapp.font().pointSizeF()


SQUARE = (
    b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><path d="M4 4h8v8H4z"/></svg>'
)


@pytest.mark.parametrize(
    ("mode", "ink"), [(QIcon.Mode.Normal, "text"), (QIcon.Mode.Disabled, "disabled")]
)
def test_icons_are_tinted(qapp, mode, ink):
    colors = themes.theme("dark")
    icon = themes.icon_from_svg(SQUARE, colors)
    image = icon.pixmap(QSize(32, 32), 1.0, mode).toImage()
    assert image.pixelColor(16, 16) == getattr(colors, ink)
    assert image.pixelColor(2, 2).alpha() == 0


def test_a_drawing_that_is_none_is_refused(qapp):
    with pytest.raises(ValueError, match="not an SVG"):
        themes.icon_from_svg(b"<html>", themes.theme("light"))
