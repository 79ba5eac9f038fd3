"""Reading the parts of a model's description that may be anything: nothing here ever raises."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from cnnviz.extract import SETTINGS
from cnnviz.graph import Shape

_LONGEST_NAME = 120
_LARGEST = 1 << 40
_TENSOR = "__keras_tensor__"

Key = tuple[str, int, int]
"""A tensor in a description: a layer, which of its calls, which of its outputs."""


def mapping(value: Any) -> Mapping[str, Any]:
    """A JSON object; an empty one for anything else."""
    return value if isinstance(value, dict) else {}


def items(value: Any) -> list[Any]:
    """A JSON list; an empty one for anything else."""
    return value if isinstance(value, list) else []


def text_of(value: Any) -> str:
    """A text of one line and bearable length; an empty one for anything else."""
    if not isinstance(value, str):
        return ""
    return "".join(letter for letter in value[:_LONGEST_NAME] if letter.isprintable()).strip()


def name_of(layer: Mapping[str, Any]) -> str:
    """What to call a layer."""
    own = mapping(layer.get("config")).get("name")
    return text_of(layer.get("name")) or text_of(own) or text_of(layer.get("class_name")) or "layer"


def is_of_keras(layer: Mapping[str, Any]) -> bool:
    """Whether a layer is said to be one of Keras' or of the catalog; old files say nothing."""
    module = layer.get("module")
    return module is None or (
        isinstance(module, str) and module.split(".")[0] in ("keras", "models")
    )


def _whole(value: Any, least: int = 0) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and least <= value < _LARGEST


def shape_of(value: Any) -> Shape | None:
    """A shape with the batch axis, without it."""
    if not isinstance(value, list) or not 1 <= len(value) <= 8:
        return None
    if not all(size is None or _whole(size) for size in value):
        return None
    return tuple(value[1:])


def wanted_shapes(layer: Mapping[str, Any]) -> tuple[Shape, ...]:
    """The shapes that a layer was built for, by input."""
    told = mapping(layer.get("build_config")).get("input_shape")
    one = shape_of(told)
    if one is not None:
        return (one,)
    several = [shape_of(each) for each in items(told)]
    return tuple(each for each in several if each is not None) if all(several) else ()


def tensors_in(inbound: Any) -> Iterator[tuple[Key, Shape | None]]:
    """The tensors among the arguments of a call, in order, with the shape that is told of them.

    Newer files describe a tensor as an object; older ones as [layer, call, output, options].
    """
    waiting = [inbound]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            if value.get("class_name") == _TENSOR:
                config = mapping(value.get("config"))
                for told in keys_in(config.get("keras_history")):
                    yield told, shape_of(config.get("shape"))
            else:
                waiting += reversed(list(value.values()))
        elif isinstance(value, list):
            key = _key(value)
            if key is not None:
                yield key, None
            else:
                waiting += reversed(value)


def _key(value: Any) -> Key | None:
    if isinstance(value, list) and 3 <= len(value) <= 4 and isinstance(value[0], str):
        name, number, output = value[:3]
        if _whole(number) and _whole(output) and output < 64:
            return text_of(name), number, output
    return None


def keys_in(value: Any) -> list[Key]:
    """The tensors that a model begins or ends with: one, a list, or a nest of them by name."""
    found, waiting = [], [value]
    while waiting:
        each = waiting.pop()
        key = _key(each)
        if key is not None:
            found.append(key)
        elif isinstance(each, list):
            waiting += reversed(each)
        elif isinstance(each, dict):
            waiting += reversed(list(each.values()))
    return found


def settings_of(config: Mapping[str, Any]) -> dict[str, Any]:
    """What a reader wants to know of a layer: plain values only."""
    found: dict[str, Any] = {}
    for key in SETTINGS:
        value = config.get(key)
        if isinstance(value, str):
            found[key] = text_of(value)
        elif isinstance(value, bool | float) or _whole(value, -_LARGEST):
            found[key] = value
        elif isinstance(value, list) and 0 < len(value) <= 8:
            found[key] = tuple(each if _whole(each, -_LARGEST) else None for each in value)
    return found
