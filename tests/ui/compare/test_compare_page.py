"""The page of comparisons in the real window: clicks, keys, and what they show."""

import csv

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication, QMessageBox

from cnnviz.outline import Level
from cnnviz.ready import comparisons, find
from cnnviz.requests import OpenModel
from models.registry import catalog
from ui.compare.accuracy import protocols
from ui.theme import apply_theme

LEFT = Qt.MouseButton.LeftButton
MODERN, OLD = OpenModel("lenet5_modern"), OpenModel("lenet5")


@pytest.fixture
def page(workbench):
    workbench.tabs.setCurrentWidget(workbench.pages.compare)
    return workbench.pages.compare


@pytest.fixture
def pair(page):
    """Both LeNets, the open one first."""
    page.add("lenet5")
    return page


def wait(qtbot, done):
    qtbot.waitUntil(done, timeout=20_000)


def texts(table, column):
    return [table.item(row, column).text() for row in range(table.rowCount())]


# Which models.


def test_it_begins_with_the_open_model_and_what_is_ready(page):
    assert page.models == [MODERN]
    assert page.tabs.currentWidget() is page.ready
    assert page.ready.list.count() == len(comparisons())
    assert page.ready.settled


def test_adding_and_removing(page, qtbot):
    action = next(
        action
        for menu in page.chips.add.menu_of_choices.actions()
        if menu.menu() is not None
        for action in menu.menu().actions()
        if action.text().startswith("LeNet-5 (1998")
    )
    action.trigger()
    assert page.models == [MODERN, OLD]
    assert page.tabs.currentWidget() is page.totals
    assert [chip.name.text() for chip in page.chips.chips] == ["LeNet-5 (modern)", "LeNet-5"]
    page.add("lenet5")
    assert page.models == [MODERN, OLD]
    qtbot.mouseClick(page.chips.chips[0].close_button, LEFT)
    assert page.models == [OLD]
    assert "two to six" in page.trouble.text()
    page.chips.current.trigger()
    assert page.models == [OLD, MODERN]


def test_no_seventh(page):
    blocks = [entry.id for entry in catalog().values() if entry.exhibit][:6]
    for name in blocks:
        page.add(name)
    assert len(page.models) == 6
    assert not page.chips.add.isEnabled()


def test_a_click_on_a_name_opens_the_model(pair, workbench, qtbot):
    qtbot.mouseClick(pair.chips.chips[1].name, LEFT)
    assert workbench.controller.opened.request == OLD


def test_a_file_and_one_that_is_none(page, small_model, tmp_path):
    page.add(str(small_model))
    assert [profile.name for profile in page.profiles] == ["LeNet-5 (modern)", "small one"]
    broken = tmp_path / "broken.keras"
    broken.write_text("no model")
    page.add(str(broken))
    assert len(page.profiles) == 2
    assert "broken.keras" in page.trouble.text()
    assert page.totals.table.rowCount() == 2


def test_a_file_with_code_asks_first(page, model_with_code, qtbot):
    page.add(str(model_with_code))
    assert "carries code" in page.trouble.text()
    (question,) = page.findChildren(QMessageBox)
    qtbot.mouseClick(question.button(QMessageBox.StandardButton.Yes), LEFT)
    assert page.models == [MODERN, OpenModel(str(model_with_code), trust_code=True)]
    assert len(page.profiles) == 2
    assert not page.trouble.isVisible()


def test_six_models_take_a_second_line_and_no_wider_window(page):
    names = ["lenet5", "alexnet", "alexnet_one_tower", "block_inception_naive", "vgg16"]
    wide = page.minimumSizeHint().width()
    page.set_models([MODERN, *map(OpenModel, names)])
    page.resize(500, 600)
    QApplication.processEvents()
    assert page.minimumSizeHint().width() == wide
    tops = {chip.y() for chip in page.chips.chips}
    assert len(tops) > 1
    assert all(chip.geometry().right() <= page.chips.width() for chip in page.chips.chips)


def test_another_engine_is_asked_again(page, qtbot):
    shelf = page.shelf
    shelf.failures[OLD] = "The engine stopped."
    shelf.want([OLD])
    assert OLD not in shelf.profiles
    page._lane.restarted.emit("The engine stopped.")
    assert OLD in shelf.profiles


# Side by side.


def test_totals(pair):
    first, second = pair.profiles
    table = pair.totals.table
    assert texts(table, 0) == [first.name, second.name]
    assert texts(table, 3)[0] == f"{first.params:,}"
    number, times = texts(table, 3)[1].split("\n")
    assert number == f"{second.params:,}"
    assert float(times.rstrip("×")) == pytest.approx(second.params / first.params, rel=0.01)


