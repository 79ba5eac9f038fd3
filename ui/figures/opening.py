"""The dialog for figures of the open model."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from PySide6.QtWidgets import QWidget

from cnnviz.figures.drawing import credit
from cnnviz.figures.feature_maps import coloured
from cnnviz.requests import OpenedModel
from models.registry import catalog
from ui.figures.dialog import FigureDialog, Material
from ui.jobs import Lane
from ui.thumbnails import ThumbnailStore


def dialog_for(
    opened: OpenedModel, lane: Lane | None, parent: QWidget | None = None
) -> FigureDialog:
    """The dialog, ready to be shown.

    Args:
        opened: The model.
        lane: Where the engine is that ran a picture through it; None where none was run.
        parent: Over which it stands.
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
    dialog = FigureDialog(material, parent)
    if store is not None:
        store.setParent(dialog)
        names = [node.name for node in opened.graph.nodes]
        dialog.thumbnails_wanted.connect(lambda: store.want(names))
        store.arrived.connect(dialog.redraw)
    return dialog
