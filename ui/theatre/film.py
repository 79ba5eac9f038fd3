"""Writes what plays to a file: GIF, animated WebP or PNG, a folder of frames, one frame as SVG."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, cast

from PIL import Image
from PySide6.QtCore import QRectF, QSize
from PySide6.QtGui import QImage, QPainter
from PySide6.QtSvg import QSvgGenerator
from PySide6.QtWidgets import QApplication

from cnnviz.errors import Cancelled, UserError
from cnnviz.files import filling, replacing
from ui.theatre.grids import Cache
from ui.theatre.scenes import lay_out, paint
from ui.theatre.show import Moment, Show
from ui.theme import Scheme, theme

SUFFIXES = (".gif", ".webp", ".png", ".svg")
MOST_BYTES = 50 << 20
"""What a film may take unless one has agreed to more."""

_SAMPLES = 5


@dataclass(frozen=True, eq=False)
class Film:
    """What to write.

    Attributes:
        show: What is played.
        moments: Its frames.
        size: Width and height in pixels.
        scheme: Colours.
        frame_ms: How long a frame stands.
    """

    show: Show
    moments: Sequence[Moment]
    size: tuple[int, int] = (800, 450)
    scheme: Scheme = "light"
    frame_ms: int = 200


def thinned(moments: Sequence[Moment], most: int) -> list[Moment]:
    """At most so many of them, evenly spread, with the first and the last."""
    count = len(moments)
    if count <= most:
        return [moments[i] for i in range(count)]
    if most == 1:
        return [moments[count // 2]]
    return [moments[round(i * (count - 1) / (most - 1))] for i in range(most)]


def draw(film: Film, moment: Moment, cache: Cache | None = None) -> QImage:
    """One frame."""
    image = QImage(QSize(*film.size), QImage.Format.Format_RGB32)
    colours = theme(film.scheme)
    image.fill(colours.canvas)
    painter = QPainter(image)
    painter.setFont(QApplication.font())
    painter.setRenderHint(QPainter.RenderHint.TextAntialiasing, True)
    stage = lay_out(film.size, film.show, moment)
    paint(painter, stage, film.show, moment, colours, cache or Cache(1))
    painter.end()
    return image


def likely_bytes(film: Film, suffix: str) -> int:
    """Bytes that the file will hardly exceed: no frame saves by resembling the last.

    Reckoned from a few frames, each written as a file of its own. That the file keeps below a
    limit is for `Recording` to see to.
    """
    samples = thinned(film.moments, _SAMPLES)
    sizes = []
    for moment in samples:
        buffer = io.BytesIO()
        picture = _picture(draw(film, moment))
        if suffix == ".gif":
            picture = picture.quantize(method=Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)
        picture.save(buffer, _format(suffix))
        sizes.append(buffer.tell())
    return max(sizes, default=0) * len(film.moments)


class TooLarge(UserError):
    """The file would pass its limit; nothing of it is left."""


class _Guarded(io.RawIOBase):
    """A file that takes so many bytes and no more, and none once writing was cancelled.

    Without a descriptor: Pillow's encoders would write to that directly.
    """

    def __init__(self, file: BinaryIO, recording: Recording) -> None:
        super().__init__()
        self._file = file
        self._recording = recording

    def writable(self) -> bool:
        """It is there to be written."""
        return True

    def tell(self) -> int:
        """Bytes so far."""
        return self._file.tell()

    def write(self, data: Any) -> int:
        """Write all of it, or nothing.

        Raises:
            TooLarge: There would be too many.
            Cancelled: Writing was cancelled.
        """
        piece = memoryview(data)
        self._recording.check_size(self._file.tell() + piece.nbytes)
        return self._file.write(piece)


class Recording:
    """The work of writing a film; may be called in a thread.

    Args:
        film: What to write.
        path: Where; what it ends with says how. A path without an ending is a folder of frames.
        tell: Told after every frame how many are done.
        limit: Bytes that are not passed; None for no limit.

    Raises:
        UserError: There is no such format.
    """

    def __init__(
        self,
        film: Film,
        path: Path,
        tell: Callable[[int], object] | None = None,
        limit: int | None = MOST_BYTES,
    ) -> None:
        self.film = film
        self.path = path
        self.limit = limit
        self.too_large = False
        self.done = 0
        self.cancelled = False
        self._tell = tell
        check(path)

    def __call__(self) -> Path:
        """Write the file, whole or not at all.

        Raises:
            UserError: It cannot be written.
            TooLarge: It would pass the limit.
            Cancelled: `cancelled` was set.
        """
        if not self.path.suffix:
            self._write_frames()
        else:
            with replacing(self.path) as temporary:
                if self.path.suffix.lower() == ".svg":
                    moments = self.film.moments
                    write_svg(self.film, moments[len(moments) // 2], temporary)
                else:
                    self._write_film(temporary)
        return self.path

    def check_size(self, size: int) -> None:
        """Make sure that it may grow to so many bytes.

        Raises:
            TooLarge: It may not.
            Cancelled: `cancelled` was set.
        """
        if self.cancelled:
            raise Cancelled
        if self.limit is not None and size > self.limit:
            self.too_large = True
            raise TooLarge(
                f"{self.path.name} would take more than {self.limit / 2**20:.0f} MiB, and nothing "
                "was written."
            )

    def _write_frames(self) -> None:
        size = 0
        with filling(self.path) as folder:
            for number, image in enumerate(self._images(), start=1):
                file = folder / f"frame-{number:04d}.png"
                if not image.save(str(file)):
                    raise UserError(f"{self.path} cannot be written: is the disk full?")
                size += file.stat().st_size
                self.check_size(size)

    def _write_film(self, path: Path) -> None:
        suffix = self.path.suffix.lower()
        frames: Iterator[Image.Image] = (_picture(image) for image in self._images())
        if suffix == ".gif":
            palette = _palette(self.film)
            frames = (frame.quantize(palette=palette, dither=Image.Dither.NONE) for frame in frames)
        first = next(frames)
        lasting: dict[str, dict[str, Any]] = {
            ".gif": {"optimize": False},
            ".webp": {"method": 2, "quality": 85},
        }
        # Of a PNG, Pillow goes through the frames twice.
        with path.open("wb") as file:
            first.save(
                cast(BinaryIO, _Guarded(file, self)),
                _format(suffix),
                save_all=True,
                append_images=list(frames) if suffix == ".png" else frames,
                duration=self.film.frame_ms,
                loop=0,
                **lasting.get(suffix, {}),
            )

    def _images(self) -> Iterator[QImage]:
        cache = Cache()
        for moment in self.film.moments:
            if self.cancelled:
                raise Cancelled
            image = draw(self.film, moment, cache)
            self.done += 1
            if self._tell is not None:
                self._tell(self.done)
            yield image


def check(path: Path) -> None:
    """Make sure that the ending of a path names a format.

    Raises:
        UserError: It does not.
    """
    if path.suffix and path.suffix.lower() not in SUFFIXES:
        raise UserError(
            f"{path.name} ends with {path.suffix!r}: use .gif, .webp, .png or .svg, or no ending "
            "for a folder of frames."
        )


def write_svg(film: Film, moment: Moment, path: Path) -> None:
    """One frame as shapes and text.

    Raises:
        UserError: It cannot be written.
    """
    generator = QSvgGenerator()
    generator.setFileName(str(path))
    generator.setSize(QSize(*film.size))
    generator.setViewBox(QRectF(0, 0, *film.size))
    generator.setTitle(film.show.title)
    painter = QPainter()
    if not painter.begin(generator):
        raise UserError(f"{path.name} cannot be written: choose another place.")
    painter.setFont(QApplication.font())
    colours = theme(film.scheme)
    painter.fillRect(QRectF(0, 0, *film.size), colours.canvas)
    paint(painter, lay_out(film.size, film.show, moment), film.show, moment, colours)
    painter.end()


def _format(suffix: str) -> str:
    return {".gif": "GIF", ".webp": "WEBP"}.get(suffix, "PNG")


def _picture(image: QImage) -> Image.Image:
    """Qt's picture as Pillow's."""
    plain = image.convertToFormat(QImage.Format.Format_RGB888)
    size = plain.width(), plain.height()
    return Image.frombytes(
        "RGB", size, bytes(plain.constBits()), "raw", "RGB", plain.bytesPerLine()
    )


def _palette(film: Film) -> Image.Image:
    """Colours for all frames, from a few: else they would flicker."""
    samples = [_picture(draw(film, moment)) for moment in thinned(film.moments, _SAMPLES)]
    width, height = film.size
    sheet = Image.new("RGB", (width, height * len(samples)))
    for number, sample in enumerate(samples):
        sheet.paste(sample, (0, number * height))
    return sheet.quantize(method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
