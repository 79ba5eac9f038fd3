"""A figure as TikZ: a document that plain pdflatex turns into its page, with no other file."""

from __future__ import annotations

import textwrap
import zlib
from collections.abc import Callable, Iterable, Sequence

from cnnviz.figures.fonts import SERIFS
from cnnviz.figures.paths import Step, steps, with_head
from cnnviz.figures.scene import Colour, Figure, Mark, Picture, Point, Ruler, Shape, Text

Outliner = Callable[[Text], Sequence[Step]]
"""Gives a text as the outlines of its letters, where it stands."""

_PREAMBLE = r"""\documentclass{article}
\usepackage[utf8]{inputenc}
\usepackage{textcomp}
\IfFileExists{lmodern.sty}{\usepackage[T1]{fontenc}\usepackage{lmodern}}{\usepackage{fix-cm}}
\usepackage{tikz}
\renewcommand{\familydefault}{\FAMILY}
% A line of words, no wider than the room that was kept for it.
\newsavebox{\line@of@words}
\newcommand{\words}[2]{\sbox{\line@of@words}{#2}\ifdim\wd\line@of@words>#1\relax
  \resizebox{#1}{\height}{\usebox{\line@of@words}}\else\usebox{\line@of@words}\fi}
% Width and height, columns and rows, pixels.
\newcommand{\pixels}[5]{\hbox to #1bp{\vrule width 0bp height #2bp
  \ifdefined\pdfliteral\pdfliteral{q #1 0 0 #2 0 0 cm
    BI /W #3 /H #4 /CS /RGB /BPC 8 /F [/AHx /Fl] ID #5> EI Q}\fi\hfil}}
""".replace(r"\line@of@words", r"\lineofwords")


def as_tikz(figure: Figure, ruler: Ruler, outlines: Outliner) -> str:
    """The figure as a LaTeX document of one page.

    Args:
        figure: What to write.
        ruler: Measures the room that was kept for each text.
        outlines: Draws the texts in letters that LaTeX's own fonts lack (Chinese, for example).
    """
    colours: dict[Colour, str] = {}
    for mark in figure.marks:
        for colour in _colours(mark):
            colours.setdefault(colour, f"c{len(colours)}")
    if figure.paper is not None:
        colours.setdefault(figure.paper, f"c{len(colours)}")
    width, height = _number(figure.width), _number(figure.height)
    family = r"\rmdefault" if figure.font in SERIFS else r"\sfdefault"
    body = [line for mark in figure.marks for line in _drawn(mark, colours, ruler, outlines)]
    ground = []
    if figure.paper is not None:
        name = colours[figure.paper]
        ground = [rf"\path[fill={name}] (0,0) rectangle ({width},{height});"]
    title = " ".join(figure.title.split())
    return "\n".join(
        [
            f"% {title}: pdflatex makes the page; the tikzpicture can be used in another document.",
            _PREAMBLE.replace(r"\FAMILY", family).rstrip(),
            r"\ifdefined\pdfpagewidth\else\let\pdfpagewidth\pagewidth"
            r"\let\pdfpageheight\pageheight\fi",
            *(
                rf"\definecolor{{{name}}}{{HTML}}{{{colour[1:].upper()}}}"
                for colour, name in colours.items()
            ),
            r"\begin{document}",
            rf"\pdfpagewidth={width}bp \pdfpageheight={height}bp",
            r"\hoffset=-1in \voffset=-1in",
            r"\shipout\vbox{\hbox{%",
            r"\begin{tikzpicture}[x=1bp,y=-1bp,line join=round,every node/.style={inner sep=0bp}]",
            rf"\useasboundingbox (0,0) rectangle ({width},{height});",
            *ground,
            *body,
            r"\end{tikzpicture}}}",
            r"\end{document}",
            "",
        ]
    )


def _colours(mark: Mark) -> Iterable[Colour]:
    if isinstance(mark, Text):
        return (mark.colour,)
    if isinstance(mark, Shape):
        return (colour for colour in (mark.fill, mark.stroke) if colour is not None)
    return ()


def _drawn(
    mark: Mark, colours: dict[Colour, str], ruler: Ruler, outlines: Outliner
) -> Iterable[str]:
    if isinstance(mark, Text):
        return [_text(mark, colours, ruler, outlines)]
    if isinstance(mark, Picture):
        return [_picture(mark)]
    line, head = with_head(mark)
    drawn = [_shape(line, colours)]
    if head is not None and mark.stroke is not None:
        drawn.append(rf"\path[fill={colours[mark.stroke]}] {_path(steps(Shape(head)))};")
    return drawn


