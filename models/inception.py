"""Inception with batch normalisation: Inception-BN and Inception-v3."""

from __future__ import annotations

from typing import Any

import keras
from keras import layers

from models.applications import from_applications
from models.units import classifier, conv_bn

# Inception-BN's modules: 1x1, 3x3 reduce, 3x3, double 3x3 reduce, double 3x3, pooling, projection.
# Where there are no 1x1 filters the module halves the size; None passes the pooled maps through.
BN_MODULES: dict[str, tuple[int, int, int, int, int, str, int | None]] = {
    "3a": (64, 64, 64, 64, 96, "avg", 32),
    "3b": (64, 64, 96, 64, 96, "avg", 64),
    "3c": (0, 128, 160, 64, 96, "max", None),
    "4a": (224, 64, 96, 96, 128, "avg", 128),
    "4b": (192, 96, 128, 96, 128, "avg", 128),
    "4c": (160, 128, 160, 128, 160, "avg", 128),
    "4d": (96, 128, 192, 160, 192, "avg", 128),
    "4e": (0, 128, 192, 192, 256, "max", None),
    "5a": (352, 192, 320, 160, 224, "avg", 128),
    "5b": (352, 192, 320, 192, 224, "max", 128),
}


def inception_bn(
    input_shape: tuple[int, int, int] = (224, 224, 3),
    classes: int = 1000,
    include_top: bool = True,
) -> Any:
    """GoogLeNet with batch normalisation and two 3x3 in place of each 5x5 (2015).

    Args:
        input_shape: (H, W, C).
        classes: Number of classes.
        include_top: Whether to end in the classifier; without, in the maps of module 5b.

    Returns:
        A functional model, with the filter numbers of the paper's table as printed.
    """
    inputs = keras.Input(input_shape, name="input")
    x = conv_bn(inputs, 64, 7, strides=2, name="conv1")
    x = layers.MaxPooling2D(3, strides=2, padding="same", name="pool1")(x)
    x = conv_bn(x, 64, 1, name="conv2_reduce")
    x = conv_bn(x, 192, 3, name="conv2")
    x = layers.MaxPooling2D(3, strides=2, padding="same", name="pool2")(x)
    for module, filters in BN_MODULES.items():
        x = inception_bn_module(x, filters, name=f"inception_{module}")
    if include_top:
        x = classifier(x, classes)
    return keras.Model(inputs, x, name="inception_bn")


def inception_bn_module(
    x: Any, filters: tuple[int, int, int, int, int, str, int | None], *, name: str
) -> Any:
    """An Inception module whose 5x5 has become two 3x3; a row of `BN_MODULES` says its filters.

    Args:
        x: Symbolic tensor, (N, H, W, C).
        filters: 1x1, 3x3 reduce, 3x3, double 3x3 reduce, double 3x3, "avg" or "max" pooling,
            projection.
        name: Prefix of its layers.

    Returns:
        Symbolic tensor, the branches' channels side by side.
    """
    ones, reduce3, threes, reduce_double, doubles, pooling, projection = filters
    strides = 1 if ones else 2
    branches = [conv_bn(x, ones, 1, name=f"{name}_1x1")] if ones else []
    branch = conv_bn(x, reduce3, 1, name=f"{name}_3x3_reduce")
    branches.append(conv_bn(branch, threes, 3, strides=strides, name=f"{name}_3x3"))
    branch = conv_bn(x, reduce_double, 1, name=f"{name}_double_3x3_reduce")
    branch = conv_bn(branch, doubles, 3, name=f"{name}_double_3x3_1")
    branches.append(conv_bn(branch, doubles, 3, strides=strides, name=f"{name}_double_3x3_2"))
    pool = layers.AveragePooling2D if pooling == "avg" else layers.MaxPooling2D
    branch = pool(3, strides=strides, padding="same", name=f"{name}_pool")(x)
    if projection is not None:
        branch = conv_bn(branch, projection, 1, name=f"{name}_pool_proj")
    return layers.Concatenate(name=f"{name}_concat")([*branches, branch])


def inception_v3(
    input_shape: tuple[int, int, int] = (299, 299, 3),
    classes: int = 1000,
    include_top: bool = True,
) -> Any:
    """Eleven modules with factorised filters, as released by the authors.

    Args:
        input_shape: (H, W, C).
        classes: Number of classes.
        include_top: Whether to end in the classifier; without, in the maps of the last module.

    Returns:
        A functional model.
    """
    units = [f"stem_{role}" for role in ("conv1", "conv2", "conv3", "conv4", "conv5")]
    for module, kind in enumerate("AAARBBBBRCC"):
        roles = _V3_ROLES["reduction1" if module == 3 else "reduction2"] if kind == "R" else None
        units += [f"mixed{module}_{role}" for role in roles or _V3_ROLES[kind]]
    names = {}
    for number, unit in enumerate(units, start=1):
        names[f"conv2d_{number}"] = f"{unit}_conv"
        names[f"batch_normalization_{number}"] = f"{unit}_bn"
        names[f"activation_{number}"] = f"{unit}_relu"
    pools = ("stem_pool1", "stem_pool2", "mixed3_pool", "mixed8_pool")
    names.update({f"max_pooling2d_{i}": pool for i, pool in enumerate(pools, start=1)})
    averaged = (0, 1, 2, 4, 5, 6, 7, 9, 10)
    names.update(
        {f"average_pooling2d_{i}": f"mixed{m}_pool" for i, m in enumerate(averaged, start=1)}
    )
    names.update(
        {"concatenate_1": "mixed9_double_concat", "concatenate_2": "mixed10_double_concat"}
    )
    return from_applications(
        keras.applications.InceptionV3,
        name="inception_v3",
        input_shape=input_shape,
        classes=classes,
        include_top=include_top,
        names=names,
    )


# Convolutions of Keras' Inception-v3 modules, in the order in which it makes them.
_V3_ROLES = {
    "A": ("1x1", "5x5_reduce", "5x5", "double_reduce", "double_1", "double_2", "pool_proj"),
    "reduction1": ("3x3", "double_reduce", "double_1", "double_2"),
    "B": (
        "1x1",
        "7x7_reduce",
        "7x7_1x7",
        "7x7_7x1",
        "double_reduce",
        "double_7x1_1",
        "double_1x7_1",
        "double_7x1_2",
        "double_1x7_2",
        "pool_proj",
    ),
    "reduction2": ("3x3_reduce", "3x3", "7x7_reduce", "7x7_1x7", "7x7_7x1", "7x7_3x3"),
    "C": (
        "1x1",
        "3x3_reduce",
        "3x3_1x3",
        "3x3_3x1",
        "double_reduce",
        "double_3x3",
        "double_1x3",
        "double_3x1",
        "pool_proj",
    ),
}
