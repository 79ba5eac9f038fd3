"""A model as Python code that builds it again with Keras' functional API.

Imports Keras only inside the functions.
"""

from __future__ import annotations

import inspect
import keyword
import re
from collections.abc import Iterator, Mapping
from typing import Any

from cnnviz.calls import Call, calls_and_outputs
from cnnviz.errors import UserError

_WIDTH = 100


def keras_code(model: Any) -> str:
    """Write the code of a model; settings that are Keras' defaults are left out.

    Args:
        model: A functional or Sequential `keras.Model`, with or without weights.

    Returns:
        Python source that leaves the model, with new weights, in the name `model`.

    Raises:
        UserError: A call in it has no name in Keras' public API.
    """
    calls, outputs = calls_and_outputs(model)
    names = _Names()
    shared: dict[int, str] = {}
    often = _called_often(calls)
    lines: list[str] = []
    modules = {"keras"}
    for call in calls:
        operation = call.operation
        if not call.is_input and id(operation) in often and id(operation) not in shared:
            shared[id(operation)] = names.of(f"{operation.name}_layer")
            lines.append(f"{shared[id(operation)]} = {_maker(operation, modules)}")
        lines.append(f"{names.of(call.name)} = {_call(call, calls, names, shared, modules)}")
    results = [names.of(source.node, source.output, calls) for source in outputs]
    inputs = [names.of(call.name) for call in calls if call.is_input]
    lines.append(
        f"model = keras.Model({_one_or_list(inputs)}, {_one_or_list(results)}, name={model.name!r})"
    )
    imports = [f"import {module}" for module in sorted(modules, key=lambda m: (m != "keras", m))]
    return "\n".join([*imports, "", *map(_wrapped, lines), ""])


class _Names:
    """Python names of tensors and shared layers."""

    def __init__(self) -> None:
        self._names: dict[str, str] = {}

    def of(self, name: str, output: int = 0, calls: tuple[Call, ...] = ()) -> str:
        """The variable of a node's result; of one with several outputs, an item of it."""
        if name not in self._names:
            base = re.sub(r"\W+", "_", name).strip("_") or "x"
            base = f"x_{base}" if base[0].isdigit() or keyword.iskeyword(base) else base
            taken = {*self._names.values(), "keras", "model"}
            variable, number = base, 2
            while variable in taken:
                variable, number = f"{base}_{number}", number + 1
            self._names[name] = variable
        several = any(call.name == name and len(call.outputs) > 1 for call in calls)
        return f"{self._names[name]}[{output}]" if several else self._names[name]


def _called_often(calls: tuple[Call, ...]) -> set[int]:
    counts: dict[int, int] = {}
    for call in calls:
        counts[id(call.operation)] = counts.get(id(call.operation), 0) + 1
    return {operation for operation, count in counts.items() if count > 1}


