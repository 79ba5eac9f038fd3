"""Flat scroll bars: drawn where the mouse finds their parts."""

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QScrollArea

from ui.scroll_bar import ScrollBar, flat_bars
from ui.theme import palette_of, theme

LEFT = Qt.MouseButton.LeftButton
ROW, COLUMN = Qt.Orientation.Horizontal, Qt.Orientation.Vertical


@pytest.fixture(params=[ROW, COLUMN], ids=["row", "column"])
def bar(request, qtbot):
    widget = ScrollBar(request.param)
    qtbot.addWidget(widget)
    widget.setPalette(palette_of(theme("light")))
    widget.setRange(0, 300)
    widget.setPageStep(100)
    widget.resize(400, 14) if request.param == ROW else widget.resize(14, 400)
    widget.show()
    qtbot.waitExposed(widget)
    return widget


def at(bar, along):
    """A point so many pixels from the start."""
    return QPoint(along, 7) if bar.orientation() == ROW else QPoint(7, along)


def drawn(bar):
    """Where along the bar something is drawn, without its arrows."""
    image = bar.grab().toImage()
    ground = bar.palette().window().color().rgb()
    return [i for i in range(16, 384) if image.pixel(at(bar, i)) != ground]


def test_what_is_drawn_can_be_dragged(bar):
    for value in (0, 150, 300):
        bar.setValue(value)
        places = drawn(bar)
        assert places == list(range(places[0], places[-1] + 1))
        assert len(places) == pytest.approx(400 / 4, rel=0.15), "a quarter is seen"
    middle = (places[0] + places[-1]) // 2
    QTest.mousePress(bar, LEFT, pos=at(bar, middle))
    QTest.mouseMove(bar, at(bar, middle - 60))
    held = bar.grab().toImage()
    QTest.mouseRelease(bar, LEFT, pos=at(bar, middle - 60))
    assert 0 < bar.value() < 300
    assert drawn(bar)[0] == pytest.approx(places[0] - 60, abs=2)
    assert held.pixel(at(bar, middle - 60)) != bar.grab().toImage().pixel(at(bar, middle - 60))


def test_beside_it_a_click_pages_and_its_arrows_step(bar):
    QTest.mouseClick(bar, LEFT, pos=at(bar, 300))
    assert bar.value() == bar.pageStep()
    QTest.mouseClick(bar, LEFT, pos=at(bar, 395))
    assert bar.value() == bar.pageStep() + bar.singleStep()
    QTest.mouseClick(bar, LEFT, pos=at(bar, 5))
    assert bar.value() == bar.pageStep()
    image = bar.grab().toImage()
    for end in (range(4, 11), range(389, 396)):
        assert len({image.pixel(at(bar, i)) for i in end}) > 1, "there is an arrow"


def test_nothing_to_scroll_is_an_empty_bar(bar):
    bar.setRange(0, 0)
    assert drawn(bar) == []


def test_an_area_gets_both(qtbot):
    area = QScrollArea()
    qtbot.addWidget(area)
    flat_bars(area)
    content = QLabel()
    content.setFixedSize(900, 900)
    area.setWidget(content)
    area.resize(300, 200)
    area.show()
    assert isinstance(area.verticalScrollBar(), ScrollBar)
    area.horizontalScrollBar().setValue(250)
    assert content.x() == -250
