"""DenseNet."""

from __future__ import annotations

from functools import partial

from models.published import keras_weights, standardised
from models.registry import Accuracy, Architecture, WeightSource

_densenet = partial(
    Architecture,
    family="DenseNet",
    year=2016,
    authors="G. Huang, Z. Liu, L. van der Maaten, K. Q. Weinberger",
    paper="Densely Connected Convolutional Networks",
    venue="CVPR 2017 (best paper)",
    arxiv="1608.06993",
    input_shape=(224, 224, 3),
    classes=1000,
    builder="models.densenet:densenet",
    preprocessing=standardised(),
    minimum_size=29,
)


def _weights(depth: int, md5: str, accuracy: str) -> tuple[WeightSource, ...]:
    return (
        keras_weights(
            "tensorflow/keras-applications/densenet/"
            f"densenet{depth}_weights_tf_dim_ordering_tf_kernels.h5",
            md5,
            f"The authors' own weights, ported to Keras: {accuracy} (single crop); BSD-3-Clause.",
        ),
    )


ARCHITECTURES = (
    _densenet(
        id="densenet121",
        name="DenseNet-121",
        options={"depth": 121},
        key_ideas=(
            "Every layer reads the maps of all layers before it in its block and adds 32 of its "
            "own. Features are kept and used again instead of being computed anew, so layers can "
            "be very narrow: the accuracy of ResNet-50 with a third of its parameters. The price "
            "is memory traffic, because concatenations keep growing."
        ),
        accuracy=(
            Accuracy(75.0, 92.3, "single crop", "Keras documentation, these weights"),
            Accuracy(74.98, 92.29, "single crop", "paper Table 3"),
            Accuracy(74.434, 91.972, "single crop", "torchvision IMAGENET1K_V1"),
        ),
        weights=_weights(121, "9d60b8095a5708f2dcce2bca79d332c7", "75.0 % top-1, 92.3 % top-5"),
        parent="resnet50",
        notes=("With ten crops the paper's top-5 error is 6.66 %, and 23.61 % top-1.",),
    ),
    _densenet(
        id="densenet169",
        name="DenseNet-169",
        options={"depth": 169},
        key_ideas=(
            "DenseNet-121 with 32 instead of 24 and 16 layers in its last two blocks: depth where "
            "the maps are small and a layer costs little."
        ),
        accuracy=(
            Accuracy(76.2, 93.2, "single crop", "Keras documentation, these weights"),
            Accuracy(76.2, 93.15, "single crop", "paper Table 3"),
            Accuracy(75.6, 92.806, "single crop", "torchvision IMAGENET1K_V1"),
        ),
        weights=_weights(169, "d699b8f76981ab1b30698df4c175e90b", "76.2 % top-1, 93.2 % top-5"),
        parent="densenet121",
    ),
    _densenet(
        id="densenet201",
        name="DenseNet-201",
        options={"depth": 201},
        key_ideas=(
            "The deepest of the three in the paper's comparison with ResNet: 48 layers in the "
            "third block. It reaches the accuracy of ResNet-101 with less than half of its "
            "parameters."
        ),
        accuracy=(
            Accuracy(77.3, 93.6, "single crop", "Keras documentation, these weights"),
            Accuracy(77.42, 93.66, "single crop", "paper Table 3"),
            Accuracy(76.896, 93.37, "single crop", "torchvision IMAGENET1K_V1"),
        ),
        weights=_weights(201, "1ceb130c1ea1b78c3bf6114dbdfd8807", "77.3 % top-1, 93.6 % top-5"),
        parent="densenet169",
    ),
)
