"""Which layer an input is too small for."""

from __future__ import annotations

from typing import Any

import keras


def breaking_layer(model: Any, input_shape: tuple[int, int, int]) -> str | None:
    """Send a smaller input's shape through a network that was built for its own.

    Args:
        model: A functional model of the catalog, in which every layer is called once.
        input_shape: (H, W, C).

    Returns:
        Name of the first layer that refuses what it gets, or whose output has no cells; None if
        all goes well.
    """
    shapes = {id(tensor): (None, *input_shape) for tensor in model.inputs}
    for operation in model.operations:
        if isinstance(operation, keras.layers.InputLayer):
            continue
        given = [shapes[id(tensor)] for tensor in keras.tree.flatten(operation.input)]
        try:
            shape = operation.compute_output_shape(given if len(given) > 1 else given[0])
        except (AttributeError, NotImplementedError):
            # Bare operations and Keras' CustomScaleLayer: cell by cell, on equal shapes.
            shape = given[0]
        except ValueError:
            return str(operation.name)
        if 0 in shape:
            return str(operation.name)
        shapes[id(operation.output)] = shape
    return None
