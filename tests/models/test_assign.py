"""Weights into models: files in every layout of Keras, files that do not fit, random numbers."""

import zipfile

import h5py
import keras
import numpy as np
import pytest
from keras import layers

from models import assign
from models.registry import find
from models.weights import WeightsError

pytestmark = pytest.mark.filterwarnings("ignore:You are saving your model as an HDF5 file")


def plain(filters=5, classes=3):
    inputs = keras.Input((8, 8, 2), name="input")
    x = layers.Conv2D(4, 3, name="conv1")(inputs)
    x = layers.BatchNormalization(name="norm1")(x)
    x = layers.SeparableConv2D(filters, 3, name="conv2")(x)
    x = layers.Dropout(0.5, name="drop")(x)
    x = layers.Flatten(name="flatten")(x)
    return keras.Model(inputs, layers.Dense(classes, name="dense")(x), name="plain")


def branched():
    """Two branches whose layers Keras sorts by depth, not by creation."""
    inputs = keras.Input((6, 6, 3), name="input")
    shortcut = layers.Conv2D(8, 1, name="shortcut")(inputs)
    x = layers.Conv2D(4, 3, padding="same", name="narrow")(inputs)
    x = layers.BatchNormalization(name="norm")(x)
    x = layers.Conv2D(8, 1, name="wide")(x)
    x = layers.Add(name="add")([x, shortcut])
    frozen = layers.Conv2D(8, 1, name="frozen", trainable=False)(x)
    return keras.Model(inputs, frozen, name="branched")


def nested():
    """A model inside a model, and a layer that both use."""
    shared = layers.Conv2D(3, 1, name="shared")
    part = keras.Input((4, 4, 3), name="part_input")
    inner = keras.Model(part, shared(layers.Conv2D(3, 1, name="first")(part)), name="inner")
    stack = keras.Sequential(
        [keras.Input((4, 4, 3)), layers.Conv2D(3, 1), layers.BatchNormalization()], name="stack"
    )
    inputs = keras.Input((4, 4, 3), name="input")
    return keras.Model(inputs, shared(stack(inner(inputs))), name="nested")


def composite():
    """Layers that keep their weights in layers of their own."""
    inputs = keras.Input((5, 4), name="input")
    x = layers.Bidirectional(layers.LSTM(3, return_sequences=True), name="both_ways")(inputs)
    x = layers.MultiHeadAttention(2, 3, name="attention")(x, x)
    x = layers.TimeDistributed(layers.Dense(2), name="each")(x)
    return keras.Model(inputs, x, name="composite")


def sequential():
    return keras.Sequential(
        [keras.Input((7, 2)), layers.Conv1D(3, 2, name="a"), layers.Conv1D(4, 2, name="b")],
        name="sequential",
    )


def normalized():
    """A layer that keeps mean and variance as weights and, for its work, as constants."""
    inputs = keras.Input((4, 4, 3), name="input")
    x = layers.Normalization(name="normalization")(inputs)
    return keras.Model(inputs, layers.Conv2D(2, 1, name="conv")(x), name="normalized")


BUILDERS = [plain, branched, normalized, nested, composite, sequential]


def filled(build, seed=0):
    """A model with weights that no initialiser makes, so that every one is told apart."""
    model = build()
    rng = np.random.default_rng(seed)
    for weight in model.weights:
        weight.assign(rng.uniform(0.5, 2, size=weight.shape))
    for layer in model.layers:
        if isinstance(layer, layers.Normalization):
            layer.finalize_state()
    return model


def symbolic(build):
    with assign.symbolic():
        return build()


def values(model):
    return [weight.numpy() for weight in model.weights]


def assert_same(model, other):
    assert len(model.weights) == len(other.weights) > 0
    for one, two in zip(values(model), values(other), strict=True):
        np.testing.assert_array_equal(one, two)


def save(model, path):
    """In the layout that the path's ending names."""
    if path.name.endswith(".weights.h5"):
        model.save_weights(path)
    elif path.name.endswith("only.h5"):
        # Weights alone in the old layout, as keras.applications publishes them.
        model.save(path.with_name("whole.h5"))
        with h5py.File(path.with_name("whole.h5")) as whole, h5py.File(path, "w") as file:
            group = whole["model_weights"]
            for name in group:
                whole.copy(group[name], file)
            for name, value in group.attrs.items():
                file.attrs[name] = value
    else:
        model.save(path)


