"""A figure as SVG: shapes that can be moved, words that can be searched and changed.

Qt's own writer repeats every setting for every mark, which makes files five times as large.
"""

from __future__ import annotations

import base64
import itertools
import re
from collections.abc import Iterator
from html import escape

from cnnviz.figures.fonts import fallbacks
from cnnviz.figures.paths import steps, with_head
from cnnviz.figures.png import as_png
from cnnviz.figures.scene import Figure, Mark, Picture, Point, Shape, Text

_LETTERS = {"move": "M", "line": "L", "curve": "Q", "close": "Z"}
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def as_svg(figure: Figure, *, inline: bool = False) -> str:
    """The figure as an SVG document.

    Args:
        figure: What to write.
        inline: It stands within HTML: no XML declaration, and as wide as there is room.
    """
    width, height = _number(figure.width), _number(figure.height)
    size = 'width="100%"' if inline else f'width="{width}pt" height="{height}pt"'
    families = ", ".join(
        family if re.fullmatch("[A-Za-z-]+", family) else "'" + family.replace("'", "") + "'"
        for family in fallbacks(figure.font)
    )
    lines = [] if inline else ['<?xml version="1.0" encoding="UTF-8"?>']
    lines.append(
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} viewBox="0 0 {width} {height}" '
        f'font-family={_attribute(families)} stroke-linejoin="round" fill="none" '
        'xml:space="preserve">'
    )
    if figure.title:
        lines.append(f"<title>{_words(figure.title)}</title>")
    if figure.paper is not None:
        lines.append(f'<rect width="{width}" height="{height}" fill="{figure.paper}"/>')
    for part, marks in itertools.groupby(figure.marks, key=lambda mark: mark.part):
        elements = [element for mark in marks for element in _elements(mark)]
        if part is None:
            lines += elements
        else:
            lines += [f"<g data-part={_attribute(part)}>", *elements, "</g>"]
    return "\n".join([*lines, "</svg>", ""])


def _elements(mark: Mark) -> Iterator[str]:
    if isinstance(mark, Text):
        yield _text(mark)
    elif isinstance(mark, Picture):
        yield _picture(mark)
    else:
        line, head = with_head(mark)
        yield _shape(line)
        if head is not None:
            yield f'<path d="{_path(Shape(head))}" fill="{mark.stroke}"/>'


def _text(text: Text) -> str:
    x, y = map(_number, text.at)
    settings = f'x="{x}" y="{y}" font-size="{_number(text.size)}" fill="{text.colour}"'
    if text.anchor != "start":
        settings += f' text-anchor="{text.anchor}"'
    if text.bold:
        settings += ' font-weight="bold"'
    if text.italic:
        settings += ' font-style="italic"'
    if text.upward:
        settings += f' transform="rotate(-90 {x} {y})"'
    return f"<text {settings}>{_words(text.words)}</text>"


def _shape(shape: Shape) -> str:
    paint = ""
    if shape.fill is not None:
        paint += f' fill="{shape.fill}"'
        if shape.opacity < 1:
            paint += f' fill-opacity="{_number(shape.opacity)}"'
    if shape.stroke is not None:
        paint += f' stroke="{shape.stroke}" stroke-width="{_number(shape.width)}"'
        if shape.dashed:
            paint += ' stroke-dasharray="3 2"'
    box = _box(shape)
    if box is None:
        return f'<path d="{_path(shape)}"{paint}/>'
    x, y, width, height = map(_number, box)
    rounded = f' rx="{_number(min(shape.radius, box[2] / 2, box[3] / 2))}"' if shape.radius else ""
    return f'<rect x="{x}" y="{y}" width="{width}" height="{height}"{rounded}{paint}/>'


def _box(shape: Shape) -> tuple[float, float, float, float] | None:
    """Left, top, width and height of an upright rectangle; None for anything else."""
    if not shape.closed or len(shape.points) != 4:
        return None
    (ax, ay), (bx, by), (cx, cy), (dx, dy) = shape.points
    if not (
        (ay == by and bx == cx and cy == dy and dx == ax)
        or (ax == bx and by == cy and cx == dx and dy == ay)
    ):
        return None
    return min(ax, cx), min(ay, cy), abs(cx - ax), abs(cy - ay)


def _path(shape: Shape) -> str:
    return "".join(
        _LETTERS[kind] + " ".join(_pair(point) for point in points) for kind, points in steps(shape)
    )


def _picture(picture: Picture) -> str:
    (x, y), (width, height) = picture.at, picture.size
    data = base64.b64encode(as_png(picture.pixels)).decode()
    # Cells stay cells where they are magnified.
    magnified = picture.pixels.shape[1] <= width
    crisp = ' style="image-rendering:pixelated"' if magnified else ""
    return (
        f'<image x="{_number(x)}" y="{_number(y)}" width="{_number(width)}" '
        f'height="{_number(height)}" preserveAspectRatio="none"{crisp} '
        f'href="data:image/png;base64,{data}"/>'
    )


def _pair(point: Point) -> str:
    return f"{_number(point[0])} {_number(point[1])}"


def _number(value: float) -> str:
    """To a hundredth of a point, as short as can be."""
    text = f"{value:.2f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def _words(text: str) -> str:
    return escape(_clean(text), quote=False)


def _attribute(text: str) -> str:
    return f'"{escape(_clean(text))}"'


def _clean(text: str) -> str:
    """Without the characters that XML forbids."""
    return _NOT_XML.sub("\ufffd", text)
