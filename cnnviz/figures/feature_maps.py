"""Feature maps for figures, as the pixels that stand on the page."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from cnnviz.colormaps import COLOUR_MAPS


def coloured(codes: Mapping[str, NDArray[np.uint8]]) -> dict[str, NDArray[np.uint8]]:
    """Thumbnails of `GetThumbnails`, in colours.

    Args:
        codes: By node, shape (H, W).

    Returns:
        By node, shape (H, W, 3).
    """
    table = COLOUR_MAPS["viridis"].table()
    shifts = np.array([16, 8, 0], np.uint32)
    return {
        name: (table[steps][..., np.newaxis] >> shifts & 0xFF).astype(np.uint8)
        for name, steps in codes.items()
    }
