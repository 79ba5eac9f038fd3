"""The digits, training on them, and the network that ships."""

import hashlib
import json
from functools import cache

import keras
import numpy as np
import pytest
from PIL import Image

from models import assign, digits, training, weights
from models.registry import find
from models.weights import ASSETS, WeightsError

SHIPPED = {id_: weights.source_of(find(id_), "shipped") for id_ in digits.LEARNERS}


@cache
def shipped(id_="lenet5_modern"):
    with assign.symbolic():
        model = find(id_).build()
    assign.load(model, weights.fetch(SHIPPED[id_]))
    return model


each_learner = pytest.mark.parametrize("id_", digits.LEARNERS)


def test_a_stratified_fifth_is_held_out():
    seen, unseen = digits.training_split()
    total = np.bincount(digits.load().labels)
    held = np.bincount(unseen.labels)
    assert total.sum() == 1797
    np.testing.assert_allclose(held, total / 5, atol=0.5)
    np.testing.assert_array_equal(np.bincount(seen.labels), total - held)


def test_no_held_out_picture_is_trained_on():
    seen, unseen = digits.training_split()
    trained = {picture.tobytes() for picture in seen.pictures}
    assert not any(picture.tobytes() in trained for picture in unseen.pictures)


def test_enlarging_keeps_ink_and_place():
    cells = np.zeros((8, 8), int)
    cells[1:4, 5:7] = 16
    picture = digits.enlarge(cells)
    assert picture.shape == (32, 32)
    assert picture.max() == 255
    bright = np.argwhere(picture > 127)
    np.testing.assert_array_equal(bright.min(axis=0), [4 + 3, 4 + 15])
    np.testing.assert_array_equal(bright.max(axis=0), [4 + 11, 4 + 20])


@each_learner
def test_the_tensor_is_that_of_the_catalogs_preprocessing(id_):
    steps = find(id_).preprocessing
    picture = digits.load().pictures[:1]
    expected = (picture[..., None] * steps.scale - steps.mean[0]) / steps.std[0]
    np.testing.assert_allclose(training.to_tensor(picture, id_), expected, atol=1e-6)
    assert (steps.order, steps.invert, steps.resize) == ("grey", False, digits.SIZE)


def test_distortions_keep_range_and_centre():
    pictures = digits.load().pictures[:400]
    changed = training.distort(pictures, np.random.default_rng(0))
    assert changed.shape == (400, 32, 32, 1)
    assert changed.dtype == np.float32
    assert 0 <= changed.min() < changed.max() <= 1

    def centre(batch):
        rows = np.arange(32)[None, :, None] * batch
        return (rows.sum(axis=(1, 2)) / batch.sum(axis=(1, 2))).mean()

    assert centre(changed[..., 0]) == pytest.approx(centre(pictures.astype(float)), abs=0.6)


def test_no_distortion_gives_the_picture_back():
    """Every range of chance at its middle, contrast left alone."""

    class Middle:
        def __init__(self):
            self.calls = 0

        def uniform(self, low=0.0, high=1.0, size=None):
            self.calls += 1
            middle = {3: 1.0, 4: 1.0, 6: 0.0}.get(self.calls, (low + high) / 2)
            return np.full(size, middle)

    pictures = digits.load().pictures[:5]
    same = training.distort(pictures, Middle())
    np.testing.assert_allclose(same, training.to_tensor(pictures), atol=1e-6)


@each_learner
def test_two_epochs_learn_and_repeat_exactly(id_):
    told = []
    first = training.train(id_, epochs=2, seed=3, progress=told.append)
    again = training.train(id_, epochs=2, seed=3)
    assert first.losses[1] < 0.8 * first.losses[0]
    assert first.losses == again.losses
    for one, two in zip(first.model.get_weights(), again.model.get_weights(), strict=True):
        np.testing.assert_array_equal(one, two)
    assert [(epoch.number, epoch.of, epoch.loss) for epoch in told] == [
        (1, 2, first.losses[0]),
        (2, 2, first.losses[1]),
    ]
    assert first.record.right == training.count_right(first.model, digits.training_split()[1])


