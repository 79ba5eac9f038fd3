"""The same photo through another model than the open one, and what to show of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from cnnviz.atlas import Codes, Floats, encode, levels, measure, reduced
from cnnviz.ordering import variances
from cnnviz.requests import (
    Activation,
    GetActivation,
    OpenedModel,
    Picture,
    Prediction,
    Progress,
    Reporter,
    RunBeside,
    RunResult,
    SetWeights,
    WeightsInfo,
)
from cnnviz.thumbnails import thumbnail

TOP = 5


@dataclass(frozen=True)
class NodeMaps:
    """What one activation looks like.

    Attributes:
        shape: Of the activation, without the batch axis.
        strength: Where it is strong, over all channels.
        channels: The channels that vary most, these first.
        maps: A picture of each of them, all on the scale of the layer.
    """

    shape: tuple[int, ...]
    strength: Codes
    channels: tuple[int, ...]
    maps: tuple[Codes, ...]


@dataclass(frozen=True)
class BesideRun:
    """The answer to `RunBeside`.

    Attributes:
        request: What was asked.
        name: The model's.
        picture: What went in.
        weights: Which weights it had.
        predictions: The best classes; None where the output is no list of classes.
        maps: By node.
        seconds: How long the pass took.
    """

    request: RunBeside
    name: str
    picture: Picture
    weights: WeightsInfo
    predictions: tuple[Prediction, ...] | None
    maps: Mapping[str, NodeMaps]
    seconds: float


def run_beside(asked: RunBeside, reporter: Reporter) -> BesideRun:
    """Run the image in an engine of its own, which is gone afterwards.

    Raises:
        UserError: The model cannot be opened or run.
        Cancelled: The reporter asked for it.
    """
    from cnnviz.engine import Engine

    quiet = _Quiet(reporter)
    engine = Engine()
    opened: OpenedModel = engine.handle(asked.request, quiet)
    quiet.checkpoint()
    engine.handle(SetWeights(asked.weights, asked.seed), quiet)
    result: RunResult = engine.handle(asked.run, quiet)
    maps = {}
    for name in asked.nodes:
        quiet.checkpoint()
        activation: Activation = engine.handle(GetActivation(name), quiet)
        maps[name] = maps_of(activation.values, asked.channels, asked.side)
    return BesideRun(
        asked,
        opened.title,
        result.picture,
        result.weights,
        result.predictions[:TOP] if result.predictions is not None else None,
        maps,
        result.seconds,
    )


def maps_of(values: Floats, channels: int, side: int) -> NodeMaps:
    """Pick the channels of an activation that vary most over the picture, and draw them small.

    Args:
        values: Shape (H, W, C), or a vector, of which there are no channels to draw.
        channels: How many to draw at most.
        side: The longer side of a drawing, in cells.
    """
    strength = thumbnail(values, side)
    if values.ndim != 3 or values.shape[0] * values.shape[1] < 2:
        return NodeMaps(values.shape, strength, (), ())
    spread = np.nan_to_num(variances(measure(values)), nan=-1.0, posinf=-1.0)
    best = np.argsort(-spread, kind="stable")[:channels]
    height, width = values.shape[:2]
    if max(height, width) > side:
        height, width = (max(1, round(n * side / max(values.shape[:2]))) for n in (height, width))
    small = reduced(measure(values[..., best]), height, width)
    measures = measure(small)
    codes = encode(small, levels(measures, "layer"), finite=measures.finite)
    return NodeMaps(values.shape, strength, tuple(int(c) for c in best), tuple(codes))


class _Quiet(Reporter):
    """Passes text and checkpoints on, but not what belongs to the open model's pass."""

    def __init__(self, reporter: Reporter) -> None:
        self._reporter = reporter

    def report(self, progress: Progress) -> None:
        self._reporter.report(Progress(progress.text, progress.fraction))

    def checkpoint(self) -> None:
        self._reporter.checkpoint()
