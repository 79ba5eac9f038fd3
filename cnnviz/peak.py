"""What a device can do, measured: a large matrix product, and a large array read and written."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from cnnviz import backend
from cnnviz.errors import UserError
from cnnviz.requests import Device, DevicePeak, Progress, Reporter

_LONG_ENOUGH = 0.02
_LARGEST = 8192
_BYTES = 256 << 20
"""More than the caches of the devices of today hold."""
_TRIES = 5

_known: dict[Device, DevicePeak] = {}


def measure(device: Device, reporter: Reporter) -> DevicePeak:
    """Measure a device, once a process; it takes a second or so.

    Raises:
        UserError: The device has not enough memory left.
        Cancelled: The reporter asked for it.
    """
    if device not in _known:
        try:
            with backend.on(device):
                reporter.report(Progress(f"Measuring {device.name}: arithmetic", 0.0))
                flops = _flops(reporter)
                reporter.report(Progress(f"Measuring {device.name}: memory", 0.6))
                bandwidth = _bandwidth(reporter)
        except Exception as error:
            if not backend.is_out_of_memory(error):
                raise
            raise UserError(
                f"The memory of {device.name} is not enough to measure it: close other programs."
            ) from error
        _known[device] = DevicePeak(device, flops, bandwidth)
    return _known[device]


def _flops(reporter: Reporter) -> float:
    """Multiply-adds of a matrix product, two FLOPs each, a second."""
    from keras import ops

    size = 512
    while True:
        matrix = ops.ones((size, size), "float32")
        best = _best(lambda matrix=matrix: ops.matmul(matrix, matrix), reporter)  # type: ignore[misc]
        if best >= _LONG_ENOUGH or size >= _LARGEST:
            return 2 * size**3 / best
        size *= 2


def _bandwidth(reporter: Reporter) -> float:
    """Bytes read and written a second, whichever is faster: adding up, or making a new array.

    On a CPU the memory of a new array is cleared by the system first, which takes its time.
    """
    from keras import ops

    values = ops.ones((_BYTES // 4,), "float32")
    added_up = _BYTES / _best(lambda: ops.sum(values), reporter)
    made_anew = 2 * _BYTES / _best(lambda: ops.add(values, 1.0), reporter)
    return max(added_up, made_anew)


def _best(work: Callable[[], Any], reporter: Reporter) -> float:
    """Seconds of the fastest try; the first, which may set things up, does not count."""
    times = []
    for _ in range(_TRIES + 1):
        reporter.checkpoint()
        start = time.perf_counter()
        result = work()
        # A device may still be at it when the call returns: one value of it has to be there.
        float(result[(0,) * len(result.shape)])
        times.append(time.perf_counter() - start)
    return min(times[1:])
