"""A network for programs that place boxes themselves: Graphviz and Mermaid."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from cnnviz.figures import words
from cnnviz.figures.build import without_hidden
from cnnviz.figures.cards import main_kind, what_of
from cnnviz.figures.drawing import Subject
from cnnviz.figures.fonts import fallbacks
from cnnviz.figures.style import FigureOptions, palette
from cnnviz.kinds import Kind
from cnnviz.outline import Level, Part, View

_CONTROLS = re.compile("[\x00-\x1f\x7f\ud800-\udfff]")


@dataclass(frozen=True, eq=False)
class _Seen:
    """What is to be written.

    Attributes:
        subject: Without what is hidden.
        options: What the user chose.
        view: Its boxes at the chosen detail.
    """

    subject: Subject
    options: FigureOptions
    view: View

    @property
    def title(self) -> str:
        return self.options.words("title", self.subject.title)

    def lines(self, part: Part) -> list[str]:
        """What is written on a box."""
        options, subject = self.options, self.subject
        name = part.label + (f" {words.times(part.times)}" if part.times > 1 else "")
        what = ", ".join(filter(None, what_of(part, subject)))
        told = [options.words(part.key, name)]
        if what != name:
            told.append(what)
        if options.shapes:
            told.append(words.shape(subject.graph.by_name[part.nodes[-1]].output_shape))
        told += words.numbers(
            part,
            subject.costs,
            subject.fields,
            params=options.params,
            macs=options.macs,
            seen=options.fields,
        )
        return [_CONTROLS.sub("\ufffd", line) for line in told]

    def colours(self, part: Part) -> tuple[str, str, str]:
        """Ground, outline and ink of a box."""
        paint = palette(self.options.theme)
        if _is_lit(part, self.options):
            return paint.soft_accent, paint.accent, paint.text
        kind = paint.kinds[main_kind(part, self.subject)]
        return kind.soft, kind.line, paint.text


def _seen(subject: Subject, options: FigureOptions) -> _Seen:
    shown = without_hidden(subject, options)
    outline = shown.outline
    level = options.level or outline.default_level()
    return _Seen(shown, options, outline.view(outline.open_at(level)))


def as_dot(subject: Subject, options: FigureOptions) -> str:
    """The network as a Graphviz graph, open parts as clusters.

    Raises:
        UserError: A chosen part is not there.
    """
    seen = _seen(subject, options)
    paint, view = palette(options.theme), seen.view
    ground = "transparent" if options.transparent else paint.paper
    font = _dot(next(iter(fallbacks(options.font))))
    lines = [
        f"digraph {_dot(seen.title)} {{",
        f'  graph [charset="UTF-8", rankdir=TB, fontname={font}, fontcolor={_dot(paint.text)}, '
        f"bgcolor={_dot(ground)}, nodesep=0.25, ranksep=0.35, labelloc=t, compound=true"
        + (f", label={_dot(seen.title)}];" if options.title else "];"),
        f"  node [shape=box, style={_dot('rounded,filled')}, fontname={font}, fontsize=10, "
        "margin=0.12];",
        f"  edge [color={_dot(paint.edge)}, arrowsize=0.7];",
    ]
    names = {part.key: f"n{i}" for i, part in enumerate(view.parts)}
    frames = {part.key: f"cluster_{i}" for i, part in enumerate(view.opened)}

    def written(part: Part, indent: str) -> Iterator[str]:
        if part.key in names:
            fill, line, ink = seen.colours(part)
            yield (
                f"{indent}{names[part.key]} [label={_dot(*seen.lines(part))}, "
                f"tooltip={_dot(part.label)}, fillcolor={_dot(fill)}, color={_dot(line)}, "
                f"fontcolor={_dot(ink)}];"
            )
            return
        inner = indent
        if part.level is not Level.NETWORK:
            inner = indent + "  "
            yield f"{indent}subgraph {frames[part.key]} {{"
            label = options.words(part.key, part.label)
            yield f"{inner}label={_dot(label)}; color={_dot(paint.border)}; style=rounded;"
        for each in part.parts:
            yield from written(each, inner)
        if inner != indent:
            yield f"{indent}}}"

    lines += written(seen.subject.outline.root, "  ")
    keys = [part.key for part in view.parts]
    lines += [f"  {names[keys[e.source]]} -> {names[keys[e.target]]};" for e in view.edges]
    return "\n".join([*lines, "}", ""])


def _dot(*lines: str) -> str:
    r"""A quoted label: Graphviz takes `\N`, `&lt;` and the like as more than their letters."""
    escaped = (
        _CONTROLS.sub("\ufffd", line)
        .replace("&", "&amp;")
        .replace("\\", "\\\\")
        .replace('"', '\\"')
        for line in lines
    )
    return '"' + "\\n".join(escaped) + '"'


def as_mermaid(subject: Subject, options: FigureOptions) -> str:
    """The network as a Mermaid flowchart, open parts as subgraphs.

    Raises:
        UserError: A chosen part is not there.
    """
    seen = _seen(subject, options)
    paint, view = palette(options.theme), seen.view
    lines = []
    if options.title:
        lines += ["---", f"title: {_yaml(seen.title)}", "---"]
    lines.append("flowchart TD")
    names = {part.key: f"n{i}" for i, part in enumerate(view.parts)}
    frames = {part.key: f"g{i}" for i, part in enumerate(view.opened)}

    def written(part: Part, indent: str) -> Iterator[str]:
        if part.key in names:
            style = "lit" if _is_lit(part, options) else _class(main_kind(part, seen.subject))
            yield f"{indent}{names[part.key]}[{_mermaid(*seen.lines(part))}]:::{style}"
            return
        inner = indent
        if part.level is not Level.NETWORK:
            inner = indent + "  "
            label = options.words(part.key, part.label)
            yield f"{indent}subgraph {frames[part.key]} [{_mermaid(label)}]"
        for each in part.parts:
            yield from written(each, inner)
        if inner != indent:
            yield f"{indent}end"

    lines += written(seen.subject.outline.root, "  ")
    keys = [part.key for part in view.parts]
    lines += [f"  {names[keys[e.source]]} --> {names[keys[e.target]]}" for e in view.edges]
    for kind in sorted({main_kind(part, seen.subject) for part in view.parts}):
        tints = paint.kinds[kind]
        lines.append(
            f"  classDef {_class(kind)} fill:{tints.soft},stroke:{tints.line},color:{paint.text}"
        )
    if any(_is_lit(part, options) for part in view.parts):
        lines.append(
            f"  classDef lit fill:{paint.soft_accent},stroke:{paint.accent},color:{paint.text}"
        )
    return "\n".join([*lines, ""])


def _is_lit(part: Part, options: FigureOptions) -> bool:
    return any(inner.key in options.highlighted for inner in part.walk())


def _class(kind: Kind) -> str:
    """Mermaid trips over words of its own, so each has a prefix."""
    return f"kind_{kind}"


_MERMAID = str.maketrans(
    {
        "#": "#35;",
        "&": "#amp;",
        "<": "#lt;",
        ">": "#gt;",
        '"': "#quot;",
        "`": "#96;",
        "\\": "#92;",
        ";": "#59;",
    }
)


def _mermaid(*lines: str) -> str:
    return '"' + "<br/>".join(_CONTROLS.sub("\ufffd", x).translate(_MERMAID) for x in lines) + '"'


def _yaml(text: str) -> str:
    """A quoted YAML scalar."""
    plain = _CONTROLS.sub("\ufffd", text)
    return '"' + plain.replace("\\", "\\\\").replace('"', '\\"') + '"'
