"""The headless commands: each does its work and returns the text to print."""

from __future__ import annotations

import argparse
import dataclasses
import json
import math
import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from cnnviz import backend, library, tables
from cnnviz import comparison as comparing
from cnnviz.breakdown import breakdown
from cnnviz.compare import Side
from cnnviz.console import Console
from cnnviz.engine import Engine
from cnnviz.errors import UserError
from cnnviz.field_report import as_text, field_report
from cnnviz.files import filling
from cnnviz.heatmap import write_overlay
from cnnviz.images import load_picture
from cnnviz.predictions import verdict
from cnnviz.probes import PREPARATION, Probe, image_named
from cnnviz.ready import comparisons, ready_json, ready_text
from cnnviz.ready import find as find_ready
from cnnviz.reports import breakdown_report, write
from cnnviz.requests import (
    GetActivation,
    GetKerasCode,
    GetReadyFigures,
    GetSaliency,
    OpenedModel,
    OpenModel,
    Ranking,
    RunImage,
    RunResult,
    SetWeights,
    TrainingBatch,
)
from cnnviz.shape_lab import planned
from cnnviz.training_state import training_sentence
from cnnviz.transforms import Transform

_NOT_FACTS = frozenset({"builder", "options", "variants"})


def do(arguments: argparse.Namespace, console: Console) -> str:
    """Do what the command line asks (see `cnnviz.arguments`).

    Raises:
        UserError: It cannot be done.
    """
    return _COMMANDS[arguments.command](arguments, console)


def _list(arguments: argparse.Namespace, console: Console) -> str:
    """The catalog: a line an architecture, or every fact as JSON."""
    entries = library.catalog().values()
    if arguments.json:
        return _json(
            [{k: v for k, v in _fields(entry).items() if k not in _NOT_FACTS} for entry in entries]
        )
    rows = [
        [
            entry.id,
            entry.name,
            str(entry.year),
            tables.shape_text(entry.input_shape),
            ", ".join(library.offered_weights(entry)),
        ]
        for entry in entries
    ]
    return "\n".join(tables.aligned(["Id", "Name", "Year", "Input", "Weights"], rows))


def _describe(arguments: argparse.Namespace, console: Console) -> str:
    """What a model is made of and costs."""
    engine = Engine()
    opened = _open(engine, arguments, console)
    if arguments.form == "code":
        code: str = engine.handle(GetKerasCode(opened.request), console)
        return code
    if arguments.by is not None:
        return _break_down(opened, arguments)
    for name in ("batch", "dtype", "flops"):
        if getattr(arguments, name):
            raise UserError(f"--{name} is for --by: give --by stage, say, or leave it out.")
    description = tables.describe(opened.id, opened.title, opened.graph)
    return tables.RENDERERS[arguments.form](description)


def _break_down(opened: OpenedModel, arguments: argparse.Namespace) -> str:
    """Where the cost of a model goes."""
    report = breakdown_report(
        opened.title,
        breakdown(opened.graph, arguments.by),
        batch=arguments.batch or 1,
        dtype=arguments.dtype or "float32",
        flops=arguments.flops,
    )
    return write(report, arguments.form)


def _run(arguments: argparse.Namespace, console: Console) -> str:
    """What a model answers to a picture, and on demand every activation as a file."""
    image = image_named(arguments.image)
    if isinstance(image, Path):
        load_picture(image)  # what is wrong with it is told before the seconds that Keras takes
    transform = Transform(arguments.crop, arguments.mirror, arguments.rotate, arguments.shift)
    engine = Engine()
    opened = _open(engine, arguments, console)
    engine.handle(SetWeights(arguments.weights), console)
    size, seed = arguments.training, arguments.seed
    training = None if size is None else TrainingBatch(size, seed)
    request = RunImage(image, arguments.device, transform=transform, training=training)
    result: RunResult = engine.handle(request, console)
    if arguments.save_activations is not None:
        folder = Path(arguments.save_activations)
        _save_activations(engine, opened, result, image, transform, folder, console)
    if arguments.gradcam is not None:
        found = engine.handle(GetSaliency("gradcam", arguments.class_index), console)
        write_overlay(Path(arguments.gradcam), result.picture, found.values)
        name = opened.class_names[found.class_index] if opened.class_names else "class"
        console.remark(
            f"Grad-CAM of {name} ({found.class_index}) at {found.layer!r}: {arguments.gradcam}"
        )
    elif arguments.class_index is not None:
        console.remark("--class is for --gradcam, and does nothing without it.")
    for notice in result.notices:
        console.remark(notice)
    render = _run_as_json if arguments.json else _run_as_text
    return render(opened, result, image, transform, arguments.top)


