"""Comparisons: exactly the known differences of pairs of networks."""

import csv
import json
from collections import Counter
from functools import cache

import pytest

import main
from cnnviz.compare import Side, diff
from cnnviz.comparison import comparison
from cnnviz.extract import graph_from_model
from models.assign import symbolic
from models.registry import find


@cache
def side(id_):
    with symbolic():
        return Side(id_, find(id_).name, graph_from_model(find(id_).build()))


def changes(first, second):
    return [d for d in diff(side(first), side(second)) if d.change != "same"]


PAIRS = [
    ("resnet50", "resnext50_32x4d"),
    ("resnet34", "plain34"),
    ("vgg16", "vgg19"),
    ("vgg16", "vgg16"),
    ("googlenet", "resnet18"),
    ("cifar_plain20", "cifar_plain56"),
]


@pytest.mark.parametrize(("first", "second"), PAIRS)
def test_the_differences_add_up_to_that_of_the_totals(first, second):
    one, other = side(first).costs, side(second).costs
    found = diff(side(first), side(second))
    assert sum(d.params for d in found) == other.params - one.params
    assert sum(d.macs for d in found) == other.macs - one.macs
    # Every unit of both stands in it once.
    for model, names in (
        (side(first), [d.first for d in found if d.first]),
        (side(second), [d.second for d in found if d.second]),
    ):
        units = Counter(unit.label for unit in model.groups.units)
        assert sum(units.values()) == len(names) == len(set(names))


@pytest.mark.parametrize("id_", ["vgg16", "resnet50", "googlenet", "mobilenet_v3_small"])
def test_a_model_does_not_differ_from_itself(id_):
    found = diff(side(id_), side(id_))
    assert {d.change for d in found} == {"same"}
    assert all(d.first == d.second and d.field in (0, None) for d in found)


def test_vgg19_has_three_convolutions_more():
    found = changes("vgg16", "vgg19")
    assert [(d.change, d.second, d.stage) for d in found] == [
        ("added", "block3_conv4", "block3"),
        ("added", "block4_conv4", "block4"),
        ("added", "block5_conv4", "block5"),
    ]
    assert [d.params for d in found] == [9 * c * c + c for c in (256, 512, 512)]
    assert [d.macs for d in found] == [
        9 * c * c * n * n for c, n in ((256, 56), (512, 28), (512, 14))
    ]
    # Behind them everything sees more.
    by_name = {d.first: d for d in diff(side("vgg16"), side("vgg19"))}
    assert by_name["block3_conv3"].field == 0
    assert by_name["block4_conv1"].field == 2 * 4
    assert by_name["block5_conv1"].field == 2 * 4 + 2 * 8


def test_plain34_lacks_the_shortcuts_of_resnet34():
    found = changes("resnet34", "plain34")
    removed = [d.first for d in found if d.change == "removed"]
    blocks = [
        f"conv{s}_block{b}" for s, n in ((2, 3), (3, 4), (4, 6), (5, 3)) for b in range(1, n + 1)
    ]
    sums = [f"{block}_add" for block in blocks]
    projections = [f"conv{s}_block1_0_conv" for s in (3, 4, 5)]
    assert sorted(removed) == sorted(sums + projections)
    # The ReLU that stood behind the sum now stands behind the second convolution.
    changed = [d for d in found if d.change == "changed"]
    assert [d.first for d in changed] == [f"{block}_2_conv" for block in blocks]
    assert all(d.what.endswith("→ Conv2D + BatchNormalization + Activation") for d in changed)
    assert all(d.params == d.macs == 0 for d in changed)
    assert not [d for d in found if d.change == "added"]


def test_resnext50_groups_and_widens_the_bottlenecks_of_resnet50():
    found = changes("resnet50", "resnext50_32x4d")
    assert {d.change for d in found} == {"changed"}
    kernels = [d for d in found if d.first.endswith("_2_conv")]
    assert len(kernels) == 3 + 4 + 6 + 3
    assert all("groups 1 → 32" in d.what for d in kernels)
    # Shortcuts and stem only lose the bias that batch norm makes useless.
    for d in found:
        if d.first.endswith("_0_conv") or d.first == "conv1_conv":
            assert d.what == "use_bias True → False"
            assert d.macs == 0
    # The stride moves from the first 1x1 convolution of a stage to its 3x3.
    strided = {d.first for d in found if "strides" in d.what}
    assert strided == {f"conv{s}_block1_{i}_conv" for s in (3, 4, 5) for i in (1, 2)}


@pytest.mark.parametrize(
    ("id_", "depth"),
    [("vgg16", 16), ("vgg19", 19), ("resnet50", 50), ("resnet152", 152), ("googlenet", 22)],
)
def test_depth_is_the_one_in_the_name(id_, depth):
    assert side(id_).depth == depth


def test_stages_add_up():
    compared = comparison([side("resnet50"), side("vgg16"), side("googlenet")], [(), (), ()])
    assert "differences" not in compared
    for model in compared["models"]:
        for key in ("params", "macs", "activation_bytes"):
            assert sum(stage[key] for stage in model["stages"]) == model["totals"][key]


def test_on_the_command_line(capsys):
    assert main.main(["compare", "alexnet_one_tower", "vgg16", "--json"]) == 0
    compared = json.loads(capsys.readouterr().out)
    alexnet, vgg = (model["totals"] for model in compared["models"])
    assert round(vgg["params"] / alexnet["params"], 1) == 2.3
    assert round(vgg["macs"] / alexnet["macs"], 1) == 21.6  # 19.4 with the lecture's VGG
    assert main.main(["compare", "vgg16", "vgg19"]) == 0
    text = capsys.readouterr().out
    assert "+  block3_conv4" in text
    assert main.main(["compare", "vgg16", "vgg16"]) == 0
    assert "no layer differs" in capsys.readouterr().out


def test_as_tables_for_other_programs(capsys):
    models = ["lenet5_modern", "lenet5", "cifar_resnet20"]
    assert main.main(["compare", *models, "--csv"]) == 0
    rows = list(csv.DictReader(capsys.readouterr().out.splitlines()))
    assert [row["id"] for row in rows] == models
    assert [int(row["params"]) for row in rows] == [side(name).costs.params for name in models]
    assert [int(row["macs"]) for row in rows] == [side(name).costs.macs for name in models]
    assert main.main(["compare", *models[:2], "--markdown"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[1] == "| :-- | --: | --: | --: | --: | :-- |"
    assert any(line.startswith(r"| ~ | c1\_conv | ") for line in lines)
    assert main.main(["compare", "vgg16", "vgg19", "--latex"]) == 0
    text = capsys.readouterr().out
    assert text.count(r"\toprule") == text.count(r"\bottomrule") == 2
    assert r"+ & block3\_conv4 & block3 & +590,080" in text


@pytest.mark.parametrize(
    ("models", "sentence"),
    [(["vgg16"], "two to six models, not 1"), (["vgg16", "nothing_such"], "no architecture")],
)
def test_what_cannot_be_compared(capsys, models, sentence):
    assert main.main(["compare", *models]) == 1
    assert sentence in capsys.readouterr().err
