"""The files that a figure can be written into."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from cnnviz.errors import UserError

FORMATS: Mapping[str, str] = MappingProxyType(
    {
        ".svg": "SVG",
        ".pdf": "PDF",
        ".png": "PNG",
        ".tex": "TikZ, for LaTeX",
        ".html": "Report in HTML",
        ".dot": "Graphviz DOT",
        ".mmd": "Mermaid",
        ".json": "JSON of the layer graph",
    }
)
"""What each ending stands for."""

DRAWN = frozenset({".svg", ".pdf", ".png", ".tex", ".html"})
"""Endings of files that show the figure itself; the others hold the network alone."""


def ending_of(path: Path) -> str:
    """The ending of a path, which says what to write.

    Raises:
        UserError: It names no format.
    """
    ending = path.suffix.lower()
    if ending not in FORMATS:
        what = f"ends with {path.suffix!r}" if path.suffix else "has no ending"
        raise UserError(f"{path.name} {what}: use {', '.join(FORMATS)}.")
    return ending
