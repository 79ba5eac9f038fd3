"""The engine: opens a model, gives it weights, runs images through it, and answers for the results.

Importing this module is cheap; the first request, or `Engine.prepare`, imports Keras.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from cnnviz import backend, peak
from cnnviz.beside import run_beside
from cnnviz.calls import roles, walk
from cnnviz.comparer import Comparer
from cnnviz.costs import graph_costs
from cnnviz.errors import Cancelled, UserError
from cnnviz.filter_report import report_on
from cnnviz.folding import fold, norm_after
from cnnviz.forward import CompiledPass, Runnable, run_or_fall_back, run_stepwise
from cnnviz.images import input_size, load_picture, picture_from_pixels, prepare
from cnnviz.predictions import ranked
from cnnviz.probes import Probe, draw
from cnnviz.requests import (
    Activation,
    ActivationStats,
    Auxiliary,
    Cells,
    Device,
    DiffModels,
    EffectiveField,
    Floats,
    Folding,
    GetActivation,
    GetCells,
    GetEffectiveField,
    GetKerasCode,
    GetReadyFigures,
    GetSaliency,
    GetSheet,
    GetStatistics,
    GetThumbnails,
    GetWeights,
    ListDevices,
    MeasurePeak,
    ModelPreview,
    NodeRun,
    OpenedModel,
    OpenModel,
    Picture,
    PreviewModel,
    ProfileModel,
    Progress,
    Reporter,
    Request,
    RunBeside,
    RunImage,
    RunResult,
    Saliency,
    SetWeights,
    Sheet,
    SketchModel,
    Thumbnails,
    TrainingBatch,
    Weights,
    WeightsInfo,
)
from cnnviz.sheets import cut, draw_sheet
from cnnviz.sketch import Sketch
from cnnviz.thumbnails import thumbnail
from cnnviz.trace import Array, Outputs, Trace, plan_kept, statistics
from cnnviz.training_state import batch_of, sensitive
from cnnviz.transforms import NONE

if TYPE_CHECKING:
    from cnnviz.library import Opened

log = logging.getLogger(__name__)

KEPT_PICTURE_BYTES = 128 << 20
"""A larger picture is read again whenever it is run."""


class Engine:
    """Owns one model, its weights, and the trace of its latest image."""

    def __init__(self) -> None:
        self._opened: Opened | None = None
        self._runnable: Runnable | None = None
        self._trace: Trace | None = None
        self._latest: tuple[Device, frozenset[str], Array] | None = None
        self._training: TrainingBatch | None = None
        self._compiled: CompiledPass | None = None
        self._uncompilable: set[tuple[Device, frozenset[str]]] = set()
        self._loaded: tuple[tuple[Path, int, int], Picture] | None = None
        self._comparer = Comparer()
        self._answers: dict[type, Callable[[Any, Reporter], Any]] = {
            OpenModel: self._open,
            PreviewModel: self._preview,
            SketchModel: self._sketch,
            GetKerasCode: self._get_keras_code,
            SetWeights: self._set_weights,
            RunImage: self._run_image,
            GetActivation: self._get_activation,
            GetStatistics: self._get_statistics,
            GetThumbnails: self._get_thumbnails,
            GetSheet: self._get_sheet,
            GetCells: self._get_cells,
            GetWeights: self._get_weights,
            GetEffectiveField: self._get_effective_field,
            GetSaliency: self._get_saliency,
            ProfileModel: lambda request, reporter: self._comparer.profile(request, reporter),
            DiffModels: lambda request, reporter: self._comparer.diff(request, reporter),
            GetReadyFigures: lambda request, reporter: self._comparer.figures(request, reporter),
            RunBeside: run_beside,
            ListDevices: lambda request, reporter: backend.devices(),
            MeasurePeak: lambda request, reporter: peak.measure(request.device, reporter),
        }

    def prepare(self) -> None:
        """Import Keras and set it up."""
        backend.prepare()

    def handle(self, request: Request, reporter: Reporter | None = None) -> Any:
        """Do one request.

        Args:
            request: What to do.
            reporter: Told of progress, and asked for a cancel between steps.

        Returns:
            What `cnnviz.requests` says of this request: `OpenedModel` for `OpenModel`, `RunResult`
            for `RunImage`...

        Raises:
            UserError: It cannot be done. What was open stays open; a pass that began has lost the
                trace before it.
            Cancelled: The reporter asked for it; otherwise the same.
        """
        self.prepare()
        return self._answers[type(request)](request, reporter or Reporter())

    def can_answer(self, request: Request) -> bool:
        """Whether a fetch can be answered now, in the middle of a run."""
        if isinstance(request, GetActivation | GetSheet | GetCells):
            return self._trace is not None and request.node in self._trace
        if isinstance(request, GetWeights) and request.folded:
            return False  # it takes its time: after the run
        return isinstance(request, GetThumbnails | GetWeights | ListDevices)

    def use_idle_time(self, reporter: Reporter) -> None:
        """Compile the pass that ran last, so that the next image takes a fraction of the time.

        Raises:
            Cancelled: The reporter asked for it; it can be called again.
        """
        if self._runnable is None or self._latest is None:
            return
        device, keep, image = self._latest
        if (device, keep) in self._uncompilable or self._compiled_for(device, keep) is not None:
            return
        try:
            self._compiled = CompiledPass(self._runnable, device, keep, image, reporter)
        except Cancelled:
            raise
        except Exception:  # a faster gear is a comfort: without it, all still works
            log.exception("The pass cannot be compiled.")
            self._uncompilable.add((device, keep))

    # Opening.

    def _open(self, request: OpenModel, reporter: Reporter) -> OpenedModel:
        from cnnviz.library import open_model

        reporter.report(Progress(f"Opening {Path(request.model).name}"))
        opened = open_model(request)
        reporter.checkpoint()
        self._opened = opened
        self._use(None)
        return opened.answer

    def _preview(self, request: PreviewModel, reporter: Reporter) -> ModelPreview:
        from cnnviz.library import open_model

        answer = open_model(request.request).answer
        costs = graph_costs(answer.graph)
        return ModelPreview(
            request.request,
            costs.params,
            costs.macs,
            answer.graph.output_shape,
            answer.weights_available,
        )

    def _sketch(self, request: SketchModel, reporter: Reporter) -> Sketch:
        from cnnviz.library import sketch_file

        return sketch_file(request.model, request.refusal)

    def _get_keras_code(self, request: GetKerasCode, reporter: Reporter) -> str:
        from cnnviz.library import code_of

        return code_of(request.request)

    def _set_weights(self, request: SetWeights, reporter: Reporter) -> WeightsInfo:
        from cnnviz.library import with_weights

        opened = self._need_model()
        with backend.on(backend.cpu()):
            model, info = with_weights(opened, request, reporter)
        reporter.checkpoint()
        self._use(Runnable(opened.graph, {call.name: call for call in walk(model)}, info))
        return info

    def _use(self, runnable: Runnable | None) -> None:
        self._runnable = runnable
        self._trace = self._latest = self._compiled = None
        self._uncompilable.clear()

    def _need_model(self) -> Opened:
        if self._opened is None:
            raise UserError("No model is open: open one first.")
        return self._opened

    # Running.

    def _run_image(self, request: RunImage, reporter: Reporter) -> RunResult:
        opened = self._need_model()
        device = _choose(request.device, backend.devices())
        image, picture = self._input(request, opened)
        if self._runnable is None:
            self._set_weights(SetWeights(), reporter)
        runnable = self._runnable
        assert runnable is not None
        reporter.checkpoint()

        reporter.report(Progress(f"Running {opened.answer.name}", 0.0, input_picture=picture))
        keep = plan_kept(opened.graph, runnable.sizes, request.budget_bytes)
        training = request.training
        if training is not None and len(keep) < len(opened.graph.nodes):
            raise UserError(
                f"{opened.answer.name} makes more than {request.budget_bytes >> 20:,} MiB of this "
                "image, and training behaviour needs all of it kept: open it with a smaller input."
            )
        self._trace = self._latest = None
        start = time.perf_counter()
        try:
            (trace, nodes), used, notices = run_or_fall_back(
                device,
                backend.cpu(),
                lambda device: self._pass(runnable, device, keep, image, reporter, request),
            )
        except BaseException:
            self._trace = None
            raise
        seconds = time.perf_counter() - start
        if used != device:
            runnable.leave(device)
            device = used
        self._latest = device, keep, image[:1]
        self._training = training
        names = opened.answer.class_names
        main, *others = (
            (output.node, ranked(trace.outputs(output.node)[output.output], names))
            for output in opened.graph.outputs
        )
        if training is not None and not sensitive(opened.graph):
            notices += ("No layer of this network behaves differently in training.",)
        stepwise = training is not None or nodes[0].seconds is not None
        return RunResult(
            picture=picture,
            nodes=nodes,
            predictions=main[1],
            weights=runnable.info,
            device=device,
            gear="stepwise" if stepwise else "compiled",
            seconds=seconds,
            trace_bytes=trace.nbytes,
            notices=notices,
            auxiliary=tuple(Auxiliary(node, found) for node, found in others if found),
            true_class=_true_class(request, names),
            training=training,
        )

    def _input(self, request: RunImage, opened: Opened) -> tuple[Floats, Picture]:
        """The input tensor, with the batch axis, and the picture that it is."""
        inputs, shape = opened.graph.inputs, opened.graph.input_shape
        if len(inputs) != 1:
            raise UserError(
                f"{opened.answer.name} takes {len(inputs)} inputs, and an image can be run only "
                "through a model that takes one."
            )
        image, preparation = request.image, opened.preparation
        if isinstance(image, Probe):
            picture = draw(image, *input_size(shape))
            preparation = replace(preparation, resize=None, invert=False)
        elif isinstance(image, Path):
            picture = self._load(image)
        else:
            picture = picture_from_pixels(image)
        if request.training is not None:
            return batch_of(picture, shape, preparation, request.training, request.transform)
        return prepare(picture, shape, preparation, request.transform)

    def _load(self, file: Path) -> Picture:
        """The picture of a file; the latest is kept, for it is run again with every change."""
        try:
            state = file.stat()
            known = (file, state.st_mtime_ns, state.st_size)
        except OSError:
            known = None
        if self._loaded is None or known is None or self._loaded[0] != known:
            self._loaded = None
            picture = load_picture(file)
            if known is None or picture.nbytes > KEPT_PICTURE_BYTES:
                return picture
            self._loaded = known, picture
        return self._loaded[1]

    def _pass(
        self,
        runnable: Runnable,
        device: Device,
        keep: frozenset[str],
        image: Array,
        reporter: Reporter,
        request: RunImage,
    ) -> tuple[Trace, tuple[NodeRun, ...]]:
        """One pass in the best gear at hand; the trace can be read while it is being filled."""

        def compute(name: str, inputs: Sequence[Array]) -> Outputs:
            return run_or_fall_back(
                device, backend.cpu(), lambda device: runnable.compute(device, name, inputs)
            )[0]

        self._trace = trace = Trace(runnable.graph, compute, keep)
        compiled = self._compiled_for(device, keep)
        if compiled is not None and request.training is None:
            return trace, compiled.run(image, trace, statistics_too=request.statistics)
        nodes = run_stepwise(
            runnable,
            device,
            image,
            trace,
            reporter,
            request.training,
            request.show,
            request.statistics,
        )
        return trace, nodes

    def _compiled_for(self, device: Device, keep: frozenset[str]) -> CompiledPass | None:
        compiled = self._compiled
        fits = compiled is not None and (compiled.device, compiled.keep) == (device, keep)
        return compiled if fits else None

    # Fetching.

    def _get_activation(self, request: GetActivation, reporter: Reporter) -> Activation:
        values = self._values(request.node)
        return Activation(request.node, values, statistics(values))

    def _get_statistics(
        self, request: GetStatistics, reporter: Reporter
    ) -> dict[str, ActivationStats]:
        opened, trace = self._need_model(), self._trace
        found: dict[str, ActivationStats] = {}
        for node in opened.graph.nodes if trace is not None else ():
            reporter.checkpoint()
            if trace is not None and trace.is_kept(node.name):
                found[node.name] = statistics(trace.outputs(node.name)[0])
        return found

    def _values(self, name: str) -> Floats:
        """What a node made in the latest pass, without the batch axis."""
        opened = self._need_model()
        if name not in opened.graph.by_name:
            raise UserError(f"{opened.answer.name} has no layer {name!r}.")
        if self._trace is None or name not in self._trace:
            raise UserError("No image has been run through this model: run one first.")
        outputs = self._trace.outputs(name)[0]
        return _floats(outputs[0] if outputs.ndim else outputs)

    def _get_thumbnails(self, request: GetThumbnails, reporter: Reporter) -> Thumbnails:
        self._need_model()
        codes = {}
        for name in request.nodes:
            if self._trace is not None and name in self._trace:
                codes[name] = thumbnail(self._values(name), request.side)
        return Thumbnails(codes)

    def _get_sheet(self, request: GetSheet, reporter: Reporter) -> Sheet:
        values = self._values(request.node)
        try:
            codes, signed = draw_sheet(values, request.columns, request.side)
        except ValueError as error:
            raise UserError(str(error)) from error
        return Sheet(request, codes, signed)

    def _get_cells(self, request: GetCells, reporter: Reporter) -> Cells:
        values = self._values(request.node)
        return Cells(request, cut(values, request.channels, request.rows, request.columns))

    def _get_weights(self, request: GetWeights, reporter: Reporter) -> Weights:
        opened = self._need_model()
        if request.node not in opened.graph.by_name:
            raise UserError(f"{opened.answer.name} has no layer {request.node!r}.")
        if self._runnable is None:
            raise UserError(f"{opened.answer.name} has no weights yet: choose some first.")
        values = self._variables(request.node)
        if not request.folded:
            return self._answer(request.node, values)
        norm = norm_after(opened.graph, request.node)
        if norm is None:
            raise UserError(f"No batch norm can be folded into {request.node!r}.")
        if self._trace is None or norm not in self._trace:
            raise UserError("No image has been run through this model: run one first.")
        self._refuse_training("Batch norm can be folded in at inference only")
        node = opened.graph.by_name[request.node]
        epsilon = float(opened.graph.by_name[norm].settings["epsilon"])
        kernel, bias = fold(node.type, values, self._variables(norm), epsilon)
        source = node.sources[0]
        inputs = self._trace.outputs(source.node)[source.output]
        made = self._runnable.compute_with(request.node, [inputs], kernel) + bias
        expected = self._trace.outputs(norm)[0]
        proof = Folding(norm, float(np.abs(made - expected).max()), float(np.abs(expected).max()))
        return self._answer(request.node, {"kernel": kernel, "bias": bias}, proof)

    def _answer(
        self, name: str, values: dict[str, Floats], folding: Folding | None = None
    ) -> Weights:
        assert self._runnable is not None
        node = self._runnable.graph.by_name[name]
        report = report_on(node, values["kernel"]) if "kernel" in values else None
        return Weights(name, values, self._runnable.info, folding, report)

    def _variables(self, node: str) -> dict[str, Floats]:
        assert self._runnable is not None
        variables = roles(self._runnable.calls[node].operation)
        with backend.on(backend.cpu()):  # it may be asked while a pass is being compiled
            return {role: _floats(variable.numpy()) for role, variable in variables.items()}

    # Derivatives.

    def _get_effective_field(
        self, request: GetEffectiveField, reporter: Reporter
    ) -> EffectiveField:
        from cnnviz.derivatives import effective_field

        opened = self._need_model()
        runnable, device, image = self._need_run(request.node)
        preparation = replace(opened.preparation, resize=None)
        shape = image.shape[1:3]

        def random_image(rng: np.random.Generator) -> Array:
            picture = rng.integers(0, 256, (*shape, 3), np.uint8)
            return prepare(picture, opened.graph.input_shape, preparation)[0]

        values = effective_field(runnable, device, image, request, random_image, reporter)
        return EffectiveField(request, values)

    def _get_saliency(self, request: GetSaliency, reporter: Reporter) -> Saliency:
        from cnnviz.derivatives import saliency
        from cnnviz.library import with_weights

        opened = self._need_model()
        runnable, device, image = self._need_run(request.layer)
        if request.class_index is None:  # the class that the real network finds, in both maps
            output = opened.graph.outputs[0]
            assert self._trace is not None
            best = int(np.argmax(self._trace.outputs(output.node)[output.output]))
            request = replace(request, class_index=best)
        if request.randomised:
            with backend.on(backend.cpu()):
                model, info = with_weights(opened, SetWeights("random", seed=1), reporter)
            calls = {call.name: call for call in walk(model)}
            runnable = Runnable(opened.graph, calls, info)
        return saliency(runnable, device, image, request, reporter)

    def _need_run(self, node: str | None) -> tuple[Runnable, Device, Array]:
        """What ran last."""
        opened = self._need_model()
        if node is not None and node not in opened.graph.by_name:
            raise UserError(f"{opened.answer.name} has no layer {node!r}.")
        if self._runnable is None or self._latest is None:
            raise UserError("No image has been run through this model: run one first.")
        self._refuse_training("Derivatives are taken at inference only")
        device, _, image = self._latest
        return self._runnable, device, image

    def _refuse_training(self, why: str) -> None:
        if self._training is not None:
            raise UserError(f"{why}: switch training behaviour off first.")


def _floats(values: Array) -> Floats:
    return np.asarray(values, np.float32)


def _choose(wanted: str, devices: Sequence[Device]) -> Device:
    """The device of a request: "auto" is the best, "gpu" the best GPU."""
    for device in devices:
        if wanted in ("auto", device.id, device.id.partition(":")[0]):
            return device
    there = ", ".join(device.id for device in devices)
    raise UserError(f"There is no device {wanted!r} here: choose one of {there}.")


def _true_class(request: RunImage, names: Sequence[str] | None) -> int | None:
    """Index of the class that a sample is known to show, as long as nothing is changed of it."""
    from cnnviz.library import true_label

    if request.transform != NONE or not isinstance(request.image, Path):
        return None
    label = true_label(request.image)
    return names.index(label) if names and label in names else None
