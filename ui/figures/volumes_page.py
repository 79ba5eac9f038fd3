"""The page of volumes: the classic figure of the open model, to be clicked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from PySide6.QtCore import QEvent, QSize, Qt, QTimer
from PySide6.QtGui import QFontInfo, QShowEvent
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QHBoxLayout,
    QLabel,
    QSizePolicy,
    QStackedWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from cnnviz.errors import UserError
from cnnviz.figures import words
from cnnviz.figures.drawing import Sheet, Subject, subject_of
from cnnviz.figures.scene import Figure
from cnnviz.figures.style import FigureOptions, ThemeName, palette
from cnnviz.figures.tensors import PASSING
from cnnviz.figures.volumes import draw_volumes
from cnnviz.group_names import run_label
from cnnviz.kinds import kind_of
from cnnviz.outline import Outline, Part
from cnnviz.units import head_of
from ui.controller import Controller, Selection
from ui.figures.figure_view import FigureView
from ui.figures.painting import ruler
from ui.graph.card import card, part_card
from ui.insight import Insight
from ui.theme import GAP, SNUG, theme_of, tinted_icon

_NO_MODEL = "Open a model to see its tensors as volumes."
_DETAILS: Mapping[str, str] = {
    "auto": "as it fits",
    "stage": "by stage",
    "block": "by block",
    "unit": "by layer",
}
_SCALES: Mapping[str, str] = {"log": "logarithmic", "linear": "linear"}
_SOLIDS: Mapping[str, str] = {"boxes": "boxes", "planes": "planes"}
_ENDLESS = 100_000.0
"""Pixels: where a detail was chosen, the figure goes on below."""
_LETTERS = 0.92
"""Size of the letters, as a share of the window's."""


