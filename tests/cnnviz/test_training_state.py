import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnnviz.engine import Engine
from cnnviz.errors import UserError
from cnnviz.images import default_preparation, load_picture
from cnnviz.requests import (
    GetActivation,
    GetEffectiveField,
    GetWeights,
    OpenModel,
    RunImage,
    TrainingBatch,
)
from cnnviz.training_state import batch_of, sensitive, training_sentence, variation
from models.samples import FOLDER

CAT = FOLDER / "photos" / "cat.jpg"
BATCH = TrainingBatch(6, 3)


@pytest.fixture(scope="module")
def engine(tmp_path_factory):
    """A network whose stored statistics are far from those of any batch."""
    import keras

    keras.utils.set_random_seed(0)
    x = inputs = keras.Input((40, 40, 3), name="photo")
    x = keras.layers.Conv2D(5, 3, name="conv")(x)
    x = keras.layers.BatchNormalization(name="norm", epsilon=1e-3)(x)
    x = keras.layers.Activation("tanh", name="act")(x)
    x = keras.layers.Dropout(0.25, name="drop")(x)
    x = keras.layers.GlobalAveragePooling2D(name="pool")(x)
    x = keras.layers.Dense(4, activation="softmax", name="answer")(x)
    model = keras.Model(inputs, x)
    rng = np.random.default_rng(0)
    norm = model.get_layer("norm")
    norm.set_weights([rng.uniform(0.5, 2, 5) for _ in norm.get_weights()])
    file = tmp_path_factory.mktemp("training") / "with_norm.keras"
    model.save(file)
    engine = Engine()
    engine.opened = engine.handle(OpenModel(str(file)))
    return engine


def value(engine, node):
    return engine.handle(GetActivation(node)).values


def test_batch_norm_normalises_by_the_batch_as_the_formula_says(engine):
    engine.handle(RunImage(CAT, training=BATCH))
    graph = engine.opened.graph
    images, _ = batch_of(load_picture(CAT), graph.input_shape, default_preparation(graph), BATCH)
    conv = engine.handle(GetWeights("conv")).values
    windows = np.lib.stride_tricks.sliding_window_view(images, (3, 3), axis=(1, 2))
    made = np.einsum("nyxchw,hwco->nyxo", windows, conv["kernel"], dtype=np.float64) + conv["bias"]
    norm = engine.handle(GetWeights("norm")).values
    mean, variance = made.mean(axis=(0, 1, 2)), made.var(axis=(0, 1, 2))
    expected = norm["gamma"] * (made[0] - mean) / np.sqrt(variance + 1e-3) + norm["beta"]
    np.testing.assert_allclose(value(engine, "conv"), made[0], rtol=0, atol=1e-4)
    np.testing.assert_allclose(value(engine, "norm"), expected, rtol=0, atol=1e-4)
    stored = norm["gamma"] * (made[0] - norm["moving_mean"])
    stored = stored / np.sqrt(norm["moving_variance"] + 1e-3) + norm["beta"]
    assert np.abs(stored - expected).max() > 0.1, "inference would have been something else"


def test_dropout_zeroes_its_share_and_scales_the_rest(engine):
    engine.handle(RunImage(CAT, training=BATCH))
    before, after = value(engine, "act"), value(engine, "drop")
    dropped = after == 0
    # 7,220 cells: five standard deviations of the share are 0.026.
    assert dropped.mean() == pytest.approx(0.25, abs=0.026)
    np.testing.assert_allclose(after[~dropped], before[~dropped] / 0.75, rtol=1e-6)


def test_the_same_seed_gives_the_same_and_another_does_not(engine):
    def run(seed):
        result = engine.handle(RunImage(CAT, training=TrainingBatch(4, seed)))
        return value(engine, "drop"), result.predictions

    first, again, other = run(1), run(1), run(2)
    np.testing.assert_array_equal(first[0], again[0])
    assert first[1] == again[1]
    assert (first[0] != other[0]).any()


