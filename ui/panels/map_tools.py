"""The second row above the feature maps: their order, the photo under them, pinning, saving."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QHBoxLayout,
    QLabel,
    QMenu,
    QSlider,
    QToolButton,
    QWidget,
)

from cnnviz.ordering import CRITERIA, Criterion
from ui.theme import SNUG, TIGHT

_TIPS = {
    "index": "As the layer numbers them",
    "mean": "The largest mean first",
    "maximum": "The largest value first",
    "zeros": "The largest share of zeros first",
    "variance": "The largest variance first",
    "similarity": "The most alike to the selected map first (correlation of their cells)",
}


class MapTools(QWidget):
    """What can be done with the maps of a layer.

    Signals:
        order_chosen: The order or what is hidden has changed, or the same order was chosen again.
        overlay_changed: Whether the map lies on the photo, or how opaque it is.
        pin_wanted: Keep the map that is shown.
        save_wanted: "atlas", "map", "values" or "statistics".
    """

    order_chosen = Signal()
    overlay_changed = Signal()
    pin_wanted = Signal()
    save_wanted = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.order = QComboBox()
        for place, (data, text) in enumerate(CRITERIA.items()):
            self.order.addItem(text, data)
            self.order.setItemData(place, _TIPS[data], Qt.ItemDataRole.ToolTipRole)
        self.order.setAccessibleName("Order of the maps")
        self.order.setToolTip("In which order the maps stand, the greatest first")
        self.hide_dead = QCheckBox("Hide &dead")
        self.hide_dead.setToolTip("Leave out the maps that are zero everywhere for this image")
        self.on_photo = QCheckBox("On p&hoto")
        self.on_photo.setToolTip(
            "Lay the selected map on the picture, each cell where its receptive field lies"
        )
        self.opacity = QSlider(Qt.Orientation.Horizontal)
        self.opacity.setRange(0, 100)
        self.opacity.setValue(60)
        self.opacity.setFixedWidth(70)
        self.opacity.setAccessibleName("Opacity of the map on the photo")
        self.opacity.setToolTip("Opacity of the map on the photo")
        self.pin = QToolButton()
        self.pin.setText("Pin")
        self.pin.setToolTip("Keep this map, to set another layer's, channel's or image's beside it")
        self.pin.clicked.connect(self.pin_wanted)
        self.save = QToolButton()
        self.save.setText("Save")
        self.save.setToolTip("Save pictures, values or statistics")
        self.save.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        menu = QMenu(self.save)
        for what, text in (
            ("atlas", "All maps as a picture…"),
            ("map", "This map as a picture…"),
            ("values", "The values as .npy or .npz…"),
            ("statistics", "Statistics as a table (CSV)…"),
        ):
            menu.addAction(text).triggered.connect(
                lambda _=False, what=what: self.save_wanted.emit(what)
            )
        self.save.setMenu(menu)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(TIGHT)
        self._order_label = QLabel("S&ort")
        self._order_label.setBuddy(self.order)
        row.addWidget(self._order_label)
        row.addWidget(self.order)
        row.addWidget(self.hide_dead)
        row.addSpacing(SNUG)
        row.addStretch(1)
        row.addWidget(self.on_photo)
        row.addWidget(self.opacity)
        row.addWidget(self.pin)
        row.addWidget(self.save)
        self.order.activated.connect(self.order_chosen)
        self.hide_dead.toggled.connect(self.order_chosen)
        self.on_photo.toggled.connect(self.overlay_changed)
        self.opacity.valueChanged.connect(self.overlay_changed)
        self.on_photo.toggled.connect(self._enable)
        self._enable()

    @property
    def criterion(self) -> Criterion:
        """What the maps are sorted by."""
        chosen: Criterion = self.order.currentData()
        return chosen

    @property
    def plain(self) -> bool:
        """Whether all maps are shown as they come."""
        return self.criterion == "index" and not self.hide_dead.isChecked()

    @property
    def share(self) -> float | None:
        """Opacity of the map on the photo; None where it does not lie on it."""
        return self.opacity.value() / 100 if self.on_photo.isChecked() else None

    def show_single(self, single: bool) -> None:
        """Leave out what makes no sense for one map."""
        for widget in (self._order_label, self.order, self.hide_dead):
            widget.setVisible(not single)

    def _enable(self) -> None:
        self.opacity.setVisible(self.on_photo.isChecked())
