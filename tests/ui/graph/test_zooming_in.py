"""From a box down to the values of its cells, by the wheel and by clicks, in the real window."""

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QHelpEvent, QWheelEvent
from PySide6.QtWidgets import QApplication, QToolTip

from cnnviz.requests import GetActivation
from cnnviz.tiling import Cell
from ui.graph.camera import MAX_SCALE
from ui.graph.lettering import SMALLEST
from ui.graph.spots import LARGEST_CELL, VALUES_FROM

NAME = "c1_conv"


@pytest.fixture
def bench(workbench, qtbot):
    qtbot.waitUntil(lambda: workbench.settled, timeout=20_000)
    workbench.graph.select(NAME)
    workbench.graph.zoom_to_selection()
    qtbot.waitUntil(lambda: workbench.graph.at_rest)
    return workbench


def turn_wheel(canvas, spot, angle):
    event = QWheelEvent(
        spot, canvas.mapToGlobal(spot), QPoint(), QPoint(0, angle), Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(canvas, event)


def sheet_of(canvas, name=NAME):
    return canvas._feed.pictures.sheet_at(canvas.scene, canvas.scene.index[name], canvas.scale)


def spot_of_cell(canvas, cell):
    """Where the middle of a cell is on the canvas, once its sheet is shown."""
    sheet = sheet_of(canvas)
    if sheet is None:
        return canvas.position_of(NAME) + QPointF(0, 12 * canvas.scale)
    part = sheet.layout.cell(cell)
    rect = sheet.part(part.x, part.y, part.width, part.height)
    return canvas._camera.to_screen(rect.center())


def zoom_to(canvas, cell, scale):
    for _ in range(80):
        if canvas.scale >= scale:
            return
        turn_wheel(canvas, spot_of_cell(canvas, cell), 120)


def settle(bench, qtbot):
    """Until all that is in view has come."""
    feed, store = bench.graph._feed, bench.graph_wires.sheets
    qtbot.waitUntil(
        lambda: not feed._asking.isActive() and not store._under_way and not store._wanted
    )


def values(bench, name=NAME):
    got = []
    bench.lane.submit(GetActivation(name), on_success=got.append)
    return got[0].values


def test_the_wheel_goes_from_a_box_to_its_channels_to_its_values(bench, qtbot):
    graph, store = bench.graph, bench.graph_wires.sheets
    cell = Cell(2, 9, 15)
    assert sheet_of(graph) is None
    assert not store.sheets
    zoom_to(graph, cell, 3.0)
    settle(bench, qtbot)
    (first,) = [sheet for sheet in store.sheets.values() if sheet.request.node == NAME]
    layout = sheet_of(graph).layout
    assert first.codes.shape == (layout.pixel_height, layout.pixel_width)
    assert not store.cells  # they could not be read yet
    zoom_to(graph, cell, 10.0)
    settle(bench, qtbot)
    assert not store.cells
    zoom_to(graph, cell, 1e6)
    assert sheet_of(graph).cell * graph.scale == pytest.approx(LARGEST_CELL, rel=0.05)
    settle(bench, qtbot)
    assert graph.grab().toImage() is not None
    shown = graph._feed.pictures.values
    expected = values(bench)
    assert shown.value(NAME, cell) == expected[9, 15, 2]
    total = sum(cells.values.nbytes for cells in store.cells.values())
    assert total < expected.nbytes  # what is in view, and no more


def test_values_are_written_only_where_they_can_be_read(bench, qtbot):
    graph, cell = bench.graph, Cell(2, 9, 15)
    zoom_to(graph, cell, 3.0)
    settle(bench, qtbot)
    zoom_to(graph, cell, 0.8 * VALUES_FROM / sheet_of(graph).cell)
    settle(bench, qtbot)
    assert sheet_of(graph).cell * graph.scale < VALUES_FROM
    spot = spot_of_cell(graph, cell)
    reach = int(sheet_of(graph).cell * graph.scale / 2) - 2

    def colours():
        image, middle = graph.grab().toImage(), spot_of_cell(graph, cell).toPoint()
        span = range(-reach, reach + 1)
        return {image.pixel(middle.x() + x, middle.y() + y) for x in span for y in span}

    assert len(colours()) == 1
    zoom_to(graph, cell, VALUES_FROM / sheet_of(graph).cell)
    settle(bench, qtbot)
    assert len(colours()) > 3  # ink
    assert VALUES_FROM / 4.6 > SMALLEST - 0.5
    assert (spot_of_cell(graph, cell) - spot).manhattanLength() < 3


def test_a_click_on_a_cell_selects_it_and_pointing_reads_it(bench, qtbot):
    graph, cell = bench.graph, Cell(4, 20, 11)
    zoom_to(graph, cell, 1e6)
    settle(bench, qtbot)
    spot = spot_of_cell(graph, cell).toPoint()
    before = graph.scale
    qtbot.mouseClick(graph, Qt.MouseButton.LeftButton, pos=spot)
    chosen = bench.controller.selection
    assert (chosen.node, chosen.channel, chosen.row, chosen.column) == (NAME, 4, 20, 11)
    assert graph.at_rest
    assert graph.scale == before
    assert (spot_of_cell(graph, cell).toPoint() - spot).manhattanLength() <= 1
    QApplication.sendEvent(graph, QHelpEvent(QEvent.Type.ToolTip, spot, graph.mapToGlobal(spot)))
    assert "channel 4, row 20, column 11" in QToolTip.text()
    number = f"{values(bench)[20, 11, 4]:.4g}".replace("-", "−")
    assert number in QToolTip.text()
    # A step to another layer goes back to where a box is seen as a whole.
    qtbot.keyClick(graph, Qt.Key.Key_Down)
    qtbot.waitUntil(lambda: graph.at_rest)
    assert graph.scale <= MAX_SCALE
    assert graph.rect().contains(graph.position_of(graph.selected).toPoint())


def test_where_cells_are_too_small_a_click_means_the_channel(bench, qtbot):
    graph = bench.graph
    cell = Cell(1, 14, 14)
    zoom_to(graph, cell, 2.25)
    settle(bench, qtbot)
    assert sheet_of(graph).cell * graph.scale < 3
    qtbot.mouseClick(graph, Qt.MouseButton.LeftButton, pos=spot_of_cell(graph, cell).toPoint())
    chosen = bench.controller.selection
    assert (chosen.node, chosen.channel, chosen.row) == (NAME, 1, None)


def test_vectors_show_their_values_too(bench, qtbot):
    graph, name = bench.graph, bench.controller.opened.graph.outputs[0].node
    bench.controller.select(name)
    graph.zoom_to_selection()
    qtbot.waitUntil(lambda: graph.at_rest)
    for _ in range(60):
        turn_wheel(graph, graph.position_of(name) + QPointF(0, 12 * graph.scale), 120)
    settle(bench, qtbot)
    held = graph._feed.sheet_at(QPointF(graph.rect().center()))
    assert held is not None
    assert held[1].layout.channels == 10
    known = [graph._feed.pictures.values.value(name, Cell(i, 0, 0)) for i in range(10)]
    seen = [value for value in known if value is not None]
    assert seen
    assert np.isin(np.float32(seen), values(bench, name)).all()


def test_another_pass_forgets_what_was_shown(bench, qtbot):
    graph, store = bench.graph, bench.graph_wires.sheets
    zoom_to(graph, Cell(2, 9, 15), 1e6)
    settle(bench, qtbot)
    assert store.sheets
    assert store.cells
    bench.window.actions_by_id["next_image"].trigger()
    qtbot.waitUntil(lambda: bench.settled, timeout=20_000)
    settle(bench, qtbot)
    cell = Cell(2, 9, 15)
    assert graph._feed.pictures.values.value(NAME, cell) == values(bench)[9, 15, 2]


def test_without_a_pass_a_box_does_not_grow_further(bench, qtbot):
    graph = bench.graph
    graph.set_traced(False)
    for _ in range(40):
        turn_wheel(graph, graph.position_of(NAME) + QPointF(0, 10), 120)
    assert graph.scale == MAX_SCALE
    assert sheet_of(graph) is None
