import random
import string
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cnnviz.extract import graph_from_model
from cnnviz.graph import LayerGraph, Node, Source
from cnnviz.grouping import group
from cnnviz.nesting import nest
from cnnviz.outline import Level, Outline
from models.assign import symbolic
from models.registry import catalog

# Blocks of each stage between stem and head: the tables of the papers (for Inception networks and
# Inception-ResNet, the modules at one resolution with the reduction that leads there).
PAPERS = {
    "resnet18": [2, 2, 2, 2],
    "resnet34": [3, 4, 6, 3],
    "resnet50": [3, 4, 6, 3],
    "resnet101": [3, 4, 23, 3],
    "resnet152": [3, 8, 36, 3],
    "resnet50v2": [3, 4, 6, 3],
    "resnext50_32x4d": [3, 4, 6, 3],
    "densenet121": [6, 12, 24, 16],
    "densenet169": [6, 12, 32, 32],
    "densenet201": [6, 12, 48, 32],
    "googlenet": [2, 5, 2],
    "inception_v3": [3, 5, 3],
    "inception_resnet_v2": [10, 20, 10],
    "mobilenet": [1, 2, 2, 6, 2],
    "shufflenet_v1_g3": [4, 8, 4],
    "shufflenet_v2_x1_0": [4, 8, 4],
    "squeezenet1_1": [2, 2, 4],
}
ROLES = {
    "densenet121": "dense layer", "densenet169": "dense layer", "densenet201": "dense layer",
    "inception_resnet_v2": "residual",
}  # fmt: skip


@pytest.fixture(scope="module")
def graphs():
    """Every architecture of the catalog, built once, on demand."""
    built = {}

    def get(name):
        if name not in built:
            with symbolic():
                model = catalog()[name].build()
            built[name] = graph_from_model(model, name=name)
        return built[name]

    return get


def renamed(graph):
    """The same graph with every name replaced by a random string, and the way back."""
    rng = random.Random(3)
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
    return LayerGraph(graph.name, nodes, outputs), {other: name for name, other in new.items()}


def shape_of(part, names=None):
    """A part as nested sets of operations, whatever they are called."""
    if not part.parts:
        return frozenset(names[n] if names else n for n in part.nodes)
    return (part.role, tuple(shape_of(inner, names) for inner in part.parts))


@pytest.mark.parametrize("name", PAPERS)
def test_blocks_of_each_stage_as_in_the_paper(graphs, name):
    grouping = group(graphs(name))
    counts = []
    for stage in grouping.stages:
        if stage.role == "stage":
            blocks = [b for b in grouping.blocks if b.nodes[0] in stage.nodes]
            counts.append(sum(b.role in (ROLES.get(name), *_BLOCKS) for b in blocks))
            if name in ROLES:
                counts[-1] = sum(b.role == ROLES[name] for b in blocks)
    assert counts == PAPERS[name]


_BLOCKS = ("residual", "branches", "separable", "dense layer", "gated", "cell")


def test_runs_of_equal_blocks_fold(graphs):
    outline = Outline(graphs("resnet152"))
    runs = {part.label: part.times for part in outline.groups if part.role == "run"}
    # The first block of a stage projects its input and differs from the others.
    assert runs == {
        "conv2_block2–3": 2,
        "conv3_block2–8": 7,
        "conv4_block2–36": 35,
        "conv5_block2–3": 2,
    }


def test_a_small_network_is_shown_whole_and_a_large_one_by_its_blocks(graphs):
    for name, level in (
        ("lenet5", Level.OPERATION),
        ("vgg16", Level.OPERATION),
        ("resnet50", Level.BLOCK),
        ("inception_resnet_v2", Level.BLOCK),
    ):
        outline = Outline(graphs(name))
        assert outline.default_level() is level
        assert len(outline.view(outline.open_at(level)).parts) <= 70


def assert_sound(outline, view, nested):
    """Nothing overlaps, frames hold their members, and no edge runs through what is not its own."""
    rects = nested.rects
    left, top = rects[:, 0], rects[:, 1]
    right, bottom = left + rects[:, 2], top + rects[:, 3]
    across = (left[:, None] < right[None] - 1e-6) & (left[None] < right[:, None] - 1e-6)
    down = (top[:, None] < bottom[None] - 1e-6) & (top[None] < bottom[:, None] - 1e-6)
    assert (across & down).sum() == len(rects)  # each only meets itself

    for part, (x, y, width, height) in zip(nested.framed, nested.frames, strict=True):
        mine = np.zeros(len(rects), bool)
        mine[[view.index[name] for name in part.nodes]] = True
        holds = (left >= x) & (right <= x + width) & (top >= y) & (bottom <= y + height)
        meets = (left < x + width) & (right > x) & (top < y + height) & (bottom > y)
        assert (holds == mine).all()
        assert (meets == mine).all()

    framed = {part.key: rect for part, rect in zip(nested.framed, nested.frames, strict=True)}
    keys = list(framed)
    boxes = np.array([framed[key] for key in keys]).reshape(-1, 4)
    around = [{part.key for part in outline.around(leaf)} if keys else set() for leaf in view.parts]
    for (source, target), route in zip(nested.edges, nested.routes, strict=True):
        points = np.vstack([route[:-1] + t * (route[1:] - route[:-1]) for t in (0.25, 0.5, 0.75)])
        px, py = points[:, :1], points[:, 1:]
        inside = (left + 1e-6 < px) & (px < right - 1e-6) & (top + 1e-6 < py) & (py < bottom - 1e-6)
        assert not inside.any(), "an edge runs through a box"
        if keys:
            x, y, width, height = boxes.T
            through = (x < px) & (px < x + width) & (y < py) & (py < y + height)
            foreign = [key not in around[source] | around[target] for key in keys]
            assert not through[:, foreign].any(), "an edge runs through a foreign frame"


