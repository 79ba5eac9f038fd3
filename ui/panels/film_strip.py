"""The film strip: the whole pass along the bottom, what each step costs, and what it does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QTimer, Signal
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from cnnviz.colormaps import COLOUR_MAPS
from cnnviz.costs import GraphCosts
from cnnviz.film import DETAILS, Detail, Film, Frame, film, fitting_detail
from cnnviz.graph import LayerGraph
from cnnviz.grouping import Grouping
from cnnviz.kinds import kind_of
from cnnviz.requests import Picture
from cnnviz.sentences import group_sentence, shape_words
from ui.panels.film_view import FilmView, Look
from ui.panels.inspector import to_image
from ui.panels.labels import ElidedLabel, plain_label, set_ink
from ui.theme import SNUG, TIGHT, theme_of
from ui.words import big, duration, size

_DETAIL_NAMES: Mapping[str, str] = {
    "auto": "Automatic",
    "stage": "Stages",
    "block": "Blocks",
    "unit": "Units",
    "operation": "Operations",
}
MEASURES: Mapping[str, str] = {
    "macs": "MACs",
    "time": "Time",
    "bytes": "Memory",
    "params": "Parameters",
}
PACES: Mapping[str, str] = {"even": "Even pace", "macs": "Pace by MACs"}


PATIENCE_MS = 200
"""How long the pictures of the pass before stay on show."""


class FilmStrip(QWidget):
    """The frames of the open network, a choice of detail and of bars, and one sentence.

    Signals:
        moved: Name of the node that the user went to.
        film_changed: There are other frames: `names` and `work` have changed.
        detail_chosen: "auto" or a `cnnviz.film.Detail`.
        measure_chosen: A key of `MEASURES`.
        pace_chosen: A key of `PACES`.
        pictures_wanted: Thumbnails of frames are missing.
    """

    moved = Signal(str)
    film_changed = Signal()
    detail_chosen = Signal(str)
    measure_chosen = Signal(str)
    pace_chosen = Signal(str)
    pictures_wanted = Signal()

    def __init__(self, detail: str = "auto", measure: str = "macs", pace: str = "even") -> None:
        super().__init__()
        self._graph: LayerGraph | None = None
        self._groups: Grouping | None = None
        self._costs: GraphCosts | None = None
        self._film = Film(())
        self._opened: list[str] = []
        self._node: str | None = None
        self._training = False
        self._computed: set[str] = set()
        self._seconds: dict[str, float] = {}
        self._codes: Mapping[str, NDArray[np.uint8]] = {}
        self._input: Picture | None = None
        self._images: dict[str, QImage] = {}
        # What was shown stays while its successor is on its way, but not for long: while somebody
        # draws, there are thirty passes a second, and the strip must not flicker.
        self._older: dict[str, QImage] = {}
        self._patience = QTimer(self, singleShot=True, interval=PATIENCE_MS)
        self._patience.timeout.connect(self._drop_older)
        self.detail = _box("Detail", "What one picture of the strip stands for", _DETAIL_NAMES)
        self.measure = _box("Bars", "What the bar below each picture shows", MEASURES)
        self.pace = _box(
            "Pace",
            "How long Play stays: the same everywhere, or longer where there is more to compute",
            PACES,
        )
        for box, value in ((self.detail, detail), (self.measure, measure), (self.pace, pace)):
            box.setCurrentIndex(max(0, box.findData(value)))
        self.sentence = ElidedLabel("What happens here")
        self.count = plain_label("Place in the pass")
        self.view = FilmView()
        row = QHBoxLayout()
        row.setContentsMargins(SNUG, TIGHT, SNUG, 0)
        row.setSpacing(TIGHT)
        for text, box in (("&Detail", self.detail), ("&Bars", self.measure), ("", self.pace)):
            if text:
                label = QLabel(text)
                label.setBuddy(box)
                row.addWidget(label)
            row.addWidget(box)
            row.addSpacing(SNUG)
        row.addWidget(self.sentence, 1)
        row.addWidget(self.count)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(TIGHT)
        column.addLayout(row)
        column.addWidget(self.view, 1)
        self.detail.currentIndexChanged.connect(self._detail_changed)
        self.measure.currentIndexChanged.connect(self._measure_changed)
        self.pace.currentIndexChanged.connect(
            lambda: self.pace_chosen.emit(self.pace.currentData())
        )
        self.view.moved.connect(lambda index: self.moved.emit(self._film.frames[index].node))
        self.view.opened.connect(self._look_into)
        self._tint()

    # -- what is shown ---------------------------------------------------------------------------

    @property
    def film(self) -> Film:
        """The frames."""
        return self._film

    @property
    def names(self) -> tuple[str, ...]:
        """The node that each frame hands on, in the order of the pass."""
        return tuple(frame.node for frame in self._film.frames)

    @property
    def work(self) -> tuple[float, ...] | None:
        """How long Play stays at each frame, as multiples of the mean; None for the same."""
        if self.pace.currentData() == "even":
            return None
        macs = [self._total("macs", frame) or 0 for frame in self._film.frames]
        mean = sum(macs) / max(1, len(macs))
        return tuple(value / mean for value in macs) if mean else None

    def frame_node(self, name: str | None) -> str | None:
        """The node that stands for the frame that a node is in."""
        index = self._film.frame_of.get(name) if name is not None else None
        return None if index is None else self._film.frames[index].node

    def show_model(self, graph: LayerGraph, groups: Grouping, costs: GraphCosts) -> None:
        """Start over with another network, none of its nodes computed."""
        self._graph, self._groups, self._costs = graph, groups, costs
        self._opened = []
        self._node = None
        self._seconds = {}
        self.forget_pass()
        self._drop_older()
        self._cut()

    def forget_pass(self) -> None:
        """A new pass starts: nothing is computed yet. Times stay: they are the network's."""
        self._older |= self._images
        self._patience.start()
        self._computed = set()
        self._codes = {}
        self._images = {}
        self._input = None
        self._show_pictures()

    def show_training(self, training: bool) -> None:
        """Say whether the pass is as in training rather than at inference."""
        self._training = training
        self._tell(self._film.frame_of.get(self._node or "", -1))

    def show_input(self, picture: Picture | None) -> None:
        """The picture that goes in stands for the first frame."""
        self._input = picture
        self._images = {}
        self._show_pictures()

    def node_done(self, name: str, seconds: float | None) -> None:
        """A node was computed; its time in seconds where it was taken alone."""
        self._computed.add(name)
        if seconds is not None:
            self._seconds[name] = seconds

    def pass_moved(self) -> None:
        """Draw what `node_done` told."""
        self._show_pictures()
        if self.measure.currentData() == "time":
            self._show_looks()

    def show_thumbnails(self, codes: Mapping[str, NDArray[np.uint8]]) -> None:
        """Take the thumbnails that are there."""
        self._codes = codes
        self._show_pictures()

    def missing(self) -> list[str]:
        """Nodes whose thumbnail is wanted, those around the current frame first."""
        here = self._film.frame_of.get(self._node or "", 0)
        nodes = [
            (abs(i - here), frame.node)
            for i, frame in enumerate(self._film.frames)
            if frame.node in self._computed and frame.node not in self._codes
        ]
        return [name for _, name in sorted(nodes)]

    def set_current(self, name: str | None) -> None:
        """Mark the frame that a node is in, and tell what happens there."""
        self._node = name
        index = self._film.frame_of.get(name, -1) if name is not None else -1
        self.view.set_current(index)
        self.count.setText(
            f"{index + 1 if index >= 0 else '–'} / {len(self._film.frames)}"
            if self._film.frames
            else ""
        )
        self._tell(index)

    # -- looking into frames ---------------------------------------------------------------------

    def step_into(self) -> bool:
        """Replace the current frame by what is in it and go to the first of that.

        Returns:
            Whether there was anything in it.
        """
        index = self._film.frame_of.get(self._node or "", -1)
        if index < 0 or not self._film.frames[index].can_open:
            return False
        frame = self._film.frames[index]
        self._opened.append(frame.node)
        self._cut()
        # Of the frames that took its place, the first.
        first = min(self._film.frame_of[name] for name in frame.nodes)
        self.moved.emit(self._film.frames[first].node)
        return True

    def step_out(self) -> bool:
        """Fold the frames that were opened last around the current one.

        Returns:
            Whether any were open.
        """
        here = self._film.frame_of.get(self._node or "", -1)
        if here < 0 or self._node is None:
            return False
        now = len(self._film.frames[here].nodes)
        for i in reversed(range(len(self._opened))):
            fewer = self._opened[:i] + self._opened[i + 1 :]
            folded = self._made(fewer)
            frame = folded.frames[folded.frame_of[self._node]]
            if len(frame.nodes) > now:
                self._opened = fewer
                self._cut()
                self.moved.emit(frame.node)
                return True
        return False

    def _look_into(self, index: int) -> None:
        self.moved.emit(self._film.frames[index].node)
        self.step_into()

    # -- inside ----------------------------------------------------------------------------------

    def _made(self, opened: Sequence[str]) -> Film:
        if self._graph is None or self._groups is None:
            return Film(())
        detail: str = self.detail.currentData()
        level: Detail = next(
            (known for known in DETAILS if known == detail),
            fitting_detail(self._graph, self._groups) if detail == "auto" else "block",
        )
        return film(self._graph, self._groups, level, opened)

    def _cut(self) -> None:
        """Make the frames anew."""
        self._film = self._made(self._opened)
        self.view.show_film(self._film)
        self._show_looks()
        self._show_pictures()
        self.set_current(self._node)
        self.film_changed.emit()
        self.pictures_wanted.emit()

    def _detail_changed(self) -> None:
        self._opened = []
        self._cut()
        self.detail_chosen.emit(self.detail.currentData())

    def _measure_changed(self) -> None:
        self._show_looks()
        self.measure_chosen.emit(self.measure.currentData())

    def _total(self, measure: str, frame: Frame) -> float | None:
        """What a frame costs; None where it is not known."""
        assert self._costs is not None
        costs = [self._costs.by_name[name] for name in frame.nodes]
        if measure == "time":
            known = [self._seconds.get(name) for name in frame.nodes]
            return sum(s for s in known if s is not None) if None not in known else None
        if measure == "bytes":
            return float(sum(cost.activation_bytes for cost in costs))
        if measure == "params":
            return float(sum(cost.params for cost in costs))
        return float(sum(cost.macs for cost in costs))

    def _show_looks(self) -> None:
        if self._graph is None or self._costs is None:
            return
        colors = theme_of(self.palette())
        measure = self.measure.currentData()
        values = [self._total(measure, frame) for frame in self._film.frames]
        largest = max((value for value in values if value), default=0.0)
        looks = []
        for frame, value in zip(self._film.frames, values, strict=True):
            share = value / largest if value is not None and largest else value
            kind = kind_of(self._graph.by_name[self._heaviest(frame)])
            looks.append(Look(colors.kinds[kind].fill, share, self._tip(frame)))
        self.view.show_looks(looks)

    def _heaviest(self, frame: Frame) -> str:
        """The node that gives a frame its colour: the one with most to compute."""
        assert self._costs is not None
        by_name = self._costs.by_name
        return max(frame.nodes, key=lambda name: (by_name[name].macs, name == frame.node))

    def _tip(self, frame: Frame) -> str:
        assert self._graph is not None
        seconds = self._total("time", frame)
        lines = [
            frame.label,
            shape_words(self._graph.by_name[frame.node].output_shape),
            f"{big(round(self._total('macs', frame) or 0))}MACs",
            f"{round(self._total('params', frame) or 0):,} parameters",
            f"{size(round(self._total('bytes', frame) or 0))} of activations",
            duration(seconds) if seconds is not None else "Time: not measured yet",
        ]
        if frame.can_open:
            lines.append("Double click to look into it")
        return "\n".join(lines)

    def _tell(self, index: int) -> None:
        if index < 0 or self._graph is None or self._costs is None:
            self.sentence.show_text("Click a picture, or press Space to walk through the pass")
            return
        frame = self._film.frames[index]
        self.sentence.show_text(
            group_sentence(
                self._graph, frame.label, frame.nodes, self._costs, training=self._training
            )
        )

    def _show_pictures(self) -> None:
        """Turn codes into pictures, those that are new."""
        dark = theme_of(self.palette()).scheme == "dark"
        table = COLOUR_MAPS["magma" if dark else "viridis"].table()
        inputs = {node.name for node in self._graph.inputs} if self._graph is not None else set()
        for name, codes in self._codes.items():
            if name in self._images:
                continue
            if name in inputs and self._input is not None:
                self._images[name] = to_image(self._input)
                continue
            pixels = np.ascontiguousarray(table.take(codes))
            height, width = pixels.shape
            image = QImage(pixels.data, width, height, 4 * width, QImage.Format.Format_RGB32)
            self._images[name] = image.copy()
        self.view.show_pictures(self._older | self._images, self._computed | self._older.keys())

    def _drop_older(self) -> None:
        self._patience.stop()
        self._older = {}
        self._show_pictures()

    # -- looks -----------------------------------------------------------------------------------

    def changeEvent(self, event: QEvent) -> None:
        """Take the colours of a new palette."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and hasattr(self, "view"):
            self._tint()
            self._images = {}
            self._show_looks()
            self._drop_older()

    def _tint(self) -> None:
        colors = theme_of(self.palette())
        set_ink(self.sentence, colors.text)
        set_ink(self.count, colors.muted)


def _box(name: str, tip: str, choices: Mapping[str, str]) -> QComboBox:
    box = QComboBox()
    for data, text in choices.items():
        box.addItem(text, data)
    box.setAccessibleName(name)
    box.setToolTip(tip)
    return box
