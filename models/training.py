"""Training the two LeNets on the digits that ship."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from models import digits
from models.assign import randomize, symbolic
from models.registry import find
from models.weights import Checkpoint, WeightsError, nothing

EPOCHS = MappingProxyType({"lenet5_modern": 60, "lenet5": 150})
LEARNING_RATE = MappingProxyType({"lenet5_modern": 2e-3, "lenet5": 1e-3})
SEED = 0
BATCH = 32

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Epoch:
    """What came of one epoch: its number from 1, of how many, and the mean loss and accuracy."""

    number: int
    of: int
    loss: float
    accuracy: float


@dataclass(frozen=True, slots=True)
class Record:
    """How a network was trained, and how good it is on digits that it never saw.

    Attributes:
        right: How many of the held-out digits it gets right.
        held_out: How many there are.
        train: How many it was trained on.
        epochs: How often it saw those, each time distorted anew.
        seed: Of its first weights, the order and the distortions.
        split_seed: Decides which digits are held out.
        command: What makes the same weights again.
        keras: Version that trained it.
    """

    right: int
    held_out: int
    accuracy: float
    train: int
    epochs: int
    seed: int
    split_seed: int
    command: str
    keras: str


@dataclass(frozen=True)
class Trained:
    """A trained model, its record, and the mean loss of each epoch."""

    model: Any
    record: Record
    losses: tuple[float, ...]


def train(
    network: str = "lenet5_modern",
    epochs: int | None = None,
    seed: int = SEED,
    progress: Callable[[Epoch], None] = nothing,
    checkpoint: Checkpoint = nothing,
) -> Trained:
    """Train a LeNet; the same seed on the same machine gives the same weights.

    Args:
        network: Its id, one of `digits.LEARNERS`.
        epochs: How often every digit is shown, 1 or more; `EPOCHS` when None.
        seed: Of the first weights, the order and the distortions; 0 or more.
        progress: Told after each epoch.
        checkpoint: Called before each batch; raises to stop.

    Raises:
        ValueError: For less than one epoch or a negative seed.
    """
    epochs = EPOCHS[network] if epochs is None else epochs
    if epochs < 1 or seed < 0:
        raise ValueError(
            f"Training needs 1 epoch or more and a seed of 0 or more, not {epochs} and {seed}."
        )
    seen, unseen = digits.training_split()
    with symbolic():
        model = find(network).build()
    randomize(model, seed)
    rng = np.random.default_rng(seed)
    batches = math.ceil(len(seen.labels) / BATCH)
    rate = keras.optimizers.schedules.CosineDecay(LEARNING_RATE[network], epochs * batches)
    # The optimiser's state stays with the learner, out of the weights that are saved.
    if network == "lenet5":
        # The paper's second loss: the penalty of the right digit, plus the log of the sum of
        # exp(-penalty) over all. From probabilities it would be lost: far codes get none at all.
        learner = keras.Model(model.inputs, model.get_layer("output_log_likelihood").output)
    else:
        learner = keras.Model(model.inputs, model.outputs)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=network == "lenet5")
    learner.compile(keras.optimizers.Adam(rate), loss=loss, metrics=["accuracy"])
    losses = []
    for number in range(1, epochs + 1):
        order = rng.permutation(len(seen.labels))
        pictures = _scaled(distort(seen.pictures[order], rng), 255, network)
        labels = seen.labels[order]
        sums = np.zeros(2)
        for start in range(0, len(order), BATCH):
            checkpoint()
            part = slice(start, start + BATCH)
            means = learner.train_on_batch(pictures[part], labels[part])
            sums += np.array(means, dtype=float) * len(labels[part])
        loss, accuracy = (sums / len(order)).tolist()
        losses.append(loss)
        progress(Epoch(number, epochs, loss, accuracy))
    right = count_right(model, unseen)
    record = Record(
        right=right,
        held_out=len(unseen.labels),
        accuracy=round(right / len(unseen.labels), 4),
        train=len(seen.labels),
        epochs=epochs,
        seed=seed,
        split_seed=digits.SPLIT_SEED,
        command=f"python main.py train {network} --epochs {epochs} --seed {seed}",
        keras=keras.__version__,
    )
    return Trained(model, record, tuple(losses))


def count_right(model: Any, of: digits.Digits) -> int:
    """How many digits a model of the catalog gets right."""
    pictures = to_tensor(of.pictures, model.name)
    scores = keras.ops.convert_to_numpy(model(pictures, training=False))
    return int((scores.argmax(axis=1) == of.labels).sum())


def to_tensor(pictures: NDArray[np.uint8], network: str = "lenet5_modern") -> Floats:
    """What a network takes, shape (N, 32, 32, 1): its preprocessing in the catalog."""
    return _scaled(pictures.astype(np.float32), 1, network)[..., np.newaxis]


def _scaled(pixels: Floats, full: float, network: str) -> Floats:
    """Pixels, `full` of which make the catalog's 0..255, as a network takes them."""
    steps = find(network).preprocessing
    scale, mean, std = map(np.float32, (full * steps.scale, steps.mean[0], steps.std[0]))
    return (pixels * scale - mean) / std


