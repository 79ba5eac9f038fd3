"""Which scene shows which view."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtGui import QPainter

from ui.theatre import layout, matrices, painting
from ui.theatre.grids import Cache
from ui.theatre.layout import Stage
from ui.theatre.show import Moment, Show
from ui.theme import Theme


def lay_out(size: tuple[float, float], show: Show, moment: Moment) -> Stage:
    """Work out where everything lies on a stage of this size, in pixels."""
    return (layout if moment.view == "slide" else matrices).lay_out(size, show, moment)


def paint(
    painter: QPainter,
    stage: Stage,
    show: Show,
    moment: Moment,
    theme: Theme,
    cache: Cache | None = None,
    reached: Sequence[tuple[int, int]] = (),
) -> None:
    """Paint a moment in its view (see `ui.theatre.painting.paint`)."""
    scene = painting if moment.view == "slide" else matrices
    scene.paint(painter, stage, show, moment, theme, cache, reached)
