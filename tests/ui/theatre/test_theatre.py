"""The theatre and the laboratory in the real window, by mouse and keys."""

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QGuiApplication

from cnnviz.arithmetic import step
from cnnviz.experiment import build
from cnnviz.lab import parse
from cnnviz.lectures import LECTURES
from ui.theatre import film as films
from ui.theatre import rivals as rivals_view
from ui.theatre import scatter, shuffle
from ui.theatre.film import Film, Recording, TooLarge, draw, likely_bytes, thinned
from ui.theatre.laboratory import Laboratory
from ui.theatre.matrices import connections
from ui.theatre.player import Player
from ui.theatre.show import (
    Show,
    moments,
    rounding_note,
    show_of_lab,
    step_at,
    sum_lines,
    whole_sum,
)


def show_from(line):
    return show_of_lab(build(parse(line)))


@pytest.fixture
def bench(workbench):
    """The window with the theatre on LeNet's first convolution."""
    workbench.tabs.setCurrentWidget(workbench.pages.theatre)
    return workbench


@pytest.fixture
def lab(qtbot):
    """A laboratory of its own."""
    widget = Laboratory()
    widget.resize(1200, 800)
    qtbot.addWidget(widget)
    widget.show()
    qtbot.waitExposed(widget)
    yield widget
    widget.view.exporter.close_lane()


def type_into(widget, qtbot, field, text):
    line = widget.form.lines[field]
    line.selectAll()
    qtbot.keyClicks(line, text)
    widget.form.flush()


# On a layer.


def test_the_selected_layer_is_on_the_stage(bench):
    show = bench.pages.theatre.view.show_
    assert show.network
    assert show.values.shape == (32, 32, 1)
    assert show.output.shape == (28, 28, 6)
    np.testing.assert_array_equal(show.output, bench.controller.activation.values)


def test_the_panel_ends_in_the_networks_value(bench):
    view = bench.pages.theatre.view
    for row, column in ((0, 0), (14, 9), (27, 27)):
        view.go_to_cell(row, column)
        found = step_at(view.show_, view.moment)
        assert abs(found.value - view.show_.output[row, column, 0]) <= 1e-5
        assert "the network has" in " ".join(sum_lines(view.show_, view.moment)[-2:])


def test_a_click_on_an_output_cell_goes_there_and_selects(bench, qtbot):
    view = bench.pages.theatre.view
    view.go_to_cell(10, 10)
    target = view.stage.stage.target
    row, column = target.top + target.rows - 1, target.left
    where = target.rect(row, column).center().toPoint()
    qtbot.mouseClick(view.stage, Qt.MouseButton.LeftButton, pos=where)
    assert view.moment.cell(view.show_) == (row, column) != (10, 10)
    selection = bench.controller.selection
    assert (selection.channel, selection.row, selection.column) == (0, row, column)


def test_a_cell_selected_elsewhere_is_shown(bench):
    node = bench.controller.selection.node
    bench.controller.select(node, 3, 20, 5)
    view = bench.pages.theatre.view
    assert view.moment.channel == 3
    assert view.moment.cell(view.show_) == (20, 5)


def test_keys_play_and_step(bench, qtbot):
    stage, view = bench.pages.theatre.view.stage, bench.pages.theatre.view
    stage.setFocus()
    qtbot.keyClick(stage, Qt.Key.Key_Right)
    assert view.moment.place == 1
    qtbot.keyClick(stage, Qt.Key.Key_Down)
    assert view.moment.place == 29
    qtbot.keyClick(stage, Qt.Key.Key_PageDown)
    assert view.moment.channel == 1
    qtbot.keyClick(stage, Qt.Key.Key_End)
    assert view.moment.place == 28 * 28 - 1
    qtbot.keyClick(stage, Qt.Key.Key_Home)
    view.speed.setCurrentIndex(view.speed.count() - 1)
    qtbot.keyClick(stage, Qt.Key.Key_Space)
    assert view.player.playing
    assert not bench.playback.playing
    qtbot.waitUntil(lambda: view.moment.place > 50)
    qtbot.keyClick(stage, Qt.Key.Key_Space)
    assert not view.player.playing
    place = view.moment.place
    qtbot.wait(80)
    assert view.moment.place == place


