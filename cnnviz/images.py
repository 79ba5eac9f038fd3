"""Photo -> the tensor that a network takes, and the picture which that tensor really is."""

from __future__ import annotations

import os
import struct
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from cnnviz.errors import BadPicture, UserError
from cnnviz.graph import LayerGraph, Shape
from cnnviz.requests import Floats, Picture
from cnnviz.transforms import NONE, Transform, check_crop, move

MAX_PIXELS = 100_000_000
"""Larger pictures are refused before they are decoded: a small file can claim gigabytes."""

FORMATS = ("JPEG", "PNG", "WEBP", "BMP", "TIFF", "GIF")
SUFFIXES = (".jpg", ".jpeg", ".png", ".webp", ".bmp", ".tif", ".tiff", ".gif")
"""What file dialogs offer. Reading goes by content, never by suffix."""

_ORIENTATION_TAG = 0x0112
_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""EXIF orientation -> what turns the stored pixels upright (EXIF 2.32, table 6)."""

_ONE_AT_A_TIME = threading.Lock()
"""Python's list of warnings is the whole process's: two threads would restore each other's."""

_SHAPE_ONLY = {"InputLayer", "Resizing", "CenterCrop", "Cropping2D", "ZeroPadding2D"}
_SCALES_ITSELF = {"Rescaling", "Normalization", "TrueDivide", "Divide", "Multiply", "Subtract"}


@dataclass(frozen=True, slots=True)
class ImagePreparation:
    """How a photo becomes the input tensor; the core's side of an architecture's preprocessing.

    Attributes:
        resize: Length of the short side before the centre is cropped; None stretches the whole
            picture to the input size.
        order: Channel order of the tensor; "grey" for one channel.
        scale: Pixels 0..255 are multiplied by it first.
        mean: Then subtracted, per channel in `order`.
        std: Then divided by, per channel in `order`.
        invert: Dark ink on light paper becomes light on dark, before anything is scaled.
    """

    resize: int | None = None
    order: Literal["rgb", "bgr", "grey"] = "rgb"
    scale: float = 1.0
    mean: tuple[float, ...] = (0.0, 0.0, 0.0)
    std: tuple[float, ...] = (1.0, 1.0, 1.0)
    invert: bool = False


def load_picture(path: str | os.PathLike[str], least: int | None = None) -> Picture:
    """Read a picture file: JPEG, PNG, WebP, BMP, TIFF or GIF (the first frame), told by content.

    EXIF orientation is applied. Transparency is laid on white. 16-bit channels keep their high
    byte; 32-bit integer and floating-point greys, which declare no range, are stretched from their
    smallest to their largest value. Colour profiles are not applied, as in the networks' training.

    Args:
        path: The file.
        least: For a thumbnail: so many pixels a side are enough, where fewer are quicker to read
            (a JPEG of four or more times the size).

    Returns:
        Pixels, uint8, shape (H, W, 3).

    Raises:
        BadPicture: When it cannot be read, is no picture, is damaged, or has over `MAX_PIXELS`.
    """
    file = Path(path)
    _check_readable(file)
    with _quiet():
        try:
            image = Image.open(file, formats=FORMATS)
        except Image.DecompressionBombError as error:
            raise _too_large(file) from error
        except UnidentifiedImageError as error:
            raise BadPicture(
                f"{file} is not a picture that can be read: choose a JPEG, PNG, WebP, BMP, TIFF or "
                "GIF file."
            ) from error
        except OSError as error:
            raise (_unreadable(file, error) if error.errno else _damaged(file)) from error
        # From here on a decoder runs over bytes from anywhere, and decoders raise almost anything.
        except Exception as error:
            raise _damaged(file) from error
        with image:
            if image.width * image.height > MAX_PIXELS:
                raise _too_large(file)
            try:
                if least is not None:
                    image.draft(None, (least, least))
                image.load()  # first, and here: a decoder reports damage only once
                return _to_rgb(_upright(image))
            except (Image.DecompressionBombError, MemoryError) as error:
                raise _too_large(file) from error
            except Exception as error:
                raise _damaged(file) from error


