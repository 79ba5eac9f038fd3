import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QPalette
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMessageBox, QTableWidget

from ui.actions import COMMANDS, VIEW_KEYS
from ui.samples import samples
from ui.settings import MODEL


def press(qtbot, bench, key, modifier=Qt.KeyboardModifier.NoModifier):
    qtbot.keyClick(bench.window, key, modifier)


def drop(window, path):
    """A drop as the platform delivers it: enter, then drop."""
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path))])
    where = QPoint(window.width() // 2, window.height() // 2)
    buttons = (Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier)
    enter = QDragEnterEvent(where, Qt.DropAction.CopyAction, data, *buttons)
    QApplication.sendEvent(window, enter)
    assert enter.isAccepted()
    QApplication.sendEvent(
        window, QDropEvent(QPointF(where), Qt.DropAction.CopyAction, data, *buttons)
    )


def described(bench):
    """The node that the inspector tells about, once it had its turn."""
    while bench._describing.isActive() or bench._later.busy:
        QTest.qWait(5)
    return bench.inspector.name.text()


def selected(bench):
    return bench.controller.selection.node


def test_the_first_start_shows_a_digit_in_lenet(workbench):
    controller = workbench.controller
    assert controller.opened.id == "lenet5_modern"
    assert controller.image in samples("digit")
    assert len(controller.run.nodes) == len(controller.opened.graph.nodes)
    assert "LeNet-5" in workbench.window.windowTitle()
    assert "61,706 parameters" in workbench.status.totals.text()
    # The first convolution is selected, and every view shows it.
    assert selected(workbench) == controller.opened.graph.nodes[1].name
    assert workbench.maps.title.text() == selected(workbench)
    assert described(workbench) == selected(workbench)
    assert workbench.inspector.picture.isVisible()
    assert workbench.inspector.answer.bars.isVisible()
    assert workbench.library.tree.currentItem().text(0) == controller.opened.name


def test_keys_walk_through_the_pass(workbench, qtbot):
    names = [node.name for node in workbench.controller.opened.graph.nodes]
    for key, modifier, place in (
        (Qt.Key.Key_Period, Qt.KeyboardModifier.NoModifier, 2),
        (Qt.Key.Key_Period, Qt.KeyboardModifier.NoModifier, 3),
        (Qt.Key.Key_Comma, Qt.KeyboardModifier.NoModifier, 2),
        (Qt.Key.Key_End, Qt.KeyboardModifier.ControlModifier, len(names) - 1),
        (Qt.Key.Key_Period, Qt.KeyboardModifier.NoModifier, len(names) - 1),
        (Qt.Key.Key_Home, Qt.KeyboardModifier.ControlModifier, 0),
    ):
        press(qtbot, workbench, key, modifier)
        assert selected(workbench) == names[place]
        assert workbench.maps.title.text() == names[place]
        assert workbench.graph.selected == names[place]
        assert described(workbench) == names[place]


def test_play_walks_to_the_end_and_shows_every_map(workbench, qtbot):
    shown = []
    workbench.controller.activation_changed.connect(lambda a: shown.append(a.node))
    workbench.playback.set_speed(16)
    press(qtbot, workbench, Qt.Key.Key_Home, Qt.KeyboardModifier.ControlModifier)
    press(qtbot, workbench, Qt.Key.Key_Space)
    assert workbench.window.actions_by_id["play"].text() == "Pause"
    qtbot.waitUntil(lambda: not workbench.playback.playing)
    assert shown == [node.name for node in workbench.controller.opened.graph.nodes]
    assert workbench.window.actions_by_id["play"].text() == "Play"


def test_space_pauses(workbench, qtbot):
    press(qtbot, workbench, Qt.Key.Key_Space)
    assert workbench.playback.playing
    press(qtbot, workbench, Qt.Key.Key_Space)
    assert not workbench.playback.playing


def test_space_on_a_button_presses_the_button(workbench, qtbot):
    button = workbench.library.findChild(object, "year")
    button.setFocus()
    qtbot.keyClick(button, Qt.Key.Key_Space)
    assert button.isChecked()
    assert not workbench.playback.playing


def test_the_search_finds_a_layer(workbench, qtbot):
    press(qtbot, workbench, Qt.Key.Key_Slash)
    line = workbench.window.top_bar.search
    assert line.hasFocus()
    last = workbench.controller.opened.graph.nodes[-1].name
    qtbot.keyClicks(line, last.upper())
    qtbot.keyClick(line, Qt.Key.Key_Return)
    assert selected(workbench) == last


def test_a_click_into_the_strip_selects(workbench, qtbot):
    view = workbench.film.view
    where = view.frame_rect(3).center().toPoint()
    qtbot.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=where)
    assert selected(workbench) == workbench.controller.opened.graph.nodes[3].name


