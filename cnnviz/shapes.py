"""What shapes a layer makes of others, from its settings alone: Keras' rules without Keras.

The shape laboratory asks it after every change, in the window's own process.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import prod
from types import MappingProxyType

from cnnviz.graph import Node, Weight
from cnnviz.kinds import Kind, types_of

Sizes = tuple[int, ...]


class MisfitError(ValueError):
    """A layer cannot take what it is given; the text says why, in a sentence without its name."""


@dataclass(frozen=True)
class Made:
    """What a layer makes.

    Attributes:
        outputs: Shape of every output, without the batch axis.
        weights: Shape of every variable, by role.
    """

    outputs: tuple[Sizes, ...]
    weights: Mapping[str, Sizes]


def made(node: Node, given: Sequence[Sizes]) -> Made:
    """Work out what a node makes of inputs of other shapes, or with other settings.

    Args:
        node: With the settings to use; its shapes are not looked at.
        given: Shapes of its inputs.

    Raises:
        MisfitError: It does not take them, or its type has no rule here.
    """
    rule = _RULES.get(node.type) if node.known else None
    if rule is None:
        raise MisfitError(
            f"what {node.type} makes of {words(given[0])} is not known here: only Keras can say it"
        )
    return rule(_Asked(node, tuple(given)))


def weights_of(node: Node, shapes: Mapping[str, Sizes]) -> tuple[Weight, ...]:
    """The variables of a node in the shapes that a rule gives them; others as they were."""
    return tuple(
        Weight(weight.name, shapes.get(weight.name, weight.shape), weight.trainable)
        for weight in node.weights
    )


def words(shape: Sequence[int]) -> str:
    """A shape as people write it: "28×28×64"."""
    return "×".join(map(str, shape)) if shape else "a number"


@dataclass(frozen=True)
class _Asked:
    """A node, what it is given, and how to read its settings."""

    node: Node
    given: tuple[Sizes, ...]

    @property
    def first(self) -> Sizes:
        return self.given[0]

    @property
    def channels_first(self) -> bool:
        return self.node.settings.get("data_format") == "channels_first"

    @property
    def spatial(self) -> Sizes:
        return self.first[1:] if self.channels_first else self.first[:-1]

    @property
    def channels(self) -> int:
        return self.first[0] if self.channels_first else self.first[-1]

    def number(self, key: str, otherwise: int = 1) -> int:
        value = self.node.settings.get(key, otherwise)
        return int(value)

    def sizes(self, key: str, otherwise: int | Sizes = 1) -> Sizes:
        """A setting with one number an axis."""
        value = self.node.settings.get(key)
        if value is None:
            value = otherwise
        if isinstance(value, int):
            return (value,) * len(self.spatial)
        return tuple(value)

    def join(self, spatial: Sequence[int], channels: int) -> Sizes:
        return (channels, *spatial) if self.channels_first else (*spatial, channels)


_Rule = Callable[[_Asked], Made]


def _windows(asked: _Asked, window: str) -> Sizes:
    """Sizes of the output of a sliding window, axis by axis.

    `valid` and `causal` and `same` as Keras defines them: floor((N - D(F - 1) - 1) / S) + 1, and
    ceil(N / S) for the other two.
    """
    size = asked.sizes(window)
    strides = asked.sizes("strides", size if window == "pool_size" else 1)
    dilation = asked.sizes("dilation_rate")
    padded = asked.node.settings.get("padding", "valid") in ("same", "causal")
    sizes = []
    for n, f, s, d in zip(asked.spatial, size, strides, dilation, strict=True):
        extent = d * (f - 1) + 1
        if padded:
            sizes.append(-(-n // s))
        elif extent > n:
            what = "window" if window == "pool_size" else "kernel"
            raise MisfitError(f"a {what} that spans {extent} does not fit into {n} without padding")
        else:
            sizes.append((n - extent) // s + 1)
    return tuple(sizes)


def _biased(asked: _Asked, kernels: Mapping[str, Sizes], filters: int) -> Mapping[str, Sizes]:
    return {**kernels, "bias": (filters,)} if asked.node.settings.get("use_bias") else kernels


def _refuse_strided_dilation(asked: _Asked) -> None:
    """As Keras does of all but depthwise convolutions."""
    if max(asked.sizes("strides")) > 1 and max(asked.sizes("dilation_rate")) > 1:
        raise MisfitError("Keras takes no stride together with a dilation")


def _convolution(asked: _Asked) -> Made:
    groups, filters = asked.number("groups"), asked.number("filters")
    _refuse_strided_dilation(asked)
    if asked.channels % groups:
        raise MisfitError(f"{groups} groups do not divide its {asked.channels} input channels")
    if filters % groups:
        raise MisfitError(f"{groups} groups do not divide its {filters} filters")
    kernel = (*asked.sizes("kernel_size"), asked.channels // groups, filters)
    output = asked.join(_windows(asked, "kernel_size"), filters)
    return Made((output,), _biased(asked, {"kernel": kernel}, filters))


def _depthwise(asked: _Asked) -> Made:
    multiplier = asked.number("depth_multiplier")
    kernel = (*asked.sizes("kernel_size"), asked.channels, multiplier)
    channels = asked.channels * multiplier
    output = asked.join(_windows(asked, "kernel_size"), channels)
    return Made((output,), _biased(asked, {"kernel": kernel}, channels))


def _separable(asked: _Asked) -> Made:
    multiplier, filters = asked.number("depth_multiplier"), asked.number("filters")
    size = asked.sizes("kernel_size")
    kernels = {
        "depthwise_kernel": (*size, asked.channels, multiplier),
        "pointwise_kernel": (*(1,) * len(size), asked.channels * multiplier, filters),
    }
    output = asked.join(_windows(asked, "kernel_size"), filters)
    return Made((output,), _biased(asked, kernels, filters))


def _transposed(asked: _Asked) -> Made:
    filters, size = asked.number("filters"), asked.sizes("kernel_size")
    strides, dilation = asked.sizes("strides"), asked.sizes("dilation_rate")
    _refuse_strided_dilation(asked)
    same = asked.node.settings.get("padding") == "same"
    more = asked.node.settings.get("output_padding")
    spatial = []
    for axis, (n, f, s, d) in enumerate(zip(asked.spatial, size, strides, dilation, strict=True)):
        extent = d * (f - 1) + 1
        if more is None:
            spatial.append(n * s if same else n * s + max(extent - s, 0))
        else:
            extra = more if isinstance(more, int) else more[axis]
            if extra >= s:
                raise MisfitError(f"an output padding of {extra} is not below the stride of {s}")
            spatial.append((n - 1) * s + extent - (2 * (extent // 2) if same else 0) + extra)
    kernel = (*size, filters, asked.channels)
    return Made((asked.join(spatial, filters),), _biased(asked, {"kernel": kernel}, filters))


def _sparse_convolution(asked: _Asked) -> Made:
    """Its table of connections names channels."""
    connections = asked.node.settings["connections"]
    needed = 1 + max(channel for row in connections for channel in row)
    if asked.channels != needed:
        raise MisfitError(f"its table connects {needed} channels, and {asked.channels} come in")
    pairs, filters = sum(len(row) for row in connections), len(connections)
    kernel = (*asked.sizes("kernel_size"), pairs)
    output = asked.join(_windows(asked, "kernel_size"), filters)
    return Made((output,), {"kernel": kernel, "bias": (filters,)})


def _pooling(asked: _Asked) -> Made:
    return Made((asked.join(_windows(asked, "pool_size"), asked.channels),), {})


def _subsampling(asked: _Asked) -> Made:
    one = (asked.channels,)
    return Made(_pooling(asked).outputs, {"coefficient": one, "bias": one})


def _global_pooling(asked: _Asked) -> Made:
    ones = (1,) * len(asked.spatial)
    kept = asked.node.settings.get("keepdims")
    return Made((asked.join(ones, asked.channels) if kept else (asked.channels,),), {})


def _dense(asked: _Asked) -> Made:
    if not asked.first:
        raise MisfitError("a dense layer needs at least one axis")
    units = asked.number("units")
    weights = _biased(asked, {"kernel": (asked.first[-1], units)}, units)
    return Made(((*asked.first[:-1], units),), weights)


def _radial_basis(asked: _Asked) -> Made:
    """It holds one code a unit, whose length is fixed."""
    (length, units) = asked.node.weights[0].shape
    if asked.first[-1] != length:
        raise MisfitError(f"its codes have {length} values, and {asked.first[-1]} come in")
    return Made(((*asked.first[:-1], units),), {})


def _same(asked: _Asked) -> Made:
    return Made((asked.first,), {})


def _rescaling(asked: _Asked) -> Made:
    for key in ("scale", "offset"):
        value = asked.node.settings.get(key)
        if isinstance(value, Sequence) and len(value) not in (1, asked.first[-1]):
            raise MisfitError(f"it has {len(value)} factors for {asked.first[-1]} channels")
    return _same(asked)


def _shuffle(asked: _Asked) -> Made:
    groups = asked.number("groups")
    if asked.first[-1] % groups:
        raise MisfitError(f"{groups} groups do not divide its {asked.first[-1]} channels")
    return _same(asked)


def _batch_normalization(asked: _Asked) -> Made:
    axis = asked.number("axis", -1)
    channels = (asked.first[axis if axis < 0 else axis - 1],)
    roles = ("gamma", "beta", "moving_mean", "moving_variance")
    return Made((asked.first,), dict.fromkeys(roles, channels))


def _layer_normalization(asked: _Asked) -> Made:
    axis = asked.node.settings.get("axis", -1)
    axes = (axis,) if isinstance(axis, int) else tuple(axis)
    shape = tuple(asked.first[a if a < 0 else a - 1] for a in axes)
    return Made((asked.first,), {"gamma": shape, "beta": shape})


def _normalization(asked: _Asked) -> Made:
    axis = asked.node.settings.get("axis")
    axes = (axis,) if isinstance(axis, int) else tuple(axis or ())
    shape = tuple(asked.first[a if a < 0 else a - 1] for a in axes)
    return Made((asked.first,), {"mean": shape, "variance": shape})


def _merge(asked: _Asked) -> Made:
    """Value by value, an axis of size 1 stretched."""
    if len(asked.given) == 1:
        if any(isinstance(value, Mapping) for value in asked.node.settings.values()):
            raise MisfitError(f"its constant may not fit {words(asked.first)}: only Keras can say")
        return _same(asked)
    shape = asked.first
    for other in asked.given[1:]:
        fits = len(other) == len(shape) and all(
            1 in (m, n) or m == n for m, n in zip(shape, other, strict=True)
        )
        if not fits:
            verb = _VERBS.get(asked.node.type, "merged")
            raise MisfitError(f"{words(asked.first)} and {words(other)} cannot be {verb}")
        shape = tuple(max(m, n) for m, n in zip(shape, other, strict=True))
    return Made((shape,), {})


_VERBS = MappingProxyType({"Add": "added", "Multiply": "multiplied", "Subtract": "subtracted"})


def _concatenate(asked: _Asked) -> Made:
    axis = asked.number("axis", -1)
    at = axis % len(asked.first) if axis < 0 else axis - 1
    for other in asked.given[1:]:
        differs = len(other) != len(asked.first) or any(
            m != n for i, (m, n) in enumerate(zip(asked.first, other, strict=True)) if i != at
        )
        if differs:
            raise MisfitError(f"{words(asked.first)} and {words(other)} cannot be concatenated")
    joined = list(asked.first)
    joined[at] = sum(shape[at] for shape in asked.given)
    return Made((tuple(joined),), {})


def _flatten(asked: _Asked) -> Made:
    return Made(((prod(asked.first),),), {})


def _reshape(asked: _Asked) -> Made:
    target = tuple(asked.node.settings["target_shape"])
    total, fixed = prod(asked.first), prod(size for size in target if size != -1)
    wrong = total != fixed if -1 not in target else fixed == 0 or total % fixed
    if wrong:
        raise MisfitError(f"{words(asked.first)} cannot be reshaped to {words(target)}")
    return Made((tuple(total // fixed if size == -1 else size for size in target),), {})


def _permute(asked: _Asked) -> Made:
    return Made((tuple(asked.first[i - 1] for i in asked.node.settings["dims"]),), {})


def _repeat_vector(asked: _Asked) -> Made:
    return Made(((asked.number("n"), *asked.first),), {})


def _pairs(asked: _Asked, key: str) -> tuple[tuple[int, int], ...]:
    value = asked.node.settings[key]
    if isinstance(value, int):
        return ((value, value),) * len(asked.spatial)
    if len(asked.spatial) == 1 and all(isinstance(item, int) for item in value):
        return ((value[0], value[1]),)
    return tuple((item, item) if isinstance(item, int) else (item[0], item[1]) for item in value)


def _padding(asked: _Asked) -> Made:
    pairs = _pairs(asked, "padding")
    spatial = [n + sum(pair) for n, pair in zip(asked.spatial, pairs, strict=True)]
    return Made((asked.join(spatial, asked.channels),), {})


def _cropping(asked: _Asked) -> Made:
    pairs = _pairs(asked, "cropping")
    spatial = [n - sum(pair) for n, pair in zip(asked.spatial, pairs, strict=True)]
    if min(spatial) < 1:
        raise MisfitError(f"nothing is left of {words(asked.first)} after the cropping")
    return Made((asked.join(spatial, asked.channels),), {})


def _upsampling(asked: _Asked) -> Made:
    spatial = [n * s for n, s in zip(asked.spatial, asked.sizes("size", 2), strict=True)]
    return Made((asked.join(spatial, asked.channels),), {})


def _resizing(asked: _Asked) -> Made:
    size = (asked.number("height"), asked.number("width"))
    return Made((asked.join(size, asked.channels),), {})


def _slice(asked: _Asked) -> Made:
    start, stop = asked.number("start", 0), asked.number("stop")
    if stop > asked.first[-1]:
        raise MisfitError(f"channels up to {stop} are wanted, and {asked.first[-1]} come in")
    return Made(((*asked.first[:-1], stop - start),), {})


def _channel_padding(asked: _Asked) -> Made:
    channels = asked.number("channels")
    if channels < asked.first[-1]:
        raise MisfitError(f"{asked.first[-1]} channels come in, more than {channels}")
    return Made(((*asked.first[:-1], channels),), {})


def _names_of(*kinds: Kind) -> set[str]:
    return {name for kind in kinds for name in types_of(kind)}


_MERGES = """Add Subtract Multiply Average Maximum Minimum Divide TrueDivide Power CustomScaleLayer
    Fmax Fmin"""
_UNLIKE = {"Glu", "PReLU", "RandomCrop", "LayerScale", "FloorDivide", "Mod"}
"""Of the kinds that leave a shape as it is, those that do not, or that own variables."""


def _rows() -> dict[str, _Rule]:
    alike = _names_of(Kind.ACTIVATION, Kind.REGULARISATION, Kind.ARITHMETIC) - _UNLIKE
    rules: dict[str, _Rule] = dict.fromkeys(alike, _same)
    rows: list[tuple[str, _Rule]] = [
        ("Identity Masking Cast StopGradient Copy LocalResponseNormalization", _same),
        ("UnitNormalization Flip Fliplr Flipud", _same),
        ("Conv1D Conv2D Conv3D", _convolution),
        ("DepthwiseConv1D DepthwiseConv2D", _depthwise),
        ("SeparableConv1D SeparableConv2D", _separable),
        ("Conv1DTranspose Conv2DTranspose Conv3DTranspose", _transposed),
        ("SparseConnectionConv2D", _sparse_convolution),
        ("MaxPooling1D MaxPooling2D MaxPooling3D", _pooling),
        ("AveragePooling1D AveragePooling2D AveragePooling3D", _pooling),
        ("Subsampling2D", _subsampling),
        ("GlobalMaxPooling1D GlobalMaxPooling2D GlobalMaxPooling3D", _global_pooling),
        ("GlobalAveragePooling1D GlobalAveragePooling2D GlobalAveragePooling3D", _global_pooling),
        ("Dense", _dense),
        ("RBF", _radial_basis),
        ("Rescaling", _rescaling),
        ("ChannelShuffle", _shuffle),
        ("BatchNormalization", _batch_normalization),
        ("LayerNormalization", _layer_normalization),
        ("Normalization", _normalization),
        (_MERGES, _merge),
        ("Concatenate", _concatenate),
        ("Flatten", _flatten),
        ("Reshape", _reshape),
        ("Permute", _permute),
        ("RepeatVector", _repeat_vector),
        ("ZeroPadding1D ZeroPadding2D ZeroPadding3D", _padding),
        ("Cropping1D Cropping2D Cropping3D", _cropping),
        ("UpSampling1D UpSampling2D UpSampling3D", _upsampling),
        ("Resizing", _resizing),
        ("ChannelSlice", _slice),
        ("ChannelPadding", _channel_padding),
    ]
    for names, rule in rows:
        rules.update(dict.fromkeys(names.split(), rule))
    return rules


_RULES: Mapping[str, _Rule] = MappingProxyType(_rows())
