"""Our own layers against loops that follow their definition cell by cell."""

import keras
import numpy as np
import pytest

from models.layers import LocalResponseNormalization


@pytest.mark.parametrize("size", [1, 3, 5])
@pytest.mark.parametrize("channels", [1, 4, 9])
def test_local_response_normalization(size, channels):
    x = np.random.default_rng(1).normal(0, 20, (2, 3, 4, channels)).astype("float32")
    alpha, beta, k = 0.3, 0.75, 2.0
    expected = np.empty_like(x, dtype="float64")
    for cell in np.ndindex(*x.shape[:3]):
        for c in range(channels):
            low, high = max(0, c - size // 2), min(channels, c + size // 2 + 1)
            energy = sum(float(x[cell][i]) ** 2 for i in range(low, high))
            expected[cell][c] = x[cell][c] / (k + alpha / size * energy) ** beta
    layer = LocalResponseNormalization(size=size, alpha=alpha, beta=beta, k=k)
    np.testing.assert_allclose(keras.ops.convert_to_numpy(layer(x)), expected, rtol=1e-5)


def test_local_response_normalization_wants_an_odd_size():
    with pytest.raises(ValueError, match="size=4"):
        LocalResponseNormalization(size=4)


def test_local_response_normalization_is_saved_and_loaded(tmp_path):
    inputs = keras.Input((3, 3, 7), name="input")
    outputs = LocalResponseNormalization(size=3, alpha=0.2, beta=0.5, k=1.5, name="norm")(inputs)
    keras.Model(inputs, outputs).save(tmp_path / "norm.keras")
    loaded = keras.saving.load_model(tmp_path / "norm.keras")
    layer = loaded.get_layer("norm")
    assert (layer.size, layer.alpha, layer.beta, layer.k) == (3, 0.2, 0.5, 1.5)
