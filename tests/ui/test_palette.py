import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

from ui.panels.palette import Palette, rank


def test_rank_prefers_the_start_of_the_name_then_of_a_word():
    names = ["my_block1_conv", "block1_conv", "sublock1", "pool"]
    assert [rank("block1", name) for name in names] == [1, 0, 2, None]
    assert rank("conv block1", "block1_conv") == 1
    assert rank("", "anything") == 0


@pytest.fixture
def palette(qtbot):
    parent = QWidget()
    qtbot.addWidget(parent)
    parent.resize(800, 600)
    parent.show()
    done = []
    entries = [
        (name, "layer", lambda n=name: done.append(n)) for name in ("conv1", "pool1", "conv2")
    ]
    palette = Palette(entries, parent)
    palette.done_by_test = done
    palette.kept_alive = parent
    palette.open()
    return palette


def test_type_arrow_enter(palette, qtbot):
    qtbot.keyClicks(palette.line, "conv")
    assert palette.list.topLevelItemCount() == 2
    qtbot.keyClick(palette.line, Qt.Key.Key_Down)
    qtbot.keyClick(palette.line, Qt.Key.Key_Return)
    assert palette.done_by_test == ["conv2"]


def test_nothing_found_says_so_and_enter_does_nothing(palette, qtbot):
    qtbot.keyClicks(palette.line, "xyz")
    assert palette.nothing.isVisible()
    qtbot.keyClick(palette.line, Qt.Key.Key_Return)
    assert palette.done_by_test == []
    assert palette.isVisible()


def test_escape_closes(palette, qtbot):
    done = palette.done_by_test
    qtbot.keyClick(palette.line, Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: palette.kept_alive.findChild(Palette) is None)
    assert done == []
