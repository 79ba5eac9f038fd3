"""The card that explains a node while the pointer rests on it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

from cnnviz.costs import GraphCosts
from cnnviz.graph import LayerGraph
from cnnviz.kinds import Kind, kind_of
from cnnviz.outline import Part
from ui import words
from ui.graph.scene import Box
from ui.theme import Theme


def card(graph: LayerGraph, costs: GraphCosts | None, name: str, colors: Theme) -> str:
    """Facts of a node as rich text for a tooltip."""
    node = graph.by_name[name]
    kind = kind_of(node)
    rows = []
    shapes = list(dict.fromkeys(words.shape(shape) for shape in graph.input_shapes(node)))
    if len(shapes) == 1 and len(node.sources) > 1:
        shapes = [f"{len(node.sources)} of {shapes[0]}"]
    if shapes:
        rows.append(("Input", ", ".join(shapes)))
    rows.append(("Output", ", ".join(words.shape(shape) for shape in node.output_shapes)))
    settings = words.settings(node.settings)
    if settings:
        rows.append(("Settings", settings))
    if node.shares_weights_with:
        rows.append(("Weights", f"those of {node.shares_weights_with}"))
    if costs is not None:
        cost = costs.by_name[name]
        if cost.params:
            rows.append(("Parameters", f"{cost.params:,}"))
        if cost.not_counted:
            rows.append(("MACs", "not known"))
        elif cost.macs:
            rows.append(("MACs", f"{cost.macs:,}"))
        rows.append(("Activation", words.size(cost.activation_bytes)))
    elif node.weights:
        rows.append(("Parameters", f"{sum(weight.size for weight in node.weights):,}"))
    return _table(name, node.type, colors.kinds[kind].fill.name(), rows, colors)


def group_card(graph: LayerGraph, costs: GraphCosts | None, box: Box, colors: Theme) -> str:
    """Facts of a closed group as rich text for a tooltip."""
    what = box.rows[0][0] if box.rows else box.part.role
    hint = [("", "Double click opens it")]
    return part_card(graph, costs, box.part, what, box.kind, colors, hint)


def part_card(
    graph: LayerGraph,
    costs: GraphCosts | None,
    part: Part,
    what: str,
    kind: Kind,
    colors: Theme,
    more: Sequence[tuple[str, str]] = (),
) -> str:
    """Facts of several layers together as rich text.

    Args:
        graph: The network.
        costs: Its costs.
        part: The layers.
        what: What they are, in a word or two.
        kind: Whose colour stands beside the name.
        colors: The theme.
        more: Rows at the end.
    """
    rows = [*group_rows(graph, costs, part), *more]
    return _table(part.label, what, colors.kinds[kind].fill.name(), rows, colors)


def group_rows(graph: LayerGraph, costs: GraphCosts | None, part: Part) -> list[tuple[str, str]]:
    """Facts of a closed group."""
    nodes = [graph.by_name[name] for name in part.nodes]
    rows = [("Output", words.shape(nodes[-1].output_shape)), ("Layers", f"{len(nodes):,}")]
    if part.times > 1:
        rows.append(("Blocks", f"{part.times} equal ones"))
    if costs is not None:
        inside = [costs.by_name[name] for name in part.nodes]
        rows.append(("Parameters", f"{sum(cost.params for cost in inside):,}"))
        macs = f"{sum(cost.macs for cost in inside):,}"
        unknown = any(cost.not_counted for cost in inside)
        rows.append(("MACs", f"at least {macs}" if unknown else macs))
        rows.append(("Activations", words.size(sum(cost.activation_bytes for cost in inside))))
    return rows


def as_text(title: str, what: str, rows: Iterable[tuple[str, str]]) -> str:
    """Facts as plain text, a line each."""
    lines = [title, what, *(f"{name}: {value}" for name, value in rows)]
    return "\n".join(line for line in lines if line) + "\n"


def _table(title: str, what: str, color: str, rows: list[tuple[str, str]], colors: Theme) -> str:
    body = "".join(
        f"<tr><td style='color:{colors.muted.name()}'>{name}&nbsp;&nbsp;</td>"
        f"<td>{escape(value)}</td></tr>"
        for name, value in rows
    )
    chip = f"<span style='color:{color}'>&#9632;</span>"
    kind = f"<span style='color:{colors.muted.name()}'>{escape(what)}</span>"
    return (
        "<table cellspacing='0' cellpadding='5'><tr><td>"
        f"<p style='white-space:pre'>{chip} <b>{escape(title)}</b>  {kind}</p>"
        f"<table cellspacing='0' cellpadding='1'>{body}</table>"
        "</td></tr></table>"
    )
