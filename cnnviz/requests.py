"""What can be asked of the engine, and what it answers: immutable, picklable, free of Keras.

The engine handles one request at a time (`cnnviz.engine.Engine.handle`), in a process of its own
under the window, in the same process under the command line and in most tests.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, overload

import numpy as np
from numpy.typing import NDArray

from cnnviz.filter_report import FilterReport
from cnnviz.graph import LayerGraph, Shape
from cnnviz.grouping import Grouping
from cnnviz.probes import Probe
from cnnviz.shape_lab import Plan
from cnnviz.transforms import NONE, Transform

Floats = NDArray[np.float32]
Picture = NDArray[np.uint8]
"""Pixels, shape (H, W, 3) or (H, W), 0..255."""


@dataclass(frozen=True, slots=True)
class Device:
    """A place to compute: `id` is "cpu" or "gpu:0", `name` what to show."""

    id: str
    name: str


@dataclass(frozen=True, slots=True)
class DevicePeak:
    """What a device was measured to do at most.

    Attributes:
        device: Which.
        flops: Floating-point operations a second, in float32.
        bandwidth: Bytes read and written a second.
    """

    device: Device
    flops: float
    bandwidth: float


@dataclass(frozen=True, slots=True)
class WeightsInfo:
    """Which weights a model carries.

    Attributes:
        kind: Where they come from.
        label: What the window shows ("trained on digits, 98.6 % on held-out", "random, seed 0").
        path: The file, for shipped ones, downloads and the user's own.
    """

    kind: Literal["random", "shipped", "imagenet", "file"]
    label: str
    path: str | None = None

    @property
    def trained(self) -> bool:
        """False where predictions mean nothing."""
        return self.kind != "random"


@dataclass(frozen=True, slots=True)
class OpenModel:
    """Open a catalog architecture or a model file, symbolically: no weights are made yet.

    Attributes:
        model: Catalog id, or path of a `.keras` / `.h5` file.
        input_shape: Overrides the spatial size, (H, W, C).
        classes: Overrides the number of classes (catalog only).
        variant: Values for some of the architecture's `variants`, such as (("width", 0.5),), or
            what stands for one as text (catalog only).
        trust_code: The user said yes to running code that the file carries.
        plans: Other settings of its layers, each plan on top of those before.
    """

    model: str
    input_shape: tuple[int, int, int] | None = None
    classes: int | None = None
    trust_code: bool = False
    variant: tuple[tuple[str, Any], ...] = ()
    plans: tuple[Plan, ...] = ()


@dataclass(frozen=True)
class OpenedModel:
    """The answer to `OpenModel`.

    Attributes:
        request: What was asked.
        id: Catalog id, or the file's stem.
        name: What to show.
        graph: The layer graph.
        groups: Its units, blocks and stages.
        weights_available: Choices for `SetWeights`, best first; "file" is always possible.
        class_names: One label an output class, or None where nobody knows them.
        preprocessing: One sentence: how a photo becomes the input.
        notices: Sentences that the user should read (substituted layers, resolved sizes).
        changed: How it differs from the paper's network ("96×96×3, width 0.5"); "" if it does not.
    """

    request: OpenModel
    id: str
    name: str
    graph: LayerGraph
    groups: Grouping
    weights_available: tuple[str, ...]
    class_names: tuple[str, ...] | None
    preprocessing: str
    notices: tuple[str, ...] = ()
    changed: str = ""

    @property
    def title(self) -> str:
        """The name, and how it differs from the paper's network where it does."""
        return f"{self.name} ({self.changed})" if self.changed else self.name


@dataclass(frozen=True, slots=True)
class PreviewModel:
    """Ask what opening a model would give, without opening it."""

    request: OpenModel


@dataclass(frozen=True, slots=True)
class ModelPreview:
    """The answer to `PreviewModel`.

    Attributes:
        request: What would be opened.
        params: Parameters, trainable or not.
        macs: Multiply-adds of convolutions and dense layers.
        output_shape: Of the first output.
        weights_available: As in `OpenedModel`.
    """

    request: OpenModel
    params: int
    macs: int
    output_shape: Shape
    weights_available: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SketchModel:
    """Ask what the description of a file says, after the model in it was refused.

    The answer is a `cnnviz.sketch.Sketch` without calls. What is open stays open.

    Attributes:
        model: Path of the file.
        refusal: The sentence with which it was refused.
    """

    model: str
    refusal: str = ""


@dataclass(frozen=True, slots=True)
class GetKerasCode:
    """Ask for the Python code that builds a model, as text, without opening it."""

    request: OpenModel


@dataclass(frozen=True, slots=True)
class SetWeights:
    """Give the opened model its weights. `RunImage` does it with "auto" when nobody did.

    Attributes:
        weights: "auto" (the file's own, else shipped, else already downloaded ImageNet ones, else
            random), "random", "shipped", "imagenet" (downloads when needed), or a path.
        seed: For random ones.
    """

    weights: str = "auto"
    seed: int = 0


