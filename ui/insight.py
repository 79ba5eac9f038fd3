"""What can be said of every node of a graph without running it, as rows for the inspector."""

from __future__ import annotations

from collections.abc import Sequence

from cnnviz.costs import Cost, GraphCosts, graph_costs
from cnnviz.errors import UserError
from cnnviz.graph import LayerGraph, Node
from cnnviz.kinds import Kind, kind_of
from cnnviz.requests import RunResult
from ui import words
from ui.panels.facts import Fact
