"""SqueezeNet."""

from __future__ import annotations

from functools import partial

from models.published import standardised
from models.registry import Accuracy, Architecture

_squeezenet = partial(
    Architecture,
    family="SqueezeNet",
    year=2016,
    authors="F. N. Iandola, S. Han, M. W. Moskewicz, K. Ashraf, W. J. Dally, K. Keutzer",
    paper=("SqueezeNet: AlexNet-level accuracy with 50x fewer parameters and <0.5MB model size"),
    venue="arXiv",
    arxiv="1602.07360",
    input_shape=(224, 224, 3),
    classes=1000,
    builder="models.squeezenet:squeezenet",
    preprocessing=standardised(),
)

ARCHITECTURES = (
    _squeezenet(
        id="squeezenet1_0",
        name="SqueezeNet 1.0",
        options={"version": "1_0"},
        key_ideas=(
            "How few parameters reach AlexNet's accuracy? A fiftieth. A fire module squeezes its "
            "input into few channels with 1x1 filters, so that the 3x3 filters after it read "
            "little; pooling comes late, so that maps stay large; and there is no dense layer."
        ),
        accuracy=(
            Accuracy(57.5, 80.3, "single crop", "paper"),
            Accuracy(58.092, 80.42, "single crop", "torchvision IMAGENET1K_V1"),
        ),
        minimum_size=21,
        parent="googlenet",
        notes=(
            "The map sizes in the paper, 111, 55, 27 and 13, need an input of 227; its Table 1 "
            "says 224. At 224 it is 818.9 million multiply-adds, at 227 832.7.",
            "MobileNet's paper lists 1,700 million for it: twice the multiply-adds, unlike the "
            "rest of that table.",
        ),
    ),
    _squeezenet(
        id="squeezenet1_1",
        name="SqueezeNet 1.1",
        options={"version": "1_1"},
        key_ideas=(
            "The authors' own revision: a first convolution of 64 3x3 instead of 96 7x7 filters, "
            "and pooling after fire3 and fire5 instead of fire4 and fire8. The same accuracy for "
            "less than half of the work."
        ),
        accuracy=(Accuracy(58.178, 80.624, "single crop", "torchvision IMAGENET1K_V1"),),
        minimum_size=17,
        parent="squeezenet1_0",
    ),
)
