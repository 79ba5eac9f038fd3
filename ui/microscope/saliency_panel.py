"""What speaks for a class: which map of which class, drawn on the photo; and the sanity check."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QFormLayout,
    QFrame,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from cnnviz.requests import GetSaliency, Picture, Prediction, Saliency
from ui.microscope.photo import PhotoView
from ui.panels.labels import plain_label, set_ink
from ui.scroll_bar import flat_bars
from ui.theme import GAP, SNUG, theme_of

_METHODS = (
    (
        "Grad-CAM",
        "gradcam",
        "The channels of a layer, weighted by how much they raise the class's score, each cell at "
        "the centre of its receptive field; pixels far from all centres stay clear",
    ),
    ("Gradient", "gradient", "How much each pixel moves the class's score"),
    (
        "Occlusion",
        "occlusion",
        "What the score loses when a patch of the photo is covered: slow, but it needs no theory",
    ),
)


class SaliencyPanel(QScrollArea):
    """Chooses a map.

    Signals:
        wanted: Another map is wanted (`request` tells which).
    """

    wanted = Signal()

    def __init__(self) -> None:
        super().__init__()
        flat_bars(self)
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.method = QComboBox()
        for number, (text, method, tip) in enumerate(_METHODS):
            self.method.addItem(text, method)
            self.method.setItemData(number, tip, Qt.ItemDataRole.ToolTipRole)
        self.classes = QComboBox()
        self.classes.setSizeAdjustPolicy(
            QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
        )
        self.classes.setMinimumContentsLength(16)
        self.layers = QComboBox()
        self.layers.setSizeAdjustPolicy(
            QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
        )
        self.layers.setMinimumContentsLength(16)
        self.method.setToolTip("Which map to draw over the photo")
        self.classes.setToolTip("Which class the map speaks of; the best first")
        self.layers.setToolTip("Whose channels Grad-CAM weighs")
        form = QFormLayout()
        form.setLabelAlignment(Qt.AlignmentFlag.AlignLeft)
        form.addRow("&Map", self.method)
        form.addRow("&Class", self.classes)
        form.addRow("&Layer", self.layers)
        self._form = form
        self.about = plain_label(wrapped=True)
        self.caution = plain_label(wrapped=True)
        self.sanity = QCheckBox("Beside it the same map with &random weights")
        self.sanity.setToolTip(
            "A map that looks the same with random weights shows the picture, not what the network "
            "has learnt"
        )
        self.random = PhotoView("The same map with random weights", margin=False)
        self.random.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.random.setFixedHeight(240)
        self.random.hide()
        inside = QWidget()
        column = QVBoxLayout(inside)
        column.setContentsMargins(SNUG, SNUG, SNUG, SNUG)
        column.setSpacing(GAP)
        column.addLayout(form)
        for widget in (self.about, self.caution, self.sanity, self.random):
            column.addWidget(widget)
        column.addStretch(1)
        self.setWidget(inside)
        for combo in (self.method, self.classes, self.layers):
            combo.currentIndexChanged.connect(self._chosen)
        self.sanity.toggled.connect(self._chosen)
        self._chosen()
        self._tint()

    def set_choices(
        self, predictions: Sequence[Prediction], layers: Sequence[str], *, trained: bool
    ) -> None:
        """Fill the lists; what was chosen stays chosen where it is still there.

        Args:
            predictions: All classes, best first.
            layers: Those that Grad-CAM can look at, the last first.
            trained: The weights mean something.
        """
        chosen = self.layers.currentData()
        with QSignalBlocker(self.classes), QSignalBlocker(self.layers):
            self.classes.clear()
            for each in predictions:
                self.classes.addItem(f"{each.label}  ({each.score:.1%})", each.index)
            self.layers.clear()
            for number, name in enumerate(layers):
                self.layers.addItem(f"{name} (last)" if number == 0 else name, name)
            self.layers.setCurrentIndex(max(0, self.layers.findData(chosen)))
        self.caution.setText(
            "" if trained else "Random weights: the map says nothing about the class."
        )
        self.caution.setVisible(not trained)

    def request(self, *, randomised: bool = False) -> GetSaliency | None:
        """What is chosen; None where there is no class."""
        index = self.classes.currentData()
        if index is None:
            return None
        method = self.method.currentData()
        layer = self.layers.currentData() if method == "gradcam" else None
        return GetSaliency(method, index, layer, randomised)

    def show_random(self, picture: Picture | None, found: Saliency | None) -> None:
        """Show the map with random weights."""
        self.random.show_photo(picture)
        self.random.show_heat(found.values if found is not None else None)

    def _chosen(self) -> None:
        method = self.method.currentIndex()
        self._form.setRowVisible(self.layers, self.method.currentData() == "gradcam")
        self.about.setText(_METHODS[method][2] + ".")
        self.random.setVisible(self.sanity.isChecked())
        self.wanted.emit()

    def changeEvent(self, event: QEvent) -> None:
        """Follow the theme."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and hasattr(self, "random"):
            self._tint()

    def _tint(self) -> None:
        colors = theme_of(self.palette())
        set_ink(self.about, colors.muted)
        set_ink(self.caution, colors.warning)