@pytest.mark.parametrize("ending", ["a.weights.h5", "a.keras", "a.h5", "only.h5"])
@pytest.mark.parametrize("build", BUILDERS)
def test_every_layout_gives_the_saved_weights(build, ending, tmp_path):
    saved = filled(build)
    save(saved, tmp_path / ending)
    model = symbolic(build)
    assign.load(model, tmp_path / ending)
    assert_same(model, saved)
    x = np.random.default_rng(1).normal(size=(2, *saved.input_shape[1:])).astype("float32")
    np.testing.assert_array_equal(model(x).numpy(), saved(x).numpy())


def test_a_model_with_weights_gets_the_files(tmp_path):
    saved = filled(plain)
    saved.save_weights(tmp_path / "a.weights.h5")
    model = filled(plain, seed=5)
    assign.load(model, tmp_path / "a.weights.h5")
    assert_same(model, saved)


@pytest.mark.parametrize("id_", ["resnet50", "mobilenet"])
def test_weights_of_keras_own_network_fit_the_catalogs(id_, tmp_path):
    """The official files were written from keras.applications' models, in the old layout."""
    application = {
        "resnet50": keras.applications.ResNet50,
        "mobilenet": keras.applications.MobileNet,
    }[id_]
    saved = filled(lambda: application(weights=None, input_shape=(32, 32, 3)))
    save(saved, tmp_path / "only.h5")
    model = symbolic(lambda: find(id_).build(input_shape=(32, 32, 3)))
    assign.load(model, tmp_path / "only.h5")
    assert_same(model, saved)


@pytest.mark.parametrize("ending", ["a.weights.h5", "a.keras", "only.h5"])
@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"classes": 4}, "layer 'dense' (Dense) needs kernel 80 x 4, bias 4, the file has 80 x 3"),
        ({"filters": 6}, "layer 'conv2' (SeparableConv2D) needs depthwise_kernel 3 x 3 x 4 x 1"),
    ],
)
def test_a_wrong_shape_is_named(ending, change, says, tmp_path):
    save(filled(plain), tmp_path / ending)
    model = filled(lambda: plain(**change), seed=9)
    before = values(model)
    with pytest.raises(WeightsError) as error:
        assign.load(model, tmp_path / ending)
    assert says in str(error.value)
    assert str(tmp_path / ending) in str(error.value)
    assert "\n" not in str(error.value)
    for one, two in zip(before, values(model), strict=True):
        np.testing.assert_array_equal(one, two)


def chain(*names):
    model = keras.Sequential([keras.Input((4, 2))], name="chain")
    for name in names:
        model.add(layers.Dense(2, name=name))
    return model


@pytest.mark.parametrize("ending", ["a.weights.h5", "only.h5"])
def test_a_layer_too_few_and_one_too_many(ending, tmp_path):
    save(chain("a", "b"), tmp_path / ending)
    with pytest.raises(WeightsError, match=r"layer 'c' \(Dense\) needs .* the file has nothing"):
        assign.load(chain("a", "b", "c"), tmp_path / ending)
    with pytest.raises(WeightsError, match=r"one more layer, 'b' with 2 x 2, 2"):
        assign.load(chain("a"), tmp_path / ending)