def test_the_whole_map_plays_in_about_a_second(bench, qtbot):
    view = bench.pages.theatre.view
    view.speed.setCurrentIndex(view.speed.count() - 1)
    with qtbot.waitSignal(view.player.playing_changed, timeout=500):
        view.play.click()
    with qtbot.waitSignal(view.player.playing_changed, timeout=4000):
        pass
    assert view.moment.place == 28 * 28 - 1


def test_scrubbing(bench):
    view = bench.pages.theatre.view
    view.slider.setValue(400)
    assert view.moment.place == 400
    assert view.where.text() == "401 / 784"


def test_another_layer_and_one_that_does_not_slide(bench):
    bench.controller.select("s2_pool")
    assert bench.pages.theatre.view.show_.operation.pool == "max"
    last = bench.controller.opened.graph.nodes[-1].name
    bench.controller.select(last)
    assert bench.pages.theatre.view.show_ is None
    assert not bench.pages.theatre.view.play.isEnabled()
    bench.pages.theatre.view.written.setChecked(True)
    assert bench.pages.theatre.view.sum.isHidden()
    bench.pages.theatre.view.written.setChecked(False)
    bench.controller.select("c3_conv")
    assert bench.pages.theatre.view.show_.depth(0) == 6


def test_a_layer_is_chosen_from_the_list(bench):
    layers = bench.pages.theatre.layers
    listed = [layers.itemText(index) for index in range(layers.count())]
    assert listed == ["c1_conv", "s2_pool", "c3_conv", "s4_pool", "c5_conv"]
    assert layers.currentText() == bench.controller.selection.node
    layers.setCurrentIndex(2)
    layers.textActivated.emit("c3_conv")
    assert bench.controller.selection.node == "c3_conv"
    assert bench.pages.theatre.view.show_.depth(0) == 6
    bench.controller.select("s4_pool")
    assert layers.currentText() == "s4_pool"
    bench.controller.select("flatten")
    assert layers.currentText() == ""


def test_channel_by_channel_sums_up(bench):
    bench.controller.select("c3_conv")
    view = bench.pages.theatre.view
    view.by_channel.setChecked(True)
    assert len(view.moments) == 10 * 10 * 6
    view.player.go(2)
    assert (view.moment.place, view.moment.depth) == (0, 2)
    found = step_at(view.show_, view.moment)
    assert "after 3 of 6 channels" in " ".join(sum_lines(view.show_, view.moment))
    assert found.running[2] == pytest.approx(found.channel_sums[:3].sum())
    view.by_channel.setChecked(False)
    assert len(view.moments) == 100


def test_nothing_is_fetched_while_nobody_looks(workbench):
    assert workbench.pages.theatre.view.show_ is None


# The laboratory.


def test_it_opens_with_the_edge(lab):
    assert lab.experiment.output[0, :, 0].tolist() == [0, 30, 30, 0]
    assert not lab.undo.isEnabled()


def test_every_lecture_can_be_painted_in_every_view(lab):
    for lecture in LECTURES:
        lab.lecture_chosen(lecture.id)
        assert lab.form.lab() == parse(lecture.line)
        for index in range(lab.view.look.count()):
            lab.view.look.setCurrentIndex(index)
            lab.view.look.activated.emit(index)
            assert lab.view.moment.view == lab.view.look.itemData(index)
            lab.view.go_to_cell(*lab.view.middle())
            assert not lab.view.stage.grab().isNull()
        lab.view.look.setCurrentIndex(0)
        assert all(label.isHidden() for label in lab.form.problems.values()), lecture.id


def test_the_views_say_the_same(lab, qtbot):
    """A click on the third cell of the product is the third output position."""
    lab.view.look.setCurrentIndex(1)
    lab.view.look.activated.emit(1)
    stage = lab.view.stage
    where = stage.stage.target.rect(2, 0).center().toPoint()
    qtbot.mouseClick(stage, Qt.MouseButton.LeftButton, pos=where)
    assert lab.view.moment.cell(lab.view.show_) == (0, 2)
    assert connections(lab.view.show_) == 16 * 9


