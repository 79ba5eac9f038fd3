"""Inception-v4 and Inception-ResNet-v2 (Szegedy et al. 2016)."""

from __future__ import annotations

from typing import Any

import keras
from keras import layers

from models.applications import from_applications
from models.units import Size, classifier, conv_bn

Row = tuple[tuple[int, Size], ...]
"""Convolutions one after the other: (filters, size) each."""

# The rows of the modules, without the pooled one.
MODULE_A: tuple[Row, ...] = (
    ((96, 1),),
    ((64, 1), (96, 3)),
    ((64, 1), (96, 3), (96, 3)),
)
MODULE_B: tuple[Row, ...] = (
    ((384, 1),),
    ((192, 1), (224, (1, 7)), (256, (7, 1))),
    ((192, 1), (192, (7, 1)), (224, (1, 7)), (224, (7, 1)), (256, (1, 7))),
)
MODULE_C: tuple[Row, ...] = (
    ((256, 1),),
    ((384, 1),),
    ((384, 1), (448, (3, 1)), (512, (1, 3))),
)
REDUCTION_A: tuple[Row, ...] = (
    ((384, 3),),
    ((192, 1), (224, 3), (256, 3)),
)
REDUCTION_B: tuple[Row, ...] = (
    ((192, 1), (192, 3)),
    ((256, 1), (256, (1, 7)), (320, (7, 1)), (320, 3)),
)


def inception_v4(
    input_shape: tuple[int, int, int] = (299, 299, 3),
    classes: int = 1000,
    include_top: bool = True,
) -> Any:
    """A long stem, then 4 modules A, 7 modules B and 3 modules C with reductions between.

    Args:
        input_shape: (H, W, C).
        classes: Number of classes.
        include_top: Whether to end in the classifier; without, in the maps of the last module.

    Returns:
        A functional model.
    """
    inputs = keras.Input(input_shape, name="input")
    x = _stem(inputs)
    for number in range(1, 5):
        x = module(x, MODULE_A, projection=96, name=f"inception_a{number}")
    x = reduction(x, REDUCTION_A, name="reduction_a")
    for number in range(1, 8):
        x = module(x, MODULE_B, projection=128, name=f"inception_b{number}")
    x = reduction(x, REDUCTION_B, name="reduction_b")
    for number in range(1, 4):
        x = module(x, MODULE_C, projection=256, forks=(256, 1, 2), name=f"inception_c{number}")
    if include_top:
        x = classifier(x, classes, dropout=0.2)
    return keras.Model(inputs, x, name="inception_v4")


def module(
    x: Any,
    rows: tuple[Row, ...],
    *,
    projection: int,
    name: str,
    forks: tuple[int, ...] | None = None,
) -> Any:
    """An Inception module of factorised filters: rows of convolutions, and one pooled row.

    Args:
        x: Symbolic tensor, (N, H, W, C).
        rows: Its rows but the pooled one.
        projection: Filters of the 1x1 after the pooling.
        name: Prefix of its layers.
        forks: First a number of filters, then the rows that end in a fork of so many 1x3 and so
            many 3x1, side by side.

    Returns:
        Symbolic tensor, the rows' channels side by side.
    """
    ends = []
    for number, row in enumerate(rows):
        y = _row(x, row, name=f"{name}_branch{number}")
        if forks and number in forks[1:]:
            across = _unit(y, forks[0], (1, 3), name=f"{name}_branch{number}_fork_1x3")
            down = _unit(y, forks[0], (3, 1), name=f"{name}_branch{number}_fork_3x1")
            y = layers.Concatenate(name=f"{name}_branch{number}_concat")([across, down])
        ends.append(y)
    number = len(rows)
    y = layers.AveragePooling2D(3, strides=1, padding="same", name=f"{name}_branch{number}_pool")(x)
    ends.append(_unit(y, projection, 1, name=f"{name}_branch{number}_1"))
    return layers.Concatenate(name=f"{name}_concat")(ends)


def reduction(x: Any, rows: tuple[Row, ...], *, name: str) -> Any:
    """A module that halves the size: every row's last convolution and the pooling have stride 2.

    Args:
        x: Symbolic tensor, (N, H, W, C).
        rows: Its rows but the pooled one.
        name: Prefix of its layers.

    Returns:
        Symbolic tensor, the rows' channels side by side.
    """
    ends = [
        _row(x, row, strides=2, padding="valid", name=f"{name}_branch{number}")
        for number, row in enumerate(rows)
    ]
    ends.append(layers.MaxPooling2D(3, strides=2, name=f"{name}_branch{len(rows)}_pool")(x))
    return layers.Concatenate(name=f"{name}_concat")(ends)


