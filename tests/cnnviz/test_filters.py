import keras
import numpy as np
import pytest
from keras import layers

from cnnviz.extract import graph_from_model
from cnnviz.filter_report import report_on
from cnnviz.filters import frequency_response, ordered, views_of
from cnnviz.library import open_model
from cnnviz.requests import OpenModel

RNG = np.random.default_rng(0)


def node_of(layer, shape=(9, 9, 4)):
    model = keras.Sequential([keras.Input(shape), layer])
    return graph_from_model(model).nodes[-1]


@pytest.fixture
def conv():
    return node_of(layers.Conv2D(6, 3))


def test_dead_and_twin_filters_are_found_and_no_others(conv):
    kernel = RNG.normal(size=(3, 3, 4, 6)).astype(np.float32)
    kernel[..., 2] = 0
    kernel[..., 4] = 1.7 * kernel[..., 1] + 0.01 * RNG.normal(size=(3, 3, 4))
    kernel[..., 5] = -kernel[..., 0]  # the opposite is no twin
    report = report_on(conv, kernel)
    np.testing.assert_allclose(report.norms, np.linalg.norm(kernel.reshape(-1, 6), axis=0), 1e-5)
    assert report.dead == (2,)
    ((first, second, cosine),) = report.twins
    assert (first, second) == (1, 4)
    a, b = kernel[..., 1].ravel(), kernel[..., 4].ravel()
    assert cosine == pytest.approx(a @ b / np.linalg.norm(a) / np.linalg.norm(b), abs=1e-5)


def test_the_filters_of_a_depthwise_layer_are_its_channels():
    node = node_of(layers.DepthwiseConv2D(3, depth_multiplier=2))
    kernel = RNG.normal(size=(3, 3, 4, 2)).astype(np.float32)
    report = report_on(node, kernel)
    expected = [np.linalg.norm(kernel[:, :, i // 2, i % 2]) for i in range(8)]
    np.testing.assert_allclose(report.norms, expected, rtol=1e-5)


def test_so_many_filters_that_comparing_takes_long_are_not_compared():
    kernel = RNG.normal(size=(600, 3000)).astype(np.float32)
    report = report_on(node_of(layers.Dense(3000), (600,)), kernel)
    assert report.twins is None
    np.testing.assert_allclose(report.norms, np.linalg.norm(kernel, axis=0), rtol=1e-5)


def test_a_kernel_of_zeros_is_all_dead(conv):
    report = report_on(conv, np.zeros((3, 3, 4, 6), np.float32))
    assert report.dead == tuple(range(6))
    assert report.twins == ()


def test_sorted_views_show_the_same_weights_elsewhere(conv):
    kernel = RNG.normal(size=(3, 3, 4, 6)).astype(np.float32)
    order = (4, 0, 5, 2, 1, 3)
    for view in views_of("kernel", kernel, conv):
        again = ordered(view, order)
        if not (view.tiles_are_outputs or view.pages_are_outputs):
            assert again is view
            continue
        for place, output in enumerate(order):
            assert again.output_of(place) == output
            assert again.place_of(output) == place
            if view.pages_are_outputs:
                np.testing.assert_array_equal(again.take(place), view.take(output))
                assert again.where(place, 1, 2, 0) == view.where(output, 1, 2, 0)
            else:
                np.testing.assert_array_equal(again.take(1)[..., place], view.take(1)[..., output])
                assert again.where(1, place, 2, 0) == view.where(1, output, 2, 0)


def test_the_frequency_response_is_the_sum_over_the_kernel():
    kernel = RNG.normal(size=(3, 5, 2)).astype(np.float32)
    size = 8
    response = frequency_response(kernel, size)
    for u, v in ((0, 0), (3, -2), (-4, 1)):
        waves = np.exp(-2j * np.pi * (u * np.arange(3)[:, None] + v * np.arange(5)[None, :]) / size)
        expected = np.abs((kernel * waves[..., None]).sum(axis=(0, 1)))
        np.testing.assert_allclose(response[u + size // 2, v + size // 2], expected, rtol=1e-4)


def test_a_blur_passes_what_is_coarse_and_an_edge_what_is_fine():
    middle = 16
    blur = frequency_response(np.full((3, 3, 1), 1 / 9, np.float32))[..., 0]
    assert blur[middle, middle] == pytest.approx(1) == blur.max()
    edge = frequency_response(np.array([[[-1.0], [1.0]]], np.float32))[..., 0]
    assert edge[middle, middle] == pytest.approx(0, abs=1e-6)
    assert edge[middle, 0] == pytest.approx(2)


def test_lenets_connection_table_is_the_one_of_the_paper():
    node = open_model(OpenModel("lenet5")).answer.graph.by_name["c3_conv"]
    table, one_filter, one_input, *_ = views_of(
        "kernel", RNG.normal(size=(5, 5, 60)).astype(np.float32), node
    )
    shown = table.take(0)[..., 0]
    assert shown.shape == (6, 16)
    # LeCun et al. 1998, table I: three maps for the first six filters, four for the next nine, all
    # for the last; every map is read by ten filters.
    assert shown.sum(axis=0).tolist() == [3] * 6 + [4] * 9 + [6]
    assert shown.sum(axis=1).tolist() == [10] * 6
    assert np.flatnonzero(shown[:, 5]).tolist() == [0, 1, 5]
    for filter_ in range(16):
        kernel = one_filter.take(filter_)
        read = np.abs(kernel).max(axis=(0, 1)) > 0
        np.testing.assert_array_equal(read, shown[:, filter_] == 1)
        np.testing.assert_array_equal(kernel[..., 3], one_input.take(3)[..., filter_])
    assert table.where(0, 0, 5, 5) == "filter 5 reads map 5"
    assert table.where(0, 0, 4, 5) == "filter 5 does not read map 4"
