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
