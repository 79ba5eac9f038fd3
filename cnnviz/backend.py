"""What Keras does not offer portably: devices, memory errors, compiled passes, derivatives.

On TensorFlow.

The only file that imports TensorFlow. Importing this module is cheap; `prepare` is not.
"""

from __future__ import annotations

import gc
import importlib.util
import os
import platform
import sys
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cnnviz.errors import UserError
from cnnviz.requests import Device

CPU = "cpu"


@cache
def prepare() -> None:
    """Import TensorFlow and Keras and set them up, once a process.

    Raises:
        UserError: TensorFlow is missing.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ["KERAS_BACKEND"] = "tensorflow"
    if importlib.util.find_spec("tensorflow") is None:
        raise UserError(
            f"TensorFlow is not installed for {sys.executable}: install requirements.txt."
        )
    with _silent_stderr(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import keras
        import tensorflow as tf

        keras.config.set_floatx("float32")
        keras.config.set_dtype_policy("float32")
        keras.config.set_image_data_format("channels_last")
        tf.get_logger().setLevel("ERROR")
        # Some GPUs would round every factor of a product to 10 bits, which shows in the maps.
        tf.config.experimental.enable_tensor_float_32_execution(False)
        _start_gpus(tf)
    # What was imported stays: without it, each full collection takes a quarter of a second.
    gc.collect()
    gc.freeze()


def _start_gpus(tf: Any) -> None:
    """Let TensorFlow take the GPUs; where one cannot be started, do without any."""
    for gpu in tf.config.list_physical_devices("GPU"):
        tf.config.experimental.set_memory_growth(gpu, True)
    try:
        tf.config.list_logical_devices()  # starts them, which has much to tell
    except (tf.errors.OpError, RuntimeError):
        tf.config.set_visible_devices([], "GPU")
        tf.config.list_logical_devices()


@contextmanager
def _silent_stderr() -> Iterator[None]:
    """Throw away what C++ writes to stderr, whatever its log level; Python's errors still raise."""
    try:
        saved = os.dup(2)
    except OSError:  # no stderr, as under pythonw
        yield
        return
    sink = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(sink, 2)
        yield
    finally:
        os.dup2(saved, 2)
        os.close(sink)
        os.close(saved)


@cache
def devices() -> tuple[Device, ...]:
    """Where TensorFlow can compute, best first."""
    import tensorflow as tf

    found = []
    for number, gpu in enumerate(tf.config.get_visible_devices("GPU")):
        details = tf.config.experimental.get_device_details(gpu)
        found.append(Device(f"gpu:{number}", details.get("device_name", f"GPU {number}")))
    refused = not found and tf.config.list_physical_devices("GPU")
    note = " (the GPU cannot be started)" if refused else ""
    return (*found, Device(CPU, cpu_name() + note))


def cpu() -> Device:
    """The processor, which is always there."""
    return devices()[-1]


def cpu_name() -> str:
    """What to call this machine's processor."""
    try:
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            key, _, value = line.partition(":")
            if key.strip() == "model name":
                return value.strip()
    except OSError:
        pass  # not Linux
    return platform.processor() or platform.machine() or "CPU"


def on(device: Device) -> AbstractContextManager[Any]:
    """Compute on a device, eagerly even while a function is being compiled."""
    import tensorflow as tf

    return _on(tf, device)


@contextmanager
def _on(tf: Any, device: Device) -> Iterator[None]:
    with tf.init_scope(), tf.device(device.id):
        yield


def deriving_on(device: Device) -> AbstractContextManager[Any]:
    """Compute on a device so that `gradient` works inside; not while a function is compiled."""
    import tensorflow as tf

    context: AbstractContextManager[Any] = tf.device(device.id)
    return context


def as_array(tensor: Any) -> NDArray[Any]:
    """The values of an eager tensor; without a copy where it stands in main memory.

    Nobody may write to them.
    """
    if tensor.device.endswith("CPU:0") and tensor.dtype.name != "bfloat16":
        array = np.asarray(memoryview(tensor))
        array.flags.writeable = False
        return array
    return np.asarray(tensor.numpy())


def as_tensor(array: NDArray[Any]) -> Any:
    """An eager tensor on the current device."""
    import tensorflow as tf

    return tf.convert_to_tensor(array)


def copy_of(variable: Any) -> Any:
    """A Keras variable's value as a tensor on the current device."""
    import tensorflow as tf

    return tf.identity(variable.value)


def gradient(
    function: Callable[[Any], Any], at: NDArray[Any]
) -> tuple[NDArray[Any], NDArray[np.float32]]:
    """The value of a function and its derivative.

    Args:
        function: From a tensor to a scalar tensor. What it raises passes through.
        at: Where; floating point.

    Returns:
        The value, shape (), and the derivative, of the shape of `at`; zeros where the value does
        not depend on it.
    """
    import tensorflow as tf

    with tf.GradientTape(watch_accessed_variables=False) as tape:
        tensor = tf.convert_to_tensor(at)
        tape.watch(tensor)
        value = function(tensor)
    found = tape.gradient(value, tensor)
    if found is None:
        return value.numpy(), np.zeros(at.shape, np.float32)
    return value.numpy(), np.asarray(found.numpy(), np.float32)


def is_out_of_memory(error: BaseException) -> bool:
    """Whether TensorFlow had not enough memory."""
    import tensorflow as tf

    if isinstance(error, tf.errors.ResourceExhaustedError | MemoryError):
        return True
    # A copy from main memory to a GPU that is full fails so.
    said = str(error).lower()
    return isinstance(error, tf.errors.InternalError) and any(
        sign in said for sign in ("dst tensor is not initialized", "out of memory", "out_of_memory")
    )


def is_device_fault(error: BaseException) -> bool:
    """Whether the device or its libraries failed, rather than what was computed on it."""
    import tensorflow as tf

    return is_out_of_memory(error) or isinstance(
        error,
        tf.errors.InternalError
        | tf.errors.NotFoundError  # "No algorithm worked!"
        | tf.errors.UnimplementedError  # "DNN library is not found."
        | tf.errors.UnknownError,
    )


def compiled(
    function: Callable[[Sequence[Any]], Mapping[str, Any]], inputs: Sequence[NDArray[Any]]
) -> Callable[[Sequence[NDArray[Any]]], Mapping[str, Any]]:
    """One graph function out of many operations.

    Args:
        function: From tensors to tensors by name. It is called here once, with symbolic ones; what
            it raises passes through.
        inputs: Examples, which fix shapes and types.
    """
    import tensorflow as tf

    specs = [tf.TensorSpec(array.shape, array.dtype) for array in inputs]
    concrete = tf.function(function, autograph=False).get_concrete_function(specs)

    def run(arrays: Sequence[NDArray[Any]]) -> Mapping[str, Any]:
        return concrete([tf.convert_to_tensor(array) for array in arrays])

    return run
