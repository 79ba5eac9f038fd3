from PySide6.QtWidgets import QLabel

from ui.page_tabs import PageTabs


def test_only_the_page_in_view_decides_how_small_the_tabs_can_be(qtbot):
    tabs = PageTabs()
    qtbot.addWidget(tabs)
    small, large = QLabel("small"), QLabel("large " * 200)
    tabs.add_page(small, "Small")
    tabs.add_page(large, "Large", wide=True)
    tabs.show()
    assert tabs.minimumSizeHint().width() < 400
    with qtbot.waitSignal(tabs.wide_shown) as shown:
        tabs.setCurrentWidget(large)
    assert shown.args == [True]
    assert tabs.minimumSizeHint().width() >= 1500
    with qtbot.waitSignal(tabs.wide_shown) as shown:
        tabs.setCurrentWidget(small)
    assert shown.args == [False]
    assert tabs.minimumSizeHint().width() < 400


def test_a_later_page_is_made_once_when_it_is_first_shown(qtbot):
    tabs = PageTabs()
    qtbot.addWidget(tabs)
    made = []

    def make():
        made.append(QLabel("late"))
        return made[-1]

    first = QLabel("first")
    tabs.add_page(first, "First")
    late = tabs.add_later(make, "Late", wide=True)
    tabs.show()
    assert not made
    assert tabs.currentWidget() is first
    with qtbot.waitSignal(tabs.wide_shown) as shown:
        tabs.setCurrentIndex(1)
    assert shown.args == [True]
    assert len(made) == 1
    assert tabs.currentWidget() is late() is made[0]
    assert made[0].isVisible()
    tabs.setCurrentWidget(first)
    assert not made[0].isVisible()
    tabs.setCurrentWidget(late())
    assert made[0].isVisible()
    assert len(made) == 1


def test_the_list_has_every_page_also_where_the_bar_has_no_room(qtbot):
    tabs = PageTabs()
    qtbot.addWidget(tabs)
    for title in ("First", "Second", "Third"):
        tabs.add_page(QLabel(title), title)
    tabs.resize(90, 200)
    tabs.show()
    menu = tabs.list.menu()
    menu.aboutToShow.emit()
    assert [action.text() for action in menu.actions()] == ["First", "Second", "Third"]
    assert [action.isChecked() for action in menu.actions()] == [True, False, False]
    menu.actions()[2].trigger()
    assert tabs.currentIndex() == 2
