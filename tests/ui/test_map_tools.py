"""The tools above the maps and the filters, on a real network."""

import numpy as np
import pytest
from PIL import Image
from PySide6.QtWidgets import QFileDialog, QInputDialog

from cnnviz.tiling import Cell
from ui.samples import samples


@pytest.fixture
def bench(make_workbench, network_with_norm):
    bench = make_workbench()
    bench.start(str(network_with_norm), samples("photo")[0])
    return bench


@pytest.fixture(scope="session")
def network_with_norm(tmp_path_factory):
    """Two units with batch norm of random statistics; some maps are dead, two filters are twins."""
    import keras

    rng = np.random.default_rng(0)
    inputs = keras.Input((32, 32, 3), name="photo")
    x = keras.layers.Conv2D(12, 3, use_bias=False, name="conv")(inputs)
    x = keras.layers.BatchNormalization(name="norm")(x)
    x = keras.layers.ReLU(name="relu")(x)
    x = keras.layers.MaxPooling2D(2, name="pool")(x)
    x = keras.layers.GlobalAveragePooling2D(name="mean")(x)
    model = keras.Model(inputs, keras.layers.Dense(4, activation="softmax", name="answer")(x))
    kernel = rng.normal(size=(3, 3, 3, 12))
    kernel[..., 9] = 1.01 * kernel[..., 2]
    kernel[..., 4] = 0
    model.get_layer("conv").set_weights([kernel])
    beta = rng.normal(0, 0.2, 12)
    beta[[4, 7]] = -100  # behind the ReLU these are zero everywhere
    statistics = {
        "gamma": rng.uniform(0.5, 1.5, 12),
        "beta": beta,
        "moving_mean": rng.normal(size=12),
        "moving_variance": rng.uniform(0.5, 2, 12),
    }
    norm = model.get_layer("norm")
    norm.set_weights([statistics[weight.name] for weight in norm.weights])
    file = tmp_path_factory.mktemp("norm") / "normed.keras"
    model.save(file)
    return file


def choose(box, data):
    box.setCurrentIndex(box.findData(data))
    box.activated.emit(box.currentIndex())


def test_sorting_moves_tiles_and_clicks_follow(bench):
    bench.commands.go_to("conv")
    values = bench.controller.activation.values
    choose(bench.maps.tools.order, "maximum")
    order = np.argsort(-values.max(axis=(0, 1)), kind="stable")
    np.testing.assert_array_equal(bench.maps._order, order)
    picked = []
    bench.maps.position_clicked.connect(picked.append)
    bench.maps.atlas.clicked.emit(Cell(3, 5, 6))
    assert picked == [(int(order[3]), 5, 6)]
    assert bench.controller.selection.channel == order[3]
    assert bench.maps.atlas.selection.channel == 3
    assert bench.maps.detail.channel == order[3]
    value = values[5, 6, order[3]]
    bench.maps.atlas.hovered.emit(Cell(3, 5, 6))
    assert f"channel {order[3]}" in bench.maps.readout.text()
    assert float(bench.maps.readout.text().split("value ")[1].replace("−", "-")) == pytest.approx(
        float(value), rel=1e-4
    )


def test_similarity_is_to_the_selected_map(bench):
    bench.controller.select("conv", 2, 1, 1)
    choose(bench.maps.tools.order, "similarity")
    assert bench.maps._order[:2].tolist() == [2, 9], "its twin comes next"


def test_dead_maps_are_hidden_and_the_selection_may_be_one(bench):
    bench.commands.go_to("relu")
    bench.maps.tools.hide_dead.setChecked(True)
    dead = np.flatnonzero(bench.controller.activation.values.max(axis=(0, 1)) == 0)
    assert {4, 7} <= set(dead.tolist())
    assert bench.maps.atlas.sheet.shape[2] == 12 - dead.size
    bench.controller.select("relu", 7, 0, 0)
    assert bench.maps.atlas.selection is None
    assert bench.maps.detail.channel == 7
    bench.maps.tools.hide_dead.setChecked(False)
    assert bench.maps.atlas.sheet.shape[2] == 12
    assert bench.maps.atlas.selection.channel == 7


