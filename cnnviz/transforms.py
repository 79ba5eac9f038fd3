"""Changes of a picture by which one sees what a network does not mind, and what it does."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cnnviz.errors import UserError

Picture = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Transform:
    """What is done to a picture before it goes in, in this order.

    All lengths are pixels of the network's input, and what moves in from outside repeats the
    nearest pixel of the edge.

    Attributes:
        crop: (top, left, height, width) of the only part that goes in, enlarged to the whole input
            from the original's pixels; None for all of it.
        mirror: Left and right change places.
        angle: Degrees to turn it by, counter-clockwise, about its centre.
        shift: (rows down, columns right) to move it by.
    """

    crop: tuple[int, int, int, int] | None = None
    mirror: bool = False
    angle: float = 0.0
    shift: tuple[int, int] = (0, 0)

    @property
    def words(self) -> str:
        """What is done ("mirrored, shifted 3 down"); "" where nothing is."""
        parts = []
        if self.crop is not None:
            top, left, height, width = self.crop
            parts.append(f"cropped to {height} × {width} at {top}, {left}")
        if self.mirror:
            parts.append("mirrored")
        if self.angle % 360:
            parts.append(f"turned {self.angle:g}°")
        down, right = self.shift
        ways = ((down, "down", "up"), (right, "right", "left"))
        moves = [f"{abs(by)} {ahead if by > 0 else back}" for by, ahead, back in ways if by]
        if moves:
            parts.append(f"shifted {' and '.join(moves)}")
        return ", ".join(parts)


NONE = Transform()
"""The picture as it is."""


def check_crop(crop: tuple[int, int, int, int], height: int, width: int) -> None:
    """Refuse a crop that is empty or reaches out of an input of height × width.

    Raises:
        UserError: It does.
    """
    top, left, rows, columns = crop
    inside = min(top, left) >= 0 and top + rows <= height and left + columns <= width
    if not inside or min(rows, columns) < 1:
        raise UserError(
            f"The crop of {rows} × {columns} at {top}, {left} does not lie within the input of "
            f"{height} × {width}: give top, left, height and width in its pixels."
        )


def move(picture: Picture, transform: Transform) -> Picture:
    """Mirror, turn and shift a picture; its shape stays.

    Args:
        picture: uint8, shape (H, W) or (H, W, 3).
        transform: What to do; its crop is done by `cnnviz.images.prepare`.
    """
    if transform.mirror:
        picture = mirrored(picture)
    return shifted(turned(picture, transform.angle), *transform.shift)


def mirrored(picture: Picture) -> Picture:
    """Exchange left and right."""
    return np.ascontiguousarray(picture[:, ::-1])


def shifted(picture: Picture, down: int, right: int) -> Picture:
    """Move every pixel; the edge that things move away from is repeated."""
    if not down and not right:
        return np.ascontiguousarray(picture)
    height, width = picture.shape[:2]
    rows = np.clip(np.arange(height) - down, 0, height - 1)
    columns = np.clip(np.arange(width) - right, 0, width - 1)
    return picture[rows[:, np.newaxis], columns]


def turned(picture: Picture, angle: float) -> Picture:
    """Turn a picture about its centre, bilinear between pixels; quarter turns are exact.

    Args:
        picture: uint8, shape (H, W) or (H, W, 3).
        angle: Degrees, counter-clockwise.

    Returns:
        The same shape; what comes from outside repeats the edge.

    Raises:
        UserError: The angle is not finite.
    """
    if not math.isfinite(angle):
        raise UserError(f"A picture cannot be turned by {angle} degrees: give a number.")
    if angle % 360 == 0:
        return picture
    height, width = picture.shape[:2]
    middle_y, middle_x = (height - 1) / 2, (width - 1) / 2
    y, x = np.mgrid[:height, :width] - np.array([middle_y, middle_x])[:, np.newaxis, np.newaxis]
    cosine, sine = math.cos(math.radians(angle)), math.sin(math.radians(angle))
    # Where each pixel comes from; rows count downwards. Rounded, so that a quarter turn is exact.
    from_y = np.clip(np.round(x * sine + y * cosine + middle_y, 9), 0, height - 1)
    from_x = np.clip(np.round(x * cosine - y * sine + middle_x, 9), 0, width - 1)
    top, left = np.floor(from_y).astype(np.intp), np.floor(from_x).astype(np.intp)
    bottom, right = np.minimum(top + 1, height - 1), np.minimum(left + 1, width - 1)
    down, across = from_y - top, from_x - left
    if picture.ndim == 3:
        down, across = down[..., np.newaxis], across[..., np.newaxis]
    above = picture[top, left] * (1 - across) + picture[top, right] * across
    below = picture[bottom, left] * (1 - across) + picture[bottom, right] * across
    return np.rint(above * (1 - down) + below * down).astype(np.uint8)
