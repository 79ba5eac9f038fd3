import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QHelpEvent, QNativeGestureEvent, QPointingDevice, QWheelEvent
from PySide6.QtWidgets import QApplication, QToolTip

from cnnviz.costs import graph_costs
from cnnviz.graph import LayerGraph, Node, Source, Weight
from cnnviz.kinds import Kind
from ui.graph.canvas import GraphCanvas
from ui.graph.viewport import READABLE_SCALE
from ui.theme import apply_theme, theme


def node(name, kind, *inputs, shape=(8, 8, 4), **settings):
    weights = (Weight("kernel", (3, 3, 4, 4), trainable=True),) if kind == "Conv2D" else ()
    sources = tuple(Source(i) for i in inputs)
    if kind == "Conv2D":
        settings = {"kernel_size": (3, 3), "filters": 4, **settings}
    return Node(name, kind, sources, (shape,), settings, weights)


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
    widget.set_graph(GRAPH, graph_costs(GRAPH))
    return widget


@pytest.fixture
def fitted(canvas, qtbot):
    canvas.fit()
    qtbot.waitUntil(lambda: canvas.at_rest)
    return canvas


def point(canvas, name):
    return canvas.position_of(name).toPoint()


def color_at(canvas, position):
    return canvas.grab().toImage().pixelColor(position)


def colors_around(canvas, position, reach):
    """Every colour in a square of the canvas."""
    image = canvas.grab().toImage()
    return {
        image.pixelColor(position.x() + x, position.y() + y).rgb()
        for x in range(-reach, reach + 1)
        for y in range(-reach, reach + 1)
    }


def colors_inside(canvas, name):
    """Every colour of a card between its bar and its right side."""
    image, middle, scale = canvas.grab().toImage(), point(canvas, name), canvas.scale
    return {
        image.pixelColor(middle.x() + x, middle.y() + y).rgb()
        for x in range(int(-90 * scale), int(96 * scale))
        for y in range(int(-26 * scale), int(26 * scale))
    }