def test_a_pinned_map_stays_while_layers_and_images_change(bench):
    bench.controller.select("conv", 3, 4, 4)
    kept = bench.controller.activation.values[..., 3].copy()
    bench.maps.tools.pin.click()
    pinned = bench.maps.pinned
    assert pinned.isVisible()
    assert pinned.detail.title.whole == f"conv · channel 3 · {bench.maps._origin.image}"
    bench.controller.run_image(samples("photo")[1])
    bench.commands.go_to("relu")
    np.testing.assert_array_equal(pinned.detail._measures.values[..., 0], kept)
    pinned.unpin.click()
    assert not pinned.isVisible()


def test_on_the_photo_a_click_selects_the_cell_that_lies_there(bench):
    bench.controller.select("pool", 0, 3, 3)
    bench.maps.tools.on_photo.setChecked(True)
    sheet = bench.maps.detail.map.sheet
    assert sheet.shape == (32, 32, 1)
    # conv 3x3 without padding, then 2x2 pooling: cell (r, c) looks at rows 2r..2r+3.
    bench.maps.detail.map.clicked.emit(Cell(0, 2 * 7 + 1, 2 * 5 + 2))
    selection = bench.controller.selection
    assert (selection.row, selection.column) == (7, 5)
    marked = bench.maps.detail.map.selection
    assert 14 <= marked.row <= 17
    assert 10 <= marked.column <= 13
    bench.commands.go_to("mean")
    bench.commands.go_to("conv")
    bench.maps.tools.on_photo.setChecked(False)
    assert bench.maps.detail.map.sheet.shape == (30, 30, 1)


def size_of(file):
    with Image.open(file) as picture:
        return picture.size


@pytest.mark.parametrize("what", ["atlas", "map", "values", "statistics"])
def test_saving_writes_what_was_chosen(bench, tmp_path, monkeypatch, what):
    target = tmp_path / {"values": "v.npz", "statistics": "s.csv"}.get(what, "p.png")
    monkeypatch.setattr(QInputDialog, "getInt", lambda *args: (2, True))
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *args: (str(target), ""))
    bench.controller.select("conv", 3, 4, 4)
    bench.maps.tools.save_wanted.emit(what)
    assert str(target) in bench.window.message_line.label.text()
    values = bench.controller.activation.values
    if what == "map":
        assert size_of(target) == (60, 60)
    elif what == "atlas":
        width, height = size_of(target)
        assert (width + 1) % 61 == (height + 1) % 61 == 0
        assert (width + 1) // 61 * ((height + 1) // 61) >= 12
    elif what == "values":
        np.testing.assert_array_equal(np.load(target)["values"], values)
    else:
        assert len(target.read_text().splitlines()) == 13


def test_a_place_that_cannot_be_written_is_told(bench, tmp_path, monkeypatch):
    target = tmp_path / "nowhere" / "v.npy"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *args: (str(target), ""))
    bench.maps.tools.save_wanted.emit("values")
    assert "cannot be written" in bench.window.message_line.label.text()


def test_batch_norm_is_folded_in_on_request_and_proven(bench):
    bench.tabs.setCurrentWidget(bench.filters)
    bench.commands.go_to("conv")
    filters = bench.filters
    assert filters.fold.isVisible()
    plain = filters._weights.values["kernel"]
    assert "Near-duplicates (cosine): 2 and 9" in filters.findings.text()
    assert "1 filter is next to zero: 4." in filters.findings.text()
    filters.fold.setChecked(True)
    assert "norm folded in" in filters.findings.text()
    assert filters._weights.folding.difference <= 1e-5 * filters._weights.folding.largest
    assert filters.variable.count() == 2, "it has a bias now"
    assert not np.allclose(filters._weights.values["kernel"], plain)
    bench.commands.go_to("answer")
    assert not filters.fold.isVisible()
    bench.commands.go_to("conv")
    filters.fold.setChecked(False)
    np.testing.assert_array_equal(filters._weights.values["kernel"], plain)


def test_filters_sorted_by_norm_answer_clicks_with_their_own_number(bench):
    bench.tabs.setCurrentWidget(bench.filters)
    bench.commands.go_to("conv")
    filters = bench.filters
    choose(filters.sorting, "strongest")
    norms = np.linalg.norm(filters._weights.values["kernel"].reshape(-1, 12), axis=0)
    order = np.argsort(-norms, kind="stable")
    filters.atlas.clicked.emit(Cell(2, 1, 1))
    assert bench.controller.selection.channel == order[2]
    assert filters.detail.title.whole.startswith(f"Filter {order[2]}")