def test_totals_on_the_clipboard(pair):
    first, second = pair.profiles
    actions = {action.text(): action for action in pair.copy.menu().actions()}
    actions["CSV"].trigger()
    rows = list(csv.DictReader(QGuiApplication.clipboard().text().splitlines()))
    assert [int(row["params"]) for row in rows] == [first.params, second.params]
    for text, mark in (
        ("Text", "─"),
        ("Markdown", "| --:"),
        ("LaTeX", r"\toprule"),
        ("JSON", '"stages"'),
    ):
        actions[text].trigger()
        assert mark in QGuiApplication.clipboard().text()


def test_stage_bars_are_in_proportion(pair):
    bars = pair.totals.bars
    pieces = bars.pieces()
    for measure, value in enumerate(
        (lambda s: s.activation_bytes, lambda s: s.params, lambda s: s.macs)
    ):
        scales = {
            round(piece.area.width() / value(bars.profiles[piece.model].stages[piece.stage]), 9)
            for piece in pieces
            if piece.measure == measure
        }
        assert max(scales) == pytest.approx(min(scales))
    assert "LeNet-5" in bars.describe(pieces[0])


def test_accuracies_of_one_protocol_at_a_time(page):
    page.set_models([OpenModel("vgg16"), OpenModel("resnet50"), OpenModel("block_conv5x5")])
    totals = page.totals
    known = totals.known()
    offered = [totals.protocol.itemData(i) for i in range(totals.protocol.count())]
    assert offered == [protocol for protocol, _ in protocols(known)]
    assert offered[0] == "single crop"
    for i, protocol in enumerate(offered):
        totals.protocol.setCurrentIndex(i)
        totals.protocol.activated.emit(i)
        shown = {(dot.model, dot.value, dot.source) for dot in totals.accuracy.dots}
        assert shown == {
            (model, record.top1, record.source)
            for model, records in enumerate(known)
            for record in records
            if record.protocol == protocol and record.top1 is not None
        }
        assert "One 5x5 convolution" in totals.missing.text()
    totals.rank.setCurrentIndex(1)
    assert {dot.value for dot in totals.accuracy.dots} <= {
        record.top5 for records in known for record in records
    }


# Along the depth.


def test_lines_follow_the_points(pair, workbench, qtbot):
    pair.tabs.setCurrentWidget(pair.along)
    chart = pair.along.field
    line = chart.lines()[0]
    points = [p for p in pair.profiles[0].points if p.field is not None and p.rows is not None]
    assert [point for point, _ in line] == points
    heights = [place.y() for _, place in line]
    assert heights == sorted(heights, reverse=True)
    point, place = line[2]
    qtbot.mouseClick(chart, LEFT, pos=place.toPoint())
    assert workbench.controller.selection.node == point.node
    chart.setFocus()
    qtbot.keyClick(chart, Qt.Key.Key_Right)
    qtbot.keyClick(chart, Qt.Key.Key_Right)
    assert chart.pointed == (0, 1)
    qtbot.keyClick(chart, Qt.Key.Key_Return)
    assert workbench.controller.selection.node == line[1][0].node
    qtbot.keyClick(chart, Qt.Key.Key_Down)
    assert chart.pointed == (1, 1)
    pair.along.logarithmic.setChecked(True)
    assert chart.lines()[0][2][1].y() != place.y()
    assert "ends with windows of" in pair.along.note.text()


# Differences.


def test_what_differs(pair, workbench, qtbot):
    pair.tabs.setCurrentWidget(pair.differences)
    tab = pair.differences
    wait(qtbot, lambda: tab.graphs.settled)
    rows = tab.items()
    assert [row.text(0) for row in rows if row.parent() is None]
    hidden = [row for row in rows if row.isHidden()]
    assert all(row.text(0).startswith("=") for row in hidden)
    tab.only.setChecked(False)
    assert not [row for row in tab.items() if row.isHidden()]
    # A row selects in both graphs, and in the window.
    mates = tab.diff.partners
    row = next(r for r in tab.items() if r.parent() is not None and r.text(0).startswith("~ c5"))
    tab.tree.setCurrentItem(row)
    first, second = (canvas.selected for canvas in tab.graphs.canvases)
    assert mates[first] == second
    assert workbench.controller.selection.node == first
    # A click in the second graph marks its partner in the first.
    canvas = tab.graphs.canvases[1]
    node = "c3_conv"
    canvas.select(node)
    canvas.node_selected.emit(node)
    assert tab.graphs.canvases[0].selected == tab.graphs.partners[1][node]
    # And what is selected in the window is marked here.
    workbench.controller.select("c1_conv")
    assert tab.graphs.canvases[0].selected == "c1_conv"
    assert tab.graphs.canvases[1].selected == mates["c1_conv"]
    workbench.controller.select("c5_conv")
    workbench.controller.select("c1_conv")
    assert "c1_conv" in tab.tree.currentItem().text(0)