@dataclass(frozen=True, slots=True)
class TrainingBatch:
    """A small batch to show training behaviour on: the picture, and variations of it.

    Attributes:
        size: How many pictures, 2..64.
        seed: Of the variations and of all that is random in training (dropout).
    """

    size: int = 8
    seed: int = 0


@dataclass(frozen=True)
class RunImage:
    """Run one image through the opened model and keep the trace.

    Attributes:
        image: A file, or pixels (a drawn digit), shape (H, W) or (H, W, 3 | 4), uint8, or a probe,
            which goes in as it is made, without resize and inversion.
        device: "auto", "cpu" or "gpu:N".
        budget_bytes: How much of the trace to keep; the rest is recomputed when asked for.
        transform: How to change the picture before it goes in.
        training: Run the image in a batch, with batch norm and dropout as in training; the trace
            keeps what became of the image itself. None for inference.
        show: A node that is being looked at: node by node, its activation comes with the progress
            as soon as it is there; of a large one, which takes the pass time to hand over, a
            preview.
        statistics: Tell those of every activation; else they are left to `GetStatistics`, as
            reading every value again takes a compiled pass a quarter of its time.
    """

    image: Path | Picture | Probe
    device: str = "auto"
    budget_bytes: int = 1 << 30
    transform: Transform = NONE
    training: TrainingBatch | None = None
    show: str | None = None
    statistics: bool = True


@dataclass(frozen=True, slots=True)
class ActivationStats:
    """What the inspector says of an activation; NaN and infinite cells are only counted."""

    minimum: float
    maximum: float
    mean: float
    std: float
    zero_share: float
    not_finite: int = 0


@dataclass(frozen=True, slots=True)
class NodeRun:
    """One node of a trace.

    Attributes:
        name: The node's.
        seconds: How long it took; None after the compiled pass.
        stats: Of its first output; None in progress messages (reading every value while the pass
            is under way would slow it down by a fifth), and where they were not wanted.
    """

    name: str
    seconds: float | None
    stats: ActivationStats | None


@dataclass(frozen=True, slots=True)
class Prediction:
    """One class of the output, `score` as the network gives it (a probability after softmax)."""

    index: int
    label: str
    score: float


@dataclass(frozen=True, eq=False)
class Ranking(Sequence[Prediction]):
    """All classes of an output, best first; as arrays, which reach the window much sooner.

    Attributes:
        indices: Of the classes, shape (N,).
        scores: Theirs, shape (N,).
        names: One a class, by index; None where nobody knows them.
    """

    indices: NDArray[np.int64]
    scores: Floats
    names: tuple[str, ...] | None

    def __len__(self) -> int:
        return len(self.indices)

    @overload
    def __getitem__(self, place: int) -> Prediction: ...

    @overload
    def __getitem__(self, place: slice) -> tuple[Prediction, ...]: ...

    def __getitem__(self, place: int | slice) -> Prediction | tuple[Prediction, ...]:
        if isinstance(place, slice):
            return tuple(self[i] for i in range(*place.indices(len(self))))
        index = int(self.indices[place])
        label = self.names[index] if self.names is not None else f"class {index}"
        return Prediction(index, label, float(self.scores[place]))

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, Ranking)
            and self.names == other.names
            and np.array_equal(self.indices, other.indices)
            and np.array_equal(self.scores, other.scores, equal_nan=True)
        )

    __hash__ = None  # type: ignore[assignment]

    def place_of(self, index: int) -> int:
        """Where a class stands, from 0."""
        return int(np.flatnonzero(self.indices == index)[0])


@dataclass(frozen=True, slots=True)
class Auxiliary:
    """What a further classifier of the model answers.

    Attributes:
        node: Its last node.
        predictions: All classes, best first.
    """

    node: str
    predictions: Ranking


@dataclass(frozen=True)
class RunResult:
    """The answer to `RunImage`; activations stay with the engine.

    Attributes:
        picture: The picture that really goes in, after resize and crop, before scaling.
        nodes: One entry a node that was computed, in order.
        predictions: All classes, best first, or None where the output is no class vector.
        auxiliary: The same of the model's other outputs that are class vectors (GoogLeNet has two).
        true_class: Index of the class that the picture is known to show; None where nobody knows.
        training: The batch that it ran in; None for inference.
        weights: Which weights were used.
        device: Where it ran.
        gear: "stepwise" (node by node) or "compiled".
        trace_bytes: Bytes of activations kept.
    """

    picture: Picture
    nodes: tuple[NodeRun, ...]
    predictions: Ranking | None
    weights: WeightsInfo
    device: Device
    gear: Literal["stepwise", "compiled"]
    seconds: float
    trace_bytes: int
    notices: tuple[str, ...] = ()
    auxiliary: tuple[Auxiliary, ...] = ()
    true_class: int | None = None
    training: TrainingBatch | None = None


