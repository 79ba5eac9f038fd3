"""Files as timm publishes them: one that fits, and each way in which one does not."""

import keras
import numpy as np
import pytest
from keras import layers
from safetensors.numpy import save_file

from models import assign, timm_weights
from models.registry import catalog, find
from models.weights import WeightsError, local_path


def tiny():
    inputs = keras.Input((6, 6, 2), name="input")
    x = layers.Conv2D(4, 3, use_bias=False, name="conv")(inputs)
    x = layers.BatchNormalization(name="bn")(x)
    x = layers.DepthwiseConv2D(3, name="depthwise")(x)
    x = layers.Flatten(name="flatten")(x)
    x = layers.Dense(5, name="behind_maps")(x)
    return keras.Model(inputs, layers.Dense(3, name="top")(x), name="tiny")


def modules(_):
    names = ("conv", "bn", "depthwise", "behind_maps", "top")
    return {name: f"{name}_of_timm" for name in names}


SHAPES = {
    "conv_of_timm.weight": (4, 2, 3, 3),
    "bn_of_timm.weight": (4,),
    "bn_of_timm.bias": (4,),
    "bn_of_timm.running_mean": (4,),
    "bn_of_timm.running_var": (4,),
    "depthwise_of_timm.weight": (4, 1, 3, 3),
    "depthwise_of_timm.bias": (4,),
    "behind_maps_of_timm.weight": (5, 4, 2, 2),
    "behind_maps_of_timm.bias": (5,),
    "top_of_timm.weight": (3, 5),
    "top_of_timm.bias": (3,),
}


def tensors():
    rng = np.random.default_rng(0)
    found = {name: rng.uniform(0.5, 1, shape).astype("float32") for name, shape in SHAPES.items()}
    return found | {"bn_of_timm.num_batches_tracked": np.array(7)}


def values(path, model=None, names=modules):
    return list(timm_weights.read_values(model or tiny(), path, names))


def test_it_computes_what_pytorchs_layout_means(tmp_path):
    """Against loops over PyTorch's own order of axes."""
    t = tensors()
    save_file(t, tmp_path / "tiny.safetensors")
    model = tiny()
    for variable, value in values(tmp_path / "tiny.safetensors", model):
        variable.assign(value)
    x = np.random.default_rng(1).normal(size=(2, 6, 6)).astype("float32")  # C, H, W
    y = np.zeros((4, 4, 4))
    for o, i, j in np.ndindex(4, 4, 4):
        y[o, i, j] = (t["conv_of_timm.weight"][o] * x[:, i : i + 3, j : j + 3]).sum()
    axes = (slice(None), None, None)
    spread = np.sqrt(t["bn_of_timm.running_var"][axes] + 1e-3)
    y = (y - t["bn_of_timm.running_mean"][axes]) / spread * t["bn_of_timm.weight"][axes]
    y += t["bn_of_timm.bias"][axes]
    z = np.zeros((4, 2, 2))
    for c, i, j in np.ndindex(4, 2, 2):
        window = y[c, i : i + 3, j : j + 3]
        z[c, i, j] = (t["depthwise_of_timm.weight"][c, 0] * window).sum()
    z += t["depthwise_of_timm.bias"][axes]
    dense = (t["behind_maps_of_timm.weight"] * z).sum(axis=(1, 2, 3)) + t[
        "behind_maps_of_timm.bias"
    ]
    expected = t["top_of_timm.weight"] @ dense + t["top_of_timm.bias"]
    ours = model(x.transpose(1, 2, 0)[np.newaxis])
    np.testing.assert_allclose(keras.ops.convert_to_numpy(ours)[0], expected, rtol=1e-4)


def test_a_tensor_of_another_shape_is_named(tmp_path):
    wrong = tensors() | {"top_of_timm.weight": np.zeros((8, 5), "float32")}
    save_file(wrong, tmp_path / "wrong.safetensors")
    with pytest.raises(WeightsError, match="'top' needs 5 x 3, the file has 8 x 5 in 'top_of_timm"):
        values(tmp_path / "wrong.safetensors")


def test_a_tensor_that_is_missing_is_named(tmp_path):
    less = tensors()
    del less["bn_of_timm.running_var"]
    save_file(less, tmp_path / "less.safetensors")
    with pytest.raises(WeightsError, match=r"'bn' needs 4 .* no tensor 'bn_of_timm\.running_var'"):
        values(tmp_path / "less.safetensors")


