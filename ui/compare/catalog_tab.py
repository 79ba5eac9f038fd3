"""The chart of the whole catalog, with what filters it and what it leaves out."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLineEdit, QSpinBox, QVBoxLayout, QWidget

from cnnviz.requests import OpenModel
from models.registry import Accuracy, Architecture, catalog
from ui.compare.accuracy import protocols, value_of
from ui.compare.bubbles import Bubble, BubbleChart
from ui.compare.shelf import Shelf
from ui.panels.labels import plain_label, set_ink
from ui.theme import GAP, SNUG, theme_of


class CatalogTab(QWidget):
    """Accuracies, multiply-adds and parameters of the catalog.

    Args:
        shelf: Where the profiles come from.

    Signals:
        chosen: Catalog id of the model that is to be opened.
        added: Catalog id of the model that is to be compared.
    """

    chosen = Signal(str)
    added = Signal(str)

    def __init__(self, shelf: Shelf) -> None:
        super().__init__()
        self._shelf = shelf
        self._entries = [entry for entry in catalog().values() if not entry.exhibit]
        families = list(dict.fromkeys(entry.family for entry in self._entries))
        years = [entry.year for entry in self._entries]
        self.chart = BubbleChart(families)
        self.chart.chosen.connect(self.chosen)
        self.chart.added.connect(self.added)
        self.family = QComboBox()
        self.family.addItem("All families", "")
        for family in families:
            self.family.addItem(family, family)
        self.first, self.last = QSpinBox(), QSpinBox()
        for box, year in ((self.first, min(years)), (self.last, max(years))):
            box.setRange(min(years), max(years))
            box.setValue(year)
        self.first.setPrefix("from ")
        self.last.setPrefix("to ")
        self.search = QLineEdit()
        self.search.setPlaceholderText("Filter by name, author or paper")
        self.search.setClearButtonEnabled(True)
        self.search.setMinimumWidth(150)
        self.protocol = QComboBox()
        for protocol, count in protocols([entry.accuracy for entry in self._entries]):
            self.protocol.addItem(f"{protocol} ({count})", protocol)
        self.protocol.setSizeAdjustPolicy(
            QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
        )
        self.protocol.setMinimumContentsLength(15)
        self.protocol.setToolTip("Only accuracies of one protocol can be compared")
        self.rank = QComboBox()
        self.rank.addItem("top-1", 1)
        self.rank.addItem("top-5", 5)
        self.note = plain_label("What the chart leaves out", wrapped=True)
        self._lay_out()
        for name, widget in (
            ("Family", self.family),
            ("First year", self.first),
            ("Last year", self.last),
            ("Filter", self.search),
            ("Protocol of the accuracies", self.protocol),
            ("Top-1 or top-5", self.rank),
        ):
            widget.setAccessibleName(name)
        for signal in (
            self.family.currentIndexChanged,
            self.first.valueChanged,
            self.last.valueChanged,
            self.search.textChanged,
            self.protocol.currentIndexChanged,
            self.rank.currentIndexChanged,
            shelf.changed,
        ):
            signal.connect(self._show)

    def _lay_out(self) -> None:
        row = QHBoxLayout()
        row.setSpacing(SNUG)
        for widget in (self.protocol, self.rank, self.family, self.first, self.last):
            row.addWidget(widget)
        row.addWidget(self.search, 1)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(GAP, SNUG, GAP, SNUG)
        whole.setSpacing(SNUG)
        whole.addLayout(row)
        whole.addWidget(self.chart, 1)
        whole.addWidget(self.note)

    def showEvent(self, event: QShowEvent) -> None:
        """Count the catalog once somebody looks; the other tabs' models come first."""
        super().showEvent(event)
        self._show()

    def hideEvent(self, event: QHideEvent) -> None:
        """Nobody looks: count no further."""
        super().hideEvent(event)
        self._shelf.want_later(())

    def shown(self) -> list[tuple[Architecture, Accuracy | None]]:
        """What the filters let through, each with its first accuracy by the protocol."""
        text = self.search.text().casefold().split()
        protocol, rank = self.protocol.currentData(), self.rank.currentData()
        found = []
        for entry in self._entries:
            hay = f"{entry.id} {entry.name} {entry.family} {entry.authors} {entry.paper}"
            if (
                self.family.currentData() in ("", entry.family)
                and self.first.value() <= entry.year <= self.last.value()
                and all(word in hay.casefold() for word in text)
            ):
                records = (
                    record
                    for record in entry.accuracy
                    if record.protocol == protocol and value_of(record, rank) is not None
                )
                found.append((entry, next(records, None)))
        return found

    def _show(self) -> None:
        if not self.isVisible():
            return
        rank = self.rank.currentData()
        bubbles, waiting, without = [], 0, []
        shown = self.shown()
        for entry, record in shown:
            value = value_of(record, rank) if record is not None else None
            if record is None or value is None:
                without.append(entry.name)
                continue
            profile = self._shelf.profiles.get(OpenModel(entry.id))
            if profile is None:
                waiting += 1
                continue
            bubbles.append(
                Bubble(
                    entry.id,
                    entry.name,
                    entry.family,
                    entry.year,
                    profile.macs,
                    profile.params,
                    value,
                    record.source,
                    entry.input_shape[0],
                )
            )
        what = f"per cent right, {self.rank.currentText()}, {self.protocol.currentData()}"
        self.chart.show_bubbles(bubbles, what)
        self._tell(waiting, without)
        self._shelf.want_later(OpenModel(e.id) for e, record in shown if record is not None)

    def _tell(self, waiting: int, without: list[str]) -> None:
        parts = []
        if waiting:
            parts.append(f"Counting {waiting} more…")
        parts.append(
            "As published: recipes of training differ between sources. Where a model has several, "
            "the first of its card is shown."
        )
        if without:
            parts.append(f"No such accuracy: {', '.join(without)}.")
        self.note.setText(" ".join(parts))
        self.tint()

    def tint(self) -> None:
        """Follow the theme."""
        set_ink(self.note, theme_of(self.palette()).muted)
