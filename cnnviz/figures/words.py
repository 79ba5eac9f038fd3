"""What layers and numbers are called in figures: as short as in the papers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from cnnviz.costs import GraphCosts
from cnnviz.graph import LayerGraph, Node, Shape
from cnnviz.kinds import Kind, kind_of
from cnnviz.outline import Part
from cnnviz.receptive_field import Field, Reach
from cnnviz.units import head_of


def count(number: int) -> str:
    """A large count in three digits: 25636712 as "25.6 M"."""
    value = float(number)
    for unit in ("", " k", " M", " G"):
        if value < 999.5:
            digits = 0 if not unit or value >= 99.95 else 1 if value >= 9.995 else 2
            return f"{value:.{digits}f}{unit}"
        value /= 1000
    return f"{value:,.3g} T"


def many(number: int, word: str) -> str:
    """A number of things: "1,000 parameters"."""
    ending = "" if number == 1 else "es" if word.endswith("ch") else "s"
    return f"{number:,} {word}{ending}"


def shape(extents: Shape) -> str:
    """`(56, 56, 64)` as "56×56×64", `(10,)` as "10"."""
    return "×".join("?" if extent is None else str(extent) for extent in extents) or "1"


def times(number: int) -> str:
    """How often something stands there: "×3"; "" for once."""
    return f"×{number}" if number > 1 else ""


def field(seen: Field | None) -> str:
    """A receptive field: "35×35", "≤ 35×35" for a bound; "" where there is none to tell."""
    if seen is None or seen.reach not in (Reach.WINDOW, Reach.GLOBAL):
        return ""
    if seen.reach is Reach.GLOBAL:
        return "all"
    return ("" if seen.exact else "≤ ") + "×".join(map(str, seen.size))


def operation(node: Node) -> str:
    """An operation: "7×7 conv, 64, /2", "3×3 max pool, /2", "fc, 1000", "add"."""
    tell = _TELL.get(node.type) if node.known else None
    return tell(node) if tell is not None else node.type


def brief(node: Node) -> str:
    """What stands beside a kernel, in a word: "BN", "ReLU"."""
    return _BRIEF.get(node.type) or operation(node)


def unit(graph: LayerGraph, names: Sequence[str]) -> tuple[str, str]:
    """A unit's kernel, and what is around it: ("3×3 conv, 64", "BN, ReLU")."""
    head = head_of(graph, names)
    place = names.index(head.name)
    before = [brief(node) for node in _telling(graph, names[:place])]
    behind = [brief(node) for node in _telling(graph, names[place + 1 :])]
    function = head.settings.get("activation")
    if function not in (None, "linear") and kind_of(head) is not Kind.ACTIVATION:
        behind.insert(0, _function(function))
    told = ", ".join(behind)
    if before:
        told = f"after {', '.join(before)}" + (f"; {told}" if told else "")
    return operation(head), told


def _telling(graph: LayerGraph, names: Sequence[str]) -> list[Node]:
    """Without padding, which the kernel's own words imply."""
    nodes = [graph.by_name[name] for name in names]
    return [node for node in nodes if not node.type.startswith("ZeroPadding")]


def numbers(
    part: Part,
    costs: GraphCosts,
    fields: Mapping[str, Field],
    *,
    params: bool,
    macs: bool,
    seen: bool,
) -> tuple[str, ...]:
    """The numbers of a part that are asked for and are not nothing."""
    told = []
    if params and (number := params_of(part, costs)):
        told.append(f"{count(number)} params")
    if macs and (work := macs_of(part, costs)):
        told.append(f"{work} MACs")
    if seen and (window := field(fields.get(part.nodes[-1]))):
        told.append(f"sees {window}")
    return tuple(told)


def params_of(part: Part, costs: GraphCosts) -> int:
    """Parameters of a part."""
    return sum(costs.by_name[name].params for name in part.nodes)


def macs_of(part: Part, costs: GraphCosts) -> str:
    """Multiply-adds of a part: "118 M", "≥ 118 M" or "?" where not all are known; "" for none."""
    inside = [costs.by_name[name] for name in part.nodes]
    work = sum(cost.macs for cost in inside)
    if any(cost.not_counted for cost in inside):
        return f"≥ {count(work)}" if work else "?"
    return count(work) if work else ""


# --- one row a layer type


def _by(values: Any) -> str:
    if isinstance(values, int):
        return f"{values}×{values}"
    return "×".join(map(str, values)) if isinstance(values, Sequence) else "?"


def _step(node: Node) -> str:
    """Stride and dilation, where they are not 1: ", /2"."""
    told = ""
    for name, form in (("strides", ", /{}"), ("dilation_rate", ", dilation {}")):
        value = node.settings.get(name)
        extents = [value] if isinstance(value, int) else list(value or ())
        if any(extent != 1 for extent in extents):
            alike = len(set(extents)) == 1
            told += form.format(extents[0] if alike else _by(extents))
    return told


def _convolution(node: Node) -> str:
    settings = node.settings
    name = "transposed conv" if "Transpose" in node.type else "conv"
    if kind_of(node) is Kind.DEPTHWISE:
        return _depthwise(node)
    groups = settings.get("groups") or 1
    told = f"{_by(settings.get('kernel_size'))} {name}, {settings.get('filters')}"
    return told + (f", {groups} groups" if groups > 1 else "") + _step(node)


