"""The slices of a filter make what Keras makes of the maps that they are said to read."""

import numpy as np
import pytest
from keras import layers

from cnnviz.filters import beside_view, ordered, views_of
from cnnviz.graph import Node
from cnnviz.opened_filter import filters_to_open, open_filter

RNG = np.random.default_rng(0)


def opened_as(layer, settings=None):
    node = Node("layer", type(layer).__name__, (), ((1,),), settings=settings or {})
    return node, np.asarray(layer.weights[0])


def correlated(maps, slices):
    """Sum over maps of each map under its slice, wherever the slice fits."""
    windows = np.lib.stride_tricks.sliding_window_view(maps, slices.shape[:2], axis=(0, 1))
    return np.einsum("yxcij,ijc->yx", windows, slices, dtype=np.float64)


@pytest.mark.parametrize(
    ("layer", "settings", "filters", "read"),
    [
        (lambda: layers.Conv2D(5, 3), {}, 5, 6),
        (lambda: layers.Conv2D(4, (3, 2), groups=2), {"groups": 2}, 4, 3),
        (lambda: layers.Conv2D(7, 1), {}, 7, 6),
        (lambda: layers.DepthwiseConv2D(3, depth_multiplier=2), {}, 12, 1),
    ],
    ids=["plain", "groups", "pointwise", "depthwise"],
)
def test_every_filter_makes_its_map_from_what_it_reads(layer, settings, filters, read):
    layer = layer()
    values = RNG.normal(size=(1, 9, 8, 6)).astype(np.float32)
    made = np.asarray(layer(values))[0]
    node, kernel = opened_as(layer, settings)
    assert filters_to_open(node, kernel) == filters == made.shape[-1]
    for number in range(filters):
        opened = open_filter(node, kernel, number)
        assert opened.number == number
        assert len(opened.inputs) == opened.slices.shape[-1] == read
        expected = correlated(values[0][..., opened.inputs], opened.slices)
        np.testing.assert_allclose(made[..., number], expected, atol=1e-5)


def test_the_first_lenet_reads_some_maps_only():
    from models.lenet import C3_CONNECTIONS
    from models.lenet_layers import SparseConnectionConv2D

    layer = SparseConnectionConv2D(C3_CONNECTIONS, 5)
    values = RNG.normal(size=(1, 14, 14, 6)).astype(np.float32)
    made = np.asarray(layer(values))[0]
    node, kernel = opened_as(layer, {"connections": C3_CONNECTIONS})
    assert filters_to_open(node, kernel) == 16
    for number in range(16):
        opened = open_filter(node, kernel, number)
        assert opened.inputs == tuple(C3_CONNECTIONS[number])
        expected = correlated(values[0][..., opened.inputs], opened.slices)
        np.testing.assert_allclose(made[..., number], expected, atol=1e-5)


def test_a_transposed_filter_stamps_its_slices():
    layer = layers.Conv2DTranspose(4, 3)
    layer.build((1, 5, 5, 2))
    node, kernel = opened_as(layer)
    assert filters_to_open(node, kernel) == 4
    for channel in range(2):
        one = np.zeros((1, 5, 5, 2), np.float32)
        one[0, 1, 2, channel] = 1
        stamped = np.asarray(layer(one))[0, 1:4, 2:5]
        for number in range(4):
            slices = open_filter(node, kernel, number).slices
            np.testing.assert_allclose(stamped[..., number], slices[..., channel], atol=1e-6)


def test_a_sequence_has_slices_of_one_row():
    layer = layers.Conv1D(3, 4)
    layer.build((1, 10, 2))
    node, kernel = opened_as(layer)
    opened = open_filter(node, kernel, 1)
    assert opened.slices.shape == (1, 4, 2)
    np.testing.assert_array_equal(opened.slices[0], kernel[..., 1])


@pytest.mark.parametrize("layer", [layers.Dense(3), layers.Conv3D(3, 1)])
def test_what_has_no_such_filters_cannot_be_opened(layer):
    layer.build((1, *(4,) * (1 if isinstance(layer, layers.Dense) else 4)))
    node, kernel = opened_as(layer)
    assert filters_to_open(node, kernel) == 0
    assert beside_view(node, kernel) is None


def test_pointwise_matrices_are_sorted_by_column_also_over_pages(monkeypatch):
    monkeypatch.setattr("cnnviz.filters._LARGEST_MATRIX", 12)
    kernel = RNG.normal(size=(1, 1, 4, 8)).astype(np.float32)
    (view,) = views_of("kernel", kernel, Node("layer", "Conv2D", (), ((1,),)))
    assert (view.pages, view.columns_are_outputs) == (3, 3)
    order = [5, 0, 7, 2, 1, 6, 3, 4]
    arranged = ordered(view, order)
    whole = np.concatenate([arranged.take(page) for page in range(3)], axis=1)[..., 0]
    np.testing.assert_array_equal(whole, kernel[0, 0][:, order])
    assert arranged.where(1, 0, 2, 1) == "input channel 2  ·  filter 1"
    assert [arranged.output_of(place) for place in range(8)] == order
    assert arranged.place_of(7) == 2
