"""What fills the window: the panels, and the wires between them and the controller."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QByteArray, QObject, Qt, QTimer
from PySide6.QtWidgets import QSplitter

from cnnviz.folding import norm_after
from cnnviz.layout import Direction
from cnnviz.links import Link, is_link, parse_link
from cnnviz.predictions import Answer
from cnnviz.probes import PREPARATION, Probe
from cnnviz.requests import Activation, NodeRun, Preview, Progress, Weights
from cnnviz.sentences import sentence
from cnnviz.training_state import sensitive
from models.registry import catalog
from ui.choosers import fill_models, fill_pictures, show_weights
from ui.commands import Commands
from ui.controller import Controller, Selection
from ui.filter_maps import FilterMaps
from ui.furniture import Furniture
from ui.graph_wires import GraphWires
from ui.inputs.tabs import PictureTabs
from ui.insight import Insight
from ui.jobs import Lane
from ui.main_window import MainWindow
from ui.pages import Pages
from ui.panels.feature_maps import Origin
from ui.playback import Playback
from ui.samples import PictureMemory, sort_for, title
from ui.settings import (
    BARS,
    COMPARISON,
    DEVICE,
    DIRECTION,
    FRAMES,
    GROUPING,
    MODEL,
    PACE,
    SPEED,
    SPLITTER,
    TOP,
)
from ui.spotlight import Spotlight
from ui.thumbnails import ThumbnailStore
from ui.turns import Turns

FIRST_MODEL = "lenet5_modern"

GRAPH_AND_MAPS = (340, 660)
"""How the middle is shared at first, in pixels of a window of middling size."""


class Workbench(QObject):
    """Builds the panels into a window's frame and joins them to the controller.

    Args:
        window: The frame.
        lane: Where the engine is; closed with the window.
        furniture: The panels, some of them made before; made here when None.
    """

    def __init__(self, window: MainWindow, lane: Lane, furniture: Furniture | None = None) -> None:
        super().__init__(window)
        settings = window.settings
        panels = furniture or Furniture(settings)
        self.graph_view, self.graph = panels.graph_view, panels.graph_view.canvas
        self.maps, self.filters, self.film = panels.maps, panels.filters, panels.film
        self.library, self.samples = panels.library, panels.samples
        self.inspector, self.status, self.tabs = panels.inspector, panels.status, panels.tabs
        self.window = window
        self.lane = lane
        self.memory = PictureMemory(settings)
        self.controller = Controller(lane, self.memory.choose, settings.get(DEVICE), self)
        self.playback = Playback(settings.get(SPEED), self)
        self.thumbnails = ThumbnailStore(lane, self)
        self.insight: Insight | None = None
        self._filtered: str | None = None
        self._linked: Link | None = None
        self._marking = QTimer(self, singleShot=True, interval=40)
        self._marking.timeout.connect(self._mark_computed)
        # Once the graph has been painted, and once however often the selection moved.
        self._describing = QTimer(self, singleShot=True, interval=15)
        self._describing.timeout.connect(self._describe)
        self._measuring = QTimer(self, singleShot=True, interval=0)
        self._measuring.timeout.connect(self._show_statistics)
        self._later, self._about = Turns(self), Turns(self)
        self._telling = QTimer(self, singleShot=True, interval=150)
        self._telling.timeout.connect(self._show_about)
        self._build()
        self.commands = Commands(self)
        self.spotlight = Spotlight(self)
        self._show_weights()
        Turns(self).start(self._fill_menus)
        self._join_controller()
        self._join_panels()
        # After our own answers: a selection is in the graph before its cell is marked there.
        self.graph_wires = GraphWires(self)
        window.connect_actions(self.commands.handlers())
        self._enable()

    def _build(self) -> None:
        window, settings = self.window, self.window.settings
        window.actions_by_id["turn_graph"].setChecked(self.graph.direction == "right")
        self.tabs.add_page(self.maps, "Feature maps")
        self.tabs.add_page(self.filters, "Filters")
        self.pages = Pages(self)
        self.splitter = QSplitter(Qt.Orientation.Horizontal)
        self.splitter.setChildrenCollapsible(False)
        self.splitter.addWidget(self.graph_view)
        self.splitter.addWidget(self.tabs)
        self.splitter.setSizes(list(GRAPH_AND_MAPS))
        self.splitter.setStretchFactor(1, 1)
        state = settings.get(SPLITTER)
        if not state.isEmpty():
            self.splitter.restoreState(state)
        window.set_dock("library", self.library)
        self.pictures = PictureTabs(self.controller, self.samples, self)
        self.pictures.camera_used.connect(window.actions_by_id["camera"].setChecked)
        window.closing.connect(self.pictures.end)
        window.set_dock("pictures", self.pictures)
        window.set_dock("inspector", self.inspector)
        window.set_dock("pass", self.film)
        window.setStatusBar(self.status)

    def _fill_menus(self) -> None:
        bar, actions = self.window.top_bar, self.window.actions_by_id
        fill_models(
            bar.model, self.commands.open_model, (actions["variant"], actions["open_model"])
        )
        ways = [actions[name] for name in ("open_image", "open_folder", "paste", "camera")]
        fill_pictures(bar.image, self.controller.run_image, ways)

    def start(self, model: str | None, image: Path | Probe | None) -> None:
        """Show the views, and open what was asked for, or what was open last, or an example."""
        self.window.set_view(self.splitter)
        self.graph.setFocus()  # so that Space plays and the arrow keys walk at once
        if isinstance(image, Path):
            image = image.absolute()
        last = self.window.settings.get(MODEL)
        remembered = last if last in catalog() or Path(last).is_file() else FIRST_MODEL
        wanted = model or remembered
        if isinstance(image, Path) and image.is_dir():
            self.pictures.gallery.open_folder(image)
            image = None
        entry = catalog().get(wanted)
        self.graph.announce(f"Opening {entry.name if entry else Path(wanted).name}…")
        self.controller.start()
        if model is not None and is_link(model) and not Path(model).is_file():
            self.go_to_link(parse_link(model), image)
        else:
            self.controller.open_model(wanted, image=image)

    def go_to_link(self, link: Link, image: Path | Probe | None = None) -> None:
        """Look at one cell through the microscope, in another model if need be."""
        self.tabs.setCurrentWidget(self.pages.microscope)
        opened = self.controller.opened
        if opened is None or link.model not in (opened.request.model, opened.id):
            self._linked = link
            self.controller.open_model(link.model, image=image)
            return
        self._linked = None
        node = opened.graph.by_name.get(link.node)
        if node is None:
            self.controller.say(f"{opened.name} has no layer {link.node!r}.")
        elif len(link.position) != len(node.output_shape) or any(
            place >= (size or 0)
            for place, size in zip(link.position, node.output_shape, strict=True)
        ):
            shape = " × ".join(map(str, node.output_shape))
            place = ", ".join(map(str, link.position))
            self.controller.say(f"{link.node!r} has no position {place}: it is {shape}.")
        else:
            self.playback.pause()
            self.controller.select(link.node, link.channel, link.row, link.column)

    def reset_layout(self) -> None:
        """Put every panel back where it was at first."""
        self.window.reset_layout()
        self.splitter.setSizes(list(GRAPH_AND_MAPS))

    def turn_graph(self) -> None:
        """Let the graph run the other way, and remember it."""
        direction: Direction = "right" if self.graph.direction == "down" else "down"
        self.graph.set_direction(direction)
        self.window.settings.set(DIRECTION, direction)

    @property
    def settled(self) -> bool:
        """Whether all that was asked for is on screen."""
        controller = self.controller
        return (
            controller.complete
            and not controller.busy
            and controller.activation is not None
            and self.pictures.settled
            and not self._describing.isActive()
            and not self._measuring.isActive()
            and not self._later.busy
            and not self._about.busy
            and not self._telling.isActive()
            and self.graph.at_rest
            and self.pages.settled
        )

    # Wires.

    def _join_controller(self) -> None:
        controller = self.controller
        controller.model_changed.connect(self._model_changed)
        controller.run_started.connect(self._run_started)
        controller.node_done.connect(self._node_done)
        controller.run_changed.connect(self._run_changed)
        controller.statistics_arrived.connect(self._statistics_arrived)
        controller.selection_changed.connect(self._selection_changed)
        controller.preview_arrived.connect(self._preview_arrived)
        controller.activation_changed.connect(self._activation_changed)
        controller.weights_fetched.connect(self._weights_fetched)
        controller.job_changed.connect(self._job_changed)
        controller.said.connect(self._say)
        controller.devices_changed.connect(self._show_devices)
        controller.code_refused.connect(self.commands.ask_to_trust)

    def _join_panels(self) -> None:
        window, controller, playback = self.window, self.controller, self.playback
        self.library.chosen.connect(self.commands.open_model)
        self.library.grouping_changed.connect(lambda by: window.settings.set(GROUPING, by))
        self.library.file_wanted.connect(self.commands.ask_for_model)
        self.samples.chosen.connect(controller.run_image)
        self.samples.file_wanted.connect(self.commands.ask_for_image)
        window.model_dropped.connect(self.commands.open_model)
        window.weights_dropped.connect(self.commands.load_weights)
        window.image_dropped.connect(controller.run_image)
        window.images_dropped.connect(lambda files: self.pictures.gallery.open("Dropped", files))
        window.folder_dropped.connect(self.pictures.gallery.open_folder)
        window.closing.connect(self._close)
        self.graph.node_selected.connect(self.commands.go_to)
        self.graph.node_activated.connect(self._look_into)
        self.maps.position_clicked.connect(self._position_clicked)
        self.maps.said.connect(self._say)
        self.filters.channel_clicked.connect(
            lambda channel: controller.select(controller.selection.node, channel)
        )
        self.tabs.currentChanged.connect(self._show_filters)
        self.tabs.wide_shown.connect(self.graph_view.setHidden)
        self.filters.fold.toggled.connect(self._show_filters)
        self.filter_maps = FilterMaps(
            self.lane, self.filters, self._around_filters, controller.say, self
        )
        controller.run_started.connect(self.filter_maps.forget)
        controller.run_changed.connect(self.filter_maps.want)
        self.inspector.card.chosen.connect(self.commands.open_model)
        self.inspector.proof_wanted.connect(self.pages.prove)
        self._join_predictions()
        self._join_film()
        window.top_bar.layer_chosen.connect(self.commands.go_to)
        window.top_bar.query_entered.connect(self.spotlight.search)
        window.top_bar.speed_chosen.connect(playback.set_speed)
        self.status.cancelled.connect(controller.cancel)
        self.status.device_chosen.connect(self._choose_device)
        playback.moved.connect(controller.select)
        playback.playing_changed.connect(self._playing_changed)
        playback.speed_changed.connect(self._speed_changed)

    def _join_predictions(self) -> None:
        panel, settings = self.inspector.answer, self.window.settings
        panel.count.setCurrentIndex(panel.count.findData(settings.get(TOP)))
        panel.comparison.setCurrentIndex(panel.comparison.findData(settings.get(COMPARISON)))
        panel.count_chosen.connect(lambda count: settings.set(TOP, count))
        panel.comparison_chosen.connect(lambda what: settings.set(COMPARISON, what))
        self.inspector.training.chosen.connect(self.controller.set_training)

    def _join_film(self) -> None:
        film, settings = self.film, self.window.settings
        film.moved.connect(self.commands.go_to)
        film.film_changed.connect(self._film_changed)
        film.pictures_wanted.connect(lambda: self.thumbnails.want(film.missing()))
        film.detail_chosen.connect(lambda detail: settings.set(FRAMES, detail))
        film.measure_chosen.connect(lambda measure: settings.set(BARS, measure))
        film.pace_chosen.connect(lambda pace: settings.set(PACE, pace))
        film.pace_chosen.connect(lambda: self.playback.set_work(film.work))
        self.thumbnails.arrived.connect(lambda: film.show_thumbnails(self.thumbnails.codes))

    def _film_changed(self) -> None:
        self.window.give_room("pass", self.film.view.lack)
        self.playback.set_names(self.film.names)
        self.playback.set_work(self.film.work)
        here = self.film.frame_node(self.controller.selection.node)
        self.playback.set_here(here, shown=self.controller.activation is not None)

    def _look_into(self, node: str) -> None:
        """A double click on a node: its feature maps."""
        self.commands.go_to(node)
        self.tabs.setCurrentWidget(self.maps)
        self.maps.setFocus()

    def _position_clicked(self, position: tuple[int | None, int | None, int | None]) -> None:
        self.playback.pause()
        self.controller.select(self.controller.selection.node, *position)

    def _choose_device(self, device: str) -> None:
        self.window.settings.set(DEVICE, device)
        self.controller.set_device(device)

    def _close(self) -> None:
        self.window.settings.set(SPLITTER, QByteArray(self.splitter.saveState()))
        self.playback.pause()
        self.lane.close()

    # What the controller tells.

    def _model_changed(self) -> None:
        opened = self.controller.opened
        assert opened is not None
        graph = opened.graph
        self.insight = insight = Insight(graph, opened.groups)
        self.graph_view.set_graph(
            graph,
            insight.costs,
            opened.request.model,
            lambda: insight.fields,
            insight.groups,
        )
        self.thumbnails.forget()
        self.film.show_model(graph, insight.groups, insight.costs)
        self.window.top_bar.model.show_choice(opened.title)
        self.window.setWindowTitle(f"{opened.title} - cnnviz")
        self.window.settings.set(MODEL, opened.request.model)
        self._later.start(
            lambda: self.window.top_bar.set_layers([node.name for node in graph.nodes]),
            lambda: self.library.show_current(opened.id),
            lambda: self.samples.show_sort(sort_for(graph)),
        )
        self.status.totals.setText(self.insight.totals())
        self.inspector.show_input(None, opened.preprocessing)
        self._show_answer()
        self._telling.start()
        self._show_weights()
        self._enable()
        if self._linked is not None:
            # Once the controller has chosen its first node.
            QTimer.singleShot(0, self, self._follow_link)

    def _follow_link(self) -> None:
        if self._linked is not None:
            self.go_to_link(self._linked)

    def _show_about(self) -> None:
        opened = self.controller.opened
        if opened is not None:
            entry = catalog().get(opened.request.model)
            self._about.start(*self.inspector.about(entry, opened.changed))

    def _run_started(self) -> None:
        controller = self.controller
        self.thumbnails.forget()
        self.film.forget_pass()
        self.film.show_input(controller.input_picture)
        self.film.show_training(controller.training is not None)
        self._describing.start()
        self.graph.set_computed(())
        image = controller.image
        self.window.top_bar.image.show_choice(self._image_title())
        self.samples.show_current(image if isinstance(image, Path) else None)
        if controller.opened is not None:
            sentence = controller.opened.preprocessing
            if isinstance(image, Probe):
                sentence = PREPARATION
            changes = controller.transform.words
            if changes:
                sentence = f"{changes.capitalize()}. {sentence}"
            self.inspector.show_input(controller.input_picture, sentence)
            self.memory.remember(controller.opened.graph, image)
        self._show_statistics()
        self._enable()

    def _node_done(self, done: NodeRun) -> None:
        # Hundreds of them come in a second: what they change is drawn now and then.
        self.film.node_done(done.name, done.seconds)
        if not self._marking.isActive():
            self._marking.start()

    def _mark_computed(self) -> None:
        run_is_on = self.controller.run is None
        computed = self.controller.computed if run_is_on else {}
        self.graph.set_computed(computed)
        self.graph.set_current(next(reversed(computed), None))
        self._show_film_pass()

    def _show_film_pass(self) -> None:
        self.film.pass_moved()
        self.thumbnails.want(self.film.missing(), soon=self.controller.run is not None)

    def _statistics_arrived(self) -> None:
        run = self.controller.run
        if run is not None:
            self.graph_view.set_run({node.name: node for node in run.nodes})

    def _run_changed(self) -> None:
        run = self.controller.run
        self.graph.set_computed(())
        self.graph.set_current(None)
        self.graph_view.set_run({node.name: node for node in run.nodes} if run is not None else {})
        if run is None:
            self.thumbnails.forget()
            self.film.forget_pass()
        else:
            for node in run.nodes:
                self.film.node_done(node.name, node.seconds)
            self._show_film_pass()
        self._show_answer()
        if self.insight is not None:
            self.status.totals.setText(self.insight.totals(run))
        self._show_weights()
        self._show_devices()
        self._show_statistics()
        self._show_filters()
        self._enable()

    def _show_answer(self) -> None:
        run, opened = self.controller.run, self.controller.opened
        answer = None
        if run is not None and run.predictions is not None and opened is not None:
            title = ", ".join((self._image_title(), opened.title, run.weights.label))
            answer = Answer(
                title,
                run.predictions,
                run.auxiliary,
                run.true_class,
                run.weights.trained,
                run.training,
            )
        trainable = opened is not None and bool(sensitive(opened.graph))
        self.inspector.show_answer(answer, trainable=trainable)

    def _image_title(self) -> str:
        controller = self.controller
        if controller.image is None:
            return "Choose a picture"
        return title(controller.image, controller.transform)

    def _selection_changed(self, selection: Selection) -> None:
        node = selection.node
        self.graph.select(node, walking=self.playback.playing)
        self.film.set_current(node)
        here = self.film.frame_node(node)
        self.playback.set_here(here, shown=self.controller.activation is not None)
        self.maps.set_selection(selection.channel, selection.row, selection.column)
        if selection.node == self._filtered:
            self.filters.set_channel(selection.channel)
        else:
            self._show_filters()
        self._describing.start()

    def _describe(self) -> None:
        """Tell about the selected node."""
        insight, node = self.insight, self.controller.selection.node
        if insight is not None and node is not None:
            training = self.controller.training is not None
            self.inspector.show_node(
                node,
                insight.role(node),
                insight.facts(node),
                insight.field_facts(node),
                sentence(insight.graph, node, training=training),
            )
        else:
            self.inspector.show_node("", "", (), ())
        self._show_statistics()

    def _preview_arrived(self, preview: Preview) -> None:
        if self.insight is not None:
            self.maps.show_preview(preview, self.insight.graph.by_name[preview.node])

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
                self._origin(activation.node),
                fade_ms=self.playback.fade_ms,
            )
            if not self._describing.isActive():  # which shows them, too
                self._measuring.start()
            self.playback.now_shown()

    def _origin(self, node: str) -> Origin | None:
        controller, insight = self.controller, self.insight
        if controller.opened is None or insight is None:
            return None
        training = controller.training
        return Origin(
            controller.opened.name,
            self._image_title(),
            controller.input_picture,
            lambda: insight.fields[node],
            "" if training is None else f"Training behaviour, batch of {training.size}",
        )

    def _weights_fetched(self, weights: Weights | None) -> None:
        opened = self.controller.opened
        if weights is None or opened is None:
            self.filters.set_weights(None)
            return
        node = self.controller.selection.node
        if self.insight is None or not node or self.insight.owner_of_weights(node) != weights.node:
            return  # the selection has moved on
        entry = catalog().get(opened.request.model)
        bgr = entry is not None and entry.preprocessing.order == "bgr"
        owner = opened.graph.by_name[weights.node]
        can_fold = norm_after(opened.graph, weights.node) is not None
        self.filters.set_weights(weights, owner, "bgr" if bgr else "rgb", can_fold=can_fold)
        self.filters.set_channel(self.controller.selection.channel)

    def _around_filters(self) -> tuple[str, str] | None:
        """What the layer of the filters reads, and that layer, once a pass is there."""
        node = self.controller.selection.node
        if self.controller.run is None or self.insight is None or not node:
            return None
        owner = self.insight.owner_of_weights(node)
        sources = self.insight.graph.by_name[owner].sources if owner is not None else ()
        return (sources[0].node, owner) if owner is not None and sources else None

    def _show_filters(self) -> None:
        """Fetch filters only while somebody looks at them."""
        node = self.controller.selection.node
        self._filtered = None
        if self.tabs.currentWidget() is self.filters and self.insight and node:
            self._filtered = node
            owner = self.insight.owner_of_weights(node)
            if owner is None:
                self.filters.set_weights(None)
            else:
                graph = self.insight.graph
                folded = self.filters.fold.isChecked() and norm_after(graph, owner) is not None
                self.controller.want_weights(owner, folded=folded)

    def _job_changed(self, progress: Progress | None) -> None:
        self.status.show_job(progress)
        if progress is None:
            self.graph.announce("")
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
            if controller.opened.request.model in catalog():
                have.add("architecture")
        if controller.computed:
            have.add("trace")
        if controller.busy:
            have.add("busy")
        self.window.enable(have)

    def _show_weights(self) -> None:
        controller = self.controller
        show_weights(
            self.window.top_bar.weights,
            controller.weights,
            controller.opened,
            controller.set_weights,
            self.window.actions_by_id["open_weights"],
        )
