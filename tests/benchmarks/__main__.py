"""`python -m tests.benchmarks [NAME...]`: all of `NAMES`, or some of them.

Each prints what it measured and the most that it may be; the exit status is 1 when one is over.
Run it on a machine that does nothing else.
"""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

from tests.benchmarks.measure import table

FOLDER = Path(__file__).parent
NAMES = sorted(file.stem for file in FOLDER.glob("[a-z]*.py") if file.stem != "measure")


def main(wanted: list[str]) -> int:
    unknown = set(wanted) - set(NAMES)
    if unknown:
        print(f"There is no benchmark {', '.join(unknown)}: choose from {', '.join(NAMES)}.")
        return 2
    all_hold = True
    for name in wanted or NAMES:
        figures = importlib.import_module(f"tests.benchmarks.{name}").run()
        print(f"{name}\n{table(figures)}\n", flush=True)
        all_hold &= all(figure.holds for figure in figures)
    return 0 if all_hold else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
