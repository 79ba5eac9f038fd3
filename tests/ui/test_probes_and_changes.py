"""Probes and changes of a picture, chosen with real clicks and drags, run by the real engine."""

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QApplication

from cnnviz.probes import Probe, draw
from cnnviz.transforms import NONE, Transform, mirrored, shifted, turned
from ui.inputs.answer_change import changed_rows
from ui.samples import samples, title
from ui.tasks import Pixels

LEFT = Qt.MouseButton.LeftButton


def drag(view, start, end):
    """Drag from one pixel (row, column) of the picture that a view shows to another."""
    area, scale = view._area(), view._scale()

    def point(place):
        return area.topLeft() + scale * QPointF(place[1], place[0])

    for kind, where, buttons in (
        (QEvent.Type.MouseButtonPress, start, LEFT),
        (QEvent.Type.MouseMove, end, LEFT),
        (QEvent.Type.MouseButtonRelease, end, Qt.MouseButton.NoButton),
    ):
        button = Qt.MouseButton.NoButton if kind == QEvent.Type.MouseMove else LEFT
        at = point(where)
        modifiers = Qt.KeyboardModifier.NoModifier
        event = QMouseEvent(kind, at, view.mapToGlobal(at), button, buttons, modifiers)
        QApplication.sendEvent(view, event)


def settle(qtbot, bench):
    qtbot.waitUntil(
        lambda: not bench.controller.busy and not bench.pictures.live.waiting, timeout=20_000
    )


@pytest.fixture
def probing(workbench):
    workbench.pictures.setCurrentIndex(2)
    return workbench


@pytest.fixture
def changing(workbench):
    """The window with an unchanged digit and the page of changes in front."""
    workbench.controller.run_image(samples("digit")[5])
    workbench.pictures.setCurrentIndex(3)
    QApplication.processEvents()
    return workbench


def goes_in(bench):
    return bench.controller.input_picture


def test_every_kind_of_probe_is_run_when_it_is_chosen(probing, qtbot):
    panel = probing.pictures.probes
    before = probing.controller.image
    assert panel.probe is None
    for kind, button in panel.buttons.items():
        qtbot.mouseClick(button, LEFT)
        settle(qtbot, probing)
        assert probing.controller.image != before
        assert probing.controller.image.kind == kind
        # To one channel: 299/1000 R + 587/1000 G + 114/1000 B (ITU-R BT.601), as Pillow does.
        colours = draw(probing.controller.image, 32, 32).astype(float)
        grey = colours @ (0.299, 0.587, 0.114)
        assert np.abs(goes_in(probing) - grey).max() <= 1
        assert probing.window.top_bar.image.toolTip().startswith(probing.controller.image.title)


def test_a_grating_follows_its_numbers(probing, qtbot):
    panel = probing.pictures.probes
    qtbot.mouseClick(panel.buttons["grating"], LEFT)
    row = panel.rows["angle"][1]
    row.slider.setFocus()
    for _ in range(3):
        qtbot.keyClick(row.slider, Qt.Key.Key_PageUp)
    panel.rows["frequency"][1].box.setValue(5)
    panel.stripes.click()
    settle(qtbot, probing)
    wanted = Probe("grating", angle=30.0, frequency=5.0, wave="square")
    assert probing.controller.image == wanted
    assert np.array_equal(goes_in(probing), draw(wanted, 32, 32)[..., 0])
    assert panel.rows["frequency"][1].box.maximum() == 16  # more do not fit into 32 pixels
    assert not panel.rows["seed"][1].box.isVisible()


def test_colours_have_three_parts_where_the_network_sees_them(probing, qtbot, small_model):
    panel = probing.pictures.probes
    qtbot.mouseClick(panel.buttons["colour"], LEFT)
    assert panel.rows["grey"][1].box.isVisible()
    assert not panel.rows["red"][1].box.isVisible()
    probing.controller.open_model(str(small_model))
    settle(qtbot, probing)
    assert probing.controller.image.kind == "colour"  # the probe goes along
    panel.rows["red"][1].box.setValue(250)
    settle(qtbot, probing)
    assert (goes_in(probing) == (250, 128, 128)).all()


def test_a_probe_that_does_not_fit_stays_behind(workbench, small_model):
    workbench.controller.run_image(Probe("grating", frequency=16.0))
    workbench.controller.open_model(str(small_model))  # it takes 24 x 24
    assert workbench.controller.run is not None
    assert workbench.controller.image in samples("photo")


