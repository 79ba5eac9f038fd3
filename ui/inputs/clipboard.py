"""What the clipboard holds that can be run."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QMimeData, QUrl
from PySide6.QtGui import QImage

from cnnviz.errors import UserError
from cnnviz.images import MAX_PIXELS
from cnnviz.probes import PREFIX, Probe, parse_probe
from ui.inputs.images import pixels_of
from ui.tasks import Pixels

NAME = "Pasted picture"


def pasted(data: QMimeData) -> Pixels | Probe | list[Path]:
    """The picture on the clipboard, or the files whose names are there.

    Raises:
        UserError: There is neither.
    """
    # Files first: with a file, some file managers put a picture of its icon there, too.
    files = [Path(url.toLocalFile()) for url in data.urls() if url.isLocalFile()]
    if files:
        return files
    if data.hasImage():
        image = data.imageData()
        if isinstance(image, QImage) and not image.isNull():
            _check_size(image)
            return Pixels(pixels_of(image), NAME, "pasted")
    return _named(data.text().strip().strip("\"'"))


def _named(text: str) -> Probe | list[Path]:
    if text.startswith(PREFIX):
        return parse_probe(text)
    if text.lower().startswith(("http://", "https://", "ftp://")):
        raise UserError(
            "cnnviz fetches no pictures from the network: copy the picture itself instead of its "
            "address, or save it and drop the file."
        )
    path = Path(QUrl(text).toLocalFile() if text.startswith("file:") else text)
    if text and "\n" not in text and len(text) < 4096 and _exists(path):
        return [path]
    raise UserError("There is no picture on the clipboard: copy one, or a file, or its path.")


def _exists(path: Path) -> bool:
    try:
        return path.is_absolute() and path.exists()
    except (OSError, ValueError):
        return False


def _check_size(image: QImage) -> None:
    if image.width() * image.height() > MAX_PIXELS:
        raise UserError(
            f"The picture on the clipboard has more than {MAX_PIXELS // 1_000_000} million pixels: "
            "shrink it first."
        )
