"""Reading weights that timm publishes, straight from their safetensors file.

PyTorch keeps convolutions as (out, in, height, width) and dense layers as (out, in); Keras as
(height, width, in, out) and (in, out). The rest is a table of names: which of our layers is which
of timm's modules. The networks themselves are built to compute the same (padding, epsilon of the
normalisation).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from math import prod
from pathlib import Path
from types import MappingProxyType
from typing import Any

import keras
import numpy as np
from safetensors import SafetensorError, safe_open

from models.weights import WeightsError

# What a layer keeps, by Keras' name and PyTorch's.
_NORMALISATION = {
    "gamma": "weight",
    "beta": "bias",
    "moving_mean": "running_mean",
    "moving_variance": "running_var",
}
_KERNEL = {"kernel": "weight", "bias": "bias"}

Modules = Callable[[Any], Mapping[str, str]]
"""From a model to timm's module for each of its layers that has weights."""


def read_values(
    model: Any, path: Path, modules: Modules | None = None
) -> Iterator[tuple[Any, np.ndarray]]:
    """Every weight of a model with its value from a file.

    All shapes are compared before the first value is given.

    Args:
        model: One of the catalog's that `MODULES` knows by name.
        path: A `.safetensors` file.
        modules: Takes the place of the table.

    Yields:
        A Keras variable and its value.

    Raises:
        WeightsError: The file is missing, damaged, or of another network; then the first tensor
            that differs is named, with both shapes.
    """
    modules = modules or MODULES.get(model.name)
    if modules is None:
        raise WeightsError(
            f"{path} holds weights as timm publishes them, which fit {', '.join(MODULES)}: "
            f"{model.name} needs a .weights.h5, .h5 or .keras file."
        )
    if not path.is_file():
        raise WeightsError(f"There is no file {path}.")
    try:
        with safe_open(path, framework="numpy") as file:
            shapes = {name: tuple(file.get_slice(name).get_shape()) for name in file.keys()}  # noqa: SIM118
            wanted = dict(_tensors(model, modules(model)))
            problem = _first_misfit(wanted, shapes)
            if problem:
                raise WeightsError(f"{path} does not fit {model.name}: {problem}.")
            for name, (layer, variable) in wanted.items():
                tensor = file.get_tensor(name)
                turned = tensor.transpose(_axes(layer, tensor.ndim))
                yield variable, turned.reshape(_shape_in_keras(layer, tensor.shape))
    except (SafetensorError, OSError, TypeError) as error:
        raise WeightsError(
            f"{path} is damaged or no safetensors file: get it again, or choose another."
        ) from error


def _tensors(model: Any, modules: Mapping[str, str]) -> Iterator[tuple[str, tuple[Any, Any]]]:
    """Name of the tensor in the file for each variable, with the layer that has it."""
    for layer in model.layers:
        normalises = isinstance(layer, keras.layers.BatchNormalization)
        for variable in layer.weights:
            name = (_NORMALISATION if normalises else _KERNEL)[variable.name]
            yield f"{modules[layer.name]}.{name}", (layer, variable)


def _first_misfit(
    wanted: Mapping[str, tuple[Any, Any]], shapes: Mapping[str, tuple[int, ...]]
) -> str | None:
    for name, (layer, variable) in wanted.items():
        needed = f"layer {layer.name!r} needs {_shape(variable.shape)}"
        if name not in shapes:
            return f"{needed} for its {variable.name}, the file has no tensor {name!r}"
        if _shape_in_keras(layer, shapes[name]) != tuple(variable.shape):
            return f"{needed}, the file has {_shape(shapes[name])} in {name!r}"
    for name in shapes:
        if name not in wanted and not name.endswith(".num_batches_tracked"):
            return f"the file has one more tensor, {name!r} with {_shape(shapes[name])}"
    return None


def _axes(layer: Any, dimensions: int) -> tuple[int, ...]:
    """PyTorch's axes in Keras' order."""
    if dimensions == 4:
        depthwise = isinstance(layer, keras.layers.DepthwiseConv2D)
        return (2, 3, 0, 1) if depthwise else (2, 3, 1, 0)
    return tuple(reversed(range(dimensions)))


