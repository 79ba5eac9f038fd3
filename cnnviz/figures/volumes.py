"""The classic figure of a network: its tensors as solids in a row, with the kernels' windows.

Height and depth of a box are the tensor's rows and columns, its width are the channels; a vector is
a bar. The style finds how much of the network the page has room for, and says what it did.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

from cnnviz.errors import UserError
from cnnviz.figures import words
from cnnviz.figures.drawing import Drawing, Sheet, Subject
from cnnviz.figures.scene import Colour, Mark, Picture, Point, Shape, Text
from cnnviz.figures.solids import faces, outline, window_marks
from cnnviz.figures.style import SMALLEST_TEXT, SolidName, mix
from cnnviz.figures.tensors import Volume, folded, volumes_at
from cnnviz.figures.volume_rows import LINE, Card, Layout, Line, Placed, lay_out
from cnnviz.kinds import Kind
from cnnviz.outline import Level, Part

MANY = 40
"""A reader takes in no more volumes, unless more are asked for."""
_COMFORTABLE, _LEAST = 7.0, 3.2
"""Height of the highest box, in sizes of a letter: where it reads well, and at least."""
_WIDEST = 13.0
"""Labels wider than so many letter sizes are broken in two, where they can be."""
# Of planes the window that is read and the cell that was made are on the same side.
_SPOTS: Mapping[SolidName, Sequence[tuple[float, float]]] = MappingProxyType(
    {"boxes": ((0.5, 0.25),), "planes": ((0.25, 0.65), (0.75, 0.65))}
)


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
        cards = [_card(volume, shown[:i], subject, sheet, size) for i, volume in enumerate(shown)]
        page = lay_out(cards, sheet, size, least)
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
    finest = min(Level.UNIT if asked is None else asked, Level.UNIT)
    steps: list[_Step] = []
    for level in (Level(value) for value in range(finest, Level.NETWORK, -1)):
        shown = volumes_at(outline, costs, level, _SPOTS[sheet.options.solids])
        if shown is None:
            if asked is not None:
                notes.append("Its blocks have branches inside, so each is one volume.")
            continue
        what = {Level.UNIT: "layers", Level.BLOCK: "blocks"}.get(level, "stages")
        said = f"Its {len(steps[0][1])} volumes are folded to {what}." if steps else ""
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
) -> Card:
    options, palette = sheet.options, sheet.palette
    small = max(SMALLEST_TEXT, size * 0.88)
    key = volume.part.key
    title = volume.label
    if volume.times > 1 and not volume.made.startswith(f"{volume.times} "):
        title += f" {words.times(volume.times)}"
    title = options.words(key, title)
    lines = [
        Line(text, size, palette.text, bold=True, name=key)
        for text in _broken(title, _WIDEST * size, sheet, size)
    ]
    told = [("made", volume.made)] if volume.made not in ("", volume.label) else []
    if options.shapes:
        told.append(("shape", words.shape(volume.shape)))
    told += [
        (f"number{i}", text)
        for i, text in enumerate(
            words.numbers(
                _whole(volume),
                subject.costs,
                subject.fields,
                params=options.params,
                macs=options.macs,
                seen=options.fields,
            )
        )
    ]
    others = [before[i].label for i in volume.sources if i != len(before) - 1]
    if others:
        word = "and" if len(others) < len(volume.sources) else "from"
        told.append(("sources", f"{word} {', '.join(others)}"))
    for name, text in told:
        colour = palette.text if name == "shape" else palette.muted
        lines += [
            Line(part, small, colour, name=f"{key}#{name}")
            for part in _broken(options.words(f"{key}#{name}", text), _WIDEST * size, sheet, small)
        ]
    wide = max(sheet.ruler(line.words, line.size, line.bold) for line in lines)
    picture = 4.5 * size if options.thumbnails and volume.tensor in subject.thumbnails else 0.0
    return Card(volume, tuple(lines), max(wide, picture), picture)


def _whole(volume: Volume) -> Part:
    """All that a volume stands for as one part, which ends with the tensor that is drawn."""
    others = tuple(name for name in volume.nodes if name != volume.tensor)
    return replace(volume.part, nodes=(*others, volume.tensor))


def _broken(text: str, room: float, sheet: Sheet, size: float) -> list[str]:
    """A text in one line, or in two where it is too wide and has a place to break."""
    if sheet.ruler(text, size, True) <= room:
        return [text]
    places = [i + 1 for i, letter in enumerate(text[:-1]) if letter in " _/-–,·"]
    if not places:
        return [text]
    middle = min(places, key=lambda i: max(i, len(text) - i))
    return [text[:middle].rstrip(), text[middle:]]


# --- marks


def _draw(
    subject: Subject, sheet: Sheet, page: Layout, size: float, notes: list[str], strain: int
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
    for (j, i), height in page.arcs.items():
        marks.append(_arc(page.placed[j], page.placed[i], height, palette.edge))
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


def _label(placed: Placed, subject: Subject) -> list[Mark]:
    marks: list[Mark] = []
    key, top, middle = placed.volume.part.key, placed.label, placed.middle
    if placed.card.picture:
        pixels = subject.thumbnails[placed.volume.tensor]
        side = placed.card.picture
        share = side / max(pixels.shape[:2])
        wide, high = pixels.shape[1] * share, pixels.shape[0] * share
        marks.append(Picture((middle - wide / 2, top), (wide, high), pixels, key))
        top += side + placed.card.below
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
        top += line.size * LINE
    return marks


def _joined(page: Layout, source: Placed, target: Placed, sheet: Sheet) -> list[Mark]:
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


def _is_fan(source: Placed, target: Placed, sheet: Sheet) -> bool:
    """Whether every cell of a vector reads all of the tensor beside it."""
    volume = target.volume
    return (
        sheet.options.kernels
        and source.row == target.row
        and volume.flat
        and volume.kind is Kind.DENSE
        and len(volume.part.nodes) <= 2
    )


def _fan(source: Placed, target: Placed, colour: Colour, key: str) -> list[Mark]:
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


def _arc(source: Placed, target: Placed, height: float, colour: Colour) -> Shape:
    """Over the volumes in between."""
    start, end = source.solids[0].at(0.75, 0, 0.5), target.solids[0].at(0.25, 0, 0.5)
    points = (start, (start[0], height), (end[0], height), (end[0], end[1] - 1))
    part = target.volume.part.key
    return Shape(points, None, colour, 0.75, closed=False, radius=4, arrow=True, part=part)


def _turn(page: Layout, source: Placed, target: Placed, colour: Colour, key: str) -> Shape:
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
