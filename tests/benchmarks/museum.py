"""Opening every architecture of the catalog in turn, in one process: how long, and what stays."""

from __future__ import annotations

import gc
import time
from pathlib import Path

from tests.benchmarks.measure import Figure

PAGE_BYTES = 4096


def run() -> list[Figure]:
    """Measure."""
    from cnnviz import backend

    backend.prepare()
    from models.registry import catalog

    _open("lenet5")  # imports
    gc.collect()
    before = _resident_mib()
    times = {}
    for name in catalog():
        start = time.perf_counter()
        _open(name)
        times[name] = time.perf_counter() - start
    gc.collect()
    slowest = max(times, key=times.__getitem__)
    total = f"{len(times)} of them in {sum(times.values()):.1f} s"
    return [
        Figure("The slowest of the museum", times[slowest], 1.5, "s", f"{slowest}; {total}"),
        Figure("Memory after the tour", _resident_mib() - before, 300, "MiB", "more than before"),
    ]


def _open(name: str) -> None:
    from cnnviz.costs import graph_costs
    from cnnviz.extract import graph_from_model
    from cnnviz.grouping import group
    from cnnviz.receptive_field import receptive_fields
    from models.assign import symbolic
    from models.registry import find

    with symbolic():
        model = find(name).build()
    graph = graph_from_model(model)
    graph_costs(graph)
    receptive_fields(graph)
    group(graph)


def _resident_mib() -> float:
    """Memory of this process (Linux)."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * PAGE_BYTES / 2**20
