"""Python values between the window and the engine's process: big arrays through shared memory.

A value is pickled; the buffers of its big arrays are laid one after the other into one shared
memory segment. The sender keeps the segment open until the receiver has copied it out and unlinked
it (Windows frees a segment with its last handle). Names are counted up, so that the receiver can
also free what a sender that died had already laid out.
"""

from __future__ import annotations

import contextlib
import pickle
from dataclasses import dataclass
from multiprocessing.shared_memory import SharedMemory
from typing import Any

import numpy as np
from numpy.typing import NDArray

SHARED_FROM_BYTES = 256 * 1024
"""Arrays of this size and more travel through shared memory."""

_ALIGNMENT = 64


@dataclass(frozen=True, slots=True)
class Parcel:
    """A value ready for a pipe.

    Attributes:
        pickled: The value without its big buffers.
        segment: Number of the shared memory segment with the buffers; None without any.
        sizes: Bytes of every buffer in the segment, each aligned to 64.
    """

    pickled: bytes
    segment: int | None = None
    sizes: tuple[int, ...] = ()


def _aligned(size: int) -> int:
    return -(-size // _ALIGNMENT) * _ALIGNMENT


class Sender:
    """Packs values, and holds their segments until the receiver has them."""

    def __init__(self, prefix: str) -> None:
        self._prefix = prefix
        self._count = 0
        self._open: dict[int, SharedMemory] = {}

    def pack(self, value: Any) -> Parcel:
        """Lay a value out for the receiver, which has to `unpack` it."""
        buffers: list[memoryview] = []

        def stays_in_pickle(buffer: pickle.PickleBuffer) -> bool:
            raw = buffer.raw()
            if raw.nbytes < SHARED_FROM_BYTES:
                return True
            buffers.append(raw)
            return False

        pickled = pickle.dumps(value, protocol=5, buffer_callback=stays_in_pickle)
        if not buffers:
            return Parcel(pickled)
        sizes = tuple(raw.nbytes for raw in buffers)
        number = self._count
        self._count += 1
        segment = SharedMemory(
            f"{self._prefix}{number}", create=True, size=sum(_aligned(size) for size in sizes)
        )
        self._open[number] = segment
        start = 0
        for raw, size in zip(buffers, sizes, strict=True):
            target = _bytes(segment, size, start)
            np.copyto(target, np.frombuffer(raw, np.uint8))
            del target  # a view keeps the segment from closing
            start += _aligned(size)
        return Parcel(pickled, number, sizes)

    def received(self, number: int) -> None:
        """The receiver has copied and unlinked this segment."""
        segment = self._open.pop(number, None)
        if segment is not None:
            segment.close()

    def abandon(self) -> None:
        """The receiver is gone: free what it has not taken."""
        for segment in self._open.values():
            segment.close()
            _unlink(segment)
        self._open.clear()


class Receiver:
    """Unpacks what one `Sender` of the same prefix packed."""

    def __init__(self, prefix: str) -> None:
        self._prefix = prefix
        self._next = 0

    def unpack(self, parcel: Parcel) -> Any:
        """The value; its segment is copied out and freed."""
        if parcel.segment is None:
            return pickle.loads(parcel.pickled)
        self._next = parcel.segment + 1
        segment = SharedMemory(f"{self._prefix}{parcel.segment}")
        buffers = []
        start = 0
        for size in parcel.sizes:
            buffers.append(_bytes(segment, size, start).copy())
            start += _aligned(size)
        segment.close()
        _unlink(segment)
        return pickle.loads(parcel.pickled, buffers=buffers)

    def sweep(self) -> int:
        """Free what a sender that died laid out and never sent.

        Returns:
            Number of segments freed.
        """
        freed = 0
        while True:
            try:
                segment = SharedMemory(f"{self._prefix}{self._next}")
            except FileNotFoundError:
                return freed
            self._next += 1
            segment.close()
            _unlink(segment)
            freed += 1


def _bytes(segment: SharedMemory, size: int, start: int) -> NDArray[np.uint8]:
    assert segment.buf is not None  # only a closed segment has none
    return np.frombuffer(segment.buf, np.uint8, size, start)


def _unlink(segment: SharedMemory) -> None:
    with contextlib.suppress(FileNotFoundError):
        segment.unlink()
