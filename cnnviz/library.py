"""From a catalog id or a file path to a model: the one place of the core that knows the catalog."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cnnviz import modelfile, variants
from cnnviz.calls import walk
from cnnviz.errors import UserError, reason
from cnnviz.extract import graph_from_model
from cnnviz.graph import LayerGraph
from cnnviz.grouping import group
from cnnviz.images import ImagePreparation, default_preparation, preparation_sentence
from cnnviz.keras_code import keras_code
from cnnviz.rebuild import rebuilt
from cnnviz.requests import OpenedModel, OpenModel, Progress, Reporter, SetWeights, WeightsInfo
from cnnviz.sketch import Fault, Sketch, sketch_of
from cnnviz.sketch_build import built
from models import registry, samples, weights
from models.registry import Architecture

DIGITS = tuple("0123456789")
_WEIGHTS_SUFFIX = ".weights.h5"


def catalog() -> Mapping[str, Architecture]:
    """Every architecture by id, oldest first."""
    return registry.catalog()


def find(name: str) -> Architecture:
    """An architecture by id.

    Raises:
        UserError: There is none of that name; the nearest names are given.
    """
    try:
        return registry.find(name)
    except KeyError as error:
        raise UserError(f"{error.args[0]} A file needs its ending, .keras or .h5.") from error


@dataclass(frozen=True)
class Opened:
    """An open model, before it has weights.

    Attributes:
        answer: What the window gets to know.
        preparation: How a photo becomes the input.
        architecture: The catalog's record; None for a file.
        loaded: A file's model with its own weights; None for an architecture.
    """

    answer: OpenedModel
    preparation: ImagePreparation
    architecture: Architecture | None = None
    loaded: Any = None

    @property
    def graph(self) -> LayerGraph:
        """The layer graph."""
        return self.answer.graph


def true_label(image: Path) -> str | None:
    """Name of the class that a picture is known to show, which holds for some of the samples."""
    return samples.true_label(image)


def offered_weights(entry: Architecture) -> tuple[str, ...]:
    """The kinds of weights that an architecture can get, best first."""
    return weights.offered(entry)


def open_model(request: OpenModel) -> Opened:
    """Open an architecture (without weights) or a model file (with its own).

    Raises:
        UserError: It cannot be opened.
    """
    if _means_file(request.model):
        return _open_file(request)
    return _open_architecture(request)


def _means_file(model: str) -> bool:
    if model in registry.catalog():
        return False
    path = Path(model)
    return path.suffix.lower() in modelfile.SUFFIXES or len(path.parts) > 1 or path.exists()


def _open_architecture(request: OpenModel) -> Opened:
    entry = find(request.model)
    options = variants.resolve(entry.variants, request.variant)
    has_top = options.get(variants.TOP, True)
    if request.classes is not None and not has_top:
        raise UserError(
            f"{entry.name} without its top has no classes: leave the number of classes out."
        )
    graph = graph_from_model(_build(entry, request), name=entry.name)
    preparation = ImagePreparation(**dataclasses.asdict(entry.preprocessing))
    classes = request.classes or entry.classes
    # Published weights fit the published network only, with or without its top; the size of the
    # picture matters where a dense layer reads positions, and is then told by the layer that does
    # not fit.
    fits = classes == entry.classes and set(options) <= {variants.TOP} and not request.plans
    offered = offered_weights(entry) if fits else ("random",)
    answer = OpenedModel(
        request=request,
        id=entry.id,
        name=entry.name,
        graph=graph,
        groups=group(graph),
        weights_available=offered,
        class_names=_class_names(entry, classes) if has_top and not request.plans else None,
        preprocessing=_preparation_sentence(preparation, graph),
        changed=_changed(
            variants.words(
                None if request.input_shape == entry.input_shape else request.input_shape,
                None if classes == entry.classes else classes,
                options,
            ),
            request,
        ),
    )
    return Opened(answer, preparation, architecture=entry)


def _build(entry: Architecture, request: OpenModel) -> Any:
    """The Keras model, without weights."""
    from models import assign

    options = variants.resolve(entry.variants, request.variant)
    with _refusals_as_user_errors(entry.name), assign.symbolic():
        model = entry.build(request.input_shape, request.classes, **options)
        for plan in request.plans:
            model = rebuilt(model, plan)
        return model


def _changed(variant: str, request: OpenModel) -> str:
    """How a model differs from the paper's network, or from its file."""
    return ", ".join(part for part in (variant, *(plan.words() for plan in request.plans)) if part)


def code_of(request: OpenModel) -> str:
    """Python code that builds a model.

    Raises:
        UserError: It cannot be opened, or not be written as code.
    """
    if _means_file(request.model):
        return keras_code(_open_file(request).loaded)
    return keras_code(_build(find(request.model), request))


@contextmanager
def _refusals_as_user_errors(name: str) -> Iterator[None]:
    """What the builders and their weights refuse with a sentence, refused to the user."""
    try:
        yield
    except weights.WeightsError as error:
        raise UserError(str(error)) from error
    except ValueError as error:
        if name in str(error):  # a sentence of the builder's own
            raise UserError(str(error)) from error
        raise UserError(
            f"{name} cannot be built this way ({reason(error)}): give another size with "
            "--input HxWxC."
        ) from error


