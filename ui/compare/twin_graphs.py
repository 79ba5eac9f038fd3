"""Two graphs side by side that pan, zoom, open and select together, coloured by what differs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QTimer, Signal
from PySide6.QtGui import QColor, QPainter, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from cnnviz.alignment import ModelDiff
from cnnviz.compare import Change
from cnnviz.costs import graph_costs
from cnnviz.kinds import Kind
from cnnviz.outline import Outline, Part
from ui.graph.canvas import GraphCanvas
from ui.graph.columns import Column, Tint
from ui.graph.scene import Scene
from ui.panels.labels import ElidedLabel
from ui.theme import SNUG, TIGHT, Theme, mix
from ui.turns import Turns

_CHANGES: tuple[Change, ...] = ("same", "changed", "removed", "added")
_COLUMN = Column("difference", "Difference", lambda facts, part: None, str)


def change_ink(change: Change, colors: Theme) -> QColor:
    """Colour of a change, as text or a line."""
    inks = {"added": colors.good, "removed": colors.error, "changed": colors.warning}
    return inks.get(change, colors.muted)


def change_fill(change: Change, colors: Theme) -> QColor:
    """Ground of a change; these three stay apart under colour blindness."""
    kinds = {"added": Kind.MERGE, "removed": Kind.POOLING, "changed": Kind.ACTIVATION}
    if change not in kinds:
        return mix(colors.canvas, colors.border, 0.5)
    return mix(colors.surface, colors.kinds[kinds[change]].fill, 0.5)


@dataclass(frozen=True, eq=False)
class DiffTint(Tint):
    """Colours boxes by what became of them."""

    def fill(self, step: int, colors: Theme) -> QColor:
        """Colour of a change; a quiet one for what is the same."""
        return change_fill(_CHANGES[max(step, 0)], colors)

    def row(self, part: int) -> tuple[str, str]:
        """What to write on a part."""
        return "", _CHANGES[int(self.bins[part])]


class DiffCanvas(GraphCanvas):
    """A graph that is coloured by changes, and tells where it looks.

    Signals:
        moved: It looks elsewhere now.
        resized: It has another size now.
    """

    moved = Signal()
    resized = Signal()

    def __init__(self) -> None:
        self._changes: Mapping[str, Change] = {}
        super().__init__()
        self._camera.moved.connect(self.moved)

    def set_changes(self, changes: Mapping[str, Change]) -> None:
        """Say what became of each operation."""
        self._changes = changes
        self._colour()

    def _colour(self) -> None:
        scene = self.scene
        self._tint = None
        if scene is not None and self._changes:
            bins = np.array([self._change_of(part) for part in scene.view.parts], np.int64)
            values = (None,) * len(scene.view.parts)
            self._tint = DiffTint(_COLUMN, values, bins, 0.0, 0.0)
        self.update()

    def _change_of(self, part: Part) -> int:
        """What became of a part: of a group, whatever is common to all of it."""
        found = {self._changes.get(name, "same") for name in part.nodes}
        return _CHANGES.index(found.pop() if len(found) == 1 else "changed")

    def _paint_key(self, painter: QPainter, scene: Scene, colors: Theme) -> None:
        """The tab says it."""

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Tell it."""
        super().resizeEvent(event)
        self.resized.emit()

    @property
    def middle(self) -> QPointF:
        """The point of the picture in the middle of the screen."""
        return self._camera.view.center()

    @property
    def outline(self) -> Outline | None:
        """The parts of the network."""
        return self._unfolding.outline if self._unfolding is not None else None

    def look(self, middle: QPointF, scale: float) -> None:
        """Bring a point of the picture to the middle of the screen, at a scale."""
        self._camera.centre(middle, scale)
        self._at_home = False


