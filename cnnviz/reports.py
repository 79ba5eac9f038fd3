"""Breakdowns as text, JSON, CSV, Markdown and LaTeX (booktabs)."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from cnnviz.breakdown import BYTES, Breakdown, Dtype, Measure, needed
from cnnviz.tables import aligned, bytes_text, latex_lines, latex_text, markdown_lines, shape_text

Form = Literal["text", "json", "csv", "markdown", "latex"]
SUFFIXES: Mapping[str, Form] = {
    ".json": "json",
    ".csv": "csv",
    ".md": "markdown",
    ".tex": "latex",
    ".txt": "text",
}
"""The form of a file by what its name ends with."""


@dataclass(frozen=True)
class Sheet:
    """One table of a report.

    Attributes:
        title: What stands above it.
        head: Names of the columns.
        rows: Their cells.
        total: A last row; none when None.
    """

    title: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    total: tuple[str, ...] | None = None


@dataclass(frozen=True)
class Report:
    """What can be written in any form.

    Attributes:
        data: JSON values, all exact.
        records: Rows of the CSV file, exact; all have the same keys.
        sheets: Tables for people.
        remarks: Sentences below them.
    """

    data: Mapping[str, Any]
    records: Sequence[Mapping[str, Any]]
    sheets: Sequence[Sheet]
    remarks: Sequence[str] = ()


def write(report: Report, form: Form) -> str:
    """A report in a form, without a line break at the end."""
    if form == "json":
        return json.dumps(report.data, indent=1, ensure_ascii=False)
    if form == "csv":
        return _csv(report.records)
    parts: list[str] = [r"% Needs \usepackage{booktabs}."] if form == "latex" else []
    for sheet in report.sheets:
        below = [] if sheet.total is None else [sheet.total]
        if form == "text":
            lines = aligned(sheet.head, [*sheet.rows, *below])
            if below:
                lines.insert(-1, lines[1])
            parts += [sheet.title, "", *lines, ""]
        elif form == "markdown":
            lines = markdown_lines(sheet.head, [*sheet.rows, *below])
            parts += [f"**{sheet.title}**", "", *lines, ""]
        else:
            parts += [f"% {sheet.title}", *latex_lines(sheet.head, sheet.rows, sheet.total or ())]
    parts += [f"% {latex_text(line)}" if form == "latex" else line for line in report.remarks]
    return "\n".join(parts).rstrip("\n")


def _csv(records: Sequence[Mapping[str, Any]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    if records:
        writer.writerow(list(records[0]))
    for record in records:
        writer.writerow(["" if value is None else value for value in record.values()])
    return text.getvalue().rstrip("\n")


_MEASURES: tuple[tuple[Measure, str], ...] = (
    ("params", "params"),
    ("macs", "macs"),
    ("activations", "activation_bytes"),
    ("seconds", "seconds"),
)


def breakdown_report(
    name: str,
    table: Breakdown,
    *,
    batch: int = 1,
    dtype: Dtype = "float32",
    flops: bool = False,
) -> Report:
    """A breakdown, counted for a batch in a number format.

    Args:
        name: What to call the model.
        table: The breakdown.
        batch: Images at once.
        dtype: Number format of weights and activations.
        flops: Write FLOPs, two a multiply-add, in the tables; data and CSV have `macs` as well.
    """
    size = BYTES[dtype]
    scale: Mapping[Measure, int] = {
        "params": 1,
        "macs": batch,
        "activations": batch * size,
        "seconds": 1,
    }

    def scaled(measure: Measure, value: float | None) -> float | None:
        return None if value is None else value * scale[measure]

    records = [
        {
            "name": row.label,
            "operations": " ".join(row.nodes),
            "output_shape": "x".join("?" if n is None else str(n) for n in row.output_shape),
            **{key: scaled(measure, row.value(measure)) for measure, key in _MEASURES},
            "not_counted": " ".join(row.not_counted),
        }
        for row in table.rows
    ]
    fit = needed(table.costs, table.peak, batch, dtype)
    totals = {key: scaled(measure, table.total(measure)) for measure, key in _MEASURES}
    data = {
        "model": name,
        "level": table.level,
        "batch": batch,
        "dtype": dtype,
        "totals": totals,
        "weight_bytes": fit.weights,
        "peak": {
            "node": table.peak.node,
            "activation_bytes": fit.per_image * batch,
            "live": list(table.peak.live),
        },
        "rows": [
            {
                **record,
                "operations": list(row.nodes),
                "output_shape": list(row.output_shape),
                "not_counted": list(row.not_counted),
            }
            for record, row in zip(records, table.rows, strict=True)
        ],
    }
    remarks = [
        f"For a batch of {batch:,} in {dtype}. At inference at least "
        f"{bytes_text(fit.total)} are needed at once: {bytes_text(fit.weights)} of weights, and "
        f"{bytes_text(fit.per_image * batch)} of activations when {table.peak.node} is computed.",
        "MACs are multiply-adds of convolutions and dense layers"
        + (", FLOPs twice as many" if flops else "")
        + "; memory is that of all outputs.",
    ]
    if any(row.not_counted for row in table.rows):
        names = ", ".join(name for row in table.rows for name in row.not_counted)
        remarks.append(f"Not counted, because their cost is not known: {names}.")
    sheet = _breakdown_sheet(f"{name}, by {table.level}", table, scale, flops=flops)
    return Report(data, records, [sheet], remarks)


def _breakdown_sheet(
    title: str, table: Breakdown, scale: Mapping[Measure, int], *, flops: bool
) -> Sheet:
    work = "FLOPs" if flops else "MACs"
    shown: list[tuple[Measure, str, str]] = [
        ("params", "Params", "% params"),
        ("macs", work, f"% {work}"),
        ("activations", "Memory", "% memory"),
    ]
    if table.total("seconds") is not None:
        shown.append(("seconds", "Time", "% time"))

    def cells(values: Mapping[Measure, float | None], not_counted: bool) -> list[str]:
        found = []
        for measure, _, _ in shown:
            value, total = values[measure], table.total(measure)
            if value is None:
                found += ["", ""]
                continue
            amount = value * scale[measure] * (2 if measure == "macs" and flops else 1)
            if measure == "seconds":
                text = f"{amount * 1e3:.3g} ms"
            elif measure == "activations":
                text = bytes_text(round(amount))
            else:
                text = f"{round(amount):,}"
            if measure == "macs" and not_counted:
                text = f"≥ {text}" if value else "?"
            found += [text, f"{value / total:.1%}"[:-1] if total else ""]
        return found

    rows = [
        (
            row.label,
            shape_text(row.output_shape),
            *cells({m: row.value(m) for m, _, _ in shown}, bool(row.not_counted)),
        )
        for row in table.rows
    ]
    unknown = any(row.not_counted for row in table.rows)
    total = ("Total", "", *cells({m: table.total(m) for m, _, _ in shown}, unknown))
    head = ("Name", "Output", *(text for _, name, share in shown for text in (name, share)))
    return Sheet(title, head, tuple(rows), total)
