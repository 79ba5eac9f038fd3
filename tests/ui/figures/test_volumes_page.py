"""The page of volumes in the real window: the selection both ways, choosers, keys, zoom."""

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QHelpEvent, QWheelEvent
from PySide6.QtWidgets import QApplication, QToolTip

from cnnviz.figures.scene import Shape, Text
from ui.controller import Controller
from ui.figures.volumes_page import VolumesPage, owners
from ui.jobs import Lane
from ui.theme import apply_theme


@pytest.fixture
def page(workbench, qtbot):
    workbench.tabs.setCurrentWidget(workbench.pages.volumes)
    qtbot.waitUntil(lambda: workbench.pages.volumes.settled, timeout=20_000)
    return workbench.pages.volumes


def click(qtbot, view, key):
    """A click on the label of a part, which nothing else covers."""
    area = view.area_of(key)
    qtbot.mouseClick(
        view, Qt.MouseButton.LeftButton, pos=QPoint(int(area.center().x()), int(area.bottom()) - 12)
    )


def texts(view):
    return {mark.words for mark in view.figure.marks if isinstance(mark, Text)}


def test_a_click_on_any_volume_selects_it_and_the_selection_is_marked(page, workbench, qtbot):
    assert len(page.view.parts) == 8
    for key in reversed(page.view.parts):
        click(qtbot, page.view, key)
        node = workbench.controller.selection.node
        assert f"operation/{node}" == key == page.view.selected
        assert workbench.film.frame_node(node) is not None
    workbench.controller.select("c3_conv")
    assert page.view.selected == "operation/c3_conv"
    workbench.controller.select("flatten")  # has no volume of its own: what it flattens is marked
    assert page.view.selected == "operation/c5_conv"


def test_a_click_on_a_kernel_window_selects_the_layer_that_it_belongs_to(page, workbench, qtbot):
    window = next(
        mark
        for mark in page.view.figure.marks
        if isinstance(mark, Shape) and mark.part == "operation/c3_conv" and mark.opacity < 0.5
    )
    xs, ys = zip(*window.points, strict=True)
    middle = QPointF((min(xs) + max(xs)) / 2, (min(ys) + max(ys)) / 2)
    place = page.view._camera.to_screen(middle).toPoint()
    qtbot.mouseClick(page.view, Qt.MouseButton.LeftButton, pos=place)
    assert workbench.controller.selection.node == "c3_conv"


def test_a_drag_moves_the_figure_and_selects_nothing(page, workbench, qtbot):
    before, node = page.view.area_of("operation/input"), workbench.controller.selection.node
    place = page.view.area_of("operation/s4_pool").center().toPoint()
    qtbot.mousePress(page.view, Qt.MouseButton.LeftButton, pos=place)
    for step in (10, 20, 30):
        qtbot.mouseMove(page.view, place + QPoint(step, 0))
    qtbot.mouseRelease(page.view, Qt.MouseButton.LeftButton, pos=place + QPoint(30, 0))
    assert workbench.controller.selection.node == node
    moved = page.view.area_of("operation/input")
    assert moved.left() - before.left() == pytest.approx(30, abs=2)


def test_wheel_and_commands_zoom_the_figure_and_not_the_graph_behind(page, workbench):
    graph, view = workbench.graph, page.view
    scale, behind = view.scale, graph.scale
    place = view.area_of("operation/c3_conv").center()
    turn = QWheelEvent(
        place, QPointF(view.mapToGlobal(place.toPoint())), QPoint(), QPoint(0, 240),
        Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase,
        False,
    )  # fmt: skip
    QApplication.sendEvent(view, turn)
    assert view.scale > scale
    fixed = view.area_of("operation/c3_conv").center()
    assert (fixed.x(), fixed.y()) == pytest.approx((place.x(), place.y()), abs=1.5)
    for command in ("zoom_out", "zoom_out", "fit", "zoom_in", "zoom_to_selection"):
        workbench.window.actions_by_id[command].trigger()
    assert graph.scale == behind
    workbench.tabs.setCurrentWidget(workbench.maps)
    workbench.window.actions_by_id["zoom_out"].trigger()
    assert graph._camera.flying or graph.scale != behind


