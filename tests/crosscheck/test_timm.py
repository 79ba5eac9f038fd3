"""Our networks against timm's, which share no code with them: same weights, same outputs.

Runs where torch and timm are installed, which the project itself never needs:

    python -m venv --system-site-packages scratch
    scratch/bin/pip install torch timm
    scratch/bin/python -m pytest tests/crosscheck -s -p no:randomly
"""

import keras
import numpy as np
import pytest
from safetensors.numpy import save_file

from models import assign, timm_weights
from models.registry import find

torch = pytest.importorskip("torch")
timm = pytest.importorskip("timm")

pytestmark = pytest.mark.filterwarnings("ignore")


def with_random_weights(name):
    """A network of timm's whose every number, running statistics too, is drawn at random."""
    torch.manual_seed(7)
    network = timm.create_model(name, pretrained=False).eval()
    for module in network.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            torch.nn.init.uniform_(module.weight, 0.2, 0.7)
            torch.nn.init.normal_(module.bias, 0, 0.1)
            torch.nn.init.normal_(module.running_mean, 0, 0.1)
            torch.nn.init.uniform_(module.running_var, 0.5, 1.5)
        elif isinstance(module, torch.nn.Conv2d | torch.nn.Linear):
            torch.nn.init.kaiming_normal_(module.weight)
            if module.bias is not None:
                torch.nn.init.normal_(module.bias, 0, 0.1)
    return network


def written(network, path):
    """The file that timm would publish."""
    save_file({k: v.contiguous().numpy() for k, v in network.state_dict().items()}, path)
    return path


def compare(name, model, network, pixels):
    """Probabilities, and what goes into the softmax, of both; returns nothing, prints both gaps."""
    top = model.get_layer("predictions")
    assert top.activation is keras.activations.softmax
    top.activation = keras.activations.linear
    ours = keras.ops.convert_to_numpy(model(pixels, training=False))
    with torch.inference_mode():
        theirs = network(torch.from_numpy(pixels.transpose(0, 3, 1, 2).copy())).numpy()
    scale = np.abs(theirs).max()
    gap = np.abs(ours - theirs).max() / scale
    probabilities = [keras.ops.convert_to_numpy(keras.ops.softmax(x)) for x in (ours, theirs)]
    gap_after = np.abs(probabilities[0] - probabilities[1]).max()
    print(  # noqa: T201  (what -s shows)
        f"{name}: logits up to {scale:.3g}, gap {gap:.1e} of that; probabilities {gap_after:.1e}"
    )
    assert theirs.std() > 1e-3 * scale  # Not all the same, or nothing would be compared.
    assert np.isfinite(ours).all()
    assert gap < 1e-4
    assert gap_after < 1e-4


def photos(shape, count=2):
    return np.random.default_rng(3).normal(size=(count, *shape)).astype("float32")


@pytest.mark.parametrize("id_", timm_weights.MODULES)
def test_the_published_networks(id_, tmp_path):
    network = with_random_weights(id_)
    path = written(network, tmp_path / "model.safetensors")
    with assign.symbolic():
        model = find(id_).build()
    assign.load(model, path)
    compare(id_, model, network, photos(model.input_shape[1:]))


def densenet_modules(model):
    names = {
        "conv1_conv": "features.conv0",
        "conv1_bn": "features.norm0",
        "bn": "features.norm5",
        "predictions": "classifier",
    }
    roles = {"0_bn": "norm1", "1_conv": "conv1", "1_bn": "norm2", "2_conv": "conv2"}
    for layer in model.layers:
        stage, _, rest = layer.name.partition("_block")
        if rest:
            number, _, role = rest.partition("_")
            part = f"denseblock{int(stage[4:]) - 1}.denselayer{number}.{roles.get(role)}"
            names[layer.name] = f"features.{part}"
        elif layer.name.startswith("pool") and layer.weights:
            kind = "norm" if layer.name.endswith("bn") else "conv"
            names[layer.name] = f"features.transition{int(layer.name[4]) - 1}.{kind}"
    return names


def efficientnet_modules(model):
    names = {
        "stem_conv": "conv_stem",
        "stem_bn": "bn1",
        "top_conv": "conv_head",
        "top_bn": "bn2",
        "predictions": "classifier",
    }
    widening = {
        "expand_conv": "conv_pw",
        "expand_bn": "bn1",
        "dwconv": "conv_dw",
        "bn": "bn2",
        "se_reduce": "se.conv_reduce",
        "se_expand": "se.conv_expand",
        "project_conv": "conv_pwl",
        "project_bn": "bn3",
    }
    first = widening | {"dwconv": "conv_dw", "bn": "bn1", "project_conv": "conv_pw"}
    first["project_bn"] = "bn2"
    for layer in model.layers:
        block, _, role = layer.name.partition("_")
        if block.startswith("block") and layer.weights:
            path = f"blocks.{int(block[5]) - 1}.{'abcd'.index(block[6])}"
            roles = first if block == "block1a" else widening
            names[layer.name] = f"{path}.{roles[role]}"
    return names


@pytest.mark.parametrize(
    ("id_", "name", "modules", "start"),
    [
        ("densenet121", "densenet121", densenet_modules, None),
        # timm normalises outside of the network.
        ("efficientnet_b0", "tf_efficientnet_b0", efficientnet_modules, "stem_conv_pad"),
    ],
)
def test_others_that_map(id_, name, modules, start, tmp_path):
    network = with_random_weights(name)
    path = written(network, tmp_path / "model.safetensors")
    model = find(id_).build()
    if start:
        model = keras.Model(model.get_layer(start).input, model.output)
    for variable, value in timm_weights.read_values(model, path, modules):
        variable.assign(value)
    compare(id_, model, network, photos(model.input_shape[1:]))
