"""What a file says of a model that cannot be opened: its graph, and where it fails."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from cnnviz.sketch import Sketch
from ui.graph.canvas import GraphCanvas
from ui.graph.painting import TEXT_FROM
from ui.theme import SNUG, TIGHT


class BrokenView(QWidget):
    """The graph that a description gives, on a canvas of its own: the window's model stays open.

    Signals:
        closed: The user has seen enough.

    Attributes:
        canvas: The picture.
        about: What it is a picture of.
    """

    closed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.canvas = GraphCanvas()
        self.canvas.setAccessibleName("Graph of a model that cannot be opened")
        self.about = QLabel()
        self.about.setTextFormat(Qt.TextFormat.PlainText)
        self.about.setWordWrap(True)
        self.about.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse
            | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self.close_button = QPushButton("Close")
        self.close_button.setToolTip("Go back to the graph of the open model")
        self.close_button.clicked.connect(self.closed)
        bar = QHBoxLayout()
        bar.setContentsMargins(SNUG, TIGHT, SNUG, TIGHT)
        bar.addWidget(self.about, 1)
        bar.addWidget(self.close_button, 0, Qt.AlignmentFlag.AlignTop)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(bar)
        column.addWidget(self.canvas, 1)
        self.setFocusProxy(self.canvas)

    def show_sketch(self, sketch: Sketch) -> None:
        """Show what a file says, from where it fails on."""
        graph, faults = sketch.graph, sketch.faults
        self.canvas.set_graph(graph)
        self.canvas.set_faults(faults)
        if not self.canvas.overview(TEXT_FROM):
            self.canvas.home()
            if faults:
                self.canvas.bring(faults[0].node)
        count = len(graph.nodes)
        layers = "its one layer" if count == 1 else f"its {count:,} layers"
        where = "" if not faults else " What does not fit is red."
        self.about.setText(
            f"{graph.name} cannot be opened. This is what its file says of {layers}.{where}"
        )
