"""How Keras turns class names into layer names and paths."""

from __future__ import annotations

import re


def snake_case(name: str) -> str:
    """Keras' way: "Conv2D" becomes "conv2d", "BatchNormalization" "batch_normalization"."""
    name = re.sub(r"\W+", "", name)
    name = re.sub(r"(.)([A-Z][a-z]+)", r"\1_\2", name)
    return re.sub(r"([a-z])([A-Z])", r"\1_\2", name).lower()
