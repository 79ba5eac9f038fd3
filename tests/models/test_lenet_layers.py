"""The layers of 1998 against loops that follow the paper unit by unit."""

import keras
import numpy as np
import pytest

from models.assign import randomize, symbolic
from models.lenet import C3_CONNECTIONS, digit_codes, lenet5
from models.lenet_layers import RBF, SparseConnectionConv2D, Subsampling2D, scaled_tanh


def as_numpy(x):
    return keras.ops.convert_to_numpy(x)


def normal(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape).astype("float32")


def test_scaled_tanh():
    x = np.array([-1.0, 0.0, 1.0, 50.0])
    np.testing.assert_allclose(as_numpy(scaled_tanh(x)), [-1, 0, 1, 1.7159], atol=1e-4)


@pytest.mark.parametrize(("pool", "side"), [(2, 6), (2, 7), ((3, 2), 6)])
def test_subsampling(pool, side):
    x = normal(2, side, side, 3)
    layer = Subsampling2D(pool, activation="tanh")
    layer.build(x.shape)
    coefficient, bias = normal(3, seed=1), normal(3, seed=2)
    layer.set_weights([coefficient, bias])
    height, width = layer.pool_size
    y = as_numpy(layer(x))
    assert y.shape == layer.compute_output_shape(x.shape)
    for n, i, j, c in np.ndindex(*y.shape):
        window = x[n, i * height : (i + 1) * height, j * width : (j + 1) * width, c]
        unit = coefficient[c] * sum(float(v) for v in window.ravel()) + bias[c]
        assert y[n, i, j, c] == pytest.approx(np.tanh(unit), abs=1e-5)


def test_subsampling_has_two_parameters_a_map_and_begins_as_the_mean():
    layer = Subsampling2D(2)
    x = normal(1, 4, 4, 6)
    y = as_numpy(layer(x))
    assert layer.count_params() == 12
    means = x.reshape(1, 2, 2, 2, 2, 6).mean(axis=(2, 4))
    np.testing.assert_allclose(y, means, atol=1e-6)


def test_sparse_connections():
    connections = ((0, 2), (1,), (0, 1, 3))
    x = normal(2, 6, 5, 4)
    layer = SparseConnectionConv2D(connections, (3, 2))
    layer.build(x.shape)
    kernel, bias = normal(3, 2, 6, seed=1), normal(3, seed=2)
    layer.set_weights([kernel, bias])
    y = as_numpy(layer(x))
    assert y.shape == (2, 4, 4, 3) == layer.compute_output_shape(x.shape)
    pairs = [(f, c) for f, channels in enumerate(connections) for c in channels]
    for n, i, j, f in np.ndindex(*y.shape):
        unit = float(bias[f])
        for pair, (filter_, channel) in enumerate(pairs):
            if filter_ == f:
                unit += float((x[n, i : i + 3, j : j + 2, channel] * kernel[..., pair]).sum())
        assert y[n, i, j, f] == pytest.approx(unit, abs=1e-5)


def test_the_papers_connections_have_the_papers_parameters():
    layer = SparseConnectionConv2D(C3_CONNECTIONS, 5)
    layer.build((None, 14, 14, 6))
    assert layer.count_params() == 1516
    # No two maps read the same, and every map of S2 is read ten times.
    assert len(set(C3_CONNECTIONS)) == 16
    read = [channel for channels in C3_CONNECTIONS for channel in channels]
    assert [read.count(channel) for channel in range(6)] == [10] * 6


def test_sparse_connections_refuse_channels_that_are_not_there():
    with pytest.raises(ValueError, match="input of 3 does not have"):
        SparseConnectionConv2D(((0, 3),), 3)(normal(1, 4, 4, 3))


def test_sparse_connections_refuse_an_input_smaller_than_the_filter():
    with pytest.raises(ValueError, match="5x5 filter does not fit into an input of 4x9"):
        SparseConnectionConv2D(((0,),), 5).compute_output_shape((None, 4, 9, 1))


def test_radial_basis_functions():
    codes = np.sign(normal(3, 7))
    x = normal(4, 7, seed=1)
    layer = RBF(codes.tolist())
    y = as_numpy(layer(x))
    for n, unit in np.ndindex(4, 3):
        distance = sum((float(a) - float(b)) ** 2 for a, b in zip(x[n], codes[unit], strict=True))
        assert y[n, unit] == pytest.approx(distance, rel=1e-5)
    assert layer.trainable_weights == []
    assert layer.count_params() == 21


def test_radial_basis_functions_refuse_another_length():
    with pytest.raises(ValueError, match="3 values; the input has 5"):
        RBF([[1, -1, 1]])(normal(1, 5))


def test_a_perfect_drawing_is_recognised():
    codes = np.array(digit_codes(), "float32")
    assert codes.shape == (10, 84)
    assert set(np.unique(codes)) == {-1, 1}
    penalties = as_numpy(RBF(codes.tolist())(codes))
    np.testing.assert_allclose(np.diag(penalties), 0)
    # Any two digits differ in at least four of the 84 pixels, each worth (1 - -1)^2.
    others = penalties[~np.eye(10, dtype=bool)]
    assert others.min() >= 4 * 4
    np.testing.assert_allclose(penalties % 4, 0)


def test_the_most_likely_digit_has_the_smallest_penalty():
    with symbolic():
        model = lenet5()
    randomize(model, seed=3)
    both = keras.Model(model.input, [model.get_layer("output_rbf").output, model.output])
    penalties, chances = map(as_numpy, both(normal(5, 32, 32, 1)))
    np.testing.assert_array_equal(penalties.argmin(axis=1), chances.argmax(axis=1))
    expected = np.exp(-(penalties - penalties.min(axis=1, keepdims=True)))
    expected /= expected.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(chances, expected, rtol=1e-3, atol=1e-7)


def test_lenet5_is_saved_and_loaded_with_its_codes(tmp_path):
    model = lenet5()
    model.save(tmp_path / "lenet5.keras")
    loaded = keras.saving.load_model(tmp_path / "lenet5.keras")
    x = normal(2, 32, 32, 1)
    np.testing.assert_allclose(as_numpy(loaded(x)), as_numpy(model(x)), rtol=1e-5)
    np.testing.assert_array_equal(
        as_numpy(loaded.get_layer("output_rbf").kernel).T, np.array(digit_codes())
    )


def test_lenet5_has_codes_for_ten():
    with pytest.raises(ValueError, match="ten digits"):
        lenet5(classes=11)
