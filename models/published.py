"""What several families share: the usual preprocessings, and where weights are published."""

from __future__ import annotations

from models.registry import Preprocessing, WeightSource

_IMAGENET_MEAN = (0.485, 0.456, 0.406)
_IMAGENET_STD = (0.229, 0.224, 0.225)


def caffe(resize: int = 256) -> Preprocessing:
    """Blue first, the mean colour of ImageNet taken off, not scaled: as Caffe."""
    return Preprocessing(resize=resize, order="bgr", mean=(103.939, 116.779, 123.68))


def standardised(resize: int = 256) -> Preprocessing:
    """Every channel with mean 0 and deviation 1 over ImageNet: as PyTorch."""
    return Preprocessing(resize=resize, scale=1 / 255, mean=_IMAGENET_MEAN, std=_IMAGENET_STD)


def signed(resize: int = 256) -> Preprocessing:
    """From -1 to 1: as TensorFlow's own models."""
    return Preprocessing(resize=resize, scale=1 / 127.5, mean=(1.0, 1.0, 1.0))


def keras_weights(path: str, md5: str | None, note: str) -> WeightSource:
    """A file of keras.applications.

    Args:
        path: Below Google's storage.
        md5: Hash that Keras checks it by; None where it has none.
        note: Whose they are, how good, licence.
    """
    return WeightSource(
        kind="keras",
        location=f"https://storage.googleapis.com/{path}",
        sha256=f"md5:{md5}" if md5 else None,
        dataset="imagenet",
        note=note,
    )


def timm_weights(model: str, note: str) -> WeightSource:
    """The published file of a timm model, such as "resnet18.tv_in1k"."""
    return WeightSource(
        kind="timm",
        location=f"https://huggingface.co/timm/{model}/resolve/main/model.safetensors",
        sha256=None,
        dataset="imagenet",
        note=note,
    )
