"""From a Keras model to its layer graph. Imports Keras only inside the functions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from cnnviz.calls import Call, calls_and_outputs, is_walkable, roles
from cnnviz.errors import UserError
from cnnviz.graph import LayerGraph, Node, Shape, Weight
from cnnviz.kinds import is_known_type


def graph_from_model(
    model: Any, name: str | None = None, input_shape: Sequence[int] | None = None
) -> LayerGraph:
    """Describe a model: every operation call with its shapes, settings and variables.

    Computes nothing, so that a model without weights will do (one that was built under
    `keras.StatelessScope(initialize_variables=False)`).

    Args:
        model: A functional or Sequential `keras.Model`.
        name: What to call it; the model's own name when None.
        input_shape: Sizes to use where the model leaves them open, such as (224, 224, 3), without
            the batch axis. A Sequential model without input shape is built with it.

    Returns:
        The layer graph, nested models flattened with their path kept ("outer/inner").

    Raises:
        UserError: The model has no graph of layers, no input shape, or does not take this one.
    """
    if input_shape is not None and not is_walkable(model):
        _build_sequential(model, input_shape)
    calls, outputs = calls_and_outputs(model)
    shapes = _input_shapes(calls, input_shape)
    owners: dict[int, str] = {}
    nodes = []
    for call in calls:
        if not call.is_input:
            shapes[call.name] = _shapes(call, shapes)
        variables = roles(call.operation)
        owner = next((owners[id(v)] for v in variables.values() if id(v) in owners), None)
        owned = {role: v for role, v in variables.items() if id(v) not in owners}
        owners.update({id(variable): call.name for variable in owned.values()})
        nodes.append(
            Node(
                name=call.name,
                type=type(call.operation).__name__,
                sources=call.sources,
                output_shapes=shapes[call.name],
                settings=_settings(call),
                weights=tuple(
                    Weight(role, tuple(variable.shape), bool(variable.trainable))
                    for role, variable in owned.items()
                ),
                shares_weights_with=owner,
                known=_is_known(call.operation),
            )
        )
    return LayerGraph(name=name or model.name, nodes=tuple(nodes), outputs=outputs)


def _build_sequential(model: Any, input_shape: Sequence[int]) -> None:
    import keras

    if isinstance(model, keras.Sequential) and model.layers:
        try:
            model.build((None, *input_shape))
        except (ValueError, TypeError) as error:
            raise UserError(_refusal(model.name, input_shape, error)) from error


def _input_shapes(
    calls: Sequence[Call], wanted: Sequence[int] | None
) -> dict[str, tuple[Shape, ...]]:
    """Shapes of the model's inputs by name; of several, the wanted one is for those left open."""
    shapes = {call.name: _recorded(call) for call in calls if call.is_input}
    if wanted is None:
        return shapes
    left_open = {name for name, (shape,) in shapes.items() if None in shape}
    for name in left_open or shapes:
        shapes[name] = (_fill_in(shapes[name][0], wanted),)
    return shapes


def _recorded(call: Call) -> tuple[Shape, ...]:
    return tuple(tuple(tensor.shape[1:]) for tensor in call.outputs)


def _shapes(call: Call, known: Mapping[str, tuple[Shape, ...]]) -> tuple[Shape, ...]:
    """Shapes of a call's outputs, worked out anew only where its inputs are not as recorded."""
    given = [known[source.node][source.output] for source in call.sources]
    if given == call.recorded_input_shapes():
        return _recorded(call)
    try:
        return call.output_shapes(*given)
    # Keras and TensorFlow raise whatever the layer at hand raises; the sentence names the layer.
    except Exception as error:
        raise UserError(_refusal(call.name, given[0], error)) from error


def _fill_in(shape: Shape, wanted: Sequence[int]) -> Shape:
    """The wanted shape, where it agrees with what the model fixes."""
    if len(shape) != len(wanted) or any(
        fixed not in (None, size) for fixed, size in zip(shape, wanted, strict=True)
    ):
        raise UserError(
            f"The model takes an input of {_sizes(shape)} and not of {_sizes(wanted)}: "
            "leave --input out, or give sizes only where it has a '?'."
        )
    return tuple(wanted)


def _refusal(where: str, shape: Sequence[int | None], error: Exception) -> str:
    reason = str(error).strip().split("\n")[0].rstrip(".")
    return (
        f"{where!r} does not take an input of {_sizes(shape)} ({reason}): "
        "give another size with --input HxWxC."
    )


def _sizes(shape: Sequence[int | None]) -> str:
    return "x".join("?" if size is None else str(size) for size in shape)


# What a reader wants to know of a layer, by attribute name.
_SETTINGS = """
    filters units kernel_size pool_size size strides padding dilation_rate groups
    depth_multiplier output_padding output_size data_format activation use_bias axis axes
    keepdims epsilon momentum rate negative_slope alpha max_value threshold cropping pad_width
    mode target_shape newshape dims n height width crop_to_aspect_ratio pad_to_aspect_ratio
    interpolation scale offset normalize num_heads key_dim return_sequences depth_radius bias
    beta k indices_or_sections repetitions shift repeats block_size antialias start stop channels
    connections
"""
SETTINGS = tuple(_SETTINGS.split())


def _settings(call: Call) -> dict[str, Any]:
    """What the layer was configured with, and constants that it was called with, as JSON values."""
    found = {}
    for key in SETTINGS:
        value = getattr(call.operation, key, None)
        # Some names are a number in one layer and a variable in another ("bias").
        if value is not None and not hasattr(value, "shape"):
            found[key] = _as_json(value)
    if not call.is_input:
        found.update({key: _as_json(value) for key, value in call.constants()})
    return found


def _as_json(value: Any) -> Any:
    """A setting as a JSON value: a function by its name, an array by its shape."""
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, slice):
        return {"slice": (value.start, value.stop, value.step)}
    if value is Ellipsis:
        return "..."
    if isinstance(value, list | tuple):
        return tuple(_as_json(item) for item in value)
    if callable(value):
        return getattr(value, "__name__", type(value).__name__)
    if hasattr(value, "shape"):
        return float(value) if value.shape == () else {"shape": tuple(value.shape)}
    return None


def _is_known(operation: Any) -> bool:
    """True for the layers that our tables speak of: Keras' and the catalog's own."""
    origin = type(operation).__module__.split(".")[0]
    return origin in ("keras", "models") and is_known_type(type(operation).__name__)
