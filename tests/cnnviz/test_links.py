"""Links to positions."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnnviz.errors import UserError
from cnnviz.links import Link, is_link, parse_link

NAMES = st.text("abc_019:.-", min_size=1, max_size=12)


@given(
    st.sampled_from(["resnet50", "/home/me/my nets/a b.keras", "nets/x.h5"]),
    st.lists(NAMES, min_size=1, max_size=3).map("/".join),
    st.one_of(
        st.tuples(st.integers(0, 999)),
        st.tuples(st.integers(0, 999), st.integers(0, 999), st.integers(0, 9999)),
    ),
)
def test_a_link_reads_as_it_was_written(model, node, position):
    link = Link(model, node, position)
    assert parse_link(str(link)) == link


def test_rows_columns_and_channels():
    link = parse_link(" resnet50/conv3_block2_out/17,12,9\n")
    assert (link.model, link.node) == ("resnet50", "conv3_block2_out")
    assert (link.row, link.column, link.channel) == (17, 12, 9)
    unit = parse_link("vgg16/predictions/281")
    assert (unit.row, unit.column, unit.channel) == (None, None, 281)


@pytest.mark.parametrize(
    "text",
    ["", "resnet50", "resnet50/conv", "resnet50/conv/1,2", "resnet50/conv/1,2,3,4",
     "resnet50/conv/-1,2,3", "a.keras", "nets/model.keras", "//1,2,3", "x/y/1,2,z"],
)  # fmt: skip
def test_what_is_no_link_is_refused(text):
    assert not is_link(text)
    with pytest.raises(UserError, match="resnet50/conv3_block2_out/17,12,9"):
        parse_link(text)