def test_changing_the_stride_while_it_plays(lab, qtbot):
    lab.view.speed.setCurrentIndex(3)
    lab.view.player.play()
    type_into(lab, qtbot, "S", "3")
    assert lab.view.show_.output.shape == (2, 2, 1)
    assert lab.view.player.count == 4
    assert lab.view.moment.place < 4
    qtbot.waitUntil(lambda: not lab.view.player.playing)
    assert lab.view.moment.place == 3


def test_undo_and_redo(lab, qtbot):
    type_into(lab, qtbot, "S", "2")
    type_into(lab, qtbot, "P", "1")
    assert lab.lectures.currentIndex() == -1
    assert lab.lab.line() == "N=6,K=3,S=2,P=1,input=edge,kernel=vertical edge"
    lab.undo.click()
    assert (lab.lab.P, lab.lab.S) == ("0", "2")
    assert lab.form.lines["P"].text() == "0"
    lab.undo.click()
    assert lab.lab.S == "1"
    assert not lab.undo.isEnabled()
    lab.redo.click()
    lab.redo.click()
    assert (lab.lab.P, lab.lab.S) == ("1", "2")
    assert not lab.redo.isEnabled()


def test_what_is_wrong_is_said_at_its_field_and_the_stage_stays(lab, qtbot):
    before = lab.view.show_
    type_into(lab, qtbot, "S", "0")
    assert lab.view.show_ is before
    assert "from 1 to" in lab.form.problems["S"].text()
    assert lab.form.problems["S"].isVisible()
    type_into(lab, qtbot, "S", "2")
    assert lab.form.problems["S"].isHidden()
    assert lab.view.show_ is not before


def test_pasted_rows_of_different_length(lab):
    before = lab.view.show_
    lab.form.input.setPlainText("1\t2\t3\n4\t5")
    lab.form.flush()
    assert "row 2 has 2 numbers and row 1 has 3" in lab.form.problems["input"].text()
    assert lab.view.show_ is before
    lab.form.lines["N"].clear()
    lab.form.lines["K"].setText("2")
    lab.form.input.setPlainText("1\t2\t3\n4\t5\t6")
    lab.form.flush()
    assert lab.experiment.values[..., 0].tolist() == [[1, 2, 3], [4, 5, 6]]


def test_the_line_opens_it_again(lab, qtbot):
    lab.lecture_chosen("dv_14")
    lab.copy.click()
    line = QGuiApplication.clipboard().text()
    output = lab.experiment.output
    lab.lecture_chosen("edge")
    lab.line.setText(line)
    qtbot.keyClick(lab.line, Qt.Key.Key_Return)
    assert lab.lectures.currentData() == "dv_14"
    np.testing.assert_array_equal(lab.experiment.output, output)
    lab.line.setText("no line")
    qtbot.keyClick(lab.line, Qt.Key.Key_Return)
    assert "no name=value" in lab.line_problem.text()
    np.testing.assert_array_equal(lab.experiment.output, output)


def test_painting_into_the_input_and_the_kernel(lab, qtbot):
    lab.paint.setChecked(True)
    lab.brush.setValue(7)
    stage = lab.view.stage
    where = stage.stage.source.rect(2, 3).center().toPoint()
    qtbot.mouseClick(stage, Qt.MouseButton.LeftButton, pos=where)
    assert lab.experiment.values[2, 3, 0] == 7
    where = stage.stage.kernel.rect(0, 1).center().toPoint()
    qtbot.mouseClick(stage, Qt.MouseButton.LeftButton, pos=where)
    assert lab.experiment.operation.kernel[0, 1, 0, 0] == 7
    lab.undo.click()
    lab.undo.click()
    assert lab.lab.input == "edge"


def test_a_photo_crop(lab):
    assert lab.photo.isEnabled()
    lab.in_grey.trigger()
    assert "no picture" in lab.form.problems["input"].text()
    picture = np.zeros((40, 60, 3), np.uint8)
    picture[:, 30:] = 200
    lab._picture = lambda: picture
    lab.in_grey.trigger()
    assert lab.experiment.values.shape == (6, 6, 1)
    assert lab.experiment.values[0, :, 0].tolist() == [0, 0, 0, 200, 200, 200]


