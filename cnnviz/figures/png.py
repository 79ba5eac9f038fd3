"""PNG files of any size, written strip by strip: what is never in memory at once has no limit."""

from __future__ import annotations

import io
import struct
import zlib
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]

_UP = 2
"""The filter that stores how each row differs from the one above: figures are mostly flat."""


class PngWriter:
    """Writes a picture from its top to its bottom; `close` ends it.

    Args:
        stream: To write to.
        width: In pixels.
        height: In pixels.
        channels: 3 for red, green and blue, 4 with opacity.
        dpi: Dots an inch, for programs that place it on a page; None leaves it open.
    """

    def __init__(
        self,
        stream: BinaryIO,
        width: int,
        height: int,
        channels: int = 3,
        dpi: float | None = None,
    ) -> None:
        self._stream = stream
        self._packer = zlib.compressobj(6)
        self._above = np.zeros(width * channels, np.uint8)
        self._left = height
        stream.write(b"\x89PNG\r\n\x1a\n")
        colour_type = 2 if channels == 3 else 6
        self._chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, colour_type, 0, 0, 0))
        if dpi is not None:
            a_metre = round(dpi / 0.0254)
            self._chunk(b"pHYs", struct.pack(">IIB", a_metre, a_metre, 1))

    def write(self, rows: Pixels) -> None:
        """Write the next rows, shape (rows, width, channels)."""
        flat = rows.reshape(len(rows), -1)
        filtered = np.empty((len(flat), flat.shape[1] + 1), np.uint8)
        filtered[:, 0] = _UP
        filtered[0, 1:] = flat[0] - self._above
        filtered[1:, 1:] = flat[1:] - flat[:-1]
        self._above = flat[-1].copy()
        self._left -= len(rows)
        packed = self._packer.compress(filtered.tobytes())
        if packed:
            self._chunk(b"IDAT", packed)

    def close(self) -> None:
        """End the file, of which all rows were written."""
        if self._left:
            raise ValueError(f"{self._left} rows are missing")
        self._chunk(b"IDAT", self._packer.flush())
        self._chunk(b"IEND", b"")

    def _chunk(self, kind: bytes, data: bytes) -> None:
        check = zlib.crc32(data, zlib.crc32(kind))
        self._stream.write(struct.pack(">I", len(data)) + kind + data + struct.pack(">I", check))


def as_png(pixels: Pixels) -> bytes:
    """A small picture of shape (H, W, 3) as a file in memory."""
    stream = io.BytesIO()
    height, width, channels = pixels.shape
    writer = PngWriter(stream, width, height, channels)
    writer.write(pixels)
    writer.close()
    return stream.getvalue()
