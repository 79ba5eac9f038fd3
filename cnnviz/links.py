"""Links to one position: "resnet50/conv3_block2_out/17,12,9" is row 17, column 12, channel 9."""

from __future__ import annotations

import re
from dataclasses import dataclass

from cnnviz.errors import UserError

_LINK = re.compile(
    r"(?P<model>.+?\.(?:keras|h5|hdf5)|[^/]+)/(?P<node>.+)/(?P<place>\d{1,7}(?:,\d{1,7})*)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Link:
    """A position of a model.

    Attributes:
        model: Catalog id, or path of a model file.
        node: Name of a node; it may hold slashes.
        position: Row, column and channel; of a vector the unit alone.
    """

    model: str
    node: str
    position: tuple[int, ...]

    def __str__(self) -> str:
        """The text that `parse_link` reads."""
        return f"{self.model}/{self.node}/{','.join(map(str, self.position))}"

    @property
    def channel(self) -> int:
        """Channel, or unit of a vector."""
        return self.position[-1]

    @property
    def row(self) -> int | None:
        """Row; None of a vector."""
        return self.position[0] if len(self.position) == 3 else None

    @property
    def column(self) -> int | None:
        """Column; None of a vector."""
        return self.position[1] if len(self.position) == 3 else None


def is_link(text: str) -> bool:
    """Whether a text has the form of a link."""
    found = _LINK.fullmatch(text.strip())
    return found is not None and found["place"].count(",") in (0, 2)


def parse_link(text: str) -> Link:
    """Read a link.

    Raises:
        UserError: It is none.
    """
    found = _LINK.fullmatch(text.strip())
    if found is None or not is_link(text):
        raise UserError(
            f"{text.strip()!r} is no link: it looks like resnet50/conv3_block2_out/17,12,9 (model, "
            "layer, then row, column and channel)."
        )
    return Link(found["model"], found["node"], tuple(map(int, found["place"].split(","))))
