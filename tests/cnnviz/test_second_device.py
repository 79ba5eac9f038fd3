"""A device beside the processor: the same numbers, and what becomes of a pass that it fails.

No GPU is needed: TensorFlow splits the processor into two devices, in a process of its own, as that
has to be said before it starts. The errors are those that TensorFlow raises on a GPU.
"""

import subprocess
import sys
import textwrap
from types import SimpleNamespace

import pytest

from cnnviz import backend

SETUP = """
    import os
    os.environ.update(TF_CPP_MIN_LOG_LEVEL="3", KERAS_BACKEND="tensorflow")
    import tensorflow as tf
    processor = tf.config.list_physical_devices("CPU")[0]
    tf.config.set_logical_device_configuration(
        processor, [tf.config.LogicalDeviceConfiguration()] * 2
    )
    import numpy as np
    from cnnviz import backend
    from cnnviz.engine import Engine
    from cnnviz.requests import *

    backend.prepare()
    SECOND, FIRST = Device("CPU:1", "Second device"), Device("cpu", "Processor")
    backend.devices = lambda: (SECOND, FIRST)
    PICTURE = np.random.default_rng(0).integers(0, 256, (32, 32, 3), np.uint8)

    def opened():
        engine = Engine()
        engine.handle(OpenModel("lenet5_modern"))
        engine.handle(SetWeights("random", seed=1))
        return engine

    def values(engine):
        names = [node.name for node in engine._opened.graph.nodes]
        return {name: np.array(engine.handle(GetActivation(name)).values) for name in names}
"""


def run(script):
    code = textwrap.dedent(SETUP) + textwrap.dedent(script)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]


def test_both_gears_give_the_same_numbers_there():
    run("""
        engine = opened()
        assert engine.handle(RunImage(PICTURE, device="cpu")).device == FIRST
        known = values(engine)
        for gear in ("stepwise", "compiled"):
            result = engine.handle(RunImage(PICTURE))
            assert (result.device, result.gear, result.notices) == (SECOND, gear, ())
            for name, found in values(engine).items():
                np.testing.assert_allclose(found, known[name], rtol=1e-5, atol=1e-6)
            engine.use_idle_time(Reporter())
        copies = engine._runnable._copies[SECOND.id]
        assert copies and all(copy.device.endswith("CPU:1") for _, copy in copies)
    """)


@pytest.mark.parametrize(
    ("error", "notice"),
    [
        ("ResourceExhaustedError: OOM when allocating", "The memory of Second device was not"),
        ("InternalError: Dst tensor is not initialized.", "The memory of Second device was not"),
        ("NotFoundError: No algorithm worked!", "Second device failed (No algorithm worked!)"),
        ("UnimplementedError: DNN library is not found.", "Second device failed (DNN library"),
    ],
)
def test_a_pass_that_it_fails_goes_to_the_processor(error, notice):
    kind, _, text = error.partition(": ")
    run(f"""
        def failing(*_, **__):
            raise tf.errors.{kind}(None, None, {text!r})

        def after(count, real):
            left = [count]
            def run(*arguments):
                left[0] -= 1
                return failing() if left[0] == 0 else real(*arguments)
            return run

        def check(result):
            (said,) = result.notices
            assert said.startswith({notice!r}), said
            assert said.endswith(": computed on Processor."), said
            assert (result.device, result.gear) == (FIRST, "stepwise")
            assert engine._runnable._copies == {{}}, "nothing stays on the device"

        for name in ("copy_of", "as_array"):  # as the weights are copied, and in the middle
            engine, real = opened(), getattr(backend, name)
            setattr(backend, name, after(3, real))
            check(engine.handle(RunImage(PICTURE)))
            setattr(backend, name, real)

        engine = opened()
        engine.handle(RunImage(PICTURE))
        engine.use_idle_time(Reporter())
        engine._compiled._function = failing
        check(engine.handle(RunImage(PICTURE)))

        engine = opened()
        engine.handle(RunImage(PICTURE, budget_bytes=0))
        known = engine.handle(GetActivation("s2_pool")).values
        real, backend.as_array = backend.as_array, after(1, backend.as_array)
        np.testing.assert_array_equal(engine.handle(GetActivation("s2_pool")).values, known)
    """)


def test_what_cannot_be_compiled_there_may_be_compiled_elsewhere():
    run("""
        import logging

        def failing(*_):
            raise tf.errors.InternalError(None, None, "no compiler")

        logging.disable()
        engine, real = opened(), backend.compiled
        engine.handle(RunImage(PICTURE))
        backend.compiled = failing
        engine.use_idle_time(Reporter())
        backend.compiled = real
        engine.use_idle_time(Reporter())
        assert engine.handle(RunImage(PICTURE)).gear == "stepwise", "it is not tried again"
        engine.handle(RunImage(PICTURE, device="cpu"))
        engine.use_idle_time(Reporter())
        assert engine.handle(RunImage(PICTURE, device="cpu")).gear == "compiled"
    """)


def test_a_gpu_that_cannot_be_started_is_left_out(monkeypatch):
    import tensorflow as tf

    visible = ["some GPU"]

    def start():
        if visible:
            raise tf.errors.InternalError(None, None, "cudaSetDevice() failed: out of memory")

    config = SimpleNamespace(
        list_physical_devices=lambda kind: ["some GPU"],
        list_logical_devices=start,
        set_visible_devices=lambda devices, kind: visible.clear(),
        experimental=SimpleNamespace(set_memory_growth=lambda gpu, grow: None),
    )
    backend._start_gpus(SimpleNamespace(config=config, errors=tf.errors))
    assert visible == []
    monkeypatch.setattr(tf.config, "list_physical_devices", config.list_physical_devices)
    monkeypatch.setattr(tf.config, "get_visible_devices", lambda kind: visible)
    (only,) = backend.devices.__wrapped__()
    assert only.id == "cpu"
    assert only.name.endswith("(the GPU cannot be started)")


def test_products_are_of_whole_float32_numbers():
    import tensorflow as tf

    backend.prepare()
    assert not tf.config.experimental.tensor_float_32_execution_enabled()
