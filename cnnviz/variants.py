"""Variants of an architecture: reading them as typed, and saying them in words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

TOP = "include_top"
"""The variant that every whole network has: with or without its classifier."""

LABELS: Mapping[str, str] = MappingProxyType(
    {
        TOP: "top",
        "auxiliary": "auxiliary classifiers",
        "width": "width",
        "cardinality": "cardinality",
    }
)
"""What to call a variant; its own name where it is not here."""

_TRUTH = MappingProxyType(
    {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}
)


def resolve(
    variants: Mapping[str, Sequence[Any]], options: Iterable[tuple[str, Any]]
) -> dict[str, Any]:
    """Values of variants, those given as text turned into what they stand for.

    Args:
        variants: The values that each variant can have, the paper's first.
        options: Name and value of some; the last of a name counts.

    Returns:
        By name, without what is the paper's anyway. What nobody knows is left as it is.
    """
    chosen = {name: _read(variants.get(name, ()), value) for name, value in options}
    return {
        name: value
        for name, value in chosen.items()
        if name not in variants or value != variants[name][0]
    }


def _read(values: Sequence[Any], given: Any) -> Any:
    if not isinstance(given, str):
        return next((value for value in values if value == given), given)
    text = given.strip().lower()
    for value in values:
        if isinstance(value, bool):
            if _TRUTH.get(text) is value:
                return value
        elif str(value).lower() == text or _number(text) == value:
            return value
    return given


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def words(
    input_shape: Sequence[int] | None, classes: int | None, options: Mapping[str, Any]
) -> str:
    """Say how a variant differs from the paper's network.

    Args:
        input_shape: Another input, (H, W, C); None for the paper's.
        classes: Another number of classes; None for the paper's.
        options: Other values by name.

    Returns:
        Such as "160×160×3, 10 classes, width 0.5"; empty where nothing differs.
    """
    parts = []
    if input_shape is not None:
        parts.append("×".join(map(str, input_shape)))
    if classes is not None:
        parts.append(f"{classes:,} class{'es' if classes > 1 else ''}")
    for name, value in options.items():
        label = LABELS.get(name, name)
        if isinstance(value, bool):
            parts.append(f"{'with' if value else 'without'} {label}")
        else:
            parts.append(f"{label} {value:g}" if isinstance(value, float) else f"{label} {value}")
    return ", ".join(parts)
