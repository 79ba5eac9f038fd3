"""The dialog that opens the open network in another size, with other classes, wider or narrower."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QEvent, Qt, QTimer, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from cnnviz.requests import ModelPreview, OpenedModel, OpenModel, PreviewModel
from cnnviz.variants import LABELS, TOP, resolve
from models.registry import Architecture
from ui import words
from ui.jobs import Job, Lane
from ui.theme import GAP, SNUG, theme_of

BIGGEST_SIDE = 4096
MOST_CLASSES = 100_000
FIELD_WIDTH = 92
PATIENCE_MS = 200
"""How long nothing must be changed before the engine is asked."""

_TIPS = {
    "width": "A factor on the number of filters of every layer",
    "cardinality": "In how many groups the 3x3 convolutions are cut",
}


class VariantDialog(QDialog):
    """Fields for a variant, and below them what it would be: checked while the user types.

    Args:
        opened: The open model, whose values the fields start with.
        entry: Its record in the catalog.
        lane: Where the engine is.
        parent: Over which to stand.

    Signals:
        wanted: The `OpenModel` that the user wants.
    """

    wanted = Signal(object)

    def __init__(
        self, opened: OpenedModel, entry: Architecture, lane: Lane, parent: QWidget
    ) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(f"Variant of {opened.name}")
        self.setMinimumWidth(440)
        self._entry, self._lane = entry, lane
        self._job: Job | None = None
        self._failed = False
        self._timer = QTimer(self, singleShot=True, interval=PATIENCE_MS)
        self._timer.timeout.connect(self._ask)
        form = QFormLayout()
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.FieldsStayAtSizeHint)
        form.setHorizontalSpacing(GAP)
        form.setVerticalSpacing(SNUG)
        self._add_sizes(form)
        self._add_classes(form)
        self.choices: dict[str, QCheckBox | QComboBox] = {}
        for name, values in entry.variants.items():
            self._add_choice(form, name, values)
        self.verdict = QLabel()
        self.verdict.setWordWrap(True)
        self.verdict.setTextFormat(Qt.TextFormat.PlainText)
        self.verdict.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.verdict.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.verdict.setMinimumHeight(self.fontMetrics().lineSpacing() * 4)
        self.verdict.setAccessibleName("What this variant is")
        self.buttons = QDialogButtonBox()
        self.open_button = self.buttons.addButton(QDialogButtonBox.StandardButton.Open)
        self.buttons.addButton(QDialogButtonBox.StandardButton.Cancel)
        reset = self.buttons.addButton(QDialogButtonBox.StandardButton.RestoreDefaults)
        reset.setText("As in the paper")
        reset.clicked.connect(self._reset)
        self.buttons.accepted.connect(self._accept)
        self.buttons.rejected.connect(self.reject)
        column = QVBoxLayout(self)
        column.setSpacing(GAP)
        column.addLayout(form)
        column.addWidget(self.verdict, 1)
        column.addWidget(self.buttons)
        self._show(opened.request)
        self._changed()

    # The fields.

    def _add_sizes(self, form: QFormLayout) -> None:
        self.height_field, self.width_field = QSpinBox(), QSpinBox()
        row = QHBoxLayout()
        for field, name in ((self.height_field, "Height"), (self.width_field, "Width")):
            field.setRange(1, BIGGEST_SIDE)
            field.setMinimumWidth(FIELD_WIDTH)
            field.setAccessibleName(f"{name} of the input, in pixels")
            field.setToolTip(f"{name} of the input, in pixels")
            field.valueChanged.connect(self._changed)
        row.addWidget(self.height_field)
        row.addWidget(QLabel("×"))
        row.addWidget(self.width_field)
        channels = self._entry.input_shape[2]
        row.addWidget(QLabel(f"× {channels} channel{'s' if channels != 1 else ''}"))
        row.addStretch(1)
        form.addRow("Input", row)

    def _add_classes(self, form: QFormLayout) -> None:
        self.classes_field = QSpinBox()
        self.classes_field.setRange(1, MOST_CLASSES)
        self.classes_field.setMinimumWidth(FIELD_WIDTH)
        self.classes_field.setGroupSeparatorShown(True)
        self.classes_field.setAccessibleName("Number of classes")
        self.classes_field.setToolTip("Trained weights fit the paper's number of classes only")
        self.classes_field.valueChanged.connect(self._changed)
        if self._entry.classes:
            form.addRow("Classes", self.classes_field)

    def _add_choice(self, form: QFormLayout, name: str, values: tuple[Any, ...]) -> None:
        label = LABELS.get(name, name)
        if isinstance(values[0], bool):
            box = QCheckBox(f"With {label}")
            box.setChecked(values[0])
            box.toggled.connect(self._changed)
            if name == TOP:
                box.setText("With its top, the classifier")
                box.setToolTip("Without it the network answers with its last feature maps")
            self.choices[name] = box
            form.addRow("", box)
            return
        combo = QComboBox()
        for value in values:
            paper = " (paper)" if value == values[0] else ""
            combo.addItem(f"{value}{paper}", value)
        combo.setMinimumWidth(FIELD_WIDTH)
        combo.setAccessibleName(label)
        combo.setToolTip(_TIPS.get(name, ""))
        combo.currentIndexChanged.connect(self._changed)
        self.choices[name] = combo
        form.addRow(label.capitalize(), combo)

    def _show(self, request: OpenModel) -> None:
        """Let the fields say what a request asks for."""
        entry = self._entry
        height, width, _ = request.input_shape or entry.input_shape
        self.height_field.setValue(height)
        self.width_field.setValue(width)
        self.classes_field.setValue(request.classes or entry.classes)
        chosen = resolve(entry.variants, request.variant)
        for name, field in self.choices.items():
            value = chosen.get(name, entry.variants[name][0])
            if isinstance(field, QCheckBox):
                field.setChecked(value)
            else:
                field.setCurrentIndex(field.findData(value))

    def _reset(self) -> None:
        self._show(OpenModel(self._entry.id))

    def request(self) -> OpenModel:
        """What the fields ask for; what is the paper's anyway is left out."""
        entry = self._entry
        size = (self.height_field.value(), self.width_field.value(), entry.input_shape[2])
        classes = self.classes_field.value()
        usual = not entry.classes or classes == entry.classes or not self.classes_field.isEnabled()
        return OpenModel(
            entry.id,
            None if size == entry.input_shape else size,
            None if usual else classes,
            variant=tuple(resolve(entry.variants, self._chosen()).items()),
        )

    def _chosen(self) -> list[tuple[str, Any]]:
        return [
            (name, field.isChecked() if isinstance(field, QCheckBox) else field.currentData())
            for name, field in self.choices.items()
        ]

    # The verdict.

    def _changed(self) -> None:
        top = self.choices.get(TOP)
        self.classes_field.setEnabled(not isinstance(top, QCheckBox) or top.isChecked())
        self.open_button.setEnabled(False)
        self._timer.start()

    def _ask(self) -> None:
        request = self.request()
        self._say("Working it out…")
        self._job = self._lane.submit(
            PreviewModel(request),
            key="preview",
            on_success=self._worked_out,
            on_failure=lambda text: self._refused(request, text),
        )

    def _worked_out(self, preview: ModelPreview) -> None:
        if preview.request != self.request():
            return
        trained = [kind for kind in preview.weights_available if kind != "random"]
        weights = "Trained weights fit." if trained else "No trained weights fit: they are random."
        if not self._entry.weights:
            weights = "There are no trained weights of this network: they are random."
        answer = words.shape(preview.output_shape)
        scores = " scores" if len(preview.output_shape) == 1 else ""
        self._say(
            f"{preview.params:,} parameters, {words.big(preview.macs)}MAC.\n"
            f"It answers with {answer}{scores}. {weights}"
        )
        self.open_button.setEnabled(True)

    def _refused(self, request: OpenModel, text: str) -> None:
        if request == self.request():
            self._say(text, failed=True)

    def _say(self, text: str, *, failed: bool = False) -> None:
        self._failed = failed
        self.verdict.setText(text)
        self._tint()

    def changeEvent(self, event: QEvent) -> None:
        """Follow the theme."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and hasattr(self, "verdict"):
            self._tint()

    def _tint(self) -> None:
        colors = theme_of(self.palette())
        palette = self.verdict.palette()
        ink = colors.error if self._failed else colors.muted
        palette.setColor(palette.ColorRole.WindowText, ink)
        if palette != self.verdict.palette():
            self.verdict.setPalette(palette)

    @property
    def settled(self) -> bool:
        """Whether the verdict is that of what the fields say."""
        asked = self._job is not None and self._job.finished
        return asked and not self._timer.isActive()

    def _accept(self) -> None:
        self.wanted.emit(self.request())
        self.accept()

    def done(self, result: int) -> None:
        """Close, and ask nothing more."""
        self._timer.stop()
        if self._job is not None:
            self._job.cancel()
        super().done(result)
