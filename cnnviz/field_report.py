"""Everything that can be said of a receptive field without running the model, as JSON or text."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from typing import Any

from cnnviz.errors import UserError
from cnnviz.graph import LayerGraph
from cnnviz.projective import reached
from cnnviz.receptive_field import Field, Reach, extents_of, receptive_fields
from cnnviz.recursion import Row, growth
from cnnviz.seen import seen
from cnnviz.tables import aligned


def field_report(
    model: str,
    graph: LayerGraph,
    layer: str,
    source: str | None = None,
    position: Sequence[int] | None = None,
    pixel: Sequence[int] | None = None,
) -> dict[str, Any]:
    """Describe the field of a node.

    Args:
        model: What to call the model.
        graph: Its layer graph.
        layer: The node.
        source: The node in whose cells to measure; the model's first input when None.
        position: A position of the node whose window is wanted in detail.
        pixel: A cell of the source: which positions of the node it reaches.

    Returns:
        JSON values: "layer", "from", "reach", and for a window "size", "stride", "padding",
        "center" (of position (0, 0)), "exceeds_source", "in_previous_layer" (by its name), "growth"
        (the rows of `cnnviz.recursion`), "position" and "pixel".

    Raises:
        UserError: There is no such node or position, or a size is not known.
    """
    for name in (layer, source):
        if name is not None and name not in graph.by_name:
            raise UserError(_no_such_node(graph, name))
    graph.require_sizes()
    start = source if source is not None else graph.inputs[0].name
    fields = receptive_fields(graph, start)
    field = fields[layer]
    extents = extents_of(graph, graph.by_name[start])
    report: dict[str, Any] = {
        "model": model,
        "layer": layer,
        "type": graph.by_name[layer].type,
        "output_shape": graph.by_name[layer].output_shape,
        "from": start,
        "from_size": extents,
        **_numbers(field),
        "exceeds_source": field.reach is Reach.WINDOW
        and any(size > whole for size, whole in zip(field.size, extents, strict=True)),
        "in_previous_layer": {
            name: _numbers(receptive_fields(graph, name)[layer])
            for name in dict.fromkeys(graph.by_name[layer].inputs)
        },
    }
    if field.reach not in (Reach.NOTHING, Reach.UNKNOWN):
        grown = growth(graph, layer, start, fields)
        report["growth"] = [_row(row) for row in grown.rows]
        report["sum"] = grown.sum
        report["closed_form"] = grown.closed or None
    try:
        if position is not None:
            report["position"] = _position(graph, layer, start, position)
        if pixel is not None:
            found = reached(graph, layer, pixel, start)
            report["pixel"] = {"pixel": pixel, "box": found.box, "positions": found.count}
    except IndexError as error:
        raise UserError(f"There is no such position of {layer!r} or {start!r}: {error}") from error
    return report


def _numbers(field: Field) -> dict[str, Any]:
    if field.reach is not Reach.WINDOW:
        return {"reach": field.reach.value, "note": field.note}
    return {
        "reach": field.reach.value,
        "size": field.size,
        "stride": field.stride,
        "padding": field.padding,
        "center": [
            (size - 1) / 2 - padding
            for size, padding in zip(field.size, field.padding, strict=True)
        ],
        "exact": field.exact,
        "note": field.note,
    }


def _row(row: Row) -> dict[str, Any]:
    values: dict[str, Any] = {
        "node": row.node,
        "type": row.type,
        "size": row.size,
        "stride": row.stride,
        "padding": row.padding,
        "formula": row.formulas,
        "exceeds_source": row.exceeds,
    }
    if row.branch is not None:
        values["largest_branch"] = row.branch.chosen
        values["branches"] = row.branch.sizes
    return values


def _position(
    graph: LayerGraph, layer: str, source: str, position: Sequence[int]
) -> dict[str, Any]:
    rank = len(extents_of(graph, graph.by_name[layer]))
    if len(position) < rank:
        raise UserError(f"A position of {layer!r} has {rank} coordinates: give --position R,C.")
    what = seen(graph, layer, position, source)
    return {
        "position": position,
        "window": what.window,
        "clipped": what.box,
        "center": [(start + stop - 1) / 2 for start, stop in what.window],
        "share_in_padding": what.padding_share if what.box is not None else None,
        "cells_seen": int(what.pixels.sum()),
    }


def _no_such_node(graph: LayerGraph, name: str) -> str:
    near = difflib.get_close_matches(name, graph.by_name, n=3)
    hint = f"did you mean {', '.join(map(repr, near))}?" if near else "`describe` lists them."
    return f"{graph.name} has no layer {name!r}: {hint}"


def as_text(report: Mapping[str, Any]) -> str:
    """The report for a terminal."""
    whole = _by(report["from_size"])
    lines = [
        f"{report['layer']} ({report['type']}, {_by(report['output_shape'])}) of "
        f"{report['model']}, measured in {report['from']} ({whole})"
    ]
    if report["reach"] != Reach.WINDOW:
        lines.append(
            {
                Reach.GLOBAL: "Every position sees all of it.",
                Reach.NOTHING: "It does not depend on it.",
            }.get(report["reach"], report["note"])
        )
    else:
        bound = "" if report["exact"] else "at most "
        lines += [
            f"Size     {bound}{_by(report['size'])}",
            f"Stride   {_by(report['stride'])}",
            f"Padding  {_by(report['padding'])}",
            f"Centre of position (0, 0)  {_by(report['center'], ', ')}",
        ]
        lines += [report["note"]] if report["note"] else []
        if report["exceeds_source"]:
            lines.append(
                f"The window is larger than {report['from']}: every position sees padding."
            )
    for name, numbers in report["in_previous_layer"].items():
        if numbers["reach"] == Reach.WINDOW:
            lines.append(
                f"In {name}: {_by(numbers['size'])}, stride {_by(numbers['stride'])}, padding "
                f"{_by(numbers['padding'])}"
            )
    lines += _position_lines(report)
    rows = report.get("growth", [])
    if len(rows) > 1:
        lines += ["", *aligned(["Node", "Type", "Size", "Stride", "Padding", "How"], _table(rows))]
        lines += [text for text in dict.fromkeys(report["sum"]) if text]
        lines += [report["closed_form"]] if report["closed_form"] else []
    return "\n".join(lines)


def _position_lines(report: Mapping[str, Any]) -> list[str]:
    lines = []
    if "position" in report:
        what = report["position"]
        lines += [
            "",
            f"Position {_by(what['position'], ', ')} looks at {_ranges(what['window'])}, centre "
            f"{_by(what['center'], ', ')}",
        ]
        if what["clipped"] is None:
            lines.append("It sees nothing of it: all lies in padding.")
        else:
            lines.append(
                f"of which {_ranges(what['clipped'])} lies inside; "
                f"{what['share_in_padding']:.1%} is padding; {what['cells_seen']:,} cells are seen"
            )
    if "pixel" in report:
        found = report["pixel"]
        where = _ranges(found["box"]) if found["box"] is not None else "none"
        lines += [
            "",
            f"Cell {_by(found['pixel'], ', ')} reaches {found['positions']:,} positions"
            + (f": {where}" if found["box"] else ""),
        ]
    return lines


def _table(rows: Sequence[Mapping[str, Any]]) -> list[list[str]]:
    return [
        [
            row["node"],
            row["type"],
            _by(row["size"]),
            _by(row["stride"]),
            _by(row["padding"]),
            how(row),
        ]
        for row in rows
    ]


def how(row: Mapping[str, Any]) -> str:
    """Where the numbers of a row come from."""
    if "branches" in row:
        others = ", ".join(
            f"{name} {_by(size) if size else 'sees all'}" for name, size in row["branches"].items()
        )
        return f"largest: {row['largest_branch']} ({others})"
    return "; ".join(text for text in dict.fromkeys(row["formula"]) if text)


def _by(values: Sequence[Any], joined: str = " × ") -> str:
    return joined.join(f"{value:g}" if isinstance(value, float) else str(value) for value in values)


def _ranges(window: Sequence[tuple[int, int]]) -> str:
    names = ("rows", "columns", "cells")
    return (
        ", ".join(
            f"{name} {start}..{stop - 1}"
            for name, (start, stop) in zip(names, window, strict=False)
        )
        or "all"
    )
