"""Putting weights into a model: random ones, or those of a file.

A model that was built inside `symbolic` has no weights at all. They are made here, straight from
the file: two to four times faster than filling a model with random numbers first and
`load_weights` after.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import keras
import numpy as np

from models import h5weights, timm_weights
from models.weights import Checkpoint, WeightsError, nothing


@contextmanager
def symbolic() -> Iterator[None]:
    """Keras models that are built inside have shapes but no weights.

    Such a model must not be called before `load` or `randomize`: it would compute with fresh
    random numbers each time, without a word. Automatic layer names start again after it.
    """
    try:
        with (
            keras.StatelessScope(initialize_variables=False),
            _unwatched(),
            _uncollected(),
        ):
            yield
    finally:
        # Keras remembers variables without a value and would fill them all at its next symbolic
        # call; there is no public way to make it forget them alone.
        keras.utils.clear_session(free_memory=False)


_PLAIN = frozenset({type(None), bool, int, float, str})


@contextmanager
def _unwatched() -> Iterator[None]:
    """Keras layers that are made inside do not look at each of their attributes twice.

    Keras looks whether it is something to save, TensorFlow whether it belongs into its own
    checkpoints. Plain values are neither, and nobody here writes TensorFlow's checkpoints. Together
    that is a fourth of the time of a build.
    """
    set_attribute = keras.Layer.__setattr__
    tracking = getattr(keras.Layer, "_self_setattr_tracking", True)

    def set_plain_at_once(layer: Any, name: str, value: Any) -> None:
        if type(value) in _PLAIN:
            object.__setattr__(layer, name, value)
        else:
            set_attribute(layer, name, value)

    keras.Layer.__setattr__ = set_plain_at_once
    keras.Layer._self_setattr_tracking = False  # which TensorFlow's part of a layer asks for
    try:
        yield
    finally:
        keras.Layer.__setattr__ = set_attribute
        keras.Layer._self_setattr_tracking = tracking


@contextmanager
def _uncollected() -> Iterator[None]:
    """Nobody looks for garbage inside: a build makes hundreds of thousands of objects that stay."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.enable()


def randomize(model: Any, seed: int = 0, checkpoint: Checkpoint = nothing) -> None:
    """Give a model that was built inside `symbolic` the random weights of an untrained network.

    Each variable comes from its layer's own initialiser with a seed of its own, so that the same
    seed gives the same network. Running means and variances start at 0 and 1.

    Args:
        model: Built inside `symbolic`; may carry weights by now.
        seed: Which network, 0 or more.
        checkpoint: Called before each variable.

    Raises:
        WeightsError: The model was not built inside `symbolic`.
    """
    for index, variable in enumerate(model.variables):
        checkpoint()
        initializer = variable._initializer
        if initializer is None:
            raise WeightsError(f"{model.name} has weights of its own: open it again.")
        if isinstance(initializer, keras.initializers.Initializer):
            config = initializer.get_config()
            if "seed" in config:
                config["seed"] = int(np.random.SeedSequence([seed, index]).generate_state(1)[0])
                initializer = type(initializer).from_config(config)
        _give(variable, initializer(tuple(variable.shape), dtype=variable.dtype))
    _finish(model)


def load(model: Any, path: Path | str, checkpoint: Checkpoint = nothing) -> None:
    """Give a model the weights of a file; where they do not fit, the model stays as it is.

    Reads what `save_weights` and `save` write today (`.weights.h5`, `.keras`), Keras' older `.h5`
    files, with or without an architecture in them, and the `.safetensors` that timm publishes for
    some of the catalog's networks. Only numbers are read: no pickle, no code, no links to other
    files.

    Args:
        model: A functional or sequential model, built inside `symbolic` or not.
        path: The file.
        checkpoint: Called before each layer.

    Raises:
        WeightsError: The file is missing, damaged, of another kind, or of another network; then
            the first layer that differs is named, with both shapes.
    """
    path = Path(path)
    reader = timm_weights if path.suffix == ".safetensors" else h5weights
    for variable, value in reader.read_values(model, path):
        checkpoint()
        _give(variable, value)
    _finish(model)


def copy(source: Any, target: Any) -> None:
    """Give a model the weights that another one has in its layers of the same names.

    Args:
        source: A functional model with weights.
        target: One whose layers with weights `source` has, too.
    """
    for layer in target.layers:
        if layer.weights:
            values = source.get_layer(layer.name).weights
            for variable, value in zip(layer.weights, values, strict=True):
                _give(variable, value.numpy())
    _finish(target)


def _finish(model: Any) -> None:
    """Make what is in no file: states of random generators, and weights kept in a second form."""
    for variable in model.variables:
        if variable._value is None:
            _give(variable, variable.value)
    for layer in model.layers:
        if isinstance(layer, keras.layers.Normalization):
            layer.finalize_state()
        elif isinstance(layer, keras.Model):
            _finish(layer)


def _give(variable: Any, value: Any) -> None:
    """Set a variable's value; make the variable first where there is none.

    Keras has no public way to make the variables of a symbolic model from values, only from their
    random initialisers: the private one stands here alone.
    """
    if variable._value is None:
        variable._initialize(value)
    else:
        variable.assign(value)
