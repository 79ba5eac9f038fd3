"""The catalog: what each architecture is, and how to find it. Plain data: imports no Keras.

The records stand in `models/facts/`, one file a family, beside the builders in `models/`.
"""

from __future__ import annotations

import difflib
import importlib
import pkgutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from types import MappingProxyType
from typing import Any, Literal

import models.facts


@dataclass(frozen=True, slots=True)
class Accuracy:
    """A published accuracy, in per cent right; None where the source gives none."""

    top1: float | None
    top5: float | None
    protocol: str
    source: str


@dataclass(frozen=True, slots=True)
class Preprocessing:
    """How a photo becomes the input tensor: resize the short side, crop the centre, scale.

    Attributes:
        resize: Length of the short side after resizing; None stretches straight to the input size.
        order: Channel order of the tensor; "grey" for one channel.
        scale: Pixels 0..255 are multiplied by it first.
        mean: Then subtracted, per channel in `order`.
        std: Then divided by, per channel in `order`.
        invert: Dark ink on light paper becomes light on dark, as the digits are.
    """

    resize: int | None = None
    order: Literal["rgb", "bgr", "grey"] = "rgb"
    scale: float = 1.0
    mean: tuple[float, ...] = (0.0, 0.0, 0.0)
    std: tuple[float, ...] = (1.0, 1.0, 1.0)
    invert: bool = False


@dataclass(frozen=True, slots=True)
class WeightSource:
    """Trained weights.

    Attributes:
        kind: "shipped" stands in `models/assets/weights`; "keras" is keras.applications' own file;
            "timm" a published model.safetensors.
        location: File name of a shipped one, URL of a download.
        sha256: Of the file ("md5:..." where the publisher gives that).
        dataset: What it was trained on; names the class labels ("imagenet", "digits").
        note: Licence, accuracy of these very weights, remarks.
    """

    kind: Literal["shipped", "keras", "timm"]
    location: str
    sha256: str | None
    dataset: str
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Architecture:
    """A paper's network, buildable as a Keras model.

    Attributes:
        builder: "module:function"; called with `input_shape`, `classes` and `options`.
        options: Keyword arguments fixed for this entry (depth, groups, width...).
        minimum_size: Smallest spatial input that works.
        key_ideas: What was new, two or three sentences of our own.
        parent: Catalog id of what it grew from.
        notes: Where sources disagree, and which one is built here.
        exhibit: A building block, not a whole network.
    """

    id: str
    name: str
    family: str
    year: int
    authors: str
    paper: str
    venue: str
    arxiv: str | None
    input_shape: tuple[int, int, int]
    classes: int
    builder: str
    key_ideas: str
    preprocessing: Preprocessing = Preprocessing()
    accuracy: tuple[Accuracy, ...] = ()
    weights: tuple[WeightSource, ...] = ()
    options: Mapping[str, Any] = field(default_factory=dict)
    minimum_size: int = 32
    parent: str | None = None
    notes: tuple[str, ...] = ()
    exhibit: bool = False

    def build(
        self, input_shape: tuple[int, int, int] | None = None, classes: int | None = None
    ) -> Any:
        """Build the Keras model (imports Keras).

        Args:
            input_shape: (H, W, C); the paper's when None.
            classes: Number of classes; the paper's when None.

        Returns:
            A functional `keras.Model`, every layer named.
        """
        module, function = self.builder.split(":")
        build = getattr(importlib.import_module(module), function)
        return build(
            input_shape=input_shape or self.input_shape,
            classes=classes or self.classes,
            **self.options,
        )


@cache
def catalog() -> Mapping[str, Architecture]:
    """Every architecture by id, oldest first."""
    entries: list[Architecture] = []
    for info in pkgutil.iter_modules(models.facts.__path__):
        entries += importlib.import_module(f"models.facts.{info.name}").ARCHITECTURES
    entries.sort(key=lambda entry: (entry.exhibit, entry.year))
    by_id = {entry.id: entry for entry in entries}
    if len(by_id) != len(entries):
        raise ValueError("Two architectures share an id.")
    return MappingProxyType(by_id)


def find(name: str) -> Architecture:
    """Look an architecture up by id.

    Raises:
        KeyError: With the nearest ids, when there is none of that name.
    """
    entries = catalog()
    if name in entries:
        return entries[name]
    near = difflib.get_close_matches(name.lower(), entries, n=3, cutoff=0.4)
    hint = f" Did you mean {', '.join(near)}?" if near else ""
    raise KeyError(f"There is no architecture {name!r}.{hint}")
