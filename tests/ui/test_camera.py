"""The camera: absent without the add-on, steady with it. No test looks through a real one."""

import sys

import pytest
from PySide6.QtGui import QImage

from ui.samples import samples

# What Qt says of a machine without video drivers is not ours.
pytestmark = pytest.mark.qt_log_ignore("Couldn't (load|resolve)", "No RHI backend", extend=True)


def _multimedia():
    return pytest.importorskip(
        "PySide6.QtMultimedia", reason="needs PySide6-Addons", exc_type=ImportError
    )


def message(bench):
    return bench.window.message_line.label.text()


def test_without_the_add_on_one_line_says_what_to_do(workbench, monkeypatch):
    monkeypatch.setitem(sys.modules, "PySide6.QtMultimedia", None)
    action = workbench.window.actions_by_id["camera"]
    assert not action.isChecked()
    action.trigger()
    assert not action.isChecked()
    assert not workbench.pictures.camera.on
    assert "pip install PySide6-Addons" in message(workbench)
    assert "\n" not in message(workbench)


@pytest.fixture
def looking(workbench):
    """The window while frames are taken, from a sink that the test fills."""
    _multimedia()
    workbench.pictures.camera.listen()
    return workbench


def frame(grey):
    from PySide6.QtMultimedia import QVideoFrame

    image = QImage(640, 480, QImage.Format.Format_RGB32)
    image.fill(0xFF000000 | grey * 0x010101)
    return QVideoFrame(image)


def test_the_newest_frame_is_run_and_those_before_are_dropped(looking, qtbot):
    camera, controller, seen = looking.pictures.camera, looking.controller, []
    camera.seen.connect(seen.append)
    for grey in range(0, 250, 10):
        camera.sink.setVideoFrame(frame(grey))
    qtbot.waitUntil(lambda: bool(seen), timeout=20_000)
    qtbot.waitUntil(lambda: controller.image in seen and controller.run is not None)
    assert seen[0].values[240, 320].tolist() == [240, 240, 240, 255]
    assert (controller.input_picture == 240).all()
    assert looking.window.top_bar.image.text() == "Camera"


def test_another_picture_turns_it_off(looking, qtbot):
    camera = looking.pictures.camera
    camera.sink.setVideoFrame(frame(9))
    with qtbot.waitSignal(looking.pictures.camera_used, timeout=20_000):
        looking.controller.run_image(samples("digit")[2])
    assert not camera.on
    assert camera.sink is None
    assert looking.controller.image == samples("digit")[2]


def test_closing_the_window_releases_it(looking):
    looking.window.close()
    assert not looking.pictures.camera.on
    assert looking.pictures.camera.sink is None


def test_a_failure_turns_it_off_with_a_sentence(looking):
    looking.pictures.camera._broken(None, "Device lost.")
    assert "The camera stopped (Device lost)" in message(looking)
    assert not looking.window.actions_by_id["camera"].isChecked()


def test_where_no_camera_is_found_one_line_says_so(workbench, monkeypatch):
    multimedia = _multimedia()
    nothing = multimedia.QCameraDevice()

    class Devices:
        defaultVideoInput = staticmethod(lambda: nothing)

    monkeypatch.setattr(multimedia, "QMediaDevices", Devices)
    workbench.window.actions_by_id["camera"].trigger()
    assert "There is no camera" in message(workbench)
    assert not workbench.window.actions_by_id["camera"].isChecked()
    assert not workbench.pictures.camera.on
