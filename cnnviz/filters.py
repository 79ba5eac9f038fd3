"""A layer's variables as pictures: which forms fit each of them, and the numbers to draw."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from cnnviz.graph import Node
from cnnviz.opened_filter import filters_to_open, open_filter

Floats = NDArray[np.float32]
ChannelOrder = Literal["rgb", "bgr"]

RESPONSE_SIZE = 32
"""Cells of a frequency response from side to side."""

_LARGEST_MATRIX = 4_000_000  # cells drawn at once
_TRANSPOSED = ("Conv1DTranspose", "Conv2DTranspose", "Conv3DTranspose")


@dataclass(frozen=True)
class WeightView:
    """One way to look at a variable, page by page.

    Attributes:
        label: What to call it.
        form: "colour": tiles of shape (H, W, 3, N); "maps": tiles, (H, W, N); "matrix": (rows,
            columns, 1); "bars": (N,); "beside": slices (Kh, Kw, N) of a filter, to be set beside
            the maps that it reads.
        take: The numbers of a page.
        where: Names a cell: page, tile, row, column.
        pages: How many pages there are.
        page_name: What a page is.
        tiles_are_outputs: A tile is an output channel of the layer.
        pages_are_outputs: A page is an output channel of the layer.
        columns_are_outputs: How many columns a page has, each of them an output channel of the
            layer; 0 where columns are something else.
        note: How to read it; may be empty.
        sequential: Its values have no sign.
        quantity: What a value is.
        order: Which output channel each tile, page or column is, where these are output channels;
            None where they stand as the layer numbers them.
    """

    label: str
    form: Literal["colour", "maps", "matrix", "bars", "beside"]
    take: Callable[[int], Floats]
    where: Callable[[int, int, int, int], str]
    pages: int = 1
    page_name: str = ""
    tiles_are_outputs: bool = False
    pages_are_outputs: bool = False
    columns_are_outputs: int = 0
    note: str = ""
    sequential: bool = False
    quantity: str = "weight"
    order: tuple[int, ...] | None = None

    def output_of(self, place: int) -> int:
        """The output channel that a tile, page or column shows."""
        return place if self.order is None else self.order[place]

    @property
    def shows_outputs(self) -> bool:
        """Whether tiles, pages or columns are output channels."""
        return self.tiles_are_outputs or self.pages_are_outputs or self.columns_are_outputs > 0

    def place_of(self, output: int) -> int:
        """The tile, page or column that shows an output channel."""
        return output if self.order is None else self.order.index(output)


def ordered(view: WeightView, order: Sequence[int]) -> WeightView:
    """The same view with its filters in another order.

    Args:
        view: Any view; one that does not show output channels stays as it is.
        order: The output channels, each once.
    """
    places = tuple(order)
    if view.tiles_are_outputs:
        return replace(
            view,
            take=lambda page: view.take(page)[..., list(places)],
            where=lambda page, tile, row, column: view.where(page, places[tile], row, column),
            order=places,
        )
    if view.pages_are_outputs:
        return replace(
            view,
            take=lambda page: view.take(places[page]),
            where=lambda page, tile, row, column: view.where(places[page], tile, row, column),
            order=places,
        )
    if view.columns_are_outputs:
        return _with_columns(view, np.array(places))
    return view


def _with_columns(view: WeightView, places: NDArray[np.int64]) -> WeightView:
    """A matrix with its columns in another order, be they on several pages."""
    block = view.columns_are_outputs

    def take(page: int) -> Floats:
        pages, columns = np.divmod(places[page * block : (page + 1) * block], block)
        taken = np.empty((*view.take(0).shape[:1], columns.size, 1), np.float32)
        for source in np.unique(pages).tolist():
            here = pages == source
            taken[:, here] = view.take(source)[:, columns[here]]
        return taken

    def where(page: int, tile: int, row: int, column: int) -> str:
        source, at = divmod(int(places[page * block + column]), block)
        return view.where(source, tile, row, at)

    return replace(view, take=take, where=where, order=tuple(places.tolist()))


def beside_view(node: Node, kernel: Floats) -> WeightView | None:
    """A page for each filter, slice by slice; None where a kernel is not made of filters."""
    filters = filters_to_open(node, kernel)
    if not filters:
        return None
    return WeightView(
        "With its maps",
        "beside",
        lambda page: open_filter(node, kernel, page).slices,
        lambda page, tile, row, column: (
            f"filter {page:,}  ·  slice for input map "
            f"{open_filter(node, kernel, page).inputs[tile]:,}  ·  row {row}, column {column}"
        ),
        filters,
        "Filter",
        pages_are_outputs=True,
    )


def frequency_response(kernels: Floats, size: int = RESPONSE_SIZE) -> Floats:
    """How strongly kernels answer to waves of every direction and length.

    Args:
        kernels: Shape (Kh, Kw, ...).
        size: Cells of the answer in each direction.

    Returns:
        Magnitude of the 2-D Fourier transform, shape (size, size, ...); no frequency in the middle,
        half a wave a pixel at the upper and left edges.
    """
    spectrum = np.fft.fft2(kernels, (size, size), axes=(0, 1))
    return np.abs(np.fft.fftshift(spectrum, axes=(0, 1))).astype(np.float32)


def _as_response(view: WeightView) -> WeightView:
    """The frequency response of every kernel of a view."""

    def where(page: int, tile: int, row: int, column: int) -> str:
        what = view.where(page, tile, 0, 0).rpartition("  ·  ")[0]
        down, right = ((at - RESPONSE_SIZE // 2) / RESPONSE_SIZE for at in (row, column))
        return f"{what}  ·  {down:.3g} waves a pixel down, {right:.3g} to the right"

    return replace(
        view,
        label="Frequencies" if view.tiles_are_outputs else "Frequencies of one filter",
        take=lambda page: frequency_response(view.take(page)),
        where=where,
        note="Frequency response: the middle is a constant picture, the rim the finest pattern.",
        sequential=True,
        quantity="gain",
    )


def _connection_views(values: Floats, node: Node) -> tuple[WeightView, ...]:
    """Views of a convolution whose filters read only some of the maps, (Kh, Kw, pairs)."""
    connections: Sequence[Sequence[int]] = node.settings["connections"]
    inputs = 1 + max(max(channels) for channels in connections)
    table = np.zeros((inputs, len(connections), 1), np.float32)
    kernel = np.zeros((*values.shape[:2], inputs, len(connections)), np.float32)
    pair = 0
    for filter_, channels in enumerate(connections):
        for channel in channels:
            table[channel, filter_] = 1
            kernel[:, :, channel, filter_] = values[:, :, pair]
            pair += 1

    def where(_: int, __: int, row: int, column: int) -> str:
        reads = "reads" if table[row, column, 0] else "does not read"
        return f"filter {column} {reads} map {row}"

    shown = WeightView(
        "Connection table",
        "matrix",
        lambda _: table,
        where,
        note="One row for each input map, one column for each filter: marked where it reads it.",
        sequential=True,
        quantity="connected",
    )
    one_filter, one_input, *_ = _kernel_views(kernel, node, "rgb")
    note = "Zero where the filter does not read the map."
    return (shown, replace(one_filter, note=note), replace(one_input, note=note))


def views_of(
    role: str, values: Floats, node: Node, order: ChannelOrder = "rgb"
) -> tuple[WeightView, ...]:
    """The ways to look at a variable, the most telling one first.

    Args:
        role: Its name in the layer ("kernel", "bias", "gamma"...).
        values: The variable.
        node: The node that owns it.
        order: In which order the model takes the colours of a photo.

    Returns:
        At least one view, for every rank from 1 to 5; none for other ranks and empty variables.
    """
    if not values.size:
        return ()
    if values.ndim == 1:
        return (WeightView("Bars", "bars", lambda _: values, lambda p, t, r, c: f"unit {t:,}"),)
    if values.ndim == 2:
        return (_matrix(values, "input", "unit"),)
    if node.type == "SparseConnectionConv2D" and role == "kernel":
        return _connection_views(values, node)
    if values.ndim == 3:
        return _sequence_views(values, node)
    if values.ndim == 4 and ("depthwise" in role or node.type.startswith("Depthwise")):
        view = _depthwise(values)
        return (view,) if values.shape[:2] == (1, 1) else (view, _as_response(view))
    if values.ndim == 4:
        return _kernel_views(values, node, order)
    if values.ndim == 5:
        return _volume_views(values, node)
    return ()


def _matrix(values: Floats, row: str, column: str) -> WeightView:
    rows, columns = values.shape
    block = max(1, min(columns, _LARGEST_MATRIX // rows))
    pages = -(-columns // block)

    def take(page: int) -> Floats:
        return values[:, page * block : (page + 1) * block, np.newaxis]

    def where(page: int, _: int, at_row: int, at_column: int) -> str:
        return f"{row} {at_row:,}  ·  {column} {page * block + at_column:,}"

    note = f"One row for each {row}, one column for each {column}."
    if pages > 1:
        note += f" {block:,} of {columns:,} columns on a page."
    return WeightView(
        "Matrix",
        "matrix",
        take,
        where,
        pages,
        f"Block of {column}s",
        columns_are_outputs=block,
        note=note,
    )


def _depthwise(values: Floats) -> WeightView:
    height, width, channels, multiplier = values.shape
    flat = values.reshape(height, width, channels * multiplier)

    def where(_: int, tile: int, row: int, column: int) -> str:
        channel = f"channel {tile // multiplier:,}"
        if multiplier > 1:
            channel += f", its filter {tile % multiplier}"
        return f"{channel}  ·  row {row}, column {column}"

    return WeightView(
        "All filters",
        "maps",
        lambda _: flat,
        where,
        tiles_are_outputs=True,
        note="One kernel for each channel: it reads no other.",
    )


def _kernel_views(values: Floats, node: Node, order: ChannelOrder) -> tuple[WeightView, ...]:
    """Views of a 2-D convolution's kernel, (Kh, Kw, inputs, filters)."""
    if node.type in _TRANSPOSED:
        values = values.swapaxes(2, 3)
    height, width, inputs, filters = values.shape
    groups = int(node.settings.get("groups") or 1)
    source = "input channel" if groups == 1 else "input channel of its group"
    note = "" if groups == 1 else f"{groups} groups: a filter reads {inputs} channels only."
    if (height, width) == (1, 1):
        return (_matrix(values[0, 0], source, "filter"),)

    def place(tile: int, page: int, row: int, column: int) -> str:
        return f"filter {tile:,}  ·  {source} {page:,}  ·  row {row}, column {column}"

    one_filter = WeightView(
        "One filter",
        "maps",
        lambda page: values[..., page],
        lambda page, tile, row, column: place(page, tile, row, column),
        filters,
        "Filter",
        pages_are_outputs=True,
        note=note,
    )
    one_input = WeightView(
        "One input channel",
        "maps",
        lambda page: values[:, :, page],
        lambda page, tile, row, column: place(tile, page, row, column),
        inputs,
        source[0].upper() + source[1:],
        tiles_are_outputs=True,
        note=note,
    )
    if inputs == 1:
        return (one_input, _as_response(one_input))
    if inputs != 3 or groups != 1:
        return (one_filter, one_input, _as_response(one_filter))
    colours = values if order == "rgb" else values[:, :, ::-1]
    colour = WeightView(
        "In colour",
        "colour",
        lambda _: colours,
        lambda page, tile, row, column: (
            f"filter {tile:,}  ·  {('red', 'green', 'blue')[column // width]}"
            f"  ·  row {row}, column {column % width}"
        ),
        tiles_are_outputs=True,
        note="Red, green and blue of a pixel are its three weights, over each filter's own range.",
    )
    return (colour, one_input, one_filter, _as_response(one_filter))


