"""What boxes show of a pass: asked for when they come into view, and the view has come to rest."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from PySide6.QtCore import QObject, QPointF, QTimer, Signal

from ui.graph.camera import MAX_SCALE, Camera
from ui.graph.painting import visible_in
from ui.graph.pictures import Pictures
from ui.graph.scene import Scene
from ui.graph.spots import LARGEST_CELL, Placed


class Feed(QObject):
    """Asks for what the boxes in view can show.

    Args:
        camera: Where one looks.
        scene: Gives what there is.
        ratio: Gives the pixels of the device a pixel of the screen.

    Attributes:
        pictures: What has arrived.

    Signals:
        names_wanted: Names of nodes whose thumbnails are in view, and not there yet.
        sheets_wanted: What else to ask the engine for, most wanted first.
    """

    names_wanted = Signal(object)
    sheets_wanted = Signal(object)

    def __init__(
        self,
        camera: Camera,
        scene: Callable[[], Scene | None],
        ratio: Callable[[], float],
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self.pictures = Pictures()
        self._camera = camera
        self._scene = scene
        self._ratio = ratio
        self._scale = 0.0
        self._asking = QTimer(self, singleShot=True, interval=60)
        self._asking.timeout.connect(self._ask)
        camera.moved.connect(self.look)

    def look(self) -> None:
        """Other boxes may be in view, or something has come."""
        if not self._asking.isActive():
            self._asking.start()

    def _ask(self) -> None:
        scene, camera = self._scene(), self._camera
        if scene is None:
            return
        boxes = np.flatnonzero(visible_in(scene.layout.rects, camera.view)).tolist()
        names, requests = self.pictures.wanted(scene, boxes, camera, self._ratio())
        missing = self.pictures.missing(names)
        if missing:
            self.names_wanted.emit(missing)
        if camera.scale != self._scale:
            # While one zooms, no sheet would be of the right size for long.
            self._scale = camera.scale
            if requests:
                self._asking.start()
        elif requests:
            self.sheets_wanted.emit(requests)

    def largest_scale(self, around: QPointF) -> float:
        """How far one may zoom in at a point of the screen: until a cell is large."""
        sheet = self.sheet_at(around)
        enough = LARGEST_CELL / sheet[1].cell if sheet is not None else 0.0
        return max(MAX_SCALE, self._camera.scale, enough)

    def sheet_at(self, position: QPointF) -> tuple[int, Placed] | None:
        """The box under a point of the screen, and its sheet, where the point is on one."""
        scene, camera = self._scene(), self._camera
        if scene is None:
            return None
        point = camera.to_picture(position)
        box = scene.at(point.x(), point.y())
        if box is None:
            return None
        sheet = self.pictures.sheet_at(scene, box, camera.scale)
        return (box, sheet) if sheet is not None and sheet.rect.contains(point) else None
