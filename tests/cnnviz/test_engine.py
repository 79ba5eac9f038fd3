"""The engine on real models: what it computes is what Keras computes, node by node."""

import contextlib

import keras
import numpy as np
import pytest
from keras import layers, ops
from PIL import Image

from cnnviz import backend
from cnnviz.calls import walk
from cnnviz.engine import Engine
from cnnviz.errors import BadPicture, Cancelled, UserError
from cnnviz.forward import run_or_fall_back
from cnnviz.images import prepare
from cnnviz.library import open_model
from cnnviz.probes import Probe, draw
from cnnviz.requests import (
    Device,
    GetActivation,
    GetCells,
    GetSheet,
    GetStatistics,
    GetWeights,
    ListDevices,
    OpenModel,
    Reporter,
    RunImage,
    SetWeights,
)
from cnnviz.sheets import extent_of, tiling_of
from cnnviz.transforms import Transform
from models import assign
from models.registry import find

PICTURE = np.random.default_rng(0).integers(0, 256, (40, 50, 3), dtype=np.uint8)


def branched():
    """Branches, skips, a dropout, bare operations, strides, groups, two outputs."""
    inputs = keras.Input((24, 24, 3), name="input")
    x = layers.Rescaling(1 / 127.5, -1, name="rescale")(inputs)
    x = layers.Conv2D(8, 3, padding="same", name="conv1")(x)
    x = layers.BatchNormalization(name="norm1")(x)
    x = layers.ReLU(name="relu1")(x)
    y = layers.Conv2D(8, 3, padding="same", groups=4, name="conv2")(x)
    z = layers.DepthwiseConv2D(5, padding="same", name="depthwise")(x)
    x = layers.Concatenate(name="join")([layers.Add(name="sum")([x, y]), z * 2 + 1])
    x = layers.MaxPooling2D(3, 2, padding="same", name="pool")(x)
    x = layers.Dropout(0.5, name="drop")(x)
    features = ops.mean(x, axis=(1, 2))
    logits = layers.Dense(5, name="logits")(features)
    return keras.Model(inputs, [layers.Softmax(name="classes")(logits), features], name="branched")


