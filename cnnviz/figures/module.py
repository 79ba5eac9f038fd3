"""One block of a network, large, as the papers draw their modules."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

from cnnviz.costs import Cost, GraphCosts
from cnnviz.figures import words
from cnnviz.figures.compact import draw_list
from cnnviz.figures.drawing import Drawing, Sheet, Subject
from cnnviz.figures.graph_style import most_boxes, sizes_from, smaller_note
from cnnviz.figures.nested import AIRY, TIGHT, TIGHTEST, drawing_of, planned
from cnnviz.graph import LayerGraph, Node, Source
from cnnviz.outline import Level, Outline, Part

_PLAIN = frozenset({"chain", "stem", "head", "stage", "auxiliary", "operation", "unit"})
"""Roles of parts in which nothing runs side by side."""


def draw_module(subject: Subject, sheet: Sheet) -> Drawing:
    """Draw one block: the chosen one, or the one that is most telling of the network."""
    options = sheet.options
    block = (
        subject.outline.by_key[options.block] if options.block else telling_block(subject.outline)
    )
    alone = _alone(subject, block)
    outline = alone.outline
    sheet = _with_previous(sheet, outline)
    wanted = Level.OPERATION if options.detail == "operation" else Level.UNIT
    for level in dict.fromkeys((wanted, Level.UNIT)):
        view = outline.view(outline.open_at(level))
        if len(view.parts) > most_boxes(sheet):
            continue
        for share, spread, size in _ways(sheet.size):
            most = share * sheet.width
            plan = planned(alone, sheet, view, size, spread, first="what", most=most)
            drawing = drawing_of(plan, sheet, middle=True)
            if drawing is not None:
                return _told(drawing, subject, block, size, sheet)
    drawing = draw_list(alone, sheet, Level.UNIT)
    note = "What runs side by side stands in one list: there is no room beside each other."
    told = _told(drawing, subject, block, sheet.size, sheet)
    return replace(told, notes=(note, *told.notes), strain=told.strain + 10)


def _ways(size: float) -> Iterator[tuple[float, float, float]]:
    """Shares of the sheet that a line may take, spreads and sizes to try, best first."""
    yield 0.6, AIRY, size
    yield 0.3, AIRY, size
    for share, spread in ((0.6, TIGHT), (0.3, TIGHT), (0.2, TIGHTEST), (0.14, TIGHTEST)):
        for smaller in sizes_from(size):
            yield share, spread, smaller


def _told(drawing: Drawing, subject: Subject, block: Part, size: float, sheet: Sheet) -> Drawing:
    notes = [*drawing.notes]
    if size < sheet.size - 0.01:
        notes.append(smaller_note(size, sheet))
    inner = len(subject.graph.nodes) - len(subject.graph.inputs)
    if len(block.nodes) >= inner:
        return replace(drawing, notes=tuple(notes), strain=len(notes))
    costs = [subject.costs.by_name[name] for name in block.nodes]
    params = sum(cost.params for cost in costs)
    work = words.macs_of(block, subject.costs)
    told = f"Shown is {block.label}: {words.many(params, 'parameter')}"
    told += f", {work} MACs." if work else "."
    alike = alike_blocks(subject.outline, block)
    if alike > 1:
        told += f" The network has {alike} blocks of this form."
    title = f"{subject.title}: {block.label}"
    return replace(drawing, notes=tuple(notes), strain=len(notes), caption=told, title=title)


# --- which block


def telling_block(outline: Outline) -> Part:
    """The block that tells most of a network: of the form that it repeats most often."""
    blocks = [part for part in _blocks(outline.root) if part.parts] or [outline.root]
    branching = [part for part in blocks if part.role not in _PLAIN]
    bodies = [part for part in blocks if part.role not in ("head", "auxiliary")]
    chosen = branching or bodies or blocks
    forms = Counter(_form(outline.graph, part) for part in chosen)
    most = max(forms.values())
    if most == 1:
        return max(chosen, key=lambda part: len(part.nodes))
    # The first of them tells no less than the last, and is smallest.
    return next(part for part in chosen if forms[_form(outline.graph, part)] == most)


def alike_blocks(outline: Outline, block: Part) -> int:
    """How many blocks of a network have this one's form."""
    form = _form(outline.graph, block)
    return sum(_form(outline.graph, part) == form for part in _blocks(outline.root))


def _blocks(part: Part) -> Iterator[Part]:
    """Every block, and what is as large but in none."""
    if part.parts and part.role != "run" and part.level <= Level.STAGE:
        for inner in part.parts:
            yield from _blocks(inner)
    elif part.role == "run":
        yield from part.parts
    else:
        yield part


def _form(graph: LayerGraph, part: Part) -> str:
    """What a block is, whatever its sizes."""
    local = {name: i for i, name in enumerate(part.nodes)}
    told = []
    for name in part.nodes:
        node = graph.by_name[name]
        window = node.settings.get("kernel_size") or node.settings.get("pool_size")
        reads = [local.get(source, -1) for source in node.inputs]
        told.append(f"{node.type} {window} {node.settings.get('strides')} {reads}")
    return "|".join(told)


# --- a block as a network of its own


def _alone(subject: Subject, block: Part) -> Subject:
    """A block as a network, with what it reads from as its inputs."""
    graph = subject.graph
    inside = set(block.nodes)
    outer: dict[Source, Node] = {}
    nodes: list[Node] = []
    for name in block.nodes:
        node = graph.by_name[name]
        for source in node.sources:
            if source.node not in inside and source not in outer:
                outer[source] = _input(graph, source)
        sources = tuple(Source(outer[s].name) if s in outer else s for s in node.sources)
        nodes.append(replace(node, sources=sources))
    inputs = tuple(outer.values())
    small = LayerGraph(block.label, (*inputs, *nodes), (Source(block.nodes[-1]),))
    parts = tuple(
        Part(f"input/{node.name}", node.name, "operation", Level.OPERATION, (node.name,))
        for node in inputs
    )
    names = tuple(node.name for node in small.nodes)
    root = Part(
        key=block.key if block.parts else "network",
        label=block.label,
        role="network",
        level=Level.NETWORK,
        nodes=names,
        parts=(*parts, *(block.parts or (block,))),
    )
    costs = GraphCosts(
        (
            *(Cost(node.name, 0, 0, 0, 0, 0) for node in inputs),
            *(subject.costs.by_name[name] for name in block.nodes),
        )
    )
    return replace(subject, graph=small, costs=costs, outline=Outline(small, root=root))


def _input(graph: LayerGraph, source: Source) -> Node:
    """What stands for a tensor that comes from outside."""
    name = f"{source.node}:{source.output}" if source.output else source.node
    shape = graph.by_name[source.node].output_shapes[source.output]
    return Node(name, "InputLayer", (), (shape,))


def _with_previous(sheet: Sheet, outline: Outline) -> Sheet:
    """Inputs of a block are called what they are, unless the user calls them otherwise."""
    called = {
        f"{part.key}#what": "previous layer"
        for part in outline.root.parts
        if part.key.startswith("input/")
    }
    options = replace(sheet.options, labels={**called, **sheet.options.labels})
    return replace(sheet, options=options)
