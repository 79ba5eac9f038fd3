"""Opening models: what is right opens, what is wrong gets one sentence, code never runs."""

import dataclasses
import hashlib
import json
import shutil
import zipfile
from pathlib import Path

import h5py
import keras
import numpy as np
import pytest
from keras import layers

from cnnviz import modelfile
from cnnviz.engine import Engine
from cnnviz.errors import CodeRefused, UserError
from cnnviz.library import open_model, sketch_file
from cnnviz.requests import GetWeights, OpenModel, RunImage, SetWeights
from models import registry
from models.layers import LocalResponseNormalization
from models.registry import find
from models.weights import local_path, source_of

pytestmark = pytest.mark.filterwarnings("ignore:You are saving your model as an HDF5 file")

PICTURE = np.random.default_rng(0).integers(0, 256, (20, 20, 3), dtype=np.uint8)


def network(*extra, size=8):
    """A small model with further layers after its convolution."""
    return keras.Sequential(
        [
            keras.Input((size, size, 3), name="input"),
            layers.Conv2D(3, 3, padding="same", name="conv"),
            *extra,
            layers.Flatten(name="flatten"),
            layers.Dense(4, name="dense"),
        ],
        name="network",
    )


@keras.saving.register_keras_serializable(package="elsewhere")
class Doubling(layers.Layer):
    """A layer that only its author has."""

    def call(self, inputs):
        return inputs * 2


@pytest.fixture
def folder(tmp_path):
    """One whose name has spaces and Chinese characters."""
    folder = tmp_path / "my models 我的模型"
    folder.mkdir()
    return folder


@pytest.fixture(params=[".keras", ".h5"])
def ending(request):
    return request.param


def save(model, path):
    model.save(path)
    return path


def refusal(path, **options):
    """The sentence with which a file is refused."""
    with pytest.raises(UserError) as error:
        open_model(OpenModel(str(path), **options))
    sentence = str(error.value)
    assert "\n" not in sentence
    assert str(path) in sentence
    return sentence


# What opens.


def test_a_file_opens_with_its_weights(folder, ending):
    model = network()
    path = save(model, folder / f"a b{ending}")
    engine = Engine()
    opened = engine.handle(OpenModel(str(path)))
    assert opened.id == opened.name == "a b"
    assert [node.name for node in opened.graph.nodes] == ["input", "conv", "flatten", "dense"]
    assert opened.weights_available == ("file", "random")
    result = engine.handle(RunImage(PICTURE))
    assert result.weights.kind == "file"
    got = engine.handle(GetWeights("conv")).values["kernel"]
    np.testing.assert_array_equal(got, model.get_layer("conv").kernel.numpy())


def test_layers_of_the_catalog_open(folder, ending):
    path = save(network(LocalResponseNormalization(name="norm")), folder / f"a{ending}")
    assert open_model(OpenModel(str(path))).graph.by_name["norm"].known


def test_an_adapted_normalisation_keeps_its_statistics_under_other_weights(folder):
    norm = layers.Normalization(name="norm")
    norm.adapt(np.random.default_rng(0).normal(90, 30, (50, 8, 8, 3)))
    model = keras.Sequential([keras.Input((8, 8, 3)), norm, layers.GlobalMaxPooling2D()])
    path = save(model, folder / "a.keras")
    model.save_weights(folder / "other.weights.h5")
    engine = Engine()
    engine.handle(OpenModel(str(path)))
    own = engine.handle(RunImage(PICTURE)).predictions
    info = engine.handle(SetWeights(str(folder / "other.weights.h5")))
    assert (info.kind, info.label) == ("file", "other.weights.h5")
    assert engine.handle(RunImage(PICTURE)).predictions == own


def test_an_open_input_size_is_asked_for_and_taken(folder, ending):
    model = keras.Sequential(
        [keras.Input((None, None, 3)), layers.Conv2D(2, 3, name="c"), layers.GlobalMaxPooling2D()]
    )
    path = save(model, folder / f"a{ending}")
    assert "?x?x3): give it with --input HxWxC" in refusal(path)
    engine = Engine()
    opened = engine.handle(OpenModel(str(path), input_shape=(11, 7, 3)))
    assert opened.graph.by_name["c"].output_shape == (9, 5, 2)
    assert engine.handle(RunImage(PICTURE)).picture.shape == (11, 7, 3)


def test_a_fixed_input_size_is_not_changed(folder):
    path = save(network(), folder / "a.keras")
    with pytest.raises(UserError, match="takes an input of 8x8x3 and not of 9x9x3"):
        open_model(OpenModel(str(path), input_shape=(9, 9, 3)))


