"""The shape laboratory in the real window: typing, undoing, opening, copying."""

import keras
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication

from cnnviz.costs import graph_costs
from cnnviz.extract import graph_from_model
from models import assign


@pytest.fixture
def page(workbench):
    workbench.tabs.setCurrentWidget(workbench.pages.shapes)
    return workbench.pages.shapes


@pytest.fixture
def conv(page, workbench):
    """The first convolution, selected."""
    graph = workbench.controller.opened.graph
    node = next(node for node in graph.nodes if node.type == "Conv2D")
    workbench.controller.select(node.name)
    return node


def type_into(qtbot, field, text):
    field.setFocus()
    field.selectAll()
    qtbot.keyClick(field, Qt.Key.Key_Delete)
    qtbot.keyClicks(field, text)


def rows(page):
    model = page.table.rows
    return {
        model.index(row, 0).data(): [model.index(row, column).data() for column in (1, 2, 3)]
        for row in range(model.rowCount())
    }


def test_a_setting_is_followed_by_all_that_lies_behind(page, conv, workbench, qtbot):
    before = workbench.insight.costs.params
    type_into(qtbot, page.form.fields["filters"], "9")
    assert page.plan.of(conv.name) == {"filters": 9}
    # 5 x 5 x 1 and a bias for 3 more filters, and 5 x 5 x 3 more for each of the 16 behind.
    assert page.costs.params == before + 3 * (5 * 5 + 1) + 3 * 5 * 5 * 16
    assert f"{page.costs.params:,}" in page.totals.text()
    assert rows(page)[conv.name][0] == "28 × 28 × 6 → 28 × 28 × 9"
    assert page.open.isEnabled()
    assert page.form.fields["filters"].font().bold()


def test_undo_redo_and_back_to_the_start(page, conv, qtbot):
    page.window().activateWindow()
    type_into(qtbot, page.form.fields["kernel_size"], "3")
    type_into(qtbot, page.form.fields["strides"], "2")
    assert page.plan.of(conv.name) == {"kernel_size": (3, 3), "strides": (2, 2)}
    qtbot.mouseClick(page.undo, Qt.MouseButton.LeftButton)
    assert page.plan.of(conv.name) == {"kernel_size": (3, 3)}
    assert page.form.fields["strides"].text() == "1"
    qtbot.mouseClick(page.redo, Qt.MouseButton.LeftButton)
    assert page.plan.of(conv.name)["strides"] == (2, 2)
    qtbot.mouseClick(page.reset, Qt.MouseButton.LeftButton)
    assert not page.plan
    qtbot.mouseClick(page.undo, Qt.MouseButton.LeftButton)
    assert page.plan.of(conv.name)["strides"] == (2, 2)
    page.table.setFocus()
    qtbot.keyClick(page.table, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert page.plan.of(conv.name) == {"kernel_size": (3, 3)}


def test_the_digits_of_a_number_are_undone_together(page, conv, qtbot):
    type_into(qtbot, page.form.fields["filters"], "128")
    assert page.plan.of(conv.name) == {"filters": 128}
    qtbot.mouseClick(page.undo, Qt.MouseButton.LeftButton)
    assert not page.plan


def test_what_does_not_fit_says_why_and_hides_every_total(page, conv, workbench, qtbot):
    type_into(qtbot, page.form.fields["kernel_size"], "40")
    assert "spans 40 does not fit into 32" in page.wrong.text()
    assert page.wrong.isVisible()
    assert not page.open.isEnabled()
    assert page.totals.text().count("?") >= 4
    assert rows(page)[conv.name][0].endswith("→ ?")
    ((box, edge, reason),) = workbench.graph._marks.faults
    assert workbench.graph.scene.boxes[box].key == conv.name
    assert edge is not None
    assert "does not fit into 32" in reason
    type_into(qtbot, page.form.fields["kernel_size"], "5")
    assert not workbench.graph._marks.faults
    assert not page.wrong.isVisible()
    assert not page.plan


@pytest.mark.parametrize(
    ("setting", "text", "said"),
    [
        ("kernel_size", "x", "Type one number"),
        ("kernel_size", "3x3x3", "Type one number, or 2 such as 3x3."),
        ("filters", "0", "Type whole numbers from 1 to 100,000."),
        ("filters", "many", "Type whole numbers only."),
    ],
)
def test_nonsense_is_said_at_the_field(page, conv, qtbot, setting, text, said):
    field = page.form.fields[setting]
    type_into(qtbot, field, text)
    if text == "x":
        said = "Type whole numbers from 1"
    assert page.form.problems[setting].text().startswith(said)
    assert page.form.problems[setting].isVisible()
    kept = page.plan.of(conv.name).get(setting, conv.settings[setting])
    assert kept in (6, (5, 5), (3, 3))  # the last that made sense on the way


def test_another_input(page, workbench, qtbot):
    type_into(qtbot, page.input, "64x48x1")
    built = graph_costs(page.trial.graph)
    assert page.trial.graph.input_shape == (64, 48, 1)
    assert page.costs == built
    type_into(qtbot, page.input, "64x48")
    assert "3 whole numbers" in page.input_problem.text()
    assert page.trial.graph.input_shape == (64, 48, 1)


def test_it_opens_as_a_new_model_and_runs(page, conv, workbench, qtbot):
    type_into(qtbot, page.form.fields["filters"], "9")
    trial = page.trial
    qtbot.mouseClick(page.open, Qt.MouseButton.LeftButton)
    opened = workbench.controller.opened
    assert opened.graph.by_name[conv.name].output_shape == (28, 28, 9)
    assert [n.output_shapes for n in opened.graph.nodes] == [
        n.output_shapes for n in trial.graph.nodes
    ]
    assert f"({conv.name} filters 9)" in workbench.window.windowTitle()
    assert workbench.controller.run is not None
    assert not page.plan
    # And once more on top of it.
    workbench.controller.select(conv.name)
    page.form.fields["padding"].textActivated.emit("same")
    qtbot.mouseClick(page.open, Qt.MouseButton.LeftButton)
    assert workbench.controller.opened.graph.by_name[conv.name].output_shape == (32, 32, 9)


def test_the_code_on_the_clipboard_builds_it(page, conv, qtbot):
    type_into(qtbot, page.form.fields["filters"], "9")
    qtbot.mouseClick(page.code, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: "on the clipboard" in page.said.text())
    namespace = {}
    with assign.symbolic():
        exec(QGuiApplication.clipboard().text(), namespace)
    assert isinstance(namespace["model"], keras.Model)
    built = graph_from_model(namespace["model"])
    assert [n.output_shapes for n in built.nodes] == [
        n.output_shapes for n in page.trial.graph.nodes
    ]


def test_the_selection_is_the_one_of_the_window(page, workbench, qtbot):
    page.everything.setChecked(True)
    names = [node.name for node in workbench.controller.opened.graph.nodes]
    assert list(rows(page)) == names
    page.table.selectRow(3)
    assert workbench.controller.selection.node == names[3]
    workbench.controller.select(names[0])
    assert "has no setting" in page.layer.text() or "Select a layer" in page.layer.text()
    assert page.table.currentIndex().row() in (0, 3)
    assert not page.form.fields
