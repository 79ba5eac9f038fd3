"""ZFNet."""

from __future__ import annotations

from functools import partial

from models.published import caffe
from models.registry import Accuracy, Architecture

_zfnet = partial(
    Architecture,
    family="ZFNet",
    year=2013,
    authors="M. D. Zeiler, R. Fergus",
    paper="Visualizing and Understanding Convolutional Networks",
    venue="ECCV 2014",
    arxiv="1311.2901",
    input_shape=(224, 224, 3),
    classes=1000,
    builder="models.zfnet:zfnet",
    preprocessing=caffe(),
    minimum_size=53,
)

_PADDING = (
    "Going from 110 to 55 and from 26 to 13 cells with a 3x3 window and stride 2 needs padding by "
    "one, which Figure 3 does not show; it is built here."
)

ARCHITECTURES = (
    _zfnet(
        id="zfnet",
        name="ZFNet",
        key_ideas=(
            "The authors projected activations back to pixels and looked at what every layer of "
            "AlexNet answers to. Its first filters were too coarse and moved too far at a step, so "
            "they made them 7x7 with stride 2 instead of 11x11 with stride 4, and the network "
            "became better: the first time that looking inside improved what was seen."
        ),
        accuracy=(
            Accuracy(60.79, 83.22, "single crop", "retrained by osmr"),
            Accuracy(61.6, 83.5, "10-crop, validation", "paper Table 2, one network"),
            Accuracy(63.3, 84.7, "10-crop, 5 networks averaged, validation", "paper Table 2"),
        ),
        parent="alexnet",
        notes=(
            _PADDING,
            "One tower: AlexNet's two groups are gone, because it fitted into one GPU.",
        ),
    ),
    _zfnet(
        id="zfnet_512",
        name="ZFNet (512, 1024, 512)",
        options={"widths": (512, 1024, 512), "name": "zfnet_512"},
        key_ideas=(
            "The wider variant of the same paper: 512, 1024 and 512 maps in the last three "
            "convolutions instead of 384, 384 and 256. It is a little better, and it is the one "
            "that many lectures show under the name ZFNet."
        ),
        accuracy=(
            Accuracy(64.19, 85.41, "single crop", "retrained by osmr"),
            Accuracy(62.5, 84.0, "10-crop, validation", "paper, network (b)"),
        ),
        parent="zfnet",
        notes=(_PADDING,),
    ),
)
