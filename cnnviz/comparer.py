"""Answers questions about models that are not open, and keeps what it has built for the next."""

from __future__ import annotations

from collections import OrderedDict
from pathlib import Path
from typing import Any

from cnnviz.compare import Side
from cnnviz.requests import DiffModels, GetReadyFigures, OpenModel, ProfileModel, Progress, Reporter

KEPT = 12
"""So many models are kept as graphs, which is some ten megabytes at most."""


class Comparer:
    """Builds models symbolically, and holds them against each other."""

    def __init__(self) -> None:
        self._sides: OrderedDict[Any, Side] = OrderedDict()

    def profile(self, asked: ProfileModel, reporter: Reporter) -> Any:
        """The `cnnviz.profiles.ModelProfile` of a model.

        Raises:
            UserError: It cannot be opened, or a size is not known.
        """
        from cnnviz.profiles import profile

        return profile(self.side(asked.request, reporter), asked.request)

    def diff(self, asked: DiffModels, reporter: Reporter) -> Any:
        """The `cnnviz.alignment.ModelDiff` of two models.

        Raises:
            UserError: One cannot be opened, or a size is not known.
        """
        from cnnviz.alignment import model_diff

        first = self.side(asked.first, reporter)
        return model_diff(first, self.side(asked.second, reporter))

    def figures(self, asked: GetReadyFigures, reporter: Reporter) -> Any:
        """The `cnnviz.ready.ReadyFigures` of a ready comparison.

        Raises:
            UserError: There is none of that name.
        """
        from cnnviz.ready import ReadyFigures, find

        ready = find(asked.id)
        sides = [self.side(request, reporter) for request in ready.models]
        return ReadyFigures(ready.id, ready.figures(sides))

    def side(self, request: OpenModel, reporter: Reporter) -> Side:
        """A model, built without weights, or from what was kept of it.

        Raises:
            UserError: It cannot be opened.
        """
        from cnnviz.library import open_model

        key = request, _stamp(request.model)
        if key not in self._sides:
            reporter.report(Progress(f"Reading {Path(request.model).name}"))
            reporter.checkpoint()
            answer = open_model(request).answer
            answer.graph.require_sizes()
            self._sides[key] = Side(answer.id, answer.title, answer.graph)
        self._sides.move_to_end(key)
        while len(self._sides) > KEPT:
            self._sides.popitem(last=False)
        return self._sides[key]


def _stamp(model: str) -> tuple[int, int] | None:
    """Changes when a file does; None for what is no file."""
    try:
        found = Path(model).stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size