def _one_or_list(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"[{', '.join(names)}]"


class _Bare(str):
    """A name in code: written without quotes, also inside lists."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)


def _call(
    call: Call,
    calls: tuple[Call, ...],
    names: _Names,
    shared: Mapping[int, str],
    modules: set[str],
) -> str:
    import keras

    operation = call.operation
    if call.is_input:
        (tensor,) = call.outputs
        dtype = "" if tensor.dtype == "float32" else f", dtype={tensor.dtype!r}"
        return f"keras.Input({tuple(tensor.shape[1:])!r}{dtype}, name={operation.name!r})"
    args, kwargs = call.arguments(
        _Bare(names.of(source.node, source.output, calls)) for source in call.sources
    )
    given = ", ".join([*map(repr, args), *(f"{key}={value!r}" for key, value in kwargs.items())])
    if isinstance(operation, keras.layers.Layer):
        maker = shared.get(id(operation)) or _maker(operation, modules)
        return f"{maker}({given})"
    function = _function(operation)
    if function is None:
        raise UserError(
            f"{call.name!r} is a call of {type(operation).__name__}, which has no name in Keras' "
            "public functions: this model cannot be written as code."
        )
    settings = ", ".join(f"{key}={value}" for key, value in _settings(operation, modules))
    return f"keras.ops.{function}({', '.join(part for part in (given, settings) if part)})"


def _function(operation: Any) -> str | None:
    """Name in `keras.ops` of what an operation does."""
    import keras

    name = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", type(operation).__name__).lower()
    return name if hasattr(keras.ops, name) else None


def _maker(layer: Any, modules: set[str]) -> str:
    """The expression that makes a layer."""
    settings = [f"{key}={value}" for key, value in _settings(layer, modules)]
    return f"{_path(type(layer), modules)}({', '.join([*settings, f'name={layer.name!r}'])})"


def _path(kind: type, modules: set[str]) -> str:
    """How code calls a class: "keras.layers.Conv2D", or by the module that it is defined in."""
    import keras

    if getattr(keras.layers, kind.__name__, None) is kind:
        return f"keras.layers.{kind.__name__}"
    modules.add(kind.__module__)
    return f"{kind.__module__}.{kind.__name__}"


def _settings(operation: Any, modules: set[str]) -> Iterator[tuple[str, str]]:
    """Settings other than Keras' defaults, as code."""
    defaults = _defaults(type(operation))
    for key, value in operation.get_config().items():
        if key in ("name", "dtype") or key not in defaults:
            continue
        written = _value(value, modules)
        if key == "trainable" and value is True:
            continue
        if written != _value(_canonical(key, defaults[key]), modules):
            yield key, written


def _defaults(kind: type) -> dict[str, Any]:
    """Every parameter of a class's constructors, with its default."""
    found: dict[str, Any] = {}
    for base in kind.__mro__:
        if "__init__" in vars(base):
            for name, parameter in inspect.signature(base.__init__).parameters.items():  # type: ignore[misc]
                found.setdefault(name, parameter.default)
    return found


def _canonical(key: str, default: Any) -> Any:
    """A default in the form in which a configuration would give it."""
    import keras

    if key.endswith("_initializer") and isinstance(default, str):
        return keras.saving.serialize_keras_object(keras.initializers.get(default))
    if key == "data_format" and default is None:
        return keras.config.image_data_format()
    return default


def _value(value: Any, modules: set[str]) -> str:
    """A value of a configuration as code."""
    import keras

    if isinstance(value, str) and ">" in value:  # a function that was registered with Keras
        function = keras.saving.get_registered_object(value)
        if function is not None:
            modules.add(function.__module__)
            return f"{function.__module__}.{function.__name__}"
    if isinstance(value, Mapping) and "class_name" in value:
        name = value["class_name"]
        if value.get("module") == "builtins" or name == "function":
            return _value(value["config"], modules)
        module = value.get("module") or "keras"
        inner = ", ".join(
            f"{key}={_value(item, modules)}" for key, item in value.get("config", {}).items()
        )
        if not module.startswith("keras"):
            modules.add(module)
        return f"{module}.{name}({inner})"
    if isinstance(value, list | tuple):
        items = [_value(item, modules) for item in value]
        return f"({', '.join(items)}{',' if len(items) == 1 else ''})"
    return _written(value)


def _written(value: Any) -> str:
    """A plain value as code."""
    if hasattr(value, "tolist"):
        return repr(value.tolist())
    return repr(value)


def _wrapped(line: str) -> str:
    """A long line, its outermost call broken open."""
    if len(line) <= _WIDTH:
        return line
    at = line.index("(")
    depth, parts, start = 0, [], at + 1
    # A name may hold brackets and commas: what is quoted is left alone.
    bare = re.sub(r"'(?:\\.|[^'\\])*'|\"(?:\\.|[^\"\\])*\"", lambda m: "_" * len(m[0]), line)
    for i, letter in enumerate(bare[at:], at):
        depth += {"(": 1, "[": 1, ")": -1, "]": -1}.get(letter, 0)
        if (letter == "," and depth == 1) or depth == 0:
            parts.append(line[start:i].strip())
            start = i + 1
        if depth == 0:
            body = "".join(f"    {part},\n" for part in parts if part)
            return f"{line[: at + 1]}\n{body}{line[i:]}"
    return line
