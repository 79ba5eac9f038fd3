"""What groups are called, and which of them do the same."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from typing import Literal

from cnnviz.graph import LayerGraph, Node
from cnnviz.units import has_kernel, head_of

Role = Literal[
    "residual", "branches", "dense layer", "gated", "separable", "chain", "cell", "auxiliary",
    "stem", "stage", "head", "unit",
]  # fmt: skip


def label_of(graph: LayerGraph, names: Sequence[str], role: Role) -> str:
    """What the layers' own names say that a group is; empty where they say nothing."""
    if role in ("stem", "head"):
        return role
    if role == "unit" or len(names) == 1:
        return head_of(graph, names).name
    named = [name for name in names if not _is_automatic(graph.by_name[name])]
    kernels = [name for name in named if has_kernel(graph.by_name[name])]
    label = _shared_name(named) or _shared_name(kernels)
    if role == "stage":
        return label or _usual_beginning(named)
    if label:
        return label
    merges = [name for name in named if len(graph.by_name[name].sources) > 1]
    if merges and any(map(str.isdigit, merges[-1])):
        return merges[-1]
    return f"{names[0]} … {names[-1]}" if role == "chain" else ""


def _is_automatic(node: Node) -> bool:
    """Whether Keras made the name up ("conv2d_4"): then it says nothing that the type does not."""
    words = re.sub(r"(_\d+)+$", "", node.name.rsplit("/", 1)[-1])
    return words.replace("_", "").lower() == node.type.lower()


def _shared_name(names: Sequence[str]) -> str:
    """The beginning that all names share, up to the end of a word; empty without a number in it."""
    if not names:
        return ""
    first, last = f"{min(names)}_", f"{max(names)}_"
    same = 0
    while same < min(len(first), len(last)) and first[same] == last[same]:
        same += 1
    shared = first[: max(first.rfind(mark, 0, same) for mark in "_/-.") + 1].rstrip("_/-.")
    return shared if any(map(str.isdigit, shared)) else ""


def _usual_beginning(names: Sequence[str]) -> str:
    """The first word of most names; empty where they differ, or where it has no number.

    A stage may hold layers between its blocks that are called otherwise (DenseNet's transitions).
    """
    words = Counter(re.split(r"[_/.-]", name)[0] for name in names)
    word, uses = words.most_common(1)[0] if words else ("", 0)
    return word if uses > 0.6 * len(names) and any(map(str.isdigit, word)) else ""


def run_label(first: str, last: str) -> str:
    """What a run is called: from `conv4_block2` to `conv4_block6` is "conv4_block2–6"."""
    if first == last:
        return first
    stem = first.rstrip("0123456789")
    ending = last.removeprefix(stem)
    if len(stem) < len(first) and last.startswith(stem) and ending.isdigit():
        return f"{first}–{ending}"
    if len(first) == len(last) and first[:-1] == last[:-1]:
        return f"{first}–{last[-1]}"
    return f"{first} … {last}"


def signature_of(graph: LayerGraph, names: Sequence[str]) -> str:
    """What a group does, with its layers' names left out."""
    local = {name: i for i, name in enumerate(names)}
    parts = []
    for name in names:
        reads = [local.get(source, -1) for source in graph.by_name[name].inputs]
        parts.append(f"{graph.works[name]}{reads}")
    return "|".join(parts)
