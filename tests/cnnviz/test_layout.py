import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cnnviz.layout import GAP, Link, Size, arrange


@st.composite
def dags(draw):
    """Boxes of any size, some with an axis beside the middle, and edges to higher numbers."""
    count = draw(st.integers(1, 30))
    sizes = draw(
        st.lists(
            st.builds(
                Size,
                st.sampled_from([0.0, 40.0, 90.0, 200.0, 700.0]),
                st.sampled_from([0.0, 20.0, 60.0, 400.0]),
            ),
            min_size=count,
            max_size=count,
        )
    )
    sizes = [
        Size(size.width, size.height, size.width * draw(st.sampled_from([0.5, 0.1, 1.0])))
        for size in sizes
    ]
    pairs = list(itertools.combinations(range(count), 2))
    edges = draw(st.lists(st.sampled_from(pairs), max_size=50)) if pairs else []
    links = [
        Link(
            a,
            b,
            draw(st.sampled_from([None, sizes[a].width * 0.25])),
            draw(st.sampled_from([None, sizes[b].width * 0.75])),
        )
        for a, b in edges
    ]
    sinks = [i for i in range(count) if not any(link.source == i for link in links)]
    last = draw(st.lists(st.sampled_from(sinks), max_size=3)) if sinks else []
    return [size._replace(last=True) if i in last else size for i, size in enumerate(sizes)], links


def assert_sound(layout, sizes):
    left, top, width, height = layout.rects.T
    for i, j in itertools.combinations(range(len(sizes)), 2):
        apart_x = left[i] + width[i] <= left[j] + 1e-6 or left[j] + width[j] <= left[i] + 1e-6
        apart_y = top[i] + height[i] <= top[j] + 1e-6 or top[j] + height[j] <= top[i] + 1e-6
        assert apart_x or apart_y
    for link, route in zip(layout.links, layout.routes, strict=True):
        leaves = sizes[link.source].axis if link.leaves is None else link.leaves
        enters = sizes[link.target].axis if link.enters is None else link.enters
        source, target = link.source, link.target
        assert route[0] == pytest.approx([left[source] + leaves, top[source] + height[source]])
        assert route[-1] == pytest.approx([left[target] + enters, top[target]])
        assert (np.diff(route[:, 1]) >= 0).all()
        for share in np.linspace(0, 1, 9):
            # Straight between its points, as the curve of the canvas stays in the same gap.
            points = route[:-1] + share * (route[1:] - route[:-1])
            for x, y in points:
                inside = (
                    (left + 1e-6 < x)
                    & (x < left + width - 1e-6)
                    & (top + 1e-6 < y)
                    & (y < top + height - 1e-6)
                )
                inside[[source, target]] = False
                assert not inside.any()


@settings(max_examples=200, deadline=None)
@given(dags())
def test_no_boxes_overlap_and_edges_run_down_beside_them(dag):
    sizes, links = dag
    layout = arrange(sizes, links)
    assert layout.rects[:, 2:].tolist() == [list(size[:2]) for size in sizes]
    assert set(layout.links) == set(links)
    assert_sound(layout, sizes)
    lowest = layout.rects[[not size.last for size in sizes]]
    for size, rect in zip(sizes, layout.rects, strict=True):
        if size.last and len(lowest):
            assert rect[1] >= (lowest[:, 1] + lowest[:, 3]).max()


def test_a_chain_is_one_column_in_order():
    layout = arrange([Size(100, 50)] * 4, [Link(0, 1), Link(1, 2), Link(2, 3)])
    assert np.ptp(layout.rects[:, 0]) == 0
    assert np.diff(layout.rects[:, 1]).tolist() == [50 + GAP] * 3
    assert layout.height == 4 * 50 + 3 * GAP


def test_the_longest_way_is_a_straight_column_beside_a_skip():
    boxes = [Size(100, 50, 20), Size(300, 50), Size(40, 50), Size(100, 50, 90)]
    layout = arrange(boxes, [Link(0, 1), Link(1, 2), Link(2, 3), Link(0, 3)])
    axes = [rect[0] + (box.width / 2 if box.axis is None else box.axis)
            for rect, box in zip(layout.rects, boxes, strict=True)]  # fmt: skip
    assert axes == pytest.approx([axes[0]] * 4)
    skip = layout.routes[3]
    assert np.unique(skip[2:-2, 0]).size == 1  # one lane, without a bend


def test_side_outputs_stand_on_both_sides():
    #      0 - 1 - 2 - 3, and 4 and 5 from 1
    links = [Link(0, 1), Link(1, 2), Link(2, 3), Link(1, 4), Link(1, 5)]
    layout = arrange([Size(100, 50)] * 6, links)
    middles = layout.rects[:, 0] + 50
    assert middles[:4] == pytest.approx([middles[0]] * 4)
    assert middles[4] < middles[2] < middles[5]
    assert middles[2] - middles[4] == pytest.approx(middles[5] - middles[2])


def test_edges_with_ports_of_their_own_run_side_by_side():
    layout = arrange([Size(100, 10), Size(100, 10)], [Link(0, 1, 20, 20), Link(0, 1, 80, 80)])
    assert [route[:, 0].tolist() for route in layout.routes] == [[20] * 4, [80] * 4]


def test_the_same_graph_is_laid_out_the_same():
    links = [Link(*edge) for edge in [(0, 1), (0, 2), (1, 3), (2, 3), (0, 3), (3, 4)]]
    one, two = (arrange([Size(80, 40)] * 5, links + links[:n]) for n in (0, 2))
    assert np.array_equal(one.rects, two.rects)
    assert all(np.array_equal(a, b) for a, b in zip(one.routes, two.routes, strict=True))


@pytest.mark.parametrize("count", [0, 1, 3])
def test_boxes_without_edges_stand_side_by_side(count):
    layout = arrange([Size(50, 20)] * count, [])
    assert len(layout.rects) == count
    assert len(layout.links) == 0
    assert len(set(layout.rects[:, 0].tolist())) == count


def test_a_cycle_is_refused():
    with pytest.raises(ValueError, match="cycle"):
        arrange([Size(50, 20)] * 2, [Link(0, 1), Link(1, 0)])
