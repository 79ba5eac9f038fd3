"""A full trace, against one call of Keras that returns every output of the same model."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.benchmarks.measure import Figure, alternately, ratio

ROUNDS = 15
LIMIT = 1.15


def run() -> list[Figure]:
    """Measure."""
    return [figure for name in ("vgg16", "resnet50") for figure in _measure(name)]


def _measure(name: str) -> list[Figure]:
    from cnnviz.engine import Engine
    from cnnviz.requests import OpenModel, Reporter, RunImage, SetWeights
    from models.registry import find

    engine = Engine()
    engine.handle(OpenModel(name))
    engine.handle(SetWeights("random"))
    rng = np.random.default_rng(0)
    picture = rng.integers(0, 256, (224, 224, 3), dtype=np.uint8)
    multi = _multi_output(name)
    tensor = rng.random((1, 224, 224, 3), np.float32)
    results: list[Any] = []

    def trace() -> None:
        results[:] = [engine.handle(RunImage(picture))]

    def keras() -> None:
        results[:] = [multi(tensor)]

    for _ in range(2):
        trace()
        keras()
    ours, theirs = alternately(ROUNDS, trace, keras)
    entry = find(name)
    detail = f"with statistics of all nodes, median of {ROUNDS}"
    figures = [ratio(f"Trace of {entry.name}", ours, theirs, LIMIT, detail)]
    engine.use_idle_time(Reporter())
    fast, theirs = alternately(ROUNDS, trace, keras)
    figures.append(
        ratio(f"Trace of {entry.name}, compiled", fast, theirs, LIMIT, f"median of {ROUNDS}")
    )
    return figures


def _multi_output(name: str) -> Any:
    import keras

    from cnnviz.calls import walk
    from models import assign
    from models.registry import find

    with assign.symbolic():
        model = find(name).build()
    assign.randomize(model)
    return keras.Model(model.input, [tensor for call in walk(model) for tensor in call.outputs])