def _class_names(entry: Architecture, classes: int) -> tuple[str, ...] | None:
    """What the classes of its dataset are called; None for other classes than its weights know."""
    datasets = {source.dataset for source in entry.weights}
    if classes != entry.classes or len(datasets) != 1:
        return None
    if datasets == {"digits"}:
        return DIGITS
    path = weights.ASSETS / f"{datasets.pop()}_classes.txt"
    names = tuple(path.read_text(encoding="utf-8").splitlines())
    return names if len(names) == classes else None


def _open_file(request: OpenModel) -> Opened:
    path = Path(request.model)
    if request.classes is not None or request.variant:
        raise UserError(
            f"{path} is a file, which has one number of classes and no variants: leave --classes "
            "and --variant out."
        )
    # The layers of the catalog are registered with Keras when they are imported.
    from models import layers as _layers  # noqa: F401
    from models import lenet_layers as _lenet_layers  # noqa: F401

    try:
        model = modelfile.open_model_file(path, request.trust_code)
    except UserError:
        raise
    except Exception as error:  # Keras raises whatever its layers raise
        raise UserError(_misfit(path) or modelfile.explain(error, path)) from error
    if request.plans:
        from models import assign

        with assign.symbolic():
            for plan in request.plans:
                model = rebuilt(model, plan)
    graph = graph_from_model(model, name=path.stem, input_shape=request.input_shape)
    open_sizes = [node for node in graph.inputs if None in node.output_shape]
    if open_sizes:
        sizes = "x".join("?" if n is None else str(n) for n in open_sizes[0].output_shape)
        raise UserError(
            f"{path} leaves the size of its input open ({sizes}): give it with --input HxWxC."
        )
    preparation = default_preparation(graph)
    answer = OpenedModel(
        request=request,
        id=path.stem,
        name=path.stem,
        graph=graph,
        groups=group(graph),
        weights_available=("random",) if request.plans else ("file", "random"),
        class_names=None,
        preprocessing=_preparation_sentence(preparation, graph),
        changed=_changed("", request),
    )
    return Opened(answer, preparation, loaded=model)


def sketch_file(model: str, refusal: str) -> Sketch:
    """What the description of a file says, where the model in it cannot be opened.

    Nothing that the file carries is run: only layers of Keras and of the catalog are built.

    Args:
        model: Path of the file.
        refusal: The sentence with which it was refused.

    Raises:
        UserError: It has no description that could be drawn.
    """
    from models import assign
    from models import layers as _layers  # noqa: F401
    from models import lenet_layers as _lenet_layers  # noqa: F401

    path = Path(model)
    sketch = sketch_of(modelfile.read_description(path), path.stem)
    with assign.symbolic():
        sketch = built(sketch, lambda part: modelfile.check(part, path, trust_code=False))
    if not sketch.faults:  # then it is what belongs to a layer
        blamed = (node.name for node in sketch.graph.nodes if f"layer {node.name!r}" in refusal)
        text = "the weights in the file do not fit it"
        faults = tuple(Fault(name, text) for name in blamed)
        sketch = dataclasses.replace(sketch, faults=faults)
    return dataclasses.replace(sketch, calls=())


def _preparation_sentence(preparation: ImagePreparation, graph: LayerGraph) -> str:
    try:
        return preparation_sentence(preparation, graph.input_shape)
    except UserError as error:  # a model of something else than pictures can be looked at, too
        return str(error)


def _misfit(path: Path) -> str | None:
    """The first layer whose weights in the file do not fit its description; None if all do."""
    import keras

    from models import assign

    config = modelfile.read_config(path)
    kind = keras.Sequential if config["class_name"] == "Sequential" else keras.Model
    try:
        with assign.symbolic():
            model = kind.from_config(config["config"])
        assign.load(model, path)
    except weights.WeightsError as error:
        return str(error)
    except Exception:  # noqa: BLE001 - then it is not the weights
        return None
    return None


def with_weights(
    opened: Opened, request: SetWeights, reporter: Reporter
) -> tuple[Any, WeightsInfo]:
    """A model that can be run.

    Args:
        opened: What was opened.
        request: Which weights.
        reporter: Told of downloads.

    Returns:
        A new Keras model with these weights (for a file's own: always the same model), and what to
        say of them.

    Raises:
        UserError: They cannot be had or do not fit; whatever ran before still runs.
    """
    with _refusals_as_user_errors(opened.answer.name):
        if opened.architecture is None:
            return _for_file(opened, request, reporter)
        return _for_architecture(opened, opened.architecture, request, reporter)


