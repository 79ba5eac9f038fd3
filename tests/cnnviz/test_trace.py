"""Traces: what is kept, what is recomputed, and statistics against NumPy."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from cnnviz.graph import LayerGraph, Node, Source
from cnnviz.trace import PREVIEW_VALUES, Trace, plan_kept, preview_of, statistics


def node(name, layer_type, *inputs, size=10):
    return Node(name, layer_type, tuple(map(Source, inputs)), ((size,),))


def residual():
    """input -> conv -> norm -> relu -> add <- input; add -> pool -> dense."""
    return LayerGraph(
        "residual",
        (
            node("input", "InputLayer"),
            node("conv", "Conv2D", "input"),
            node("norm", "BatchNormalization", "conv"),
            node("relu", "ReLU", "norm"),
            node("add", "Add", "relu", "input"),
            node("pool", "MaxPooling2D", "add"),
            node("dense", "Dense", "pool"),
        ),
        (Source("dense"),),
    )


SIZES = {"input": 40, "conv": 40, "norm": 40, "relu": 40, "add": 40, "pool": 10, "dense": 4}


class Computer:
    """Each node is a known function, and every computation is counted."""

    def __init__(self):
        self.computed = []

    def __call__(self, name, inputs):
        self.computed.append(name)
        return (function(name, *inputs),)


def function(name, *inputs):
    return {
        "input": lambda: np.arange(10, dtype=np.float32)[None],
        "conv": lambda x: x * 3 - 10,
        "norm": lambda x: x / 7,
        "relu": lambda x: np.maximum(x, 0),
        "add": lambda x, y: x + y,
        "pool": lambda x: x[:, ::2] * 1,
        "dense": lambda x: x[:, :2] * 2,
    }[name](*inputs)


def filled(graph, keep=None):
    computer = Computer()
    trace = Trace(graph, computer, keep)
    values = {}
    for step in graph.nodes:
        values[step.name] = function(step.name, *(values[name] for name in step.inputs))
        trace.add(step.name, (values[step.name],))
    return trace, values, computer


def test_all_is_kept_when_it_fits():
    assert plan_kept(residual(), SIZES, 214) == set(SIZES)


def test_inputs_and_outputs_are_kept_whatever_the_budget():
    assert plan_kept(residual(), SIZES, 0) == {"input", "dense"}


@pytest.mark.parametrize(
    ("budget", "also"),
    [
        (44 + 10, {"pool"}),
        (44 + 50, {"pool", "conv"}),
        (44 + 90, {"pool", "conv", "add"}),  # both before the norm and the relu
        (44 + 130, {"pool", "conv", "add", "norm"}),
    ],
)
def test_convolutions_additions_and_pools_come_first(budget, also):
    assert plan_kept(residual(), SIZES, budget) == {"input", "dense"} | also


@pytest.mark.parametrize("budget", range(0, 230, 10))
def test_every_activation_can_be_had_from_any_budget(budget):
    graph = residual()
    trace, values, computer = filled(graph, plan_kept(graph, SIZES, budget))
    for name, expected in values.items():
        computer.computed.clear()
        before = trace.recomputed
        (got,) = trace.outputs(name)
        np.testing.assert_array_equal(got, expected)
        assert trace.recomputed - before == len(computer.computed)
        assert not any(trace.is_kept(again) for again in computer.computed)


def test_recomputing_starts_at_the_nearest_kept_ancestors():
    trace, _, computer = filled(residual(), {"input", "conv", "add", "dense"})
    trace.outputs("relu")
    assert computer.computed == ["norm", "relu"]
    assert trace.to_recompute("pool") == ["pool"]
    assert trace.to_recompute("conv") == []


def test_bytes_are_those_of_the_kept_arrays():
    trace, values, _ = filled(residual(), {"input", "conv"})
    assert trace.nbytes == values["input"].nbytes + values["conv"].nbytes


def test_an_array_that_shares_its_memory_is_kept_and_costs_nothing():
    graph = LayerGraph(
        "aliases",
        (
            node("input", "InputLayer"),
            node("dropout", "Dropout", "input"),
            node("flatten", "Flatten", "dropout"),
            node("relu", "ReLU", "flatten"),
        ),
        (Source("relu"),),
    )
    trace = Trace(graph, Computer(), {"input"})
    x = np.zeros((1, 2, 5), np.float32)
    trace.add("input", (x,))
    trace.add("dropout", (x,))
    trace.add("flatten", (x.reshape(1, 10),))
    trace.add("relu", (np.maximum(x, 0),))
    assert [trace.is_kept(n.name) for n in graph.nodes] == [True, True, True, False]
    assert trace.nbytes == x.nbytes


def test_a_node_that_was_not_reached_is_not_there():
    trace = Trace(residual(), Computer())
    trace.add("input", (np.zeros((1, 10), np.float32),))
    assert "input" in trace
    assert "conv" not in trace
    with pytest.raises(KeyError):
        trace.outputs("conv")


FLOATS = hnp.arrays(
    np.float32,
    hnp.array_shapes(max_dims=4, max_side=9),
    elements=st.floats(-1e4, 1e4, width=32),
)


@given(FLOATS)
def test_statistics_are_those_of_numpy(values):
    stats = statistics(values)
    exact = values.astype(np.float64)
    scale = np.abs(exact).max() + 1e-30
    assert stats.minimum == values.min()
    assert stats.maximum == values.max()
    assert stats.mean == pytest.approx(exact.mean(), abs=1e-5 * scale)
    assert stats.std == pytest.approx(exact.std(), abs=1e-3 * scale)
    assert stats.zero_share == np.mean(values == 0)
    assert stats.not_finite == 0


@pytest.mark.parametrize("offset", [0.0, 1.0, 100.0, -30_000.0])
@pytest.mark.parametrize("size", [1, 1000, (1 << 16) - 1, 1 << 16, 300_001])
def test_statistics_of_large_arrays_far_from_zero(offset, size):
    values = (np.random.default_rng(size).normal(size=size) + offset).astype(np.float32)
    stats = statistics(values)
    exact = values.astype(np.float64)
    assert stats.mean == pytest.approx(exact.mean(), rel=1e-5, abs=1e-5)
    assert stats.std == pytest.approx(exact.std(), rel=1e-4, abs=1e-9)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_cells_that_are_not_finite_are_counted_and_left_out(bad):
    values = np.arange(12, dtype=np.float32).reshape(3, 4)
    values[1] = bad
    stats = statistics(values)
    rest = [0, 1, 2, 3, 8, 9, 10, 11]
    assert stats.not_finite == 4
    assert (stats.minimum, stats.maximum) == (0, 11)
    assert stats.mean == np.mean(rest)
    assert stats.std == np.std(rest)
    assert stats.zero_share == 1 / 12


def test_statistics_of_nothing_finite_and_of_nothing():
    nothing = statistics(np.full(5, np.nan, np.float32))
    assert nothing.not_finite == 5
    assert np.isnan(nothing.mean)
    assert statistics(np.zeros((0, 3), np.float32)).not_finite == 0


def test_values_whose_squares_overflow_float32_are_finite_all_the_same():
    stats = statistics(np.array([3e38, -3e38, 0], np.float32))
    assert stats.not_finite == 0
    assert stats.std == pytest.approx(np.std([3e38, -3e38, 0]), rel=1e-5)


@pytest.mark.parametrize("dtype", [np.float16, np.int32, np.bool_, np.float64])
def test_statistics_of_other_types(dtype):
    values = np.array([0, 1, 1, 0, 1], dtype)
    stats = statistics(values)
    assert stats.mean == pytest.approx(0.6)
    assert stats.zero_share == 0.4


@pytest.mark.parametrize(
    ("shape", "step"),
    [
        ((224, 224, 64), 4),
        ((112, 112, 64), 2),
        ((512, 512, 1), 1),
        ((512, 513, 1), 2),
        ((1, 1 << 18, 4), 2),
    ],
)
def test_a_preview_is_of_evenly_spaced_rows_and_columns(shape, step):
    values = np.arange(np.prod(shape), dtype=np.float32).reshape(1, *shape)
    preview = preview_of("conv", (values,))
    if step == 1:
        assert preview is None, "small enough to be sent whole"
        return
    assert preview.node == "conv"
    np.testing.assert_array_equal(preview.values, values[0, ::step, ::step])
    rows, columns, channels = preview.values.shape
    assert rows * columns * channels <= PREVIEW_VALUES + (rows + columns) * channels


def test_vectors_and_sequences_have_no_preview():
    assert preview_of("dense", (np.zeros((1, 1 << 20), np.float32),)) is None
    assert preview_of("conv1d", (np.zeros((1, 1 << 12, 256), np.float32),)) is None
