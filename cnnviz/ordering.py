"""In which order to look at the channels of an activation, or at the filters of a layer."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from cnnviz.atlas import Floats, Measures
from cnnviz.filter_report import FilterReport

Criterion = Literal["index", "mean", "maximum", "zeros", "variance", "similarity"]
Indices = NDArray[np.int64]

CRITERIA: Mapping[Criterion, str] = MappingProxyType(
    {
        "index": "Index",
        "mean": "Mean",
        "maximum": "Maximum",
        "zeros": "Zeros",
        "variance": "Variance",
        "similarity": "Similarity",
    }
)


FilterCriterion = Literal["index", "strongest", "weakest", "twins"]

FILTER_CRITERIA: Mapping[FilterCriterion, str] = MappingProxyType(
    {
        "index": "Index",
        "strongest": "Strongest",
        "weakest": "Weakest",
        "twins": "Duplicates",
    }
)


def filter_order(report: FilterReport, by: FilterCriterion) -> tuple[int, ...]:
    """Sort the filters of a layer; equal ones by index.

    Args:
        report: What is known of them.
        by: By norm, or the near-duplicates side by side, the most alike first.

    Returns:
        Every filter once.
    """
    norms = report.norms
    everyone = range(len(norms))
    if by == "strongest":
        return tuple(sorted(everyone, key=lambda i: -norms[i]))
    if by == "weakest":
        return tuple(sorted(everyone, key=lambda i: norms[i]))
    if by == "twins":
        paired = (i for first, second, _ in report.twins or () for i in (first, second))
        return tuple(dict.fromkeys([*paired, *everyone]))
    return tuple(everyone)


def channel_order(
    measures: Measures, by: Criterion, *, reference: int = 0, hide_dead: bool = False
) -> Indices:
    """Sort channels, the greatest first; equal ones by index, those without a number last.

    Args:
        measures: Of the activation.
        by: "zeros" is the share of zeros; "similarity" the correlation with the reference.
        reference: The channel to which others are similar.
        hide_dead: Leave out channels that are zero everywhere.

    Returns:
        Indices of channels.
    """
    count = measures.values.shape[-1]
    if by == "index":
        order = np.arange(count)
    else:
        order = np.argsort(-_scores(measures, by, reference), kind="stable")  # NaN comes last
    return order[~measures.dead[order]] if hide_dead else order


def _scores(measures: Measures, by: Criterion, reference: int) -> NDArray[np.float64]:
    if by == "mean":
        return measures.mean
    if by == "maximum":
        finite = measures.nan_count + measures.infinite_count < measures.values[..., 0].size
        return np.where(finite, measures.maximum, np.nan).astype(np.float64)
    if by == "zeros":
        return measures.zero_share
    if by == "variance":
        return variances(measures)
    return correlations(measures.values, reference)


def variances(measures: Measures) -> NDArray[np.float64]:
    """Variance of the finite cells of each channel, shape (C,); NaN where a channel has none."""
    values = measures.values
    if measures.finite:
        return np.asarray(values.var(axis=(0, 1), dtype=np.float64))
    finite = np.isfinite(values)
    count = finite.sum(axis=(0, 1))
    with np.errstate(invalid="ignore"):
        deviation = np.where(finite, values - measures.mean, 0).astype(np.float64)
    total = (deviation**2).sum(axis=(0, 1))
    return np.divide(total, count, out=np.full(count.shape, np.nan), where=count > 0)


def correlations(values: Floats, reference: int) -> NDArray[np.float64]:
    """Pearson's correlation of each channel with one of them.

    Args:
        values: Shape (..., C).
        reference: A channel.

    Returns:
        Shape (C,), -1..1; 1 for the reference itself, and NaN where a channel is constant or holds
        what is not finite.
    """
    cells = values.reshape(-1, values.shape[-1])
    result = np.full(cells.shape[1], np.nan)
    good: NDArray[np.bool_] = np.asarray(np.isfinite(cells).all(axis=0))
    if good[reference]:
        centred = cells[:, good] - cells[:, good].mean(axis=0, dtype=np.float64).astype(cells.dtype)
        own = cells[:, reference] - cells[:, reference].mean(dtype=np.float64).astype(cells.dtype)
        squares = np.einsum("ij,ij->j", centred, centred, dtype=np.float64)
        norms = np.sqrt(squares) * np.sqrt(np.dot(own.astype(np.float64), own.astype(np.float64)))
        products = (own @ centred).astype(np.float64)
        some = norms > 0
        result[good] = np.divide(products, norms, out=np.full(norms.shape, np.nan), where=some)
        np.clip(result, -1, 1, out=result)
    result[reference] = 1
    return result
