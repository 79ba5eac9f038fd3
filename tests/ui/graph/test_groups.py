"""Groups of the graph, by real clicks, keys and wheel."""

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QImage, QWheelEvent
from PySide6.QtWidgets import QApplication

from cnnviz.colormaps import STEPS
from cnnviz.costs import graph_costs
from cnnviz.graph import LayerGraph, Node, Source, Weight
from cnnviz.outline import Level
from cnnviz.requests import ActivationStats, NodeRun
from ui.graph.columns import BINS, BY_ID
from ui.graph.legend import scale_text
from ui.graph.memory import GraphMemory
from ui.graph.view import GraphView
from ui.settings import GRAPHS, Settings
from ui.theme import apply_theme


def residual_network(blocks=(1, 4), width=8):
    """A stem, stages of residual blocks at 16 x 16 and 8 x 8, and a head."""
    nodes = [Node("in", "InputLayer", (), ((16, 16, width),))]

    def add(name, kind, *inputs, size, **settings):
        weights = ()
        if kind == "Conv2D":
            settings = {"kernel_size": (3, 3), "filters": width, **settings}
            weights = (Weight("kernel", (3, 3, width, width), trainable=True),)
        sources = tuple(Source(name) for name in inputs)
        nodes.append(Node(name, kind, sources, ((size, size, width),), settings, weights))
        return name

    last = add("stem", "Conv2D", "in", size=16)
    for s, count in enumerate(blocks):
        for b in range(count):
            size, name = 16 >> s, f"s{s}_b{b}"
            x = last
            for c in range(2):
                x = add(f"{name}_conv{c}", "Conv2D", x, size=size)
                x = add(f"{name}_bn{c}", "BatchNormalization", x, size=size)
            short = last if b or not s else add(f"{name}_proj", "Conv2D", last, size=size)
            x = add(f"{name}_add", "Add", x, short, size=size)
            last = add(f"{name}_relu", "ReLU", x, size=size)
    nodes.append(Node("pool", "GlobalAveragePooling2D", (Source(last),), ((width,),)))
    return LayerGraph("net", tuple(nodes), (Source("pool"),))


GRAPH = residual_network()
RUN = "run/block/s1_b1"


@pytest.fixture
def settings(tmp_path):
    return Settings(tmp_path / "settings.ini")


@pytest.fixture
def make_view(qtbot, settings):
    def make():
        apply_theme(QApplication.instance(), "light")
        view = GraphView(GraphMemory(settings))
        qtbot.addWidget(view)
        view.resize(700, 800)
        view.show()
        qtbot.waitExposed(view)
        view.set_graph(GRAPH, graph_costs(GRAPH), "net")
        return view

    return make


@pytest.fixture
def view(make_view):
    return make_view()


@pytest.fixture
def canvas(view, qtbot):
    """The canvas, with blocks shown."""
    view.slider.setValue(Level.BLOCK)
    qtbot.waitUntil(lambda: view.canvas.at_rest)
    return view.canvas


def labels(canvas):
    return [part.label for part in canvas.scene.view.parts]


def point(canvas, name):
    return canvas.position_of(name).toPoint()


def frame_rect(canvas, key):
    for part in canvas.scene.layout.framed:
        if part.key == key:
            rect = canvas.scene.place_of(part)
            return canvas._camera.to_screen(rect.topLeft()), rect.size() * canvas.scale
    raise KeyError(key)


