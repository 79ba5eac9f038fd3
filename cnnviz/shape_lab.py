"""The shape laboratory: other settings or another input, and all that follows from them at once.

A plan is what to change; trying it on a layer graph gives another layer graph, for which costs and
receptive fields are worked out like those of any other.
"""

from __future__ import annotations

import dataclasses
import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from cnnviz.errors import UserError
from cnnviz.graph import LayerGraph, Node
from cnnviz.shapes import MisfitError, Sizes, made, weights_of, words

_WINDOWED = ("kernel_size", "strides", "padding", "dilation_rate")

CHANGEABLE: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        **dict.fromkeys(("Conv1D", "Conv2D", "Conv3D"), ("filters", *_WINDOWED, "groups")),
        **dict.fromkeys(("DepthwiseConv1D", "DepthwiseConv2D"), (*_WINDOWED, "depth_multiplier")),
        **dict.fromkeys(
            ("SeparableConv1D", "SeparableConv2D"), ("filters", *_WINDOWED, "depth_multiplier")
        ),
        **dict.fromkeys(
            ("Conv1DTranspose", "Conv2DTranspose", "Conv3DTranspose"), ("filters", *_WINDOWED)
        ),
        **dict.fromkeys(
            (f"{how}Pooling{rank}D" for how in ("Max", "Average") for rank in (1, 2, 3)),
            ("pool_size", "strides", "padding"),
        ),
        "ZeroPadding2D": ("padding",),
        "Cropping2D": ("cropping",),
        "UpSampling2D": ("size",),
        "Dense": ("units",),
        "ChannelShuffle": ("groups",),
        "Reshape": ("target_shape",),
    }
)
"""The settings of each layer type that can be changed, in the order of a form."""


SETTING_WORDS: Mapping[str, str] = MappingProxyType(
    {
        "kernel_size": "kernel",
        "strides": "stride",
        "dilation_rate": "dilation",
        "depth_multiplier": "depth multiplier",
        "pool_size": "window",
        "target_shape": "shape",
    }
)
"""What to call a setting; its own name where it is not here."""

_NAMED = 2
"""So many changes are named one by one."""


@dataclass(frozen=True)
class Plan:
    """What to change.

    Attributes:
        input_shape: Of the model's first input, without the batch axis; None leaves it.
        changes: Name of a node, and setting and value of each of its changes.
    """

    input_shape: Sizes | None = None
    changes: tuple[tuple[str, tuple[tuple[str, Any], ...]], ...] = ()

    def __bool__(self) -> bool:
        return self.input_shape is not None or bool(self.changes)

    def of(self, node: str) -> dict[str, Any]:
        """The changed settings of a node."""
        return dict(dict(self.changes).get(node, ()))

    def with_change(self, node: Node, setting: str, value: Any) -> Plan:
        """The plan with one more change; what a node has anyway is no change."""
        settings = {**self.of(node.name), setting: value}
        if node.settings.get(setting) == value:
            del settings[setting]
        changes = {**dict(self.changes), node.name: tuple(sorted(settings.items()))}
        if not settings:
            del changes[node.name]
        return dataclasses.replace(self, changes=tuple(changes.items()))

    def words(self) -> str:
        """What is changed, for a title: "conv1 strides 2×2", or how many settings."""
        parts = [
            f"{node} {SETTING_WORDS.get(setting, setting)} {value_words(value)}"
            for node, settings in self.changes
            for setting, value in settings
        ]
        if self.input_shape is not None:
            parts.insert(0, words(self.input_shape))
        return ", ".join(parts) if len(parts) <= _NAMED else f"{len(parts)} changed settings"

    def with_input(self, shape: Sizes | None) -> Plan:
        """The plan with another input."""
        return dataclasses.replace(self, input_shape=shape)


@dataclass(frozen=True)
class Misfit:
    """Where a plan does not fit.

    Attributes:
        node: The layer that cannot take what it is given.
        sentence: Why.
        source: The node whose output it does not take.
    """

    node: str
    sentence: str
    source: str | None = None


@dataclass(frozen=True, eq=False)
class Trial:
    """What follows from a plan.

    Attributes:
        graph: The changed graph. Nodes that `unknown` names are as they were.
        misfits: In the order of the graph; empty where all fits.
        unknown: Nodes that do not fit, and all that lie behind them.
        changed: Nodes whose shape, settings or variables are others than before.
    """

    graph: LayerGraph
    misfits: tuple[Misfit, ...]
    unknown: frozenset[str]
    changed: frozenset[str]

    @property
    def fits(self) -> bool:
        """Whether every layer takes what it is given."""
        return not self.misfits


def value_words(value: Any) -> str:
    """A setting's value as people write it: "3×3"."""
    if isinstance(value, tuple) and all(isinstance(item, int) for item in value):
        return words(value)
    if isinstance(value, tuple):
        return ", ".join(value_words(item) for item in value)
    return str(value)


_LARGEST = 100_000
_PER_AXIS = ("kernel_size", "strides", "dilation_rate", "pool_size", "size")
PADDINGS = ("valid", "same")
"""What a sliding window can do at the border."""


