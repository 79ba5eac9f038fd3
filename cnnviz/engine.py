"""The engine: opens a model, gives it weights, runs images through it, and answers for the results.

Importing this module is cheap; Keras is imported by `Engine.prepare`.
"""

from __future__ import annotations

from typing import Any

from cnnviz.requests import ListDevices, Reporter, Request


class Engine:
    """Owns one model, its weights and the trace of its latest image."""

    def prepare(self) -> None:
        """Import Keras and set it up, once."""
        import keras

        keras.config.set_floatx("float32")

    def can_answer(self, request: Request) -> bool:
        """Whether a fetch can be answered now, in the middle of a run."""
        return isinstance(request, ListDevices)

    def handle(self, request: Request, reporter: Reporter) -> Any:
        """Do one request."""
        raise NotImplementedError(type(request).__name__)

    def use_idle_time(self, reporter: Reporter) -> None:
        """Prepare for later requests."""
