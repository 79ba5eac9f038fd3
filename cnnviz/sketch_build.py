"""Building a model layer by layer as far as it goes, to find the edge at which it fails.

Only for models that cannot be built as a whole. Layers of Keras and of the catalog are made from
their descriptions, in Keras' safe mode, without weights; whatever else a file names stays a box
with a label. Keras is imported only inside the functions.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from cnnviz.errors import UserError, reason
from cnnviz.graph import LayerGraph, Shape, Source
from cnnviz.sketch import UNKNOWN, Call, Fault, Sketch

_LONGEST = 160
_TENSOR = "__keras_tensor__"


def built(sketch: Sketch, check: Callable[[Mapping[str, Any]], None]) -> Sketch:
    """Find what the layers really hand on, and where one does not take it.

    Args:
        sketch: What the file says.
        check: Raises a UserError for a description that must not be built, as it carries code or
            names what is not here.

    Returns:
        The same with the shapes that could be worked out, and the faults that were found.
    """
    build = _Build(check)
    for call in sketch.calls:
        build.add(call)
    nodes = tuple(
        replace(node, output_shapes=build.shapes_of(node.name, len(node.output_shapes)))
        for node in sketch.graph.nodes
    )
    graph = LayerGraph(sketch.graph.name, nodes, sketch.graph.outputs)
    return replace(sketch, graph=graph, faults=(*sketch.faults, *build.faults))


class _CannotTell(Exception):
    """Keras may well build this layer; from here it cannot be done."""


class _Build:
    def __init__(self, check: Callable[[Mapping[str, Any]], None]) -> None:
        self.faults: list[Fault] = []
        self._check = check
        self._layers: dict[int, Any] = {}
        self._tensors: dict[Source, Any] = {}

    def shapes_of(self, name: str, count: int) -> tuple[Shape, ...]:
        """The shapes that a node hands on."""
        found = [self._tensors.get(Source(name, i)) for i in range(count)]
        return tuple(UNKNOWN if t is None else tuple(t.shape[1:]) for t in found)

    def add(self, call: Call) -> None:
        """Make one call, or take the word of the file for what it hands on."""
        import keras

        given = [self._tensors.get(source) for source in call.node.sources]
        made: list[Any] = []
        ready = bool(given) and all(tensor is not None for tensor in given)
        if call.node.type != "InputLayer" and call.node.known and ready:
            fault = self._misfit(call, given)
            if fault is None:
                try:
                    made = keras.tree.flatten(self._result(call, given))
                except _CannotTell:
                    pass
                except Exception as error:  # noqa: BLE001 - Keras raises whatever its layers raise
                    fault = self._refused(call, given, error)
            if fault is not None:
                self.faults.append(fault)
        for i, told in enumerate(call.node.output_shapes):
            source = Source(call.node.name, i)
            if i < len(made) and isinstance(made[i], keras.KerasTensor):
                self._tensors[source] = made[i]
            elif told != UNKNOWN:
                self._tensors[source] = keras.KerasTensor((None, *told))

    def _result(self, call: Call, given: list[Any]) -> Any:
        import keras

        if call.origin not in self._layers:
            described = {k: v for k, v in call.layer.items() if k not in _CALLS}
            self._check(described)
            if "module" not in described:  # as older files have it
                if not hasattr(keras.layers, call.node.type):
                    raise _CannotTell
                described |= {"module": "keras.layers", "registered_name": None}
            made = keras.saving.deserialize_keras_object(described, safe_mode=True)
            self._layers[call.origin] = made
        args, kwargs = _arguments(call.inbound, given)
        return self._layers[call.origin](*args, **kwargs)

    def _misfit(self, call: Call, given: list[Any]) -> Fault | None:
        """Where a layer was saved as taking another shape than what it gets."""
        if len(call.wanted) != len(given):
            return None
        for source, tensor, wanted in zip(call.node.sources, given, call.wanted, strict=True):
            has = tuple(tensor.shape[1:])
            alike = len(has) == len(wanted) and all(
                a is None or b is None or a == b for a, b in zip(has, wanted, strict=True)
            )
            if not alike:
                text = (
                    f"{source.node} hands on {_in_words(has)}, and {call.node.name} was saved to "
                    f"take {_in_words(wanted)}"
                )
                return Fault(call.node.name, text, source.node)
        return None

    def _refused(self, call: Call, given: list[Any], error: Exception) -> Fault:
        """Which edge a layer does not take, as far as that can be told."""
        node = call.node
        if isinstance(error, UserError):
            return Fault(node.name, str(error))
        shapes = [tuple(tensor.shape[1:]) for tensor in given]
        names = [source.node for source in node.sources]
        if call.origin not in self._layers:
            return Fault(node.name, f"{node.type} cannot be made as described: {_brief(error)}")
        odd = next((i for i, shape in enumerate(shapes) if shape != shapes[0]), 0)
        if odd:
            text = (
                f"{names[0]} hands on {_in_words(shapes[0])} and {names[odd]} "
                f"{_in_words(shapes[odd])}: {node.name} ({node.type}) cannot join them"
            )
            return Fault(node.name, text, names[odd])
        text = f"{names[0]} hands on {_in_words(shapes[0])}, which {node.name} ({node.type}) "
        return Fault(node.name, f"{text}does not take: {_brief(error)}", names[0])


_CALLS = ("inbound_nodes", "build_config", "compile_config")


def _arguments(inbound: Any, given: list[Any]) -> tuple[list[Any], dict[str, Any]]:
    """The arguments of a call, with the tensors where the description has them."""
    tensors = iter(given)

    def fill(value: Any) -> Any:
        if isinstance(value, dict):
            if value.get("class_name") == _TENSOR:
                return next(tensors, None)
            if "class_name" in value:
                raise _CannotTell
            return {key: fill(each) for key, each in value.items()}
        return [fill(each) for each in value] if isinstance(value, list) else value

    if isinstance(inbound, dict):
        return fill(inbound.get("args") or []), fill(inbound.get("kwargs") or {})
    return [given[0] if len(given) == 1 else given], {}


def _brief(error: Exception) -> str:
    """The first sentence of what Keras says, as far as it can be read at a glance."""
    text = reason(error).partition(". ")[0]
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


def _in_words(shape: Shape) -> str:
    return "×".join("?" if size is None else str(size) for size in shape) or "a number"
