"""The shape laboratory: other settings, and what follows from them for everything behind."""

from __future__ import annotations

from dataclasses import replace
from html import escape

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QGuiApplication, QHideEvent, QKeySequence, QPalette, QShortcut, QShowEvent
from PySide6.QtWidgets import (
    QCheckBox,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from cnnviz.costs import GraphCosts, graph_costs
from cnnviz.graph import Shape
from cnnviz.receptive_field import Field, Reach, receptive_fields
from cnnviz.requests import GetKerasCode, OpenModel
from cnnviz.shape_lab import CHANGEABLE, Plan, Trial, read_shape, try_plan
from ui import words
from ui.controller import Controller, Selection
from ui.insight import Insight
from ui.jobs import Job, Lane
from ui.shapes.form import SettingsForm
from ui.shapes.table import TrialTable
from ui.theme import GAP, SNUG, TIGHT, scaled_font, theme_of

_MOST_UNDO = 200
_SAME_WORD_MS = 1000
"""What is typed into one field without a longer pause is one change."""

_NO_MODEL = "Open a model to try other settings of its layers."
_NO_LAYER = "Select a layer in the graph or below to change its settings."
_WELCOME = (
    "Change the input or a layer's settings, and see at once what becomes of all that lies behind. "
    "Nothing is built before you open it as a new model."
)


class ShapesPage(QWidget):
    """What would become of the open model with other settings; follows the selection.

    Args:
        controller: The window's state.
        lane: Where the engine is, which writes code.

    Signals:
        open_wanted: The `OpenModel` of the changed model.
        trial_changed: The `Trial`, or None while nothing is changed or the page is not in front.
    """

    open_wanted = Signal(object)
    trial_changed = Signal(object)

    def __init__(self, controller: Controller, lane: Lane) -> None:
        super().__init__()
        self._controller, self._lane = controller, lane
        self._insight: Insight | None = None
        self._request: OpenModel | None = None
        self._job: Job | None = None
        self._done: list[Plan] = []
        self._undone: list[Plan] = []
        self.plan = Plan()
        self.trial: Trial | None = None
        self.costs: GraphCosts | None = None
        # A field of view takes longer than all else: it follows when nothing more is typed.
        self._seeing = QTimer(self, singleShot=True, interval=60)
        self._seeing.timeout.connect(self._show_fields)
        self._typed = ""
        self._typing = QTimer(self, singleShot=True, interval=_SAME_WORD_MS)
        self._make()
        self._lay_out()
        self._connect()
        self.set_insight(None)

    def _make(self) -> None:
        self.undo, self.redo = QPushButton("Undo"), QPushButton("Redo")
        self.undo.setToolTip("Take the last change back (Ctrl+Z)")
        self.redo.setToolTip("Make it again (Ctrl+Shift+Z)")
        self.reset = QPushButton("As opened")
        self.reset.setToolTip("Take every change back; Undo brings them again")
        self.code = QPushButton("Copy as Keras code")
        self.code.setToolTip("Python code that builds the changed model, on the clipboard")
        self.open = QPushButton("Open as a new model")
        self.open.setToolTip("Build the changed model, with random weights, and run the picture")
        self.input = QLineEdit()
        self.input.setMaximumWidth(150)
        self.input.setAccessibleName("Input of the model")
        self.input.setToolTip("Height x width x channels")
        self.input_problem, self.layer = QLabel(), QLabel()
        self.layer.setTextFormat(Qt.TextFormat.RichText)
        self.layer.setWordWrap(True)
        self.form = SettingsForm()
        self.wrong, self.totals, self.said = QLabel(), QLabel(), QLabel()
        for label in (self.wrong, self.totals, self.said):
            label.setWordWrap(True)
            label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.totals.setTextFormat(Qt.TextFormat.RichText)
        self.totals.setAccessibleName("Totals")
        self.wrong.setAccessibleName("What does not fit")
        self.everything = QCheckBox("all layers")
        self.everything.setToolTip("Also those that stay as they are")
        self.table = TrialTable()

    def _lay_out(self) -> None:
        top, second = QHBoxLayout(), QHBoxLayout()
        caption = QLabel("Input")
        caption.setBuddy(self.input)
        for widget in (caption, self.input, self.input_problem):
            top.addWidget(widget)
        top.addStretch(1)
        for button in (self.undo, self.redo, self.reset):
            top.addWidget(button)
        second.addWidget(self.said, 1)
        second.addWidget(self.everything)
        second.addWidget(self.code)
        second.addWidget(self.open)
        column = QVBoxLayout(self)
        column.setContentsMargins(GAP, SNUG, GAP, SNUG)
        column.setSpacing(SNUG)
        column.addLayout(top)
        column.addWidget(self.layer)
        column.addWidget(self.form)
        column.addWidget(self.wrong)
        column.addSpacing(TIGHT)
        column.addWidget(self.totals)
        column.addLayout(second)
        column.addWidget(self.table, 1)

    def _connect(self) -> None:
        self.undo.clicked.connect(self.take_back)
        self.redo.clicked.connect(self.make_again)
        self.reset.clicked.connect(lambda: self.change(Plan()))
        self.code.clicked.connect(self._ask_for_code)
        self.open.clicked.connect(self._open)
        self.input.textEdited.connect(self._input_typed)
        self.form.edited.connect(self._setting_typed)
        self.everything.toggled.connect(self._show_table)
        self.table.node_chosen.connect(self._controller.select)
        self._controller.selection_changed.connect(self._selection_changed)
        for keys, slot in (
            (QKeySequence.StandardKey.Undo, self.take_back),
            (QKeySequence.StandardKey.Redo, self.make_again),
        ):
            shortcut = QShortcut(QKeySequence(keys), self)
            shortcut.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
            shortcut.activated.connect(slot)

    @property
    def settled(self) -> bool:
        """Whether all that follows is on screen."""
        return not self._seeing.isActive() and self._job is None

    # What it is about.

    def set_insight(self, insight: Insight | None) -> None:
        """Another model was opened."""
        self._insight = insight
        opened = self._controller.opened
        self._request = opened.request if opened is not None else None
        self._done, self._undone, self.plan = [], [], Plan()
        self.said.setText("" if insight is not None else _NO_MODEL)
        for widget in (self.input, self.code, self.open, self.everything, self.table, self.reset):
            widget.setEnabled(insight is not None)
        self._try()

    def _selection_changed(self, selection: Selection) -> None:
        if self.isVisible():
            self._show_layer()

    def showEvent(self, event: QShowEvent) -> None:
        """Catch up with the selection."""
        super().showEvent(event)
        self._show_layer()
        self.trial_changed.emit(self.trial if self.plan else None)

    def hideEvent(self, event: QHideEvent) -> None:
        """The graph is again that of the open model."""
        super().hideEvent(event)
        self.trial_changed.emit(None)

    # Changing.

    def change(self, plan: Plan, typed: str = "") -> None:
        """Try another plan.

        Args:
            plan: The plan.
            typed: Which field it was typed into: the letters of one number are undone together.
        """
        if plan == self.plan:
            return
        if not (typed and typed == self._typed and self._typing.isActive() and self._done):
            self._done.append(self.plan)
            del self._done[:-_MOST_UNDO]
        self._typed = typed
        self._typing.start()
        self._undone.clear()
        self._use(plan)

    def take_back(self) -> None:
        """Undo."""
        self._typed = ""
        if self._done:
            self._undone.append(self.plan)
            self._use(self._done.pop())

    def make_again(self) -> None:
        """Redo."""
        self._typed = ""
        if self._undone:
            self._done.append(self.plan)
            self._use(self._undone.pop())

    def _use(self, plan: Plan) -> None:
        self.plan = plan
        self._try()

    def _input_typed(self, text: str) -> None:
        if self._insight is None:
            return
        shape = self._insight.graph.input_shape
        try:
            wanted = read_shape(text, len(shape))
        except ValueError as error:
            self._say_of_input(f"Type {error}.")
            return
        self.change(self.plan.with_input(None if wanted == shape else wanted), "input")

    def _setting_typed(self, setting: str, value: object) -> None:
        if self._insight is not None:
            node = self._insight.graph.by_name[self._owner()]
            self.change(self.plan.with_change(node, setting, value), f"{node.name} {setting}")

    def _owner(self) -> str:
        """The layer whose settings the selected node has: of a shared one, its first call."""
        assert self._insight is not None
        name = self._controller.selection.node or self._insight.graph.nodes[0].name
        return self._insight.graph.by_name[name].shares_weights_with or name

    # Showing.

    def _try(self) -> None:
        insight = self._insight
        self.undo.setEnabled(bool(self._done))
        self.redo.setEnabled(bool(self._undone))
        self.reset.setEnabled(bool(self.plan))
        if insight is None:
            self.trial = self.costs = None
            self._show_layer()
            return
        self.trial = try_plan(insight.graph, self.plan)
        self.costs = graph_costs(self.trial.graph) if self.plan else insight.costs
        self.open.setEnabled(bool(self.plan) and self.trial.fits)
        self.code.setEnabled(self.trial.fits)
        shape = self.plan.input_shape or insight.graph.input_shape
        if not self.input.hasFocus() or _read(self.input.text(), shape) != shape:
            self.input.setText("x".join(map(str, shape)))
        self._say_of_input("")
        self.said.setText("" if self.plan else _WELCOME)
        self._show_layer()
        self._show_misfits()
        self._show_totals()
        self._show_table()
        self._seeing.start()
        if self.isVisible():
            self.trial_changed.emit(self.trial if self.plan else None)

    def _show_layer(self) -> None:
        insight, trial = self._insight, self.trial
        if insight is None or trial is None:
            self.layer.setText("")
            self.form.show_node(None, {})
            return
        name = self._owner()
        node, now = insight.graph.by_name[name], trial.graph.by_name[name]
        self.table.select(self._controller.selection.node)
        self.form.show_node(node, self.plan.of(name))
        old, new = words.shape(node.output_shape), words.shape(now.output_shape)
        shape = old if old == new else f"{old} → {new}"
        if name in trial.unknown:
            shape = f"{old} → ?"
        text = f"<b>{escape(name)}</b> &nbsp; {escape(node.type)} &nbsp; {shape}"
        if node.type not in CHANGEABLE:
            text += f"<br>{_NO_LAYER if node.type == 'InputLayer' else _nothing(node.type)}"
        self.layer.setText(text)

    def _show_misfits(self) -> None:
        assert self.trial is not None
        misfits = self.trial.misfits
        palette = self.wrong.palette()
        palette.setColor(QPalette.ColorRole.WindowText, theme_of(self.palette()).error)
        self.wrong.setPalette(palette)
        more = f" {len(misfits) - 1} more layers do not fit." if len(misfits) > 1 else ""
        self.wrong.setText(misfits[0].sentence + more if misfits else "")
        self.wrong.setVisible(bool(misfits))

    def _show_totals(self, field: tuple[str, str] | None = None) -> None:
        insight, trial, costs = self._insight, self.trial, self.costs
        assert insight is not None
        assert trial is not None
        assert costs is not None
        before = insight.costs
        pairs = (
            ("Parameters", before.params, costs.params, lambda n: f"{n:,}"),
            ("MACs", before.macs, costs.macs, lambda n: f"{n:,}"),
            ("Activations", before.activation_bytes, costs.activation_bytes, words.size),
        )
        rows = []
        for title, old, new, write in pairs:
            after, change = write(new), _change(old, new)
            if not trial.fits:
                after, change = "?", ""
            elif old == new:
                after = "as it is"
            rows.append((title, write(old), after, change))
        output = self._outputs()
        rows.append(("Output", *output, ""))
        if field is not None:
            rows.append(("Receptive field", *field, ""))
        cells = "".join(
            f"<tr><td>{title}&nbsp;&nbsp;</td><td align=right>{old}&nbsp;&nbsp;</td>"
            f"<td align=right><b>{new}</b>&nbsp;&nbsp;</td><td>{change}</td></tr>"
            for title, old, new, change in rows
        )
        self.totals.setText(f"<table cellspacing=2>{cells}</table>")

    def _outputs(self) -> tuple[str, str]:
        assert self._insight is not None
        assert self.trial is not None
        last = self._insight.graph.outputs[0].node
        old = words.shape(self._insight.graph.output_shape)
        new = words.shape(self.trial.graph.output_shape)
        if last in self.trial.unknown:
            return old, "?"
        return old, "as it is" if old == new else new

    def _show_fields(self) -> None:
        """The receptive field of the last layer that still has positions."""
        insight, trial = self._insight, self.trial
        if insight is None or trial is None:
            return
        name = _last_with_positions(insight)
        if name is None:
            return
        old = _field_words(insight.fields[name])
        new = "?"
        if name not in trial.unknown:
            fields = receptive_fields(trial.graph) if self.plan else insight.fields
            new = _field_words(fields[name])
        self._show_totals((old, "as it is" if old == new else new))

    def _show_table(self) -> None:
        if self._insight is None or self.trial is None:
            return
        self.table.show_trial(
            self._insight.graph,
            self._insight.costs,
            self.trial,
            self.costs,
            everything=self.everything.isChecked() or not self.plan,
        )
        self.table.select(self._controller.selection.node)

    def _say_of_input(self, text: str) -> None:
        palette = self.input_problem.palette()
        palette.setColor(QPalette.ColorRole.WindowText, theme_of(self.palette()).error)
        self.input_problem.setPalette(palette)
        self.input_problem.setFont(scaled_font("small"))
        self.input_problem.setText(text)

    # What becomes of it.

    def request(self) -> OpenModel:
        """What opens the changed model."""
        assert self._request is not None
        plans = (*self._request.plans, self.plan) if self.plan else self._request.plans
        return replace(self._request, plans=plans)

    def _open(self) -> None:
        self.open_wanted.emit(self.request())

    def _ask_for_code(self) -> None:
        self.said.setText("Writing the code…")
        self._job = self._lane.submit(
            GetKerasCode(self.request()),
            key="code",
            on_success=self._copy,
            on_failure=self._no_code,
        )

    def _copy(self, code: str) -> None:
        self._job = None
        QGuiApplication.clipboard().setText(code)
        self.said.setText(f"{len(code.splitlines()):,} lines of Keras code are on the clipboard.")

    def _no_code(self, text: str) -> None:
        self._job = None
        self.said.setText(text)


def _change(old: int, new: int) -> str:
    """How much more or less: in per cent, or as a factor from twice on."""
    if old in (0, new):
        return ""
    if new >= 2 * old:
        return f"× {new / old:.3g}"
    sign = "+" if new > old else "−"
    return f"{sign}{abs(new / old - 1):.2%}"


def _nothing(kind: str) -> str:
    return f"A {kind} has no setting that changes a shape: select another layer."


def _read(text: str, shape: Shape) -> Shape | None:
    try:
        return read_shape(text, len(shape))
    except ValueError:
        return None


def _last_with_positions(insight: Insight) -> str | None:
    """The last node whose cells see a window of the input."""
    for node in reversed(insight.graph.nodes):
        if insight.fields[node.name].reach is Reach.WINDOW:
            return node.name
    return None


def _field_words(field: Field) -> str:
    if field.reach is not Reach.WINDOW:
        return "the whole input" if field.reach is Reach.GLOBAL else "not known"
    bound = "" if field.exact else "at most "
    return f"{bound}{' × '.join(f'{size:g}' for size in field.size)}"
