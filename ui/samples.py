"""The pictures to run: the samples that ship, and the one used last for each kind of network."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from cnnviz.graph import LayerGraph
from models.samples import FOLDER
from ui.settings import DIGIT, PHOTO, Settings

Sort = Literal["digit", "photo"]

_FIRST = "cat"


def samples(sort: Sort) -> tuple[Path, ...]:
    """The sample files of one sort, by name, but the one to begin with first."""
    files = (FOLDER / f"{sort}s").glob("*.[jp][pn]g")
    return tuple(sorted(files, key=lambda path: (path.stem != _FIRST, path.stem)))


def sort_for(graph: LayerGraph) -> Sort:
    """Which pictures suit a network: digits where it takes one small grey channel."""
    shape = graph.input_shape
    small = all(extent is not None and extent <= 64 for extent in shape)
    return "digit" if small and len(shape) == 3 and shape[2] == 1 else "photo"


class PictureMemory:
    """The picture used last for each sort of network, also from start to start."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._options = {"digit": DIGIT, "photo": PHOTO}

    def choose(self, graph: LayerGraph) -> Path:
        """The picture to run when a network was just opened."""
        sort = sort_for(graph)
        last = self._settings.get(self._options[sort])
        if last and Path(last).is_file():
            return Path(last)
        return samples(sort)[0]

    def remember(self, graph: LayerGraph, image: object) -> None:
        """Note a picture that was run; pixels without a file are not kept."""
        if isinstance(image, Path):
            self._settings.set(self._options[sort_for(graph)], str(image.absolute()))


def title(path: Path) -> str:
    """What to call a picture: a sample by its subject, any other by its file's name."""
    return path.stem.replace("_", " ") if FOLDER in path.parents else path.name
