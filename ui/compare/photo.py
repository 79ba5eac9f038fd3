"""The same photo through two models, one after the other, beside the one that is open."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QHBoxLayout,
    QProgressBar,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from cnnviz.alignment import ModelDiff, StagePair
from cnnviz.beside import BesideRun
from cnnviz.requests import OpenModel, Progress, RunBeside, RunImage, WeightsInfo
from ui.compare.map_rows import MapRows
from ui.jobs import Job, Lane
from ui.panels.labels import plain_label, set_ink
from ui.scroll_bar import flat_bars
from ui.theme import GAP, SNUG, theme_of

_HINT = (
    "Runs the picture of the window through both, and shows what their stages make of it: first "
    "all channels together, then those that vary most. The open model and its picture stay as they "
    "are."
)


class PhotoTab(QWidget):
    """A button that runs both, and what came out.

    Args:
        lane: Where the engine is.
        picture: Gives the run of the window's picture; None before there is one.
        weights_of: Gives the weights that a model has in the window; None where it is not open.

    Signals:
        chosen: Number of the model (0 or 1), a node of it, and a channel or None.
    """

    chosen = Signal(int, str, object)

    def __init__(
        self,
        lane: Lane,
        picture: Callable[[], RunImage | None],
        weights_of: Callable[[OpenModel], WeightsInfo | None],
    ) -> None:
        super().__init__()
        self._lane = lane
        self._picture = picture
        self._weights_of = weights_of
        self._requests: tuple[OpenModel, OpenModel] | None = None
        self._names = ("", "")
        self._jobs: list[Job] = []
        self._running = False
        self.run_button = QPushButton("Run the picture through both")
        self.run_button.clicked.connect(self.run)
        self.cancel_button = QPushButton("Cancel")
        self.cancel_button.clicked.connect(self.cancel)
        self.progress = QProgressBar()
        self.progress.setMaximumWidth(360)
        self.progress.setAccessibleName("How far the two passes are")
        self.hint = plain_label("What this does", wrapped=True)
        self.hint.setText(_HINT)
        self.answers = (plain_label("First answer", wrapped=True), plain_label("", wrapped=True))
        self.answers[1].setAccessibleName("Second answer")
        self.rows = MapRows()
        self.rows.chosen.connect(self.chosen)
        self._lay_out()
        self._show_state()

    def _lay_out(self) -> None:
        top = QHBoxLayout()
        top.setSpacing(SNUG)
        top.addWidget(self.run_button)
        top.addWidget(self.progress, 1)
        top.addWidget(self.cancel_button)
        top.addStretch(1)
        heads = QHBoxLayout()
        heads.setSpacing(GAP)
        for label in self.answers:
            heads.addWidget(label, 1, Qt.AlignmentFlag.AlignTop)
        self._scroll = QScrollArea()
        flat_bars(self._scroll)
        self._scroll.setFrameShape(QScrollArea.Shape.NoFrame)
        self._scroll.setWidgetResizable(True)
        self._scroll.setWidget(self.rows)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(GAP, SNUG, GAP, SNUG)
        whole.setSpacing(SNUG)
        whole.addLayout(top)
        whole.addWidget(self.hint)
        whole.addLayout(heads)
        whole.addWidget(self._scroll, 1)

    def show_pair(
        self,
        requests: tuple[OpenModel, OpenModel] | None,
        names: tuple[str, str],
        diff: ModelDiff | None,
    ) -> None:
        """Show two models; what ran before is gone if they are others.

        Args:
            requests: The models; None where there are no two.
            names: What to call them.
            diff: Their stages; None until it is known.
        """
        pairs: Sequence[StagePair] = diff.stages if diff is not None else ()
        if requests == self._requests and tuple(pairs) == self.rows.pairs:
            return
        self.cancel()
        self._requests, self._names = requests, names
        self.rows.show_pairs(pairs)
        for label in self.answers:
            label.setText("")
        self._show_state()

    @property
    def running(self) -> bool:
        """Whether a pass is under way."""
        return self._running

    @property
    def complete(self) -> bool:
        """Whether both answers are here."""
        return all(run is not None for run in self.rows.runs)

    def run(self) -> None:
        """Run both, one after the other."""
        run = self._picture()
        if self._requests is None or run is None or not self.rows.pairs:
            return
        self.cancel()
        self._running = True
        self.rows.show_pairs(self.rows.pairs)
        for label in self.answers:
            label.setText("")
        self.progress.setRange(0, 0)
        self._show_state()
        self._start(0, run)

    def _start(self, side: int, run: RunImage) -> None:
        assert self._requests is not None
        request = self._requests[side]
        nodes = tuple(dict.fromkeys(pair.nodes[side] for pair in self.rows.pairs))
        job = self._lane.submit(
            RunBeside(request, run, nodes, self._weights(request)),
            on_success=lambda made: self._arrived(side, run, made),
            on_failure=lambda text: self._failed(side, text),
            on_cancelled=self._ended,
            on_progress=lambda progress: self._progressed(side, progress),
        )
        self._jobs = [] if job.finished else [job]

    def _weights(self, request: OpenModel) -> str:
        """The weights that the model has in the window, or the best that need no download."""
        info = self._weights_of(request)
        if info is None:
            return "auto"
        return info.path if info.kind == "file" and info.path is not None else info.kind

    def _progressed(self, side: int, progress: Progress) -> None:
        self.progress.setFormat(f"{side + 1} of 2: {progress.text}")
        if progress.fraction is None:
            self.progress.setRange(0, 0)
        else:
            self.progress.setRange(0, 1000)
            self.progress.setValue(round(1000 * progress.fraction))

    def _arrived(self, side: int, run: RunImage, made: BesideRun) -> None:
        if not self._running:
            return
        self.rows.show_run(side, made)
        self.answers[side].setText(_answer(made))
        if side == 0:
            self._start(1, run)
        else:
            self._ended()

    def _failed(self, side: int, text: str) -> None:
        self.answers[side].setText(f"{self._names[side]}: {text}")
        self._ended()

    def _ended(self) -> None:
        self._running = False
        self._jobs = []
        self._show_state()

    def cancel(self) -> None:
        """Stop; what has come stays."""
        jobs, self._jobs = self._jobs, []
        self._running = False
        for job in jobs:
            job.cancel()
        self._show_state()

    def _show_state(self) -> None:
        able = self._requests is not None and bool(self.rows.pairs)
        self.run_button.setVisible(not self.running)
        self.run_button.setEnabled(able and self._picture() is not None)
        self.progress.setVisible(self.running)
        self.cancel_button.setVisible(self.running)
        self.hint.setVisible(not self.complete)
        if self._requests is not None and not self.rows.pairs:
            self.hint.setText("These two have no stages of like resolution to hold side by side.")
        else:
            self.hint.setText(_HINT)
        self.tint()

    def refresh(self) -> None:
        """The picture of the window may be there now."""
        self._show_state()

    def tint(self) -> None:
        """Follow the theme."""
        colors = theme_of(self.palette())
        set_ink(self.hint, colors.muted)


def _answer(run: BesideRun) -> str:
    """A model's answer and weights in a few lines."""
    lines = [f"{run.name}, weights: {run.weights.label}"]
    if not run.weights.trained:
        lines.append("They are random: the maps show the architecture, nothing learned.")
    elif run.predictions:
        first, *others = run.predictions[:3]
        worth = [first, *(each for each in others if each.score >= 0.001)]
        best = (f"{each.label} {each.score:.1%}" for each in worth)
        lines.append(", ".join(best))
    return "\n".join(lines)
