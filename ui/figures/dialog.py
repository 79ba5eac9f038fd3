"""Export figure: settings at the left, the figure as it will be at the right."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import QByteArray, QEvent, QMimeData, QPoint, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QGuiApplication, QImage, QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QMenu,
    QMessageBox,
    QProgressBar,
    QPushButton,
    QScrollArea,
    QSpinBox,
    QSplitter,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from cnnviz.errors import UserError
from cnnviz.figures.formats import FORMATS, ending_of
from cnnviz.figures.recipe import as_recipe, read_recipe
from cnnviz.figures.scene import Figure
from cnnviz.figures.style import FigureOptions
from cnnviz.files import replacing
from ui.figures.files import DPI, write
from ui.figures.preview import Preview
from ui.figures.settings_panel import SettingsPanel
from ui.figures.studio import Drawn, Material, Studio, Tally, Thumbnails
from ui.figures.views import ENDINGS, View, svg_of, write_view
from ui.figures.views import image_of as view_image
from ui.jobs import Job
from ui.lanes import IoLane
from ui.scroll_bar import flat_bars
from ui.theme import GAP, SNUG, theme_of

PATIENCE_MS = 40
"""How long nothing must be changed before the figure is drawn again."""
_POLL_MS = 100
_SIZE = QSize(1240, 840)


class FigureDialog(QDialog):
    """Settings and the figure that they make.

    Args:
        material: What the figure shows.
        parent: Over which to stand.
        views: Views of the window that can be figures, too.

    Signals:
        exported: The path of a file that was written.
        thumbnails_wanted: The figure is to show feature maps.
    """

    exported = Signal(object)
    thumbnails_wanted = Signal()

    def __init__(
        self, material: Material, parent: QWidget | None = None, views: Sequence[View] = ()
    ) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(f"Export figure of {material.title}")
        self.setWindowFlag(Qt.WindowType.WindowMaximizeButtonHint)
        self.figure: Figure | None = None
        self._material = material
        self._studio = Studio(material)
        self._view: View | None = None
        self._lane: IoLane | None = IoLane(self, threads=1)
        self._drawing: Job | None = None
        self._blocks: tuple[tuple[str, str], ...] = ()
        self._writing: tuple[Job, Tally] | None = None
        self._timer = QTimer(self, singleShot=True, interval=PATIENCE_MS)
        self._timer.timeout.connect(self._draw)
        self._poll = QTimer(self, interval=_POLL_MS)
        self._poll.timeout.connect(self._show_progress)
        self.settings = SettingsPanel(pictures=material.thumbnails is not None)
        self.preview = Preview()
        self._build(views)
        self.settings.changed.connect(self._changed)
        self.preview.scale_changed.connect(self._timer.start)
        self.preview.label_edited.connect(self._set_label)
        self.preview.menu_wanted.connect(self._offer)
        self.preview.part_hidden.connect(self._hide_part)
        self.preview.part_toggled.connect(self._toggle_highlight)
        self.finished.connect(self.close_lane)
        self._timer.start()

    @property
    def options(self) -> FigureOptions:
        """What the user has chosen."""
        return self.settings.options

    @property
    def settled(self) -> bool:
        """Whether the preview shows what was chosen."""
        return not self._timer.isActive() and self._drawing is None and self._writing is None

    def close_lane(self) -> None:
        """Stop what is under way."""
        self.stop()
        self._timer.stop()
        if self._lane is not None:
            self._lane.close()
            self._lane = None

    # The parts.

    def _build(self, views: Sequence[View]) -> None:
        scroll = QScrollArea()
        flat_bars(scroll)
        scroll.setWidget(self.settings)
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QScrollArea.Shape.NoFrame)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setMinimumWidth(self.settings.minimumSizeHint().width() + 24)
        left = QWidget()
        column = QVBoxLayout(left)
        column.setContentsMargins(0, 0, SNUG, 0)
        column.setSpacing(GAP)
        if views:
            column.addLayout(self._subject_row(views))
        column.addWidget(scroll, 1)
        column.addLayout(self._recipe_row())
        column.addStretch(0)
        right = QWidget()
        column = QVBoxLayout(right)
        column.setContentsMargins(SNUG, 0, 0, 0)
        column.setSpacing(SNUG)
        column.addWidget(self.preview, 1)
        self.notes = QLabel()
        self.notes.setWordWrap(True)
        self.notes.setTextFormat(Qt.TextFormat.PlainText)
        self.notes.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.notes.setMinimumHeight(self.fontMetrics().lineSpacing() * 2)
        self.notes.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.notes.setAccessibleName("What was done so that it fits")
        column.addWidget(self.notes)
        column.addLayout(self._file_row())
        splitter = QSplitter(Qt.Orientation.Horizontal)
        splitter.setChildrenCollapsible(False)
        splitter.addWidget(left)
        splitter.addWidget(right)
        splitter.setStretchFactor(1, 1)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(GAP, GAP, GAP, GAP)
        whole.addWidget(splitter)
        parent = self.parentWidget()
        self.resize(_SIZE if parent is None else _SIZE.boundedTo(parent.size() * 0.96))

    def _subject_row(self, views: Sequence[View]) -> QHBoxLayout:
        self.subjects = QComboBox()
        self.subjects.setAccessibleName("What the figure shows")
        self.subjects.setToolTip("The architecture, or what is on screen of the page in front")
        self.subjects.addItem("The architecture", None)
        for view in views:
            self.subjects.addItem(view.title, view)
        self.subjects.currentIndexChanged.connect(
            lambda: self._show_view(self.subjects.currentData())
        )
        row = QHBoxLayout()
        row.addWidget(QLabel("Figure of"))
        row.addWidget(self.subjects, 1)
        return row

    def _recipe_row(self) -> QHBoxLayout:
        row = QHBoxLayout()
        self._recipe_buttons: list[QPushButton] = []
        for text, tip, what in (
            ("Open recipe…", "Take the settings from a file", self._ask_recipe),
            ("Save recipe…", "Keep the settings, to draw such a figure again", self._ask_save),
        ):
            button = QPushButton(text)
            button.setToolTip(tip)
            button.setAutoDefault(False)
            button.clicked.connect(what)
            row.addWidget(button)
            self._recipe_buttons.append(button)
        return row

    def _file_row(self) -> QHBoxLayout:
        row = QHBoxLayout()
        for text, tip, keys, what in (
            ("Fit", "Show the whole figure", "Ctrl+0", self.preview.fit),
            ("−", "Take the figure away", "Ctrl+-", self.preview.zoom_out),
            ("+", "Bring the figure nearer", "Ctrl++", self.preview.zoom_in),
        ):
            tool = QToolButton()
            tool.setText(text)
            tool.setToolTip(f"{tip} ({keys})")
            tool.setAccessibleName(tip)
            tool.clicked.connect(what)
            self._add_shortcut(QKeySequence(keys), what)
            row.addWidget(tool)
        row.addStretch(1)
        self.progress = QProgressBar()
        self.progress.setAccessibleName("How far the file is")
        self.progress.setRange(0, 100)
        self.cancel = QPushButton("Cancel")
        self.cancel.clicked.connect(self.stop)
        row.addWidget(self.progress)
        row.addWidget(self.cancel)
        row.addWidget(QLabel("PNG"))
        self.dpi = QSpinBox()
        self.dpi.setRange(36, 2400)
        self.dpi.setValue(round(DPI))
        self.dpi.setSuffix(" dpi")
        self.dpi.setAccessibleName("Pixels an inch of a PNG")
        self.dpi.setToolTip("Pixels an inch, for PNG files")
        row.addWidget(self.dpi)
        self.copy = QPushButton("Copy")
        self.copy.setToolTip("To the clipboard, as SVG and as pixels (Ctrl+C)")
        self.copy.clicked.connect(self.copy_figure)
        self._add_shortcut(QKeySequence(QKeySequence.StandardKey.Copy), self.copy_figure)
        self.export = QPushButton("Export…")
        self.export.setToolTip("Write it into a file (Ctrl+S)")
        self.export.setDefault(True)
        self.export.clicked.connect(self._ask_path)
        self._add_shortcut(QKeySequence(QKeySequence.StandardKey.Save), self._ask_path)
        self.close_button = QPushButton("Close")
        self.close_button.clicked.connect(self.reject)
        for button in (self.copy, self.export, self.close_button):
            button.setAutoDefault(False)
            row.addWidget(button)
        self._show_busy()
        return row

    def _add_shortcut(self, keys: QKeySequence, what: Callable[[], object]) -> None:
        QShortcut(keys, self).activated.connect(what)

    # The preview.

    def _show_view(self, view: View | None) -> None:
        """Show a view of the window, or the architecture."""
        self._view = view
        for widget in (self.settings, *self._recipe_buttons):
            widget.setEnabled(view is None)
        self._timer.start()

    def _paint_view(self, view: View) -> None:
        widget = view.widget
        figure = Figure(widget.width() * 0.75, widget.height() * 0.75, (), title=view.title)
        image = view_image(widget, 2 * self.devicePixelRatioF())
        self.figure = figure
        self.preview.show_figure(figure, image, ())
        self._say("As it is on screen; for another size, resize the window.")
        self._show_busy()

    def _changed(self) -> None:
        if self.options.thumbnails:
            self.thumbnails_wanted.emit()
        self._timer.start()

    def redraw(self) -> None:
        """There is more to show: feature maps have come."""
        self._timer.start()

    def _thumbnails(self) -> Thumbnails:
        give = self._material.thumbnails
        return give() if give is not None and self.options.thumbnails else {}

    def _draw(self) -> None:
        if self._lane is None:
            return
        if self._view is not None:
            self._paint_view(self._view)
            return
        studio, options, thumbnails = self._studio, self.options, self._thumbnails()
        shown_at, ratio = self.preview.scaler(), self.devicePixelRatioF()

        def scale_of(width: float, height: float) -> float:
            return shown_at(width, height) * ratio

        self._drawing = job = self._lane.submit(
            lambda: studio.preview(options, thumbnails, scale_of),
            key="preview",
            on_success=lambda drawn: self._drawn(job, drawn),
            on_failure=lambda text: self._failed(job, text),
        )

    def _drawn(self, job: Job, drawn: Drawn) -> None:
        if job is self._drawing:
            self._drawing = None
        if self._view is not None:
            return
        self.figure = drawn.figure
        self.preview.show_figure(drawn.figure, drawn.image, drawn.areas)
        if drawn.blocks != self._blocks:
            self._blocks = drawn.blocks
            self.settings.show_blocks(drawn.blocks)
        self._say(" ".join(drawn.figure.notes))
        self._show_busy()

    def _failed(self, job: Job, text: str) -> None:
        if job is self._drawing:
            self._drawing = None
            self.figure = None
            self._say(text, failed=True)
            self._show_busy()

    def _say(self, text: str, *, failed: bool = False) -> None:
        self._saying = (text, failed)
        self.notes.setText(text)
        colours = theme_of(self.palette())
        palette = self.notes.palette()
        ink = colours.error if failed else colours.muted
        palette.setColor(self.notes.foregroundRole(), ink)
        self.notes.setPalette(palette)

    # Edits.

    def _set_label(self, label: str, words: str) -> None:
        labels = dict(self.options.labels)
        if words:
            labels[label] = words
        else:
            labels.pop(label, None)
        self.settings.change(labels=labels)

    def _hide_part(self, part: str) -> None:
        self.settings.change(hidden=self.options.hidden | {part})

    def _toggle_highlight(self, part: str) -> None:
        self.settings.change(highlighted=self.options.highlighted ^ {part})

    def _offer(self, part: str | None, label: str | None, place: QPoint) -> None:
        menu = self.menu_for(part, label)
        if not menu.isEmpty():
            menu.popup(place)

    def menu_for(self, part: str | None, label: str | None) -> QMenu:
        """What can be done with a part and a label of the figure."""
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        options = self.options
        if label is not None:
            menu.addAction("Change these words…", lambda: self.preview.sheet.edit(label))
            if label in options.labels:
                menu.addAction("Usual words", lambda: self._set_label(label, ""))
        if part is not None:
            lit = part in options.highlighted
            menu.addAction(
                "No highlight" if lit else "Highlight", lambda: self._toggle_highlight(part)
            )
            menu.addAction("Hide", lambda: self._hide_part(part))
            if options.style != "module" and any(part == key for key, _ in self._blocks):
                menu.addAction(
                    "Show this module, large",
                    lambda: self.settings.change(style="module", block=part),
                )
        if options.hidden:
            menu.addSeparator()
            menu.addAction("Show all that is hidden", self.settings.unhide.click)
        return menu

    # Recipes.

    def _ask_recipe(self) -> None:
        path, _ = QFileDialog.getOpenFileName(self, "Open a recipe", "", "Recipes (*.json)")
        if path:
            self.open_recipe(Path(path))

    def open_recipe(self, path: Path) -> None:
        """Take the settings from a file."""
        try:
            options = read_recipe(path)
        except UserError as error:
            self._say(str(error), failed=True)
            return
        self.settings.show_options(options)
        self._changed()

    def _ask_save(self) -> None:
        path, _ = QFileDialog.getSaveFileName(
            self, "Save the recipe", f"{self._material.model}-figure.json", "Recipes (*.json)"
        )
        if path:
            self.save_recipe(Path(path))

    def save_recipe(self, path: Path) -> None:
        """Keep the settings in a file."""
        try:
            with replacing(path) as temporary:
                temporary.write_text(as_recipe(self.options), encoding="utf-8")
        except UserError as error:
            self._say(str(error), failed=True)
        else:
            self._say(f"Saved {path.name}.")

    # Files.

    def _ask_path(self) -> None:
        if not self.export.isEnabled():
            return
        view = self._view
        endings = FORMATS if view is None else ENDINGS
        filters = ";;".join(f"{FORMATS[ending]} (*{ending})" for ending in endings)
        name = self.options.style if view is None else view.id
        path, chosen = QFileDialog.getSaveFileName(
            self, "Export figure", f"{self._material.model}-{name}.svg", filters
        )
        if not path:
            return
        target = Path(path)
        if not target.suffix:  # the native dialogs of some systems add no ending
            target = target.with_suffix(chosen.partition("(*")[2].rstrip(")") or ".svg")
            if target.exists() and not self._may_replace(target):
                return
        self.write(target)

    def _may_replace(self, path: Path) -> bool:
        text = f"{path.name} exists. Replace it?"
        answer = QMessageBox.question(self, "Export figure", text)
        return answer == QMessageBox.StandardButton.Yes

    def write(self, path: Path) -> None:
        """Write the figure into a file, beside the window's other work."""
        if self._lane is None or self._writing is not None:
            return
        try:
            ending_of(path)
            if self._view is not None:
                write_view(path, self._view, self.dpi.value())
                self._written(f"Wrote {path}.", path)
                return
        except UserError as error:
            self._say(str(error), failed=True)
            return
        studio, options, thumbnails = self._studio, self.options, self._thumbnails()
        tally, dpi, model = Tally(), float(self.dpi.value()), self._material.model

        def work() -> None:
            write(
                path,
                studio.subject(thumbnails),
                options,
                model=model,
                dpi=dpi,
                reporter=tally,
            )

        job = self._lane.submit(
            work,
            on_success=lambda _: self._written(f"Wrote {path}.", path),
            on_failure=lambda text: self._written(text, None),
            on_cancelled=lambda: self._written("Cancelled.", None),
        )
        self._writing = (job, tally)
        self._show_busy()
        self._poll.start()

    def stop(self) -> None:
        """Cancel the file that is being written; the old one, if there was one, stays."""
        if self._writing is not None:
            job, tally = self._writing
            tally.cancelled = True
            job.cancel()

    def _written(self, text: str, path: Path | None) -> None:
        self._writing = None
        self._poll.stop()
        self._say(text, failed=path is None and text != "Cancelled.")
        self._show_busy()
        if path is not None:
            self.exported.emit(path)

    def copy_figure(self) -> None:
        """Put the figure on the clipboard, as SVG and as pixels."""
        if self._lane is None or self.figure is None:
            return
        if self._view is not None:
            image = view_image(self._view.widget, self.dpi.value() / 96)
            self._put_on_clipboard(svg_of(self._view).decode(), image)
            return
        studio, options, thumbnails = self._studio, self.options, self._thumbnails()
        dpi = self.dpi.value()

        self._lane.submit(
            lambda: studio.copy(options, thumbnails, dpi),
            key="copy",
            on_success=lambda made: self._put_on_clipboard(*made),
            on_failure=lambda text: self._say(text, failed=True),
        )

    def _put_on_clipboard(self, svg: str, image: QImage) -> None:
        data = QMimeData()
        data.setData("image/svg+xml", QByteArray(svg.encode()))
        data.setImageData(image)
        QGuiApplication.clipboard().setMimeData(data)
        self._say("Copied, as SVG and as pixels.")

    def _show_busy(self) -> None:
        busy = self._writing is not None
        self.progress.setVisible(busy)
        self.cancel.setVisible(busy)
        for button in (self.export, self.copy):
            button.setEnabled(not busy and self.figure is not None)

    def _show_progress(self) -> None:
        if self._writing is not None:
            self.progress.setValue(round(100 * self._writing[1].fraction))

    def changeEvent(self, event: QEvent) -> None:
        """Follow the theme."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and hasattr(self, "_saying"):
            self._say(self._saying[0], failed=self._saying[1])
