import itertools
import sys

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from cnnviz.layout import GAP, arrange


@pytest.fixture(params=["fast-sugiyama", "without it"])
def layering(request, monkeypatch):
    """Both ways of sorting boxes into layers."""
    if request.param == "without it":
        monkeypatch.setitem(sys.modules, "fast_sugiyama", None)


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


@settings(
    max_examples=120,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(dags(), st.sampled_from(["down", "right"]))
@example(([(40.0, 20.0)] * 17, [(0, 1), (11, 13), (11, 16), (13, 14), (14, 16)]), "down")
def test_no_boxes_overlap_and_edges_run_beside_them(layering, dag, direction):
    sizes, edges = dag
    layout = arrange(sizes, edges, direction)
    left, top, width, height = layout.rects.T
    assert layout.rects[:, 2:].tolist() == [list(size) for size in sizes]
    assert left.min() >= 0
    assert top.min() >= 0
    assert (left + width).max() <= layout.width + 1e-9
    assert (top + height).max() <= layout.height + 1e-9
    for i, j in itertools.combinations(range(len(sizes)), 2):
        apart_x = left[i] + width[i] <= left[j] + 1e-6 or left[j] + width[j] <= left[i] + 1e-6
        apart_y = top[i] + height[i] <= top[j] + 1e-6 or top[j] + height[j] <= top[i] + 1e-6
        assert apart_x or apart_y

    assert {tuple(edge) for edge in layout.edges.tolist()} == set(edges)
    along = 1 if direction == "down" else 0
    for (source, target), route in zip(layout.edges, layout.routes, strict=True):
        start = layout.rects[source, :2] + layout.rects[source, 2:] / 2
        start[along] += layout.rects[source, 2 + along] / 2
        end = layout.rects[target, :2] + layout.rects[target, 2:] / 2
        end[along] -= layout.rects[target, 2 + along] / 2
        assert route[0] == pytest.approx(start)
        assert route[-1] == pytest.approx(end)
        assert (np.diff(route[:, along]) >= 0).all()
        for share in np.linspace(0, 1, 9):
            # Straight between its points, as the curve of the canvas stays in the same gap.
            points = route[:-1] + share * (route[1:] - route[:-1])
            for x, y in points:
                inside = (left < x) & (x < left + width) & (top < y) & (y < top + height)
                inside[[source, target]] = False
                assert not inside.any()


def test_a_chain_is_one_column_in_order(layering):
    layout = arrange([(100, 50)] * 4, [(0, 1), (1, 2), (2, 3)])
    assert layout.rects[:, 0].tolist() == [0] * 4
    assert np.diff(layout.rects[:, 1]).tolist() == [50 + GAP] * 3
    assert (layout.width, layout.height) == (100, 4 * 50 + 3 * GAP)


def test_a_chain_across_is_one_row():
    layout = arrange([(100, 50)] * 4, [(0, 1), (1, 2), (2, 3)], "right")
    assert layout.rects[:, 1].tolist() == [0] * 4
    assert np.diff(layout.rects[:, 0]).tolist() == [100 + GAP] * 3


def residual(blocks, branch):
    """Blocks of `branch` boxes on the long way, a skip, and a box where they meet."""
    edges, last, free = [], 0, 1
    trunk = [0]
    for _ in range(blocks):
        chain = list(range(free, free + branch + 1))
        edges += [*itertools.pairwise([last, *chain]), (last, chain[-1])]
        trunk += chain
        last, free = chain[-1], free + branch + 1
    return trunk, edges


def test_the_longest_way_is_straight_and_skips_run_beside_it(layering):
    trunk, edges = residual(blocks=8, branch=3)
    layout = arrange([(100, 40)] * len(trunk), edges)
    assert np.ptp(layout.rects[:, 0]) == 0
    for (source, target), route in zip(layout.edges, layout.routes, strict=True):
        if target - source > 1:
            beside = route[len(route) // 2, 0]
            middle = layout.rects[0, 0] + 50
            assert 50 < abs(beside - middle) < 100


def test_every_reader_is_below_what_it_reads(layering):
    _, edges = residual(blocks=3, branch=2)
    layout = arrange([(100, 40)] * 10, edges)
    for source, target in edges:
        assert layout.rects[target, 1] >= layout.rects[source, 1] + 40 + GAP


def test_the_same_graph_is_laid_out_the_same(layering):
    edges = [(0, 1), (0, 2), (1, 3), (2, 3), (0, 3), (3, 4)]
    one, two = (arrange([(80, 40)] * 5, edges) for _ in range(2))
    assert np.array_equal(one.rects, two.rects)
    assert all(np.array_equal(a, b) for a, b in zip(one.routes, two.routes, strict=True))


@pytest.mark.parametrize("count", [0, 1, 3])
def test_boxes_without_edges_stand_side_by_side(layering, count):
    layout = arrange([(50, 20)] * count, [])
    assert len(layout.rects) == count
    assert len(layout.edges) == 0
    assert len(set(layout.rects[:, 0].tolist())) == count
