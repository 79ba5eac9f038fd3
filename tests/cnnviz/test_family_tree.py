import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cnnviz.family_tree import arrange, least_width


@st.composite
def trees(draw):
    rows = sorted(draw(st.lists(st.integers(0, 4), min_size=1, max_size=12)))
    rows = [sorted(set(rows)).index(row) for row in rows]
    widths = [draw(st.floats(5, 80)) for _ in rows]
    pairs = [(a, b) for a, b in itertools.combinations(range(len(rows)), 2) if rows[a] < rows[b]]
    edges = draw(st.lists(st.sampled_from(pairs), unique=True, max_size=14)) if pairs else []
    return rows, widths, edges


@settings(max_examples=60, deadline=None)
@given(trees(), st.floats(50, 2000), st.floats(0, 30))
def test_nothing_stands_over_anything_else_or_outside(tree, width, gap):
    rows, widths, edges = tree
    made = arrange(rows, widths, edges, width, gap)
    # Lines that pass through a row stand in it as cards do.
    spans = {row: [] for row in rows}
    for card, row in enumerate(rows):
        spans[row].append((made.middles[card] - widths[card] / 2, widths[card]))
    for thread in made.threads:
        for row, x in thread.passes:
            spans[row].append((x - 5, 10))
    needed = max(least_width([w for _, w in row], gap) for row in spans.values())
    for inside in spans.values():
        inside.sort()
        assert inside[0][0] >= -1e-6
        assert inside[-1][0] + inside[-1][1] <= max(width, needed) + 1e-6
        for (left, w), (right, _) in itertools.pairwise(inside):
            assert left + w + gap <= right + 1e-6
    assert [(t.start, t.end) for t in made.threads] == edges
    for thread in made.threads:
        rows_passed = [row for row, _ in thread.passes]
        assert rows_passed == list(range(rows[thread.start] + 1, rows[thread.end]))


def test_a_chain_is_straight():
    made = arrange([0, 1, 2], [10, 50, 20], [(0, 1), (1, 2)], 200, 10)
    assert len({round(x, 6) for x in made.middles.values()}) == 1


def test_siblings_stand_around_their_parent():
    made = arrange([0, 1, 1], [20, 20, 20], [(0, 1), (0, 2)], 200, 10)
    assert sorted([made.middles[1], made.middles[2]]) == pytest.approx(
        [made.middles[0] - 15, made.middles[0] + 15]
    )


def test_two_families_do_not_cross():
    edges = [(0, 3), (1, 2)]
    made = arrange([0, 0, 1, 1], [20] * 4, edges, 200, 10)
    assert (made.middles[0] - made.middles[1]) * (made.middles[3] - made.middles[2]) > 0
