"""A report on a network in one HTML file: its figure, its layers, where its numbers come from."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from html import escape

from cnnviz import tables
from cnnviz.breakdown import breakdown
from cnnviz.figures.build import caption
from cnnviz.figures.drawing import Subject
from cnnviz.figures.scene import Figure
from cnnviz.figures.svg import as_svg
from cnnviz.graph import Node
from cnnviz.printed import Quantity, printed
from cnnviz.proofs import TITLES, Card, node_card, total_card

_QUANTITIES: tuple[Quantity, ...] = ("shape", "params", "macs")
_STYLE = """
:root { color-scheme: light dark; --line: #8886; --muted: #777; }
body { font: 15px/1.45 system-ui, sans-serif; max-width: 68rem; margin: 2rem auto; padding: 0 1rem }
figure { margin: 1.5rem 0; border: 1px solid var(--line) }
figure svg { display: block; width: 100%; height: auto }
.layers { overflow-x: auto }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; font-size: 13px }
th, td { padding: .2rem .7rem; text-align: left; border-bottom: 1px solid var(--line);
  white-space: nowrap }
th { position: sticky; top: 0; background: Canvas }
.number { text-align: right }
tfoot td { font-weight: bold }
details { border-bottom: 1px solid var(--line); padding: .3rem 0 }
summary { cursor: pointer }
.card { margin: .6rem 0 .9rem 1rem }
.card p { margin: .1rem 0 }
.muted { color: var(--muted) }
@media print { details { break-inside: avoid } }
"""


def as_html(subject: Subject, figure: Figure, model: str = "") -> str:
    """The report.

    Args:
        subject: The network.
        figure: Of it.
        model: Catalog id, for what papers print of it; "" for a user's own.

    Raises:
        UserError: A size of the network is not known.
    """
    graph = subject.whole
    description = tables.describe(model or graph.name, subject.title, graph)
    notes = [*tables.remarks(description), *figure.notes]
    return "\n".join(
        [
            "<!DOCTYPE html>",
            '<html lang="en">',
            "<head>",
            '<meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width">',
            f"<title>{escape(subject.title)}</title>",
            f"<style>{_STYLE}</style>",
            "</head>",
            "<body>",
            f"<h1>{escape(subject.title)}</h1>",
            f"<p>{escape(caption(subject))}</p>",
            f"<figure>{as_svg(figure, inline=True).rstrip()}</figure>",
            "<h2>Layers</h2>",
            *_table(description),
            *(f'<p class="muted">{escape(note)}</p>' for note in notes),
            "<h2>Where the numbers come from</h2>",
            *_proofs(subject, model),
            "</body>",
            "</html>",
            "",
        ]
    )


def _table(description: tables.Description) -> Iterator[str]:
    head, rows = tables.cells(description)

    def row(cells: Sequence[str], tag: str) -> str:
        told = (
            f"<{tag}{number}>{escape(cell)}</{tag}>"
            for cell, number in (
                (cell, ' class="number"' if name in tables.NUMERIC else "")
                for cell, name in zip(cells, head, strict=True)
            )
        )
        return f"<tr>{''.join(told)}</tr>"

    yield '<div class="layers"><table>'
    yield f"<thead>{row(head, 'th')}</thead>"
    yield "<tbody>"
    yield from (row(cells, "td") for cells in rows)
    yield "</tbody>"
    yield f"<tfoot>{row(tables.totals_row(description), 'td')}</tfoot>"
    yield "</table></div>"


def _proofs(subject: Subject, model: str) -> Iterator[str]:
    graph, costs = subject.whole, subject.costs
    rows = breakdown(graph, costs=costs).rows
    for quantity in ("params", "macs", "memory"):
        yield from _card(total_card(rows, quantity, costs=costs, model=model))
    for nodes in _alike(subject, model):
        first, *others = nodes
        cards = [
            card
            for quantity in _QUANTITIES
            if (card := node_card(graph, first, quantity, costs=costs, model=model)).substituted
        ]
        if not cards:
            continue
        yield f"<details><summary>{escape(first.name)} ({escape(first.type)})"
        if others:
            names = ", ".join(node.name for node in others)
            yield f' <span class="muted">and {len(others)} like it: {escape(names)}</span>'
        yield "</summary>"
        for card in cards:
            yield from _card(card)
        yield "</details>"


def _alike(subject: Subject, model: str) -> Iterable[list[Node]]:
    """Layers by what their numbers come from, so that each sum is shown once."""
    graph = subject.whole
    found: dict[object, list[Node]] = {}
    for node in graph.nodes:
        papers = tuple(printed(model, node.name, quantity) for quantity in _QUANTITIES)
        settings = repr(sorted(node.settings.items()))
        shapes = graph.input_shapes(node), node.output_shapes
        weights = node.weights, node.shares_weights_with
        found.setdefault((node.type, settings, shapes, weights, papers), []).append(node)
    return found.values()


def _card(card: Card) -> Iterator[str]:
    yield '<div class="card">'
    yield (
        f"<p>{TITLES[card.quantity]} of {escape(card.subject)}: <b>{escape(card.value)}</b> "
        f'<span class="muted">({card.status})</span></p>'
    )
    if card.formula:
        yield f'<p class="muted">{escape(card.formula)}</p>'
    if card.substituted:
        yield f"<p>{escape(card.substituted)}</p>"
    for check in card.checks:
        yield f"<p>{'✓' if check.agrees else '✗'} {escape(check.text)}</p>"
    for entry in card.printed:
        told = f"{entry.where} prints {entry.text}. {entry.difference}".rstrip()
        yield f"<p>{escape(told)}</p>"
    yield from (f'<p class="muted">{escape(note)}</p>' for note in card.notes)
    yield "</div>"