def read_value(node: Node, setting: str, text: str) -> Any:
    """A setting as typed.

    Args:
        node: Whose setting it is.
        setting: One of `CHANGEABLE`.
        text: Such as "64", "3", "3x5", "same", "1 2 0 0".

    Raises:
        ValueError: It is none; the text says what to type.
    """
    now = node.settings.get(setting)
    if isinstance(now, str):
        if text.strip() not in PADDINGS:
            raise ValueError(f"{' or '.join(PADDINGS)}")
        return text.strip()
    least = -1 if setting == "target_shape" else 0 if setting in ("padding", "cropping") else 1
    numbers = _numbers(text, least)
    if setting == "target_shape":
        return numbers
    if setting in ("padding", "cropping"):
        axes = len(now) if isinstance(now, tuple) else 2
        if len(numbers) == 1:
            return ((numbers[0], numbers[0]),) * axes
        if len(numbers) != 2 * axes:
            raise ValueError(f"one number, or {2 * axes}: before and after each axis")
        return tuple(zip(numbers[::2], numbers[1::2], strict=True))
    if setting in _PER_AXIS:
        axes = len(now) if isinstance(now, tuple) else 2
        if len(numbers) not in (1, axes):
            raise ValueError(f"one number, or {axes} such as {'x'.join(['3'] * axes)}")
        return numbers * axes if len(numbers) == 1 else numbers
    if len(numbers) != 1:
        raise ValueError("one whole number")
    return numbers[0]


def planned(graph: LayerGraph, changes: Iterable[tuple[str, str, str]]) -> Plan:
    """A plan as typed on a command line.

    Args:
        graph: What to change.
        changes: Layer, setting and value of each change.

    Raises:
        UserError: There is no such layer or setting, the value is none, or something behind it
            does not fit.
    """
    plan = Plan()
    for layer, setting, text in changes:
        node = graph.by_name.get(layer)
        if node is None:
            near = difflib.get_close_matches(layer, graph.by_name, 3)
            meant = f"did you mean {' or '.join(near)}?" if near else "describe lists the layers."
            raise UserError(f"{graph.name} has no layer {layer!r}: {meant}")
        known = CHANGEABLE.get(node.type, ())
        if setting not in known:
            there = f"choose from {', '.join(known)}" if known else "it has none that can be set"
            raise UserError(f"{layer!r} ({node.type}) has no setting {setting!r}: {there}.")
        try:
            plan = plan.with_change(node, setting, read_value(node, setting, text))
        except ValueError as error:
            raise UserError(f"{text!r} is no {setting} of {layer!r}: give {error}.") from error
    misfits = try_plan(graph, plan).misfits
    if misfits:
        raise UserError(f"{misfits[0].sentence[:-1]}: change another setting, too.")
    return plan


def read_shape(text: str, axes: int) -> Sizes:
    """An input shape as typed, such as "224x224x3".

    Raises:
        ValueError: It is none; the text says what to type.
    """
    numbers = _numbers(text, 1)
    if len(numbers) != axes:
        raise ValueError(f"{axes} whole numbers with an x between them")
    return numbers


def _numbers(text: str, least: int) -> Sizes:
    parts = text.replace("×", " ").replace("x", " ").replace(",", " ").split()
    try:
        numbers = tuple(int(part) for part in parts)
    except ValueError:
        raise ValueError("whole numbers only") from None
    if not numbers or not all(least <= number <= _LARGEST for number in numbers):
        raise ValueError(f"whole numbers from {least} to {_LARGEST:,}")
    return numbers


def try_plan(graph: LayerGraph, plan: Plan) -> Trial:
    """Work out what follows from a plan.

    Args:
        graph: As Keras described it, every size known.
        plan: What to change. A change of a layer holds for all its calls.
    """
    nodes: list[Node] = []
    now: dict[str, Node] = {}
    misfits: list[Misfit] = []
    unknown: set[str] = set()
    changed: set[str] = set()
    first_input = graph.inputs[0].name if graph.inputs else None
    for node in graph.nodes:
        result = node
        if any(source.node in unknown for source in node.sources):
            unknown.add(node.name)
        else:
            given = tuple(
                _whole(now[source.node].output_shapes[source.output]) for source in node.sources
            )
            try:
                if node.name == first_input and plan.input_shape is not None:
                    result = _with_input(node, plan.input_shape)
                else:
                    result = _tried(graph, node, given, plan, now)
            except MisfitError as error:
                odd = next((i for i, shape in enumerate(given) if shape != given[0]), 0)
                source = node.inputs[odd] if node.inputs else None
                sentence = f"{node.name} does not fit: {error}."
                misfits.append(Misfit(node.name, sentence, source))
                unknown.add(node.name)
        if result != node:
            changed.add(node.name)
        now[node.name] = result
        nodes.append(result)
    return Trial(
        LayerGraph(graph.name, tuple(nodes), graph.outputs),
        tuple(misfits),
        frozenset(unknown),
        frozenset(changed),
    )


def _tried(
    graph: LayerGraph, node: Node, given: tuple[Sizes, ...], plan: Plan, now: Mapping[str, Node]
) -> Node:
    """The node with the plan's settings, behind these inputs."""
    owner = node.shares_weights_with
    settings = plan.of(owner or node.name)
    kept = owner is None or now[owner] == graph.by_name[owner]
    if not settings and kept and given == graph.input_shapes(node):
        return node
    asked = dataclasses.replace(node, settings={**node.settings, **settings})
    what = made(asked, given)
    if owner is not None:
        shared = {weight.name: weight.shape for weight in now[owner].weights}
        for role, shape in what.weights.items():
            if shared.get(role, shape) != shape:
                raise MisfitError(
                    f"it shares the {role} of {owner}, which is {words(shared[role])}, and would "
                    f"need {words(shape)}"
                )
    return dataclasses.replace(
        asked, output_shapes=what.outputs, weights=weights_of(node, what.weights)
    )


def _with_input(node: Node, shape: Sizes) -> Node:
    if len(shape) != len(node.output_shape):
        raise MisfitError(f"it takes {len(node.output_shape)} sizes, not {words(shape)}")
    return dataclasses.replace(node, output_shapes=(shape,))


def _whole(shape: tuple[int | None, ...]) -> Sizes:
    return tuple(size for size in shape if size is not None)
