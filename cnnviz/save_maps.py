"""Feature maps as files: pictures, arrays, a table of statistics."""

from __future__ import annotations

import csv
import io
import math
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cnnviz.atlas import Floats, Levels, Measures, encode
from cnnviz.colormaps import ColourMap
from cnnviz.errors import UserError
from cnnviz.files import replacing
from cnnviz.ordering import Indices, variances
from cnnviz.tiling import Box, Tiling, draw

LARGEST_PICTURE = 100_000_000
"""Pixels of a picture that is still written."""

_GUTTER = 0xFFFFFFFF


def atlas_picture(
    measures: Measures, scale: Levels, colour_map: ColourMap, order: Indices, zoom: int = 1
) -> NDArray[np.uint8]:
    """Draw maps side by side, nearly in a square, one pixel of white between them.

    Args:
        measures: Of the activation.
        scale: What the ends of the colour map stand for.
        colour_map: The colours.
        order: Channels to draw, at least one.
        zoom: Pixels a cell.

    Returns:
        Shape (H, W, 3).

    Raises:
        UserError: The picture would be too large.
    """
    height, width, _ = measures.values.shape
    count = len(order)
    columns = min(count, max(1, round(math.sqrt(count * height / width))))
    columns = -(-count // -(-count // columns))
    layout = Tiling(
        count, height, width, columns, height * zoom, width * zoom, 1 if count > 1 else 0
    )
    pixels = layout.pixel_width * layout.pixel_height
    if pixels > LARGEST_PICTURE:
        raise UserError(
            f"A picture of {layout.pixel_width:,} × {layout.pixel_height:,} pixels is too large: "
            "choose fewer pixels a cell."
        )
    codes = encode(measures.values, scale, finite=measures.finite)[order]
    box = Box(0, 0, layout.pixel_width, layout.pixel_height)
    colours = draw(codes, layout, box, colour_map.table(_GUTTER))
    return np.stack([colours >> 16 & 255, colours >> 8 & 255, colours & 255], axis=-1).astype(
        np.uint8
    )


def save_picture(path: Path, pixels: NDArray[np.uint8]) -> None:
    """Write a PNG.

    Raises:
        UserError: It cannot be written there.
    """
    from PIL import Image

    with replacing(path) as temporary:
        Image.fromarray(pixels).save(temporary, format="PNG")


def save_values(path: Path, values: Floats, node: str, image: str, model: str) -> None:
    """Write an activation: `.npz` with what it is, anything else as plain `.npy`.

    Raises:
        UserError: It cannot be written there.
    """
    with replacing(path) as temporary, temporary.open("wb") as file:
        if path.suffix.lower() == ".npz":
            np.savez_compressed(
                file,
                values=values,
                node=np.array(node),
                image=np.array(image),
                model=np.array(model),
            )
        else:
            np.save(file, values)


def statistics_csv(measures: Measures) -> str:
    """A table with one row a channel."""
    out = io.StringIO()
    table = csv.writer(out, lineterminator="\n")
    table.writerow(
        ["channel", "minimum", "maximum", "mean", "variance", "zero_share", "nan", "infinite"]
    )
    rows = zip(
        measures.minimum.tolist(),
        measures.maximum.tolist(),
        measures.mean.tolist(),
        variances(measures).tolist(),
        measures.zero_share.tolist(),
        measures.nan_count.tolist(),
        measures.infinite_count.tolist(),
        strict=True,
    )
    cells = measures.values[..., 0].size
    for channel, (low, high, mean, variance, zeros, nan, infinite) in enumerate(rows):
        known = nan + infinite < cells
        numbers = [f"{v:.9g}" if known else "" for v in (low, high, mean, variance)]
        table.writerow([channel, *numbers, f"{zeros:.9g}", nan, infinite])
    return out.getvalue()


def save_text(path: Path, text: str) -> None:
    """Write a text file.

    Raises:
        UserError: It cannot be written there.
    """
    with replacing(path) as temporary:
        temporary.write_text(text, encoding="utf-8")