def _for_architecture(
    opened: Opened, entry: Architecture, request: SetWeights, reporter: Reporter
) -> tuple[Any, WeightsInfo]:
    from models import assign

    choice = _best(entry, opened) if request.weights == "auto" else request.weights
    path: Path | None = None
    if choice == "random":
        info = _random(request.seed)
    elif choice in ("shipped", "imagenet"):
        source = weights.source_of(entry, choice)
        path = weights.fetch(source, _download_progress(entry, reporter), reporter.checkpoint)
        info = WeightsInfo(choice, _label(source), str(path))  # type: ignore[arg-type]
    else:
        path = Path(choice)
        info = WeightsInfo("file", path.name, str(path))
    reporter.report(Progress(f"Setting the weights of {entry.name}"))
    model = _build(entry, opened.answer.request)
    if path is None:
        assign.randomize(model, request.seed, reporter.checkpoint)
    else:
        _load(model, path, entry, opened.answer.request, reporter)
    return model, info


def _load(
    model: Any, path: Path, entry: Architecture, request: OpenModel, reporter: Reporter
) -> None:
    """Load a file of weights; into a network without its top, also one of the whole network."""
    from models import assign

    try:
        assign.load(model, path, reporter.checkpoint)
    except weights.WeightsError:
        if variants.resolve(entry.variants, request.variant).get(variants.TOP, True):
            raise
        whole = _build(entry, OpenModel(entry.id))
        assign.load(whole, path, reporter.checkpoint)
        assign.copy(whole, model)


def _best(entry: Architecture, opened: Opened) -> str:
    """Shipped weights, else a download that is here already, else random ones."""
    for kind in opened.answer.weights_available:
        if kind == "random" or weights.is_here(weights.source_of(entry, kind)):
            return kind
    return "random"


def _for_file(opened: Opened, request: SetWeights, reporter: Reporter) -> tuple[Any, WeightsInfo]:
    import keras

    from models import assign

    own = Path(opened.answer.request.model)
    changed = bool(opened.answer.request.plans)
    if request.weights in ("auto", "file") and not changed:
        return opened.loaded, WeightsInfo("file", f"those of {own.name}", str(own))
    if request.weights in ("shipped", "imagenet"):
        raise UserError(f"There are no {request.weights} weights of {own.name}: choose a file.")
    reporter.report(Progress(f"Setting the weights of {opened.answer.name}"))
    with assign.symbolic():
        model = keras.models.clone_model(opened.loaded)
    if request.weights in ("random", "auto"):
        info = _random(request.seed)
        assign.randomize(model, request.seed, reporter.checkpoint)
    else:
        path = own if request.weights == "file" else Path(request.weights)
        info = WeightsInfo("file", path.name, str(path))
        assign.load(model, path, reporter.checkpoint)
    for call in walk(model):
        if isinstance(call.operation, keras.layers.Normalization):
            call.operation.finalize_state()  # it keeps mean and variance in a second form
    return model, info


def _random(seed: int) -> WeightsInfo:
    return WeightsInfo("random", f"random, seed {seed}")


def _label(source: registry.WeightSource) -> str:
    """What the window shows of trained weights."""
    if source.kind == "shipped":
        record = weights.training_record(source)
        right, unseen = record["right"], record["held_out"]
        return f"trained on {source.dataset}; right on {right} of {unseen} that it never saw"
    return f"trained on {source.dataset}"


def _download_progress(entry: Architecture, reporter: Reporter) -> weights.Progress:
    def tell(done: int, total: int) -> None:
        size = f" of {total / 2**20:.0f}" if total else ""
        reporter.report(
            Progress(
                f"Downloading the weights of {entry.name}: {done / 2**20:.0f}{size} MiB",
                done / total if total else None,
            )
        )

    return tell


def train(
    model: str, epochs: int | None, seed: int | None, output: Path | None, reporter: Reporter
) -> tuple[Mapping[str, Any], Path]:
    """Train an architecture on the data that ships with it.

    Args:
        model: Its id; the two LeNets can be trained.
        epochs: How often every picture is shown; as the shipped weights were trained when None.
        seed: Of everything that is random; that of the shipped weights when None.
        output: Where to write the weights, beside a record; into the current folder when None.
        reporter: Told after each epoch.

    Returns:
        The record of `models.training`, and the weights file.

    Raises:
        UserError: It cannot be trained, or not be written there.
    """
    from models.digits import LEARNERS

    entry = find(model)
    if entry.id not in LEARNERS:
        raise UserError(f"{entry.name} cannot be trained here: only {' and '.join(LEARNERS)} can.")
    path = output or Path(f"{entry.id}{_WEIGHTS_SUFFIX}")
    if not path.name.endswith(_WEIGHTS_SUFFIX):
        raise UserError(f"{path} does not end in {_WEIGHTS_SUFFIX}: give such a name.")
    if not os.access(path.parent, os.W_OK):  # better now than after the work
        raise UserError(f"{path.parent} is no folder to write to: choose another one.")

    from models import training

    def tell(epoch: training.Epoch) -> None:
        text = f"Epoch {epoch.number} of {epoch.of}: {epoch.accuracy:.1%} right in training"
        reporter.report(Progress(text, epoch.number / epoch.of))

    trained = training.train(
        entry.id,
        epochs,
        training.SEED if seed is None else seed,
        tell,
        reporter.checkpoint,
    )
    with _refusals_as_user_errors(entry.name):
        training.save(trained, path)
    return dataclasses.asdict(trained.record), path