@dataclass(frozen=True, slots=True)
class GetActivation:
    """Fetch one node's activation from the latest trace (recomputed if it was not kept)."""

    node: str


@dataclass(frozen=True)
class Activation:
    """The answer.

    Attributes:
        node: The node's name.
        values: Shape (H, W, C) or (N,), or as the node makes it, without the batch axis; read-only.
        stats: Of the values.
    """

    node: str
    values: Floats
    stats: ActivationStats | None = None


@dataclass(frozen=True, eq=False, slots=True)
class Preview:
    """What a large activation looks like.

    Attributes:
        node: The node's name.
        values: Some of its rows and columns, evenly spaced, shape (H, W, C).
    """

    node: str
    values: Floats


@dataclass(frozen=True, slots=True)
class GetStatistics:
    """Ask for the statistics of every kept activation of the latest trace.

    The answer maps names of nodes to `ActivationStats`.
    """


@dataclass(frozen=True, slots=True)
class GetThumbnails:
    """Fetch small pictures of many activations of the latest trace at once.

    Attributes:
        nodes: Names; ask for a few dozen at a time, so that nothing else waits for long.
        side: The longer side wanted, in cells.
    """

    nodes: tuple[str, ...]
    side: int = 48


@dataclass(frozen=True)
class Thumbnails:
    """The answer.

    Attributes:
        codes: By node name, shape (height, width), steps on a colour map and marks as in
            `cnnviz.colormaps`: how strong the activation is at each place
            (`cnnviz.thumbnails.thumbnail`). Nodes that the pass has not come to are left out.
    """

    codes: Mapping[str, NDArray[np.uint8]]


@dataclass(frozen=True, slots=True)
class GetSheet:
    """Fetch a picture of all channels of one activation of the latest trace.

    Attributes:
        node: Its name.
        columns: Tiles in a row.
        side: The longer side of a tile in pixels; None for at least one pixel a cell.
    """

    node: str
    columns: int
    side: int | None = None


@dataclass(frozen=True)
class Sheet:
    """The answer to `GetSheet`.

    Attributes:
        request: What was asked.
        codes: Steps on a colour map and marks as in `cnnviz.colormaps`, placed as
            `cnnviz.sheets.tiling_of` says.
        signed: The values have both signs, and the middle step stands for zero.
    """

    request: GetSheet
    codes: NDArray[np.uint8]
    signed: bool


@dataclass(frozen=True, slots=True)
class GetCells:
    """Fetch the values of some cells of one activation of the latest trace.

    Attributes:
        node: Its name.
        channels: Which channels.
        rows: First row, and the one behind the last.
        columns: The same of the columns.
    """

    node: str
    channels: tuple[int, ...]
    rows: tuple[int, int]
    columns: tuple[int, int]


@dataclass(frozen=True)
class Cells:
    """The answer to `GetCells`; `values` has the shape (rows, columns, channels)."""

    request: GetCells
    values: Floats


@dataclass(frozen=True, slots=True)
class GetWeights:
    """Fetch one node's variables by role ("kernel", "bias"...).

    Attributes:
        node: Its name.
        folded: With the batch norm behind it folded in, proven on the latest trace.
    """

    node: str
    folded: bool = False


@dataclass(frozen=True, slots=True)
class Folding:
    """What was folded into weights, and the proof on the running example.

    Attributes:
        norm: Name of the batch norm.
        difference: The largest difference between what the folded layer makes of its input and
            what layer and batch norm made of it.
        largest: The largest magnitude that these made.
    """

    norm: str
    difference: float
    largest: float


@dataclass(frozen=True)
class Weights:
    """The answer to `GetWeights`.

    Attributes:
        node: The node's name.
        values: Its variables by role.
        info: Which weights these are.
        folding: What was folded in; None where these are the variables as they are.
        report: What stands out among the filters; None where there are none.
    """

    node: str
    values: Mapping[str, Floats]
    info: WeightsInfo
    folding: Folding | None = None
    report: FilterReport | None = None


@dataclass(frozen=True, slots=True)
class GetEffectiveField:
    """How much each pixel moves one position: its derivative with respect to the input.

    Attributes:
        node: Where the position lies.
        position: Row, column... of its spatial axes; () for a vector.
        channel: Which channel (unit); None for the sum of all.
        pictures: 0 for the image of the trace; else the average over so many random pictures.
        seed: Of those.
    """

    node: str
    position: tuple[int, ...] = ()
    channel: int | None = None
    pictures: int = 0
    seed: int = 0


