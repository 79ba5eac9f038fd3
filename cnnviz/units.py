"""Units: a convolution or dense operation with what only prepares its input or follows it alone."""

from __future__ import annotations

from collections.abc import Sequence

from cnnviz.graph import LayerGraph, Node
from cnnviz.kinds import Kind, kind_of

FOLLOWERS = frozenset({Kind.NORMALISATION, Kind.ACTIVATION, Kind.REGULARISATION})
SUMS = frozenset({"Add", "Subtract", "Average", "Maximum", "Minimum"})
_PADDINGS = frozenset({"ZeroPadding1D", "ZeroPadding2D", "ZeroPadding3D"})


def is_convolution(node: Node) -> bool:
    """Whether a node convolves, depthwise or not."""
    return kind_of(node) in (Kind.CONVOLUTION, Kind.DEPTHWISE)


def is_norm_or_activation(node: Node) -> bool:
    """Whether a node only normalises or bends what it gets."""
    return kind_of(node) in (Kind.NORMALISATION, Kind.ACTIVATION)


def has_kernel(node: Node) -> bool:
    """Whether a node is what a unit is made around."""
    return is_convolution(node) or node.type == "Dense"


def _only_reader(graph: LayerGraph, name: str) -> Node | None:
    """The one node that reads from a node, or None where there are more, or the model itself."""
    readers = graph.consumers[name]
    if len(readers) != 1 or any(output.node == name for output in graph.outputs):
        return None
    return graph.by_name[readers[0]]


def units_of(graph: LayerGraph) -> list[list[str]]:
    """Partition the nodes into units, each a list of names, in topological order of their heads."""
    owner: dict[str, str] = {}
    for node in graph.nodes:
        if has_kernel(node):
            owner[node.name] = node.name
            follower = _only_reader(graph, node.name)
            while follower and kind_of(follower) in FOLLOWERS and len(follower.sources) == 1:
                owner[follower.name] = node.name
                follower = _only_reader(graph, follower.name)
        elif node.type in SUMS:
            owner[node.name] = node.name
            follower = _only_reader(graph, node.name)
            if follower and kind_of(follower) is Kind.ACTIVATION:
                owner[follower.name] = node.name
    # What comes before a kernel and feeds it alone: padding; pre-activation batch norm and ReLU.
    for node in reversed(graph.nodes):
        if node.name in owner or len(node.sources) != 1:
            continue
        reader = _only_reader(graph, node.name)
        if reader is None or reader.name not in owner:
            if node.type in _PADDINGS and reader is not None and kind_of(reader) is Kind.POOLING:
                owner[node.name] = owner[reader.name] = reader.name
            continue
        leads_to_kernel = owner[reader.name] == reader.name or kind_of(reader) in FOLLOWERS
        head = graph.by_name[owner[reader.name]]
        before_head = graph.index[reader.name] <= graph.index[head.name]
        if (
            before_head
            and leads_to_kernel
            and has_kernel(head)
            and (node.type in _PADDINGS or is_norm_or_activation(node))
        ):
            owner[node.name] = head.name
    members: dict[str, list[str]] = {}
    for node in graph.nodes:
        members.setdefault(owner.get(node.name, node.name), []).append(node.name)
    return sorted(members.values(), key=lambda names: graph.index[head_of(graph, names).name])


def head_of(graph: LayerGraph, names: Sequence[str]) -> Node:
    """The operation that a unit is named after: its kernel, sum or pool."""
    nodes = [graph.by_name[name] for name in names]
    for node in nodes:
        if has_kernel(node) or node.type in SUMS or kind_of(node) is Kind.POOLING:
            return node
    return nodes[0]
