"""The arithmetic of single positions against what whole networks computed."""

from pathlib import Path

import numpy as np
import pytest

from cnnviz.arithmetic import step
from cnnviz.convolution import is_windowed, windowed
from cnnviz.costs import graph_costs
from cnnviz.engine import Engine
from cnnviz.requests import GetActivation, GetWeights, OpenModel, RunImage, SetWeights

SAMPLES = Path(__file__).parents[2] / "models/assets/samples"
POSITIONS = 1000


@pytest.mark.parametrize(
    ("model", "picture", "weights"),
    [
        ("lenet5_modern", "digits/digit_7_a.png", "shipped"),
        ("vgg16", "photos/cat.jpg", "random"),
        ("alexnet", "photos/cat.jpg", "random"),
        ("mobilenet", "photos/cat.jpg", "random"),
        ("resnet50", "photos/cat.jpg", "random"),
    ],
)
def test_positions_equal_the_trace(model, picture, weights):
    engine = Engine()
    graph = engine.handle(OpenModel(model)).graph
    engine.handle(SetWeights(weights))
    engine.handle(RunImage(SAMPLES / picture))
    nodes = [node for node in graph.nodes if is_windowed(node)]
    assert len(nodes) >= 4
    known = graph_costs(graph).by_name
    each = -(-POSITIONS // len(nodes))
    draw = np.random.default_rng(0)
    checked = 0
    for node in nodes:
        operation = windowed(graph, node, engine.handle(GetWeights(node.name)).values)
        values = engine.handle(GetActivation(node.inputs[0])).values
        values = values.reshape(operation.input_shape)
        trace = engine.handle(GetActivation(node.name)).values.reshape(operation.output_shape)
        # A sum of large terms may come out near zero: the layer's own size is the measure.
        scale = float(np.sqrt(np.mean(np.square(trace, dtype=np.float64))))
        for _ in range(each):
            place = tuple(int(draw.integers(size)) for size in operation.output_shape)
            found = step(operation, values, *place)
            off = abs(found.value - float(trace[place]))
            assert off <= 1e-4 * max(abs(found.value), scale), (node.name, place)
            assert off <= found.rounding, (node.name, place)
            assert off <= 1e-5 * max(found.size, 1e-12), (node.name, place)
            checked += 1
        if operation.kernel is not None:
            assert operation.params == known[node.name].params
            assert operation.macs == known[node.name].macs
    assert checked >= POSITIONS
