"""The layer graph: our immutable description of a Keras model, with no Keras object inside.

A node is one *operation call* of the Keras graph: a layer that is called twice is two nodes. Shapes
leave out the batch axis and are channels-last.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from functools import cached_property
from types import MappingProxyType
from typing import Any

from cnnviz.errors import UserError

Shape = tuple[int | None, ...]


@dataclass(frozen=True, slots=True)
class Weight:
    """One variable of a layer: its role ("kernel", "bias", "gamma"...), shape, and trainability."""

    name: str
    shape: tuple[int, ...]
    trainable: bool

    @property
    def size(self) -> int:
        """Number of scalars."""
        size = 1
        for extent in self.shape:
            size *= extent
        return size


@dataclass(frozen=True, slots=True)
class Source:
    """Where an input comes from: a node's name and which of its outputs."""

    node: str
    output: int = 0


@dataclass(frozen=True)
class Node:
    """One operation call.

    Attributes:
        name: Unique in the graph. The layer's name; inside a nested model "outer/inner"; a later
            call of a shared layer gets ":2", ":3"...
        type: Class of the Keras layer or operation, such as "Conv2D" or "Add".
        sources: The tensors it reads, in the order of the call.
        output_shapes: Shape of every output (nearly always one).
        settings: What the layer was configured with and a reader wants to know (kernel_size,
            strides, padding, dilation_rate, groups, filters, activation...). JSON values only.
        weights: Variables that this node owns. A later call of a shared layer owns none.
        shares_weights_with: Name of the node that owns the variables which this call uses.
        known: False where nobody taught us this layer type (custom layers).
    """

    name: str
    type: str
    sources: tuple[Source, ...]
    output_shapes: tuple[Shape, ...]
    settings: Mapping[str, Any] = field(default_factory=dict, hash=False)
    weights: tuple[Weight, ...] = ()
    shares_weights_with: str | None = None
    known: bool = True

    @property
    def output_shape(self) -> Shape:
        """Shape of the first output, without the batch axis."""
        return self.output_shapes[0]

    @property
    def inputs(self) -> tuple[str, ...]:
        """Names of the nodes that it reads from."""
        return tuple(source.node for source in self.sources)


@dataclass(frozen=True)
class LayerGraph:
    """A model as nodes in topological order.

    Attributes:
        name: What to call the model ("VGG-16", or the file's name).
        nodes: Every operation call; each comes after all that it reads from.
        outputs: The tensors that the model returns.
    """

    name: str
    nodes: tuple[Node, ...]
    outputs: tuple[Source, ...]

    def __getstate__(self) -> dict[str, Any]:
        return {entry.name: getattr(self, entry.name) for entry in fields(self)}

    @cached_property
    def works(self) -> Mapping[str, str]:
        """What each node does, whatever it is called and reads from, as a text to compare."""
        return {
            node.name: f"{node.type}{node.output_shapes}"
            f"{sorted((key, repr(value)) for key, value in node.settings.items())}"
            for node in self.nodes
        }

    @cached_property
    def by_name(self) -> Mapping[str, Node]:
        """Node by name."""
        return MappingProxyType({node.name: node for node in self.nodes})

    @cached_property
    def index(self) -> Mapping[str, int]:
        """Topological position by name."""
        return MappingProxyType({node.name: i for i, node in enumerate(self.nodes)})

    @cached_property
    def consumers(self) -> Mapping[str, tuple[str, ...]]:
        """Names of the nodes that read from each node, in topological order."""
        readers: dict[str, list[str]] = {node.name: [] for node in self.nodes}
        for node in self.nodes:
            for name in dict.fromkeys(node.inputs):
                readers[name].append(node.name)
        return MappingProxyType({name: tuple(names) for name, names in readers.items()})

    @cached_property
    def inputs(self) -> tuple[Node, ...]:
        """The model's input nodes."""
        return tuple(node for node in self.nodes if node.type == "InputLayer")

    @property
    def input_shape(self) -> Shape:
        """Shape of the first input."""
        return self.inputs[0].output_shape

    @property
    def output_shape(self) -> Shape:
        """Shape of the first output."""
        first = self.outputs[0]
        return self.by_name[first.node].output_shapes[first.output]

    def require_sizes(self) -> None:
        """Make sure that every size is known, as costs and receptive fields need.

        Raises:
            UserError: The model leaves its input size open; the sentence asks for `--input`.
        """
        if any(size is None for node in self.nodes for s in node.output_shapes for size in s):
            shape = "x".join("?" if size is None else str(size) for size in self.input_shape)
            raise UserError(
                f"The model {self.name!r} leaves its input size open ({shape}), and costs and "
                "receptive fields depend on it: give one with --input HxWxC."
            )

    def to_json(self) -> dict[str, Any]:
        """The graph as JSON values, which `from_json` reads; what a node lacks is left out."""
        return {
            "name": self.name,
            "nodes": [_node_to_json(node) for node in self.nodes],
            "outputs": [[source.node, source.output] for source in self.outputs],
        }

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> LayerGraph:
        """The graph that `to_json` wrote.

        Raises:
            KeyError: An entry is missing.
        """
        return cls(
            name=values["name"],
            nodes=tuple(_node_from_json(node) for node in values["nodes"]),
            outputs=tuple(Source(node, output) for node, output in values["outputs"]),
        )

    def input_shapes(self, node: Node) -> tuple[Shape, ...]:
        """Shape of every tensor that a node reads."""
        return tuple(self.by_name[s.node].output_shapes[s.output] for s in node.sources)


def _node_to_json(node: Node) -> dict[str, Any]:
    values: dict[str, Any] = {
        "name": node.name,
        "type": node.type,
        "sources": [[source.node, source.output] for source in node.sources],
        "output_shapes": node.output_shapes,
    }
    if node.settings:
        values["settings"] = node.settings
    if node.weights:
        values["weights"] = [[w.name, w.shape, w.trainable] for w in node.weights]
    if node.shares_weights_with is not None:
        values["shares_weights_with"] = node.shares_weights_with
    if not node.known:
        values["known"] = False
    return values


def _node_from_json(values: Mapping[str, Any]) -> Node:
    return Node(
        name=values["name"],
        type=values["type"],
        sources=tuple(Source(node, output) for node, output in values["sources"]),
        output_shapes=_tuples(values["output_shapes"]),
        settings={key: _tuples(value) for key, value in values.get("settings", {}).items()},
        weights=tuple(
            Weight(name, tuple(shape), trainable)
            for name, shape, trainable in values.get("weights", ())
        ),
        shares_weights_with=values.get("shares_weights_with"),
        known=values.get("known", True),
    )


def _tuples(value: Any) -> Any:
    """JSON has only lists; the graph holds tuples."""
    if isinstance(value, list | tuple):
        return tuple(_tuples(item) for item in value)
    if isinstance(value, dict):
        return {key: _tuples(item) for key, item in value.items()}
    return value
