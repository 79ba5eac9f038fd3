"""How each network was left: which of its groups are open, and which way it runs."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ui.settings import GRAPHS, Settings

_MOST = 40
"""So many networks are remembered; the one that was left longest ago is forgotten first."""


@dataclass(frozen=True, slots=True)
class Remembered:
    """How a network was left.

    Attributes:
        opened: Keys of its open parts.
        sideways: It runs from left to right.
    """

    opened: frozenset[str]
    sideways: bool = False


class GraphMemory:
    """Reads and writes the settings.

    Args:
        settings: Where it is kept.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def get(self, model: str) -> Remembered | None:
        """How a network was left; None when it never was."""
        entry = self._all().get(model)
        if not isinstance(entry, dict) or not isinstance(entry.get("opened"), list):
            return None
        return Remembered(frozenset(map(str, entry["opened"])), entry.get("sideways") is True)

    def set(self, model: str, left: Remembered) -> None:
        """Remember how a network is left."""
        known = {key: value for key, value in self._all().items() if key != model}
        known[model] = {"opened": sorted(left.opened), "sideways": left.sideways}
        newest = dict(list(known.items())[-_MOST:])
        self._settings.set(GRAPHS, json.dumps(newest))

    def _all(self) -> Mapping[str, Any]:
        try:
            known = json.loads(self._settings.get(GRAPHS))
        except ValueError:
            return {}
        return known if isinstance(known, dict) else {}
