"""The ready comparisons: every figure against the reference tables or a closed formula."""

import json
from functools import cache
from pathlib import Path

import pytest

import main
from cnnviz.comparer import Comparer
from cnnviz.errors import UserError
from cnnviz.ready import Figure, comparisons, find, ratio_text, ready_text, value_text
from cnnviz.requests import GetReadyFigures, Reporter
from models.registry import catalog

NUMBERS = json.loads((Path(__file__).parents[1] / "data/numbers.json").read_text(encoding="utf-8"))
COMPARER = Comparer()


@cache
def figures(name):
    found = COMPARER.figures(GetReadyFigures(name), Reporter()).figures
    return {figure.what: figure for figure in found}


def ratios(figure):
    return [round(ratio, 2) for ratio in figure.ratios]


@pytest.mark.parametrize("name", comparisons())
def test_each_has_a_figure_for_every_column(name):
    ready = find(name)
    assert all(request.model in catalog() for request in ready.models)
    assert 2 <= len(ready.models) <= 6
    assert figures(name)
    for figure in figures(name).values():
        assert len(figure.values) == len(ready.columns)
        if figure.printed:
            assert ready.source
    text = ready_text(ready, tuple(figures(name).values()))
    assert ready.title in text
    assert all(figure.printed in text for figure in figures(name).values())


def test_alexnet_against_vgg16():
    table = NUMBERS["alexnet_table"]["totals"]
    exact = NUMBERS["alexnet_table"]["vgg16_comparison"]["exact"]
    real, lecture = exact["vgg16"], exact["vgg16_two_conv3"]
    found = figures("alexnet-vgg16")
    assert found["Parameters"].values == (table["params"], real["params"], lecture["params"])
    assert found["MACs"].values == (table["flop_conv_fc"], real["macs"], lecture["macs"])
    memory = [
        value / 2**20 for value in found["Memory, outputs of convolutions and dense layers"].values
    ]
    assert memory == [
        table["mem_MB_conv_fc"],
        real["conv_MB"] + real["fc_MB"],
        lecture["conv_MB"] + lecture["fc_MB"],
    ]
    # The lecture's 25x, 2.3x and 19x come from its own VGG-16.
    assert [ratios(found[what])[2] for what in found] == [25.44, 2.25, 19.0]
    assert [ratios(found[what])[1] for what in found] == [27.04, 2.26, 21.58]


def test_stems():
    exact = NUMBERS["googlenet_table"]["lecture_stem"]
    ours, theirs = exact["exact_totals"], exact["vgg16_224_to_28"]
    two, three = theirs["exact_two_conv3"], theirs["exact_three_conv3"]
    found = figures("stems")
    assert found["Parameters"].values == (ours["params_with_bias"], three["params"], two["params"])
    assert [value / 1e6 for value in found["MACs"].values] == [
        ours["flop_conv_only_M"],
        three["mmac"],
        two["mmac"],
    ]
    convolutions = [v / 2**20 for v in found["Memory, outputs of convolutions"].values]
    assert convolutions[1:] == [three["mem_MB"], two["mem_MB"]]
    assert found["Memory, with pooling"].values[0] / 2**20 == ours["mem_MB"]


