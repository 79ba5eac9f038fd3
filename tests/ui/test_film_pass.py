"""Walking through a pass with the film strip, counted: nothing is computed or fetched twice."""

from collections import Counter

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from cnnviz.requests import GetActivation, GetThumbnails, OpenModel, RunImage
from ui.lanes import InlineLane
from ui.samples import samples


class CountingLane(InlineLane):
    """The real engine, and a list of what was asked of it."""

    def __init__(self, parent=None):
        super().__init__(parent)
        self.asked = []

    def submit(self, request, **how):
        self.asked.append(request)
        return super().submit(request, **how)

    def of(self, kind):
        return [request for request in self.asked if isinstance(request, kind)]


@pytest.fixture
def bench(make_workbench, qtbot):
    bench = make_workbench(lane=CountingLane)
    bench.computed = Counter()
    bench.controller.node_done.connect(lambda done: bench.computed.update([done.name]))
    bench.start(None, None)
    qtbot.waitUntil(lambda: bench.controller.complete)
    bench.playback.set_speed(16)
    return bench


def names(bench):
    return [node.name for node in bench.controller.opened.graph.nodes]


def drop(window, path):
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path))])
    where = QPoint(window.width() // 2, window.height() // 2)
    buttons = (Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier)
    QApplication.sendEvent(window, QDragEnterEvent(where, Qt.DropAction.CopyAction, data, *buttons))
    QApplication.sendEvent(
        window, QDropEvent(QPointF(where), Qt.DropAction.CopyAction, data, *buttons)
    )


def photo(folder, seed):
    file = folder / f"photo {seed}.png"
    pixels = np.random.default_rng(seed).integers(0, 255, (60, 50, 3), np.uint8)
    Image.fromarray(pixels).save(file)
    return file


def consistent(bench):
    """Every view shows the same node of the same image of the same model."""
    controller = bench.controller
    node = controller.selection.node
    while bench._describing.isActive() or bench._later.busy:
        QTest.qWait(5)
    assert node in controller.opened.graph.by_name
    assert bench.maps.title.text() == node
    assert bench.graph.selected == node
    assert bench.inspector.name.text() == node
    assert controller.activation.node == node
    assert bench.film.frame_node(node) is not None
    assert set(controller.computed) == set(names(bench))
    assert set(bench.thumbnails.codes) >= set(bench.film.names)
    assert bench.film.missing() == []


def test_a_dropped_photo_is_played_to_its_end_and_computed_once(bench, qtbot, tmp_path):
    file = photo(tmp_path, 1)
    bench.computed.clear()
    drop(bench.window, file)
    assert bench.controller.image == file
    assert bench.computed == Counter(dict.fromkeys(names(bench), 1))
    bench.lane.asked.clear()
    QTest.keyClick(bench.window, Qt.Key.Key_Home, Qt.KeyboardModifier.ControlModifier)
    QTest.keyClick(bench.window, Qt.Key.Key_Space)
    assert bench.playback.playing
    qtbot.waitUntil(lambda: not bench.playback.playing)
    assert bench.controller.selection.node == names(bench)[-1]
    consistent(bench)
    assert not bench.lane.of(RunImage)
    assert bench.computed == Counter(dict.fromkeys(names(bench), 1))
    assert bench.lane._engine._trace.recomputed == 0
    fetched = Counter(request.node for request in bench.lane.of(GetActivation))
    assert max(fetched.values()) == 1, "each map comes from the engine once"


def test_stepping_back_and_scrubbing_ask_for_nothing_again(bench, qtbot):
    QTest.keyClick(bench.window, Qt.Key.Key_End, Qt.KeyboardModifier.ControlModifier)
    for _ in names(bench):
        QTest.keyClick(bench.window, Qt.Key.Key_Comma)
    assert bench.controller.selection.node == names(bench)[0]
    bench.lane.asked.clear()
    view = bench.film.view
    port = view.viewport()
    centres = [view.frame_rect(i).center().toPoint() for i in range(len(bench.film.names))]
    qtbot.mousePress(port, Qt.MouseButton.LeftButton, pos=centres[0])
    for place in (*centres, *reversed(centres), *centres):
        qtbot.mouseMove(port, place)
        consistent(bench)
    qtbot.mouseRelease(port, Qt.MouseButton.LeftButton, pos=centres[-1])
    assert bench.controller.selection.node == names(bench)[-1]
    assert bench.lane.asked == []
    assert bench.lane._engine._trace.recomputed == 0


def test_another_image_while_playing(bench, qtbot, tmp_path):
    QTest.keyClick(bench.window, Qt.Key.Key_Home, Qt.KeyboardModifier.ControlModifier)
    QTest.keyClick(bench.window, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: bench.controller.selection.node == names(bench)[2])
    before = bench.thumbnails.codes[names(bench)[2]].copy()
    bench.computed.clear()
    file = photo(tmp_path, 2)
    drop(bench.window, file)
    assert bench.controller.image == file
    assert bench.computed == Counter(dict.fromkeys(names(bench), 1))
    assert bench.playback.playing, "it plays on, through the new image"
    qtbot.waitUntil(lambda: not bench.playback.playing)
    consistent(bench)
    after = bench.thumbnails.codes[names(bench)[2]]
    assert before.shape != after.shape or (before != after).any()
    assert bench.computed == Counter(dict.fromkeys(names(bench), 1))


def test_another_model_while_playing(bench, qtbot, small_model):
    QTest.keyClick(bench.window, Qt.Key.Key_Home, Qt.KeyboardModifier.ControlModifier)
    QTest.keyClick(bench.window, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: bench.controller.selection.node == names(bench)[1])
    bench.computed.clear()
    bench.lane.asked.clear()
    drop(bench.window, small_model)
    assert not bench.playback.playing
    assert bench.controller.opened.graph.by_name.keys() >= {"left", "right", "join"}
    assert len(bench.lane.of(OpenModel)) == len(bench.lane.of(RunImage)) == 1
    assert bench.computed == Counter(dict.fromkeys(names(bench), 1))
    consistent(bench)
    assert bench.film.film.lanes == 2, "left and right run side by side"
    QTest.keyClick(bench.window, Qt.Key.Key_Home, Qt.KeyboardModifier.ControlModifier)
    QTest.keyClick(bench.window, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: not bench.playback.playing)
    assert bench.controller.selection.node == names(bench)[-1]


def test_cancel_in_the_middle_of_a_pass_leaves_no_half_film(bench, tmp_path):
    def stop(done):
        if done.name == names(bench)[3]:
            jobs = bench.lane._jobs.values()
            next(job for job in jobs if isinstance(job.request, RunImage)).cancel()

    bench.controller.node_done.connect(stop)
    drop(bench.window, photo(tmp_path, 3))
    bench.controller.node_done.disconnect(stop)
    assert bench.controller.run is None
    assert bench.controller.computed == {}
    assert bench.thumbnails.codes == {}
    assert not bench.controller.busy
    assert not bench.playback.playing
    bench.computed.clear()
    QTest.keyClick(bench.window, Qt.Key.Key_F5)
    assert bench.computed == Counter(dict.fromkeys(names(bench), 1))
    consistent(bench)


def test_thumbnails_are_asked_for_once_a_pass(bench):
    asked = Counter(name for request in bench.lane.of(GetThumbnails) for name in request.nodes)
    assert set(asked) == set(bench.film.names)
    assert max(asked.values()) == 1


def test_stepping_into_a_block_and_out_again(make_workbench, qtbot, small_model):
    bench = make_workbench(lane=CountingLane)
    bench.start(str(small_model), samples("photo")[0])
    bench.window.activateWindow()
    qtbot.waitUntil(bench.window.isActiveWindow)
    bench.film.detail.setCurrentIndex(bench.film.detail.findData("stage"))
    coarse = bench.film.names
    bench.commands.go_to(next(f.node for f in bench.film.film.frames if f.can_open))
    block = bench.film.film.frames[bench.film.film.frame_of[bench.controller.selection.node]]
    bench.lane.asked.clear()
    QTest.keyClick(bench.window, Qt.Key.Key_Down, Qt.KeyboardModifier.AltModifier)
    assert len(bench.film.names) > len(coarse)
    assert bench.controller.selection.node in block.nodes
    # Step over walks through what is inside, then leaves it.
    first = bench.film.names.index(bench.controller.selection.node)
    QTest.keyClick(bench.window, Qt.Key.Key_Period)
    assert bench.controller.selection.node == bench.film.names[first + 1]
    QTest.keyClick(bench.window, Qt.Key.Key_Up, Qt.KeyboardModifier.AltModifier)
    assert bench.film.names == coarse
    assert bench.controller.selection.node == block.node
    assert not bench.lane.of(RunImage)


def test_the_sentence_tells_what_the_frame_does(bench):
    bench.commands.go_to("c1_conv")
    assert (
        bench.film.sentence.whole
        == "5×5 convolution, 6 filters, then ReLU: 32×32×1 becomes 28×28×6."
    )
    assert bench.film.count.text() == f"2 / {len(names(bench))}"


def test_pace_by_macs_stays_longer_where_there_is_more_to_compute(bench, qtbot):
    bench.film.pace.setCurrentIndex(bench.film.pace.findData("macs"))
    work = bench.film.work
    costs = bench.insight.costs
    macs = [costs.by_name[name].macs for name in bench.film.names]
    np.testing.assert_allclose(np.array(work) * np.mean(macs), macs)
    bench.playback.set_speed(1)
    bench.commands.go_to("c1_conv")
    busiest = bench.film.names.index("c1_conv")
    bench.playback._here = busiest
    assert bench.playback._interval() == round(1000 * work[busiest])
    bench.playback._here = 0
    assert bench.playback._interval() == 100, "nothing to compute, but still seen"


@pytest.mark.parametrize("measure", ["macs", "time", "bytes", "params"])
def test_bars_are_shares_of_the_greatest(bench, measure):
    bench.film.measure.setCurrentIndex(bench.film.measure.findData(measure))
    costs, run = bench.insight.costs.by_name, bench.controller.run
    seconds = {node.name: node.seconds for node in run.nodes}
    truth = {
        "macs": lambda name: costs[name].macs,
        "time": seconds.get,
        "bytes": lambda name: costs[name].activation_bytes,
        "params": lambda name: costs[name].params,
    }[measure]
    values = np.array([truth(name) for name in bench.film.names], float)
    shares = [look.share for look in bench.film.view._looks]
    np.testing.assert_allclose(shares, values / values.max())


def test_choices_of_the_strip_are_remembered(make_workbench):
    first = make_workbench()
    first.start(None, None)
    first.film.detail.setCurrentIndex(first.film.detail.findData("unit"))
    first.film.measure.setCurrentIndex(first.film.measure.findData("bytes"))
    first.film.pace.setCurrentIndex(first.film.pace.findData("macs"))
    first.window.close()
    second = make_workbench()
    second.start(None, None)
    chosen = [
        box.currentData() for box in (second.film.detail, second.film.measure, second.film.pace)
    ]
    assert chosen == ["unit", "bytes", "macs"]
    assert second.playback._work is not None


def test_maps_fade_while_it_plays_and_the_inspector_tells_what_happens(bench, qtbot):
    bench.playback.set_speed(1)
    bench.commands.go_to("c1_conv")
    assert bench.maps.atlas._vanishing is None, "by hand, the next maps are there at once"
    bench.playback.play()
    assert bench.maps.atlas._vanishing is not None
    bench.playback.pause()
    bench.commands.go_to("c1_conv")
    qtbot.waitUntil(
        lambda: (
            bench.inspector.sentence.text()
            == "5×5 convolution, 6 filters, then ReLU: 32×32×1 becomes 28×28×6."
        )
    )
