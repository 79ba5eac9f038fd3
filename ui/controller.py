"""The one state of the window: model, image, selection. Every panel follows its signals."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Selection:
    """The app's single selection: a node, and within its activation a channel and a cell."""

    node: str | None = None
    channel: int | None = None
    row: int | None = None
    column: int | None = None
