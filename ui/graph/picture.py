"""The picture of a network: what of it is open, what is marked, how it is coloured."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import (
    QEasingCurve,
    QEvent,
    QPointF,
    QRectF,
    QSize,
    QTimer,
    QVariantAnimation,
    Signal,
)
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from cnnviz.costs import GraphCosts
from cnnviz.graph import LayerGraph
from cnnviz.grouping import Grouping
from cnnviz.layout import Direction
from cnnviz.nesting import HEADER
from cnnviz.outline import Level, Part
from cnnviz.receptive_field import Field
from cnnviz.requests import Cells, GetCells, GetSheet, NodeRun, Sheet
from cnnviz.sketch import Fault
from cnnviz.tiling import Cell
from ui.graph.backing import Backing
from ui.graph.columns import Column, Facts, Tint, tint_of
from ui.graph.edges import paint_faults, paint_pointed
from ui.graph.feed import Feed
from ui.graph.legend import paint_legend, paint_scale
from ui.graph.marks import Marks
from ui.graph.morph import Morph
from ui.graph.painting import TEXT_FROM, paint_empty, paint_scene
from ui.graph.scene import Scene
from ui.graph.unfolding import Unfolding
from ui.graph.viewport import WALK, Viewport
from ui.graph.whereabouts import paint_whereabouts
from ui.theme import Theme, theme_of

OPENS_AT = 1.9
"""Zooming in on a closed group further than this opens it."""
CLOSES_BELOW, CLOSES_AT = 0.45, 0.4
"""Zooming out below this scale closes a frame under the pointer that takes up less than this share
of the canvas."""

_MORPH_MS = 220
_SHIFTED_BELOW = 1.5
"""Scale from which so few boxes are in view that painting them is no more work than moving them."""


FADE_MS = 200
"""How long the feature maps of the pass before stay on the boxes: no flicker while one draws."""


class GraphPicture(Viewport):
    """Shows a network as parts that open and close.

    Signals:
        detail_changed: Other parts are open.
        pictures_wanted: Names of nodes whose thumbnails are in view, and not there yet.
        sheets_wanted: What else boxes in view could show, as requests to the engine.
        place_changed: Another box is selected, or it is in other groups.
    """

    detail_changed = Signal()
    pictures_wanted = Signal(object)
    sheets_wanted = Signal(object)
    place_changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._graph: LayerGraph | None = None
        self._costs: GraphCosts | None = None
        self._direction: Direction = "down"
        self._selected: str | None = None
        self._current: str | None = None
        self._computed: frozenset[str] = frozenset()
        self._column: Column | None = None
        self._run: Mapping[str, NodeRun] = {}
        self._fields: Mapping[str, Field] = {}
        self._tint: Tint | None = None
        self._legend = False
        self._lit: frozenset[str] | None = None
        self._faults: tuple[Fault, ...] = ()
        self._roomy = False
        self._feed = Feed(self._camera, lambda: self.scene, self.devicePixelRatioF, self)
        self._feed.names_wanted.connect(self.pictures_wanted)
        self._feed.sheets_wanted.connect(self.sheets_wanted)
        self._fading = QTimer(self, singleShot=True, interval=FADE_MS)
        self._fading.timeout.connect(self._drop_older_pictures)
        self._backing = Backing()
        self._panning = False
        self._painted_at = 0.0
        self._camera.moved.connect(self._camera_moved)
        self._coming = ""
        self._morph: Morph | None = None
        self._morphing = QVariantAnimation(self, duration=_MORPH_MS, startValue=0.0, endValue=1.0)
        self._morphing.setEasingCurve(QEasingCurve.Type.OutCubic)
        self._morphing.valueChanged.connect(self.update)
        self._morphing.finished.connect(self._arrive)

    # What it shows.

    def announce(self, coming: str) -> None:
        """Say what is on its way, where nothing is shown yet; "" says how to open a model."""
        if coming != self._coming:
            self._coming = coming
            self.update()

    def set_graph(
        self,
        graph: LayerGraph | None,
        costs: GraphCosts | None = None,
        opened: Collection[str] | None = None,
        grouping: Grouping | None = None,
    ) -> None:
        """Show a graph from its first layer on; None shows how to open one.

        Args:
            graph: What to show.
            costs: Its costs; without them boxes and cards leave them out.
            opened: Keys of the parts that are open; what suits its size when None.
            grouping: Its groups, found anew when None.
        """
        self._graph, self._costs = graph, costs
        self._feed.pictures.forget()
        self._camera.stop()
        self._settle()
        self._selected = self._current = None
        self._computed = frozenset()
        self._run, self._fields = {}, {}
        self._faults = ()
        self._unfolding = (
            Unfolding(
                graph, costs, opened, self._direction, grouping=grouping, pictures=self._roomy
            )
            if graph is not None and graph.nodes
            else None
        )
        self._scene_changed()
        self.home()
        self.detail_changed.emit()

    @property
    def direction(self) -> Direction:
        """Where the edges point: "down" or "right"."""
        return self._direction

    def set_direction(self, direction: Direction) -> None:
        """Turn the graph."""
        if direction == self._direction:
            return
        self._direction = direction
        if self._unfolding is not None:
            self._camera.stop()
            self._settle()
            self._unfolding.show(self._unfolding.opened, direction)
            self._scene_changed()
            self.home()

    def set_current(self, name: str | None) -> None:
        """Mark the node that is being computed; None when nothing is."""
        self._current = name
        self._marks.current = self._index(name)
        self.update()

    def set_computed(self, names: Collection[str]) -> None:
        """Mark the nodes whose activations are there; all others are drawn fainter.

        None computed means that no pass is under way, and nothing is faint.
        """
        self._computed = frozenset(names)
        self._mark_computed()
        self.update()

    def colour_by(
        self,
        column: Column | None,
        run: Mapping[str, NodeRun] | None = None,
        fields: Mapping[str, Field] | None = None,
    ) -> None:
        """Colour boxes by a number; by their kind when None.

        Args:
            column: Which number.
            run: What the last pass told of each node.
            fields: What each node sees of the input.
        """
        self._column, self._run, self._fields = column, run or {}, fields or {}
        self._colour()

    @property
    def tint(self) -> Tint | None:
        """The numbers that boxes are coloured by now."""
        return self._tint

    def show_legend(self, shown: bool) -> None:
        """Say what the colours mean at any zoom, not only where boxes carry no text."""
        self._legend = shown
        self.update()

    def show_pictures(self, shown: bool) -> None:
        """Make room for feature maps on the boxes, or take it away."""
        if shown == self._roomy:
            return
        self._roomy = shown
        if self._unfolding is not None:
            self._unfolding.pictures = shown
            self._reopen(self._unfolding.opened, again=True)
            self._feed.look()

    def set_traced(self, traced: bool) -> None:
        """Tell whether an image was run, so that there is something to show on the boxes."""
        self._feed.pictures.traced = traced
        if not traced:
            self._feed.pictures.forget_pass()
            self._fading.start()
        self._feed.look()
        self.update()

    def set_pictures(self, codes: Mapping[str, NDArray[np.uint8]]) -> None:
        """Take the thumbnails that are there; none when another pass begins."""
        self._feed.pictures.show(codes)
        if not codes:
            self._fading.start()
        self._feed.look()
        self.update()

    def _drop_older_pictures(self) -> None:
        self._feed.pictures.drop_older()
        self.update()

    def set_sheets(self, sheets: Mapping[GetSheet, Sheet], cells: Mapping[GetCells, Cells]) -> None:
        """Take the sheets and values that are there, by what was asked for."""
        self._feed.pictures.show_sheets(sheets, cells)
        self.update()

    def mark_cell(self, channel: int | None, row: int | None, column: int | None) -> None:
        """Mark the selected cell of the selected node, or its channel alone."""
        places = (-1 if place is None else place for place in (channel, row, column))
        chosen = Cell(*places)
        self._feed.pictures.chosen = (self._selected, chosen) if self._selected else None
        self.update()

    def set_faults(self, faults: Sequence[Fault]) -> None:
        """Mark what does not fit, and open whatever hides it."""
        self._faults = tuple(faults)
        for fault in self._faults:
            self.reveal(fault.node)
        self._mark_faults()
        self._settle()

    def light(self, names: Collection[str] | None) -> None:
        """Pick some nodes out, and draw all others fainter; None ends that."""
        self._lit = None if names is None else frozenset(names)
        self._mark_lit()
        self.update()

    def select(self, name: str | None, *, walking: bool = False) -> None:
        """Mark the selected node, or the closed group that it is in, and bring it into view.

        Args:
            name: The node, or None.
            walking: It is the next step of a walk. Who has moved on to look at something else is
                left there.
        """
        box = self._index(name)
        self._selected = name if box is not None else None
        before, self._marks.selected = self._marks.selected, box
        self.update()
        self.place_changed.emit()
        if box is None:
            return
        seen = before is not None and self._camera.goal.intersects(self._rect(before))
        if box == before and seen:
            return
        if seen or before is None or not walking:
            self._reveal(box, *WALK)

    @property
    def selected(self) -> str | None:
        """Name of the selected node."""
        return self._selected

    @property
    def selected_part(self) -> Part | None:
        """What is selected of what is seen: an operation, or a closed group."""
        scene, box = self.scene, self._marks.selected
        return scene.view.parts[box] if scene is not None and box is not None else None

    @property
    def way(self) -> tuple[Part, ...]:
        """From the network inwards to the selected part."""
        if self._unfolding is None:
            return ()
        outline, part = self._unfolding.outline, self.selected_part
        return (*outline.around(part), part) if part is not None else (outline.root,)

    @property
    def at_rest(self) -> bool:
        """False while the view is moving by itself."""
        return not self._camera.flying and self._morph is None

    def _scene_changed(self) -> None:
        """Find the marks again: boxes have other numbers now."""
        selected, current = self._index(self._selected), self._index(self._current)
        self._marks = Marks(selected=selected, current=current)
        self._mark_computed()
        self._mark_lit()
        self._mark_faults()
        scene = self.scene
        self._minimap.set_scene(scene)
        if scene is not None:
            self._camera.picture = QRectF(0, 0, scene.layout.width, scene.layout.height)
        self._colour()
        self.place_changed.emit()

    def _mark_computed(self) -> None:
        """A group is computed when its last operation is."""
        parts = self.scene.view.parts if self.scene is not None else ()
        self._marks.computed = frozenset(
            i for i, part in enumerate(parts) if part.nodes[-1] in self._computed
        )

    def _mark_faults(self) -> None:
        scene = self.scene
        if scene is None:
            return
        edges = {(int(a), int(b)): i for i, (a, b) in enumerate(scene.layout.edges.tolist())}
        found = []
        for fault in self._faults:
            box = scene.index.get(fault.node)
            if box is not None:
                source = scene.index.get(fault.source or "", -1)
                found.append((box, edges.get((source, box)), fault.text))
        self._marks.faults = tuple(found)

    def _mark_lit(self) -> None:
        index = self.scene.index if self.scene is not None else {}
        self._marks.lit = None
        if self._lit is not None:
            self._marks.lit = frozenset(index[name] for name in self._lit if name in index)

    def _colour(self) -> None:
        self._tint = None
        if self._column is not None and self._graph is not None and self.scene is not None:
            facts = Facts(self._graph, self._costs, self._fields, self._run)
            self._tint = tint_of(self._column, facts, self.scene.view.parts)
        self.update()

    # Which parts are open.

    @property
    def opened(self) -> frozenset[str]:
        """Keys of the open parts."""
        return self._unfolding.opened if self._unfolding is not None else frozenset()

    @property
    def level(self) -> Level | None:
        """The detail that is shown; None where single parts differ from it."""
        return self._unfolding.level if self._unfolding is not None else None

    def shows(self, level: Level) -> bool:
        """Whether a level is what is shown; two may look the same."""
        return self._unfolding is not None and self._unfolding.shows(level)

    def set_level(self, level: Level) -> None:
        """Open everything above a level, and close the rest."""
        if self._unfolding is not None:
            self._reopen(self._unfolding.outline.open_at(level))

    def open_part(self, key: str, at: QPointF | None = None) -> None:
        """Open a closed group in its place.

        Args:
            key: Its key.
            at: Where on the screen it was asked for.
        """
        if self._unfolding is not None and self._unfolding.outline.by_key[key].parts:
            self._reopen(self._unfolding.opened | {key}, key, at)

    def close_part(self, key: str, at: QPointF | None = None) -> None:
        """Close a group, and what is open within; it comes to where it was asked for."""
        if self._unfolding is not None:
            self._reopen(self._unfolding.without(key), key, at)

    def close_around(self) -> None:
        """Close the innermost group around the selected part."""
        around = [part for part in self.way if part.key in self.opened]
        if self.selected_part is not None and around:
            self.close_part(around[-1].key)

    def reveal(self, name: str) -> None:
        """Open everything that a node is hidden in."""
        if self._unfolding is not None:
            self._reopen(self._unfolding.revealing(name))

    def _reopen(
        self,
        opened: frozenset[str],
        key: str | None = None,
        at: QPointF | None = None,
        *,
        again: bool = False,
    ) -> None:
        """Show other parts; what was clicked, or is looked at, stays where it is on screen."""
        unfolding = self._unfolding
        if unfolding is None or (opened == unfolding.opened and not again):
            return
        self._camera.stop()
        self._settle()
        before, view = unfolding.scene, self._camera.view
        if key is not None:
            part = unfolding.outline.by_key[key]
        else:
            box = self._marks.selected
            in_view = box is not None and view.intersects(self._rect(box))
            middle = view.center()
            part = unfolding.anchor(box if in_view else None, (middle.x(), middle.y()))
        held = self._camera.to_screen(_hold(before, part))
        unfolding.show(opened)
        after = unfolding.scene
        if at is not None and key not in opened:
            held = at
        self._scene_changed()
        origin = self._camera.origin
        self._camera.look(self.scale, _hold(after, part) - held / self.scale)
        shift = self._camera.origin - origin
        if self.isVisible():
            self._morph = Morph(before, after, (shift.x(), shift.y()))
            self._morphing.start()
        self._at_home = False
        self.detail_changed.emit()

    def _settle(self) -> None:
        """End the way from one scene to the next."""
        self._morphing.stop()
        self._arrive()

    def _arrive(self) -> None:
        self._morph = None
        self.update()

    def _zoom(self, factor: float, around: QPointF, *, fly: bool = False) -> None:
        """Zoom; far enough in, the group under the pointer opens, far enough out it closes."""
        scene = self.scene
        if scene is None:
            return
        self._camera.largest = self._feed.largest_scale(around)
        super()._zoom(factor, around, fly=fly)
        if fly:
            return
        point = self._camera.to_picture(around)
        box, frame = scene.at(point.x(), point.y()), scene.frame_at(point.x(), point.y())
        if factor > 1 and self.scale > OPENS_AT and box is not None:
            part = scene.view.parts[box]
            if part.parts:
                # It gets larger by being opened: go on from a scale that shows what is inside.
                self._camera.zoom(1 / self.scale, around)
                self.open_part(part.key, around)
        elif factor < 1 and self.scale < CLOSES_BELOW and frame is not None:
            seen = scene.place_of(frame).size() * self.scale
            if seen.width() < self.width() * CLOSES_AT and (
                seen.height() < self.height() * CLOSES_AT
            ):
                self.close_part(frame.key, around)

    # Painting.

    def update(self, *_: object) -> None:
        """Paint anew: something has changed that is seen."""
        self._panning = False
        self._backing.forget()
        super().update()

    def changeEvent(self, event: QEvent) -> None:  # noqa: D102
        super().changeEvent(event)
        self.update()

    def _camera_moved(self) -> None:
        """Paint elsewhere; while the scale stays, most of it is there already."""
        if self._camera.scale != self._painted_at or self._camera.scale > _SHIFTED_BELOW:
            self._painted_at = self._camera.scale
            self.update()
        else:
            self._panning = True
            super().update()

    def sizeHint(self) -> QSize:  # noqa: D102
        return QSize(460, 640)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: D102
        colors = theme_of(self.palette())
        painter = QPainter(self)
        scene, camera = self.scene, self._camera
        if scene is None:
            painter.fillRect(self.rect(), colors.canvas)
            paint_empty(painter, self.rect(), colors, self._coming)
            return

        def draw(painter: QPainter, part: QRectF | None = None) -> None:
            where = None
            if self._morph is not None:
                where = self._morph.at(self._morphing.currentValue())
            paint_scene(
                painter,
                scene,
                self._marks,
                camera,
                colors,
                self.font(),
                self._tint,
                where,
                self._feed.pictures,
                part,
            )

        if self._panning:
            ratio = self.devicePixelRatioF()
            self._backing.show(
                painter, self.size(), ratio, camera.scale, camera.origin, colors.canvas, draw
            )
        else:
            painter.fillRect(self.rect(), colors.canvas)
            draw(painter)
        rects = scene.layout.rects
        if self._marks.faults and self._morph is None:
            paint_faults(painter, scene, rects, self._marks, camera, colors)
        view = self._camera.view
        self._paint_key(painter, scene, colors)
        self._paint_whereabouts(painter, scene)
        if self._minimap.useful(view, self.rect()):
            self._minimap.paint(painter, self.rect(), view, self._marks, colors)
        paint_pointed(painter, scene, self._marks, camera, colors)

    def _paint_key(self, painter: QPainter, scene: Scene, colors: Theme) -> None:
        """What the colours mean."""
        if self._tint is not None:
            paint_scale(painter, self._tint, self.rect(), colors)
        elif self.scale < TEXT_FROM or self._legend:
            paint_legend(painter, scene, self.rect(), colors)

    def _paint_whereabouts(self, painter: QPainter, scene: Scene) -> None:
        found = self._feed.sheet_at(QRectF(self.rect()).center())
        if found is None:
            return
        box, sheet = found
        if self._camera.to_screen(sheet.rect.topLeft()).y() < 0:  # so is its title
            cell = sheet.at(self._camera.view.center())
            channel = cell.channel if cell is not None else None
            colors = theme_of(self.palette())
            paint_whereabouts(painter, scene.boxes[box].title, sheet, channel, colors)


def _hold(scene: Scene, part: Part) -> QPointF:
    """The point by which a part is held: the middle of its box, or of its frame's first strip."""
    rect = scene.place_of(part)
    if any(framed is part for framed in scene.layout.framed):
        return QPointF(rect.center().x(), rect.top() + HEADER / 2)
    return rect.center()
