"""LeNet-5 (LeCun et al. 1998), as it was and with today's parts."""

from __future__ import annotations

from typing import Any

import keras
from keras import layers

from models.lenet_layers import RBF, SparseConnectionConv2D, Subsampling2D, scaled_tanh

# Which maps of S2 each map of C3 reads (Table I): six runs of three, six of four, three of four
# with a gap, and one that reads all.
C3_CONNECTIONS = (
    (0, 1, 2),
    (1, 2, 3),
    (2, 3, 4),
    (3, 4, 5),
    (0, 4, 5),
    (0, 1, 5),
    (0, 1, 2, 3),
    (1, 2, 3, 4),
    (2, 3, 4, 5),
    (0, 3, 4, 5),
    (0, 1, 4, 5),
    (0, 1, 2, 5),
    (0, 1, 3, 4),
    (1, 2, 4, 5),
    (0, 2, 3, 5),
    (0, 1, 2, 3, 4, 5),
)

# The digits 0 to 9 as 7 x 12 pictures, side by side: what F6 should look like for each (Fig. 3).
DIGITS = """
.#####. ...##.. .#####. ####### .#####. .#####. ..####. ####### .#####. .#####.
....... ..###.. ....... .....## ....... ....... .##.... .....## ##...## ##..###
..###.. .####.. .#####. ....##. ....... ####### ##..... .....## ##...## ##...##
.##.##. ...##.. ##...## ...##.. .##..## ##..... ##..... ....##. ##...## ##...##
##...## ...##.. #....## ..####. .##..## ##..... ######. ...##.. .#####. ##..###
##...## ...##.. ....##. .....## ###..## .####.. ###..## ...##.. ##...## .######
##...## ...##.. ..###.. .....## ##...## ..####. ##...## ..##... ##...## .....##
##...## ...##.. .##.... .....## ##...## .....## ##...## ..##... ##...## .....##
.##.##. ...##.. ##..... ##...## ##..### ##...## ###..## ..##... ##...## ....##.
..###.. .###### ####### .#####. .###### .#####. .#####. ..##... .#####. .####..
....... ....... ....... ....... .....## ....... ....... ....... ....... .......
....... ....... ....... ....... .....## ....... ....... ....... ....... .......
"""


def lenet5(
    input_shape: tuple[int, int, int] = (32, 32, 1),
    classes: int = 10,
    include_top: bool = True,
) -> Any:
    """The network of 1998: chosen connections, trained sub-sampling, codes that look like digits.

    Args:
        input_shape: (H, W, C).
        classes: Number of classes; there are codes for ten at most.
        include_top: Whether to end in F6 and the digits; without, in the maps of C5.

    Returns:
        A functional model; its layers carry the paper's names C1 to F6. "output_rbf" gives the
        paper's penalties, one a digit, the smaller the better. What follows turns them into
        probabilities: a softmax of minus the penalty, Gaussians around the codes by Bayes' rule.

    Raises:
        ValueError: More than ten classes.
    """
    if classes > 10:
        raise ValueError(f"LeNet-5 has codes for ten digits. Received: classes={classes}")
    # Weights that keep the variance: smaller ones would leave tanh in its straight part.
    tanh = {"activation": scaled_tanh, "kernel_initializer": "lecun_normal"}
    inputs = keras.Input(input_shape, name="input")
    x = layers.Conv2D(6, 5, **tanh, name="c1_conv")(inputs)
    x = Subsampling2D(2, activation=scaled_tanh, name="s2_subsampling")(x)
    x = SparseConnectionConv2D(C3_CONNECTIONS, 5, activation=scaled_tanh, name="c3_conv")(x)
    x = Subsampling2D(2, activation=scaled_tanh, name="s4_subsampling")(x)
    x = layers.Conv2D(120, 5, **tanh, name="c5_conv")(x)
    if include_top:
        x = layers.Flatten(name="flatten")(x)
        x = layers.Dense(84, **tanh, name="f6_dense")(x)
        x = RBF(digit_codes()[:classes], name="output_rbf")(x)
        x = layers.Rescaling(-1.0, name="output_log_likelihood")(x)
        x = layers.Softmax(name="predictions")(x)
    return keras.Model(inputs, x, name="lenet5")


def digit_codes() -> tuple[tuple[float, ...], ...]:
    """The ten pictures of `DIGITS` row by row as 84 numbers each: ink 1, paper -1."""
    rows = [line.split() for line in DIGITS.split("\n") if line]
    return tuple(
        tuple(1.0 if cell == "#" else -1.0 for row in rows for cell in row[digit])
        for digit in range(10)
    )


def lenet5_modern(
    input_shape: tuple[int, int, int] = (32, 32, 1),
    classes: int = 10,
    include_top: bool = True,
) -> Any:
    """LeNet-5 with today's parts: every map of C3 reads all six, plain max pooling, ReLU, softmax.

    Args:
        input_shape: (H, W, C).
        classes: Number of classes.
        include_top: Whether to end in the dense layers; without, in the maps of C5.

    Returns:
        A functional model; its layers carry the paper's names C1 to F6.
    """
    inputs = keras.Input(input_shape, name="input")
    x = layers.Conv2D(6, 5, activation="relu", name="c1_conv")(inputs)
    x = layers.MaxPooling2D(2, name="s2_pool")(x)
    x = layers.Conv2D(16, 5, activation="relu", name="c3_conv")(x)
    x = layers.MaxPooling2D(2, name="s4_pool")(x)
    x = layers.Conv2D(120, 5, activation="relu", name="c5_conv")(x)
    if include_top:
        x = layers.Flatten(name="flatten")(x)
        x = layers.Dense(84, activation="relu", name="f6_dense")(x)
        x = layers.Dense(classes, activation="softmax", name="predictions")(x)
    return keras.Model(inputs, x, name="lenet5_modern")
