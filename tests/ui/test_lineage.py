import itertools

import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QFontMetricsF, QHelpEvent
from PySide6.QtWidgets import QApplication, QToolTip

from models.registry import catalog
from ui.lineage.page import LineagePage
from ui.lineage.tree import short
from ui.theme import scaled_font


@pytest.fixture
def page(qtbot):
    made = LineagePage()
    qtbot.addWidget(made)
    made.resize(1000, 760)
    made.show()
    return made


@pytest.mark.parametrize("width", [300, 690, 1000, 1900])
def test_every_architecture_stands_once_and_over_nothing_else(page, width):
    page.resize(width, 760)
    QApplication.processEvents()
    tree = page.view.tree
    assert sorted(chip.id for chip in tree.chips) == sorted(catalog())
    bold = QFontMetricsF(scaled_font("small", bold=True))
    for chip in tree.chips:
        assert bold.horizontalAdvance(chip.label) <= chip.area.width()
    areas = [card.area for card in tree.cards] + [chip.area for chip in tree.blocks]
    for one, other in itertools.combinations(areas, 2):
        assert not one.intersects(other)
    for card in tree.cards:
        for chip in card.chips:
            assert card.area.contains(chip.area)
            assert (catalog()[chip.id].year, catalog()[chip.id].family) == (card.year, card.family)
        band = next((top, bottom) for year, top, bottom in tree.years if year == card.year)
        assert band[0] < card.area.top() < card.area.bottom() < band[1]
    assert all(catalog()[chip.id].exhibit for chip in tree.blocks)
    assert min(chip.area.top() for chip in tree.blocks) > max(a.area.bottom() for a in tree.cards)
    assert max(area.right() for area in areas) <= page.view.width()
    assert max(area.bottom() for area in areas) <= page.view.height()


def test_a_line_for_every_parent_outside_the_card(page):
    tree = page.view.tree
    card = {chip.id: card for card in tree.cards for chip in card.chips}
    expected = {
        (e.parent, e.id)
        for e in catalog().values()
        if e.parent and not e.exhibit and card[e.parent] is not card[e.id]
    }
    assert {(line.parent, line.child) for line in tree.lines} == expected
    assert ("lenet5", "alexnet") in expected
    for line in tree.lines:
        start, end = line.path.pointAtPercent(0), line.path.pointAtPercent(1)
        assert start.y() == card[line.parent].area.bottom()
        assert end.y() == pytest.approx(card[line.child].area.top())
        # It goes round whatever stands between.
        for share in range(1, 100):
            where = line.path.pointAtPercent(share / 100)
            for other in tree.cards:
                inside = other.area.adjusted(1, 1, -1, -1).contains(where)
                assert not inside, (line.parent, line.child, other.title)


def test_a_click_opens(page, qtbot):
    with qtbot.waitSignal(page.chosen) as chosen:
        qtbot.mouseClick(
            page.view, Qt.MouseButton.LeftButton, pos=page.view.position_of("googlenet")
        )
    assert chosen.args == ["googlenet"]
    page.chosen.connect(lambda _: pytest.fail("opened"))
    qtbot.mouseClick(page.view, Qt.MouseButton.LeftButton, pos=QPoint(2, 2))


def test_pointing_lights_up_the_line(page, qtbot):
    qtbot.mouseMove(page.view, page.view.position_of("vgg16"))
    assert page.view.hovered == "vgg16"
    lit = page.view.relatives("vgg16")
    assert {"lenet5", "alexnet", "vgg11", "vgg13", "vgg19", "resnet50", "shufflenet_v1_g3"} <= lit
    assert not {"googlenet", "zfnet", "mobilenet"} & lit
    assert not page.grab().isNull()


def test_the_story_in_the_tooltip(page, qtbot):
    where = page.view.position_of("densenet121")
    event = QHelpEvent(QEvent.Type.ToolTip, where, page.view.mapToGlobal(where))
    QApplication.sendEvent(page.view, event)
    assert "Densely Connected" in QToolTip.text()
    QToolTip.hideText()


def test_arrow_keys_walk_and_enter_opens(page, qtbot):
    page.show_current("lenet5_modern")
    page.view.setFocus()
    qtbot.keyClick(page.view, Qt.Key.Key_Down)
    assert page.view.focused == "alexnet"
    qtbot.keyClick(page.view, Qt.Key.Key_Up)
    assert catalog()[page.view.focused].year == 1998
    qtbot.keyClick(page.view, Qt.Key.Key_Down)
    with qtbot.waitSignal(page.chosen) as chosen:
        qtbot.keyClick(page.view, Qt.Key.Key_Return)
    assert chosen.args == ["alexnet"]


def test_every_chip_can_be_walked_to(page, qtbot):
    """From the first one, by some way of arrow keys."""
    view = page.view
    reached, todo = set(), [view.tree.chips[0].id]
    while todo:
        name = todo.pop()
        reached.add(name)
        for step in ((-1, 0), (1, 0), (0, -1), (0, 1)):
            view.focused = name
            view._walk(QPointF(*step))
            if view.focused not in reached:
                todo.append(view.focused)
    assert reached == set(catalog())


def test_the_open_one_is_marked_and_in_view(page, qtbot):
    page.resize(700, 300)
    QApplication.processEvents()
    page.show_current("mobilenet_v3_large")
    seen = page.view.visibleRegion().boundingRect()
    assert seen.contains(page.view.position_of("mobilenet_v3_large"))
    page.show_current("/some/file.keras")
    assert page.view.current == "/some/file.keras"


@pytest.mark.parametrize(
    ("name", "family", "expected"),
    [
        ("ResNeXt-50 (32x4d)", "ResNeXt", "50 (32x4d)"),
        ("MobileNetV2", "MobileNet", "V2"),
        ("ZFNet", "ZFNet", "ZFNet"),
        ("ZFNet (512, 1024, 512)", "ZFNet", "512, 1024, 512"),
        ("GoogLeNet", "Inception", "GoogLeNet"),
        ("Plain-18", "ResNet", "Plain-18"),
        ("Inception-ResNet-v2", "Inception", "ResNet-v2"),
    ],
)
def test_short_names(name, family, expected):
    assert short(name, family) == expected


def test_in_the_window(workbench, qtbot):
    workbench.tabs.setCurrentWidget(workbench.pages.lineage)
    assert workbench.pages.lineage.view.current == "lenet5_modern"
    qtbot.mouseClick(
        workbench.pages.lineage.view,
        Qt.MouseButton.LeftButton,
        pos=workbench.pages.lineage.view.position_of("lenet5"),
    )
    assert workbench.controller.opened.id == "lenet5"
    assert workbench.pages.lineage.view.current == "lenet5"
