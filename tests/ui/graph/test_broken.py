"""Files that cannot be opened: what they say is shown as a graph, in the real window."""

import json
import zipfile

import pytest
from PySide6.QtCore import Qt

from ui.theme import theme


def changed(path, change):
    """The same file with another description."""
    other = path.with_name(f"changed {path.name}")
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(other, "w") as new:
        for name in old.namelist():
            content = old.read(name)
            if name == "config.json":
                config = json.loads(content)
                for layer in config["config"]["layers"]:
                    change(layer)
                content = json.dumps(config).encode()
            new.writestr(name, content)
    return str(other)


@pytest.fixture
def misfit(small_model):
    """`right` gives five channels to an addition of four."""

    def change(layer):
        if layer["name"] == "right":
            layer["config"]["filters"] = 5

    return changed(small_model, change)


@pytest.fixture
def unknown(small_model):
    """`right` is of a class that nobody has."""

    def change(layer):
        if layer["name"] == "right":
            layer.update(class_name="Magic", module="mine", registered_name="mine>Magic")

    return changed(small_model, change)


def shown(bench):
    broken = bench.graph_view.broken
    return broken is not None and broken.isVisible() and not bench.graph.isVisible()


def test_the_failing_edge_is_red_and_says_both_shapes(workbench, qtbot, misfit):
    qtbot.waitUntil(lambda: workbench.settled, timeout=20_000)
    before = workbench.controller.opened
    workbench.commands.open_model(misfit)
    qtbot.waitUntil(lambda: shown(workbench), timeout=20_000)
    canvas = workbench.graph_view.broken.canvas
    assert {box.key for box in canvas.scene.boxes} == {
        "photo", "left", "right", "join", "pool", "answer",
    }  # fmt: skip
    ((box, edge, text),) = canvas._marks.faults
    assert canvas.scene.boxes[box].key == "join"
    assert "24×24×5" in text
    assert "24×24×4" in text
    source = canvas.scene.layout.edges[edge][0]
    assert canvas.scene.boxes[source].key == "right"
    path = canvas._camera.transform.map(canvas.scene.edge_path(canvas.scene.layout.routes[edge]))
    image, error = canvas.grab().toImage(), theme("light").error
    points = [path.pointAtPercent(share / 40).toPoint() for share in range(2, 39)]
    red = [image.pixelColor(point) == error for point in points if image.rect().contains(point)]
    assert sum(red) > 5
    # The sentence stays, and so does what was open.
    assert "cannot be opened" in workbench.window.message_line.label.text()
    assert workbench.controller.opened is before
    qtbot.mouseClick(workbench.graph_view.broken.close_button, Qt.MouseButton.LeftButton)
    assert not shown(workbench)
    assert workbench.graph.isVisible()


def test_an_unknown_layer_is_a_box_with_its_class(workbench, qtbot, unknown, small_model):
    qtbot.waitUntil(lambda: workbench.settled, timeout=20_000)
    workbench.commands.open_model(unknown)
    qtbot.waitUntil(lambda: shown(workbench), timeout=20_000)
    canvas = workbench.graph_view.broken.canvas
    boxes = {box.key: box for box in canvas.scene.boxes}
    assert "Magic" in boxes["right"].rows[0][0]
    ((box, edge, text),) = canvas._marks.faults
    assert (canvas.scene.boxes[box].key, edge) == ("right", None)
    assert "no layer of Keras" in text
    # A model that opens takes its place.
    workbench.commands.open_model(str(small_model))
    qtbot.waitUntil(lambda: workbench.settled and not shown(workbench), timeout=20_000)
    assert "right" in workbench.controller.opened.graph.by_name


def test_it_is_shown_though_nothing_else_was_ever_open(make_workbench, qtbot, misfit):
    bench = make_workbench()
    bench.start(misfit, None)
    qtbot.waitUntil(lambda: shown(bench), timeout=20_000)
    assert bench.controller.opened is None
    canvas = bench.graph_view.broken.canvas
    qtbot.keyClick(canvas, Qt.Key.Key_Down)
    assert canvas.selected == "photo"


def test_what_has_no_description_has_only_its_sentence(workbench, qtbot, tmp_path):
    qtbot.waitUntil(lambda: workbench.settled, timeout=20_000)
    file = tmp_path / "noise.keras"
    file.write_bytes(b"no archive at all")
    workbench.commands.open_model(str(file))
    line = workbench.window.message_line
    qtbot.waitUntil(lambda: "no .keras file" in line.label.text(), timeout=20_000)
    assert not shown(workbench)