def _sequence_views(values: Floats, node: Node) -> tuple[WeightView, ...]:
    """Views of a 1-D convolution's kernel, (K, inputs, filters), or of any three axes."""
    if node.type in _TRANSPOSED:
        values = values.swapaxes(1, 2)
    if values.shape[0] == 1:
        return (_matrix(values[0], "input channel", "filter"),)
    tiles = values.swapaxes(0, 1)
    return (
        WeightView(
            "All filters",
            "maps",
            lambda _: tiles,
            lambda page, tile, row, column: (
                f"filter {tile:,}  ·  input channel {row:,}  ·  step {column}"
            ),
            tiles_are_outputs=True,
            note="In each filter: one row for each input channel, one column for each step.",
        ),
    )


def _volume_views(values: Floats, node: Node) -> tuple[WeightView, ...]:
    """Views of a 3-D convolution's kernel, (D, H, W, inputs, filters)."""
    if node.type in _TRANSPOSED:
        values = values.swapaxes(3, 4)
    depth, height, width, inputs, filters = values.shape

    def take(page: int) -> Floats:
        return np.moveaxis(values[..., page], 0, 1).reshape(height, depth * width, inputs)

    def where(page: int, tile: int, row: int, column: int) -> str:
        part, column = divmod(column, width)
        return (
            f"filter {page:,}  ·  input channel {tile:,}  ·  slice {part}, row {row}, "
            f"column {column}"
        )

    note = f"The {depth} slices of each kernel stand side by side."
    return (
        WeightView(
            "One filter", "maps", take, where, filters, "Filter", pages_are_outputs=True, note=note
        ),
    )
