"""MobileNet v1 (Howard et al. 2017), v2 (Sandler et al. 2018) and v3 (Howard et al. 2019)."""

from __future__ import annotations

from typing import Any, Literal

import keras

from models.applications import from_applications


def mobilenet(
    input_shape: tuple[int, int, int] = (224, 224, 3),
    classes: int = 1000,
    include_top: bool = True,
    width: float = 1.0,
) -> Any:
    """Thirteen depthwise separable blocks.

    Args:
        input_shape: (H, W, C).
        classes: Number of classes.
        include_top: Whether to end in the classifier; without, in the maps of the last block.
        width: Multiplies the channels of every layer.

    Returns:
        A functional model.
    """
    return from_applications(
        keras.applications.MobileNet,
        name="mobilenet",
        input_shape=input_shape,
        classes=classes,
        include_top=include_top,
        alpha=width,
        names={"global_average_pooling2d": "avg_pool", "reshape": "flatten"},
    )


def mobilenet_v2(
    input_shape: tuple[int, int, int] = (224, 224, 3),
    classes: int = 1000,
    include_top: bool = True,
    width: float = 1.0,
) -> Any:
    """Seventeen inverted residual blocks with linear bottlenecks.

    Args:
        input_shape: (H, W, C).
        classes: Number of classes.
        include_top: Whether to end in the classifier; without, in the maps of the last convolution.
        width: Multiplies the channels of every layer.

    Returns:
        A functional model.
    """
    return from_applications(
        keras.applications.MobileNetV2,
        name="mobilenet_v2",
        input_shape=input_shape,
        classes=classes,
        include_top=include_top,
        alpha=width,
        names={"global_average_pooling2d": "avg_pool"},
    )


def mobilenet_v3(
    size: Literal["small", "large"],
    input_shape: tuple[int, int, int] = (224, 224, 3),
    classes: int = 1000,
    include_top: bool = True,
    width: float = 1.0,
) -> Any:
    """Inverted residual blocks found by search, with squeeze and excitation and hard swish.

    Args:
        size: Which of the two networks.
        input_shape: (H, W, C).
        classes: Number of classes.
        include_top: Whether to end in the classifier; without, in the maps of the last convolution.
        width: Multiplies the channels of every layer.

    Returns:
        A functional model that scales pixels 0..255 itself.
    """
    application, blocks, with_relu, with_attention = {
        "small": (keras.applications.MobileNetV3Small, 11, range(3), {0, *range(3, 11)}),
        "large": (keras.applications.MobileNetV3Large, 15, range(6), {3, 4, 5, *range(10, 15)}),
    }[size]
    # Keras leaves activations and the arithmetic of its hard sigmoid to counters. In the order in
    # which it makes them:
    relus: list[str] = []
    swishes = ["conv_hard_swish"]
    attentions: list[str] = []
    for block in range(blocks):
        prefix = f"expanded_conv_{block}_" if block else "expanded_conv_"
        if block in with_relu:
            relus += [f"{prefix}{role}_relu" for role in ("expand", "depthwise")[block == 0 :]]
        else:
            swishes += [f"{prefix}{role}_hard_swish" for role in ("expand", "depthwise")]
        if block in with_attention:
            attentions.append(f"{prefix}squeeze_excite")
            relus.append(f"{prefix}squeeze_excite_relu6")
    swishes += ["conv_1_hard_swish", "conv_2_hard_swish"]
    names = {f"re_lu_{i}": name for i, name in enumerate(relus, start=1)}
    names.update({f"activation_{i}": name for i, name in enumerate(swishes, start=1)})
    for i, name in enumerate(attentions, start=1):
        names[f"add_{i}"] = f"{name}_shift"
        names[f"multiply_{i}"] = f"{name}_scale"
    names["global_average_pooling2d"] = "avg_pool"
    return from_applications(
        application,
        name=f"mobilenet_v3_{size}",
        input_shape=input_shape,
        classes=classes,
        include_top=include_top,
        alpha=width,
        names=names,
    )