def distort(pictures: NDArray[np.uint8], rng: np.random.Generator) -> Floats:
    """Each picture turned, sized, slanted, moved, and drawn with another pen.

    The digits were scanned small, with soft edges; one drawn by mouse has hard ones, and stands
    anywhere. So the contrast varies from none to hard as well.

    Args:
        pictures: Shape (N, 32, 32), uint8.
        rng: Where chance comes from.

    Returns:
        Shape (N, 32, 32, 1), 0..1.
    """
    n = len(pictures)
    turn = rng.uniform(-0.25, 0.25, n)
    slant = rng.uniform(-0.2, 0.2, n)
    height = rng.uniform(0.65, 1.3, n)
    width = height * rng.uniform(0.75, 1.3, n)
    move = rng.uniform(-3.5, 3.5, (n, 2))
    # Where each target pixel is looked up, relative to the centre: the inverse of the distortion.
    centre = (digits.SIZE - 1) / 2
    rows, columns = np.mgrid[: digits.SIZE, : digits.SIZE] - centre
    rows = rows - move[:, 0, None, None]
    columns = columns - move[:, 1, None, None]
    cos, sin = np.cos(turn)[:, None, None], np.sin(turn)[:, None, None]
    up = (cos * rows - sin * columns) / height[:, None, None]
    along = (sin * rows + cos * columns) / width[:, None, None] + slant[:, None, None] * up
    drawn = _look_up(pictures / np.float32(255), up + centre, along + centre)

    soft = rng.uniform(size=n) < 0.4
    floor = np.where(soft, 0, rng.uniform(0.1, 0.4, n))[:, None, None]
    gain = np.where(soft, 1, rng.uniform(1.2, 5, n))[:, None, None]
    return ((drawn - floor) * gain).clip(0, 1).astype(np.float32)[..., np.newaxis]


def _look_up(pictures: NDArray[Any], rows: NDArray[Any], columns: NDArray[Any]) -> NDArray[Any]:
    """Bilinear values at fractional positions, shape (N, H, W); dark beyond the edges."""
    padded = np.pad(pictures, ((0, 0), (1, 2), (1, 2)))
    rows = rows.clip(-1, digits.SIZE) + 1
    columns = columns.clip(-1, digits.SIZE) + 1
    top, left = rows.astype(int), columns.astype(int)
    down, right = rows - top, columns - left
    which = np.arange(len(pictures))[:, None, None]
    above = padded[which, top, left] * (1 - right) + padded[which, top, left + 1] * right
    below = padded[which, top + 1, left] * (1 - right) + padded[which, top + 1, left + 1] * right
    return above * (1 - down) + below * down


def save(trained: Trained, path: Path) -> Path:
    """Write the weights and, beside them, the record as JSON; an old file stays whole until then.

    Args:
        trained: What `train` gave.
        path: Ends in ".weights.h5".

    Returns:
        The JSON file.

    Raises:
        WeightsError: The name ends otherwise, or the folder cannot be written.
    """
    ending = ".weights.h5"
    if not path.name.endswith(ending):
        raise WeightsError(f"Weights are written to a file that ends in {ending}, not to {path}.")
    record = path.with_name(path.name.removesuffix(ending) + ".json")
    unfinished = path.with_name(f".{path.name}.part{ending}")
    try:
        trained.model.save_weights(unfinished)
        os.replace(unfinished, path)
        record.write_text(json.dumps(asdict(trained.record), indent=2) + "\n", encoding="utf-8")
    except OSError as error:
        unfinished.unlink(missing_ok=True)
        raise WeightsError(
            f"{path} cannot be written ({error.strerror or error}): choose another folder."
        ) from error
    return record