def test_keys_walk_along_the_network(page, workbench, qtbot):
    view, controller = page.view, workbench.controller
    qtbot.keyClick(view, Qt.Key.Key_Home)
    assert controller.selection.node == "input"
    qtbot.keyClick(view, Qt.Key.Key_Left)
    assert controller.selection.node == "input"
    qtbot.keyClick(view, Qt.Key.Key_Right)
    qtbot.keyClick(view, Qt.Key.Key_Down)
    assert controller.selection.node == "s2_pool"
    qtbot.keyClick(view, Qt.Key.Key_Up)
    assert controller.selection.node == "c1_conv"
    qtbot.keyClick(view, Qt.Key.Key_End)
    assert f"operation/{controller.selection.node}" == view.parts[-1]


def test_choosers_change_the_figure(page):
    boxes = page.view.figure
    page.solids.setCurrentIndex(page.solids.findData("planes"))
    planes = page.view.figure
    page.scale.setCurrentIndex(page.scale.findData("linear"))
    linear = page.view.figure
    page.kernels.setChecked(False)
    plain = page.view.figure
    assert len({figure.marks for figure in (boxes, planes, linear, plain)}) == 4
    assert not any(isinstance(m, Shape) and 0.1 < m.opacity < 1 for m in plain.marks)
    page.detail.setCurrentIndex(page.detail.findData("stage"))
    assert len(page.view.parts) < 8
    assert "28×28×6" not in texts(page.view)


def test_the_hover_card_tells_what_a_volume_is(page, qtbot):
    for key, told in (("operation/c1_conv", "c1_conv"), ("operation/s2_pool", "28 × 28 × 6")):
        area = page.view.area_of(key)
        place = QPoint(int(area.center().x()), int(area.bottom()) - 12)
        asked = QHelpEvent(QHelpEvent.Type.ToolTip, place, page.view.mapToGlobal(place))
        QApplication.sendEvent(page.view, asked)
        assert told in QToolTip.text()
    QToolTip.hideText()


def test_it_takes_the_colours_of_the_theme_and_the_room_that_there_is(page, workbench, qtbot, qapp):
    def inks():
        return {mark.colour for mark in page.view.figure.marks if isinstance(mark, Text)}

    light = inks()
    try:
        apply_theme(qapp, "dark")
        qtbot.waitUntil(lambda: not light & inks(), timeout=20_000)
    finally:
        apply_theme(qapp, "light")
    qtbot.waitUntil(lambda: light == inks(), timeout=20_000)
    before = page.view.figure.width
    workbench.window.resize(1150, 760)
    qtbot.waitUntil(lambda: page.settled and page.view.figure.width < before - 50, timeout=20_000)
    assert page.view.figure.width <= page.view.room.width()


def test_without_a_model_it_says_what_to_do(qtbot, qapp):
    class Nothing(Lane):
        """An engine that is never asked."""

    page = VolumesPage(Controller(Nothing(), lambda graph, _: None))
    qtbot.addWidget(page)
    page.show()
    page.set_insight(None)
    assert page._stack.currentIndex() == 0
    assert "Open a model" in page._empty.text()


def test_every_operation_of_a_network_with_branches_has_an_owner(page, workbench, small_model):
    workbench.controller.open_model(str(small_model))
    outline = page._subject.outline
    found = owners(outline, page.view.parts)
    assert set(found) == {node.name for node in outline.graph.nodes}
    assert set(found.values()) == set(page.view.parts)


def test_equal_layers_that_share_a_volume_are_one_thing_to_point_at(
    page, workbench, qtbot, tmp_path
):
    import keras

    x = inputs = keras.Input((16, 16, 3), name="photo")
    for i in range(60):
        x = keras.layers.Conv2D(4, 3, padding="same", name=f"conv{i}")(x)
    keras.Model(inputs, x).save(tmp_path / "deep.keras")
    workbench.controller.open_model(str(tmp_path / "deep.keras"))
    qtbot.waitUntil(lambda: "conv0–59 ×60" in texts(page.view), timeout=20_000)
    for key in ("operation/photo", "operation/conv0"):
        click(qtbot, page.view, key)
    assert workbench.controller.selection.node == "conv59"
    assert page.view.selected == "operation/conv0"
    params = 3 * 3 * 3 * 4 + 4 + 59 * (3 * 3 * 4 * 4 + 4)
    assert f"{params:,}" in page._tell("operation/conv0")
