"""The way from one picture of a network to the next, when a part of it opens or closes."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from ui.graph.painting import Placement
from ui.graph.scene import Scene


class Morph:
    """Boxes and frames between two scenes.

    What comes out of a group starts from the group's box, and what goes into one ends there.

    Args:
        before: The scene that was seen.
        after: The scene that will be.
        shift: Where the old scene's origin is in the new one.
    """

    def __init__(self, before: Scene, after: Scene, shift: tuple[float, float]) -> None:
        self._after = after
        offset = np.array([*shift, 0.0, 0.0])
        old = {
            part.key: rect
            for parts, rects in (
                (before.view.parts, before.layout.rects),
                (before.layout.framed, before.layout.frames),
            )
            for part, rect in zip(parts, rects, strict=True)
        }

        def start(key: str, first: str) -> NDArray[np.float64]:
            found = old.get(key)
            if found is None:  # it was hidden in a group
                found = before.layout.rects[before.view.index[first]]
            return found + offset

        self._rects = _stacked(start(p.key, p.nodes[0]) for p in after.view.parts)
        self._frames = _stacked(start(p.key, p.nodes[0]) for p in after.layout.framed)

    def at(self, share: float) -> Placement:
        """Where everything is after a share of the way."""
        rects, frames = self._after.layout.rects, self._after.layout.frames
        return Placement(
            self._rects + (rects - self._rects) * share,
            self._frames + (frames - self._frames) * share,
            share,
        )


def _stacked(rows: Iterable[NDArray[np.float64]]) -> NDArray[np.float64]:
    return np.array(list(rows), np.float64).reshape(-1, 4)
