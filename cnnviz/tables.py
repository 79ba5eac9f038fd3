"""What a network is made of and costs, as data and as tables: JSON, CSV, Markdown, LaTeX, text."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from cnnviz.costs import graph_costs
from cnnviz.graph import LayerGraph
from cnnviz.grouping import group
from cnnviz.receptive_field import Field, Reach, receptive_fields

Description = Mapping[str, Any]
"""What `describe` returns: JSON values only."""

NUMERIC = frozenset(
    {
        "#", "Params", "MACs", "FLOPs", "Memory", "RF", "Score", "Year", "Depth", "Time",
        "% params", "% MACs", "% FLOPs", "% memory", "% time",
    }
)  # fmt: skip
"""Heads of columns that hold numbers."""


def describe(model_id: str, name: str, graph: LayerGraph) -> Description:
    """Everything that is known of a model without running it, as JSON values.

    Args:
        model_id: Catalog id, or the file's stem.
        name: What to call it.
        graph: Its layer graph.

    Returns:
        `id`, `name`, `input_shape`, `output_shape`, `totals`, `not_counted` (names of the nodes
        whose MACs are not known and stand as 0) and `nodes`, in topological order. `padding` is how
        far the window of position (0, 0) reaches above and left of the input. A receptive field
        whose size is only a bound says so by the keys `bound` (true) and `note`.

    Raises:
        UserError: A size is not known, because the model leaves its input size open.
    """
    costs = graph_costs(graph)
    groups = group(graph)
    fields = receptive_fields(graph)
    return {
        "id": model_id,
        "name": name,
        "input_shape": list(graph.input_shape),
        "output_shape": list(graph.output_shape),
        "totals": {
            "params": costs.params,
            "trainable_params": costs.trainable_params,
            "macs": costs.macs,
            "other_ops": costs.other_ops,
            "activation_bytes": costs.activation_bytes,
            "nodes": len(graph.nodes),
        },
        "not_counted": list(costs.not_counted),
        "nodes": [
            {
                "name": node.name,
                "type": node.type,
                "unit": groups.unit_of[node.name].label,
                "block": groups.block_of[node.name].label,
                "stage": groups.stage_of[node.name].label,
                "inputs": list(node.inputs),
                "output_shape": list(node.output_shape),
                "params": cost.params,
                "trainable_params": cost.trainable_params,
                "macs": cost.macs,
                "other_ops": cost.other_ops,
                "activation_bytes": cost.activation_bytes,
                "receptive_field": _window(fields[node.name]),
            }
            for node, cost in zip(graph.nodes, costs.nodes, strict=True)
        ],
    }


def as_json(description: Description) -> str:
    """One JSON object."""
    return json.dumps(description, indent=1, ensure_ascii=False)


def as_csv(description: Description) -> str:
    """One row a node, every value exact, for a spreadsheet or pandas; the totals are not repeated.

    Shapes are written as 28x28x512, other lists joined by spaces. What is not known is empty.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    fields = list(description["nodes"][0])
    numbers = ("size", "stride", "padding")
    plain = fields[:-1]  # all but the receptive field, which takes a column a number
    writer.writerow([*plain, *(f"rf_{name}" for name in numbers)])
    for node in description["nodes"]:
        seen = node["receptive_field"]
        if not isinstance(seen, dict):
            seen = {"size": seen}
        cells = {**node, "output_shape": "x".join(map(str, node["output_shape"]))}
        writer.writerow(
            [_joined(cells[field]) for field in plain] + [_joined(seen.get(n)) for n in numbers]
        )
    return text.getvalue().rstrip("\n")


def as_text(description: Description) -> str:
    """A table for the terminal: numbers right-aligned with thousands separators."""
    head, rows = cells(description)
    table = aligned(head, [*rows, totals_row(description)])
    table.insert(-1, table[1])
    return "\n".join([_title(description), "", *table, "", *remarks(description)])


def as_markdown(description: Description) -> str:
    """A GitHub-flavoured Markdown table."""
    head, rows = cells(description)
    rows = [*rows, totals_row(description)]
    return "\n".join(
        [
            f"**{_markdown(_title(description))}**",
            "",
            *markdown_lines(head, rows),
            "",
            *map(_markdown, remarks(description)),
        ]
    )


def as_latex(description: Description) -> str:
    """A LaTeX table in the booktabs style."""
    head, rows = cells(description)
    return "\n".join(
        [
            r"% Needs \usepackage{booktabs}.",
            *latex_lines(head, rows, totals_row(description)),
            *("% " + remark for remark in remarks(description)),
        ]
    )


RENDERERS: Mapping[str, Callable[[Description], str]] = MappingProxyType(
    {
        "text": as_text,
        "json": as_json,
        "csv": as_csv,
        "markdown": as_markdown,
        "latex": as_latex,
    }
)
"""The forms of a description by name."""