def test_a_file_of_the_network_runs_like_the_file_of_the_weights(folder):
    """The same numbers by two ways: through the whole model, and into the architecture."""
    model = find("lenet5_modern").build()
    model.save(folder / "whole.keras")
    model.save_weights(folder / "alone.weights.h5")
    engine = Engine()
    engine.handle(OpenModel(str(folder / "whole.keras")))
    image = np.random.default_rng(1).integers(0, 256, (32, 32), dtype=np.uint8)
    whole = engine.handle(RunImage(image)).predictions
    engine.handle(OpenModel("lenet5_modern"))
    engine.handle(SetWeights(str(folder / "alone.weights.h5")))
    alone = engine.handle(RunImage(image)).predictions
    assert [(p.index, p.score) for p in alone] == [(p.index, p.score) for p in whole]


def test_shipped_weights_are_taken_without_asking_and_say_how_good_they_are():
    engine = Engine()
    opened = engine.handle(OpenModel("lenet5_modern"))
    assert opened.weights_available == ("shipped", "random")
    assert opened.class_names == tuple("0123456789")
    info = engine.handle(SetWeights())
    assert (info.kind, info.trained) == ("shipped", True)
    assert "right on 359 of 359" in info.label
    assert not engine.handle(SetWeights("random")).trained


def test_classes_of_imagenet_have_names():
    names = open_model(OpenModel("vgg16")).answer.class_names
    # Positions as in Keras' own class index.
    assert len(names) == 1000
    assert (names[0], names[281], names[999]) == ("tench", "tabby", "toilet tissue")


# What does not.


@pytest.mark.parametrize(
    ("variant", "offered"),
    [((("width", 1.0),), ("imagenet", "random")), ((("width", 0.5),), ("random",))],
)
def test_published_weights_are_offered_for_the_published_network_alone(variant, offered):
    opened = open_model(OpenModel("mobilenet", variant=variant))
    assert opened.answer.weights_available == offered


def test_networks_of_timm_get_weights_too():
    assert open_model(OpenModel("resnet18")).answer.weights_available == ("imagenet", "random")


def test_an_exhibit_opens_though_it_takes_no_picture():
    answer = open_model(OpenModel("block_shuffle_v2")).answer
    assert answer.graph.output_shape == (28, 28, 116)
    assert "not a picture" in answer.preprocessing


@pytest.mark.parametrize("request_", [{"classes": 3}, {"variant": (("width", 1.0),)}])
def test_a_file_has_no_variants(folder, request_):
    path = save(network(), folder / "a.keras")
    assert "leave --classes and --variant out" in refusal(path, **request_)


def test_an_unknown_id_gets_the_nearest_names():
    with pytest.raises(UserError, match=r"no architecture 'vgg61'. Did you mean .*vgg16"):
        open_model(OpenModel("vgg61"))


def test_a_size_too_small_for_the_network():
    with pytest.raises(
        UserError, match=r"32x32 is too small for AlexNet: its layer 'pool"
    ) as error:
        open_model(OpenModel("alexnet", input_shape=(32, 32, 3)))
    assert "\n" not in str(error.value)


def test_paths_that_lead_nowhere(folder, ending):
    assert "There is no file" in refusal(folder / f"missing{ending}")
    (folder / f"folder{ending}").mkdir()
    assert "is a folder" in refusal(folder / f"folder{ending}")
    (folder / f"empty{ending}").touch()
    assert "is empty" in refusal(folder / f"empty{ending}")
    (folder / "notes.txt").write_text("hello")
    assert "is not a model file" in refusal(folder / "notes.txt")


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9, 0.999])
def test_a_truncated_file(share, folder, ending):
    path = save(network(size=32), folder / f"a{ending}")
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * share)])
    assert "cut off" in refusal(path)


def test_files_that_are_something_else(folder):
    text = folder / "text.keras"
    text.write_text("I am no archive")
    assert "is no .keras file" in refusal(text)
    text = folder / "text.h5"
    text.write_text("I am no HDF5")
    assert "no HDF5 file" in refusal(text)
    archive = folder / "archive.keras"
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("hello.txt", "hello")
    assert "without a Keras model" in refusal(archive)
    for content in ("{", "[]", '{"a": 1}'):
        with zipfile.ZipFile(archive, "w") as file:
            file.writestr("config.json", content)
        assert str(archive) in refusal(archive)


def test_an_archive_with_flipped_bytes(folder):
    path = save(network(), folder / "a.keras")
    content = bytearray(path.read_bytes())
    start = content.index(b"config.json") + 40
    content[start : start + 60] = bytes(60)
    path.write_bytes(content)
    assert "damaged" in refusal(path)