def test_a_cell_chosen_in_the_maps_is_the_selection(workbench):
    workbench.maps.position_clicked.emit((2, 5, 7))
    selection = workbench.controller.selection
    assert (selection.channel, selection.row, selection.column) == (2, 5, 7)
    assert selection.node == workbench.controller.opened.graph.nodes[1].name


def test_a_dropped_picture_is_run(workbench, qtbot, tmp_path):
    before = workbench.controller.activation.values
    file = tmp_path / "my photo 照片.png"
    Image.fromarray(np.random.default_rng(0).integers(0, 255, (50, 40, 3), np.uint8)).save(file)
    drop(workbench.window, file)
    assert workbench.controller.image == file
    assert workbench.window.top_bar.image.text() == file.name
    assert not np.array_equal(workbench.controller.activation.values, before)


def test_a_bad_picture_changes_nothing_but_the_message(workbench, tmp_path):
    controller = workbench.controller
    image, run, shown = controller.image, controller.run, controller.activation
    file = tmp_path / "letter.png"
    file.write_text("Dear Sir or Madam")
    drop(workbench.window, file)
    line = workbench.window.message_line
    assert line.isVisible()
    assert "letter.png" in line.label.text()
    assert (controller.image, controller.run) == (image, run)
    assert controller.activation is shown
    workbench.controller.run_image(samples("digit")[1])
    assert not line.isVisible()


def test_the_message_can_be_dismissed(workbench, qtbot):
    workbench.controller.say("Something failed: try again.")
    line = workbench.window.message_line
    qtbot.mouseClick(line.cross, Qt.MouseButton.LeftButton)
    assert not line.isVisible()


def test_a_dropped_model_is_opened_and_run(workbench, small_model):
    drop(workbench.window, small_model)
    controller = workbench.controller
    assert controller.opened.name == "small one"
    assert controller.image in samples("photo")
    assert [node.name for node in controller.run.nodes][-1] == "answer"
    assert workbench.maps.title.text() == "left"
    assert len(controller.run.predictions) == 5


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 cut off", b"no model at all"])
def test_a_bad_model_changes_nothing_but_the_message(workbench, tmp_path, content):
    opened, shown = workbench.controller.opened, workbench.controller.activation
    file = tmp_path / "broken.keras"
    file.write_bytes(content)
    drop(workbench.window, file)
    assert "broken.keras" in workbench.window.message_line.label.text()
    assert workbench.controller.opened is opened
    assert workbench.controller.activation is shown
    assert workbench.window.settings.get(MODEL) == "lenet5_modern"


def test_an_unknown_architecture_names_the_nearest(workbench):
    workbench.commands.open_model("lenet5_moderm")
    assert "lenet5_modern" in workbench.window.message_line.label.text()
    assert workbench.controller.opened.id == "lenet5_modern"


def question(qtbot):
    boxes = []

    def look():
        boxes[:] = [w for w in QApplication.topLevelWidgets() if isinstance(w, QMessageBox)]
        return bool(boxes) and boxes[0].isVisible()

    qtbot.waitUntil(look)
    return boxes[0]


