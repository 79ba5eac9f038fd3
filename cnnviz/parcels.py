"""Python values between the window and the engine's process: big arrays through shared memory.

A value is pickled; the buffers of its big arrays are laid one after the other into one shared
memory segment. The segment is the sender's, who takes those that were copied out again for the next
values: the system needs several times as long to hand out new memory as to copy into it.
Names are counted up, so that the receiver can also free what a sender that died leaves.
"""

from __future__ import annotations

import contextlib
import itertools
import pickle
from dataclasses import dataclass
from multiprocessing.shared_memory import SharedMemory
from typing import Any

import numpy as np
from numpy.typing import NDArray

SHARED_FROM_BYTES = 256 * 1024
"""Arrays of this size and more travel through shared memory."""

SPARE_BYTES = 16 << 20
"""How much is kept for the next values."""

_ROOMY = 4
"""A spare segment may be so many times as large as a value: a larger one waits for larger ones."""

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
        self._spare: dict[int, SharedMemory] = {}

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
        number, segment = self._segment(sum(_aligned(size) for size in sizes))
        self._open[number] = segment
        start = 0
        for raw, size in zip(buffers, sizes, strict=True):
            target = _bytes(segment, size, start)
            np.copyto(target, np.frombuffer(raw, np.uint8))
            del target  # a view keeps the segment from closing
            start += _aligned(size)
        return Parcel(pickled, number, sizes)

    def _segment(self, size: int) -> tuple[int, SharedMemory]:
        """The smallest spare segment that is large enough, or a new one."""
        fitting = [n for n, spare in self._spare.items() if size <= spare.size <= _ROOMY * size]
        if fitting:
            number = min(fitting, key=lambda n: self._spare[n].size)
            return number, self._spare.pop(number)
        number = self._count
        self._count += 1
        return number, SharedMemory(f"{self._prefix}{number}", create=True, size=size)

    def received(self, number: int) -> None:
        """The receiver has copied this segment: keep it for the next value, or free it."""
        segment = self._open.pop(number, None)
        if segment is None:
            return
        if segment.size > SPARE_BYTES:
            _free(segment)
            return
        spare = self._spare
        spare[number] = segment
        while sum(kept.size for kept in spare.values()) > SPARE_BYTES:
            _free(spare.pop(min(spare, key=lambda n: spare[n].size)))  # cheapest to make again

    def abandon(self) -> None:
        """The receiver is gone: free everything."""
        for segment in (*self._open.values(), *self._spare.values()):
            _free(segment)
        self._open.clear()
        self._spare.clear()


class Receiver:
    """Unpacks what one `Sender` of the same prefix packed."""

    def __init__(self, prefix: str) -> None:
        self._prefix = prefix
        self._next = 0

    def unpack(self, parcel: Parcel) -> Any:
        """The value; its segment is copied out."""
        if parcel.segment is None:
            return pickle.loads(parcel.pickled)
        self._next = max(self._next, parcel.segment + 1)
        segment = SharedMemory(f"{self._prefix}{parcel.segment}")
        buffers = []
        start = 0
        for size in parcel.sizes:
            buffers.append(_bytes(segment, size, start).copy())
            start += _aligned(size)
        segment.close()
        return pickle.loads(parcel.pickled, buffers=buffers)

    def sweep(self) -> int:
        """Free what a sender that died kept, and what it laid out and never sent.

        Returns:
            Number of segments freed.
        """
        freed = 0
        for number in itertools.count():
            try:
                segment = SharedMemory(f"{self._prefix}{number}")
            except FileNotFoundError:
                if number >= self._next:
                    break
                continue  # its sender has freed it
            _free(segment)
            freed += 1
        return freed


def _bytes(segment: SharedMemory, size: int, start: int) -> NDArray[np.uint8]:
    assert segment.buf is not None  # only a closed segment has none
    return np.frombuffer(segment.buf, np.uint8, size, start)


def _free(segment: SharedMemory) -> None:
    segment.close()
    with contextlib.suppress(FileNotFoundError):
        segment.unlink()
