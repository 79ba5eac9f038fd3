"""Descriptions of a graph that was worked out by hand, in every form."""

import csv
import io
import json
import re

import pytest

from cnnviz import tables
from cnnviz.errors import UserError
from cnnviz.graph import LayerGraph, Node, Source, Weight


def small_graph():
    """5 x 5 x 3 -> a 3 x 3 convolution of 4 filters -> a custom layer -> 10 classes."""
    convolution = {
        "kernel_size": (3, 3),
        "strides": (1, 1),
        "padding": "valid",
        "dilation_rate": (1, 1),
        "groups": 1,
        "filters": 4,
        "use_bias": True,
        "data_format": "channels_last",
        "activation": "linear",
    }
    kernel = Weight("kernel", (3, 3, 3, 4), True)
    bias = Weight("bias", (4,), False)
    dense = Weight("kernel", (36, 10), True)
    return LayerGraph(
        "small",
        (
            Node("in", "InputLayer", (), ((5, 5, 3),)),
            Node("conv_1", "Conv2D", (Source("in"),), ((3, 3, 4),), convolution, (kernel, bias)),
            Node("mystery", "My_Layer", (Source("conv_1"),), ((3, 3, 4),), known=False),
            Node("flat", "Flatten", (Source("mystery"),), ((36,),)),
            Node(
                "out", "Dense", (Source("flat"),), ((10,),),
                {"units": 10, "use_bias": False, "activation": "linear"}, (dense,),
            ),
        ),
        (Source("out"),),
    )  # fmt: skip


@pytest.fixture
def description():
    return tables.describe("small", "Small & neat", small_graph())


def test_description_by_hand(description):
    assert description["id"] == "small"
    assert description["input_shape"] == [5, 5, 3]
    assert description["output_shape"] == [10]
    assert description["totals"] == {
        "params": 3 * 3 * 3 * 4 + 4 + 360,
        "trainable_params": 3 * 3 * 3 * 4 + 360,
        "macs": 9 * 27 * 4 + 360,
        "other_ops": 36,  # one bias a position
        "activation_bytes": 4 * (75 + 36 + 36 + 36 + 10),
        "nodes": 5,
    }
    assert description["not_counted"] == ["mystery"]
    nodes = {node["name"]: node for node in description["nodes"]}
    assert list(nodes) == ["in", "conv_1", "mystery", "flat", "out"]
    assert nodes["conv_1"]["inputs"] == ["in"]
    assert nodes["conv_1"]["params"] == 112
    assert nodes["conv_1"]["trainable_params"] == 108
    assert nodes["conv_1"]["macs"] == 972
    assert nodes["conv_1"]["activation_bytes"] == 144
    assert nodes["conv_1"]["receptive_field"] == {
        "size": [3, 3],
        "stride": [1, 1],
        "padding": [0, 0],
    }
    assert nodes["mystery"]["receptive_field"] is None
    assert nodes["mystery"]["macs"] == 0
    assert nodes["mystery"]["other_ops"] is None


def test_nodes_sum_to_totals(description):
    for key in ("params", "trainable_params", "macs", "activation_bytes"):
        assert sum(node[key] for node in description["nodes"]) == description["totals"][key]


def test_json_is_the_description(description):
    assert json.loads(tables.as_json(description)) == description


def test_csv_has_every_exact_value(description):
    rows = list(csv.DictReader(io.StringIO(tables.as_csv(description))))
    assert [row["name"] for row in rows] == ["in", "conv_1", "mystery", "flat", "out"]
    assert rows[1]["output_shape"] == "3x3x4"
    assert rows[1]["macs"] == "972"
    assert (rows[1]["rf_size"], rows[1]["rf_stride"], rows[1]["rf_padding"]) == (
        "3 3",
        "1 1",
        "0 0",
    )
    assert (rows[2]["rf_size"], rows[2]["rf_stride"]) == ("", "")
    assert rows[2]["other_ops"] == ""
    assert sum(int(row["params"]) for row in rows) == description["totals"]["params"]


def test_text_is_aligned_and_honest(description):
    lines = tables.as_text(description).split("\n")
    assert lines[0] == "Small & neat (5 × 5 × 3 → 10)"
    head, _, _, convolution, custom, *_, total = table = lines[2:11]
    assert len(table[1]) == max(map(len, table))  # the rule spans the table
    pairs = ((head, "MACs"), (convolution, "972"), (custom, "?"), (total, "≥ 1,332"))
    assert len({line.index(cell) + len(cell) for line, cell in pairs}) == 1
    assert "Not counted, because their cost is not known: mystery." in lines


def test_markdown_is_a_table(description):
    lines = [line for line in tables.as_markdown(description).split("\n") if line.startswith("|")]
    assert len(lines) == 2 + 5 + 1
    assert {len(re.findall(r"(?<!\\)\|", line)) for line in lines} == {8}
    assert r"conv\_1" in lines[3]


def test_latex_is_escaped_and_balanced(description):
    text = tables.as_latex(description)
    code = [line for line in text.split("\n") if not line.startswith("%")]
    rows = [line for line in code if line.endswith(r"\\")]
    assert len(rows) == 1 + 5 + 1
    assert {line.count(" & ") for line in rows} == {6}
    assert r"conv\_1" in text
    assert r"My\_Layer" in text
    assert not re.search(r"(?<!\\)[_#%]", "\n".join(code))
    assert "".join(code).isascii()
    assert r"$\ge$ 1,332" in text
    for rule in (r"\toprule", r"\midrule", r"\bottomrule", r"\begin{tabular}", r"\end{tabular}"):
        assert rule in text


def test_names_that_latex_would_obey():
    node = Node("a\\b{c}_%&#$~^", "InputLayer", (), ((2, 2, 1),))
    graph = LayerGraph("x", (node,), (Source(node.name),))
    text = tables.as_latex(tables.describe("x", "x", graph))
    assert r"a\textbackslash{}b\{c\}\_\%\&\#\$\textasciitilde{}\textasciicircum{}" in text


def test_open_sizes_ask_for_input():
    graph = LayerGraph("open", (Node("in", "InputLayer", (), ((None, None, 3),)),), (Source("in"),))
    with pytest.raises(UserError, match="--input"):
        tables.describe("open", "open", graph)


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (0, "0 B"),
        (1023, "1023 B"),
        (1024, "1.0 KiB"),
        (602_112, "588.0 KiB"),
        (1 << 20, "1.0 MiB"),
        (1 << 40, "1,024.0 GiB"),
    ],
)
def test_bytes(count, text):
    assert tables.bytes_text(count) == text
