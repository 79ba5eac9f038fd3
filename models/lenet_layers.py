"""The layers of LeNet-5 as it was in 1998, which no library carries any more."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from keras import ops


@keras.saving.register_keras_serializable(package="cnnviz")
def scaled_tanh(x: Any) -> Any:
    """The paper's squashing function 1.7159 tanh(2x / 3), for which f(1) = 1 and f(-1) = -1."""
    return 1.7159 * ops.tanh(2.0 / 3.0 * x)


@keras.saving.register_keras_serializable(package="cnnviz")
class Subsampling2D(keras.layers.Layer):
    """Sums the cells of a window, times one trainable coefficient a channel, plus one bias.

    Windows do not overlap; a remainder at the right and bottom is left out. Two parameters a
    channel: "coefficient" and "bias".

    Args:
        pool_size: Height and width of the window, which it also moves by.
        activation: Applied at the end.
    """

    def __init__(
        self, pool_size: int | Sequence[int] = 2, activation: Any = None, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.pool_size = (pool_size,) * 2 if isinstance(pool_size, int) else tuple(pool_size)
        self.strides = self.pool_size
        self.padding = "valid"
        self.activation = keras.activations.get(activation)

    def build(self, input_shape: Any) -> None:
        """Make the two parameters of every channel."""
        channels = input_shape[-1]
        # The mean of the window to begin with.
        mean = keras.initializers.Constant(1 / (self.pool_size[0] * self.pool_size[1]))
        self.coefficient = self.add_weight(shape=(channels,), initializer=mean, name="coefficient")
        self.bias = self.add_weight(shape=(channels,), initializer="zeros", name="bias")
        self.built = True

    def call(self, inputs: Any) -> Any:
        """Sub-sample, shape (N, H, W, C) to (N, H // height, W // width, C)."""
        height, width = self.pool_size
        mean = ops.average_pool(inputs, self.pool_size, strides=self.strides, padding="valid")
        return self.activation(height * width * mean * self.coefficient + self.bias)

    def compute_output_shape(self, input_shape: Any) -> Any:
        """The input's, smaller by the window."""
        batch, rows, columns, channels = input_shape
        return (batch, rows // self.pool_size[0], columns // self.pool_size[1], channels)

    def get_config(self) -> dict[str, Any]:
        """What the constructor takes."""
        return {
            **super().get_config(),
            "pool_size": self.pool_size,
            "activation": keras.activations.serialize(self.activation),
        }


@keras.saving.register_keras_serializable(package="cnnviz")
class SparseConnectionConv2D(keras.layers.Layer):
    """A convolution whose filters each read only some of the input's channels.

    Stride 1, no padding. The kernel, shape (height, width, pairs), holds one slice for every
    connected pair of an input channel and a filter, in the order of `connections`.

    Args:
        connections: For every filter, the input channels that it reads.
        kernel_size: Height and width of the filters.
        activation: Applied at the end.
    """

    def __init__(
        self,
        connections: Sequence[Sequence[int]],
        kernel_size: int | Sequence[int],
        activation: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.connections = tuple(tuple(channels) for channels in connections)
        self.kernel_size = (
            (kernel_size,) * 2 if isinstance(kernel_size, int) else tuple(kernel_size)
        )
        self.filters = len(self.connections)
        self.strides = (1, 1)
        self.padding = "valid"
        self.activation = keras.activations.get(activation)

    @property
    def pairs(self) -> int:
        """How many pairs of an input channel and a filter are connected."""
        return sum(len(channels) for channels in self.connections)

    def build(self, input_shape: Any) -> None:
        """Make the kernel and the biases."""
        depth = input_shape[-1]
        if any(not 0 <= channel < depth for row in self.connections for channel in row):
            raise ValueError(
                f"The connection table names channels that an input of {depth} does not have."
            )
        # Each filter's inputs together have about the variance of one.
        fan_in = self.kernel_size[0] * self.kernel_size[1] * self.pairs / self.filters
        self.kernel = self.add_weight(
            shape=(*self.kernel_size, self.pairs),
            initializer=keras.initializers.RandomNormal(stddev=fan_in**-0.5),
            name="kernel",
        )
        self.bias = self.add_weight(shape=(self.filters,), initializer="zeros", name="bias")
        scatter = np.zeros((self.pairs, depth * self.filters), "float32")
        pair = 0
        for filter_, channels in enumerate(self.connections):
            for channel in channels:
                scatter[pair, channel * self.filters + filter_] = 1
                pair += 1
        self._scatter = scatter
        self.built = True

    def dense_kernel(self) -> Any:
        """The kernel as an ordinary one, (height, width, channels, filters), zero where cut."""
        depth = self._scatter.shape[1] // self.filters
        slices = ops.reshape(self.kernel, (-1, self.pairs))
        return ops.reshape(
            ops.matmul(slices, self._scatter), (*self.kernel_size, depth, self.filters)
        )

    def call(self, inputs: Any) -> Any:
        """Convolve, shape (N, H, W, C) to (N, H - height + 1, W - width + 1, filters)."""
        return self.activation(
            ops.conv(inputs, self.dense_kernel(), strides=1, padding="valid") + self.bias
        )

    def compute_output_shape(self, input_shape: Any) -> Any:
        """As an ordinary convolution's."""
        batch, rows, columns, _ = input_shape
        height, width = (
            size - extent + 1
            for size, extent in zip((rows, columns), self.kernel_size, strict=True)
        )
        if min(height, width) < 1:
            raise ValueError(
                f"A {self.kernel_size[0]}x{self.kernel_size[1]} filter does not fit into an "
                f"input of {rows}x{columns}."
            )
        return (batch, height, width, self.filters)

    def get_config(self) -> dict[str, Any]:
        """What the constructor takes."""
        return {
            **super().get_config(),
            "connections": self.connections,
            "kernel_size": self.kernel_size,
            "activation": keras.activations.serialize(self.activation),
        }


@keras.saving.register_keras_serializable(package="cnnviz")
class RBF(keras.layers.Layer):
    """Radial basis functions: the squared distance of the input from each unit's fixed code.

    The smaller, the better: up to a constant, the negative log-likelihood of a Gaussian around
    the code. The codes, shape (inputs, units), are weights that training leaves alone.

    Args:
        codes: One row of values a unit.
    """

    def __init__(self, codes: Sequence[Sequence[float]], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.codes = tuple(tuple(code) for code in codes)
        self.units = len(self.codes)

    def build(self, input_shape: Any) -> None:
        """Store the codes as a weight that is not trained."""
        if input_shape[-1] != len(self.codes[0]):
            raise ValueError(
                f"The codes have {len(self.codes[0])} values; the input has {input_shape[-1]}."
            )
        self.kernel = self.add_weight(
            shape=(input_shape[-1], self.units),
            initializer=lambda shape, dtype=None: ops.reshape(
                ops.transpose(ops.convert_to_tensor(self.codes, dtype=dtype)), shape
            ),
            trainable=False,
            name="kernel",
        )
        self.built = True

    def call(self, inputs: Any) -> Any:
        """Measure, shape (N, inputs) to (N, units)."""
        return ops.sum(ops.square(ops.expand_dims(inputs, -1) - self.kernel), axis=1)

    def compute_output_shape(self, input_shape: Any) -> Any:
        """One value a unit."""
        return (*input_shape[:-1], self.units)

    def get_config(self) -> dict[str, Any]:
        """What the constructor takes."""
        return {**super().get_config(), "codes": self.codes}
