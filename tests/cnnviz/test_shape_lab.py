"""The shape laboratory against Keras: what it works out is what Keras builds."""

from functools import cache

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cnnviz.costs import graph_costs
from cnnviz.engine import Engine
from cnnviz.errors import UserError
from cnnviz.extract import graph_from_model
from cnnviz.keras_code import keras_code
from cnnviz.rebuild import rebuilt
from cnnviz.requests import GetKerasCode, OpenModel, RunImage, SetWeights
from cnnviz.shape_lab import CHANGEABLE, Plan, planned, try_plan
from models import assign
from models.registry import find

NETWORKS = ("lenet5", "alexnet", "googlenet", "resnet18", "mobilenet", "shufflenet_v1_g2")
SIZES = ("kernel_size", "strides", "dilation_rate", "pool_size", "size")
NUMBERS = ("filters", "units", "groups", "depth_multiplier")


@cache
def network(name):
    """A network of the catalog without weights, and its graph."""
    with assign.symbolic():
        model = find(name).build()
    return model, graph_from_model(model)


def graph_of(name):
    return network(name)[1]


def described(graph):
    """All of a graph that follows from its settings."""
    return [
        (node.name, node.output_shapes, [(w.name, w.shape) for w in node.weights])
        for node in graph.nodes
    ]


def by_keras(model, plan):
    with assign.symbolic():
        return graph_from_model(rebuilt(model, plan))


@pytest.mark.parametrize("name", ["alexnet", "googlenet", "mobilenet", "xception"])
def test_another_input_gives_what_the_builder_gives(name):
    height, width, channels = find(name).input_shape
    shape = (height + 32, width + 64, channels)
    with assign.symbolic():
        built = find(name).build(shape)
    trial = try_plan(graph_of(name), Plan(shape))
    assert trial.fits
    assert described(trial.graph) == described(graph_from_model(built))


def changed(graph, node, setting, value):
    """One change more of a plan, picked by three numbers; None where there is none to pick."""
    changeable = [entry for entry in graph.nodes if entry.type in CHANGEABLE]
    layer = changeable[node % len(changeable)]
    name = CHANGEABLE[layer.type][setting % len(CHANGEABLE[layer.type])]
    if name in NUMBERS:
        return layer, name, (1, 2, 8, 48)[value % 4]
    if name in SIZES:
        return layer, name, ((1, 2, 3, 5)[value % 4],) * 2
    if isinstance(layer.settings.get(name), str):
        return layer, name, ("same", "valid")[value % 2]
    return None


PICKS = st.tuples(st.integers(0, 499), st.integers(0, 59), st.integers(0, 3))


@settings(max_examples=15)
@given(st.sampled_from(NETWORKS), st.lists(PICKS, min_size=1, max_size=2))
def test_any_change_gives_what_keras_builds_or_refuses(name, picks):
    plan = Plan()
    for pick in picks:
        change = changed(graph_of(name), *pick)
        plan = plan.with_change(*change) if change else plan
    trial = try_plan(graph_of(name), plan)
    try:
        built = by_keras(network(name)[0], plan)
    except UserError:
        assert not trial.fits
    else:
        assert trial.fits, trial.misfits
        assert described(trial.graph) == described(built)
        assert graph_costs(trial.graph) == graph_costs(built)


def small(*layers, shape=(9, 8, 4)):
    with assign.symbolic():
        model = keras.Sequential([keras.Input(shape), *layers])
    return model, graph_from_model(model)


OTHERS = [
    (keras.layers.Conv2DTranspose(3, 3, strides=2, name="x"), "kernel_size", (5, 4)),
    (keras.layers.Conv2DTranspose(3, 3, padding="same", name="x"), "strides", (2, 3)),
    (keras.layers.Conv2DTranspose(3, 5, strides=3, output_padding=1, name="x"), "filters", 7),
    (keras.layers.Conv2DTranspose(3, 3, name="x"), "dilation_rate", (2, 2)),
    (keras.layers.SeparableConv2D(3, 3, name="x"), "depth_multiplier", 2),
    (keras.layers.SeparableConv2D(3, 3, strides=2, name="x"), "dilation_rate", (2, 2)),
    (keras.layers.DepthwiseConv2D(3, dilation_rate=2, name="x"), "strides", (2, 2)),
    (keras.layers.DepthwiseConv2D(3, name="x"), "strides", (2, 1)),
    (keras.layers.UpSampling2D(2, name="x"), "size", (3, 2)),
    (keras.layers.ZeroPadding2D(2, name="x"), "padding", ((1, 2), (3, 4))),
    (keras.layers.Cropping2D(1, name="x"), "cropping", ((1, 2), (3, 1))),
    (keras.layers.Reshape((36, 8), name="x"), "target_shape", (-1, 4, 2)),
    (keras.layers.AveragePooling2D(2, name="x"), "pool_size", (3, 2)),
]


