"""The recursion's rows against the published table and closed formulas."""

import json
import re
from pathlib import Path

import keras
import pytest
from keras import layers

from cnnviz.errors import UserError
from cnnviz.extract import graph_from_model
from cnnviz.field_report import as_text, field_report
from cnnviz.receptive_field import receptive_fields
from cnnviz.recursion import growth, pyramid
from models.assign import symbolic
from models.registry import find

PUBLISHED = json.loads(
    (Path(__file__).parents[1] / "data/numbers.json").read_text(encoding="utf-8")
)["receptive_fields"]["rows"]


def build(name, **options):
    with symbolic():
        return graph_from_model(find(name).build(**options))


def vgg_name(end_point):
    found = re.fullmatch(r"(?:conv\d/)?(conv|pool)(\d)(?:_(\d))?", end_point)
    kind, block, number = found.groups()
    return f"block{block}_pool" if kind == "pool" else f"block{block}_conv{number}"


V3 = {
    f"Mixed_{block}{letter}": f"mixed{number}"
    for number, (block, letter) in enumerate(
        (block, letter)
        for block, letters in ((5, "bcd"), (6, "abcde"), (7, "abc"))
        for letter in letters
    )
}
V3_FIRST = {
    "Conv2d_1a_3x3": 0,
    "Conv2d_2a_3x3": 1,
    "Conv2d_2b_3x3": 2,
    "MaxPool_3a_3x3": 3,
    "Conv2d_3b_1x1": 4,
    "Conv2d_4a_3x3": 5,
    "MaxPool_5a_3x3": 6,
}
BN = {
    f"Mixed_{end}": f"inception_{ours}_concat"
    for end, ours in zip(
        ["3b", "3c", "4a", "4b", "4c", "4d", "4e", "5a", "5b", "5c"],
        ["3a", "3b", "3c", "4a", "4b", "4c", "4d", "4e", "5a", "5b"],
        strict=True,
    )
}
BN_FIRST = {
    "Conv2d_1a_7x7": 0,
    "MaxPool_2a_3x3": 1,
    "Conv2d_2b_1x1": 2,
    "Conv2d_2c_3x3": 3,
    "MaxPool_3a_3x3": 4,
}


def mobilenet_name(end_point):
    if end_point == "Conv2d_0":
        return "conv1_relu"
    return f"conv_pw_{end_point.split('_')[1]}_relu"


def stem(graph):
    """Convolutions and pools before the first branch, in order."""
    names = []
    for node in graph.nodes:
        if node.type in ("Conv2D", "MaxPooling2D"):
            names.append(node.name)
        if len(graph.consumers[node.name]) > 1:
            return names
    return names


def translate(published, end_point, graph):
    if published.startswith("vgg"):
        return vgg_name(end_point)
    if published == "alexnet_v2":
        return end_point
    if published == "mobilenet_v1":
        return mobilenet_name(end_point)
    named, first = (V3, V3_FIRST) if published == "inception_v3" else (BN, BN_FIRST)
    return named[end_point] if end_point in named else stem(graph)[first[end_point]]


@pytest.mark.parametrize(
    ("name", "published", "least"),
    [
        ("alexnet", "alexnet_v2", 21),
        ("vgg11", "vgg_a", 39),
        ("vgg16", "vgg_16", 39),
        ("inception_v3", "inception_v3", 54),
        ("inception_bn", "inception_v2-no-separable-conv", 45),
        ("mobilenet", "mobilenet_v1", 42),
    ],
)
def test_every_end_point_is_as_published(name, published, least):
    """All rows of the table; without a resolution, paddings that depend on it are None there."""
    rows = [row for row in PUBLISHED if row["model"] == published]
    assert len(rows) >= least
    for resolution in (None, 224, 321):
        options = {"input_shape": (resolution, resolution, 3)} if resolution else {}
        graph = build(name, **options)
        fields = receptive_fields(graph)
        for row in rows:
            if row["resolution"] != resolution:
                continue
            ours = translate(published, row["end_point"].split("/", 1)[-1], graph)
            field = fields[ours]
            assert (field.size, field.stride) == ((row["rf"],) * 2, (row["eff_stride"],) * 2), row
            # Keras' MobileNet pads strided layers below and right whatever the size; TF-Slim pads
            # odd inputs on both sides.
            other_padding = published == "mobilenet_v1" and resolution == 321
            if row["eff_padding"] is not None and not other_padding:
                assert field.padding == (row["eff_padding"],) * 2, row