def turn_wheel(canvas, spot, angle):
    event = QWheelEvent(
        spot, canvas.mapToGlobal(spot), QPoint(), QPoint(0, angle), Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(canvas, event)


def test_the_slider_goes_from_the_network_to_its_layers(view):
    shown = []
    for level in Level:
        view.slider.setValue(level)
        shown.append(len(labels(view.canvas)))
    # The network; stem, 2 stages, head; 2 blocks and a run; 2 + 3 + 4 + 3 x 3 + 1 units; layers.
    assert shown == [1, 4, 5, 19, 34]
    assert view.detail.text() == "Layers"


def test_equal_blocks_are_one_box_that_says_how_many(canvas):
    assert labels(canvas) == ["stem", "s0_b0", "s1_b0", "s1_b1–3", "pool"]
    boxes = {box.part.key: box for box in canvas.scene.boxes}
    assert boxes[RUN].badge == "×3"
    # Three blocks of two 3 x 3 convolutions of 8 to 8 channels, without bias or projection.
    assert boxes[RUN].rows[1][0] == f"{3 * 2 * 9 * 64 / 1000:.4g} k params"


def test_a_double_click_opens_a_group_under_the_pointer_and_another_closes_it(canvas, qtbot):
    canvas.select("s1_b3_relu")
    qtbot.waitUntil(lambda: canvas.at_rest)
    before, count = canvas.opened, len(labels(canvas))
    spot = point(canvas, "s1_b2_relu")
    qtbot.mouseDClick(canvas, Qt.MouseButton.LeftButton, pos=spot)
    assert RUN in canvas.opened
    assert labels(canvas)[-4:] == ["s1_b1", "s1_b2", "s1_b3", "pool"]
    corner, size = frame_rect(canvas, RUN)
    assert corner.x() <= spot.x() <= corner.x() + size.width()
    assert corner.y() <= spot.y() <= corner.y() + size.height()
    qtbot.waitUntil(lambda: canvas.at_rest)
    qtbot.mouseDClick(canvas, Qt.MouseButton.LeftButton, pos=spot)
    assert canvas.opened == before
    assert len(labels(canvas)) == count
    assert (canvas.position_of("s1_b2_relu") - QPointF(spot)).manhattanLength() < 2


def test_enter_opens_and_backspace_closes_what_is_around(canvas, qtbot):
    before = canvas.opened
    canvas.select("s0_b0_relu")
    qtbot.keyClick(canvas, Qt.Key.Key_Return)
    assert "stage/s0_b0" in canvas.opened
    canvas.select("s0_b0_conv0")
    qtbot.keyClick(canvas, Qt.Key.Key_Backspace)
    assert canvas.opened == before
    for _ in range(4):
        qtbot.keyClick(canvas, Qt.Key.Key_Backspace)
    assert labels(canvas) == ["net"]
    qtbot.keyClick(canvas, Qt.Key.Key_Backspace)  # there is nothing left to close
    assert labels(canvas) == ["net"]


def test_enter_on_a_layer_asks_for_its_maps(view, qtbot):
    view.expand_all()
    view.canvas.select("s0_b0_conv1")
    with qtbot.waitSignal(view.canvas.node_activated) as signal:
        qtbot.keyClick(view.canvas, Qt.Key.Key_Return)
    assert signal.args == ["s0_b0_conv1"]


def test_a_click_on_a_closed_group_selects_its_last_layer(canvas, qtbot):
    with qtbot.waitSignal(canvas.node_selected) as signal:
        qtbot.mouseClick(canvas, Qt.MouseButton.LeftButton, pos=point(canvas, "s0_b0_conv0"))
    assert signal.args == ["s0_b0_relu"]
    canvas.select("s0_b0_conv0")  # the app may select any layer inside
    assert canvas.selected == "s0_b0_conv0"
    assert canvas.selected_part.key == "stage/s0_b0"


def test_a_selected_layer_stays_selected_whatever_opens(view, qtbot):
    view.slider.setValue(Level.STAGE)
    view.canvas.select("s1_b2_bn1")
    for level in (*Level, *reversed(Level)):
        view.slider.setValue(level)
        assert view.canvas.selected == "s1_b2_bn1"
        assert "s1_b2_bn1" in view.canvas.selected_part.nodes
    view.canvas.reveal("s1_b2_bn1")
    assert view.canvas.selected_part.label == "s1_b2_bn1"


def test_far_enough_in_the_wheel_opens_and_far_enough_out_it_closes(canvas, qtbot):
    spot = canvas.position_of("s0_b0_relu")
    for _ in range(40):
        turn_wheel(canvas, spot, 120)
        if "stage/s0_b0" in canvas.opened:
            break
    assert "stage/s0_b0" in canvas.opened
    corner, size = frame_rect(canvas, "stage/s0_b0")
    assert corner.x() <= spot.x() <= corner.x() + size.width()
    qtbot.waitUntil(lambda: canvas.at_rest)
    for _ in range(40):
        spot = canvas.position_of("s0_b0_conv1")
        turn_wheel(canvas, spot, -120)
        if "stage/s0_b0" not in canvas.opened:
            break
    assert "stage/s0_b0" not in canvas.opened


def test_the_way_leads_back_out(view, qtbot):
    view.slider.setValue(Level.OPERATION)
    view.canvas.select("s1_b2_conv0")
    qtbot.waitUntil(lambda: view.canvas.at_rest)
    keys = [part.key for part in view.canvas.way]
    assert keys[0] == "network"
    assert keys[-1] == "operation/s1_b2_conv0"
    assert "block/s1_b2" in keys
    view.way.linkActivated.emit("block/s1_b2")
    qtbot.waitUntil(lambda: view.canvas.at_rest)
    corner, size = frame_rect(view.canvas, "block/s1_b2")
    assert view.canvas.rect().contains(corner.toPoint())
    assert size.height() > view.canvas.height() * 0.5 or size.width() > view.canvas.width() * 0.5


def test_what_is_open_is_remembered_for_each_model(make_view, settings):
    view = make_view()
    view.slider.setValue(Level.BLOCK)
    view.canvas.open_part(RUN)
    opened = view.canvas.opened
    other = make_view()
    assert other.canvas.opened == opened
    assert other.detail.text() == "Mixed"
    for broken in ("{", "[]", '{"net": 3}'):
        settings.set(GRAPHS, broken)
        assert make_view().canvas.level is Level.OPERATION  # as suits so small a network


def test_all_opens_and_all_closes(view):
    view.collapse.click()
    assert len(labels(view.canvas)) == 4
    view.expand.click()
    assert len(labels(view.canvas)) == len(GRAPH.nodes)
    view.less_detail()
    assert view.detail.text() == "Units"
    view.more_detail()
    view.more_detail()
    assert view.detail.text() == "Layers"


def test_a_group_is_computed_when_its_last_layer_is(canvas):
    canvas.set_computed(["in", "stem", "s0_b0_conv0"])
    keys = [canvas.scene.boxes[i].part.label for i in canvas._marks.computed]
    assert keys == ["stem"]


def test_boxes_are_coloured_by_a_number(canvas, view):
    view.colour.setCurrentIndex(view.colour.findData("params"))
    values = dict(zip(labels(canvas), canvas.tint.values, strict=True))
    assert values["s1_b1–3"] == 3 * 2 * 9 * 64
    assert values["pool"] == 0
    bins = dict(zip(labels(canvas), canvas.tint.bins.tolist(), strict=True))
    assert bins["pool"] == -1
    assert bins["s1_b1–3"] == BINS - 1
    assert 0 <= bins["stem"] < bins["s1_b0"]
    assert scale_text(canvas.tint) == "576 to 3.456 k"
    image = canvas.grab().toImage()
    spots = {n: point(canvas, n) + QPoint(-95, 22) for n in ("stem", "s0_b0_relu")}
    colours = {image.pixelColor(spot).name() for spot in spots.values()}
    assert len(colours) == 2


def test_times_and_zeros_need_a_run(canvas, view):
    view.colour.setCurrentIndex(view.colour.findData("time"))
    assert scale_text(canvas.tint) == "Run an image first"
    stats = ActivationStats(0.0, 1.0, 0.5, 0.1, 0.25)
    view.set_run({node.name: NodeRun(node.name, 0.002, stats) for node in GRAPH.nodes})
    values = dict(zip(labels(canvas), canvas.tint.values, strict=True))
    assert values["stem"] == pytest.approx(0.004)
    assert values["s0_b0"] == pytest.approx(0.002 * 6)
    view.colour.setCurrentIndex(view.colour.findData("zeros"))
    assert set(canvas.tint.values) == {0.25}
    assert BY_ID["zeros"].text(0.25) == "25%"


def test_the_legend_can_be_had_at_any_zoom(canvas, view, qtbot):
    before = canvas.grab().toImage()
    qtbot.mouseClick(view.legend, Qt.MouseButton.LeftButton)
    assert canvas.grab().toImage() != before


def test_no_network(view):
    view.set_graph(None)
    assert not view.slider.isEnabled()
    assert view.way.text() == ""
    view.more_detail()
    view.expand_all()
    view.canvas.close_around()


def test_feature_maps_stand_on_the_boxes_that_have_room_for_them(canvas, view, qtbot):
    assert not any(box.pictured for box in canvas.scene.boxes)
    height = canvas.scene.layout.height
    with qtbot.waitSignal(canvas.pictures_wanted) as signal:
        qtbot.mouseClick(view.pictures, Qt.MouseButton.LeftButton)
    assert canvas.scene.layout.height > height
    pictured = {box.key for box in canvas.scene.boxes if box.pictured}
    assert pictured == {"stem", "s0_b0_relu", "s1_b0_relu", "s1_b3_relu"}  # and no vector
    assert set(signal.args[0]) <= pictured
    qtbot.waitUntil(lambda: canvas.at_rest)
    spot = point(canvas, "stem") + QPoint(0, round(30 * canvas.scale))
    bright = STEPS - 1
    canvas.set_pictures({"stem": np.full((8, 8), bright, np.uint8)})
    assert canvas.grab().toImage().pixelColor(spot).name() == "#fde725"  # viridis' brightest
    canvas.set_pictures({})  # another pass begins: nothing flickers, but nothing stays for long
    assert canvas.grab().toImage().pixelColor(spot).name() == "#fde725"
    qtbot.waitUntil(lambda: canvas.grab().toImage().pixelColor(spot).name() != "#fde725")
    qtbot.mouseClick(view.pictures, Qt.MouseButton.LeftButton)
    assert canvas.scene.layout.height == height


def test_pictures_on_the_boxes_are_remembered(make_view, qtbot):
    view = make_view()
    assert not view.pictures.isChecked()
    qtbot.mouseClick(view.pictures, Qt.MouseButton.LeftButton)
    other = make_view()
    assert other.pictures.isChecked()
    assert any(box.pictured for box in other.canvas.scene.boxes)
    qtbot.mouseClick(other.pictures, Qt.MouseButton.LeftButton)
    assert not make_view().pictures.isChecked()


def test_the_engine_fills_the_boxes_in_view(workbench, qtbot):
    qtbot.waitUntil(lambda: workbench.settled, timeout=20_000)
    workbench.graph_view.pictures.click()
    store = workbench.graph_wires.thumbnails
    qtbot.waitUntil(lambda: "c1_conv" in store.codes, timeout=10_000)
    assert store.codes["c1_conv"].shape == (28, 28)
    workbench.graph_view.pictures.click()


@pytest.mark.parametrize("scale", [0.2, 0.5, 1.0, 1.4])
def test_what_was_shifted_looks_as_if_it_were_painted_anew(view, scale, qtbot):
    view.expand_all()
    canvas = view.canvas
    qtbot.waitUntil(lambda: canvas.at_rest)
    canvas.select("s1_b1_conv0")
    canvas.light(["s1_b1_conv0", "s1_b1_bn0", "s1_b1_conv1"])
    qtbot.waitUntil(lambda: canvas.at_rest)
    canvas._camera.centre(canvas._rect(canvas.scene.index["s1_b1_conv0"]).center(), scale)

    def pixels():
        image = canvas.grab().toImage().convertToFormat(QImage.Format.Format_RGB32)
        shape = image.height(), image.bytesPerLine()
        return np.frombuffer(image.constBits(), np.uint8).reshape(shape).astype(int)

    for moves in ([(0, -40)], [(13, 0), (-70, 25), (3, -7)], [(9, 2)] * 8, [(0, 900)], [(5, 5)]):
        for x, y in moves:
            canvas._pan(QPointF(x, y))
            shifted = pixels()
        assert canvas._panning
        canvas.update()
        anew = pixels()
        # A line of text whose place ends on half a pixel may be rounded either way.
        assert (np.abs(shifted - anew) > 24).mean() < 3e-3
