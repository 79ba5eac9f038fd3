"""AlexNet."""

from __future__ import annotations

from models.published import caffe, standardised
from models.registry import Accuracy, Architecture

ARCHITECTURES = (
    Architecture(
        id="alexnet",
        name="AlexNet",
        family="AlexNet",
        year=2012,
        authors="A. Krizhevsky, I. Sutskever, G. E. Hinton",
        paper="ImageNet Classification with Deep Convolutional Neural Networks",
        venue="NIPS 2012 (pp. 1097-1105)",
        arxiv=None,
        input_shape=(227, 227, 3),
        classes=1000,
        builder="models.alexnet:alexnet",
        key_ideas=(
            "LeNet's plan with a thousand times its parameters, trained on two GPUs and a "
            "million photos, won ImageNet 2012 by a wide margin. ReLU instead of tanh made "
            "training fast, dropout kept the 60 million parameters from learning photos by "
            "heart, and the grouped convolutions are the trace of a network cut in two to fit "
            "into two small memories."
        ),
        preprocessing=caffe(),
        accuracy=(
            Accuracy(59.3, 81.8, "10-crop average, validation", "ZFNet paper Table 2, one network"),
            Accuracy(57.1, 80.2, "centre crop", "BVLC Caffe replication"),
            Accuracy(58.2, 80.8, "single crop", "matconvnet, through convnet-burden"),
            Accuracy(61.9, 83.6, "10-crop, 5 networks averaged, validation", "ZFNet paper Table 2"),
        ),
        minimum_size=67,
        parent="lenet5",
        notes=(
            "The paper says 224 x 224, but its 55 x 55 maps need 227 x 227 without padding.",
            "Built as Caffe's bvlc_alexnet: response normalisation with k = 1 and alpha divided by "
            "the window of 5 channels; the paper's formula has k = 2 and no division.",
            "The paper subtracts a mean photo; here its mean colour is subtracted.",
        ),
    ),
    Architecture(
        id="alexnet_one_tower",
        name="AlexNet (one tower)",
        family="AlexNet",
        year=2014,
        authors="A. Krizhevsky",
        paper="One weird trick for parallelizing convolutional neural networks",
        venue="arXiv",
        arxiv="1404.5997",
        input_shape=(227, 227, 3),
        classes=1000,
        builder="models.alexnet:alexnet_one_tower",
        key_ideas=(
            "AlexNet for one memory: no groups, no response normalisation, and fewer filters (64, "
            "192, 384, 256, 256). It is the network in the cost table of many lectures: nearly all "
            "memory in the first convolutions, nearly all parameters in the first dense layer, and "
            "most of the work in between."
        ),
        preprocessing=standardised(),
        accuracy=(
            Accuracy(56.522, 79.066, "single crop", "torchvision IMAGENET1K_V1, at 224 x 224"),
        ),
        minimum_size=63,
        parent="alexnet",
        notes=(
            "As in the lecture the input is 227 x 227 and padded by 2, which gives 56 x 56 maps; "
            "torchvision's weights were trained at 224.",
            "The lecture's table leaves biases out of the dense layers, and has 145 million "
            "multiply-adds for conv4, where its shapes give 149.5.",
        ),
    ),
)
