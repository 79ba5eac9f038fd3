"""Proof cards: the tables of the lecture and the paper, and that every check of a card holds."""

import json
import re
from functools import cache
from pathlib import Path

import keras
import pytest
from keras import layers

from cnnviz.breakdown import breakdown
from cnnviz.costs import graph_costs
from cnnviz.extract import graph_from_model
from cnnviz.printed import printed
from cnnviz.proofs import as_latex, as_text, group_card, node_card, total_card
from cnnviz.receptive_field import receptive_fields
from models.assign import symbolic
from models.registry import find

DATA = Path(__file__).parents[1] / "data"
NUMBERS = json.loads((DATA / "numbers.json").read_text(encoding="utf-8"))
ALEXNET = NUMBERS["alexnet_table"]["rows"]
GOOGLENET = NUMBERS["googlenet_table"]
STEM = ("conv1", "pool1", "conv2_reduce", "conv2", "pool2")
NAMES = {"fc8": "predictions"}


@cache
def opened(id_):
    with symbolic():
        graph = graph_from_model(find(id_).build())
    return graph, graph_costs(graph), receptive_fields(graph)


def card(id_, name, quantity, **more):
    graph, costs, fields = opened(id_)
    node = graph.by_name[name]
    return node_card(graph, node, quantity, costs=costs, field=fields[name], model=id_, **more)


def block_card(id_, label, quantity, level="block"):
    graph, costs, _ = opened(id_)
    [row] = [row for row in breakdown(graph, level).rows if row.label == label]
    return group_card(row, quantity, costs=costs, model=id_)


def number(text):
    return int(re.match(r"(at least )?([\d,]+)", text)[2].replace(",", ""))


@pytest.mark.parametrize("row", ALEXNET, ids=lambda row: row["layer"])
def test_the_rows_of_the_alexnet_table(row):
    name = NAMES.get(row["layer"], row["layer"])
    shape = card("alexnet_one_tower", name, "shape")
    sides = [row["out_HW"]] * 2 if row["out_HW"] else []
    assert shape.value == " × ".join(map(str, [*sides, row["out_C"]]))
    assert number(card("alexnet_one_tower", name, "params").value) == row["params"]
    assert number(card("alexnet_one_tower", name, "memory").value) == row["mem_KB"] * 1024
    macs = card("alexnet_one_tower", name, "macs")
    if row["layer"].startswith("pool"):
        # The table counts the cells that windows read, one more than there are comparisons.
        assert macs.value == "0"
        _, costs, _ = opened("alexnet_one_tower")
        assert costs.by_name[name].other_ops == row["flop"] * 8 // 9
    else:
        assert number(macs.value) == row["flop"]


@pytest.mark.parametrize("row", ALEXNET, ids=lambda row: row["layer"])
def test_what_the_slide_prints_stands_beside_it(row):
    name = NAMES.get(row["layer"], row["layer"])
    [memory] = card("alexnet_one_tower", name, "memory").printed
    assert memory.text == f"{row['slide_mem_KB']} KB"
    [params] = card("alexnet_one_tower", name, "params").printed
    assert params.text == f"{row['slide_params_k']:,} k"
    [macs] = card("alexnet_one_tower", name, "macs").printed
    # The transcript has 0.4 where the slide was remembered as 0.
    assert macs.text == f"{0.4 if name == 'pool1' else row['slide_flop_M']} M"
    exact = row["params"] / 1000
    assert bool(params.difference) == (round(exact) != row["slide_params_k"])


def googlenet_card(index, quantity):
    """The card of a row of the paper's table."""
    row = GOOGLENET["rows"][index]
    if where := re.search(r"\((..)\)", row["layer"]):
        return block_card("googlenet", f"inception_{where[1]}", quantity)
    if row["layer"] == "convolution" and row["depth"] == 2:
        return block_card("googlenet", "conv2", quantity)
    pools = [i for i, r in enumerate(GOOGLENET["rows"]) if r["layer"] == "max pool"]
    name = {"convolution": "conv1", "avg pool": "avg_pool", "linear": "predictions"}.get(
        row["layer"]
    )
    return card("googlenet", name or f"pool{pools.index(index) + 1}", quantity)


@pytest.mark.parametrize(
    "index", range(len(GOOGLENET["rows"])), ids=lambda i: GOOGLENET["rows"][i]["layer"]
)
def test_the_rows_of_the_googlenet_table(index):
    row = GOOGLENET["rows"][index]
    for quantity, exact, paper in (
        ("params", row["exact_params_with_bias"], row["paper_params"]),
        ("macs", row["exact_macs"], row["paper_ops"]),
    ):
        found = googlenet_card(index, quantity)
        assert number(found.value) == exact
        printed_there = [entry.text for entry in found.printed if "Szegedy" in entry.where]
        assert printed_there == ([paper] if paper else [])


