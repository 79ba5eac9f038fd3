"""The pictures of a folder."""

from __future__ import annotations

import os
import re
from pathlib import Path

from cnnviz.errors import UserError
from cnnviz.images import SUFFIXES


def pictures_in(folder: Path) -> tuple[Path, ...]:
    """The picture files that lie in a folder itself, told by suffix, in the order of people.

    "photo 2" comes before "photo 10". Hidden files are left out. Whether each can be read is seen
    when it is.

    Raises:
        UserError: The folder cannot be read, or there is no picture in it.
    """
    try:
        with os.scandir(folder) as entries:
            names = [entry.name for entry in entries if _is_picture(entry)]
    except OSError as error:
        raise UserError(
            f"The folder {folder} cannot be read ({error.strerror}): check the path and its "
            "permissions."
        ) from error
    if not names:
        raise UserError(
            f"There are no pictures in the folder {folder}: choose one with JPEG, PNG, WebP, BMP, "
            "TIFF or GIF files."
        )
    return tuple(folder / name for name in sorted(names, key=_order))


def _is_picture(entry: os.DirEntry[str]) -> bool:
    name = entry.name.lower()
    return name.endswith(SUFFIXES) and not name.startswith(".") and entry.is_file()


def _order(name: str) -> tuple[list[tuple[int, int, str]], str]:
    """Digits count as numbers; letters come after them, whatever their case."""
    parts = re.findall(r"[0-9]+|[^0-9]+", name.casefold())
    return [(0, int(p), "") if p[0] in "0123456789" else (1, 0, p) for p in parts], name
