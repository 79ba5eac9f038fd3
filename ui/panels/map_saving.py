"""Asking where to save what a feature map panel shows, and saving it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PySide6.QtWidgets import QFileDialog, QInputDialog, QWidget

from cnnviz.atlas import Floats, Levels, Measures
from cnnviz.colormaps import ColourMap
from cnnviz.errors import UserError
from cnnviz.ordering import Indices
from cnnviz.save_maps import atlas_picture, save_picture, save_text, save_values, statistics_csv

_FILTERS = {
    "atlas": ("PNG pictures (*.png)", ".png"),
    "map": ("PNG pictures (*.png)", ".png"),
    "values": ("NumPy arrays (*.npy);;NumPy archives (*.npz)", ".npy"),
    "statistics": ("Tables (*.csv)", ".csv"),
}


@dataclass(frozen=True)
class Saved:
    """What is to be saved.

    Attributes:
        model: Name of the open model.
        image: Name of the picture that was run.
        node: What made the activation.
        values: The activation as the node made it.
        measures: Of its maps; None for vectors.
        order: Channels in the order of the atlas.
        channel: The channel that is shown large.
        atlas: What the ends of the colour map stand for in the atlas.
        single: The same for the channel that is shown large.
        colour_map: The colours.
    """

    model: str
    image: str
    node: str
    values: Floats
    measures: Measures
    order: Indices
    channel: int
    atlas: Levels
    single: Levels
    colour_map: ColourMap


def ask_and_save(
    parent: QWidget, what: str, saved: Saved, say: Callable[[str, bool], object]
) -> None:
    """Ask for a place (and for a scale, for pictures), and write the file.

    Args:
        parent: Over which to ask.
        what: "atlas", "map", "values" or "statistics".
        saved: What there is.
        say: Called with one sentence, and whether it is a failure.
    """
    filters, suffix = _FILTERS[what]
    channel = f"_channel{saved.channel}" if what == "map" else ""
    name = f"{saved.node.replace('/', '_')}{channel}{suffix}"
    zoom = 1
    if what in ("atlas", "map"):
        zoom, agreed = QInputDialog.getInt(
            parent, "Save a picture", "Pixels a cell (1 is the native size):", 1, 1, 64
        )
        if not agreed:
            return
    chosen, kind = QFileDialog.getSaveFileName(parent, "Save", name, filters)
    if not chosen:
        return
    path = Path(chosen)
    if not path.suffix:
        path = path.with_suffix(".npz" if "npz" in kind else suffix)
    try:
        write(path, what, saved, zoom)
    except UserError as error:
        say(str(error), True)
    else:
        say(f"Saved {path}.", False)


def write(path: Path, what: str, saved: Saved, zoom: int = 1) -> None:
    """Write one file.

    Raises:
        UserError: It cannot be written, or would be too large.
    """
    if what == "values":
        save_values(path, saved.values, saved.node, saved.image, saved.model)
    elif what == "statistics":
        save_text(path, statistics_csv(saved.measures))
    elif what == "atlas":
        pixels = atlas_picture(saved.measures, saved.atlas, saved.colour_map, saved.order, zoom)
        save_picture(path, pixels)
    else:
        one = np.array([saved.channel])
        save_picture(path, atlas_picture(saved.measures, saved.single, saved.colour_map, one, zoom))
