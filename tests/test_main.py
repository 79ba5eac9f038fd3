"""The command line as its user meets it: what comes out, and one sentence for what cannot be."""

import contextlib
import json
import os
import pty
import select
import signal
import struct
import subprocess
import sys
import zipfile
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import main
from cnnviz.images import load_picture

ROOT = Path(__file__).parents[1]
NUMBERS = json.loads((ROOT / "tests" / "data" / "numbers.json").read_text(encoding="utf-8"))


@pytest.fixture
def call(capsys):
    """Call the command line; returns status, stdout and stderr."""

    def call_main(*arguments):
        capsys.readouterr()
        status = main.main([str(argument) for argument in arguments])
        shown = capsys.readouterr()
        return status, shown.out, shown.err

    return call_main


@pytest.fixture
def fails(call):
    """Call the command line and expect one sentence on stderr; returns it."""

    def call_main(*arguments):
        status, out, err = call(*arguments)
        assert (status, out) == (1, "")
        assert err.startswith("cnnviz: ")
        assert err.endswith(".\n")
        assert err.count("\n") == 1
        return err

    return call_main


@pytest.fixture
def photo(tmp_path):
    """A picture at a path that is not plain ASCII."""
    path = tmp_path / "我的 照片" / "a cat 猫.png"
    path.parent.mkdir()
    pixels = np.random.default_rng(0).integers(0, 256, (60, 80, 3), np.uint8)
    Image.fromarray(pixels).save(path)
    return path


# --- usage


def test_wrong_usage_is_status_2(call):
    status, out, err = call("paint")
    assert (status, out) == (2, "")
    assert "invalid choice: 'paint'" in err


def test_help_is_status_0(call):
    status, out, err = call("run", "--help")
    assert (status, err) == (0, "")
    assert "--save-activations" in out


# --- bad pictures


def bomb():
    """A PNG of 30,000 x 30,000 that holds next to nothing."""

    def chunk(kind, data):
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    header = struct.pack(">IIBBBBB", 30_000, 30_000, 8, 2, 0, 0, 0)
    body = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(bytes(10)))
    return b"\x89PNG\r\n\x1a\n" + body + chunk(b"IEND", b"")


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "is empty"),
        (b"hello", "is not a picture"),
        (bomb(), "million pixels"),
        ("cut", "damaged or cut off"),
        ("changed", "damaged or cut off"),
        ("folder", "is a folder"),
        ("missing", "no file"),
    ],
    ids=["empty", "text", "bomb", "cut", "changed", "folder", "missing"],
)
def test_bad_pictures(fails, photo, content, says):
    path = photo.with_name("bad 图.png")
    whole = photo.read_bytes()
    if content == "cut":
        path.write_bytes(whole[: len(whole) // 2])
    elif content == "changed":
        path.write_bytes(whole[:200] + bytes(1000) + whole[1200:])
    elif content == "folder":
        path.mkdir()
    elif content != "missing":
        path.write_bytes(content)
    sentence = fails("run", "lenet5_modern", "--image", path)
    assert says in sentence
    assert str(path) in sentence


# --- list and describe


def test_list(call):
    status, out, err = call("list")
    assert (status, err) == (0, "")
    ids = [line.split()[0] for line in out.splitlines()[2:]]
    assert {"lenet5_modern", "alexnet", "vgg16", "resnet50", "mobilenet"} <= set(ids)

    status, out, _ = call("list", "--json")
    assert status == 0
    facts = {entry["id"]: entry for entry in json.loads(out)}
    assert list(facts) == ids
    assert facts["vgg16"]["arxiv"] == NUMBERS["architectures"]["vgg16"]["arxiv"]
    assert facts["resnet50"]["input_shape"] == [224, 224, 3]


def published(key, source):
    """Parameters and MACs of `numbers.json`."""
    entry = NUMBERS["architectures"][key]
    return entry["params"][source]["value"], entry["macs"][source]["value"]


@pytest.mark.parametrize(
    ("model", "key", "source"),
    [
        ("lenet5_modern", "lenet5_modern", "calc"),
        ("alexnet", "alexnet", "caffe bvlc_alexnet"),
        ("vgg16", "vgg16", "keras.applications"),
        ("resnet50", "resnet50", "keras.applications"),
        ("mobilenet", "mobilenet_v1", "keras.applications"),
    ],
)
def test_totals_are_the_published_ones(call, model, key, source):
    status, out, err = call("describe", model, "--json")
    assert (status, err) == (0, "")
    description = json.loads(out)
    totals = description["totals"]
    assert (totals["params"], totals["macs"]) == published(key, source)
    assert description["not_counted"] == []
    for field in ("params", "trainable_params", "macs", "activation_bytes"):
        assert sum(node[field] for node in description["nodes"]) == totals[field]
    assert totals["nodes"] == len(description["nodes"])


@pytest.mark.parametrize(
    ("model", "node", "size", "stride", "padding"),
    [
        # The classifier of VGG-16 stands on block5_pool; TF-slim's table gives the same numbers.
        ("vgg16", "block5_pool", 212, 32, 90),
        ("mobilenet", "conv_pw_13_relu", 315, 32, None),
        ("resnet50", "conv5_block3_out", 483, 32, None),
    ],
)
def test_receptive_fields_are_the_published_ones(call, model, node, size, stride, padding):
    _, out, _ = call("describe", model, "--json")
    field = {n["name"]: n["receptive_field"] for n in json.loads(out)["nodes"]}[node]
    assert (field["size"], field["stride"]) == ([size, size], [stride, stride])
    assert padding is None or field["padding"] == [padding, padding]


@pytest.mark.parametrize("form", ["--csv", "--markdown", "--latex", "--debug"])
def test_other_forms_and_sizes(call, form):
    status, out, err = call("describe", "lenet5_modern", form)
    assert (status, err) == (0, "")
    assert "predictions" in out


def test_another_input_size(call):
    status, out, _ = call("describe", "mobilenet", "--input", "160x128x3", "--json")
    assert status == 0
    assert json.loads(out)["input_shape"] == [160, 128, 3]


def test_another_number_of_classes_and_a_variant(call):
    settings = ("--classes", "10", "--variant", "width=0.5", "--variant", "include_top=True")
    status, out, _ = call("describe", "mobilenet", *settings, "--json")
    assert status == 0
    described = json.loads(out)
    assert described["output_shape"] == [10]
    kernels = {node["name"]: node["output_shape"] for node in described["nodes"]}
    assert kernels["conv_pw_13"] == [7, 7, 512]


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        (("--variant", "width=3"), "MobileNet has no variant with width = 3. It has"),
        (("--input", "16x16x3"), "'conv_dw_12' would have nothing left"),
    ],
)
def test_what_an_architecture_is_not_made_for(call, settings, says):
    status, out, err = call("describe", "mobilenet", *settings)
    assert (status, out) == (1, "")
    assert says in err
    assert err.count("\n") == 1