@pytest.mark.parametrize(("layer", "setting", "value"), OTHERS)
def test_other_layers_too(layer, setting, value):
    model, graph = small(layer, keras.layers.GroupNormalization(1, name="after"))
    if setting == "target_shape":
        model, graph = small(layer)
    plan = Plan().with_change(graph.by_name["x"], setting, value)
    trial = try_plan(graph, plan)
    if not trial.fits:  # what the last layer makes is not known here; what the first does, is
        assert [misfit.node for misfit in trial.misfits] == ["after"]
    built = by_keras(model, plan)
    assert trial.graph.by_name["x"].output_shapes == built.by_name["x"].output_shapes
    assert trial.graph.by_name["x"].weights == built.by_name["x"].weights


def test_behind_a_misfit_nothing_is_claimed():
    graph = graph_of("resnet18")
    conv = graph.by_name["conv3_block1_2_conv"]
    trial = try_plan(graph, Plan().with_change(conv, "filters", 100))
    assert [misfit.node for misfit in trial.misfits] == ["conv3_block1_add"]
    assert trial.misfits[0].source == graph.by_name["conv3_block1_add"].inputs[1]
    assert "conv3_block1_2_bn" in trial.changed
    assert "conv3_block1_add" in trial.unknown
    for node in graph.nodes:
        behind = any(name in trial.unknown for name in node.inputs)
        assert (node.name in trial.unknown) == (behind or node.name == "conv3_block1_add")
        if node.name in trial.unknown:
            assert trial.graph.by_name[node.name] == node


def test_misfits_say_why():
    def sentence(name, node, setting, value):
        graph = graph_of(name)
        trial = try_plan(graph, Plan().with_change(graph.by_name[node], setting, value))
        return trial.misfits[0].sentence

    assert sentence("alexnet", "conv2", "groups", 5) == (
        "conv2 does not fit: 5 groups do not divide its 96 input channels."
    )
    # 27 + 2: the padding of the pool before; a window of 14 on 13 cells.
    assert "spans 14 does not fit into 13" in sentence("alexnet", "pool5", "pool_size", (14, 14))
    assert "no stride together with a dilation" in sentence(
        "alexnet", "conv1", "dilation_rate", (2, 2)
    )
    assert "its codes have 84 values, and 48 come in" in sentence("lenet5", "f6_dense", "units", 48)
    shuffle = graph_of("shufflenet_v1_g2")
    first = next(node.name for node in shuffle.nodes if node.type == "ChannelShuffle")
    assert "groups do not divide" in sentence("shufflenet_v1_g2", first, "groups", 7)


def test_a_layer_without_a_rule_keeps_its_shape_and_says_so_when_its_input_changes():
    inputs = keras.Input((8, 8, 3))
    with assign.symbolic():
        middle = keras.layers.Conv2D(4, 3, name="conv")(inputs)
        model = keras.Model(inputs, keras.ops.transpose(middle, (0, 2, 1, 3)))
    graph = graph_from_model(model)
    conv = graph.by_name["conv"]
    same = try_plan(graph, Plan().with_change(conv, "filters", 4))
    assert same.fits
    assert same.graph == graph
    other = try_plan(graph, Plan().with_change(conv, "filters", 5))
    assert "only Keras can say" in other.misfits[0].sentence


def test_a_shared_layer_changes_everywhere_or_says_that_it_cannot():
    with assign.symbolic():
        one, two = keras.Input((8, 8, 4)), keras.Input((6, 6, 4))
        conv = keras.layers.Conv2D(2, 3, name="conv")
        pool = keras.layers.GlobalAveragePooling2D(name="pool")
        total = keras.layers.Add(name="sum")([pool(conv(one)), pool(conv(two))])
        model = keras.Model([one, two], total)
    graph = graph_from_model(model)
    plan = Plan().with_change(graph.by_name["conv"], "filters", 5)
    trial = try_plan(graph, plan)
    assert trial.graph.by_name["conv:2"].output_shape == (4, 4, 5)
    assert described(trial.graph)[2:] == described(by_keras(model, plan))[2:]
    other = try_plan(graph, Plan((8, 8, 3)))
    assert "shares the kernel of conv" in other.misfits[0].sentence


