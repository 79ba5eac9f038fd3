"""The inspector: everything known of the selected node, the predictions, and what goes in."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QEvent, QRect, Qt, Signal
from PySide6.QtGui import QFont, QImage, QPainter, QPaintEvent, QPixmap
from PySide6.QtWidgets import (
    QFrame,
    QLabel,
    QScrollArea,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from cnnviz.predictions import Answer
from cnnviz.requests import ActivationStats, Picture
from models.registry import Architecture
from ui.panels.architecture_card import ArchitectureCard
from ui.panels.facts import Fact, FactTable
from ui.panels.predictions import PredictionPanel
from ui.panels.training_switch import TrainingSwitch
from ui.scroll_bar import flat_bars
from ui.theme import GAP, SNUG, TIGHT, scaled_font, theme_of
from ui.words import duration


class Section(QWidget):
    """A heading with what belongs to it."""

    def __init__(self, title: str) -> None:
        super().__init__()
        self.title = QLabel(title)
        self.title.setWordWrap(True)
        self.title.setFont(scaled_font("small", bold=True))
        self.column = QVBoxLayout(self)
        self.column.setContentsMargins(0, 0, 0, 0)
        self.column.setSpacing(TIGHT)
        self.column.addWidget(self.title)

    def add(self, *widgets: QWidget) -> None:
        """Put widgets below each other."""
        for widget in widgets:
            self.column.addWidget(widget)


class PictureView(QWidget):
    """A picture as wide as there is room, its pixels unblurred."""

    def __init__(self) -> None:
        super().__init__()
        self._picture: QPixmap | None = None
        self.setFixedHeight(168)  # leaves the rest of the inspector its room
        self.setAccessibleName("The picture that goes in")

    def show_picture(self, picture: Picture | None) -> None:
        """Show pixels, shape (H, W, 3) or (H, W)."""
        self._picture = None if picture is None else QPixmap.fromImage(to_image(picture))
        if picture is not None:
            self.setToolTip(f"{picture.shape[0]} × {picture.shape[1]} pixels")
        self.setVisible(picture is not None)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw it at the left, scaled to fit."""
        if self._picture is None:
            return
        size = self._picture.size().scaled(self.size(), Qt.AspectRatioMode.KeepAspectRatio)
        painter = QPainter(self)
        shrinks = size.width() < self._picture.width()
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, shrinks)
        painter.drawPixmap(QRect(0, 0, size.width(), size.height()), self._picture)
        painter.end()


