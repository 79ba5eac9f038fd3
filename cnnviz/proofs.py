"""Proof cards: where a number comes from, with the values in it, and what else says the same."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import prod
from typing import Literal

from cnnviz.breakdown import Row
from cnnviz.costs import BYTES_PER_VALUE, Cost, GraphCosts
from cnnviz.counting import scaled_copy
from cnnviz.errors import UserError
from cnnviz.graph import LayerGraph, Node
from cnnviz.printed import MODEL, Printed, Quantity, group_label, printed
from cnnviz.receptive_field import Field, Reach
from cnnviz.seen import seen
from cnnviz.tables import bytes_text, latex_text

Status = Literal["exact", "bound", "not counted"]

TITLES: dict[Quantity, str] = {
    "shape": "Output shape",
    "params": "Parameters",
    "macs": "Multiply-adds",
    "memory": "Activation memory",
    "field": "Receptive field",
}


@dataclass(frozen=True, slots=True)
class Check:
    """Something that comes to the number on another way.

    Attributes:
        text: What was done, and what came out.
        agrees: Whether it is the same.
    """

    text: str
    agrees: bool


@dataclass(frozen=True, slots=True)
class Card:
    """How a number comes about.

    Attributes:
        subject: Whose number it is.
        quantity: Which number.
        value: The number as text, with its unit.
        status: Whether it is exact, only a bound, or not known.
        formula: In letters; "" where there is none.
        substituted: The formula with the values in it, up to the result.
        checks: What else says the same.
        printed: What papers and lectures print.
        notes: Sentences on what the number means.
    """

    subject: str
    quantity: Quantity
    value: str
    status: Status
    formula: str = ""
    substituted: str = ""
    checks: tuple[Check, ...] = ()
    printed: tuple[Printed, ...] = ()
    notes: tuple[str, ...] = ()


def node_card(
    graph: LayerGraph,
    node: Node,
    quantity: Quantity,
    *,
    costs: GraphCosts,
    field: Field | None = None,
    model: str = "",
    run_shape: Sequence[int] | None = None,
) -> Card:
    """The card of one operation's number.

    Args:
        graph: The model.
        node: The operation.
        quantity: Which number.
        costs: Of the graph.
        field: Of the node, in the model's input; needed for the quantity "field".
        model: Catalog id, for what papers print.
        run_shape: Shape of the node's output in a real run, where there was one.
    """
    cost = costs.by_name[node.name]
    if quantity == "shape":
        card = _shape_card(graph, node, run_shape)
    elif quantity == "params":
        card = _params_card(graph, node, cost)
    elif quantity == "macs":
        card = _macs_card(graph, node, cost)
    elif quantity == "memory":
        card = _memory_card(node, cost, run_shape)
    else:
        assert field is not None
        card = _field_card(graph, node, field)
    return _with_printed(card, printed(model, node.name, quantity))


def group_card(row: Row, quantity: Quantity, *, costs: GraphCosts, model: str = "") -> Card:
    """The card of a sum over the operations of a group: "params", "macs" or "memory"."""
    card = _sum_card(row.label, row.nodes, quantity, costs)
    return _with_printed(card, printed(model, group_label(row.label), quantity))


def total_card(
    rows: Sequence[Row], quantity: Quantity, *, costs: GraphCosts, model: str = ""
) -> Card:
    """The card of a total: "params", "macs" or "memory".

    Args:
        rows: Any breakdown of the model: their sum is the check.
        quantity: Which number.
        costs: Of the model.
        model: Catalog id.
    """
    names = [cost.node for cost in costs.nodes]
    card = _sum_card("The whole model", names, quantity, costs)
    total = sum(_number(cost, quantity) for cost in costs.nodes)
    again = sum(_row_number(row, quantity) for row in rows)
    notes = list(card.notes)
    if quantity == "params" and costs.trainable_params != costs.params:
        fixed = costs.params - costs.trainable_params
        notes.append(
            f"{fixed:,} of them training does not change (the moving statistics of batch norm): "
            f"papers mostly print the other {costs.trainable_params:,}."
        )
    check = Check(f"The {len(rows)} rows of the table add up to {again:,}.", again == total)
    card = replace(card, checks=(*card.checks, check), notes=tuple(notes))
    return _with_printed(card, printed(model, MODEL, quantity))


def as_text(card: Card) -> str:
    """The card as plain text."""
    lines = [f"{TITLES[card.quantity]} of {card.subject}: {card.value} ({card.status})"]
    if card.formula:
        lines.append(f"  {card.formula}")
    if card.substituted:
        lines.append(f"  {card.substituted}")
    for check in card.checks:
        lines.append(f"  {'Check' if check.agrees else 'DISAGREES'}: {check.text}")
    for entry in card.printed:
        lines.append(f"  {entry.where} prints {entry.text}. {entry.difference}".rstrip())
    lines += [f"  {note}" for note in card.notes]
    return "\n".join(lines)


def as_latex(card: Card) -> str:
    """The card as LaTeX: the formula as displayed mathematics, the rest as text."""
    lines = [
        rf"\paragraph{{{latex_text(TITLES[card.quantity])} of {latex_text(card.subject)}}}",
        f"{latex_text(card.value)} ({card.status}).",
    ]
    lines += [rf"\[ {_mathematics(text)} \]" for text in (card.formula, card.substituted) if text]
    lines += [latex_text(check.text) for check in card.checks if check.agrees]
    for entry in card.printed:
        text = f"{entry.where} prints {entry.text}. {entry.difference}".rstrip()
        lines.append(latex_text(text))
    lines += [latex_text(note) for note in card.notes]
    return "\n".join(lines)


_SYMBOLS = {
    "×": r"\times ",
    "·": r"\cdot ",
    "⌊": r"\lfloor ",
    "⌋": r"\rfloor ",
    "⌈": r"\lceil ",
    "⌉": r"\rceil ",
    "−": "-",
    "Σ": r"\sum ",
    ",": "{,}",
}


def _mathematics(text: str) -> str:
    words = []
    for word in text.split(" "):
        letters = word.strip("().,;:⌊⌋⌈⌉'")
        if len(letters) > 2 and letters.replace("_", "").replace("-", "").isalpha():
            words.append(rf"\text{{{latex_text(word)}}}")
        else:
            words.append("".join(_SYMBOLS.get(character, character) for character in word))
    return r"\ ".join(words).replace(r"\ =\ ", " = ")


def _with_printed(card: Card, found: tuple[Printed, ...]) -> Card:
    return replace(card, printed=found) if found else card


def _by(values: Sequence[object]) -> str:
    return " × ".join(map(str, values))


# Shapes.


def _shape_card(graph: LayerGraph, node: Node, run_shape: Sequence[int] | None) -> Card:
    formula, substituted, result = _size_formula(graph, node)
    shape = tuple(size or 0 for size in node.output_shape)
    checks = []
    if result is not None:
        checks.append(
            Check(f"Keras says {_by(shape)} of the layer that it built.", result == shape)
        )
    if run_shape is not None:
        same = tuple(run_shape) == shape
        checks.append(Check(f"The activation of the last run is {_by(run_shape)}.", same))
    notes = () if formula else (f"As Keras infers it for {node.type}.",)
    value = _by(shape) or "a number"
    return Card(node.name, "shape", value, "exact", formula, substituted, tuple(checks), (), notes)


def _size_formula(graph: LayerGraph, node: Node) -> tuple[str, str, tuple[int, ...] | None]:
    """Formula, the formula with values, and the shape that comes out of it."""
    settings = node.settings
    inputs = [tuple(n or 0 for n in shape) for shape in graph.input_shapes(node)]
    if settings.get("data_format") == "channels_first" or not inputs:
        return "", "", None
    before = inputs[0]
    window = settings.get("kernel_size") or settings.get("pool_size")
    if window and "Transpose" not in node.type and settings.get("padding") in ("valid", "same"):
        rank = len(before) - 1
        sizes = _each(window, rank)
        strides = _each(settings.get("strides") or window, rank)
        dilations = _each(settings.get("dilation_rate") or 1, rank)
        channels = settings.get("filters", before[-1] * settings.get("depth_multiplier", 1))
        if settings["padding"] == "same":
            after = tuple(-(-n // s) for n, s in zip(before, strides, strict=False))
            each = "; ".join(
                f"⌈{n} / {s}⌉ = {a}" for n, s, a in zip(before, strides, after, strict=False)
            )
            return "⌈H / S⌉ (same padding)", each, (*after, channels)
        rows = list(zip(before, sizes, strides, dilations, strict=False))
        after = tuple((n - d * (k - 1) - 1) // s + 1 for n, k, s, d in rows)
        each = "; ".join(
            f"⌊({n} − {d} · ({k} − 1) − 1) / {s}⌋ + 1 = {a}"
            for (n, k, s, d), a in zip(rows, after, strict=True)
        )
        return "⌊(H − D · (K − 1) − 1) / S⌋ + 1", each, (*after, channels)
    if node.type == "Dense":
        return "units", str(settings["units"]), (*before[:-1], settings["units"])
    if node.type == "Flatten":
        return "H × W × C", f"{_by(before)} = {prod(before):,}", (prod(before),)
    if node.type == "Concatenate" and all(shape[:-1] == before[:-1] for shape in inputs):
        channels = sum(shape[-1] for shape in inputs)
        if channels == node.output_shape[-1]:
            parts = " + ".join(str(shape[-1]) for shape in inputs)
            return "channels add up", f"{parts} = {channels}", (*before[:-1], channels)
    if node.type == "ZeroPadding2D":
        pads = settings["padding"]
        after = tuple(n + sum(p) for n, p in zip(before, pads, strict=False))
        each = "; ".join(
            f"{n} + {p[0]} + {p[1]} = {a}" for n, p, a in zip(before, pads, after, strict=False)
        )
        return "H + before + after", each, (*after, before[-1])
    if node.type.startswith("Global") and not settings.get("keepdims"):
        return "one value a channel", str(before[-1]), (before[-1],)
    same = {"BatchNormalization", "Activation", "ReLU", "Dropout", "Add", "Multiply"}
    if node.type in same:
        return "the shape of the input", _by(before), max(inputs, key=prod)
    return "", "", None


def _each(value: object, rank: int) -> tuple[int, ...]:
    return (value,) * rank if isinstance(value, int) else tuple(value)  # type: ignore[arg-type]


# Parameters.


def _params_card(graph: LayerGraph, node: Node, cost: Cost) -> Card:
    if node.shares_weights_with is not None:
        note = f"It uses the parameters of {node.shares_weights_with}, which count there."
        return Card(node.name, "params", "0", "exact", notes=(note,))
    if not node.weights:
        return Card(node.name, "params", "0", "exact", notes=(f"{node.type} has no variables.",))
    formula, substituted, result = _params_formula(graph, node)
    variables = "; ".join(f"{w.name} {_by(w.shape)} = {w.size:,}" for w in node.weights)
    total = sum(weight.size for weight in node.weights)
    agrees = (cost.params if result is None else result) == total
    check = Check(f"Keras' own variables: {variables}; together {total:,}.", agrees)
    notes = []
    if cost.trainable_params != cost.params:
        notes.append(f"Training changes {cost.trainable_params:,} of them.")
    readers = [graph.by_name[name] for name in graph.consumers[node.name]]
    bias = sum(weight.size for weight in node.weights if weight.name == "bias")
    if bias and readers and all(reader.type == "BatchNormalization" for reader in readers):
        notes.append(
            f"Batch norm follows and undoes any bias: implementations without it have {bias:,} "
            "parameters fewer."
        )
    value = f"{cost.params:,}"
    return Card(
        node.name, "params", value, "exact", formula, substituted, (check,), (), tuple(notes)
    )


def _params_formula(graph: LayerGraph, node: Node) -> tuple[str, str, int | None]:
    settings = node.settings
    if settings.get("data_format") == "channels_first":
        return "", "", None
    inputs = graph.input_shapes(node)
    channels = (inputs[0][-1] if inputs and inputs[0] else 0) or 0
    bias = bool(settings.get("use_bias"))
    if node.type in _CONVOLUTIONS:
        size, filters = settings["kernel_size"], settings["filters"]
        groups = settings.get("groups", 1)
        result = prod(size) * (channels // groups) * filters + (filters if bias else 0)
        of_group = f"({channels} / {groups})" if groups > 1 else f"{channels}"
        letters = "K × K × " + ("(C_in / g)" if groups > 1 else "C_in") + " × C_out"
        values = f"{_by(size)} × {of_group} × {filters}"
    elif node.type in ("DepthwiseConv1D", "DepthwiseConv2D"):
        size, times = settings["kernel_size"], settings["depth_multiplier"]
        filters = channels * times
        result = prod(size) * filters + (filters if bias else 0)
        letters, values = "K × K × C × m", f"{_by(size)} × {channels} × {times}"
    elif node.type == "Dense":
        filters = settings["units"]
        result = channels * filters + (filters if bias else 0)
        letters, values = "N_in × N_out", f"{channels} × {filters}"
    elif node.type == "BatchNormalization":
        count = len(node.weights)
        return f"{count} × C", f"{count} × {channels} = {count * channels:,}", count * channels
    else:
        return "", "", None
    if bias:
        letters += " + C_out" if node.type in _CONVOLUTIONS else " + bias"
        values += f" + {filters}"
    return letters, f"{values} = {result:,}", result


_CONVOLUTIONS = (
    *("Conv1D", "Conv2D", "Conv3D"),
    *("Conv1DTranspose", "Conv2DTranspose", "Conv3DTranspose"),
)


# Multiply-adds.


def _macs_card(graph: LayerGraph, node: Node, cost: Cost) -> Card:
    if cost.not_counted is not None:
        note = f"Not counted: {cost.not_counted}."
        return Card(node.name, "macs", "not known", "not counted", notes=(note,))
    if not cost.macs:
        other = f" It does {cost.other_ops:,} other operations." if cost.other_ops else ""
        note = f"{node.type} does no multiply-adds.{other}"
        return Card(node.name, "macs", "0", "exact", notes=(note,))
    formula, substituted = _macs_formula(graph, node, cost)
    checks = []
    copy = scaled_copy(graph, node)
    if copy is not None:
        text = (
            f"A copy from {_by(copy.input_shape)} to {_by(copy.output_shape)}, computed with "
            f"loops, does {copy.by_loops:,}; the formula gives {copy.by_formula:,}."
        )
        checks.append(Check(text, copy.by_loops == copy.by_formula))
    notes = ("Windows count in full where they lie over padding; FLOPs are twice as many.",)
    value = f"{cost.macs:,}"
    return Card(node.name, "macs", value, "exact", formula, substituted, tuple(checks), (), notes)


def _macs_formula(graph: LayerGraph, node: Node, cost: Cost) -> tuple[str, str]:
    settings = node.settings
    if settings.get("data_format") == "channels_first":
        return "", ""
    before = graph.input_shapes(node)[0]
    after = node.output_shape
    made = _by((after[-1], *after[:-1]))
    if node.type in ("Conv1D", "Conv2D", "Conv3D"):
        groups = settings.get("groups", 1)
        depth = f"{before[-1]} / {groups}" if groups > 1 else f"{before[-1]}"
        letters = "C_in / g" if groups > 1 else "C_in"
        size = settings["kernel_size"]
        return (
            f"(C_out × {_extents(after)}) × ({letters} × {_kernels(size)})",
            f"{made} × ({depth} × {_by(size)}) = {cost.macs:,}",
        )
    if node.type in ("DepthwiseConv1D", "DepthwiseConv2D"):
        size = settings["kernel_size"]
        return (
            f"(C_out × {_extents(after)}) × ({_kernels(size)})",
            f"{made} × ({_by(size)}) = {cost.macs:,}",
        )
    if node.type == "Dense":
        return "N_in × N_out", f"{before[-1]} × {_by(after)} = {cost.macs:,}"
    if node.type in ("Conv1DTranspose", "Conv2DTranspose", "Conv3DTranspose"):
        size = settings["kernel_size"]
        return (
            f"(C_in × {_extents(before, '')}) × (C_out × {_kernels(size)})",
            f"{_by((before[-1], *before[:-1]))} × ({after[-1]} × {_by(size)}) = {cost.macs:,}",
        )
    return "", ""


def _extents(shape: Sequence[object], mark: str = "'") -> str:
    names = {1: ("L",), 2: ("H", "W"), 3: ("D", "H", "W")}[len(shape) - 1]
    return _by([name + mark for name in names])


def _kernels(size: Sequence[int]) -> str:
    return _by(["K"] * len(size))


# Memory.


def _memory_card(node: Node, cost: Cost, run_shape: Sequence[int] | None) -> Card:
    shapes = [tuple(size or 0 for size in shape) for shape in node.output_shapes]
    outputs = " + ".join(_by(shape) or "1" for shape in shapes)
    several = f"({outputs})" if len(shapes) > 1 else outputs
    value = f"{cost.activation_bytes:,} bytes ({bytes_text(cost.activation_bytes)})"
    checks: tuple[Check, ...] = ()
    if run_shape is not None and len(shapes) == 1:
        nbytes = prod(run_shape) * BYTES_PER_VALUE
        text = f"The activation of the last run has {nbytes:,} bytes."
        checks = (Check(text, nbytes == cost.activation_bytes),)
    return Card(
        node.name,
        "memory",
        value,
        "exact",
        "values × 4 bytes (float32)",
        f"{several} × 4 = {cost.activation_bytes:,}",
        checks,
    )


# Receptive fields.


def _field_card(graph: LayerGraph, node: Node, field: Field) -> Card:
    if field.reach is Reach.UNKNOWN:
        return Card(node.name, "field", "not known", "not counted", notes=(field.note,))
    if field.reach is Reach.NOTHING:
        note = "Its values do not depend on the input."
        return Card(node.name, "field", "nothing of the input", "exact", notes=(note,))
    if field.reach is Reach.GLOBAL:
        note = "Every position sees the whole input."
        return Card(node.name, "field", "the whole input", "exact", notes=(note,))
    status: Status = "exact" if field.exact else "bound"
    formula = substituted = ""
    chain = _chain(graph, node)
    if chain is not None and field.exact:
        size, jump, terms = 1, 1, []
        for kernel, stride in chain:
            if kernel > 1:
                terms.append(f"{kernel - 1} · {jump}")
            size, jump = size + (kernel - 1) * jump, jump * stride
        if terms and size == field.size[0]:
            formula = "1 + Σ (extent − 1) · (product of the strides before), of the rows"
            substituted = f"1 + {' + '.join(terms)} = {size}"
    checks = _seen_check(graph, node, field)
    notes = (field.note,) if field.note else ()
    prefix = "" if field.exact else "at most "
    value = f"{prefix}{_by(field.size)} of the input, stride {_by(field.stride)}"
    return Card(node.name, "field", value, status, formula, substituted, checks, (), notes)


def _chain(graph: LayerGraph, node: Node) -> list[tuple[int, int]] | None:
    """Extent and stride of every window on the only way from the input; None where ways part."""
    windows = []
    here = node
    while here.sources:
        if len(here.sources) > 1:
            return None
        size = here.settings.get("kernel_size") or here.settings.get("pool_size")
        if size is not None:
            rank = len(here.output_shape) - 1
            if "Transpose" in here.type or rank < 1:
                return None
            kernel = _each(size, rank)[0]
            dilation = _each(here.settings.get("dilation_rate") or 1, rank)[0]
            stride = _each(here.settings.get("strides") or size, rank)[0]
            windows.append((dilation * (kernel - 1) + 1, stride))
        here = graph.by_name[here.inputs[0]]
    return windows[::-1]


def _seen_check(graph: LayerGraph, node: Node, field: Field) -> tuple[Check, ...]:
    """Trace the middle position back to the very pixels that reach it."""
    rank = len(field.size)
    middle = tuple((size or 1) // 2 for size in node.output_shape[:rank])
    try:
        found = seen(graph, node.name, middle)
    except (UserError, IndexError):
        return ()
    if found.box is None:
        return ()
    extents = found.pixels.shape
    window = tuple(
        (max(start, 0), min(stop, extent))
        for (start, stop), extent in zip(found.window, extents, strict=True)
    )
    inside = all(
        lower >= start and upper <= stop
        for (lower, upper), (start, stop) in zip(found.box, window, strict=True)
    )
    rows = " and ".join(f"{start} to {stop - 1}" for start, stop in found.box)
    text = f"Traced back pixel by pixel, position {_by(middle)} reads rows and columns {rows}"
    if found.box == window:
        return (Check(f"{text}: its window, as far as it lies in the input.", True),)
    return (Check(f"{text}, all inside of its window.", inside),)


# Sums.


def _number(cost: Cost, quantity: Quantity) -> int:
    if quantity == "params":
        return cost.params
    return cost.macs if quantity == "macs" else cost.activation_bytes


def _row_number(row: Row, quantity: Quantity) -> int:
    if quantity == "params":
        return row.params
    return row.macs if quantity == "macs" else row.activations * BYTES_PER_VALUE


def _sum_card(subject: str, names: Sequence[str], quantity: Quantity, costs: GraphCosts) -> Card:
    members = [costs.by_name[name] for name in names]
    counted = sorted(
        ((_number(cost, quantity), cost.node) for cost in members), key=lambda pair: -pair[0]
    )
    parts = [(number, name) for number, name in counted if number]
    total = sum(number for number, _ in parts)
    shown = parts[:_SHOWN]
    terms = [f"{number:,} {name}" for number, name in shown]
    if len(parts) > _SHOWN:
        rest = sum(number for number, _ in parts[_SHOWN:])
        terms.append(f"{rest:,} of {len(parts) - _SHOWN} others")
    unknown = [cost for cost in members if cost.not_counted is not None]
    bound = quantity == "macs" and bool(unknown)
    value = f"{total:,}"
    if quantity == "memory":
        value = f"{total:,} bytes ({bytes_text(total)})"
    notes: tuple[str, ...] = ()
    if bound:
        value = f"at least {value}"
        notes = (f"Not counted: {', '.join(cost.node for cost in unknown)}.",)
    return Card(
        subject,
        quantity,
        value,
        "bound" if bound else "exact",
        f"Sum over {len(names)} operations" if len(names) != 1 else "Of its only operation",
        f"{' + '.join(terms)} = {total:,}" if terms else "",
        (),
        (),
        notes,
    )


_SHOWN = 6