def test_weights_alone_are_no_model(folder):
    network().save_weights(folder / "a.weights.h5")
    assert "weights without a model" in refusal(folder / "a.weights.h5")


def test_a_subclassed_model_has_no_graph(folder):
    @keras.saving.register_keras_serializable(package="elsewhere")
    class Own(keras.Model):
        def __init__(self, **options):
            super().__init__(**options)
            self.dense = layers.Dense(2)

        def call(self, inputs):
            return self.dense(inputs)

    model = Own()
    model(np.zeros((1, 4), np.float32))
    path = save(model, folder / "a.keras")
    with pytest.raises(UserError, match="is a subclass"):
        open_model(OpenModel(str(path)))


def test_an_unknown_layer_is_named(folder, ending):
    path = save(network(Doubling(name="twice")), folder / f"a{ending}")
    known = keras.saving.get_custom_objects().pop("elsewhere>Doubling")
    try:
        assert "Doubling" in refusal(path)
    finally:
        keras.saving.get_custom_objects()["elsewhere>Doubling"] = known


def with_config(path, change):
    """The same file with another description of its model."""
    other = path.with_name("changed " + path.name)
    if path.suffix == ".keras":
        with zipfile.ZipFile(path) as old, zipfile.ZipFile(other, "w") as new:
            for name in old.namelist():
                content = old.read(name)
                if name == "config.json":
                    config = json.loads(content)
                    change(config)
                    content = json.dumps(config).encode()
                new.writestr(name, content)
    else:
        shutil.copy(path, other)
        with h5py.File(other, "r+") as file:
            config = json.loads(file.attrs["model_config"])
            change(config)
            file.attrs["model_config"] = json.dumps(config)
    return other


def layer_config(config, name):
    (found,) = [
        layer["config"]
        for layer in config["config"]["layers"]
        if layer["config"].get("name") == name
    ]
    return found


def test_weights_of_the_wrong_shape_name_the_layer(folder, ending):
    def change(config):
        layer_config(config, "dense")["units"] = 5

    path = with_config(save(network(), folder / f"a{ending}"), change)
    sentence = refusal(path)
    assert "layer 'dense' (Dense) needs kernel 192 x 5" in sentence
    assert "192 x 4" in sentence


def test_a_setting_that_makes_no_sense(folder, ending):
    def change(config):
        layer_config(config, "conv")["kernel_size"] = [-3, 3]

    path = with_config(save(network(), folder / f"a{ending}"), change)
    assert "cannot be opened" in refusal(path)


# Code.


@pytest.fixture
def trap(tmp_path):
    """A file that code in a model would write."""
    return tmp_path / "code has run"


def carrying_code(trap, path):
    target = str(trap)
    lambda_ = layers.Lambda(lambda x: (open(target, "a").close(), x)[1], name="sneaky")
    path = save(network(lambda_), path)
    trap.unlink()  # building it ran it
    return path


def test_code_is_refused_and_does_not_run(trap, folder, ending):
    path = carrying_code(trap, folder / f"a{ending}")
    with pytest.raises(CodeRefused) as error:
        open_model(OpenModel(str(path)))
    assert "layer 'sneaky' (a Lambda layer)" in str(error.value)
    assert "--trust-code" in str(error.value)
    assert not trap.exists()


def test_code_is_refused_deep_inside_other_models(trap, folder):
    inner = keras.Sequential([keras.Input((8, 8, 3)), layers.Lambda(lambda x: x, name="deep")])
    model = keras.Sequential([keras.Input((8, 8, 3)), inner, layers.Flatten()])
    with pytest.raises(CodeRefused, match="deep"):
        open_model(OpenModel(str(save(model, folder / "a.keras"))))


def test_code_runs_when_the_user_trusts_it(trap, folder, ending):
    path = carrying_code(trap, folder / f"a{ending}")
    opened = open_model(OpenModel(str(path), trust_code=True))
    assert opened.graph.by_name["sneaky"].type == "Lambda"
    assert trap.exists()


@pytest.mark.parametrize(
    ("module", "class_name"),
    [("keras.utils", "get_file"), ("os", "system"), ("keras.src.utils.file_utils", "get_file")],
)
@pytest.mark.parametrize("trust_code", [False, True])
def test_functions_outside_the_layers_are_refused(module, class_name, trust_code, folder):
    def change(config):
        layer_config(config, "conv")["activation"] = {
            "module": module,
            "class_name": "function",
            "config": class_name,
            "registered_name": class_name,
        }

    path = with_config(save(network(), folder / "a.keras"), change)
    assert class_name in refusal(path, trust_code=trust_code)


