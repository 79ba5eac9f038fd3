"""What most networks are made of: convolution, batch normalisation and activation in a row."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from keras import layers

Size = int | tuple[int, int]


def conv_bn(
    x: Any,
    filters: int,
    kernel_size: Size,
    *,
    name: str,
    strides: int = 1,
    padding: str = "same",
    groups: int = 1,
    epsilon: float = 1e-5,
    activation: str | None = "relu",
) -> Any:
    """Convolve without bias, normalise, activate.

    Args:
        x: Symbolic tensor, (N, H, W, C).
        filters: Output channels.
        kernel_size: Side, or (height, width).
        name: Of the unit; its layers are called name_conv, name_bn and name_relu.
        strides: Of the convolution.
        padding: "same", "valid", or "even": as PyTorch and Caffe pad, (size - 1) / 2 zeros on every
            side. "same" differs from it where the stride is 2, with a layer less.
        groups: Of the convolution.
        epsilon: Of the normalisation.
        activation: None leaves it out.

    Returns:
        Symbolic tensor.
    """
    if padding == "even":
        x = even_padding(x, kernel_size, name=f"{name}_pad")
        padding = "valid"
    x = layers.Conv2D(
        filters,
        kernel_size,
        strides=strides,
        padding=padding,
        groups=groups,
        use_bias=False,
        name=f"{name}_conv",
    )(x)
    x = layers.BatchNormalization(epsilon=epsilon, name=f"{name}_bn")(x)
    if activation is None:
        return x
    return layers.Activation(activation, name=f"{name}_{activation}")(x)


def depthwise_bn(x: Any, *, name: str, strides: int = 1, activation: str | None = None) -> Any:
    """Convolve every channel by its own 3x3 filter, padded evenly, then normalise.

    Args:
        x: Symbolic tensor, (N, H, W, C).
        name: Of the unit; its layers are called name_pad, name_conv and name_bn.
        strides: Of the convolution.
        activation: None leaves it out.

    Returns:
        Symbolic tensor.
    """
    x = even_padding(x, 3, name=f"{name}_pad")
    x = layers.DepthwiseConv2D(3, strides=strides, use_bias=False, name=f"{name}_conv")(x)
    x = layers.BatchNormalization(epsilon=1e-5, name=f"{name}_bn")(x)
    if activation is None:
        return x
    return layers.Activation(activation, name=f"{name}_{activation}")(x)


def even_padding(x: Any, kernel_size: Size, *, name: str) -> Any:
    """Surround with as many zeros as keep the size at stride 1, the same on opposite sides."""
    height, width = kernel_size if isinstance(kernel_size, Sequence) else (kernel_size,) * 2
    return layers.ZeroPadding2D(((height - 1) // 2, (width - 1) // 2), name=name)(x)


def classifier(x: Any, classes: int, *, dropout: float = 0.0, use_bias: bool = True) -> Any:
    """Average every map, then one dense layer with softmax."""
    x = layers.GlobalAveragePooling2D(name="avg_pool")(x)
    if dropout:
        x = layers.Dropout(dropout, name="dropout")(x)
    return layers.Dense(classes, activation="softmax", use_bias=use_bias, name="predictions")(x)
