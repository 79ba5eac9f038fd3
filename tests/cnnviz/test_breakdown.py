"""Breakdowns: brute-force simulation of memory, published tables, the sums of the levels."""

import json
from pathlib import Path

import keras
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from keras import layers

from cnnviz.breakdown import BYTES, LEVELS, Fit, breakdown, needed, peak_memory, summary
from cnnviz.costs import graph_costs
from cnnviz.errors import UserError
from cnnviz.extract import graph_from_model
from cnnviz.graph import LayerGraph, Node, Source
from models.assign import symbolic as without_weights
from models.registry import find

NUMBERS = json.loads((Path(__file__).parents[1] / "data/numbers.json").read_text(encoding="utf-8"))


def built(name):
    with without_weights():
        return graph_from_model(find(name).build())


@st.composite
def graphs(draw):
    """Any graph: several inputs, nodes of several outputs, outputs anywhere, tensors unread."""
    nodes = []
    for i in range(draw(st.integers(1, 12))):
        shapes = draw(st.lists(st.tuples(st.integers(1, 9)), min_size=1, max_size=3))
        tensors = [Source(n.name, o) for n in nodes for o in range(len(n.output_shapes))]
        starts = not nodes or draw(st.integers(0, 5)) == 0
        sources = () if starts else tuple(draw(st.lists(st.sampled_from(tensors), min_size=1)))
        nodes.append(Node(f"n{i}", "Add" if sources else "InputLayer", sources, tuple(shapes)))
    tensors = [Source(n.name, o) for n in nodes for o in range(len(n.output_shapes))]
    outputs = draw(st.lists(st.sampled_from(tensors), min_size=1, max_size=3))
    return LayerGraph("any", tuple(nodes), tuple(outputs))


def simulated(graph):
    """Do one operation after the other, throwing away what nobody will read."""
    memory = {
        (node.name, o): shape[0]
        for node in graph.nodes
        if node.type == "InputLayer"
        for o, shape in enumerate(node.output_shapes)
    }
    sizes = []
    for i, node in enumerate(graph.nodes):
        for o, shape in enumerate(node.output_shapes):
            memory[node.name, o] = shape[0]
        sizes.append(sum(memory.values()))
        for tensor in list(memory):
            later = any(
                tensor == (s.node, s.output) for n in graph.nodes[i + 1 :] for s in n.sources
            )
            to_come = graph.index[tensor[0]] > i
            returned = any(tensor == (s.node, s.output) for s in graph.outputs)
            if not (later or to_come or returned):
                del memory[tensor]
    return sizes


@settings(max_examples=150, deadline=None)
@given(graphs())
def test_the_peak_is_that_of_a_simulation(graph):
    peak = peak_memory(graph)
    sizes = simulated(graph)
    assert peak.values == max(sizes)
    assert sizes[graph.index[peak.node]] == peak.values


def test_the_peak_of_a_residual_block_by_hand():
    x = keras.Input((4, 4, 2), name="x")
    y = layers.Conv2D(8, 1, name="wide")(x)
    y = layers.Conv2D(2, 1, name="narrow")(y)
    graph = graph_from_model(keras.Model(x, layers.Add(name="sum")([x, y])))
    peak = peak_memory(graph)
    # While "narrow" is made, x waits for the sum, and "wide" is being read.
    assert (peak.node, peak.values) == ("narrow", 16 * (2 + 8 + 2))
    assert peak.live == ("x", "wide", "narrow")


# The tables count the outputs of convolutions and dense layers.
@pytest.mark.parametrize(
    ("entry", "known_as"),
    [
        ("vgg16", "vgg16"),
        ("resnet50", "resnet50"),
        ("densenet121", "densenet121"),
        ("alexnet_one_tower", None),
        ("mobilenet_v2", "mobilenet_v2"),
    ],
)
def test_activations_are_those_of_the_published_tables(entry, known_as):
    graph = built(entry)
    rows = breakdown(graph, "operation").rows
    counted = sum(
        row.activations
        for row in rows
        if graph.by_name[row.label].type in ("Conv2D", "DepthwiseConv2D", "Dense")
    )
    if entry == "alexnet_one_tower":
        assert counted * 4 / 1024 == NUMBERS["alexnet_table"]["totals"]["mem_KB_conv_fc"]
    else:
        [published] = NUMBERS["architectures"][known_as]["activations_conv_fc"].values()
        if entry == "resnet50":
            # Keras puts the stage stride on the first 1x1 convolution, torchvision on the 3x3
            # after it: there the 1x1 makes maps four times as large, in three blocks.
            published -= 3 * (28 * 28 * 128 + 14 * 14 * 256 + 7 * 7 * 512)
        assert counted == published


