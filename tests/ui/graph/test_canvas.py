import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QApplication

from cnnviz.graph import LayerGraph, Node, Source
from cnnviz.kinds import Kind
from ui.graph.canvas import GraphCanvas
from ui.theme import apply_theme


def node(name, kind, *inputs):
    return Node(
        name,
        kind,
        tuple(Source(i) for i in inputs),
        ((8, 8, 4),),
        {"kernel_size": (3, 3), "filters": 4},
    )


# A residual block with a long tail.
GRAPH = LayerGraph(
    "net",
    (
        node("in", "InputLayer"),
        node("a", "Conv2D", "in"),
        node("b", "Conv2D", "in"),
        node("sum", "Add", "a", "b"),
        *(node(f"c{i}", "ReLU", f"c{i - 1}" if i else "sum") for i in range(40)),
    ),
    (Source("c39"),),
)


@pytest.fixture
def canvas(qtbot):
    apply_theme(QApplication.instance(), "light")
    widget = GraphCanvas()
    qtbot.addWidget(widget)
    widget.resize(700, 600)
    widget.show()
    qtbot.waitExposed(widget)
    widget.set_graph(GRAPH)
    return widget


def point(canvas, name):
    return canvas.position_of(name).toPoint()


def color_at(canvas, position):
    return canvas.grab().toImage().pixelColor(position)


def test_a_click_selects_the_node_under_it(canvas, qtbot):
    with qtbot.waitSignal(canvas.node_selected) as signal:
        qtbot.mouseClick(canvas, Qt.MouseButton.LeftButton, pos=point(canvas, "b"))
    assert signal.args == ["b"]
    assert canvas.selected == "b"


def test_a_click_beside_the_nodes_selects_nothing(canvas, qtbot):
    with qtbot.assertNotEmitted(canvas.node_selected):
        qtbot.mouseClick(canvas, Qt.MouseButton.LeftButton, pos=QPoint(3, 590))


def test_a_double_click_and_enter_activate(canvas, qtbot):
    with qtbot.waitSignal(canvas.node_activated) as signal:
        qtbot.mouseDClick(canvas, Qt.MouseButton.LeftButton, pos=point(canvas, "a"))
    assert signal.args == ["a"]
    canvas.select("sum")
    with qtbot.waitSignal(canvas.node_activated) as signal:
        qtbot.keyClick(canvas, Qt.Key.Key_Return)
    assert signal.args == ["sum"]


def test_arrow_keys_walk_along_edges_and_sideways(canvas, qtbot):
    canvas.select("in")
    qtbot.keyClick(canvas, Qt.Key.Key_Down)
    first = canvas.selected
    assert first in ("a", "b")
    other = {"a": "b", "b": "a"}[first]
    right = canvas.position_of(other).x() > canvas.position_of(first).x()
    qtbot.keyClick(canvas, Qt.Key.Key_Right if right else Qt.Key.Key_Left)
    assert canvas.selected == other
    qtbot.keyClick(canvas, Qt.Key.Key_Down)
    assert canvas.selected == "sum"
    qtbot.keyClick(canvas, Qt.Key.Key_Up)
    qtbot.keyClick(canvas, Qt.Key.Key_Up)
    assert canvas.selected == "in"
    qtbot.keyClick(canvas, Qt.Key.Key_Up)
    assert canvas.selected == "in"


def test_dragging_pans_and_selects_nothing(canvas, qtbot):
    before = canvas.position_of("sum")
    with qtbot.assertNotEmitted(canvas.node_selected):
        qtbot.mousePress(canvas, Qt.MouseButton.LeftButton, pos=QPoint(100, 300))
        for y in (280, 240, 200):
            qtbot.mouseMove(canvas, QPoint(100, y))
        qtbot.mouseRelease(canvas, Qt.MouseButton.LeftButton, pos=QPoint(100, 200))
    assert canvas.position_of("sum").y() == pytest.approx(before.y() - 100, abs=1)


def test_the_wheel_zooms_around_the_pointer(canvas, qtbot):
    spot = canvas.position_of("sum")
    scale = canvas.scale
    event = QWheelEvent(
        spot, canvas.mapToGlobal(spot), QPoint(), QPoint(0, 240), Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(canvas, event)
    assert canvas.scale > scale * 1.3
    after = canvas.position_of("sum")
    assert (after - spot).manhattanLength() < 1


def test_fit_shows_all_and_selecting_brings_a_far_node_into_view(canvas, qtbot):
    canvas.fit()
    for name in ("in", "c39"):
        assert canvas.rect().contains(point(canvas, name))
    canvas.zoom_in()
    canvas.home()
    assert not canvas.rect().contains(point(canvas, "c39"))
    canvas.select("c39")
    qtbot.waitUntil(lambda: canvas.rect().contains(point(canvas, "c39")), timeout=2000)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_far_out_a_node_is_its_kinds_colour(canvas, scheme):
    colors = apply_theme(QApplication.instance(), scheme)
    canvas.fit()
    assert color_at(canvas, point(canvas, "c5")) == colors.kinds[Kind.ACTIVATION].fill


def test_nodes_that_are_not_computed_are_fainter(canvas):
    canvas.fit()
    bright = color_at(canvas, point(canvas, "c5"))
    canvas.set_computed(["in", "a"])
    assert color_at(canvas, point(canvas, "c5")) != bright
    canvas.set_computed([])
    assert color_at(canvas, point(canvas, "c5")) == bright


def test_a_click_on_the_overview_looks_there(canvas, qtbot):
    assert not canvas.rect().contains(point(canvas, "c39"))
    spot = QPoint(canvas.width() - 40, 425)
    qtbot.mouseClick(canvas, Qt.MouseButton.LeftButton, pos=spot)
    assert canvas.rect().contains(point(canvas, "c39"))


def test_without_a_model_it_says_what_to_do(canvas, qtbot):
    empty = color_at(canvas, QPoint(350, 60))
    canvas.set_graph(None)
    assert canvas.selected is None
    qtbot.keyClick(canvas, Qt.Key.Key_Down)
    qtbot.mouseClick(canvas, Qt.MouseButton.LeftButton, pos=QPoint(350, 60))
    image = canvas.grab().toImage()
    colors = {image.pixel(x, y) for x in range(200, 500, 2) for y in range(250, 350)}
    assert len(colors) > 5  # there is text in the middle
    assert empty.isValid()


def test_position_of_an_unknown_node(canvas):
    with pytest.raises(KeyError):
        canvas.position_of("nowhere")
    assert canvas.position_of("in") != QPointF()
