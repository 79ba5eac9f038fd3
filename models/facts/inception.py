"""Inception: GoogLeNet and what grew out of it."""

from __future__ import annotations

from models.published import caffe, keras_weights, signed, timm_weights
from models.registry import WITH_OR_WITHOUT_TOP, Accuracy, Architecture

ARCHITECTURES = (
    Architecture(
        id="googlenet",
        name="GoogLeNet",
        family="Inception",
        year=2014,
        authors=(
            "C. Szegedy, W. Liu, Y. Jia, P. Sermanet, S. Reed, D. Anguelov, D. Erhan, "
            "V. Vanhoucke, A. Rabinovich"
        ),
        paper="Going Deeper with Convolutions",
        venue="CVPR 2015",
        arxiv="1409.4842",
        input_shape=(224, 224, 3),
        classes=1000,
        builder="models.googlenet:googlenet",
        variants={**WITH_OR_WITHOUT_TOP, "auxiliary": (True, False)},
        key_ideas=(
            "Instead of choosing a filter size, take 1x1, 3x3, 5x5 and pooling side by side, and "
            "let 1x1 convolutions narrow the input of the dear ones. An average over each map "
            "replaces the dense layers, so that 22 layers have a ninth of AlexNet's parameters. "
            "Two small classifiers on the way feed gradient to the early layers; they are only "
            "used in training."
        ),
        preprocessing=caffe(),
        accuracy=(
            Accuracy(None, 89.93, "single crop", "paper, one network"),
            Accuracy(None, 90.85, "10 crops", "paper, one network"),
            Accuracy(None, 92.11, "144 crops", "paper, one network"),
            Accuracy(None, 93.33, "144 crops, 7 networks averaged", "paper: won ImageNet 2014"),
            Accuracy(68.7, 88.9, "single crop", "BVLC Caffe replication"),
            Accuracy(69.778, 89.53, "single crop", "torchvision, a port with changes"),
        ),
        minimum_size=65,
        parent="alexnet",
        notes=(
            "6,998,552 parameters without the auxiliary classifiers, which have 3,188,840 and "
            "3,190,888.",
            "Table 1 of the paper prints parameters without biases in units of 1,024, and several "
            "rows do not follow from the filter numbers beside them (4c: 463K, by its filters "
            "498K; first convolution: 2.7K, by its filters 9.2K).",
            "torchvision's port normalises batches and has 3x3 in place of every 5x5: 6,624,904 "
            "parameters.",
            "A well-known lecture sums the first five layers to 418 million multiply-adds; its own "
            "rows give 481.",
        ),
    ),
    Architecture(
        id="inception_bn",
        name="Inception-BN",
        family="Inception",
        year=2015,
        authors="S. Ioffe, C. Szegedy",
        paper=(
            "Batch Normalization: Accelerating Deep Network Training by Reducing Internal "
            "Covariate Shift"
        ),
        venue="ICML 2015",
        arxiv="1502.03167",
        input_shape=(224, 224, 3),
        classes=1000,
        builder="models.inception:inception_bn",
        key_ideas=(
            "Normalise every channel over the mini-batch, then let the network learn scale and "
            "shift: learning rates can be many times higher, and the same accuracy came in a "
            "fourteenth of the steps. The network itself is GoogLeNet with each 5x5 replaced by "
            "two 3x3, and pooling moved into the modules that halve the size."
        ),
        preprocessing=caffe(),
        accuracy=(
            Accuracy(74.8, 92.18, "single crop", "paper, one network"),
            Accuracy(78.01, 94.18, "144 crops", "paper, one network"),
            Accuracy(79.9, 95.1, "144 crops, 6 networks averaged", "paper"),
            Accuracy(73.9, 91.8, "single crop", "TF-Slim"),
        ),
        parent="googlenet",
        notes=(
            "The paper contradicts itself at 4c and 4d: the filters in its table add up to 608 "
            "channels, the sizes beside them say 576, which needs a projection of 96 instead of "
            "128. Built as the filters are printed, as Caffe's version; TF-Slim takes 96.",
            "The text speaks of 13.6 million parameters; the table's filters give 11.3 million.",
            "The paper's first convolution is separable (7x7 with depth multiplier 8); here, as in "
            "the ports, it is a plain one.",
            "The table prints 28x28 for 3c and 14x14 for 4e although both halve the size.",
        ),
    ),
    Architecture(
        id="inception_v3",
        name="Inception-v3",
        family="Inception",
        year=2015,
        authors="C. Szegedy, V. Vanhoucke, S. Ioffe, J. Shlens, Z. Wojna",
        paper="Rethinking the Inception Architecture for Computer Vision",
        venue="CVPR 2016",
        arxiv="1512.00567",
        input_shape=(299, 299, 3),
        classes=1000,
        builder="models.inception:inception_v3",
        key_ideas=(
            "Factorise: a 7x7 filter becomes a 1x7 followed by a 7x1, for two sevenths of the "
            "cost, and the modules of the small maps spread into 1x3 and 3x1 side by side. To "
            "halve the size without losing information, convolve and pool in parallel. Smoothed "
            "labels, later used everywhere, come from this paper too."
        ),
        preprocessing=signed(342),
        accuracy=(
            Accuracy(77.9, 93.7, "single crop", "Keras documentation, these weights"),
            Accuracy(78.8, 94.4, "single crop, 48,238 of the validation photos", "paper"),
            Accuracy(81.23, 95.8, "144 crops", "paper"),
            Accuracy(82.8, 96.42, "144 crops, 4 networks averaged", "paper"),
            Accuracy(77.294, 93.45, "single crop", "torchvision IMAGENET1K_V1"),
        ),
        weights=(
            keras_weights(
                "tensorflow/keras-applications/inception_v3/"
                "inception_v3_weights_tf_dim_ordering_tf_kernels.h5",
                "9a0d58056eeedaa3f26cb7ebd46da564",
                "77.9 % top-1, 93.7 % top-5 (single crop); Apache-2.0.",
            ),
        ),
        minimum_size=75,
        parent="inception_bn",
        notes=(
            "The released network differs from the paper's Table 1: a 1x1 convolution with 80 "
            "filters and a pooling in the stem, four modules at 17x17 instead of five, and two "
            "separate modules that halve the size.",
            "Keras' batch normalisation has no scale here: 17,216 parameters fewer than "
            "torchvision's 23,834,568.",
        ),
    ),
    Architecture(
        id="inception_v4",
        name="Inception-v4",
        family="Inception",
        year=2016,
        authors="C. Szegedy, S. Ioffe, V. Vanhoucke, A. A. Alemi",
        paper=("Inception-v4, Inception-ResNet and the Impact of Residual Connections on Learning"),
        venue="AAAI 2017",
        arxiv="1602.07261",
        input_shape=(299, 299, 3),
        classes=1000,
        builder="models.inception_v4:inception_v4",
        key_ideas=(
            "Inception without the compromises that an older training system had forced on it: one "
            "uniform module for each map size, repeated 4, 7 and 3 times, after a stem that itself "
            "branches three times. It shows how far hand-made modules go without shortcuts; the "
            "same paper's Inception-ResNet, of like cost, learns faster."
        ),
        preprocessing=signed(342),
        accuracy=(
            Accuracy(80.144, 94.982, "single crop", "timm inception_v4.tf_in1k, these weights"),
            Accuracy(80.0, 95.0, "single crop", "paper, through ResNeXt paper Table 5"),
            Accuracy(80.2, 95.2, "single crop", "TF-Slim"),
        ),
        weights=(
            timm_weights(
                "inception_v4.tf_in1k",
                "Google's weights through timm: 80.1 % top-1, 95.0 % top-5 (single crop); "
                "Apache-2.0.",
            ),
        ),
        minimum_size=75,
        parent="inception_v3",
        notes=(
            "The figures draw 7x1 before 1x7 in the stem; the released network, and this one, has "
            "1x7 first. The numbers are the same.",
        ),
    ),
    Architecture(
        id="inception_resnet_v2",
        name="Inception-ResNet-v2",
        family="Inception",
        year=2016,
        authors="C. Szegedy, S. Ioffe, V. Vanhoucke, A. A. Alemi",
        paper=("Inception-v4, Inception-ResNet and the Impact of Residual Connections on Learning"),
        venue="AAAI 2017",
        arxiv="1602.07261",
        input_shape=(299, 299, 3),
        classes=1000,
        builder="models.inception_v4:inception_resnet_v2",
        key_ideas=(
            "Put an Inception module where ResNet has its convolutions: forty blocks, each adding "
            "to its input what its branches found. Added at full strength so wide a network came "
            "apart in training, so the branches are scaled down to between 0.1 and 0.2 first."
        ),
        preprocessing=signed(342),
        accuracy=(
            Accuracy(80.3, 95.3, "single crop", "Keras documentation, these weights"),
            Accuracy(80.1, 95.1, "single crop", "paper, through ResNeXt paper Table 5"),
            Accuracy(80.434, 95.312, "single crop", "timm"),
        ),
        weights=(
            keras_weights(
                "tensorflow/keras-applications/inception_resnet_v2/"
                "inception_resnet_v2_weights_tf_dim_ordering_tf_kernels.h5",
                "e693bd0210a403b3192acc6073ad2e96",
                "80.3 % top-1, 95.3 % top-5 (single crop); Apache-2.0.",
            ),
        ),
        minimum_size=75,
        parent="inception_v4",
        notes=(
            "The released network is not the paper's figure: it has Inception-v3's stem, 10, 20 "
            "and 10 blocks where the figure has 5, 10 and 5, and widths of 320, 1088 and 2080. "
            "The released one is built here, since the weights are its.",
        ),
    ),
)
