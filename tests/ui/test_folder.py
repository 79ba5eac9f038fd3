"""A folder of pictures, gone through with keys, drops and clicks."""

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QApplication, QFileDialog

from ui.samples import samples

NEXT, PREVIOUS = Qt.Key.Key_PageDown, Qt.Key.Key_PageUp


@pytest.fixture
def folder(tmp_path):
    """Four pictures, a damaged one after the second, and a letter."""
    folder = tmp_path / "my photos 照片"
    folder.mkdir()
    for number in (1, 2, 4, 10):
        pixels = np.random.default_rng(number).integers(0, 256, (60, 40 + number, 3), np.uint8)
        Image.fromarray(pixels).save(folder / f"p{number}.png")
    whole = (folder / "p1.png").read_bytes()
    (folder / "p3.png").write_bytes(whole[: len(whole) // 2])
    (folder / "letter.txt").write_text("Dear Sir or Madam")
    return folder


def drop(window, *paths):
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    where = QPoint(window.width() // 2, window.height() // 2)
    buttons = (Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier)
    enter = QDragEnterEvent(where, Qt.DropAction.CopyAction, data, *buttons)
    QApplication.sendEvent(window, enter)
    assert enter.isAccepted()
    QApplication.sendEvent(
        window, QDropEvent(QPointF(where), Qt.DropAction.CopyAction, data, *buttons)
    )


def current(bench):
    return bench.controller.image.name


@pytest.fixture
def opened(workbench, folder, qtbot):
    drop(workbench.window, folder)
    qtbot.waitUntil(lambda: current(workbench) == "p1.png", timeout=20_000)
    return workbench


def press(qtbot, bench, key):
    qtbot.keyClick(bench.window, key, Qt.KeyboardModifier.ControlModifier)


def message(bench):
    line = bench.window.message_line
    return line.label.text() if line.isVisible() else ""


def test_keys_go_through_a_dropped_folder_and_pass_over_what_is_damaged(opened, qtbot):
    panel = opened.pictures.folder
    assert panel.place.whole == "my photos 照片: 1 of 5"
    press(qtbot, opened, NEXT)
    assert current(opened) == "p2.png"
    assert message(opened) == ""
    press(qtbot, opened, NEXT)
    assert current(opened) == "p4.png"
    assert message(opened) == "Passed over p3.png: it cannot be read as a picture."
    assert panel.place.whole.endswith("4 of 5")
    assert panel.list.currentItem().text() == "p4"
    press(qtbot, opened, NEXT)
    assert current(opened) == "p10.png"
    assert message(opened) == ""
    press(qtbot, opened, NEXT)  # round and round
    assert current(opened) == "p1.png"
    press(qtbot, opened, PREVIOUS)
    press(qtbot, opened, PREVIOUS)
    press(qtbot, opened, PREVIOUS)  # known to be damaged now: not tried again
    assert current(opened) == "p2.png"
    assert message(opened) == ""
    assert opened.window.top_bar.image.text() == "p2.png"


def test_backwards_it_is_passed_over_backwards(opened, qtbot):
    press(qtbot, opened, PREVIOUS)
    press(qtbot, opened, PREVIOUS)
    assert current(opened) == "p4.png"
    press(qtbot, opened, PREVIOUS)
    assert current(opened) == "p2.png"


def test_clicks_and_thumbnails(opened, qtbot):
    panel = opened.pictures.folder
    assert panel.isVisible()
    qtbot.waitUntil(lambda: panel.complete, timeout=20_000)
    item = panel.list.item(3)
    # A thumbnail is of its picture: the middle of a picture of noise is not one colour.
    image = item.icon().pixmap(64).toImage()
    assert len({image.pixel(x, 32) for x in range(5, 60, 5)}) > 5
    qtbot.mouseClick(
        panel.list.viewport(),
        Qt.MouseButton.LeftButton,
        pos=panel.list.visualItemRect(item).center(),
    )
    assert current(opened) == "p4.png"
    qtbot.mouseClick(panel.previous, Qt.MouseButton.LeftButton)
    assert current(opened) == "p2.png"
    assert "damaged" in panel.list.item(2).toolTip()


def test_the_cross_goes_back_to_the_samples(opened, qtbot):
    qtbot.mouseClick(opened.pictures.folder.cross, Qt.MouseButton.LeftButton)
    assert opened.samples.isVisible()
    assert current(opened) == "p1.png"
    press(qtbot, opened, NEXT)
    assert opened.controller.image in samples("digit")


def test_another_picture_leaves_the_folder_where_it_was(opened, qtbot):
    opened.controller.run_image(samples("photo")[0])
    assert opened.pictures.folder.place.whole.endswith(": 5 pictures")
    press(qtbot, opened, NEXT)
    assert current(opened) == "p1.png"


def test_a_folder_with_nothing_to_read(workbench, tmp_path, qtbot):
    before = workbench.controller.image
    drop(workbench.window, tmp_path)
    qtbot.waitUntil(lambda: "no pictures in the folder" in message(workbench), timeout=20_000)
    for name in ("a.png", "b.jpg"):
        (tmp_path / name).write_text("no")
    drop(workbench.window, tmp_path)
    qtbot.waitUntil(lambda: "None of the 2 pictures" in message(workbench), timeout=20_000)
    assert workbench.controller.image == before
    assert not workbench.controller.busy


def test_a_folder_is_asked_for_in_the_menu(workbench, folder, qtbot, monkeypatch):
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(folder))
    workbench.window.actions_by_id["open_folder"].trigger()
    qtbot.waitUntil(lambda: current(workbench) == "p1.png", timeout=20_000)


def test_several_dropped_pictures_are_a_row_of_their_own(workbench, folder, qtbot):
    drop(workbench.window, folder / "p10.png", folder / "p1.png", folder / "letter.txt")
    assert current(workbench) == "p10.png"
    press(qtbot, workbench, NEXT)
    press(qtbot, workbench, NEXT)
    assert current(workbench) == "p10.png"
    assert "letter.txt" in message(workbench)


def test_a_failure_that_is_not_the_pictures_stops_the_row(workbench, folder, qtbot, tmp_path):
    """A network that takes no picture refuses every one: none of them is to blame."""
    import keras

    file = tmp_path / "vector.keras"
    inputs = keras.Input((7,), name="numbers")
    keras.Model(inputs, keras.layers.Dense(2)(inputs)).save(file)
    workbench.controller.open_model(str(file))
    drop(workbench.window, folder)
    qtbot.waitUntil(lambda: "not a picture" in message(workbench), timeout=20_000)
    assert not workbench.pictures.gallery.unreadable


def test_the_window_can_be_started_on_a_folder(make_workbench, folder, qtbot):
    bench = make_workbench()
    bench.start(None, folder)
    qtbot.waitUntil(lambda: bench.controller.image == folder / "p1.png", timeout=20_000)
    assert bench.pictures.gallery.place == "1 of 5"
