"""The exhibits: one building block each, small enough to be looked at whole."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from models.facts import densenet, inception, mobilenet, resnet, resnext, shufflenet, vgg
from models.registry import Architecture

_NETWORKS = {
    entry.id: entry
    for family in (densenet, inception, mobilenet, resnet, resnext, shufflenet, vgg)
    for entry in family.ARCHITECTURES
}
_NOTHING: Mapping[str, Any] = MappingProxyType({})


def _exhibit(
    id_: str,
    name: str,
    network: str,
    input_shape: tuple[int, int, int],
    builder: str,
    key_ideas: str,
    options: Mapping[str, Any] = _NOTHING,
    notes: tuple[str, ...] = (),
    **facts: Any,
) -> Architecture:
    """A block of a network of the catalog, with that network's paper unless `facts` say other."""
    of = _NETWORKS[network]
    return Architecture(
        id=id_,
        name=name,
        **{
            "family": of.family,
            "year": of.year,
            "authors": of.authors,
            "paper": of.paper,
            "venue": of.venue,
            "arxiv": of.arxiv,
            **facts,
        },
        input_shape=input_shape,
        classes=0,
        builder=f"models.exhibits:{builder}",
        options=options,
        variants=_NOTHING,
        key_ideas=key_ideas,
        parent=network,
        notes=notes,
        exhibit=True,
    )


def _convolutions(
    id_: str, name: str, network: str, sizes: tuple[int, ...], key_ideas: str, **shape: Any
) -> Architecture:
    return _exhibit(
        id_,
        name,
        network,
        shape.get("input_shape", (56, 56, 256)),
        "convolutions",
        key_ideas,
        options={"sizes": sizes, "filters": 256, "name": id_},
    )


