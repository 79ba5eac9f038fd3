import numpy as np
import pytest
from PySide6.QtCore import QPoint

from cnnviz.colormaps import COLOUR_MAPS
from cnnviz.requests import GetActivation
from cnnviz.tiling import Cell
from ui.panels.pair_sheet import PairSheet
from ui.samples import samples

VIEW = "With its maps"


@pytest.fixture
def bench(make_workbench, small_model):
    bench = make_workbench()
    bench.start(str(small_model), samples("photo")[0])
    bench.tabs.setCurrentWidget(bench.filters)
    bench.commands.go_to("left")
    return bench


def look(bench):
    bench.filters.view.setCurrentIndex(bench.filters.view.findText(VIEW))


def test_a_pair_is_a_map_and_the_slice_that_reads_it():
    rng = np.random.default_rng(0)
    maps = rng.normal(size=(30, 40, 2)).astype(np.float32)
    slices = rng.normal(size=(3, 2, 2)).astype(np.float32)
    sheet = PairSheet(maps, slices, COLOUR_MAPS["viridis"], COLOUR_MAPS["white"], 0xFF123456)
    height, width, count = sheet.shape
    assert (height, count) == (30, 2)
    assert sheet.at(1, 7, 9) == ("map", 7, 9, pytest.approx(maps[7, 9, 1]))
    assert sheet.at(0, 0, width // 2) is None
    found = [sheet.at(0, row, column) for row in range(height) for column in range(43, width)]
    assert {place[:3] for place in found} == {
        ("slice", row, column) for row in range(3) for column in range(2)
    }
    assert all(value == slices[row, column, 0] for _, row, column, value in found)


@pytest.mark.parametrize("shape", [(1, 1, 3), (7, 7, 5), (224, 224, 2), (1, 300, 2)])
def test_pairs_of_every_size_are_drawn(shape):
    maps = np.zeros(shape, np.float32)
    maps[0, 0, 0] = np.nan
    slices = np.zeros((1, 1, shape[-1]), np.float32)
    sheet = PairSheet(maps, slices, COLOUR_MAPS["viridis"], COLOUR_MAPS["white"], 0xFF123456)
    height, width, count = sheet.shape
    assert count == shape[-1]
    assert 24 <= max(height, (width - 3) // 2) <= 112
    what, row, column, value = sheet.at(0, 0, 0)
    assert (what, row, column) == ("map", 0, 0)
    assert np.isnan(value)


def test_a_filter_stands_between_what_it_reads_and_what_it_makes(bench, qtbot):
    look(bench)
    beside = bench.filters.beside
    assert beside.isVisible()
    sheet = beside.pairs.sheet
    kernel = bench.filters._weights.values["kernel"]
    np.testing.assert_array_equal(sheet.slices, kernel[..., 0])
    photo = bench.lane._engine.handle(GetActivation("photo")).values
    np.testing.assert_array_equal(sheet.maps, photo)
    made = bench.lane._engine.handle(GetActivation("left")).values
    np.testing.assert_array_equal(beside._made, made)
    assert beside.made.title.whole == "What it makes: map 0"
    cell = Cell(2, 5, 6)
    qtbot.mouseMove(beside.pairs.viewport(), QPoint(0, 0))
    qtbot.mouseMove(beside.pairs.viewport(), beside.pairs.cell_rect(cell).center().toPoint())
    assert bench.filters.readout.text().startswith("input map 2  ·  row 5, column 6  ·  value ")


def test_turning_to_another_filter_moves_the_selection_and_back(bench):
    look(bench)
    bench.filters.page.setValue(3)
    assert bench.controller.selection.channel == 3
    assert bench.filters.beside.made.title.whole == "What it makes: map 3"
    bench.controller.select("left", 1)
    assert bench.filters.page.value() == 1
    assert bench.filters.beside.made.title.whole == "What it makes: map 1"


def test_the_strongest_slices_come_first_where_that_is_the_order(bench):
    look(bench)
    sorting = bench.filters.sorting
    sorting.setCurrentIndex(sorting.findData("strongest"))
    slices = bench.filters.beside.pairs.sheet.slices
    norms = np.linalg.norm(slices.reshape(-1, slices.shape[-1]), axis=0)
    assert (np.diff(norms) <= 0).all()


def test_another_picture_brings_other_maps_and_nothing_is_fetched_for_nobody(bench):
    asked = []
    submit = bench.lane.submit
    bench.lane.submit = lambda request, **how: (asked.append(request), submit(request, **how))[1]
    look(bench)
    before = bench.filters.beside.pairs.sheet.maps
    bench.controller.run_image(samples("photo")[1])
    assert (bench.filters.beside.pairs.sheet.maps != before).any()
    bench.filters.view.setCurrentIndex(0)
    asked.clear()
    bench.controller.run_image(samples("photo")[2])
    fetched = [request.node for request in asked if isinstance(request, GetActivation)]
    assert fetched.count("photo") == 0


def test_a_column_of_a_pointwise_matrix_is_a_filter(bench):
    bench.commands.go_to("right")
    filters = bench.filters
    filters.view.setCurrentIndex(filters.view.findText("Matrix"))
    filters.sorting.setCurrentIndex(filters.sorting.findData("weakest"))
    norms = np.linalg.norm(filters._weights.values["kernel"].reshape(3, 4), axis=0)
    order = np.argsort(norms, kind="stable")
    for column in range(4):
        filters.matrix.clicked.emit(Cell(0, 1, column))
        assert bench.controller.selection.channel == order[column]
        assert filters.matrix.selection.column == column
