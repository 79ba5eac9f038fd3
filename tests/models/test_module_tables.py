"""Row by row against the tables that papers and lectures print."""

import json
from functools import cache
from math import prod
from pathlib import Path

import pytest

from cnnviz.costs import graph_costs
from cnnviz.extract import graph_from_model
from models.assign import symbolic
from models.googlenet import MODULES
from models.inception import BN_MODULES
from models.registry import find

ROOT = Path(__file__).parents[2]
NUMBERS = json.loads((ROOT / "tests/data/numbers.json").read_text(encoding="utf-8"))
PAPERS = NUMBERS["paper_tables"]


@cache
def network(id_):
    with symbolic():
        graph = graph_from_model(find(id_).build())
    return graph, graph_costs(graph).by_name


def total(id_, *prefixes):
    """Parameters and MACs of all nodes whose names begin so."""
    _, costs = network(id_)
    rows = [cost for name, cost in costs.items() if name.startswith(prefixes)]
    assert rows
    return sum(row.params for row in rows), sum(row.macs for row in rows)


def shape(id_, name):
    return list(network(id_)[0].by_name[name].output_shape)


def googlenet_rows():
    """The rows, with the name that their layers begin with and that of the last."""
    pools = iter(("pool1", "pool2", "pool3", "pool4"))
    convolutions = iter(("conv1", "conv2"))
    for row in NUMBERS["googlenet_table"]["rows"]:
        if row["layer"].startswith("inception"):
            name = f"inception_{row['layer'][-3:-1]}"
            yield row, name, f"{name}_concat"
        elif row["layer"] == "convolution":
            name = next(convolutions)
            yield row, name, name
        elif row["layer"] == "max pool":
            name = next(pools)
            yield row, name, name
        else:
            name = {"avg pool": "avg_pool", "linear": "predictions"}[row["layer"]]
            yield row, name, name


@pytest.mark.parametrize(
    ("row", "prefix", "last"), [pytest.param(*r, id=r[1]) for r in googlenet_rows()]
)
def test_googlenet(row, prefix, last):
    assert total("googlenet", prefix) == (row["exact_params_with_bias"], row["exact_macs"])
    wanted = row["output"]
    assert prod(shape("googlenet", last)) == prod(wanted)
    assert shape("googlenet", last)[-1] == wanted[-1]
    filters = row["filters_1x1_3x3r_3x3_5x5r_5x5_pool"]
    if prefix.startswith("inception"):
        assert list(MODULES[prefix[-2:]]) == filters


@pytest.mark.parametrize(("module", "loss"), [("aux_4a", "loss1"), ("aux_4d", "loss2")])
def test_googlenet_auxiliary_classifiers(module, loss):
    known = NUMBERS["googlenet_table"]["aux"][loss]
    assert total("googlenet", module) == (known["params"], known["macs"])


BN_TABLE = {row[0]: row for row in PAPERS["inception_bn"]["rows"] if len(row) == 9}


def test_inception_bn_has_the_papers_modules():
    assert list(BN_TABLE) == list(BN_MODULES)


@pytest.mark.parametrize("module", BN_MODULES)
def test_inception_bn(module):
    _, stride, printed, *filters, pooling = BN_TABLE[module]
    assert list(BN_MODULES[module][:5]) == filters
    kind, _, projection = pooling.partition("+")
    assert BN_MODULES[module][5:] == (kind, int(projection) if projection.isdigit() else None)
    name = f"inception_{module}"
    graph, costs = network("inception_bn")
    kernels = sum(
        weight.size
        for node in graph.nodes
        if node.name.startswith(name)
        for weight in node.weights
        if weight.name == "kernel"
    )
    macs = sum(cost.macs for node, cost in costs.items() if node.startswith(name))
    table = PAPERS["inception_bn"]
    assert kernels == table["exact_module_weights_as_printed"][module]
    assert macs == table["exact_module_macs_as_printed"][module]
    height, width, channels = map(int, printed.split("x"))
    if stride:  # The paper prints the size that goes in.
        height, width = height // 2, width // 2
    # The paper's sum is 576 where its filters give 608, and 1,024 is 1,056 after them.
    channels = {"4c": 608, "4d": 608, "4e": 1056}.get(module, channels)
    assert shape("inception_bn", f"{name}_concat") == [height, width, channels]


