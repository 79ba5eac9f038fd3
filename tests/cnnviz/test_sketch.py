"""Descriptions of models as data: right ones, wrong ones, hostile ones."""

import copy
import json
import pickle

import keras
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from keras import layers

from cnnviz.errors import UserError
from cnnviz.extract import graph_from_model
from cnnviz.grouping import group
from cnnviz.sketch import MOST_NODES, UNKNOWN, sketch_of
from models.assign import symbolic


def nested():
    """Branches, a model in the model that is called twice, a bare operation."""
    part = keras.Input((8, 8, 4), name="part")
    inner = keras.Model(part, layers.ReLU(name="r")(layers.Conv2D(4, 1, name="c")(part)), name="in")
    inputs = keras.Input((8, 8, 3), name="photo")
    left = layers.Conv2D(4, 3, padding="same", name="left")(inputs)
    right = inner(inner(left))
    joined = layers.Concatenate(name="join")([left, right])
    mean = keras.ops.mean(joined, axis=(1, 2))
    return keras.Model(inputs, [layers.Dense(5, name="answer")(mean), mean], name="net")


def stack():
    return keras.Sequential(
        [
            keras.Input((8, 8, 3), name="photo"),
            layers.Conv2D(2, 3, name="conv"),
            layers.Flatten(name="flat"),
            layers.Dense(3, name="answer"),
        ],
        name="stack",
    )


def described(build):
    """A model's graph by Keras, and its description as a file has it."""
    with symbolic():
        model = build()
        text = json.dumps(keras.saving.serialize_keras_object(model))
        return graph_from_model(model), json.loads(text)


@pytest.fixture(scope="module", params=[nested, stack])
def pair(request):
    return described(request.param)


@pytest.fixture(scope="module")
def description():
    return described(nested)[1]


def layer(config, name):
    return next(each for each in config["config"]["layers"] if each["config"].get("name") == name)


def edges(graph):
    return {(source, node.name) for node in graph.nodes for source in node.inputs}


def test_a_right_description_gives_the_graph_that_keras_builds(pair):
    graph, config = pair
    sketch = sketch_of(config, "net")
    assert not sketch.faults
    assert {n.name: n.type for n in sketch.graph.nodes} == {n.name: n.type for n in graph.nodes}
    assert edges(sketch.graph) == edges(graph)
    assert {o.node for o in sketch.graph.outputs} == {o.node for o in graph.outputs}
    for node in sketch.graph.nodes:
        # The file says what every layer reads, and so all but the last shapes.
        if node.output_shape != UNKNOWN:
            assert node.output_shape == graph.by_name[node.name].output_shape
    told = [node for node in sketch.graph.nodes if node.output_shape != UNKNOWN]
    assert len(told) >= len(graph.nodes) - 2
    kernel = next(n for n in sketch.graph.nodes if n.type == "Conv2D").settings["kernel_size"]
    assert kernel == (3, 3)


def test_the_older_way_of_writing_it():
    """As Keras 2 wrote it: [layer, call, output, options], shapes at the inputs alone."""
    config = {
        "class_name": "Functional",
        "config": {
            "layers": [
                {"class_name": "InputLayer", "name": "photo", "inbound_nodes": [],
                 "config": {"batch_input_shape": [None, 8, 8, 3], "name": "photo"}},
                {"class_name": "Conv2D", "name": "a", "config": {"name": "a", "filters": 2},
                 "inbound_nodes": [[["photo", 0, 0, {}]]]},
                {"class_name": "Add", "name": "sum", "config": {"name": "sum"},
                 "inbound_nodes": [[["a", 0, 0, {}], ["photo", 0, 0, {}]]]},
            ],
            "input_layers": [["photo", 0, 0]],
            "output_layers": [["sum", 0, 0]],
        },
    }  # fmt: skip
    sketch = sketch_of(config, "old")
    assert edges(sketch.graph) == {("photo", "a"), ("a", "sum"), ("photo", "sum")}
    assert sketch.graph.input_shape == (8, 8, 3)
    assert not sketch.faults


def test_an_unknown_layer_is_a_box_with_its_name(description):
    config = copy.deepcopy(description)
    layer(config, "left").update(class_name="Magic", module="mine", registered_name="mine>Magic")
    sketch = sketch_of(config, "net")
    box = sketch.graph.by_name["left"]
    assert (box.type, box.known, box.inputs) == ("Magic", False, ("photo",))
    assert box.output_shape == (8, 8, 4)  # as its readers say
    (fault,) = sketch.faults
    assert fault.node == "left"
    assert "Magic" in fault.text


