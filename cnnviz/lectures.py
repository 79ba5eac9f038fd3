"""Lectures ready to play: laboratories with a short text each.

The cases of convolution arithmetic are those of Dumoulin and Visin, "A guide to convolution
arithmetic for deep learning", arXiv 1603.07285.
"""

from __future__ import annotations

from dataclasses import dataclass

from cnnviz.lab import Lab, parse


@dataclass(frozen=True, slots=True)
class Lecture:
    """One example.

    Attributes:
        id: Its name in code.
        group: The heading that it stands under.
        title: What the list shows.
        text: What to look at, two or three sentences.
        line: The laboratory (`cnnviz.lab.parse`).
        rivals: Others to hold against it: a name, and their layers as laboratories.
        view: How the stage shows it at first (`ui.theatre.show.View`).
    """

    id: str
    group: str
    title: str
    text: str
    line: str
    rivals: tuple[tuple[str, tuple[str, ...]], ...] = ()
    view: str = "slide"


_BASICS = "First steps"
_SIZES = "Stride and padding"
_CHANNELS = "Channels"
_POOLING = "Pooling"
_ARITHMETIC = "Convolution arithmetic (Dumoulin and Visin)"

_STACK = "N=16,C=16,M=16,input=random,kernel=random,P=same"

LECTURES: tuple[Lecture, ...] = (
    Lecture(
        "edge", _BASICS, "A vertical edge, 6 × 6",
        "Left half 10, right half 0, and a kernel with columns 1, 0, -1. Where all is even the "
        "three columns cancel out; only windows that straddle the edge give 30. Each row of the "
        "map reads 0 30 30 0.",
        "N=6,K=3,input=edge,kernel=vertical edge",
    ),
    Lecture(
        "relu", _BASICS, "5 × 5, bias -500, ReLU",
        "Each sum has 500 taken off, and ReLU turns what is then negative into 0: the unit speaks "
        "only where the patch is bright enough. The exercise names the sizes, the bias and ReLU; "
        "pixels and kernel are ours.",
        "input=10 20 30 40 50/20 40 60 80 100/30 60 90 120 150/40 80 120 160 200/"
        "50 100 150 200 250,"
        "kernel=0 1 0/1 2 1/0 1 0,bias=-500,act=relu",
    ),
    Lecture(
        "flip", _BASICS, "Correlation or convolution",
        "Signal processing flips the kernel before it slides: an impulse then gives back the "
        "kernel itself. Networks do not flip, and the impulse gives the kernel turned by 180°; as "
        "the weights are learned, it makes no difference to them.",
        "op=convolution,N=5,input=impulse,kernel=1 2 3/4 5 6/7 8 9",
    ),
    Lecture(
        "one_filter", _CHANNELS, "32 × 32 × 3 with one 5 × 5 × 3 filter",
        "The filter is as deep as the input: 75 products and a bias make one number. 28 × 28 "
        "places fit, so that one filter makes one map: 28 × 28 × 1.",
        "N=32,C=3,K=5,M=1,input=disc;ramp;random,kernel=gaussian;vertical edge;box,bias=0",
    ),
    Lecture(
        "six_filters", _CHANNELS, "32 × 32 × 3 with six filters",
        "Six filters of 5 × 5 × 3 make six maps, stacked to 28 × 28 × 6. The next layer's filters "
        "will be six deep.",
        "N=32,C=3,K=5,M=6,input=disc;random;ramp,"
        "kernel=vertical edge|horizontal edge|gaussian|box|gabor|random,bias=0",
    ),
    Lecture(
        "stride_1", _SIZES, "7, window 3, stride 1",
        "(N - F) / S + 1 = (7 - 3) / 1 + 1 = 5.", "N=7,K=3,S=1",
    ),
    Lecture(
        "stride_2", _SIZES, "7, window 3, stride 2",
        "(7 - 3) / 2 + 1 = 3: every other place.", "N=7,K=3,S=2",
    ),
    Lecture(
        "stride_3", _SIZES, "7, window 3, stride 3 does not fit",
        "(7 - 3) / 3 + 1 = 2.33: after two places the window would hang over the border. Keras "
        "rounds down, and the last row and column are never read.",
        "N=7,K=3,S=3",
    ),
    Lecture(
        "same", _SIZES, "Same padding, P = (F - 1) / 2",
        "With an odd kernel and stride 1, (F - 1) / 2 cells of zeros on each side keep the size. "
        "Watch the border: part of the window reads zeros that were never in the picture.",
        "N=7,K=3,P=1",
    ),
    Lecture(
        "same_5", _SIZES, "Same padding for 5 × 5",
        "(5 - 1) / 2 = 2 cells on each side.", "N=7,K=5,P=2",
    ),
    Lecture(
        "same_stride", _SIZES, "Same padding with stride 2",
        "With a stride, \"same\" gives ceil(N / S) places. Keras pads only as much as the last "
        "window needs: for 6, F = 3 and S = 2 one cell, which goes to the far end: the padding is "
        "not symmetric.",
        "N=6,K=3,S=2,P=same",
    ),
    Lecture(
        "one_by_one", _CHANNELS, "1 × 1: a dot product over channels",
        "A 1 × 1 window sees one place and all its channels. The filter mixes them: a dense layer "
        "across channels, the same at every place.",
        "N=4,C=4,K=1,M=2,input=random,kernel=1;2;-1;0.5|0;1;0;-1",
    ),
    Lecture(
        "two_threes", _CHANNELS, "Two 3 × 3 against one 5 × 5",
        "Two layers of 3 × 3 see 5 × 5 of the input, with 18/25 of the weights and multiply-adds "
        "for the same number of channels, and with an activation in between.",
        f"{_STACK},K=5",
        (("one 5 × 5", (f"{_STACK},K=5",)), ("two 3 × 3", (f"{_STACK},K=3",) * 2)),
        "rivals",
    ),
    Lecture(
        "three_threes", _CHANNELS, "Three 3 × 3 against one 7 × 7",
        "Three layers of 3 × 3 see 7 × 7, with 27/49 of the weights and multiply-adds.",
        f"{_STACK},K=7",
        (("one 7 × 7", (f"{_STACK},K=7",)), ("three 3 × 3", (f"{_STACK},K=3",) * 3)),
        "rivals",
    ),
    Lecture(
        "depthwise", _CHANNELS, "Depthwise 3 × 3 over 32 channels",
        "One 3 × 3 slice for each channel, and channels are not mixed: 3·3·32 = 288 weights. The "
        "standard layer has 3·3·32·32 = 9,216.",
        "op=depthwise,N=8,C=32,K=3,input=random,kernel=random",
        (
            ("depthwise", ("op=depthwise,N=8,C=32,K=3,input=random,kernel=random",)),
            (
                "depthwise + 1 × 1",
                (
                    "op=depthwise,N=8,C=32,K=3,input=random,kernel=random",
                    "N=6,C=32,M=32,K=1,input=random,kernel=random",
                ),
            ),
            ("standard", ("N=8,C=32,M=32,K=3,input=random,kernel=random",)),
        ),
        "rivals",
    ),
    Lecture(
        "grouped", _CHANNELS, "Grouped convolution",
        "In two groups each filter sees only its half of the channels: half the weights and half "
        "the multiply-adds. But the halves never meet.",
        "N=6,C=4,K=3,M=4,G=2,input=random,kernel=random",
        (
            ("2 groups", ("N=6,C=4,K=3,M=4,G=2,input=random,kernel=random",)),
            ("1 group", ("N=6,C=4,K=3,M=4,input=random,kernel=random",)),
        ),
        "rivals",
    ),
    Lecture(
        "shuffle", _CHANNELS, "Grouped convolution and the channel shuffle",
        "In two groups, what happens in one half is never heard of in the other. ShuffleNet deals "
        "the channels out anew: of 0 1 2 | 3 4 5 it makes 0 3 1 4 2 5. Now every group of the next "
        "grouped convolution sees both halves, and no weight was spent on it.",
        "N=8,C=6,K=3,M=6,G=2,P=1,input=disc;ramp;edge;checkerboard;impulse;random,"
        "kernel=gaussian;sobel x;box|sobel y;box;identity|laplacian;identity;sobel x",
        (),
        "shuffle",
    ),
    Lecture(
        "max_pool", _POOLING, "Max pooling 2 × 2, stride 2",
        "The largest of four, and three quarters of the numbers are gone. No weights.",
        "op=max,input=1 1 2 4/5 6 7 8/3 2 1 0/1 2 3 4,K=2,S=2",
    ),
    Lecture(
        "alexnet_pool", _POOLING, "AlexNet's overlapping 3 × 3, stride 2",
        "The window is wider than its stride: neighbours share a row or column, and one bright "
        "cell may win several times.",
        "op=max,N=7,K=3,S=2,input=random",
    ),
    Lecture(
        "global_pool", _POOLING, "Global average pooling against flatten + dense",
        "One window as large as the map: each channel becomes its mean, without a weight. To "
        "classify 7 × 7 × 16 into 10 classes a dense layer after flattening needs 7·7·16·10 = "
        "7,840 weights, after global pooling 16·10 = 160.",
        "op=average,N=7,C=16,K=7,input=random",
        (
            (
                "global pool + dense",
                (
                    "op=average,N=7,C=16,K=7,input=random",
                    "N=1,C=16,K=1,M=10,input=random,kernel=random",
                ),
            ),
            ("flatten + dense", ("N=7,C=16,K=7,M=10,input=random,kernel=random",)),
        ),
        "rivals",
    ),
    Lecture("dv_1", _ARITHMETIC, "No padding, unit stride", "o = (i - k) + 1", "N=4,K=3"),
    Lecture("dv_2", _ARITHMETIC, "Padding, unit stride", "o = (i - k) + 2p + 1", "N=5,K=4,P=2"),
    Lecture("dv_3", _ARITHMETIC, "Half (same) padding", "p = ⌊k / 2⌋: o = i", "N=5,K=3,P=same"),
    Lecture("dv_4", _ARITHMETIC, "Full padding", "p = k - 1: o = i + (k - 1)", "N=5,K=3,P=full"),
    Lecture("dv_5", _ARITHMETIC, "No padding, stride", "o = ⌊(i - k) / s⌋ + 1", "N=5,K=3,S=2"),
    Lecture(
        "dv_6", _ARITHMETIC, "Padding and stride", "o = ⌊(i + 2p - k) / s⌋ + 1", "N=5,K=3,S=2,P=1"
    ),
    Lecture(
        "dv_6b", _ARITHMETIC, "Padding and stride, odd",
        "6 gives as many places as 5: the last row and column of the padded input are not reached.",
        "N=6,K=3,S=2,P=1",
    ),
    Lecture(
        "dv_7", _ARITHMETIC, "Pooling", "o = ⌊(i - k) / s⌋ + 1", "op=average,N=5,K=3,input=random"
    ),
    Lecture(
        "dv_8", _ARITHMETIC, "Transposed: no padding, unit stride",
        "o' = i' + (k - 1). Each input cell stamps the kernel, and stamps that overlap add up; "
        "seen from the output, it gathers from a padded input.",
        "op=transposed,N=2,K=3",
        view="scatter",
    ),
    Lecture(
        "dv_9", _ARITHMETIC, "Transposed: padding, unit stride", "o' = i' + (k - 1) - 2p",
        "op=transposed,N=6,K=4,P=2",
    ),
    Lecture(
        "dv_10", _ARITHMETIC, "Transposed: half padding", "o' = i'", "op=transposed,N=5,K=3,P=1"
    ),
    Lecture(
        "dv_11", _ARITHMETIC, "Transposed: full padding", "o' = i' - (k - 1)",
        "op=transposed,N=7,K=3,P=full",
    ),
    Lecture(
        "dv_12", _ARITHMETIC, "Transposed: stride",
        "o' = s(i' - 1) + k: the stamps lie s cells apart, as if s - 1 zeros stood between the "
        "input cells.",
        "op=transposed,N=2,K=3,S=2",
        view="scatter",
    ),
    Lecture(
        "dv_13", _ARITHMETIC, "Transposed: padding and stride", "o' = s(i' - 1) + k - 2p",
        "op=transposed,N=3,K=3,S=2,P=1",
    ),
    Lecture(
        "dv_14", _ARITHMETIC, "Transposed: odd",
        "o' = s(i' - 1) + a + k - 2p: a cells more at the far end tell apart the input sizes that "
        "a strided convolution maps to one.",
        "op=transposed,N=3,K=3,S=2,P=1,A=1",
    ),
    Lecture(
        "dv_15", _ARITHMETIC, "Dilated", "o = ⌊(i + 2p - k - (k - 1)(d - 1)) / s⌋ + 1",
        "N=7,K=3,D=2",
    ),
)  # fmt: skip

BY_ID = {lecture.id: lecture for lecture in LECTURES}


def lecture_of(lab: Lab) -> Lecture | None:
    """The lecture that a laboratory is."""
    return next((lecture for lecture in LECTURES if parse(lecture.line) == lab), None)
