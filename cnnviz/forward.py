"""The forward pass, in two gears: node by node, and as one compiled function.

Node by node is what Keras' own functional models do. It can show the first map at once, tell how
far it is, time each node, and be cancelled in between. The compiled function is several times
faster, takes seconds to make, and tells nothing before its end.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, TypeVar

import numpy as np

from cnnviz import backend
from cnnviz.calls import Call, roles
from cnnviz.errors import Cancelled, UserError, reason
from cnnviz.graph import LayerGraph
from cnnviz.requests import (
    ActivationStats,
    Device,
    NodeRun,
    Progress,
    Reporter,
    TrainingBatch,
    WeightsInfo,
)
from cnnviz.trace import Array, Outputs, Trace, activation_of, preview_of, statistics

T = TypeVar("T")


@dataclass(frozen=True, eq=False)
class Runnable:
    """A model with weights, which stand in main memory.

    Attributes:
        graph: Its layer graph.
        calls: Its operation calls, by node name.
        info: Which weights it has.
    """

    graph: LayerGraph
    calls: Mapping[str, Call]
    info: WeightsInfo
    _copies: dict[str, list[tuple[Any, Any]]] = field(default_factory=dict)

    @cached_property
    def sizes(self) -> Mapping[str, int]:
        """Bytes of each node's outputs, for one image."""
        return {
            node.name: sum(
                math.prod(extent or 1 for extent in shape) * np.dtype(tensor.dtype).itemsize
                for shape, tensor in zip(
                    node.output_shapes, self.calls[node.name].outputs, strict=True
                )
            )
            for node in self.graph.nodes
        }

    @contextmanager
    def on(
        self, device: Device, *, deriving: bool = False, training: TrainingBatch | None = None
    ) -> Iterator[None]:
        """Compute on a device; one with a memory of its own gets a copy of the weights.

        Args:
            device: Where to compute.
            deriving: Derivatives are taken inside.
            training: Layers are called as in training inside: what is random follows the batch's
                seed, and nothing that they would remember (moving means) is written.
        """
        with backend.deriving_on(device) if deriving else backend.on(device):
            if device.id == backend.CPU and training is None:
                yield
                return
            import keras

            values: list[tuple[Any, Any]] = []
            if device.id != backend.CPU:
                if device.id not in self._copies:
                    variables = {id(v): v for call in self.calls.values() for v in _variables(call)}
                    self._copies[device.id] = [(v, backend.copy_of(v)) for v in variables.values()]
                values += self._copies[device.id]
            if training is not None:
                values += self._seeds(training.seed)
            with keras.StatelessScope(state_mapping=values):
                yield

    def leave(self, device: Device) -> None:
        """Drop the copy of the weights that stands on a device."""
        self._copies.pop(device.id, None)

    def _seeds(self, seed: int) -> list[tuple[Any, Any]]:
        """A state for every random generator of the model."""
        states = {
            id(variable): variable
            for call in self.calls.values()
            for variable in _states(call.operation)
        }
        return [
            (variable, backend.as_tensor(np.array([seed, number], variable.dtype)))
            for number, variable in enumerate(states.values())
        ]

    def compute(self, device: Device, name: str, inputs: Sequence[Array]) -> Outputs:
        """Compute one node from arrays."""
        with self.on(device):
            outputs = self.calls[name].run(*map(backend.as_tensor, inputs))
            return tuple(map(backend.as_array, outputs))

    def compute_with(self, name: str, inputs: Sequence[Array], kernel: Array) -> Array:
        """Compute one node on the processor, with another kernel and without its bias."""
        import keras

        variables = roles(self.calls[name].operation)
        others = [(variables["kernel"], backend.as_tensor(kernel))]
        if "bias" in variables:
            bias = variables["bias"]
            others.append((bias, backend.as_tensor(np.zeros(bias.shape, np.float32))))
        with backend.on(backend.cpu()), keras.StatelessScope(state_mapping=others):
            return backend.as_array(self.calls[name].run(*map(backend.as_tensor, inputs))[0])


def _variables(call: Call) -> Sequence[Any]:
    return getattr(call.operation, "variables", ())


def _states(operation: Any) -> list[Any]:
    """The states of a layer's random generators: variables that are not among its weights."""
    weights = {id(weight) for weight in getattr(operation, "weights", ())}
    return [
        variable
        for variable in getattr(operation, "variables", ())
        if id(variable) not in weights and variable.shape == (2,)
    ]


