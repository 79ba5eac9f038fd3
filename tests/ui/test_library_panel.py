import pytest
from PySide6.QtCore import Qt

from models.registry import catalog
from ui.panels.library import BLOCKS, ID, LibraryPanel


@pytest.fixture
def library(qtbot):
    panel = LibraryPanel("family")
    qtbot.addWidget(panel)
    panel.resize(280, 700)
    panel.show()
    return panel


def shown(panel):
    tree = panel.tree
    groups = [tree.topLevelItem(i) for i in range(tree.topLevelItemCount())]
    return {
        group.text(0): [
            group.child(j).data(0, ID)
            for j in range(group.childCount())
            if not group.child(j).isHidden()
        ]
        for group in groups
        if not group.isHidden()
    }


def test_shows_every_architecture_once_by_family(library):
    by_family = shown(library)
    assert sorted(name for names in by_family.values() for name in names) == sorted(catalog())
    blocks = by_family.pop(BLOCKS)
    assert all(catalog()[name].exhibit for name in blocks)
    for family, names in by_family.items():
        assert {catalog()[name].family for name in names} == {family}
        assert not any(catalog()[name].exhibit for name in names)


def test_groups_by_year_in_order(library, qtbot):
    with qtbot.waitSignal(library.grouping_changed) as told:
        qtbot.mouseClick(library.findChild(object, "year"), Qt.MouseButton.LeftButton)
    assert told.args == ["year"]
    by_year = shown(library)
    assert list(by_year)[-1] == BLOCKS
    del by_year[BLOCKS]
    assert list(by_year) == sorted(by_year)
    for year, names in by_year.items():
        assert {catalog()[name].year for name in names} == {int(year)}


@pytest.mark.parametrize("query", ["vgg", "Simonyan", "2014 vgg16", "VGG-16"])
def test_search_finds_by_name_author_and_year(library, qtbot, query):
    qtbot.keyClicks(library.search, query)
    assert "vgg16" in [name for names in shown(library).values() for name in names]
    assert "lenet5_modern" not in [name for names in shown(library).values() for name in names]


def test_search_without_a_hit_says_so(library, qtbot):
    qtbot.keyClicks(library.search, "no such network")
    assert library.nothing.isVisible()
    assert not library.tree.isVisible()
    library.search.clear()
    assert library.tree.isVisible()


def test_enter_in_the_search_opens_the_first_hit(library, qtbot):
    qtbot.keyClicks(library.search, "resnet50")
    with qtbot.waitSignal(library.chosen) as chosen:
        qtbot.keyClick(library.search, Qt.Key.Key_Return)
    assert chosen.args == ["resnet50"]


def test_a_click_opens(library, qtbot):
    with qtbot.waitSignal(library.chosen) as chosen:
        qtbot.mouseClick(
            library.tree.viewport(), Qt.MouseButton.LeftButton, pos=library.position_of("vgg16")
        )
    assert chosen.args == ["vgg16"]


def test_enter_on_a_row_opens(library, qtbot):
    library.show_current("alexnet")
    with qtbot.waitSignal(library.chosen) as chosen:
        qtbot.keyClick(library.tree, Qt.Key.Key_Return)
    assert chosen.args == ["alexnet"]


def test_a_click_on_a_family_folds_it(library, qtbot):
    group = library.tree.topLevelItem(0)
    where = library.tree.visualItemRect(group).center()
    library.chosen.connect(lambda _: pytest.fail("opened"))
    qtbot.mouseClick(library.tree.viewport(), Qt.MouseButton.LeftButton, pos=where)
    assert not group.isExpanded()