def _train(arguments: argparse.Namespace, console: Console) -> str:
    """Train an architecture on the data that ships with it."""
    backend.prepare()
    output = None if arguments.output is None else Path(arguments.output)
    record, path = library.train(arguments.model, arguments.epochs, arguments.seed, output, console)
    return (
        f"Trained {arguments.model} on {record['train']:,} digits for {record['epochs']} epochs, "
        f"seed {record['seed']}.\n"
        f"Held-out digits, which training never saw: {record['right']} of {record['held_out']} "
        f"right ({record['accuracy']:.1%}).\n"
        f"Weights  {path}"
    )


def _compare(arguments: argparse.Namespace, console: Console) -> str:
    """Models side by side; two of them also unit by unit."""
    if arguments.ready is not None:
        return _compare_ready(arguments, console)
    if not 2 <= len(arguments.models) <= 6:
        raise UserError(f"compare takes two to six models, not {len(arguments.models)}.")
    engine, sides, accuracies = Engine(), [], []
    for model in arguments.models:
        request = OpenModel(model, trust_code=arguments.trust_code)
        opened: OpenedModel = engine.handle(request, console)
        for notice in opened.notices:
            console.remark(notice)
        sides.append(Side(opened.id, opened.name, opened.graph))
        entry = library.catalog().get(model)
        accuracies.append(entry.accuracy if entry is not None else ())
    return comparing.FORMS[arguments.form](comparing.comparison(sides, accuracies))


def _compare_ready(arguments: argparse.Namespace, console: Console) -> str:
    """One of the ready comparisons, or the list of them."""
    if arguments.form not in ("text", "json"):
        raise UserError(f"--ready gives text or JSON: leave --{arguments.form} out.")
    if arguments.models:
        raise UserError("--ready names its models itself: leave yours out, or leave --ready out.")
    if not arguments.ready:
        if arguments.form == "json":
            return _json([{"id": r.id, "title": r.title} for r in comparisons().values()])
        rows = [[ready.id, ready.title] for ready in comparisons().values()]
        return "\n".join(tables.aligned(["Id", "Comparison"], rows))
    ready = find_ready(arguments.ready)
    figures = Engine().handle(GetReadyFigures(ready.id), console).figures
    if arguments.form == "json":
        return _json(ready_json(ready, figures))
    return ready_text(ready, figures)


def _rf(arguments: argparse.Namespace, console: Console) -> str:
    """What the positions of a node see."""
    opened = _open(Engine(), arguments, console)
    report = field_report(
        opened.id,
        opened.graph,
        arguments.layer,
        arguments.source,
        arguments.position,
        arguments.pixel,
    )
    return _json(report) if arguments.json else as_text(report)


_COMMANDS = {
    "list": _list,
    "describe": _describe,
    "compare": _compare,
    "run": _run,
    "rf": _rf,
    "train": _train,
}


def _open(engine: Engine, arguments: argparse.Namespace, console: Console) -> OpenedModel:
    request = OpenModel(
        arguments.model,
        arguments.input_shape,
        arguments.classes,
        arguments.trust_code,
        tuple(arguments.variant),
    )
    opened: OpenedModel = engine.handle(request, console)
    if arguments.changes:
        plan = planned(opened.graph, arguments.changes)
        opened = engine.handle(replace(request, plans=(plan,)), console)
    for notice in opened.notices:
        console.remark(notice)
    return opened


