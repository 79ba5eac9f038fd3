"""Breakdowns and comparisons written out: every form holds the same numbers, and they are right."""

import csv
import io
import json
import re

import keras
import pytest
from keras import layers

import main
from cnnviz.breakdown import LEVELS, breakdown
from cnnviz.costs import graph_costs
from cnnviz.extract import graph_from_model
from cnnviz.reports import breakdown_report, write


@pytest.fixture(scope="module")
def graph():
    x = keras.Input((8, 8, 3), name="x")
    y = layers.Conv2D(4, 3, name="c_1")(x)
    y = layers.Dense(5, name="d & e")(layers.Flatten(name="flat")(y))
    return graph_from_model(keras.Model(x, y, name="net"))


def read_csv(text):
    return list(csv.DictReader(io.StringIO(text)))


@pytest.mark.parametrize("level", LEVELS)
def test_every_form_holds_the_exact_numbers(graph, level):
    report = breakdown_report("A & B_c", breakdown(graph, level))
    conv, dense = 6 * 6 * 4 * 27, 144 * 5
    rows = read_csv(write(report, "csv"))
    assert sum(int(row["macs"]) for row in rows) == conv + dense
    assert sum(int(row["params"]) for row in rows) == 4 * 28 + 145 * 5
    data = json.loads(write(report, "json"))
    assert data["totals"]["macs"] == conv + dense
    assert data["totals"]["activation_bytes"] == graph_costs(graph).activation_bytes
    assert [row["name"] for row in data["rows"]] == [row["name"] for row in rows]
    for form in ("text", "markdown", "latex"):
        text = write(report, form)
        assert f"{conv + dense:,}" in text, form
        assert f"{4 * 28 + 145 * 5:,}" in text, form


def test_a_batch_in_float16_as_flops(graph):
    plain = json.loads(write(breakdown_report("n", breakdown(graph)), "json"))
    report = breakdown_report("n", breakdown(graph), batch=3, dtype="float16", flops=True)
    data = json.loads(write(report, "json"))
    assert data["totals"]["macs"] == 3 * plain["totals"]["macs"]
    assert 2 * data["totals"]["activation_bytes"] == 3 * plain["totals"]["activation_bytes"]
    assert data["totals"]["params"] == plain["totals"]["params"]
    assert 2 * data["weight_bytes"] == plain["weight_bytes"]
    assert f"{2 * data['totals']['macs']:,}" in write(report, "text")
    assert "FLOPs" in write(report, "markdown")


def test_latex_compiles_in_the_mind(graph):
    """Balanced, escaped, the same number of cells in every row, and booktabs' rules."""
    text = write(breakdown_report("A & B_c", breakdown(graph, "operation")), "latex")
    body = [line for line in text.splitlines() if not line.startswith("%")]
    columns = re.search(r"\\begin\{tabular\}\{([lr]+)\}", text)[1]
    for line in body:
        if line.endswith(r"\\"):
            assert len(re.findall(r"(?<!\\)&", line)) == len(columns) - 1
    for rule in ("toprule", "midrule", "bottomrule"):
        assert rf"\{rule}" in text
    assert r"d \& e" in text
    assert r"c\_1" in text
    assert not re.search(r"(?<!\\)_", "\n".join(body).replace(r"\begin{tabular}", ""))


def test_time_stands_there_once_measured(graph):
    seconds = {node.name: 0.001 for node in graph.nodes}
    report = breakdown_report("n", breakdown(graph, "operation", seconds=seconds))
    assert "Time" in report.sheets[0].head
    assert report.data["totals"]["seconds"] == pytest.approx(0.001 * len(graph.nodes))
    assert "Time" not in breakdown_report("n", breakdown(graph)).sheets[0].head


def test_what_is_not_counted_is_said():
    class Own(layers.Layer):
        def call(self, inputs):
            return inputs

    x = keras.Input((6, 6, 3), name="x")
    graph = graph_from_model(keras.Model(x, Own(name="own")(layers.Conv2D(2, 3, name="c")(x))))
    report = breakdown_report("n", breakdown(graph, "operation"))
    assert "≥" in report.sheets[0].total[4]
    assert "Not counted, because their cost is not known: own." in write(report, "text")
    assert r"$\ge$" in write(report, "latex")


@pytest.mark.parametrize(
    ("arguments", "found"),
    [
        (("describe", "lenet5_modern", "--by", "stage"), "lenet5_modern|LeNet-5"),
        (("describe", "lenet5_modern", "--by", "unit", "--latex"), r"\\toprule"),
        (("describe", "lenet5_modern", "--by", "block", "--csv"), "^name,operations"),
        (
            ("describe", "lenet5_modern", "--by", "operation", "--json", "--batch", "8"),
            '"batch": 8',
        ),
    ],
)
def test_on_the_command_line(capsys, arguments, found):
    assert main.main(list(arguments)) == 0
    assert re.search(found, capsys.readouterr().out)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("describe", "lenet5_modern", "--batch", "8"), "--batch is for --by"),
        (("describe", "lenet5_modern", "--flops"), "--flops is for --by"),
        (("compare", "--ready", "alexnet_vgg16", "--csv"), "gives text or JSON"),
    ],
)
def test_what_does_not_go_together(capsys, arguments, sentence):
    assert main.main(list(arguments)) == 1
    assert sentence in capsys.readouterr().err
