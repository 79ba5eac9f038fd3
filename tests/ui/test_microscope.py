import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QApplication

import main
from cnnviz.tiling import Cell
from ui.controller import Selection


@pytest.fixture
def page(workbench, qtbot):
    """The microscope of a newcomer's window, in front."""
    workbench.tabs.setCurrentWidget(workbench.pages.microscope)
    settle(workbench, qtbot)
    return workbench.pages.microscope


def settle(workbench, qtbot):
    qtbot.waitUntil(lambda: workbench.pages.microscope.settled, timeout=15_000)


def selection(workbench):
    chosen = workbench.controller.selection
    return chosen.node, chosen.channel, chosen.row, chosen.column


def facts(table):
    return {fact.name: fact.value for fact in table.facts}


def test_a_click_in_a_feature_map_shows_what_the_cell_sees(workbench, page, qtbot):
    workbench.controller.select("c3_conv")
    workbench.tabs.setCurrentWidget(workbench.maps)
    atlas = workbench.maps.atlas
    where = atlas.cell_rect(Cell(5, 3, 4)).center().toPoint()
    qtbot.mouseClick(atlas.viewport(), Qt.MouseButton.LeftButton, pos=where)
    workbench.tabs.setCurrentWidget(page)
    settle(workbench, qtbot)
    assert selection(workbench) == ("c3_conv", 5, 3, 4)
    assert page.photo.window_ == ((6, 20), (8, 22))
    assert page.link.text() == "lenet5_modern/c3_conv/3,4,5"
    known = facts(page.cell.facts)
    assert known["Rows"] == "6 to 19"
    assert known["Theoretical size"] == "14 × 14"
    value = workbench.controller.activation.values[3, 4, 5]
    assert float(known["Value"]) == pytest.approx(value, abs=1e-4)
    assert page.cell.terms.count() > 0
    assert "products" in page.cell.sum_text.text()
    if value > 0:
        assert "Size (4σ)" in facts(page.cell.field_facts)


def test_the_graph_and_the_strip_move_the_microscope(workbench, page, qtbot):
    workbench.tabs.setCurrentWidget(workbench.maps)  # the graph makes room for the microscope
    QApplication.processEvents()
    workbench.graph.fit()
    spot = workbench.graph.position_of("s4_pool").toPoint()
    qtbot.mouseClick(workbench.graph, Qt.MouseButton.LeftButton, pos=spot)
    workbench.tabs.setCurrentWidget(page)
    qtbot.waitUntil(lambda: page.photo.window_ == ((8, 24), (8, 24)))
    view = workbench.film.view
    spot = view.frame_rect(workbench.film.names.index("c1_conv")).center().toPoint()
    qtbot.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=spot)
    qtbot.waitUntil(lambda: page.photo.window_ == ((14, 19), (14, 19)))
    settle(workbench, qtbot)


def test_arrow_keys_move_the_cell_and_its_box(workbench, page, qtbot):
    workbench.controller.select("c3_conv", 2, 0, 8)
    for key, expected in (
        (Qt.Key.Key_Down, (2, 1, 8)),
        (Qt.Key.Key_Right, (2, 1, 9)),
        (Qt.Key.Key_Right, (2, 1, 9)),
        (Qt.Key.Key_Up, (2, 0, 9)),
        (Qt.Key.Key_Up, (2, 0, 9)),
        (Qt.Key.Key_Left, (2, 0, 8)),
        (Qt.Key.Key_PageDown, (3, 0, 8)),
        (Qt.Key.Key_PageUp, (2, 0, 8)),
    ):
        qtbot.keyClick(page.photo, key)
        assert selection(workbench) == ("c3_conv", *expected)
        _, row, column = expected
        assert page.photo.window_ == ((2 * row, 2 * row + 14), (2 * column, 2 * column + 14))
        # Every view follows.
        assert workbench.maps._selected == expected
    settle(workbench, qtbot)


def test_a_click_in_the_photo_goes_to_the_cell_that_looks_there(workbench, page, qtbot):
    workbench.controller.select("c3_conv", 2, 0, 0)
    spot = page.photo.place_of(16.5, 10.5).toPoint()
    qtbot.mouseClick(page.photo, Qt.MouseButton.LeftButton, pos=spot)
    assert page.photo.pixel == (16, 10)
    # Windows of 14 every 2 pixels: the centre 6.5 + 2 i nearest to 16 and 10.
    assert selection(workbench) == ("c3_conv", 2, 5, 2)
    assert page.caption.text() == (
        "Pixel (16, 10) reaches rows 2 to 8, columns 0 to 5 of c3_conv: 42 of its 100 positions."
    )
    before = selection(workbench)
    qtbot.mouseClick(page.photo, Qt.MouseButton.LeftButton, pos=QPoint(1, 1))
    assert selection(workbench) == before
    settle(workbench, qtbot)


def test_a_link_leads_back(workbench, page, qtbot):
    workbench.controller.select("c3_conv", 5, 3, 4)
    qtbot.mouseClick(page.copy, Qt.MouseButton.LeftButton)
    link = QApplication.clipboard().text()
    assert link == "lenet5_modern/c3_conv/3,4,5"
    workbench.controller.select("f6_dense", 7)
    assert page.link.text() == "lenet5_modern/f6_dense/7"
    page.link.setText(link)
    qtbot.keyClick(page.link, Qt.Key.Key_Return)
    assert selection(workbench) == ("c3_conv", 5, 3, 4)
    settle(workbench, qtbot)


