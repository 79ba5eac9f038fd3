"""What the benchmarks share: timing alternately, processes of their own, verdicts."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Figure:
    """A measured number beside the most that it may be.

    Attributes:
        name: What was measured.
        value: The number.
        limit: The most that it may be.
        unit: Of both.
        detail: What it was made of.
    """

    name: str
    value: float
    limit: float
    unit: str
    detail: str

    @property
    def holds(self) -> bool:
        return self.value <= self.limit


def seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def wall_and_cpu(count: int, work: Callable[[], object]) -> tuple[float, float]:
    """Medians of the seconds on the clock, and of those computed: others use the machine, too."""
    taken = []
    for _ in range(count):
        wall, cpu = time.perf_counter(), time.process_time()
        work()
        taken.append((time.perf_counter() - wall, time.process_time() - cpu))
    walls, cpus = zip(*taken, strict=True)
    return statistics.median(walls), statistics.median(cpus)


def alternately(rounds: int, *works: Callable[[], object]) -> list[float]:
    """The median time of each, measured in turn, so that all see the same machine."""
    times: list[list[float]] = [[] for _ in works]
    for _ in range(rounds):
        for work, taken in zip(works, times, strict=True):
            taken.append(seconds(work))
    return [statistics.median(taken) for taken in times]


def in_process(module: str, *arguments: str) -> dict[str, Any]:
    """Run `python -m module` without a screen or the user's settings; give the JSON it prints."""
    with tempfile.TemporaryDirectory() as settings:
        done = subprocess.run(
            [sys.executable, "-m", module, *arguments],
            cwd=ROOT,
            env={**os.environ, "QT_QPA_PLATFORM": "offscreen", "XDG_CONFIG_HOME": settings},
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        )
    return json.loads(done.stdout.strip().splitlines()[-1])


def ratio(name: str, ours: float, theirs: float, limit: float, detail: str) -> Figure:
    text = f"{1000 * ours:.0f} ms against {1000 * theirs:.0f} ms, {detail}"
    return Figure(name, ours / theirs, limit, "x", text)


def table(figures: Sequence[Figure]) -> str:
    rows = [
        f"{'holds' if f.holds else 'FAILS':5}  {f.name:44} "
        f"{f.value:8.2f} {f.unit:2} (at most {f.limit:g})   {f.detail}"
        for f in figures
    ]
    return "\n".join(rows)
