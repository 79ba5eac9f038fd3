"""What papers and lectures print beside the numbers of cnnviz, and why where they differ.

A FLOP of these sources is a multiply-add; KB and MB are binary.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import Literal

Quantity = Literal["shape", "params", "macs", "memory", "field"]
MODEL = ""
"""In place of a label: the whole model."""


@dataclass(frozen=True, slots=True)
class Printed:
    """A number as a source prints it.

    Attributes:
        where: The source.
        text: The number.
        difference: Why it is not ours, or "".
    """

    where: str
    text: str
    difference: str = ""


_Key = tuple[str, str, Quantity]
_ALEXNET = "EECS 498-007, the table of AlexNet"
_STEM = "EECS 498-007, GoogLeNet's stem"
_HEAD = "EECS 498-007, GoogLeNet's head against VGG-16's"
_NO_BIAS = "The slide leaves the biases out."
_GOOGLENET = "Szegedy et al. 2014, table 1"
_VERSUS = "EECS 498-007, AlexNet against VGG-16"
_WINDOWS = (
    "It counts the nine cells that each window reads. Pooling multiplies nothing: here its work is "
    "under other operations."
)


def group_label(label: str) -> str:
    """How a group is called here: an operation may have the same name."""
    return f"group {label}"


_Table = dict[_Key, tuple[Printed, ...]]


def _add(table: _Table, key: _Key, source: str, text: str, difference: str = "") -> None:
    table[key] = (*table.get(key, ()), Printed(source, text, difference))


def _alexnet(table: _Table) -> None:
    # Layer, KB, thousands of parameters, MFLOP, as the slide rounds them.
    for name, kilobytes, params, flop in (
        ("conv1", 784, 23, 73),
        ("pool1", 182, 0, 0.4),
        ("conv2", 547, 307, 224),
        ("pool2", 127, 0, 0),
        ("conv3", 254, 664, 112),
        ("conv4", 169, 885, 145),
        ("conv5", 169, 590, 100),
        ("pool5", 36, 0, 0),
        ("flatten", 36, 0, 0),
        ("fc6", 16, 37_749, 38),
        ("fc7", 16, 16_777, 17),
        ("predictions", 4, 4_096, 4),
    ):
        why = ""
        if name == "conv4":
            why = "256 × 13 × 13 × (384 × 3 × 3) is 149.5 M: 145 does not follow from the row."
        elif name == "pool1":
            why = _WINDOWS
        without = _NO_BIAS if name in ("fc6", "fc7", "predictions") else ""
        model = "alexnet_one_tower"
        _add(table, (model, name, "memory"), _ALEXNET, f"{kilobytes} KB")
        _add(table, (model, name, "params"), _ALEXNET, f"{params:,} k", without)
        _add(table, (model, name, "macs"), _ALEXNET, f"{flop} M", why)


_THOUSANDS = "The paper seems to count weights without biases, in units of 1,024."
_MISFIT = "It does not follow from the filters that the same row prints."


def _googlenet(table: _Table) -> None:
    # Row, parameters and multiply-adds as the paper prints them, and why they are not ours.
    for label, params, why, macs, slip in (
        ("conv1", "2.7K", _MISFIT, "34M", _MISFIT),
        (group_label("conv2"), "112K", _THOUSANDS, "360M", ""),
        (group_label("inception_3a"), "159K", _THOUSANDS, "128M", ""),
        (group_label("inception_3b"), "380K", _THOUSANDS, "304M", ""),
        (group_label("inception_4a"), "364K", _MISFIT, "73M", ""),
        (group_label("inception_4b"), "437K", _MISFIT, "88M", ""),
        (group_label("inception_4c"), "463K", _MISFIT, "100M", ""),
        (group_label("inception_4d"), "580K", _MISFIT, "119M", ""),
        (group_label("inception_4e"), "840K", _MISFIT, "170M", ""),
        (group_label("inception_5a"), "1072K", _MISFIT, "54M", _MISFIT),
        (group_label("inception_5b"), "1388K", _MISFIT, "71M", ""),
        ("predictions", "1000K", _THOUSANDS, "1M", ""),
    ):
        _add(table, ("googlenet", label, "params"), _GOOGLENET, params, why)
        _add(table, ("googlenet", label, "macs"), _GOOGLENET, macs, slip)
    # The lecture: KB, thousands of parameters, MFLOP.
    for label, kilobytes, thousands, flop in (
        ("conv1", 3136, 9, 118),
        ("pool1", 784, 0, 2),
        ("conv2_reduce", 784, 4, 13),
        ("conv2", 2352, 111, 347),
        ("pool2", 588, 0, 1),
    ):
        why = _WINDOWS if label.startswith("pool") else ""
        _add(table, ("googlenet", label, "memory"), _STEM, f"{kilobytes} KB")
        _add(table, ("googlenet", label, "params"), _STEM, f"{thousands} k")
        _add(table, ("googlenet", label, "macs"), _STEM, f"{flop} M", why)
    stem = group_label("stem")
    _add(table, ("googlenet", stem, "params"), _STEM, "124 k")
    _add(table, ("googlenet", stem, "macs"), _STEM, "418 M", _SWAPPED)


def _heads(table: _Table) -> None:
    # KB, thousands of parameters, MFLOP; None where the slide has none.
    for model, name, kilobytes, thousands, flop in (
        ("googlenet", "avg_pool", 4, 0, 0.05),
        ("googlenet", "predictions", 4, 1_025, 1),
        ("vgg16", "flatten", 98, None, None),
        ("vgg16", "fc1", 16, 102_760, 103),
        ("vgg16", "fc2", 16, 16_777, 17),
        ("vgg16", "predictions", 4, 4_096, 4),
    ):
        _add(table, (model, name, "memory"), _HEAD, f"{kilobytes} KB")
        if thousands is not None:
            why = _NO_BIAS if model == "vgg16" else ""
            _add(table, (model, name, "params"), _HEAD, f"{thousands:,} k", why)
            averages = _AVERAGES if name == "avg_pool" else ""
            _add(table, (model, name, "macs"), _HEAD, f"{flop} M", averages)


_AVERAGES = (
    "It counts the 49 cells that each mean reads. Pooling multiplies nothing: here its work is "
    "under other operations."
)
_SWAPPED = (
    "The rows of the slide add up to 481 M (478 M without pooling): two digits seem to have "
    "changed places."
)
_TWO = (
    "The lecture counts a VGG-16 with two convolutions in its third stage; the paper's "
    "configuration D has three."
)
_CONV_AND_DENSE = "It counts convolutions and dense layers; pooling and the rest are here."
_MAIN = "Without the auxiliary classifiers; and see the rows of the modules."


def _totals(table: _Table) -> None:
    for model, quantity, source, text, why in (
        ("alexnet_one_tower", "params", _VERSUS, "61 M", ""),
        ("alexnet_one_tower", "macs", _VERSUS, "0.7 G", ""),
        ("alexnet_one_tower", "memory", _VERSUS, "1.9 MB", _CONV_AND_DENSE),
        ("vgg16", "params", _VERSUS, "138 M (2.3 times AlexNet)", ""),
        ("vgg16", "macs", _VERSUS, "13.6 G (19.4 times AlexNet)", _TWO),
        ("vgg16", "memory", _VERSUS, "48.6 MB (25 times AlexNet)", f"{_TWO} {_CONV_AND_DENSE}"),
        ("googlenet", "params", _GOOGLENET, "6798K in all rows", _MAIN),
        ("googlenet", "macs", _GOOGLENET, "1502M in all rows", _MAIN),
    ):
        quantities: dict[str, Quantity] = {"params": "params", "macs": "macs", "memory": "memory"}
        _add(table, (model, MODEL, quantities[quantity]), source, text, why)


@cache
def _table() -> Mapping[_Key, tuple[Printed, ...]]:
    table: _Table = {}
    _alexnet(table)
    _googlenet(table)
    _heads(table)
    _totals(table)
    return MappingProxyType(table)


def printed(model: str, label: str, quantity: Quantity) -> tuple[Printed, ...]:
    """What sources print of a number.

    Args:
        model: Catalog id.
        label: The operation, a `group_label`, or `MODEL` for the whole.
        quantity: Which number.
    """
    return _table().get((model, label, quantity), ())