def test_a_variant_is_a_name_and_a_value(call):
    assert call("describe", "mobilenet", "--variant", "width")[0] == 2


def test_an_exhibit_is_described(call):
    status, out, _ = call("describe", "block_dense", "--json")
    assert status == 0
    assert json.loads(out)["output_shape"] == [56, 56, 256]


# --- bad models


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    """A folder of model files: one good, the others bad each in its way."""
    import keras

    @keras.saving.register_keras_serializable("elsewhere")
    class MysteryLayer(keras.layers.Layer):
        def call(self, x):
            return x

    folder = tmp_path_factory.mktemp("models 模型")

    def build(*extra, units=3):
        return keras.Sequential(
            [
                keras.Input((8, 8, 3), name="pixels"),
                *extra,
                keras.layers.Conv2D(4, 3, name="conv"),
                keras.layers.Flatten(name="flat"),
                keras.layers.Dense(units, activation="softmax", name="classes"),
            ],
            name="mine",
        )

    build().save(folder / "good.keras")
    build().save_weights(folder / "good.weights.h5")
    build(units=4).save_weights(folder / "four classes.weights.h5")
    whole = (folder / "good.keras").read_bytes()
    (folder / "cut.keras").write_bytes(whole[: len(whole) // 2])
    (folder / "empty.keras").write_bytes(b"")
    (folder / "no zip.keras").write_bytes(b"PK\x03\x04 but not a zip" * 20)
    (folder / "text.h5").write_text("这不是模型", encoding="utf-8")
    (folder / "folder.keras").mkdir()
    with zipfile.ZipFile(folder / "other zip.keras", "w") as archive:
        archive.writestr("readme.txt", "not a model")
    code = keras.layers.Lambda(lambda x: x * 2, name="surprise")
    build(code).save(folder / "lambda.keras")
    build(code).save(folder / "lambda.h5")
    build(MysteryLayer(name="odd")).save(folder / "custom.keras")
    keras.saving.get_custom_objects().pop("elsewhere>MysteryLayer")
    return folder


@pytest.mark.parametrize(
    ("file", "says"),
    [
        ("cut.keras", "cut.keras"),
        ("empty.keras", "empty"),
        ("no zip.keras", "no zip.keras"),
        ("other zip.keras", "other zip.keras"),
        ("text.h5", "text.h5"),
        ("folder.keras", "folder"),
        ("missing.keras", "missing.keras"),
        ("lambda.keras", "Lambda"),
        ("lambda.h5", "Lambda"),
        ("custom.keras", "MysteryLayer"),
    ],
)
def test_bad_models(fails, models, file, says):
    sentence = fails("describe", models / file)
    assert says in sentence


def test_code_runs_only_when_trusted(call, models):
    status, out, err = call("describe", models / "lambda.keras", "--trust-code", "--json")
    assert (status, err) == (0, "")
    description = json.loads(out)
    assert "surprise" in description["not_counted"]


def test_weights_that_do_not_fit(fails, models, photo):
    sentence = fails(
        "run", models / "good.keras", "--image", photo,
        "--weights", models / "four classes.weights.h5",
    )  # fmt: skip
    assert "classes" in sentence


@pytest.mark.parametrize(("typo", "meant"), [("resnet5", "resnet50"), ("VGG-16", "vgg16")])
def test_unknown_architecture_gives_the_nearest(fails, typo, meant):
    assert meant in fails("describe", typo)


def test_no_network(fails, photo, tmp_path, monkeypatch):
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")  # nobody listens there
    sentence = fails("run", "mobilenet", "--image", photo, "--weights", "imagenet")
    assert "connect to the internet" in sentence
    assert not list(tmp_path.rglob("*.h5"))


def test_no_permission_for_the_cache(fails, photo, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("a file where the cache would be")
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "file"))
    sentence = fails("run", "mobilenet", "--image", photo, "--weights", "imagenet")
    assert "cannot be written" in sentence


# --- run


SAMPLES = ROOT / "models" / "assets" / "samples"


def test_run_reads_every_digit_that_ships(call):
    """None of them was seen in training; a file's name says which digit it is."""
    digits = sorted((SAMPLES / "digits").glob("digit_*.png"))
    assert {path.stem.split("_")[1] for path in digits} == set("0123456789")
    for path in digits:
        status, out, err = call("run", "lenet5_modern", "--image", path, "--json", "--top", "3")
        assert (status, err) == (0, "")
        result = json.loads(out)
        assert result["weights"]["kind"] == "shipped"
        scores = [prediction["score"] for prediction in result["predictions"]]
        assert len(scores) == 3
        assert scores == sorted(scores, reverse=True)
        assert result["predictions"][0]["label"] == path.stem.split("_")[1]


def test_run_on_a_changed_picture_and_on_a_probe(call, fails, tmp_path):
    one = ROOT / "models" / "assets" / "samples" / "digits" / "digit_1_a.png"
    image = ["run", "lenet5_modern", "--image", one]
    _, out, _ = call(*image, "--shift=-2,1", "--mirror", "--rotate", "-15", "--crop", "2,2,28,28")
    assert "cropped to 28 × 28 at 2, 2, mirrored, turned -15°, shifted 2 up and 1 right" in out
    _, out, _ = call(*image, "--rotate", "90", "--json")
    lying = json.loads(out)
    assert lying["transform"] == {"crop": None, "mirror": False, "angle": 90, "shift": [0, 0]}
    assert lying["predictions"][0]["label"] != "1"  # it stands no more

    probe = "probe:impulse?place=3,4"
    saved = ("--save-activations", tmp_path / "maps")
    status, out, _ = call("run", "lenet5_modern", "--image", probe, *saved)
    assert status == 0
    assert probe in out
    hot = np.zeros((32, 32, 1), np.float32)
    hot[3, 4] = 1
    assert np.array_equal(np.load(next((tmp_path / "maps").glob("000_*.npy"))), hot)

    assert "choose from colour" in fails("run", "lenet5_modern", "--image", "probe:zebra")
    assert "within the input of 32 × 32" in fails(*image, "--crop", "0,0,33,32")
    assert call(*image, "--shift", "3")[0] == 2


def test_run_on_a_photo_with_random_weights_says_so(call, photo):
    status, out, err = call("run", "mobilenet", "--image", photo, "--top", "2", "--device", "cpu")
    assert (status, err) == (0, "")
    assert "a cat 猫.png" in out
    assert "The weights are random" in out
    assert len(out.split("Score\n")[1].strip().split("\n\n")[0].splitlines()) == 1 + 2


def test_activations_are_what_keras_computes(call, models, photo, tmp_path):
    import keras

    folder = tmp_path / "maps 图"
    status, _, _ = call(
        "run", models / "good.keras", "--image", photo, "--save-activations", folder
    )
    assert status == 0
    index = json.loads((folder / "index.json").read_text(encoding="utf-8"))
    saved = {entry["node"]: np.load(folder / entry["file"]) for entry in index["nodes"]}
    assert {file.name for file in folder.iterdir()} == {
        "index.json",
        *(entry["file"] for entry in index["nodes"]),
    }
    model = keras.models.load_model(models / "good.keras")
    probe = keras.Model(model.inputs[0], [layer.output for layer in model.layers])
    expected = probe(saved["pixels"][np.newaxis])
    for layer, values in zip(model.layers, expected, strict=True):
        np.testing.assert_allclose(saved[layer.name], np.asarray(values)[0], rtol=1e-5, atol=1e-6)
    with Image.open(photo) as image:  # the documented default: stretched, 0..1
        stretched = image.resize((8, 8), Image.Resampling.BILINEAR)
    np.testing.assert_allclose(saved["pixels"], np.asarray(stretched) / 255, atol=1e-6)


def test_activations_need_a_place(fails, models, photo, tmp_path):
    (tmp_path / "file").write_text("")
    sentence = fails(
        "run", models / "good.keras", "--image", photo, "--save-activations", tmp_path / "file"
    )
    assert "cannot be written" in sentence


def test_what_is_no_number_is_null_in_json(call, tmp_path, photo):
    import keras

    model = keras.Sequential(
        [
            keras.Input((8, 8, 3)),
            keras.layers.GlobalAveragePooling2D(),
            keras.layers.Dense(2, bias_initializer=keras.initializers.Constant(float("nan"))),
        ]
    )
    model.save(tmp_path / "nan.keras")
    status, out, _ = call("run", tmp_path / "nan.keras", "--image", photo, "--json")
    assert status == 0
    result = json.loads(out, parse_constant=lambda name: pytest.fail(f"{name} is not JSON"))
    assert {prediction["score"] for prediction in result["predictions"]} == {None}
    assert result["nodes"][-1]["stats"]["not_finite"] == 2


def test_a_device_that_is_not_there(call, photo):
    status, out, err = call("run", "lenet5_modern", "--image", photo, "--device", "gpu:77")
    assert status == 1 or "gpu:77" in err + out


# --- the process


def start(*arguments, **streams):
    return subprocess.Popen([sys.executable, "main.py", *arguments], cwd=ROOT, **streams)


def test_a_terminal_without_the_characters():
    environment = {**os.environ, "PYTHONIOENCODING": "ascii"}
    result = subprocess.run(
        [sys.executable, "main.py", "list"],
        cwd=ROOT, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (result.returncode, result.stderr) == (0, "")
    assert "224 \\xd7 224" in result.stdout


def test_a_reader_that_leaves(tmp_path):
    with (tmp_path / "errors").open("w+") as errors:
        process = start("list", stdout=subprocess.PIPE, stderr=errors)
        process.stdout.close()
        assert process.wait(60) == main.BROKEN_PIPE
        errors.seek(0)
        assert errors.read() == ""


def test_screenshot(tmp_path):
    target = tmp_path / "窗口 1.png"
    digit = SAMPLES / "digits" / "digit_3_a.png"
    result = subprocess.run(
        [sys.executable, "main.py", "screenshot", "overview", "-o", target, "--size", "1200x800",
         "--model", "lenet5_modern", "--image", digit],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")
    assert list(tmp_path.iterdir()) == [target]
    picture = load_picture(target)
    assert picture.shape == (800, 1200, 3)
    assert len(np.unique(picture.reshape(-1, 3), axis=0)) > 100  # something is drawn


@pytest.fixture
def interruptible():
    """Who runs the tests in the background ignores Ctrl+C, and so would what they start."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def test_progress_and_interruption_on_a_terminal(tmp_path, interruptible):
    ours, theirs = pty.openpty()
    target = tmp_path / "long.weights.h5"
    process = start(
        "train", "lenet5_modern", "--epochs", "100000", "-o", str(target),
        stdout=subprocess.PIPE, stderr=theirs,
    )  # fmt: skip
    os.close(theirs)
    shown = b""
    while b"poch 2" not in shown:
        shown += os.read(ours, 1000)
    process.send_signal(signal.SIGINT)
    try:
        # To its end, as a terminal does: what nobody reads would hold it up.
        with contextlib.suppress(OSError):
            while select.select([ours], [], [], 60)[0] and (more := os.read(ours, 1000)):
                shown += more
        out, _ = process.communicate(timeout=60)
    finally:
        process.kill()
    assert (process.returncode, out) == (main.INTERRUPTED, b"")
    assert shown.rstrip().endswith(b"cnnviz: Interrupted.")
    os.close(ours)
    assert list(tmp_path.iterdir()) == []