def test_stored_statistics_and_later_inference_stay_as_they_were(engine):
    before = engine.handle(RunImage(CAT))
    stored = engine.handle(GetWeights("norm")).values
    inference = value(engine, "drop")
    trained = engine.handle(RunImage(CAT, training=BATCH))
    assert trained.training == BATCH
    assert trained.predictions != before.predictions
    for role, values in engine.handle(GetWeights("norm")).values.items():
        np.testing.assert_array_equal(values, stored[role])
    after = engine.handle(RunImage(CAT))
    assert after.training is None
    assert after.predictions == before.predictions
    np.testing.assert_array_equal(value(engine, "drop"), inference)
    np.testing.assert_array_equal(inference, value(engine, "act"))


def test_training_keeps_the_trace_of_the_picture_itself_only(engine):
    result = engine.handle(RunImage(CAT, training=BATCH))
    assert value(engine, "photo").shape == (40, 40, 3)
    assert result.trace_bytes < 5 * 40 * 40 * 4 * 5
    assert {node.seconds for node in result.nodes} == {None}
    assert result.gear == "stepwise"
    assert result.picture.shape == (40, 40, 3)


def test_what_holds_at_inference_only_is_refused(engine):
    engine.handle(RunImage(CAT, training=BATCH))
    for request in (GetEffectiveField("conv", (1, 1)), GetWeights("conv", folded=True)):
        with pytest.raises(UserError, match="switch training behaviour off"):
            engine.handle(request)


@pytest.mark.parametrize("size", [0, 1, 65])
def test_a_batch_without_a_variance_or_too_large_is_refused(engine, size):
    with pytest.raises(UserError, match="take 2 to 64"):
        engine.handle(RunImage(CAT, training=TrainingBatch(size)))


def test_a_trace_that_cannot_be_kept_whole_is_refused(engine):
    with pytest.raises(UserError, match="smaller input"):
        engine.handle(RunImage(CAT, budget_bytes=1000, training=BATCH))


def test_which_nodes_care(engine):
    assert sensitive(engine.opened.graph) == ("norm", "drop")
    assert "a batch of 6, this picture and 5 variations of it (seed 3)" in training_sentence(BATCH)


def test_networks_without_batch_norm_say_that_nothing_differs():
    engine = Engine()
    opened = engine.handle(OpenModel("lenet5_modern"))
    assert sensitive(opened.graph) == ()
    result = engine.handle(RunImage(FOLDER / "digits" / "digit_7_a.png", training=BATCH))
    assert any("No layer of this network" in notice for notice in result.notices)


@given(st.integers(1, 30), st.integers(1, 30), st.integers(0, 2**32 - 1), st.booleans())
def test_variations_are_pictures_of_the_same_shape(height, width, seed, mirror):
    rng = np.random.default_rng(seed)
    picture = rng.integers(0, 256, (height, width, 3), np.uint8)
    changed = variation(picture, np.random.default_rng(seed), mirror=mirror)
    assert changed.shape == picture.shape
    assert changed.dtype == np.uint8
    assert changed.max() <= min(255, round(1.2 * picture.max()) + 1)


def test_digits_are_never_mirrored():
    """A bright column at the left end stays left of the middle, however it is varied."""
    picture = np.zeros((20, 20, 3), np.uint8)
    picture[:, 3] = 200
    for seed in range(40):
        changed = variation(picture, np.random.default_rng(seed), mirror=False)
        assert changed[:, :10].any()
        assert not changed[:, 10:].any()


def test_the_answer_is_that_of_keras_in_training(tmp_path):
    """Without chance: Keras' own training call of the whole batch."""
    import keras

    inputs = x = keras.Input((32, 32, 3))
    for filters in (4, 8):
        x = keras.layers.Conv2D(filters, 3, strides=2)(x)
        x = keras.layers.ReLU()(keras.layers.BatchNormalization()(x))
    x = keras.layers.Dense(3, activation="softmax")(keras.layers.GlobalAveragePooling2D()(x))
    model = keras.Model(inputs, x)
    model.save(tmp_path / "norms.keras")
    engine = Engine()
    graph = engine.handle(OpenModel(str(tmp_path / "norms.keras"))).graph
    result = engine.handle(RunImage(CAT, training=BATCH))
    images, _ = batch_of(load_picture(CAT), graph.input_shape, default_preparation(graph), BATCH)
    expected = np.asarray(model(images, training=True))[0]
    found = [p.score for p in sorted(result.predictions, key=lambda p: p.index)]
    np.testing.assert_allclose(found, expected, atol=1e-5)
