"""ShuffleNet."""

from __future__ import annotations

from functools import partial

from models.published import standardised
from models.registry import Accuracy, Architecture

_shufflenet = partial(
    Architecture,
    family="ShuffleNet",
    input_shape=(224, 224, 3),
    classes=1000,
    preprocessing=standardised(),
)

_v1 = partial(
    _shufflenet,
    year=2017,
    authors="X. Zhang, X. Zhou, M. Lin, J. Sun",
    paper=("ShuffleNet: An Extremely Efficient Convolutional Neural Network for Mobile Devices"),
    venue="CVPR 2018",
    arxiv="1707.01083",
    builder="models.shufflenet:shufflenet_v1",
)

_v2 = partial(
    _shufflenet,
    year=2018,
    authors="N. Ma, X. Zhang, H.-T. Zheng, J. Sun",
    paper="ShuffleNet V2: Practical Guidelines for Efficient CNN Architecture Design",
    venue="ECCV 2018",
    arxiv="1807.11164",
    builder="models.shufflenet:shufflenet_v2",
)

_CLASSIFIER = "As in the authors' code the classifier has no bias."
_SPLIT = (
    "Built as torchvision's: both halves of a halving unit give the same number of channels. The "
    "authors' own code gives the left one as many as come in: 2,278,760 parameters at width 1."
)

ARCHITECTURES = (
    _v1(
        id="shufflenet_v1_g1",
        name="ShuffleNet (1 group)",
        options={"groups": 1},
        key_ideas=(
            "The control of the experiment: the same budget with ordinary 1x1 convolutions, which "
            "leave room for only 144 channels in the first stage, and nothing to shuffle."
        ),
        accuracy=(Accuracy(66.4, None, "single crop", "paper Table 2"),),
        parent="shufflenet_v1_g3",
        notes=(_CLASSIFIER,),
    ),
    _v1(
        id="shufflenet_v1_g2",
        name="ShuffleNet (2 groups)",
        options={"groups": 2},
        key_ideas=(
            "Two groups halve the price of the 1x1 convolutions, and the budget is spent on more "
            "channels: 200 instead of 144 in the first stage."
        ),
        accuracy=(Accuracy(67.3, None, "single crop", "paper Table 2"),),
        parent="shufflenet_v1_g3",
        notes=(_CLASSIFIER,),
    ),
    _v1(
        id="shufflenet_v1_g3",
        name="ShuffleNet (3 groups)",
        options={"groups": 3},
        key_ideas=(
            "In small networks most of the work is in the 1x1 convolutions, so ShuffleNet cuts "
            "those into groups too. Groups never hear of each other; a shuffle that deals channels "
            "out like cards lets each group of the next layer read from all. It costs no "
            "arithmetic at all."
        ),
        accuracy=(
            Accuracy(67.4, None, "single crop", "paper Table 2"),
            Accuracy(67.8, 87.7, "single crop", "the authors' repository"),
        ),
        parent="resnext50_32x4d",
        notes=(
            f"{_CLASSIFIER} With one it would be 1,865,728 parameters.",
            "The first 1x1 convolution is not grouped: it has only 24 channels to read.",
        ),
    ),
    _v1(
        id="shufflenet_v1_g4",
        name="ShuffleNet (4 groups)",
        options={"groups": 4},
        key_ideas=(
            "Four groups and 272 channels in the first stage. Each filter now reads so few "
            "channels that the wider network is no better than the one with three groups."
        ),
        accuracy=(Accuracy(67.2, None, "single crop", "paper Table 2"),),
        parent="shufflenet_v1_g3",
        notes=(_CLASSIFIER,),
    ),
    _v1(
        id="shufflenet_v1_g8",
        name="ShuffleNet (8 groups)",
        options={"groups": 8},
        key_ideas=(
            "Eight groups and 384 channels: at full size the best of the five by a hair. The "
            "shuffle matters most here, because without it an eighth of the network never meets "
            "the rest."
        ),
        accuracy=(Accuracy(67.6, None, "single crop", "paper Table 2"),),
        parent="shufflenet_v1_g3",
        notes=(_CLASSIFIER,),
    ),
    _v2(
        id="shufflenet_v2_x0_5",
        name="ShuffleNet v2 (0.5x)",
        options={"width": 0.5},
        key_ideas=(
            "The narrowest of the four: 41 million multiply-adds, and still three of five "
            "photos right at the first guess."
        ),
        accuracy=(
            Accuracy(61.1, 82.6, "single crop", "the authors' repository"),
            Accuracy(60.552, 81.746, "single crop", "torchvision IMAGENET1K_V1"),
        ),
        parent="shufflenet_v2_x1_0",
        notes=(_SPLIT,),
    ),
    _v2(
        id="shufflenet_v2_x1_0",
        name="ShuffleNet v2 (1x)",
        options={"width": 1.0},
        key_ideas=(
            "Multiply-adds are not time. Measured on real devices, layers should be as wide in as "
            "out, groups few, branches few, and additions rare, because memory is slow. So a unit "
            "splits its channels, works on one half with plain 1x1 convolutions, puts the other "
            "beside it untouched, and shuffles."
        ),
        accuracy=(
            Accuracy(69.4, 88.9, "single crop", "paper, and the authors' repository"),
            Accuracy(69.362, 88.316, "single crop", "torchvision IMAGENET1K_V1"),
        ),
        parent="shufflenet_v1_g3",
        notes=(_SPLIT,),
    ),
    _v2(
        id="shufflenet_v2_x1_5",
        name="ShuffleNet v2 (1.5x)",
        options={"width": 1.5},
        key_ideas=(
            "One and a half times the channels, twice the work: 296 million multiply-adds, the "
            "class of MobileNetV2."
        ),
        parent="shufflenet_v2_x1_0",
        notes=(_SPLIT,),
    ),
    _v2(
        id="shufflenet_v2_x2_0",
        name="ShuffleNet v2 (2x)",
        options={"width": 2.0},
        key_ideas=(
            "Twice the channels, and twice as many in the last convolution too: 583 million "
            "multiply-adds, the class of the first MobileNet."
        ),
        parent="shufflenet_v2_x1_0",
        notes=(_SPLIT,),
    ),
)
