"""The page of costs in the real window: the selection, the numbers, the proofs."""

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QLabel

from cnnviz import peak
from cnnviz.breakdown import breakdown
from ui.costs.treemap import squarified


@pytest.fixture
def page(workbench):
    workbench.tabs.setCurrentWidget(workbench.pages.costs)
    return workbench.pages.costs


def texts(page, column):
    model = page.rows.model()
    return [model.index(row, column).data() for row in range(model.rowCount())]


def test_the_table_shows_every_unit_and_the_total(page, workbench):
    costs = workbench.insight.costs
    assert texts(page, 0) == [row.label for row in page.table.rows] + ["Total"]
    assert texts(page, 2)[-1] == f"{costs.params:,}"
    assert texts(page, 4)[-1] == f"{costs.macs:,}"
    assert texts(page, 3)[-1] == "100.0 %"
    assert texts(page, 8)[-1]  # the digit was run: its time is there


def test_a_click_in_every_view_moves_the_one_selection(page, workbench, qtbot):
    controller = workbench.controller
    last = len(page.table.rows) - 1
    qtbot.mouseClick(
        page.charts, Qt.MouseButton.LeftButton, pos=QPoint(int(page.charts._area().right()) - 2, 40)
    )
    assert controller.selection.node in page.table.rows[last].nodes
    page.rows.select(None)
    page.rows.selectRow(1)
    assert controller.selection.node in page.table.rows[1].nodes
    page.pictures.setCurrentIndex(1)
    index, area = page.treemap.areas()[0]
    qtbot.mouseClick(page.treemap, Qt.MouseButton.LeftButton, pos=area.center().toPoint())
    assert controller.selection.node in page.table.rows[index].nodes
    # And back: what is selected elsewhere is marked here.
    controller.select(page.table.rows[0].nodes[0])
    assert page.charts._selected == page.treemap._selected == 0


def test_sorting_keeps_the_total_last(page):
    shown = [row.params for row in page.table.rows]
    for order in (Qt.SortOrder.DescendingOrder, Qt.SortOrder.AscendingOrder):
        page.rows.sortByColumn(2, order)
        values = [int(text.replace(",", "")) for text in texts(page, 2)]
        descending = order is Qt.SortOrder.DescendingOrder
        assert values == [*sorted(shown, reverse=descending), sum(shown)]


def test_the_filter(page):
    page.filter.setText("POOL")
    assert all("pool" in name for name in texts(page, 0)[:-1])
    assert len(texts(page, 0)) > 1
    page.filter.setText("no such layer")
    assert texts(page, 0) == ["Total"]


def test_batch_format_and_flops(page, workbench):
    costs = workbench.insight.costs
    page.batch.setValue(8)
    page.flops.setChecked(True)
    assert texts(page, 4)[-1] == f"{costs.macs * 16:,}"
    before = texts(page, 6)[-1]
    page.dtype.setCurrentIndex(page.dtype.findData("int8"))
    assert texts(page, 6)[-1] != before
    page.training.setChecked(True)
    assert "int8 is for inference" in page.fits.text()


def test_will_it_fit(page):
    assert page.fits.text().startswith("Yes")
    page.memory.setValue(0.001)
    page.batch.setValue(65_536)
    assert page.fits.text().startswith("No")


def test_a_click_on_a_number_proves_it(page, workbench):
    row = next(i for i, r in enumerate(page.table.rows) if r.macs)
    page.rows.clicked.emit(page.rows.model().index(row, 4))
    card = page.proof.card
    assert card.value == f"{page.table.rows[row].macs:,}"
    assert card.checks
    assert all(check.agrees for check in card.checks)
    assert page.pictures.currentWidget() is page.proof
    page.proof.copy_latex.click()
    assert r"\times" in QGuiApplication.clipboard().text()
    page.proof.copy_text.click()
    assert QGuiApplication.clipboard().text().startswith("Multiply-adds of ")
    page.rows.clicked.emit(page.rows.model().index(len(page.table.rows), 2))
    assert page.proof.card.subject == "The whole model"
    assert page.card(row, 8) is None


@pytest.mark.parametrize("level", ["operation", "unit", "block", "stage"])
def test_levels(page, workbench, level):
    page.level.setCurrentIndex(page.level.findData(level))
    graph = workbench.insight.graph
    expected = breakdown(graph, level).rows
    assert [row.label for row in page.table.rows] == [row.label for row in expected]
    assert not page.charts.grab().isNull()


def test_areas_are_in_proportion_and_fill_the_box():
    values = [6.0, 6.0, 4.0, 3.0, 2.0, 2.0, 1.0]
    boxes = squarified(values, (10, 20, 6, 4))
    assert [w * h for _, _, w, h in boxes] == pytest.approx(values)
    for i, (x, y, w, h) in enumerate(boxes):
        assert x >= 10 - 1e-9
        assert y >= 20 - 1e-9
        assert x + w <= 16 + 1e-9
        assert y + h <= 24 + 1e-9
        for other_x, other_y, other_w, other_h in boxes[:i]:
            apart = x + 1e-9 >= other_x + other_w or other_x + 1e-9 >= x + w
            assert apart or y + 1e-9 >= other_y + other_h or other_y + 1e-9 >= y + h


