"""What is known of one cell: its window, the crop of the photo, its effective field, its inputs."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from cnnviz.contributions import Contributions, Term
from cnnviz.effective import Extent
from cnnviz.requests import Floats, Picture
from ui.microscope.photo import PhotoView, Window
from ui.panels.facts import Fact, FactTable
from ui.panels.inspector import Section
from ui.panels.labels import plain_label, set_ink
from ui.scroll_bar import flat_bars
from ui.theme import GAP, SNUG, TIGHT, scaled_font, theme_of

_AVERAGE_OF = 16


class CellPanel(QScrollArea):
    """Sections about the selected cell.

    Signals:
        place_chosen: A position of a layer: its name, and row, column and channel (or the unit).
        average_wanted: The effective field over so many random pictures; 0 for the photo.
    """

    place_chosen = Signal(str, object)
    average_wanted = Signal(int)

    def __init__(self) -> None:
        super().__init__()
        flat_bars(self)
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.title = plain_label(wrapped=True)
        self.title.setFont(scaled_font("body", bold=True))
        self.facts = FactTable()
        self.crop = PhotoView("The part of the photo that it sees", margin=False)
        self.crop.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.crop.setFixedHeight(150)
        self.field = Section("Effective field: the pixels that really move it")
        self.field_facts = FactTable()
        self.average = QPushButton(f"Average over {_AVERAGE_OF} random pictures")
        self.average.setCheckable(True)
        self.average.setToolTip(
            "The derivative on noise instead of the photo: what the network's shape and weights "
            "make of it, whatever the picture shows"
        )
        self.average.toggled.connect(lambda on: self.average_wanted.emit(_AVERAGE_OF if on else 0))
        row = QHBoxLayout()
        row.addWidget(self.average)
        row.addStretch(1)
        self.field.add(self.field_facts)
        self.field.column.addLayout(row)
        self.sum = Section("What made its value")
        self.sum_text = plain_label(wrapped=True)
        self.terms = _PlaceList("Inputs that contributed most")
        self.sum.add(self.sum_text, self.terms)
        self.strongest = Section("Strongest positions of this channel in this picture")
        self.peaks = _PlaceList("Strongest positions")
        self.strongest.add(self.peaks)
        for each in (self.terms, self.peaks):
            each.place_chosen.connect(self.place_chosen)
        inside = QWidget()
        column = QVBoxLayout(inside)
        column.setContentsMargins(SNUG, SNUG, SNUG, SNUG)
        column.setSpacing(GAP)
        for widget in (self.title, self.crop, self.facts, self.field, self.sum, self.strongest):
            column.addWidget(widget)
        column.addStretch(1)
        self.setWidget(inside)
        self._tint()

    def show_cell(self, title: str, facts: Sequence[Fact]) -> None:
        """Say which cell it is, and where it looks."""
        self.title.setText(title)
        self.facts.show_facts(facts)

    def show_crop(self, picture: Picture | None, window: Window | None) -> None:
        """Show the part of the photo inside a window; padding is left out."""
        part = None
        if picture is not None and window is not None and len(window) == 2:
            (top, bottom), (left, right) = window
            part = picture[max(top, 0) : max(bottom, 0), max(left, 0) : max(right, 0)]
        self.crop.show_photo(np.ascontiguousarray(part) if part is not None and part.size else None)

    def show_extent(self, extent: Extent | None, note: str = "") -> None:
        """Describe the effective field, or say why there is none."""
        if extent is None:
            self.field_facts.show_facts([Fact("", note)])
            return
        size, sigma = (
            " × ".join(f"{value:.1f}" for value in values) for values in (extent.size, extent.sigma)
        )
        self.field_facts.show_facts(
            [
                Fact(
                    "Size (4σ)",
                    size,
                    "Four standard deviations of the Gaussian that fits the derivatives, in pixels",
                ),
                Fact("Gaussian width σ", sigma, "Height × width, in pixels of the input"),
                Fact(
                    "Share of mass in it",
                    f"{extent.share_effective:.1%}",
                    "Share of the derivatives' mass in the box of that size around their centre",
                ),
                Fact(
                    "Of the theoretical size",
                    " × ".join(f"{value:.0%}" for value in extent.ratio),
                    "Effective over theoretical size, for height and width. A field that is even "
                    "all over has 115 %; one layer alone is near that, and many are far below",
                ),
            ]
        )

    def show_contributions(self, found: Contributions | None, note: str = "") -> None:
        """List the inputs of its value, or say why not."""
        self.sum_text.setText(found.text if found is not None else note)
        self.terms.show_places(
            [(_term(term), term.source, term.place) for term in found.terms]
            if found is not None
            else []
        )

    def show_peaks(self, node: str, peaks: Sequence[tuple[float, tuple[int, ...]]]) -> None:
        """List positions with their values."""
        self.strongest.setVisible(bool(peaks))
        self.peaks.show_places(
            [(f"{value:.4g}   {_place(place)}", node, place) for value, place in peaks]
        )

    def changeEvent(self, event: QEvent) -> None:
        """Follow the theme."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and hasattr(self, "strongest"):
            self._tint()

    def _tint(self) -> None:
        colors = theme_of(self.palette())
        for section in (self.field, self.sum, self.strongest):
            set_ink(section.title, colors.muted)


class _PlaceList(QListWidget):
    """Positions to go to, as high as it has lines."""

    place_chosen = Signal(str, object)

    def __init__(self, name: str) -> None:
        super().__init__()
        flat_bars(self)
        self.setAccessibleName(name)
        self.setToolTip("Press Enter or double click to go there")
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.itemActivated.connect(
            lambda item: self.place_chosen.emit(*item.data(Qt.ItemDataRole.UserRole))
        )

    def show_places(self, places: Sequence[tuple[str, str, tuple[int, ...]]]) -> None:
        self.clear()
        for text, node, place in places:
            item = QListWidgetItem(text)
            item.setData(Qt.ItemDataRole.UserRole, (node, place))
            self.addItem(item)
        self.setVisible(bool(places))
        line = self.sizeHintForRow(0) if places else 0
        self.setFixedHeight(max(1, len(places)) * line + 2 * self.frameWidth() + TIGHT)


def _place(place: tuple[int, ...]) -> str:
    if len(place) == 3:
        return f"row {place[0]}, column {place[1]}, channel {place[2]}"
    return f"unit {place[0]}" if len(place) == 1 else ", ".join(map(str, place))


def _term(term: Term) -> str:
    if term.weight is None:
        return f"{term.value:.4g}   {term.source}, {_place(term.place)}"
    return f"{term.share:+.3g} = {term.value:.3g} × {term.weight:.3g}   {_place(term.place)}"


def heading(text: str) -> QLabel:
    """A small title."""
    label = plain_label()
    label.setText(text)
    label.setFont(scaled_font("small", bold=True))
    return label


def peaks_of(values: Floats, channel: int, most: int = 5) -> list[tuple[float, tuple[int, ...]]]:
    """The strongest positions of a channel; shape (H, W, C)."""
    plane = np.nan_to_num(values[:, :, channel], nan=-np.inf)
    count = min(most, plane.size)
    best = np.argpartition(-plane, count - 1, axis=None)[:count]
    best = best[np.argsort(-plane.ravel()[best], kind="stable")]
    found: list[tuple[float, tuple[int, ...]]] = []
    for flat in best:
        row, column = np.unravel_index(flat, plane.shape)
        found.append((float(plane[row, column]), (int(row), int(column), channel)))
    return found
