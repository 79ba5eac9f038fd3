"""The sample pictures that ship, and what they show."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

FOLDER = Path(__file__).parent / "assets" / "samples"

_PHOTOS: Mapping[str, str] = MappingProxyType({"cat.jpg": "tabby"})
"""Class names of ImageNet, where what is known of a photo settles it (SOURCES.md: a tabby cat)."""


def true_label(path: Path) -> str | None:
    """What a sample is known to show: a digit, or a class of ImageNet by its name.

    Args:
        path: Any file.

    Returns:
        None for files that are no samples, and for photos that no class describes for certain.
    """
    resolved = path.resolve()
    if resolved.parent == FOLDER.resolve() / "digits":
        return resolved.stem.split("_")[1]
    if resolved.parent == FOLDER.resolve() / "photos":
        return _PHOTOS.get(resolved.name)
    return None
