"""Reading Keras' weight files, straight from HDF5 and checked against the model.

Two layouts are known. Keras 3 keeps variables under paths made of layer classes
("layers/conv2d_3/vars/0"); a `.keras` file is a zip archive with such a file in it. Older files,
all of keras.applications among them, list `layer_names` in the model's order, and `weight_names`
in each. Only numbers are read; links to other files are refused.
"""

from __future__ import annotations

import io
import zipfile
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5py
import keras
import numpy as np

from models.naming import snake_case
from models.weights import WeightsError

ARCHIVED = "model.weights.h5"
"""Name of the weight file inside a `.keras` archive."""

MODEL_GROUPS = ("layers", "_layer_checkpoint_dependencies")
"""Where functional and sequential models keep their layers; the second until Keras 2.13."""

BIGGEST_EXPANSION = 100
"""Keras stores weights uncompressed; an archive that unpacks to much more is an attack."""


@dataclass(frozen=True)
class Match:
    """A layer of the model beside what the file has for it."""

    layer: Any
    variables: Sequence[Any]
    label: str
    datasets: Sequence[h5py.Dataset]


def read_values(model: Any, path: Path) -> Iterator[tuple[Any, np.ndarray]]:
    """Every weight of a model with its value from a file.

    All shapes are compared before the first value is given.

    Args:
        model: A functional or sequential model.
        path: A `.weights.h5`, `.h5` or `.keras` file.

    Yields:
        A Keras variable and its value.

    Raises:
        WeightsError: The file is missing, damaged, no weight file, or of another network.
    """
    try:
        with _opened(path) as file:
            for match in _fitting(model, file, path):
                for variable, dataset in zip(match.variables, match.datasets, strict=True):
                    yield variable, dataset[()]
    except WeightsError:
        raise
    except PermissionError as error:
        raise WeightsError(f"{path} cannot be read: permission denied.") from error
    except (OSError, RuntimeError, KeyError, ValueError, TypeError, zipfile.BadZipFile) as error:
        raise WeightsError(
            f"{path} is damaged or no Keras weight file: get it again, or choose another."
        ) from error


@contextmanager
def _opened(path: Path) -> Iterator[h5py.File]:
    """The HDF5 file at a path, or inside the `.keras` archive there."""
    if path.is_dir():
        raise WeightsError(f"{path} is a folder: choose a weight file in it.")
    if not path.exists():
        raise WeightsError(f"There is no file {path}.")
    if not zipfile.is_zipfile(path):
        with h5py.File(path, "r") as file:
            yield file
        return
    with zipfile.ZipFile(path) as archive:
        if ARCHIVED not in archive.namelist():
            raise WeightsError(
                f"{path} holds no weights: choose a .weights.h5, .h5 or .keras file."
            )
        info = archive.getinfo(ARCHIVED)
        if info.file_size > BIGGEST_EXPANSION * max(info.compress_size, 1 << 20):
            raise WeightsError(
                f"{path} would unpack to {info.file_size / 2**30:.1f} GiB and is refused."
            )
        content = io.BytesIO(archive.read(ARCHIVED))
    with h5py.File(content, "r") as file:
        yield file


def _fitting(model: Any, file: h5py.File, path: Path) -> list[Match]:
    """Pairs of layers that agree in every shape and leave none out."""
    matches = _matches(model, file)
    problem = _first_misfit(matches) or _not_covered(model, matches)
    if problem:
        raise WeightsError(f"{path} does not fit {model.name}: {problem}.")
    return matches


def _matches(model: Any, file: h5py.File) -> list[Match]:
    """Pair the model's layers with the file's, in the layout that the file has."""
    whole = _child(file, "model_weights") if "model_weights" in file else file
    names = _names(whole, "layer_names")
    if names:
        return _match_by_order(model, whole, names)
    roots = [name for name in MODEL_GROUPS if name in file]
    if not roots:
        raise KeyError("no weights of Keras")
    matches = list(_match_by_path(model, file, set()))
    matched = {dataset.name for match in matches for dataset in match.datasets}
    return matches + list(_left_over(_child(file, roots[0]), matched))


# Layout of Keras 1 and 2: the order of the layers counts, names do not.


def _match_by_order(model: Any, group: h5py.Group, names: Sequence[str]) -> list[Match]:
    stored = [(name, _child(group, name)) for name in names]
    saved = [
        (name, [_dataset(layer, weight) for weight in weights])
        for name, layer in stored
        if (weights := _names(layer, "weight_names"))
    ]
    layers = [layer for layer in model.layers if layer.weights]
    matches = []
    for index in range(max(len(layers), len(saved))):
        layer = layers[index] if index < len(layers) else None
        label, datasets = saved[index] if index < len(saved) else ("", [])
        variables = layer.trainable_weights + layer.non_trainable_weights if layer else []
        matches.append(Match(layer, variables, label, datasets))
    return matches