def _depthwise(node: Node) -> str:
    return f"{_by(node.settings.get('kernel_size'))} depthwise{_step(node)}"


def _separable(node: Node) -> str:
    settings = node.settings
    window = _by(settings.get("kernel_size"))
    return f"{window} separable, {settings.get('filters')}{_step(node)}"


def _pool(word: str) -> Callable[[Node], str]:
    return lambda node: f"{_by(node.settings.get('pool_size'))} {word} pool{_step(node)}"


def _dense(node: Node) -> str:
    return f"fc, {node.settings.get('units', node.output_shape[-1])}"


def _activation(node: Node) -> str:
    return _function(node.settings.get("activation", node.type))


def _relu(node: Node) -> str:
    most = node.settings.get("max_value")
    if node.settings.get("negative_slope"):
        return "leaky ReLU"
    return "ReLU" if most is None else f"ReLU{most:g}" if isinstance(most, int | float) else "ReLU"


def _merge(word: str) -> Callable[[Node], str]:
    return lambda node: word if len(node.sources) > 1 else f"{word} a constant"


def _dropout(node: Node) -> str:
    rate = node.settings.get("rate")
    return f"dropout {rate:g}" if isinstance(rate, int | float) else "dropout"


def _slice(node: Node) -> str:
    start, stop = node.settings.get("start"), node.settings.get("stop")
    last = stop if stop is not None else "end"
    return f"channels {start} to {last - 1 if isinstance(last, int) else last}"


def _plain(words: str) -> Callable[[Node], str]:
    return lambda node: words


_FUNCTIONS: Mapping[str, str] = MappingProxyType(
    {
        "relu": "ReLU",
        "relu6": "ReLU6",
        "elu": "ELU",
        "selu": "SELU",
        "gelu": "GELU",
        "silu": "swish",
        "hard_silu": "h-swish",
        "hard_swish": "h-swish",
        "hard_sigmoid": "h-sigmoid",
        "scaled_tanh": "scaled tanh",
        "prelu": "PReLU",
        "leakyrelu": "leaky ReLU",
    }
)


def _function(name: object) -> str:
    text = str(name)
    return _FUNCTIONS.get(text.lower(), text.replace("_", " "))


_BRIEF: Mapping[str, str] = MappingProxyType(
    {
        "BatchNormalization": "BN",
        "LayerNormalization": "LN",
        "GroupNormalization": "GN",
        "LocalResponseNormalization": "LRN",
    }
)
_TELL: Mapping[str, Callable[[Node], str]] = MappingProxyType(
    {
        "InputLayer": _plain("input"),
        **dict.fromkeys(
            (
                *("Conv1D", "Conv2D", "Conv3D", "SparseConnectionConv2D"),
                *("Conv1DTranspose", "Conv2DTranspose", "Conv3DTranspose"),
            ),
            _convolution,
        ),
        **dict.fromkeys(("DepthwiseConv1D", "DepthwiseConv2D"), _depthwise),
        **dict.fromkeys(("SeparableConv1D", "SeparableConv2D"), _separable),
        **{f"MaxPooling{rank}D": _pool("max") for rank in (1, 2, 3)},
        **{f"AveragePooling{rank}D": _pool("avg") for rank in (1, 2, 3)},
        **{f"GlobalMaxPooling{rank}D": _plain("global max pool") for rank in (1, 2, 3)},
        **{f"GlobalAveragePooling{rank}D": _plain("global avg pool") for rank in (1, 2, 3)},
        "Subsampling2D": lambda node: f"{_by(node.settings.get('pool_size'))} sub-sampling",
        "Dense": _dense,
        "RBF": lambda node: f"RBF, {node.settings.get('units')}",
        "BatchNormalization": _plain("batch norm"),
        "LayerNormalization": _plain("layer norm"),
        "GroupNormalization": _plain("group norm"),
        "LocalResponseNormalization": _plain("LRN"),
        "Normalization": _plain("normalise"),
        "Rescaling": _plain("rescale"),
        "Activation": _activation,
        "ReLU": _relu,
        **dict.fromkeys(("LeakyReLU", "PReLU", "ELU"), _activation),
        "Softmax": _plain("softmax"),
        "Add": _merge("add"),
        "Subtract": _merge("subtract"),
        "Multiply": _merge("multiply"),
        "Average": _merge("average"),
        "Maximum": _merge("maximum"),
        "Minimum": _merge("minimum"),
        "CustomScaleLayer": lambda node: f"add, branch ×{node.settings.get('scale', 1):.3g}",
        "Concatenate": _plain("concat"),
        "Flatten": _plain("flatten"),
        "Reshape": _plain("reshape"),
        "Dropout": _dropout,
        **{f"SpatialDropout{rank}D": _dropout for rank in (1, 2, 3)},
        **{f"ZeroPadding{rank}D": _plain("zero pad") for rank in (1, 2, 3)},
        "ChannelPadding": lambda node: f"{node.settings.get('channels')} channels of zeros",
        "ChannelShuffle": lambda node: f"shuffle, {node.settings.get('groups')} groups",
        "ChannelSlice": _slice,
        "UpSampling2D": lambda node: f"up-sampling ×{_by(node.settings.get('size', 2))}",
    }
)
