"""Making a planned model real: Keras' own clone of a model, with other settings or another input.

Imports Keras only inside the functions.
"""

from __future__ import annotations

from typing import Any

from cnnviz.calls import walk
from cnnviz.errors import UserError, reason
from cnnviz.shape_lab import Plan


def rebuilt(model: Any, plan: Plan) -> Any:
    """A copy of a model with the changes of a plan, and new weights.

    Args:
        model: A functional or Sequential `keras.Model`, with or without weights.
        plan: What to change.

    Returns:
        The new model. Where the old one has no weights, build it under the same scope.

    Raises:
        UserError: Keras does not build it; the sentence gives Keras' reason.
    """
    import keras

    names = {id(call.operation): call.name for call in reversed(walk(model))}

    def clone(layer: Any) -> Any:
        config = layer.get_config()
        settings = plan.of(names.get(id(layer), ""))
        return type(layer).from_config({**config, **settings})

    inputs = None
    if plan.input_shape is not None:
        first, *others = model.inputs
        inputs = [
            keras.Input(shape, dtype=tensor.dtype, name=tensor.name)
            for tensor, shape in (
                (first, plan.input_shape),
                *((tensor, tensor.shape[1:]) for tensor in others),
            )
        ]
    try:
        return keras.models.clone_model(
            model, input_tensors=inputs, clone_function=clone, recursive=True
        )
    # Keras raises whatever the layer at hand raises; the sentence gives it.
    except Exception as error:
        raise UserError(
            f"Keras does not build the changed model ({reason(error)}): change something else."
        ) from error