def test_training_can_be_stopped():
    class Stop(Exception):
        pass

    def stop():
        raise Stop

    with pytest.raises(Stop):
        training.train(epochs=1, checkpoint=stop)


@pytest.mark.parametrize("wrong", [{"epochs": 0}, {"seed": -1}])
def test_training_needs_an_epoch_and_a_seed(wrong):
    with pytest.raises(ValueError, match="1 epoch or more"):
        training.train(**wrong)


def test_saving_writes_weights_and_record(tmp_path):
    record = training.Record(9, 10, 0.9, 40, 1, 0, 1998, "command", "3")
    path = tmp_path / "mine.weights.h5"
    beside = training.save(training.Trained(shipped(), record, (1.0,)), path)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["mine.json", "mine.weights.h5"]
    assert json.loads(beside.read_text())["right"] == 9
    with assign.symbolic():
        model = find("lenet5_modern").build()
    assign.load(model, path)
    for one, two in zip(model.get_weights(), shipped().get_weights(), strict=True):
        np.testing.assert_array_equal(one, two)


@pytest.mark.parametrize(
    ("name", "says"), [("mine.h5", "ends in .weights.h5"), ("no/a.weights.h5", "cannot be written")]
)
def test_saving_where_it_cannot_be(tmp_path, name, says):
    trained = training.Trained(shipped(), training.Record(0, 0, 0, 0, 0, 0, 0, "", ""), ())
    with pytest.raises(WeightsError, match=says):
        training.save(trained, tmp_path / name)
    assert list(tmp_path.iterdir()) == []


@each_learner
def test_the_shipped_network_is_as_good_as_its_record_says(id_):
    record = weights.training_record(SHIPPED[id_])
    unseen = digits.training_split()[1]
    assert training.count_right(shipped(id_), unseen) == record["right"]
    assert record["held_out"] == len(unseen.labels)
    assert record["accuracy"] == round(record["right"] / record["held_out"], 4) >= 0.98
    note = SHIPPED[id_].note.replace("\n", " ")
    assert f"right on {record['right']} of {record['held_out']}" in note


@each_learner
def test_the_record_names_the_command_that_made_it(id_):
    record = weights.training_record(SHIPPED[id_])
    epochs, seed = training.EPOCHS[id_], training.SEED
    command = f"python main.py train {id_} --epochs {epochs} --seed {seed}"
    assert record["command"] == command
    assert (record["epochs"], record["seed"]) == (epochs, seed)
    assert record["split_seed"] == digits.SPLIT_SEED


@each_learner
def test_the_shipped_file_is_small_and_the_one_in_the_catalog(id_):
    path = weights.fetch(SHIPPED[id_])
    assert path.stat().st_size < 400_000
    assert hashlib.sha256(path.read_bytes()).hexdigest() == SHIPPED[id_].sha256


def test_sample_digits_are_held_out_and_recognised():
    files = sorted((ASSETS / "samples/digits").glob("*.png"))
    labels = [int(file.stem.split("_")[1]) for file in files]
    assert np.bincount(labels).tolist() == [3] * 10
    pictures = np.stack([np.array(Image.open(file)) for file in files])
    assert pictures.shape == (30, 32, 32)
    assert pictures.dtype == np.uint8
    unseen = digits.training_split()[1]
    for picture, label in zip(pictures, labels, strict=True):
        same = (unseen.pictures == picture).all(axis=(1, 2))
        assert unseen.labels[same].tolist() == [label]
    scores = keras.ops.convert_to_numpy(shipped()(training.to_tensor(pictures)))
    assert scores.argmax(axis=1).tolist() == labels


def test_six_photos_ship_with_their_licences():
    photos = sorted((ASSETS / "samples/photos").iterdir())
    assert len(photos) == 6
    sources = (ASSETS / "SOURCES.md").read_text(encoding="utf-8")
    for photo in photos:
        assert f"| {photo.name} |" in sources
        with Image.open(photo) as image:
            image.load()
            assert min(image.size) >= 224
