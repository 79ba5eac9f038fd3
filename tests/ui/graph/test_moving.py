"""Moving in the graph of a real window: paths, facts to copy, the menu, edges under the pointer."""

import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QContextMenuEvent
from PySide6.QtWidgets import QApplication, QMenu

from ui.theme import theme


@pytest.fixture
def bench(make_workbench, small_model, qtbot):
    """A network of two branches: photo -> (left, right) -> join -> pool -> answer."""
    bench = make_workbench()
    bench.start(str(small_model), None)
    qtbot.waitUntil(lambda: bench.settled, timeout=20_000)
    bench.graph_view.expand_all()
    bench.graph.fit()
    qtbot.waitUntil(lambda: bench.graph.at_rest)
    return bench


def point(bench, name):
    return bench.graph.position_of(name).toPoint()


def bright(bench):
    lit = bench.graph._marks.lit
    return {bench.graph.scene.boxes[i].key for i in lit} if lit is not None else None


def said(bench):
    return bench.window.message_line.label.text()


def click(bench, qtbot, name, modifiers=Qt.KeyboardModifier.NoModifier):
    qtbot.mouseClick(bench.graph, Qt.MouseButton.LeftButton, modifiers, point(bench, name))


def test_a_click_with_shift_shows_the_ways_between_two_nodes(bench, qtbot):
    click(bench, qtbot, "photo")
    click(bench, qtbot, "join", Qt.KeyboardModifier.ShiftModifier)
    assert bright(bench) == {"photo", "left", "right", "join"}
    assert bench.controller.selection.node == "photo"
    assert "2 layers lie on the ways from photo to join" in said(bench)
    click(bench, qtbot, "pool")
    click(bench, qtbot, "left", Qt.KeyboardModifier.ShiftModifier)  # the other way round
    assert bright(bench) == {"left", "join", "pool"}
    bench.window.actions_by_id["unlight"].trigger()
    click(bench, qtbot, "left")
    click(bench, qtbot, "right", Qt.KeyboardModifier.ShiftModifier)
    assert bright(bench) is None
    assert "No way leads" in said(bench)


def test_the_command_takes_the_layer_before(bench):
    path = bench.window.actions_by_id["path"]
    bench.controller.select("left")
    bench.controller.select("left", 2)  # a channel of it is no other layer
    bench.controller.select("answer")
    path.trigger()
    assert bright(bench) == {"left", "join", "pool", "answer"}


def test_facts_are_copied_as_text(bench, qtbot):
    clipboard = QApplication.clipboard()
    click(bench, qtbot, "left")
    qtbot.keyClick(bench.graph, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    lines = clipboard.text().splitlines()
    assert lines[0] == "left"
    assert "Conv2D" in lines[1]
    # 3 x 3 x 3 weights for each of 4 filters, and 4 biases; a multiply-add a weight and position.
    assert "Parameters: 112" in lines
    assert f"MACs: {24 * 24 * 4 * 27:,}" in lines
    assert "Receptive field size: 3 × 3" in lines
    assert "<" not in clipboard.text()
    bench.graph_view.collapse_all()
    bench.graph_view.slider.setValue(0)
    bench.window.actions_by_id["copy_facts"].trigger()
    assert "Layers: 6" in clipboard.text().splitlines()


def test_the_menu_of_a_node(bench, qtbot):
    click(bench, qtbot, "photo")
    spot = point(bench, "join")
    event = QContextMenuEvent(QContextMenuEvent.Reason.Mouse, spot, bench.graph.mapToGlobal(spot))
    QApplication.sendEvent(bench.graph, event)
    assert bench.controller.selection.node == "join"
    (menu,) = [menu for menu in bench.graph.findChildren(QMenu) if menu.isVisible()]
    texts = {action.text(): action for action in menu.actions()}
    texts["Path from photo to here"].trigger()
    assert bright(bench) == {"photo", "left", "right", "join"}
    assert "Copy facts" in texts
    assert "Show its feature maps" in texts
    menu.close()


def test_pointing_at_an_edge_says_what_flows(bench, qtbot):
    graph = bench.graph
    scene = graph.scene
    accent = theme("light").accent.rgb()
    for edge, route in enumerate(scene.layout.routes):
        for share in (0.5, 0.9, 0.1):  # it may pass behind the name of a frame
            middle = scene.edge_path(route).pointAtPercent(share)
            spot = graph._camera.to_screen(middle).toPoint()
            qtbot.mouseMove(graph, spot)
            if graph._marks.pointed is not None:
                break
        assert graph._marks.pointed[0] == edge
        image = graph.grab().toImage()
        around = {
            image.pixel(spot.x() + x, spot.y() + y) for x in range(-2, 3) for y in range(-2, 3)
        }
        assert accent in around
    qtbot.mouseMove(graph, spot + QPointF(60, 0).toPoint())
    assert graph._marks.pointed is None


def test_edges_are_found_however_thin_they_are(bench, qtbot):
    graph = bench.graph
    while graph.scale > 0.05:
        graph._zoom(0.8, QPointF(graph.rect().center()))
    route = graph.scene.layout.routes[0]
    middle = graph.scene.edge_path(route).pointAtPercent(0.5)
    qtbot.mouseMove(graph, graph._camera.to_screen(middle).toPoint())
    assert graph._marks.pointed is not None
