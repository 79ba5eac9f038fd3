"""Which scene shows which view."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from PySide6.QtGui import QPainter

from ui.theatre import layout, matrices, painting, rivals, scatter, shuffle
from ui.theatre.grids import Cache
from ui.theatre.layout import Stage
from ui.theatre.show import Moment, Show, View
from ui.theme import Theme

_LAYOUTS: Mapping[View, Callable[[tuple[float, float], Show, Moment], Stage]] = {
    "slide": layout.lay_out,
    "scatter": scatter.lay_out,
    "product": matrices.lay_out,
    "dense": matrices.lay_out,
    "shuffle": shuffle.lay_out,
    "rivals": rivals.lay_out,
}
_PAINTERS: Mapping[View, Callable[..., None]] = {
    "slide": painting.paint,
    "scatter": scatter.paint,
    "product": matrices.paint,
    "dense": matrices.paint,
    "shuffle": shuffle.paint,
    "rivals": rivals.paint,
}


def lay_out(size: tuple[float, float], show: Show, moment: Moment) -> Stage:
    """Work out where everything lies on a stage of this size, in pixels."""
    return _LAYOUTS[moment.view](size, show, moment)


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
    _PAINTERS[moment.view](painter, stage, show, moment, theme, cache, reached)
