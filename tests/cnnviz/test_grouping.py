import random
import string
from collections import Counter
from dataclasses import replace

import keras
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cnnviz.extract import graph_from_model
from cnnviz.graph import LayerGraph, Node, Source
from cnnviz.grouping import Grouping, group


def symbolic(builder, **arguments):
    with keras.StatelessScope(initialize_variables=False):
        return graph_from_model(builder(weights=None, **arguments))


def renamed(graph: LayerGraph) -> LayerGraph:
    """The same graph with every name replaced by a random string."""
    rng = random.Random(7)
    new = {n.name: "".join(rng.choices(string.ascii_lowercase, k=12)) for n in graph.nodes}
    nodes = tuple(
        replace(
            node,
            name=new[node.name],
            sources=tuple(Source(new[s.node], s.output) for s in node.sources),
        )
        for node in graph.nodes
    )
    outputs = tuple(Source(new[s.node], s.output) for s in graph.outputs)
    return LayerGraph(graph.name, nodes, outputs)


def body(grouping: Grouping) -> list[Counter]:
    """How many blocks of each role stand in each stage between the stem and the head."""
    return [
        Counter(b.role for b in grouping.blocks if set(b.nodes) <= set(stage.nodes))
        for stage in grouping.stages
        if stage.role == "stage"
    ]


apps = keras.applications
# Blocks a stage, as the papers' tables give them.
PAPERS = {
    "resnet50": (apps.ResNet50, "residual", [3, 4, 6, 3]),
    "resnet50v2": (apps.ResNet50V2, "residual", [3, 4, 6, 3]),
    "densenet121": (apps.DenseNet121, "dense layer", [6, 12, 24, 16]),
    "inception_v3": (apps.InceptionV3, "branches", [3, 5, 3]),
    "inception_resnet_v2": (apps.InceptionResNetV2, "residual", [10, 20, 10]),
    "mobilenet": (apps.MobileNet, "separable", [1, 2, 2, 6, 2]),
}


@pytest.mark.parametrize("model", PAPERS)
def test_blocks_and_stages_of_the_papers_with_and_without_names(model):
    builder, role, counts = PAPERS[model]
    graph = symbolic(builder)
    grouping = group(graph)
    assert [stage[role] for stage in body(grouping)] == counts

    anonymous = group(renamed(graph))
    index = {node.name: i for i, node in enumerate(graph.nodes)}
    hidden = {node.name: i for i, node in enumerate(renamed(graph).nodes)}
    for level in ("units", "blocks", "stages"):
        named_groups = [[index[n] for n in g.nodes] for g in getattr(grouping, level)]
        other_groups = [[hidden[n] for n in g.nodes] for g in getattr(anonymous, level)]
        assert named_groups == other_groups


def test_vgg16_is_five_stages_and_a_head():
    grouping = group(symbolic(apps.VGG16))
    assert [s.label for s in grouping.stages] == [f"block{i}" for i in range(1, 6)] + ["head"]
    convolutions = [sum("conv" in n for n in s.nodes) for s in grouping.stages]
    assert convolutions == [2, 2, 3, 3, 3, 0]


def test_equal_blocks_have_equal_signatures():
    grouping = group(symbolic(apps.ResNet50))
    conv4 = [b for b in grouping.blocks if b.label.startswith("conv4_block")]
    assert len(conv4) == 6
    assert len({b.signature for b in conv4}) == 2  # the first has a projection
    assert conv4[0].signature != conv4[1].signature


def test_auxiliary_outputs_stand_aside():
    inputs = keras.Input((8, 8, 3), name="in")
    x = keras.layers.Conv2D(4, 3, name="conv")(inputs)
    side = keras.layers.Dense(2, name="aux")(keras.layers.Flatten(name="aux_flatten")(x))
    main = keras.layers.Dense(2, name="out")(keras.layers.Flatten(name="flatten")(x))
    grouping = group(graph_from_model(keras.Model(inputs, [main, side])))
    assert grouping.stage_of["aux"].role == "auxiliary"
    assert set(grouping.stage_of["aux"].nodes) == {"aux", "aux_flatten"}


TYPES = [
    "Conv2D", "BatchNormalization", "ReLU", "DepthwiseConv2D", "MaxPooling2D", "ZeroPadding2D",
    "Dropout", "Dense", "GetItem", "SomethingNeverSeen",
]  # fmt: skip


@st.composite
def graphs(draw):
    """Random DAGs of known and unknown operations, with one or several outputs."""
    nodes = [Node("n0", "InputLayer", (), ((8, 8, 4),))]
    for i in range(1, draw(st.integers(1, 25))):
        count = draw(st.integers(1, min(3, i)))
        chosen = draw(st.lists(st.integers(0, i - 1), min_size=count, max_size=count, unique=True))
        kinds = TYPES if count == 1 else ["Add", "Concatenate", "Multiply", "SomethingNeverSeen"]
        size = draw(st.sampled_from([4, 8]))
        nodes.append(
            Node(
                f"n{i}",
                draw(st.sampled_from(kinds)),
                tuple(Source(f"n{j}") for j in chosen),
                ((size, size, 4),),
                {"kernel_size": [draw(st.sampled_from([1, 3]))] * 2},
            )
        )
    read = {source for node in nodes for source in node.inputs}
    outputs = tuple(Source(node.name) for node in nodes if node.name not in read)
    return LayerGraph("random", tuple(nodes), outputs)


@settings(max_examples=200, deadline=None)
@given(graphs())
def test_levels_partition_the_graph_and_nest(graph):
    grouping = group(graph)
    everything = sorted(node.name for node in graph.nodes)
    for level in (grouping.units, grouping.blocks, grouping.stages):
        assert sorted(name for g in level for name in g.nodes) == everything
        assert len({g.label for g in level}) == len(level)
    for fine, coarse in (
        (grouping.units, grouping.block_of),
        (grouping.blocks, grouping.stage_of),
    ):
        for g in fine:
            assert len({coarse[name].label for name in g.nodes}) == 1


@settings(max_examples=200, deadline=None)
@given(graphs())
def test_closed_groups_make_no_cycle(graph):
    grouping = group(graph)
    for membership in (grouping.unit_of, grouping.block_of, grouping.stage_of):
        edges = {
            (membership[source].label, membership[node.name].label)
            for node in graph.nodes
            for source in node.inputs
        }
        left = {membership[node.name].label for node in graph.nodes}
        edges = {(a, b) for a, b in edges if a != b}
        while left:
            sources = left - {b for a, b in edges if a in left}
            assert sources, "closing these groups would make a cycle"
            left -= sources
