"""LeNet."""

from __future__ import annotations

from functools import partial

from models.registry import Architecture, Preprocessing, WeightSource

DIGITS = Preprocessing(resize=32, order="grey", scale=1 / 255, mean=(0.0,), std=(1.0,))
"""Light ink on dark paper, 0..1."""

_lenet = partial(
    Architecture,
    family="LeNet",
    year=1998,
    authors="Y. LeCun, L. Bottou, Y. Bengio, P. Haffner",
    paper="Gradient-based learning applied to document recognition",
    venue="Proceedings of the IEEE 86(11):2278-2324",
    arxiv=None,
    input_shape=(32, 32, 1),
    classes=10,
    minimum_size=32,
)

ARCHITECTURES = (
    _lenet(
        id="lenet5",
        name="LeNet-5",
        builder="models.lenet:lenet5",
        key_ideas=(
            "Learn the feature detectors from pixels instead of designing them: small filters "
            "slide over the digit, the same weights everywhere, and sub-sampling between them "
            "makes the answer care less about where exactly a stroke is. Each map of C3 reads a "
            "chosen few of S2, so that they must learn different things, and the last layer "
            "measures how far F6 is from a small drawing of each digit. It read cheques in banks."
        ),
        # Paper is -0.1 and ink 1.175, which gives the pixels about mean 0 and variance 1.
        preprocessing=Preprocessing(
            resize=32, order="grey", scale=1.275 / 255, mean=(0.1,), std=(1.0,)
        ),
        weights=(
            WeightSource(
                kind="shipped",
                location="lenet5.weights.h5",
                sha256="afa78b963d4d96699e09baed2e5cd7587ad9a05e672b00e9dea8159fc2cd2da9",
                dataset="digits",
                note="Trained on 1,438 handwritten digits of the UCI repository; right on 356 of "
                "359 that training never saw (354 to 356 when trained with the seeds 0 to 2).",
            ),
        ),
        notes=(
            "340,908 connections: 122,304 in C1, 5,880 in S2, 151,600 in C3, 2,000 in S4, 48,120 "
            "in C5, 10,164 in F6 and 840 in the output. 60,000 parameters are trained; the 840 "
            "numbers of the digit codes are fixed.",
            "The drawings of the digits follow transcriptions of the paper's Figure 3; single "
            "pixels may be off.",
            "The paper's output is the penalty of each digit, the smaller the better; here a "
            "softmax of minus the penalties follows, so that there are probabilities to show. "
            "Trained by cross-entropy, that is the paper's second loss without its constant for "
            "rubbish.",
            "On MNIST's test digits the paper's network errs on 0.95 %, and on 0.8 % when trained "
            "with distortions.",
        ),
    ),
    _lenet(
        id="lenet5_modern",
        name="LeNet-5 (modern)",
        builder="models.lenet:lenet5_modern",
        key_ideas=(
            "LeNet-5 as tutorials build it: convolution, pooling, convolution, pooling, then dense "
            "layers, the plan that networks for pictures followed for fifteen years, with the "
            "parts that took over since. Nearly the same number of parameters, a third more work."
        ),
        preprocessing=DIGITS,
        weights=(
            WeightSource(
                kind="shipped",
                location="lenet5_modern.weights.h5",
                sha256="1753c8109759c55569f1fe0bf91989d9b89c5ae40294ddedf46b90c4eb39b991",
                dataset="digits",
                note="Trained on 1,438 handwritten digits of the UCI repository; right on 359 of "
                "359 that training never saw (356 to 359 when trained with the seeds 0 to 4).",
            ),
        ),
        parent="lenet5",
        notes=(
            "The layers of LeNet-5 with today's parts: every map of C3 reads all six of S2 "
            "(the paper connects 60 chosen pairs), pooling has no parameters, activations are "
            "ReLU, and a softmax replaces the radial basis functions.",
        ),
    ),
)
