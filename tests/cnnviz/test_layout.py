import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cnnviz.layout import GAP, arrange


@st.composite
def dags(draw):
    """Boxes of any size, and edges from lower to higher numbers."""
    count = draw(st.integers(1, 30))
    sizes = draw(
        st.lists(
            st.tuples(st.sampled_from([40.0, 90.0, 200.0]), st.sampled_from([20.0, 60.0])),
            min_size=count,
            max_size=count,
        )
    )
    pairs = list(itertools.combinations(range(count), 2))
    edges = draw(st.lists(st.sampled_from(pairs), max_size=50)) if pairs else []
    return sizes, edges


@settings(max_examples=150, deadline=None)
@given(dags())
def test_no_boxes_overlap_and_edges_run_down_beside_them(dag):
    sizes, edges = dag
    layout = arrange(sizes, edges)
    left, top, width, height = layout.rects.T
    assert layout.rects[:, 2:].tolist() == [list(size) for size in sizes]
    for i, j in itertools.combinations(range(len(sizes)), 2):
        apart_x = left[i] + width[i] <= left[j] + 1e-6 or left[j] + width[j] <= left[i] + 1e-6
        apart_y = top[i] + height[i] <= top[j] + 1e-6 or top[j] + height[j] <= top[i] + 1e-6
        assert apart_x or apart_y

    assert {tuple(edge) for edge in layout.edges.tolist()} == set(edges)
    for (source, target), route in zip(layout.edges, layout.routes, strict=True):
        middle = left + width / 2
        assert route[0].tolist() == [middle[source], top[source] + height[source]]
        assert route[-1].tolist() == [middle[target], top[target]]
        assert (np.diff(route[:, 1]) >= 0).all()
        for share in np.linspace(0, 1, 9):
            # Straight between its points, as the curve of the canvas stays in the same gap.
            points = route[:-1] + share * (route[1:] - route[:-1])
            for x, y in points:
                inside = (left < x) & (x < left + width) & (top < y) & (y < top + height)
                inside[[source, target]] = False
                assert not inside.any()


def test_a_chain_is_one_column_in_order():
    layout = arrange([(100, 50)] * 4, [(0, 1), (1, 2), (2, 3)])
    assert np.ptp(layout.rects[:, 0]) == 0
    assert np.diff(layout.rects[:, 1]).tolist() == [50 + GAP] * 3
    assert layout.height == 4 * 50 + 3 * GAP


def test_the_same_graph_is_laid_out_the_same():
    edges = [(0, 1), (0, 2), (1, 3), (2, 3), (0, 3), (3, 4)]
    one, two = (arrange([(80, 40)] * 5, edges) for _ in range(2))
    assert np.array_equal(one.rects, two.rects)
    assert all(np.array_equal(a, b) for a, b in zip(one.routes, two.routes, strict=True))


@pytest.mark.parametrize("count", [0, 1, 3])
def test_boxes_without_edges_stand_side_by_side(count):
    layout = arrange([(50, 20)] * count, [])
    assert len(layout.rects) == count
    assert len(layout.edges) == 0
    assert len(set(layout.rects[:, 0].tolist())) == count