@pytest.mark.parametrize("entry", ["googlenet", "densenet121", "lenet5"])
def test_every_level_adds_up_to_the_same(entry):
    graph = built(entry)
    costs = graph_costs(graph)
    for level in LEVELS:
        table = breakdown(graph, level)
        assert table.total("params") == costs.params
        assert table.total("macs") == costs.macs
        assert table.total("activations") == costs.activation_bytes // 4
        assert table.total("seconds") is None
        assert table.cumulative("macs")[-1] == pytest.approx(1)
        assert sorted(name for row in table.rows for name in row.nodes) == sorted(graph.by_name)


def test_measured_times_are_added_where_they_are():
    graph = built("lenet5_modern")
    names = [node.name for node in graph.nodes]
    table = breakdown(graph, "stage", seconds=dict.fromkeys(names[1:], 0.5))
    assert table.total("seconds") == 0.5 * (len(names) - 1)
    assert all(
        row.seconds == 0.5 * len([n for n in row.nodes if n != names[0]]) for row in table.rows
    )


def test_what_is_not_known_makes_a_bound():
    class Own(layers.Layer):
        def call(self, inputs):
            return inputs

    x = keras.Input((6, 6, 3), name="x")
    graph = graph_from_model(keras.Model(x, Own(name="own")(layers.Conv2D(2, 3, name="c")(x))))
    rows = breakdown(graph, "stage").rows
    assert [name for row in rows for name in row.not_counted] == ["own"]


def test_alexnet_shows_the_three_trends():
    said = summary(breakdown(built("alexnet_one_tower")))
    costs = graph_costs(built("alexnet_one_tower"))
    dense = sum(costs.by_name[name].params for name in ("fc6", "fc7", "predictions"))
    assert len(said) == 3
    assert f"Dense layers hold {dense / 61_100_840:.0%}" in said[1]
    assert f"fc6 alone has 37,752,832 ({37_752_832 / 61_100_840:.0%})" in said[1]
    convolutions = 716_767_232 - 37_748_736 - 16_777_216 - 4_096_000
    assert f"convolutions do {convolutions / 716_767_232:.0%}" in said[2]
    early, late = (int(part.rstrip(".").split("%")[0].split()[-1]) for part in said[0].split(";"))
    assert early > 60 > 15 > late


def test_what_training_and_inference_need():
    graph = built("vgg16")
    costs, peak = graph_costs(graph), peak_memory(graph)
    params, kept = 138_357_544, costs.activation_bytes
    assert needed(costs, peak, 8, "float32", training=True) == Fit(4 * params, 12 * params, kept, 8)
    assert needed(costs, peak, 1, "float16", training=True).per_image == kept // 2
    # conv1_1 and conv1_2 (64 maps of 224 x 224 each) are the two largest neighbours.
    assert peak.values == 2 * 64 * 224 * 224
    for dtype, width in BYTES.items():
        fit = needed(costs, peak, 2, dtype)
        assert fit.total == width * (params + 2 * peak.values)
        assert fit.largest_batch(fit.total) == 2
        assert fit.largest_batch(fit.total - 1) == 1
        assert fit.largest_batch(1000) == 0


@pytest.mark.parametrize(
    ("batch", "dtype", "training", "sentence"),
    [(0, "float32", False, "one image or more"), (1, "int8", True, "int8 is for inference")],
)
def test_what_cannot_be(batch, dtype, training, sentence):
    graph = built("lenet5_modern")
    with pytest.raises(UserError, match=sentence):
        needed(graph_costs(graph), peak_memory(graph), batch, dtype, training=training)
