"""What stands out among the filters of a layer, in sentences."""

from __future__ import annotations

from collections.abc import Sequence

from cnnviz.requests import Weights
from ui.panels.scale_bar import number


def findings(weights: Weights) -> str:
    """What was folded in, which filters do next to nothing, which are near-duplicates."""
    said = []
    if weights.folding is not None:
        proof = weights.folding
        said.append(
            f"Effective weights with {proof.norm} folded in. On this image they give what both "
            f"layers gave, to within {number(proof.difference)} "
            f"(values up to {number(proof.largest)})."
        )
    report = weights.report
    if report is not None and report.dead:
        said.append(f"{_several(len(report.dead), 'filter')} next to zero: {_list(report.dead)}.")
    if report is not None and report.twins is None:
        said.append("Near-duplicates are not looked for among so many filters.")
    elif report is not None and report.twins:
        pairs = [f"{a} and {b} ({cosine:.3f})" for a, b, cosine in report.twins]
        said.append(f"Near-duplicates (cosine): {_list(pairs)}.")
    return " ".join(said)


def _several(count: int, what: str) -> str:
    return f"1 {what} is" if count == 1 else f"{count:,} {what}s are"


def _list(things: Sequence[object], most: int = 6) -> str:
    """The first of a list, and how many more there are."""
    told = ", ".join(map(str, things[:most]))
    return told if len(things) <= most else f"{told} and {len(things) - most:,} more"
