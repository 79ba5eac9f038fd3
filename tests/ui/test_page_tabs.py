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
