"""Reads the fields of a laboratory, and says of each what is wrong with it."""

from __future__ import annotations

import re

import numpy as np

from cnnviz.arithmetic import ACTIVATIONS
from cnnviz.cells import CellsError, is_numbers, make_kernel, make_picture, read_grid
from cnnviz.convolution import (
    Axis,
    Doubles,
    Pool,
    Windowed,
    same_padding,
    sliding_axis,
    transposed_axis,
)
from cnnviz.lab import OPERATIONS, Lab, LabError

MOST_CELLS = 128
"""Cells along a side of the input, beyond which nobody can follow."""
MOST_CHANNELS = 512
MOST_TAPS = 31
MOST_WEIGHTS = 2_000_000
MOST_WORK = 40_000_000
"""Multiply-adds, or cells looked at, beyond which the map does not follow while one types."""


class Fields:
    """A `Lab` while it is being read.

    Attributes:
        problems: What is wrong, a sentence by field.
    """

    def __init__(self, lab: Lab) -> None:
        self.lab = lab
        self.problems: dict[str, str] = {}

    def operation(self) -> tuple[Windowed, Doubles]:
        """The operation, and its input.

        Raises:
            LabError: Something is wrong.
        """
        lab = self.lab
        if lab.op not in OPERATIONS:
            self.problems["op"] = f"There is no {lab.op!r}: choose from {', '.join(OPERATIONS)}."
        if lab.act not in ACTIVATIONS:
            self.problems["act"] = f"There is no {lab.act!r}: choose from {', '.join(ACTIVATIONS)}."
        values = self._input()
        stride = self._whole("S", 1, MOST_CELLS)
        dilation = self._whole("D", 1, MOST_CELLS)
        if lab.P.strip().lower() not in ("valid", "same", "full"):
            self._padding()
        slices = None if lab.op in ("max", "average") else self._slices()
        size = self._kernel_size(slices)
        self._stop()
        axes = [
            self._axis(cells, taps, stride, dilation)
            for cells, taps in zip(values.shape[:2], size, strict=True)
        ]
        self._stop()
        rows, columns = axes
        channels = values.shape[2]
        if lab.op in ("max", "average"):
            pool: Pool = "max" if lab.op == "max" else "average"
            return Windowed(rows, columns, channels, pool=pool, activation=lab.act), values
        assert slices is not None
        groups = self._groups(channels)
        filters = self._filters(channels, groups, slices)
        self._stop()
        per_group = channels // groups
        made = channels if lab.op == "separable" else filters
        if size[0] * size[1] * per_group * made > MOST_WEIGHTS:
            raise LabError(
                {"M": "The kernel has more weights than can be shown: use fewer filters."}
            )
        kernel = self._kernel(slices, size, per_group, made)
        pointwise = self._mixing(channels, filters) if lab.op == "separable" else None
        bias = self._bias(filters)
        self._stop()
        if lab.op == "convolution":
            kernel = kernel[::-1, ::-1]
        return Windowed(rows, columns, channels, kernel, groups, pointwise, bias, lab.act), values

    def _stop(self) -> None:
        if self.problems:
            raise LabError(self.problems)

    def _whole(self, field: str, low: int, high: int) -> int:
        text = getattr(self.lab, field).strip()
        if not re.fullmatch(r"[-+]?\d{1,9}", text):
            self.problems[field] = f"{text!r} is no whole number."
            return low
        if not low <= int(text) <= high:
            self.problems[field] = (
                f"{text} does not go: give a whole number from {low} to {high:,}."
            )
            return low
        return int(text)

    def _pair(self, field: str, high: int) -> tuple[int, int] | None:
        """A size: one number for both sides, or two; None for an empty field."""
        text = getattr(self.lab, field).strip().lower().replace("×", "x")
        if not text:
            return None
        parts = [part.strip() for part in text.split("x")]
        if len(parts) > 2 or not all(re.fullmatch(r"[-+]?\d{1,9}", part) for part in parts):
            self.problems[field] = f"{text!r} is no size: give a number, or two such as 5x7."
            return None
        sides = [int(part) for part in parts]
        if not all(1 <= side <= high for side in sides):
            self.problems[field] = f"{text} does not go: give whole numbers from 1 to {high:,}."
            return None
        return sides[0], sides[-1]

    def _input(self) -> Doubles:
        """The input; its size is what N and C say, or what the numbers have."""
        nothing = np.zeros((1, 1, 1))
        given = self._pair("N", MOST_CELLS)
        channels = self._whole("C", 1, MOST_CHANNELS) if self.lab.C.strip() else 0
        if {"N", "C"} & set(self.problems):
            return nothing
        try:
            return self._channels_of_input(given, channels)
        except CellsError as error:
            self.problems["input"] = f"In the input, {error}."
            return nothing

    def _channels_of_input(self, given: tuple[int, int] | None, channels: int) -> Doubles:
        parts = self.lab.input.split(";")
        grids = {i: read_grid(part) for i, part in enumerate(parts) if is_numbers(part)}
        shapes = {grid.shape for grid in grids.values()}
        if len(shapes) > 1:
            raise CellsError("the channels differ in size")
        height, width = shapes.pop() if shapes else given or (5, 5)
        if given not in (None, (height, width)):
            raise CellsError(
                f"the numbers are {height} × {width}, and N says {self.lab.N}: "
                "change one of them, or leave N empty"
            )
        if max(height, width) > MOST_CELLS:
            raise CellsError(f"at most {MOST_CELLS} × {MOST_CELLS} numbers can be shown")
        channels = channels or len(parts)
        if len(parts) > channels:
            raise CellsError(f"there are {len(parts)} channels, and C says {channels}")
        made = []
        for channel in range(channels):
            part = channel % len(parts)
            name = parts[part].strip().lower()
            known = grids.get(part)
            made.append(make_picture(name, height, width, channel) if known is None else known)
        return np.stack(made, axis=-1)

    def _slices(self) -> list[list[Doubles | str]]:
        """What was typed for each filter and channel: numbers, or a name."""
        try:
            return [
                [read_grid(part) if is_numbers(part) else part.strip().lower() for part in parts]
                for parts in (of_filter.split(";") for of_filter in self.lab.kernel.split("|"))
            ]
        except CellsError as error:
            self.problems["kernel"] = f"In the kernel, {error}."
            return []

    def _kernel_size(self, slices: list[list[Doubles | str]] | None) -> tuple[int, int]:
        given = self._pair("K", MOST_TAPS)
        typed = {
            part.shape for parts in slices or () for part in parts if isinstance(part, np.ndarray)
        }
        if len(typed) > 1:
            self.problems["kernel"] = "In the kernel, the slices differ in size."
        elif typed:
            height, width = typed.pop()
            if given not in (None, (height, width)):
                self.problems["kernel"] = (
                    f"The kernel's numbers are {height} × {width}, and K says {self.lab.K}: change "
                    "one of them, or leave K empty."
                )
            elif max(height, width) > MOST_TAPS:
                self.problems["kernel"] = (
                    f"A kernel of at most {MOST_TAPS} × {MOST_TAPS} fits here."
                )
            return height, width
        return given or ((2, 2) if slices is None else (3, 3))

    def _axis(self, cells: int, taps: int, stride: int, dilation: int) -> Axis:
        text = self.lab.P.strip().lower()
        extent = dilation * (taps - 1) + 1
        transposed = self.lab.op == "transposed"
        more = self._whole("A", 0, stride + dilation) if transposed else 0
        if text == "same" and transposed:
            padding = same_padding(cells * stride, taps, stride, dilation)
            more += cells * stride - (stride * (cells - 1) + extent - sum(padding))
        elif text == "same":
            padding = same_padding(cells, taps, stride, dilation)
        else:
            named = {"valid": 0, "full": extent - 1}
            side = named[text] if text in named else self._padding()
            padding = side, side
        axis = (
            transposed_axis(cells, taps, stride, padding, dilation, more)
            if transposed
            else sliding_axis(cells, taps, stride, padding, dilation)
        )
        if axis.after < 1 and "P" not in self.problems:
            if transposed:
                self.problems["P"] = f"Padding {text} cuts everything away: give less."
            else:
                self.problems["K"] = (
                    f"The kernel covers {extent} cells and the padded input has "
                    f"{cells + sum(padding)}: make K or D smaller, or N or P larger."
                )
        return axis

    def _padding(self) -> int:
        text = self.lab.P.strip()
        if not re.fullmatch(r"[-+]?\d{1,9}", text):
            self.problems["P"] = f"{text!r} is no padding: give a number, valid, same or full."
            return 0
        return self._whole("P", 0, MOST_CELLS)

    def _groups(self, channels: int) -> int:
        if self.lab.op in ("depthwise", "separable"):
            return channels
        groups = self._whole("G", 1, MOST_CHANNELS)
        if self.lab.op == "transposed" and groups > 1:
            self.problems["G"] = "A transposed convolution has no groups here: set 1."
        elif channels % groups:
            self.problems["G"] = f"{groups} groups do not divide the {channels} input channels."
        return groups

    def _filters(self, channels: int, groups: int, slices: list[list[Doubles | str]]) -> int:
        if not self.lab.M.strip():
            if self.lab.op == "depthwise":
                return channels
            return -(-max(len(slices), 1) // groups) * groups
        filters = self._whole("M", 1, MOST_CHANNELS)
        if "G" in self.problems or "M" in self.problems:
            return filters
        if self.lab.op != "separable" and filters % groups:
            what = "input channels" if self.lab.op == "depthwise" else "groups"
            self.problems["M"] = f"The {groups} {what} do not divide {filters} filters."
        return filters

    def _kernel(
        self, slices: list[list[Doubles | str]], size: tuple[int, int], per_group: int, made: int
    ) -> Doubles:
        kernel = np.empty((*size, per_group, made))
        try:
            for out in range(made):
                parts = slices[out % len(slices)]
                for channel in range(per_group):
                    part = parts[channel % len(parts)]
                    number = out * per_group + channel
                    kernel[:, :, channel, out] = (
                        make_kernel(part, *size, number) if isinstance(part, str) else part
                    )
        except CellsError as error:
            self.problems["kernel"] = f"In the kernel, {error}."
        return kernel

    def _mixing(self, channels: int, filters: int) -> Doubles:
        if self.lab.mix.strip() == "ones":
            return np.ones((channels, filters))
        try:
            mixing = read_grid(self.lab.mix)
        except CellsError as error:
            self.problems["mix"] = f"In the 1 × 1 weights, {error}."
            return np.ones((channels, filters))
        if mixing.shape != (channels, filters):
            self.problems["mix"] = (
                f"The 1 × 1 weights are {mixing.shape[0]} × {mixing.shape[1]}: give a row for each "
                f"of the {channels} channels, with a number for each of the {filters} filters."
            )
        return mixing

    def _bias(self, filters: int) -> Doubles | None:
        if not self.lab.bias.strip():
            return None
        try:
            given = read_grid(self.lab.bias).ravel()
        except CellsError as error:
            self.problems["bias"] = f"In the bias, {error}."
            return None
        if len(given) not in (1, filters):
            self.problems["bias"] = f"Give one number, or one for each of the {filters} filters."
            return None
        return np.broadcast_to(given, (filters,)).copy()