def damaged_files(folder):
    """Name and content of files that hold no weights."""
    filled(plain).save_weights(folder / "good.weights.h5")
    filled(plain).save(folder / "good.keras")
    good = (folder / "good.weights.h5").read_bytes()
    archive = (folder / "good.keras").read_bytes()
    yield "empty.weights.h5", b""
    yield "text.h5", b"I am no weights\n" * 20
    yield "half.weights.h5", good[: len(good) // 2]
    yield "start.weights.h5", good[:600]
    yield "half.keras", archive[: len(archive) // 2]
    yield "noise.h5", good[:48] + np.random.default_rng(0).bytes(len(good) - 48)


def test_damaged_files_get_one_sentence(tmp_path):
    model = symbolic(plain)
    for name, content in damaged_files(tmp_path):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(WeightsError, match="is damaged or no Keras weight file") as error:
            assign.load(model, tmp_path / name)
        assert name in str(error.value)


def test_what_is_no_file(tmp_path):
    with pytest.raises(WeightsError, match="There is no file"):
        assign.load(symbolic(plain), tmp_path / "missing 文件.h5")
    with pytest.raises(WeightsError, match="is a folder"):
        assign.load(symbolic(plain), tmp_path)


def test_archives_without_weights_and_bombs_are_refused(tmp_path):
    path = tmp_path / "a.keras"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("config.json", "{}")
    with pytest.raises(WeightsError, match="holds no weights"):
        assign.load(symbolic(plain), path)
    with (
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("model.weights.h5", "w") as member,
    ):
        for _ in range(200):
            member.write(bytes(1 << 20))
    with pytest.raises(WeightsError, match="would unpack to"):
        assign.load(symbolic(plain), path)


def test_links_to_other_files_are_refused(tmp_path):
    save(filled(sequential), tmp_path / "good.weights.h5")
    for number, link in enumerate(
        [h5py.ExternalLink(str(tmp_path / "good.weights.h5"), "/layers"), h5py.SoftLink("/other")]
    ):
        path = tmp_path / f"{number}.weights.h5"
        with h5py.File(path, "w") as file:
            file.create_group("other")
            file["layers"] = link
        with pytest.raises(WeightsError, match="is damaged or no Keras weight file"):
            assign.load(symbolic(sequential), path)


class Stop(Exception):
    pass


def stop():
    raise Stop


def test_loading_and_randomizing_can_be_stopped(tmp_path):
    save(filled(sequential), tmp_path / "a.weights.h5")
    with pytest.raises(Stop):
        assign.load(symbolic(sequential), tmp_path / "a.weights.h5", stop)
    with pytest.raises(Stop):
        assign.randomize(symbolic(sequential), checkpoint=stop)


def test_random_weights_follow_the_seed():
    first, again, other = symbolic(plain), symbolic(plain), symbolic(plain)
    assign.randomize(first, 7)
    assign.randomize(again, 7)
    assign.randomize(other, 8)
    assert_same(first, again)
    assert not np.array_equal(values(first)[0], values(other)[0])
    assign.randomize(other, 7)
    assert_same(first, other)


def test_random_weights_are_those_of_the_initialisers():
    def build():
        inputs = keras.Input((3, 3, 16), name="input")
        x = layers.Conv2D(32, 3, name="glorot")(inputs)
        x = layers.BatchNormalization(name="norm")(x)
        x = layers.Conv2D(64, 1, kernel_initializer="he_normal", name="he")(x)
        twin = layers.Conv2D(64, 1, kernel_initializer="he_normal", name="twin")(x)
        return keras.Model(inputs, twin)

    model = symbolic(build)
    assign.randomize(model)
    glorot, bias = model.get_layer("glorot").get_weights()
    limit = np.sqrt(6 / (9 * 16 + 9 * 32))
    assert 0.99 * limit < np.abs(glorot).max() <= limit
    assert glorot.std() == pytest.approx(limit / np.sqrt(3), rel=0.05)
    assert not bias.any()
    gamma, beta, mean, variance = model.get_layer("norm").get_weights()
    assert (gamma == 1).all()
    assert not beta.any()
    assert not mean.any()
    assert (variance == 1).all()
    he = model.get_layer("he").get_weights()[0]
    assert he.std() == pytest.approx(np.sqrt(2 / 32), rel=0.1)
    twin = model.get_layer("twin").get_weights()[0]
    assert not np.array_equal(he.ravel()[:64], twin.ravel()[:64])


def test_a_model_with_weights_is_not_randomized():
    with pytest.raises(WeightsError, match="open it again"):
        assign.randomize(plain())


def test_symbolic_leaves_nothing_behind_for_the_next_model():
    model = symbolic(plain)
    after = plain()  # Would fill the symbolic model's variables, if Keras remembered them.
    assert all(weight._value is None for weight in model.weights)
    assert after(np.zeros((1, 8, 8, 2), "float32")).shape == (1, 3)
