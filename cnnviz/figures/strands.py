"""What a block does, kernel by kernel: the strands that run through it side by side."""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from cnnviz.figures import words
from cnnviz.graph import LayerGraph
from cnnviz.kinds import Kind, kind_of
from cnnviz.outline import Level, Part
from cnnviz.units import SUMS, head_of

Shortcut = Literal["none", "identity", "projection"]

_TELLING = frozenset(
    {
        Kind.CONVOLUTION,
        Kind.DEPTHWISE,
        Kind.DENSE,
        Kind.POOLING,
        Kind.ATTENTION,
        Kind.RECURRENT,
        Kind.OTHER,
    }
)
_ALSO = frozenset({"ChannelShuffle", "Input", "InputLayer", "LocalResponseNormalization"})
_GATES = frozenset({"Multiply"})
SQUEEZE = "squeeze-excite"
_STRIDE = re.compile(r", /[\d×]+")


@dataclass(frozen=True)
class Strands:
    """The kernels of a block.

    Attributes:
        chains: Words of the kernels along each strand, in the order of the graph; the shortcut's
            are left out.
        shortcut: Whether a residual block adds its input as it is, or projected.
        joined: What joins the strands: "concat", "add"; "" where nothing does.
    """

    chains: tuple[tuple[str, ...], ...]
    shortcut: Shortcut = "none"
    joined: str = ""

    @property
    def signature(self) -> str:
        """Equal for blocks whose kernels are the same, whatever their strides."""
        told = "|".join(" ".join(chain) for chain in self.chains)
        return f"{_STRIDE.sub('', told)} {self.joined} {self.shortcut != 'none'}"

    def without_strides(self) -> Strands:
        """The same, as a table writes it that tells the sizes beside it."""
        chains = tuple(tuple(_STRIDE.sub("", told) for told in chain) for chain in self.chains)
        return Strands(chains, self.shortcut, self.joined)

    def summary(self) -> str:
        """All kernels in one line, with how often each is there."""
        every = list(itertools.chain.from_iterable(self.chains))
        kernels = Counter(every if len(every) == 1 else map(short, every))
        return ", ".join(
            f"{told} {words.times(number)}".strip() for told, number in kernels.items()
        )


def short(told: str) -> str:
    """A kernel among others: "3×3 conv, 64" as "3×3, 64"."""
    return told.replace(" conv, ", ", ")


def told_once(chain: Sequence[str], *, alone: bool) -> list[str]:
    """The kernels of a strand, equal neighbours once: "3×3, 64 ×2".

    Args:
        chain: Their words.
        alone: There are no others beside them: a single one keeps its words.
    """
    names = list(chain) if alone and len(chain) == 1 else [short(each) for each in chain]
    return [
        f"{each} {words.times(len(list(same)))}".strip() for each, same in itertools.groupby(names)
    ]


def strands_of(graph: LayerGraph, part: Part) -> Strands:
    """Find the strands of a block, of a run's first block, or of any other part."""
    block = part.parts[0] if part.role == "run" else part
    items = list(_items(block))
    place = {name: i for i, item in enumerate(items) for name in item.nodes}
    feeders: list[set[int]] = [set() for _ in items]
    from_outside = [False] * len(items)
    for i, item in enumerate(items):
        for name in item.nodes:
            for source in graph.by_name[name].inputs:
                if source not in place:
                    from_outside[i] = True
                elif place[source] != i:
                    feeders[i].add(place[source])
    heads = [head_of(graph, item.nodes) for item in items]
    small = _squeezes(graph, block, items, feeders)
    readers = [0] * len(items)
    for i, before in enumerate(feeders):
        for j in before - small:
            readers[j] += i not in small
    chains: dict[int, list[str]] = {}
    forks: dict[int, int] = {}
    chain_of: dict[int, int] = {}
    gated: set[int] = set()
    shortcut: Shortcut = "none"
    joined = ""
    for i, item in enumerate(items):
        before = feeders[i] - small
        if i in small:
            gated.update(chain_of[j] for j in before if j in chain_of)
            continue
        joins = len(before) + from_outside[i] > 1
        if heads[i].type in SUMS or heads[i].type == "CustomScaleLayer":
            joined = "add"
            shortcut = "identity" if from_outside[i] else shortcut
        elif joins:
            joined = words.operation(heads[i])
        first = next(iter(before), None)
        goes_on = len(before) == 1 and readers[first or 0] == 1 and not from_outside[i]
        chain_of[i] = i
        if goes_on and first is not None:
            chain_of[i] = chain_of[first]
        elif len(before) == 1 and first is not None and not from_outside[i]:
            forks[i] = chain_of[first]
        told = chains.setdefault(chain_of[i], [])
        if chain_of[i] in gated and feeders[i] & small:
            told.append(SQUEEZE)
            gated.discard(chain_of[i])
        if _tells(graph, item):
            told.append(words.unit(graph, item.nodes)[0])
    _close_forks(chains, forks)
    found = [tuple(chain) for chain in chains.values() if chain]
    if shortcut == "none" and joined == "add" and len(found) > 1:
        lone = min(found, key=len)
        if len(lone) == 1 and max(map(len, found)) > 1:
            found.remove(lone)
            shortcut = "projection"
    return Strands(tuple(found), shortcut, joined)


def _close_forks(chains: dict[int, list[str]], forks: Mapping[int, int]) -> None:
    """Strands of one kernel each that part from another strand are told at its end."""
    children: dict[int, list[int]] = {}
    for child, parent in forks.items():
        children.setdefault(parent, []).append(child)
    for parent, found in children.items():
        lone = all(len(chains[child]) == 1 and child not in children for child in found)
        if lone and chains[parent]:
            chains[parent].append(" | ".join(chains.pop(child)[0] for child in found))


def _items(part: Part) -> Iterator[Part]:
    """The units inside, and operations that are in none."""
    if not part.parts or part.level is Level.UNIT:
        yield part
    else:
        for inner in part.parts:
            yield from _items(inner)


def _tells(graph: LayerGraph, item: Part) -> bool:
    head = head_of(graph, item.nodes)
    return kind_of(head) in _TELLING or head.type in _ALSO


def _squeezes(
    graph: LayerGraph, block: Part, items: Sequence[Part], feeders: Sequence[set[int]]
) -> set[int]:
    """Items that work on one number a channel, to gate what they were made from."""
    shapes = [graph.by_name[item.nodes[-1]].output_shape for item in items]
    single = {i for i, shape in enumerate(shapes) if all(extent == 1 for extent in shape[:-1])}
    gates = [
        i
        for i, item in enumerate(items)
        if i not in single and any(graph.by_name[name].type in _GATES for name in item.nodes)
    ]
    found: set[int] = set()
    for gate in gates:
        waiting = [i for i in feeders[gate] if i in single]
        while waiting:
            i = waiting.pop()
            if i not in found:
                found.add(i)
                waiting += [j for j in feeders[i] if j in single]
    return found
