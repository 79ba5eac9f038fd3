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


WITH_OR_WITHOUT_TOP: Mapping[str, tuple[Any, ...]] = MappingProxyType(
    {"include_top": (True, False)}
)
"""The variants of a network that has no others: with or without its classifier."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Architecture:
    """A paper's network, buildable as a Keras model.

    Attributes:
        builder: "module:function"; called with `input_shape`, `classes` and `options`.
        classes: Number of classes; 0 for an exhibit, which classifies nothing.
        options: Keyword arguments fixed for this entry (depth, groups, width...).
        variants: Further keyword arguments that a reader may want to change, each with the values
            to choose from; the first is the paper's.
        minimum_size: Smallest spatial input that works, in height and width.
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
    variants: Mapping[str, tuple[Any, ...]] = field(default_factory=lambda: WITH_OR_WITHOUT_TOP)
    minimum_size: int = 1
    parent: str | None = None
    notes: tuple[str, ...] = ()
    exhibit: bool = False

    def build(
        self,
        input_shape: tuple[int, int, int] | None = None,
        classes: int | None = None,
        **variant: Any,
    ) -> Any:
        """Build the Keras model (imports Keras).

        Args:
            input_shape: (H, W, C); the paper's when None.
            classes: Number of classes; the paper's when None.
            **variant: Values for some of `variants`.

        Returns:
            A functional `keras.Model`, every layer named.

        Raises:
            ValueError: The network has no such variant, classifies nothing, or needs a larger
                input; then the layer that has nothing left to compute on is named.
        """
        for name, value in variant.items():
            if value not in self.variants.get(name, ()):
                known = "; ".join(
                    f"{name}: {', '.join(map(str, values))}"
                    for name, values in self.variants.items()
                )
                raise ValueError(
                    f"{self.name} has no variant with {name} = {value!r}. "
                    + (f"It has {known}." if known else "It has none.")
                )
        if classes is not None and self.exhibit:
            raise ValueError(f"{self.name} classifies nothing: leave the number of classes out.")
        if classes is not None and classes < 1:
            raise ValueError(f"{self.name} needs one class or more, not {classes}.")
        size = input_shape or self.input_shape
        classes = classes or self.classes
        if min(size[:2]) < self.minimum_size:
            self._refuse_too_small(size, classes, variant)
        return self._build(size, classes, variant)

    def _build(
        self, input_shape: tuple[int, int, int], classes: int, variant: Mapping[str, Any]
    ) -> Any:
        module, function = self.builder.split(":")
        build = getattr(importlib.import_module(module), function)
        classified = {} if self.exhibit else {"classes": classes}
        return build(input_shape=input_shape, **classified, **{**self.options, **variant})

    def _refuse_too_small(
        self, size: tuple[int, int, int], classes: int, variant: Mapping[str, Any]
    ) -> None:
        """Raise, unless this variant takes smaller inputs than the paper's network."""
        from models.assign import symbolic
        from models.too_small import breaking_layer

        with symbolic():
            layer = breaking_layer(self._build(self.input_shape, classes, variant), size)
        if layer:
            raise ValueError(
                f"An input of {size[0]}x{size[1]} is too small for {self.name}: its layer "
                f"{layer!r} would have nothing left to compute on. "
                f"The smallest is {self.minimum_size}x{self.minimum_size}."
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
