"""A comparison of models as JSON values, and as text, CSV, Markdown or LaTeX."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from cnnviz.compare import Side, diff
from cnnviz.profiles import ModelProfile, profile
from cnnviz.requests import OpenModel
from cnnviz.tables import aligned, bytes_text, latex_lines, markdown_lines

Comparison = Mapping[str, Any]
"""JSON values, as `comparison` gives them."""

_SIGNS = {"added": "+", "removed": "-", "changed": "~"}


def comparison(sides: Sequence[Side], accuracies: Sequence[Sequence[Any]]) -> Comparison:
    """Everything of a comparison as JSON values.

    Args:
        sides: The models.
        accuracies: Of each: records with `top1`, `top5`, `protocol` and `source`.

    Returns:
        `models` (id, name, totals, stages, accuracy) and, where there are two, `differences`:
        units that are changed, added or removed, in order.
    """
    profiles = [profile(side, OpenModel(side.id)) for side in sides]
    result = dict(of_profiles(profiles, accuracies))
    if len(sides) == 2:
        result["differences"] = [
            {
                "change": d.change,
                "first": d.first,
                "second": d.second,
                "stage": d.stage,
                "block": d.block,
                "what": d.what,
                "params": d.params,
                "macs": d.macs,
                "receptive_field": d.field,
            }
            for d in diff(sides[0], sides[1])
            if d.change != "same"
        ]
    return result


def of_profiles(
    profiles: Sequence[ModelProfile], accuracies: Sequence[Sequence[Any]]
) -> Comparison:
    """The part of a comparison that says what each model is.

    Args:
        profiles: The models.
        accuracies: As for `comparison`.
    """
    return {
        "models": [
            {
                "id": model.id,
                "name": model.name,
                "totals": {
                    "params": model.params,
                    "trainable_params": model.trainable_params,
                    "macs": model.macs,
                    "activation_bytes": model.activation_bytes,
                    "peak_bytes": model.peak_bytes,
                    "depth": model.depth,
                    "nodes": model.nodes,
                },
                "not_counted": list(model.not_counted),
                "stages": [
                    {
                        "name": stage.label,
                        "output_shape": list(stage.output_shape),
                        "params": stage.params,
                        "macs": stage.macs,
                        "activation_bytes": stage.activation_bytes,
                    }
                    for stage in model.stages
                ],
                "accuracy": [
                    {"top1": a.top1, "top5": a.top5, "protocol": a.protocol, "source": a.source}
                    for a in known
                ],
            }
            for model, known in zip(profiles, accuracies, strict=True)
        ]
    }


def as_json(compared: Comparison) -> str:
    """One JSON object."""
    return json.dumps(compared, indent=1, ensure_ascii=False)


def as_csv(compared: Comparison) -> str:
    """One row a model, every value exact; accuracies, of which there are many, are left out."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    fields = list(compared["models"][0]["totals"])
    writer.writerow(["id", "name", *fields, "not_counted"])
    for model in compared["models"]:
        totals = [model["totals"][field] for field in fields]
        writer.writerow([model["id"], model["name"], *totals, " ".join(model["not_counted"])])
    return text.getvalue().rstrip("\n")


def as_text(compared: Comparison) -> str:
    """Tables for the terminal."""
    lines = aligned(_HEAD, _rows(compared))
    if "differences" not in compared:
        return "\n".join(lines)
    changes = _changes(compared)
    first, second = compared["models"]
    lines += ["", f"From {first['name']} to {second['name']}:"]
    if not changes:
        return "\n".join([*lines, "no layer differs."])
    return "\n".join([*lines, *aligned(_DIFFERENCES, changes)])


def as_markdown(compared: Comparison) -> str:
    """GitHub-flavoured Markdown tables."""
    lines = markdown_lines(_HEAD, _rows(compared))
    if compared.get("differences"):
        lines += ["", *markdown_lines(_DIFFERENCES, _changes(compared))]
    return "\n".join(lines)


def as_latex(compared: Comparison) -> str:
    """LaTeX tables in the booktabs style."""
    lines = [r"% Needs \usepackage{booktabs}.", *latex_lines(_HEAD, _rows(compared))]
    if compared.get("differences"):
        lines += ["", *latex_lines(_DIFFERENCES, _changes(compared))]
    return "\n".join(lines)


FORMS: Mapping[str, Callable[[Comparison], str]] = MappingProxyType(
    {
        "text": as_text,
        "json": as_json,
        "csv": as_csv,
        "markdown": as_markdown,
        "latex": as_latex,
    }
)
"""The forms of a comparison by name."""

_HEAD = ("Model", "Depth", "Params", "MACs", "Memory", "Top-1")
_DIFFERENCES = ("", "Layer", "Stage", "Params", "MACs", "What")


def _rows(compared: Comparison) -> list[list[str]]:
    rows = []
    for model in compared["models"]:
        totals = model["totals"]
        best = next((a for a in model["accuracy"] if a["top1"] is not None), None)
        rows.append(
            [
                model["name"],
                str(totals["depth"]),
                f"{totals['params']:,}",
                ("≥ " if model["not_counted"] else "") + f"{totals['macs']:,}",
                bytes_text(totals["activation_bytes"]),
                ""
                if best is None
                else f"{best['top1']:g} % ({best['protocol']}, {best['source']})",
            ]
        )
    return rows


def _changes(compared: Comparison) -> list[list[str]]:
    return [
        [
            _SIGNS[d["change"]],
            d["second"] or d["first"],
            d["stage"],
            f"{d['params']:+,}",
            f"{d['macs']:+,}",
            d["what"],
        ]
        for d in compared["differences"]
    ]
