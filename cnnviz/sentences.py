"""What a node does, in one sentence with its numbers, for readers who watch it happen."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import prod
from types import MappingProxyType
from typing import Any

from cnnviz.costs import GraphCosts
from cnnviz.graph import LayerGraph, Node, Shape
from cnnviz.kinds import Kind, kind_of


def sentence(graph: LayerGraph, name: str, *, training: bool = False) -> str:
    """Tell what one node does.

    Such as "3×3 convolution, stride 2, 128 filters: 56×56×64 becomes 28×28×128."

    Args:
        graph: The model.
        name: The node.
        training: As in training rather than at inference.
    """
    node = graph.by_name[name]
    inputs = graph.input_shapes(node)
    tell = (_IN_TRAINING.get(node.type) if training else None) or _TELL.get(node.type)
    what = tell(node, inputs) if tell is not None and node.known else _by_kind(node)
    followed = _activation_after(node)
    if not inputs:
        return f"{what}: {shape_words(node.output_shape)}."
    return f"{what}{followed}: {_change(inputs, node)}."


def group_sentence(
    graph: LayerGraph,
    label: str,
    names: Sequence[str],
    costs: GraphCosts,
    *,
    training: bool = False,
) -> str:
    """Tell what a group of nodes does.

    Args:
        graph: The model.
        label: What to call the group.
        names: Its nodes, in topological order, at least one.
        costs: Of the whole model.
        training: As in training rather than at inference.
    """
    if len(names) == 1:
        return sentence(graph, names[0], training=training)
    inside = set(names)
    read = dict.fromkeys(
        source
        for name in names
        for source in graph.by_name[name].sources
        if source.node not in inside
    )
    after = shape_words(graph.by_name[names[-1]].output_shape)
    before = [shape_words(graph.by_name[s.node].output_shapes[s.output]) for s in read]
    change = (
        f"{' and '.join(dict.fromkeys(before))} becomes {after}" if before else f"gives {after}"
    )
    kernels = sum(
        kind_of(graph.by_name[name]) in (Kind.CONVOLUTION, Kind.DEPTHWISE, Kind.DENSE)
        for name in names
    )
    with_weights = f", {kernels} of them with a kernel" if 0 < kernels < len(names) else ""
    params = sum(costs.by_name[name].params for name in names)
    macs = sum(costs.by_name[name].macs for name in names)
    unknown = [name for name in names if costs.by_name[name].not_counted]
    counted = f"{params:,} parameters, {macs:,} MACs"
    if unknown:
        counted += f" (without {len(unknown)} that are not counted)"
    return f"{label}, {len(names)} operations{with_weights}: {change}; {counted}."


def shape_words(shape: Shape) -> str:
    """`(56, 56, 64)` as "56×56×64", `(10,)` as "10 values"."""
    if not shape:
        return "one number"
    if len(shape) == 1:
        return _plural(shape[0], "value")
    return "×".join(map(_size, shape))


def _size(extent: int | None) -> str:
    return "?" if extent is None else str(extent)


def _change(inputs: Sequence[Shape], node: Node) -> str:
    """From what to what."""
    after = shape_words(node.output_shape)
    before = [shape_words(shape) for shape in inputs]
    if node.type in ("Concatenate", "Stack", "Append", "Hstack", "Vstack", "Dstack"):
        return f"{' and '.join(before)} become {after}"
    alike = set(before) == {after}
    plural = len(inputs[0]) == 1
    if alike and len(before) == 1:
        return f"{after} stay {after}" if plural else f"{after} keeps its shape"
    if alike:
        return f"{len(before)} times {after} become one"
    if len(set(before)) == 1 and len(before) > 1:
        return f"{len(before)} times {before[0]} become {after}"
    if len(before) > 1:
        return f"{' and '.join(before)} become {after}"
    return f"{before[0]} {'become' if plural else 'becomes'} {after}"


def _by(values: Any) -> str:
    """A window: `(3, 3)` as "3×3"."""
    if isinstance(values, int):
        return f"{values}×{values}"
    return "×".join(map(str, values))


def _extent(values: Any) -> str:
    """A stride or dilation: `(2, 2)` as "2", `(1, 2)` as "1×2"."""
    if isinstance(values, int):
        return str(values)
    return str(values[0]) if len(set(values)) == 1 else _by(values)


def _is_one(values: Any) -> bool:
    return values is None or values == 1 or (isinstance(values, Sequence) and set(values) == {1})


def _number(value: Any) -> str:
    return f"{value:g}" if isinstance(value, int | float) else str(value)


def _plural(count: Any, word: str) -> str:
    if count == 1:
        return f"1 {word}"
    return f"{'?' if count is None else f'{count:,}'} {word}s"


_FUNCTIONS: Mapping[str, str] = MappingProxyType(
    {
        "relu": "ReLU",
        "relu6": "ReLU6",
        "elu": "ELU",
        "selu": "SELU",
        "gelu": "GELU",
        "silu": "swish",
        "swish": "swish",
        "hard_silu": "hard swish",
        "hard_swish": "hard swish",
        "hard_sigmoid": "hard sigmoid",
        "scaled_tanh": "scaled tanh",
    }
)


def _function(name: object) -> str:
    return _FUNCTIONS.get(str(name), str(name).replace("_", " "))


def _activation_after(node: Node) -> str:
    """The activation function that a layer of another kind applies to its results."""
    name = node.settings.get("activation")
    if name in (None, "linear") or kind_of(node) is Kind.ACTIVATION:
        return ""
    return f", then {_function(name)}"


def _window_details(node: Node, window: str = "kernel_size") -> str:
    """Stride, dilation and padding, where they are not the plainest."""
    settings = node.settings
    told = ""
    strides = settings.get("strides")
    if window == "pool_size" or not _is_one(strides):
        told += f", stride {_extent(strides)}" if strides is not None else ""
    if not _is_one(settings.get("dilation_rate")):
        told += f", dilation {_extent(settings['dilation_rate'])}"
    if settings.get("padding") == "same" and not _is_one(settings.get(window)):
        told += ", zero padding" if window == "kernel_size" else ", padded"
    return told


def _convolution(node: Node, inputs: Sequence[Shape]) -> str:
    settings = node.settings
    groups = settings.get("groups") or 1
    name = "transposed convolution" if "Transpose" in node.type else "convolution"
    if kind_of(node) is Kind.DEPTHWISE:
        name = "depthwise convolution"
    told = f"{_by(settings['kernel_size'])} {name}{_window_details(node)}"
    if groups > 1 and kind_of(node) is not Kind.DEPTHWISE:
        told += f", {groups} groups"
    return f"{told}, {_plural(settings['filters'], 'filter')}"


def _depthwise(node: Node, inputs: Sequence[Shape]) -> str:
    told = f"{_by(node.settings['kernel_size'])} depthwise convolution{_window_details(node)}"
    times = node.settings.get("depth_multiplier", 1)
    return f"{told}, {'one filter' if times == 1 else f'{times} filters'} a channel"


def _separable(node: Node, inputs: Sequence[Shape]) -> str:
    window = _by(node.settings["kernel_size"])
    return (
        f"Separable convolution, {window} on each channel and then 1×1 across"
        f"{_window_details(node)}, {_plural(node.settings['filters'], 'filter')}"
    )


def _sparse(node: Node, inputs: Sequence[Shape]) -> str:
    connections = node.settings["connections"]
    fewest, most = min(map(len, connections)), max(map(len, connections))
    return (
        f"{_by(node.settings['kernel_size'])} convolution{_window_details(node)}, "
        f"{_plural(len(connections), 'filter')} that read {fewest} to {most} "
        f"of the {inputs[0][-1]} maps each"
    )


def _pool(word: str) -> Callable[[Node, Sequence[Shape]], str]:
    def tell(node: Node, inputs: Sequence[Shape]) -> str:
        return (
            f"{_by(node.settings['pool_size'])} {word} pooling{_window_details(node, 'pool_size')}"
        )

    return tell


def _global_pool(word: str) -> Callable[[Node, Sequence[Shape]], str]:
    def tell(node: Node, inputs: Sequence[Shape]) -> str:
        *extents, _ = inputs[0]
        over = "×".join(map(_size, extents))
        return f"Global {word} pooling, the {word} of {over} values in each channel"

    return tell


def _subsampling(node: Node, inputs: Sequence[Shape]) -> str:
    return (
        f"{_by(node.settings['pool_size'])} sub-sampling{_window_details(node, 'pool_size')}, "
        "one weight and one bias a map"
    )


def _dense(node: Node, inputs: Sequence[Shape]) -> str:
    fan_in = inputs[0][-1]
    return (
        f"Dense layer, {_plural(node.settings['units'], 'unit')} of {_plural(fan_in, 'input')} each"
    )


def _radial(node: Node, inputs: Sequence[Shape]) -> str:
    return f"Squared distance to each of {_size(node.settings['units'])} fixed patterns"


def _batch_norm(node: Node, inputs: Sequence[Shape]) -> str:
    return f"Batch normalisation of {_plural(inputs[0][-1], 'channel')}"


def _local_response(node: Node, inputs: Sequence[Shape]) -> str:
    return f"Local response normalisation across {node.settings['size']} channels"


def _normalization(node: Node, inputs: Sequence[Shape]) -> str:
    return "Shift and scale each channel by the mean and variance of the training data"


def _activation(node: Node, inputs: Sequence[Shape]) -> str:
    return _capital(_function(node.settings.get("activation", node.type)))


def _relu(node: Node, inputs: Sequence[Shape]) -> str:
    told = "ReLU, negative values become zero"
    slope, most = node.settings.get("negative_slope"), node.settings.get("max_value")
    if slope:
        told = f"Leaky ReLU, negative values are multiplied by {_number(slope)}"
    return told if most is None else f"{told}, values above {_number(most)} become {_number(most)}"


def _softmax(node: Node, inputs: Sequence[Shape]) -> str:
    return "Softmax, scores become probabilities that add up to 1"


def _merge(text: str) -> Callable[[Node, Sequence[Shape]], str]:
    def tell(node: Node, inputs: Sequence[Shape]) -> str:
        if len(inputs) > 1:
            return text
        return {"Add": "Add a constant", "Multiply": "Multiply by a constant"}.get(
            node.type, f"{node.type} with a constant"
        )

    return tell


def _scaled_sum(node: Node, inputs: Sequence[Shape]) -> str:
    return f"Sum of the shortcut and {_number(node.settings['scale'])} times the branch"


def _concatenate(node: Node, inputs: Sequence[Shape]) -> str:
    axis = node.settings.get("axis", -1)
    rank = len(inputs[0])
    # Keras counts axes with the batch axis.
    channels = axis in (-1, rank)
    return f"Concatenation of {len(inputs)} inputs" + (" by channel" if channels else "")


def _flatten(node: Node, inputs: Sequence[Shape]) -> str:
    return "Flatten, rows and columns and channels in one line"


def _plain(text: str) -> Callable[[Node, Sequence[Shape]], str]:
    return lambda node, inputs: text


def _dropout(node: Node, inputs: Sequence[Shape]) -> str:
    return f"Dropout of {_number(100 * node.settings['rate'])} %, which does nothing at inference"


def _dropout_in_training(node: Node, inputs: Sequence[Shape]) -> str:
    rate = node.settings["rate"]
    kept = f", the rest is divided by {_number(1 - rate)}" if rate < 1 else ""
    return f"Dropout, {_number(100 * rate)} % of the values become zero by chance{kept}"


def _batch_norm_in_training(node: Node, inputs: Sequence[Shape]) -> str:
    return f"{_batch_norm(node, inputs)} by the mean and variance of this batch"


def _zero_padding(node: Node, inputs: Sequence[Shape]) -> str:
    padding = node.settings["padding"]
    sides = [n for pair in padding for n in (pair if isinstance(pair, Sequence) else (pair,))]
    if len(set(sides)) == 1:
        return f"Zero padding, {sides[0]} on every side"
    if len(padding) == 2:
        (top, bottom), (left, right) = padding
        return f"Zero padding, {top} above, {bottom} below, {left} left, {right} right"
    return "Zero padding"


def _rescaling(node: Node, inputs: Sequence[Shape]) -> str:
    scale, offset = node.settings.get("scale", 1), node.settings.get("offset", 0)
    if not isinstance(scale, int | float) or not isinstance(offset, int | float):
        return "Rescaling of each channel"
    told = f"Rescaling, times {_number(scale)}"
    return (
        told
        if not offset
        else f"{told}, {'plus' if offset > 0 else 'minus'} {_number(abs(offset))}"
    )


def _channel_padding(node: Node, inputs: Sequence[Shape]) -> str:
    more = (node.output_shape[-1] or 0) - (inputs[0][-1] or 0)
    return f"{_plural(more, 'channel')} of zeros put on"


def _channel_shuffle(node: Node, inputs: Sequence[Shape]) -> str:
    return f"Channel shuffle across {node.settings['groups']} groups"


def _channel_slice(node: Node, inputs: Sequence[Shape]) -> str:
    start, stop = node.settings["start"], node.settings["stop"]
    return (
        f"Channels {start} to {stop - 1} go on"
        if stop is not None
        else f"Channels from {start} go on"
    )


def _reshape(node: Node, inputs: Sequence[Shape]) -> str:
    whole = all(size is not None for size in inputs[0])
    many = f", the same {prod(size or 1 for size in inputs[0]):,} values" if whole else ""
    return f"Reshape{many}"


def _up_sampling(node: Node, inputs: Sequence[Shape]) -> str:
    return f"Up-sampling by {_extent(node.settings.get('size', 2))}"


def _input(node: Node, inputs: Sequence[Shape]) -> str:
    return "The picture goes in"


_Tell = Callable[[Node, Sequence[Shape]], str]
_TELL: Mapping[str, _Tell] = MappingProxyType(
    {
        "InputLayer": _input,
        **dict.fromkeys(
            ("Conv1D", "Conv2D", "Conv3D", "Conv1DTranspose", "Conv2DTranspose", "Conv3DTranspose"),
            _convolution,
        ),
        **dict.fromkeys(("DepthwiseConv1D", "DepthwiseConv2D"), _depthwise),
        **dict.fromkeys(("SeparableConv1D", "SeparableConv2D"), _separable),
        "SparseConnectionConv2D": _sparse,
        **{f"MaxPooling{rank}D": _pool("max") for rank in (1, 2, 3)},
        **{f"AveragePooling{rank}D": _pool("average") for rank in (1, 2, 3)},
        **{f"GlobalMaxPooling{rank}D": _global_pool("maximum") for rank in (1, 2, 3)},
        **{f"GlobalAveragePooling{rank}D": _global_pool("mean") for rank in (1, 2, 3)},
        "Subsampling2D": _subsampling,
        "Dense": _dense,
        "RBF": _radial,
        "BatchNormalization": _batch_norm,
        "LocalResponseNormalization": _local_response,
        "Normalization": _normalization,
        "Activation": _activation,
        "ReLU": _relu,
        "Softmax": _softmax,
        "Add": _merge("Sum"),
        "Multiply": _merge("Product"),
        "CustomScaleLayer": _scaled_sum,
        "Concatenate": _concatenate,
        "Flatten": _flatten,
        "Reshape": _reshape,
        "Dropout": _dropout,
        "SpatialDropout2D": _dropout,
        "ZeroPadding1D": _zero_padding,
        "ZeroPadding2D": _zero_padding,
        "ZeroPadding3D": _zero_padding,
        "Rescaling": _rescaling,
        "ChannelPadding": _channel_padding,
        "ChannelShuffle": _channel_shuffle,
        "ChannelSlice": _channel_slice,
        "UpSampling2D": _up_sampling,
    }
)


_IN_TRAINING: Mapping[str, _Tell] = MappingProxyType(
    {
        "Dropout": _dropout_in_training,
        "SpatialDropout2D": _dropout_in_training,
        "BatchNormalization": _batch_norm_in_training,
    }
)


def _by_kind(node: Node) -> str:
    """A layer that no row of the table tells about: its type, and whether anybody knows it."""
    if not node.known:
        return f"{node.type}, a layer of the model's own"
    if kind_of(node) is Kind.ACTIVATION:
        return _capital(
            _function(node.type.lower() if node.type.lower() in _FUNCTIONS else node.type)
        )
    return node.type


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