def test_a_link_opens_another_model(make_workbench, qtbot):
    bench = make_workbench()
    bench.start("lenet5/c3_conv/1,2,3", None)
    qtbot.waitUntil(lambda: bench.controller.selection.row is not None)
    assert bench.controller.opened.id == "lenet5"
    assert bench.controller.selection == Selection("c3_conv", 3, 1, 2)
    assert bench.tabs.currentWidget() is bench.pages.microscope
    settle(bench, qtbot)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("nonsense", "no link"),
        ("lenet5_modern/nowhere/1,2,3", "no layer"),
        ("lenet5_modern/c3_conv/1,2,99", "no position"),
        ("lenet5_modern/c3_conv/1", "no position"),
    ],
)
def test_a_bad_link_says_why(workbench, page, qtbot, text, says):
    before = selection(workbench)
    page.link.setText(text)
    qtbot.keyClick(page.link, Qt.Key.Key_Return)
    assert says in workbench.window.message_line.label.text()
    assert selection(workbench) == before


def test_the_recursion_is_on_its_page(workbench, page, qtbot):
    page.tabs.setCurrentWidget(page.grow)
    workbench.controller.select("s4_pool", 0, 2, 2)
    settle(workbench, qtbot)
    table = page.grow.table
    rows = [
        [table.item(row, column).text() for column in range(7)] for row in range(table.rowCount())
    ]
    assert [row[3] for row in rows] == ["1", "5", "6", "14", "16"]
    assert rows[3][6] == "6 + (5 − 1)·2 = 14"
    assert page.grow.stairs.stairs[-1][1] == (8, 24)
    assert "= 16" in page.grow.sum.text()
    workbench.controller.select("f6_dense", 0)
    settle(workbench, qtbot)
    assert not page.grow.stairs.isVisible()
    assert "whole input" in page.grow.sum.text()


def test_saliency_of_a_chosen_class(workbench, page, qtbot):
    page.tabs.setCurrentWidget(page.saliency)
    settle(workbench, qtbot)
    panel = page.saliency
    assert panel.classes.count() == 10
    assert panel.classes.itemText(0).startswith("0")
    assert panel.layers.currentText() == "s4_pool (last)"
    first = page.photo._values
    assert first.shape == (32, 32)
    assert first.max() > 0
    panel.classes.setCurrentIndex(1)
    settle(workbench, qtbot)
    assert not np.array_equal(first, page.photo._values)
    for method in range(panel.method.count()):
        panel.method.setCurrentIndex(method)
        settle(workbench, qtbot)
        assert panel.method.currentText() in page.caption.text()
        assert page.photo._values.shape == (32, 32)
    panel.sanity.setChecked(True)
    settle(workbench, qtbot)
    assert panel.random.isVisible()
    assert panel.random._values.shape == (32, 32)


def test_nothing_is_asked_while_nobody_looks(workbench, qtbot):
    page = workbench.pages.microscope
    workbench.controller.select("c3_conv", 1, 1, 1)
    assert not page._closer.isActive()
    assert not page._questions.busy


def test_an_average_over_random_pictures(workbench, page, qtbot):
    workbench.controller.select("c3_conv", None, 3, 3)  # one channel may be off on noise
    settle(workbench, qtbot)
    one = page.photo._values
    qtbot.mouseClick(page.cell.average, Qt.MouseButton.LeftButton)
    settle(workbench, qtbot)
    assert "random pictures" in page.caption.text()
    assert not np.array_equal(one, page.photo._values)
    # Nothing is moved from outside of the box.
    rows, columns = (slice(*span) for span in page.photo.window_)
    assert page.photo._values[rows, columns].sum() == pytest.approx(page.photo._values.sum())


def test_sizes_against_depth(workbench, page, qtbot):
    page.tabs.setCurrentWidget(page.deepening)
    workbench.controller.select("s4_pool", None, 2, 2)
    settle(workbench, qtbot)
    assert page.deepening.chart.theoretical == {
        "c1_conv": 5,
        "s2_pool": 6,
        "c3_conv": 14,
        "s4_pool": 16,
    }
    qtbot.mouseClick(page.deepening.measure, Qt.MouseButton.LeftButton)
    settle(workbench, qtbot)
    effective = page.deepening.chart.effective
    assert set(effective) == set(page.deepening.names)
    # An even field would have 4 / sqrt(12) of its window.
    for name, size in effective.items():
        assert 1 <= size <= 1.3 * page.deepening.chart.theoretical[name]


def test_a_link_alone_opens_the_window(monkeypatch):
    asked = []
    monkeypatch.setattr("ui.app.run", lambda model, image: asked.append((model, image)) or 0)
    assert main.main(["lenet5/c3_conv/1,2,3", "--image", "cat.jpg"]) == 0
    assert main.main(["--model", "lenet5/c3_conv/1,2,3"]) == 0
    assert asked == [("lenet5/c3_conv/1,2,3", "cat.jpg"), ("lenet5/c3_conv/1,2,3", None)]
    assert main.main(["lenet5/c3_conv"]) == 2