def test_a_tensor_too_many_is_named(tmp_path):
    save_file(tensors() | {"extra.bias": np.zeros(9, "float32")}, tmp_path / "more.safetensors")
    with pytest.raises(WeightsError, match=r"one more tensor, 'extra\.bias' with 9"):
        values(tmp_path / "more.safetensors")


def test_nothing_is_given_before_all_is_compared(tmp_path):
    wrong = tensors() | {"top_of_timm.bias": np.zeros(4, "float32")}
    save_file(wrong, tmp_path / "wrong.safetensors")
    pairs = timm_weights.read_values(tiny(), tmp_path / "wrong.safetensors", modules)
    with pytest.raises(WeightsError):
        next(pairs)


@pytest.mark.parametrize("content", [b"", b"not tensors at all", b"\xff" * 64])
def test_a_file_of_another_kind(content, tmp_path):
    path = tmp_path / "bad.safetensors"
    path.write_bytes(content)
    with pytest.raises(WeightsError, match="damaged or no safetensors file"):
        values(path)


def test_a_file_that_ends_early(tmp_path):
    path = tmp_path / "short.safetensors"
    save_file(tensors(), path)
    path.write_bytes(path.read_bytes()[:-40])
    with pytest.raises(WeightsError, match="damaged or no safetensors file"):
        values(path)


def test_no_file(tmp_path):
    with pytest.raises(WeightsError, match="There is no file"):
        values(tmp_path / "none.safetensors")


def test_a_network_without_a_table(tmp_path):
    save_file(tensors(), tmp_path / "tiny.safetensors")
    with pytest.raises(WeightsError, match=r"fit vgg11, .*: tiny needs"):
        assign.load(tiny(), tmp_path / "tiny.safetensors")


def test_every_architecture_with_such_weights_has_a_table():
    entries = {e.id: s for e in catalog().values() for s in e.weights if s.kind == "timm"}
    assert set(entries) == set(timm_weights.MODULES)
    names = {local_path(source).name for source in entries.values()}
    assert len(names) == len(entries)
    for id_, source in entries.items():
        assert f"/timm/{id_}.t" in source.location


@pytest.mark.parametrize("id_", timm_weights.MODULES)
def test_tables_name_each_layer_once(id_):
    with assign.symbolic():
        model = find(id_).build()
    names = timm_weights.MODULES[id_](model)
    weighted = [layer.name for layer in model.layers if layer.weights]
    assert set(weighted) <= set(names)
    assert len({names[name] for name in weighted}) == len(weighted)


def test_a_whole_network_round_trip(tmp_path):
    """ResNet-18's file as timm writes it, its names made by the rules of timm's modules."""
    with assign.symbolic():
        model = find("resnet18").build(classes=5)
    shapes = {"conv1": (64, 3, 7, 7), "bn1": 64, "fc": (5, 512)}
    channels = 64
    for stage, filters in enumerate((64, 128, 256, 512), start=1):
        for block in (0, 1):
            path = f"layer{stage}.{block}"
            shapes |= {f"{path}.conv1": (filters, channels, 3, 3), f"{path}.bn1": filters}
            shapes |= {f"{path}.conv2": (filters, filters, 3, 3), f"{path}.bn2": filters}
            if channels != filters:
                shapes[f"{path}.downsample.0"] = (filters, channels, 1, 1)
                shapes[f"{path}.downsample.1"] = filters
            channels = filters
    rng = np.random.default_rng(0)
    file = {"fc.bias": rng.normal(size=5).astype("float32")}
    for name, shape in shapes.items():
        roles = ["weight"] if isinstance(shape, tuple) else ["weight", "bias"]
        roles += [] if isinstance(shape, tuple) else ["running_mean", "running_var"]
        for role in roles:
            file[f"{name}.{role}"] = rng.uniform(0.5, 1, shape).astype("float32")
    path = tmp_path / "model.safetensors"
    save_file(file, path)
    assign.load(model, path)
    kernel = model.get_layer("conv3_block1_0_conv").kernel
    expected = file["layer2.0.downsample.0.weight"].transpose(2, 3, 1, 0)
    np.testing.assert_array_equal(keras.ops.convert_to_numpy(kernel), expected)
    variance = model.get_layer("conv5_block2_2_bn").moving_variance
    np.testing.assert_array_equal(
        keras.ops.convert_to_numpy(variance), file["layer4.1.bn2.running_var"]
    )
    assert model.count_params() == sum(value.size for value in file.values())
