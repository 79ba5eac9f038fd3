"""The lines above the feature maps: what they are of, their colours, scale and size."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QDoubleSpinBox,
    QHBoxLayout,
    QLabel,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from cnnviz.atlas import Scaling
from cnnviz.colormaps import COLOUR_MAPS, ColourMap, automatic_map
from ui.panels.labels import plain_label, set_ink
from ui.panels.map_views import AtlasView
from ui.theme import SNUG, TIGHT, Theme, scaled_font, tinted_icon

_SCALINGS: tuple[tuple[str, Scaling, str], ...] = (
    ("Each channel", "channel", "Every map over its own range: shows structure in weak maps too"),
    ("Whole layer", "layer", "One scale for all maps: colours can be compared between them"),
    ("Fixed range", "fixed", "A range of your own: colours can be compared between layers"),
)


class MapHeader(QWidget):
    """Title and choices of colours.

    Args:
        atlas: Whose tiles the buttons resize.

    Signals:
        style_chosen: Other colours, or another scale.
    """

    style_chosen = Signal()

    def __init__(self, atlas: AtlasView) -> None:
        super().__init__()
        self.title = plain_label()
        self.title.setFont(scaled_font("title", bold=True))
        self.subtitle = plain_label()
        self.colours = QComboBox()
        self.colours.addItem("Automatic", "auto")
        for entry in COLOUR_MAPS.values():
            self.colours.addItem(entry.label, entry.id)
        self.colours.setToolTip(
            "Colour map. Automatic: centred on zero where the data has both signs"
        )
        self.colours.setAccessibleName("Colour map")
        self.scaling = QComboBox()
        for row, (text, data, tip) in enumerate(_SCALINGS):
            self.scaling.addItem(text, data)
            self.scaling.setItemData(row, tip, Qt.ItemDataRole.ToolTipRole)
        self.scaling.setToolTip("What the two ends of the colour map stand for")
        self.scaling.setAccessibleName("Normalisation")
        self.low, self.high = _range_box("Lowest value"), _range_box("Highest value")
        self.low.setValue(-1.0)
        self.high.setValue(1.0)
        self.zoom_buttons = {
            "zoom-out": _button("Smaller maps (−)", lambda: atlas.zoom(-1)),
            "fit": _button("Fit all maps (0)", atlas.zoom_fit),
            "zoom-in": _button("Larger maps (+)", lambda: atlas.zoom(1)),
        }
        self.controls = QWidget()
        self._fill_controls()
        names = QHBoxLayout()
        names.setSpacing(SNUG)
        names.addWidget(self.title)
        names.addWidget(self.subtitle)
        names.addStretch(1)
        lines = QVBoxLayout(self)  # two lines: side by side they would need half a screen
        lines.setContentsMargins(0, 0, 0, 0)
        lines.setSpacing(TIGHT)
        lines.addLayout(names)
        lines.addWidget(self.controls)
        self.colours.currentIndexChanged.connect(self.style_chosen)
        self.scaling.currentIndexChanged.connect(self._scaling_chosen)
        self.low.valueChanged.connect(self.style_chosen)
        self.high.valueChanged.connect(self.style_chosen)

    def _fill_controls(self) -> None:
        row = QHBoxLayout(self.controls)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(TIGHT)
        for text, *widgets in (
            ("&Colours", self.colours),
            ("&Scale", self.scaling, self.low, self.high),
        ):
            label = QLabel(text)
            label.setBuddy(widgets[0])
            row.addWidget(label)
            for widget in widgets:
                row.addWidget(widget)
            row.addSpacing(SNUG)
        for button in self.zoom_buttons.values():
            row.addWidget(button)
        row.addStretch(1)

    @property
    def wanted_scaling(self) -> Scaling:
        """What the ends of the colour map are to stand for."""
        chosen: Scaling = self.scaling.currentData()
        return chosen

    @property
    def fixed_range(self) -> tuple[float, float]:
        """The range for the scaling "fixed"."""
        return self.low.value(), self.high.value()

    def colour_map(self, low: float, high: float, *, dark: bool) -> ColourMap:
        """The colours for values between two ends, on a dark ground or a light one."""
        chosen = self.colours.currentData()
        if chosen == "auto":
            return automatic_map(low, high, dark=dark)
        return COLOUR_MAPS[chosen]

    def show_single(self, single: bool) -> None:
        """Leave out what makes no sense for one map."""
        for button in self.zoom_buttons.values():
            button.setVisible(not single)

    def tint(self, colours: Theme) -> None:
        """Take the colours of a theme."""
        set_ink(self.subtitle, colours.muted)
        for icon, button in self.zoom_buttons.items():
            button.setIcon(tinted_icon(icon, colours))

    def _scaling_chosen(self) -> None:
        for box in (self.low, self.high):
            box.setVisible(self.wanted_scaling == "fixed")
        self.style_chosen.emit()


def _range_box(name: str) -> QDoubleSpinBox:
    box = QDoubleSpinBox()
    box.setRange(-1e9, 1e9)
    box.setDecimals(3)
    box.setStepType(QDoubleSpinBox.StepType.AdaptiveDecimalStepType)
    box.setAccessibleName(name)
    box.setToolTip(name)
    box.hide()
    return box


def _button(tip: str, action: Callable[[], object]) -> QToolButton:
    button = QToolButton()
    button.setAutoRaise(True)
    button.setToolTip(tip)
    button.setAccessibleName(tip)
    button.clicked.connect(lambda: action())
    return button