def test_code_in_a_model_is_run_only_after_a_yes(workbench, qtbot, model_with_code):
    opened = workbench.controller.opened
    drop(workbench.window, model_with_code)
    box = question(qtbot)
    assert box.defaultButton() is box.button(QMessageBox.StandardButton.No)
    assert "Lambda" in box.informativeText()
    with qtbot.waitSignal(box.finished):
        qtbot.keyClick(box, Qt.Key.Key_Escape)
    assert workbench.controller.opened is opened

    drop(workbench.window, model_with_code)
    box = question(qtbot)
    yes = box.button(QMessageBox.StandardButton.Yes)
    with qtbot.waitSignal(box.finished):
        qtbot.mouseClick(yes, Qt.MouseButton.LeftButton)
    assert workbench.controller.opened.name == "with_code"
    assert workbench.controller.run is not None


def test_weights_are_said_honestly(workbench):
    workbench.controller.set_weights("random", 7)
    assert "random, seed 7" in workbench.window.top_bar.weights.text()
    assert workbench.inspector.answer.caution.isVisible()
    assert workbench.maps.title.text() == selected(workbench)


def test_weights_that_do_not_fit_change_nothing(workbench, small_model):
    before = workbench.controller.weights
    workbench.controller.set_weights(str(small_model))
    assert workbench.window.message_line.isVisible()
    assert workbench.controller.weights == before
    assert workbench.controller.activation is not None


def test_the_sample_after_this_one(workbench, qtbot):
    first = workbench.controller.image
    press(qtbot, workbench, Qt.Key.Key_PageDown, Qt.KeyboardModifier.ControlModifier)
    assert workbench.controller.image == samples("digit")[1]
    press(qtbot, workbench, Qt.Key.Key_PageUp, Qt.KeyboardModifier.ControlModifier)
    assert workbench.controller.image == first


def test_a_click_on_a_sample_runs_it(workbench, qtbot):
    view = workbench.samples.list
    qtbot.waitUntil(lambda: workbench.samples.complete)
    where = view.visualItemRect(view.item(2)).center()
    qtbot.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=where)
    assert workbench.controller.image == samples("digit")[2]


def test_commands_are_enabled_when_they_can_be_used(make_workbench):
    bench = make_workbench()
    actions = bench.window.actions_by_id
    assert not actions["play"].isEnabled()
    assert not actions["rerun"].isEnabled()
    assert actions["open_model"].isEnabled()
    bench.start(None, None)
    assert actions["play"].isEnabled()
    assert actions["rerun"].isEnabled()
    assert not actions["cancel"].isEnabled()


def test_dark_and_light(workbench, qtbot):
    def ground():
        return workbench.window.palette().color(QPalette.ColorRole.Window).lightness()

    workbench.window.actions_by_id["dark"].trigger()
    qtbot.waitUntil(lambda: ground() < 80)
    workbench.window.actions_by_id["light"].trigger()
    qtbot.waitUntil(lambda: ground() > 200)


def test_the_palette_runs_commands_and_finds_layers(workbench, qtbot):
    press(qtbot, workbench, Qt.Key.Key_K, Qt.KeyboardModifier.ControlModifier)
    line = QApplication.focusWidget()
    last = workbench.controller.opened.graph.nodes[-1].name
    qtbot.keyClicks(line, last)
    qtbot.keyClick(line, Qt.Key.Key_Return)
    assert selected(workbench) == last


def test_what_was_open_is_opened_again(make_workbench, small_model, tmp_path):
    photo = tmp_path / "photo.png"
    Image.new("RGB", (30, 30), "red").save(photo)
    first = make_workbench()
    first.start(str(small_model), photo)
    first.window.docks["pictures"].close()
    first.window.resize(1111, 777)
    first.playback.set_speed(4)
    first.window.close()

    second = make_workbench()
    second.start(None, None)
    assert second.controller.opened.name == "small one"
    assert second.controller.image == photo
    assert not second.window.docks["pictures"].isVisible()
    assert second.playback.speed == 4

    second.commands.open_model("lenet5_modern")
    assert second.controller.image in samples("digit")


def test_a_model_that_has_gone_is_no_failure(make_workbench, tmp_path):
    first = make_workbench()
    first.window.settings.set(MODEL, str(tmp_path / "deleted.keras"))
    first.start(None, None)
    assert first.controller.opened.id == "lenet5_modern"
    assert not first.window.message_line.isVisible()