@pytest.mark.parametrize("row", PAPERS["zfnet_fig3"], ids=lambda row: row["layer"])
def test_zfnet(row):
    name = "predictions" if row["layer"] == "fc8" else row["layer"]
    assert total("zfnet", name) == (row["params"], row["macs"])
    assert sorted(shape("zfnet", name)) == sorted(row["out"])


@pytest.mark.parametrize("row", NUMBERS["alexnet_table"]["rows"], ids=lambda row: row["layer"])
def test_the_lectures_alexnet(row):
    name = "predictions" if row["layer"] == "fc8" else row["layer"]
    _, costs = network("alexnet_one_tower")
    assert costs[name].params == row["params"]
    if row["layer"].startswith("pool"):
        # The lecture counts nine operations for each output of a pooling layer.
        assert 9 * prod(shape("alexnet_one_tower", name)) == row["flop"]
    else:
        assert costs[name].macs == row["flop"]
    side = [row["out_HW"]] * 2 if row["out_HW"] else []
    assert shape("alexnet_one_tower", name) == [*side, row["out_C"]]
    assert costs[name].activation_bytes == row["mem_KB"] * 1024


def mobilenet_rows():
    number = 0
    for text, channels, filters, side in PAPERS["mobilenet_v1_table1"]["rows"]:
        repeats = 5 if text.startswith("5x") else 1
        for _ in range(repeats):
            if text.startswith(("dw", "5x")):
                number += 1
                stride = 2 if "s2" in text and "must be" not in text else 1
                yield f"conv_dw_{number}", channels, side, side // stride, 9 * channels
                if text.startswith("5x"):
                    yield f"conv_pw_{number}", filters, side, side, channels * filters
            elif text.startswith("pw"):
                yield f"conv_pw_{number}", filters, side, side, channels * filters


@pytest.mark.parametrize(
    ("name", "filters", "side", "out", "weights"),
    [pytest.param(*row, id=row[0]) for row in mobilenet_rows()],
)
def test_mobilenet(name, filters, side, out, weights):
    _, costs = network("mobilenet")
    assert shape("mobilenet", name) == [out, out, filters]
    assert costs[name].params == weights
    assert costs[name].macs == out * out * weights


def test_mobilenets_shares_of_the_work():
    share = PAPERS["mobilenet_v1_table1"]["share"]
    _, costs = network("mobilenet")
    macs = sum(cost.macs for cost in costs.values())
    pointwise = sum(cost.macs for name, cost in costs.items() if name.startswith("conv_pw"))
    depthwise = sum(cost.macs for name, cost in costs.items() if name.startswith("conv_dw"))
    assert 100 * pointwise / macs == pytest.approx(share["conv1x1"][0], abs=0.01)
    assert 100 * depthwise / macs == pytest.approx(share["dw3x3"][0], abs=0.01)


# Maps, side, trained parameters, MACs, connections (the paper's, biases and sub-sampling included).
LENET5 = {
    "c1_conv": (6, 28, 156, 117_600, "C1"),
    "s2_subsampling": (6, 14, 12, 0, "S2"),
    "c3_conv": (16, 10, 1_516, 150_000, "C3"),
    "s4_subsampling": (16, 5, 32, 0, "S4"),
    "c5_conv": (120, 1, 48_120, 48_000, "C5"),
    "f6_dense": (84, None, 10_164, 10_080, "F6"),
    "output_rbf": (10, None, 0, 840, "OUTPUT"),
}


@pytest.mark.parametrize("name", LENET5)
def test_lenet5(name):
    maps, side, params, macs, row = LENET5[name]
    graph, costs = network("lenet5")
    node = graph.by_name[name]
    assert list(node.output_shape) == ([side, side, maps] if side else [maps])
    assert costs[name].trainable_params == params
    assert costs[name].macs == macs
    # A connection is a weight at a position: the window's, and one for the bias.
    outputs = prod(node.output_shape)
    if row in ("S2", "S4"):
        connections = outputs * (2 * 2 + 1)
    elif row == "OUTPUT":
        connections = macs
    else:
        connections = macs + outputs
    assert connections == NUMBERS["architectures"]["lenet5"]["connections"][row]


def test_lenet5_connects_as_the_papers_table():
    (c3,) = (n for n in network("lenet5")[0].nodes if n.name == "c3_conv")
    table = NUMBERS["architectures"]["lenet5"]["c3_table"]
    assert [list(channels) for channels in c3.settings["connections"]] == table