def turn_wheel(canvas, spot, angle, modifiers=Qt.KeyboardModifier.NoModifier):
    event = QWheelEvent(
        spot, canvas.mapToGlobal(spot), QPoint(), QPoint(0, angle), Qt.MouseButton.NoButton,
        modifiers, Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(canvas, event)


def test_a_click_selects_the_node_under_it_and_moves_nothing(canvas, qtbot):
    spot = point(canvas, "b")
    with qtbot.waitSignal(canvas.node_selected) as signal:
        qtbot.mouseClick(canvas, Qt.MouseButton.LeftButton, pos=spot)
    assert signal.args == ["b"]
    assert canvas.selected == "b"
    canvas.select("b")  # as the window answers
    assert canvas.at_rest
    assert point(canvas, "b") == spot


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


@pytest.mark.parametrize("direction", ["down", "right"])
def test_arrow_keys_walk_along_edges_and_sideways(canvas, qtbot, direction):
    canvas.set_direction(direction)
    ahead, back, less, more = (
        (Qt.Key.Key_Down, Qt.Key.Key_Up, Qt.Key.Key_Left, Qt.Key.Key_Right)
        if direction == "down"
        else (Qt.Key.Key_Right, Qt.Key.Key_Left, Qt.Key.Key_Up, Qt.Key.Key_Down)
    )
    across = QPointF.x if direction == "down" else QPointF.y
    canvas.select("in")
    qtbot.keyClick(canvas, ahead)
    first = canvas.selected
    assert first in ("a", "b")
    other = {"a": "b", "b": "a"}[first]
    further = across(canvas.position_of(other)) > across(canvas.position_of(first))
    qtbot.keyClick(canvas, more if further else less)
    assert canvas.selected == other
    qtbot.keyClick(canvas, more if further else less)
    assert canvas.selected == other  # there is nothing beyond
    qtbot.keyClick(canvas, ahead)
    assert canvas.selected == "sum"
    qtbot.keyClick(canvas, back)
    qtbot.keyClick(canvas, back)
    assert canvas.selected == "in"
    qtbot.keyClick(canvas, back)
    assert canvas.selected == "in"


def test_home_and_end_go_to_the_ends(canvas, qtbot):
    qtbot.keyClick(canvas, Qt.Key.Key_End)
    assert canvas.selected == "c39"
    qtbot.waitUntil(lambda: canvas.at_rest)
    assert canvas.rect().contains(point(canvas, "c39"))
    qtbot.keyClick(canvas, Qt.Key.Key_Home)
    assert canvas.selected == "in"


def test_dragging_pans_and_selects_nothing(canvas, qtbot):
    before = canvas.position_of("sum")
    with qtbot.assertNotEmitted(canvas.node_selected):
        qtbot.mousePress(canvas, Qt.MouseButton.LeftButton, pos=QPoint(100, 300))
        for y in (280, 240, 200):
            qtbot.mouseMove(canvas, QPoint(100, y))
        qtbot.mouseRelease(canvas, Qt.MouseButton.LeftButton, pos=QPoint(100, 200))
    assert canvas.position_of("sum").y() == pytest.approx(before.y() - 100, abs=1)


def test_the_graph_cannot_be_pushed_out_of_view(canvas, qtbot):
    for _ in range(5):
        qtbot.mousePress(canvas, Qt.MouseButton.LeftButton, pos=QPoint(20, 20))
        qtbot.mouseMove(canvas, QPoint(350, 300))
        qtbot.mouseMove(canvas, QPoint(690, 590))
        qtbot.mouseRelease(canvas, Qt.MouseButton.LeftButton, pos=QPoint(690, 590))
    assert canvas.rect().contains(point(canvas, "in"))


def test_the_wheel_zooms_around_the_pointer(canvas):
    spot = canvas.position_of("sum")
    scale = canvas.scale
    turn_wheel(canvas, spot, 240)
    assert canvas.scale > scale * 1.3
    after = canvas.position_of("sum")
    assert (after - spot).manhattanLength() < 1
    turn_wheel(canvas, spot, -240)
    assert canvas.scale == pytest.approx(scale)


def test_two_fingers_pinch(canvas):
    spot, scale = canvas.position_of("sum"), canvas.scale
    for value, wanted in ((0.25, 1.25), (-0.2, 1.0)):
        event = QNativeGestureEvent(
            Qt.NativeGestureType.ZoomNativeGesture, QPointingDevice.primaryPointingDevice(), 2,
            spot, spot, canvas.mapToGlobal(spot), value, QPointF(),
        )  # fmt: skip
        QApplication.sendEvent(canvas, event)
        assert canvas.scale == pytest.approx(scale * wanted)
        assert (canvas.position_of("sum") - spot).manhattanLength() < 1


def test_shift_and_the_wheel_push_sideways(canvas):
    before, scale = canvas.position_of("sum"), canvas.scale
    turn_wheel(canvas, before, -60, Qt.KeyboardModifier.ShiftModifier)
    after = canvas.position_of("sum")
    assert canvas.scale == scale
    assert (after.x() - before.x(), after.y() - before.y()) == pytest.approx((-30, 0))


def test_fit_shows_all_and_selecting_brings_a_far_node_into_view(fitted, qtbot):
    canvas = fitted
    for name in ("in", "c39"):
        assert canvas.rect().contains(point(canvas, name))
    canvas.home()
    assert canvas.scale >= READABLE_SCALE
    assert canvas.rect().contains(point(canvas, "in"))
    assert not canvas.rect().contains(point(canvas, "c39"))
    canvas.select("c39")
    qtbot.waitUntil(lambda: canvas.at_rest)
    assert canvas.rect().contains(point(canvas, "c39"))


def test_zooming_to_the_selection_puts_it_in_the_middle(fitted, qtbot):
    fitted.select("c20")
    fitted.zoom_to_selection()
    qtbot.waitUntil(lambda: fitted.at_rest)
    assert fitted.scale == 1
    off = fitted.position_of("c20") - QPointF(350, 300)
    assert off.manhattanLength() < 2


def test_zooming_in_twice_at_once_goes_twice_as_far(canvas, qtbot):
    scale = canvas.scale
    canvas.zoom_in()
    canvas.zoom_in()
    qtbot.waitUntil(lambda: canvas.at_rest)
    assert canvas.scale == pytest.approx(scale * 1.25**2)


def test_a_walk_is_followed_unless_one_looks_elsewhere(canvas, qtbot):
    for i in range(15):
        canvas.select(f"c{i}", walking=True)
        qtbot.waitUntil(lambda: canvas.at_rest)
        assert canvas.rect().contains(point(canvas, f"c{i}"))
    canvas.home()
    canvas.fit()
    qtbot.waitUntil(lambda: canvas.at_rest)
    turn_wheel(canvas, canvas.position_of("in"), 960)
    assert not canvas.rect().contains(point(canvas, "c14"))
    before = canvas.position_of("in")
    canvas.select("c15", walking=True)
    assert canvas.at_rest
    assert canvas.position_of("in") == before
    canvas.select("c16")
    qtbot.waitUntil(lambda: canvas.at_rest)
    assert canvas.rect().contains(point(canvas, "c16"))


def test_a_press_ends_a_flight(canvas, qtbot):
    canvas.select("c39")
    assert not canvas.at_rest
    qtbot.mousePress(canvas, Qt.MouseButton.LeftButton, pos=QPoint(20, 300))
    assert canvas.at_rest


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_far_out_a_node_is_its_kinds_colour(fitted, scheme):
    colors = apply_theme(QApplication.instance(), scheme)
    QApplication.processEvents()
    assert color_at(fitted, point(fitted, "c5")) == colors.kinds[Kind.ACTIVATION].fill
    assert color_at(fitted, point(fitted, "a")) == colors.kinds[Kind.CONVOLUTION].fill
    assert color_at(fitted, QPoint(680, 590)) == colors.canvas


def test_near_a_card_has_its_tint_its_bar_and_dark_text(canvas):
    colors = theme("light")
    middle = point(canvas, "a")
    kind = colors.kinds[Kind.CONVOLUTION]
    card = colors_inside(canvas, "a")
    assert kind.soft.rgb() in card
    assert min(c & 0xFF for c in card) < 110  # ink
    bar = color_at(canvas, middle - QPoint(int((106 - 8) * canvas.scale), 0))
    assert bar == kind.fill


def test_text_comes_with_the_zoom(canvas, qtbot):
    canvas.select("in")
    canvas.zoom_to_selection()
    qtbot.waitUntil(lambda: canvas.at_rest)
    canvas.select(None)
    inks = []
    for steps in (0, -5):
        turn_wheel(canvas, canvas.position_of("a"), steps * 120)
        inks.append(len(colors_inside(canvas, "a")))
    assert inks[0] > 20
    assert inks[1] == 1


def test_selected_and_current_nodes_are_ringed(canvas):
    colors = theme("light")
    canvas.select("a")
    canvas.set_current("sum")
    image = canvas.grab().toImage()
    seen = {}
    for name, half in (("a", 106), ("sum", 52)):
        middle = point(canvas, name)
        right = middle.x() + int(half * canvas.scale)
        seen[name] = {image.pixelColor(right + dx, middle.y()).rgb() for dx in range(8)}
    assert colors.accent.rgb() in seen["a"]
    assert colors.current.rgb() in seen["sum"]
    canvas.set_current(None)
    assert colors.current.rgb() not in colors_around(canvas, point(canvas, "sum"), reach=50)


def test_hovering_lights_the_edges(canvas, qtbot):
    accent = theme("light").accent.rgb()
    middle = (canvas.position_of("c0") + canvas.position_of("c1")) / 2
    assert accent not in colors_around(canvas, middle.toPoint(), reach=3)
    qtbot.mouseMove(canvas, point(canvas, "c1"))
    assert accent in colors_around(canvas, middle.toPoint(), reach=3)


def test_nodes_that_are_not_computed_are_fainter(fitted):
    bright = color_at(fitted, point(fitted, "c5"))
    fitted.set_computed(["in", "a"])
    faint = color_at(fitted, point(fitted, "c5"))
    assert faint.lightnessF() > bright.lightnessF()
    assert color_at(fitted, point(fitted, "a")) == theme("light").kinds[Kind.CONVOLUTION].fill
    fitted.set_computed([])
    assert color_at(fitted, point(fitted, "c5")) == bright


def test_the_card_tells_the_facts(canvas, qtbot):
    spot = point(canvas, "a")
    event = QHelpEvent(QEvent.Type.ToolTip, spot, canvas.mapToGlobal(spot))
    QApplication.sendEvent(canvas, event)
    text = QToolTip.text()
    # 3 x 3 x 4 x 4 weights, at each of 8 x 8 positions one multiply-add a weight.
    for fact in ("a", "Conv2D", "8 × 8 × 4", "kernel 3×3", "144", "9,216", "1 KiB"):
        assert fact in text
    nowhere = QHelpEvent(QEvent.Type.ToolTip, QPoint(3, 590), canvas.mapToGlobal(QPoint(3, 590)))
    QApplication.sendEvent(canvas, nowhere)
    qtbot.waitUntil(lambda: not QToolTip.isVisible())


@pytest.mark.parametrize(
    ("direction", "spot"), [("down", QPoint(650, 425)), ("right", QPoint(680, 550))]
)
def test_a_click_on_the_overview_looks_there(canvas, qtbot, direction, spot):
    canvas.set_direction(direction)
    assert not canvas.rect().contains(point(canvas, "c39"))
    with qtbot.assertNotEmitted(canvas.node_selected):
        qtbot.mouseClick(canvas, Qt.MouseButton.LeftButton, pos=spot)
    assert canvas.rect().contains(point(canvas, "c39"))


def test_dragging_on_the_overview_scrolls(canvas, qtbot):
    qtbot.mousePress(canvas, Qt.MouseButton.LeftButton, pos=QPoint(650, 50))
    qtbot.mouseMove(canvas, QPoint(650, 225))
    middle = canvas.position_of("c18").y()
    qtbot.mouseMove(canvas, QPoint(650, 425))
    qtbot.mouseRelease(canvas, Qt.MouseButton.LeftButton, pos=QPoint(650, 425))
    assert 0 < middle < 600
    assert canvas.rect().contains(point(canvas, "c39"))


def test_turning_the_graph_keeps_the_selection_in_view(canvas, qtbot):
    canvas.select("c30")
    canvas.set_direction("right")
    assert canvas.selected == "c30"
    assert canvas.rect().contains(point(canvas, "c30"))
    assert canvas.position_of("c31").x() > canvas.position_of("c30").x()
    assert canvas.position_of("c31").y() == pytest.approx(canvas.position_of("c30").y())


def test_the_first_view_stays_so_while_the_widget_is_resized(canvas, qtbot):
    canvas.resize(900, 800)
    resized = canvas.position_of("in")
    canvas.home()
    assert canvas.position_of("in") == resized
    canvas.zoom_in()
    qtbot.waitUntil(lambda: canvas.at_rest)
    scale = canvas.scale
    canvas.resize(700, 600)
    assert canvas.scale == scale


def test_without_a_model_it_says_what_to_do(canvas, qtbot):
    canvas.set_graph(None)
    assert canvas.selected is None
    qtbot.keyClick(canvas, Qt.Key.Key_Down)
    qtbot.mouseClick(canvas, Qt.MouseButton.LeftButton, pos=QPoint(350, 60))
    canvas.fit()
    canvas.zoom_in()
    turn_wheel(canvas, QPointF(350, 300), 120)
    image = canvas.grab().toImage()
    colors = {image.pixel(x, y) for x in range(200, 500, 2) for y in range(250, 350)}
    assert len(colors) > 5  # there is text in the middle


def test_it_says_what_is_on_its_way_until_that_is_there(canvas):
    canvas.set_graph(None)
    nothing = canvas.grab().toImage()
    canvas.announce("Opening VGG-16…")
    coming = canvas.grab().toImage()
    assert coming != nothing
    canvas.announce("")
    assert canvas.grab().toImage() == nothing
    canvas.announce("Opening VGG-16…")
    canvas.set_graph(GRAPH, graph_costs(GRAPH))
    assert canvas.grab().toImage() != coming


def test_a_model_with_open_sizes_is_shown_without_costs(canvas):
    shape = (None, None, 3)
    nodes = (node("x", "InputLayer", shape=shape), node("y", "Conv2D", "x", shape=shape))
    canvas.set_graph(LayerGraph("open", nodes, (Source("y"),)))
    spot = point(canvas, "y")
    QApplication.sendEvent(canvas, QHelpEvent(QEvent.Type.ToolTip, spot, canvas.mapToGlobal(spot)))
    assert "? × ? × 3" in QToolTip.text()
    assert "MACs" not in QToolTip.text()


def test_a_graph_without_nodes_is_as_none(canvas):
    canvas.set_graph(LayerGraph("nothing", (), ()))
    assert not canvas.grab().isNull()
    assert canvas.selected is None


def test_position_of_an_unknown_node(canvas):
    with pytest.raises(KeyError):
        canvas.position_of("nowhere")