def test_the_graphs_move_together(pair, qtbot):
    pair.tabs.setCurrentWidget(pair.differences)
    one, other = pair.differences.graphs.canvases
    wait(qtbot, lambda: pair.differences.graphs.settled)
    for canvas in (one, other):
        canvas.set_level(Level.OPERATION)
    wait(qtbot, lambda: one.at_rest and other.at_rest)
    one.look(one.middle + QPointF(10, 120), 0.8)
    assert other.scale == one.scale
    before = other.middle
    one.look(one.middle + QPointF(0, 60), 1.1)
    assert other.scale == one.scale == 1.1
    assert other.middle.y() > before.y()
    # The middle of a box in one is the middle of its partner in the other.
    mates = pair.differences.diff.partners
    node = "c5_conv"
    box = one.scene.index[node]
    left, top, width, height = one.scene.layout.rects[box].tolist()
    one.look(QPointF(left + width / 2, top + height / 2), 1.0)
    _, top, _, height = other.scene.layout.rects[other.scene.index[mates[node]]].tolist()
    assert other.middle.y() == pytest.approx(top + height / 2)
    other.look(other.middle - QPointF(0, 80), 0.9)
    assert one.scale == 0.9


def test_groups_open_together(page, qtbot):
    page.set_models([OpenModel("cifar_resnet20"), OpenModel("cifar_resnet56")])
    page.tabs.setCurrentWidget(page.differences)
    one, other = page.differences.graphs.canvases
    wait(qtbot, lambda: page.differences.graphs.settled)
    key = next(k for k in one.outline.by_key if k == "block/conv3_block1")
    assert one.level == other.level
    one.set_level(Level.STAGE)
    assert key not in one.opened
    assert key not in other.opened
    one.reveal("conv3_block1_1_conv")
    assert key in one.opened
    assert key in other.opened
    one.close_part(key)
    assert key not in other.opened


def test_the_same_model_twice_has_no_differences(page):
    variant = OpenModel("lenet5_modern", classes=10)
    page.add(variant)
    page.tabs.setCurrentWidget(page.differences)
    assert "the same, layer by layer" in page.differences.summary.text()
    assert all(row.isHidden() for row in page.differences.items())


def test_of_more_than_two_a_pair_is_chosen(page):
    page.set_models([MODERN, OLD, OpenModel("alexnet")])
    page.tabs.setCurrentWidget(page.differences)
    assert page.pair.isVisible()
    assert page.compared == (MODERN, OLD)
    page.second.setCurrentIndex(2)
    page.second.activated.emit(2)
    assert page.compared == (MODERN, OpenModel("alexnet"))
    assert page.differences.diff.graphs[1].name == "AlexNet"


# The same picture.


def test_the_picture_runs_through_both_and_the_window_keeps_its_own(pair, workbench, qtbot):
    pair.tabs.setCurrentWidget(pair.photo)
    photo, controller = pair.photo, workbench.controller
    run, opened = controller.run, controller.opened
    qtbot.mouseClick(photo.run_button, LEFT)
    wait(qtbot, lambda: photo.complete)
    assert controller.run is run
    assert controller.opened is opened
    first, second = photo.rows.runs
    assert first.request.request == MODERN
    assert second.request.request == OLD
    # The open model answers as it does in the window.
    assert first.predictions == run.predictions[:5]
    assert first.weights.label in photo.answers[0].text()
    cells = photo.rows.cells()
    assert {cell.side for cell in cells} == {0, 1}
    assert len({cell.node for cell in cells if cell.side == 0}) == len(photo.rows.pairs)
    cell = next(c for c in cells if c.side == 0 and c.channel is not None)
    qtbot.mouseClick(photo.rows, LEFT, pos=cell.area.center().toPoint())
    assert controller.selection.node == cell.node
    assert controller.selection.channel == cell.channel
    # Other models: what was shown is gone.
    pair.set_models([MODERN, OpenModel("alexnet")])
    pair.tabs.setCurrentWidget(pair.photo)
    assert not photo.rows.cells()


def test_what_cannot_take_the_picture_says_so(page, tmp_path, qtbot):
    import keras

    a, b = keras.Input((8, 8, 3), name="a"), keras.Input((8, 8, 3), name="b")
    x = keras.layers.Conv2D(2, 3, name="conv")(keras.layers.Add(name="sum")([a, b]))
    file = tmp_path / "two_inputs.keras"
    keras.Model([a, b], x).save(file)
    page.set_models([OLD, OpenModel(str(file))])
    page.tabs.setCurrentWidget(page.photo)
    qtbot.mouseClick(page.photo.run_button, LEFT)
    assert not page.photo.running
    assert "takes 2 inputs" in page.photo.answers[1].text()


