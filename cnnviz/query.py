"""Finding layers by what they are: "type:Conv2D stride:2", "params>1e6 kind:dense", "conv4"."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from cnnviz.costs import GraphCosts
from cnnviz.errors import UserError
from cnnviz.graph import LayerGraph, Node
from cnnviz.kinds import kind_of
from cnnviz.receptive_field import Field, Reach

_TERM = re.compile(r"^([a-z]+)(>=|<=|[:=<>])(.+)$", re.IGNORECASE)
_FACTORS: Mapping[str, float] = {"": 1.0, "k": 1e3, "m": 1e6, "g": 1e9}
_NUMBER = re.compile(r"^([-+]?\d*\.?\d+(?:e[-+]?\d+)?)([kmg]?)$", re.IGNORECASE)
TEXTS = ("name", "type", "kind")
WINDOWS: Mapping[str, tuple[str, ...]] = {
    "kernel": ("kernel_size", "pool_size"),
    "stride": ("strides",),
    "dilation": ("dilation_rate",),
}
NUMBERS = (
    "params", "macs", "memory", "channels", "height", "width", "filters", "groups", "inputs", "rf",
)  # fmt: skip
_Test = Callable[[Node], bool]


def is_query(text: str) -> bool:
    """Whether a text asks for more than a name."""
    return any(_TERM.match(term) for term in text.split())


def find(
    text: str,
    graph: LayerGraph,
    costs: GraphCosts | None = None,
    fields: Callable[[], Mapping[str, Field]] = dict,
) -> tuple[str, ...]:
    """Names of the nodes that all terms of a query hold for, in topological order.

    Args:
        text: Terms with spaces between: a part of a name; `type:` and `kind:` with the beginning
            of it; `kernel:`, `stride:` and `dilation:` with an extent; a number (`NUMBERS`) with
            `=`, `<`, `>`, `<=` or `>=`, such as `params>1e6` or `channels>=2k`.
        graph: The network.
        costs: Its costs; without them nothing has parameters, MACs or memory.
        fields: Gives the receptive fields; asked only when `rf` is looked for.

    Raises:
        UserError: A term cannot be read.
    """
    tests = [_test(term, costs, fields) for term in text.split()]
    return tuple(node.name for node in graph.nodes if all(test(node) for test in tests))


def _test(term: str, costs: GraphCosts | None, fields: Callable[[], Mapping[str, Field]]) -> _Test:
    match = _TERM.match(term)
    if match is None:
        return lambda node: term.lower() in node.name.lower()
    key, sign, value = match[1].lower(), match[2], match[3]
    if key in TEXTS and sign in ":=":
        start = value.lower()
        if key == "name":
            return lambda node: start in node.name.lower()
        return lambda node: _text(node, key).lower().startswith(start)
    if key in WINDOWS and sign in ":=":
        wanted = _number(term, value)
        return lambda node: wanted in _extents(node, WINDOWS[key])
    if key in WINDOWS or key in NUMBERS:
        wanted = _number(term, value)
        seen = fields() if key == "rf" else {}

        def holds(node: Node) -> bool:
            found = (
                _extents(node, WINDOWS[key]) if key in WINDOWS else _numbers(node, key, costs, seen)
            )
            return any(_compare(number, sign, wanted) for number in found)

        return holds
    known = ", ".join((*TEXTS, *WINDOWS, *NUMBERS))
    raise UserError(f"There is nothing called {key!r} to look for in {term!r}: use one of {known}.")


def _number(term: str, value: str) -> float:
    match = _NUMBER.match(value)
    if match is None:
        raise UserError(f"{value!r} in {term!r} is no number: write it like 64, 1e6 or 10k.")
    return float(match[1]) * _FACTORS[match[2].lower()]


def _compare(number: float, sign: str, wanted: float) -> bool:
    if sign in ":=":
        return number == wanted
    if sign[0] == ">":
        return number > wanted or (sign == ">=" and number == wanted)
    return number < wanted or (sign == "<=" and number == wanted)


def _text(node: Node, key: str) -> str:
    return node.type if key == "type" else str(kind_of(node))


def _extents(node: Node, keys: tuple[str, ...]) -> tuple[float, ...]:
    for key in keys:
        value = node.settings.get(key)
        if value is not None:
            values = value if isinstance(value, tuple | list) else (value,)
            return tuple(float(v) for v in values)
    return ()


def _numbers(
    node: Node, key: str, costs: GraphCosts | None, fields: Mapping[str, Field]
) -> tuple[float, ...]:
    """A node's number of this name; none where it has none."""
    if key in ("filters", "groups"):
        return _extents(node, (key,))
    if key == "inputs":
        return (float(len(node.sources)),)
    if key in ("height", "width", "channels"):
        shape = node.output_shape
        place = {"height": 0, "width": 1, "channels": len(shape) - 1}[key]
        value = shape[place] if (key == "channels" and shape) or len(shape) == 3 else None
        return () if value is None else (float(value),)
    if key == "rf":
        field = fields.get(node.name)
        known = field is not None and field.reach is Reach.WINDOW
        return tuple(float(size) for size in field.size) if field is not None and known else ()
    if costs is None:
        return ()
    cost = costs.by_name[node.name]
    values = {"params": cost.params, "macs": cost.macs, "memory": cost.activation_bytes}
    return (float(values[key]),)


def leading_to(graph: LayerGraph, name: str) -> tuple[str, ...]:
    """A node and everything that it is computed from, in topological order."""
    found = {name}
    for node in reversed(graph.nodes):
        if node.name in found:
            found.update(node.inputs)
    return tuple(node.name for node in graph.nodes if node.name in found)


def following(graph: LayerGraph, name: str) -> tuple[str, ...]:
    """A node and everything that is computed from it, in topological order."""
    found = {name}
    for node in graph.nodes:
        if found.intersection(node.inputs):
            found.add(node.name)
    return tuple(node.name for node in graph.nodes if node.name in found)


def between(graph: LayerGraph, name: str, other: str) -> tuple[str, ...]:
    """Everything on any way from the one node to the other, whichever comes first.

    Returns:
        Both ends and what lies between, in topological order; nothing where no way leads from the
        one to the other.
    """
    first, last = sorted((name, other), key=graph.index.__getitem__)
    after = set(following(graph, first))
    found = tuple(node for node in leading_to(graph, last) if node in after)
    return found if last in after else ()
