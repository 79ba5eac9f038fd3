"""Layers that are picked out in the graph: found by a query, or around the selected one."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from cnnviz.errors import UserError
from cnnviz.query import between, find, following, leading_to

if TYPE_CHECKING:
    from cnnviz.graph import LayerGraph
    from ui.controller import Selection
    from ui.workbench import Workbench


class Spotlight(QObject):
    """Finds layers, picks them out, and steps from one to the next.

    Args:
        bench: The views and the state that it acts upon.
    """

    def __init__(self, bench: Workbench) -> None:
        super().__init__(bench)
        self._bench = bench
        self._found: tuple[str, ...] = ()
        self._query = ""
        self._here: str | None = None
        self._before: str | None = None
        bench.controller.model_changed.connect(self._start_anew)
        bench.controller.selection_changed.connect(self._remember)

    def _start_anew(self) -> None:
        self._here = self._before = None
        self.clear()

    def _remember(self, selection: Selection) -> None:
        if selection.node != self._here:
            self._before, self._here = self._here, selection.node

    @property
    def before(self) -> str | None:
        """The layer that was selected before this one."""
        return self._before

    @property
    def found(self) -> tuple[str, ...]:
        """The layers that are picked out."""
        return self._found

    def search(self, text: str) -> None:
        """Pick out what a query finds; the same query again goes on to the next."""
        opened, insight = self._bench.controller.opened, self._bench.insight
        if opened is None or insight is None:
            return
        if self._found and text == self._query:
            self.step(1)
            return
        try:
            found = find(text, opened.graph, insight.costs, lambda: insight.fields)
        except UserError as problem:
            self._bench.controller.say(str(problem))
            return
        if not found:
            self._bench.controller.say(f"No layer of {opened.name} fits {text!r}.", failed=False)
            return
        self._query = text
        self._pick(found, f"{len(found):,} of {len(opened.graph.nodes):,} layers fit {text!r}.")
        self._bench.commands.go_to(found[0])

    def step(self, by: int) -> None:
        """Select the next of the layers that were found, or the one before."""
        if self._found:
            here = self._bench.controller.selection.node
            place = self._found.index(here) if here in self._found else -min(by, 0)
            self._bench.commands.go_to(self._found[(place + by) % len(self._found)])

    def ancestors(self) -> None:
        """Pick out all that the selected layer is computed from."""
        self._around(leading_to, "lead to")

    def descendants(self) -> None:
        """Pick out all that is computed from the selected layer."""
        self._around(following, "follow from")

    def path(self, other: str | None = None) -> None:
        """Pick out all ways between the selected layer and another.

        Args:
            other: The other; the one that was selected before when None.
        """
        opened, here = self._bench.controller.opened, self._bench.controller.selection.node
        other = other or self._before
        if opened is None or here is None:
            return
        if other is None or other == here:
            self._bench.controller.say(
                "Select one layer, then another: this shows the ways between them.", failed=False
            )
            return
        found = between(opened.graph, here, other)
        if not found:
            self._bench.controller.say(
                f"No way leads from {other} to {here}, nor back.", failed=False
            )
            return
        first, last = found[0], found[-1]
        count = f"{len(found) - 2:,} layers lie" if len(found) != 3 else "1 layer lies"
        self._pick(found, f"{count} on the ways from {first} to {last}.")

    def _around(self, reach: Callable[[LayerGraph, str], tuple[str, ...]], what: str) -> None:
        opened, node = self._bench.controller.opened, self._bench.controller.selection.node
        if opened is not None and node is not None:
            found = reach(opened.graph, node)
            self._pick(found, f"{len(found) - 1:,} layers {what} {node}.")

    def _pick(self, found: tuple[str, ...], text: str) -> None:
        self._found = found
        self._bench.graph.light(found)
        self._bench.controller.say(f"{text} Shift+Esc shows all layers alike.", failed=False)

    def clear(self) -> None:
        """Show all layers alike."""
        if self._found:
            self._bench.controller.say("", failed=False)
        self._found, self._query = (), ""
        self._bench.graph.light(None)
