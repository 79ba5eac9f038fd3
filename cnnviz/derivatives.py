"""What moves a value: derivatives of positions and of class scores, and maps made of them.

The class score is the value before the last softmax (or other activation): behind it all classes
hang together, and a sure prediction has hardly a derivative.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np

from cnnviz import backend
from cnnviz.calls import Call
from cnnviz.errors import UserError
from cnnviz.forward import Runnable
from cnnviz.graph import LayerGraph, Node, Source
from cnnviz.placing import place
from cnnviz.receptive_field import extents_of, receptive_fields
from cnnviz.requests import (
    Device,
    Floats,
    GetEffectiveField,
    GetSaliency,
    Progress,
    Reporter,
    Saliency,
)
from cnnviz.saliency_layers import spatial_layers
from cnnviz.trace import Array

_BATCH_VALUES = 1 << 20
"""Most input values of a batch of covered images."""

PATCHES = 8
"""Covering patches side by side, each again half-way between two."""


def effective_field(
    runnable: Runnable,
    device: Device,
    image: Array,
    request: GetEffectiveField,
    random_image: Callable[[np.random.Generator], Array],
    reporter: Reporter,
) -> Floats:
    """How much each pixel moves one position.

    Args:
        runnable: The model.
        device: Where to compute.
        image: The input, with the batch axis.
        request: What is wanted; the node exists.
        random_image: Draws another input.
        reporter: Told of each image, and asked between nodes.

    Returns:
        The mean over the images of absolute derivatives, summed over the input's channels; shape of
        the input's spatial axes.

    Raises:
        UserError: There is no such position.
        Cancelled: The reporter asked for it.
    """
    graph = runnable.graph
    node = graph.by_name[request.node]
    _check_position(graph, node, request)
    rng = np.random.default_rng(request.seed)
    count = max(request.pictures, 1)
    total = np.zeros(image.shape[1:-1])
    for number in range(count):
        reporter.report(Progress("Effective receptive field", number / count))
        at = random_image(rng) if request.pictures else image

        def value(x: Any) -> Any:
            made = _compute(
                runnable, {Source(graph.inputs[0].name): x}, Source(node.name), reporter
            )
            cell = made[(0, *request.position)]
            return _sum(cell if request.channel is None else cell[..., request.channel])

        with _working(runnable, device):
            _, slopes = backend.gradient(value, at)
        total += np.abs(slopes[0], dtype=np.float64).sum(axis=-1)
    return (total / count).astype(np.float32)


def saliency(
    runnable: Runnable, device: Device, image: Array, request: GetSaliency, reporter: Reporter
) -> Saliency:
    """Which pixels speak for a class.

    Args:
        runnable: The model.
        device: Where to compute.
        image: The input, with the batch axis.
        request: What is wanted, with a class.
        reporter: Told how far it is, and asked between nodes.

    Raises:
        UserError: The output is no list of classes, there is no such class, or the layer does not
            fit.
        Cancelled: The reporter asked for it.
    """
    index = _check_class(runnable.graph, request.class_index)
    with _working(runnable, device):
        if request.method == "gradient":
            score, slopes = _slopes(
                runnable, image, Source(runnable.graph.inputs[0].name), index, reporter
            )
            return Saliency(request, np.abs(slopes[0]).max(axis=-1), index, score)
        if request.method == "occlusion":
            values, score = _occlusion(runnable, image, index, reporter)
            return Saliency(request, values, index, score)
        return _grad_cam(runnable, image, request, index, reporter)


@contextmanager
def _working(runnable: Runnable, device: Device) -> Iterator[None]:
    """Compute on a device, with a sentence where its memory is not enough; give it back after."""
    try:
        with runnable.on(device, deriving=True):
            yield
    except Exception as error:
        if not backend.is_out_of_memory(error):
            raise
        raise UserError(
            f"The memory of {device.name} is not enough for this derivative: give a smaller input, "
            "or choose an earlier layer."
        ) from error
    finally:
        gc.collect(0)  # tapes hold on to themselves


def _compute(
    runnable: Runnable,
    feeds: Mapping[Source, Any],
    wanted: Source,
    reporter: Reporter,
    run: Callable[[Call, list[Any]], tuple[Any, ...]] = lambda call, inputs: call.run(*inputs),
) -> Any:
    """One tensor, computed from others that are given."""
    results: dict[Source, Any] = dict(feeds)
    if wanted in results:
        return results[wanted]
    for node in _between_nodes(runnable.graph, feeds, wanted):
        reporter.checkpoint()
        call = runnable.calls[node.name]
        outputs = run(call, [results[source] for source in node.sources])
        for number, output in enumerate(outputs):
            results.setdefault(Source(node.name, number), output)
    return results[wanted]


def _between_nodes(graph: LayerGraph, feeds: Mapping[Source, Any], wanted: Source) -> list[Node]:
    """What must be computed, in order."""
    needed: set[str] = set()
    waiting = [wanted]
    while waiting:
        source = waiting.pop()
        if source in feeds or source.node in needed:
            continue
        needed.add(source.node)
        waiting += graph.by_name[source.node].sources
    return [node for node in graph.nodes if node.name in needed]


def _scores(runnable: Runnable, feeds: Mapping[Source, Any], reporter: Reporter) -> Any:
    """Class scores before the last activation, shape (N, classes)."""
    graph = runnable.graph
    output = graph.outputs[0]
    last = graph.by_name[output.node]
    if last.type in ("Softmax", "Activation") and last.sources:
        output = last.sources[0]
        last = graph.by_name[output.node]

    def run(call: Call, inputs: list[Any]) -> tuple[Any, ...]:
        if call.name != last.name or not callable(getattr(call.operation, "activation", None)):
            return call.run(*inputs)
        with _without_activation(call.operation):
            return call.run(*inputs)

    return _compute(runnable, feeds, output, reporter, run)


@contextmanager
def _without_activation(layer: Any) -> Iterator[None]:
    """Nothing else may use the layer meanwhile."""
    import keras

    kept = layer.activation
    layer.activation = keras.activations.linear
    try:
        yield
    finally:
        layer.activation = kept


def _slopes(
    runnable: Runnable,
    at: Array,
    source: Source,
    index: int,
    reporter: Reporter,
    others: Mapping[Source, Any] | None = None,
) -> tuple[float, Floats]:
    """A class score and its derivative with respect to one tensor."""

    def score(x: Any) -> Any:
        return _scores(runnable, {**(others or {}), source: x}, reporter)[0, index]

    value, slopes = backend.gradient(score, at)
    return float(value), slopes


def _grad_cam(
    runnable: Runnable, image: Array, request: GetSaliency, index: int, reporter: Reporter
) -> Saliency:
    """Channels of a layer, weighted by the mean derivative of the score, where positive."""
    graph = runnable.graph
    layers = spatial_layers(graph)
    if not layers:
        raise UserError(
            f"{graph.name} has no layer with rows and columns before its answer: Grad-CAM has "
            "nothing to look at."
        )
    layer = request.layer or layers[0]
    if layer not in layers:
        raise UserError(
            f"Grad-CAM cannot look at {layer!r}: choose a layer with more than one row and column "
            "that leads to the answer."
        )
    given = Source(graph.inputs[0].name)
    here = Source(layer)
    picture = backend.as_tensor(image)
    values = backend.as_array(_compute(runnable, {given: picture}, here, reporter))
    # What goes round the layer is computed again; what leads to it is not.
    score, slopes = _slopes(runnable, values, here, index, reporter, {given: picture})
    weights = slopes[0].mean(axis=(0, 1), dtype=np.float64)
    cells = np.maximum(values[0] @ weights, 0).astype(np.float32)
    large = place(cells, receptive_fields(graph)[layer], *image.shape[1:3])
    return Saliency(request, large, index, score, layer, cells)


def _occlusion(
    runnable: Runnable, image: Array, index: int, reporter: Reporter
) -> tuple[Floats, float]:
    """What the score loses on average over all patches that cover a pixel; gains count as 0.

    A patch holds the median of each channel: the paper of a digit, a tone in the middle of a photo.
    """
    height, width = image.shape[1:3]
    given = Source(runnable.graph.inputs[0].name)
    median = np.median(image[0], axis=(0, 1))
    patches = [
        (slice(top, top + size), slice(left, left + side))
        for top, size in _stretches(height)
        for left, side in _stretches(width)
    ]

    def scores(batch: Array) -> Array:
        made = _scores(runnable, {given: backend.as_tensor(batch)}, reporter)
        return np.asarray(backend.as_array(made)[:, index])

    whole = float(scores(image)[0])
    loss, covered = np.zeros((height, width)), np.zeros((height, width))
    step = max(1, min(64, _BATCH_VALUES // image.size))
    for first in range(0, len(patches), step):
        reporter.report(Progress("Occlusion map", first / len(patches)))
        some = patches[first : first + step]
        batch = np.repeat(image, len(some), axis=0)
        for one, patch in zip(batch, some, strict=True):
            one[patch] = median
        for score, patch in zip(scores(batch), some, strict=True):
            loss[patch] += whole - float(score)
            covered[patch] += 1
    return np.maximum(loss / covered, 0).astype(np.float32), whole


def _stretches(extent: int) -> list[tuple[int, int]]:
    """Where patches begin along an axis, and how long they are; together they cover it."""
    size = max(1, -(-extent // PATCHES))
    starts = [*range(0, extent - size, max(1, size // 2)), extent - size]
    return [(start, size) for start in dict.fromkeys(starts)]


def _sum(tensor: Any) -> Any:
    import keras

    return keras.ops.sum(tensor)


def _check_position(graph: LayerGraph, node: Node, request: GetEffectiveField) -> None:
    shape = node.output_shape
    rank = len(extents_of(graph, node))
    places = (*request.position, *(() if request.channel is None else (request.channel,)))
    sizes = (*shape[:rank], *(() if request.channel is None else shape[-1:]))
    if len(request.position) != rank or any(
        not 0 <= place < (size or 0) for place, size in zip(places, sizes, strict=True)
    ):
        raise UserError(
            f"{node.name!r} has no position {places}: its output is {' x '.join(map(str, shape))}."
        )


def _check_class(graph: LayerGraph, index: int | None) -> int:
    shape = graph.output_shape
    if len(shape) != 1 or shape[0] is None or shape[0] < 2:
        raise UserError(f"The answer of {graph.name} is no list of classes.")
    if index is None or not 0 <= index < shape[0]:
        raise UserError(f"There is no class {index}: {graph.name} has classes 0..{shape[0] - 1}.")
    return index
