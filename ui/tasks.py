"""The steps from one state of the window to the next, and where to begin looking."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from cnnviz.graph import LayerGraph
from cnnviz.kinds import Kind, kind_of
from cnnviz.probes import Probe
from cnnviz.requests import OpenModel, Picture, RunImage, SetWeights
from cnnviz.transforms import NONE, Transform
from ui.jobs import Job


@dataclass(frozen=True, eq=False)
class Pixels:
    """A picture that is no file.

    Attributes:
        values: uint8, shape (H, W), (H, W, 3) or (H, W, 4).
        name: What to call it.
        source: Where it comes from.
    """

    values: Picture
    name: str
    source: Literal["drawn", "pasted", "camera"]


Image = Path | Pixels | Probe


@dataclass
class Task:
    """A step towards another state; the steps from a model to its maps follow one another.

    Attributes:
        request: What the engine is asked for.
        image: What to run at the end.
        transform: How to change that before it goes in.
        weights: For opening: what to set before the run.
        begun: For a run: its first progress has come, and the older trace is gone.
        job: Its way through the lane.
    """

    request: OpenModel | SetWeights | RunImage
    image: Image | None
    transform: Transform = NONE
    weights: SetWeights | None = None
    begun: bool = False
    job: Job | None = None


def content(image: Image) -> Path | Picture | Probe:
    """What the engine gets of an image."""
    return image.values if isinstance(image, Pixels) else image


def doing(task: Task) -> str:
    """What to say while a task is under way, before the engine says more."""
    if isinstance(task.request, OpenModel):
        return f"Opening {Path(task.request.model).name}"
    if isinstance(task.request, SetWeights):
        return "Setting weights"
    return "Running the image"


def first_to_see(graph: LayerGraph) -> str:
    """The node to show first: the first convolution, or else the first that has weights."""
    for wanted in (
        lambda node: kind_of(node) in (Kind.CONVOLUTION, Kind.DEPTHWISE),
        lambda node: bool(node.weights),
        lambda node: True,
    ):
        for node in graph.nodes:
            if wanted(node):
                return node.name
    return ""