def _shape_in_keras(layer: Any, shape: tuple[int, ...]) -> tuple[int, ...]:
    turned = tuple(shape[axis] for axis in _axes(layer, len(shape)))
    if isinstance(layer, keras.layers.Dense) and len(shape) == 4:
        # Behind maps, timm has a convolution as large as they are: flattened in the order height,
        # width, channel, as Keras' Flatten does, it is the dense layer.
        return (prod(turned[:3]), turned[3])
    return turned


def _shape(shape: tuple[int, ...]) -> str:
    return " x ".join(map(str, shape)) or "one number"


def _resnet(model: Any) -> dict[str, str]:
    names = {"conv1_conv": "conv1", "conv1_bn": "bn1", "predictions": "fc"}
    for layer in model.layers:
        block = re.fullmatch(r"conv(\d)_block(\d+)_(\d)_(conv|bn)", layer.name)
        if block:
            stage, number, step, kind = block.groups()
            part = f"{kind}{step}" if step != "0" else f"downsample.{['conv', 'bn'].index(kind)}"
            names[layer.name] = f"layer{int(stage) - 1}.{int(number) - 1}.{part}"
    return names


def _vgg(model: Any) -> dict[str, str]:
    names = {"fc1": "pre_logits.fc1", "fc2": "pre_logits.fc2", "predictions": "head.fc"}
    position = 0
    for layer in model.layers:
        if isinstance(layer, keras.layers.Conv2D):
            names[layer.name] = f"features.{position}"
            position += 2  # The activation is a module of its own.
        elif isinstance(layer, keras.layers.MaxPooling2D):
            position += 1
    return names


def _inception_v4(model: Any) -> dict[str, str]:
    # First in timm's list of modules, by our name.
    firsts = {"stem_conv": 0, "inception_a": 6, "inception_b": 11, "inception_c": 19}
    singles = {"stem_3a": 3, "stem_4a": 4, "stem_5a": 5, "reduction_a": 10, "reduction_b": 18}
    names = {"predictions": "last_linear"}
    for layer in model.layers:
        unit = re.fullmatch(r"(.+)_(conv|bn)", layer.name)
        if not layer.weights or not unit:
            continue
        path, kind = unit.groups()
        module, _, branch = path.partition("_branch")
        numbered = re.fullmatch(r"(stem_conv|inception_[abc])(\d)", module)
        index = firsts[numbered[1]] + int(numbered[2]) - 1 if numbered else singles[module]
        if branch:
            inside = _inception_v4_branch(module, branch, model)
        else:
            inside = "conv." if module in ("stem_3a", "stem_5a") else ""
        names[layer.name] = f"features.{index}.{inside}{kind}"
    return names


def _inception_v4_branch(module: str, branch: str, model: Any) -> str:
    """Path inside a module: "2_3" is the third convolution of the branch with number 2."""
    number, _, step = branch.partition("_")
    if module.startswith("inception") and number == "3":
        return "branch3.1."  # After the pooling.
    if module.startswith("inception_c") and number != "0":
        forks = {"fork_1x3": "a", "fork_3x1": "b"}
        if step in forks:
            return f"branch{number}_{1 if number == '1' else 3}{forks[step]}."
        return f"branch{number}_{int(step) - 1}."
    alone = not any(layer.name.startswith(f"{module}_branch{number}_2") for layer in model.layers)
    return f"branch{number}." if alone else f"branch{number}.{int(step) - 1}."


MODULES: Mapping[str, Modules] = MappingProxyType(
    {
        "vgg11": _vgg,
        "vgg13": _vgg,
        "resnet18": _resnet,
        "resnet34": _resnet,
        "resnext50_32x4d": _resnet,
        "resnext101_32x8d": _resnet,
        "resnext101_64x4d": _resnet,
        "inception_v4": _inception_v4,
    }
)
"""By the name of the model, for the networks whose weights timm publishes."""
