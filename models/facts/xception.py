"""Xception."""

from __future__ import annotations

from models.published import keras_weights, signed
from models.registry import Accuracy, Architecture

ARCHITECTURES = (
    Architecture(
        id="xception",
        name="Xception",
        family="Xception",
        year=2016,
        authors="F. Chollet",
        paper="Xception: Deep Learning with Depthwise Separable Convolutions",
        venue="CVPR 2017",
        arxiv="1610.02357",
        input_shape=(299, 299, 3),
        classes=1000,
        builder="models.xception:xception",
        key_ideas=(
            "An Inception module looks at a few groups of channels separately and mixes them by "
            "1x1. Take that to its end, one group a channel, and it is the depthwise separable "
            "convolution. A plain stack of those, with ResNet's shortcuts, beats Inception-v3 with "
            "the same number of parameters: they are better used, not more."
        ),
        preprocessing=signed(342),
        accuracy=(
            Accuracy(79.0, 94.5, "single crop", "paper, and Keras documentation, these weights"),
            Accuracy(79.058, 94.396, "single crop", "timm legacy_xception.tf_in1k"),
        ),
        weights=(
            keras_weights(
                "tensorflow/keras-applications/xception/"
                "xception_weights_tf_dim_ordering_tf_kernels.h5",
                "0a58e3b7378bc2990ea3b43d5981f1f6",
                "The author's weights: 79.0 % top-1, 94.5 % top-5 (single crop); MIT.",
            ),
        ),
        minimum_size=7,
        parent="inception_v3",
        notes=(
            "The 22,855,952 parameters of the paper are the trainable ones. Its figure for "
            "Inception-v3, 23,626,728, is not that of any published version.",
        ),
    ),
)