def test_a_photo_crop_in_colour(lab):
    """Each colour is a channel, and the kernel that was typed meets all three."""
    picture = np.zeros((40, 40, 3), np.uint8)
    picture[:, :20, 0], picture[:, 20:, 2] = 90, 240
    lab._picture = lambda: picture
    lab.in_colour.trigger()
    values = lab.experiment.values
    assert values.shape == (6, 6, 3)
    assert values[0].T.tolist() == [[90] * 3 + [0] * 3, [0] * 6, [0] * 3 + [240] * 3]
    # Columns 1, 0, -1 of the edge kernel, over three rows and all colours.
    assert lab.experiment.output[0, :, 0].tolist() == [0, 3 * (90 - 240), 3 * (90 - 240), 0]
    assert parse(lab.line.text()) == lab.lab
    lab.undo.click()
    assert lab.experiment.values.shape == (6, 6, 1)


def test_hovering_an_input_cell_marks_its_readers(lab, qtbot):
    stage = lab.view.stage
    where = stage.stage.source.rect(0, 0).center().toPoint()
    qtbot.mouseMove(stage, QPoint(5, 5))
    qtbot.mouseMove(stage, where)
    qtbot.waitUntil(lambda: "read by 1 output cell" in lab.view.under_mouse.text())


# Views of their own.


def show_in(lab, view):
    index = lab.view.look.findData(view)
    assert index >= 0
    lab.view.look.setCurrentIndex(index)
    lab.view.look.activated.emit(index)


def test_lectures_open_in_the_view_that_they_are_about(lab):
    for name, view in (
        ("two_threes", "rivals"), ("depthwise", "rivals"), ("global_pool", "rivals"),
        ("shuffle", "shuffle"), ("dv_12", "scatter"), ("edge", "slide"), ("dv_13", "slide"),
    ):  # fmt: skip
        lab.lecture_chosen(name)
        assert lab.view.moment.view == view


def test_rivals_are_played_together(lab, qtbot):
    """The same output position of all; one of the first rival's cells can be clicked."""
    lab.lecture_chosen("two_threes")
    stage = lab.view.stage
    where = stage.stage.target.rect(5, 9).center().toPoint()
    qtbot.mouseClick(stage, Qt.MouseButton.LeftButton, pos=where)
    assert lab.view.moment.cell(lab.view.show_) == (5, 9)
    assert rivals_view.lines(lab.view.show_, lab.view.moment) == [
        "one 5 × 5: output[5, 9, 0] is a sum of 400 products; it sees 5 × 5 cells of 16 channels.",
        "two 3 × 3: output[5, 9, 0] is a sum of 144 products; it sees 5 × 5 cells of 16 channels, "
        "after 2 layers.",
    ]
    lab.view.forward.click()
    assert lab.view.moment.cell(lab.view.show_) == (5, 10)


def test_rivals_of_one_cell_are_played_by_channel(lab):
    lab.lecture_chosen("global_pool")
    assert len(lab.view.moments) == 10
    lab.view.player.go(7)
    told = rivals_view.lines(lab.view.show_, lab.view.moment)
    assert "output[0, 0, 7] is a sum of 16 products" in told[0]
    assert "output[0, 0, 7] is a sum of 784 products" in told[1]
    assert lab.view.filter.isHidden()


def test_the_shuffle_plays_through_three_scenes(lab):
    lab.lecture_chosen("shuffle")
    show = lab.view.show_
    assert len(lab.view.moments) == 6 + 4 * 6 + 6
    pictures = []
    for index in (0, 5, 7, 9, 29, 30, 35):
        lab.view.player.go(index)
        pictures.append(lab.view.stage.grab().toImage())
    assert len({bytes(picture.constBits()) for picture in pictures}) == len(pictures)
    told = {i: " ".join(shuffle.lines(show, lab.view.moments[i])) for i in (4, 9, 13, 29, 30, 35)}
    assert "Filter 4 is of group 1: it reads channels 3 4 5, and no other. 162 weights" in told[4]
    assert "0 1 2 | 3 4 5 becomes 0 3 1 4 2 5" in told[9]
    assert "Channel 0, of group 0, goes to place 0" in told[9]
    assert "Channel 3, of group 1, goes to place 1" in told[13]
    assert "Channel 5, of group 1, goes to place 5" in told[29]
    assert "channels 0 3 1, from 2 of the 2 groups" in told[30]
    assert "channels 4 2 5, from 2 of the 2 groups" in told[35]
    # What stands at the end is what two grouped convolutions with a shuffle between them make.
    again = step(show.operation, show.output[:, :, [0, 3, 1, 4, 2, 5]], 3, 3, 4).value
    assert shuffle.second_maps(show)[3, 3, 4] == pytest.approx(again)


