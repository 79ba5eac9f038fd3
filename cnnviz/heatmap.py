"""A heat map laid over a picture."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from cnnviz.colormaps import COLOUR_MAPS, STEPS
from cnnviz.errors import UserError
from cnnviz.files import replacing
from cnnviz.requests import Floats, Picture

SUFFIXES = (".png", ".jpg", ".jpeg", ".webp", ".bmp")


def heat(values: Floats, opacity: float = 0.6) -> NDArray[np.uint8]:
    """A map as see-through colours: nothing at 0, most opaque and bright at the highest value.

    Args:
        values: Not negative, shape (H, W). What is not finite shows nothing.
        opacity: Of the highest value, 0..1.

    Returns:
        RGBA, not premultiplied, shape (H, W, 4).
    """
    clean = np.nan_to_num(values, nan=0.0, posinf=0.0, neginf=0.0)
    top = float(clean.max(initial=0.0))
    share = clean / top if top > 0 else np.zeros_like(clean)
    codes = np.rint(share * (STEPS - 1)).astype(np.intp)
    pixels = np.empty((*values.shape, 4), np.uint8)
    pixels[..., :3] = COLOUR_MAPS["magma"].rgb[codes]
    # The root lets weak values be seen; zero stays clear.
    pixels[..., 3] = np.rint(255 * opacity * np.sqrt(share))
    return pixels


def write_overlay(path: Path, picture: Picture, values: Floats) -> None:
    """Write a picture with a heat map over it.

    Args:
        path: Where; the suffix decides the format.
        picture: Shape (H, W, 3) or (H, W).
        values: Not negative, shape (H, W).

    Raises:
        UserError: It cannot be written.
    """
    if path.suffix.lower() not in SUFFIXES:
        raise UserError(f"{path} is no picture's name: end it in {', '.join(SUFFIXES)}.")
    ground = Image.fromarray(picture).convert("RGBA")
    blended = Image.alpha_composite(ground, Image.fromarray(heat(values))).convert("RGB")
    with replacing(path) as temporary:
        blended.save(temporary)
