"""Networks for the tests of the core."""

import functools

import keras
import pytest


@functools.cache
def _symbolic(builder: str, size: int | None):
    shape = {"input_shape": (size, size, 3)} if size else {}
    with keras.StatelessScope(initialize_variables=False):
        model = getattr(keras.applications, builder)(weights=None, **shape)
    # Keras remembers variables without a value, and would give them one at the next chance.
    keras.utils.clear_session(free_memory=False)
    return model


@pytest.fixture
def symbolic():
    """Gives a network of keras.applications by its builder's name, without weights."""
    return lambda builder, size=None: _symbolic(builder, size)