def test_numbers_change_the_picture_exactly(changing, qtbot):
    panel, original = changing.pictures.change, goes_in(changing)
    panel.down.box.setValue(3)
    panel.right.box.setValue(-2)
    settle(qtbot, changing)
    assert np.array_equal(goes_in(changing), shifted(original, 3, -2))
    panel.angle.box.setValue(90)
    panel.mirror.click()
    settle(qtbot, changing)
    expected = shifted(turned(mirrored(original), 90), 3, -2)
    assert np.array_equal(goes_in(changing), expected)
    assert "mirrored, turned 90°, shifted 3 down" in changing.window.top_bar.image.toolTip()
    qtbot.mouseClick(panel.reset, LEFT)
    settle(qtbot, changing)
    assert np.array_equal(goes_in(changing), original)
    assert (panel.down.value, panel.angle.value, panel.mirror.isChecked()) == (0, 0, False)
    assert not panel.reset.isEnabled()


def test_the_change_of_the_answer_is_shown(changing, qtbot):
    panel, controller = changing.pictures.change, changing.controller
    before = controller.run.predictions
    assert panel.verdict.text().startswith(f"As it is: {before[0].label} (")
    panel.down.box.setValue(1)
    settle(qtbot, changing)
    after = controller.run.predictions
    was, now = before[0], after[0]
    assert was.label == now.label
    assert panel.verdict.text() == f"Still {now.label} ({was.score:.1%} → {now.score:.1%})"
    panel.angle.box.setValue(90)  # lying on its side it is another digit
    settle(qtbot, changing)
    now = controller.run.predictions[0]
    assert now.label != was.label
    expected = f"{was.label} ({was.score:.1%}) became {now.label} ({now.score:.1%})"
    assert panel.verdict.text() == expected
    assert f"{was.label}: {was.score:.6g} → " in panel.answer.toolTip()


def test_dragging_shifts_and_crops(changing, qtbot):
    panel, original = changing.pictures.change, goes_in(changing)
    drag(panel.goes_in, (10, 10), (14, 7))
    settle(qtbot, changing)
    assert panel.transform == Transform(shift=(4, -3))
    assert np.array_equal(goes_in(changing), shifted(original, 4, -3))
    drag(panel.goes_in, (20, 20), (21, 20))  # from where it is now
    assert panel.transform.shift == (5, -3)
    qtbot.mouseClick(panel.reset, LEFT)
    drag(panel.whole, (8, 8), (24, 20))
    settle(qtbot, changing)
    top, left, height, width = panel.transform.crop
    assert height == width  # as the input is
    assert abs(top - 8) <= 1
    assert abs(left - 8) <= 1
    assert abs(height - 16) <= 1
    assert panel.zoom.value == round(100 * height / 32)
    drag(panel.whole, (12, 12), (12, 12))  # a click chooses nothing
    assert panel.transform.crop == (top, left, height, width)
    panel.zoom.box.setValue(100)
    settle(qtbot, changing)
    assert np.array_equal(goes_in(changing), original)


def test_another_picture_or_other_weights_come_as_they_are(changing, qtbot):
    panel, controller = changing.pictures.change, changing.controller
    panel.angle.box.setValue(45)
    settle(qtbot, changing)
    changing.window.actions_by_id["rerun"].trigger()  # the same once more: changed as it was
    assert controller.transform.angle == 45
    controller.set_weights("random")
    settle(qtbot, changing)
    assert controller.transform == NONE
    assert panel.angle.value == 0
    assert "Random weights" in panel.verdict.text()
    controller.set_weights("shipped")
    panel.angle.box.setValue(45)
    settle(qtbot, changing)
    controller.run_image(samples("digit")[7])
    assert (controller.transform, panel.transform) == (NONE, NONE)
    assert panel.verdict.text().startswith("As it is")


def test_what_is_compared():
    from cnnviz.requests import Prediction

    def ranked(*scores):
        rows = [Prediction(i, "abcdef"[i], score) for i, score in enumerate(scores)]
        return sorted(rows, key=lambda row: -row.score)

    before, after = ranked(0.5, 0.3, 0.1, 0.05, 0.05, 0.0), ranked(0.0, 0.2, 0.1, 0.0, 0.1, 0.6)
    rows = changed_rows(before, after, 3)
    assert rows == (("f", 0.0, 0.6), ("a", 0.5, 0.0), ("b", 0.3, 0.2))


def test_titles(tmp_path, monkeypatch):
    seven = next(path for path in samples("digit") if "7" in path.stem)
    assert title(seven) == "Digit 7 a"
    assert title(seven, Transform(mirror=True)) == "Digit 7 a, mirrored"
    monkeypatch.chdir(seven.parent)
    assert title(seven.relative_to(seven.parent)) == "Digit 7 a"  # however its path is written
    assert title(tmp_path / "digit_7_a.png") == "digit_7_a.png"
    assert title(Probe("noise", seed=3)) == "Noise, seed 3"
    assert title(Pixels(np.zeros((2, 2), np.uint8), "Drawing", "drawn")) == "Drawing"
