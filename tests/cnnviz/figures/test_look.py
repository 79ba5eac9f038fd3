"""Colours, pages, words and what a user may choose."""

import pytest

from cnnviz.errors import UserError
from cnnviz.figures import words
from cnnviz.figures.marks import wrapped
from cnnviz.figures.pages import MILLIMETRE, PAGES
from cnnviz.figures.style import FigureOptions, mix, palette, readable_on
from cnnviz.kinds import Kind

THEMES = ("light", "dark", "print", "greyscale")


def luminance(colour):
    """Relative luminance of WCAG 2.1."""
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return sum(share * value for share, value in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def contrast(one, other):
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", THEMES)
def test_words_can_be_read_on_every_ground(theme):
    colours = palette(theme)
    assert set(colours.kinds) == set(Kind)
    for ground in (colours.paper, colours.grid, *(kind.soft for kind in colours.kinds.values())):
        assert contrast(colours.text, ground) >= 4.5
        assert contrast(colours.muted, ground) >= 4.5
    assert contrast(colours.text, colours.soft_accent) >= 4.5
    for kind in colours.kinds.values():
        assert contrast(kind.on_fill, kind.fill) >= 4.5


def test_greyscale_is_grey():
    colours = palette("greyscale")
    for kind in colours.kinds.values():
        for colour in (kind.fill, kind.soft, kind.line):
            assert len({colour[1:3], colour[3:5], colour[5:7]}) == 1


def test_the_colours_of_okabe_and_ito():
    """Blue, vermillion, bluish green, reddish purple, orange, sky blue."""
    kinds = palette("print").kinds
    assert kinds[Kind.CONVOLUTION].fill == "#0072b2"
    assert kinds[Kind.POOLING].fill == "#d55e00"
    assert kinds[Kind.MERGE].fill == "#009e73"
    assert kinds[Kind.DENSE].fill == "#cc79a7"
    assert kinds[Kind.ACTIVATION].fill == "#e69f00"
    assert kinds[Kind.DEPTHWISE].fill == "#56b4e9"


def test_mixing():
    assert mix("#000000", "#ffffff", 0.5) == "#808080"
    assert mix("#102030", "#ffffff", 0.0) == "#102030"
    assert readable_on("#ffff00") == "#000000"
    assert readable_on("#000080") == "#ffffff"


def test_pages_have_their_sizes():
    sizes = {
        name: (page.width / MILLIMETRE, page.height / MILLIMETRE) for name, page in PAGES.items()
    }
    assert sizes["a4"] == pytest.approx((210, 297))
    assert sizes["letter"] == pytest.approx((8.5 * 25.4, 11 * 25.4))
    assert sizes["column"][0] == pytest.approx(84)
    assert sizes["columns"][0] == pytest.approx(174)
    assert sizes["slide"][0] / sizes["slide"][1] == pytest.approx(16 / 9, abs=1e-3)


@pytest.mark.parametrize(
    ("choice", "value"),
    [
        ("style", "photo"),
        ("theme", "pink"),
        ("page", "a3"),
        ("detail", "atom"),
        ("orientation", "upside down"),
        ("font_size", 5.9),
        ("margin", -1.0),
    ],
)
def test_a_wrong_choice_is_named(choice, value):
    with pytest.raises(UserError, match=choice):
        FigureOptions(**{choice: value})


@pytest.mark.parametrize(
    ("number", "told"),
    [
        (0, "0"),
        (156, "156"),
        (999, "999"),
        (1000, "1.00 k"),
        (9728, "9.73 k"),
        (99_949, "99.9 k"),
        (99_999, "100 k"),
        (999_999, "1.00 M"),
        (25_636_712, "25.6 M"),
        (3_857_973_248, "3.86 G"),
        (2 * 10**12, "2 T"),
    ],
)
def test_large_counts(number, told):
    assert words.count(number) == told


def test_long_words_break_at_their_marks():
    def ruler(text, size, bold=False):
        return len(text) * size

    assert wrapped("inception_3a_5x5_reduce", 1, 13, ruler) == ["inception_3a_", "5x5_reduce"]
    assert wrapped("two words", 1, 5, ruler) == ["two", "words"]
    assert wrapped("abcdefgh", 1, 3, ruler) == ["abc", "def", "gh"]
