"""The pages beside the graph, as tabs; a wide one takes the graph's place, too."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QSizePolicy, QTabWidget, QWidget


class PageTabs(QTabWidget):
    """Tabs in which only the page that is shown decides how small they can be.

    Signals:
        wide_shown: Whether the page that is shown now wants the whole centre.
    """

    wide_shown = Signal(bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._wide: set[QWidget] = set()
        self._policies: dict[QWidget, QSizePolicy] = {}
        self.setDocumentMode(True)
        self.currentChanged.connect(self._changed)

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

    def _changed(self) -> None:
        # A stack is as large as the largest of its pages, unless they do not count.
        ignored = QSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Ignored)
        for page, policy in self._policies.items():
            page.setSizePolicy(policy if page is self.currentWidget() else ignored)
        self.updateGeometry()
        self.wide_shown.emit(self.currentWidget() in self._wide)