def picture_from_pixels(pixels: NDArray[Any]) -> Picture:
    """Bring pixels that are already in memory (a drawn digit) into the form of `load_picture`.

    Args:
        pixels: uint8, shape (H, W), (H, W, 3) or (H, W, 4).

    Returns:
        Pixels, uint8, shape (H, W, 3); transparency laid on white.

    Raises:
        UserError: When they have another type or shape.
    """
    fits = pixels.ndim == 2 or (pixels.ndim == 3 and pixels.shape[2] in (3, 4))
    if pixels.dtype != np.uint8 or not fits or pixels.size == 0:
        raise UserError(
            f"Pixels of shape {pixels.shape} and type {pixels.dtype} are no picture: give uint8 of "
            "shape (height, width), (height, width, 3) or (height, width, 4)."
        )
    return _to_rgb(Image.fromarray(np.ascontiguousarray(pixels)))


def prepare(
    picture: Picture,
    input_shape: Shape,
    preparation: ImagePreparation,
    transform: Transform = NONE,
) -> tuple[Floats, Picture]:
    """Turn a picture into the tensor that a network takes.

    Resizing is bilinear over the whole area that a target pixel covers (Pillow's, as torchvision's
    on PIL images), and cropping is part of the same step. A crop larger than the resized picture
    enlarges the picture until it fills the crop.

    Args:
        picture: Pixels, uint8, shape (H, W, 3).
        input_shape: (height, width, channels) of the network's input.
        preparation: What to do.
        transform: What to change besides.

    Returns:
        The tensor, float32, shape (1, height, width, channels), and the picture that it is:
        resized, cropped, changed and inverted but not scaled, uint8, shape (height, width, 3) in
        RGB whatever `order` says, or (height, width) for one channel.

    Raises:
        UserError: When the network does not take pictures, or the crop lies outside.
    """
    height, width, channels = _picture_shape(input_shape)
    rows, columns = picture.shape[:2]
    image = Image.fromarray(picture)
    if channels == 1:
        image = image.convert("L")
    box = (0.0, 0.0, float(columns), float(rows))
    if preparation.resize is not None:
        zoom = max(preparation.resize / min(rows, columns), height / rows, width / columns)
        box_width, box_height = min(width / zoom, columns), min(height / zoom, rows)
        left, top = (columns - box_width) / 2, (rows - box_height) / 2
        box = (left, top, left + box_width, top + box_height)
    if transform.crop is not None:
        box = _part(box, transform.crop, height, width)
    resized = image.resize((width, height), Image.Resampling.BILINEAR, box=box)
    shown: Picture = move(np.array(resized), transform)
    if preparation.invert:
        shown = 255 - shown

    ordered = shown[:, :, ::-1] if channels == 3 and preparation.order == "bgr" else shown
    values = ordered.reshape(height, width * channels).astype(np.float32)
    values *= np.float32(preparation.scale)
    # By whole rows: three channels at a time take several times as long.
    values -= np.tile(np.asarray(preparation.mean[:channels], np.float32), width)
    values /= np.tile(np.asarray(preparation.std[:channels], np.float32), width)
    return values.reshape(1, height, width, channels), shown


def _part(
    box: tuple[float, float, float, float],
    crop: tuple[int, int, int, int],
    height: int,
    width: int,
) -> tuple[float, float, float, float]:
    """The part of a box (left, top, right, bottom) that a crop of the input it fills leaves."""
    check_crop(crop, height, width)
    top, left, rows, columns = crop
    across, down = (box[2] - box[0]) / width, (box[3] - box[1]) / height
    x, y = box[0] + left * across, box[1] + top * down
    return x, y, min(x + columns * across, box[2]), min(y + rows * down, box[3])


def default_preparation(graph: LayerGraph) -> ImagePreparation:
    """Preparation for a model of which nobody knows how it was trained.

    The whole picture is stretched to the input size. A model that starts with a layer or operation
    that scales its input (Rescaling, Normalization, `x / 127.5 - 1`) gets pixels 0..255, any other
    0..1: what the Keras examples and most training scripts do.
    """
    node = graph.inputs[0]
    while node.type in _SHAPE_ONLY and len(graph.consumers[node.name]) == 1:
        node = graph.by_name[graph.consumers[node.name][0]]
    order: Literal["rgb", "grey"] = "grey" if graph.input_shape[-1] == 1 else "rgb"
    return ImagePreparation(order=order, scale=1.0 if node.type in _SCALES_ITSELF else 1 / 255)


