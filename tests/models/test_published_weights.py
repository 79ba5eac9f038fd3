"""Where the catalog looks for weights, and how it prepares photos: as Keras itself does."""

import importlib

import keras
import numpy as np
import pytest

from models.assign import symbolic
from models.registry import catalog, find

APPLICATIONS = {
    "vgg16": "VGG16",
    "vgg19": "VGG19",
    "inception_v3": "InceptionV3",
    "inception_resnet_v2": "InceptionResNetV2",
    "resnet50": "ResNet50",
    "resnet101": "ResNet101",
    "resnet152": "ResNet152",
    "resnet50v2": "ResNet50V2",
    "resnet101v2": "ResNet101V2",
    "resnet152v2": "ResNet152V2",
    "densenet121": "DenseNet121",
    "densenet169": "DenseNet169",
    "densenet201": "DenseNet201",
    "xception": "Xception",
    "mobilenet": "MobileNet",
    "mobilenet_v2": "MobileNetV2",
    "mobilenet_v3_small": "MobileNetV3Small",
    "mobilenet_v3_large": "MobileNetV3Large",
    "efficientnet_b0": "EfficientNetB0",
}

MODULES = {
    "vgg16": "vgg16",
    "inception_v3": "inception_v3",
    "inception_resnet_v2": "inception_resnet_v2",
    "resnet101": "resnet",
    "resnet50v2": "resnet_v2",
    "densenet121": "densenet",
    "xception": "xception",
    "mobilenet": "mobilenet",
    "mobilenet_v2": "mobilenet_v2",
    "mobilenet_v3_large": "mobilenet_v3",
    "efficientnet_b0": "efficientnet",
}


class Asked(Exception):
    """Ends Keras' building where it would download."""


def test_every_keras_file_is_looked_at():
    entries = [e.id for e in catalog().values() for s in e.weights if s.kind == "keras"]
    assert sorted(entries) == sorted(APPLICATIONS)


@pytest.mark.parametrize("id_", APPLICATIONS)
def test_keras_would_download_the_same_file(id_, monkeypatch):
    asked = {}

    def note(fname, origin, cache_subdir="", file_hash=None):
        asked.update(origin=origin, hash=file_hash)
        raise Asked

    monkeypatch.setattr("keras.src.utils.file_utils.get_file", note)
    application = getattr(keras.applications, APPLICATIONS[id_])
    with symbolic(), pytest.raises(Asked):
        application(weights="imagenet", input_shape=find(id_).input_shape)
    (source,) = find(id_).weights
    assert source.location == asked["origin"]
    assert source.sha256 == (f"md5:{asked['hash']}" if asked["hash"] else None)


@pytest.mark.parametrize("id_", MODULES)
def test_photos_are_prepared_as_keras_does(id_):
    module = importlib.import_module(f"keras.applications.{MODULES[id_]}")
    photo = np.random.default_rng(0).integers(0, 256, (5, 4, 3)).astype("float32")
    steps = find(id_).preprocessing
    ours = photo[..., ::-1] if steps.order == "bgr" else photo
    ours = (ours * steps.scale - np.array(steps.mean)) / np.array(steps.std)
    np.testing.assert_allclose(ours, module.preprocess_input(photo.copy()), atol=1e-4)


def test_sisters_are_prepared_alike():
    for entry in catalog().values():
        if entry.weights and entry.weights[0].kind == "keras":
            sisters = [e for e in catalog().values() if e.builder == entry.builder]
            kinds = {e.weights[0].kind for e in sisters if e.weights}
            if kinds == {"keras"}:
                assert {e.preprocessing for e in sisters} == {entry.preprocessing}
