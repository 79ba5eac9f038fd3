"""ResNet, its plain twins, and ResNet v2."""

from __future__ import annotations

from functools import partial

from models.published import caffe, keras_weights, signed, standardised, timm_weights
from models.registry import Accuracy, Architecture, WeightSource

_resnet = partial(
    Architecture,
    family="ResNet",
    year=2015,
    authors="K. He, X. Zhang, S. Ren, J. Sun",
    paper="Deep Residual Learning for Image Recognition",
    venue="CVPR 2016",
    arxiv="1512.03385",
    input_shape=(224, 224, 3),
    classes=1000,
)

_cifar = partial(
    _resnet,
    input_shape=(32, 32, 3),
    classes=10,
    builder="models.resnet:cifar_resnet",
    preprocessing=signed(32),
)

_v2 = partial(
    Architecture,
    family="ResNet",
    year=2016,
    authors="K. He, X. Zhang, S. Ren, J. Sun",
    paper="Identity Mappings in Deep Residual Networks",
    venue="ECCV 2016",
    arxiv="1603.05027",
    input_shape=(224, 224, 3),
    classes=1000,
    builder="models.resnet:resnet_v2",
    preprocessing=signed(),
)

_STRIDE = (
    "As in the paper, a stage's stride is on the first 1x1 convolution of its first block; "
    "torchvision puts it on the 3x3."
)
_SHORTCUTS = (
    "The paper's figures for 18 and 34 layers are with parameter-free shortcuts (zeros for new "
    "channels); here, as in torchvision and its weights, a 1x1 convolution widens them."
)
_CIFAR_NOTES = (
    "The last layer is dense, as in the paper, after the average over each map; shortcuts take "
    "every second cell and append zeros as new channels, so that they cost no parameter.",
    "The paper subtracts the mean photo of CIFAR-10; no weights ship, so here pixels only go from "
    "-1 to 1.",
)
_V2_NOTES = (
    "In Keras, as in TF-Slim, the stride is in the last block of a stage, which makes it cheaper "
    "than timm's version with the stride in the first.",
)


def _keras(name: str, md5: str, note: str) -> tuple[WeightSource, ...]:
    return (
        keras_weights(
            f"tensorflow/keras-applications/resnet/{name}_weights_tf_dim_ordering_tf_kernels.h5",
            md5,
            note,
        ),
    )


def _torchvision(depth: int, accuracy: str) -> tuple[WeightSource, ...]:
    return (
        timm_weights(
            f"resnet{depth}.tv_in1k",
            f"torchvision's weights through timm: {accuracy} (single crop); BSD-3-Clause.",
        ),
    )