def _prepared(opened: OpenedModel, image: Path | Probe) -> str:
    """How the image became the input."""
    return PREPARATION if isinstance(image, Probe) else opened.preprocessing


def _run_as_json(
    opened: OpenedModel, result: RunResult, image: Path | Probe, transform: Transform, top: int
) -> str:
    predictions = result.predictions
    return _json(
        {
            "id": opened.id,
            "name": opened.title,
            "image": str(image),
            "transform": transform,
            "input_shape": opened.graph.input_shape,
            "preprocessing": _prepared(opened, image),
            "weights": _fields(result.weights) | {"trained": result.weights.trained},
            "device": result.device,
            "gear": result.gear,
            "seconds": result.seconds,
            "predictions": None if predictions is None else predictions[:top],
            "auxiliary": {aux.node: aux.predictions[:top] for aux in result.auxiliary},
            "true_class": result.true_class,
            "training": result.training,
            "nodes": result.nodes,
            "notices": [*opened.notices, *result.notices],
        }
    )


def _run_as_text(
    opened: OpenedModel, result: RunResult, image: Path | Probe, transform: Transform, top: int
) -> str:
    changed = f", {transform.words}" if transform.words else ""
    lines = [
        f"{opened.title} on {image.name}{changed}",
        f"Input    {tables.shape_text(opened.graph.input_shape)}. {_prepared(opened, image)}",
        f"Weights  {result.weights.label}",
        f"Device   {result.device.name}, {result.seconds:.2f} s",
        "",
    ]
    if result.predictions is None:
        lines.append("The output is no list of classes: see it with --save-activations.")
    else:
        lines += _ranks(result.predictions, top)
        told = verdict(result.predictions, result.true_class)
        lines += [f"{told}."] if told else []
    for auxiliary in result.auxiliary:
        lines += ["", f"Auxiliary classifier {auxiliary.node}"]
        lines += _ranks(auxiliary.predictions, top)
    if result.training is not None:
        lines += ["", training_sentence(result.training)]
    if not result.weights.trained:
        lines += ["", "The weights are random: the answer means nothing."]
    return "\n".join(lines)


def _ranks(predictions: Ranking, top: int) -> list[str]:
    rows = [
        [str(rank), p.label, f"{p.score:.4f}"] for rank, p in enumerate(predictions[:top], start=1)
    ]
    return tables.aligned(["#", "Class", "Score"], rows)


def _save_activations(
    engine: Engine,
    opened: OpenedModel,
    result: RunResult,
    image: Path | Probe,
    transform: Transform,
    folder: Path,
    console: Console,
) -> None:
    """Write every node's output as .npy, and index.json that says which file is which."""
    entries = []
    with filling(folder) as staging:
        for position, node in enumerate(opened.graph.nodes):
            values = engine.handle(GetActivation(node.name), console).values
            file = f"{position:03d}_{re.sub('[^0-9A-Za-z_-]+', '.', node.name)}.npy"
            np.save(staging / file, values)
            entries.append(
                {"node": node.name, "type": node.type, "file": file, "shape": values.shape}
            )
        index = {
            "model": opened.id,
            "image": str(image),
            "transform": transform,
            "weights": result.weights.label,
            "nodes": entries,
        }
        (staging / "index.json").write_text(_json(index), encoding="utf-8")


def _fields(record: Any) -> dict[str, Any]:
    return {field.name: getattr(record, field.name) for field in dataclasses.fields(record)}


def _json(value: Any) -> str:
    return json.dumps(_strict(value), indent=1, ensure_ascii=False)


def _strict(value: Any) -> Any:
    """JSON values: dataclasses as objects, and null for NaN and infinite numbers."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if dataclasses.is_dataclass(value):
        value = _fields(value)
    if isinstance(value, Mapping):
        return {key: _strict(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_strict(item) for item in value]
    return value
