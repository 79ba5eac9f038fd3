"""The few layers that Keras lacks, in portable operations, registered so that they can be saved."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="cnnviz")
class LocalResponseNormalization(keras.layers.Layer):
    """Divides each cell by a power of the energy in the channels beside it.

    Caffe's convention: y[c] = x[c] / (k + alpha / size * sum(x[c']^2))^beta, where c' runs over the
    `size` channels centred on c, as far as they exist. AlexNet's paper writes the same without the
    division of alpha by `size`, and with k = 2.

    Args:
        size: How many channels are summed; odd.
        alpha: Weight of their energy.
        beta: Exponent.
        k: Added to the energy.
    """

    def __init__(
        self,
        size: int = 5,
        alpha: float = 1e-4,
        beta: float = 0.75,
        k: float = 1.0,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if size < 1 or size % 2 == 0:
            raise ValueError(f"The number of channels to sum must be odd. Received: size={size}")
        self.size = size
        self.alpha = alpha
        self.beta = beta
        self.k = k

    def call(self, inputs: Any) -> Any:
        """Normalise, shape (N, ..., C) to the same."""
        channels = inputs.shape[-1]
        reach = self.size // 2
        squares = ops.pad(ops.square(inputs), [(0, 0)] * (len(inputs.shape) - 1) + [(reach, reach)])
        energy = squares[..., :channels]
        for shift in range(1, self.size):
            energy = energy + squares[..., shift : shift + channels]
        return inputs * ops.power(self.k + self.alpha / self.size * energy, -self.beta)

    def compute_output_shape(self, input_shape: Any) -> Any:
        """Same as the input's."""
        return input_shape

    def get_config(self) -> dict[str, Any]:
        """What the constructor takes."""
        return {
            **super().get_config(),
            "size": self.size,
            "alpha": self.alpha,
            "beta": self.beta,
            "k": self.k,
        }


@keras.saving.register_keras_serializable(package="cnnviz")
class ChannelShuffle(keras.layers.Layer):
    """Deals the channels of `groups` groups out like cards, so that the next groups mix them.

    Channel j of group i becomes channel j * groups + i (ShuffleNet, section 3.1).

    Args:
        groups: How many groups the channels stand in; divides their number.
    """

    def __init__(self, groups: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.groups = groups

    def build(self, input_shape: Any) -> None:
        """Check that the groups are even."""
        if input_shape[-1] % self.groups:
            raise ValueError(
                f"{input_shape[-1]} channels do not fall into {self.groups} even groups."
            )
        self.built = True

    def call(self, inputs: Any) -> Any:
        """Shuffle, shape (N, H, W, C) to the same."""
        height, width, channels = inputs.shape[1:]
        grouped = ops.reshape(inputs, (-1, height, width, self.groups, channels // self.groups))
        return ops.reshape(ops.swapaxes(grouped, 3, 4), (-1, height, width, channels))

    def compute_output_shape(self, input_shape: Any) -> Any:
        """Same as the input's."""
        return input_shape

    def get_config(self) -> dict[str, Any]:
        """What the constructor takes."""
        return {**super().get_config(), "groups": self.groups}


@keras.saving.register_keras_serializable(package="cnnviz")
class ChannelSlice(keras.layers.Layer):
    """Keeps the channels from `start` up to, not including, `stop`.

    Args:
        start: First channel kept.
        stop: First channel after it that is not.
    """

    def __init__(self, start: int, stop: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.start = start
        self.stop = stop

    def call(self, inputs: Any) -> Any:
        """Slice, shape (N, H, W, C) to (N, H, W, stop - start)."""
        return inputs[..., self.start : self.stop]

    def compute_output_shape(self, input_shape: Any) -> Any:
        """The input's with fewer channels."""
        return (*input_shape[:-1], len(range(input_shape[-1])[self.start : self.stop]))

    def get_config(self) -> dict[str, Any]:
        """What the constructor takes."""
        return {**super().get_config(), "start": self.start, "stop": self.stop}


@keras.saving.register_keras_serializable(package="cnnviz")
class ChannelPadding(keras.layers.Layer):
    """Appends channels of zeros: a shortcut that widens without parameters (ResNet's option A).

    Args:
        channels: How many there are afterwards.
    """

    def __init__(self, channels: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.channels = channels

    def build(self, input_shape: Any) -> None:
        """Check that nothing would be cut off."""
        if input_shape[-1] > self.channels:
            raise ValueError(f"{input_shape[-1]} channels cannot be padded to {self.channels}.")
        self.built = True

    def call(self, inputs: Any) -> Any:
        """Pad, shape (N, H, W, C) to (N, H, W, channels)."""
        missing = self.channels - inputs.shape[-1]
        return ops.pad(inputs, [(0, 0)] * (len(inputs.shape) - 1) + [(0, missing)])

    def compute_output_shape(self, input_shape: Any) -> Any:
        """The input's with more channels."""
        return (*input_shape[:-1], self.channels)

    def get_config(self) -> dict[str, Any]:
        """What the constructor takes."""
        return {**super().get_config(), "channels": self.channels}