@dataclass(frozen=True)
class EffectiveField:
    """The answer: absolute derivatives, summed over the input's channels.

    Attributes:
        request: What was asked.
        values: Shape (H, W) of the input.
    """

    request: GetEffectiveField
    values: Floats


SaliencyMethod = Literal["gradient", "gradcam", "occlusion"]


@dataclass(frozen=True, slots=True)
class GetSaliency:
    """Which pixels of the trace's image speak for a class.

    Attributes:
        method: "gradient": the derivative of the score; "gradcam": Grad-CAM (Selvaraju et al. 2017,
            arXiv:1610.02391); "occlusion": what the score loses when a patch is covered (Zeiler and
            Fergus 2014, arXiv:1311.2901).
        class_index: Which class; None for the best one.
        layer: For Grad-CAM; None for the last with more than one row and column.
        randomised: The same with random weights: a map that does not change then shows the picture,
            not the network (Adebayo et al. 2018, arXiv:1810.03292).
    """

    method: SaliencyMethod
    class_index: int | None = None
    layer: str | None = None
    randomised: bool = False


@dataclass(frozen=True)
class Saliency:
    """The answer to `GetSaliency`.

    Attributes:
        request: What was asked.
        values: Not negative, shape (H, W) of the input.
        class_index: The class.
        score: Its score, before softmax.
        layer: The layer that Grad-CAM used; "" otherwise.
        cells: Grad-CAM's map at that layer's own resolution; None otherwise.
    """

    request: GetSaliency
    values: Floats
    class_index: int
    score: float
    layer: str = ""
    cells: Floats | None = None


@dataclass(frozen=True, slots=True)
class ProfileModel:
    """Ask for the profile of a model (`cnnviz.profiles.ModelProfile`); what is open stays open."""

    request: OpenModel


@dataclass(frozen=True, slots=True)
class DiffModels:
    """Ask for what two models differ in (`cnnviz.alignment.ModelDiff`); what is open stays open."""

    first: OpenModel
    second: OpenModel


@dataclass(frozen=True, slots=True)
class GetReadyFigures:
    """Ask for the figures of a ready comparison (`cnnviz.ready.ReadyFigures`)."""

    id: str


@dataclass(frozen=True)
class RunBeside:
    """Run an image through another model than the open one, which stays as it is.

    The answer is a `cnnviz.beside.BesideRun`.

    Attributes:
        request: The other model.
        run: Which image, and how.
        nodes: The nodes whose feature maps are wanted.
        weights: As for `SetWeights`.
        seed: For random weights.
        channels: How many channels of each node; the strongest ones.
        side: The longer side of a picture, in cells.
    """

    request: OpenModel
    run: RunImage
    nodes: tuple[str, ...]
    weights: str = "auto"
    seed: int = 0
    channels: int = 4
    side: int = 64


@dataclass(frozen=True, slots=True)
class MeasurePeak:
    """Measure what a device can do; answered with a `DevicePeak`."""

    device: Device


@dataclass(frozen=True, slots=True)
class ListDevices:
    """Ask where the engine can compute; the answer is a tuple of `Device`, best first."""


Request = (
    OpenModel
    | PreviewModel
    | SketchModel
    | GetKerasCode
    | SetWeights
    | RunImage
    | GetActivation
    | GetStatistics
    | GetThumbnails
    | GetSheet
    | GetCells
    | GetWeights
    | GetEffectiveField
    | GetSaliency
    | ProfileModel
    | DiffModels
    | GetReadyFigures
    | RunBeside
    | ListDevices
    | MeasurePeak
)
FETCHES = (
    GetActivation,
    GetStatistics,
    GetThumbnails,
    GetSheet,
    GetCells,
    GetWeights,
    GetEffectiveField,
    GetSaliency,
    ProfileModel,
    DiffModels,
    GetReadyFigures,
    RunBeside,
    ListDevices,
)
"""Requests that only read: answered in the middle of a run, and dropped at once when cancelled."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a job is.

    Attributes:
        text: What is being done ("Downloading VGG-16 weights").
        fraction: 0..1, or None where the length is not known.
        done: The node just computed, during `RunImage`: its activation can be fetched at once.
        input_picture: Sent once at the start of `RunImage`.
        preview: Of the node just computed, where it is the one to show and large.
        activation: Of the node just computed, where it is the one to show and not large.
    """

    text: str
    fraction: float | None = None
    done: NodeRun | None = None
    input_picture: Picture | None = None
    preview: Preview | None = None
    activation: Activation | None = None


class Reporter:
    """How a job tells and asks while it runs. This one tells nobody and never cancels."""

    def report(self, progress: Progress) -> None:
        """Say how far the job is."""

    def checkpoint(self) -> None:
        """A named point where the job may end.

        Raises:
            Cancelled: When somebody asked for it.
        """
