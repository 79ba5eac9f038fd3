"""ResNeXt."""

from __future__ import annotations

from functools import partial

from models.published import standardised, timm_weights
from models.registry import WITH_OR_WITHOUT_TOP, Accuracy, Architecture, WeightSource

_resnext = partial(
    Architecture,
    family="ResNeXt",
    year=2016,
    authors="S. Xie, R. Girshick, P. Dollar, Z. Tu, K. He",
    paper="Aggregated Residual Transformations for Deep Neural Networks",
    venue="CVPR 2017",
    arxiv="1611.05431",
    input_shape=(224, 224, 3),
    classes=1000,
    builder="models.resnext:resnext",
    preprocessing=standardised(),
)


def _torchvision(name: str, accuracy: str) -> tuple[WeightSource, ...]:
    return (
        timm_weights(
            f"{name}.tv_in1k",
            f"torchvision's weights through timm: {accuracy} (single crop); BSD-3-Clause.",
        ),
    )


ARCHITECTURES = (
    _resnext(
        id="resnext50_32x4d",
        name="ResNeXt-50 (32x4d)",
        options={"depth": 50},
        variants={**WITH_OR_WITHOUT_TOP, "cardinality": (32, 8, 4, 2, 1)},
        key_ideas=(
            "A third dial beside depth and width: cardinality, the number of equal paths through a "
            "block. Thirty-two paths of four channels each see different things and are added up; "
            "written as one grouped convolution they cost no more than ResNet's single path, and "
            "they are better. AlexNet's two groups, made for want of memory, were a good idea."
        ),
        accuracy=(
            Accuracy(77.618, 93.698, "single crop", "torchvision IMAGENET1K_V1, these weights"),
            Accuracy(77.8, None, "single crop", "paper"),
            Accuracy(81.198, 95.34, "single crop", "torchvision IMAGENET1K_V2"),
        ),
        weights=_torchvision("resnext50_32x4d", "77.6 % top-1, 93.7 % top-5"),
        parent="resnet50",
        notes=(
            "With another cardinality the width of a path changes too, as in the paper's Table 2, "
            "so that the cost stays: 1x64d is ResNet-50.",
        ),
    ),
    _resnext(
        id="resnext101_32x8d",
        name="ResNeXt-101 (32x8d)",
        options={"depth": 101, "width": 8},
        key_ideas=(
            "ResNeXt-101 with paths of eight channels: made by the authors' group after the paper, "
            "for training on a billion photos of a social network."
        ),
        accuracy=(
            Accuracy(79.312, 94.526, "single crop", "torchvision IMAGENET1K_V1, these weights"),
            Accuracy(82.834, 96.228, "single crop", "torchvision IMAGENET1K_V2"),
        ),
        weights=_torchvision("resnext101_32x8d", "79.3 % top-1, 94.5 % top-5"),
        parent="resnext50_32x4d",
        notes=("Not in the paper.",),
    ),
    _resnext(
        id="resnext101_64x4d",
        name="ResNeXt-101 (64x4d)",
        options={"depth": 101, "cardinality": 64, "width": 4},
        key_ideas=(
            "Given twice the work of ResNet-101, what helps most: more depth, more width, or more "
            "paths? Sixty-four paths of four channels win, even against a ResNet of 200 layers."
        ),
        accuracy=(
            Accuracy(83.246, 96.454, "single crop", "torchvision IMAGENET1K_V1, these weights"),
            Accuracy(79.6, 94.7, "single crop", "paper"),
            Accuracy(80.9, 95.6, "single 320 crop", "paper Table 5"),
        ),
        weights=_torchvision("resnext101_64x4d", "83.2 % top-1, 96.5 % top-5"),
        parent="resnext50_32x4d",
        notes=(
            "torchvision trained these weights by a newer recipe: their accuracy does not compare "
            "with the paper's.",
        ),
    ),
)
