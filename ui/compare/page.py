"""The page that holds models against each other: which ones, and a tab for every way to do it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QGuiApplication, QShowEvent
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QLabel,
    QMenu,
    QPushButton,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from cnnviz.alignment import ModelDiff
from cnnviz.comparison import FORMS, of_profiles
from cnnviz.profiles import ModelProfile
from cnnviz.ready import Ready
from cnnviz.requests import DiffModels, OpenModel, RunImage, WeightsInfo
from ui.compare.catalog_tab import CatalogTab
from ui.compare.chips import MOST, ChipRow
from ui.compare.differences import DifferencesTab
from ui.compare.lines import DepthTab
from ui.compare.photo import PhotoTab
from ui.compare.ready_tab import ReadyTab
from ui.compare.shelf import Shelf, architecture_of, name_of
from ui.compare.totals import TotalsTab
from ui.controller import Controller, Selection
from ui.dialogs import ask_to_trust
from ui.jobs import Lane
from ui.panels.labels import plain_label, set_ink
from ui.tasks import content
from ui.theme import GAP, SNUG, theme_of

_FORMS = {
    "text": "Text",
    "csv": "CSV",
    "markdown": "Markdown",
    "latex": "LaTeX",
    "json": "JSON",
}
_FEW = "Add a model above, or open one of the comparisons in the first tab: it takes two to six."


class ComparePage(QWidget):
    """Two to six models side by side.

    Args:
        controller: The window's state.
        lane: Where the engine is.

    Attributes:
        models: What is compared, in order.

    Signals:
        model_wanted: A catalog id or an `OpenModel` that is to be opened in the window.
        file_wanted: The user wants to compare a file; answer with `add`.
    """

    model_wanted = Signal(object)
    file_wanted = Signal()

    def __init__(self, controller: Controller, lane: Lane) -> None:
        super().__init__()
        self._controller = controller
        self._lane = lane
        self.models: list[OpenModel] = []
        self._diff: tuple[tuple[OpenModel, OpenModel], ModelDiff | None] | None = None
        self._following = False
        self.shelf = Shelf(lane, self)
        self.chips = ChipRow()
        self.first, self.second = QComboBox(), QComboBox()
        self.ready = ReadyTab(lane)
        self.totals = TotalsTab()
        self.along = DepthTab()
        self.differences = DifferencesTab()
        self.photo = PhotoTab(lane, self._picture, self._weights_of)
        self.catalog = CatalogTab(self.shelf)
        self.tabs = QTabWidget()
        self.copy = QPushButton("Copy as")
        self.copy.setToolTip("Put the totals of these models on the clipboard")
        menu = QMenu(self.copy)
        for form, title in _FORMS.items():
            menu.addAction(title).triggered.connect(lambda _=False, f=form: self.copy_as(f))
        self.copy.setMenu(menu)
        self.trouble = plain_label("What cannot be compared", wrapped=True)
        self._lay_out()
        self._connect()
        self._show()

    def _lay_out(self) -> None:
        self.tabs.setDocumentMode(True)
        for page, title in (
            (self.ready, "Ready to open"),
            (self.totals, "Side by side"),
            (self.along, "Along the depth"),
            (self.differences, "Differences"),
            (self.photo, "Same picture"),
            (self.catalog, "Whole catalog"),
        ):
            self.tabs.addTab(page, title)
        self.pair = QWidget()
        pair = QHBoxLayout(self.pair)
        pair.setContentsMargins(0, 0, 0, 0)
        pair.setSpacing(SNUG)
        for label, box, name in (
            ("From", self.first, "First of the two"),
            ("to", self.second, "Second of the two"),
        ):
            pair.addWidget(QLabel(label))
            pair.addWidget(box)
            box.setAccessibleName(name)
            box.setToolTip("Which two of the models to hold against each other")
            box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        pair.addStretch(1)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, SNUG, 0, 0)
        whole.setSpacing(SNUG)
        top = QHBoxLayout()
        top.setContentsMargins(GAP, 0, GAP, 0)
        top.addWidget(self.chips, 1)
        top.addWidget(self.copy, 0, Qt.AlignmentFlag.AlignTop)
        whole.addLayout(top)
        for widget in (self.trouble, self.pair):
            widget.setContentsMargins(GAP, 0, GAP, 0)
            whole.addWidget(widget)
        whole.addWidget(self.tabs, 1)

    def _connect(self) -> None:
        controller = self._controller
        self.chips.added.connect(self.add)
        self.chips.removed.connect(self.remove)
        self.chips.opened.connect(self.model_wanted)
        self.chips.file_wanted.connect(self.file_wanted)
        self.chips.current_wanted.connect(self.add_current)
        self.ready.wanted.connect(self.open_ready)
        self.catalog.chosen.connect(lambda name: self.model_wanted.emit(name))
        self.catalog.added.connect(self.add)
        self.along.chosen.connect(lambda model, node: self._go_to(self.models[model], node))
        self.differences.chosen.connect(self._pair_chosen)
        self.photo.chosen.connect(self._pair_chosen)
        self.shelf.changed.connect(self._show)
        self.shelf.code_refused.connect(self._ask_to_trust)
        self.tabs.currentChanged.connect(self._show)
        for box in (self.first, self.second):
            box.activated.connect(self._show)
        controller.selection_changed.connect(self._follow)
        controller.run_changed.connect(self.photo.refresh)
        controller.model_changed.connect(self._model_changed)

    # Which models.

    def add(self, model: str | OpenModel) -> None:
        """Compare another model; one that is there already, or a seventh, changes nothing."""
        request = OpenModel(model) if isinstance(model, str) else model
        if request not in self.models and len(self.models) < MOST:
            self.shelf.forget(request)  # a file may be another one by now
            self._diff = None
            self.set_models([*self.models, request])

    def _ask_to_trust(self, request: OpenModel, reason: str) -> None:
        """Ask whether the code of a file may run; compare it then."""

        def agreed() -> None:
            trusted = replace(request, trust_code=True)
            self.set_models([trusted if model == request else model for model in self.models])

        if request in self.models:
            ask_to_trust(self, reason, agreed)

    def remove(self, request: OpenModel) -> None:
        """Compare a model no longer."""
        self.set_models([model for model in self.models if model != request])

    def add_current(self) -> None:
        """Compare the model that is open."""
        opened = self._controller.opened
        if opened is not None:
            self.add(opened.request)

    def set_models(self, models: Sequence[OpenModel]) -> None:
        """Compare these.

        Args:
            models: Six at most.
        """
        self.models = list(models)
        self.shelf.want(self.models)
        if self.tabs.currentWidget() in (self.ready, self.catalog) and len(self.models) > 1:
            self.tabs.setCurrentWidget(self.totals)
        self._show()

    def open_ready(self, ready: Ready) -> None:
        """Open the models of a ready comparison."""
        self.set_models(ready.models)
        self.tabs.setCurrentWidget(self.totals)

    def copy_as(self, form: str) -> None:
        """Put the totals on the clipboard.

        Args:
            form: One of `cnnviz.comparison.FORMS`.
        """
        profiles = self.profiles
        entries = [architecture_of(profile.request) for profile in profiles]
        known = [entry.accuracy if entry is not None else () for entry in entries]
        QGuiApplication.clipboard().setText(FORMS[form](of_profiles(profiles, known)))

    def _model_changed(self) -> None:
        self.chips.current.setEnabled(self._controller.opened is not None)

    # What is shown.

    @property
    def profiles(self) -> list[ModelProfile]:
        """Of the compared models, those that are here."""
        known = self.shelf.profiles
        return [known[model] for model in self.models if model in known]

    @property
    def compared(self) -> tuple[OpenModel, OpenModel] | None:
        """The two that are held against each other layer by layer."""
        here = [profile.request for profile in self.profiles]
        if len(here) < 2:
            return None
        first, second = self.first.currentData(), self.second.currentData()
        if first in here and second in here and first != second:
            return first, second
        return here[0], here[1]

    @property
    def settled(self) -> bool:
        """Whether all that was asked for is on screen."""
        front = self.tabs.currentWidget()
        if front is self.ready and not self.ready.settled:
            return False
        if front in (self.differences, self.photo) and self.compared is not None:
            known = self._diff is not None and self._diff[1] is not None
            return known and self.differences.graphs.settled and not self.photo.running
        return not self.shelf.busy

    def showEvent(self, event: QShowEvent) -> None:
        """Begin with the model that is open."""
        super().showEvent(event)
        if not self.models:
            self.add_current()
        self.ready.look()
        self._show()

    def _name(self, request: OpenModel) -> str:
        profile = self.shelf.profiles.get(request)
        return profile.name if profile is not None else name_of(request)

    def _show(self) -> None:
        if not self.isVisible():
            return
        self.chips.show_models(self.models, [self._name(model) for model in self.models])
        self._show_trouble()
        self.copy.setEnabled(bool(self.profiles))
        front = self.tabs.currentWidget()
        self._fill_pair(front)
        profiles = self.profiles
        if front is self.ready:
            self.ready.look()
        elif front is self.totals:
            self.totals.show_profiles(profiles)
        elif front is self.along:
            self.along.show_profiles(profiles)
        elif front is self.catalog:
            self.catalog.chart.light([m.model for m in self.models if m == OpenModel(m.model)])
        else:
            self._show_pair()

    def _show_trouble(self) -> None:
        failures = [self.shelf.failures[m] for m in self.models if m in self.shelf.failures]
        front = self.tabs.currentWidget()
        waiting = len(self.models) - len(self.profiles) - len(failures)
        texts = [str(failure) for failure in failures]
        if waiting and front not in (self.ready, self.catalog):
            texts.append(f"Reading {waiting} more…")
        if len(self.models) < 2 and front not in (self.ready, self.catalog):
            texts.append(_FEW)
        self.trouble.setText(" ".join(texts))
        self.trouble.setVisible(bool(texts))
        colors = theme_of(self.palette())
        set_ink(self.trouble, colors.error if failures else colors.muted)

    def _fill_pair(self, front: QWidget) -> None:
        """Offer the pairs, where there are more than two models."""
        profiles = self.profiles
        pair = self.compared
        for box, chosen in ((self.first, 0), (self.second, 1)):
            box.clear()
            for profile in profiles:
                box.addItem(profile.name, profile.request)
            if pair is not None:
                box.setCurrentIndex(box.findData(pair[chosen]))
        two = front in (self.differences, self.photo) and len(profiles) > 2
        self.pair.setVisible(two)

    # Two of them, layer by layer.

    def _show_pair(self) -> None:
        pair = self.compared
        if pair is None:
            self._diff = None
            self.differences.say("It takes two models to see what differs.")
            self.photo.show_pair(None, ("", ""), None)
            return
        if self._diff is None or self._diff[0] != pair:
            self._diff = (pair, None)
            self.differences.show_diff(None, self._names(pair))
            self._lane.submit(
                DiffModels(*pair),
                key="compare two",
                on_success=lambda diff: self._diff_arrived(pair, diff),
                on_failure=lambda text: self._diff_failed(pair, text),
            )
        if self._diff is not None:
            self.photo.show_pair(pair, self._names(pair), self._diff[1])

    def _names(self, pair: tuple[OpenModel, OpenModel]) -> tuple[str, str]:
        return self._name(pair[0]), self._name(pair[1])

    def _diff_arrived(self, pair: tuple[OpenModel, OpenModel], diff: ModelDiff) -> None:
        if self._diff is None or self._diff[0] != pair:
            return
        self._diff = (pair, diff)
        self.differences.show_diff(diff, self._names(pair))
        self.photo.show_pair(pair, self._names(pair), diff)
        self._follow(self._controller.selection)

    def _diff_failed(self, pair: tuple[OpenModel, OpenModel], text: str) -> None:
        if self._diff is not None and self._diff[0] == pair:
            self._diff = None  # and try again when somebody looks again
            self.differences.say(text)

    # The one selection.

    def _open_request(self) -> OpenModel | None:
        opened = self._controller.opened
        return opened.request if opened is not None else None

    def _go_to(self, model: OpenModel, node: str, channel: int | None = None) -> None:
        """Select a node in the window, if it is one of the open model."""
        if model == self._open_request() and not self._following:
            self._following = True
            self._controller.select(node, channel)
            self._following = False

    def _pair_chosen(self, side: int, node: str, channel: int | None = None) -> None:
        if self._diff is not None:
            self._go_to(self._diff[0][side], node, channel)

    def _follow(self, selection: Selection) -> None:
        """Mark in the pair what is selected in the window."""
        if self._following or self._diff is None or not self.isVisible():
            return
        for side, model in enumerate(self._diff[0]):
            if model == self._open_request():
                self.differences.show_node(side, selection.node)
                return

    def _picture(self) -> RunImage | None:
        """The run of the window's picture, for another model."""
        controller, image = self._controller, self._controller.image
        if image is None:
            return None
        return RunImage(content(image), controller.device, transform=controller.transform)

    def _weights_of(self, request: OpenModel) -> WeightsInfo | None:
        """The weights of the open model."""
        return self._controller.weights if request == self._open_request() else None

    def changeEvent(self, event: QEvent) -> None:
        """Follow the theme."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and hasattr(self, "tabs"):
            self.chips.tint(theme_of(self.palette()))
            tabs: tuple[Callable[[], None], ...] = (
                self.ready.tint,
                self.totals.tint,
                self.along.tint,
                self.differences.tint,
                self.photo.tint,
                self.catalog.tint,
                self._show_trouble,
            )
            for tint in tabs:
                tint()
