"""Intensities by hand, the roof by its formula, and a device really measured."""

import keras
import pytest
from keras import layers

from cnnviz import peak
from cnnviz.breakdown import breakdown
from cnnviz.engine import Engine
from cnnviz.extract import graph_from_model
from cnnviz.requests import Device, DevicePeak, ListDevices, MeasurePeak
from cnnviz.roofline import attainable, ridge, spots, traffic

PEAK = DevicePeak(Device("cpu", "made up"), flops=8e9, bandwidth=2e9)


@pytest.fixture(scope="module")
def graph():
    x = keras.Input((8, 8, 3), name="x")
    shared = layers.Conv2D(4, 3, name="c", padding="same")
    y = layers.ReLU(name="r")(shared(x))
    y = layers.Dense(10, name="d", use_bias=False)(layers.Flatten(name="f")(y))
    return graph_from_model(keras.Model(x, y, name="net"))


def test_traffic_is_inputs_weights_and_outputs(graph):
    conv = 8 * 8 * 3 + (27 * 4 + 4) + 8 * 8 * 4
    assert traffic(graph, "c") == 4 * conv
    dense = 256 + 2560 + 10
    assert traffic(graph, "d") == 4 * dense
    # Weights are read once however many images there are; a smaller format halves it all.
    assert traffic(graph, "d", batch=8) == 4 * (8 * 256 + 2560 + 8 * 10)
    assert traffic(graph, "d", batch=8, dtype="float16") == 2 * (8 * 256 + 2560 + 8 * 10)


def test_spots_are_the_rows_that_multiply(graph):
    seconds = {node.name: 0.5 for node in graph.nodes}
    table = breakdown(graph, "operation", seconds=seconds)
    found = spots(table)
    assert [table.rows[spot.row].label for spot in found] == ["c", "d"]
    conv = found[0]
    assert conv.flops == 2 * 8 * 8 * 4 * 27
    assert conv.intensity == pytest.approx(conv.flops / traffic(graph, "c"))
    assert conv.achieved == pytest.approx(conv.flops / 0.5)
    # A batch makes the dense layer worth its weights; nothing of it was measured.
    batched = spots(table, batch=64)
    assert found[1].intensity == 5120 / (4 * (256 + 2560 + 10))
    assert batched[1].intensity == 64 * 5120 / (4 * (64 * 256 + 2560 + 64 * 10))
    assert {spot.achieved for spot in batched} == {None}
    assert {spot.achieved for spot in spots(breakdown(graph, "operation"))} == {None}


def test_a_group_moves_what_its_operations_move(graph):
    table = breakdown(graph, "unit")
    [unit] = [i for i, row in enumerate(table.rows) if "c" in row.nodes]
    [spot] = [spot for spot in spots(table) if spot.row == unit]
    assert spot.traffic == sum(traffic(graph, name) for name in table.rows[unit].nodes)


@pytest.mark.parametrize(("intensity", "speed"), [(0.5, 1e9), (4, 8e9), (100, 8e9)])
def test_the_roof(intensity, speed):
    assert attainable(intensity, PEAK) == speed
    assert ridge(PEAK) == 4


def test_a_device_is_measured_once(monkeypatch):
    monkeypatch.setattr(peak, "_BYTES", 8 << 20)
    monkeypatch.setattr(peak, "_LONG_ENOUGH", 0.002)
    monkeypatch.setattr(peak, "_known", {})
    engine = Engine()
    device = engine.handle(ListDevices())[-1]
    found = engine.handle(MeasurePeak(device))
    assert found.device == device
    assert found.flops > 1e7
    assert found.bandwidth > 1e7
    assert engine.handle(MeasurePeak(device)) is found
