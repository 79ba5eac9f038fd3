import itertools

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from cnnviz.figures.flow import Tall, arranged


@st.composite
def ladders(draw):
    """Boxes one under the other, a line from each to the next, and some that pass several."""
    count = draw(st.integers(2, 25))
    heights = draw(st.lists(st.floats(5, 40), min_size=count, max_size=count))
    widths = draw(st.lists(st.floats(10, 80), min_size=count, max_size=count))
    gap = draw(st.floats(8, 20))
    tops = np.concatenate([[0.0], np.cumsum(np.array(heights) + gap)])[:-1]
    blocks = np.array(
        [(-w / 2, top, w / 2, top + h) for w, top, h in zip(widths, tops, heights, strict=True)]
    )
    routes = [np.array([(0.0, a[3]), (0.0, b[1])]) for a, b in itertools.pairwise(blocks.tolist())]
    for lane in range(draw(st.integers(0, 2))):
        x = 50.0 + 10 * lane
        first, last = blocks[0].tolist(), blocks[-1].tolist()
        routes.append(
            np.array(
                [(0.0, first[3]), (x, first[3] + gap / 3), (x, last[1] - gap / 3), (0, last[1])]
            )
        )
    return Tall(blocks, np.zeros((0, 4)), tuple(routes))


@given(ladders(), st.floats(120, 700))
@settings(max_examples=60)
def test_columns_keep_everything_apart(tall, height):
    found = arranged(tall, 2000.0, height, 4.0, 10.0)
    total = tall.area[3] - tall.area[1]
    if found is None:
        assert total > height
        return
    assert found.height <= height + 1e-6
    moved = tall.blocks + np.array([(*move, *move) for move in found.moves])
    for one, other in itertools.combinations(moved.tolist(), 2):
        beside = one[2] <= other[0] or other[2] <= one[0]
        above = one[3] <= other[1] or other[3] <= one[1]
        assert beside or above
    for route in found.routes:
        for (x0, y0), (x1, y1) in itertools.pairwise(route):
            middle = ((x0 + x1) / 2, (y0 + y1) / 2)
            for left, top, right, bottom in moved.tolist():
                inside = left < middle[0] < right and top < middle[1] < bottom
                assert not inside
            assert min(x0, y0, x1, y1) >= -1e-6
            assert max(x0, x1) <= found.width + 1e-6
            assert max(y0, y1) <= found.height + 1e-6


@given(ladders())
@settings(max_examples=20)
def test_lines_begin_and_end_where_they_did(tall):
    found = arranged(tall, 2000.0, (tall.area[3] - tall.area[1]) / 2 + 60, 4.0, 10.0)
    if found is None:
        return
    for before, after in zip(tall.routes, found.routes, strict=True):
        for end in (0, -1):
            source = next(
                i
                for i, block in enumerate(tall.blocks)
                if abs(block[3 if end == 0 else 1] - before[end, 1]) < 1e-9
            )
            expected = before[end] + found.moves[source]
            assert np.allclose(after[end], expected)


def test_a_frame_that_is_cut_goes_on_in_the_next_column():
    blocks = np.array([(0.0, 20.0 * i, 30.0, 20.0 * i + 10) for i in range(6)])
    frames = np.array([(-5.0, -5.0, 35.0, 115.0)])
    found = arranged(Tall(blocks, frames, ()), 200.0, 90.0, 4.0, 10.0)
    first, second = found.pieces
    assert (first.begins, first.ends, second.begins, second.ends) == (True, False, False, True)
    assert first.area[2] < second.area[0]
    for i, (dx, dy) in enumerate(found.moves):
        piece = first.area if dx == found.moves[0][0] else second.area
        assert piece[1] <= blocks[i, 1] + dy
        assert blocks[i, 3] + dy <= piece[3]


def test_what_is_too_wide_has_no_room():
    tall = Tall(np.array([(0.0, 0.0, 100.0, 10.0)]), np.zeros((0, 4)), ())
    assert arranged(tall, 90.0, 50.0, 4.0, 10.0) is None