class TwinGraphs(QWidget):
    """Both of them, with names above.

    Signals:
        chosen: Number of the graph (0 or 1), and the node that was clicked in it.
    """

    chosen = Signal(int, str)

    def __init__(self) -> None:
        super().__init__()
        self.canvases = (DiffCanvas(), DiffCanvas())
        self.names = (ElidedLabel("First model"), ElidedLabel("Second model"))
        self.partners: tuple[Mapping[str, str], Mapping[str, str]] = ({}, {})
        self._opened: list[frozenset[str]] = [frozenset(), frozenset()]
        self._anchors: NDArray[np.float64] | None = None
        self._following = False
        self._turns = Turns(self)
        self._selected: tuple[int, str | None] = (0, None)
        # Once both have their new size.
        self._resizing = QTimer(self, singleShot=True, interval=0)
        self._resizing.timeout.connect(lambda: self._follow(0))
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(SNUG)
        for side, (canvas, name) in enumerate(zip(self.canvases, self.names, strict=True)):
            column = QVBoxLayout()
            column.setSpacing(TIGHT)
            column.addWidget(name)
            column.addWidget(canvas, 1)
            row.addLayout(column, 1)
            canvas.setMinimumWidth(140)
            canvas.moved.connect(lambda side=side: self._follow(side))
            canvas.resized.connect(self._resizing.start)
            canvas.node_selected.connect(lambda node, side=side: self._clicked(side, node))
            canvas.detail_changed.connect(lambda side=side: self._opened_or_closed(side))

    def show_diff(
        self, diff: ModelDiff | None, names: tuple[str, str], mates: Mapping[str, str]
    ) -> None:
        """Show two graphs, each in a turn of the event loop of its own.

        Args:
            diff: What they differ in; None shows nothing.
            names: What to call them.
            mates: Which operation of the second stands for each of the first.
        """
        self.partners = (mates, {other: one for one, other in mates.items()})
        self._selected = (0, None)
        for label, name in zip(self.names, names, strict=True):
            label.show_text(name)
        self._turns.start(
            lambda: self._fill(0, diff),
            lambda: self._fill(1, diff),
            lambda: self._level_out(0),
            lambda: self._level_out(1),
            self._begin,
        )

    @property
    def settled(self) -> bool:
        """Whether both are on screen, where they belong."""
        return not self._turns.busy and all(canvas.at_rest for canvas in self.canvases)

    def _begin(self) -> None:
        """Both are there: look at the selected pair, or at the first layers."""
        self.canvases[0].home()
        self.select(*self._selected)

    def _fill(self, side: int, diff: ModelDiff | None) -> None:
        canvas = self.canvases[side]
        self._following = True
        canvas.set_changes({})
        if diff is None:
            canvas.set_graph(None)
        else:
            graph = diff.graphs[side]
            canvas.set_graph(graph, graph_costs(graph))
            canvas.set_changes(changes_of(diff, side))
        self._opened[side] = canvas.opened
        self._anchors = None
        self._following = False

    def _level_out(self, side: int) -> None:
        """Show one in the detail that suits the larger of the two."""
        levels = [canvas.level for canvas in self.canvases if canvas.level is not None]
        if levels:
            self._following = True
            self.canvases[side].set_level(min(levels))
            self._opened[side] = self.canvases[side].opened
            self._following = False

    # Together.

    def _follow(self, leader: int) -> None:
        """Look at the same place with the other graph."""
        one, other = self.canvases[leader], self.canvases[1 - leader]
        if self._following or one.scene is None or other.scene is None:
            return
        shift = self._shift(leader, one, other)
        if shift is not None:
            self._following = True
            other.look(one.middle + shift, one.scale)
            self._following = False

    def _shift(self, leader: int, one: DiffCanvas, other: DiffCanvas) -> QPointF | None:
        """Where the other graph has what the leader shows, as seen from there.

        The selected pair stays side by side as long as it is seen, and what is in the middle when
        it is not.
        """
        scenes = one.scene, other.scene
        assert scenes[0] is not None
        assert scenes[1] is not None
        mate = self.partners[leader].get(one.selected or "")
        if one.selected in scenes[0].index and mate in scenes[1].index:
            place = _middle(scenes[0], scenes[0].index[one.selected or ""])
            if abs(place.y() - one.middle.y()) * one.scale < one.height() / 2:
                return _middle(scenes[1], scenes[1].index[mate or ""]) - place
        anchors = self._anchored(leader, scenes[0], scenes[1])
        if not len(anchors):
            return None
        here, across, down = anchors.T
        along = min(max(one.middle.y(), here[0]), here[-1])
        return QPointF(*(float(np.interp(along, here, shift)) for shift in (across, down)))

    def _anchored(self, leader: int, one: Scene, other: Scene) -> NDArray[np.float64]:
        """How far down the boxes with partners are, and how far to the right and down these are.

        Returns:
            Shape (N, 3), one row a height.
        """
        if self._anchors is None:
            first, second = (one, other) if leader == 0 else (other, one)
            pairs = {
                (first.index[a], second.index[b])
                for a, b in self.partners[0].items()
                if a in first.index and b in second.index
            }
            places = [(_middle(first, a), _middle(second, b)) for a, b in pairs]
            rows = np.array(
                sorted((p.y(), p.x(), q.y(), q.x()) for p, q in places), np.float64
            ).reshape(-1, 4)
            rows[:, 2] = np.maximum.accumulate(rows[:, 2])
            self._anchors = rows
        near, far = (0, 2) if leader == 0 else (2, 0)
        rows = self._anchors
        _, where = np.unique(rows[:, near], return_index=True)
        down = rows[where, far] - rows[where, near]
        across = rows[where, far + 1] - rows[where, near + 1]
        anchors: NDArray[np.float64] = np.column_stack([rows[where, near], across, down])
        return anchors

    def _opened_or_closed(self, side: int) -> None:
        """Open or close in the other graph what stands for what was opened or closed here."""
        canvas, other = self.canvases[side], self.canvases[1 - side]
        before, now = self._opened[side], canvas.opened
        self._opened[side], self._anchors = now, None
        if self._following or canvas.outline is None or other.outline is None:
            return
        self._following = True
        for key in before ^ now:
            part = canvas.outline.by_key.get(key)
            mate = self._mate(side, part, other.outline) if part is not None else None
            if mate is not None and (mate.key in other.opened) != (key in now):
                if key in now:
                    other.open_part(mate.key)
                else:
                    other.close_part(mate.key)
        self._opened[1 - side] = other.opened
        self._following = False
        self._follow(side)

    def _mate(self, side: int, part: Part, outline: Outline) -> Part | None:
        """The part of the other graph at the same level around the same operations."""
        for name in part.nodes:
            mate = self.partners[side].get(name)
            if mate is None:
                continue
            around = outline.around(outline.by_key[f"operation/{mate}"])
            for candidate in reversed(around):
                if (candidate.level, candidate.role == "run") == (part.level, part.role == "run"):
                    return candidate
        return None

    def _clicked(self, side: int, node: str) -> None:
        self.select(side, node, own=False)
        self.chosen.emit(side, node)

    def select(self, side: int, node: str | None, *, own: bool = True) -> None:
        """Mark a node and what stands for it in the other graph.

        Args:
            side: Which graph the node is of.
            node: The node.
            own: Mark it in its own graph, too.
        """
        self._selected = (side, node)
        mate = self.partners[side].get(node) if node is not None else None
        self._following = True
        self.canvases[1 - side].select(mate)
        self._following = False
        if own:
            self.canvases[side].select(node)
        self._follow(side)


def _middle(scene: Scene, box: int) -> QPointF:
    left, top, width, height = scene.layout.rects[box].tolist()
    return QPointF(left + width / 2, top + height / 2)


def changes_of(diff: ModelDiff, side: int) -> Mapping[str, Change]:
    """What became of each operation of one side."""
    heads: dict[str | None, Change] = {
        (unit.first, unit.second)[side]: unit.change for unit in diff.units
    }
    return {name: heads[head] for name, head in diff.heads[side].items()}
