"""Which layers Grad-CAM can look at."""

from __future__ import annotations

from cnnviz.graph import LayerGraph, Node
from cnnviz.seen import ancestors


def is_spatial(node: Node) -> bool:
    """Whether its output has the form (H, W, C) with more than one row and column."""
    shape = node.output_shape
    return len(shape) == 3 and (shape[0] or 0) > 1 and (shape[1] or 0) > 1


def spatial_layers(graph: LayerGraph) -> list[str]:
    """All that lead to the answer, the last first."""
    needed = ancestors(graph, graph.by_name[graph.outputs[0].node])
    return [
        node.name
        for node in reversed(graph.nodes)
        if node.name in needed and is_spatial(node) and node.type != "InputLayer"
    ]
