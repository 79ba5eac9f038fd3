"""Networks of keras.applications as this catalog builds them: no weights, every layer named."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

import keras

from models.naming import snake_case


def from_applications(
    application: Callable[..., Any],
    *,
    name: str,
    input_shape: tuple[int, int, int],
    classes: int,
    names: Mapping[str, str] | None = None,
    **options: Any,
) -> Any:
    """Build a network of keras.applications, so that its published weights fit.

    Keras leaves some of these layers to automatic names, which count on through the life of the
    process ("conv2d_17"). Here they are numbered from 1 within the network, by type, as they are
    made; the only one of its type gets no number.

    Args:
        application: A function of keras.applications, such as `keras.applications.VGG16`.
        name: Name of the model.
        input_shape: (H, W, C).
        classes: Number of classes.
        names: Better names for automatically named layers, such as {"conv2d_2": "stem_conv2"}.
        options: Further keyword arguments of the application.

    Returns:
        A functional model with an input layer called "input".
    """
    inputs = keras.Input(input_shape, name="input")
    network = application(weights=None, input_tensor=inputs, classes=classes, **options)
    automatic: dict[str, list[Any]] = {}
    # Bare operations are not among `layers`.
    for layer in network.operations:
        prefix = snake_case(type(layer).__name__)
        if re.fullmatch(rf"{prefix}(_\d+)?", layer.name):
            automatic.setdefault(prefix, []).append(layer)
    for prefix, alike in automatic.items():
        alike.sort(key=lambda layer: int("0" + layer.name.removeprefix(prefix).strip("_")))
        for number, layer in enumerate(alike, start=1):
            name_in_network = f"{prefix}_{number}" if len(alike) > 1 else prefix
            layer.name = (names or {}).get(name_in_network, name_in_network)
    return keras.Model(inputs, network.output, name=name)
