"""Which inputs made the value of one position: the arithmetic of a layer in short form."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cnnviz.arithmetic import step
from cnnviz.convolution import Doubles, is_windowed, windowed
from cnnviz.errors import UserError
from cnnviz.graph import LayerGraph, Node
from cnnviz.requests import Floats


@dataclass(frozen=True, slots=True)
class Term:
    """One input of a value.

    Attributes:
        source: The node that it comes from.
        place: Row, column, channel there; of a vector the unit alone.
        value: The input.
        weight: What it is multiplied with; None where it goes in as it is.
        share: What it adds to the value.
    """

    source: str
    place: tuple[int, ...]
    value: float
    weight: float | None
    share: float


@dataclass(frozen=True)
class Contributions:
    """The terms of a value.

    Attributes:
        terms: Those that add or take most, largest first.
        count: How many there are in all.
        text: The arithmetic: "576 products add up to 1.93, with the bias 0.10: 2.03".
    """

    terms: tuple[Term, ...]
    count: int
    text: str


def contributions(
    graph: LayerGraph,
    node: Node,
    position: Sequence[int],
    inputs: Mapping[str, Floats],
    weights: Mapping[str, NDArray[Any]],
    most: int = 6,
) -> Contributions | None:
    """The terms of the value at one position.

    Args:
        graph: The model.
        node: The layer.
        position: Row, column, channel; of a vector the unit alone.
        inputs: What it read, by node, without the batch axis.
        weights: Its variables.
        most: How many terms to name.

    Returns:
        The terms; None for layers whose arithmetic is not followed.
    """
    if node.type == "Dense" and len(position) == 1 and "kernel" in weights:
        return _dense(node, position[0], inputs, weights, most)
    if is_windowed(node) and len(position) == 3:
        return _window(graph, node, position, inputs, weights, most)
    values = [inputs.get(name) for name in node.inputs]
    if values and all(value is not None and value.shape == node.output_shape for value in values):
        terms = [
            Term(name, tuple(position), float(value[tuple(position)]), None, 0.0)
            for name, value in zip(node.inputs, values, strict=True)
            if value is not None
        ]
        text = f"{node.type} of the same position" + (
            f" of {len(terms)} layers" if len(terms) > 1 else ""
        )
        return Contributions(tuple(terms[:most]), len(terms), text)
    return None


def _dense(
    node: Node,
    unit: int,
    inputs: Mapping[str, Floats],
    weights: Mapping[str, NDArray[Any]],
    most: int,
) -> Contributions | None:
    name = node.inputs[0]
    values = inputs.get(name)
    if values is None or values.ndim != 1:
        return None
    column = weights["kernel"][:, unit].astype(np.float64)
    products = values.astype(np.float64) * column
    terms = [
        Term(name, (int(i),), float(values[i]), float(column[i]), float(products[i]))
        for i in _largest(products, most)
    ]
    bias = float(weights["bias"][unit]) if "bias" in weights else 0.0
    return Contributions(tuple(terms), products.size, _sum(products, bias))


def _window(
    graph: LayerGraph,
    node: Node,
    position: Sequence[int],
    inputs: Mapping[str, Floats],
    weights: Mapping[str, NDArray[Any]],
    most: int,
) -> Contributions | None:
    name = node.inputs[0]
    values = inputs.get(name)
    if values is None:
        return None
    try:
        operation = windowed(graph, node, weights)
    except UserError:
        return None
    found = step(operation, values.reshape(operation.input_shape), *position)
    if found.products is None:
        if found.winner is not None:
            place = (*found.winner, position[2])
            term = Term(name, place, found.total, None, found.total)
            return Contributions((term,), found.cells, f"The largest of {found.cells} cells")
        text = f"The mean of {found.cells} cells: {found.channel_sums[0]:.4g} / {found.cells}"
        return Contributions((), found.cells, text)
    products = found.products
    if found.mixing is not None:
        products = products * found.mixing
    assert found.weights is not None
    terms = []
    for flat in _largest(products.ravel(), most):
        i, j, c = np.unravel_index(flat, products.shape)
        if not found.inside[i, j]:
            continue
        place = (int(found.rows[i]), int(found.columns[j]), int(found.channels[c]))
        weight = float(found.weights[i, j, c])
        if found.mixing is not None:
            weight *= float(found.mixing[c])
        terms.append(
            Term(name, place, float(found.patch[i, j, c]), weight, float(products[i, j, c]))
        )
    real = int(found.inside.sum()) * products.shape[2]
    return Contributions(tuple(terms), real, _sum(products, found.bias, real))


def _largest(values: Doubles, most: int) -> list[int]:
    order = np.argsort(-np.abs(values), kind="stable")[:most]
    return [int(i) for i in order if values[i] != 0]


def _sum(products: Doubles, bias: float, count: int | None = None) -> str:
    total = float(products.sum())
    count = products.size if count is None else count
    text = f"{count:,} products add up to {total:.4g}"
    return f"{text}, with the bias {bias:.4g}: {total + bias:.4g}" if bias else text
