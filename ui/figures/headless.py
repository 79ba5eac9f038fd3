"""`export`: writes figures without a screen."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QApplication

from cnnviz import library
from cnnviz.console import Console
from cnnviz.engine import Engine
from cnnviz.errors import UserError
from cnnviz.figures.drawing import Subject, credit, subject_of
from cnnviz.figures.feature_maps import coloured
from cnnviz.figures.formats import ending_of
from cnnviz.figures.recipe import read_recipe
from cnnviz.figures.scene import Figure
from cnnviz.figures.style import FigureOptions
from cnnviz.images import load_picture
from cnnviz.requests import (
    GetThumbnails,
    OpenedModel,
    OpenModel,
    Progress,
    RunImage,
    SetWeights,
    Thumbnails,
)
from ui.figures.files import write

_SIDE = 64


def export(arguments: argparse.Namespace) -> None:
    """Do what `export` asks.

    Raises:
        UserError: It cannot be done.
    """
    with Console(sys.stderr) as console:
        options = options_of(arguments)
        if arguments.all:
            _export_all(arguments, options, console)
        else:
            _export_one(arguments, options, console)


def options_of(arguments: argparse.Namespace) -> FigureOptions:
    """The settings of the recipe, where there is one, with those of the command line.

    Raises:
        UserError: They are wrong.
    """
    recipe = arguments.recipe
    options = read_recipe(Path(recipe)) if recipe is not None else FigureOptions()
    changes: dict[str, Any] = {
        name: getattr(arguments, name)
        for name in (
            *("style", "detail", "page", "theme", "orientation"),
            *("font", "font_size", "margin", "block"),
        )
        if getattr(arguments, name) is not None
    }
    if changes.get("detail") == "op":
        changes["detail"] = "operation"
    changes |= dict.fromkeys(arguments.shown, True) | dict.fromkeys(arguments.left_out, False)
    for name in ("hidden", "highlighted"):
        if more := getattr(arguments, name):
            changes[name] = getattr(options, name) | frozenset(more)
    if arguments.transparent:
        changes["transparent"] = True
    if arguments.image is not None:
        changes["thumbnails"] = True
    return replace(options, **changes)


def _export_one(arguments: argparse.Namespace, options: FigureOptions, console: Console) -> None:
    if arguments.model is None:
        raise UserError("export needs a MODEL, or --all for the whole catalog.")
    path = Path(arguments.output)
    ending_of(path)
    _refuse([path], arguments.force)
    picture = None if arguments.image is None else load_picture(Path(arguments.image))
    if options.thumbnails and picture is None:
        console.remark("Without --image there are no feature maps to show.")
    qt = _qt()  # noqa: F841 - it lives as long as the figures are drawn
    engine = Engine()
    request = OpenModel(
        arguments.model,
        arguments.input_shape,
        arguments.classes,
        arguments.trust_code,
        tuple(arguments.variant),
    )
    opened: OpenedModel = engine.handle(request, console)
    for notice in opened.notices:
        console.remark(notice)
    subject = _subject(opened)
    if picture is not None:
        engine.handle(SetWeights(arguments.weights), console)
        engine.handle(RunImage(picture), console)
        names = tuple(node.name for node in opened.graph.nodes)
        answer: Thumbnails = engine.handle(GetThumbnails(names, _SIDE), console)
        subject = replace(subject, thumbnails=coloured(answer.codes))
    figure = write(path, subject, options, model=opened.id, dpi=arguments.dpi, reporter=console)
    _tell(figure, console)
    print(f"Wrote {path}.")  # noqa: T201 - the command's answer


def _export_all(arguments: argparse.Namespace, options: FigureOptions, console: Console) -> None:
    if arguments.model is not None:
        raise UserError("Give a MODEL, or --all, not both.")
    if arguments.image is not None:
        raise UserError("--image is for one model: leave it out with --all.")
    folder = Path(arguments.output)
    if folder.exists() and not folder.is_dir():
        raise UserError(f"{folder} is a file: with --all, -o takes a folder.")
    ending = f".{arguments.format}"
    ids = list(library.catalog())
    paths = [folder / f"{model}{ending}" for model in ids]
    _refuse(paths, arguments.force)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        reason = error.strerror or str(error)
        raise UserError(f"{folder} cannot be made ({reason}): choose another place.") from error
    qt = _qt()  # noqa: F841 - it lives as long as the figures are drawn
    engine = Engine()
    done = 0
    try:
        for done, (model, path) in enumerate(zip(ids, paths, strict=True)):
            console.report(Progress(f"{model} ({done + 1} of {len(ids)})", done / len(ids)))
            opened: OpenedModel = engine.handle(OpenModel(model))
            write(path, _subject(opened), options, model=opened.id, dpi=arguments.dpi)
    except KeyboardInterrupt:
        console.remark(f"{done} of {len(ids)} files were written to {folder}; they are whole.")
        raise
    print(f"Wrote {len(ids)} files to {folder}.")  # noqa: T201 - the command's answer


def _subject(opened: OpenedModel) -> Subject:
    entry = library.catalog().get(opened.request.model)
    source = "" if entry is None else credit(entry.authors, entry.year)
    return subject_of(opened.graph, opened.title, source)


def _refuse(paths: Sequence[Path], force: bool) -> None:
    """Leave files alone that are there.

    Raises:
        UserError: Some of these are, and nobody said that they may be replaced.
    """
    there = [path for path in paths if path.is_file()]
    if there and not force:
        others = f", like {len(there) - 1} more" if len(there) > 1 else ""
        raise UserError(f"{there[0]} exists{others}: say --force to replace it, or choose another.")


def _tell(figure: Figure | None, console: Console) -> None:
    for note in figure.notes if figure is not None else ():
        console.remark(note)


def _qt() -> QCoreApplication:
    """Fonts need an application, but no screen."""
    os.environ["QT_QPA_PLATFORM"] = "offscreen"
    os.environ.setdefault("QT_LOGGING_RULES", "default.warning=false")
    return QApplication.instance() or QApplication(["cnnviz"])
