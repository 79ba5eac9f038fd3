"""Flat scroll bars: where their parts are, and that the mouse finds them there."""

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QScrollBar, QStyle, QStyleOptionSlider

from ui.theme import apply_theme

LEFT = Qt.MouseButton.LeftButton
PART = QStyle.SubControl


@pytest.fixture(params=[Qt.Orientation.Horizontal, Qt.Orientation.Vertical], ids=["row", "column"])
def bar(request, qtbot, qapp):
    apply_theme(qapp, "light")
    widget = QScrollBar(request.param)
    qtbot.addWidget(widget)
    widget.setRange(0, 300)
    widget.setPageStep(100)
    along = request.param == Qt.Orientation.Horizontal
    widget.resize(400, 14) if along else widget.resize(14, 400)
    widget.show()
    qtbot.waitExposed(widget)
    return widget


def rect(bar, part):
    option = QStyleOptionSlider()
    bar.initStyleOption(option)
    return bar.style().subControlRect(QStyle.ComplexControl.CC_ScrollBar, option, part, bar)


def at(bar, along):
    """A point so many pixels from the start."""
    row = bar.orientation() == Qt.Orientation.Horizontal
    return QPoint(along, 7) if row else QPoint(7, along)


def along(bar, rect):
    row = bar.orientation() == Qt.Orientation.Horizontal
    return (rect.left(), rect.width()) if row else (rect.top(), rect.height())


def test_the_slider_is_the_share_that_is_seen(bar):
    assert along(bar, rect(bar, PART.SC_ScrollBarSlider)) == (0, 100)
    bar.setValue(150)
    assert along(bar, rect(bar, PART.SC_ScrollBarSubPage)) == (0, 150)
    assert along(bar, rect(bar, PART.SC_ScrollBarSlider)) == (150, 100)
    assert along(bar, rect(bar, PART.SC_ScrollBarAddPage)) == (250, 150)
    bar.setRange(0, 0)
    assert along(bar, rect(bar, PART.SC_ScrollBarSlider)) == (0, 400)
    bar.setRange(0, 1_000_000)
    assert along(bar, rect(bar, PART.SC_ScrollBarSlider))[1] >= 16, "it can always be grasped"


def test_the_mouse_drags_it_and_pages(bar):
    QTest.mousePress(bar, LEFT, pos=at(bar, 50))
    QTest.mouseMove(bar, at(bar, 120))
    QTest.mouseRelease(bar, LEFT, pos=at(bar, 120))
    assert bar.value() == 70
    QTest.mouseClick(bar, LEFT, pos=at(bar, 390))
    assert bar.value() == 170


def test_it_is_seen(bar):
    bar.setValue(300)
    image = bar.grab().toImage()
    inside, outside = (image.pixelColor(at(bar, place)).lightness() for place in (350, 50))
    assert abs(inside - outside) > 30
    bar.setEnabled(False)
    image = bar.grab().toImage()
    assert image.pixel(at(bar, 350)) == image.pixel(at(bar, 50))
