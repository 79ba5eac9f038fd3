"""Where pictures come from, as tabs of one dock."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QStackedWidget

from cnnviz.errors import UserError
from cnnviz.probes import Probe
from cnnviz.transforms import Transform
from models.registry import catalog
from ui.controller import Controller
from ui.inputs.camera import Camera
from ui.inputs.change_panel import ChangePanel
from ui.inputs.draw_panel import DrawPanel
from ui.inputs.folder_panel import FolderPanel
from ui.inputs.gallery import Gallery
from ui.inputs.live import LivePictures
from ui.inputs.probe_panel import ProbePanel
from ui.lanes import IoLane
from ui.page_tabs import PageTabs
from ui.panels.samples import SamplesPanel
from ui.samples import sort_for
from ui.tasks import Image, Pixels
from ui.theme import scaled_font


class PictureTabs(PageTabs):
    """Samples or a folder, a sheet to draw on, probes, and changes of the current picture.

    All but the samples are made when they are first looked at.

    Args:
        controller: Runs the pictures.
        samples: The first of the tabs.
        parent: Qt owner of what is no widget.

    Signals:
        camera_used: Whether the camera is on.
    """

    camera_used = Signal(bool)

    def __init__(self, controller: Controller, samples: SamplesPanel, parent: QObject) -> None:
        super().__init__()
        self.list.hide()  # all of them are in view
        self.tabBar().setFont(scaled_font("small"))  # the dock is narrow
        self._controller = controller
        self.samples = samples
        self.live = LivePictures(controller, parent)
        self._files = IoLane(parent)
        self.gallery = Gallery(controller, self._files, parent)
        self.gallery.opened.connect(self._gallery_opened)
        self.camera = Camera(parent)
        self.camera.seen.connect(self.live.show)
        self.camera.failed.connect(self._camera_failed)
        self.folder: FolderPanel | None = None
        self._front = QStackedWidget()
        self._front.addWidget(samples)
        self.add_page(self._front, "Samples")
        self._draw = self.add_later(self._make_draw, "Draw")
        self._draw_index = self.count() - 1
        self._probes = self.add_later(self._make_probes, "Probes")
        self._change = self.add_later(self._make_change, "Change")
        for index, tip in enumerate(
            (
                "Pictures to run",
                "Draw a digit, and see it read while you draw",
                "Colours, gratings, noise: pictures of which everything is known",
                "Shift, turn, mirror or crop the picture, and see what the network does not mind",
            )
        ):
            self.setTabToolTip(index, tip)
        self.setTabVisible(self._draw_index, False)
        self._made_draw: DrawPanel | None = None
        self._made_probes: ProbePanel | None = None
        self._made_change: ChangePanel | None = None
        self._changed_image: Image | None = None
        controller.model_changed.connect(self._model_changed)
        controller.run_started.connect(self._run_started)
        controller.run_changed.connect(self._run_changed)

    @property
    def draw(self) -> DrawPanel:
        """The sheet to draw on."""
        return self._draw()

    @property
    def probes(self) -> ProbePanel:
        """Made pictures."""
        return self._probes()

    @property
    def change(self) -> ChangePanel:
        """Changes of the current picture."""
        return self._change()

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

    def use_camera(self, on: bool) -> None:
        """Run what the camera sees, or cease to; `camera_used` says what came of it."""
        if on:
            try:
                self.camera.start()
            except UserError as error:
                self._controller.say(str(error))
        else:
            self.camera.stop()
        self.camera_used.emit(self.camera.on)

    def end(self) -> None:
        """Release the camera, and end what reads files."""
        self.camera.stop()
        self._files.close()

    @property
    def can_draw(self) -> bool:
        """Whether the open network takes drawings."""
        opened = self._controller.opened
        return opened is not None and sort_for(opened.graph) == "digit"

    # Panels that are made late.

    def _make_draw(self) -> DrawPanel:
        panel = self._made_draw = DrawPanel()
        panel.drawn.connect(self.live.show)
        self._fit()
        return panel

    def _make_probes(self) -> ProbePanel:
        panel = self._made_probes = ProbePanel()
        panel.chosen.connect(self.live.show)
        self._fit()
        self._show_probe()
        return panel

    def _make_change(self) -> ChangePanel:
        panel = self._made_change = ChangePanel()
        panel.chosen.connect(self._run_changed_picture)
        self._run_changed()
        return panel

    # What happens.

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

    def _camera_failed(self, text: str) -> None:
        self._controller.say(text)
        self.camera_used.emit(False)

    def _model_changed(self) -> None:
        if not self.can_draw and self.currentIndex() == self._draw_index:
            self.setCurrentIndex(0)
        self.setTabVisible(self._draw_index, self.can_draw)
        self._fit()

    def _fit(self) -> None:
        """Fit sheet and probes to the network's input."""
        opened = self._controller.opened
        if opened is None:
            return
        if self._made_draw is not None and self.can_draw:
            entry = catalog().get(opened.request.model)
            inverts = entry is not None and entry.preprocessing.invert
            self._made_draw.show_network(opened.graph, inverts=inverts)
        shape = opened.graph.input_shape
        if self._made_probes is not None and len(shape) == 3:
            height, width, channels = (extent or 1 for extent in shape)
            self._made_probes.show_network(height, width, channels)

    def _run_changed_picture(self, transform: Transform) -> None:
        image = self._controller.image
        if image is not None:
            self.live.show(image, transform)

    def _run_started(self) -> None:
        self._show_probe()
        controller = self._controller
        image = controller.image
        if self.camera.on and not (isinstance(image, Pixels) and image.source == "camera"):
            self.use_camera(False)  # the user turned to another picture
        if self._made_change is not None and controller.image is not self._changed_image:
            self._made_change.forget()

    def _show_probe(self) -> None:
        image = self._controller.image
        if self._made_probes is not None and not self.live.waiting:
            self._made_probes.show_probe(image if isinstance(image, Probe) else None)

    def _run_changed(self) -> None:
        controller = self._controller
        if self._made_draw is not None:
            self._made_draw.show_run(controller.image, controller.run)
        if self._made_change is not None and controller.run is not None:
            if not self.live.waiting:
                self._made_change.take(controller.transform)
            self._changed_image = controller.image
            self._made_change.show_run(controller.run, controller.transform)
