"""The numbers of a breakdown as the page shows them: for a batch, in a number format."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from cnnviz.breakdown import BYTES, Breakdown, Dtype, Measure
from cnnviz.printed import Quantity
from ui import words

QUANTITIES: Mapping[Measure, Quantity] = MappingProxyType(
    {"params": "params", "macs": "macs", "activations": "memory"}
)
"""Which proof card goes with a measure; measured time has none."""


@dataclass(frozen=True, slots=True)
class Amounts:
    """How measures are counted and written.

    Attributes:
        batch: Images at once.
        dtype: Number format of activations.
        flops: Write FLOPs, two a multiply-add.
    """

    batch: int = 1
    dtype: Dtype = "float32"
    flops: bool = False

    def title(self, measure: Measure) -> str:
        """Heading of a measure."""
        work = "FLOPs" if self.flops else "MACs"
        return {
            "params": "Parameters",
            "macs": work,
            "activations": "Memory",
            "seconds": "Time",
        }[measure]

    def factor(self, measure: Measure) -> int:
        """What the value for one image is multiplied with."""
        return {
            "params": 1,
            "macs": self.batch * (2 if self.flops else 1),
            "activations": self.batch * BYTES[self.dtype],
            "seconds": 1,
        }[measure]

    def exact(self, measure: Measure, value: float) -> str:
        """The number in full, for the table."""
        if measure == "seconds":
            return words.duration(value)
        scaled = round(value) * self.factor(measure)
        return words.size(scaled) if measure == "activations" else f"{scaled:,}"

    def short(self, measure: Measure, value: float) -> str:
        """The number in a few letters, for charts."""
        if measure in ("seconds", "activations"):
            return self.exact(measure, value)
        return words.big(round(value) * self.factor(measure))


def share(table: Breakdown, measure: Measure, value: float | None) -> float:
    """Share of the total, 0..1; 0 where there is none."""
    total = table.total(measure)
    return (value or 0) / total if total else 0.0


def per_cent(value: float) -> str:
    """A share as text: "12.3 %"; "< 0.1 %" for little, "" for nothing."""
    if value == 0:
        return ""
    return "< 0.1 %" if value < 0.001 else f"{value:.1%}".replace("%", " %")
