"""Fetching what one node has to show, one at a time, and keeping the latest of it."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import Any

from cnnviz.requests import Activation, Weights
from ui.jobs import Lane

Fetched = Activation | Weights


def nbytes(fetched: Fetched) -> int:
    """Bytes of the arrays in it."""
    if isinstance(fetched, Activation):
        return fetched.values.nbytes
    return sum(values.nbytes for values in fetched.values.values())


class Fetcher:
    """Asks the engine for nodes by name; a newer wish replaces one that has not been asked yet.

    One fetch is under way at any time, so that a fast scrub still shows something on its way and
    leaves no queue behind.

    Args:
        lane: Where the engine is.
        request: Makes the request from a node's name.
        on_fetched: Called with every answer that was wished for.
        on_failure: Called with a node's name and a sentence.
        budget: Bytes of answers to keep.
    """

    def __init__(
        self,
        lane: Lane,
        request: Callable[[str], Any],
        on_fetched: Callable[[Fetched], object],
        on_failure: Callable[[str, str], object],
        budget: int = 256 << 20,
    ) -> None:
        self._lane = lane
        self._request = request
        self._on_fetched = on_fetched
        self._on_failure = on_failure
        self._budget = budget
        self._kept: OrderedDict[str, Fetched] = OrderedDict()
        self._wish: str | None = None
        self._next: str | None = None
        self._under_way: str | None = None
        self._era = 0

    def get(self, node: str) -> Fetched | None:
        """What is kept of a node."""
        if node in self._kept:
            self._kept.move_to_end(node)
        return self._kept.get(node)

    def put(self, fetched: Fetched) -> None:
        """Keep an answer that came without having been asked for."""
        self._keep(fetched)
        if self._wish == fetched.node:
            self._wish = None

    def want(self, node: str, then: str | None = None) -> None:
        """Fetch a node that is not kept.

        Args:
            node: The one to show.
            then: The one to fetch ahead, as it is probably wanted next.
        """
        self._wish, self._next = node, then
        self._ask()

    def forget(self) -> None:
        """Drop everything, and the answers on their way: they belong to an older run."""
        self._kept.clear()
        self._wish = self._next = self._under_way = None
        self._era += 1

    def _ask(self) -> None:
        if self._under_way is not None:
            return
        for node in (self._wish, self._next):
            if node is not None and node not in self._kept:
                break
        else:
            return
        self._under_way = node
        era = self._era
        self._lane.submit(
            self._request(node),
            on_success=lambda answer: self._fetched(era, node, answer),
            on_failure=lambda text: self._failed(era, node, text),
            on_cancelled=lambda: self._failed(era, node, ""),
        )

    def _fetched(self, era: int, node: str, answer: Fetched) -> None:
        if era != self._era:
            return
        self._under_way = None
        self._keep(answer)
        if node == self._wish:
            self._wish = None
            self._on_fetched(answer)
        self._ask()

    def _keep(self, answer: Fetched) -> None:
        self._kept[answer.node] = answer
        total = sum(nbytes(kept) for kept in self._kept.values())
        while total > self._budget and len(self._kept) > 2:
            _, dropped = self._kept.popitem(last=False)
            total -= nbytes(dropped)

    def _failed(self, era: int, node: str, text: str) -> None:
        if era != self._era:
            return
        self._under_way = None
        if node == self._next:
            self._next = None
        if node == self._wish:
            self._wish = None
            if text:
                self._on_failure(node, text)
        self._ask()
