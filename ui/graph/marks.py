"""What is special about some boxes and edges, and how it is toned."""

from __future__ import annotations

from dataclasses import dataclass, field

from PySide6.QtCore import QPointF
from PySide6.QtGui import QColor

from ui.graph.camera import MAX_SCALE
from ui.theme import Theme, mix

ROUND_FROM = 0.28
"""Scale from which boxes have round corners and edges have heads."""


@dataclass
class Marks:
    """What is special about some boxes, by index."""

    selected: int | None = None
    current: int | None = None
    hovered: int | None = None
    computed: frozenset[int] = field(default_factory=frozenset)
    lit: frozenset[int] | None = None
    """Where some boxes are picked out, the others are faint."""
    pointed: tuple[int, QPointF] | None = None
    """The edge under the pointer, and where that is on the screen."""
    faults: tuple[tuple[int, int | None, str], ...] = ()
    """What does not fit: a box, the edge into it that fails (or None), and why."""


def faint(color: QColor, colors: Theme) -> QColor:
    """Of what is not picked out."""
    return mix(color, colors.canvas, 0.6)


def thin(width: float, least: float, scale: float) -> float:
    """Width of a line in units of the scene: it grows with the zoom, but only so far.

    Args:
        width: At a scale of 1.
        least: Pixels of the screen that it has at any scale.
        scale: Screen pixels a unit of the scene.
    """
    return max(width * min(1.0, MAX_SCALE / scale), least / scale)
