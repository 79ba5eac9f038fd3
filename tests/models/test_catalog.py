"""The catalog: lookup, facts against the table of published numbers, networks against the facts."""

import json
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest

from models.registry import Architecture, catalog, find

ROOT = Path(__file__).parents[2]
NUMBERS = json.loads((ROOT / "tests/data/numbers.json").read_text(encoding="utf-8"))

FIRST_FIVE = {
    "lenet5_modern": ("lenet5_modern", "calc"),
    "alexnet": ("alexnet", "caffe bvlc_alexnet"),
    "vgg16": ("vgg16", "keras.applications"),
    "resnet50": ("resnet50", "keras.applications"),
    "mobilenet": ("mobilenet_v1", "keras.applications"),
}
"""Catalog id: id and source in numbers.json."""


def symbolic(entry: Architecture, **size):
    with keras.StatelessScope(initialize_variables=False):
        model = entry.build(**size)
    keras.utils.clear_session(free_memory=False)
    return model


def macs(model) -> int:
    """Multiply-adds of convolutions and dense layers, from shapes alone."""
    total = 0
    for layer in model.layers:
        if isinstance(layer, keras.layers.Dense):
            total += layer.kernel.shape[0] * layer.kernel.shape[1]
        elif isinstance(layer, keras.layers.Conv2D | keras.layers.DepthwiseConv2D):
            height, width = layer.output.shape[1:3]
            total += height * width * int(np.prod(layer.kernel.shape))
    return total


def test_the_first_five_are_there():
    assert set(FIRST_FIVE) <= set(catalog())


def test_find_returns_the_entry():
    assert find("vgg16") is catalog()["vgg16"]


@pytest.mark.parametrize(("typo", "meant"), [("vgg61", "vgg16"), ("ResNet50", "resnet50")])
def test_find_names_the_nearest(typo, meant):
    with pytest.raises(KeyError, match=meant):
        find(typo)


def test_find_offers_nothing_when_nothing_is_near():
    with pytest.raises(KeyError) as error:
        find("zzz")
    assert "Did you mean" not in str(error.value)


def test_the_catalog_imports_no_keras():
    code = (
        "import sys; from models.registry import catalog; catalog(); print('keras' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, check=True)
    assert done.stdout.strip() == b"False"


@pytest.mark.parametrize("entry", catalog().values(), ids=lambda entry: entry.id)
def test_a_record_is_complete(entry):
    assert entry.id == entry.id.lower()
    assert entry.parent is None or entry.parent in catalog()
    assert entry.key_ideas.endswith(".")
    for accuracy in entry.accuracy:
        assert accuracy.protocol
        assert accuracy.source
    for source in entry.weights:
        assert source.dataset in {"imagenet", "digits"}
        assert source.note
    channels = entry.input_shape[2]
    if channels not in (1, 3):  # A building block that reads maps, not pictures.
        assert entry.exhibit
        return
    assert (entry.preprocessing.order == "grey") == (channels == 1)
    assert len(entry.preprocessing.mean) == len(entry.preprocessing.std) == channels


def test_accuracies_stand_in_the_table_with_the_same_protocol():
    """No single-crop figure is passed off as ten-crop, nor the other way round."""
    for id_, (known_as, _) in FIRST_FIVE.items():
        published = NUMBERS["architectures"][known_as]["accuracy"]
        for accuracy in find(id_).accuracy:
            rows = [
                row
                for row in published
                if (row["top1_acc"], row.get("top5_acc")) == (accuracy.top1, accuracy.top5)
            ]
            assert len(rows) == 1, (id_, accuracy)
            ten_crop = "10-crop" in rows[0]["protocol"]
            assert ("10-crop" in accuracy.protocol) == ten_crop


@pytest.mark.parametrize("id_", FIRST_FIVE)
def test_facts_equal_the_table(id_):
    known_as, _ = FIRST_FIVE[id_]
    known = NUMBERS["architectures"][known_as]
    entry = find(id_)
    assert list(entry.input_shape) == known["input"]
    assert entry.year == known["year"]
    assert entry.authors == known["authors"]
    assert entry.paper == known["title"]
    assert entry.venue == known["venue"]
    assert entry.arxiv == known["arxiv"]


@pytest.mark.parametrize("id_", FIRST_FIVE)
def test_parameters_and_macs_equal_the_table(id_):
    known_as, source = FIRST_FIVE[id_]
    known = NUMBERS["architectures"][known_as]
    model = symbolic(find(id_))
    assert model.count_params() == known["params"][source]["value"]
    assert macs(model) == known["macs"][source]["value"]


@pytest.mark.parametrize("id_", FIRST_FIVE)
def test_another_size_and_number_of_classes(id_):
    entry = find(id_)
    size = (entry.minimum_size, entry.minimum_size, entry.input_shape[2])
    model = symbolic(entry, input_shape=size, classes=7)
    assert model.input_shape == (None, *size)
    assert model.output_shape == (None, 7)
    assert model.name == entry.id


@pytest.mark.parametrize("id_", FIRST_FIVE)
def test_names_do_not_depend_on_what_was_built_before(id_):
    entry = find(id_)
    with keras.StatelessScope(initialize_variables=False):
        names = [[layer.name for layer in entry.build().layers] for _ in range(2)]
    keras.utils.clear_session(free_memory=False)
    assert names[0] == names[1]
    assert names[0][0] == "input"


@pytest.mark.parametrize(
    ("id_", "module"),
    [
        ("vgg16", keras.applications.vgg16),
        ("resnet50", keras.applications.resnet50),
        ("mobilenet", keras.applications.mobilenet),
    ],
)
def test_preprocessing_equals_keras(id_, module):
    photo = np.random.default_rng(0).integers(0, 256, (5, 4, 3)).astype("float32")
    steps = find(id_).preprocessing
    ours = photo[..., ::-1] if steps.order == "bgr" else photo
    ours = (ours * steps.scale - np.array(steps.mean)) / np.array(steps.std)
    np.testing.assert_allclose(ours, module.preprocess_input(photo.copy()), atol=1e-4)


def test_alexnet_has_the_papers_maps():
    model = symbolic(find("alexnet"))
    shapes = {layer.name: layer.output.shape[1:] for layer in model.layers}
    assert shapes["conv1"] == (55, 55, 96)
    assert shapes["pool1"] == (27, 27, 96)
    assert shapes["pool2"] == (13, 13, 256)
    assert shapes["conv4"] == (13, 13, 384)
    assert shapes["pool5"] == (6, 6, 256)
    grouped = {layer.name for layer in model.layers if getattr(layer, "groups", 1) == 2}
    assert grouped == {"conv2", "conv4", "conv5"}
