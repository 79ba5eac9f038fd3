"""VGG."""

from __future__ import annotations

from models.registry import Accuracy, Architecture, Preprocessing, WeightSource

ARCHITECTURES = (
    Architecture(
        id="vgg16",
        name="VGG-16",
        family="VGG",
        year=2014,
        authors="K. Simonyan, A. Zisserman",
        paper="Very Deep Convolutional Networks for Large-Scale Image Recognition",
        venue="ICLR 2015",
        arxiv="1409.1556",
        input_shape=(224, 224, 3),
        classes=1000,
        builder="models.vgg:vgg",
        options={"depth": 16},
        key_ideas=(
            "One rule for the whole network: 3x3 convolutions that keep the size, 2x2 pooling that "
            "halves it, twice the channels after each halving. Two 3x3 in a row see as far as one "
            "5x5 and three as far as one 7x7, with fewer parameters and more nonlinearity, so "
            "depth can replace large filters. The price is in the numbers: 15 billion "
            "multiply-adds, and three quarters of the parameters in a single dense layer."
        ),
        preprocessing=Preprocessing(resize=256, order="bgr", mean=(103.939, 116.779, 123.68)),
        accuracy=(
            Accuracy(71.3, 90.1, "single crop", "Keras documentation, these weights"),
            Accuracy(71.592, 90.382, "single crop", "torchvision IMAGENET1K_V1"),
            Accuracy(71.93, 90.67, "10-crop", "ResNet paper Table 3"),
            Accuracy(73.0, 91.2, "single scale, dense evaluation", "paper Table 3, S = Q = 256"),
            Accuracy(75.2, 92.5, "multi-scale, dense evaluation", "paper Table 4"),
            Accuracy(75.6, 92.8, "multi-crop and dense evaluation", "paper Table 5"),
        ),
        weights=(
            WeightSource(
                kind="keras",
                location="https://storage.googleapis.com/tensorflow/keras-applications/vgg16/"
                "vgg16_weights_tf_dim_ordering_tf_kernels.h5",
                sha256="md5:64373286793e3c8b2b4e3219cbf3544b",
                dataset="imagenet",
                note="The authors' own weights, ported to Keras: 71.3 % top-1, 90.1 % top-5 "
                "(single crop); CC BY.",
            ),
        ),
        parent="alexnet",
        notes=(
            "Configuration D of the paper.",
            "A well-known lecture gives 13.6 billion multiply-adds: that is a network with two "
            "convolutions in the third stage instead of three.",
        ),
    ),
)
