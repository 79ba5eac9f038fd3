"""The fields that say how a figure is to look."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from PySide6.QtCore import QSignalBlocker, Signal
from PySide6.QtGui import QFontDatabase
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDoubleSpinBox,
    QFormLayout,
    QGridLayout,
    QGroupBox,
    QLabel,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from cnnviz.figures.fonts import CHOICES as FONTS
from cnnviz.figures.pages import MILLIMETRE, PAGES
from cnnviz.figures.style import CHOICES, LARGEST_MARGIN, LARGEST_TEXT, SMALLEST_TEXT, FigureOptions
from ui.theme import GAP, SNUG, TIGHT

_NAMES: Mapping[str, str] = MappingProxyType(
    {
        "graph": "Graph",
        "compact": "Compact, a line a block",
        "volumes": "Volumes",
        "module": "One module, large",
        "table": "Table of layers",
        "costs": "Cost strip",
        "auto": "Automatic",
        "stage": "Stages",
        "block": "Blocks",
        "unit": "Units",
        "operation": "Layers",
        "print": "Print, black ink",
        "log": "As their logarithm",
        "linear": "True to size",
        "boxes": "Boxes",
        "planes": "Stacked planes",
        **{name: page.title for name, page in PAGES.items()},
    }
)
_CHOICES = (
    ("style", "Style", "What kind of figure"),
    ("detail", "Detail", "How much of the network is shown; what has no room is folded"),
    ("block", "Module", "What the style with one module shows"),
    ("scale", "Sizes", "How volumes are drawn"),
    ("solids", "Solids", "What a volume looks like"),
    ("page", "Page", "What the figure is for"),
    ("orientation", "Orientation", "How the page lies"),
    ("theme", "Colours", "Okabe and Ito's colours, or greys; on white or on dark paper"),
)
_CONTENT = (
    ("title", "Title"),
    ("caption", "Caption"),
    ("legend", "Legend"),
    ("shapes", "Shapes"),
    ("params", "Parameters"),
    ("macs", "Multiply-adds"),
    ("fields", "Receptive fields"),
    ("thumbnails", "Feature maps"),
    ("kernels", "Kernel windows"),
    ("transparent", "Transparent"),
)
_ONLY: Mapping[str, str] = MappingProxyType(
    {"block": "module", "scale": "volumes", "solids": "volumes", "kernels": "volumes"}
)
"""Fields that one style alone knows."""


class SettingsPanel(QWidget):
    """All of `FigureOptions` as fields.

    Args:
        pictures: Whether there are feature maps to show.

    Signals:
        changed: The user chose something (`options`).
    """

    changed = Signal()

    def __init__(self, *, pictures: bool) -> None:
        super().__init__()
        self.options = FigureOptions()
        self._pictures = pictures
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GAP)
        self._form = QFormLayout()
        self._form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        self._form.setHorizontalSpacing(GAP)
        self._form.setVerticalSpacing(SNUG)
        self.choices: dict[str, QComboBox] = {}
        for name, label, tip in _CHOICES:
            self._add_choice(name, label, tip)
        self._add_font()
        self.margin = self._add_number(
            "Margin",
            0.0,
            LARGEST_MARGIN,
            " mm",
            "Around the figure",
            lambda value: self._set("margin", value),
        )
        self.letters = self._add_number(
            "Letters",
            SMALLEST_TEXT,
            LARGEST_TEXT,
            " pt",
            "Size of a usual label; what has no room gets smaller, but never under 6 pt",
            lambda value: self._set("font_size", value),
        )
        column.addLayout(self._form)
        column.addWidget(self._make_content())
        self.unhide = QPushButton()
        self.unhide.setToolTip("Show every part again that was hidden")
        self.unhide.clicked.connect(lambda: self._set("hidden", frozenset()))
        self.unlight = QPushButton()
        self.unlight.setToolTip("Let every part look as usual again")
        self.unlight.clicked.connect(lambda: self._set("highlighted", frozenset()))
        self.relabel = QPushButton()
        self.relabel.setToolTip("Give every label its usual words again")
        self.relabel.clicked.connect(lambda: self._set("labels", {}))
        for button in (self.unhide, self.unlight, self.relabel):
            column.addWidget(button)
        self.hint = QLabel(
            "Double click a label in the figure to change its words; right click a part to hide or "
            "highlight it."
        )
        self.hint.setWordWrap(True)
        column.addWidget(self.hint)
        column.addStretch(1)
        self.show_options(self.options)

    def show_options(self, options: FigureOptions) -> None:
        """Show settings, without a signal."""
        self.options = options
        for name, box in self.choices.items():
            with QSignalBlocker(box):
                place = box.findData(getattr(options, name))
                if place < 0:
                    box.addItem(str(getattr(options, name)), getattr(options, name))
                    place = box.count() - 1
                box.setCurrentIndex(place)
        for name, check in self.content.items():
            with QSignalBlocker(check):
                check.setChecked(getattr(options, name))
        page = options.sheet
        margin = page.margin / MILLIMETRE if options.margin is None else options.margin
        for number, value in ((self.margin, margin), (self.letters, options.size)):
            with QSignalBlocker(number):
                number.setValue(value)
        self._show_what_applies()

    def show_blocks(self, blocks: Sequence[tuple[str, str]]) -> None:
        """Take the key and label of every part that can be shown as a module."""
        box = self.choices["block"]
        with QSignalBlocker(box):
            while box.count() > 1:
                box.removeItem(1)
            for key, title in blocks:
                box.addItem(title, key)
            box.setCurrentIndex(max(0, box.findData(self.options.block)))

    def change(self, **values: Any) -> None:
        """Change settings from elsewhere."""
        self.options = replace(self.options, **values)
        self.show_options(self.options)
        self.changed.emit()

    def _show_what_applies(self) -> None:
        options = self.options
        for name, style in _ONLY.items():
            if name in self.choices:
                self._form.setRowVisible(self.choices[name], options.style == style)
            else:
                self.content[name].setVisible(options.style == style)
        self._form.setRowVisible(self.choices["orientation"], options.sheet.turns)

        self.content["thumbnails"].setEnabled(self._pictures)
        for button, count, text in (
            (self.unhide, len(options.hidden), "Show hidden parts ({})"),
            (self.unlight, len(options.highlighted), "No highlights ({})"),
            (self.relabel, len(options.labels), "Usual labels ({})"),
        ):
            button.setVisible(count > 0)
            button.setText(text.format(count))

    # The fields.

    def _add_choice(self, name: str, label: str, tip: str) -> None:
        box = QComboBox()
        box.setToolTip(tip)
        box.setAccessibleName(label)
        box.setMinimumContentsLength(16)
        box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        if name == "block":
            box.addItem("The most telling", None)
        else:
            for value in CHOICES[name]:
                box.addItem(_NAMES.get(value, value.capitalize()), value)
        box.currentIndexChanged.connect(lambda: self._set(name, box.currentData()))
        self.choices[name] = box
        self._form.addRow(label, box)

    def _add_font(self) -> None:
        box = QComboBox()
        box.setToolTip("Family of the letters; where it is missing, the next like it stands in")
        box.setAccessibleName("Font")
        box.addItem("Sans serif (Helvetica, Arial…)", "sans-serif")
        box.addItem("Serif (Times…)", "serif")
        there = set(QFontDatabase.families())
        for family in FONTS:
            if family in there:
                box.addItem(family, family)
        box.currentIndexChanged.connect(lambda: self._set("font", box.currentData()))
        self.choices["font"] = box
        self._form.addRow("Font", box)

    def _add_number(
        self, label: str, least: float, most: float, unit: str, tip: str, chosen: Any
    ) -> QDoubleSpinBox:
        box = QDoubleSpinBox()
        box.setRange(least, most)
        box.setDecimals(1)
        box.setSingleStep(0.5)
        box.setSuffix(unit)
        box.setToolTip(tip)
        box.setAccessibleName(label)
        box.setKeyboardTracking(False)
        box.valueChanged.connect(chosen)
        self._form.addRow(label, box)
        return box

    def _make_content(self) -> QGroupBox:
        group = QGroupBox("Show")
        grid = QGridLayout(group)
        grid.setContentsMargins(SNUG, TIGHT, SNUG, SNUG)
        grid.setVerticalSpacing(TIGHT)
        self.content: dict[str, QCheckBox] = {}
        for place, (name, label) in enumerate(_CONTENT):
            check = QCheckBox(label)
            check.toggled.connect(lambda on, name=name: self._set(name, on))
            grid.addWidget(check, place // 2, place % 2)
            self.content[name] = check
        if not self._pictures:
            self.content["thumbnails"].setToolTip("Run a picture first")
        return group

    def _set(self, name: str, value: Any) -> None:
        more: dict[str, Any] = {}
        if name == "page":  # each page has a usual margin and size of its own
            more = {"margin": None, "font_size": None}
        self.change(**{name: value}, **more)