def test_nothing_is_shuffled_where_it_cannot_be():
    for line in (
        "N=6,C=4,K=3,M=8,G=2",
        "N=6,C=4,K=3",
        "op=depthwise,N=6,C=4,K=3",
        "N=4,C=4,M=4,G=2",
    ):
        assert "shuffle" not in show_from(line).views(), line


def test_stamps_end_in_the_output(lab, qtbot):
    lab.lecture_chosen("dv_14")
    show_in(lab, "scatter")
    assert len(lab.view.moments) == 9
    stage = lab.view.stage
    where = stage.stage.source.rect(1, 2).center().toPoint()
    qtbot.mouseClick(stage, Qt.MouseButton.LeftButton, pos=where)
    assert lab.view.moment.cell(lab.view.show_) == (1, 2)
    told = scatter.lines(lab.view.show_, lab.view.moment)
    assert told[0] == (
        "input[1, 2, 0] = 5: so many times the kernel is put onto output rows 1 to 3, "
        "columns 3 to 5."
    )
    lab.view.last.click()
    assert "this is the output" in scatter.lines(lab.view.show_, lab.view.moment)[-1]
    show_in(lab, "slide")
    assert lab.view.look.currentText() == "Gather"


def test_stamps_go_channel_by_channel(lab):
    lab.open_line("op=transposed,N=2,C=3,K=2,input=random,kernel=random")
    show_in(lab, "scatter")
    lab.view.by_channel.setChecked(True)
    assert len(lab.view.moments) == 4 * 3
    lab.view.player.go(4)
    assert (lab.view.moment.place, lab.view.moment.depth) == (1, 1)
    lab.view.by_channel.setChecked(False)


def test_whole_maps_are_shown_with_small_numbers(lab):
    lab.resize(1920, 1080)
    lab.open_line("N=64,K=3,P=1,input=random,kernel=box")
    stage = lab.view.stage
    assert not stage.stage.source.whole
    lab.view.whole.setChecked(True)
    assert stage.stage.maps == (None, None)
    assert (stage.stage.source.rows, stage.stage.target.rows) == (66, 64)
    lab.view.go_to_cell(63, 63)
    assert stage.stage.target.rect(63, 63).bottom() <= stage.stage.footer.top()
    lab.open_line("N=6,K=3")
    assert lab.view.whole.isHidden()


# The sum in words.


def test_the_whole_sum_has_every_product():
    show = show_from("N=5,C=2,K=3,input=random,kernel=random,bias=2,act=relu")
    moment = moments(show, 0, by_channel=False)[4]
    lines = whole_sum(show, moment).splitlines()
    assert lines[0].count("·") == lines[1].count("·") == 9
    assert lines[0].startswith("channel 0")
    assert "+ bias 2" in lines[-2]
    assert "relu(" in lines[-1]


@pytest.mark.parametrize(
    ("off", "said", "explained"),
    [
        (0.0, "no difference", ""),
        (1e-6, "difference 1.0e-06 (", "Rounding each term"),
        (1e-6, "of the terms' sizes): float32 rounding (at most", "Rounding each term"),
        (1e-2, "): more than float32 rounding explains", "fewer digits"),
    ],
)
def test_a_difference_is_explained(off, said, explained):
    plain = show_from("N=5,K=3,input=random,kernel=random")
    found = Show(plain.operation, plain.values, plain.output + off, "layer", network=True)
    moment = moments(found, 0, by_channel=False)[4]
    assert said in sum_lines(found, moment)[-1]
    assert explained in whole_sum(found, moment).splitlines()[-1]
    assert whole_sum(found, moment).splitlines()[-1] == rounding_note(found, moment) or off == 0
    # What the laboratory reckons is no network's.
    assert "difference" not in sum_lines(plain, moment)[-1]
    assert rounding_note(plain, moment) == ""


