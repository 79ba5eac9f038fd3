import re

import pytest

from cnnviz.costs import graph_costs
from cnnviz.errors import UserError
from cnnviz.graph import LayerGraph, Node, Source
from cnnviz.grouping import group
from cnnviz.library import open_model
from cnnviz.requests import OpenModel
from cnnviz.sentences import _TELL, group_sentence, sentence


def opened(model):
    return open_model(OpenModel(model)).answer.graph


@pytest.mark.parametrize(
    ("model", "node", "expected"),
    [
        ("vgg16", "input", "The picture goes in: 224×224×3."),
        (
            "vgg16",
            "block1_conv2",
            "3×3 convolution, zero padding, 64 filters, then ReLU: 224×224×64 keeps its shape.",
        ),
        ("vgg16", "block1_pool", "2×2 max pooling, stride 2: 224×224×64 becomes 112×112×64."),
        ("vgg16", "flatten", "Flatten, rows and columns and channels in one line: "
         "7×7×512 becomes 25,088 values."),
        ("vgg16", "fc1", "Dense layer, 4,096 units of 25,088 inputs each, then ReLU: "
         "25,088 values become 4,096 values."),
        ("resnet50", "conv1_conv", "7×7 convolution, stride 2, 64 filters: "
         "230×230×3 becomes 112×112×64."),
        ("resnet50", "conv1_pad", "Zero padding, 3 on every side: 224×224×3 becomes 230×230×3."),
        ("resnet50", "conv2_block1_add", "Sum: 2 times 56×56×256 become one."),
        ("resnet50", "avg_pool", "Global mean pooling, the mean of 7×7 values in each channel: "
         "7×7×2048 becomes 2,048 values."),
        ("lenet5", "c3_conv", "5×5 convolution, 16 filters that read 3 to 6 of the 6 maps each, "
         "then scaled tanh: 14×14×6 becomes 10×10×16."),
        ("googlenet", "inception_3a_concat", "Concatenation of 4 inputs by channel: "
         "28×28×64 and 28×28×128 and 28×28×32 and 28×28×32 become 28×28×256."),
        ("mobilenet", "conv_dw_1", "3×3 depthwise convolution, zero padding, one filter a channel: "
         "112×112×32 keeps its shape."),
        ("alexnet", "drop6", "Dropout of 50 %, which does nothing at inference: "
         "4,096 values stay 4,096 values."),
    ],
)  # fmt: skip
def test_published_layers_read_as_in_the_papers(model, node, expected):
    assert sentence(opened(model), node) == expected


def test_every_layer_type_of_the_catalog_has_a_sentence_of_its_own():
    told = {}
    for model in (
        "lenet5", "alexnet", "googlenet", "inception_bn", "resnet18", "cifar_resnet20",
        "inception_resnet_v2", "xception", "mobilenet", "shufflenet_v1_g2", "shufflenet_v2_x0_5",
        "efficientnet_b0", "densenet121", "squeezenet",
    ):  # fmt: skip
        try:
            graph = opened(model)
        except UserError:
            continue
        for node in graph.nodes:
            if node.type not in told:
                told[node.type] = sentence(graph, node.name)
                assert node.type in _TELL, node.type
    assert len(told) >= 25
    for layer_type, text in told.items():
        assert text.endswith("."), layer_type
        assert re.search(r"\d", text), "the numbers are what it is for"
        assert "None" not in text
        assert "{" not in text
        assert text[0].isupper() or text[0].isdigit()
    assert len(set(told.values())) == len(told)


def test_a_layer_that_nobody_knows_says_so():
    graph = LayerGraph(
        "own",
        (
            Node("input", "InputLayer", (), ((8, 8, 3),)),
            Node("magic", "Magic", (Source("input"),), ((8, 8, 5),), known=False),
        ),
        (Source("magic"),),
    )
    assert sentence(graph, "magic") == "Magic, a layer of the model's own: 8×8×3 becomes 8×8×5."


def test_a_block_tells_what_is_in_it_and_what_it_costs():
    graph = opened("resnet50")
    block = next(b for b in group(graph).blocks if b.label == "conv3_block1")
    # 56*56 -> 28*28: 1x1/2 256->128, 3x3 128->128, 1x1 128->512, shortcut 1x1/2 256->512.
    cells = 28 * 28
    macs = cells * (256 * 128 + 9 * 128 * 128 + 128 * 512 + 256 * 512)
    params = (256 * 128 + 128) + (9 * 128 * 128 + 128) + (128 * 512 + 512) + (256 * 512 + 512)
    params += 4 * (128 + 128 + 512 + 512)
    assert group_sentence(graph, block.label, block.nodes, graph_costs(graph)) == (
        f"conv3_block1, 12 operations, 4 of them with a kernel: 56×56×256 becomes 28×28×512; "
        f"{params:,} parameters, {macs:,} MACs."
    )


def test_a_group_of_one_is_that_node():
    graph = opened("vgg16")
    assert group_sentence(graph, "x", ["block1_pool"], graph_costs(graph)) == sentence(
        graph, "block1_pool"
    )


def test_training_is_told_where_it_differs():
    graph = opened("mobilenet")
    told = {
        node.name: sentence(graph, node.name, training=True)
        for node in graph.nodes
        if sentence(graph, node.name, training=True) != sentence(graph, node.name)
    }
    assert {graph.by_name[name].type for name in told} == {"BatchNormalization", "Dropout"}
    assert told["conv1_bn"].startswith(
        "Batch normalisation of 32 channels by the mean and variance of this batch: "
    )
    assert "0.1 % of the values become zero by chance, the rest is divided by 0.999" in "".join(
        told.values()
    )
