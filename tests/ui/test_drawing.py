"""Drawing a digit, with real mouse moves and keys, and the real network reading it."""

import itertools

import numpy as np
import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from ui.inputs.sketch import Sketch
from ui.samples import samples
from ui.tasks import Pixels

LEFT = Qt.MouseButton.LeftButton
SEVEN = ((9, 7), (23, 7), (14, 26))


def mouse(sketch, kind, x, y, buttons=LEFT):
    point = sketch.point_of(x, y)
    button = Qt.MouseButton.NoButton if kind == QMouseEvent.Type.MouseMove else LEFT
    event = QMouseEvent(
        kind,
        point,
        QPointF(sketch.mapToGlobal(point.toPoint())),
        button,
        buttons,
        Qt.KeyboardModifier.NoModifier,
    )
    QApplication.sendEvent(sketch, event)


def stroke(sketch, corners, steps=6):
    """Draw through some places (x, y), in pixels of the network's input."""
    mouse(sketch, QMouseEvent.Type.MouseButtonPress, *corners[0])
    for start, end in itertools.pairwise(corners):
        for share in np.linspace(0, 1, steps + 1)[1:]:
            x, y = np.add(start, share * np.subtract(end, start))
            mouse(sketch, QMouseEvent.Type.MouseMove, x, y)
    end = corners[-1]
    mouse(sketch, QMouseEvent.Type.MouseButtonRelease, *end, Qt.MouseButton.NoButton)


@pytest.fixture
def drawing(workbench):
    """The window with the sheet in front."""
    workbench.pictures.setCurrentIndex(1)
    assert workbench.pictures.currentWidget() is workbench.pictures.draw
    return workbench


def settle(qtbot, bench):
    """Until the newest picture was run."""
    qtbot.waitUntil(
        lambda: not bench.controller.busy and not bench.pictures.live.waiting, timeout=20_000
    )


def reads(bench):
    return bench.controller.run.predictions[0].label


def test_a_drawn_seven_is_read_while_it_is_drawn(drawing, qtbot):
    panel, read = drawing.pictures.draw, []
    drawing.controller.run_changed.connect(lambda: read.append(drawing.controller.run))
    stroke(panel.sketch, SEVEN)
    settle(qtbot, drawing)
    assert len(read) > 5  # while the pen moved, not only at the end
    assert reads(drawing) == "7"
    assert drawing.controller.run.predictions[0].score > 0.8
    assert panel.verdict.whole.startswith("Reads 7: ")
    assert drawing.window.top_bar.image.text() == "Drawing"
    # What the network got is the sheet, and the feature maps are of it.
    assert drawing.controller.input_picture[7, 16] > 200
    assert drawing.controller.input_picture[2, 2] == 0
    assert drawing.maps.title.text() == drawing.controller.selection.node


def test_clear_undo_and_redo(drawing, qtbot):
    panel = drawing.pictures.draw
    sketch, tools = panel.sketch, panel.tools
    assert not any(tools[name].isEnabled() for name in ("undo", "redo", "clear"))
    stroke(sketch, SEVEN[:2])
    one = sketch.pixels()
    stroke(sketch, SEVEN[1:])
    both = sketch.pixels()
    assert not np.array_equal(one, both)
    qtbot.mouseClick(tools["clear"], LEFT)
    assert sketch.blank
    settle(qtbot, drawing)
    assert not drawing.controller.input_picture.any()
    for expected in (both, one, np.zeros_like(one)):
        qtbot.mouseClick(tools["undo"], LEFT)
        assert np.array_equal(sketch.pixels(), expected)
    assert not tools["undo"].isEnabled()
    qtbot.keyClick(sketch, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)  # nothing is left
    redo = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
    qtbot.keyClick(sketch, Qt.Key.Key_Z, redo)
    qtbot.mouseClick(tools["redo"], LEFT)
    assert np.array_equal(sketch.pixels(), both)
    settle(qtbot, drawing)
    assert reads(drawing) == "7"


def test_the_eraser_and_the_width(qtbot):
    sketch = Sketch()
    qtbot.addWidget(sketch)
    sketch.resize(200, 200)
    sketch.brush = 2.0
    stroke(sketch, ((4, 16), (28, 16)))
    thin = np.count_nonzero(sketch.pixels()[:, 128])
    assert thin == pytest.approx(2 * 8, abs=2)  # the sheet has 8 pixels to one of the input
    sketch.brush = 6.0
    sketch.erasing = True
    stroke(sketch, ((4, 16), (28, 16)))
    assert sketch.blank


