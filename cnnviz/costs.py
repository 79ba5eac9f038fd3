"""What each node costs for one image: parameters, multiply-adds, other arithmetic and memory.

Conventions, which are those of published tables:

- A MAC is one multiplication with one addition. Only convolutions and dense layers have MACs, and
  windows count in full where they lie over padding.
- `other_ops` are the remaining elementary operations at inference: one each for an addition,
  multiplication, comparison, division, or function such as exp. Layers that only move numbers, and
  those that do nothing at inference (dropout), have none.
- Activations are float32 and counted per output tensor.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from math import prod
from types import MappingProxyType

from cnnviz.graph import LayerGraph, Node, Shape
from cnnviz.kinds import Kind, kind_of_type

BYTES_PER_VALUE = 4
"""Of a float32."""


@dataclass(frozen=True, slots=True)
class Cost:
    """What one node costs for one image.

    Attributes:
        node: Its name.
        params: Scalars of the variables that it owns (those of a shared layer count at its first
            call).
        trainable_params: Those of them that training changes.
        macs: Multiply-adds; 0 where `not_counted` says why they are not known.
        other_ops: Other operations; None where they are not known.
        activation_bytes: Bytes of its outputs as float32.
        not_counted: Why its MACs are not known; None where they are.
    """

    node: str
    params: int
    trainable_params: int
    macs: int
    other_ops: int | None
    activation_bytes: int
    not_counted: str | None = None


@dataclass(frozen=True)
class GraphCosts:
    """The costs of all nodes, in the order of the graph, and their sums."""

    nodes: tuple[Cost, ...]

    @cached_property
    def by_name(self) -> Mapping[str, Cost]:
        """Cost by node name."""
        return MappingProxyType({cost.node: cost for cost in self.nodes})

    @property
    def params(self) -> int:
        """Scalars of all variables, shared ones once."""
        return sum(cost.params for cost in self.nodes)

    @property
    def trainable_params(self) -> int:
        """Scalars that training changes."""
        return sum(cost.trainable_params for cost in self.nodes)

    @property
    def macs(self) -> int:
        """Multiply-adds of all nodes whose MACs are known; a lower bound if `not_counted`."""
        return sum(cost.macs for cost in self.nodes)

    @property
    def other_ops(self) -> int:
        """Other operations of all nodes where they are known."""
        return sum(cost.other_ops or 0 for cost in self.nodes)

    @property
    def activation_bytes(self) -> int:
        """Bytes of every node's outputs together."""
        return sum(cost.activation_bytes for cost in self.nodes)

    @property
    def not_counted(self) -> Mapping[str, str]:
        """Why, by name, for the nodes whose MACs are not known."""
        return {cost.node: cost.not_counted for cost in self.nodes if cost.not_counted is not None}


def graph_costs(graph: LayerGraph) -> GraphCosts:
    """Work out what every node costs.

    Raises:
        UserError: A size is not known (None), because the model leaves its input size open.
    """
    graph.require_sizes()
    return GraphCosts(tuple(_node_cost(graph, node) for node in graph.nodes))


def _node_cost(graph: LayerGraph, node: Node) -> Cost:
    handler = _WORK.get(node.type) if node.known else None
    done = handler(node, graph.input_shapes(node)) if handler else _without_handler(node)
    return Cost(
        node=node.name,
        params=sum(weight.size for weight in node.weights),
        trainable_params=sum(weight.size for weight in node.weights if weight.trainable),
        macs=done.macs,
        other_ops=done.other,
        activation_bytes=BYTES_PER_VALUE * sum(prod(_sizes(s)) for s in node.output_shapes),
        not_counted=done.not_counted,
    )


@dataclass(frozen=True, slots=True)
class _Work:
    macs: int = 0
    other: int | None = 0
    not_counted: str | None = None


_Inputs = tuple[Shape, ...]
_Handler = Callable[[Node, _Inputs], _Work]


