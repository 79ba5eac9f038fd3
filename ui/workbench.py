"""What fills the window: the panels, and the wires between them and the controller."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from PySide6.QtCore import QByteArray, QObject, Qt, QTimer
from PySide6.QtWidgets import QFileDialog, QMessageBox, QSplitter, QTabWidget

from cnnviz.images import SUFFIXES
from cnnviz.requests import Activation, NodeRun, Progress, Weights
from models.registry import catalog
from ui.controller import Controller, Selection
from ui.dialogs import about_text, ask_to_trust, shortcuts_page
from ui.graph.memory import GraphMemory
from ui.graph.view import GraphView
from ui.insight import Insight
from ui.lanes import Lane
from ui.main_window import MODEL_SUFFIXES, MainWindow
from ui.panels.feature_maps import FeatureMapPanel
from ui.panels.filters import FilterPanel
from ui.panels.inspector import Inspector
from ui.panels.library import LibraryPanel
from ui.panels.palette import Entry, Palette
from ui.panels.samples import SamplesPanel
from ui.panels.scrubber import Scrubber
from ui.panels.status import StatusBar
from ui.playback import Playback
from ui.samples import PictureMemory, Sort, samples, sort_for, title
from ui.settings import DEVICE, GROUPING, MODEL, SPEED, SPLITTER
from ui.top_bar import fill_menu

FIRST_MODEL = "lenet5_modern"

GRAPH_AND_MAPS = (340, 660)
"""How the middle is shared at first, in pixels of a window of middling size."""


class Workbench(QObject):
    """Builds the panels into a window's frame and joins them to the controller.

    Args:
        window: The frame.
        lane: Where the engine is; closed with the window.
    """

    def __init__(self, window: MainWindow, lane: Lane) -> None:
        super().__init__(window)
        settings = window.settings
        self.window = window
        self.lane = lane
        self.memory = PictureMemory(settings)
        self.controller = Controller(
            lane, lambda graph, _: self.memory.choose(graph), settings.get(DEVICE), self
        )
        self.playback = Playback(settings.get(SPEED), self)
        self.insight: Insight | None = None
        self._describing = QTimer(self, singleShot=True, interval=0)
        self._describing.timeout.connect(self._describe)
        self._build()
        self._join_controller()
        self._join_panels()
        window.connect_actions(self._handlers())
        self._enable()

    def _build(self) -> None:
        window, settings = self.window, self.window.settings
        self.graph_view = GraphView(GraphMemory(settings))
        self.graph = self.graph_view.canvas
        self.maps = FeatureMapPanel()
        self.filters = FilterPanel()
        self.tabs = QTabWidget()
        self.tabs.setDocumentMode(True)
        self.tabs.addTab(self.maps, "Feature maps")
        self.tabs.addTab(self.filters, "Filters")
        self.splitter = QSplitter(Qt.Orientation.Horizontal)
        self.splitter.setChildrenCollapsible(False)
        self.splitter.addWidget(self.graph_view)
        self.splitter.addWidget(self.tabs)
        self.splitter.setSizes(list(GRAPH_AND_MAPS))
        self.splitter.setStretchFactor(1, 1)
        state = settings.get(SPLITTER)
        if not state.isEmpty():
            self.splitter.restoreState(state)
        window.set_view(self.splitter)
        self.library = LibraryPanel(settings.get(GROUPING))
        self.samples = SamplesPanel()
        self.inspector = Inspector()
        self.scrubber = Scrubber()
        window.set_dock("library", self.library)
        window.set_dock("pictures", self.samples)
        window.set_dock("inspector", self.inspector)
        window.set_dock("pass", self.scrubber)
        self.status = StatusBar()
        window.setStatusBar(self.status)
        self.samples.show_sort("digit")
        window.top_bar.show_speed(self.playback.speed)
        self._fill_model_menu()
        self._fill_image_menu()
        self._show_weights()

    @property
    def settled(self) -> bool:
        """Whether all that was asked for is on screen."""
        controller = self.controller
        return (
            controller.run is not None
            and not controller.busy
            and controller.activation is not None
            and self.samples.complete
            and not self._describing.isActive()
        )

    # Wires.

    def _join_controller(self) -> None:
        controller = self.controller
        controller.model_changed.connect(self._model_changed)
        controller.run_started.connect(self._run_started)
        controller.node_done.connect(self._node_done)
        controller.run_changed.connect(self._run_changed)
        controller.selection_changed.connect(self._selection_changed)
        controller.activation_changed.connect(self._activation_changed)
        controller.weights_fetched.connect(self._weights_fetched)
        controller.job_changed.connect(self._job_changed)
        controller.said.connect(self._say)
        controller.devices_changed.connect(self._show_devices)
        controller.code_refused.connect(self._ask_to_trust)

    def _join_panels(self) -> None:
        window, controller, playback = self.window, self.controller, self.playback
        self.library.chosen.connect(self.open_model)
        self.library.grouping_changed.connect(lambda by: window.settings.set(GROUPING, by))
        self.library.file_wanted.connect(self.ask_for_model)
        self.samples.chosen.connect(controller.run_image)
        self.samples.file_wanted.connect(self.ask_for_image)
        window.model_dropped.connect(self.open_model)
        window.image_dropped.connect(controller.run_image)
        window.closing.connect(self._close)
        self.graph.node_selected.connect(self.go_to)
        self.graph.node_activated.connect(self._look_into)
        self.maps.position_clicked.connect(self._position_clicked)
        self.tabs.currentChanged.connect(self._tab_changed)
        self.scrubber.moved.connect(self.go_to)
        window.top_bar.layer_chosen.connect(self.go_to)
        window.top_bar.speed_chosen.connect(playback.set_speed)
        self.status.cancelled.connect(controller.cancel)
        self.status.device_chosen.connect(self._choose_device)
        playback.moved.connect(controller.select)
        playback.playing_changed.connect(self._playing_changed)
        playback.speed_changed.connect(self._speed_changed)

    def _handlers(self) -> dict[str, Callable[[], object]]:
        window, controller, playback = self.window, self.controller, self.playback
        return {
            "open_model": self.ask_for_model,
            "open_image": self.ask_for_image,
            "open_weights": self.ask_for_weights,
            "quit": window.close,
            "play": playback.toggle,
            "step_back": lambda: self._step(-1),
            "step_forward": lambda: self._step(1),
            "first": lambda: self._jump(0),
            "last": lambda: self._jump(-1),
            "slower": lambda: playback.change_speed(-1),
            "faster": lambda: playback.change_speed(1),
            "rerun": controller.rerun,
            "cancel": controller.cancel,
            "palette": lambda: self.palette().open(),
            "find_layer": self._find_layer,
            "find_architecture": self._find_architecture,
            "next_image": lambda: controller.run_image(self.samples.neighbour(1)),
            "previous_image": lambda: controller.run_image(self.samples.neighbour(-1)),
            "fit": self.graph.fit,
            "zoom_in": self.graph.zoom_in,
            "zoom_out": self.graph.zoom_out,
            "more_detail": self.graph_view.more_detail,
            "less_detail": self.graph_view.less_detail,
            "expand_all": self.graph.expand_all,
            "collapse_all": self.graph.collapse_all,
            "reveal": self._reveal,
            "turn_graph": self.graph_view.turn_around,
            "light": lambda: window.set_theme("light"),
            "dark": lambda: window.set_theme("dark"),
            "system": lambda: window.set_theme("system"),
            "reset_layout": self._reset_layout,
            "shortcuts": lambda: shortcuts_page(window).exec(),
            "about": lambda: QMessageBox.about(window, "About cnnviz", about_text()),
        }

    def _look_into(self, node: str) -> None:
        """A double click on a node: its feature maps."""
        self.go_to(node)
        self.tabs.setCurrentWidget(self.maps)
        self.maps.setFocus()

    def _position_clicked(self, position: tuple[int | None, int | None, int | None]) -> None:
        self.playback.pause()
        self.controller.select(self.controller.selection.node, *position)

    # What the user asks for.

    def start(self, model: str | None, image: Path | None) -> None:
        """Open what was asked for, or what was open last, or the first example."""
        last = self.window.settings.get(MODEL)
        remembered = last if last in catalog() or Path(last).is_file() else FIRST_MODEL
        self.graph.setFocus()  # so that Space plays and the arrow keys step at once
        self.controller.start()
        self.controller.open_model(model or remembered, image=image)

    def open_model(self, model: str) -> None:
        """Open an architecture or a file; the second click of a double click changes nothing."""
        asked = self.controller.model_under_way
        if model != asked:
            self.playback.pause()
            self.controller.open_model(model)

    def go_to(self, node: str) -> None:
        """Select a node; that stops the walk."""
        self.playback.pause()
        self.controller.select(node)

    def ask_for_model(self) -> None:
        """Let the user pick a model file."""
        wanted = " ".join(f"*{suffix}" for suffix in MODEL_SUFFIXES)
        path, _ = QFileDialog.getOpenFileName(
            self.window, "Open a model", "", f"Keras models ({wanted});;All files (*)"
        )
        if path:
            self.open_model(path)

    def ask_for_image(self) -> None:
        """Let the user pick a picture."""
        wanted = " ".join(f"*{suffix}" for suffix in SUFFIXES)
        path, _ = QFileDialog.getOpenFileName(
            self.window, "Open a picture", "", f"Pictures ({wanted});;All files (*)"
        )
        if path:
            self.controller.run_image(Path(path))

    def ask_for_weights(self) -> None:
        """Let the user pick a file of weights."""
        path, _ = QFileDialog.getOpenFileName(
            self.window, "Load weights", "", "Weights (*.h5 *.hdf5 *.keras);;All files (*)"
        )
        if path:
            self.controller.set_weights(path)

    def palette(self) -> Palette:
        """The list of every command, architecture and layer, ready to be shown."""
        entries: list[Entry] = [
            (action.text(), action.shortcut().toString(), action.trigger)
            for action in self.window.actions_by_id.values()
            if action.isEnabled()
        ]
        entries += [
            (entry.name, f"architecture, {entry.year}", partial(self.open_model, entry.id))
            for entry in catalog().values()
        ]
        if self.controller.opened is not None:
            entries += [
                (node.name, f"layer, {node.type}", partial(self.go_to, node.name))
                for node in self.controller.opened.graph.nodes
            ]
        return Palette(entries, self.window)

    def _reveal(self) -> None:
        if self.controller.selection.node is not None:
            self.graph.reveal(self.controller.selection.node)
            self.graph.zoom_to_selection()

    def _find_layer(self) -> None:
        self.window.top_bar.search.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def _find_architecture(self) -> None:
        self.window.docks["library"].show()
        self.window.docks["library"].raise_()
        self.library.search.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.library.search.selectAll()

    def _step(self, by: int) -> None:
        self.playback.pause()
        self.playback.step(by)

    def _jump(self, index: int) -> None:
        self.playback.pause()
        if index < 0:
            self.playback.to_end()
        else:
            self.playback.go(index)

    def _choose_device(self, device: str) -> None:
        self.window.settings.set(DEVICE, device)
        self.controller.set_device(device)

    def _choose_weights(self, choice: str) -> None:
        if choice == "file":
            self.ask_for_weights()
        else:
            self.controller.set_weights(choice)

    def _ask_to_trust(self, reason: str, model: str) -> None:
        ask_to_trust(
            self.window, reason, lambda: self.controller.open_model(model, trust_code=True)
        )

    def _reset_layout(self) -> None:
        self.window.reset_layout()
        self.splitter.setSizes(list(GRAPH_AND_MAPS))

    def _close(self) -> None:
        self.window.settings.set(SPLITTER, QByteArray(self.splitter.saveState()))
        self.playback.pause()
        self.lane.close()

    # What the controller tells.

    def _model_changed(self) -> None:
        opened = self.controller.opened
        assert opened is not None
        graph = opened.graph
        self.insight = insight = Insight(graph)
        self.graph_view.set_graph(graph, opened.request.model, lambda: insight.fields)
        self.playback.set_names([node.name for node in graph.nodes])
        self.scrubber.show_nodes(graph.nodes)
        self.window.top_bar.set_layers([node.name for node in graph.nodes])
        self.window.top_bar.model.show_choice(opened.name)
        self.window.setWindowTitle(f"{opened.name} - cnnviz")
        self.window.settings.set(MODEL, opened.request.model)
        self.library.show_current(opened.id)
        self.samples.show_sort(sort_for(graph))
        self.status.totals.setText(self.insight.totals())
        self.inspector.show_input(None, opened.preprocessing)
        self.inspector.show_predictions(None, None)
        self._show_about()
        self._show_weights()
        self._enable()

    def _show_about(self) -> None:
        opened = self.controller.opened
        entry = catalog().get(opened.request.model) if opened is not None else None
        if entry is None:
            self.inspector.show_about("", "")
            return
        self.inspector.show_about(
            f"{entry.name} ({entry.year})",
            f"{entry.key_ideas}\n\n{entry.authors}: {entry.paper}. {entry.venue}.",
        )

    def _run_started(self) -> None:
        controller = self.controller
        self.scrubber.forget_times()
        self.graph.set_computed(())
        image = controller.image
        self.window.top_bar.image.show_choice(
            title(image) if isinstance(image, Path) else "Drawing"
        )
        self.samples.show_current(image if isinstance(image, Path) else None)
        if controller.opened is not None:
            self.inspector.show_input(controller.input_picture, controller.opened.preprocessing)
            self.memory.remember(controller.opened.graph, image)
        self._show_statistics()
        self._enable()

    def _node_done(self, done: NodeRun) -> None:
        self.scrubber.node_done(done.name, done.seconds)
        self.graph.set_computed(self.controller.computed)
        if done.name == self.controller.selection.node:
            self._show_statistics()

    def _run_changed(self) -> None:
        run = self.controller.run
        self.graph.set_computed(())
        self.graph_view.set_run({node.name: node for node in run.nodes} if run is not None else {})
        if run is None:
            self.scrubber.forget_times()
        else:
            for node in run.nodes:
                self.scrubber.node_done(node.name, node.seconds)
        self.inspector.show_predictions(
            run.predictions if run is not None else None, self.controller.weights
        )
        if self.insight is not None:
            self.status.totals.setText(self.insight.totals(run))
        self._show_weights()
        self._show_devices()
        self._show_statistics()
        self._tab_changed()
        self._enable()

    def _selection_changed(self, selection: Selection) -> None:
        node = selection.node
        self.graph.select(node)
        self.scrubber.set_current(node)
        self.playback.set_here(node, shown=self.controller.activation is not None)
        self.maps.set_selection(selection.channel, selection.row, selection.column)
        self._describing.start()
        self._tab_changed()

    def _describe(self) -> None:
        """Tell about the selected node: once a turn, however often the selection moved."""
        insight, node = self.insight, self.controller.selection.node
        if insight is not None and node is not None:
            self.inspector.show_node(
                node, insight.role(node), insight.facts(node), insight.field_facts(node)
            )
        else:
            self.inspector.show_node("", "", (), ())
        self._show_statistics()

    def _activation_changed(self, activation: Activation | None) -> None:
        opened = self.controller.opened
        if activation is None or opened is None:
            self.maps.set_activation(None)
        else:
            is_answer = any(out.node == activation.node for out in opened.graph.outputs)
            self.maps.set_activation(
                activation,
                opened.graph.by_name[activation.node],
                opened.class_names if is_answer else None,
            )
            self._show_statistics()
            self.playback.now_shown()

    def _weights_fetched(self, weights: Weights | None) -> None:
        opened = self.controller.opened
        if weights is None or opened is None:
            self.filters.set_weights(None)
        else:
            self.filters.set_weights(weights, opened.graph.by_name[weights.node])

    def _tab_changed(self) -> None:
        """Fetch filters only while somebody looks at them."""
        node = self.controller.selection.node
        if self.tabs.currentWidget() is self.filters and self.insight and node:
            owner = self.insight.owner_of_weights(node)
            if owner is None:
                self.filters.set_weights(None)
            else:
                self.controller.want_weights(owner)

    def _job_changed(self, progress: Progress | None) -> None:
        self.status.show_job(progress)
        self._enable()

    def _say(self, text: str, failed: bool) -> None:
        if text:
            self.window.message_line.say(text, failed=failed)
        else:
            self.window.message_line.clear()

    def _playing_changed(self, playing: bool) -> None:
        action = self.window.actions_by_id["play"]
        action.setText("Pause" if playing else "Play")
        self.window.icon_names["play"] = "pause" if playing else "play"
        self.window.tint()

    def _speed_changed(self, speed: float) -> None:
        self.window.top_bar.show_speed(speed)
        self.window.settings.set(SPEED, speed)

    def _show_statistics(self) -> None:
        controller = self.controller
        node = controller.selection.node
        if node is not None:
            done = controller.computed.get(node)
            activation = controller.activation
            stats = activation.stats if activation is not None else done.stats if done else None
            self.inspector.show_statistics(stats, done.seconds if done is not None else None)

    def _show_devices(self) -> None:
        controller = self.controller
        used = controller.run.device if controller.run is not None else None
        self.status.show_devices(controller.devices, controller.device, used)

    def _enable(self) -> None:
        controller = self.controller
        have = {"always"}
        if controller.opened is not None:
            have.add("model")
        if controller.computed:
            have.add("trace")
        if controller.busy:
            have.add("busy")
        self.window.enable(have)

    # Menus of the top bar.

    def _fill_model_menu(self) -> None:
        button = self.window.top_bar.model
        button.show_choice("Open a model")
        menu = button.menu_of_choices
        families: dict[str, list[tuple[str, str]]] = {}
        for entry in catalog().values():
            families.setdefault(entry.family, []).append((entry.id, f"{entry.name} ({entry.year})"))
        for family, entries in families.items():
            fill_menu(menu.addMenu(family), entries, self.open_model)
        menu.addSeparator()
        menu.addAction(self.window.actions_by_id["open_model"])

    def _fill_image_menu(self) -> None:
        button = self.window.top_bar.image
        button.show_choice("Choose a picture")
        menu = button.menu_of_choices
        sorts: tuple[tuple[Sort, str], ...] = (("digit", "Digits"), ("photo", "Photos"))
        for sort, name in sorts:
            entries = [(str(path), title(path)) for path in samples(sort)]
            fill_menu(
                menu.addMenu(name), entries, lambda path: self.controller.run_image(Path(path))
            )
        menu.addSeparator()
        menu.addAction(self.window.actions_by_id["open_image"])

    def _show_weights(self) -> None:
        """The chip says honestly which weights these are, its menu which others there are."""
        controller, button = self.controller, self.window.top_bar.weights
        info = controller.weights
        button.show_choice(f"Weights: {info.label}" if info is not None else "Weights")
        button.setEnabled(controller.opened is not None)
        entries: list[tuple[str, str] | None] = []
        if controller.opened is not None:
            names = {
                "shipped": "Trained, shipped with cnnviz",
                "imagenet": "Trained on ImageNet (downloaded once)",
                "random": "Random",
                "own": "As in the file",
            }
            known = controller.opened.weights_available
            entries = [(each, names.get(each, each)) for each in known if each != "file"]
        fill_menu(
            button.menu_of_choices, [*entries, None, ("file", "From a file…")], self._choose_weights
        )
