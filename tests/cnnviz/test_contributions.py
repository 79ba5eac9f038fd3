"""The terms of a value, against the value itself."""

import pytest

from cnnviz.contributions import contributions
from cnnviz.engine import Engine
from cnnviz.requests import GetActivation, GetWeights, OpenModel, RunImage
from models import digits


@pytest.fixture(scope="module")
def engine():
    engine = Engine()
    engine.handle(OpenModel("lenet5_modern"))
    engine.handle(RunImage(digits.load().pictures[3]))
    return engine


def terms(engine, name, position, most):
    graph = engine._need_model().graph
    node = graph.by_name[name]
    inputs = {source: engine.handle(GetActivation(source)).values for source in node.inputs}
    weights = engine.handle(GetWeights(name)).values if node.weights else {}
    value = engine.handle(GetActivation(name)).values[position]
    return contributions(graph, node, position, inputs, weights, most), float(value), weights


@pytest.mark.parametrize(
    ("name", "position"),
    [("c3_conv", (4, 5, 7)), ("f6_dense", (10,)), ("c1_conv", (0, 27, 2))],
)
def test_all_terms_with_the_bias_are_the_value(engine, name, position):
    found, value, weights = terms(engine, name, position, 10_000)
    total = sum(term.share for term in found.terms) + weights["bias"][position[-1]]
    assert max(total, 0) == pytest.approx(value, abs=1e-4)
    for term in found.terms:
        assert term.share == pytest.approx(term.value * term.weight, abs=1e-6)
    shares = [abs(term.share) for term in found.terms]
    assert shares == sorted(shares, reverse=True)
    few, _, _ = terms(engine, name, position, 3)
    assert few.terms == found.terms[:3]
    assert few.count == found.count


def test_a_pool_names_its_winner(engine):
    found, value, _ = terms(engine, "s2_pool", (6, 7, 3), 5)
    [term] = found.terms
    assert term.value == pytest.approx(value)
    assert term.place[2] == 3
    assert {term.place[0] // 2, term.place[1] // 2} == {6, 7}


def test_what_is_not_followed_is_left_out(engine):
    graph = engine._need_model().graph
    flatten = next(node for node in graph.nodes if node.type == "Flatten")
    assert contributions(graph, flatten, (3,), {}, {}) is None
    assert contributions(graph, graph.by_name["c3_conv"], (0, 0, 0), {}, {}) is None