def shared_and_nested():
    """A layer called twice, a model in a model called twice."""
    shared = layers.Conv2D(6, 3, padding="same", activation="relu", name="shared")
    part = keras.Input((16, 16, 6), name="part_input")
    inner = keras.Model(part, layers.Conv2D(6, 1, name="one")(part) + part, name="inner")
    stack = keras.Sequential(
        [keras.Input((16, 16, 6)), layers.BatchNormalization(name="norm"), layers.ReLU(name="r")],
        name="stack",
    )
    inputs = keras.Input((16, 16, 6 // 2), name="input")
    x = layers.Conv2D(6, 1, name="stem")(inputs)
    x = stack(inner(shared(inner(shared(x)))))
    x = layers.Flatten(name="flatten")(x)
    return keras.Model(inputs, layers.Dense(4, activation="softmax", name="classes")(x))


def half():
    """Computed in float16, as mixed precision saves it."""
    model = keras.Sequential([keras.Input((16, 16, 3)), layers.Conv2D(4, 3, dtype="mixed_float16")])
    model.add(layers.GlobalAveragePooling2D(dtype="mixed_float16"))
    model.add(layers.Dense(3, activation="softmax", dtype="float32"))
    return model


SMALL = [branched, shared_and_nested, half]


def saved(build, folder):
    """A file of a model whose weights no initialiser makes."""
    model = build()
    rng = np.random.default_rng(3)
    for variable in model.weights:
        variable.assign(np.abs(rng.normal(0.5, 0.2, variable.shape)))
    path = folder / f"{build.__name__} 模型.keras"
    model.save(path)
    return model, path


def keras_own(model, image):
    """Every activation as one multi-output call of Keras gives it, by node name."""
    calls = walk(model)
    tensors = [tensor for call in calls for tensor in call.outputs]
    names = [call.name for call in calls for _ in call.outputs]
    # Tensors inside nested models belong to other graphs: those are left out.
    outer = [id(operation) for operation in getattr(model, "operations", model.layers)]
    reachable = {id(t) for t in tensors if id(t._keras_history.operation) in outer}
    pairs = [(n, t) for n, t in zip(names, tensors, strict=True) if id(t) in reachable]
    values = keras.Model(model.inputs, [t for _, t in pairs])([image])
    return {n: np.asarray(v)[0] for (n, _), v in zip(pairs, values, strict=True)}


class Recorder(Reporter):
    """Keeps what it is told, and calls back."""

    def __init__(self, on_done=lambda progress: None):
        self.told = []
        self.on_done = on_done
        self.cancelled = False

    def report(self, progress):
        self.told.append(progress)
        if progress.done is not None:
            self.on_done(progress)

    def checkpoint(self):
        if self.cancelled:
            raise Cancelled


@pytest.fixture
def engine():
    return Engine()


def input_of(engine_request, picture=PICTURE):
    opened = open_model(engine_request)
    return prepare(picture, opened.graph.input_shape, opened.preparation)[0]


@pytest.mark.parametrize("build", SMALL)
def test_each_node_equals_keras_own_call(build, engine, tmp_path):
    model, path = saved(build, tmp_path)
    request = OpenModel(str(path))
    opened = engine.handle(request)
    result = engine.handle(RunImage(PICTURE))
    assert result.gear == "stepwise"
    assert [n.name for n in result.nodes] == [n.name for n in opened.graph.nodes]
    assert all(n.seconds > 0 for n in result.nodes)

    image = input_of(request)
    expected = keras_own(model, image)
    assert len(expected) >= 3
    for name, values in expected.items():
        got = engine.handle(GetActivation(name)).values
        assert got.dtype == np.float32
        np.testing.assert_array_equal(got, values.astype(np.float32), err_msg=name)
    outputs = model(image)
    first = np.asarray(outputs[0] if isinstance(outputs, list) else outputs)[0]
    assert [p.score for p in result.predictions] == sorted(first.tolist(), reverse=True)
    assert [first[p.index] for p in result.predictions] == [p.score for p in result.predictions]


@pytest.mark.parametrize("build", SMALL)
def test_the_compiled_gear_agrees(build, engine, tmp_path):
    _, path = saved(build, tmp_path)
    opened = engine.handle(OpenModel(str(path)))
    first = engine.handle(RunImage(PICTURE))
    names = [node.name for node in opened.graph.nodes]
    stepwise = {name: engine.handle(GetActivation(name)).values.copy() for name in names}
    engine.use_idle_time(Reporter())
    result = engine.handle(RunImage(PICTURE))
    assert result.gear == "compiled"
    assert all(n.seconds is None for n in result.nodes)
    assert result.trace_bytes == pytest.approx(first.trace_bytes, rel=0.5)
    tolerance = 2e-3 if build is half else 1e-5
    for name in names:
        got = engine.handle(GetActivation(name)).values
        scale = np.abs(stepwise[name]).max()
        np.testing.assert_allclose(got, stepwise[name], rtol=0, atol=tolerance * scale)
    other = engine.handle(RunImage(255 - PICTURE))
    assert other.gear == "compiled"
    assert other.nodes[1].stats != result.nodes[1].stats


@pytest.mark.parametrize("id_", ["lenet5_modern", "alexnet", "vgg16", "resnet50", "mobilenet"])
def test_the_catalogs_networks_equal_keras(id_, engine):
    """Bit by bit in the first gear, to 1e-5 in the second."""
    request = OpenModel(id_)
    opened = engine.handle(request)
    engine.handle(SetWeights("random", seed=4))
    result = engine.handle(RunImage(PICTURE))
    with assign.symbolic():
        model = find(id_).build()
    assign.randomize(model, 4)
    image = input_of(request)
    expected = keras_own(model, image)
    assert set(expected) == {node.name for node in opened.graph.nodes}
    for name, values in expected.items():
        np.testing.assert_array_equal(engine.handle(GetActivation(name)).values, values, name)
    scores = np.asarray(model(image))[0]
    assert result.predictions[0].score == scores.max()

    engine.use_idle_time(Reporter())
    assert engine.handle(RunImage(PICTURE)).gear == "compiled"
    for name, values in expected.items():
        got = engine.handle(GetActivation(name)).values
        np.testing.assert_allclose(got, values, rtol=0, atol=1e-5 * np.abs(values).max())


@pytest.mark.parametrize("compiled", [False, True])
def test_a_small_budget_recomputes_the_same(compiled, engine):
    opened = engine.handle(OpenModel("resnet50", input_shape=(96, 96, 3)))
    engine.handle(RunImage(PICTURE))
    names = [node.name for node in opened.graph.nodes]
    full = {name: engine.handle(GetActivation(name)).values.copy() for name in names}
    budget = 3 << 20
    assert sum(values.nbytes for values in full.values()) > 8 * budget
    result = engine.handle(RunImage(PICTURE, budget_bytes=budget))
    if compiled:
        engine.use_idle_time(Reporter())
        result = engine.handle(RunImage(PICTURE, budget_bytes=budget))
        assert result.gear == "compiled"
    always = full["input"].nbytes + full["predictions"].nbytes
    assert result.trace_bytes <= budget + always
    for name in names[::5]:
        got = engine.handle(GetActivation(name)).values
        if compiled:
            atol = 1e-5 * np.abs(full[name]).max()
            np.testing.assert_allclose(got, full[name], rtol=0, atol=atol)
        else:
            np.testing.assert_array_equal(got, full[name])


def test_statistics_come_with_the_result_and_with_each_activation(engine):
    engine.handle(OpenModel("lenet5_modern"))
    result = engine.handle(RunImage(PICTURE, budget_bytes=0))
    for node in result.nodes:
        activation = engine.handle(GetActivation(node.name))
        assert activation.stats == node.stats
        assert node.stats.minimum == activation.values.min()
        assert node.stats.mean == pytest.approx(activation.values.mean(), rel=1e-5)


def test_progress_goes_through_all_nodes_and_shows_the_picture_first(engine):
    opened = engine.handle(OpenModel("lenet5_modern"))
    engine.handle(SetWeights("random"))
    recorder = Recorder()
    result = engine.handle(RunImage(PICTURE), recorder)
    first, *rest = recorder.told
    np.testing.assert_array_equal(first.input_picture, result.picture)
    assert [p.done.name for p in rest] == [node.name for node in opened.graph.nodes]
    fractions = [p.fraction for p in rest]
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1


def test_sheets_and_cells_are_those_of_the_activation(engine):
    opened = engine.handle(OpenModel("lenet5_modern"))
    asked = GetSheet("c1_conv", 3), GetCells("c1_conv", (5, 2), (3, 9), (20, 28))
    for request in asked:
        with pytest.raises(UserError, match="run one first"):
            engine.handle(request)
    engine.handle(RunImage(PICTURE))
    assert all(map(engine.can_answer, asked))
    values = engine.handle(GetActivation("c1_conv")).values
    cells = engine.handle(asked[1])
    np.testing.assert_array_equal(cells.values, values[3:9, 20:28][..., [5, 2]])
    for node in opened.graph.nodes:
        extent = extent_of(node.output_shape)
        layout = tiling_of(extent, 3)
        sheet = engine.handle(GetSheet(node.name, 3))
        assert sheet.codes.shape == (layout.pixel_height, layout.pixel_width)
        activation = engine.handle(GetActivation(node.name)).values
        assert sheet.signed == (activation.min() < 0 < activation.max())
    with pytest.raises(UserError, match="no layer 'nowhere'"):
        engine.handle(GetSheet("nowhere", 3))


def test_a_computed_node_can_be_fetched_in_the_middle_of_the_run(engine):
    engine.handle(OpenModel("lenet5_modern"))
    during = {}

    def fetch(progress):
        name = progress.done.name
        assert engine.can_answer(GetActivation(name))
        assert not engine.can_answer(GetActivation("predictions")) or name == "predictions"
        during[name] = engine.handle(GetActivation(name)).values.copy()

    result = engine.handle(RunImage(PICTURE, budget_bytes=0), Recorder(fetch))
    assert list(during) == [n.name for n in result.nodes]
    for name, values in during.items():
        np.testing.assert_array_equal(engine.handle(GetActivation(name)).values, values)


def test_a_cancelled_run_leaves_the_model_and_no_half_trace(engine):
    engine.handle(OpenModel("lenet5_modern"))
    whole = engine.handle(RunImage(PICTURE))
    recorder = Recorder()

    def cancel(progress):
        recorder.cancelled = progress.done.name == "c3_conv"

    recorder.on_done = cancel
    with pytest.raises(Cancelled):
        engine.handle(RunImage(PICTURE), recorder)
    assert recorder.told[-1].done.name == "c3_conv"
    with pytest.raises(UserError, match="run one first"):
        engine.handle(GetActivation("c1_conv"))
    assert engine.handle(RunImage(PICTURE)).predictions == whole.predictions


def test_compiling_can_be_cancelled_and_taken_up_again(engine):
    engine.handle(OpenModel("lenet5_modern"))
    engine.handle(RunImage(PICTURE))
    recorder = Recorder()
    recorder.cancelled = True
    with pytest.raises(Cancelled):
        engine.use_idle_time(recorder)
    assert engine.handle(RunImage(PICTURE)).gear == "stepwise"
    engine.use_idle_time(Reporter())
    assert engine.handle(RunImage(PICTURE)).gear == "compiled"


def test_new_weights_are_used_by_both_gears(engine):
    engine.handle(OpenModel("lenet5_modern"))
    scores = []
    for seed in (0, 1):
        info = engine.handle(SetWeights("random", seed))
        assert not info.trained
        first = engine.handle(RunImage(PICTURE))
        engine.use_idle_time(Reporter())
        second = engine.handle(RunImage(PICTURE))
        assert (first.gear, second.gear) == ("stepwise", "compiled")
        assert second.predictions[0].score == pytest.approx(first.predictions[0].score, rel=1e-5)
        scores.append(first.predictions[0].score)
    assert scores[0] != scores[1]


def test_weights_by_role(engine, tmp_path):
    model, path = saved(branched, tmp_path)
    engine.handle(OpenModel(str(path)))
    engine.handle(SetWeights())
    got = engine.handle(GetWeights("norm1"))
    assert list(got.values) == ["gamma", "beta", "moving_mean", "moving_variance"]
    layer = model.get_layer("norm1")
    np.testing.assert_array_equal(got.values["moving_mean"], layer.moving_mean.numpy())
    assert got.info.kind == "file"
    assert not engine.handle(GetWeights("relu1")).values


def test_what_fails_leaves_everything_as_it_was(engine, tmp_path):
    engine.handle(OpenModel("lenet5_modern"))
    before = engine.handle(RunImage(PICTURE))
    activation = engine.handle(GetActivation("c1_conv")).values.copy()
    (tmp_path / "text.png").write_text("no picture")
    for request in (
        OpenModel("vgg61"),
        OpenModel(str(tmp_path / "missing.keras")),
        SetWeights(str(tmp_path / "missing.weights.h5")),
        SetWeights("imagenet"),
        RunImage(tmp_path / "text.png"),
        RunImage(PICTURE, device="gpu:7"),
        GetActivation("nowhere"),
        GetWeights("nowhere"),
    ):
        with pytest.raises(UserError):
            engine.handle(request)
        np.testing.assert_array_equal(engine.handle(GetActivation("c1_conv")).values, activation)
    assert engine.handle(RunImage(PICTURE)).predictions == before.predictions


def test_requests_before_a_model_is_open(engine):
    for request in (SetWeights(), RunImage(PICTURE), GetActivation("x"), GetWeights("x")):
        with pytest.raises(UserError, match="open one first"):
            engine.handle(request)


def test_a_model_with_two_inputs_is_shown_but_takes_no_image(engine, tmp_path):
    a, b = keras.Input((4, 4, 1), name="a"), keras.Input((4, 4, 1), name="b")
    keras.Model([a, b], a + b).save(tmp_path / "two.keras")
    assert len(engine.handle(OpenModel(str(tmp_path / "two.keras"))).graph.inputs) == 2
    with pytest.raises(UserError, match="takes 2 inputs"):
        engine.handle(RunImage(PICTURE))


def test_devices_are_named_and_the_processor_is_always_there(engine):
    devices = engine.handle(ListDevices())
    assert devices[-1].id == "cpu"
    assert all(device.name for device in devices)
    engine.handle(OpenModel("lenet5_modern"))
    assert engine.handle(RunImage(PICTURE, device="cpu")).device == devices[-1]


# Memory. The errors are TensorFlow's own; the machine has no second device to exhaust.

GPU, CPU = Device("gpu:0", "Some GPU"), Device("cpu", "Some CPU")


def exhausted(device):
    import tensorflow as tf

    raise tf.errors.ResourceExhaustedError(None, None, f"OOM when allocating on {device.id}")


def test_a_device_without_memory_hands_over_with_a_notice():
    used = []

    def run(device):
        used.append(device.id)
        return exhausted(device) if device == GPU else "result"

    result, device, notices = run_or_fall_back(GPU, CPU, run)
    assert (result, device, used) == ("result", CPU, ["gpu:0", "cpu"])
    assert notices == ("The memory of Some GPU was not enough: computed on Some CPU.",)


@pytest.mark.parametrize("device", [GPU, CPU])
def test_no_memory_anywhere_is_one_sentence(device):
    with pytest.raises(UserError, match="The memory of Some CPU is not enough"):
        run_or_fall_back(device, CPU, exhausted)


def test_other_errors_are_not_taken_for_the_device_s():
    def fail(device):
        raise ValueError(device.id)

    with pytest.raises(ValueError, match="gpu:0"):
        run_or_fall_back(GPU, CPU, fail)


@contextlib.contextmanager
def registered(layer):
    """A layer that files may name, as the catalog's own."""
    keras.saving.get_custom_objects()[layer.__name__] = layer
    try:
        yield
    finally:
        del keras.saving.get_custom_objects()[layer.__name__]


class RunsOut(layers.Layer):
    def call(self, inputs):
        exhausted(CPU)

    def compute_output_shape(self, input_shape):
        return input_shape


class Refuses(layers.Layer):
    def call(self, inputs):
        raise RuntimeError("not with me\nsecond line")

    def compute_output_shape(self, input_shape):
        return input_shape


@pytest.mark.parametrize(
    ("layer", "says"),
    [
        (RunsOut, "is not enough for this model and image"),
        (Refuses, "Layer 'bad' cannot be computed (RuntimeError: not with me)"),
    ],
)
def test_a_layer_that_fails_in_the_run(layer, says, engine, tmp_path):
    with registered(layer):
        inputs = keras.Input((8, 8, 3))
        keras.Model(inputs, layer(name="bad")(inputs)).save(tmp_path / "bad.keras")
        engine.handle(OpenModel(str(tmp_path / "bad.keras")))
        with pytest.raises(UserError) as error:
            engine.handle(RunImage(PICTURE))
    assert says in str(error.value)
    assert "\n" not in str(error.value)


def test_weights_copied_to_a_device_give_the_same_result(engine, tmp_path, monkeypatch):
    """The path of a GPU, on the processor: TensorFlow places what has no GPU there."""
    model, path = saved(branched, tmp_path)
    monkeypatch.setattr(backend, "devices", lambda: (GPU, CPU))
    request = OpenModel(str(path))
    engine.handle(request)
    for gear in ("stepwise", "compiled"):
        result = engine.handle(RunImage(PICTURE))
        assert (result.device, result.gear) == (GPU, gear)
        expected = keras_own(model, input_of(request))
        for name, values in expected.items():
            got = engine.handle(GetActivation(name)).values
            np.testing.assert_allclose(got, values, rtol=0, atol=1e-5 * np.abs(values).max())
        engine.use_idle_time(Reporter())


def test_a_file_that_changed_is_read_again(tmp_path):
    engine = Engine()
    engine.handle(OpenModel("lenet5_modern"))
    file = tmp_path / "grey.png"
    for side, grey in ((40, 30), (40, 30), (64, 200)):
        Image.fromarray(np.full((side, side), grey, np.uint8)).save(file)
        result = engine.handle(RunImage(file, transform=Transform(shift=(1, 0))))
        assert (result.picture == grey).all()
    file.unlink()
    with pytest.raises(BadPicture, match="There is no file"):
        engine.handle(RunImage(file))


def test_a_probe_goes_in_as_it_is_made():
    engine = Engine()
    opened = engine.handle(OpenModel("mobilenet", (32, 32, 3), 10))
    probe = Probe("noise", seed=4)
    result = engine.handle(RunImage(probe))
    assert np.array_equal(result.picture, draw(probe, 32, 32))
    changed = engine.handle(RunImage(probe, transform=Transform(mirror=True, shift=(0, 3))))
    assert changed.gear == "stepwise"
    expected = draw(probe, 32, 32)[:, ::-1]
    assert np.array_equal(changed.picture[:, 3:], expected[:, :-3])
    # What the network really gets is that picture, scaled.
    entering = engine.handle(GetActivation(opened.graph.nodes[0].name)).values
    assert np.allclose(entering, changed.picture / 127.5 - 1, atol=1e-6)


class Listening(Reporter):
    def __init__(self):
        self.heard = []

    def report(self, progress):
        self.heard.append(progress)


def test_the_node_that_is_looked_at_comes_with_the_progress(tmp_path):
    engine, listening = Engine(), Listening()
    engine.handle(OpenModel(str(saved(branched, tmp_path)[1])))
    engine.handle(RunImage(PICTURE, show="conv2"), listening)
    (sent,) = [p for p in listening.heard if p.activation is not None]
    assert sent.done.name == sent.activation.node == "conv2"
    fetched = engine.handle(GetActivation("conv2"))
    np.testing.assert_array_equal(sent.activation.values, fetched.values)
    assert sent.activation.stats == fetched.stats


def test_of_a_large_node_that_is_looked_at_comes_a_preview(tmp_path):
    inputs = keras.Input((128, 128, 3))
    outputs = keras.layers.Conv2D(32, 3, padding="same", name="large")(inputs)
    keras.Model(inputs, outputs).save(tmp_path / "large.keras")
    engine, listening = Engine(), Listening()
    engine.handle(OpenModel(str(tmp_path / "large.keras")))
    engine.handle(RunImage(PICTURE, show="large"), listening)
    assert not [p for p in listening.heard if p.activation is not None]
    (sent,) = [p for p in listening.heard if p.preview is not None]
    assert sent.done.name == sent.preview.node == "large"
    whole = engine.handle(GetActivation("large")).values
    np.testing.assert_array_equal(sent.preview.values, whole[::2, ::2])


@pytest.mark.parametrize("gear", ["stepwise", "compiled"])
def test_statistics_can_be_had_later(tmp_path, gear):
    engine = Engine()
    engine.handle(OpenModel(str(saved(branched, tmp_path)[1])))
    assert engine.handle(GetStatistics()) == {}, "before any pass there are none"
    whole = engine.handle(RunImage(PICTURE))
    if gear == "compiled":
        engine.use_idle_time(Reporter())
        whole = engine.handle(RunImage(PICTURE))
    quick = engine.handle(RunImage(PICTURE, statistics=False))
    assert quick.gear == whole.gear == gear
    assert {node.stats for node in quick.nodes} == {None}
    assert engine.handle(GetStatistics()) == {node.name: node.stats for node in whole.nodes}


def test_weights_and_activations_can_be_read_while_the_pass_is_compiled(tmp_path):
    engine = Engine()
    engine.handle(OpenModel(str(saved(branched, tmp_path)[1])))
    engine.handle(RunImage(PICTURE))
    before = engine.handle(GetWeights("conv1")).values["kernel"]
    seen = []

    class Asking(Reporter):
        def checkpoint(self):
            seen.append(engine.handle(GetWeights("conv1")).values["kernel"])
            engine.handle(GetActivation("conv2"))

    engine.use_idle_time(Asking())
    assert engine.handle(RunImage(PICTURE)).gear == "compiled"
    assert len(seen) > 5
    for kernel in seen:
        np.testing.assert_array_equal(kernel, before)
