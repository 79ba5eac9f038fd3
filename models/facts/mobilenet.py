"""MobileNet."""

from __future__ import annotations

from models.registry import Accuracy, Architecture, Preprocessing, WeightSource

ARCHITECTURES = (
    Architecture(
        id="mobilenet",
        name="MobileNet",
        family="MobileNet",
        year=2017,
        authors=(
            "A. G. Howard, M. Zhu, B. Chen, D. Kalenichenko, W. Wang, T. Weyand, M. Andreetto, "
            "H. Adam"
        ),
        paper=(
            "MobileNets: Efficient Convolutional Neural Networks for Mobile Vision Applications"
        ),
        venue="arXiv",
        arxiv="1704.04861",
        input_shape=(224, 224, 3),
        classes=1000,
        builder="models.mobilenet:mobilenet",
        key_ideas=(
            "A convolution does two things at once: it looks around and it mixes channels. Doing "
            "them one after the other, a 3x3 filter for each channel alone and then a 1x1 that "
            "mixes, costs eight to nine times less and loses about one per cent of accuracy. Width "
            "and input size are two dials that trade accuracy for speed, for phones of any kind."
        ),
        preprocessing=Preprocessing(resize=256, scale=1 / 127.5, mean=(1.0, 1.0, 1.0)),
        accuracy=(
            Accuracy(70.4, 89.5, "single crop", "Keras documentation, these weights"),
            Accuracy(70.6, None, "single crop", "paper"),
            Accuracy(70.9, 89.9, "single crop", "TF-Slim"),
            Accuracy(75.388, 92.31, "single crop", "timm ra4_e3600, a recipe of today"),
        ),
        weights=(
            WeightSource(
                kind="keras",
                location="https://storage.googleapis.com/tensorflow/keras-applications/mobilenet/"
                "mobilenet_1_0_224_tf.h5",
                sha256=None,
                dataset="imagenet",
                note="Google's weights: 70.4 % top-1, 89.5 % top-5 (single crop); Apache-2.0. "
                "Keras publishes no hash of this file.",
            ),
        ),
        parent="vgg16",
        notes=(
            "The paper's Table 1 prints stride 2 for the last depthwise layer; its output size "
            "needs stride 1, which is built here.",
        ),
    ),
)