def test_a_circle_is_cut_and_told(description):
    config = copy.deepcopy(description)
    (inbound,) = layer(config, "left")["inbound_nodes"]
    inbound["args"][0]["config"]["keras_history"] = ["join", 0, 0]
    sketch = sketch_of(config, "net")
    assert len(sketch.graph.nodes) == 9
    (fault,) = sketch.faults
    assert "which is made from it" in fault.text
    seen = set()
    for node in sketch.graph.nodes:
        assert seen.issuperset(node.inputs)
        seen.add(node.name)


def test_what_a_layer_reads_may_be_missing(description):
    config = copy.deepcopy(description)
    config["config"]["layers"] = [
        each for each in config["config"]["layers"] if each["config"].get("name") != "photo"
    ]
    sketch = sketch_of(config, "net")
    assert any("'photo', which the file does not have" in fault.text for fault in sketch.faults)


def chain(count):
    made = [
        {
            "class_name": "ReLU",
            "name": f"r{i}",
            "config": {},
            "inbound_nodes": [[[f"r{i - 1}", 0, 0]]] if i else [],
        }
        for i in range(count)
    ]
    return {"class_name": "Functional", "config": {"layers": made}}


def bomb(depth, width):
    """Models in models, each called so many times."""
    inner = {"class_name": "ReLU", "name": "r", "config": {}, "inbound_nodes": [[["i", 0, 0]]]}
    start = {"class_name": "InputLayer", "name": "i", "config": {}, "inbound_nodes": []}
    for _ in range(depth):
        calls = [[["i", 0, 0]]] * width
        config = {"layers": [start, inner], "input_layers": ["i", 0, 0]}
        inner = {"class_name": "F", "name": "f", "config": config, "inbound_nodes": calls}
    return {"class_name": "F", "config": {"layers": [start, inner]}}


def test_absurd_numbers_of_layers_are_refused_at_once():
    assert len(sketch_of(chain(MOST_NODES), "long").graph.nodes) == MOST_NODES
    for config in (chain(MOST_NODES + 1), bomb(20, 10)):
        with pytest.raises(UserError, match="more than 5,000 layers"):
            sketch_of(config, "huge")


@pytest.mark.parametrize(
    "config",
    [{}, {"config": 3}, {"config": {"layers": {}}}, {"config": {"layers": []}},
     {"config": {"layers": [1, None, "x"]}}],
)  # fmt: skip
def test_what_has_no_layers_is_refused_with_a_sentence(config):
    with pytest.raises(UserError, match="no layers"):
        sketch_of(config, "nothing")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=6)
    | st.just(10**400) | st.just("x" * 10_000) | st.sampled_from(["left", "photo", "ReLU"]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(
        st.sampled_from(
            ["class_name", "config", "layers", "name", "inbound_nodes", "args", "shape", "module",
             "keras_history", "input_layers", "output_layers", "build_config", "input_shape"]
        ),
        inner,
        max_size=5,
    ),
    max_leaves=20,
)  # fmt: skip


def places(value, path=()):
    yield path
    children = value.items() if isinstance(value, dict) else ()
    children = enumerate(value) if isinstance(value, list) else children
    for key, inner in children:
        yield from places(inner, (*path, key))


def assert_sound(config):
    try:
        sketch = sketch_of(config, "any")
    except UserError:
        return
    graph = sketch.graph
    assert len(graph.by_name) == len(graph.nodes)
    seen = set()
    for node in graph.nodes:
        assert seen.issuperset(node.inputs)
        assert len(node.name) < 200 * 25
        graph.input_shapes(node)
        seen.add(node.name)
    assert seen.issuperset(output.node for output in graph.outputs)
    assert seen.issuperset(fault.node for fault in sketch.faults)
    group(graph)
    pickle.dumps(graph)


@settings(max_examples=150)
@given(data=st.data())
def test_anything_may_stand_anywhere(description, data):
    config = copy.deepcopy(description)
    for _ in range(data.draw(st.integers(1, 3))):
        *path, key = data.draw(st.sampled_from(list(places(config))[1:]))
        target = config
        for step in path:
            target = target[step]
        if data.draw(st.booleans()):
            target[key] = data.draw(JSON)
        else:
            del target[key]
        if not config:
            break
    assert_sound(config)


@settings(max_examples=60)
@given(JSON)
def test_any_json_at_all(value):
    assert_sound({"class_name": "Functional", "config": {"layers": [value, value]}})
    if isinstance(value, dict):
        assert_sound(value)