def preparation_sentence(preparation: ImagePreparation, input_shape: Shape) -> str:
    """Say in one sentence how a photo becomes the input, for the window and the command line."""
    height, width, channels = _picture_shape(input_shape)
    if preparation.resize is None:
        parts = [f"Stretched to {height} × {width}"]
    else:
        parts = [f"Short side resized to {preparation.resize}, centre {height} × {width} cropped"]
    parts.append("grey" if channels == 1 else preparation.order.upper())
    if preparation.invert:
        parts.append("dark ink turned light")
    low = _scaled(preparation, 0, channels)
    high = _scaled(preparation, 255, channels)
    if len(set(low)) == len(set(high)) == 1:
        parts.append(f"pixels 0..255 become {low[0]:.4g}..{high[0]:.4g}")
    else:
        ranges = ", ".join(f"{a:.4g}..{b:.4g}" for a, b in zip(low, high, strict=True))
        parts.append(f"pixels 0..255 become {ranges} per channel")
    return f"{'; '.join(parts)}."


def _scaled(preparation: ImagePreparation, pixel: int, channels: int) -> list[float]:
    pairs = zip(preparation.mean[:channels], preparation.std[:channels], strict=True)
    return [(pixel * preparation.scale - mean) / std for mean, std in pairs]


def input_size(shape: Shape) -> tuple[int, int]:
    """Height and width of a network's input.

    Raises:
        UserError: When it does not take pictures.
    """
    return _picture_shape(shape)[:2]


def _picture_shape(shape: Shape) -> tuple[int, int, int]:
    """Check that a network's input is a picture."""
    if len(shape) == 3 and shape[2] in (1, 3):
        height, width, channels = shape
        if height is not None and width is not None and channels is not None:
            return height, width, channels
    extents = " × ".join("?" if extent is None else str(extent) for extent in shape)
    raise UserError(
        f"The model takes {extents}, not a picture: an image needs an input of height × width × 1 "
        "or 3 channels."
    )


def _check_readable(file: Path) -> None:
    """Refuse what is no file with anything in it: opening a pipe, say, would wait for ever."""
    try:
        if file.is_dir():
            raise BadPicture(f"{file} is a folder: give a picture file.")
        if not file.exists():
            raise BadPicture(f"There is no file {file}: check the path.")
        if not file.is_file():
            raise BadPicture(f"{file} is not an ordinary file: give a picture file.")
        if file.stat().st_size == 0:
            raise BadPicture(f"{file} is empty: give a picture file.")
    except OSError as error:
        raise _unreadable(file, error) from error


def _unreadable(file: Path, error: OSError) -> BadPicture:
    return BadPicture(
        f"{file} cannot be read ({error.strerror}): check the path and its permissions."
    )


def _damaged(file: Path) -> BadPicture:
    return BadPicture(f"{file} is damaged or cut off: save or download the picture again.")


def _too_large(file: Path) -> BadPicture:
    return BadPicture(
        f"{file} has more than {MAX_PIXELS // 1_000_000} million pixels: shrink the picture first."
    )


@contextmanager
def _quiet() -> Iterator[None]:
    """Silence Pillow's warnings: what matters in them ends as a UserError, the rest is noise."""
    with _ONE_AT_A_TIME, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def _upright(image: Image.Image) -> Image.Image:
    """Apply the EXIF orientation; a picture whose EXIF block is broken stays as it is stored."""
    try:
        orientation = image.getexif().get(_ORIENTATION_TAG)
    except (
        OSError,
        ValueError,
        SyntaxError,
        LookupError,
        TypeError,
        ArithmeticError,
        struct.error,
    ):
        return image
    turn = _UPRIGHT.get(orientation) if isinstance(orientation, int) else None
    return image if turn is None else image.transpose(turn)


def _to_rgb(image: Image.Image) -> Picture:
    """Any Pillow mode -> uint8, shape (H, W, 3)."""
    if image.mode.startswith("I;16"):
        grey = (np.asarray(image, np.uint16) >> 8).astype(np.uint8)
        image = Image.fromarray(grey)
    elif image.mode in ("I", "F"):
        image = Image.fromarray(_stretched(np.asarray(image, np.float64)))
    if image.has_transparency_data:
        image = image.convert("RGBA")
        paper = Image.new("RGBA", image.size, "white")
        image = Image.alpha_composite(paper, image)
    return np.array(image.convert("RGB"))


def _stretched(values: NDArray[np.float64]) -> Picture:
    """Spread values over 0..255; NaN and infinite cells become black."""
    finite = np.isfinite(values)
    low, high = (values[finite].min(), values[finite].max()) if finite.any() else (0.0, 0.0)
    spread = np.where(finite, values, low) - low
    return np.rint(spread * (255 / (high - low) if high > low else 0.0)).astype(np.uint8)
