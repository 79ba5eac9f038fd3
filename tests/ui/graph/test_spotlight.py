"""Layers picked out in the real window."""

import pytest
from PySide6.QtCore import Qt


@pytest.fixture
def bench(workbench, qtbot):
    qtbot.waitUntil(lambda: workbench.settled, timeout=20_000)
    return workbench


def type_query(bench, qtbot, text):
    search = bench.window.top_bar.search
    search.clear()
    qtbot.keyClicks(search, text)
    qtbot.keyClick(search, Qt.Key.Key_Return)


def bright(bench):
    boxes = bench.graph.scene.boxes
    return [boxes[i].key for i in sorted(bench.graph._marks.lit)]


def test_a_query_picks_layers_out_and_enter_goes_on(bench, qtbot):
    type_query(bench, qtbot, "type:conv2d")
    found = [node.name for node in bench.controller.opened.graph.nodes if node.type == "Conv2D"]
    assert bright(bench) == found
    assert bench.controller.selection.node == found[0]
    search = bench.window.top_bar.search
    qtbot.keyClick(search, Qt.Key.Key_Return)
    assert bench.controller.selection.node == found[1]
    actions = bench.window.actions_by_id
    actions["find_next"].trigger()
    actions["find_next"].trigger()
    assert bench.controller.selection.node == found[3 % len(found)]
    actions["find_previous"].trigger()
    assert bench.controller.selection.node == found[2]
    actions["unlight"].trigger()
    assert bench.graph._marks.lit is None


def test_what_leads_here_and_what_follows(bench):
    names = [node.name for node in bench.controller.opened.graph.nodes]  # a chain
    bench.commands.go_to(names[3])
    bench.window.actions_by_id["ancestors"].trigger()
    assert bright(bench) == names[:4]
    bench.window.actions_by_id["descendants"].trigger()
    assert bright(bench) == names[3:]


def test_bad_and_vain_queries_say_so(bench, qtbot):
    line = bench.window.message_line
    type_query(bench, qtbot, "colour:red")
    assert "colour" in line.label.text()
    type_query(bench, qtbot, "params>1e12")
    assert "No layer" in line.label.text()
    assert bench.graph._marks.lit is None