def test_rows_add_up_to_the_field():
    for name, node in [("vgg16", "block5_pool"), ("resnet50", "conv5_block3_out")]:
        graph = build(name)
        found = growth(graph, node)
        field = receptive_fields(graph)[node]
        assert found.rows[-1].size == field.size
        total = 0
        for term in found.sum[0].split(" = ")[0].split(" + "):
            taps, _, stride = term.partition("·")
            total += int(taps) * int(stride or 1)
        assert total == field.size[0]
        for row, before in zip(found.rows[1:], found.rows, strict=False):
            for formula in row.formulas:
                if formula:
                    left, _, right = formula.partition(" = ")
                    assert int(right) == row.size[0]
                    assert int(left.split(" ")[0]) == before.size[0]
        assert [name for name, *_ in pyramid(graph, found.path, 3)][-1] == graph.inputs[0].name


def test_layers_that_are_alike_have_a_closed_form():
    x = y = keras.Input((40, 40, 1))
    for i in range(4):
        y = layers.Conv2D(1, 5, name=f"conv{i}")(y)
    found = growth(graph_from_model(keras.Model(x, y)), "conv3")
    assert found.closed == "1 + L(K − 1) = 1 + 4·(5 − 1) = 17"
    assert found.rows[-1].size == (17, 17)
    assert growth(build("vgg16"), "block5_pool").closed == ""


def test_the_largest_branch_is_named():
    found = growth(build("resnet50"), "conv3_block2_add")
    branch = found.rows[-1].branch
    assert branch.chosen == "conv3_block2_3_bn"
    assert branch.sizes == {"conv3_block1_out": (51, 51), "conv3_block2_3_bn": (67, 67)}


def test_windows_of_a_position_in_every_layer():
    graph = build("vgg16")
    field = receptive_fields(graph)["block2_pool"]
    stairs = pyramid(graph, growth(graph, "block2_pool").path, 3)
    assert stairs[0] == ("block2_pool", (3, 4), 56)
    assert stairs[1] == ("block2_conv2", (6, 8), 112)
    assert stairs[-1][1] == field.window((3, 3))[0]


def test_layers_larger_than_the_input_are_flagged():
    found = growth(build("resnet50"), "conv5_block3_out")
    flagged = [row.node for row in found.rows if row.exceeds]
    assert flagged
    assert all(max(row.size) > 224 for row in found.rows if row.exceeds)
    assert not any(row.exceeds for row in found.rows if max(row.size) <= 224)


def test_the_report_names_the_previous_layer_and_the_padding():
    graph = build("vgg16")
    report = field_report("vgg16", graph, "block2_pool", position=(0, 0), pixel=(0, 0))
    assert report["size"] == (16, 16)
    assert report["center"] == [1.5, 1.5]
    assert report["in_previous_layer"]["block2_conv2"]["size"] == (2, 2)
    what = report["position"]
    assert what["window"] == ((-6, 10), (-6, 10))
    assert what["clipped"] == ((0, 10), (0, 10))
    assert what["share_in_padding"] == pytest.approx(1 - 100 / 256)
    assert report["pixel"]["box"] == ((0, 2), (0, 2))
    text = as_text(report)
    assert "rows -6..9" in text
    assert "60.9% is padding" in text
    between = field_report("vgg16", graph, "block2_conv2", "block1_pool")
    assert between["size"] == (5, 5)


@pytest.mark.parametrize(
    ("layer", "position", "says"),
    [
        ("block2_pol", None, "did you mean 'block2_pool'"),
        ("block2_pool", (56, 0), "outside"),
        ("block2_pool", (1,), "--position R,C"),
    ],
)
def test_what_is_not_there_is_refused(layer, position, says):
    with pytest.raises(UserError, match=says):
        field_report("vgg16", build("vgg16"), layer, position=position)
