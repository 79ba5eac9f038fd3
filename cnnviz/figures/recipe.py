"""Recipes: the settings of a figure as a small JSON, to draw it again or to draw another alike."""

from __future__ import annotations

import json
import typing
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

from cnnviz.errors import UserError
from cnnviz.figures.style import FigureOptions

_MOST_BYTES = 1 << 20


def as_recipe(options: FigureOptions) -> str:
    """What differs from the usual, as JSON."""
    usual = FigureOptions()
    values = {}
    for field in fields(FigureOptions):
        value = getattr(options, field.name)
        if value == getattr(usual, field.name):
            continue
        if isinstance(value, frozenset):
            value = sorted(value)
        values[field.name] = dict(sorted(value.items())) if isinstance(value, Mapping) else value
    return json.dumps(values, indent=1, ensure_ascii=False) + "\n"


def read_recipe(path: Path) -> FigureOptions:
    """The settings that a file holds.

    Raises:
        UserError: It cannot be read, or has a field that is unknown or wrong, which is named.
    """
    try:
        with path.open("rb") as file:
            data = file.read(_MOST_BYTES + 1)
    except OSError as error:
        reason = error.strerror or str(error)
        raise UserError(f"The recipe {path} cannot be read ({reason}).") from error
    if len(data) > _MOST_BYTES:
        raise UserError(f"{path.name} is no recipe: it has more than a megabyte.")
    try:
        values = json.loads(data.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise UserError(f"{path.name} is no recipe: it is not JSON ({error}).") from error
    try:
        return options_of(values)
    except UserError as error:
        raise UserError(f"The recipe {path.name} is wrong. {error}") from error


def options_of(values: Any) -> FigureOptions:
    """Settings from JSON values.

    Raises:
        UserError: A field is unknown or wrong; the sentence names it.
    """
    if not isinstance(values, dict):
        raise UserError('A recipe is one JSON object, such as {"style": "compact"}.')
    kinds = typing.get_type_hints(FigureOptions)
    made: dict[str, Any] = {}
    for name, value in values.items():
        if name not in kinds:
            raise UserError(f"There is no field {name!r}: choose from {', '.join(kinds)}.")
        wanted = _WANTED.get(kinds[name], "text")
        if not _FITS[wanted](value):
            shown = json.dumps(value, ensure_ascii=False)
            shown = shown if len(shown) < 60 else f"{shown[:57]}..."
            raise UserError(f"The field {name!r} takes {wanted}, not {shown}.")
        made[name] = frozenset(value) if isinstance(value, list) else value
    return FigureOptions(**made)


_WANTED: Mapping[Any, str] = {
    bool: "true or false",
    float | None: "a number or null",
    str | None: "text or null",
    frozenset[str]: "a list of texts",
    Mapping[str, str]: "an object of texts",
}


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


_FITS: Mapping[str, typing.Callable[[Any], bool]] = {
    "true or false": lambda value: isinstance(value, bool),
    "a number or null": lambda value: value is None or _is_number(value),
    "text": lambda value: isinstance(value, str),
    "text or null": lambda value: value is None or isinstance(value, str),
    "a list of texts": lambda value: (
        isinstance(value, list) and all(isinstance(each, str) for each in value)
    ),
    "an object of texts": lambda value: (
        isinstance(value, dict) and all(isinstance(each, str) for each in value.values())
    ),
}
