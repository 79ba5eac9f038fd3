"""What a layer type is for: one table, which gives every node its colour and its place in a unit.

Keras names a layer and the bare operation behind it alike (`layers.Add` and `x + y` are both
"Add"), so that one row often serves both.
"""

from __future__ import annotations

from enum import StrEnum
from types import MappingProxyType

from cnnviz.graph import Node


class Kind(StrEnum):
    """The kinds that a reader tells apart, one colour each."""

    INPUT = "input"
    CONVOLUTION = "convolution"
    DEPTHWISE = "depthwise"
    POOLING = "pooling"
    NORMALISATION = "normalisation"
    ACTIVATION = "activation"
    MERGE = "merge"
    DENSE = "dense"
    RESHAPE = "reshape"
    REGULARISATION = "regularisation"
    ATTENTION = "attention"
    RECURRENT = "recurrent"
    ARITHMETIC = "arithmetic"
    OTHER = "other"


_TYPES = {
    Kind.INPUT: "InputLayer",
    Kind.CONVOLUTION: """
        Conv1D Conv2D Conv3D Conv1DTranspose Conv2DTranspose Conv3DTranspose SeparableConv1D
        SeparableConv2D Conv ConvTranspose SeparableConv SparseConnectionConv2D""",
    Kind.DEPTHWISE: "DepthwiseConv1D DepthwiseConv2D DepthwiseConv",
    Kind.POOLING: """
        MaxPooling1D MaxPooling2D MaxPooling3D AveragePooling1D AveragePooling2D AveragePooling3D
        GlobalMaxPooling1D GlobalMaxPooling2D GlobalMaxPooling3D GlobalAveragePooling1D
        GlobalAveragePooling2D GlobalAveragePooling3D AdaptiveAveragePooling1D
        AdaptiveAveragePooling2D AdaptiveAveragePooling3D AdaptiveMaxPooling1D AdaptiveMaxPooling2D
        AdaptiveMaxPooling3D MaxPool AveragePool AdaptiveMaxPool AdaptiveAveragePool Subsampling2D
        Mean Max Min Sum Amax Amin Prod Std Var""",
    Kind.NORMALISATION: """
        BatchNormalization LayerNormalization GroupNormalization UnitNormalization RMSNormalization
        SpectralNormalization Normalization BatchNorm LayerNorm RMSNorm Normalize
        LocalResponseNormalization""",
    Kind.ACTIVATION: """
        Activation ReLU LeakyReLU PReLU ELU Softmax Relu Relu6 Sigmoid SparseSigmoid Softplus
        Softsign SoftShrink SparsePlus Silu Squareplus LogSigmoid LeakyRelu HardSigmoid HardSilu Elu
        Selu Gelu Celu Glu Tanh TanhShrink HardTanh HardShrink Threshold LogSoftmax Sparsemax""",
    Kind.MERGE: """
        Add Subtract Multiply Average Maximum Minimum Concatenate Dot Divide TrueDivide DivideNoNan
        Power CustomScaleLayer Stack Hstack Vstack Dstack Append Logaddexp Where Fmax Fmin""",
    Kind.DENSE: "Dense EinsumDense Embedding ReversibleEmbedding RBF Matmul Einsum Tensordot Inner",
    Kind.RESHAPE: """
        Flatten Reshape Permute RepeatVector ZeroPadding1D ZeroPadding2D ZeroPadding3D Cropping1D
        Cropping2D Cropping3D UpSampling1D UpSampling2D UpSampling3D Resizing CenterCrop Transpose
        Swapaxes Moveaxis Squeeze ExpandDims Split ArraySplit Unstack GetItem Slice Take Pad
        PadImages CropImages Resize DepthToSpace SpaceToDepth Ravel Flip Fliplr Flipud Rot90 Roll
        Repeat Tile BroadcastTo ChannelShuffle ChannelSlice ChannelPadding
        ExtractPatches Rearrange""",
    Kind.REGULARISATION: """
        Dropout SpatialDropout1D SpatialDropout2D SpatialDropout3D AlphaDropout GaussianDropout
        GaussianNoise ActivityRegularization StochasticDepth RandomFlip RandomCrop RandomRotation
        RandomZoom RandomTranslation RandomContrast RandomBrightness""",
    Kind.ATTENTION: """
        Attention AdditiveAttention MultiHeadAttention GroupedQueryAttention DotProductAttention""",
    Kind.RECURRENT: "RNN SimpleRNN LSTM GRU Bidirectional ConvLSTM1D ConvLSTM2D ConvLSTM3D",
    Kind.ARITHMETIC: """
        Rescaling LayerScale Negative Absolute Square Sqrt Rsqrt Reciprocal Exp Expm1 Log Log1p
        Log2 Log10 Sign Round Floor Ceil Clip FloorDivide Mod Erf Sin Cos""",
    Kind.OTHER: "Identity Masking TimeDistributed Cast StopGradient Copy",
}

_KINDS = MappingProxyType({name: kind for kind, names in _TYPES.items() for name in names.split()})

# With one tensor and a constant ("x * 2") these are arithmetic; with two tensors they merge.
_ELEMENTWISE = {"Add", "Subtract", "Multiply", "Maximum", "Minimum", "Divide", "TrueDivide"} | {
    "DivideNoNan",
    "Power",
}


def kind_of_type(layer_type: str) -> Kind:
    """Kind of a layer type by its class name; `Kind.OTHER` for one that nobody taught us."""
    return _KINDS.get(layer_type, Kind.OTHER)


def types_of(kind: Kind) -> tuple[str, ...]:
    """Class names of a kind's layers."""
    return tuple(_TYPES[kind].split())


def is_known_type(layer_type: str) -> bool:
    """True for a class name of the table."""
    return layer_type in _KINDS


def kind_of(node: Node) -> Kind:
    """Kind of a node, which looks at how the layer is used, too.

    A convolution with as many groups as filters is depthwise, and an addition of a constant is
    arithmetic.
    """
    kind = _KINDS.get(node.type, Kind.OTHER) if node.known else Kind.OTHER
    if kind is Kind.CONVOLUTION:
        groups = node.settings.get("groups") or 1
        if groups > 1 and groups == node.settings.get("filters"):
            return Kind.DEPTHWISE
    if kind is Kind.MERGE and node.type in _ELEMENTWISE and len(node.sources) == 1:
        return Kind.ARITHMETIC
    return kind