def _text(text: Text, colours: dict[Colour, str], ruler: Ruler, outlines: Outliner) -> str:
    colour = colours[text.colour]
    if not all(_is_known(letter) for letter in text.words):
        words = " ".join(text.words.split())
        return f"% {words}\n\\path[fill={colour}] {_path(outlines(text))};"
    anchor = {"start": "base west", "middle": "base", "end": "base east"}[text.anchor]
    turned = ",rotate=90" if text.upward else ""
    font = rf"\fontsize{{{_number(text.size)}bp}}{{{_number(1.2 * text.size)}bp}}\selectfont"
    font += (r"\bfseries" if text.bold else "") + (r"\itshape" if text.italic else "")
    room = _number(ruler(text.words, text.size, text.bold) + 0.01)
    return (
        rf"\node[anchor={anchor},text={colour}{turned}] at {_pair(text.at)} "
        rf"{{{font}\words{{{room}bp}}{{{tex(text.words)}}}}};"
    )


def _shape(shape: Shape, colours: dict[Colour, str]) -> str:
    settings = []
    if shape.fill is not None:
        settings.append(f"fill={colours[shape.fill]}")
        if shape.opacity < 1:
            settings.append(f"fill opacity={_number(shape.opacity)}")
    if shape.stroke is not None:
        settings += [f"draw={colours[shape.stroke]}", f"line width={_number(shape.width)}bp"]
        if shape.dashed:
            settings.append("dash pattern=on 3bp off 2bp")
    return rf"\path[{','.join(settings)}] {_path(steps(shape))};"


def _path(pen: Iterable[Step]) -> str:
    told: list[str] = []
    here: Point = (0.0, 0.0)
    for kind, points in pen:
        if kind == "close":
            told.append("-- cycle")
            continue
        if kind == "move":
            told.append(_pair(points[0]))
        elif kind == "line":
            told.append(f"-- {_pair(points[0])}")
        else:
            first, second, end = _cubic(here, points)
            told.append(f".. controls {_pair(first)} and {_pair(second)} .. {_pair(end)}")
        here = points[-1]
    return " ".join(told)


def _cubic(start: Point, points: Sequence[Point]) -> tuple[Point, Point, Point]:
    """A curve with two control points; one with a single one is raised to it."""
    if len(points) == 3:
        return points[0], points[1], points[2]
    control, end = points

    def near(point: Point) -> Point:
        return (
            point[0] + (control[0] - point[0]) * 2 / 3,
            point[1] + (control[1] - point[1]) * 2 / 3,
        )

    return near(start), near(end), end


def _picture(picture: Picture) -> str:
    rows, columns = picture.pixels.shape[:2]
    data = zlib.compress(picture.pixels.tobytes(), 9).hex().upper()
    width, height = map(_number, picture.size)
    lines = "\n".join(textwrap.wrap(data, 98))
    return (
        rf"\node[anchor=north west] at {_pair(picture.at)} "
        rf"{{\pixels{{{width}}}{{{height}}}{{{columns}}}{{{rows}}}{{{lines}}}}};"
    )


_TEX = str.maketrans(
    {
        "\\": r"\textbackslash{}",
        "~": r"\textasciitilde{}",
        "^": r"\textasciicircum{}",
        "<": r"\textless{}",
        ">": r"\textgreater{}",
        "|": r"\textbar{}",
        '"': r"{\char34}",
        "'": r"\textquotesingle{}",
        "`": r"\textasciigrave{}",
        "×": r"\texttimes{}",
        "·": r"$\cdot$",
        "→": r"$\to$",
        "–": "--",
        "—": "---",
        "−": "$-$",
        "≤": r"$\le$",
        "≥": r"$\ge$",
        "≈": r"$\approx$",
        "⊕": r"$\oplus$",
        "…": r"\ldots{}",
        **{character: "\\" + character for character in "&%$#_{}"},
    }
)


def tex(text: str) -> str:
    """Text as LaTeX takes it literally, without ligatures of signs ("--" as a dash)."""
    for pair in ("--", ",,"):
        while pair in text:
            text = text.replace(pair, f"{pair[0]}\x00{pair[1]}")
    return text.translate(_TEX).replace("\x00", "{}")


def _is_known(letter: str) -> bool:
    return " " <= letter <= "~" or "¡" <= letter <= "ÿ" or ord(letter) in _TEX


def _pair(point: Point) -> str:
    return f"({_number(point[0])},{_number(point[1])})"


def _number(value: float) -> str:
    text = f"{value:.2f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text
