"""A photo through another model than the open one."""

import numpy as np
import pytest

from cnnviz.beside import maps_of
from cnnviz.engine import Engine
from cnnviz.errors import Cancelled, UserError
from cnnviz.requests import GetActivation, OpenModel, Reporter, RunBeside, RunImage, SetWeights


@pytest.fixture(scope="module")
def digit():
    rng = np.random.default_rng(3)
    return rng.integers(0, 256, (32, 32), np.uint8)


def test_what_runs_beside_is_what_would_run_alone(digit):
    engine, alone = Engine(), Engine()
    engine.handle(OpenModel("lenet5_modern"))
    before = engine.handle(RunImage(digit))
    mine = engine.handle(GetActivation("c1_conv")).values.copy()
    beside = engine.handle(RunBeside(OpenModel("lenet5"), RunImage(digit), ("c3_conv",)))
    alone.handle(OpenModel("lenet5"))
    result = alone.handle(RunImage(digit))
    assert beside.predictions == result.predictions[:5]
    assert beside.weights == result.weights
    values = alone.handle(GetActivation("c3_conv")).values
    maps = beside.maps["c3_conv"]
    assert maps.shape == values.shape
    variances = values.var(axis=(0, 1))
    assert list(maps.channels) == list(np.argsort(-variances, kind="stable")[:4])
    assert all(codes.shape == values.shape[:2] for codes in maps.maps)
    # What is open was not touched.
    np.testing.assert_array_equal(engine.handle(GetActivation("c1_conv")).values, mine)
    again = engine.handle(RunImage(digit)).predictions
    assert [each.label for each in again[:3]] == [each.label for each in before.predictions[:3]]
    np.testing.assert_allclose(again.scores, before.predictions.scores, atol=1e-5)


def test_its_progress_is_not_that_of_the_open_model(digit):
    told = []

    class Listener(Reporter):
        def report(self, progress):
            told.append(progress)

    Engine().handle(RunBeside(OpenModel("lenet5_modern"), RunImage(digit), ()), Listener())
    assert told
    assert all(p.done is None and p.input_picture is None for p in told)


def test_cancel_leaves_everything(digit):
    engine = Engine()
    engine.handle(OpenModel("lenet5_modern"))
    engine.handle(SetWeights("random"))
    engine.handle(RunImage(digit))

    class Impatient(Reporter):
        checks = 0

        def checkpoint(self):
            self.checks += 1
            if self.checks > 4:
                raise Cancelled

    with pytest.raises(Cancelled):
        engine.handle(
            RunBeside(OpenModel("lenet5_modern"), RunImage(digit), ("c1_conv",)), Impatient()
        )
    assert engine.handle(GetActivation("c1_conv")).values.size


def test_a_node_that_is_not_there(digit):
    with pytest.raises(UserError, match="no layer 'nothing'"):
        Engine().handle(RunBeside(OpenModel("lenet5_modern"), RunImage(digit), ("nothing",)))


def test_maps_of_what_has_none():
    assert maps_of(np.arange(10, dtype=np.float32), 4, 8).maps == ()
    found = maps_of(np.full((4, 4, 3), np.nan, np.float32), 2, 8)
    assert len(found.maps) == 2
    large = maps_of(np.random.default_rng(0).normal(size=(100, 50, 6)).astype(np.float32), 4, 20)
    assert [codes.shape for codes in large.maps] == [(20, 10)] * 4