def _names(group: h5py.Group, attribute: str) -> list[str]:
    """A list of names, which Keras cuts into numbered attributes where it is long."""
    if attribute in group.attrs:
        parts = [group.attrs[attribute]]
    else:
        parts = []
        while f"{attribute}{len(parts)}" in group.attrs:
            parts.append(group.attrs[f"{attribute}{len(parts)}"])
    return [
        name.decode("utf-8") if isinstance(name, bytes) else str(name)
        for part in parts
        for name in part
    ]


# Layout of Keras 3: a path for each layer, made of attribute and class names.


def _match_by_path(layer: Any, group: h5py.Group, seen: set[int]) -> Iterator[Match]:
    """What a group has for a layer and, as far as the file goes, for the layers inside it."""
    if id(layer) in seen:
        return
    seen.add(id(layer))
    inner: list[Any] = []
    for name in group:
        child = _child(group, name)
        if name == "vars" or not isinstance(child, h5py.Group):
            continue
        # Other layers (Bidirectional, MultiHeadAttention...) keep each inner layer under the name
        # of its attribute.
        of_model = name in MODEL_GROUPS and hasattr(layer, "layers")
        held = layer.layers if of_model else getattr(layer, name, None)
        for part, part_group in _parts(held, child):
            inner.append(part)
            yield from _match_by_path(part, part_group, seen)
    stored = _child(group, "vars") if "vars" in group else ()
    if len(stored):
        elsewhere = {id(weight) for part in inner for weight in part.weights}
        own = [weight for weight in layer.weights if id(weight) not in elsewhere]
        datasets = [_dataset(stored, str(index)) for index in range(len(stored))]
        yield Match(layer, own, _label(stored), datasets)


def _parts(held: Any, group: h5py.Group) -> Iterator[tuple[Any, h5py.Group]]:
    """Layers in an attribute of a layer, each with its group: one, or a list named by class."""
    if isinstance(held, keras.layers.Layer):
        yield held, group
    elif isinstance(held, list | tuple):
        count: Counter[str] = Counter()
        for part in held:
            if isinstance(part, keras.layers.Layer):
                name = snake_case(type(part).__name__)
                key = f"{name}_{count[name]}" if count[name] else name
                count[name] += 1
                if key in group:
                    yield part, _child(group, key)


def _left_over(group: h5py.Group, matched: set[str]) -> Iterator[Match]:
    """What the file has and the model has no layer for; states of random generators aside."""
    for name in group:
        child = _child(group, name)
        if name == "vars":
            datasets = [_dataset(child, number) for number in child]
            if datasets and not matched.intersection(dataset.name for dataset in datasets):
                yield Match(None, [], _label(child), datasets)
        elif isinstance(child, h5py.Group) and name != "seed_generator":
            yield from _left_over(child, matched)


def _label(variables: h5py.Group) -> str:
    """The name that a layer had when it was saved, or its path where Keras did not write one."""
    return str(variables.attrs.get("name", variables.parent.name.strip("/")))


# Safe access.


def _child(group: h5py.Group, name: str) -> Any:
    """A member of this very file; links to elsewhere are refused."""
    for part in name.split("/"):
        if not isinstance(group.get(part, getlink=True), h5py.HardLink):
            raise TypeError(f"{part} is a link")
        group = group[part]
    return group


def _dataset(group: h5py.Group, name: str) -> h5py.Dataset:
    dataset = _child(group, name)
    if not isinstance(dataset, h5py.Dataset) or dataset.external or dataset.is_virtual:
        raise TypeError(f"{name} is no plain dataset")
    if dataset.dtype.kind not in "fiu" or dataset.attrs.get("dtype") == "bfloat16":
        raise TypeError(f"{name} is of type {dataset.dtype}")
    return dataset


# Saying what does not fit.


def _first_misfit(matches: Sequence[Match]) -> str | None:
    for match in matches:
        wanted = [tuple(variable.shape) for variable in match.variables]
        found = [tuple(dataset.shape) for dataset in match.datasets]
        if wanted == found:
            continue
        if match.layer is None:
            return f"the file has one more layer, {match.label!r} with {_shapes(found)}"
        needs = ", ".join(
            f"{variable.name} {_shape(shape)}"
            for variable, shape in zip(match.variables, wanted, strict=True)
        )
        layer = (
            f"layer {match.layer.name!r} ({type(match.layer).__name__}) needs {needs or 'nothing'}"
        )
        if not found:
            return f"{layer}, the file has nothing for it"
        return f"{layer}, the file has {_shapes(found)} in {match.label!r}"
    return None


def _not_covered(model: Any, matches: Sequence[Match]) -> str | None:
    """The first layer with a weight that the file says nothing about."""
    covered = {id(variable) for match in matches for variable in match.variables}
    missing = (
        Match(layer, rest, "", [])
        for layer in model.layers
        if (rest := [weight for weight in layer.weights if id(weight) not in covered])
    )
    return _first_misfit(list(missing))


def _shapes(shapes: Sequence[Sequence[int]]) -> str:
    return ", ".join(_shape(shape) for shape in shapes)


def _shape(shape: Sequence[int]) -> str:
    return " x ".join(map(str, shape)) or "one number"
