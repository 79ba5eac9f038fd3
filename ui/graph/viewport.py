"""Where the graph is looked at: home, everything, one part; nearer, further."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSizeF
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QWidget

from cnnviz.outline import Part
from ui.graph.camera import MAX_SCALE, Camera
from ui.graph.marks import Marks
from ui.graph.minimap import THICKNESS, Minimap
from ui.graph.scene import Scene
from ui.graph.unfolding import Unfolding

MARGIN = 24.0
READABLE_SCALE = 0.72
"""The first view goes no lower: boxes show their type and shape."""
WALKING_SCALE = 1.0
"""How near Z goes to the selected node."""
_ZOOM_STEP = 1.25
WALK = (0.12, 0.3)
"""Shares of the view that a walk keeps from its sides, and ahead: what comes next is seen."""


class Viewport(QWidget):
    """A widget that shows a part of a scene."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._unfolding: Unfolding | None = None
        self._marks = Marks()
        self._minimap = Minimap()
        self._at_home = True
        self._camera = Camera(self)

    @property
    def scene(self) -> Scene | None:
        """What is shown."""
        return self._unfolding.scene if self._unfolding is not None else None

    @property
    def scale(self) -> float:
        """Screen pixels a unit of the picture."""
        return self._camera.scale

    def position_of(self, name: str) -> QPointF:
        """Centre of a node on the widget.

        Raises:
            KeyError: There is no such node.
        """
        if self.scene is None:
            raise KeyError(name)
        return self._camera.to_screen(self._rect(self.scene.index[name]).center())

    def _index(self, name: str | None) -> int | None:
        return self.scene.index.get(name) if self.scene is not None and name else None

    def _rect(self, box: int) -> QRectF:
        assert self.scene is not None
        return QRectF(*self.scene.layout.rects[box].tolist())

    # Where it looks.

    def home(self) -> None:
        """Look at the first layers, or at the selected one, large enough to read."""
        scene = self.scene
        if scene is None:
            self.update()
            return
        self._camera.home(self._free_area(), self._rect(0).center(), scene.along, READABLE_SCALE)
        if self._marks.selected is not None:
            self._reveal(self._marks.selected, *WALK, fly=False)
        self._at_home = True

    def bring(self, name: str) -> None:
        """Bring a node into view, whatever is selected."""
        box = self._index(name)
        if box is not None:
            self._reveal(box, *WALK, fly=False)

    def overview(self, least: float) -> bool:
        """Look at everything at once, where that takes no smaller scale."""
        if self.scene is None:
            return False
        self._camera.fit(QRectF(self.rect()).adjusted(MARGIN, MARGIN, -MARGIN, -MARGIN))
        self._at_home = False
        return self.scale >= least

    def fit(self) -> None:
        """Look at everything."""
        if self.scene is not None:
            area = QRectF(self.rect()).adjusted(MARGIN, MARGIN, -MARGIN, -MARGIN)
            self._camera.fit(area, fly=self.isVisible())
            self._at_home = False

    def zoom_in(self) -> None:
        """Magnify, around the middle."""
        self._zoom(_ZOOM_STEP, QRectF(self.rect()).center(), fly=True)

    def zoom_out(self) -> None:
        """Shrink, around the middle."""
        self._zoom(1 / _ZOOM_STEP, QRectF(self.rect()).center(), fly=True)

    def zoom_to_selection(self) -> None:
        """Look at the selected node and its neighbours."""
        if self.scene is not None and self._marks.selected is not None:
            middle = self._rect(self._marks.selected).center()
            scale = min(max(self.scale, WALKING_SCALE), MAX_SCALE)
            self._camera.centre(middle, scale, fly=self.isVisible())
            self._at_home = False

    def look_at(self, part: Part) -> None:
        """Look at one part as a whole."""
        if self.scene is not None:
            rect = self.scene.place_of(part)
            room = QRectF(self.rect()).adjusted(MARGIN, MARGIN, -MARGIN, -MARGIN)
            scale = min(room.width() / rect.width(), room.height() / rect.height(), 1.2)
            self._camera.centre(rect.center(), scale, fly=self.isVisible())
            self._at_home = False

    def _free_area(self) -> QRectF:
        """The canvas without its margins and the overview."""
        area = QRectF(self.rect()).adjusted(MARGIN, MARGIN, -MARGIN, -MARGIN)
        if not self._minimap.has_room(self.rect()):
            return area
        if self.scene is not None and self.scene.along:
            area.setRight(area.right() - THICKNESS)
        else:
            area.setBottom(area.bottom() - THICKNESS)
        return area

    def _zoom(self, factor: float, around: QPointF, *, fly: bool = False) -> None:
        if self.scene is not None:
            self._camera.zoom(factor, around, fly=fly and self.isVisible())
            self._at_home = False

    def _reveal(self, box: int, margin: float, ahead: float, *, fly: bool = True) -> None:
        assert self.scene is not None
        if self.scale > MAX_SCALE:  # from the cells of one box to another as a whole
            self._camera.largest = MAX_SCALE
            middle = self._rect(box).center()
            self._camera.centre(middle, WALKING_SCALE, fly=fly and self.isVisible())
        elif self._camera.reveal(
            self._rect(box), margin, ahead, self.scene.along, fly=fly and self.isVisible()
        ):
            self._at_home = False

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: D102
        self._camera.size = QSizeF(self.size())
        if self._at_home:
            self.home()
