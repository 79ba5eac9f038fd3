"""ResNet."""

from __future__ import annotations

from models.registry import Accuracy, Architecture, Preprocessing, WeightSource

ARCHITECTURES = (
    Architecture(
        id="resnet50",
        name="ResNet-50",
        family="ResNet",
        year=2015,
        authors="K. He, X. Zhang, S. Ren, J. Sun",
        paper="Deep Residual Learning for Image Recognition",
        venue="CVPR 2016",
        arxiv="1512.03385",
        input_shape=(224, 224, 3),
        classes=1000,
        builder="models.resnet:resnet",
        options={"depth": 50},
        key_ideas=(
            "Plain networks got worse when they got deeper, even on the training photos. A "
            "residual block adds its input to its output, so that it only has to learn a "
            "correction and doing nothing is easy: with that, more than a hundred layers train "
            "well. The bottleneck block narrows to a quarter of the channels with a 1x1 "
            "convolution, works there at 3x3, and widens again, which makes depth cheap."
        ),
        preprocessing=Preprocessing(resize=256, order="bgr", mean=(103.939, 116.779, 123.68)),
        accuracy=(
            Accuracy(74.9, 92.1, "single crop", "Keras documentation, these weights"),
            Accuracy(75.3, 92.2, "single crop", "the authors' repository"),
            Accuracy(77.15, 93.29, "10-crop, validation", "paper"),
            Accuracy(76.13, 92.862, "single crop", "torchvision IMAGENET1K_V1"),
            Accuracy(80.858, 95.434, "single crop", "torchvision IMAGENET1K_V2"),
        ),
        weights=(
            WeightSource(
                kind="keras",
                location="https://storage.googleapis.com/tensorflow/keras-applications/resnet/"
                "resnet50_weights_tf_dim_ordering_tf_kernels.h5",
                sha256="md5:2cb95161c43110f7111970584f804107",
                dataset="imagenet",
                note="The authors' own weights, ported to Keras: 74.9 % top-1, 92.1 % top-5 "
                "(single crop); MIT.",
            ),
        ),
        parent="vgg16",
        notes=(
            "As in the paper, a stage's stride is on the first 1x1 convolution of its first block. "
            "torchvision puts it on the 3x3: 4.09 instead of 3.86 billion multiply-adds.",
            "Keras gives the convolutions a bias although batch normalisation follows: 26,560 "
            "parameters more than torchvision's 25,557,032, and 53,120 running statistics.",
        ),
    ),
)
