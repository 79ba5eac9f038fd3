import numpy as np
import pytest

from cnnviz.engine import Engine
from cnnviz.graph import Node
from cnnviz.library import open_model
from cnnviz.requests import GetActivation, OpenModel, RunImage
from cnnviz.saturation import bounds_of, saturated_share
from models.samples import FOLDER


def node(kind, **settings):
    return Node("n", kind, (), ((1,),), settings=settings)


def test_ends_are_those_of_the_function():
    assert bounds_of(node("Conv2D", activation="tanh")) == (-1, 1)
    assert bounds_of(node("Activation", activation="sigmoid")) == (0, 1)
    assert bounds_of(node("ReLU", max_value=6.0)) == (None, 6)
    assert bounds_of(node("Relu6")) == (None, 6)
    for endless in (node("ReLU"), node("Conv2D", activation="relu"), node("MaxPooling2D")):
        assert bounds_of(endless) is None


def test_cells_near_an_end_are_counted_by_channel():
    values = np.zeros((2, 2, 4), np.float32)
    values[..., 0] = [[6, 6], [5.95, 6]]
    values[..., 1] = [[6, 0], [5.9, 3]]
    values[..., 2] = [[np.nan, 6], [6, 6]]
    assert saturated_share(values, (None, 6.0)).tolist() == [1, 0.25, 0.75, 0]
    signs = np.array([[-1, 1, -0.985, 0.97]], np.float32).T
    assert saturated_share(signs, (-1.0, 1.0)).tolist() == [0.75]


def test_real_networks_name_the_layers_that_have_ends():
    graph = open_model(OpenModel("mobilenet")).answer.graph
    assert {bounds_of(n) for n in graph.nodes} == {None, (None, 6.0)}
    lenet = open_model(OpenModel("lenet5")).answer.graph
    assert bounds_of(lenet.by_name["c1_conv"]) == (-1.7159, 1.7159)


def test_no_value_goes_beyond_the_ends():
    engine = Engine()
    graph = engine.handle(OpenModel("lenet5")).graph
    engine.handle(RunImage(FOLDER / "digits" / "digit_7_a.png"))
    checked = 0
    for each in graph.nodes:
        bounds = bounds_of(each)
        if bounds is not None:
            values = engine.handle(GetActivation(each.name)).values
            assert bounds[0] - 1e-6 <= values.min() <= values.max() <= bounds[1] + 1e-6
            assert saturated_share(values, bounds).max() <= 1
            checked += 1
    assert checked >= 4


@pytest.mark.parametrize("kind", ["ReLU", "Conv2D"])
def test_limits_that_are_no_numbers_are_none(kind):
    assert bounds_of(node(kind, max_value=None, activation=None)) is None
