import itertools

import pytest

from cnnviz.costs import graph_costs
from cnnviz.errors import UserError
from cnnviz.extract import graph_from_model
from cnnviz.graph import LayerGraph, Node, Source
from cnnviz.query import between, find, following, is_query, leading_to
from cnnviz.receptive_field import receptive_fields
from models.assign import symbolic
from models.registry import catalog


@pytest.fixture(scope="module")
def graph():
    with symbolic():
        return graph_from_model(catalog()["resnet18"].build(), name="ResNet-18")


def search(text, graph):
    return find(text, graph, graph_costs(graph), lambda: receptive_fields(graph))


def test_a_name_is_no_query():
    assert not is_query("conv4_block2 relu")
    assert is_query("conv4 stride:2")
    assert is_query("params>1e6")


def test_terms_against_the_nodes_themselves(graph):
    costs = graph_costs(graph).by_name
    nodes = graph.nodes
    for text, holds in {
        "type:conv2d": lambda n: n.type == "Conv2D",
        "kind:pooling": lambda n: "Pooling" in n.type,
        "stride:2": lambda n: n.settings.get("strides") in ((2, 2), 2),
        "kernel:7": lambda n: n.settings.get("kernel_size") == (7, 7),
        "params>1e6": lambda n: costs[n.name].params > 1_000_000,
        "params>=1m": lambda n: costs[n.name].params >= 1_000_000,
        "channels=512": lambda n: n.output_shape[-1] == 512,
        "channels<100 height>50": lambda n: len(n.output_shape) == 3
        and n.output_shape[2] < 100 and n.output_shape[0] > 50,
        "inputs=2": lambda n: len(n.sources) == 2,
        "BLOCK2": lambda n: "block2" in n.name,
        "type:Add block1": lambda n: n.type == "Add" and "block1" in n.name,
    }.items():  # fmt: skip
        wanted = tuple(n.name for n in nodes if holds(n))
        assert search(text, graph) == wanted, text
        assert 0 < len(wanted) < len(nodes), text


def test_receptive_fields_are_looked_up_only_when_asked_for(graph):
    # The first convolution of 7 x 7 sees 7 cells, and nothing else does before the pool.
    assert "conv1_conv" in search("rf=7", graph)
    assert set(search("rf<=7", graph)) == set(search("rf=7", graph)) | set(search("rf<7", graph))

    def never():
        raise AssertionError("not asked for")

    assert find("params>0", graph, graph_costs(graph), never)


@pytest.mark.parametrize("text", ["colour:red", "params>many", "stride:wide", "params>1e6x"])
def test_what_cannot_be_read_is_one_sentence(graph, text):
    with pytest.raises(UserError, match=text.split(":")[0].split(">")[0]):
        search(text, graph)


def test_without_costs_nothing_has_parameters(graph):
    assert find("params>=0", graph) == ()


def test_before_and_behind_a_node(graph):
    nodes = [node.name for node in graph.nodes]
    # By brute force: everything that a chain of edges joins.
    reach = {name: {name} for name in nodes}
    for node in graph.nodes:
        for source in node.inputs:
            reach[node.name] |= reach[source]
    for name in nodes[::7]:
        assert set(leading_to(graph, name)) == reach[name]
        assert set(following(graph, name)) == {n for n in nodes if name in reach[n]}
        for found in (leading_to(graph, name), following(graph, name)):
            places = [graph.index[n] for n in found]
            assert all(a < b for a, b in itertools.pairwise(places))


def test_what_lies_between():
    names = ["in", "a", "b", "sum", "side", "out"]
    reads = {"a": ["in"], "b": ["in"], "sum": ["a", "b"], "side": ["in"], "out": ["sum"]}
    graph = LayerGraph(
        "net",
        tuple(
            Node(name, "ReLU", tuple(map(Source, reads.get(name, ()))), ((4,),)) for name in names
        ),
        (Source("out"),),
    )
    assert between(graph, "in", "out") == ("in", "a", "b", "sum", "out")
    assert between(graph, "out", "a") == ("a", "sum", "out")
    assert between(graph, "a", "a") == ("a",)
    assert between(graph, "a", "b") == ()
    assert between(graph, "side", "out") == ()
