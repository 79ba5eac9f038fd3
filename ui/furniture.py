"""The panels of the window, each made when it is first asked for: ahead of need, or all at once."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property

from ui.graph.memory import GraphMemory
from ui.graph.view import GraphView
from ui.page_tabs import PageTabs
from ui.panels.feature_maps import FeatureMapPanel
from ui.panels.film_strip import FilmStrip
from ui.panels.filters import FilterPanel
from ui.panels.inspector import Inspector
from ui.panels.library import LibraryPanel
from ui.panels.samples import SamplesPanel
from ui.panels.status import StatusBar
from ui.settings import BARS, DIRECTION, FRAMES, GROUPING, PACE, Settings


class Furniture:
    """What stands in the window from its start, with what was remembered of it.

    Args:
        settings: What was remembered.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    @cached_property
    def graph_view(self) -> GraphView:
        """The network."""
        view = GraphView(GraphMemory(self._settings))
        view.canvas.set_direction(self._settings.get(DIRECTION))
        return view

    @cached_property
    def maps(self) -> FeatureMapPanel:
        """What the selected node gives."""
        return FeatureMapPanel()

    @cached_property
    def filters(self) -> FilterPanel:
        """What the selected node multiplies with."""
        return FilterPanel()

    @cached_property
    def tabs(self) -> PageTabs:
        """The pages of the middle."""
        return PageTabs()

    @cached_property
    def library(self) -> LibraryPanel:
        """The catalog."""
        return LibraryPanel(self._settings.get(GROUPING))

    @cached_property
    def samples(self) -> SamplesPanel:
        """Pictures to run."""
        panel = SamplesPanel()
        panel.show_sort("digit")
        return panel

    @cached_property
    def inspector(self) -> Inspector:
        """Facts of the selected node."""
        return Inspector()

    @cached_property
    def film(self) -> FilmStrip:
        """The pass, frame by frame."""
        get = self._settings.get
        return FilmStrip(get(FRAMES), get(BARS), get(PACE))

    @cached_property
    def status(self) -> StatusBar:
        """Jobs, totals, the device."""
        return StatusBar()

    def pieces(self) -> tuple[Callable[[], object], ...]:
        """What makes them, one by one."""
        return tuple(
            lambda name=name: getattr(self, name)
            for name, value in vars(Furniture).items()
            if isinstance(value, cached_property)
        )
