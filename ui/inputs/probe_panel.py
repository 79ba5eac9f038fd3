"""Made pictures: plain colours, gratings, noise, an impulse."""

from __future__ import annotations

from dataclasses import replace
from typing import get_args

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QButtonGroup,
    QCheckBox,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QScrollArea,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from cnnviz.probes import Probe, ProbeKind
from ui.inputs.slider_row import SliderRow
from ui.panels.labels import plain_label, set_ink
from ui.scroll_bar import flat_bars
from ui.theme import SNUG, TIGHT, theme_of

_KINDS: tuple[tuple[ProbeKind, str, str], ...] = (
    ("colour", "Colour", "The same colour everywhere: what the network answers to no shape at all"),
    ("grating", "Grating", "Waves of grey: which orientations and frequencies the filters like"),
    ("noise", "Noise", "Random pixels, the same again for the same seed"),
    ("impulse", "Impulse", "One white pixel on black: what one pixel reaches"),
)


class ProbePanel(QWidget):
    """Chooses a probe.

    Signals:
        chosen: The `Probe` as it is now.
    """

    chosen = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.kinds = QButtonGroup(self)
        self.buttons: dict[ProbeKind, QToolButton] = {}
        buttons = QGridLayout()
        buttons.setSpacing(TIGHT)
        for number, (kind, text, tip) in enumerate(_KINDS):
            button = QToolButton()
            button.setText(text)
            button.setCheckable(True)
            button.setAutoRaise(True)
            button.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
            button.setToolTip(tip)
            self.kinds.addButton(button)
            self.buttons[kind] = button
            buttons.addWidget(button, number // 2, number % 2)
        self.kinds.buttonClicked.connect(self._kind_chosen)
        self.hint = plain_label(wrapped=True)
        self.hint.setText("Pictures of which everything is known. Choose one to run it.")
        self._grey = False
        self._side = 32
        self._grid = QGridLayout()
        self._grid.setColumnStretch(1, 1)
        self._grid.setHorizontalSpacing(TIGHT)
        self._grid.setVerticalSpacing(TIGHT)
        self._make_rows()
        inside = QWidget()
        column = QVBoxLayout(inside)
        column.setContentsMargins(SNUG, SNUG, SNUG, SNUG)
        column.setSpacing(SNUG)
        column.addLayout(buttons)
        column.addWidget(self.hint)
        column.addLayout(self._grid)
        column.addStretch(1)
        scroll = QScrollArea()
        flat_bars(scroll)
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setWidget(inside)
        outside = QHBoxLayout(self)
        outside.setContentsMargins(0, 0, 0, 0)
        outside.addWidget(scroll)
        self._show_rows()

    def _make_rows(self) -> None:
        self.rows: dict[str, tuple[ProbeKind, SliderRow]] = {}
        for name, kind, label, low, high, tip, suffix in (
            ("grey", "colour", "Grey", 0, 255, "0 is black, 255 white", ""),
            ("red", "colour", "Red", 0, 255, "Red, 0 to 255", ""),
            ("green", "colour", "Green", 0, 255, "Green, 0 to 255", ""),
            ("blue", "colour", "Blue", 0, 255, "Blue, 0 to 255", ""),
            (
                "angle",
                "grating",
                "Angle",
                0,
                179,
                "0 gives upright stripes",
                "°",
            ),
            ("frequency", "grating", "Waves", 1, 16, "How many, across the input", ""),
            ("phase", "grating", "Phase", 0, 359, "How far they are moved", "°"),
            ("seed", "noise", "Seed", 0, 999, "Another seed, other pixels", ""),
            ("row", "impulse", "Row", 0, 31, "Where the pixel is", ""),
            ("column", "impulse", "Column", 0, 31, "Where the pixel is", ""),
            ("size", "impulse", "Size", 1, 8, "Pixels of its side", ""),
        ):
            row = SliderRow(label, low, high, tip, suffix)
            row.add_to(self._grid)
            row.changed.connect(self._edited)
            self.rows[name] = kind, row  # type: ignore[assignment]
        for name, value in (("grey", 128), ("red", 128), ("green", 128), ("blue", 128)):
            self.rows[name][1].set_value(value)
        self.rows["frequency"][1].set_value(8)
        self.stripes = QCheckBox("Stripes, black and white")
        self.stripes.setToolTip("Hard edges in the place of smooth waves")
        self.stripes.toggled.connect(self._edited)
        self._grid.addWidget(self.stripes, self._grid.rowCount(), 0, 1, 3)

    def show_network(self, height: int, width: int, channels: int) -> None:
        """Fit what can be chosen to a network's input."""
        self._side = min(height, width)
        self._grey = channels == 1
        waves = self.rows["frequency"][1]
        waves.set_range(1, max(1, self._side // 2))
        waves.set_value(max(1, min(8, self._side // 8)))
        self.rows["size"][1].set_range(1, max(1, self._side // 4))
        for name, extent in (("row", height), ("column", width)):
            self.rows[name][1].set_range(0, extent - 1)
            self.rows[name][1].set_value((extent - 1) // 2)
        self._show_rows()

    def show_probe(self, probe: Probe | None) -> None:
        """Show what is run; None where that is no probe."""
        if probe is None:
            self.kinds.setExclusive(False)
            for button in self.buttons.values():
                button.setChecked(False)
            self.kinds.setExclusive(True)
        else:
            self.buttons[probe.kind].setChecked(True)
            self._show_values(probe)
        self._show_rows()

    @property
    def kind(self) -> ProbeKind | None:
        """Which kind is chosen."""
        for kind in get_args(ProbeKind):
            if self.buttons[kind].isChecked():
                return kind
        return None

    @property
    def probe(self) -> Probe | None:
        """The probe as it is now."""
        kind = self.kind
        if kind is None:
            return None
        value = {name: row.value for name, (_, row) in self.rows.items()}
        probe = Probe(kind)
        if kind == "colour":
            names = ("grey",) * 3 if self._grey else ("red", "green", "blue")
            red, green, blue = (value[name] for name in names)
            return replace(probe, colour=(red, green, blue))
        if kind == "grating":
            return replace(
                probe,
                angle=float(value["angle"]),
                frequency=float(value["frequency"]),
                phase=float(value["phase"]),
                wave="square" if self.stripes.isChecked() else "sine",
            )
        if kind == "noise":
            return replace(probe, seed=value["seed"])
        rows, columns = self.rows["row"][1], self.rows["column"][1]
        size = value["size"]
        top = min(value["row"], rows.box.maximum() + 1 - size)
        left = min(value["column"], columns.box.maximum() + 1 - size)
        return replace(probe, place=(top, left), size=size)

    def choose(self, kind: ProbeKind) -> None:
        """Run the probe of a kind as it is now."""
        self.buttons[kind].click()

    def _show_values(self, probe: Probe) -> None:
        red, green, blue = probe.colour
        values = {
            "grey": round((red + green + blue) / 3),
            "red": red,
            "green": green,
            "blue": blue,
            "angle": round(probe.angle) % 180,
            "frequency": round(probe.frequency),
            "phase": round(probe.phase) % 360,
            "seed": probe.seed,
            "size": probe.size,
        }
        if probe.place is not None:
            values |= {"row": probe.place[0], "column": probe.place[1]}
        for name, value in values.items():
            if self.rows[name][0] == probe.kind:
                self.rows[name][1].set_value(value)

    def _show_rows(self) -> None:
        kind = self.kind
        for name, (of_kind, row) in self.rows.items():
            fits = name not in ("grey", "red", "green", "blue") or (name == "grey") == self._grey
            row.set_visible(of_kind == kind and fits)
        self.stripes.setVisible(kind == "grating")
        self.hint.setVisible(kind is None)
        set_ink(self.hint, theme_of(self.palette()).muted)

    def _kind_chosen(self) -> None:
        self._show_rows()
        self._edited()

    def _edited(self) -> None:
        probe = self.probe
        if probe is not None:
            self.chosen.emit(probe)
