"""What has to be said of feature maps beside showing them."""

from __future__ import annotations

import numpy as np

from cnnviz.atlas import Maps, Measures
from cnnviz.colormaps import INFINITE_COLOUR, NOT_A_NUMBER_COLOUR
from cnnviz.saturation import NEAR, Bounds, saturated_share
from cnnviz.tiling import Cell
from ui.panels.scale_bar import number


def notices(maps: Maps, measures: Measures, bounds: Bounds | None) -> list[str]:
    """Rich text: what is not finite, dead, constant or saturated.

    Args:
        maps: What is shown.
        measures: Of it.
        bounds: Of the activation function that made it; None where it has none.
    """
    channels = measures.values.shape[-1]
    said = [maps.note] if maps.note else []
    for cells, colour, what in (
        (int(measures.nan_count.sum()), NOT_A_NUMBER_COLOUR, "not a number (NaN)"),
        (int(measures.infinite_count.sum()), INFINITE_COLOUR, "infinite"),
    ):
        if cells:
            chip = f'<span style="color:#{colour & 0xFFFFFF:06x}">■</span>'
            said.append(f"{chip} {cells:,} {'cell is' if cells == 1 else 'cells are'} {what}")
    dead = int(measures.dead.sum())
    if dead:
        said.append(f"{dead:,} of {channels:,} {_are(dead)} zero everywhere for this image")
    constant = int(measures.constant.sum()) - dead
    if constant:
        said.append(f"{constant:,} of {channels:,} hold one value everywhere")
    if bounds is not None:
        full = int(np.count_nonzero(saturated_share(measures.values, bounds) == 1))
        if full:
            said.append(
                f"{full:,} of {channels:,} {_are(full)} saturated (all near {_ends(bounds)})"
            )
    return said


def channel_note(measures: Measures, channel: int, bounds: Bounds | None) -> str:
    """How much of a map is saturated, for its facts; "" where nothing is."""
    if bounds is None:
        return ""
    share = float(saturated_share(measures.values[..., channel : channel + 1], bounds)[0])
    if not share:
        return ""
    told = f"{share:.1%}" if share >= 0.001 else "a few"
    return f"{told} saturated (within {NEAR:.0%} of {_ends(bounds)})"


def place(maps: Maps, cell: Cell) -> str:
    """Which channel, row and column a cell is."""
    if maps.values.shape[0] == 1 and maps.note:
        return f"channel {cell.channel:,}  ·  step {cell.column:,}"
    if maps.slices > 1:
        part, column = divmod(cell.column, maps.values.shape[1] // maps.slices)
        return f"channel {cell.channel:,}  ·  slice {part}, row {cell.row}, column {column}"
    return f"channel {cell.channel:,}  ·  row {cell.row}, column {cell.column}"


def _are(count: int) -> str:
    return "maps is" if count == 1 else "maps are"


def _ends(bounds: Bounds) -> str:
    return " or ".join(number(end) for end in bounds if end is not None)
