"""The pictures to run: the samples that ship, and the one used last for each kind of network."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from cnnviz.errors import UserError
from cnnviz.graph import LayerGraph
from cnnviz.images import input_size
from cnnviz.probes import Probe, draw
from cnnviz.transforms import NONE, Transform
from models.samples import FOLDER
from ui.settings import DIGIT, PHOTO, Settings
from ui.tasks import Image, Pixels

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

    def choose(self, graph: LayerGraph, current: Image | None = None) -> Image:
        """The picture to run when a network was just opened.

        Args:
            graph: The network.
            current: What was run before: a probe or a picture that is no file stays, a drawing
                where it suits the network.
        """
        sort = sort_for(graph)
        if isinstance(current, Probe) and _fits(current, graph):
            return current
        if isinstance(current, Pixels) and (current.source != "drawn" or sort == "digit"):
            return current
        last = self._settings.get(self._options[sort])
        if last and Path(last).is_file():
            return Path(last)
        return samples(sort)[0]

    def remember(self, graph: LayerGraph, image: Image | None) -> None:
        """Note a picture that was run; what is no file is not kept."""
        if isinstance(image, Path):
            self._settings.set(self._options[sort_for(graph)], str(image.absolute()))


def _fits(probe: Probe, graph: LayerGraph) -> bool:
    """Whether a probe can be made in the size of a network's input."""
    try:
        draw(probe, *input_size(graph.input_shape))
    except UserError:
        return False
    return True


def is_sample(path: Path) -> bool:
    """Whether a file is one of the samples, however its path is written."""
    return FOLDER in path.absolute().parents or FOLDER.resolve() in path.resolve().parents


def title(image: Image, transform: Transform = NONE) -> str:
    """What to call a picture: a sample by its subject, any other by its file's name.

    Args:
        image: The picture.
        transform: How it was changed.
    """
    if not isinstance(image, Path):
        name = image.title if isinstance(image, Probe) else image.name
    elif is_sample(image):
        name = image.stem.replace("_", " ").capitalize()
    else:
        name = image.name
    return f"{name}, {transform.words}" if transform.words else name