@pytest.mark.parametrize(
    "index", range(len(GOOGLENET["rows"])), ids=lambda i: GOOGLENET["rows"][i]["layer"]
)
def test_the_outputs_of_the_googlenet_table(index):
    """Size and memory of what each row hands on."""
    row = GOOGLENET["rows"][index]
    graph, costs, _ = opened("googlenet")
    if where := re.search(r"\((..)\)", row["layer"]):
        [block] = [r for r in breakdown(graph, "block").rows if r.label == f"inception_{where[1]}"]
        name = block.nodes[-1]
    elif row["layer"] == "convolution" and row["depth"] == 2:
        name = "conv2"
    else:
        name = googlenet_card(index, "macs").subject
    sides = [size for size in row["output"] if size > 1]
    assert card("googlenet", name, "shape").value == " × ".join(map(str, sides))
    kilobytes = number(card("googlenet", name, "memory").value) / 1024
    assert kilobytes == row["output_KB_float32"]
    assert costs.by_name[name].activation_bytes == kilobytes * 1024


@pytest.mark.parametrize(
    ("model", "name", "row"),
    [
        *zip(
            ["googlenet"] * 2,
            ["avg_pool", "predictions"],
            GOOGLENET["lecture_head"]["googlenet"],
            strict=True,
        ),
        *zip(
            ["vgg16"] * 4,
            ["flatten", "fc1", "fc2", "predictions"],
            GOOGLENET["lecture_head"]["vgg16"],
            strict=True,
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_the_rows_of_the_heads(model, name, row):
    memory = card(model, name, "memory")
    assert round(number(memory.value) / 1024) == row["mem_KB"]
    assert f"{row['mem_KB']} KB" in [entry.text for entry in memory.printed]
    if "params_k" not in row:
        assert number(card(model, name, "params").value) == 0
        return
    params, macs = card(model, name, "params"), card(model, name, "macs")
    graph, costs, _ = opened(model)
    biases = sum(w.size for w in graph.by_name[name].weights if w.name == "bias")
    without = biases if model == "vgg16" else 0
    assert round((number(params.value) - without) / 1000) == row["params_k"]
    assert f"{row['params_k']:,} k" in [entry.text for entry in params.printed]
    assert f"{row['flop_M']} M" in [entry.text for entry in macs.printed]
    if name == "avg_pool":
        assert costs.by_name[name].other_ops == 7 * 7 * 1024
        assert round(costs.by_name[name].other_ops / 1e6, 2) == row["flop_M"]
    else:
        assert round(number(macs.value) / 1e6) == row["flop_M"]


@pytest.mark.parametrize("index", range(5))
def test_the_rows_of_the_stem(index):
    row, name = GOOGLENET["lecture_stem"]["rows"][index], STEM[index]
    assert number(card("googlenet", name, "memory").value) == row["mem_KB"] * 1024
    assert card("googlenet", name, "shape").value.split(" × ") == [
        *[str(row["out"][1])] * 2,
        str(row["out"][0]),
    ]
    [memory] = card("googlenet", name, "memory").printed
    assert memory.text == f"{row['mem_KB']} KB"
    params = card("googlenet", name, "params")
    kernel = row["kernel"] ** 2 * row["in_C"] * row["filters"] if row["filters"] else 0
    assert number(params.value) == kernel + (row["filters"] or 0)
    assert f"{row['params_K']} k" in [entry.text for entry in params.printed]
    assert f"{row['flop_M']} M" in [entry.text for entry in card("googlenet", name, "macs").printed]


def test_the_stem_against_the_early_layers_of_vgg():
    exact = GOOGLENET["lecture_stem"]["exact_totals"]
    params, macs = (block_card("googlenet", "stem", q, "stage") for q in ("params", "macs"))
    assert number(params.value) == exact["params_with_bias"]
    assert number(macs.value) == exact["flop_conv_only_M"] * 1e6
    assert [entry.text for entry in macs.printed] == ["418 M"]
    _, costs, _ = opened("googlenet")
    assert sum(costs.by_name[n].activation_bytes for n in STEM) / 2**20 == exact["mem_MB"]
    rows = breakdown(opened("vgg16")[0], "operation").rows
    early = [r for r in rows if re.match(r"block[123]_conv", r.label)]
    exact = GOOGLENET["lecture_stem"]["vgg16_224_to_28"]
    for left_out, key in (((), "exact_three_conv3"), (("block3_conv3",), "exact_two_conv3")):
        vgg = exact[key]
        kept = [r for r in early if r.label not in left_out]
        assert sum(r.params for r in kept) == vgg["params"]
        assert sum(r.macs for r in kept) == vgg["mmac"] * 1e6
        assert sum(r.activations for r in kept) * 4 / 2**20 == vgg["mem_MB"]


def test_the_totals_of_the_lecture():
    graph, costs, _ = opened("vgg16")
    rows = breakdown(graph, "stage").rows
    params, macs = (total_card(rows, q, costs=costs, model="vgg16") for q in ("params", "macs"))
    exact = NUMBERS["alexnet_table"]["vgg16_comparison"]["exact"]["vgg16"]
    assert (number(params.value), number(macs.value)) == (exact["params"], exact["macs"])
    assert "13.6 G" in macs.printed[0].text
    assert "two convolutions in its third stage" in macs.printed[0].difference
    assert all(check.agrees for check in (*params.checks, *macs.checks))


def test_the_card_of_the_first_layer():
    text = as_text(card("alexnet_one_tower", "conv1", "macs"))
    assert "(C_out × H' × W') × (C_in × K × K)" in text
    assert "64 × 56 × 56 × (3 × 11 × 11) = 72,855,552" in text


def test_the_cards_read_as_they_should():
    """The file is read by people: a change of a card's words shows in its differences."""
    assert snapshot() == (DATA / "cards.txt").read_text(encoding="utf-8")


def snapshot():
    texts = []
    for row in ALEXNET:
        name = NAMES.get(row["layer"], row["layer"])
        for quantity in ("shape", "params", "macs", "memory", "field"):
            texts.append(as_text(card("alexnet_one_tower", name, quantity)))
    for name in STEM:
        texts += [
            as_text(card("googlenet", name, q)) for q in ("shape", "params", "macs", "memory")
        ]
    for index in range(len(GOOGLENET["rows"])):
        texts += [as_text(googlenet_card(index, q)) for q in ("params", "macs")]
    texts += [as_text(block_card("googlenet", "stem", q, "stage")) for q in ("params", "macs")]
    for model, names in (
        ("googlenet", ("avg_pool", "predictions")),
        ("vgg16", ("flatten", "fc1", "fc2", "predictions")),
    ):
        for name in names:
            texts += [as_text(card(model, name, q)) for q in ("params", "macs", "memory")]
    return "\n\n".join(dict.fromkeys(texts)) + "\n"


@pytest.mark.parametrize(
    "id_",
    ["lenet5", "resnet50", "mobilenet_v3_small", "densenet121", "shufflenet_v1_g3", "xception"],
)
def test_no_check_of_any_card_disagrees(id_):
    graph, _, _ = opened(id_)
    checked = 0
    kinds = {}
    for node in graph.nodes:
        for quantity in ("shape", "params", "macs", "memory"):
            made = card(id_, node.name, quantity, run_shape=node.output_shape)
            assert all(check.agrees for check in made.checks), made
            checked += len(made.checks)
            if "=" in made.substituted and quantity in ("params", "macs"):
                result = made.substituted.rsplit("= ", 1)[1]
                assert number(result) == number(made.value)
                assert arithmetic(made.substituted) == number(result)
        kinds[node.type] = node
    for node in kinds.values():
        made = card(id_, node.name, "field")
        assert all(check.agrees for check in made.checks), made
    assert checked > 2 * len(graph.nodes)


def arithmetic(text):
    """What the left side of a substituted formula comes to, worked out by Python."""
    left = text.rsplit(" = ", 1)[0].replace("×", "*").replace("/", "//")
    assert set(left) <= set("0123456789 ()*/+")
    return eval(left, {"__builtins__": {}})


def test_what_is_not_known_says_so():
    class Own(layers.Layer):
        def call(self, inputs):
            return inputs

    x = keras.Input((6, 6, 3), name="x")
    graph = graph_from_model(keras.Model(x, Own(name="own")(layers.Conv2D(2, 3, name="c")(x))))
    costs = graph_costs(graph)
    made = node_card(graph, graph.by_name["own"], "macs", costs=costs)
    assert (made.status, made.value) == ("not counted", "not known")
    total = total_card(breakdown(graph).rows, "macs", costs=costs)
    assert total.status == "bound"
    assert total.value.startswith("at least ")


def test_a_bias_before_batch_norm_is_explained():
    notes = " ".join(card("resnet50", "conv1_conv", "params").notes)
    assert "have 64 parameters fewer" in notes
    graph, costs, _ = opened("resnet50")
    total = total_card(breakdown(graph).rows, "params", costs=costs)
    assert "53,120 of them training does not change" in " ".join(total.notes)


def test_a_card_as_latex():
    text = as_latex(card("alexnet_one_tower", "conv1", "macs"))
    assert r"64 \times" in text.replace("\\ ", " ")
    assert r"72{,}855{,}552 \]" in text
    assert "_" not in re.sub(r"\\_|\\\[.*?\\\]", "", text)


def test_nothing_is_printed_for_a_model_of_ones_own():
    assert printed("mine", "conv1", "macs") == ()
