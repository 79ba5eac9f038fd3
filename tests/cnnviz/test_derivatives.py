"""Derivatives, the size of effective fields, and class maps, against independent computations."""

from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers

from cnnviz.effective import extent
from cnnviz.engine import Engine
from cnnviz.errors import Cancelled, UserError
from cnnviz.extract import graph_from_model
from cnnviz.placing import place
from cnnviz.receptive_field import receptive_fields
from cnnviz.requests import (
    GetActivation,
    GetEffectiveField,
    GetSaliency,
    OpenModel,
    Reporter,
    RunImage,
    SetWeights,
)
from cnnviz.seen import seen
from models import assign, digits
from models.registry import find


def engine_on(model, picture):
    engine = Engine()
    engine.handle(OpenModel(str(model)))
    engine.handle(SetWeights("auto"))
    engine.handle(RunImage(picture))
    return engine


@pytest.fixture(scope="module")
def picture():
    return np.random.default_rng(0).integers(0, 256, (40, 48, 3), np.uint8)


@pytest.fixture(scope="module")
def network(tmp_path_factory):
    """A nested network with two branches, whose last layer has its softmax inside."""
    inner_in = keras.Input((20, 24, 4))
    y = layers.Conv2D(6, 3, strides=2, padding="same", activation="relu", name="deep")(inner_in)
    inner = keras.Model(inner_in, y, name="inner")
    x = keras.Input((20, 24, 3), name="photo")
    y = layers.Conv2D(4, 3, padding="same", activation="relu", name="first")(x)
    y = inner(y)
    side = layers.Conv2D(6, 1, name="side")(y)
    y = layers.Add(name="join")([y, side])
    y = layers.GlobalAveragePooling2D(name="pool")(y)
    y = layers.Dense(5, activation="softmax", name="answer")(y)
    file = tmp_path_factory.mktemp("models") / "nested.keras"
    model = keras.Model(x, y)
    model.save(file)
    return file, model


@pytest.fixture(scope="module")
def digit_engine():
    return engine_on("lenet5_modern", digits.load().pictures[0])


def input_of(engine):
    return engine.handle(GetActivation(engine._need_model().graph.inputs[0].name)).values[None]


def logits_from(model, start):
    """The tail of the nested network as the test writes it: start is the inner model's output."""
    side = model.get_layer("side")(start)
    pooled = tf.reduce_mean(start + side, axis=(1, 2))
    dense = model.get_layer("answer")
    return pooled @ dense.kernel + dense.bias


@pytest.mark.parametrize("index", [0, 3])
def test_grad_cam_of_a_nested_model_is_what_the_paper_says(network, picture, index):
    file, model = network
    engine = engine_on(file, picture)
    found = engine.handle(GetSaliency("gradcam", index, "inner/deep"))
    hidden = model.get_layer("inner")(model.get_layer("first")(input_of(engine)))
    with tf.GradientTape() as tape:
        tape.watch(hidden)
        score = logits_from(model, hidden)[0, index]
    alpha = tf.reduce_mean(tape.gradient(score, hidden), axis=(1, 2))[0]
    cam = tf.nn.relu(tf.reduce_sum(hidden[0] * alpha, axis=-1)).numpy()
    assert found.cells == pytest.approx(cam, abs=1e-5)
    assert found.score == pytest.approx(float(score), abs=1e-5)
    default = engine.handle(GetSaliency("gradcam", index))
    assert default.layer == "join"


def test_the_gradient_is_that_of_the_score_before_softmax(network, picture):
    file, model = network
    engine = engine_on(file, picture)
    found = engine.handle(GetSaliency("gradient", 2))
    x = tf.constant(input_of(engine))
    with tf.GradientTape() as tape:
        tape.watch(x)
        score = logits_from(model, model.get_layer("inner")(model.get_layer("first")(x)))[0, 2]
    expected = np.abs(tape.gradient(score, x).numpy()[0]).max(axis=-1)
    assert found.values == pytest.approx(expected, abs=1e-5)
    # The layer keeps its own activation.
    again = engine.handle(GetActivation("answer")).values
    assert again.sum() == pytest.approx(1, abs=1e-5)