def test_a_curved_activation_has_no_bound():
    plain = show_from("N=5,K=3,input=random,kernel=box,act=tanh")
    found = Show(plain.operation, plain.values, plain.output + 1e-7, "layer", network=True)
    moment = moments(found, 0, by_channel=False)[4]
    assert "at most" not in sum_lines(found, moment)[-1]
    assert "tanh" in rounding_note(found, moment)


def test_a_transposed_sum_has_only_what_meets():
    show = show_from("op=transposed,N=3,K=3,S=2,P=1")
    assert sum_lines(show, moments(show, 0, by_channel=False)[12])[0] == "4·1 = 4"
    lonely = show_from("op=transposed,N=2,K=1,S=2")
    assert "no input cell" in sum_lines(lonely, moments(lonely, 0, by_channel=False)[1])[0]


# Films.


def test_a_gif_shows_every_position(tmp_path, qapp):
    show = show_from("N=5,K=3,S=2,P=1")
    every = moments(show, 0, by_channel=False)
    film = Film(show, every, (640, 360), frame_ms=100)
    path = Recording(film, tmp_path / "film.gif")()
    with Image.open(path) as gif:
        assert (gif.n_frames, gif.size, gif.info["duration"]) == (9, (640, 360), 100)
        for number in range(9):
            gif.seek(number)
            found = np.asarray(gif.convert("RGB"), int)
            wanted = draw(film, every[number])
            shape = (360, wanted.bytesPerLine() // 4, 4)
            expected = np.frombuffer(wanted.constBits(), np.uint8).reshape(shape)[:, :640, 2::-1]
            assert np.abs(found - expected).mean() < 3, number
    assert path.stat().st_size <= likely_bytes(film, ".gif")


@pytest.mark.parametrize(("suffix", "frames"), [(".webp", 4), (".png", 4)])
def test_other_films(tmp_path, qapp, suffix, frames):
    show = show_from("N=4,K=3")
    film = Film(show, moments(show, 0, by_channel=False), (480, 300))
    path = Recording(film, tmp_path / f"film{suffix}")()
    with Image.open(path) as image:
        assert (image.n_frames, image.size) == (frames, (480, 300))


def test_frames_and_one_frame_as_svg(tmp_path, qapp):
    show = show_from("N=4,K=3")
    film = Film(show, moments(show, 0, by_channel=False), (480, 300), "dark")
    folder = Recording(film, tmp_path / "frames")()
    assert [file.name for file in sorted(folder.iterdir())] == [
        f"frame-{number:04d}.png" for number in (1, 2, 3, 4)
    ]
    svg = Recording(film, tmp_path / "frame.svg")().read_text(encoding="utf-8")
    assert "<image" not in svg
    assert "output[1, 0, 0]" in svg


def test_a_number_that_is_none_is_no_padding(tmp_path, qapp):
    show = show_from("N=4,K=3,P=1,input=ones")
    values = show.values.copy()
    values[1, 1, 0] = np.nan
    broken = Show(show.operation, values, show.output, "broken")
    film = Film(broken, moments(broken, 0, by_channel=False), (900, 500))
    svg = Recording(film, tmp_path / "frame.svg")().read_text(encoding="utf-8")
    assert ">NaN<" in svg


def test_a_cancelled_film_leaves_the_old_file(tmp_path, qtbot, lab):
    path = tmp_path / "film.gif"
    path.write_bytes(b"old")
    lab.lecture_chosen("six_filters")
    exporter = lab.view.exporter
    exporter.write(path)
    assert exporter.bar.isVisible()
    qtbot.waitUntil(lambda: exporter.bar.value() > 2)
    exporter.stop()
    qtbot.waitUntil(lambda: not exporter.busy)
    exporter.close_lane()
    assert path.read_bytes() == b"old"
    assert [file.name for file in tmp_path.iterdir()] == ["film.gif"]


def test_an_export_from_the_window(tmp_path, qtbot, lab):
    exporter = lab.view.exporter
    with qtbot.waitSignal(exporter.finished, timeout=20_000) as done:
        exporter.write(tmp_path / "film.gif")
    assert done.args == [tmp_path / "film.gif"]
    with Image.open(tmp_path / "film.gif") as gif:
        assert gif.n_frames == 16
    with qtbot.waitSignal(exporter.finished, timeout=20_000):
        exporter.write(tmp_path / "frames")
    assert len(list((tmp_path / "frames").glob("frame-*.png"))) == 16
    exporter.write(tmp_path / "film.avi")
    assert "use .gif" in exporter.said.toolTip()


def test_a_large_film_is_asked_about_first(tmp_path, qtbot, lab, monkeypatch):
    asked = []
    monkeypatch.setattr("ui.theatre.export.MOST_BYTES", 1000)
    monkeypatch.setattr(lab.view.exporter, "_really", lambda text: asked.append(text))
    with qtbot.waitSignal(lab.view.exporter.finished) as done:
        lab.view.exporter.write(tmp_path / "film.gif")
    assert done.args == [None]
    assert "MiB" in asked[0]
    assert not list(tmp_path.iterdir())
    assert films.MOST_BYTES == 50 << 20


@pytest.mark.parametrize("agreed", [True, False])
def test_a_film_that_turns_out_large_is_asked_about_before_the_limit(
    tmp_path, qtbot, lab, monkeypatch, agreed
):
    asked = []
    monkeypatch.setattr("ui.theatre.export.MOST_BYTES", 5000)
    monkeypatch.setattr("ui.theatre.export.likely_bytes", lambda film, suffix: 4000)
    monkeypatch.setattr(lab.view.exporter, "_really", lambda text: asked.append(text) or agreed)
    with qtbot.waitSignal(lab.view.exporter.finished) as done:
        lab.view.exporter.write(tmp_path / "film.gif")
    assert len(asked) == 1
    assert "would take more than" in asked[0]
    path = tmp_path / "film.gif"
    assert done.args == [path if agreed else None]
    assert list(tmp_path.iterdir()) == ([path] if agreed else [])


@pytest.mark.parametrize("name", ["film.gif", "film.webp", "film.png", "frames"])
def test_a_limit_is_never_passed(tmp_path, qapp, name):
    """One byte too few, and nothing is left; just enough, and it is written."""
    show = show_from("N=4,K=3")
    film = Film(show, moments(show, 0, by_channel=False), (480, 300))

    def size(path):
        return sum(file.stat().st_size for file in (path.iterdir() if path.is_dir() else [path]))

    whole = size(Recording(film, tmp_path / name)())
    (tmp_path / "few").mkdir()
    (tmp_path / "enough").mkdir()
    with pytest.raises(TooLarge, match="would take more than"):
        Recording(film, tmp_path / "few" / name, limit=whole - 1)()
    assert not [path for path in (tmp_path / "few").rglob("*") if path.is_file()]
    assert size(Recording(film, tmp_path / "enough" / name, limit=whole)()) == whole


def test_thinning_keeps_the_ends():
    show = show_from("N=12,K=1")
    every = moments(show, 0, by_channel=False)
    few = thinned(every, 10)
    assert (len(few), few[0].place, few[-1].place) == (10, 0, 143)
    assert len(thinned(every, 200)) == 144


# The clock.


def test_the_clock_starts_over_at_the_end(qtbot):
    player = Player()
    player.set_count(3)
    player.go(2)
    player.speed = 100
    player.play()
    assert player.index == 0
    qtbot.waitUntil(lambda: not player.playing)
    assert player.index == 2


def test_the_steps_of_a_play_end_in_the_map():
    show = show_from("N=6,C=3,K=3,S=2,input=random,kernel=random")
    for moment in moments(show, 0, by_channel=True):
        if moment.depth == 2:
            row, column = moment.cell(show)
            found = step(show.operation, show.values, row, column, 0)
            assert found.running[moment.depth] == pytest.approx(show.output[row, column, 0])
