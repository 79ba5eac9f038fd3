"""What the catalog knows of an architecture: whose it is, how good, what was new, its relatives."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from html import escape

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtWidgets import QGridLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from models.registry import Accuracy, Architecture, catalog
from ui import words
from ui.panels.facts import Fact, FactTable
from ui.theme import GAP, SNUG, TIGHT, scaled_font, theme_of

SINGLE, TEN, MANY = "Single crop", "Ten crops", "Many crops, scales or networks"


def accuracy_groups(entry: Architecture) -> Sequence[tuple[str, Sequence[Accuracy]]]:
    """Published accuracies by what can be compared with each other."""
    groups: dict[str, list[Accuracy]] = {SINGLE: [], TEN: [], MANY: []}
    for accuracy in entry.accuracy:
        groups[_comparable_with(accuracy.protocol)].append(accuracy)
    return [(title, rows) for title, rows in groups.items() if rows]


def _comparable_with(protocol: str) -> str:
    if "networks" in protocol:
        return MANY
    if protocol.startswith("10"):
        return TEN
    one = protocol.startswith(("single", "centre")) and "crop" in protocol
    return SINGLE if one else MANY


def children(entry: Architecture) -> Sequence[Architecture]:
    """What grew from an architecture, whole networks before building blocks."""
    return [other for other in catalog().values() if other.parent == entry.id]


class ArchitectureCard(QWidget):
    """The facts of one architecture, all of them to be selected and copied.

    Signals:
        chosen: Catalog id of a relative that was clicked.
    """

    chosen = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.ideas = _text()
        self.facts = FactTable()
        self.accuracy = _AccuracyTable()
        self.notes = _text()
        self.relatives = _text()
        self.relatives.setTextFormat(Qt.TextFormat.RichText)
        self.relatives.setTextInteractionFlags(Qt.TextInteractionFlag.TextBrowserInteraction)
        self.relatives.setAccessibleName("Relatives")
        self.relatives.linkActivated.connect(self.chosen)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SNUG)
        for part in (self.ideas, self.facts, self.relatives, self.accuracy, self.notes):
            column.addWidget(part)
        self._tint()

    def show_architecture(self, entry: Architecture) -> None:
        """Show these facts."""
        for piece in self.pieces(entry):
            piece()

    def pieces(self, entry: Architecture) -> tuple[Callable[[], object], ...]:
        """What shows these facts, piece by piece: all at once would be felt."""
        return (
            lambda: self._show_facts(entry),
            lambda: self.accuracy.show_groups(accuracy_groups(entry)),
            lambda: self._show_relatives(entry),
        )

    def _show_facts(self, entry: Architecture) -> None:
        self.ideas.setText(entry.key_ideas)
        rows = [
            Fact("Paper", entry.paper),
            Fact("Authors", entry.authors),
            Fact("Venue", entry.venue),
        ]
        if entry.arxiv:
            rows.append(Fact("arXiv", entry.arxiv, "Select it to copy it"))
        rows.append(Fact("Input", words.shape(entry.input_shape)))
        self.facts.show_facts(rows)
        self.notes.setText("\n\n".join(entry.notes))
        self.notes.setVisible(bool(entry.notes))

    def _show_relatives(self, entry: Architecture) -> None:
        heirs = children(entry)
        lines = []
        if entry.parent is not None:
            label = "Part of" if entry.exhibit else "Grew from"
            lines.append(f"{label}: {_link(catalog()[entry.parent])}")
        for label, of in (
            ("Led to", [heir for heir in heirs if not heir.exhibit]),
            ("Building blocks", [heir for heir in heirs if heir.exhibit]),
        ):
            if of:
                lines.append(f"{label}: {', '.join(map(_link, of))}")
        self.relatives.setText("<br>".join(lines))
        self.relatives.setVisible(bool(lines))

    def changeEvent(self, event: QEvent) -> None:
        """Follow the theme."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and hasattr(self, "relatives"):
            self._tint()

    def _tint(self) -> None:
        palette = self.notes.palette()
        palette.setColor(palette.ColorRole.WindowText, theme_of(self.palette()).muted)
        self.notes.setPalette(palette)


class _AccuracyTable(QWidget):
    """A small table for each way of measuring, so that nothing stands beside what it is not."""

    def __init__(self) -> None:
        super().__init__()
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._body = QWidget()

    def show_groups(self, groups: Sequence[tuple[str, Sequence[Accuracy]]]) -> None:
        """Show these instead of the last ones."""
        self._column.removeWidget(self._body)
        self._body.deleteLater()
        # Filled before it is shown: labels that come into view one by one lay all out each time.
        self._body = QWidget()
        grid = QGridLayout(self._body)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(GAP)
        grid.setVerticalSpacing(TIGHT)
        grid.setColumnStretch(0, 1)
        row = 0
        for title, accuracies in groups:
            _put(grid, row, title, "% right, top-1", "top-5", heading=True)
            for accuracy in accuracies:
                row += 1
                usual = accuracy.protocol in ("single crop", "10 crops", "10-crop")
                source = accuracy.source if usual else f"{accuracy.source} ({accuracy.protocol})"
                _put(grid, row, source, _percent(accuracy.top1), _percent(accuracy.top5))
            row += 1
        self._column.addWidget(self._body)
        self.setVisible(bool(groups))


def _put(grid: QGridLayout, row: int, first: str, *numbers: str, heading: bool = False) -> None:
    for column, content in enumerate((first, *numbers)):
        label = _text()
        label.setText(content)
        label.setFont(scaled_font("small", bold=heading and not column))
        right = Qt.AlignmentFlag.AlignRight if column else Qt.AlignmentFlag.AlignLeft
        label.setAlignment(right | Qt.AlignmentFlag.AlignTop)
        label.setWordWrap(not column)
        grid.addWidget(label, row, column)


def _percent(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f}".rstrip("0").rstrip(".")


def _link(entry: Architecture) -> str:
    return f'<a href="{escape(entry.id)}">{escape(entry.name)}</a>'


def _text() -> QLabel:
    label = QLabel()
    label.setWordWrap(True)
    label.setAlignment(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    label.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Minimum)
    return label
