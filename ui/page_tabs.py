"""The pages beside the graph, as tabs; a wide one takes the graph's place, too."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QMenu,
    QSizePolicy,
    QTabWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

Page = TypeVar("Page", bound=QWidget)


class PageTabs(QTabWidget):
    """Tabs in which only the page in front decides how small they can be.

    A page may be made as late as when it is first looked at: to make them all would hold up the
    start of the window.

    Signals:
        wide_shown: Whether the page that is shown now wants the whole centre.
    """

    wide_shown = Signal(bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._wide: set[QWidget] = set()
        self._policies: dict[QWidget, QSizePolicy] = {}
        self._makers: dict[QWidget, Callable[[], QWidget]] = {}
        self._frames: dict[QWidget, QWidget] = {}
        self.setDocumentMode(True)
        self.currentChanged.connect(self._changed)
        self.list = QToolButton()
        self.list.setText("▾")
        self.list.setAutoRaise(True)
        self.list.setStyleSheet("QToolButton::menu-indicator { image: none; }")
        self.list.setToolTip("All pages")
        self.list.setAccessibleName("All pages")
        self.list.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self._menu = QMenu(self.list)
        self._menu.aboutToShow.connect(self._fill_list)
        self.list.setMenu(self._menu)
        self.setCornerWidget(self.list)

    def add_page(self, page: QWidget, title: str, *, wide: bool = False) -> None:
        """Add a page.

        Args:
            page: The page.
            title: What stands on its tab.
            wide: It needs the whole centre of the window; the graph makes room.
        """
        self._policies[page] = page.sizePolicy()
        if wide:
            self._wide.add(page)
        self.addTab(page, title)
        self._changed()

    def add_later(
        self, make: Callable[[], Page], title: str, *, wide: bool = False
    ) -> Callable[[], Page]:
        """Add a page that is made when it is first shown, or first asked for.

        Args:
            make: Makes the page; called once.
            title: What stands on its tab.
            wide: As for `add_page`.

        Returns:
            Asks for the page.
        """
        frame = QWidget()
        column = QVBoxLayout(frame)
        column.setContentsMargins(0, 0, 0, 0)
        made: list[Page] = []

        def page() -> Page:
            if not made:
                made.append(make())
                self._frames[made[0]] = frame
                column.addWidget(made[0])
                made[0].show()  # with its frame, and not only when the layout is next done
            return made[0]

        self._makers[frame] = page
        self.add_page(frame, title, wide=wide)
        return page

    def currentWidget(self) -> QWidget:
        """The page in front."""
        front = super().currentWidget()
        return self._makers[front]() if front in self._makers else front

    def setCurrentWidget(self, widget: QWidget) -> None:
        """Bring a page to the front."""
        super().setCurrentWidget(self._frames.get(widget, widget))

    def _fill_list(self) -> None:
        """Where the bar has no room for every tab, the list still has each."""
        self._menu.clear()
        for index in range(self.count()):
            action = self._menu.addAction(self.tabText(index))
            action.setCheckable(True)
            action.setChecked(index == self.currentIndex())
            action.triggered.connect(lambda _=False, i=index: self.setCurrentIndex(i))

    def _changed(self) -> None:
        front = super().currentWidget()
        if front in self._makers:
            self._makers[front]()
        # A stack is as large as the largest of its pages, unless they do not count.
        ignored = QSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Ignored)
        for page, policy in self._policies.items():
            page.setSizePolicy(policy if page is front else ignored)
        self.updateGeometry()
        self.wide_shown.emit(front in self._wide)