class VolumesPage(QWidget):
    """The tensors of the open model as volumes; follows the selection.

    Args:
        controller: The window's state.

    Attributes:
        view: The figure.
    """

    def __init__(self, controller: Controller) -> None:
        super().__init__()
        self._controller = controller
        self._insight: Insight | None = None
        self._subject: Subject | None = None
        self._owners: Mapping[str, str] = {}
        self._stale = True
        self.view = FigureView()
        self.view.tell = self._tell
        self.view.setAccessibleName("Volumes")
        self.view.setAccessibleDescription(
            "Arrow keys walk from tensor to tensor, Home and End go to the first and the last."
        )
        self._redrawing = QTimer(self, singleShot=True, interval=60)
        self._redrawing.timeout.connect(self._draw)
        self._make_controls()
        self._lay_out()
        self.view.part_chosen.connect(self._choose)
        self.view.resized.connect(self._redrawing.start)
        controller.selection_changed.connect(self._follow)
        self._tint()

    def _make_controls(self) -> None:
        self.detail = _chooser(_DETAILS, "Detail of the volumes", "What one volume stands for")
        self.scale = _chooser(
            _SCALES, "Scale of the volumes", "How sizes are drawn: as they are, or as logarithms"
        )
        self.solids = _chooser(
            _SOLIDS,
            "Form of the volumes",
            "A tensor is a box, or planes one behind the other",
        )
        self.kernels = QCheckBox("kernels")
        self.kernels.setChecked(True)
        self.kernels.setToolTip("Draw which window of a tensor makes one cell of the next")
        self.fit = QToolButton()
        self.fit.setAutoRaise(True)
        self.fit.setIconSize(QSize(18, 18))
        self.fit.setToolTip("Show the whole figure")
        self.fit.setAccessibleName("Show the whole figure")
        self.notes = QLabel()
        self.notes.setWordWrap(True)
        self.notes.setAccessibleName("What was done so that the figure fits")
        self.notes.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        for chooser in (self.detail, self.scale, self.solids):
            chooser.currentIndexChanged.connect(self._redraw)
        self.kernels.toggled.connect(self._redraw)
        self.fit.clicked.connect(self.view.fit)

    def _lay_out(self) -> None:
        bar = QHBoxLayout()
        bar.setContentsMargins(GAP, SNUG, GAP, SNUG)
        bar.setSpacing(SNUG)
        for widget in (self.detail, self.scale, self.solids, self.kernels):
            bar.addWidget(widget)
        bar.addWidget(self.notes, 1)
        bar.addWidget(self.fit)
        full = QWidget()
        column = QVBoxLayout(full)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(bar)
        column.addWidget(self.view, 1)
        self._empty = QLabel(_NO_MODEL)
        self._empty.setWordWrap(True)
        self._empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._stack = QStackedWidget()
        self._stack.addWidget(self._empty)
        self._stack.addWidget(full)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(self._stack)
        self.setFocusProxy(self.view)

    # What is shown.

    def set_insight(self, insight: Insight | None) -> None:
        """Show another model."""
        self._insight, self._subject = insight, None
        self._redraw()

    @property
    def settled(self) -> bool:
        """Whether it shows what was asked for."""
        return not self._stale and not self._redrawing.isActive()

    def _redraw(self) -> None:
        self._stale = True
        self._redrawing.stop()
        if self.isVisible():
            self._draw()

    def _draw(self) -> None:
        """Draw the figure anew, if anybody looks."""
        insight = self._insight
        self._stale = not self.isVisible()
        if self._stale:
            return
        if insight is None:
            self._empty.setText(_NO_MODEL)
            self._stack.setCurrentIndex(0)
            return
        try:
            if self._subject is None:
                outline = Outline(insight.graph, insight.groups)
                self._subject = subject_of(
                    insight.graph, costs=insight.costs, outline=outline, fields={}
                )
            figure = self._figure(self._subject)
        except UserError as problem:
            self._empty.setText(str(problem))
            self._stack.setCurrentIndex(0)
            return
        self._stack.setCurrentIndex(1)
        self._owners = owners(
            self._subject.outline, [mark.part for mark in figure.marks if mark.part]
        )
        self.notes.setText(" ".join(figure.notes))
        self.view.show_figure(figure)
        self._follow(self._controller.selection)

    def _figure(self, subject: Subject) -> Figure:
        """The figure, in letters of the window's size and as wide as there is room."""
        scheme: ThemeName = "dark" if theme_of(self.palette()).scheme == "dark" else "light"
        options = FigureOptions(
            style="volumes",
            theme=scheme,
            detail=self.detail.currentData(),
            scale=self.scale.currentData(),
            solids=self.solids.currentData(),
            kernels=self.kernels.isChecked(),
            font=self.font().family(),
            font_size=max(QFontInfo(self.font()).pixelSize() * _LETTERS, 9.0),
        )
        room = self.view.room
        sheet = Sheet(
            width=max(room.width(), 200.0),
            height=max(room.height(), 120.0) if options.detail == "auto" else _ENDLESS,
            options=options,
            palette=palette(scheme),
            ruler=ruler(options.font),
        )
        drawing = draw_volumes(subject, sheet)
        return Figure(
            width=drawing.width,
            height=drawing.height,
            marks=drawing.marks,
            paper=None,
            font=options.font,
            title=subject.title,
            notes=drawing.notes,
        )

    # The selection.

    def _part(self, key: str) -> Part:
        """What a volume stands for: a part, or several alike as one."""
        assert self._subject is not None
        outline = self._subject.outline
        part = outline.by_key[key]
        owned = {name for name, owner in self._owners.items() if owner == key}
        same = [
            other
            for other in outline.root.walk()
            if other.role == part.role and owned.issuperset(other.nodes) and self._works(other)
        ]
        if len(same) < 2:
            return part
        label = run_label(same[0].label, same[-1].label)
        return replace(part, label=label, nodes=tuple(n for each in same for n in each.nodes))

    def _works(self, part: Part) -> bool:
        """Whether a part does more than hand on what it gets."""
        assert self._subject is not None
        graph = self._subject.graph
        return not all(kind_of(graph.by_name[name]) in PASSING for name in part.nodes)

    def _follow(self, selection: Selection) -> None:
        if self.isVisible() and self._subject is not None:
            self.view.select(self._owners.get(selection.node or ""))

    def _choose(self, key: str) -> None:
        """Select the part's last operation, unless one of its own is selected."""
        if self._owners.get(self._controller.selection.node or "") != key:
            self._controller.select(self._part(key).nodes[-1])

    def _tell(self, key: str) -> str:
        """What a part is."""
        insight, colors = self._insight, theme_of(self.palette())
        if insight is None or self._subject is None:
            return ""
        part = self._part(key)
        if len(part.nodes) == 1:
            return card(insight.graph, insight.costs, part.nodes[0], colors)
        head = head_of(insight.graph, part.nodes)
        what = words.operation(head) if part.role == "unit" else part.role
        return part_card(insight.graph, insight.costs, part, what, kind_of(head), colors)

    # Events.

    def showEvent(self, event: QShowEvent) -> None:
        """Draw it when somebody looks."""
        super().showEvent(event)
        if self._stale:
            self._redrawing.start(0)
        else:
            self._follow(self._controller.selection)

    def changeEvent(self, event: QEvent) -> None:
        """Take the colours, or the letters, of the window."""
        super().changeEvent(event)
        kinds = (QEvent.Type.PaletteChange, QEvent.Type.FontChange)
        if event.type() in kinds and hasattr(self, "_stack"):
            self._tint()
            self._stale = True
            self._redrawing.start(0)

    def _tint(self) -> None:
        self.fit.setIcon(tinted_icon("fit", theme_of(self.palette())))


def _chooser(entries: Mapping[str, str], name: str, tip: str) -> QComboBox:
    chooser = QComboBox()
    for key, text in entries.items():
        chooser.addItem(text, key)
    chooser.setAccessibleName(name)
    chooser.setToolTip(tip)
    return chooser


def owners(outline: Outline, drawn: Sequence[str]) -> Mapping[str, str]:
    """By which of the drawn parts each operation is shown: its own, or the one that goes before."""
    own = {name: key for key in dict.fromkeys(drawn) for name in outline.by_key[key].nodes}
    found: dict[str, str] = {}
    for node in outline.graph.nodes:
        shown = own.get(node.name)
        if shown is None:
            before = [found[name] for name in node.inputs if name in found]
            shown = before[-1] if before else None
        if shown is not None:
            found[node.name] = shown
    return found
