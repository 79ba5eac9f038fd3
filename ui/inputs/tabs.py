"""Where pictures come from, as tabs of one dock."""

from __future__ import annotations

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QStackedWidget

from models.registry import catalog
from ui.controller import Controller
from ui.inputs.draw_panel import DrawPanel
from ui.inputs.folder_panel import FolderPanel
from ui.inputs.gallery import Gallery
from ui.inputs.live import LivePictures
from ui.lanes import IoLane
from ui.page_tabs import PageTabs
from ui.panels.samples import SamplesPanel
from ui.samples import sort_for


class PictureTabs(PageTabs):
    """Samples and a sheet to draw on; all but the samples are made when they are first looked at.

    Args:
        controller: Runs the pictures.
        samples: The first of the tabs.
        parent: Qt owner of what is no widget.
    """

    def __init__(self, controller: Controller, samples: SamplesPanel, parent: QObject) -> None:
        super().__init__()
        self._controller = controller
        self.samples = samples
        self.live = LivePictures(controller, parent)
        self._files = IoLane(parent)
        self.gallery = Gallery(controller, self._files, parent)
        self.gallery.opened.connect(self._gallery_opened)
        self.folder: FolderPanel | None = None
        self._front = QStackedWidget()
        self._front.addWidget(samples)
        self.add_page(self._front, "Samples")
        self._draw = self.add_later(self._make_draw, "Draw")
        self._draw_index = self.count() - 1
        self.setTabToolTip(self._draw_index, "Draw a digit, and see it read while you draw")
        self.setTabVisible(self._draw_index, False)
        self._made_draw: DrawPanel | None = None
        controller.model_changed.connect(self._model_changed)
        controller.run_changed.connect(self._run_changed)

    @property
    def draw(self) -> DrawPanel:
        """The sheet to draw on."""
        return self._draw()

    @property
    def settled(self) -> bool:
        """Whether all that was asked for is on screen."""
        in_front = self._front.currentWidget()
        folder_done = in_front is not self.folder or self.folder is None or self.folder.complete
        return self.samples.complete and folder_done and not self.live.waiting

    def step(self, by: int) -> None:
        """Run the next (1) or previous (-1) picture of the open folder, or else of the samples."""
        if self.gallery.files:
            self.gallery.step(by)
        else:
            self._controller.run_image(self.samples.neighbour(by))

    def close_lane(self) -> None:
        """End what reads files."""
        self._files.close()

    @property
    def can_draw(self) -> bool:
        """Whether the open network takes drawings."""
        opened = self._controller.opened
        return opened is not None and sort_for(opened.graph) == "digit"

    def _make_draw(self) -> DrawPanel:
        panel = self._made_draw = DrawPanel()
        panel.drawn.connect(self.live.show)
        self._fit_sheet()
        return panel

    def _gallery_opened(self) -> None:
        """Show the folder in the place of the samples, or these again."""
        if self.gallery.files and self.folder is None:
            self.folder = FolderPanel(self.gallery, self._files)
            self._front.addWidget(self.folder)
        if self.folder is not None:
            front = self.folder if self.gallery.files else self.samples
            self._front.setCurrentWidget(front)
        self.setTabText(0, "Folder" if self.gallery.files else "Samples")
        self.setCurrentIndex(0)

    def _model_changed(self) -> None:
        if not self.can_draw and self.currentIndex() == self._draw_index:
            self.setCurrentIndex(0)
        self.setTabVisible(self._draw_index, self.can_draw)
        self._fit_sheet()

    def _fit_sheet(self) -> None:
        opened, panel = self._controller.opened, self._made_draw
        if panel is not None and opened is not None and self.can_draw:
            entry = catalog().get(opened.request.model)
            inverts = entry is not None and entry.preprocessing.invert
            panel.show_network(opened.graph, inverts=inverts)

    def _run_changed(self) -> None:
        if self._made_draw is not None:
            self._made_draw.show_run(self._controller.image, self._controller.run)
