"""The classic figure of a network: its tensors as solids in a row, with the kernels' windows.

Height and depth of a box are the tensor's rows and columns, its width are the channels; a vector is
a bar. The style finds how much of the network the page has room for, and says what it did.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from cnnviz.errors import UserError
from cnnviz.figures import words
from cnnviz.figures.drawing import Drawing, Sheet, Subject
from cnnviz.figures.scene import Colour, Mark, Picture, Point, Shape, Text
from cnnviz.figures.solids import Measure, Solid, faces, outline, window_marks
from cnnviz.figures.style import SMALLEST_TEXT, SolidName, mix
from cnnviz.figures.tensors import Volume, folded, volumes_at
from cnnviz.kinds import Kind
from cnnviz.outline import Level

MANY = 40
"""A reader takes in no more volumes, unless more are asked for."""
_LARGEST, _COMFORTABLE, _LEAST = 22.0, 7.0, 3.2
"""Height of the highest box, in sizes of a letter: at most, where it reads well, and at least."""
_EASE = 9.0
"""The same below which another row is begun, if there is room for one."""
_LINE = 1.22
_WIDEST = 13.0
"""Labels wider than so many letter sizes are broken in two, where they can be."""
# Of planes the window that is read and the cell that was made are on the same side.
_SPOTS: Mapping[SolidName, Sequence[tuple[float, float]]] = MappingProxyType(
    {"boxes": ((0.5, 0.25),), "planes": ((0.25, 0.65), (0.75, 0.65))}
)


@dataclass(frozen=True, slots=True)
class _Line:
    """A line of a label."""

    words: str
    size: float
    colour: Colour
    bold: bool = False
    name: str | None = None


@dataclass(frozen=True, eq=False)
class _Card:
    """A volume with its label.

    Attributes:
        volume: The tensor.
        lines: Of the label.
        wide: The widest of them, in points.
        picture: Edge of its thumbnail, in points; 0 for none.
    """

    volume: Volume
    lines: tuple[_Line, ...]
    wide: float
    picture: float = 0.0


@dataclass(frozen=True, eq=False)
class _Placed:
    """A volume on the page.

    Attributes:
        card: What it says.
        solids: Its towers.
        middle: Of its label, in points from the left.
        row: In which row it is.
        axis: Height at which the row's tensors follow each other.
        label: Top of its label.
    """

    card: _Card
    solids: tuple[Solid, ...]
    middle: float
    row: int
    axis: float
    label: float

    @property
    def volume(self) -> Volume:
        """The tensor."""
        return self.card.volume

    @property
    def left(self) -> float:
        """Where it begins."""
        return min(solid.area[0] for solid in self.solids)

    @property
    def right(self) -> float:
        """Where it ends."""
        return max(solid.area[2] for solid in self.solids)


@dataclass(frozen=True, eq=False)
class _Page:
    """Volumes on a page, and how much of it they take."""

    placed: tuple[_Placed, ...]
    width: float
    height: float
    gutters: tuple[float, ...]
    """Height of the line that leads from each row to the next."""

    @property
    def rows(self) -> int:
        """How many there are."""
        return self.placed[-1].row + 1


def draw_volumes(subject: Subject, sheet: Sheet) -> Drawing:
    """Draw a network as volumes.

    Args:
        subject: The network.
        sheet: The room for it.

    Raises:
        UserError: Not even its stages have room.
    """
    notes: list[str] = []
    for strain, (size, least, (said, shown)) in enumerate(_attempts(subject, sheet, notes)):
        page = _page(subject, sheet, shown, size, least)
        if page is not None:
            if said:
                notes.append(said)
            # A row more is a little worse, another detail is much worse.
            return _draw(subject, sheet, page, size, notes, 10 * strain + page.rows)
    raise UserError(
        f"The page has no room for the volumes of {subject.title}: choose a larger one, or another "
        "style."
    )


_Step = tuple[str, tuple[Volume, ...]]
"""What is to be said when these volumes are drawn, and the volumes."""


def _attempts(
    subject: Subject, sheet: Sheet, notes: list[str]
) -> Iterator[tuple[float, float, _Step]]:
    """What to try: a letter size, the least height of the highest box, and some volumes."""
    options = sheet.options
    steps = _steps(subject, sheet, notes)
    small = SMALLEST_TEXT
    if options.level is None:
        few = [step for step in steps if len(step[1]) <= MANY] or steps[-1:]
        for size, least in ((sheet.size, _COMFORTABLE), (sheet.size, _LEAST), (small, _LEAST)):
            yield from ((size, least * size, step) for step in few)
    else:
        for step in steps:
            for size, least in ((sheet.size, _COMFORTABLE), (small, _LEAST)):
                yield size, least * size, step


def _steps(subject: Subject, sheet: Sheet, notes: list[str]) -> list[_Step]:
    """The network in more and more detail, finest first, from what is asked for."""
    graph, outline, costs = subject.graph, subject.outline, subject.costs
    asked = sheet.options.level
    spots = _SPOTS[sheet.options.solids]
    finest = min(Level.UNIT if asked is None else asked, Level.UNIT)
    whole = volumes_at(outline, costs, finest, spots)
    if whole is None:
        finest = Level.BLOCK
        if asked is not None:
            notes.append("Its blocks have branches inside, so each is one volume.")
    steps: list[_Step] = []
    for level in range(finest, Level.NETWORK, -1):
        shown = volumes_at(outline, costs, Level(level), spots)
        if shown is None:
            continue
        what = {Level.UNIT: "layers", Level.BLOCK: "blocks"}.get(Level(level), "stages")
        said = "" if not steps else f"Its {len(steps[0][1])} volumes are folded to {what}."
        _add(steps, said, shown)
        if level > Level.STAGE:
            similar = folded(graph, shown, alike=level == Level.BLOCK)
            _add(steps, f"Of {len(shown)} {what}, those alike share a volume.", similar)
    return steps


def _add(steps: list[_Step], said: str, shown: tuple[Volume, ...]) -> None:
    if shown and (not steps or len(shown) < len(steps[-1][1])):
        steps.append((said, shown))


# --- labels


def _card(
    volume: Volume,
    before: Sequence[Volume],
    subject: Subject,
    sheet: Sheet,
    size: float,
) -> _Card:
    options, palette = sheet.options, sheet.palette
    small = max(SMALLEST_TEXT, size * 0.88)
    key = volume.part.key
    title = volume.label
    if volume.times > 1 and not volume.made.startswith(f"{volume.times} "):
        title += f" {words.times(volume.times)}"
    title = options.words(key, title)
    lines = [
        _Line(text, size, palette.text, bold=True, name=key)
        for text in _broken(title, _WIDEST * size, sheet, size)
    ]
    told = [("made", volume.made)] if volume.made not in ("", volume.label) else []
    if options.shapes:
        told.append(("shape", words.shape(volume.shape)))
    told += [
        (f"number{i}", text)
        for i, text in enumerate(
            words.numbers(
                volume.part,
                subject.costs,
                subject.fields,
                params=options.params,
                macs=options.macs,
                seen=options.fields,
            )
        )
    ]
    if before and volume.sources != (len(before) - 1,):
        told.append(("sources", "from " + ", ".join(before[i].label for i in volume.sources)))
    for name, text in told:
        colour = palette.text if name == "shape" else palette.muted
        lines += [
            _Line(part, small, colour, name=f"{key}#{name}")
            for part in _broken(options.words(f"{key}#{name}", text), _WIDEST * size, sheet, small)
        ]
    wide = max(sheet.ruler(line.words, line.size, line.bold) for line in lines)
    picture = 4.5 * size if options.thumbnails and _thumbnail(volume, subject) else 0.0
    return _Card(volume, tuple(lines), max(wide, picture), picture)


def _thumbnail(volume: Volume, subject: Subject) -> str | None:
    """The operation whose feature map shows a volume."""
    last = [name for name in volume.part.nodes if name in subject.thumbnails]
    return last[-1] if last else None


def _broken(text: str, room: float, sheet: Sheet, size: float) -> list[str]:
    """A text in one line, or in two where it is too wide and has a place to break."""
    if sheet.ruler(text, size, True) <= room:
        return [text]
    places = [i + 1 for i, letter in enumerate(text[:-1]) if letter in " _/-–,·"]
    if not places:
        return [text]
    middle = min(places, key=lambda i: max(i, len(text) - i))
    return [text[:middle].rstrip(), text[middle:]]


# --- places


def _page(
    subject: Subject, sheet: Sheet, shown: Sequence[Volume], size: float, least: float
) -> _Page | None:
    """Volumes on the page: in as few rows as they are at ease in, and as large as there is room."""
    cards = [_card(volume, shown[:i], subject, sheet, size) for i, volume in enumerate(shown)]
    page, height = _largest(cards, sheet, size, least, len(cards))
    if page is None:
        return None
    ease = min(height, max(least, _EASE * size))
    for rows in range(1, page.rows):
        if _arranged(cards, sheet, size, ease, rows) is not None:
            return _largest(cards, sheet, size, ease, rows)[0]
    return page


def _largest(
    cards: Sequence[_Card], sheet: Sheet, size: float, least: float, rows: int
) -> tuple[_Page | None, float]:
    """The page in at most so many rows with the highest box as high as can be, and that height."""
    low, high = least, max(least, min(_LARGEST * size, sheet.height))
    best = _arranged(cards, sheet, size, low, rows)
    if best is None:
        return None, 0.0
    whole = _arranged(cards, sheet, size, high, rows)
    if whole is not None:
        return whole, high
    for _ in range(12):
        middle = (low + high) / 2
        found = _arranged(cards, sheet, size, middle, rows)
        if found is None:
            high = middle
        else:
            low, best = middle, found
    return best, low


def _measure(cards: Sequence[_Card], sheet: Sheet, height: float) -> Measure:
    sizes = [card.volume.size for card in cards if not card.volume.flat]
    vectors = [card.volume.size[2] for card in cards if card.volume.flat]
    return Measure(
        height=height,
        rows=max((max(rows, columns) for rows, columns, _ in sizes), default=1),
        channels=max(
            (c.volume.size[2] // c.volume.towers for c in cards if not c.volume.flat), default=1
        ),
        cells=max(vectors, default=1),
        scale=sheet.options.scale,
        form=sheet.options.solids,
    )


def _arranged(
    cards: Sequence[_Card], sheet: Sheet, size: float, height: float, most: int
) -> _Page | None:
    """Everything in at most so many rows; None where there is no room."""
    measure = _measure(cards, sheet, height)
    solids = [measure.solids(card.volume) for card in cards]
    extents = [_area(towers) for towers in solids]
    slots = [max(area[2] - area[0], card.wide) for area, card in zip(extents, cards, strict=True)]
    gap = 0.9 * size + (0.16 if sheet.options.kernels else 0.06) * height
    rows = _rows(slots, gap, sheet.width, size)
    if rows is None or len(rows) > most:
        return None
    margin = 1.5 * size if len(rows) > 1 else 0.0
    placed: list[_Placed] = []
    gutters: list[float] = []
    top = width = 0.0
    for number, row in enumerate(rows):
        half = max((extents[i][3] - extents[i][1]) / 2 for i in row)
        axis, label = top + half, top + 2 * half + 0.5 * size
        across = margin
        for i in row:
            own = extents[i][2] - extents[i][0]
            right = across + (slots[i] - own) / 2
            towers = tuple(solid.moved(right, axis) for solid in solids[i])
            middle = across + slots[i] / 2
            placed.append(_Placed(cards[i], towers, middle, number, axis, label))
            across += slots[i] + gap
        width = max(width, across - gap + margin)
        top = label + max(_label_height(cards[i]) for i in row)
        if number < len(rows) - 1:
            gutters.append(top + 0.9 * size)
            top += 2.2 * size
    if top > sheet.height + 1e-6 or width > sheet.width + 1e-6:
        return None
    return _Page(tuple(placed), width, top, tuple(gutters))


def _area(solids: Sequence[Solid]) -> tuple[float, float, float, float]:
    areas = [solid.area for solid in solids]
    return (
        min(area[0] for area in areas),
        min(area[1] for area in areas),
        max(area[2] for area in areas),
        max(area[3] for area in areas),
    )


def _label_height(card: _Card) -> float:
    return sum(line.size * _LINE for line in card.lines) + (
        card.picture + 0.4 * card.lines[0].size if card.picture else 0.0
    )


def _rows(slots: Sequence[float], gap: float, room: float, size: float) -> list[list[int]] | None:
    """Which slots are in which row: as few rows as can be, and these about equally long."""

    def greedy(limit: float) -> list[list[int]]:
        rows: list[list[int]] = []
        used = limit + 1
        for i, slot in enumerate(slots):
            if used + gap + slot > limit:
                rows.append([])
                used = -gap
            rows[-1].append(i)
            used += gap + slot
        return rows

    if sum(slots) + gap * (len(slots) - 1) <= room:
        return [list(range(len(slots)))]
    room -= 3.0 * size
    if max(slots) > room:
        return None
    rows = greedy(room)
    low, high = max(slots), room
    for _ in range(10):
        middle = (low + high) / 2
        if len(greedy(middle)) > len(rows):
            low = middle
        else:
            high = middle
    return greedy(high)


# --- marks


def _draw(
    subject: Subject, sheet: Sheet, page: _Page, size: float, notes: list[str], strain: int
) -> Drawing:
    options, palette = sheet.options, sheet.palette
    marks: list[Mark] = []
    pairs = [
        (page.placed[j], placed)
        for i, placed in enumerate(page.placed)
        for j in placed.volume.sources
        if j == i - 1
    ]
    for source, target in pairs:
        if _is_fan(source, target, sheet):
            fill = palette.kinds[target.volume.kind].fill
            marks += _fan(source, target, fill, target.volume.part.key)
    for placed in page.placed:
        colours = palette.kinds[placed.volume.kind]
        for solid in placed.solids:
            marks += faces(solid, colours, palette, placed.volume.part.key)
    for source, target in pairs:
        marks += _joined(page, source, target, sheet)
    for placed in page.placed:
        around = {placed.volume.part.key}
        around |= {part.key for part in subject.outline.around(placed.volume.part)}
        if around & options.highlighted:
            for solid in placed.solids:
                marks += outline(solid, palette.accent, 1.5, placed.volume.part.key)
    for placed in page.placed:
        marks += _label(placed, subject)
    if page.rows > 1:
        notes.append(f"In {page.rows} rows: one has no room for it.")
    if size < sheet.size:
        notes.append(f"Letters are {size:.1f} pt, not {sheet.size:g}, so that it fits the page.")
    return Drawing(
        marks=tuple(marks),
        width=page.width,
        height=page.height,
        kinds=frozenset(placed.volume.kind for placed in page.placed),
        notes=tuple(notes),
        caption=_caption(sheet),
        strain=strain,
    )


def _caption(sheet: Sheet) -> str:
    log = "the logarithms of " if sheet.options.scale == "log" else ""
    if sheet.options.solids == "planes":
        return f"Height and width of a plane are {log}its rows and columns."
    return f"Height, depth and width of a box are {log}its rows, columns and channels."


def _label(placed: _Placed, subject: Subject) -> list[Mark]:
    marks: list[Mark] = []
    key, top, middle = placed.volume.part.key, placed.label, placed.middle
    name = _thumbnail(placed.volume, subject)
    if placed.card.picture and name is not None:
        pixels = subject.thumbnails[name]
        side = placed.card.picture
        share = side / max(pixels.shape[:2])
        wide, high = pixels.shape[1] * share, pixels.shape[0] * share
        marks.append(Picture((middle - wide / 2, top), (wide, high), pixels, key))
        top += side + 0.4 * placed.card.lines[0].size
    for line in placed.card.lines:
        baseline = top + line.size * 0.95
        marks.append(
            Text(
                (middle, baseline),
                line.words,
                line.size,
                line.colour,
                "middle",
                bold=line.bold,
                part=key,
                label=line.name,
            )
        )
        top += line.size * _LINE
    return marks


def _joined(page: _Page, source: _Placed, target: _Placed, sheet: Sheet) -> list[Mark]:
    """What leads from one volume to the next."""
    volume, palette = target.volume, sheet.palette
    colours, key = palette.kinds[volume.kind], volume.part.key
    ink = mix(colours.fill, palette.text, 0.3)
    marks: list[Mark] = []
    same_row = source.row == target.row
    if sheet.options.kernels and volume.window is not None:
        sizes = (source.volume.size[:2], volume.size[:2])
        pairs = list(itertools.product(source.solids, target.solids))
        if volume.split and len(source.solids) == len(target.solids):
            pairs = list(zip(source.solids, target.solids, strict=True))
        for before, after in pairs:
            marks += window_marks(
                before, after, sizes, volume.window, colours, ink, key, lines=same_row
            )
    elif same_row and not _is_fan(source, target, sheet):
        ends = ((source.right + 2, source.axis), (target.left - 2, target.axis))
        marks.append(Shape(ends, None, palette.edge, 0.75, closed=False, arrow=True, part=key))
    if not same_row:
        marks.append(_turn(page, source, target, palette.edge, key))
    return marks


def _is_fan(source: _Placed, target: _Placed, sheet: Sheet) -> bool:
    """Whether every cell of a vector reads all of the tensor beside it."""
    volume = target.volume
    return (
        sheet.options.kernels
        and source.row == target.row
        and volume.flat
        and volume.kind is Kind.DENSE
        and len(volume.part.nodes) <= 2
    )


def _fan(source: _Placed, target: _Placed, colour: Colour, key: str) -> list[Mark]:
    """From all of one tensor to all of a vector."""
    first, last = source.solids[0], source.solids[-1]
    bar = target.solids[0]
    front = float(bool(last.planes))  # of a plane both ends are at its right
    ends = (
        (first.at(1, 0, 0.0 if source.volume.flat else 1.0), bar.at(0, 0, 0)),
        (last.at(1, 1, front), bar.at(0, 1, 0)),
    )
    ground = Shape((*ends[0], *ends[1][::-1]), colour, opacity=0.07, part=key)
    return [ground, *(Shape(end, None, colour, 0.45, closed=False, part=key) for end in ends)]


def _turn(page: _Page, source: _Placed, target: _Placed, colour: Colour, key: str) -> Shape:
    """From the end of a row to the beginning of the next."""
    gutter = page.gutters[source.row]
    points: tuple[Point, ...] = (
        (source.right + 2, source.axis),
        (page.width - 2, source.axis),
        (page.width - 2, gutter),
        (2.0, gutter),
        (2.0, target.axis),
        (target.left - 2, target.axis),
    )
    return Shape(points, None, colour, 0.75, closed=False, radius=4, arrow=True, part=key)