def _sizes(shape: Shape) -> tuple[int, ...]:
    """The shape, once `LayerGraph.require_sizes` has let it pass."""
    return tuple(size for size in shape if size is not None)


def _count(shape: Shape) -> int:
    return prod(_sizes(shape))


def _split(node: Node, shape: Shape) -> tuple[int, int]:
    """Number of positions, and of channels, of an activation."""
    sizes = _sizes(shape)
    first = node.settings.get("data_format") == "channels_first"
    channels = sizes[0] if first else sizes[-1]
    return prod(sizes) // channels, channels


def _activation(name: object, shape: Shape) -> int:
    """Operations of an activation function on a tensor of this shape."""
    if name in (None, "linear"):
        return 0
    if name in ("softmax", "log_softmax"):
        # Per vector of n: its maximum (n - 1), n subtractions, n exponentials, their sum (n - 1)
        # and n divisions.
        vectors = _count(shape[:-1])
        return 5 * _count(shape) - 2 * vectors
    return _count(shape)


def _with_bias(node: Node, macs: int) -> _Work:
    """MACs of a layer with, as other operations, its bias and its activation function."""
    shape = node.output_shape
    bias = _count(shape) if node.settings.get("use_bias") else 0
    return _Work(macs, bias + _activation(node.settings.get("activation"), shape))


