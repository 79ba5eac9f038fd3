"""The laboratory as text: what was typed, field by field, and the line that opens it again.

`cnnviz.experiment` makes the operation and its numbers of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace

from cnnviz.cells import split_row
from cnnviz.errors import UserError

OPERATIONS = (
    "correlation",
    "convolution",
    "depthwise",
    "separable",
    "transposed",
    "max",
    "average",
)
"""What can be done: correlation is what networks call convolution; convolution flips the kernel."""


@dataclass(frozen=True)
class Lab:
    """What was typed into the laboratory; every field is text.

    Attributes:
        op: One of `OPERATIONS`.
        N: Cells along a side of the input ("5", or "5x7"); empty for what the numbers have.
        C: Channels of the input; empty for what the numbers have.
        K: Size of the kernel ("3", or "1x3"); empty for what the numbers have.
        S: Stride.
        P: Padding on every side: a number, "valid", "same" or "full".
        D: Dilation.
        G: Groups.
        M: Filters (output channels).
        A: Cells added at the end of a transposed convolution.
        bias: A number for all filters, or one each; empty for none.
        act: Activation, a name of Keras.
        input: A name of `cnnviz.cells.PICTURES`, or numbers.
        kernel: A name of `cnnviz.cells.KERNELS`, or numbers.
        mix: The 1 × 1 weights of a separable convolution, a row a channel: "ones" or numbers.
    """

    op: str = "correlation"
    N: str = ""
    C: str = ""
    K: str = ""
    S: str = "1"
    P: str = "0"
    D: str = "1"
    G: str = "1"
    M: str = ""
    A: str = "0"
    bias: str = ""
    act: str = "linear"
    input: str = "ramp"
    kernel: str = "ones"
    mix: str = "ones"

    def line(self) -> str:
        """The line of text that `parse` reads; what is as usual is left out."""
        usual = Lab()
        parts = []
        for entry in fields(self):
            value = getattr(self, entry.name)
            if value != getattr(usual, entry.name):
                parts.append(f"{entry.name}={one_line(value)}")
        return ",".join(parts) or "op=correlation"


class LabError(UserError):
    """Something in a laboratory is wrong.

    Attributes:
        problems: A sentence by field.
    """

    def __init__(self, problems: Mapping[str, str]) -> None:
        super().__init__(" ".join(f"{field}: {text}" for field, text in problems.items()))
        self.problems = dict(problems)


def parse(line: str) -> Lab:
    """Open a laboratory from its line ("N=5,K=3,S=2,P=1,D=1").

    Raises:
        LabError: A part is not of the form name=value, or names nothing.
    """
    names = [entry.name for entry in fields(Lab)]
    by_lower = {name.lower(): name for name in names} | {"f": "K"}
    values: dict[str, str] = {}
    if not line.strip():
        raise LabError({"line": "The line is empty: write something like N=5,K=3,S=2,P=1,D=1."})
    for part in line.strip().split(","):
        name, equals, value = part.partition("=")
        key = by_lower.get(name.strip().lower())
        if not equals or key is None:
            raise LabError(
                {
                    "line": f"{part.strip()!r} is no name=value with one of the names "
                    f"{', '.join(names)}."
                }
            )
        if key in values:
            raise LabError({key: f"{key} is given twice."})
        values[key] = value.strip()
    return Lab(**values)


def with_field(lab: Lab, field: str, value: str) -> Lab:
    """A laboratory with one field changed."""
    return replace(lab, **{field: value})


def one_line(value: str) -> str:
    """Numbers may be typed on lines and with commas; the line has neither."""
    rows = [" ".join(split_row(row)) for row in value.splitlines() if row.strip()]
    return "/".join(rows)
