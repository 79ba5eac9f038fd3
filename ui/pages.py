"""The pages beside the feature maps and filters: each is made when it is first looked at."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from cnnviz.printed import Quantity
from cnnviz.shape_lab import Trial
from cnnviz.sketch import Fault
from ui.costs.page import CostsPage
from ui.figures.figure_view import FigureView
from ui.figures.volumes_page import VolumesPage
from ui.graph.canvas import GraphCanvas
from ui.insight import Insight
from ui.lineage.page import LineagePage
from ui.microscope.page import MicroscopePage
from ui.shapes.page import ShapesPage
from ui.theatre.laboratory import Laboratory
from ui.theatre.page import TheatrePage

if TYPE_CHECKING:
    from ui.compare.page import ComparePage
    from ui.workbench import Workbench


class Pages:
    """Puts the pages into the tabs, and joins each to the window once it is made.

    Args:
        bench: The window's parts.
    """

    def __init__(self, bench: Workbench) -> None:
        self._bench = bench
        self._that_work: list[TheatrePage | MicroscopePage | ShapesPage] = []
        add = bench.tabs.add_later
        self._theatre = add(self._make_theatre, "Theatre", wide=True)
        self._microscope = add(self._make_microscope, "Microscope", wide=True)
        self._volumes = add(self._make_volumes, "Volumes", wide=True)
        self._costs = add(self._make_costs, "Costs", wide=True)
        self._shapes = add(self._make_shapes, "Shapes")
        self._compare = add(self._make_compare, "Compare", wide=True)
        self._lineage = add(self._make_lineage, "Lineage", wide=True)
        self._laboratory = add(self._make_laboratory, "Laboratory", wide=True)

    @property
    def theatre(self) -> TheatrePage:
        """The convolution of the selected layer, step by step."""
        return self._theatre()

    @property
    def microscope(self) -> MicroscopePage:
        """What the selected cell sees."""
        return self._microscope()

    @property
    def volumes(self) -> VolumesPage:
        """The classic figure of the open model."""
        return self._volumes()

    @property
    def costs(self) -> CostsPage:
        """Where the parameters, multiply-adds and bytes are."""
        return self._costs()

    @property
    def shapes(self) -> ShapesPage:
        """What would become of the model with other settings."""
        return self._shapes()

    @property
    def compare(self) -> ComparePage:
        """Models side by side."""
        return self._compare()

    @property
    def lineage(self) -> LineagePage:
        """The family tree of the catalog."""
        return self._lineage()

    @property
    def laboratory(self) -> Laboratory:
        """A convolution of one's own."""
        return self._laboratory()

    @property
    def settled(self) -> bool:
        """Whether the pages that are made show all that was asked for."""
        return all(page.settled for page in self._that_work)

    @property
    def picture(self) -> GraphCanvas | FigureView:
        """What the commands that zoom are about: the figure that is in front, or the graph."""
        page = self._bench.tabs.currentWidget()
        return page.view if isinstance(page, VolumesPage) else self._bench.graph

    def prove(self, quantity: Quantity) -> None:
        """Show where a number of the selected node comes from."""
        node = self._bench.controller.selection.node
        if node is not None:
            self._bench.tabs.setCurrentWidget(self.costs)
            self.costs.prove(node, quantity)

    # Making them.

    def _follow(self, show: Callable[[Insight | None], object]) -> None:
        """Show every model, from now on and at once.

        After the window's own answer to the change, which makes the insight.
        """
        bench = self._bench
        bench.controller.model_changed.connect(lambda: show(bench.insight))
        show(bench.insight)

    def _make_theatre(self) -> TheatrePage:
        bench = self._bench
        page = TheatrePage(bench.controller, bench.lane)
        self._that_work.append(page)
        bench.window.closing.connect(page.view.exporter.close_lane)
        return page

    def _make_microscope(self) -> MicroscopePage:
        bench = self._bench
        page = MicroscopePage(
            bench.controller, bench.lane, lambda: bench.insight.fields if bench.insight else {}
        )
        self._that_work.append(page)
        page.link_opened.connect(bench.go_to_link)
        return page

    def _make_volumes(self) -> VolumesPage:
        page = VolumesPage(self._bench.controller)
        self._follow(page.set_insight)
        return page

    def _make_costs(self) -> CostsPage:
        page = CostsPage(self._bench.controller, self._bench.lane)
        self._follow(lambda insight: page.set_insight(insight) if insight is not None else None)
        return page

    def _make_shapes(self) -> ShapesPage:
        page = ShapesPage(self._bench.controller, self._bench.lane)
        page.open_wanted.connect(self._bench.commands.open_model)
        page.trial_changed.connect(self._mark_misfits)
        self._that_work.append(page)
        self._follow(page.set_insight)
        return page

    def _mark_misfits(self, trial: Trial | None) -> None:
        """Show in the graph what would not fit with the settings that are tried."""
        misfits = trial.misfits if trial is not None else ()
        self._bench.graph.set_faults(
            [Fault(found.node, found.sentence.removesuffix("."), found.source) for found in misfits]
        )

    def _make_compare(self) -> ComparePage:
        from ui.compare.page import ComparePage  # many modules, that the start does without

        commands = self._bench.commands
        page = ComparePage(self._bench.controller, self._bench.lane)
        page.model_wanted.connect(commands.open_model)
        page.file_wanted.connect(lambda: commands.ask_for_model(page.add))
        return page

    def _make_lineage(self) -> LineagePage:
        controller = self._bench.controller
        page = LineagePage()
        page.chosen.connect(self._bench.commands.open_model)

        def follow() -> None:
            opened = controller.opened
            page.show_current(opened.request.model if opened is not None else None)

        controller.model_changed.connect(follow)
        follow()
        return page

    def _make_laboratory(self) -> Laboratory:
        page = Laboratory(lambda: self._bench.controller.input_picture)
        self._bench.window.closing.connect(page.view.exporter.close_lane)
        return page
