"""VGG."""

from __future__ import annotations

from functools import partial

from models.published import caffe, keras_weights, standardised, timm_weights
from models.registry import Accuracy, Architecture, WeightSource

_vgg = partial(
    Architecture,
    family="VGG",
    year=2014,
    authors="K. Simonyan, A. Zisserman",
    paper="Very Deep Convolutional Networks for Large-Scale Image Recognition",
    venue="ICLR 2015",
    arxiv="1409.1556",
    input_shape=(224, 224, 3),
    classes=1000,
    builder="models.vgg:vgg",
    minimum_size=32,
)

_DENSE = "single scale, dense evaluation"


def _authors(depth: int, md5: str, accuracy: str) -> tuple[WeightSource, ...]:
    return (
        keras_weights(
            f"tensorflow/keras-applications/vgg{depth}/"
            f"vgg{depth}_weights_tf_dim_ordering_tf_kernels.h5",
            md5,
            f"The authors' own weights, ported to Keras: {accuracy} (single crop); CC BY.",
        ),
    )


def _torchvision(depth: int, accuracy: str) -> tuple[WeightSource, ...]:
    return (
        timm_weights(
            f"vgg{depth}.tv_in1k",
            f"torchvision's weights through timm: {accuracy} (single crop); BSD-3-Clause.",
        ),
    )


ARCHITECTURES = (
    _vgg(
        id="vgg11",
        name="VGG-11",
        options={"depth": 11},
        key_ideas=(
            "The shallowest of the paper's family, and the one that it trained first: its layers "
            "were the starting point from which the deeper ones could be trained at all, before "
            "anybody knew how to initialise them."
        ),
        preprocessing=standardised(),
        accuracy=(
            Accuracy(69.02, 88.628, "single crop", "torchvision IMAGENET1K_V1, these weights"),
            Accuracy(70.4, 89.6, _DENSE, "paper Table 3, S = Q = 256"),
        ),
        weights=_torchvision(11, "69.0 % top-1, 88.6 % top-5"),
        parent="alexnet",
        notes=("Configuration A of the paper.",),
    ),
    _vgg(
        id="vgg13",
        name="VGG-13",
        options={"depth": 13},
        key_ideas=(
            "VGG-11 with a second convolution in each of the first two stages. Two 3x3 where the "
            "paper also tried one 5x5, which was worse."
        ),
        preprocessing=standardised(),
        accuracy=(
            Accuracy(69.928, 89.246, "single crop", "torchvision IMAGENET1K_V1, these weights"),
            Accuracy(71.3, 90.1, _DENSE, "paper Table 3, S = Q = 256"),
        ),
        weights=_torchvision(13, "69.9 % top-1, 89.2 % top-5"),
        parent="vgg11",
        notes=("Configuration B of the paper.",),
    ),
    _vgg(
        id="vgg16",
        name="VGG-16",
        options={"depth": 16},
        key_ideas=(
            "One rule for the whole network: 3x3 convolutions that keep the size, 2x2 pooling that "
            "halves it, twice the channels after each halving. Two 3x3 in a row see as far as one "
            "5x5 and three as far as one 7x7, with fewer parameters and more nonlinearity, so "
            "depth can replace large filters. The price is in the numbers: 15 billion "
            "multiply-adds, and three quarters of the parameters in a single dense layer."
        ),
        preprocessing=caffe(),
        accuracy=(
            Accuracy(71.3, 90.1, "single crop", "Keras documentation, these weights"),
            Accuracy(71.592, 90.382, "single crop", "torchvision IMAGENET1K_V1"),
            Accuracy(71.93, 90.67, "10-crop", "ResNet paper Table 3"),
            Accuracy(73.0, 91.2, _DENSE, "paper Table 3, S = Q = 256"),
            Accuracy(75.2, 92.5, "multi-scale, dense evaluation", "paper Table 4"),
            Accuracy(75.6, 92.8, "multi-crop and dense evaluation", "paper Table 5"),
        ),
        weights=_authors(16, "64373286793e3c8b2b4e3219cbf3544b", "71.3 % top-1, 90.1 % top-5"),
        parent="vgg13",
        notes=(
            "Configuration D of the paper.",
            "A well-known lecture gives 13.6 billion multiply-adds: that is a network with two "
            "convolutions in the third stage instead of three.",
        ),
    ),
    _vgg(
        id="vgg19",
        name="VGG-19",
        options={"depth": 19},
        key_ideas=(
            "VGG-16 with a fourth convolution in each of the last three stages. It is hardly "
            "better: at nineteen layers in a row, more depth stops helping, which is the question "
            "that ResNet answers a year later. Its early layers are a favourite for measuring the "
            "style and content of pictures."
        ),
        preprocessing=caffe(),
        accuracy=(
            Accuracy(71.3, 90.0, "single crop", "Keras documentation, these weights"),
            Accuracy(72.376, 90.876, "single crop", "torchvision IMAGENET1K_V1"),
            Accuracy(72.7, 91.0, _DENSE, "paper Table 3, S = Q = 256"),
            Accuracy(75.2, 92.5, "multi-scale, dense evaluation", "paper Table 4"),
            Accuracy(75.6, 92.9, "multi-crop and dense evaluation", "paper Table 5"),
        ),
        weights=_authors(19, "cbe5617147190e668d6c5d5026f83318", "71.3 % top-1, 90.0 % top-5"),
        parent="vgg16",
        notes=("Configuration E of the paper.",),
    ),
)
