"""What each command of `ui.actions` does."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFileDialog, QMessageBox

from cnnviz.errors import UserError
from cnnviz.images import SUFFIXES
from cnnviz.requests import OpenedModel, OpenModel
from models.registry import catalog
from ui.dialogs import about_text, ask_to_trust, shortcuts_page
from ui.main_window import MODEL_SUFFIXES
from ui.panels.palette import Entry, Palette
from ui.variant_dialog import VariantDialog
from ui.warmup import Warmup

if TYPE_CHECKING:
    from ui.figures.dialog import FigureDialog
    from ui.workbench import Workbench


def _import_figures() -> None:
    import ui.figures.opening  # noqa: F401


class Commands(QObject):
    """Does what the user asks of a workbench.

    Args:
        bench: The views and the state that the commands act upon.
    """

    def __init__(self, bench: Workbench) -> None:
        super().__init__(bench)
        self._bench = bench
        self._window = bench.window
        self._controller = bench.controller
        self._playback = bench.playback

    def handlers(self) -> dict[str, Callable[[], object]]:
        """What to call for each command, by id."""
        bench, window, playback = self._bench, self._window, self._playback
        return {
            "open_model": self.ask_for_model,
            "variant": self.choose_variant,
            "open_image": self.ask_for_image,
            "open_weights": self.ask_for_weights,
            "figure": self.export_figure,
            "quit": window.close,
            "play": playback.toggle,
            "step_back": lambda: self._walk(lambda: playback.step(-1)),
            "step_forward": lambda: self._walk(lambda: playback.step(1)),
            "step_into": lambda: self._walk(bench.film.step_into),
            "step_out": lambda: self._walk(bench.film.step_out),
            "first": lambda: self._walk(lambda: playback.go(0)),
            "last": lambda: self._walk(playback.to_end),
            "slower": lambda: playback.change_speed(-1),
            "faster": lambda: playback.change_speed(1),
            "rerun": self._controller.rerun,
            "cancel": self._controller.cancel,
            "palette": lambda: self.palette().open(),
            "find_layer": self._find_layer,
            "find_architecture": self._find_architecture,
            "find_next": lambda: bench.spotlight.step(1),
            "find_previous": lambda: bench.spotlight.step(-1),
            "ancestors": bench.spotlight.ancestors,
            "descendants": bench.spotlight.descendants,
            "path": bench.spotlight.path,
            "copy_facts": bench.graph_wires.copy_facts,
            "unlight": bench.spotlight.clear,
            "open_folder": self.ask_for_folder,
            "paste": self.paste,
            "camera": lambda: bench.pictures.use_camera(window.actions_by_id["camera"].isChecked()),
            "next_image": lambda: bench.pictures.step(1),
            "previous_image": lambda: bench.pictures.step(-1),
            "fit": lambda: bench.pages.picture.fit(),
            "zoom_in": lambda: bench.pages.picture.zoom_in(),
            "zoom_out": lambda: bench.pages.picture.zoom_out(),
            "zoom_to_selection": lambda: bench.pages.picture.zoom_to_selection(),
            "more_detail": bench.graph_view.more_detail,
            "less_detail": bench.graph_view.less_detail,
            "expand_all": bench.graph_view.expand_all,
            "collapse_all": bench.graph_view.collapse_all,
            "reveal": self._reveal_layer,
            "turn_graph": bench.turn_graph,
            "light": lambda: window.set_theme("light"),
            "dark": lambda: window.set_theme("dark"),
            "system": lambda: window.set_theme("system"),
            "reset_layout": bench.reset_layout,
            "shortcuts": lambda: shortcuts_page(window).open(),
            "about": lambda: QMessageBox.about(window, "About cnnviz", about_text()),
        }

    def open_model(self, model: str | OpenModel) -> None:
        """Open an architecture or a file; the second click of a double click changes nothing."""
        request = OpenModel(model) if isinstance(model, str) else model
        here = self._controller.model_under_way
        if here is None or request != replace(here, trust_code=request.trust_code):
            self._playback.pause()
            self._controller.open_model(request)
        else:
            self._bench.graph_view.close_sketch()

    def choose_variant(self) -> None:
        """Let the user choose a variant of the open architecture."""
        opened = self._controller.opened
        if opened is not None and opened.request.model in catalog():
            self.variant_dialog(opened).open()

    def variant_dialog(self, opened: OpenedModel) -> VariantDialog:
        """The fields for a variant of an architecture."""
        entry = catalog()[opened.request.model]
        dialog = VariantDialog(opened, entry, self._bench.lane, self._window)
        dialog.wanted.connect(self.open_model)
        return dialog

    def export_figure(self) -> None:
        """Let the user draw the open architecture for print."""

        def show() -> None:
            dialog = self.figure_dialog()
            if dialog is not None:
                dialog.open()

        if "ui.figures.opening" in sys.modules:
            show()
        else:  # too much to import while the window waits
            warmup = Warmup(_import_figures, show, self._window)
            self._window.closing.connect(warmup.wait)

    def figure_dialog(self) -> FigureDialog | None:
        """The dialog that draws the open architecture; None where nothing is open."""
        from ui.figures.opening import (
            dialog_for,
            views_of,
        )  # all that draws figures is imported with it

        opened, computed = self._controller.opened, self._controller.run is not None
        if opened is None:
            return None
        lane = self._bench.lane if computed else None
        views = views_of(self._bench.tabs.currentWidget())
        dialog = dialog_for(opened, lane, self._window, views)
        self._window.closing.connect(dialog.close_lane)
        return dialog

    def go_to(self, node: str) -> None:
        """Select a node; that stops the walk."""
        self._walk(lambda: self._controller.select(node))

    def ask_for_model(self, take: Callable[[str], object] | None = None) -> None:
        """Let the user pick a model file.

        Args:
            take: Gets its path; opens it when None.
        """
        path = self._ask_for_file("Open a model", "Keras models", MODEL_SUFFIXES)
        if path:
            (take or self.open_model)(path)

    def ask_for_image(self) -> None:
        """Let the user pick a picture."""
        path = self._ask_for_file("Open a picture", "Pictures", SUFFIXES)
        if path:
            self._controller.run_image(Path(path))

    def ask_for_folder(self) -> None:
        """Let the user pick a folder of pictures."""
        folder = QFileDialog.getExistingDirectory(self._window, "Open a folder of pictures")
        if folder:
            self._bench.pictures.gallery.open_folder(Path(folder))

    def paste(self) -> None:
        """Run what was copied."""
        from ui.inputs.clipboard import pasted

        try:
            found = pasted(QGuiApplication.clipboard().mimeData())
        except UserError as error:
            self._controller.say(str(error))
            return
        if isinstance(found, list):
            self._window.open_files(found)
        else:
            self._controller.run_image(found)

    def ask_for_weights(self) -> None:
        """Let the user pick a file of weights."""
        path = self._ask_for_file("Load weights", "Weights", (*MODEL_SUFFIXES, ".safetensors"))
        if path:
            self.load_weights(path)

    def load_weights(self, path: str) -> None:
        """Give the open model the weights of a file."""
        if self._controller.opened is None:
            self._controller.say("Open the model first that these weights are for.")
        else:
            self._controller.set_weights(path)

    def ask_to_trust(self, reason: str, model: str | OpenModel) -> None:
        """Ask whether to run the code that a model carries."""
        ask_to_trust(
            self._window, reason, lambda: self._controller.open_model(model, trust_code=True)
        )

    def palette(self) -> Palette:
        """The list of every command, architecture and layer, ready to be shown."""
        entries: list[Entry] = [
            (action.text(), action.shortcut().toString(), action.trigger)
            for action in self._window.actions_by_id.values()
            if action.isEnabled()
        ]
        entries += [
            (entry.name, f"architecture, {entry.year}", partial(self.open_model, entry.id))
            for entry in catalog().values()
        ]
        if self._controller.opened is not None:
            entries += [
                (node.name, f"layer, {node.type}", partial(self.go_to, node.name))
                for node in self._controller.opened.graph.nodes
            ]
        return Palette(entries, self._window)

    def _walk(self, step: Callable[[], object]) -> None:
        """Move the selection by hand, which stops the walk."""
        self._playback.pause()
        step()

    def _reveal_layer(self) -> None:
        node = self._controller.selection.node
        if node is not None:
            self._bench.graph.reveal(node)
            self._bench.graph.zoom_to_selection()

    def _find_layer(self) -> None:
        self._window.top_bar.search.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def _find_architecture(self) -> None:
        dock, search = self._window.docks["library"], self._bench.library.search
        dock.show()
        dock.raise_()
        search.setFocus(Qt.FocusReason.ShortcutFocusReason)
        search.selectAll()

    def _ask_for_file(self, title: str, what: str, suffixes: tuple[str, ...]) -> str:
        """Path of the file that the user picked; empty when they did not."""
        wanted = " ".join(f"*{suffix}" for suffix in suffixes)
        path, _ = QFileDialog.getOpenFileName(
            self._window, title, "", f"{what} ({wanted});;All files (*)"
        )
        return path
