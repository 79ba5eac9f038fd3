"""The dialog for figures of the open model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from operator import attrgetter

import numpy as np
from numpy.typing import NDArray
from PySide6.QtWidgets import QWidget

from cnnviz.figures.drawing import credit
from cnnviz.figures.feature_maps import coloured
from cnnviz.requests import OpenedModel
from models.registry import catalog
from ui.compare.page import ComparePage
from ui.costs.page import CostsPage
from ui.figures.dialog import FigureDialog
from ui.figures.studio import Material
from ui.figures.views import View
from ui.jobs import Lane
from ui.lineage.page import LineagePage
from ui.microscope.page import MicroscopePage
from ui.panels.feature_maps import FeatureMapPanel
from ui.theatre.laboratory import Laboratory
from ui.theatre.page import TheatrePage
from ui.thumbnails import ThumbnailStore

_VIEWS: Sequence[tuple[type[QWidget], str, str, str]] = (
    (LineagePage, "view", "lineage", "The lineage"),
    (ComparePage, "catalog.chart", "catalog", "The chart of the catalog"),
    (CostsPage, "charts", "costs", "Costs along the depth"),
    (CostsPage, "treemap", "treemap", "Costs as a treemap"),
    (FeatureMapPanel, "atlas", "maps", "The feature maps"),
    (TheatrePage, "view.stage", "theatre", "The theatre"),
    (Laboratory, "view.stage", "laboratory", "The laboratory"),
    (MicroscopePage, "photo", "microscope", "The photo under the microscope"),
)
"""Pages, and what is on them that can stand alone."""


def views_of(page: QWidget) -> tuple[View, ...]:
    """What is on screen of a page and can be a figure."""
    views = (
        View(name, title, attrgetter(path)(page))
        for kind, path, name, title in _VIEWS
        if isinstance(page, kind)
    )
    return tuple(view for view in views if view.widget.isVisible())


def dialog_for(
    opened: OpenedModel,
    lane: Lane | None,
    parent: QWidget | None = None,
    views: Sequence[View] = (),
) -> FigureDialog:
    """The dialog, ready to be shown.

    Args:
        opened: The model.
        lane: Where the engine is that ran a picture through it; None where none was run.
        parent: Over which it stands.
        views: Views of the window that can be figures, too.
    """
    store = ThumbnailStore(lane) if lane is not None else None

    def thumbnails() -> Mapping[str, NDArray[np.uint8]]:
        return coloured(store.codes) if store is not None else {}

    entry = catalog().get(opened.request.model)
    material = Material(
        graph=opened.graph,
        title=opened.title,
        model=opened.id,
        source="" if entry is None else credit(entry.authors, entry.year),
        thumbnails=thumbnails if store is not None else None,
    )
    dialog = FigureDialog(material, parent, views)
    if store is not None:
        store.setParent(dialog)
        names = [node.name for node in opened.graph.nodes]
        dialog.thumbnails_wanted.connect(lambda: store.want(names))
        store.arrived.connect(dialog.redraw)
    return dialog