def test_the_keyboard_draws_a_one(drawing, qtbot):
    sketch = drawing.pictures.draw.sketch
    sketch.setFocus()
    playing = drawing.playback.playing
    for _ in range(11):
        qtbot.keyClick(sketch, Qt.Key.Key_Up)
    assert sketch.blank  # the pen is up
    qtbot.keyClick(sketch, Qt.Key.Key_Space)
    for _ in range(22):
        qtbot.keyClick(sketch, Qt.Key.Key_Down)
    qtbot.keyClick(sketch, Qt.Key.Key_Space)
    qtbot.keyClick(sketch, Qt.Key.Key_Right)
    settle(qtbot, drawing)
    assert reads(drawing) == "1"
    assert drawing.playback.playing == playing  # Space drew, and did not play
    qtbot.keyClick(sketch, Qt.Key.Key_Delete)
    assert sketch.blank


def test_ink_can_be_dark(drawing, qtbot):
    panel = drawing.pictures.draw
    stroke(panel.sketch, SEVEN)
    light = panel.sketch.pixels()
    panel.dark_ink.click()
    settle(qtbot, drawing)
    assert np.array_equal(panel.sketch.pixels(), 255 - light)
    assert drawing.controller.input_picture[2, 2] == 255


def test_the_sheet_is_there_only_for_networks_that_read_digits(drawing, small_model, qtbot):
    panel = drawing.pictures.draw
    stroke(panel.sketch, SEVEN)
    settle(qtbot, drawing)
    drawn = drawing.controller.image
    assert isinstance(drawn, Pixels)
    drawing.controller.open_model("lenet5")  # another that reads digits: it gets the same drawing
    assert drawing.controller.image is drawn
    assert drawing.pictures.isTabVisible(1)
    assert panel.verdict.whole.startswith("Reads 7")
    drawing.controller.open_model(str(small_model))
    assert drawing.pictures.currentIndex() == 0
    assert not drawing.pictures.isTabVisible(1)
    assert drawing.controller.image in samples("photo")


def test_another_picture_ends_the_reading_of_the_drawing(drawing, qtbot):
    panel = drawing.pictures.draw
    stroke(panel.sketch, SEVEN)
    settle(qtbot, drawing)
    drawing.controller.run_image(samples("digit")[0])
    assert panel.verdict.whole == ""
    assert drawing.controller.image == samples("digit")[0]


def test_the_pen_draws_through_the_window(drawing, qtbot):
    """The events of the platform, not sent to the widget by us."""
    sketch = drawing.pictures.draw.sketch
    QTest.mousePress(sketch, LEFT, pos=sketch.point_of(16, 5).toPoint())
    QTest.mouseMove(sketch, sketch.point_of(16, 27).toPoint())
    QTest.mouseRelease(sketch, LEFT, pos=sketch.point_of(16, 27).toPoint())
    qtbot.waitUntil(lambda: reads(drawing) == "1", timeout=20_000)


def test_of_what_comes_during_a_pass_only_the_newest_is_run(drawing, qtbot):
    live, controller = drawing.pictures.live, drawing.controller
    pictures = [Pixels(np.full((8, 8), grey, np.uint8), str(grey), "drawn") for grey in range(5)]
    run = []

    def started():
        run.append(controller.image)
        if len(run) == 1:
            for picture in pictures[1:]:
                live.show(picture)

    controller.run_started.connect(started)
    live.show(pictures[0])
    settle(qtbot, drawing)
    assert run == [pictures[0], pictures[-1]]
    assert (controller.input_picture == 4).all()


def test_a_picture_that_the_user_turns_to_is_not_replaced_by_an_older_one(drawing, qtbot):
    live, controller = drawing.pictures.live, drawing.controller
    late, chosen = Pixels(np.zeros((8, 8), np.uint8), "late", "drawn"), samples("digit")[3]

    def started():
        controller.run_started.disconnect(started)
        live.show(late)
        controller.run_image(chosen)

    controller.run_started.connect(started)
    live.show(Pixels(np.zeros((8, 8), np.uint8), "first", "drawn"))
    settle(qtbot, drawing)
    qtbot.wait(50)
    assert controller.image == chosen
