"""A laboratory that works: operation, numbers, result, and what there is to say of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from cnnviz.arithmetic import compute
from cnnviz.convolution import Axis, Doubles, Windowed
from cnnviz.lab import Lab, LabError, parse
from cnnviz.lab_fields import MOST_WORK, Fields


@dataclass(frozen=True)
class Experiment:
    """A laboratory that works.

    Attributes:
        lab: What was typed.
        operation: What is done.
        values: The input, shape (rows, columns, channels).
        output: The result, shape (rows, columns, filters).
        formulas: The output size with the numbers in it, a line an axis (one if both are alike).
        remarks: Sentences on what does not fit, or is not as one may think.
    """

    lab: Lab
    operation: Windowed
    values: Doubles
    output: Doubles
    formulas: tuple[str, ...]
    remarks: tuple[str, ...]


def build(lab: Lab) -> Experiment:
    """Make the operation and its numbers.

    Raises:
        LabError: Says of each field what is wrong with it.
    """
    operation, values = Fields(lab).operation()
    rows, columns, filters = operation.output_shape
    looked_at = rows * columns * filters * operation.size[0] * operation.size[1]
    work = max(operation.macs, looked_at)
    if work > MOST_WORK:
        raise LabError(
            {
                "N": f"That is {work:,} steps of work, and at most {MOST_WORK:,} go here: make the "
                "input, the kernel or the number of channels smaller."
            }
        )
    return Experiment(
        lab,
        operation,
        values,
        compute(operation, values),
        _formulas(operation),
        _remarks(operation, lab),
    )


def _formulas(operation: Windowed) -> tuple[str, ...]:
    lines = [size_formula(axis) for axis in (operation.rows, operation.columns)]
    if lines[0] == lines[1]:
        return (lines[0],)
    return tuple(f"{name}: {line}" for name, line in zip(("height", "width"), lines, strict=True))


def size_formula(axis: Axis) -> str:
    """The output size of an axis with the numbers in it."""
    reads = axis.reads
    padding = (
        f"2·{axis.padding[0]}"
        if axis.padding[0] == axis.padding[1]
        else f"({axis.padding[0]} + {axis.padding[1]})"
    )
    if axis.transposed:
        full = reads.stride * (axis.before - 1) + axis.extent - sum(axis.padding)
        more = f" + {axis.after - full}" if axis.after != full else ""
        return (
            f"O = {reads.stride}·({axis.before} - 1) + {reads.dilation}·({reads.size} - 1) + 1 "
            f"- {padding}{more} = {axis.after}"
        )
    text = (
        f"O = ⌊({axis.before} - {reads.dilation}·({reads.size} - 1) - 1 + {padding}) / "
        f"{reads.stride}⌋ + 1"
    )
    if axis.left_over:
        text += f" = ⌊{float(axis.steps - 1):.4g}⌋ + 1"
    return f"{text} = {axis.after}"


def _remarks(operation: Windowed, lab: Lab) -> tuple[str, ...]:
    remarks = []
    unfit = {
        (axis.left_over, axis.steps, axis.reads.stride): "column"
        for axis in (operation.columns, operation.rows)
        if axis.left_over
    }
    if operation.rows.left_over and len(unfit) == 1:
        both = operation.columns.left_over
        unfit = dict.fromkeys(unfit, "row and column" if both else "row")
    elif operation.rows.left_over:
        unfit[operation.rows.left_over, operation.rows.steps, operation.rows.reads.stride] = "row"
    for (count, steps, stride), cells in unfit.items():
        which = (
            f"the last {cells}" if count == 1 else f"the last {count} {cells.replace(' ', 's ')}s"
        )
        remarks.append(
            f"Stride {stride} does not fit ({float(steps):.4g} places): no window reaches {which} "
            "of the padded input."
        )
    if lab.op == "convolution":
        remarks.append("A true convolution: the kernel is shown flipped, as it meets the input.")
    if lab.op == "transposed":
        remarks.append(
            "Each input cell stamps the kernel into the output (point at one); an output cell "
            "gathers what reaches it."
        )
    if lab.op == "average" and any(
        sum(axis.padding) for axis in (operation.rows, operation.columns)
    ):
        remarks.append("The average counts cells of the input only, not padding, as Keras does.")
    return tuple(remarks)


@dataclass(frozen=True, slots=True)
class Account:
    """What a stack of layers costs and sees: parameters, multiply-adds, cells of the input."""

    name: str
    params: int
    macs: int
    field: int


@lru_cache(maxsize=16)
def read(line: str) -> tuple[Windowed, Doubles]:
    """The operation and the input of a laboratory; they are shared, and not to be written to.

    Raises:
        LabError: It does not work.
    """
    return Fields(parse(line)).operation()


def account(name: str, lines: Sequence[str]) -> Account:
    """Add up a stack of laboratories, the first one next to the input.

    Raises:
        LabError: One of them does not work.
    """
    params = macs = 0
    field = jump = 1
    for line in lines:
        operation, _ = read(line)
        params, macs = params + operation.params, macs + operation.macs
        field += (operation.columns.extent - 1) * jump
        jump *= operation.columns.reads.stride
    return Account(name, params, macs, field)