def size_of(part):
    return (212.0, 62.0) if len(part.nodes) > 1 or "a" in part.label else (104.0, 30.0)


@pytest.mark.parametrize("name", catalog())
def test_every_architecture_groups_without_names_and_lies_well_at_every_level(graphs, name):
    graph = graphs(name)
    outline = Outline(graph)
    hidden, names = renamed(graph)
    assert shape_of(Outline(hidden).root, names) == shape_of(outline.root)
    seen = []
    for level in Level:
        view = outline.view(outline.open_at(level))
        seen.append(len(view.parts))
        for direction in ("down", "right") if level == Level.UNIT else ("down",):
            assert_sound(outline, view, nest(outline, view, size_of, direction))
    assert seen[0] == 1
    assert seen == sorted(seen)
    assert seen[-1] == len(graph.nodes)


@st.composite
def networks(draw):
    """Random DAGs, with branches that a block has, and others that none has."""
    nodes = [Node("n0", "InputLayer", (), ((8, 8, 4),))]
    for i in range(1, draw(st.integers(1, 30))):
        count = draw(st.sampled_from([1, 1, 1, 2, 3]))
        near = st.integers(max(0, i - draw(st.sampled_from([1, 3, 30]))), i - 1)
        chosen = draw(st.lists(near, min_size=1, max_size=count, unique=True))
        kinds = ["Conv2D", "BatchNormalization", "ReLU", "MaxPooling2D"]
        kind = draw(st.sampled_from(kinds if len(chosen) == 1 else ["Add", "Concatenate"]))
        size = draw(st.sampled_from([4, 8]))
        sources = tuple(Source(f"n{j}") for j in chosen)
        nodes.append(Node(f"n{i}", kind, sources, ((size, size, 4),), {"kernel_size": (3, 3)}))
    read = {source for node in nodes for source in node.inputs}
    outputs = tuple(Source(node.name) for node in nodes if node.name not in read)
    return LayerGraph("random", tuple(nodes), outputs)


@settings(max_examples=100, deadline=None)
@given(networks(), st.data())
def test_any_parts_may_be_open(graph, data):
    outline = Outline(graph)
    keys = [part.key for part in outline.groups]
    opened = frozenset(data.draw(st.lists(st.sampled_from(keys), unique=True))) if keys else ()
    view = outline.view(opened)
    # Every operation is in exactly one visible part.
    assert sorted(n for part in view.parts for n in part.nodes) == sorted(
        node.name for node in graph.nodes
    )
    assert all(name in view.parts[i].nodes for name, i in view.index.items())
    # A closed part has the union of its members' inputs and outputs.
    wanted = {
        (view.index[source], view.index[node.name])
        for node in graph.nodes
        for source in node.inputs
        if view.index[source] != view.index[node.name]
    }
    assert {(edge.source, edge.target) for edge in view.edges} == wanted
    assert len(view.edges) == len(wanted)
    for edge in view.edges:
        assert edge.tensor in view.parts[edge.source].nodes
    assert_sound(outline, view, nest(outline, view, size_of))


@settings(max_examples=50, deadline=None)
@given(networks(), st.data())
def test_opening_and_closing_returns_to_the_same_picture(graph, data):
    outline = Outline(graph)
    opened = outline.open_at(data.draw(st.sampled_from(Level)))
    closed = [part for part in outline.view(opened).parts if part.parts]
    if not closed:
        return
    part = data.draw(st.sampled_from(closed))
    before = nest(outline, outline.view(opened), size_of)
    nest(outline, outline.view(opened | {part.key}), size_of)
    after = nest(outline, outline.view(opened), size_of)
    assert np.array_equal(before.rects, after.rects)
    assert all(np.array_equal(a, b) for a, b in zip(before.routes, after.routes, strict=True))


def test_parts_nest(graphs):
    for name in ("inception_v3", "shufflenet_v1_g3", "efficientnet_b0"):
        outline = Outline(graphs(name))
        for part in outline.root.walk():
            if part.parts:
                inside = [n for inner in part.parts for n in inner.nodes]
                assert sorted(inside) == sorted(part.nodes)
                assert len(part.parts) > 1
                assert all(inner.level >= part.level for inner in part.parts)
        assert len(outline.by_key) == sum(1 for _ in outline.root.walk())
        assert outline.level_of(outline.open_at(Level.UNIT)) is Level.UNIT