@pytest.mark.parametrize("class_name", ["TFSMLayer", "TorchModuleWrapper", "JaxLayer"])
def test_layers_that_load_code_from_elsewhere_are_refused(class_name, folder, ending):
    def change(config):
        for layer in config["config"]["layers"]:
            if layer["config"].get("name") == "flatten":
                layer["class_name"] = class_name

    path = with_config(save(network(), folder / f"a{ending}"), change)
    with pytest.raises(CodeRefused, match="flatten"):
        open_model(OpenModel(str(path)))


def test_activations_and_regularizers_of_keras_are_no_code(folder, ending):
    conv = layers.Conv2D(
        2,
        3,
        activation=keras.activations.gelu,
        kernel_regularizer="l2",
        kernel_constraint="max_norm",
    )
    model = network(conv, layers.Activation("tanh"), layers.Resizing(4, 4))
    model.compile("adam", loss=keras.losses.CategoricalCrossentropy(), metrics=["accuracy"])
    path = save(model, folder / f"a{ending}")
    assert len(open_model(OpenModel(str(path))).graph.nodes) == 7
    modelfile.check(modelfile.read_config(path), path, trust_code=False)


# Weights.


def test_automatic_weights_are_the_best_that_are_here(monkeypatch):
    """Nothing is downloaded for them; a file that is in Keras' cache already is taken."""
    entry = find("mobilenet")
    path = local_path(source_of(entry, "imagenet"))
    path.parent.mkdir(parents=True, exist_ok=True)
    engine = Engine()
    opened = engine.handle(OpenModel("mobilenet"))
    assert opened.weights_available == ("imagenet", "random")
    assert engine.handle(SetWeights()).kind == "random"
    model = keras.applications.MobileNet(weights=None)
    model.save(path)
    # The numbers are our own, and so is the hash.
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    ours = dataclasses.replace(entry.weights[0], sha256=digest)
    known = {"mobilenet": dataclasses.replace(entry, weights=(ours,))}
    monkeypatch.setattr(registry, "catalog", lambda: known)
    try:
        engine.handle(OpenModel("mobilenet"))
        info = engine.handle(SetWeights())
    finally:
        path.unlink()
    assert (info.kind, info.path, info.trained) == ("imagenet", str(path), True)
    kernel = engine.handle(GetWeights("conv1")).values["kernel"]
    np.testing.assert_array_equal(kernel, model.get_layer("conv1").kernel.numpy())


def test_other_classes_have_random_weights_only():
    opened = open_model(OpenModel("mobilenet", classes=7))
    assert opened.answer.weights_available == ("random",)
    assert opened.answer.class_names is None
    assert opened.graph.output_shape == (7,)


def test_weights_that_do_not_fit_name_the_layer(folder):
    network().save_weights(folder / "a.weights.h5")
    engine = Engine()
    engine.handle(OpenModel("lenet5_modern"))
    with pytest.raises(UserError, match="c1_conv") as error:
        engine.handle(SetWeights(str(folder / "a.weights.h5")))
    assert "\n" not in str(error.value)


def test_a_file_has_no_official_weights(folder):
    path = save(network(), folder / "a.keras")
    engine = Engine()
    engine.handle(OpenModel(str(path)))
    with pytest.raises(UserError, match="no imagenet weights"):
        engine.handle(SetWeights("imagenet"))
    assert engine.handle(SetWeights("random", 3)).label == "random, seed 3"
    first = engine.handle(GetWeights("conv")).values["kernel"]
    engine.handle(SetWeights("random", 4))
    assert not np.array_equal(first, engine.handle(GetWeights("conv")).values["kernel"])
    engine.handle(SetWeights("random", 3))
    np.testing.assert_array_equal(first, engine.handle(GetWeights("conv")).values["kernel"])


def test_where_a_path_is_meant(tmp_path, monkeypatch):
    """A folder called like an architecture does not hide it."""
    monkeypatch.chdir(tmp_path)
    Path("lenet5_modern").mkdir()
    assert open_model(OpenModel("lenet5_modern")).architecture is find("lenet5_modern")


# What a file says that cannot be opened.


def drawn(path):
    """What is drawn of a file that is refused."""
    return sketch_file(str(path), refusal(path))


