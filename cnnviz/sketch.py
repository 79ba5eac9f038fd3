"""What the description of a model says, read without Keras: for models that cannot be built.

A description is the JSON that Keras writes into a `.keras` or `.h5` file. Here it is only data:
nothing that it names is looked up, imported or called, and anything may be missing, wrong or of
absurd size. What can be read becomes a layer graph; what cannot is told as a fault.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from cnnviz.described import (
    Key,
    is_of_keras,
    items,
    keys_in,
    mapping,
    name_of,
    settings_of,
    shape_of,
    tensors_in,
    text_of,
    wanted_shapes,
)
from cnnviz.errors import UserError
from cnnviz.graph import LayerGraph, Node, Shape, Source
from cnnviz.kinds import is_known_type
from cnnviz.modelfile import CODE

MOST_NODES = 5000
_MOST_DEPTH = 24
_MOST_FAULTS = 50
_TOO_MANY = f"The file describes more than {MOST_NODES:,} layers: that is not drawn."
UNKNOWN: Shape = (None,)
"""The shape of what nobody knows."""


@dataclass(frozen=True, slots=True)
class Fault:
    """What does not fit.

    Attributes:
        node: Where.
        text: What, in a sentence without its full stop.
        source: The node at the other end of the edge that fails; None where it is the node itself.
    """

    node: str
    text: str
    source: str | None = None


@dataclass(frozen=True)
class Call:
    """One call of a layer, as described.

    Attributes:
        node: Its node.
        layer: The layer's description.
        inbound: The arguments of the call, as described; None where a layer follows another.
        origin: Of which layer it is a call: the same for all calls of one layer.
        wanted: The shapes that its layer was saved as taking, by input; empty where not told.
    """

    node: Node
    layer: Mapping[str, Any]
    inbound: Any
    origin: int
    wanted: tuple[Shape, ...] = ()


@dataclass(frozen=True)
class Sketch:
    """What could be read.

    Attributes:
        graph: The layers and edges; a shape that nobody knows is `UNKNOWN`.
        faults: What does not fit.
        calls: What stands behind each node of the graph, in its order.
    """

    graph: LayerGraph
    faults: tuple[Fault, ...]
    calls: tuple[Call, ...] = field(default=(), repr=False)


def sketch_of(config: Mapping[str, Any], name: str) -> Sketch:
    """Read a description.

    Args:
        config: As the file has it.
        name: What to call the model.

    Raises:
        UserError: It holds no layers that could be drawn, or absurdly many.
    """
    reading = _Reading()
    outputs = reading.model(config, "", None, 0)
    if not reading.calls:
        raise UserError(f"{name} describes no layers: there is no graph to show.")
    counts: dict[str, int] = {}
    for source in [*reading.shapes, *(s for call in reading.calls for s in call.node.sources)]:
        counts[source.node] = max(counts.get(source.node, 1), source.output + 1)
    nodes = [
        replace(
            call.node,
            output_shapes=tuple(
                reading.shapes.get(Source(call.node.name, i), UNKNOWN)
                for i in range(counts.get(call.node.name, 1))
            ),
        )
        for call in reading.calls
    ]
    calls = tuple(replace(call, node=node) for call, node in zip(reading.calls, nodes, strict=True))
    known = {node.name: node for node in nodes}
    ends = tuple(dict.fromkeys(end for end in outputs if end.node in known))
    graph = LayerGraph(name, tuple(nodes), ends or (Source(nodes[-1].name),))
    faults = []
    for fault in reading.faults[:_MOST_FAULTS]:
        # What is said of a model inside is said of its first layer.
        inside = (name for name in known if name.startswith(f"{fault.node}/"))
        node = fault.node if fault.node in known else next(inside, "")
        faults += [replace(fault, node=node)] if node else []
    return Sketch(graph, tuple(faults), calls)


@dataclass(frozen=True)
class _Told:
    """A layer of a model and one of its calls, before anybody knows what its names stand for."""

    name: str
    number: int
    layer: Mapping[str, Any]
    inbound: Any
    reads: tuple[Key, ...]


class _Reading:
    """Collects the calls of a model and of the models inside it."""

    def __init__(self) -> None:
        self.calls: list[Call] = []
        self.faults: list[Fault] = []
        self.shapes: dict[Source, Shape] = {}
        self._names: set[str] = set()
        self._models = 0

    def model(
        self, described: Mapping[str, Any], path: str, given: Sequence[Source] | None, depth: int
    ) -> list[Source]:
        """Add a model's calls.

        Args:
            described: The model.
            path: Of the models around it, with a slash at the end.
            given: What it reads; None for the outermost, which has inputs of its own.
            depth: How many models are around it.

        Returns:
            What it hands on.
        """
        config = mapping(described.get("config"))
        layers = [layer for layer in items(config.get("layers")) if isinstance(layer, dict)]
        self._models += 1
        if max(len(layers), self._models) > MOST_NODES:
            raise UserError(_TOO_MANY)
        if depth > _MOST_DEPTH:
            return list(given or ())[:1]
        if any("inbound_nodes" in layer for layer in layers):
            return self._functional(config, layers, path, given, depth)
        return self._chain(config, layers, path, given, depth)

    # A chain of layers (Sequential).

    def _chain(
        self,
        config: Mapping[str, Any],
        layers: Sequence[Mapping[str, Any]],
        path: str,
        given: Sequence[Source] | None,
        depth: int,
    ) -> list[Source]:
        last = list(given or ())[:1]
        if given is None and layers and layers[0].get("class_name") != "InputLayer":
            first = mapping(layers[0].get("config"))
            shape = first.get("batch_input_shape") or config.get("build_input_shape")
            made = {"class_name": "InputLayer", "config": {"batch_shape": shape, "name": "input"}}
            layers = [made, *layers]
        for layer in layers:
            if layer.get("class_name") == "InputLayer" and last:
                continue
            if last:
                self._tell(last[0], _first(wanted_shapes(layer)))
            last = self._call(layer, None, path, last, depth) or last
        return last

    # A graph of layers (Functional).

    def _functional(
        self,
        config: Mapping[str, Any],
        layers: Sequence[Mapping[str, Any]],
        path: str,
        given: Sequence[Source] | None,
        depth: int,
    ) -> list[Source]:
        told = list(_told(layers))
        known: dict[Key, Source] = {}
        declared: dict[tuple[str, int], dict[int, Shape | None]] = {}
        for each in told:
            for (name, number, output), shape in tensors_in(each.inbound):
                declared.setdefault((name, number), {}).setdefault(output, shape)
        entries = [key[0] for key in keys_in(config.get("input_layers"))]
        places = {name: i for i, name in enumerate(entries)}
        for each in _in_order(told, self._say, path):
            if each.layer.get("class_name") == "InputLayer" and given is not None:
                place = places.get(each.name, 0)
                made = [given[place]] if place < len(given) else []
            else:
                sources = []
                for key in each.reads:
                    if key in known:
                        sources.append(known[key])
                    else:
                        where = path + each.name
                        self._say(where, f"reads {key[0]!r}, which the file does not have")
                made = self._call(each.layer, each.inbound, path, sources, depth)
            for output, source in enumerate(made):
                known[each.name, each.number, output] = source
            for output, shape in declared.get((each.name, each.number), {}).items():
                if made and output >= len(made):  # of several outputs, one that is only read
                    known[each.name, each.number, output] = Source(made[0].node, output)
                if (each.name, each.number, output) in known:
                    self._tell(known[each.name, each.number, output], shape)
        ends = [known[key] for key in keys_in(config.get("output_layers")) if key in known]
        return ends or list(known.values())[-1:]

    def _call(
        self,
        layer: Mapping[str, Any],
        inbound: Any,
        path: str,
        sources: Sequence[Source],
        depth: int,
    ) -> list[Source]:
        """Add one call, or those of the model that it is a call of."""
        name = path + name_of(layer)
        inner = mapping(layer.get("config")).get("layers")
        if isinstance(inner, list) and sources:
            return self.model(layer, f"{self._unused(name)}/", sources, depth + 1)
        if len(self.calls) >= MOST_NODES:
            raise UserError(_TOO_MANY)
        unique = self._unused(name)
        kind = text_of(layer.get("class_name")) or "Layer"
        node = Node(
            name=unique,
            type=kind,
            sources=tuple(sources),
            output_shapes=(UNKNOWN,),
            settings=settings_of(mapping(layer.get("config"))),
            known=is_known_type(kind) and is_of_keras(layer),
        )
        self.calls.append(Call(node, layer, inbound, id(layer), wanted_shapes(layer)))
        source = Source(unique)
        if kind == "InputLayer":
            config = mapping(layer.get("config"))
            shape = shape_of(config.get("batch_shape") or config.get("batch_input_shape"))
            self._tell(source, shape)
        elif kind in CODE:
            self._say(unique, f"{kind} carries code, which is not run to look at it")
        elif not node.known:
            self._say(unique, f"{kind} is no layer of Keras: what it does is not known")
        return [source]

    def _tell(self, source: Source, shape: Shape | None) -> None:
        """Remember the shape of a tensor; who told it first is believed."""
        if shape is not None:
            self.shapes.setdefault(source, shape)

    def _say(self, node: str, text: str) -> None:
        self.faults.append(Fault(node, text))

    def _unused(self, name: str) -> str:
        unique, number = name, 1
        while unique in self._names:
            number += 1
            unique = f"{name}:{number}"
        self._names.add(unique)
        return unique


def _told(layers: Sequence[Mapping[str, Any]]) -> Iterator[_Told]:
    """Every call of the layers of a model; a layer that nobody calls counts as called once."""
    for layer in layers:
        calls = items(layer.get("inbound_nodes"))
        for number, inbound in enumerate(calls[:MOST_NODES]):
            reads = tuple(key for key, _ in tensors_in(inbound))
            yield _Told(name_of(layer), number, layer, inbound, reads)
        if not calls:
            yield _Told(name_of(layer), 0, layer, None, ())


def _in_order(told: Sequence[_Told], say: Callable[[str, str], None], path: str) -> Iterator[_Told]:
    """Calls after what they read; an edge that would close a circle is left out, and told."""
    places: dict[tuple[str, int], int] = {}
    for i, each in enumerate(told):
        places.setdefault((each.name, each.number), i)
    reads = [[key for key in each.reads if key[:2] in places] for each in told]
    waiting = [{places[key[:2]] for key in keys} for keys in reads]
    readers: dict[int, list[int]] = {}
    for i, sources in enumerate(waiting):
        for source in sources:
            readers.setdefault(source, []).append(i)
    cut: dict[int, set[int]] = {}
    ready = [i for i, sources in enumerate(waiting) if not sources]
    left = dict.fromkeys(range(len(told)))
    done = 0
    while left:
        if done == len(ready):  # all that is left waits for each other
            at = _on_a_circle(next(iter(left)), waiting)
            # One edge a time, unless somebody has made a thicket of them.
            away = {min(waiting[at])} if len(cut) < _MOST_FAULTS else set(waiting[at])
            waiting[at] -= away
            cut.setdefault(at, set()).update(away)
            names = ", ".join(told[i].name for i in sorted(away)[:3])
            say(path + told[at].name, f"reads {names}, which is made from it")
            if not waiting[at]:
                ready.append(at)
            continue
        i = ready[done]
        done += 1
        del left[i]
        kept = tuple(key for key in told[i].reads if places.get(key[:2]) not in cut.get(i, ()))
        yield replace(told[i], reads=kept)
        for reader in readers.get(i, ()):
            if i in waiting[reader]:
                waiting[reader].discard(i)
                if not waiting[reader]:
                    ready.append(reader)


def _on_a_circle(start: int, waiting: Sequence[set[int]]) -> int:
    """A call that waits for itself, found from one that waits."""
    seen: set[int] = set()
    at = start
    while at not in seen:
        seen.add(at)
        at = min(waiting[at])
    return at


def _first(shapes: Sequence[Shape]) -> Shape | None:
    return shapes[0] if len(shapes) == 1 else None
