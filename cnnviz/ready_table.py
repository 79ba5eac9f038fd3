"""The ready comparisons: which models, and what to see in them."""

from __future__ import annotations

from cnnviz import ready_figures as figures
from cnnviz.ready import Ready
from cnnviz.requests import OpenModel

_LECTURE = "EECS 498-007, lecture 8"
_NOTES = "the lecture notes, after Zhang et al., Dive into Deep Learning"
_EXTRA = figures.EXTRA


def _models(*names: str) -> tuple[OpenModel, ...]:
    return tuple(OpenModel(name) for name in names)


READY: tuple[Ready, ...] = (
    Ready(
        "alexnet-vgg16",
        "AlexNet against VGG-16",
        _models("alexnet_one_tower", "vgg16"),
        ("AlexNet", "VGG-16", f"without {_EXTRA}"),
        "VGG-16 is a much larger network, and not in the same way everywhere: the memory of its "
        "activations and its multiply-adds grow some twenty times, its parameters only twice. "
        "Most of these stand in the dense layers, which both have.",
        _LECTURE,
        figures.alexnet_vgg,
    ),
    Ready(
        "stems",
        "GoogLeNet's stem against VGG-16's early layers",
        _models("googlenet", "vgg16"),
        ("GoogLeNet", "VGG-16", f"without {_EXTRA}"),
        "From 224 × 224 to 28 × 28. Most of VGG-16's work is done on large maps. GoogLeNet's stem "
        "halves them three times before it does much, with a strided 7×7 and two poolings.",
        _LECTURE,
        figures.stems,
    ),
    Ready(
        "heads",
        "GoogLeNet's head against VGG-16's dense layers",
        _models("googlenet", "vgg16"),
        ("GoogLeNet", "VGG-16"),
        "VGG-16 flattens 7 × 7 × 512 and hands it to three dense layers, which hold nine tenths of "
        "its parameters. GoogLeNet averages every map to one number, and one dense layer is "
        "enough.",
        _LECTURE,
        figures.heads,
    ),
    Ready(
        "inception",
        "Inception 3a against pure 3×3 and 5×5 layers",
        _models("block_inception_3a", "block_conv3x3_256", "block_conv5x5_256"),
        ("Inception 3a", "3×3", "5×5"),
        "All three turn 192 channels into 256. The module has windows of every size, and costs a "
        "fraction, because 1×1 convolutions narrow what the large windows read.",
        _NOTES,
        figures.inception,
    ),
    Ready(
        "windows",
        "Two 3×3 against one 5×5, three against one 7×7",
        _models("block_conv5x5", "block_two_conv3x3", "block_conv7x7", "block_three_conv3x3"),
        ("one 5×5", "two 3×3", "one 7×7", "three 3×3"),
        "Small windows in a row see as much as a large one, with fewer weights, less work, and a "
        "non-linearity after each. That is why VGG has nothing but 3×3.",
        _LECTURE,
        figures.windows,
    ),
    Ready(
        "residual-blocks",
        "Basic against bottleneck block",
        _models("block_residual_basic", "block_residual_bottleneck"),
        ("basic", "bottleneck"),
        "The bottleneck narrows to a quarter with a 1×1, looks around there, and widens again: "
        "three layers instead of two, on four times the channels, for a little less work.",
        _LECTURE,
        figures.blocks,
    ),
    Ready(
        "plain-residual",
        "Plain-20 against plain-56, and their residual twins",
        _models("cifar_plain20", "cifar_plain56", "cifar_resnet20", "cifar_resnet56"),
        ("Plain-20", "Plain-56", "ResNet-20", "ResNet-56"),
        "Plain networks get worse when they get deeper, in training too, so it is not overfitting: "
        "they are hard to optimise. The twins cost the same to the last multiply-add and differ in "
        "their shortcuts alone; with these, deeper is better.",
        "",
        figures.plain,
    ),
    Ready(
        "resnext",
        "ResNet-50 against ResNeXt-50",
        _models("resnet50", "resnext50_32x4d"),
        ("ResNet-50", "ResNeXt-50"),
        "The same depth and about the same cost, spent otherwise: the 3×3 of every block is twice "
        "as wide, but cut into 32 groups that do not see each other. Open the differences: nearly "
        "every one is groups and width.",
        "Xie et al. 2016, table 1",
        figures.resnext,
    ),
    Ready(
        "separable",
        "Standard against depthwise separable convolution",
        _models("block_depthwise_separable", "block_standard_conv"),
        ("separable", "standard"),
        "To look around and to mix channels are two jobs. One convolution that does both costs "
        "nearly nine times what a depthwise 3×3 and a 1×1 cost one after the other.",
        _LECTURE,
        figures.separable,
    ),
    Ready(
        "mobile",
        "MobileNet against ShuffleNet",
        (
            OpenModel("mobilenet", variant=(("width", 0.5),)),
            OpenModel("shufflenet_v1_g3"),
            OpenModel("mobilenet"),
        ),
        ("MobileNet 0.5", "ShuffleNet", "MobileNet"),
        "Nearly all of MobileNet's work is in its 1×1 convolutions. ShuffleNet cuts these into "
        "groups, too, and shuffles the channels between, so that at the price of a MobileNet of "
        "half the width it has far more of them.",
        "Howard et al. 2017, tables 2 and 6; Zhang et al. 2017, table 1",
        figures.mobile,
    ),
    Ready(
        "vgg-stages",
        "VGG's equal work in every stage",
        _models("vgg16", "vgg19"),
        ("stage 1", "stage 2", "stage 3", "stage 4", "stage 5"),
        "Pooling halves rows and columns, and the channels double: a convolution then costs the "
        "same in every stage, with half the memory and four times the parameters. These figures "
        "are of VGG-16, and say where it does not hold.",
        "",
        figures.stages,
    ),
)
