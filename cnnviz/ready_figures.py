"""The figures of the ready comparisons: each function takes the models and works them out."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from math import prod

from cnnviz.compare import Side
from cnnviz.graph import Node
from cnnviz.kinds import Kind, kind_of
from cnnviz.ready import Figure, Unit
from cnnviz.receptive_field import receptive_fields

EXTRA = "block3_conv3"
"""What the VGG-16 of the lecture lacks."""
_TWO = (
    "The slide's VGG-16 has two convolutions in its third stage; the paper's configuration D has "
    "three. The last column leaves the third one out."
)
_WORKING = (Kind.CONVOLUTION, Kind.DEPTHWISE, Kind.DENSE)


# Sums over some of a model's operations.


def _params(side: Side, names: Collection[str]) -> int:
    return sum(side.costs.by_name[name].params for name in names)


def _macs(side: Side, names: Collection[str]) -> int:
    return sum(side.costs.by_name[name].macs for name in names)


def _bytes(side: Side, names: Collection[str], kinds: Collection[Kind] = _WORKING) -> int:
    """Float32 outputs of the operations of some kinds."""
    nodes = [side.graph.by_name[name] for name in names]
    return 4 * sum(_values(node) for node in nodes if kind_of(node) in kinds)


def _values(node: Node) -> int:
    return prod(size or 0 for size in node.output_shape)


def _all(side: Side) -> list[str]:
    return [node.name for node in side.graph.nodes]


def _upto(side: Side, last: str) -> list[str]:
    """Everything from the input to an operation."""
    names = _all(side)
    return names[: names.index(last) + 1]


def _from(side: Side, first: str) -> list[str]:
    names = _all(side)
    return names[names.index(first) :]


def _field(side: Side) -> int:
    """Rows of what a cell of the output sees."""
    return int(receptive_fields(side.graph)[side.graph.outputs[0].node].size[0])


def _count(side: Side, kind: str) -> int:
    return sum(node.type == kind for node in side.graph.nodes)


def _each(
    sides: Sequence[Side],
    what: str,
    value: Callable[[Side], float],
    printed: str = "",
    note: str = "",
    unit: Unit = "count",
) -> Figure:
    """A figure of whole models."""
    return Figure(what, tuple(value(side) for side in sides), unit, printed, note)


def _size(sides: Sequence[Side], printed: tuple[str, str] = ("", "")) -> tuple[Figure, Figure]:
    return (
        _each(sides, "Parameters", lambda side: side.costs.params, printed[0]),
        _each(sides, "MACs", lambda side: side.costs.macs, printed[1]),
    )


# The comparisons.


def alexnet_vgg(sides: Sequence[Side]) -> tuple[Figure, ...]:
    """AlexNet and VGG-16, as the lecture counts them."""
    alexnet, vgg = sides
    parts = (alexnet, _all(alexnet)), (vgg, _all(vgg)), (vgg, _without(vgg, _all(vgg)))
    return (
        Figure(
            "Memory, outputs of convolutions and dense layers",
            tuple(_bytes(*part) for part in parts),
            "bytes",
            "1.9 MB, 48.6 MB (25×)",
            _TWO,
        ),
        Figure("Parameters", tuple(_params(*part) for part in parts), "count", "61M, 138M (2.3×)"),
        Figure(
            "MACs",
            tuple(_macs(*part) for part in parts),
            "count",
            "0.7 G, 13.6 G (19.4×)",
            "19.4 is 13.6 by 0.7, of rounded numbers.",
        ),
    )


def _without(vgg: Side, names: Collection[str]) -> list[str]:
    return [name for name in names if name != EXTRA]


def stems(sides: Sequence[Side]) -> tuple[Figure, ...]:
    """What turns 224 × 224 into 28 × 28."""
    googlenet, vgg = sides
    early = _upto(vgg, "block3_pool")
    parts = (googlenet, _upto(googlenet, "pool2")), (vgg, early), (vgg, _without(vgg, early))
    return (
        Figure(
            "Memory, outputs of convolutions",
            tuple(_bytes(*part) for part in parts),
            "bytes",
            "42.9 MB for VGG-16",
            _TWO,
        ),
        Figure(
            "Memory, with pooling",
            tuple(_bytes(*part, kinds=(*_WORKING, Kind.POOLING)) for part in parts),
            "bytes",
            "7.5 MB for GoogLeNet (5.7×)",
            "The slide counts GoogLeNet's pooling, and not that of VGG-16.",
        ),
        Figure("Parameters", tuple(_params(*part) for part in parts), "count", "124K, 1.1M (8.9×)"),
        Figure(
            "MACs",
            tuple(_macs(*part) for part in parts),
            "count",
            "418 M, 7485 M (17.8×)",
            "The rows of the slide add up to 481 M (478 M without pooling): two digits of 418 seem "
            "to have changed places.",
        ),
    )


def heads(sides: Sequence[Side]) -> tuple[Figure, ...]:
    """What turns maps into classes."""
    googlenet, vgg = sides
    head = [name for name in _from(googlenet, "avg_pool") if not name.startswith("aux")]
    parts = (googlenet, head), (vgg, _from(vgg, "flatten"))
    return (
        Figure(
            "Parameters",
            tuple(_params(*part) for part in parts),
            "count",
            "1025k; 102,760k + 16,777k + 4096k",
            "The slide leaves the biases of VGG-16 out.",
        ),
        Figure("MACs", tuple(_macs(*part) for part in parts), "count", "1 M; 103 M + 17 M + 4 M"),
        Figure(
            "Share of all parameters",
            tuple(_params(side, names) / side.costs.params for side, names in parts),
            "share",
        ),
    )


def inception(sides: Sequence[Side]) -> tuple[Figure, ...]:
    """A module, and single layers of the same width."""
    return (
        *_size(sides, ("1×, about 3×, about 8×", "1×, about 3×, about 8×")),
        _each(sides, "A cell sees", _field, unit="cells"),
    )


def windows(sides: Sequence[Side]) -> tuple[Figure, ...]:
    """Windows in a row against one large one."""
    return (
        _each(sides, "A cell sees", _field, unit="cells"),
        _each(
            sides,
            "Weights, without biases",
            lambda side: sum(
                weight.size
                for node in side.graph.nodes
                for weight in node.weights
                if weight.name == "kernel"
            ),
            "25 C², 18 C²; 49 C², 27 C²",
            "With C = 256 channels.",
        ),
        _each(sides, "MACs", lambda side: side.costs.macs, "25 C²HW, 18 C²HW; 49 C²HW, 27 C²HW"),
        _each(sides, "Non-linearities", lambda side: _count(side, "Conv2D")),
    )


def blocks(sides: Sequence[Side]) -> tuple[Figure, ...]:
    """The two residual blocks."""
    return (
        _each(sides, "MACs", lambda side: side.costs.macs, "18 C²HW, 17 C²HW", "With C = 64."),
        _each(sides, "Parameters", lambda side: side.costs.params),
        _each(sides, "Channels in and out", lambda side: side.graph.output_shape[-1] or 0),
        _each(sides, "Convolutions", lambda side: _count(side, "Conv2D"), "2, 3"),
    )


def plain(sides: Sequence[Side]) -> tuple[Figure, ...]:
    """Plain networks and their residual twins."""
    return (
        _each(sides, "Depth", lambda side: side.depth),
        *_size(sides),
        _each(sides, "Shortcuts", lambda side: _count(side, "Add")),
    )


def resnext(sides: Sequence[Side]) -> tuple[Figure, ...]:
    """ResNet-50 and ResNeXt-50."""

    def groups(side: Side) -> int:
        return max(int(node.settings.get("groups", 1)) for node in side.graph.nodes)

    params, macs = _size(sides, ("25.5M, 25.0M", "4.1 G, 4.2 G"))
    why = (
        "The paper's ResNet-50 strides in its 3×3 convolutions; this one, as first published, in "
        "the 1×1 before, and saves a little."
    )
    return (
        params,
        Figure(macs.what, macs.values, macs.unit, macs.printed, why),
        _each(sides, "Groups", groups, "1, 32"),
        _each(sides, "Depth", lambda side: side.depth),
    )


def separable(sides: Sequence[Side]) -> tuple[Figure, ...]:
    """A pair of convolutions, and one that does both jobs."""

    def kernels(side: Side) -> int:
        return sum(
            weight.size
            for node in side.graph.nodes
            for weight in node.weights
            if weight.name in ("kernel", "depthwise_kernel")
        )

    return (
        _each(sides, "Weights, without batch norm", kernels, "9C + C², 9 C²", "With C = 512."),
        _each(
            sides,
            "MACs",
            lambda side: side.costs.macs,
            "9CHW + C²HW, 9 C²HW",
            "9 C² by 9 C + C² comes near to 9 where there are many channels.",
        ),
        _each(sides, "A cell sees", _field, unit="cells"),
    )


def mobile(sides: Sequence[Side]) -> tuple[Figure, ...]:
    """Two MobileNets around a ShuffleNet."""
    params, macs = _size(sides, ("1.3M, 4.2M for MobileNet", "149 M, 137 M, 569 M"))
    grouped = _each(
        sides, "Grouped 1×1 convolutions", lambda s: sum(_grouped(node) for node in s.graph.nodes)
    )
    return (
        macs,
        params,
        _each(
            sides,
            "Share of MACs in 1×1 convolutions",
            lambda side: (
                _macs(side, [n.name for n in side.graph.nodes if _pointwise(n)]) / side.costs.macs
            ),
            "94.86 % for MobileNet",
            unit="share",
        ),
        grouped,
    )


def _pointwise(node: Node) -> bool:
    size = node.settings.get("kernel_size")
    shape = node.output_shape
    wide = len(shape) == 3 and (shape[0] or 0) > 1
    return node.type == "Conv2D" and tuple(size or ()) == (1, 1) and wide


def _grouped(node: Node) -> bool:
    return _pointwise(node) and int(node.settings.get("groups", 1)) > 1


def stages(sides: Sequence[Side]) -> tuple[Figure, ...]:
    """VGG-16's stages, of which the columns are."""
    vgg = sides[0]
    stages = [[n for n in _all(vgg) if n.startswith(f"block{i}_")] for i in range(1, 6)]
    first = [f"block{i}_conv1" for i in range(1, 6)]
    second = [f"block{i}_conv2" for i in range(1, 6)]
    return (
        Figure(
            "MACs of the second convolution",
            tuple(_macs(vgg, [name]) for name in second),
            note="Half the rows and columns, twice the channels: equal. Only stage 5 has a "
            "quarter, for its channels stay at 512.",
        ),
        Figure(
            "MACs of the first convolution",
            tuple(_macs(vgg, [name]) for name in first),
            note="It reads half the channels, and does half the work; the very first reads three.",
        ),
        Figure(
            "MACs of the stage",
            tuple(_macs(vgg, names) for names in stages),
            note="Stages 3 and 4 have a third convolution.",
        ),
        Figure(
            "Parameters of the stage",
            tuple(_params(vgg, names) for names in stages),
            note="Four times as many for the same work: each weight is used at a quarter of the "
            "places.",
        ),
        Figure(
            "Memory, outputs of convolutions",
            tuple(_bytes(vgg, names) for names in stages),
            "bytes",
            note="Half as much at each step, but for the number of layers.",
        ),
    )
