"""Blocks and stages of two models: exactly the known differences, and nothing lost."""

from collections import Counter
from functools import cache

import pytest

from cnnviz.alignment import cut_nodes, model_diff
from cnnviz.comparer import Comparer
from cnnviz.requests import DiffModels, OpenModel, Reporter

COMPARER = Comparer()
PAIRS = [
    ("resnet50", "resnext50_32x4d"),
    ("resnet34", "plain34"),
    ("plain34", "resnet34"),
    ("vgg16", "vgg19"),
    ("vgg16", "vgg16"),
    ("googlenet", "resnet18"),
    ("mobilenet", "shufflenet_v1_g3"),
    ("lenet5", "vgg11"),
]


def side(name):
    return COMPARER.side(OpenModel(name), Reporter())


@cache
def found(first, second):
    return COMPARER.diff(DiffModels(OpenModel(first), OpenModel(second)), Reporter())


@pytest.mark.parametrize(("first", "second"), PAIRS)
def test_blocks_hold_every_unit_once_and_add_up(first, second):
    blocks = found(first, second).blocks
    one, other = side(first).costs, side(second).costs
    assert sum(block.params for block in blocks) == other.params - one.params
    assert sum(block.macs for block in blocks) == other.macs - one.macs
    units = found(first, second).units
    for model, heads in (
        (side(first), [unit.first for unit in units if unit.first]),
        (side(second), [unit.second for unit in units if unit.second]),
    ):
        labels = Counter(model.groups.unit_of[head].label for head in heads)
        assert labels == {unit.label: 1 for unit in model.groups.units}


@pytest.mark.parametrize("name", ["vgg16", "resnet34", "googlenet", "lenet5_modern"])
def test_a_model_does_not_differ_from_itself(name):
    diff = model_diff(side(name), side(name))
    assert {block.change for block in diff.blocks} == {"same"}
    assert all(b.first == b.second and b.params == b.macs == 0 for b in diff.blocks)
    assert all(b.field in (0, None) for b in diff.blocks)
    assert len(diff.blocks) == len(side(name).groups.blocks)
    assert all(pair.nodes[0] == pair.nodes[1] for pair in diff.stages)
    assert diff.partners == {node.name: node.name for node in side(name).graph.nodes}
    assert set(diff.heads[0]) == set(side(name).graph.by_name)


def test_resnext50_differs_from_resnet50_in_every_block_and_nowhere_else():
    blocks = found("resnet50", "resnext50_32x4d").blocks
    changed = {block.first for block in blocks if block.change == "changed"}
    residual = {
        f"conv{s}_block{b}" for s, n in ((2, 3), (3, 4), (4, 6), (5, 3)) for b in range(1, n + 1)
    }
    assert changed == residual | {"conv1"}  # the stem's convolution loses its bias
    assert all(block.first == block.second for block in blocks)
    by_name = {block.first: block for block in blocks}
    # A block of equal size: 1x1 to twice the width and back, 3x3 in 32 groups; three biases less.
    c = 256
    bottleneck = 2 * c * c // 4 + 9 * (c // 4) ** 2 + (c // 4) * 2 + c + 4 * (c // 4 * 2 + c)
    grouped = 2 * c * c // 2 + 9 * (c // 2) ** 2 // 32 + 4 * (c // 2 * 2 + c)
    assert by_name["conv2_block2"].params == grouped - bottleneck
    assert by_name["conv2_block2"].field == 0
    # The stride moved from the 1x1 to the 3x3: what lies behind sees 8 pixels less, and so on.
    assert by_name["conv3_block1"].fields == (51, 43)
    assert by_name["conv4_block1"].fields == (131, 107)


def test_plain34_lacks_the_shortcut_of_every_block():
    blocks = [b for b in found("resnet34", "plain34").blocks if b.change != "same"]
    assert len(blocks) == 3 + 4 + 6 + 3
    for block in blocks:
        gone = [unit.first for unit in block.units if unit.change == "removed"]
        first_of_stage = block.first in ("conv3_block1", "conv4_block1", "conv5_block1")
        expected = {f"{block.first}_add"}
        if first_of_stage:
            expected.add(f"{block.first}_0_conv")
        assert set(gone) == expected
        assert block.field == 0
        assert bool(block.params) == bool(block.macs) == first_of_stage


def test_vgg19_has_one_convolution_more_in_three_blocks():
    blocks = found("vgg16", "vgg19").blocks
    changed = {b.first: b for b in blocks if b.change != "same"}
    assert list(changed) == ["block3", "block4", "block5"]
    for (name, block), c in zip(changed.items(), (256, 512, 512), strict=True):
        assert block.params == 9 * c * c + c
        assert [u.second for u in block.units if u.change == "added"] == [f"{name}_conv4"]
    assert [block.field for block in changed.values()] == [8, 8 + 16, 8 + 16 + 32]


def test_stages_are_paired_by_resolution():
    pairs = found("googlenet", "resnet18").stages
    assert [pair.shapes[0][0] for pair in pairs] == [112, 56, 28, 14, 7]
    assert all(pair.shapes[0][0] == pair.shapes[1][0] for pair in pairs)
    assert pairs[-1].nodes == ("inception_5b_concat", "conv5_block2_out")
    # Inputs of different sizes: by how often the input was halved.
    assert [pair.nodes for pair in found("lenet5", "vgg11").stages]


@pytest.mark.parametrize("name", ["googlenet", "resnet18", "lenet5", "shufflenet_v1_g3"])
def test_cut_nodes_are_those_without_which_nothing_arrives(name):
    graph = side(name).graph

    def arrives_without(removed):
        reached = {node.name for node in graph.inputs} - {removed}
        for node in graph.nodes:
            if node.name != removed and reached.intersection(node.inputs):
                reached.add(node.name)
        return graph.outputs[0].node in reached

    expected = [node.name for node in graph.nodes if not arrives_without(node.name)]
    assert list(cut_nodes(graph)) == expected


def test_a_head_is_no_partner_of_a_convolution_on_maps():
    units = found("mobilenet", "shufflenet_v1_g3").units
    (last,) = [unit for unit in units if unit.first == "conv_preds"]
    assert last.second is None