ARCHITECTURES = (
    _convolutions(
        "block_conv5x5",
        "One 5x5 convolution",
        "vgg16",
        (5,),
        "What VGG does without: one filter that sees 5x5 cells at once. Compare it with two 3x3 "
        "in a row, which see as much.",
    ),
    _convolutions(
        "block_two_conv3x3",
        "Two 3x3 convolutions",
        "vgg16",
        (3, 3),
        "Two 3x3 in a row see 5x5 cells with 18 instead of 25 weights for each pair of channels, "
        "and have a ReLU more.",
    ),
    _convolutions(
        "block_conv7x7",
        "One 7x7 convolution",
        "vgg16",
        (7,),
        "One filter that sees 7x7 cells. Compare it with three 3x3 in a row.",
    ),
    _convolutions(
        "block_three_conv3x3",
        "Three 3x3 convolutions",
        "vgg16",
        (3, 3, 3),
        "Three 3x3 in a row see 7x7 cells with 27 instead of 49 weights for each pair of channels, "
        "and two ReLUs more.",
    ),
    _exhibit(
        "block_inception_naive",
        "Inception module, naive",
        "googlenet",
        (28, 28, 192),
        "inception_naive",
        "Every filter size side by side, straight on the input. The large filters read all "
        "channels, and pooling hands all of its own on, so that every module is wider than the "
        "one before and the cost explodes.",
    ),
    _exhibit(
        "block_inception_3a",
        "Inception module 3a",
        "googlenet",
        (28, 28, 192),
        "inception_3a",
        "The same job with 1x1 convolutions that narrow the input in front of 3x3 and 5x5 and the "
        "output after pooling: less than half the multiply-adds of the naive module, and 256 "
        "channels instead of 416.",
    ),
    _convolutions(
        "block_conv3x3_256",
        "3x3 convolution for 3a",
        "googlenet",
        (3,),
        "One 3x3 convolution from 192 to 256 channels: what module 3a could have been, with 2.7 "
        "times its parameters.",
        input_shape=(28, 28, 192),
    ),
    _convolutions(
        "block_conv5x5_256",
        "5x5 convolution for 3a",
        "googlenet",
        (5,),
        "One 5x5 convolution from 192 to 256 channels: it sees as far as module 3a, with 7.5 times "
        "its parameters.",
        input_shape=(28, 28, 192),
    ),
    _exhibit(
        "block_inception_v3_a",
        "Inception-v3 module A",
        "inception_v3",
        (35, 35, 288),
        "inception_v3",
        "For the large maps: the 5x5 has become two 3x3.",
        options={"kind": "a"},
        notes=(
            "Figure 5 of the paper, in the widths of the released network, whose own modules keep "
            "a 5x5 in the middle branch.",
        ),
    ),
    _exhibit(
        "block_inception_v3_b",
        "Inception-v3 module B",
        "inception_v3",
        (17, 17, 768),
        "inception_v3",
        "For the middle maps: rows of 1x7 and columns of 7x1, which together see 7x7 cells for two "
        "sevenths of the price.",
        options={"kind": "b"},
        notes=("Figure 6 of the paper, in the widths of the released network's mixed7.",),
    ),
    _exhibit(
        "block_inception_v3_c",
        "Inception-v3 module C",
        "inception_v3",
        (8, 8, 2048),
        "inception_v3",
        "For the smallest maps, where there is little to see and much to tell: 1x3 and 3x1 side by "
        "side instead of one after the other, which makes many channels.",
        options={"kind": "c"},
        notes=("Figure 7 of the paper, in the widths of the released network's mixed10.",),
    ),
    _exhibit(
        "block_residual_basic",
        "Residual block, basic",
        "resnet34",
        (56, 56, 64),
        "residual_basic",
        "Two 3x3 convolutions, and the input added to what they make. To do nothing, the "
        "convolutions only have to give zero.",
    ),
    _exhibit(
        "block_residual_bottleneck",
        "Residual block, bottleneck",
        "resnet50",
        (56, 56, 256),
        "residual_bottleneck",
        "The 3x3 works on a quarter of the channels, between a 1x1 that narrows and a 1x1 that "
        "widens: four times the channels of the basic block for about the same price.",
        options={"width": 64, "groups": 1, "name": "block_residual_bottleneck"},
    ),
    _exhibit(
        "block_residual_preact",
        "Residual block, pre-activation",
        "resnet50v2",
        (56, 56, 256),
        "residual_preact",
        "Normalisation and ReLU come before each convolution, and nothing comes after the sum: "
        "what enters the block can leave it untouched.",
        options={"width": 64},
    ),
    _exhibit(
        "block_resnext",
        "ResNeXt block",
        "resnext50_32x4d",
        (56, 56, 256),
        "residual_bottleneck",
        "The bottleneck with its 3x3 cut into 32 groups of four channels: twice as wide inside for "
        "the same price.",
        options={"width": 128, "groups": 32, "name": "block_resnext"},
    ),
    _exhibit(
        "block_dense",
        "Dense block",
        "densenet121",
        (56, 56, 64),
        "dense_block",
        "Six layers; each reads everything made before it and adds 32 maps. Follow one map: it "
        "reaches every later layer without being changed.",
        options={"repeats": 6, "growth": 32},
        notes=("The first block of DenseNet-121.",),
    ),
    _exhibit(
        "block_depthwise_separable",
        "Depthwise separable convolution",
        "mobilenet",
        (14, 14, 512),
        "depthwise_separable",
        "First look around, channel by channel, then mix the channels, cell by cell: nearly nine "
        "times fewer multiply-adds than one convolution that does both.",
        notes=("The block that MobileNet repeats five times in a row.",),
    ),
    _exhibit(
        "block_standard_conv",
        "Standard convolution",
        "mobilenet",
        (14, 14, 512),
        "standard_conv",
        "What the depthwise separable pair replaces: one 3x3 convolution that looks around and "
        "mixes channels in the same step.",
    ),
    _exhibit(
        "block_inverted_residual",
        "Inverted residual block",
        "mobilenet_v2",
        (56, 56, 24),
        "inverted_residual",
        "Thin outside, sixfold inside: widen, filter channel by channel, narrow. The narrow end is "
        "linear, and the shortcut connects thin with thin.",
        options={"expansion": 6},
    ),
    _exhibit(
        "block_shuffle_v1",
        "ShuffleNet unit",
        "shufflenet_v1_g3",
        (28, 28, 240),
        "shuffle_v1",
        "Grouped 1x1 convolutions with a shuffle between: without it, each third of the channels "
        "would only ever hear of itself.",
        options={"groups": 3},
    ),
    _exhibit(
        "block_shuffle_v2",
        "ShuffleNet v2 unit",
        "shufflenet_v2_x1_0",
        (28, 28, 116),
        "shuffle_v2",
        "Half of the channels pass untouched, the other half is worked on; the shuffle decides who "
        "is who in the next unit.",
    ),
    _exhibit(
        "block_squeeze_excite",
        "Squeeze and excitation",
        "mobilenet_v3_large",
        (56, 56, 256),
        "squeeze_and_excite",
        "Average each map to one number, let two small layers turn those into a factor for every "
        "channel, and multiply: the network turns channels up or down by what the whole picture "
        "shows. It costs next to no multiply-adds.",
        options={"reduction": 16},
        family="SENet",
        year=2017,
        authors="J. Hu, L. Shen, G. Sun",
        paper="Squeeze-and-Excitation Networks",
        venue="CVPR 2018",
        arxiv="1709.01507",
        notes=("At the size of ResNet-50's second stage, with the paper's reduction by 16.",),
    ),
)