def test_before_a_model_is_open_it_says_what_to_do(make_workbench):
    bench = make_workbench()
    bench.pages.costs.set_insight(None)
    bench.pages.costs.show()
    bench.pages.costs._refresh()
    assert bench.pages.costs._stack.currentIndex() == 0


@pytest.mark.parametrize(
    ("name", "quantity"),
    [
        ("Output", "shape"), ("Parameters", "params"), ("MACs", "macs"), ("Activation", "memory"),
        ("Size", "field"),
    ],
)  # fmt: skip
def test_a_click_on_a_number_of_the_inspector_proves_it(workbench, qtbot, name, quantity):
    workbench.controller.select("c3_conv")
    inspector = workbench.inspector
    qtbot.waitUntil(lambda: inspector.name.text() == "c3_conv")
    tables = (inspector.facts, inspector.field_facts)
    [(table, fact)] = [(t, f) for t in tables for f in t.facts if f.name == name]
    label = next(w for w in table.findChildren(QLabel) if w.accessibleName().startswith(f"{name}:"))
    where = label.rect().topRight() + QPoint(-6, label.fontMetrics().height() // 2)
    qtbot.mouseClick(label, Qt.MouseButton.LeftButton, pos=where)
    assert workbench.tabs.currentWidget() is workbench.pages.costs
    card = workbench.pages.costs.proof.card
    assert (card.subject, card.quantity) == ("c3_conv", quantity)
    exact = fact.tip if quantity == "memory" else fact.value
    assert exact.split(" ")[0] in card.value
    assert workbench.pages.costs.pictures.currentWidget() is workbench.pages.costs.proof
    assert all(check.agrees for check in card.checks)


def test_the_table_is_copied_and_saved_as_it_stands(page, workbench, tmp_path):
    page.level.setCurrentIndex(page.level.findData("stage"))
    page.batch.setValue(4)
    page.flops.setChecked(True)
    costs = workbench.insight.costs
    actions = {action.text(): action for action in page.out.menu().actions()}
    for name in ("CSV", "Markdown", "LaTeX (booktabs)", "JSON"):
        actions[f"Copy as {name}"].trigger()
        text = QGuiApplication.clipboard().text()
        # The data hold MACs; the tables show FLOPs, as the page does.
        shown = {"CSV": "", "JSON": f"{costs.macs * 4}"}.get(name, f"{costs.macs * 8:,}")
        assert shown in text
        assert page.table.rows[0].label in text.replace("\\", "")
    folder = tmp_path / "tables"
    folder.mkdir()
    for suffix in (".csv", ".md", ".tex", ".json", ".txt"):
        page.out.save(folder / f"costs{suffix}")
        text = (folder / f"costs{suffix}").read_text("utf-8")
        assert page.table.rows[0].label in text.replace("\\", "")
    page.out.save(folder / "costs.doc")
    page.out.save(folder / "no" / "such" / "costs.csv")
    assert sorted(path.suffix for path in folder.iterdir()) == [
        ".csv", ".json", ".md", ".tex", ".txt",
    ]  # fmt: skip


def test_the_roofline_is_measured_on_request(page, workbench, qtbot, monkeypatch):
    monkeypatch.setattr(peak, "_BYTES", 8 << 20)
    monkeypatch.setattr(peak, "_LONG_ENOUGH", 0.002)
    roof = page.roof
    page.level.setCurrentIndex(page.level.findData("operation"))
    page.pictures.setCurrentWidget(roof)
    assert "not measured yet" in roof.said.text()
    spots = roof.plot._spots
    assert {page.table.rows[spot.row].label for spot in spots} == {
        "c1_conv", "c3_conv", "c5_conv", "f6_dense", "predictions",
    }  # fmt: skip
    assert all(spot.achieved for spot in spots)
    qtbot.mouseClick(roof.measure, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: "GB/s" in roof.said.text(), timeout=20_000)
    assert roof.measure.isHidden()
    spot = spots[1]
    assert "bound by" in roof.plot.describe(spot)
    where = roof.plot.place(spot).toPoint()
    qtbot.mouseClick(roof.plot, Qt.MouseButton.LeftButton, pos=where)
    assert workbench.controller.selection.node == page.table.rows[spot.row].label
    order = sorted(roof.plot._spots, key=lambda each: each.intensity)
    qtbot.keyClick(roof.plot, Qt.Key.Key_Left)
    here = [each.row for each in order].index(spot.row)
    assert roof.plot._selected == order[max(here - 1, 0)].row
    assert not roof.plot.grab().isNull()
    # Another batch was not measured: rings at the roof.
    page.batch.setValue(16)
    assert "Rings stand at the roof" in roof.said.text()