def run_stepwise(
    runnable: Runnable,
    device: Device,
    image: Array,
    trace: Trace,
    reporter: Reporter,
    training: TrainingBatch | None = None,
    show: str | None = None,
    statistics_too: bool = True,
) -> tuple[NodeRun, ...]:
    """Run an image node by node.

    Args:
        runnable: The model.
        device: Where to compute.
        image: The input, with the batch axis.
        trace: Filled as the pass goes on.
        reporter: Told of each node, and asked before each.
        training: Call layers as in training. `image` is then a batch, of whose first picture the
            trace and the statistics are; times, which are the batch's, are not given.
        show: The node whose activation the reporter gets at once, or a preview of it.
        statistics_too: Tell those of kept activations, too; those of others are told anyway.

    Returns:
        Time and statistics of each node.

    Raises:
        UserError: A node cannot be computed.
        Cancelled: The reporter asked for it.
    """
    nodes = runnable.graph.nodes
    readers = dict.fromkeys(runnable.graph.by_name, 0)
    for node in nodes:
        for source in node.sources:
            readers[source.node] += 1
    tensors: dict[str, tuple[Any, ...]] = {}
    seconds: dict[str, float] = {}
    stats: dict[str, ActivationStats] = {}
    name = ""
    try:
        with runnable.on(device, training=training):
            for number, node in enumerate(nodes, start=1):
                reporter.checkpoint()
                name, call = node.name, runnable.calls[node.name]
                inputs = [tensors[source.node][source.output] for source in node.sources]
                start = time.perf_counter()
                results = (
                    (backend.as_tensor(image),)
                    if call.is_input
                    else call.run(*inputs, training=training is not None)
                )
                arrays = tuple(map(backend.as_array, results))  # waits for the device
                seconds[name] = time.perf_counter() - start
                if training is not None:  # copies, so that the batch can go
                    arrays = tuple(a[:1].copy() if a.ndim else a for a in arrays)
                trace.add(name, arrays)
                if not trace.is_kept(name):
                    stats[name] = statistics(arrays[0])
                tensors[name] = results
                for source in node.sources:
                    readers[source.node] -= 1
                    if readers[source.node] == 0:
                        tensors.pop(source.node, None)
                done = NodeRun(name, None if training else seconds[name], None)
                preview = preview_of(name, arrays) if name == show else None
                shown = activation_of(name, arrays) if name == show and preview is None else None
                reporter.report(
                    Progress(name, number / len(nodes), done, preview=preview, activation=shown)
                )
    except (UserError, Cancelled):
        raise
    except Exception as error:
        on_a_gpu = device.id != backend.CPU
        if backend.is_out_of_memory(error) or (on_a_gpu and backend.is_device_fault(error)):
            raise
        raise UserError(
            f"Layer {name!r} cannot be computed ({type(error).__name__}: {reason(error)}): "
            "check what the model expects of its input."
        ) from error
    # Afterwards, because reading every value between two nodes would empty the caches.
    for name in seconds:
        if statistics_too and name not in stats:
            stats[name] = statistics(trace.outputs(name)[0])
    return tuple(
        NodeRun(name, None if training else taken, stats.get(name))
        for name, taken in seconds.items()
    )


class CompiledPass:
    """The whole pass as one function.

    Args:
        runnable: The model.
        device: Where to compute.
        keep: Names of the nodes whose activations it returns.
        example: An input, with the batch axis.
        reporter: Asked between nodes while the function is made.

    Raises:
        Cancelled: The reporter asked for it.
    """

    def __init__(
        self,
        runnable: Runnable,
        device: Device,
        keep: frozenset[str],
        example: Array,
        reporter: Reporter,
    ) -> None:
        self.runnable = runnable
        self.device = device
        self.keep = keep

        def everything(inputs: Sequence[Any]) -> Mapping[str, tuple[Any, ...]]:
            results: dict[str, tuple[Any, ...]] = {}
            for node in runnable.graph.nodes:
                reporter.checkpoint()
                call = runnable.calls[node.name]
                sources = [results[source.node][source.output] for source in node.sources]
                results[node.name] = tuple(inputs) if call.is_input else call.run(*sources)
            return {name: results[name] for name in keep}

        with runnable.on(device):
            self._function = backend.compiled(everything, [example])
            reporter.checkpoint()
            self._function([example])  # the first run optimises the graph

    def run(
        self, image: Array, trace: Trace, *, statistics_too: bool = True
    ) -> tuple[NodeRun, ...]:
        """Run an image; the trace gets what is kept, statistics are of that."""
        with self.runnable.on(self.device):
            results = self._function([image])
            for node in self.runnable.graph.nodes:
                if node.name in results:
                    trace.add(node.name, tuple(map(backend.as_array, results[node.name])))
                else:
                    trace.skip(node.name)
        return tuple(
            NodeRun(
                node.name,
                None,
                statistics(trace.outputs(node.name)[0])
                if statistics_too and trace.is_kept(node.name)
                else None,
            )
            for node in self.runnable.graph.nodes
        )


def run_or_fall_back(
    device: Device,
    fallback: Device,
    run: Callable[[Device], T],
) -> tuple[T, Device, tuple[str, ...]]:
    """Run on a device, and elsewhere when its memory is not enough or it fails otherwise.

    Returns:
        The result, where it was computed, and what the user should know.

    Raises:
        UserError: The memory of the second device is not enough either.
    """
    try:
        return run(device), device, ()
    except Exception as error:
        if backend.is_out_of_memory(error):
            if device == fallback:
                raise UserError(
                    f"The memory of {device.name} is not enough for this model and image: close "
                    "other programs, or give a smaller input."
                ) from error
            why = f"The memory of {device.name} was not enough"
        elif device != fallback and backend.is_device_fault(error):
            why = f"{device.name} failed ({reason(error)})"
        else:
            raise
    # Out of the handler, so that what the failed run held is free by now.
    result, device_used, _ = run_or_fall_back(fallback, fallback, run)
    return result, device_used, (f"{why}: computed on {fallback.name}.",)
