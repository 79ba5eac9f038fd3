"""A stage with its transport: play, pause, step, scrub, speed, filter, channel by channel."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from PySide6.QtCore import QEvent, QSize, Qt, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QHBoxLayout,
    QLabel,
    QPlainTextEdit,
    QSlider,
    QSpinBox,
    QSplitter,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from ui.scroll_bar import flat_bars
from ui.theatre.export import Exporter
from ui.theatre.player import Player
from ui.theatre.show import BY_POSITION, SUMS, Moment, Show, View, moments, whole_sum
from ui.theatre.stage import StageWidget
from ui.theme import GAP, SNUG, TIGHT, scaled_font, theme_of, tinted_icon

SPEEDS = (1, 2, 5, 10, 30, 100, 1000)
"""Steps a second; beside them stands "whole map in a second"."""

WHOLE_MAP = 0
VIEW_NAMES: dict[View, str] = {
    "slide": "Window",
    "scatter": "Scatter",
    "product": "Matrix",
    "dense": "Dense",
    "shuffle": "Shuffle",
    "rivals": "Side by side",
}
LARGE = 8
"""Cells along a side from which on a map may not fit the stage at a readable size."""
LONGEST_SUM = 200
"""Input channels up to which the whole sum is written while it plays."""


class PlayView(QWidget):
    """Plays a show.

    Signals:
        moment_changed: The `Moment` that is shown.
    """

    moment_changed = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.player = Player(self)
        self.stage = StageWidget()
        self._moments: Sequence[Moment] = ()
        self._quiet = False
        self._build()
        self._connect()
        self._tint()
        self.set_show(None)

    # What it is made of.

    def _build(self) -> None:
        self.first = self._button("first", "To the first position (Home)")
        self.back = self._button("step-back", "One step back (Left)")
        self.play = self._button("play", "Play or pause (Space)")
        self.forward = self._button("step-forward", "One step on (Right)")
        self.last = self._button("last", "To the last position (End)")
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setAccessibleName("Position")
        self.slider.setMinimumWidth(90)
        self.slider.setToolTip("Drag along the output positions")
        self.where = QLabel()
        self.where.setToolTip("Step, and how many there are")
        self.speed = QComboBox()
        self.speed.setAccessibleName("Speed")
        self.speed.setToolTip("How fast it plays")
        for speed in SPEEDS:
            self.speed.addItem(f"{speed:,} a second", speed)
        self.speed.addItem("whole map in 1 s", WHOLE_MAP)
        self.speed.setCurrentIndex(1)
        self.filter = QSpinBox()
        self.filter.setToolTip("Output channel: which filter is played (Page Up, Page Down)")
        self.filter.setAccessibleName("Filter")
        self.channel = QSpinBox()
        self.channel.setToolTip("Which of the input channels that are summed is shown")
        self.channel.setAccessibleName("Input channel")
        self.look = QComboBox()
        self.look.setAccessibleName("View")
        self.look.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        self.look.setToolTip(
            "Window: it slides. Matrix: the same as one product. Dense: the layer it would be. "
            "Scatter: each input cell stamps the kernel. Shuffle: channels are dealt out anew"
        )
        self.by_channel = QCheckBox("Channel by channel")
        self.by_channel.setToolTip("Sum up the depth of the filter one input channel at a time")
        self.whole = QCheckBox("Whole maps")
        self.whole.setToolTip("Show all of a large map with small numbers, not a part magnified")
        self.written = QCheckBox("Whole sum")
        self.written.setToolTip("Write every product out, to read and to copy")
        self.under_mouse = QLabel()
        self.sum = QPlainTextEdit()
        flat_bars(self.sum)
        self.sum.setReadOnly(True)
        self.sum.setAccessibleName("The sum written out")
        self.sum.setFont(scaled_font("small"))
        self.sum.setVisible(False)
        transport = QHBoxLayout()
        transport.setSpacing(TIGHT)
        for button in (self.first, self.back, self.play, self.forward, self.last):
            transport.addWidget(button)
        transport.addWidget(self.slider, 1)
        transport.addWidget(self.where)
        transport.addSpacing(SNUG)
        transport.addWidget(self.speed)
        self.choices = QHBoxLayout()
        self.choices.setSpacing(SNUG)
        self.filter_label, self.channel_label = QLabel("Filter"), QLabel("Channel")
        for widget in (
            self.look, self.filter_label, self.filter, self.channel_label, self.channel,
            self.by_channel, self.whole, self.written,
        ):  # fmt: skip
            self.choices.addWidget(widget)
        self.choices.addWidget(self.under_mouse, 1)
        self.exporter = Exporter(self._subject)
        self.choices.addWidget(self.exporter)
        self.split = QSplitter(Qt.Orientation.Vertical)
        self.split.setChildrenCollapsible(False)
        self.split.addWidget(self.stage)
        self.split.addWidget(self.sum)
        self.split.setSizes([700, 160])
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SNUG)
        column.addWidget(self.split, 1)
        for row in (transport, self.choices):
            row.setContentsMargins(GAP, 0, GAP, 0)
            column.addLayout(row)
        column.addSpacing(TIGHT)

    def _button(self, icon: str, tip: str) -> QToolButton:
        button = QToolButton()
        button.setObjectName(icon)
        button.setToolTip(tip)
        button.setAccessibleName(tip)
        button.setIconSize(QSize(20, 20))
        button.setAutoRaise(True)
        return button

    def _connect(self) -> None:
        player = self.player
        self.first.clicked.connect(lambda: self._jump(0))
        self.back.clicked.connect(lambda: player.step(-1))
        self.play.clicked.connect(player.toggle)
        self.forward.clicked.connect(lambda: player.step(1))
        self.last.clicked.connect(lambda: self._jump(player.count - 1))
        self.slider.valueChanged.connect(self._scrubbed)
        self.speed.currentIndexChanged.connect(self._set_speed)
        self.filter.valueChanged.connect(self._arrange)
        self.channel.valueChanged.connect(self._arrange)
        self.by_channel.toggled.connect(self._arrange)
        self.look.activated.connect(self._arrange)
        self.whole.toggled.connect(self._arrange)
        self.written.toggled.connect(self._write)
        self.stage.cell_clicked.connect(self.go_to_cell)
        self.stage.key.connect(self._key)
        self.stage.hovered.connect(self.under_mouse.setText)
        player.moved.connect(self._moved)
        player.playing_changed.connect(self._tint)

    # What is played.

    @property
    def show_(self) -> Show | None:
        """What is played."""
        return self.stage.show_

    @property
    def moment(self) -> Moment:
        """Where it is."""
        return self.stage.moment

    @property
    def moments(self) -> Sequence[Moment]:
        """All that the play goes through."""
        return self._moments

    def set_show(
        self,
        show: Show | None,
        empty: str = "",
        *,
        channel: int | None = None,
        view: View | None = None,
    ) -> None:
        """Play something else; filter, place and playing stay where they can.

        Args:
            show: What; None for nothing.
            empty: What to say where there is nothing.
            channel: The filter to show; as before when None.
            view: How to show it; as before when None, where that goes.
        """
        before = self.moment
        self.stage.set_show(show, empty)
        self._quiet = True
        if show is not None:
            self._offer_views(show, view)
            self.filter.setRange(0, show.operation.filters - 1)
            if channel is not None:
                self.filter.setValue(channel)
        self._quiet = False
        for widget in (
            self.first, self.back, self.play, self.forward, self.last, self.slider, self.speed,
            self.filter, self.channel, self.by_channel, self.whole, self.written,
            self.exporter.button,
        ):  # fmt: skip
            widget.setEnabled(show is not None)
        if show is None:
            self.player.pause()
            self._moments = ()
            self.player.set_count(0)
            self.where.setText("")
            self._write()
            return
        self._arrange(place=before.place)

    def _offer_views(self, show: Show, wanted: View | None) -> None:
        """Fill the list of views; the chosen one stays where it can."""
        chosen = wanted or self.look.currentData()
        self.look.clear()
        for view in show.views():
            gathers = view == "slide" and show.operation.transposed
            self.look.addItem("Gather" if gathers else VIEW_NAMES[view], view)
        index = self.look.findData(chosen)
        self.look.setCurrentIndex(index if index >= 0 else self.look.findData("slide"))
        self.look.setVisible(self.look.count() > 1)

    def _subject(self) -> tuple[Show, Moment, bool, str] | None:
        """What an export writes."""
        if self.show_ is None:
            return None
        scheme = theme_of(self.palette()).scheme
        return self.show_, self.moment, self.moment.partial, scheme

    @property
    def _view(self) -> View:
        chosen: View = self.look.currentData() or "slide"
        return chosen

    def middle(self) -> tuple[int, int]:
        """The cell in the middle of the view's grid: mostly of the output."""
        rows, columns = self.show_.grid(self._view) if self.show_ else (0, 0)
        return rows // 2, columns // 2

    def go_to_cell(self, row: int, column: int) -> None:
        """Pause, and go to a cell of the view's grid: mostly an output position."""
        show = self.show_
        if show is None:
            return
        self.player.pause()
        rows, columns = show.grid(self._view)
        depth = len(self._moments) // (rows * columns)
        place = row * columns + column
        self.player.go(place * depth + depth - 1)

    def _arrange(self, _: object = None, place: int | None = None) -> None:
        """Make the steps of the play anew; stay at the place."""
        show = self.show_
        if show is None or self._quiet:
            return
        place = self.moment.place if place is None else place
        depth = show.depth(self.filter.value())
        self._quiet = True
        self.channel.setRange(0, depth - 1)
        self._quiet = False
        view = self._view
        many = depth > 1 and view in SUMS
        for widget in (self.channel_label, self.channel, self.by_channel):
            widget.setVisible(many)
        self.channel.setEnabled(not self.by_channel.isChecked())
        through_channels = view == "shuffle" or (view == "rivals" and show.grid(view)[0] == 1)
        for widget in (self.filter_label, self.filter):
            widget.setVisible(show.operation.filters > 1 and not through_channels)
        self.whole.setVisible(view in ("slide", "scatter") and self._is_large(show))
        self.written.setVisible(view in BY_POSITION)
        self._moments = moments(
            show,
            self.filter.value(),
            by_channel=self.by_channel.isChecked(),
            view=view,
            whole=self.whole.isChecked(),
        )
        rows, columns = show.grid(view)
        places = rows * columns
        steps = len(self._moments) // places
        self._quiet = True
        self.slider.setRange(0, len(self._moments) - 1)
        self._quiet = False
        self.player.set_count(len(self._moments), min(place, places - 1) * steps)
        self._set_speed()

    def _is_large(self, show: Show) -> bool:
        """Whether a map may have to be magnified."""
        return max(*show.operation.input_shape[:2], *show.operation.output_shape[:2]) > LARGE

    def _set_speed(self, _: object = None) -> None:
        chosen = self.speed.currentData()
        self.player.speed = float(chosen or max(self.player.count, 1))

    def _jump(self, index: int) -> None:
        self.player.pause()
        self.player.go(index)

    def _scrubbed(self, index: int) -> None:
        if not self._quiet:
            self._jump(index)

    def _moved(self, index: int) -> None:
        if not self._moments:
            return
        moment = self._moments[index]
        if not moment.partial:
            moment = replace(moment, depth=self.channel.value())
        self.stage.set_moment(moment)
        self._quiet = True
        self.slider.setValue(index)
        if moment.partial:
            self.channel.setValue(moment.depth)
        self._quiet = False
        self.where.setText(f"{index + 1:,} / {len(self._moments):,}")
        self._write()
        self.moment_changed.emit(moment)

    def _write(self, _: object = None) -> None:
        """The whole sum, where it is asked for."""
        wanted = (
            self.written.isChecked() and self.show_ is not None and self.moment.view in BY_POSITION
        )
        self.sum.setVisible(wanted)
        if wanted and self.show_ is not None:
            if self.player.playing and self.show_.depth(self.moment.channel) > LONGEST_SUM:
                self.sum.setPlainText("Pause to read the whole sum.")
            else:
                self.sum.setPlainText(whole_sum(self.show_, self.moment))

    def _key(self, key: int) -> None:
        show = self.show_
        if show is None:
            return
        row = len(self._moments) // max(show.grid(self._view)[0], 1)
        moves = {
            Qt.Key.Key_Left: -1,
            Qt.Key.Key_Right: 1,
            Qt.Key.Key_Up: -row,
            Qt.Key.Key_Down: row,
        }
        if key == Qt.Key.Key_Space:
            self.player.toggle()
        elif key == Qt.Key.Key_Home:
            self._jump(0)
        elif key == Qt.Key.Key_End:
            self._jump(self.player.count - 1)
        elif key in (Qt.Key.Key_PageUp, Qt.Key.Key_PageDown):
            self.filter.stepBy(1 if key == Qt.Key.Key_PageDown else -1)
        else:
            self.player.step(moves[Qt.Key(key)])

    def _tint(self, _: object = None) -> None:
        """Icons in the theme's ink."""
        theme = theme_of(self.palette())
        for button in (self.first, self.back, self.forward, self.last):
            button.setIcon(tinted_icon(button.objectName(), theme))
        self.play.setIcon(tinted_icon("pause" if self.player.playing else "play", theme))
        self._write()

    def changeEvent(self, event: QEvent) -> None:
        """Follow the palette."""
        if event.type() == QEvent.Type.PaletteChange and hasattr(self, "written"):
            self._tint()
        super().changeEvent(event)

    def hideEvent(self, event: QEvent) -> None:
        """Nobody looks: pause."""
        self.player.pause()
        super().hideEvent(event)  # type: ignore[arg-type]
