"""What the layer of the filters reads and makes, fetched while somebody sets a filter beside it."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject

from cnnviz.atlas import Floats
from cnnviz.requests import Activation, GetActivation, Weights
from ui.fetcher import Fetcher
from ui.jobs import Lane
from ui.panels.filters import FilterPanel


class FilterMaps(QObject):
    """Brings the filter panel the activations before and behind its layer.

    Args:
        lane: Where the engine is.
        panel: Asks for them.
        nodes: The node that the layer reads and the layer itself; None where there is no pass.
        failed: Told why something cannot be had.
    """

    def __init__(
        self,
        lane: Lane,
        panel: FilterPanel,
        nodes: Callable[[], tuple[str, str] | None],
        failed: Callable[[str], object],
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._panel = panel
        self._nodes = nodes
        self._fetcher = Fetcher(
            lane, GetActivation, self._fetched, lambda _, text: failed(text), budget=128 << 20
        )
        panel.maps_wanted.connect(self.want)

    def forget(self) -> None:
        """Another pass begins."""
        self._fetcher.forget()
        self._panel.set_maps(None, None)

    def want(self) -> None:
        """Fetch what is missing, if the panel shows it."""
        nodes = self._nodes() if self._panel.shows_maps else None
        if nodes is None:
            return
        read, made = (self._values(node) for node in nodes)
        self._panel.set_maps(read, made, on_their_way=True)
        for node, values in zip(nodes, (read, made), strict=True):
            if values is None:
                self._fetcher.want(node)
                return

    def _values(self, node: str) -> Floats | None:
        kept = self._fetcher.get(node)
        return kept.values if isinstance(kept, Activation) else None

    def _fetched(self, _: Activation | Weights) -> None:
        self.want()
