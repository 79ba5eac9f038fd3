"""The building blocks: what they cost and see, and that they compute what their names say."""

from functools import cache

import keras
import numpy as np
import pytest

from cnnviz.costs import graph_costs
from cnnviz.extract import graph_from_model
from cnnviz.receptive_field import receptive_fields
from models.assign import symbolic
from models.registry import catalog, find

EXHIBITS = [entry.id for entry in catalog().values() if entry.exhibit]

# Kernels only, by the formulas that the papers argue with.
KERNELS = {
    "block_conv5x5": 25 * 256**2,
    "block_two_conv3x3": 18 * 256**2,
    "block_conv7x7": 49 * 256**2,
    "block_three_conv3x3": 27 * 256**2,
    "block_inception_naive": 192 * 64 + 9 * 192 * 128 + 25 * 192 * 32,
    "block_inception_3a": 192 * (64 + 96 + 16 + 32) + 9 * 96 * 128 + 25 * 16 * 32,
    "block_conv3x3_256": 9 * 192 * 256,
    "block_conv5x5_256": 25 * 192 * 256,
    "block_inception_v3_a": (288 * (64 + 48 + 64 + 64) + 9 * (48 * 64 + 64 * 96 + 96 * 96)),
    "block_inception_v3_b": 768 * 192 * 4 + 7 * 192**2 * 6,
    "block_inception_v3_c": (2048 * (320 + 384 + 448 + 192) + 9 * 448 * 384 + 3 * 384 * 384 * 4),
    "block_residual_basic": 2 * 9 * 64**2,
    "block_residual_bottleneck": 2 * 64 * 256 + 9 * 64**2,
    "block_residual_preact": 2 * 64 * 256 + 9 * 64**2,
    "block_resnext": 2 * 128 * 256 + 9 * 4 * 128,
    "block_dense": sum((64 + 32 * i) * 128 + 9 * 128 * 32 for i in range(6)),
    "block_depthwise_separable": 9 * 512 + 512**2,
    "block_standard_conv": 9 * 512**2,
    "block_inverted_residual": 2 * 24 * 144 + 9 * 144,
    "block_shuffle_v1": 2 * 240 * 60 // 3 + 9 * 60,
    "block_shuffle_v2": 2 * 58**2 + 9 * 58,
    "block_squeeze_excite": 2 * 256 * 16,
}

# What a cell of the output sees of the block's input.
SEES = {
    "block_conv5x5": 5,
    "block_two_conv3x3": 5,
    "block_conv7x7": 7,
    "block_three_conv3x3": 7,
    "block_inception_naive": 5,
    "block_inception_3a": 5,
    "block_conv5x5_256": 5,
    "block_inception_v3_a": 5,
    "block_inception_v3_b": 13,
    "block_residual_basic": 5,
    "block_residual_bottleneck": 3,
    "block_resnext": 3,
    "block_dense": 13,
    "block_depthwise_separable": 3,
    "block_shuffle_v2": 3,
}


@cache
def model_of(id_):
    with symbolic():
        return find(id_).build()


def kernels(id_):
    roles = ("kernel", "depthwise_kernel")
    return sum(int(np.prod(w.shape)) for w in model_of(id_).weights if w.name in roles)


def macs(id_):
    return graph_costs(graph_from_model(model_of(id_))).macs


def test_every_exhibit_is_counted_here():
    assert set(KERNELS) == set(EXHIBITS)


@pytest.mark.parametrize("id_", EXHIBITS)
def test_kernels(id_):
    entry, model = find(id_), model_of(id_)
    assert model.name == id_
    assert model.input_shape == (None, *entry.input_shape)
    assert kernels(id_) == KERNELS[id_]
    costs = graph_costs(graph_from_model(model))
    assert not costs.not_counted
    if id_ != "block_squeeze_excite":  # Its layers see one cell, not a map.
        height, width, _ = entry.input_shape
        assert costs.macs == height * width * kernels(id_)


@pytest.mark.parametrize("id_", SEES)
def test_what_a_cell_sees(id_):
    graph = graph_from_model(model_of(id_))
    field = receptive_fields(graph)[graph.outputs[0].node]
    assert field.size == (SEES[id_],) * 2
    assert field.stride == (1, 1)


def test_the_ratios_that_the_facts_tell():
    def parameters(id_):
        return model_of(id_).count_params()

    module = parameters("block_inception_3a")
    assert parameters("block_conv3x3_256") / module == pytest.approx(2.7, abs=0.05)
    assert parameters("block_conv5x5_256") / module == pytest.approx(7.5, abs=0.05)
    assert macs("block_inception_3a") < macs("block_inception_naive") / 2
    assert model_of("block_inception_naive").output_shape[-1] == 416
    assert model_of("block_inception_3a").output_shape[-1] == 256
    assert 8.5 < macs("block_standard_conv") / macs("block_depthwise_separable") < 9
    assert macs("block_resnext") == pytest.approx(macs("block_residual_bottleneck"), rel=0.02)
    assert macs("block_residual_bottleneck") == pytest.approx(
        macs("block_residual_basic"), rel=0.06
    )


RESIDUALS = {
    # Layers that must be zero for the branch to say nothing, and what the block does then.
    "block_residual_basic": (["block_2_bn"], "relu"),
    "block_residual_bottleneck": (["block_3_bn"], "relu"),
    "block_resnext": (["block_3_bn"], "relu"),
    "block_residual_preact": (["block_3_conv"], "nothing"),
    "block_inverted_residual": (["project_bn"], "nothing"),
    "block_shuffle_v1": (["unit_expand_bn"], "relu"),
}


@pytest.mark.parametrize("id_", RESIDUALS)
def test_a_silent_branch_leaves_the_input(id_):
    names, then = RESIDUALS[id_]
    model = find(id_).build(input_shape=(6, 6, find(id_).input_shape[2]))
    x = np.random.default_rng(0).normal(size=(2, *model.input_shape[1:])).astype("float32")
    before = keras.ops.convert_to_numpy(model(x))
    for name in names:
        layer = model.get_layer(name)
        first, *rest = layer.get_weights()
        layer.set_weights([np.zeros_like(first), *rest])
    after = keras.ops.convert_to_numpy(model(x))
    assert not np.allclose(before, after)
    np.testing.assert_allclose(after, np.maximum(x, 0) if then == "relu" else x, atol=1e-6)


def test_shuffle_v2_passes_half_untouched():
    model = find("block_shuffle_v2").build(input_shape=(5, 5, 116))
    x = np.random.default_rng(0).normal(size=(1, 5, 5, 116)).astype("float32")
    y = keras.ops.convert_to_numpy(model(x))
    np.testing.assert_array_equal(y[..., ::2], x[..., :58])
    assert not np.isin(y[..., 1::2], x).any()


def test_dense_block_keeps_everything():
    model = find("block_dense").build(input_shape=(4, 4, 64))
    x = np.random.default_rng(0).normal(size=(1, 4, 4, 64)).astype("float32")
    y = keras.ops.convert_to_numpy(model(x))
    assert y.shape == (1, 4, 4, 64 + 6 * 32)
    np.testing.assert_array_equal(y[..., :64], x)


def test_squeeze_excite_scales_whole_channels():
    model = find("block_squeeze_excite").build(input_shape=(4, 4, 256))
    x = np.random.default_rng(0).uniform(1, 2, (1, 4, 4, 256)).astype("float32")
    factors = keras.ops.convert_to_numpy(model(x)) / x
    assert 0 < factors.min() <= factors.max() < 1
    np.testing.assert_allclose(factors, np.broadcast_to(factors[:, :1, :1], factors.shape), 1e-5)
