"""What a figure says is what is painted, where it says so."""

import numpy as np
import pytest
from PySide6.QtGui import QColor, QImage, QPainter

from cnnviz.figures.scene import Figure, Mark, Picture, Shape, Text
from ui.figures.painting import paint, ruler

pytestmark = pytest.mark.usefixtures("qapp")


def _painted(*marks: Mark, paper: str | None = "#ffffff", scale: float = 4.0) -> QImage:
    image = QImage(400, 400, QImage.Format.Format_ARGB32)
    image.fill(0)
    painter = QPainter(image)
    painter.scale(scale, scale)
    paint(Figure(100, 100, marks, paper), painter)
    painter.end()
    return image


def _ink(image: QImage) -> tuple[int, int, int, int]:
    """Left, top, right and bottom of what is not white."""
    shown = image.convertToFormat(QImage.Format.Format_Grayscale8)
    pixels = np.frombuffer(shown.constBits(), np.uint8).reshape(400, shown.bytesPerLine())
    rows, columns = np.nonzero(pixels[:, :400] < 128)
    return columns.min(), rows.min(), columns.max() + 1, rows.max() + 1


def test_a_shape_is_where_its_points_are() -> None:
    corners = ((10.0, 20.0), (60.0, 20.0), (60.0, 80.0), (10.0, 80.0))
    assert _ink(_painted(Shape(corners, fill="#000000"))) == (40, 80, 240, 320)


def test_fill_stroke_opacity_and_paper_have_their_colours() -> None:
    corners = ((25.0, 25.0), (75.0, 25.0), (75.0, 75.0), (25.0, 75.0))
    image = _painted(Shape(corners, "#ff0000", "#0000ff", width=5, opacity=0.5))
    inside = image.pixelColor(200, 200)  # half of it on white
    assert (inside.red(), inside.green()) == (255, pytest.approx(128, abs=1))
    assert image.pixelColor(100, 200) == QColor("#0000ff")
    assert image.pixelColor(4, 4) == QColor("#ffffff")
    assert _painted(paper=None).pixelColor(4, 4).alpha() == 0


def test_rounded_corners_are_cut_and_sharp_ones_are_not() -> None:
    corners = ((20.0, 20.0), (80.0, 20.0), (80.0, 80.0), (20.0, 80.0))
    sharp = _painted(Shape(corners, fill="#000000"))
    round_ = _painted(Shape(corners, fill="#000000", radius=12))
    assert sharp.pixelColor(82, 82) == QColor("#000000")
    assert round_.pixelColor(82, 82) == QColor("#ffffff")
    assert _ink(sharp) == _ink(round_)


def test_an_arrow_ends_at_its_last_point() -> None:
    line = Shape(((10.0, 50.0), (70.0, 50.0)), stroke="#000000", width=2, closed=False, arrow=True)
    left, top, right, bottom = _ink(_painted(line))
    assert left == 40
    assert right == pytest.approx(280, abs=3)
    assert bottom - top > 16, "the head is wider than the line"


@pytest.mark.parametrize(("anchor", "shift"), [("start", 0.0), ("middle", -0.5), ("end", -1.0)])
def test_a_text_stands_at_its_anchor_and_is_as_wide_as_measured(anchor, shift) -> None:
    wide = ruler()("HHHH", 12)
    left, _, right, bottom = _ink(_painted(Text((50, 60), "HHHH", 12, "#000000", anchor)))
    side = 0.15 * 12 * 4  # the letter's own bearing
    assert left == pytest.approx((50 + shift * wide) * 4, abs=side)
    assert right == pytest.approx((50 + (shift + 1) * wide) * 4, abs=side)
    assert bottom == pytest.approx(240, abs=1)


def test_a_text_that_goes_upward_is_turned() -> None:
    wide = ruler()("HHHH", 12)
    _, top, right, bottom = _ink(_painted(Text((50, 80), "HHHH", 12, "#000000", upward=True)))
    assert right == pytest.approx(200, abs=1)
    assert bottom - top == pytest.approx(4 * wide, abs=12)


def test_text_grows_with_its_size_and_with_bold() -> None:
    measure = ruler()
    assert measure("28 × 28 × 6", 14) == pytest.approx(2 * measure("28 × 28 × 6", 7))
    assert measure("convolution", 8, True) > measure("convolution", 8)


def test_a_picture_keeps_its_pixels() -> None:
    pixels = np.zeros((2, 3, 3), np.uint8)
    pixels[0, 2] = (200, 10, 30)
    image = _painted(Picture((10, 20), (30, 20), pixels))
    assert image.pixelColor(4 * 35, 4 * 25) == QColor(200, 10, 30)
    assert image.pixelColor(4 * 25, 4 * 25) == QColor("#000000")
    assert image.pixelColor(4 * 35, 4 * 35) == QColor("#000000")
