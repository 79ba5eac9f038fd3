"""Our own layers against loops that follow their definition cell by cell."""

import keras
import numpy as np
import pytest

from models.layers import (
    ChannelPadding,
    ChannelShuffle,
    ChannelSlice,
    LocalResponseNormalization,
)


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


def as_numpy(x):
    return keras.ops.convert_to_numpy(x)


def normal(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape).astype("float32")


@pytest.mark.parametrize(("channels", "groups"), [(6, 2), (12, 3), (8, 8), (4, 1)])
def test_channel_shuffle(channels, groups):
    x = normal(2, 3, 4, channels)
    y = as_numpy(ChannelShuffle(groups)(x))
    size = channels // groups
    for group in range(groups):
        for place in range(size):
            moved = y[..., place * groups + group]
            np.testing.assert_array_equal(moved, x[..., group * size + place])


def test_channel_shuffle_lets_every_group_read_from_all():
    """After it, each run of channels that a next group reads holds one of every old group."""
    x = np.repeat(np.arange(3), 5).astype("float32").reshape(1, 1, 1, 15)
    y = as_numpy(ChannelShuffle(3)(x)).ravel()
    assert [set(y[start : start + 5]) for start in (0, 5, 10)] == [{0, 1, 2}] * 3


def test_channel_shuffle_wants_even_groups():
    with pytest.raises(ValueError, match="7 channels do not fall into 2"):
        ChannelShuffle(2)(normal(1, 2, 2, 7))


def test_channel_slice():
    x = normal(2, 3, 3, 5)
    np.testing.assert_array_equal(as_numpy(ChannelSlice(1, 4)(x)), x[..., 1:4])


def test_channel_padding():
    x = normal(2, 3, 3, 2)
    y = as_numpy(ChannelPadding(5)(x))
    np.testing.assert_array_equal(y[..., :2], x)
    assert y.shape == (2, 3, 3, 5)
    assert not y[..., 2:].any()


def test_channel_padding_cuts_nothing_off():
    with pytest.raises(ValueError, match="5 channels cannot be padded to 3"):
        ChannelPadding(3)(normal(1, 2, 2, 5))


@pytest.mark.parametrize(
    "layer",
    [ChannelShuffle(2), ChannelSlice(1, 3), ChannelPadding(9)],
    ids=lambda layer: layer.name,
)
def test_channel_layers_are_saved_and_loaded(layer, tmp_path):
    inputs = keras.Input((3, 3, 4), name="input")
    model = keras.Model(inputs, layer(inputs))
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    x = normal(2, 3, 3, 4)
    np.testing.assert_array_equal(as_numpy(loaded(x)), as_numpy(model(x)))
    assert model.output_shape[1:] == as_numpy(model(x)).shape[1:]