def test_the_edge_at_which_a_model_fails_is_named_with_both_shapes(folder):
    inputs = keras.Input((12, 10, 3), name="photo")
    left = layers.Conv2D(4, 3, padding="same", name="left")(inputs)
    right = layers.Conv2D(4, 1, name="right")(inputs)
    out = layers.Dense(2, name="answer")(layers.Add(name="sum")([left, right]))
    path = save(keras.Model(inputs, out), folder / "a.keras")
    other = with_config(path, lambda config: layer_config(config, "right").update(filters=5))
    sketch = drawn(other)
    (fault,) = sketch.faults
    assert (fault.source, fault.node) == ("right", "sum")
    assert fault.text == "right hands on 12×10×5, and sum was saved to take 12×10×4"
    shapes = {node.name: node.output_shape for node in sketch.graph.nodes}
    assert shapes["right"] == (12, 10, 5)
    assert shapes["answer"] == (12, 10, 2)  # what comes after it is as it was saved

    def forget_what_was_saved(config):
        layer_config(config, "right").update(filters=5)
        for layer in config["config"]["layers"]:
            layer.pop("build_config", None)

    (fault,) = drawn(with_config(path, forget_what_was_saved)).faults
    assert (fault.source, fault.node) == ("right", "sum")
    assert "left hands on 12×10×4 and right 12×10×5" in fault.text


def test_an_unknown_layer_is_drawn_and_its_class_is_not_looked_for(folder):
    path = save(network(Doubling(name="twice")), folder / "a.keras")
    known = keras.saving.get_custom_objects().pop("elsewhere>Doubling")
    try:
        sketch = drawn(path)
    finally:
        keras.saving.get_custom_objects()["elsewhere>Doubling"] = known
    box = sketch.graph.by_name["twice"]
    assert (box.type, box.known, box.output_shape) == ("Doubling", False, (8, 8, 3))
    assert [fault.node for fault in sketch.faults] == ["twice"]
    assert sketch.graph.by_name["dense"].output_shape == (4,)


def test_weights_that_do_not_fit_mark_their_layer(folder, ending):
    def change(config):
        layer_config(config, "dense")["units"] = 5

    sketch = drawn(with_config(save(network(), folder / f"a{ending}"), change))
    assert [(fault.node, fault.source) for fault in sketch.faults] == [("dense", None)]
    assert "weights" in sketch.faults[0].text


def test_a_file_without_its_end_or_its_weights_still_says_what_it_was(folder):
    path = save(network(), folder / "a.keras")
    names = [node.name for node in open_model(OpenModel(str(path))).graph.nodes]
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) * 2 // 3])
    assert [node.name for node in drawn(path).graph.nodes] == names
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("config.json", with_config_text(whole, folder))
    assert [node.name for node in drawn(path).graph.nodes] == names
    packed = path.read_bytes()
    path.write_bytes(packed[:-30])
    assert [node.name for node in drawn(path).graph.nodes] == names
    path.write_bytes(packed[:200])
    with pytest.raises(UserError, match="cut off"):
        sketch_file(str(path), "")


def with_config_text(archive, folder):
    path = folder / "whole.keras"
    path.write_bytes(archive)
    with zipfile.ZipFile(path) as file:
        return file.read("config.json")


def test_code_is_drawn_and_does_not_run(trap, folder, ending):
    path = carrying_code(trap, folder / f"a{ending}")
    sketch = drawn(path)
    assert not trap.exists()
    assert [fault.node for fault in sketch.faults] == ["sneaky"]
    assert "not run" in sketch.faults[0].text
    assert sketch.graph.by_name["dense"].inputs == ("flatten",)


def test_functions_outside_the_layers_are_not_called_to_draw_them(folder):
    def change(config):
        layer_config(config, "conv")["kernel_initializer"] = {
            "module": "keras.utils", "class_name": "function", "config": "get_file",
            "registered_name": "function",
        }  # fmt: skip

    sketch = drawn(with_config(save(network(), folder / "a.keras"), change))
    assert sketch.faults[0].node == "conv"
    assert "get_file" in sketch.faults[0].text


def test_a_setting_that_makes_no_sense_marks_its_layer(folder):
    def change(config):
        layer_config(config, "conv")["kernel_size"] = [-3, 3]

    sketch = drawn(with_config(save(network(), folder / "a.keras"), change))
    assert sketch.faults[0].node == "conv"


def test_a_description_nested_without_end_is_one_sentence(folder):
    path = folder / "deep.keras"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("config.json", "[" * 200_000 + "]" * 200_000)
    assert "damaged" in refusal(path)
    with pytest.raises(UserError):
        sketch_file(str(path), "")


def test_a_right_model_has_no_faults(folder):
    path = save(network(), folder / "a.keras")
    sketch = sketch_file(str(path), "")
    assert not sketch.faults
    opened = open_model(OpenModel(str(path))).graph
    for node in opened.nodes:
        assert sketch.graph.by_name[node.name].output_shape == node.output_shape