def test_a_plan_forgets_what_is_no_change():
    conv = graph_of("alexnet").by_name["conv1"]
    plan = Plan().with_change(conv, "filters", 10)
    assert plan.of("conv1") == {"filters": 10}
    assert plan.words() == "conv1 filters 10"
    assert not plan.with_change(conv, "filters", 96)
    longer = plan.with_change(conv, "strides", (2, 2)).with_input((224, 224, 3))
    assert longer.words() == "3 changed settings"


@pytest.mark.parametrize("name", [*NETWORKS, "xception"])
def test_the_code_builds_the_same_model(name):
    namespace = {}
    with assign.symbolic():
        exec(keras_code(network(name)[0]), namespace)
    assert graph_from_model(namespace["model"]) == graph_of(name)


def test_code_of_shared_layers_several_outputs_and_bare_operations():
    with assign.symbolic():
        one, two = keras.Input((8, 8, 4), name="one"), keras.Input((8, 8, 4), name="two")
        conv = keras.layers.Conv2D(2, 3, kernel_initializer="he_normal", name="conv")
        left, right = keras.ops.split(conv(one), 2, axis=-1)
        joined = keras.ops.concatenate([left * 2.0, right, conv(two)], axis=-1)
        model = keras.Model([one, two], [joined, left], name="odd one")
    code = keras_code(model)
    namespace = {}
    exec(code, namespace)
    model.compile()
    assign.randomize(model)
    namespace["model"].set_weights(model.get_weights())
    inputs = [np.random.default_rng(seed).normal(size=(1, 8, 8, 4)) for seed in (0, 1)]
    for here, there in zip(model(inputs), namespace["model"](inputs), strict=True):
        np.testing.assert_array_equal(here, there)


def test_code_with_brackets_and_commas_in_names():
    name = "it's a (very, very] long name, of a layer that nobody would ever give it in earnest"
    _, graph = small(keras.layers.Conv2D(3, 3, name=name))
    with assign.symbolic():
        model = keras.Sequential([keras.Input((9, 8, 4)), keras.layers.Conv2D(3, 3, name=name)])
        namespace = {}
        exec(keras_code(model), namespace)
    assert graph_from_model(namespace["model"]).nodes[1] == graph.nodes[1]


def test_a_changed_model_opens_and_runs(tmp_path):
    engine = Engine()
    plain = engine.handle(OpenModel("lenet5_modern"))
    conv = next(node for node in plain.graph.nodes if node.type == "Conv2D")
    plan = Plan().with_change(conv, "filters", 9)
    opened = engine.handle(OpenModel("lenet5_modern", plans=(plan,)))
    assert opened.title == f"{plain.name} ({conv.name} filters 9)"
    assert opened.weights_available == ("random",)
    assert described(opened.graph) == described(try_plan(plain.graph, plan).graph)
    run = engine.handle(RunImage(np.zeros((32, 32), np.uint8)))
    assert run.weights.kind == "random"
    code = engine.handle(GetKerasCode(opened.request))
    assert "filters=9" in code

    path = tmp_path / "own.keras"
    assign_to = find("lenet5_modern").build()
    assign_to.save(path)
    opened = engine.handle(OpenModel(str(path), plans=(plan,)))
    assert described(opened.graph) == described(try_plan(plain.graph, plan).graph)
    assert engine.handle(SetWeights("auto")).kind == "random"
    with pytest.raises(UserError, match="conv"):
        engine.handle(SetWeights("file"))


def test_keras_reason_for_a_model_that_it_does_not_build():
    wrong = Plan(changes=(("c1_conv", (("kernel_size", (40, 40)),)),))
    with pytest.raises(UserError, match="Keras does not build the changed model"):
        Engine().handle(OpenModel("lenet5", plans=(wrong,)))


def test_changes_as_typed_on_a_command_line():
    graph = graph_of("alexnet")
    plan = planned(graph, [("conv1", "kernel_size", "9x7"), ("fc6", "units", "100")])
    assert plan.of("conv1") == {"kernel_size": (9, 7)}
    assert plan.of("fc6") == {"units": 100}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("conv9", "strides", "2"), "has no layer 'conv9': did you mean conv"),
        (("conv1", "stride", "2"), "has no setting 'stride': choose from filters, kernel_size"),
        (("drop6", "rate", "2"), "has no setting 'rate': it has none"),
        (("conv1", "strides", "two"), "'two' is no strides of 'conv1': give whole numbers only."),
        (("conv1", "padding", "full"), "'full' is no padding of 'conv1': give valid or same."),
        (("conv1", "kernel_size", "300"), "does not fit into 227 without padding: change another"),
    ],
)
def test_changes_that_make_no_sense(change, said):
    with pytest.raises(UserError) as caught:
        planned(graph_of("alexnet"), [change])
    assert said in str(caught.value)
