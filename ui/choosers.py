"""The menus of the top bar: which architecture, which picture, which weights."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu

from cnnviz.requests import OpenedModel, WeightsInfo
from models.registry import catalog
from ui.panels.library import BLOCKS
from ui.samples import Sort, samples, title
from ui.top_bar import Chooser

_WEIGHTS = {
    "shipped": "Trained, shipped with cnnviz",
    "imagenet": "Trained on ImageNet (downloaded once)",
    "file": "As in the model's file",
    "random": "Random",
}


def fill_models(
    button: Chooser, open_model: Callable[[str], object], commands: Sequence[QAction]
) -> None:
    """Every architecture, in a menu for each family; the building blocks in one of their own.

    Args:
        button: Gets the menu.
        open_model: Called with a catalog id.
        commands: Commands to stand below them.
    """
    families: dict[str, list[tuple[str, str]]] = {}
    for entry in catalog().values():
        menu = BLOCKS if entry.exhibit else entry.family
        families.setdefault(menu, []).append((entry.id, f"{entry.name} ({entry.year})"))
    for family, entries in families.items():
        _fill(button.menu_of_choices.addMenu(family), entries, open_model)
    button.menu_of_choices.addSeparator()
    button.menu_of_choices.addActions(list(commands))


def fill_pictures(
    button: Chooser, run: Callable[[Path], object], commands: Sequence[QAction]
) -> None:
    """Every sample, digits and photos apart.

    Args:
        button: Gets the menu.
        run: Called with the file of a picture.
        commands: Commands to stand below them.
    """
    sorts: tuple[tuple[Sort, str], ...] = (("digit", "Digits"), ("photo", "Photos"))
    for sort, name in sorts:
        entries = [(str(path), title(path)) for path in samples(sort)]
        _fill(button.menu_of_choices.addMenu(name), entries, lambda path: run(Path(path)))
    button.menu_of_choices.addSeparator()
    for command in commands:
        button.menu_of_choices.addAction(command)


def show_weights(
    button: Chooser,
    info: WeightsInfo | None,
    opened: OpenedModel | None,
    choose: Callable[[str], object],
    ask: QAction,
) -> None:
    """Say honestly which weights these are, and offer the others.

    Args:
        button: Gets text and menu.
        info: The weights in use; None before any are.
        opened: The open model.
        choose: Called with a kind of weights.
        ask: The command that asks for a file.
    """
    button.show_choice(f"Weights: {info.label}" if info is not None else "Weights")
    button.setEnabled(opened is not None)
    menu = button.menu_of_choices
    menu.clear()
    if opened is not None:
        _fill(menu, [(kind, _WEIGHTS[kind]) for kind in opened.weights_available], choose)
        menu.addSeparator()
    menu.addAction(ask)


def _fill(menu: QMenu, entries: Sequence[tuple[str, str]], chosen: Callable[[str], object]) -> None:
    """Add (value, text) entries."""
    for value, text in entries:
        menu.addAction(text).triggered.connect(lambda _=False, v=value: chosen(v))