def test_an_effective_field_is_the_derivative_of_the_position(network, picture):
    file, model = network
    engine = engine_on(file, picture)
    found = engine.handle(GetEffectiveField("inner/deep", (4, 7), 2))
    x = tf.constant(input_of(engine))
    with tf.GradientTape() as tape:
        tape.watch(x)
        cell = model.get_layer("inner")(model.get_layer("first")(x))[0, 4, 7, 2]
    expected = np.abs(tape.gradient(cell, x).numpy()[0]).sum(axis=-1)
    assert found.values == pytest.approx(expected, abs=1e-6)
    averaged = engine.handle(GetEffectiveField("inner/deep", (4, 7), None, pictures=3))
    window = seen(graph_from_model(model), "inner/deep", (4, 7)).pixels
    assert not averaged.values[~window].any()
    assert averaged.values.sum() > 0
    same = engine.handle(GetEffectiveField("inner/deep", (4, 7), None, pictures=3))
    assert np.array_equal(same.values, averaged.values)


def test_the_gaussian_of_even_layers_is_known(tmp_path):
    """L means over K cells in a row have the variance L (K^2 - 1) / 12."""
    x = y = keras.Input((41, 41, 1))
    kernel = keras.initializers.Constant(1 / 25)
    for i in range(6):
        y = layers.Conv2D(1, 5, use_bias=False, kernel_initializer=kernel, name=f"conv{i}")(y)
    file = tmp_path / "even.keras"
    keras.Model(x, y).save(file)
    engine = engine_on(file, np.zeros((41, 41), np.uint8))
    answer = engine.handle(GetEffectiveField("conv5", (8, 8)))
    field = receptive_fields(engine._need_model().graph)["conv5"]
    found = extent(answer.values, field.window((8, 8)))
    assert found.sigma == pytest.approx([np.sqrt(6 * 24 / 12)] * 2, abs=1e-4)
    assert found.centre == pytest.approx([20, 20], abs=1e-4)
    assert found.size == pytest.approx([4 * s for s in found.sigma])
    assert found.ratio == pytest.approx([s / 25 for s in found.size])
    assert found.share_inside == pytest.approx(1)
    assert 0.88 < found.share_effective < 0.97
    assert extent(np.zeros((4, 4), np.float32), ((0, 2), (0, 2))) is None


def stroke(picture):
    """Bounding box of the ink."""
    ink = picture > 60
    rows, columns = np.flatnonzero(ink.any(1)), np.flatnonzero(ink.any(0))
    return slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)


@pytest.mark.parametrize("method", ["gradcam", "occlusion"])
def test_maps_of_held_out_digits_lie_on_the_stroke(digit_engine, method):
    data = digits.load()
    for digit in range(10):
        index = next(i for i in digits.held_out() if data.labels[i] == digit)
        result = digit_engine.handle(RunImage(data.pictures[index]))
        assert result.predictions[0].index == digit
        found = digit_engine.handle(GetSaliency(method))
        assert found.class_index == digit
        share = found.values[stroke(result.picture)].sum() / found.values.sum()
        assert share > 0.5, (digit, share)


def test_cells_stand_at_the_centres_of_their_fields():
    x = keras.Input((32, 32, 1))
    y = layers.MaxPooling2D(2)(layers.Conv2D(1, 5)(x))
    y = layers.MaxPooling2D(2, name="end")(layers.Conv2D(1, 5)(y))
    field = receptive_fields(graph_from_model(keras.Model(x, y)))["end"]
    cells = np.zeros((5, 5), np.float32)
    cells[1, 3] = 1
    placed = place(cells, field, 32, 32)
    rows, columns = np.nonzero(placed == placed.max())
    # Windows of 16 every 4 pixels: centres at 7.5 + 4 i.
    assert (rows.mean(), columns.mean()) == (11.5, 19.5)
    assert not place(np.ones((5, 5), np.float32), field, 32, 32)[:5].any()
    assert place(np.ones((5, 5), np.float32), field, 32, 32)[6:26, 6:26] == pytest.approx(1)