# The whole catalog.


@pytest.fixture
def bubbles(page):
    page.catalog.search.setText("LeCun")  # of few models, for the first look counts them
    page.tabs.setCurrentWidget(page.catalog)
    page.catalog.family.setCurrentIndex(page.catalog.family.findData("AlexNet"))
    page.catalog.search.setText("")
    return page


def test_bubbles_are_the_published_numbers(bubbles, qtbot):
    tab = bubbles.catalog
    shown = {bubble.id: bubble for bubble in tab.chart.bubbles}
    family = [e for e in catalog().values() if e.family == "AlexNet" and not e.exhibit]
    assert set(shown) == {
        e.id for e in family if any(a.protocol == "single crop" for a in e.accuracy)
    }
    for bubble in shown.values():
        record = next(a for a in catalog()[bubble.id].accuracy if a.protocol == "single crop")
        assert (bubble.accuracy, bubble.source) == (record.top1, record.source)
        profile = bubbles.shelf.profiles[OpenModel(bubble.id)]
        assert (bubble.macs, bubble.params) == (profile.macs, profile.params)
        assert record.source in tab.chart.describe(bubble)
    sizes = {bubble.params: tab.chart.radius(bubble) for bubble in shown.values()}
    assert sorted(sizes) == sorted(sizes, key=sizes.get)


def test_hover_click_and_keys_on_bubbles(bubbles, workbench, qtbot):
    chart = bubbles.catalog.chart
    target = next(b for b in chart.bubbles if b.id == "alexnet_one_tower")
    at = chart.place(target).toPoint()
    qtbot.mouseMove(chart, at)
    qtbot.mouseClick(chart, LEFT, Qt.KeyboardModifier.ShiftModifier, at)
    chosen = chart.bubble_at(QPointF(at)).id
    assert bubbles.models[-1] == OpenModel(chosen)
    bubbles.tabs.setCurrentWidget(bubbles.catalog)
    wanted = []
    bubbles.model_wanted.disconnect()
    bubbles.model_wanted.connect(wanted.append)
    qtbot.mouseClick(chart, LEFT, pos=at)
    assert wanted == [chosen]
    chart.pointed = None
    qtbot.keyClick(chart, Qt.Key.Key_Right)
    assert chart.pointed == min(chart.bubbles, key=lambda b: b.macs).id
    qtbot.keyClick(chart, Qt.Key.Key_Return)
    assert wanted[-1] == chart.pointed
    qtbot.mouseMove(chart, QPoint(2, 2))


def test_filters(bubbles):
    tab = bubbles.catalog
    tab.search.setText("no such thing")
    assert tab.chart.bubbles == ()
    tab.search.setText("krizhevsky")
    assert [entry.id for entry, _ in tab.shown()] == ["alexnet", "alexnet_one_tower"]
    tab.last.setValue(2012)
    assert [bubble.id for bubble in tab.chart.bubbles] == ["alexnet"]
    tab.family.setCurrentIndex(0)
    tab.search.setText("")
    assert {entry.year for entry, _ in tab.shown()} == {1998, 2012}
    assert "LeNet-5" in tab.note.text()


def test_nobody_looks_nothing_is_counted(bubbles):
    bubbles.tabs.setCurrentWidget(bubbles.ready)
    known = len(bubbles.shelf.profiles)
    bubbles.catalog.family.setCurrentIndex(0)
    assert len(bubbles.shelf.profiles) == known


# Ready to open.


def test_a_ready_comparison_opens(page, qtbot):
    ready = find("residual-blocks")
    tab = page.ready
    row = next(
        i for i in range(tab.list.count()) if tab.list.item(i).text() == ready.title
    )  # fmt: skip
    tab.list.setCurrentRow(row)
    assert tab.title.text() == ready.title
    assert texts(tab.table, 0)[0] == "MACs"
    item = tab.table.item(0, 2)
    assert item.text() in ("218,365,952\n0.944×", "218.4 M\n0.944×")
    assert item.toolTip() == "218,365,952"
    assert texts(tab.table, 3)[0] == "18 C²HW, 17 C²HW"
    qtbot.mouseClick(tab.open_button, LEFT)
    assert page.models == list(ready.models)
    assert page.tabs.currentWidget() is page.totals
    assert page.totals.table.rowCount() == 2


# Looks.


def test_every_tab_in_both_themes(pair, qapp):
    pair.catalog.search.setText("LeCun")
    for scheme in ("dark", "light"):
        apply_theme(qapp, scheme)
        for i in range(pair.tabs.count()):
            pair.tabs.setCurrentIndex(i)
            QApplication.processEvents()
            assert not pair.grab().isNull()