def _stem(x: Any) -> Any:
    x = _unit(x, 32, 3, strides=2, padding="valid", name="stem_conv1")
    x = _unit(x, 32, 3, padding="valid", name="stem_conv2")
    x = _unit(x, 64, 3, name="stem_conv3")
    pooled = layers.MaxPooling2D(3, strides=2, name="stem_3a_pool")(x)
    strided = _unit(x, 96, 3, strides=2, padding="valid", name="stem_3a")
    x = layers.Concatenate(name="stem_3a_concat")([pooled, strided])
    short = _row(x, ((64, 1), (96, 3)), padding="valid", name="stem_4a_branch0")
    long = _row(
        x, ((64, 1), (64, (1, 7)), (64, (7, 1)), (96, 3)), padding="valid", name="stem_4a_branch1"
    )
    x = layers.Concatenate(name="stem_4a_concat")([short, long])
    strided = _unit(x, 192, 3, strides=2, padding="valid", name="stem_5a")
    pooled = layers.MaxPooling2D(3, strides=2, name="stem_5a_pool")(x)
    return layers.Concatenate(name="stem_5a_concat")([strided, pooled])


def _row(x: Any, row: Row, *, name: str, strides: int = 1, padding: str = "same") -> Any:
    """Convolutions one after the other; strides and padding are the last one's."""
    *first, (filters, size) = row
    for number, (width, extent) in enumerate(first, start=1):
        x = _unit(x, width, extent, name=f"{name}_{number}")
    return _unit(x, filters, size, strides=strides, padding=padding, name=f"{name}_{len(row)}")


def _unit(
    x: Any, filters: int, size: Size, *, name: str, strides: int = 1, padding: str = "same"
) -> Any:
    return conv_bn(x, filters, size, strides=strides, padding=padding, epsilon=1e-3, name=name)


def inception_resnet_v2(
    input_shape: tuple[int, int, int] = (299, 299, 3),
    classes: int = 1000,
    include_top: bool = True,
) -> Any:
    """Inception modules as the residual branch of forty blocks, as released by the authors.

    Args:
        input_shape: (H, W, C).
        classes: Number of classes.
        include_top: Whether to end in the classifier; without, in the maps of the last convolution.

    Returns:
        A functional model.
    """
    # Keras names what stands for a whole block and leaves the rest to counters. This is the rest,
    # in the order in which it makes them.
    units = [f"stem_conv{number}" for number in range(1, 6)]
    units += [*_branches("mixed_5b", (1, 2, 3)), "mixed_5b_pool_proj"]
    for block in range(1, 11):
        units += _branches(f"block35_{block}", (1, 2, 3))
    units += _branches("mixed_6a", (1, 3))
    for block in range(1, 21):
        units += _branches(f"block17_{block}", (1, 3))
    units += _branches("mixed_7a", (2, 2, 3))
    for block in range(1, 11):
        units += _branches(f"block8_{block}", (1, 3))
    names = {}
    for number, unit in enumerate(units, start=1):
        names[f"conv2d_{number}"] = f"{unit}_conv"
        names[f"batch_normalization_{number}"] = f"{unit}_bn"
        names[f"activation_{number}"] = f"{unit}_relu"
    blocks = [f"block35_{i}" for i in range(1, 11)] + [f"block17_{i}" for i in range(1, 21)]
    blocks += [f"block8_{i}" for i in range(1, 11)]
    names.update({f"custom_scale_layer_{i}": f"{b}_add" for i, b in enumerate(blocks, start=1)})
    pools = ("stem_pool1", "stem_pool2", "mixed_6a_pool", "mixed_7a_pool")
    names.update({f"max_pooling2d_{i}": pool for i, pool in enumerate(pools, start=1)})
    names["average_pooling2d"] = "mixed_5b_pool"
    return from_applications(
        keras.applications.InceptionResNetV2,
        name="inception_resnet_v2",
        input_shape=input_shape,
        classes=classes,
        include_top=include_top,
        names=names,
    )


def _branches(name: str, lengths: tuple[int, ...]) -> list[str]:
    """Names of the convolutions of branches of these lengths."""
    return [
        f"{name}_branch{branch}_{step}"
        for branch, length in enumerate(lengths)
        for step in range(1, length + 1)
    ]
