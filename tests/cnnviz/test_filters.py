import re

import numpy as np
import pytest

from cnnviz.filters import views_of
from cnnviz.graph import Node


def node(kind, **settings):
    return Node("layer", kind, (), ((4, 4, 4),), settings)


def numbered(*shape):
    """Every weight is its own index, so that a mix-up of axes shows."""
    return np.arange(np.prod(shape), dtype=np.float32).reshape(shape)


def said(view, *at):
    """The numbers in the name of a cell."""
    return [int(text.replace(",", "")) for text in re.findall(r"\d[\d,]*", view.where(*at))]


def by_label(views):
    return {view.label: view for view in views}


def test_kernels_of_a_convolution_by_filter_and_by_input():
    kernel = numbered(3, 2, 5, 7)
    views = by_label(views_of("kernel", kernel, node("Conv2D")))
    assert list(views) == ["One filter", "One input channel"]
    one = views["One filter"]
    assert (one.pages, one.pages_are_outputs, one.tiles_are_outputs) == (7, True, False)
    assert one.take(6).shape == (3, 2, 5)
    assert one.take(6)[2, 1, 4] == kernel[2, 1, 4, 6]
    assert said(one, 6, 4, 2, 1) == [6, 4, 2, 1]
    one = views["One input channel"]
    assert (one.pages, one.pages_are_outputs, one.tiles_are_outputs) == (5, False, True)
    assert one.take(4)[2, 1, 6] == kernel[2, 1, 4, 6]
    assert said(one, 4, 6, 2, 1) == [6, 4, 2, 1]


@pytest.mark.parametrize("order", ["rgb", "bgr"])
def test_filters_on_photos_are_colour_pictures(order):
    kernel = numbered(3, 2, 3, 4)
    view = views_of("kernel", kernel, node("Conv2D"), order)[0]
    assert (view.form, view.tiles_are_outputs) == ("colour", True)
    red = 0 if order == "rgb" else 2
    assert view.take(0)[2, 1, 0, 3] == kernel[2, 1, red, 3]
    assert view.take(0)[2, 1, 1, 3] == kernel[2, 1, 1, 3]
    # Three slices stand side by side in the detail: column 3 is the second column of green.
    assert "green" in view.where(0, 3, 2, 3)
    assert said(view, 0, 3, 2, 3) == [3, 2, 1]


def test_groups_are_told_and_are_no_colours():
    views = views_of("kernel", numbered(3, 3, 3, 6), node("Conv2D", groups=2))
    assert all(view.form == "maps" for view in views)
    assert "2 groups" in views[0].note


def test_transposed_kernels_swap_filters_and_inputs():
    kernel = numbered(2, 2, 5, 7)  # 5 filters, 7 inputs
    views = by_label(views_of("kernel", kernel, node("Conv2DTranspose")))
    assert views["One filter"].pages == 5
    assert views["One filter"].take(4)[1, 0, 6] == kernel[1, 0, 4, 6]


def test_depthwise_kernels_all_at_once():
    kernel = numbered(3, 3, 4, 2)
    (view,) = views_of("kernel", kernel, node("DepthwiseConv2D"))
    assert view.take(0).shape == (3, 3, 8)
    assert view.take(0)[1, 2, 5] == kernel[1, 2, 2, 1]
    assert said(view, 0, 5, 1, 2) == [2, 1, 1, 2]
    (view,) = views_of("depthwise_kernel", kernel, node("SeparableConv2D"))
    assert view.label == "All filters"


@pytest.mark.parametrize(
    ("kernel", "kind"),
    [(numbered(1, 1, 5, 6), "Conv2D"), (numbered(5, 6), "Dense"), (numbered(1, 5, 6), "Conv1D")],
)
def test_what_has_no_extent_is_a_matrix(kernel, kind):
    (view,) = views_of("kernel", kernel, node(kind))
    assert (view.form, view.pages) == ("matrix", 1)
    assert view.take(0).shape == (5, 6, 1)
    assert view.take(0)[4, 5, 0] == kernel.reshape(5, 6)[4, 5]
    assert said(view, 0, 0, 4, 5) == [4, 5]


def test_a_huge_matrix_comes_in_blocks_that_cover_it_once():
    kernel = np.broadcast_to(np.arange(1000, dtype=np.float32), (25_088, 1000))
    (view,) = views_of("kernel", kernel, node("Dense"))
    blocks = [view.take(page) for page in range(view.pages)]
    assert all(block.size <= 4_000_000 for block in blocks)
    assert np.concatenate([block[0, :, 0] for block in blocks]).tolist() == list(range(1000))
    last = view.pages - 1
    assert said(view, last, 0, 7, 0) == [7, int(blocks[last][0, 0, 0])]


def test_kernels_over_time_and_volumes():
    kernel = numbered(5, 4, 3)
    (view,) = views_of("kernel", kernel, node("Conv1D"))
    assert view.take(0).shape == (4, 5, 3)
    assert view.take(0)[2, 4, 1] == kernel[4, 2, 1]
    assert said(view, 0, 1, 2, 4) == [1, 2, 4]
    kernel = numbered(2, 3, 4, 5, 6)
    (view,) = views_of("kernel", kernel, node("Conv3D"))
    assert view.take(5).shape == (3, 8, 5)
    assert view.take(5)[2, 4 + 3, 1] == kernel[1, 2, 3, 1, 5]
    assert said(view, 5, 1, 2, 7) == [5, 1, 1, 2, 3]


def test_vectors_are_bars_and_the_rest_has_no_view():
    (view,) = views_of("bias", numbered(9), node("Conv2D"))
    assert (view.form, view.take(0).tolist()) == ("bars", list(range(9)))
    assert views_of("odd", numbered(1, 1, 1, 1, 1, 1), node("Custom")) == ()
    assert views_of("none", numbered(3, 0), node("Custom")) == ()
