"""How the axes of a layer's output hang together with those of its inputs, for every layer type.

Axes are counted without the batch axis. An axis of the input that no axis of the output follows is
read as a whole by every output cell.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import accumulate
from types import MappingProxyType
from typing import Any

from cnnviz.graph import Node, Shape
from cnnviz.kinds import Kind, kind_of_type
from cnnviz.reads import SAME, Buckets, Reads, Repeat, Resample, Spread, Window


@dataclass(frozen=True, slots=True)
class AxisRead:
    """How one axis of an input is read.

    Attributes:
        output_axis: The axis of the output that moves along it; None where none does, and every
            output cell reads what `reads` gives for cell 0.
        reads: Which cells.
    """

    output_axis: int | None
    reads: Reads


Link = Mapping[int, AxisRead]
"""Axis of the input -> how it is read. An axis that is missing is read as a whole."""


@dataclass(frozen=True, slots=True)
class Edge:
    """One tensor that a node reads, and one that it makes.

    Attributes:
        node: The node.
        inputs: Shapes of all tensors that it reads; no size is None.
        source: Which of them is meant.
        output: Which of the node's outputs is meant.
    """

    node: Node
    inputs: tuple[tuple[int, ...], ...]
    source: int
    output: int

    @property
    def before(self) -> tuple[int, ...]:
        """Shape of the input."""
        return self.inputs[self.source]

    @property
    def after(self) -> tuple[int, ...]:
        """Shape of the output."""
        return whole_sizes(self.node.output_shapes[self.output])


def whole_sizes(shape: Shape) -> tuple[int, ...]:
    """A shape without unknown sizes, which `LayerGraph.require_sizes` has excluded."""
    return tuple(size for size in shape if size is not None)


def link(edge: Edge) -> Link | None:
    """Say how a node reads one of its inputs.

    Returns:
        One entry for each axis that is not read as a whole, or None where it is not known.
    """
    node = edge.node
    if not node.known or node.settings.get("data_format") == "channels_first":
        return None
    handler = _LINKS.get(node.type)
    if handler is not None:
        return handler(edge)
    if kind_of_type(node.type) in _CELL_BY_CELL:
        return _cell_by_cell(edge)
    return None


_Handler = Callable[[Edge], Link | None]

# Kinds in which a cell follows from the same cell of each input, unless a handler says otherwise.
_CELL_BY_CELL = {
    Kind.ACTIVATION,
    Kind.ARITHMETIC,
    Kind.MERGE,
    Kind.NORMALISATION,
    Kind.REGULARISATION,
}


def _cell_by_cell(edge: Edge) -> Link | None:
    """The same cell, with the broadcasting rule of NumPy: axes align at the end."""
    before, after = edge.before, edge.after
    shift = len(after) - len(before)
    links = {}
    for axis, size in enumerate(before):
        if size == after[axis + shift]:
            links[axis] = AxisRead(axis + shift, SAME)
        elif size == 1:
            links[axis] = AxisRead(axis + shift, Window(stride=0))
        elif axis < len(before) - 1:
            return None
    return links


def _positions(edge: Edge) -> Link:
    """The same position, all channels."""
    return {axis: AxisRead(axis, SAME) for axis in range(len(edge.before) - 1)}


def _everything(edge: Edge) -> Link:
    """Every output cell reads all."""
    return {}


def _unknown(edge: Edge) -> None:
    return None


def _recurrent(edge: Edge) -> Link | None:
    """The state after the last step has seen all; what each step has seen is not followed."""
    return None if edge.node.settings.get("return_sequences") else {}


def _per_axis(value: Any, rank: int) -> tuple[Any, ...]:
    """A setting that may be given once for all axes."""
    return tuple(value) if isinstance(value, tuple | list) else (value,) * rank


def _sliding(edge: Edge) -> Link | None:
    """Convolution and pooling."""
    settings, rank = edge.node.settings, len(edge.before) - 1
    size = settings.get("kernel_size") or settings.get("pool_size")
    if size is None:
        # A bare convolution: its kernel is an argument of the call, and cannot be followed when
        # the network computes it.
        if edge.source != 0 or not isinstance(settings.get("kernel"), Mapping):
            return None
        size = settings["kernel"]["shape"][:-2]
    sizes = _per_axis(size, rank)
    strides = _per_axis(settings.get("strides") or size, rank)
    dilations = _per_axis(settings.get("dilation_rate") or 1, rank)
    return {
        axis: AxisRead(
            axis,
            Window(
                strides[axis],
                -_padding_before(
                    settings["padding"],
                    edge.before[axis],
                    edge.after[axis],
                    strides[axis],
                    dilations[axis] * (sizes[axis] - 1) + 1,
                ),
                sizes[axis],
                dilations[axis],
            ),
        )
        for axis in range(rank)
    }


def _padding_before(padding: str, before: int, after: int, stride: int, extent: int) -> int:
    """Cells of padding above or left of the input; "same" puts the odd one below or right."""
    if padding == "same":
        return max((after - 1) * stride + extent - before, 0) // 2
    return extent - 1 if padding == "causal" else 0


def _transposed(edge: Edge) -> Link | None:
    """The convolution that leads from the output back to the input, read the other way."""
    settings, rank = edge.node.settings, len(edge.before) - 1
    size = settings.get("kernel_size")
    if size is None:
        if edge.source != 0 or not isinstance(settings.get("kernel"), Mapping):
            return None
        size = settings["kernel"]["shape"][:-2]
    sizes = _per_axis(size, rank)
    strides = _per_axis(settings["strides"], rank)
    dilations = _per_axis(settings.get("dilation_rate") or 1, rank)
    return {
        axis: AxisRead(
            axis,
            Spread(
                strides[axis],
                -_padding_before(
                    settings["padding"],
                    edge.after[axis],
                    edge.before[axis],
                    strides[axis],
                    dilations[axis] * (sizes[axis] - 1) + 1,
                ),
                sizes[axis],
                dilations[axis],
            ),
        )
        for axis in range(rank)
    }


def _adaptive(edge: Edge) -> Link:
    return {
        axis: AxisRead(axis, Buckets(edge.before[axis], edge.after[axis]))
        for axis in range(len(edge.before) - 1)
    }


def _axes(edge: Edge, axes: Any) -> set[int]:
    """Axes of a setting, which counts the batch axis and may count from the end; None is all."""
    rank = len(edge.before)
    if axes is None:
        return set(range(rank))
    return {(axis if axis < 0 else axis - 1) % rank for axis in _per_axis(axes, 1)}


def _reduction(edge: Edge) -> Link | None:
    """Mean, maximum... over some axes, which are gone afterwards unless they are kept."""
    axes = edge.node.settings.get("axis")
    if axes is None or 0 in _per_axis(axes, 1):
        return None
    folded = _axes(edge, axes)
    kept = [axis for axis in range(len(edge.before)) if axis not in folded]
    if edge.node.settings.get("keepdims"):
        return {axis: AxisRead(axis, SAME) for axis in kept}
    return {axis: AxisRead(position, SAME) for position, axis in enumerate(kept)}


def _along_axes(edge: Edge) -> Link:
    """Each cell depends on all cells along some axes, by default along the channels."""
    whole = _axes(edge, edge.node.settings.get("axis", -1))
    return {axis: AxisRead(axis, SAME) for axis in range(len(edge.before)) if axis not in whole}


def _padding(edge: Edge) -> Link:
    """A frame of zeros: the ZeroPadding layers."""
    pairs = edge.node.settings["padding"]
    if len(edge.before) == 2:
        pairs = (pairs,)
    return {axis: AxisRead(axis, Window(offset=-pair[0])) for axis, pair in enumerate(pairs)}


def _pad(edge: Edge) -> Link | None:
    """`keras.ops.pad`, with constants."""
    settings = edge.node.settings
    if settings.get("mode") != "constant":
        return None
    pairs = settings["pad_width"][1:]
    return {axis: AxisRead(axis, Window(offset=-pair[0])) for axis, pair in enumerate(pairs)}


def _cropping(edge: Edge) -> Link:
    pairs = edge.node.settings["cropping"]
    if len(edge.before) == 2:
        pairs = (pairs,)
    return {axis: AxisRead(axis, Window(offset=pair[0])) for axis, pair in enumerate(pairs)}


def _center_crop(edge: Edge) -> Link | None:
    """A smaller image is resized instead, with a crop, which is not followed."""
    before, after = edge.before, edge.after
    if before[0] < after[0] or before[1] < after[1]:
        return None
    starts = [(before[axis] - after[axis]) // 2 for axis in (0, 1)]
    return {axis: AxisRead(axis, Window(offset=start)) for axis, start in enumerate(starts)}


_RADII = {"nearest": 0, "bilinear": 1, "bicubic": 2, "lanczos3": 3, "lanczos5": 5}


def _upsampling(edge: Edge) -> Link | None:
    settings, rank = edge.node.settings, len(edge.before) - 1
    if settings.get("interpolation", "nearest") != "nearest":
        return _resizing(edge)
    factors = _per_axis(settings["size"], rank)
    return {axis: AxisRead(axis, Repeat(factors[axis])) for axis in range(rank)}


def _resizing(edge: Edge) -> Link | None:
    settings = edge.node.settings
    radius = _RADII.get(settings["interpolation"])
    special = ("antialias", "crop_to_aspect_ratio", "pad_to_aspect_ratio")
    if radius is None or any(settings.get(key) for key in special):
        return None
    return {
        axis: AxisRead(axis, Resample(edge.before[axis], edge.after[axis], radius))
        for axis in (0, 1)
    }


def _concatenation(edge: Edge) -> Link:
    """Along a spatial axis every input has its own stretch of the output."""
    (along,) = _axes(edge, edge.node.settings.get("axis", -1))
    links = {axis: AxisRead(axis, SAME) for axis in range(len(edge.before))}
    start = sum(shape[along] for shape in edge.inputs[: edge.source])
    links[along] = AxisRead(along, Window(offset=-start, exact=False))
    return links


def _split(edge: Edge) -> Link:
    (along,) = _axes(edge, edge.node.settings["axis"])
    sizes = [whole_sizes(shape)[along] for shape in edge.node.output_shapes]
    start = list(accumulate(sizes, initial=0))[edge.output]
    links = {axis: AxisRead(axis, SAME) for axis in range(len(edge.before))}
    links[along] = AxisRead(along, Window(offset=start))
    return links


def _reshape(edge: Edge) -> Link:
    """Axes stay where the sizes agree from the front or from the back; the rest is mixed."""
    before, after = edge.before, edge.after
    shorter = min(len(before), len(after))
    front = 0
    while front < shorter and before[front] == after[front]:
        front += 1
    back = 0
    while back < shorter - front and before[-1 - back] == after[-1 - back]:
        back += 1
    links = {axis: AxisRead(axis, SAME) for axis in range(front)}
    for step in range(1, back + 1):
        links[len(before) - step] = AxisRead(len(after) - step, SAME)
    for axis, size in enumerate(before):
        if axis not in links and size == 1:
            links[axis] = AxisRead(None, SAME)
    return links


def _expand(edge: Edge) -> Link:
    rank = len(edge.after)
    new = {
        (axis if axis < 0 else axis - 1) % rank for axis in _per_axis(edge.node.settings["axis"], 1)
    }
    old = [axis for axis in range(rank) if axis not in new]
    return {axis: AxisRead(place, SAME) for axis, place in enumerate(old)}


def _squeeze(edge: Edge) -> Link:
    axes = edge.node.settings.get("axis")
    gone = (
        {axis for axis, size in enumerate(edge.before) if size == 1}
        if axes is None
        else _axes(edge, axes)
    )
    kept = [axis for axis in range(len(edge.before)) if axis not in gone]
    return {
        **{axis: AxisRead(None, SAME) for axis in gone},
        **{axis: AxisRead(place, SAME) for place, axis in enumerate(kept)},
    }


def _permute(edge: Edge) -> Link:
    """The layer counts from 1, as the batch axis is 0."""
    dims = edge.node.settings["dims"]
    return {axis - 1: AxisRead(place, SAME) for place, axis in enumerate(dims)}


def _transpose(edge: Edge) -> Link | None:
    axes = edge.node.settings.get("axes")
    if axes is None or axes[0] != 0:
        return None
    return {axis - 1: AxisRead(place, SAME) for place, axis in enumerate(axes[1:])}


def _indexing(edge: Edge) -> Link | None:
    """`x[:, 1:-1, ::2]` and the like; an index array is not followed."""
    key = edge.node.settings.get("key")
    keys = list(key) if isinstance(key, tuple | list) else [key]
    if "..." in keys:
        place = keys.index("...")
        given = sum(1 for entry in keys if entry not in (None, "..."))
        missing = len(edge.before) + 1 - given
        keys[place : place + 1] = [{"slice": (None, None, None)}] * missing
    keys += [{"slice": (None, None, None)}] * (len(edge.before) + 1)
    if keys[0] != {"slice": (None, None, None)}:
        return None
    links: dict[int, AxisRead] = {}
    axis = place = 0
    for entry in keys[1:]:
        if entry is None:
            place += 1
        elif axis == len(edge.before):
            break
        elif isinstance(entry, Mapping) and "slice" in entry:
            start, _, step = slice(*entry["slice"]).indices(edge.before[axis])
            links[axis] = AxisRead(place, Window(stride=step, offset=start))
            axis, place = axis + 1, place + 1
        elif isinstance(entry, int):
            links[axis] = AxisRead(None, Window(offset=entry % edge.before[axis]))
            axis += 1
        else:
            return None
    return links


def _depth_to_space(edge: Edge) -> Link:
    factor = edge.node.settings["block_size"]
    return {axis: AxisRead(axis, Repeat(factor)) for axis in (0, 1)}


def _space_to_depth(edge: Edge) -> Link:
    factor = edge.node.settings["block_size"]
    return {axis: AxisRead(axis, Window(stride=factor, size=factor)) for axis in (0, 1)}


_LINKS: Mapping[str, _Handler] = MappingProxyType(
    {
        name: handler
        for names, handler in [
            (
                """Conv1D Conv2D Conv3D DepthwiseConv1D DepthwiseConv2D SeparableConv1D
                SeparableConv2D Conv DepthwiseConv SparseConnectionConv2D Subsampling2D
                MaxPooling1D MaxPooling2D MaxPooling3D AveragePooling1D AveragePooling2D
                AveragePooling3D MaxPool AveragePool""",
                _sliding,
            ),
            ("Conv1DTranspose Conv2DTranspose Conv3DTranspose ConvTranspose", _transposed),
            (
                """AdaptiveAveragePooling1D AdaptiveAveragePooling2D AdaptiveAveragePooling3D
                AdaptiveMaxPooling1D AdaptiveMaxPooling2D AdaptiveMaxPooling3D AdaptiveMaxPool
                AdaptiveAveragePool""",
                _adaptive,
            ),
            (
                """GlobalMaxPooling1D GlobalMaxPooling2D GlobalMaxPooling3D GlobalAveragePooling1D
                GlobalAveragePooling2D GlobalAveragePooling3D Flatten Ravel GroupNormalization
                Attention AdditiveAttention MultiHeadAttention GroupedQueryAttention
                DotProductAttention""",
                _everything,
            ),
            ("RNN SimpleRNN LSTM GRU Bidirectional", _recurrent),
            ("Mean Max Min Sum Amax Amin Prod Std Var", _reduction),
            (
                """Softmax LogSoftmax LayerNormalization UnitNormalization RMSNormalization
                Normalize""",
                _along_axes,
            ),
            ("LayerNorm RMSNorm SpectralNormalization Dot", _unknown),
            ("Dense RBF", _positions),
            ("Identity Masking Cast StopGradient Copy ActivityRegularization", _cell_by_cell),
            ("ChannelShuffle ChannelSlice ChannelPadding", _positions),
            ("ZeroPadding1D ZeroPadding2D ZeroPadding3D", _padding),
            ("Pad", _pad),
            ("Cropping1D Cropping2D Cropping3D", _cropping),
            ("CenterCrop", _center_crop),
            ("UpSampling1D UpSampling2D UpSampling3D", _upsampling),
            ("Resizing Resize", _resizing),
            ("Concatenate", _concatenation),
            ("Append Stack Hstack Vstack Dstack RandomCrop", _unknown),
            ("Split ArraySplit", _split),
            ("Reshape", _reshape),
            ("ExpandDims", _expand),
            ("Squeeze", _squeeze),
            ("Permute", _permute),
            ("Transpose", _transpose),
            ("GetItem", _indexing),
            ("DepthToSpace", _depth_to_space),
            ("SpaceToDepth", _space_to_depth),
        ]
        for name in names.split()
    }
)
