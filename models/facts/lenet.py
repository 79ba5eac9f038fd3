"""LeNet."""

from __future__ import annotations

from models.registry import Architecture, Preprocessing, WeightSource

DIGITS = Preprocessing(resize=32, order="grey", scale=1 / 255, mean=(0.0,), std=(1.0,))
"""Light ink on dark paper, 0..1."""

ARCHITECTURES = (
    Architecture(
        id="lenet5_modern",
        name="LeNet-5 (modern)",
        family="LeNet",
        year=1998,
        authors="Y. LeCun, L. Bottou, Y. Bengio, P. Haffner",
        paper="Gradient-based learning applied to document recognition",
        venue="Proceedings of the IEEE 86(11):2278-2324",
        arxiv=None,
        input_shape=(32, 32, 1),
        classes=10,
        builder="models.lenet:lenet5_modern",
        key_ideas=(
            "Learn the feature detectors from pixels instead of designing them: small filters "
            "slide over the digit, the same weights everywhere, and sub-sampling between them "
            "makes the answer care less about where exactly a stroke is. Convolution, pooling, "
            "convolution, pooling, then dense layers: the plan that networks for pictures followed "
            "for the next fifteen years. It read cheques in banks."
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
        notes=(
            "The layers of LeNet-5 with today's parts: every map of C3 reads all six of S2 "
            "(the paper connects 60 chosen pairs), pooling has no parameters, activations are "
            "ReLU, and a softmax replaces the radial basis functions.",
            "The paper's own network errs on 0.95 % of MNIST's test digits, 0.8 % when trained "
            "with distortions.",
        ),
    ),
)