def aligned(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """Lines of a table for the terminal; columns of numbers are aligned right."""
    widths = [max(map(len, column)) for column in zip(head, *rows, strict=True)]

    def line(row: Sequence[str]) -> str:
        cells = (
            cell.rjust(width) if name in NUMERIC else cell.ljust(width)
            for cell, name, width in zip(row, head, widths, strict=True)
        )
        return "  ".join(cells).rstrip()

    return [line(head), "─" * (sum(widths) + 2 * len(widths) - 2), *map(line, rows)]


def markdown_lines(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """Lines of a GitHub-flavoured Markdown table; columns of numbers are aligned right."""
    rule = ["--:" if name in NUMERIC else ":--" for name in head]
    lines = ["| " + " | ".join(map(_markdown, row)) + " |" for row in (head, *rows)]
    lines.insert(1, "| " + " | ".join(rule) + " |")
    return lines


def latex_lines(
    head: Sequence[str], rows: Sequence[Sequence[str]], last: Sequence[str] = ()
) -> list[str]:
    """Lines of a LaTeX table in the booktabs style.

    Args:
        head: Headings.
        rows: The cells.
        last: A row below a rule.
    """
    columns = "".join("r" if name in NUMERIC else "l" for name in head)

    def line(row: Sequence[str]) -> str:
        return "  " + " & ".join(map(latex_text, row)) + r" \\"

    below = [r"  \midrule", line(last)] if last else []
    return [
        rf"\begin{{tabular}}{{{columns}}}",
        r"  \toprule",
        line(head),
        r"  \midrule",
        *map(line, rows),
        *below,
        r"  \bottomrule",
        r"\end{tabular}",
    ]


def bytes_text(count: int) -> str:
    """Bytes in binary units with three digits or so: "588.0 KiB"."""
    if count < 1024:
        return f"{count} B"
    size = float(count)
    for unit in ("KiB", "MiB", "GiB"):
        size /= 1024
        if size < 1024 or unit == "GiB":
            break
    return f"{size:,.1f} {unit}"


def shape_text(shape: Sequence[int | None]) -> str:
    """Extents joined by ×; ? where an extent is only known when the model runs."""
    return " × ".join("?" if extent is None else str(extent) for extent in shape)


def cells(description: Description) -> tuple[list[str], list[list[str]]]:
    """The heads of a table with a row a node, and its rows."""
    head = ["Layer", "Type", "Output", "Params", "MACs", "Memory", "RF"]
    unknown = set(description["not_counted"])
    rows = [
        [
            node["name"],
            node["type"],
            shape_text(node["output_shape"]),
            f"{node['params']:,}",
            "?" if node["name"] in unknown else f"{node['macs']:,}",
            bytes_text(node["activation_bytes"]),
            _window_text(node["receptive_field"]),
        ]
        for node in description["nodes"]
    ]
    return head, rows


def totals_row(description: Description) -> list[str]:
    """The last row of that table."""
    totals = description["totals"]
    memory = bytes_text(totals["activation_bytes"])
    macs = ("≥ " if description["not_counted"] else "") + f"{totals['macs']:,}"
    return ["Total", "", "", f"{totals['params']:,}", macs, memory, ""]


def _title(description: Description) -> str:
    shapes = f"{shape_text(description['input_shape'])} → {shape_text(description['output_shape'])}"
    return f"{description['name']} ({shapes})"


def remarks(description: Description) -> list[str]:
    """Sentences on what the table's numbers are."""
    totals = description["totals"]
    fixed = totals["params"] - totals["trainable_params"]
    told = [
        f"{totals['nodes']:,} nodes; {totals['trainable_params']:,} parameters are trained, "
        f"{fixed:,} are not. MACs are multiply-adds of convolutions and dense layers; memory is "
        "that of the outputs for one image; RF is the receptive field in the input."
    ]
    if description["not_counted"]:
        names = ", ".join(description["not_counted"])
        told.append(f"Not counted, because their cost is not known: {names}.")
    if any(_is_bound(node["receptive_field"]) for node in description["nodes"]):
        told.append("≤ marks receptive fields that are bounds: not all positions see the same.")
    return told


def _window(field: Field) -> dict[str, Any] | str | None:
    if field.reach is Reach.GLOBAL:
        return "global"
    if field.reach is not Reach.WINDOW:
        return None
    window: dict[str, Any] = {
        "size": list(field.size),
        "stride": list(field.stride),
        "padding": list(field.padding),
    }
    return window if field.exact else window | {"bound": True, "note": field.note}


def _window_text(window: Mapping[str, Any] | str | None) -> str:
    if window is None:
        return "–"
    if isinstance(window, str):
        return window
    return ("≤ " if _is_bound(window) else "") + shape_text(window["size"])


def _is_bound(window: Mapping[str, Any] | str | None) -> bool:
    return isinstance(window, Mapping) and "bound" in window


def _joined(value: Any) -> str:
    if value is None:
        return ""
    return " ".join(map(str, value)) if isinstance(value, list) else str(value)


def _markdown(text: str) -> str:
    for character in "\\`*_|<":
        text = text.replace(character, "\\" + character)
    return text


_LATEX = str.maketrans(
    {
        "\\": r"\textbackslash{}",
        "~": r"\textasciitilde{}",
        "^": r"\textasciicircum{}",
        "×": r"$\times$",
        "→": r"$\to$",
        "–": "--",
        "≤": r"$\le$",
        "≥": r"$\ge$",
        **{character: "\\" + character for character in "&%$#_{}"},
    }
)


def latex_text(text: str) -> str:
    """Text with what LaTeX would not take literally escaped."""
    return text.translate(_LATEX)