class Inspector(QScrollArea):
    """Sections below each other: the node, its activation, the predictions, the input.

    Signals:
        proof_wanted: The `Quantity` of the node whose number was clicked.
    """

    proof_wanted = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        flat_bars(self)
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setMinimumWidth(240)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.name = _selectable(scaled_font("title", bold=True))
        self.name.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.role = _selectable()
        self.sentence = _selectable()
        self.sentence.setAccessibleName("What happens here")
        self.facts = FactTable()
        self.node = Section("")
        self.node.title.hide()
        self.node.add(self.name, self.role, self.sentence, self.facts)
        self.field_facts = FactTable()
        self.field = Section("Receptive field in the input")
        self.field.add(self.field_facts)
        for table in (self.facts, self.field_facts):
            table.proof_wanted.connect(self.proof_wanted)
        self.statistics = FactTable()
        self.activation = Section("Activation")
        self.activation.add(self.statistics)
        self.answer = PredictionPanel()
        self.training = TrainingSwitch()
        self.prediction = Section("Prediction")
        self.prediction.add(self.answer, self.training)
        self.picture = PictureView()
        self.preprocessing = _selectable()
        self.input = Section("What goes in")
        self.input.add(self.picture, self.preprocessing)
        self.card = ArchitectureCard()
        self.origin = Section("")
        self.origin.add(self.card)
        self.empty = QLabel("Open an architecture from the library, then click one of its layers.")
        self.empty.setWordWrap(True)
        self.empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        inside = QWidget()
        column = QVBoxLayout(inside)
        column.setContentsMargins(GAP, SNUG, GAP, GAP)
        column.setSpacing(GAP + TIGHT)
        column.addWidget(self.empty)
        for section in self._sections():
            column.addWidget(section)
            section.hide()
        column.addStretch(1)
        self.setWidget(inside)
        self._tint()

    def _sections(self) -> tuple[Section, ...]:
        return self.node, self.field, self.activation, self.prediction, self.input, self.origin

    def about(self, entry: Architecture | None, variant: str) -> tuple[Callable[[], object], ...]:
        """What tells, piece by piece, where the open network comes from.

        Args:
            entry: The network; None where nobody knows it.
            variant: How it differs from the paper's; "" if it does not.
        """
        if entry is None:
            return (self.origin.hide,)
        opened_as = f"\nOpen here: {variant}" if variant else ""
        self.origin.title.setText(f"{entry.name} ({entry.year}){opened_as}")
        return (*self.card.pieces(entry), self.origin.show)

    def show_node(
        self,
        name: str,
        role: str,
        facts: Sequence[Fact],
        field: Sequence[Fact],
        sentence: str = "",
    ) -> None:
        """Describe the selected node; an empty name where nothing is selected.

        Args:
            name: The node's.
            role: Its type and settings.
            facts: Its numbers.
            field: What it sees.
            sentence: What happens there.
        """
        self.empty.setVisible(not name and not self.input.isVisibleTo(self))
        self.node.setVisible(bool(name))
        self.name.setText(name)
        self.name.setToolTip(name)
        self.role.setText(role)
        self.sentence.setText(sentence)
        self.sentence.setVisible(bool(sentence))
        self.facts.show_facts(facts)
        self.field.setVisible(bool(name))
        self.field_facts.show_facts(field)
        if not name:
            self.activation.hide()

    def show_statistics(self, stats: ActivationStats | None, seconds: float | None) -> None:
        """Describe the activation of the selected node, or say that it is not there yet."""
        self.activation.show()
        if stats is None:
            self.statistics.show_facts([Fact("", "Not computed yet")])
            return
        rows = [
            Fact("Range", f"{stats.minimum:.4g} to {stats.maximum:.4g}"),
            Fact("Mean ± deviation", f"{stats.mean:.4g} ± {stats.std:.4g}"),
            Fact("Zeros", f"{stats.zero_share:.1%}", "Share of cells that are exactly zero"),
        ]
        if stats.not_finite:
            rows.append(Fact("NaN or infinite", f"{stats.not_finite:,} cells"))
        if seconds is not None:
            rows.append(Fact("Time", duration(seconds), "Of this node alone, in this pass"))
        self.statistics.show_facts(rows)

    def show_answer(self, answer: Answer | None, *, trainable: bool) -> None:
        """Show the best classes.

        Args:
            answer: None where there is none yet, or the output is no class vector.
            trainable: Some layers behave differently in training.
        """
        self.answer.show_answer(answer)
        self.training.setVisible(trainable)
        self.prediction.title.setText("Prediction" if answer is not None else "Training state")
        self.prediction.setVisible(answer is not None or trainable)

    def show_input(self, picture: Picture | None, preprocessing: str) -> None:
        """Show the picture that really goes in and how it came about."""
        self.input.setVisible(bool(preprocessing) or picture is not None)
        self.empty.hide()
        self.picture.show_picture(picture)
        self.preprocessing.setText(preprocessing)

    def changeEvent(self, event: QEvent) -> None:
        """Follow the theme."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and hasattr(self, "empty"):
            self._tint()

    def _tint(self) -> None:
        colors = theme_of(self.palette())
        for label, color in (
            (self.role, colors.muted),
            (self.preprocessing, colors.muted),
            (self.empty, colors.muted),
            *((section.title, colors.muted) for section in self._sections()),
        ):
            palette = label.palette()
            palette.setColor(palette.ColorRole.WindowText, color)
            label.setPalette(palette)


def to_image(picture: Picture) -> QImage:
    """Pixels as a QImage of its own memory."""
    height, width = picture.shape[:2]
    if picture.ndim == 2:
        form, step = QImage.Format.Format_Grayscale8, width
    else:
        form, step = QImage.Format.Format_RGB888, 3 * width
    return QImage(picture.tobytes(), width, height, step, form).copy()


def _selectable(font: QFont | None = None) -> QLabel:
    label = QLabel()
    if font is not None:
        label.setFont(font)
    label.setWordWrap(True)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    return label
