"""A button that copies the table of costs, or saves it, in any form."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFileDialog, QMenu, QToolButton

from cnnviz.errors import UserError
from cnnviz.files import replacing
from cnnviz.reports import SUFFIXES, Form, Report, write

_COPIES: tuple[tuple[str, Form], ...] = (
    ("CSV", "csv"),
    ("Markdown", "markdown"),
    ("LaTeX (booktabs)", "latex"),
    ("JSON", "json"),
)


class TableOutlet(QToolButton):
    """Copies or saves what a page shows.

    Args:
        report: Gives what to write; None where there is nothing.
        say: Told what was done, or why it was not.
    """

    def __init__(self, report: Callable[[], Report | None], say: Callable[[str], object]) -> None:
        super().__init__()
        self._report, self._say = report, say
        self.setText("Table out")
        self.setToolTip("Copy or save the table: CSV, Markdown, LaTeX or JSON")
        self.setAccessibleName("Copy or save the table")
        self.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        choices = QMenu(self)
        for name, form in _COPIES:
            choices.addAction(f"Copy as {name}", partial(self.copy, form))
        choices.addSeparator()
        choices.addAction("Save…", self._ask)
        self.setMenu(choices)

    def copy(self, form: Form) -> None:
        """Put the table on the clipboard."""
        report = self._report()
        if report is not None:
            QGuiApplication.clipboard().setText(write(report, form))
            self._say("The table is on the clipboard.")

    def _ask(self) -> None:
        path, _ = QFileDialog.getSaveFileName(
            self,
            "Save the table",
            "costs.csv",
            "Tables (*.csv *.md *.tex *.json *.txt)",
        )
        if path:
            self.save(Path(path))

    def save(self, path: Path) -> None:
        """Write a file; what its name ends with says in which form."""
        report, form = self._report(), SUFFIXES.get(path.suffix.lower())
        if report is None:
            return
        if form is None:
            self._say(f"{path.name} was not saved: end its name with {', '.join(SUFFIXES)}.")
            return
        try:
            with replacing(path) as temporary:
                temporary.write_text(write(report, form) + "\n", encoding="utf-8")
        except UserError as error:
            self._say(str(error))
        else:
            self._say(f"Saved {path.name}.")