def test_reset_brings_closed_docks_back(workbench):
    workbench.window.docks["inspector"].close()
    workbench.window.actions_by_id["reset_layout"].trigger()
    assert workbench.window.docks["inspector"].isVisible()


def test_filters_follow_the_selection(workbench, qtbot):
    filters = workbench.filters
    bar = workbench.tabs.tabBar()
    where = bar.tabRect(1).center()
    qtbot.mouseClick(bar, Qt.MouseButton.LeftButton, pos=where)
    conv = workbench.controller.opened.graph.nodes[1].name
    assert filters.title.text() == conv
    filters.channel_clicked.emit(3)
    assert workbench.controller.selection.channel == 3
    assert selected(workbench) == conv

    press(qtbot, workbench, Qt.Key.Key_Period)  # a pooling layer
    assert filters.title.text() != conv
    press(qtbot, workbench, Qt.Key.Key_Period)
    assert filters.title.text() == workbench.controller.opened.graph.nodes[3].name


def test_a_click_into_the_graph_selects(workbench, qtbot):
    name = workbench.controller.opened.graph.nodes[3].name
    where = workbench.graph.position_of(name).toPoint()
    qtbot.mouseClick(workbench.graph, Qt.MouseButton.LeftButton, pos=where)
    assert selected(workbench) == name
    assert workbench.maps.title.text() == name


def test_the_menus_offer_what_there_is(workbench, qtbot):
    def texts(menu):
        return [action.text() for action in menu.actions() if action.text()]

    bar = workbench.window.top_bar
    families = texts(bar.model.menu_of_choices)
    assert {"LeNet", "VGG", "ResNet"} <= set(families)
    assert texts(bar.image.menu_of_choices)[:2] == ["Digits", "Photos"]
    weights = bar.weights.menu_of_choices
    assert texts(weights) == ["Trained, shipped with cnnviz", "Random", "Load weights…"]
    assert "trained on digits" in bar.weights.text()
    assert not workbench.inspector.answer.caution.isVisible()
    weights.actions()[1].trigger()
    assert "random" in bar.weights.text()
    weights.actions()[0].trigger()
    assert "trained on digits" in bar.weights.text()


def test_shortcuts_page_lists_every_key(workbench, qtbot):
    press(qtbot, workbench, Qt.Key.Key_F1)
    page = QApplication.activeModalWidget()
    table = page.findChild(QTableWidget)
    listed = [table.item(row, 1).text() for row in range(table.rowCount())]
    assert set(listed) - {""} == {
        *(command.text for command in COMMANDS if command.shortcuts),
        *(row.view for row in VIEW_KEYS),
    }
    assert all(table.item(row, 0).text().strip() for row in range(table.rowCount()))
    page.reject()


def test_every_command_does_something(workbench):
    connected = workbench.commands.handlers()
    assert set(connected) == {command.id for command in COMMANDS}


def test_the_inspector_tells_the_truth(workbench):
    """LeNet-5's second convolution, worked out by hand: 5 x 5 over 6 maps after a pool of 2."""
    controller = workbench.controller
    node = controller.opened.graph.nodes[3]
    assert node.type == "Conv2D"
    controller.select(node.name)
    assert described(workbench) == node.name
    rows = {fact.name: fact.value for fact in workbench.inspector.facts.facts}
    assert rows["Output"] == "10 × 10 × 16"
    assert rows["Parameters"] == f"{5 * 5 * 6 * 16 + 16:,}"
    assert rows["MACs"] == f"{10 * 10 * 16 * 5 * 5 * 6:,}"
    assert rows["Activation"] == "6.25 KiB"
    field = {fact.name: fact.value for fact in workbench.inspector.field_facts.facts}
    assert field == {"Size": "14 × 14", "Stride": "2 × 2", "Padding": "0 × 0"}

    values = controller.activation.values
    told = {fact.name: fact.value for fact in workbench.inspector.statistics.facts}
    assert told["Zeros"] == f"{(values == 0).mean():.1%}"
    assert told["Range"] == f"{values.min():.4g} to {values.max():.4g}"
