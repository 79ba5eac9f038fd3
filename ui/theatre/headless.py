"""`animate`: writes the theatre to a file without a screen."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from PySide6.QtWidgets import QApplication

from cnnviz.console import Console
from cnnviz.convolution import is_windowed
from cnnviz.engine import Engine
from cnnviz.errors import UserError
from cnnviz.experiment import build
from cnnviz.graph import LayerGraph
from cnnviz.images import load_picture
from cnnviz.lab import parse
from cnnviz.lectures import lecture_of
from cnnviz.probes import image_named
from cnnviz.requests import GetActivation, GetWeights, OpenModel, Progress, RunImage, SetWeights
from cnnviz.rivals import rivals
from ui.theatre.film import MOST_BYTES, Film, Recording, TooLarge, check, likely_bytes, thinned
from ui.theatre.page import show_of
from ui.theatre.show import Show, View, moments, show_of_lab
from ui.theme import apply_theme

_LARGEST = 4096
_SMALLER = "give fewer --frames or a smaller --size, or --large to write it all the same."


def animate(arguments: argparse.Namespace) -> None:
    """Do what `animate` asks.

    Raises:
        UserError: It cannot be done.
    """
    path = Path(arguments.output)
    check(path)
    if max(arguments.size) > _LARGEST or min(arguments.size) < 200:
        raise UserError(f"--size takes 200 to {_LARGEST} pixels a side.")
    os.environ["QT_QPA_PLATFORM"] = "offscreen"
    os.environ.setdefault("QT_LOGGING_RULES", "default.warning=false")
    app = QApplication.instance()
    if not isinstance(app, QApplication):
        app = QApplication(["cnnviz"])
    apply_theme(app, arguments.theme)
    with Console(sys.stderr) as console:
        show = _lab(arguments) if arguments.lab is not None else _layer(arguments, console)
        if arguments.channel >= show.operation.filters:
            raise UserError(
                f"There is no output channel {arguments.channel}: they go from 0 to "
                f"{show.operation.filters - 1}."
            )
        every = moments(
            show, arguments.channel, by_channel=arguments.by_channel, view=_view(show, arguments)
        )
        film = Film(
            show,
            thinned(every, arguments.frames),
            arguments.size,
            arguments.theme,
            round(1000 / arguments.fps),
        )
        suffix = path.suffix.lower()
        count = len(film.moments)
        recording = Recording(
            film,
            path,
            lambda done: console.report(Progress(f"Writing {path.name}", done / count)),
            limit=None if arguments.large else MOST_BYTES,
        )
        most = 0 if suffix == ".svg" or arguments.large else likely_bytes(film, suffix)
        if most > MOST_BYTES:
            raise UserError(f"{path.name} may take some {most / 2**20:.0f} MiB: {_SMALLER}")
        try:
            recording()
        except TooLarge as error:
            raise UserError(f"{str(error).rstrip('.')}: {_SMALLER}") from error
    what = "1 frame" if suffix == ".svg" or count == 1 else f"{count} frames"
    left_out = f", of {len(every):,} steps" if count < len(every) else ""
    print(f"Wrote {path} ({what}{left_out}).")  # noqa: T201 - the command's answer


def _lab(arguments: argparse.Namespace) -> Show:
    if arguments.model is not None or arguments.layer is not None:
        raise UserError("Give a MODEL with --layer, or --lab, not both.")
    experiment = build(parse(arguments.lab))
    lecture = lecture_of(experiment.lab)
    return show_of_lab(experiment, against=rivals(lecture) if lecture is not None else ())


def _view(show: Show, arguments: argparse.Namespace) -> View:
    wanted: View = arguments.view
    if wanted not in show.views():
        raise UserError(
            f"There is no view {wanted!r} of this: choose from {', '.join(show.views())}."
        )
    return wanted


def _layer(arguments: argparse.Namespace, console: Console) -> Show:
    if arguments.model is None or arguments.layer is None or arguments.image is None:
        raise UserError("animate needs MODEL, --layer NODE and --image PATH, or --lab LINE.")
    image = image_named(arguments.image)
    picture = load_picture(image) if isinstance(image, Path) else image
    engine = Engine()
    opened = engine.handle(OpenModel(arguments.model, trust_code=arguments.trust_code), console)
    graph: LayerGraph = opened.graph
    node = graph.by_name.get(arguments.layer)
    if node is None or not is_windowed(node):
        names = [each.name for each in graph.nodes if is_windowed(each)]
        what = "no layer" if node is None else "no convolution or pooling"
        few = ", ".join(names[:8]) + (" …" if len(names) > 8 else "")
        raise UserError(f"{arguments.layer!r} is {what} of {opened.name}: choose from {few}.")
    engine.handle(SetWeights(arguments.weights), console)
    engine.handle(RunImage(picture), console)
    weights = engine.handle(GetWeights(node.name)) if node.weights else None
    if weights is None and node.shares_weights_with:
        weights = engine.handle(GetWeights(node.name))
    before = engine.handle(GetActivation(node.inputs[0])).values
    after = engine.handle(GetActivation(node.name)).values
    return show_of(graph, node, before, after, weights)
