"""EfficientNet."""

from __future__ import annotations

from models.published import keras_weights
from models.registry import Accuracy, Architecture, Preprocessing

ARCHITECTURES = (
    Architecture(
        id="efficientnet_b0",
        name="EfficientNet-B0",
        family="EfficientNet",
        year=2019,
        authors="M. Tan, Q. V. Le",
        paper="EfficientNet: Rethinking Model Scaling for Convolutional Neural Networks",
        venue="ICML 2019",
        arxiv="1905.11946",
        input_shape=(224, 224, 3),
        classes=1000,
        builder="models.efficientnet:efficientnet_b0",
        key_ideas=(
            "Depth, width and input size should grow together, in a fixed proportion, rather than "
            "one at a time. B0 is the small network that the growing starts from: found by a "
            "search for accuracy at 400 million multiply-adds, of MobileNetV2's blocks with "
            "squeeze and excitation, some of them with 5x5 filters."
        ),
        preprocessing=Preprocessing(resize=256),
        accuracy=(
            Accuracy(77.1, 93.3, "single crop", "paper, and Keras documentation, these weights"),
            Accuracy(77.692, 93.532, "single crop", "torchvision IMAGENET1K_V1"),
            Accuracy(76.542, 93.008, "single crop", "timm tf_efficientnet_b0.in1k"),
        ),
        weights=(
            keras_weights(
                "keras-applications/efficientnetb0.h5",
                "902e53a9f72be733fc0bcb005b3ebbac",
                "Google's weights: 77.1 % top-1, 93.3 % top-5 (single crop); Apache-2.0.",
            ),
        ),
        parent="mobilenet_v2",
        notes=(
            "Pixels 0..255 go in; the network scales and normalises them itself, with seven "
            "numbers that are not trained.",
            "Trained on pixels divided by the variance of their channel, instead of its root: the "
            "second rescaling at the start makes up for it.",
        ),
    ),
)
