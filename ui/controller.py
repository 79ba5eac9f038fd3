"""The one state of the window: model, image, selection. Every panel follows its signals."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial

from PySide6.QtCore import QObject, QTimer, Signal

from cnnviz.graph import LayerGraph
from cnnviz.requests import (
    Activation,
    ActivationStats,
    Device,
    GetActivation,
    GetStatistics,
    GetWeights,
    ListDevices,
    NodeRun,
    OpenedModel,
    OpenModel,
    Picture,
    Progress,
    RunImage,
    RunResult,
    SetWeights,
    TrainingBatch,
    Weights,
    WeightsInfo,
)
from cnnviz.training_state import sensitive
from cnnviz.transforms import NONE, Transform
from ui.fetcher import Fetcher
from ui.jobs import Failure, Lane
from ui.tasks import Image, Task, content, doing, first_to_see


@dataclass(frozen=True, slots=True)
class Selection:
    """The app's single selection: a node, and within its activation a channel and a cell."""

    node: str | None = None
    channel: int | None = None
    row: int | None = None
    column: int | None = None


class Controller(QObject):
    """Holds the state, asks the engine, and tells the panels.

    The state changes only when the engine has done its part: what failed or was cancelled leaves
    everything as it was.

    Args:
        lane: Where the engine is.
        choose_image: Picks the image for a model that was just opened.
        device: Where to compute: "auto", "cpu", "gpu:N".

    Attributes:
        opened: The open model.
        image: The image of the trace.
        transform: How it was changed before it went in.
        run: The result of its pass; None before, and while the pass is under way.
        computed: Nodes computed so far, by name.
        input_picture: The picture that really goes in.
        weights: Which weights were used last.
        selection: What is selected.
        devices: Where the engine can compute, best first.
        device: Where the user wants to compute.

    Signals:
        model_changed: Another model is open, or the same one anew.
        run_started: A pass began: `computed` is empty, `image` is the new one.
        node_done: A node was computed (NodeRun).
        run_changed: The pass ended, or its trace was lost.
        statistics_arrived: `run` tells those of every layer now.
        selection_changed: The new Selection.
        preview_arrived: `Preview` of the selected node's activation, which is on its way.
        activation_changed: Activation of the selected node; None until it is there.
        weights_fetched: Weights that were asked for with `want_weights`; None when there are none.
        job_changed: What is being done (Progress), or None when nothing is.
        said: A sentence for the user, and whether it is a failure.
        devices_changed: The engine told where it can compute.
        image_refused: An image, and the sentence that says why it is none.
        code_refused: The sentence with which a model was refused because it carries code, and the
            request to open it.
        model_refused: The same of any model that could not be opened, for whatever reason that is
            not ours.
    """

    model_changed = Signal()
    run_started = Signal()
    node_done = Signal(object)
    run_changed = Signal()
    statistics_arrived = Signal()
    selection_changed = Signal(object)
    preview_arrived = Signal(object)
    activation_changed = Signal(object)
    weights_fetched = Signal(object)
    job_changed = Signal(object)
    said = Signal(str, bool)
    devices_changed = Signal()
    image_refused = Signal(object, str)
    code_refused = Signal(str, object)
    model_refused = Signal(str, object)

    def __init__(
        self,
        lane: Lane,
        choose_image: Callable[[LayerGraph, Image | None], Image],
        device: str = "auto",
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self.opened: OpenedModel | None = None
        self.image: Image | None = None
        self.transform = NONE
        self.run: RunResult | None = None
        self.computed: dict[str, NodeRun] = {}
        self.input_picture: Picture | None = None
        self.weights: WeightsInfo | None = None
        self.selection = Selection()
        self.devices: tuple[Device, ...] = ()
        self.device = device
        self._training: TrainingBatch | None = None
        self._lane = lane
        self._choose_image = choose_image
        self._task: Task | None = None
        self._broken: tuple[str, Task | None] = ("", None)
        self._chosen_weights: SetWeights | None = None
        self._counted: RunResult | None = None
        self._activations = Fetcher(
            lane, GetActivation, self._activation_fetched, self._activation_failed
        )
        self._weights, self._folded = (
            Fetcher(lane, request, self._weights_arrived, self._weights_failed, budget=64 << 20)
            for request in (GetWeights, partial(GetWeights, folded=True))
        )
        # What was shown stays while its successor is on its way, but not for long.
        self._patience = QTimer(self, singleShot=True, interval=150)
        self._patience.timeout.connect(self._tell_activation)
        # Handing over a large activation holds the pass up: after a short one is soon enough.
        self._previewing = QTimer(self, singleShot=True, interval=300)
        self._previewing.timeout.connect(self._show_activation)
        # While pictures follow each other fast, nobody reads statistics of all layers.
        self._resting = QTimer(self, singleShot=True, interval=150)
        self._resting.timeout.connect(self._ask_for_statistics)
        lane.restarted.connect(self._open_again)
        lane.stopped.connect(self._engine_stopped)

    # What the user can ask for.

    def start(self) -> None:
        """Start the engine and ask where it can compute."""
        self._lane.start()
        self._lane.submit(ListDevices(), on_success=self._devices_listed, on_failure=self.say)

    def open_model(
        self, model: str | OpenModel, *, image: Image | None = None, trust_code: bool = False
    ) -> None:
        """Open a catalog id or a model file, then run an image.

        Args:
            model: Catalog id, or path; or the whole request, for a variant.
            image: What to run; one that fits when None.
            trust_code: Run code that the file carries.
        """
        self.say("", failed=False)
        request = OpenModel(model) if isinstance(model, str) else model
        if trust_code:
            request = replace(request, trust_code=True)
        self._submit(Task(request, image))

    def run_image(self, image: Image, transform: Transform = NONE) -> None:
        """Run an image through the open model, or through the one that is being opened.

        Args:
            image: What to run.
            transform: How to change it before it goes in.
        """
        self.say("", failed=False)
        task = self._task
        if task is not None and not isinstance(task.request, RunImage):
            task.image, task.transform = image, transform
        elif self.opened is not None:
            self._submit(self._running(image, transform))

    def set_weights(self, weights: str, seed: int = 0) -> None:
        """Give the open model other weights, and run the image again.

        Args:
            weights: "random", "shipped", "imagenet" or a path.
            seed: For random ones.
        """
        if self.opened is not None and not self.opening:
            self.say("", failed=False)
            self._submit(Task(SetWeights(weights, seed), self._image_under_way()))

    def set_device(self, device: str) -> None:
        """Compute elsewhere from now on."""
        self.device = device
        self.rerun()

    def set_training(self, batch: TrainingBatch | None) -> None:
        """Show training behaviour on a small batch from now on; None for inference."""
        if batch != self._training:
            self._training = batch
            self.rerun()

    @property
    def training(self) -> TrainingBatch | None:
        """The batch that images of the open model are run in; None for inference."""
        cares = self.opened is not None and bool(sensitive(self.opened.graph))
        return self._training if cares else None

    def _running(self, image: Image, transform: Transform) -> Task:
        request = RunImage(
            content(image),
            self.device,
            transform=transform,
            training=self.training,
            show=self.selection.node,
            statistics=False,
        )
        return Task(request, image, transform)

    def rerun(self) -> None:
        """Run the same image once more."""
        image = self._image_under_way()
        if image is not None:
            task = self._task
            self.run_image(image, task.transform if task is not None else self.transform)

    def cancel(self) -> None:
        """Stop what is being done."""
        if self._task is not None and self._task.job is not None:
            self._task.job.cancel()

    def select(
        self,
        node: str | None,
        channel: int | None = None,
        row: int | None = None,
        column: int | None = None,
    ) -> None:
        """Move the selection; a name that the open model does not have is no selection."""
        if self.opened is None or node not in self.opened.graph.by_name:
            node = channel = row = column = None
        wanted = Selection(node, channel, row, column)
        if wanted == self.selection:
            return
        moved = wanted.node != self.selection.node
        self.selection = wanted
        self.selection_changed.emit(wanted)
        if moved:
            self._show_activation()

    def want_weights(self, node: str, *, folded: bool = False) -> None:
        """Fetch a node's variables; `weights_fetched` brings them.

        Args:
            node: Its name.
            folded: With the batch norm behind it folded in; once an image has been run.
        """
        fetcher = self._folded if folded and self.run is not None else self._weights
        kept = fetcher.get(node)
        if kept is not None:
            self.weights_fetched.emit(kept)
        elif self.weights is not None:
            fetcher.want(node)

    def say(self, text: str, failed: bool = True) -> None:
        """Tell the user one sentence; an empty one takes the last one away."""
        self.said.emit(text, failed)

    @property
    def activation(self) -> Activation | None:
        """Activation of the selected node, if it is here."""
        kept = self._activations.get(self.selection.node) if self.selection.node else None
        return kept if isinstance(kept, Activation) else None

    @property
    def complete(self) -> bool:
        """Whether there is a run, with the statistics of every layer."""
        return self.run is not None and not self._resting.isActive() and self._counted is self.run

    @property
    def busy(self) -> bool:
        """Whether a model is being opened, given weights or run."""
        return self._task is not None

    @property
    def opening(self) -> bool:
        """Whether a model is being opened."""
        return self._task is not None and isinstance(self._task.request, OpenModel)

    @property
    def model_under_way(self) -> OpenModel | None:
        """What was asked for to open what is open, or what is being opened."""
        if self._task is not None and isinstance(self._task.request, OpenModel):
            return self._task.request
        return self.opened.request if self.opened is not None else None

    # What the engine answers.

    def _submit(self, task: Task) -> None:
        """Start a task; it supersedes what was being done."""
        self._task = task
        # An inline lane is done when `submit` returns: the task, not the job, is what we go by.
        task.job = self._lane.submit(
            task.request,
            key="model",
            on_success=lambda result: self._succeeded(task, result),
            on_failure=lambda text: self._failed(task, text),
            on_cancelled=lambda: self._cancelled(task),
            on_progress=lambda progress: self._progressed(task, progress),
        )
        if self._task is task:
            self.job_changed.emit(Progress(doing(task)))

    def _end(self, task: Task) -> None:
        if self._task is task:
            self._task = None
            self.job_changed.emit(None)

    def _progressed(self, task: Task, progress: Progress) -> None:
        if progress.input_picture is not None:
            self._begin_run(task, progress.input_picture)
        if progress.preview is not None and progress.preview.node == self.selection.node:
            self.preview_arrived.emit(progress.preview)
            self._previewing.start()
        if progress.activation is not None:
            self._activations.put(progress.activation)
        if progress.done is not None:
            self.computed[progress.done.name] = progress.done
            self.node_done.emit(progress.done)
            if progress.done.name == self.selection.node and not self._previewing.isActive():
                self._show_activation()
        if self._task is task:
            self.job_changed.emit(progress)

    def _succeeded(self, task: Task, result: object) -> None:
        # A superseded task that ends well was too late to cancel: it is what the engine now holds.
        current = self._task is task
        if isinstance(result, OpenedModel):
            self._model_opened(task, result)
            image = task.image
            if image is None:
                image = self._choose_image(result.graph, self.image)
            if current and task.weights is not None:
                self._submit(Task(task.weights, image, task.transform))
            elif current:
                self._submit(self._running(image, task.transform))
        elif isinstance(task.request, SetWeights):
            self._chosen_weights = task.request
            if isinstance(result, WeightsInfo):
                self.weights = result
            self._weights.forget()
            self._drop_trace()
            if current and task.image is not None:
                self._submit(self._running(task.image, task.transform))
            elif current:
                self._end(task)
        elif isinstance(result, RunResult):
            self._run_done(task, result)
            self._end(task)

    def _failed(self, task: Task, text: Failure) -> None:
        self._broken = (text, task)
        if task.begun:
            self._drop_trace()
        if self._task is not task:
            return
        self._end(task)
        if text.kind in ("UserError", "CodeRefused") and isinstance(task.request, OpenModel):
            self.model_refused.emit(text, task.request)
        if text.kind == "CodeRefused" and isinstance(task.request, OpenModel):
            self.code_refused.emit(text, task.request)
        elif text.kind == "BadPicture":
            self.say(text)
            self.image_refused.emit(task.image, text)
        else:
            self.say(text)

    def _cancelled(self, task: Task) -> None:
        if task.begun:
            self._drop_trace()
        if self._task is task:
            self._end(task)
            again = " Press F5 to run the picture again." if self.run is None else ""
            self.say(f"Cancelled.{again}", failed=False)

    def _model_opened(self, task: Task, opened: OpenedModel) -> None:
        anew = self.opened is not None and self.opened.graph == opened.graph
        self.opened = opened
        self.run = self.weights = self.input_picture = self._chosen_weights = None
        self.computed = {}
        self._activations.forget()
        self._folded.forget()
        self._weights.forget()
        if not anew:
            self.model_changed.emit()
            wanted = self.selection.node
            self.select(wanted if wanted in opened.graph.by_name else first_to_see(opened.graph))
            self.activation_changed.emit(None)
        self.run_changed.emit()
        if opened.notices:
            self.say(" ".join(opened.notices), failed=False)

    def _begin_run(self, task: Task, picture: Picture) -> None:
        task.begun = True
        self.image, self.transform = task.image, task.transform
        self.run = None
        self.computed = {}
        self.input_picture = picture
        self._activations.forget()
        self._folded.forget()
        self.run_started.emit()

    def _run_done(self, task: Task, result: RunResult) -> None:
        if not task.begun:
            self._begin_run(task, result.picture)
        self.run = result
        self.computed = {node.name: node for node in result.nodes}
        if self.weights != result.weights:
            self.weights = result.weights
            self._weights.forget()
        self._resting.start()
        self.run_changed.emit()
        if self.activation is None:
            self._show_activation()
        if result.notices:
            self.say(" ".join(result.notices), failed=False)

    def _ask_for_statistics(self) -> None:
        run = self.run
        if run is None:
            return

        def take(stats: Mapping[str, ActivationStats]) -> None:
            if self.run is run:
                nodes = tuple(
                    replace(node, stats=stats.get(node.name, node.stats)) for node in run.nodes
                )
                self.run = self._counted = replace(run, nodes=nodes)
                self.computed = {node.name: node for node in nodes}
                self.statistics_arrived.emit()

        self._lane.submit(GetStatistics(), key="statistics", on_success=take, on_failure=self.say)

    def _drop_trace(self) -> None:
        """The engine has no trace now."""
        self.run = None
        self.computed = {}
        self._activations.forget()
        self._folded.forget()
        self.run_changed.emit()
        self.activation_changed.emit(None)

    def _devices_listed(self, devices: tuple[Device, ...]) -> None:
        self.devices = devices
        self.devices_changed.emit()

    # The activation of the selected node.

    def _show_activation(self) -> None:
        node = self.selection.node
        self._previewing.stop()
        if node is None or node not in self.computed or self.opened is None:
            self._patience.stop()
            self._tell_activation()
            return
        names = [later.name for later in self.opened.graph.nodes]
        after = names[self.opened.graph.index[node] + 1 :][:1]
        follow = after[0] if after and after[0] in self.computed else None
        if self.activation is None:
            self._patience.start()
        else:
            self._patience.stop()
            self._tell_activation()
        self._activations.want(node, follow)

    def _tell_activation(self) -> None:
        self.activation_changed.emit(self.activation)

    def _activation_fetched(self, fetched: Activation | Weights) -> None:
        if fetched.node == self.selection.node:
            self._patience.stop()
            self._tell_activation()

    def _activation_failed(self, node: str, text: str) -> None:
        if node == self.selection.node:
            self._patience.stop()
            self._tell_activation()
            self.say(text)

    def _weights_arrived(self, fetched: Activation | Weights) -> None:
        self.weights_fetched.emit(fetched)

    def _weights_failed(self, node: str, text: str) -> None:
        self.weights_fetched.emit(None)
        self.say(text)

    # When the engine dies.

    def _open_again(self, reason: str) -> None:
        """The engine was replaced: bring back what was open, and what was being run."""
        text, task = self._broken
        interrupted = task if text == reason else None
        request: OpenModel | None = None
        image = self.image
        if interrupted is not None:
            image = interrupted.image
        if self.opened is not None:
            request = self.opened.request
        elif interrupted is not None and isinstance(interrupted.request, OpenModel):
            request = interrupted.request
        if request is None:
            self.say(f"{reason} Another one was started.")
            return
        name = self.opened.name if self.opened is not None else request.model
        self.say(f"{reason} Another one was started, and opens {name} again.")
        self._submit(Task(request, image, weights=self._chosen_weights))

    def _engine_stopped(self, reason: str) -> None:
        self.say(f"{reason} Open a model to start it again.")

    def _image_under_way(self) -> Image | None:
        return self._task.image if self._task is not None else self.image
