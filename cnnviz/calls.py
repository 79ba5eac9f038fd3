"""The calls of a Keras model: which operation is called on what, in which order.

The only file that reads Keras internals (where a tensor comes from and with which arguments an
operation was called), so that a change of Keras has one place to be mended. Keras itself is
imported only inside the functions: the window, which never loads it, can import this file.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from cnnviz.errors import UserError
from cnnviz.graph import Shape, Source


@dataclass(frozen=True, eq=False)
class Call:
    """One call of a Keras operation: what a node of the layer graph stands for.

    Attributes:
        name: The node's name.
        operation: The Keras layer or bare operation.
        sources: The tensors that it reads, in the order in which `run` takes them.
        outputs: Symbolic tensors of what it returns, flat; shapes with the batch axis.
    """

    name: str
    operation: Any
    sources: tuple[Source, ...]
    outputs: tuple[Any, ...]
    _node: Any = field(default=None, repr=False)
    _training: bool | None = None
    _casts: tuple[str | None, ...] = ()

    @property
    def is_input(self) -> bool:
        """True for the model's own inputs, whose value comes from outside."""
        return not self.sources

    def run(self, *inputs: Any, training: bool = False) -> tuple[Any, ...]:
        """Call the operation as the model would.

        Args:
            *inputs: One tensor a source, with the batch axis.
            training: As in training rather than at inference; as in Keras, that goes for every
                layer, also for one that the model calls with `training=False`.

        Returns:
            Its outputs, flat (nearly always one).
        """
        import keras

        args, kwargs = self._arguments(
            [
                value if dtype is None else keras.ops.cast(value, dtype)
                for value, dtype in zip(inputs, self._casts, strict=True)
            ],
            training=training,
        )
        return tuple(keras.tree.flatten(self.operation(*args, **kwargs)))

    def output_shapes(self, *input_shapes: Sequence[int | None]) -> tuple[Shape, ...]:
        """Shapes of the outputs, for inputs of other shapes than the model was built with.

        Args:
            *input_shapes: One a source, without the batch axis.

        Returns:
            One shape an output, without the batch axis.
        """
        import keras

        args, kwargs = self._arguments(
            [
                keras.KerasTensor((reference.shape[0], *shape), dtype=reference.dtype)
                for shape, reference in zip(input_shapes, self._node.input_tensors, strict=True)
            ]
        )
        outputs = self.operation.compute_output_spec(*args, **kwargs)
        return tuple(tuple(tensor.shape[1:]) for tensor in keras.tree.flatten(outputs))

    def recorded_input_shapes(self) -> list[Shape]:
        """Shapes of the tensors that it was first called with, without the batch axis."""
        return [tuple(tensor.shape[1:]) for tensor in self._node.input_tensors]

    def constants(self) -> tuple[tuple[str, Any], ...]:
        """Arguments of the call that are no tensors of the graph: (parameter name, value)."""
        import keras

        given = self._node.arguments
        if (
            not given.kwargs
            and len(given.args) == 1
            and isinstance(given.args[0], keras.KerasTensor)
        ):
            return ()
        bound = inspect.signature(self.operation.call).bind_partial(*given.args, **given.kwargs)
        return tuple(
            (name, value)
            for name, value in bound.arguments.items()
            if value is not None
            and not any(isinstance(leaf, keras.KerasTensor) for leaf in keras.tree.flatten(value))
        )

    def arguments(self, values: Iterable[Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """The arguments of the call as they were given, with a value in place of each source."""
        tensors = self._node.input_tensors
        args, kwargs = self._node.arguments.fill_in(
            {id(tensor): value for tensor, value in zip(tensors, values, strict=True)}
        )
        return args, kwargs

    def _arguments(
        self, values: Iterable[Any], *, training: bool = False
    ) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """The recorded arguments, with every symbolic tensor replaced by its value."""
        args, kwargs = self.arguments(values)
        if _takes_training(type(self.operation).call):
            mode = kwargs.get("training") if self._training is None else self._training
            # Random augmentation is on unless somebody says that nobody trains.
            kwargs = {**kwargs, "training": training or bool(mode)}
        return args, kwargs


def walk(model: Any) -> tuple[Call, ...]:
    """List every operation call of a model in topological order, nested models flattened.

    The model's inputs come first, in the order of `model.inputs`. The rest follows depth first from
    the outputs, so that a branch is finished before the next begins. Running the calls one after
    the other is running the model: `model_outputs` says which results it returns.

    Args:
        model: A functional or Sequential `keras.Model` that knows its input shape.

    Returns:
        One entry a call.

    Raises:
        UserError: The model has no graph of layers (subclassed), or no input shape yet.
    """
    return calls_and_outputs(model)[0]


def model_outputs(model: Any) -> tuple[Source, ...]:
    """Which results of `walk(model)` the model returns, in the order of `model.outputs`.

    Raises:
        UserError: As `walk`.
    """
    return calls_and_outputs(model)[1]


def roles(operation: Any) -> Mapping[str, Any]:
    """The variables of a layer by role: "kernel", "bias", "gamma"...

    Where a role occurs twice (attention has several kernels), the path inside the layer tells them
    apart: "query/kernel". A bare operation has none.
    """
    variables = getattr(operation, "weights", ())
    names = [variable.name for variable in variables]
    found: dict[str, Any] = {}
    for name, variable in zip(names, variables, strict=True):
        role = name if names.count(name) == 1 else variable.path.split("/", 1)[-1]
        found[_unused(role, found)] = variable
    return found


@dataclass
class _Walk:
    """What is known while walking: the calls so far, and which tensor holds which result."""

    calls: list[Call] = field(default_factory=list)
    names: set[str] = field(default_factory=set)

    def add(
        self,
        node: Any,
        path: str,
        sources: tuple[Source, ...],
        training: bool | None,
        casts: tuple[str | None, ...],
    ) -> str:
        name = self.name_for(path + node.operation.name)
        self.calls.append(
            Call(
                name=name,
                operation=node.operation,
                sources=sources,
                outputs=tuple(node.outputs),
                _node=node,
                _training=training,
                _casts=casts,
            )
        )
        return name

    def name_for(self, base: str) -> str:
        name = _unused(base, self.names)
        self.names.add(name)
        return name


def calls_and_outputs(model: Any) -> tuple[tuple[Call, ...], tuple[Source, ...]]:
    """What `walk` and `model_outputs` return, for the price of one.

    Raises:
        UserError: As `walk`.
    """
    if not is_walkable(model):
        raise UserError(_why_not(model))
    state = _Walk()
    known: dict[int, Source] = {}
    for tensor in model.inputs:
        known[id(tensor)] = Source(state.add(_producer(tensor), "", (), None, ()))
    _visit(model, "", None, known, {}, state)
    return tuple(state.calls), tuple(known[id(tensor)] for tensor in model.outputs)


def _visit(
    model: Any,
    path: str,
    training: bool | None,
    known: dict[int, Source],
    casts: Mapping[int, str],
    state: _Walk,
) -> None:
    """Add the calls of one model, whose inputs are in `known`, and add its tensors to `known`.

    Args:
        model: A walkable model.
        path: Names of the models around it: "" or "outer/".
        training: The `training` argument that the nested model was called with.
        known: Result by id of the symbolic tensor.
        casts: By id of the tensor, the type that a nested model converts its input to.
        state: What the walk has gathered.
    """
    for node in _topological(model.inputs, model.outputs):
        sources = tuple(known[id(tensor)] for tensor in node.input_tensors)
        handed = _nested_inputs(node)
        if handed is None:
            types = tuple(casts.get(id(tensor)) for tensor in node.input_tensors)
            name = state.add(node, path, sources, training, types)
            results = [Source(name, i) for i in range(len(node.outputs))]
        else:
            nested = node.operation
            pairs = list(zip(nested.inputs, handed, strict=True))
            inside = {id(inner): known[id(outer)] for inner, outer in pairs}
            converted = {
                id(inner): inner.dtype
                for inner, outer in pairs
                if inner.dtype != casts.get(id(outer), outer.dtype)
            }
            asked = node.arguments.kwargs.get("training")
            _visit(
                nested,
                state.name_for(path + nested.name) + "/",
                training if asked is None else asked,
                inside,
                converted,
                state,
            )
            results = [inside[id(tensor)] for tensor in nested.outputs]
        known.update({id(t): r for t, r in zip(node.outputs, results, strict=True)})


def _topological(inputs: Sequence[Any], outputs: Sequence[Any]) -> Iterator[Any]:
    """Keras nodes between inputs and outputs, each after those that it reads from.

    Depth first and without recursion: a thousand layers in a row are common.
    """
    done = {id(tensor) for tensor in inputs}
    finished: set[int] = set()
    stack = [_producer(t) for t in reversed(outputs) if id(t) not in done]
    while stack:
        node = stack[-1]
        if id(node) in finished:
            stack.pop()
            continue
        waiting = [
            parent
            for tensor in node.input_tensors
            if id(tensor) not in done and id(parent := _producer(tensor)) not in finished
        ]
        if waiting:
            stack.extend(reversed(waiting))
        else:
            finished.add(id(node))
            stack.pop()
            yield node


def _producer(tensor: Any) -> Any:
    """The Keras node that made a symbolic tensor."""
    operation, node_index, _ = tensor._keras_history
    return operation._inbound_nodes[node_index]


def is_walkable(operation: Any) -> bool:
    """True for a functional or built Sequential model that runs its graph and nothing else."""
    import keras

    return (
        isinstance(operation, keras.Model)
        and type(operation).call.__module__.startswith("keras.")
        and bool(getattr(operation, "inputs", None))
        and bool(getattr(operation, "outputs", None))
    )


def _why_not(model: Any) -> str:
    import keras

    if isinstance(model, keras.Sequential):
        return (
            f"The Sequential model {model.name!r} does not know its input shape yet: "
            "give it with --input HxWxC, or add a keras.Input as its first layer."
        )
    return (
        f"The model {model.name!r} is a subclass ({type(model).__name__}) whose layers are called "
        "from its own code, which leaves no graph to show: rebuild it with the functional API "
        "(keras.Model(inputs, outputs)) and save that."
    )


def _nested_inputs(node: Any) -> list[Any] | None:
    """The tensors handed to a nested model, one an input; None for what stays one node.

    A layer stays one node, and so does a nested model that cannot be walked or that was called in a
    way which only its own `call` understands.
    """
    import keras

    nested = node.operation
    if not is_walkable(nested):
        return None
    arguments = node.arguments
    given = arguments.args[0] if arguments.args else arguments.kwargs.get("inputs")
    if isinstance(given, dict) and not isinstance(nested.input, dict):
        flat = [given.get(tensor.name) for tensor in nested.inputs]
    else:
        flat = keras.tree.flatten(given)
    fits = len(flat) == len(nested.inputs) and all(
        isinstance(outer, keras.KerasTensor) and len(outer.shape) == len(inner.shape)
        for outer, inner in zip(flat, nested.inputs, strict=False)
    )
    return flat if fits and arguments.kwargs.get("mask") is None else None


@cache
def _takes_training(call: Callable[..., Any]) -> bool:
    return "training" in inspect.signature(call).parameters


def _unused(base: str, taken: Container[str]) -> str:
    """The name itself, or with the first of ":2", ":3"... that is free."""
    name, count = base, 1
    while name in taken:
        count += 1
        name = f"{base}:{count}"
    return name
