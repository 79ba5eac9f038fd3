import pytest
from PySide6.QtCore import QPoint, Qt

from cnnviz.graph import Node, Source
from ui.panels.scrubber import Scrubber

NAMES = [f"node{i}" for i in range(40)]


@pytest.fixture
def scrubber(qtbot):
    scrubber = Scrubber()
    qtbot.addWidget(scrubber)
    scrubber.resize(900, 60)
    scrubber.show()
    nodes = [
        Node(
            name,
            "Conv2D" if i else "InputLayer",
            (Source(NAMES[i - 1]),) if i else (),
            ((8, 8, 4),),
        )
        for i, name in enumerate(NAMES)
    ]
    scrubber.show_nodes(nodes)
    scrubber.moves = []
    scrubber.moved.connect(scrubber.moves.append)
    scrubber.moved.connect(scrubber.set_current)
    return scrubber


def test_every_tick_is_hit_by_a_click_upon_it(scrubber, qtbot):
    for i in range(len(NAMES)):
        qtbot.mouseClick(scrubber, Qt.MouseButton.LeftButton, pos=scrubber.tick(i).toPoint())
    assert scrubber.moves == NAMES


def test_a_drag_scrubs(scrubber, qtbot):
    qtbot.mousePress(scrubber, Qt.MouseButton.LeftButton, pos=scrubber.tick(3).toPoint())
    for i in (4, 5, 6):
        qtbot.mouseMove(scrubber, scrubber.tick(i).toPoint())
    qtbot.mouseRelease(scrubber, Qt.MouseButton.LeftButton, pos=scrubber.tick(6).toPoint())
    assert scrubber.moves[-1] == "node6"


def test_beyond_the_ends_lie_the_ends(scrubber, qtbot):
    qtbot.mouseClick(scrubber, Qt.MouseButton.LeftButton, pos=QPoint(0, 40))
    qtbot.mouseClick(scrubber, Qt.MouseButton.LeftButton, pos=QPoint(899, 40))
    assert scrubber.moves == ["node0", "node39"]


def test_arrow_keys_home_and_end(scrubber, qtbot):
    for key in (
        Qt.Key.Key_Right,
        Qt.Key.Key_Right,
        Qt.Key.Key_Left,
        Qt.Key.Key_End,
        Qt.Key.Key_Right,
    ):
        qtbot.keyClick(scrubber, key)
    qtbot.keyClick(scrubber, Qt.Key.Key_Home)
    assert scrubber.moves == ["node0", "node1", "node0", "node39", "node39", "node0"]


def test_what_was_computed_stands_out(scrubber):
    before = scrubber.grab().toImage()
    scrubber.node_done("node20", 0.5)
    after = scrubber.grab().toImage()
    foot = scrubber.tick(20).toPoint() - QPoint(0, 3)
    other = scrubber.tick(30).toPoint() - QPoint(0, 3)
    assert before.pixelColor(foot) != after.pixelColor(foot)
    assert before.pixelColor(other) == after.pixelColor(other)


def test_without_a_model_nothing_happens(qtbot):
    scrubber = Scrubber()
    qtbot.addWidget(scrubber)
    scrubber.resize(600, 60)
    scrubber.moved.connect(lambda _: pytest.fail("moved"))
    qtbot.mouseClick(scrubber, Qt.MouseButton.LeftButton)
    qtbot.keyClick(scrubber, Qt.Key.Key_Right)
    scrubber.grab()
