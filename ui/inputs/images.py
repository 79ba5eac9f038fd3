"""Qt's images as arrays."""

from __future__ import annotations

import numpy as np
from PySide6.QtGui import QImage

from cnnviz.requests import Picture


def pixels_of(image: QImage) -> Picture:
    """Pixels of an image, uint8, shape (H, W, 4)."""
    rgba = image.convertToFormat(QImage.Format.Format_RGBA8888)
    rows = np.frombuffer(rgba.constBits(), np.uint8).reshape(rgba.height(), -1)
    return rows[:, : 4 * rgba.width()].reshape(rgba.height(), rgba.width(), 4).copy()
