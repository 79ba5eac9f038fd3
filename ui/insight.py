"""What can be said of every node of a graph without running it, as rows for the inspector."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property

from cnnviz.costs import GraphCosts, graph_costs
from cnnviz.graph import LayerGraph
from cnnviz.grouping import Grouping
from cnnviz.receptive_field import Field, Reach, receptive_fields
from cnnviz.requests import RunResult
from ui import words
from ui.panels.facts import Fact


class Insight:
    """Costs and receptive fields of one graph, and its groups.

    Args:
        graph: The graph, all sizes known.
        groups: Its units, blocks and stages.
    """

    def __init__(self, graph: LayerGraph, groups: Grouping) -> None:
        self.graph = graph
        self.groups = groups

    # Both are worked out when first asked for: together they would be felt in large graphs.

    @cached_property
    def costs(self) -> GraphCosts:
        """What every node costs."""
        return graph_costs(self.graph)

    @cached_property
    def fields(self) -> Mapping[str, Field]:
        """What every node sees of the input."""
        return receptive_fields(self.graph)

    def totals(self, run: RunResult | None = None) -> str:
        """The line for the status bar: parameters, MACs and, once run, the trace."""
        text = (
            f"{self.graph.name}: {self.costs.params:,} parameters, {words.big(self.costs.macs)}MAC"
        )
        if self.costs.not_counted:
            text += f" (without {len(self.costs.not_counted)} layers that are not counted)"
        if run is not None:
            text += f", {words.size(run.trace_bytes)} traced in {words.duration(run.seconds)}"
        return text

    def role(self, name: str) -> str:
        """What a node is and which block it is in."""
        node = self.graph.by_name[name]
        parts = [node.type]
        block = self.groups.block_of.get(name)
        if block is not None and block.label != name:
            parts.append(f"in {block.label}")
        return " ".join(parts)

    def owner_of_weights(self, name: str) -> str | None:
        """The node whose weights a node uses; None where it has none."""
        node = self.graph.by_name[name]
        return name if node.weights else node.shares_weights_with

    def facts(self, name: str) -> Sequence[Fact]:
        """The rows of a node."""
        node = self.graph.by_name[name]
        inputs = [words.shape(shape) for shape in self.graph.input_shapes(node)]
        rows = []
        if inputs:
            tip = "\n".join(
                f"{source}: {shape}" for source, shape in zip(node.inputs, inputs, strict=True)
            )
            shown = inputs[0] if len(set(inputs)) == 1 else ", ".join(inputs)
            times = f"{len(inputs)} of " if len(inputs) > 1 and len(set(inputs)) == 1 else ""
            rows.append(Fact("Input", f"{times}{shown}", tip))
        for i, shape in enumerate(node.output_shapes):
            title = "Output" if i == 0 else f"Output {i + 1}"
            rows.append(Fact(title, words.shape(shape), proves="shape" if i == 0 else None))
        settings = words.settings(node.settings)
        if settings:
            rows.append(Fact("Settings", settings))
        rows += self._cost_rows(name)
        if not node.known:
            rows.append(Fact("Note", "A layer type of the model's own: its costs are not known"))
        return rows

    def field_facts(self, name: str) -> Sequence[Fact]:
        """The rows of a node's receptive field in the model's input."""
        field = self.fields[name]
        if field.reach is Reach.GLOBAL:
            return [Fact("Size", "the whole input", "Every position sees every pixel")]
        if field.reach is Reach.NOTHING:
            return [Fact("Size", "nothing of it", "Its values do not depend on the input")]
        if field.reach is Reach.UNKNOWN:
            return [Fact("Size", "not known", field.note)]
        bound = "" if field.exact else "at most "
        return [
            Fact(
                "Size",
                f"{bound}{_by(field.size)}",
                field.note or "Height × width of the window that one position sees",
                "field",
            ),
            Fact(
                "Stride",
                _by(field.stride),
                "How far the window moves from one position to the next",
            ),
            Fact(
                "Padding",
                _by(field.padding),
                "How far the window of position (0, 0) reaches above and left of the input",
            ),
        ]

    def _cost_rows(self, name: str) -> list[Fact]:
        node = self.graph.by_name[name]
        cost = self.costs.by_name[name]
        rows = []
        shapes = "\n".join(f"{w.name}: {words.shape(w.shape)} = {w.size:,}" for w in node.weights)
        if node.shares_weights_with:
            rows.append(Fact("Parameters", f"those of {node.shares_weights_with}"))
        else:
            rows.append(Fact("Parameters", f"{cost.params:,}", shapes, "params"))
            if cost.trainable_params != cost.params:
                rows.append(Fact("of them trained", f"{cost.trainable_params:,}"))
        if cost.not_counted:
            rows.append(Fact("MACs", "not counted", cost.not_counted))
        else:
            total = self.costs.macs
            share = f"{cost.macs / total:.1%} of the model" if total and cost.macs else ""
            rows.append(Fact("MACs", f"{cost.macs:,}", share, "macs"))
        rows.append(
            Fact(
                "Activation",
                words.size(cost.activation_bytes),
                f"{cost.activation_bytes:,} bytes as float32",
                "memory",
            )
        )
        return rows


def _by(values: Sequence[int | float]) -> str:
    return " × ".join(f"{value:g}".replace("-", "−") for value in values)