def test_heads():
    head = NUMBERS["googlenet_table"]["lecture_head"]
    found = figures("heads")
    vgg = 25_088 * 4096 + 4096 * 4096 + 4096 * 1000
    assert found["MACs"].values == (1024 * 1000, vgg)
    assert found["Parameters"].values == (1025 * 1000, vgg + 2 * 4096 + 1000)
    assert round(found["Parameters"].values[0] / 1000) == head["googlenet"][-1]["params_k"]
    printed = [row["params_k"] for row in head["vgg16"] if "params_k" in row]
    assert printed == [25_088 * 4096 // 1000, 4096 * 4096 // 1000, 4096]
    total = NUMBERS["alexnet_table"]["vgg16_comparison"]["exact"]["vgg16"]["params"]
    assert found["Share of all parameters"].values[1] == found["Parameters"].values[1] / total


def test_inception_against_pure_layers():
    found = figures("inception")
    module = 192 * (64 + 96 + 16 + 32) + 9 * 96 * 128 + 25 * 16 * 32
    assert found["MACs"].values == tuple(
        28 * 28 * n for n in (module, 9 * 192 * 256, 25 * 192 * 256)
    )
    assert [round(ratio) for ratio in found["Parameters"].ratios] == [1, 3, 8]
    assert found["A cell sees"].values == (5, 3, 5)


def test_small_windows_in_a_row():
    found = figures("windows")
    c = 256
    kernels = (25 * c**2, 18 * c**2, 49 * c**2, 27 * c**2)
    assert found["Weights, without biases"].values == kernels
    assert found["MACs"].values == tuple(n * 56 * 56 for n in kernels)
    assert found["A cell sees"].values == (5, 5, 7, 7)
    assert found["Non-linearities"].values == (1, 2, 1, 3)


def test_basic_against_bottleneck():
    found = figures("residual-blocks")
    unit = 64**2 * 56 * 56
    assert found["MACs"].values == (18 * unit, 17 * unit)
    assert found["Channels in and out"].values == (64, 256)
    assert found["Convolutions"].values == (2, 3)


def test_plain_and_residual_twins_cost_the_same():
    found = figures("plain-residual")
    assert found["Depth"].values == (20, 56, 20, 56)
    for what in ("Parameters", "MACs"):
        plain20, plain56, residual20, residual56 = found[what].values
        assert (plain20, plain56) == (residual20, residual56)

    def macs(n):
        first = 9 * 3 * 16 * 32 * 32
        same = [2 * n * 9 * c * c * s * s for c, s in ((16, 32), (32, 16), (64, 8))]
        half = [9 * c * c * s * s // 2 for c, s in ((32, 16), (64, 8))]  # it reads half as many
        return first + sum(same) - sum(half) + 640

    assert found["MACs"].values[:2] == (macs(3), macs(9))
    assert found["Shortcuts"].values == (0, 0, 9, 27)


def test_resnet50_against_resnext50():
    table = NUMBERS["paper_tables"]["resnext_table1"]
    found = figures("resnext")
    for column, name in enumerate(("resnet50", "resnext50_32x4d")):
        assert found["Parameters"].values[column] == pytest.approx(table[name]["params"], rel=0.01)
    assert found["MACs"].values[1] == pytest.approx(table["resnext50_32x4d"]["flops"], rel=0.01)
    assert found["MACs"].values[0] == pytest.approx(
        NUMBERS["paper_tables"]["resnet_table1"]["flops_mac"]["50"], rel=0.02
    )
    assert found["Groups"].values == (1, table["resnext50_32x4d"]["groups"])
    assert found["Depth"].values == (50, 50)


def test_standard_against_separable():
    found = figures("separable")
    c = 512
    kernels = (9 * c + c * c, 9 * c * c)
    assert found["Weights, without batch norm"].values == kernels
    assert found["MACs"].values == tuple(n * 14 * 14 for n in kernels)
    assert found["A cell sees"].values == (3, 3)


def test_mobilenet_against_shufflenet():
    half = NUMBERS["paper_tables"]["mobilenet_v1_table1"]["table6"]
    shares = NUMBERS["paper_tables"]["mobilenet_v1_table1"]["share"]
    params, macs = NUMBERS["paper_tables"]["shufflenet_v1_table1"]["exact_megvii"]["g3 1x"]
    found = figures("mobile")
    assert found["MACs"].values[1] == macs
    for column, width in ((0, "0.5"), (2, "1.0")):
        _, millions, parameters = half[width]
        assert round(found["MACs"].values[column] / 1e6) == millions
        assert found["Parameters"].values[column] / 1e6 == pytest.approx(parameters, abs=0.06)
    # Of ours, batch norm keeps two statistics a channel, and the classifier has biases.
    assert 0 < found["Parameters"].values[1] - params < 0.02 * params
    share = found["Share of MACs in 1×1 convolutions"].values[2]
    assert 100 * share == pytest.approx(shares["conv1x1"][0], abs=0.1)
    assert found["Grouped 1×1 convolutions"].values[0] == 0
    assert found["Grouped 1×1 convolutions"].values[1] == 2 * 16 - 1  # the first is not


def test_equal_work_in_the_stages_of_vgg():
    found = figures("vgg-stages")
    unit = 9 * 64 * 64 * 224 * 224
    assert found["MACs of the second convolution"].values == (unit, unit, unit, unit, unit // 4)
    assert found["MACs of the first convolution"].values == (
        9 * 3 * 64 * 224 * 224,
        unit // 2,
        unit // 2,
        unit // 2,
        unit // 4,
    )
    head = 25_088 * 4096 + 4096 * 4096 + 4096 * 1000
    exact = NUMBERS["alexnet_table"]["vgg16_comparison"]["exact"]["vgg16"]
    assert sum(found["MACs of the stage"].values) == exact["macs"] - head
    memory = found["Memory, outputs of convolutions"].values
    assert sum(memory) / 2**20 == exact["conv_MB"]


def test_how_figures_read():
    assert value_text(61_100_840, "count") == "61,100,840"
    assert value_text(5, "cells") == "5 × 5"
    assert value_text(0.894, "share") == "89.4 %"
    assert Figure("x", (2, 4, 2)).ratios == (1, 2, 1)
    assert Figure("x", (0, 4)).ratios == (None, None)
    assert [ratio_text(r) for r in (None, 1.0, 2.2644, 18.97)] == ["", "", "2.26×", "19×"]


def test_on_the_command_line(capsys):
    assert main.main(["compare", "--ready"]) == 0
    listed = capsys.readouterr().out
    assert all(name in listed for name in comparisons())
    assert main.main(["compare", "--ready", "heads", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["figures"][0]["values"] == [1_025_000, 123_642_856]
    assert main.main(["compare", "--ready", "residual-blocks"]) == 0
    assert "18 C²HW, 17 C²HW" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--ready", "no_such"], "choose from alexnet-vgg16"),
        (["vgg16", "--ready", "heads"], "names its models itself"),
        ([], "two to six models, not 0"),
    ],
)
def test_what_is_refused(capsys, arguments, sentence):
    assert main.main(["compare", *arguments]) == 1
    assert sentence in capsys.readouterr().err


def test_an_unknown_name():
    with pytest.raises(UserError, match="choose from"):
        find("nothing")
