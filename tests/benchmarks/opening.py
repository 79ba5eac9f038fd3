"""Opening an architecture, against building the same network in Keras with its weights.

Opening is all that stands between the click and the painted graph: symbolic build, layer graph,
costs, receptive fields, groups, layout.
"""

from __future__ import annotations

import gc
from collections.abc import Callable
from typing import Any

from tests.benchmarks.measure import Figure, alternately, ratio

ROUNDS = 5


def run() -> list[Figure]:
    """Measure."""
    from cnnviz import backend

    backend.prepare()
    import keras

    from models.registry import find

    figures = []
    applications = keras.applications
    for name, limit, plain in (
        ("vgg16", 0.05, lambda: applications.VGG16(weights=None)),
        ("inception_resnet_v2", 0.4, lambda: applications.InceptionResNetV2(weights=None)),
    ):
        entry = find(name)
        _open(entry.build)
        ours, theirs = alternately(ROUNDS, lambda build=entry.build: _open(build), _once(plain))
        detail = f"median of {ROUNDS}"
        figures.append(ratio(f"Opening {entry.name}", ours, theirs, limit, detail))
    return figures


def _open(build: Callable[[], Any]) -> None:
    from cnnviz.costs import graph_costs
    from cnnviz.extract import graph_from_model
    from cnnviz.receptive_field import receptive_fields
    from models.assign import symbolic
    from ui.graph.unfolding import Unfolding

    with symbolic():
        model = build()
    graph = graph_from_model(model)
    costs = graph_costs(graph)
    receptive_fields(graph)
    Unfolding(graph, costs, None, "down")


def _once(plain: Callable[[], Any]) -> Callable[[], None]:
    """Build and throw away."""
    import keras

    def work() -> None:
        plain()
        keras.utils.clear_session()
        gc.collect()

    return work