def _convolution(node: Node, inputs: _Inputs) -> _Work:
    """Every output value sums one window over the channels of its group."""
    _, channels = _split(node, inputs[0])
    window = prod(node.settings["kernel_size"]) * (channels // node.settings.get("groups", 1))
    return _with_bias(node, window * _count(node.output_shape))


def _depthwise(node: Node, inputs: _Inputs) -> _Work:
    """Every output value sums one window of one channel."""
    return _with_bias(node, prod(node.settings["kernel_size"]) * _count(node.output_shape))


def _separable(node: Node, inputs: _Inputs) -> _Work:
    """A depthwise convolution, then a 1x1 convolution over what it made."""
    _, channels = _split(node, inputs[0])
    positions, filters = _split(node, node.output_shape)
    between = channels * node.settings["depth_multiplier"]
    macs = positions * between * (prod(node.settings["kernel_size"]) + filters)
    return _with_bias(node, macs)


def _transposed(node: Node, inputs: _Inputs) -> _Work:
    """Every input value is spread over one window of every filter."""
    _, filters = _split(node, node.output_shape)
    return _with_bias(node, _count(inputs[0]) * prod(node.settings["kernel_size"]) * filters)


def _dense(node: Node, inputs: _Inputs) -> _Work:
    """Every output value sums the last axis of the input."""
    return _with_bias(node, _sizes(inputs[0])[-1] * _count(node.output_shape))


def _sparse_convolution(node: Node, inputs: _Inputs) -> _Work:
    """Each filter reads the channels that a table connects it with."""
    pairs = sum(len(channels) for channels in node.settings["connections"])
    positions, _ = _split(node, node.output_shape)
    macs = prod(node.settings["kernel_size"]) * pairs * positions
    bias = _count(node.output_shape)
    return _Work(macs, bias + _activation(node.settings["activation"], node.output_shape))


def _radial_basis(node: Node, inputs: _Inputs) -> _Work:
    """A subtraction, and the difference squared and added, for every input and unit."""
    pairs = _sizes(inputs[0])[-1] * _count(node.output_shape)
    return _Work(pairs, pairs)


def _subsampling(node: Node, inputs: _Inputs) -> _Work:
    """The sum of the window times a coefficient, plus a bias."""
    window = prod(node.settings["pool_size"])
    activation = _activation(node.settings["activation"], node.output_shape)
    return _Work(0, (window + 1) * _count(node.output_shape) + activation)


def _convolution_operation(node: Node, inputs: _Inputs) -> _Work:
    """`keras.ops.conv` and the like, whose kernel is an argument of the call."""
    kernel = node.settings.get("kernel")
    if not isinstance(kernel, Mapping):
        return _Work(0, None, "its kernel is computed by the network")
    *window, third, fourth = kernel["shape"]
    if node.type == "DepthwiseConv":
        return _Work(prod(window) * _count(node.output_shape))
    if node.type == "ConvTranspose":
        return _Work(_count(inputs[0]) * prod(window) * third)
    positions, _ = _split(node, node.output_shape)
    return _Work(prod(window) * third * fourth * positions)


def _nothing(node: Node, inputs: _Inputs) -> _Work:
    """Moves or passes numbers on."""
    return _Work()


def _each(operations: int) -> _Handler:
    """So many operations for every output value."""
    return lambda node, inputs: _Work(0, operations * _count(node.output_shape))


def _merge(node: Node, inputs: _Inputs) -> _Work:
    """Joins its inputs value by value; a constant is one input more."""
    operands = max(len(inputs), 2)
    return _Work(0, (operands - 1) * _count(node.output_shape))


def _average(node: Node, inputs: _Inputs) -> _Work:
    """Additions and one division."""
    return _Work(0, len(inputs) * _count(node.output_shape))


def _max_pooling(node: Node, inputs: _Inputs) -> _Work:
    window = prod(_tuple(node.settings["pool_size"], len(inputs[0]) - 1))
    return _Work(0, (window - 1) * _count(node.output_shape))


def _average_pooling(node: Node, inputs: _Inputs) -> _Work:
    window = prod(_tuple(node.settings["pool_size"], len(inputs[0]) - 1))
    return _Work(0, window * _count(node.output_shape))


def _tuple(value: object, rank: int) -> tuple[int, ...]:
    return (value,) * rank if isinstance(value, int) else tuple(value)  # type: ignore[arg-type]


def _reduce(division: bool) -> _Handler:
    """Folds axes of the input: n - 1 operations for n values, and a division for a mean."""

    def work(node: Node, inputs: _Inputs) -> _Work:
        results = _count(node.output_shape)
        return _Work(0, _count(inputs[0]) - (0 if division else results))

    return work


def _activation_layer(node: Node, inputs: _Inputs) -> _Work:
    name = node.settings.get("activation", node.type.lower())
    return _Work(0, _activation(name, node.output_shape))


def _batch_normalization(node: Node, inputs: _Inputs) -> _Work:
    """At inference one multiplication and one addition a value: mean and variance are constants."""
    return _Work(0, 2 * _count(node.output_shape))


def _statistics_normalization(node: Node, inputs: _Inputs) -> _Work:
    """Mean (1), centring (1), variance (2), scaling (1), gamma and beta (2), for every value."""
    return _Work(0, 7 * _count(node.output_shape))


def _local_response(node: Node, inputs: _Inputs) -> _Work:
    """A square, the sum over `size` channels, times alpha, plus k, a power and a product."""
    return _Work(0, (node.settings["size"] + 4) * _count(node.output_shape))


def _upsampling(node: Node, inputs: _Inputs) -> _Work:
    """The nearest value is a copy; the arithmetic of other interpolations is not known."""
    return _Work(0, 0 if node.settings["interpolation"] == "nearest" else None)


def _rescaling(node: Node, inputs: _Inputs) -> _Work:
    return _Work(0, 2 * _count(node.output_shape))


def _rows(rows: Iterable[tuple[str, _Handler]]) -> dict[str, _Handler]:
    return {name: handler for names, handler in rows for name in names.split()}


_WORK: Mapping[str, _Handler] = MappingProxyType(
    _rows(
        [
            ("Conv1D Conv2D Conv3D", _convolution),
            ("DepthwiseConv1D DepthwiseConv2D", _depthwise),
            ("SeparableConv1D SeparableConv2D", _separable),
            ("Conv1DTranspose Conv2DTranspose Conv3DTranspose", _transposed),
            ("Conv DepthwiseConv ConvTranspose", _convolution_operation),
            ("Dense", _dense),
            ("SparseConnectionConv2D", _sparse_convolution),
            ("RBF", _radial_basis),
            ("Subsampling2D", _subsampling),
            ("MaxPooling1D MaxPooling2D MaxPooling3D MaxPool", _max_pooling),
            ("AveragePooling1D AveragePooling2D AveragePooling3D AveragePool", _average_pooling),
            ("GlobalMaxPooling1D GlobalMaxPooling2D GlobalMaxPooling3D", _reduce(division=False)),
            ("Max Min Sum Amax Amin Prod", _reduce(division=False)),
            (
                "GlobalAveragePooling1D GlobalAveragePooling2D GlobalAveragePooling3D Mean",
                _reduce(division=True),
            ),
            ("BatchNormalization", _batch_normalization),
            ("LayerNormalization GroupNormalization", _statistics_normalization),
            ("LocalResponseNormalization", _local_response),
            ("Rescaling Normalization", _rescaling),
            ("UpSampling2D Resizing Resize", _upsampling),
            ("Activation Softmax LogSoftmax", _activation_layer),
            (
                """ReLU LeakyReLU PReLU ELU Relu Relu6 Sigmoid SparseSigmoid Softplus Softsign
                SoftShrink SparsePlus Silu Squareplus LogSigmoid LeakyRelu HardSigmoid HardSilu Elu
                Selu Gelu Celu Tanh TanhShrink HardTanh HardShrink Threshold Negative Absolute
                Square Sqrt Rsqrt Reciprocal Exp Expm1 Log Log1p Log2 Log10 Sign Round Floor Ceil
                Erf Sin Cos LayerScale""",
                _each(1),
            ),
            ("Clip CustomScaleLayer", _each(2)),
            (
                """Add Subtract Multiply Maximum Minimum Divide TrueDivide DivideNoNan Power Fmax
                Fmin FloorDivide Mod""",
                _merge,
            ),
            ("Average", _average),
            (
                """InputLayer Identity Masking Cast StopGradient Copy Concatenate Stack Hstack
                Vstack Dstack Append Where Flatten Reshape Permute RepeatVector ZeroPadding1D
                ZeroPadding2D ZeroPadding3D Cropping1D Cropping2D Cropping3D CenterCrop Transpose
                Swapaxes Moveaxis Squeeze ExpandDims Split ArraySplit Unstack GetItem Slice Take Pad
                PadImages CropImages DepthToSpace SpaceToDepth Ravel Flip Fliplr Flipud Rot90 Roll
                Repeat Tile BroadcastTo ChannelShuffle ChannelSlice ChannelPadding ExtractPatches
                Rearrange Dropout
                SpatialDropout1D SpatialDropout2D SpatialDropout3D AlphaDropout GaussianDropout
                GaussianNoise ActivityRegularization StochasticDepth RandomFlip RandomRotation
                RandomZoom RandomTranslation RandomContrast RandomBrightness UpSampling1D
                UpSampling3D Embedding""",
                _nothing,
            ),
        ]
    )
)

# Kinds whose work is multiply-adds: where no handler knows how many, the layer is not counted. All
# other layers that we know have none, by the convention above.
_MULTIPLYING = {
    Kind.CONVOLUTION,
    Kind.DEPTHWISE,
    Kind.DENSE,
    Kind.ATTENTION,
    Kind.RECURRENT,
}
_WRAPPERS_AND_PRODUCTS = {"TimeDistributed", "SpectralNormalization", "Dot"}


def _without_handler(node: Node) -> _Work:
    if not node.known:
        return _Work(0, None, f"nothing is known of the layer type {node.type}")
    if kind_of_type(node.type) in _MULTIPLYING or node.type in _WRAPPERS_AND_PRODUCTS:
        return _Work(0, None, f"multiply-adds of {node.type} are not counted")
    return _Work(0, None)
