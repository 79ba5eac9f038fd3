"""MobileNet."""

from __future__ import annotations

from functools import partial

from models.published import keras_weights, signed
from models.registry import WITH_OR_WITHOUT_TOP, Accuracy, Architecture, Preprocessing

_STORAGE = "tensorflow/keras-applications"

_mobilenet = partial(
    Architecture,
    family="MobileNet",
    input_shape=(224, 224, 3),
    classes=1000,
)

_v3 = partial(
    _mobilenet,
    year=2019,
    authors=(
        "A. Howard, M. Sandler, G. Chu, L.-C. Chen, B. Chen, M. Tan, W. Wang, Y. Zhu, R. Pang, "
        "V. Vasudevan, Q. V. Le, H. Adam"
    ),
    paper="Searching for MobileNetV3",
    venue="ICCV 2019",
    arxiv="1905.02244",
    builder="models.mobilenet:mobilenet_v3",
    preprocessing=Preprocessing(resize=256),
    variants={**WITH_OR_WITHOUT_TOP, "width": (1.0, 0.75)},
    minimum_size=32,
)

ARCHITECTURES = (
    _mobilenet(
        id="mobilenet",
        name="MobileNet",
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
        builder="models.mobilenet:mobilenet",
        variants={**WITH_OR_WITHOUT_TOP, "width": (1.0, 0.75, 0.5, 0.25)},
        key_ideas=(
            "A convolution does two things at once: it looks around and it mixes channels. Doing "
            "them one after the other, a 3x3 filter for each channel alone and then a 1x1 that "
            "mixes, costs eight to nine times less and loses about one per cent of accuracy. Width "
            "and input size are two dials that trade accuracy for speed, for phones of any kind."
        ),
        preprocessing=signed(),
        accuracy=(
            Accuracy(70.4, 89.5, "single crop", "Keras documentation, these weights"),
            Accuracy(70.6, None, "single crop", "paper"),
            Accuracy(70.9, 89.9, "single crop", "TF-Slim"),
            Accuracy(75.388, 92.31, "single crop", "timm ra4_e3600, a recipe of today"),
        ),
        weights=(
            keras_weights(
                f"{_STORAGE}/mobilenet/mobilenet_1_0_224_tf.h5",
                None,
                "Google's weights: 70.4 % top-1, 89.5 % top-5 (single crop); Apache-2.0. "
                "Keras publishes no hash of this file.",
            ),
        ),
        minimum_size=31,
        parent="xception",
        notes=(
            "The paper's Table 1 prints stride 2 for the last depthwise layer; its output size "
            "needs stride 1, which is built here.",
        ),
    ),
    _mobilenet(
        id="mobilenet_v2",
        name="MobileNetV2",
        year=2018,
        authors="M. Sandler, A. Howard, M. Zhu, A. Zhmoginov, L.-C. Chen",
        paper="MobileNetV2: Inverted Residuals and Linear Bottlenecks",
        venue="CVPR 2018",
        arxiv="1801.04381",
        builder="models.mobilenet:mobilenet_v2",
        variants={**WITH_OR_WITHOUT_TOP, "width": (1.0, 1.4, 1.3, 0.75, 0.5, 0.35)},
        key_ideas=(
            "ResNet's bottleneck turned inside out: the shortcut connects thin layers, and a block "
            "widens sixfold, filters channel by channel, and narrows again. The narrow end has no "
            "activation, because a ReLU on few channels destroys what cannot be got back. Between "
            "blocks little has to be remembered, which suits phones."
        ),
        preprocessing=signed(),
        accuracy=(
            Accuracy(71.3, 90.1, "single crop", "Keras documentation, these weights"),
            Accuracy(72.0, None, "single crop", "paper"),
            Accuracy(71.8, 91.0, "single crop", "TF-Slim"),
            Accuracy(71.878, 90.286, "single crop", "torchvision IMAGENET1K_V1"),
        ),
        weights=(
            keras_weights(
                f"{_STORAGE}/mobilenet_v2/"
                "mobilenet_v2_weights_tf_dim_ordering_tf_kernels_1.0_224.h5",
                None,
                "Google's weights: 71.3 % top-1, 90.1 % top-5 (single crop); Apache-2.0. "
                "Keras publishes no hash of this file.",
            ),
        ),
        parent="mobilenet",
        notes=("The paper rounds to 3.4 million parameters; this network has 3,504,872 to train.",),
    ),
    _v3(
        id="mobilenet_v3_small",
        name="MobileNetV3 Small",
        options={"size": "small"},
        key_ideas=(
            "Eleven blocks for the slowest phones, found by the same search as the large one. Its "
            "first block already halves the size, and all but two weigh their channels by squeeze "
            "and excitation."
        ),
        accuracy=(
            Accuracy(68.1, None, "single crop", "Keras documentation, these weights"),
            Accuracy(67.4, None, "single crop", "paper"),
            Accuracy(67.668, 87.402, "single crop", "torchvision IMAGENET1K_V1"),
        ),
        weights=(
            keras_weights(
                f"{_STORAGE}/mobilenet_v3/weights_mobilenet_v3_small_224_1.0_float.h5",
                "8768d4c2e7dee89b9d02b2d03d65d862",
                "Google's weights: 68.1 % top-1 (single crop); Apache-2.0.",
            ),
        ),
        parent="mobilenet_v3_large",
        notes=(
            "The paper's first version, and Keras' documentation, give 66 million multiply-adds "
            "and 2.9 million parameters; the final paper, and this network, 56 and 2.5.",
            "Pixels 0..255 go in; the network scales them itself.",
        ),
    ),
    _v3(
        id="mobilenet_v3_large",
        name="MobileNetV3 Large",
        options={"size": "large"},
        key_ideas=(
            "A search for blocks that are fast on a real phone, then mended by hand: a cheaper "
            "stem and head, squeeze and excitation where it pays, and hard swish, an activation "
            "that needs no exponential. More accurate than MobileNetV2 with a quarter fewer "
            "multiply-adds."
        ),
        accuracy=(
            Accuracy(75.6, None, "single crop", "Keras documentation, these weights"),
            Accuracy(75.2, None, "single crop", "paper"),
            Accuracy(74.042, 91.34, "single crop", "torchvision IMAGENET1K_V1"),
        ),
        weights=(
            keras_weights(
                f"{_STORAGE}/mobilenet_v3/weights_mobilenet_v3_large_224_1.0_float.h5",
                "59e551e166be033d707958cf9e29a6a7",
                "Google's weights: 75.6 % top-1 (single crop); Apache-2.0.",
            ),
        ),
        parent="mobilenet_v2",
        notes=("Pixels 0..255 go in; the network scales them itself.",),
    ),
)
