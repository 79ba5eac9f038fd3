"""Where pictures come from, as tabs of one dock."""

from __future__ import annotations

from PySide6.QtCore import QObject

from models.registry import catalog
from ui.controller import Controller
from ui.inputs.draw_panel import DrawPanel
from ui.inputs.live import LivePictures
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
        self.add_page(samples, "Samples")
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
    def can_draw(self) -> bool:
        """Whether the open network takes drawings."""
        opened = self._controller.opened
        return opened is not None and sort_for(opened.graph) == "digit"

    def _make_draw(self) -> DrawPanel:
        panel = self._made_draw = DrawPanel()
        panel.drawn.connect(self.live.show)
        self._fit_sheet()
        return panel

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
