"""How each network was left: which of its groups are open; and whether boxes show pictures."""

from __future__ import annotations

import json
from collections.abc import Collection
from typing import Any

from ui.settings import GRAPHS, PICTURES, Settings

_MOST = 40
"""So many networks are remembered; the one that was left longest ago is forgotten first."""


class GraphMemory:
    """Reads and writes the settings.

    Args:
        settings: Where it is kept.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def get(self, model: str) -> frozenset[str] | None:
        """Keys of the parts that were open; None for a network that was never seen."""
        keys = self._all().get(model)
        return frozenset(map(str, keys)) if isinstance(keys, list) else None

    def set(self, model: str, opened: Collection[str]) -> None:
        """Remember how a network is left."""
        known = {key: value for key, value in self._all().items() if key != model}
        known[model] = sorted(opened)
        self._settings.set(GRAPHS, json.dumps(dict(list(known.items())[-_MOST:])))

    @property
    def pictures(self) -> bool:
        """Whether boxes have room for feature maps."""
        return self._settings.get(PICTURES) == "on"

    @pictures.setter
    def pictures(self, shown: bool) -> None:
        self._settings.set(PICTURES, "on" if shown else "off")

    def _all(self) -> dict[str, Any]:
        try:
            known = json.loads(self._settings.get(GRAPHS))
        except ValueError:
            return {}
        return known if isinstance(known, dict) else {}