ARCHITECTURES = (
    _resnet(
        id="plain18",
        name="Plain-18",
        builder="models.resnet:basic_resnet",
        options={"depth": 18, "shortcut": "none"},
        key_ideas=(
            "ResNet-18 without its shortcuts, made for comparison. At this depth the two are "
            "equally good: it takes more layers before the shortcuts matter."
        ),
        preprocessing=standardised(),
        parent="vgg16",
        notes=("In the paper its top-1 error is 27.94 % with ten crops; ResNet-18's is 27.88 %.",),
    ),
    _resnet(
        id="plain34",
        name="Plain-34",
        builder="models.resnet:basic_resnet",
        options={"depth": 34, "shortcut": "none"},
        key_ideas=(
            "The network that posed the problem: 34 layers in a row err more than 18, on the "
            "training photos too, so it is no over-fitting. The deeper network could copy the "
            "shallower one and do nothing in the rest; training just does not find that."
        ),
        preprocessing=standardised(),
        parent="plain18",
        notes=("In the paper its top-1 error is 28.54 % with ten crops; Plain-18's is 27.94 %.",),
    ),
    _resnet(
        id="resnet18",
        name="ResNet-18",
        builder="models.resnet:basic_resnet",
        options={"depth": 18},
        key_ideas=(
            "Plain-18 with a shortcut around every two convolutions. The smallest ResNet, no "
            "better than its plain twin in the end, but sooner there; today it is the network that "
            "people try an idea on first."
        ),
        preprocessing=standardised(),
        accuracy=(
            Accuracy(69.758, 89.078, "single crop", "torchvision IMAGENET1K_V1, these weights"),
            Accuracy(72.12, None, "10-crop, validation", "paper"),
            Accuracy(69.57, 89.24, "single crop", "fb.resnet.torch"),
        ),
        weights=_torchvision(18, "69.8 % top-1, 89.1 % top-5"),
        parent="plain18",
        notes=(_SHORTCUTS,),
    ),
    _resnet(
        id="resnet34",
        name="ResNet-34",
        builder="models.resnet:basic_resnet",
        options={"depth": 34},
        key_ideas=(
            "With shortcuts the 34 layers turn from worse than 18 into better by three per cent: "
            "the central experiment of the paper. The blocks are still the basic ones, two 3x3 "
            "convolutions each."
        ),
        preprocessing=standardised(),
        accuracy=(
            Accuracy(73.314, 91.42, "single crop", "torchvision IMAGENET1K_V1, these weights"),
            Accuracy(74.97, 92.24, "10-crop, validation", "paper, shortcuts of kind A"),
            Accuracy(73.27, 91.26, "single crop", "fb.resnet.torch"),
        ),
        weights=_torchvision(34, "73.3 % top-1, 91.4 % top-5"),
        parent="plain34",
        notes=(_SHORTCUTS,),
    ),
    _resnet(
        id="resnet50",
        name="ResNet-50",
        builder="models.resnet:resnet",
        options={"depth": 50},
        key_ideas=(
            "Plain networks got worse when they got deeper, even on the training photos. A "
            "residual block adds its input to its output, so that it only has to learn a "
            "correction and doing nothing is easy: with that, more than a hundred layers train "
            "well. The bottleneck block narrows to a quarter of the channels with a 1x1 "
            "convolution, works there at 3x3, and widens again, which makes depth cheap."
        ),
        preprocessing=caffe(),
        accuracy=(
            Accuracy(74.9, 92.1, "single crop", "Keras documentation, these weights"),
            Accuracy(75.3, 92.2, "single crop", "the authors' repository"),
            Accuracy(77.15, 93.29, "10-crop, validation", "paper"),
            Accuracy(76.13, 92.862, "single crop", "torchvision IMAGENET1K_V1"),
            Accuracy(80.858, 95.434, "single crop", "torchvision IMAGENET1K_V2"),
        ),
        weights=_keras(
            "resnet50",
            "2cb95161c43110f7111970584f804107",
            "The authors' own weights, ported to Keras: 74.9 % top-1, 92.1 % top-5 (single crop); "
            "MIT.",
        ),
        parent="resnet34",
        notes=(
            f"{_STRIDE} That takes 4.09 instead of 3.86 billion multiply-adds.",
            "Keras gives the convolutions a bias although batch normalisation follows: 26,560 "
            "parameters more than torchvision's 25,557,032, and 53,120 running statistics.",
        ),
    ),
    _resnet(
        id="resnet101",
        name="ResNet-101",
        builder="models.resnet:resnet",
        options={"depth": 101},
        key_ideas=(
            "ResNet-50 with 23 instead of 6 blocks at 14x14: all the extra depth goes where maps "
            "are small and a block is cheap. It became the usual backbone of object detectors."
        ),
        preprocessing=caffe(),
        accuracy=(
            Accuracy(76.4, 92.8, "single crop", "Keras documentation, these weights"),
            Accuracy(76.4, 92.9, "single crop", "the authors' repository"),
            Accuracy(78.25, 93.95, "10-crop, validation", "paper"),
            Accuracy(77.374, 93.546, "single crop", "torchvision IMAGENET1K_V1"),
            Accuracy(81.886, 95.78, "single crop", "torchvision IMAGENET1K_V2"),
        ),
        weights=_keras(
            "resnet101",
            "f1aeb4b969a6efcfb50fad2f0c20cfc5",
            "The authors' own weights, ported to Keras: 76.4 % top-1, 92.8 % top-5 (single crop); "
            "MIT.",
        ),
        parent="resnet50",
        notes=(_STRIDE,),
    ),
    _resnet(
        id="resnet152",
        name="ResNet-152",
        builder="models.resnet:resnet",
        options={"depth": 152},
        key_ideas=(
            "The deepest network of the paper, eight times as deep as VGG-19 and yet with fewer "
            "multiply-adds. An ensemble with it won ImageNet 2015, and nearly every other contest "
            "of that year."
        ),
        preprocessing=caffe(),
        accuracy=(
            Accuracy(76.6, 93.1, "single crop", "Keras documentation, these weights"),
            Accuracy(77.0, 93.3, "single crop", "the authors' repository"),
            Accuracy(78.57, 94.29, "10-crop, validation", "paper"),
            Accuracy(78.312, 94.046, "single crop", "torchvision IMAGENET1K_V1"),
            Accuracy(82.284, 96.002, "single crop", "torchvision IMAGENET1K_V2"),
        ),
        weights=_keras(
            "resnet152",
            "100835be76be38e30d865e96f2aaae62",
            "The authors' own weights, ported to Keras: 76.6 % top-1, 93.1 % top-5 (single crop); "
            "MIT.",
        ),
        parent="resnet101",
        notes=(_STRIDE,),
    ),
    _cifar(
        id="cifar_plain20",
        name="Plain-20 (CIFAR)",
        options={"depth": 20, "shortcut": "none"},
        key_ideas=(
            "Twenty layers for the 32x32 photos of CIFAR-10, without shortcuts: the shallow side "
            "of the paper's comparison of depth, small enough to train on a laptop."
        ),
        parent="plain18",
        notes=_CIFAR_NOTES,
    ),
    _cifar(
        id="cifar_plain56",
        name="Plain-56 (CIFAR)",
        options={"depth": 56, "shortcut": "none"},
        key_ideas=(
            "The same with 56 layers, and worse than the 20 on training and test photos alike: "
            "the first figure of the paper, and the reason for all that follows in it."
        ),
        parent="cifar_plain20",
        notes=_CIFAR_NOTES,
    ),
    _cifar(
        id="cifar_resnet20",
        name="ResNet-20 (CIFAR)",
        options={"depth": 20},
        key_ideas=(
            "Plain-20 with shortcuts that have no parameters, so that both networks have exactly "
            "the same 269,722: whatever differs is due to the additions alone."
        ),
        parent="cifar_plain20",
        notes=_CIFAR_NOTES,
    ),
    _cifar(
        id="cifar_resnet56",
        name="ResNet-56 (CIFAR)",
        options={"depth": 56},
        key_ideas=(
            "Plain-56 with shortcuts, again without one more parameter. Now the deeper network is "
            "the better one."
        ),
        parent="cifar_resnet20",
        notes=_CIFAR_NOTES,
    ),
    _v2(
        id="resnet50v2",
        name="ResNet-50 v2",
        options={"depth": 50},
        key_ideas=(
            "Normalise and activate before each convolution instead of after, and leave the sum of "
            "block and shortcut as it is. Then nothing stands on the way from the first block to "
            "the last, forwards or backwards, and even a thousand layers can be trained."
        ),
        accuracy=(
            Accuracy(76.0, 93.0, "single crop", "Keras documentation, these weights"),
            Accuracy(75.6, 92.8, "single crop", "TF-Slim"),
        ),
        weights=_keras(
            "resnet50v2",
            "3ef43a0b657b3be2300d5770ece849e0",
            "76.0 % top-1, 93.0 % top-5 (single crop); Apache-2.0.",
        ),
        parent="resnet50",
        notes=_V2_NOTES,
    ),
    _v2(
        id="resnet101v2",
        name="ResNet-101 v2",
        options={"depth": 101},
        key_ideas=(
            "ResNet-101 with pre-activation blocks. The deeper the network, the more the clean "
            "path through the additions is worth."
        ),
        accuracy=(
            Accuracy(77.2, 93.8, "single crop", "Keras documentation, these weights"),
            Accuracy(77.0, 93.7, "single crop", "TF-Slim"),
        ),
        weights=_keras(
            "resnet101v2",
            "6343647c601c52e1368623803854d971",
            "77.2 % top-1, 93.8 % top-5 (single crop); Apache-2.0.",
        ),
        parent="resnet50v2",
        notes=_V2_NOTES,
    ),
    _v2(
        id="resnet152v2",
        name="ResNet-152 v2",
        options={"depth": 152},
        key_ideas=(
            "ResNet-152 with pre-activation blocks; the paper goes on to 200 layers on ImageNet, "
            "where the order before the change over-fits and the new one does not."
        ),
        accuracy=(
            Accuracy(78.0, 94.2, "single crop", "Keras documentation, these weights"),
            Accuracy(77.8, 94.1, "single crop", "TF-Slim"),
            Accuracy(78.9, 94.5, "single 320 crop", "paper Table 5, trained at 224"),
        ),
        weights=_keras(
            "resnet152v2",
            "a49b44d1979771252814e80f8ec446f9",
            "78.0 % top-1, 94.2 % top-5 (single crop); Apache-2.0.",
        ),
        parent="resnet101v2",
        notes=_V2_NOTES,
    ),
)