def test_random_weights_give_another_map_and_stay_out_of_the_model(digit_engine):
    before = digit_engine.handle(GetSaliency("gradient", 0))
    other = digit_engine.handle(GetSaliency("gradient", 0, randomised=True))
    after = digit_engine.handle(GetSaliency("gradient", 0))
    assert np.array_equal(before.values, after.values)
    agreement = np.corrcoef(before.values.ravel(), other.values.ravel())[0, 1]
    assert agreement < 0.9


@pytest.mark.parametrize(
    ("question", "says"),
    [
        (GetSaliency("gradcam", 10), "classes 0..9"),
        (GetSaliency("gradcam", 0, "f6_dense"), "more than one row"),
        (GetSaliency("gradcam", 0, "nowhere"), "no layer"),
        (GetEffectiveField("c1_conv", (28, 0)), "no position"),
        (GetEffectiveField("c1_conv", (2,)), "no position"),
        (GetEffectiveField("c1_conv", (2, 2), 6), "no position"),
        (GetEffectiveField("nowhere"), "no layer"),
    ],
)
def test_what_is_not_there_is_refused(digit_engine, question, says):
    with pytest.raises(UserError, match=says):
        digit_engine.handle(question)


def test_without_a_run_there_is_no_derivative():
    engine = Engine()
    engine.handle(OpenModel("lenet5_modern"))
    with pytest.raises(UserError, match="run one first"):
        engine.handle(GetEffectiveField("c1_conv", (2, 2)))


def test_a_question_can_be_cancelled(digit_engine):
    class Stop(Reporter):
        told = 0

        def report(self, progress):
            self.told += 1

        def checkpoint(self):
            if self.told == 3:
                raise Cancelled

    reporter = Stop()
    with pytest.raises(Cancelled):
        digit_engine.handle(GetEffectiveField("c3_conv", (2, 2), pictures=50), reporter)
    assert reporter.told == 3
    assert digit_engine.handle(GetEffectiveField("c3_conv", (2, 2))).values.any()


def derivatives(model, node, position, inputs):
    """Which pixels have a derivative for any of the inputs, and for random mixes of channels."""
    layer = model.get_layer(node)
    part = keras.Model(model.inputs, layer.output)
    rng = np.random.default_rng(1)
    x = tf.constant(inputs)
    with tf.GradientTape() as tape:
        tape.watch(x)
        cells = part(x, training=False)[:, *position]
        value = tf.reduce_sum(cells * rng.normal(size=cells.shape).astype(np.float32))
    return (tape.gradient(value, x).numpy() != 0).any(axis=(0, -1))


@pytest.mark.parametrize(
    ("name", "size", "node", "positions"),
    [
        ("lenet5", (32, 32, 1), 3, [(0, 0), (4, 7)]),
        ("alexnet", (99, 99, 3), "conv3", [(0, 0), (2, 2)]),
        ("googlenet", (65, 65, 3), "Concatenate", [(0, 0), (4, 3)]),
        ("cifar_resnet20", (32, 32, 3), "Add", [(0, 5), (7, 7)]),
        ("densenet121", (64, 64, 3), "Concatenate", [(0, 0), (9, 8)]),
    ],
)
def test_networks_have_derivatives_exactly_where_they_see(name, size, node, positions):
    with assign.symbolic():
        model = find(name).build(input_shape=size)
    assign.randomize(model)
    graph = graph_from_model(model)
    if isinstance(node, int):
        node = graph.nodes[node].name
    elif node not in graph.by_name:
        node = [each.name for each in graph.nodes if each.type == node][2]
    inputs = np.random.default_rng(0).normal(size=(24, *size)).astype(np.float32)
    for position in positions:
        truth = derivatives(model, node, position, inputs)
        assert np.array_equal(seen(graph, node, position).pixels, truth), position


def test_memory_is_given_back():
    """Of a network whose activations take 60 MiB, a tenth question takes no more than a third."""
    engine = Engine()
    engine.handle(OpenModel("resnet18"))
    engine.handle(RunImage(np.zeros((224, 224, 3), np.uint8)))

    def ask(times):
        for _ in range(times):
            engine.handle(GetEffectiveField("conv2_block2_out", (20, 20)))
        lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
        [resident] = [line.split()[1] for line in lines if line.startswith("VmRSS")]
        return int(resident) / 1024

    before = ask(3)
    assert ask(7) - before < 40
