"""Which parts of a network are open, and the scene that this makes."""

from __future__ import annotations

from collections.abc import Collection

from cnnviz.costs import GraphCosts
from cnnviz.graph import LayerGraph
from cnnviz.grouping import Grouping
from cnnviz.layout import Direction
from cnnviz.outline import Level, Outline, Part
from ui.graph.scene import Boxes, Scene


class Unfolding:
    """One network, with some of its parts open.

    Args:
        graph: The network.
        costs: Its costs, or None where they cannot be known.
        opened: Keys of the parts that are open; what suits the network's size when None.
        direction: Where its edges point.
        grouping: Its groups, found anew when None.
        pictures: Leave room for feature maps.

    Attributes:
        boxes: Makes the scenes.
        opened: Keys of the open parts.
        direction: Where its edges point.
        pictures: Whether there is room for feature maps.
        scene: What is to be seen.
    """

    def __init__(
        self,
        graph: LayerGraph,
        costs: GraphCosts | None,
        opened: Collection[str] | None,
        direction: Direction,
        *,
        grouping: Grouping | None = None,
        pictures: bool = False,
    ) -> None:
        self.boxes = Boxes(graph, costs, grouping)
        self.direction: Direction = direction
        outline = self.outline
        if opened is None:
            self.opened = outline.open_at(outline.default_level())
        else:
            self.opened = frozenset(key for key in opened if key in outline.by_key)
        self.pictures = pictures
        self.scene: Scene = self.boxes.scene(self.opened, direction, pictures=pictures)

    @property
    def outline(self) -> Outline:
        """The parts of the network."""
        return self.boxes.outline

    @property
    def level(self) -> Level | None:
        """The detail that is shown; None where single parts differ from it."""
        return self.outline.level_of(self.opened)

    def shows(self, level: Level) -> bool:
        """Whether exactly what is above a level is open."""
        return self.opened == self.outline.open_at(level)

    def show(self, opened: frozenset[str], direction: Direction | None = None) -> None:
        """Show other parts, or the same in another direction."""
        self.opened = opened
        self.direction = direction or self.direction
        self.scene = self.boxes.scene(opened, self.direction, pictures=self.pictures)

    def without(self, key: str) -> frozenset[str]:
        """What is open once a part is closed, with all that is within."""
        return self.opened - {part.key for part in self.outline.by_key[key].walk()}

    def revealing(self, name: str) -> frozenset[str]:
        """What is open once an operation can be seen."""
        operation = self.outline.by_key[f"operation/{name}"]
        return self.opened | {part.key for part in self.outline.around(operation)}

    def anchor(self, box: int | None, at: tuple[float, float]) -> Part:
        """What stays in place while others open: a box, or the one nearest to a point."""
        if box is None:
            rects = self.scene.layout.rects
            away = abs(rects[:, 0] + rects[:, 2] / 2 - at[0])
            away = away + abs(rects[:, 1] + rects[:, 3] / 2 - at[1])
            box = int(away.argmin())
        return self.scene.view.parts[box]
